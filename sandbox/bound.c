/* bound.c - addresses of listening sockets, out of the tables in /proc/net. */
#include "sandbox/bound.h"
#include "sandbox/ports.h"
#include "sandbox/trial.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { TABLE_MAX = 1 << 20, ADDRESSES_MAX = 64, LISTENS = 10, IS_OPEN = 7 /* of UDP */ };

static const struct table {
	const char *file, *protocol;
	bool is_v6;
	unsigned state;
} tables[] = {
	{ "/proc/net/tcp", "tcp", false, LISTENS },
	{ "/proc/net/tcp6", "tcp", true, LISTENS },
	{ "/proc/net/udp", "udp", false, IS_OPEN },
	{ "/proc/net/udp6", "udp", true, IS_OPEN },
};

static void take_line(struct trial *t, const struct table *table, const char *line)
{
	unsigned port = 0, state = 0;
	char hex[33], text[INET6_ADDRSTRLEN];
	uint8_t address[16];

	if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", hex, &port, &state) != 3 ||
		state != table->state || strlen(hex) != (table->is_v6 ? 32 : 8) ||
		!port_address(hex, table->is_v6, address) ||
		!inet_ntop(table->is_v6 ? AF_INET6 : AF_INET, address, text, sizeof text))
		return;
	AUTO_FREE char *name = mem_printf("%s/%u", table->protocol, port);
	if (!json_lists(t->listening, name))
		return;
	json_t *list = json_list(t->bound, name);
	if (!list) {
		list = json_array();
		json_object_set_new(t->bound, name, list);
	}
	if (!json_lists(list, text) && json_array_size(list) < ADDRESSES_MAX)
		json_array_append_new(list, json_string(text));
}

int bound_observe(struct trial *t, struct err *e)
{
	json_object_clear(t->bound);
	for (size_t i = 0; i < COUNT(tables); i++) {
		AUTO_FREE char *bytes = NULL;
		size_t len = 0;

		if (sandbox_read(t->sandbox, tables[i].file, TABLE_MAX, &bytes, &len, e))
			return -1;
		for (char *rest = bytes, *line; (line = strsep(&rest, "\n")) != NULL;)
			take_line(t, &tables[i], line);
	}
	return 0;
}
