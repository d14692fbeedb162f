/* bound.c - addresses of listening sockets. */
#include "sandbox/bound.h"
#include "sandbox/trial.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { ADDRESSES_MAX = 64 };

static void take(struct trial *t, const struct open_port *l)
{
	AUTO_FREE char *name = mem_printf("%s/%u", l->is_udp ? "udp" : "tcp", l->port);
	char text[INET6_ADDRSTRLEN];
	json_t *list;

	if (!json_lists(t->listening, name) || !inet_ntop(l->is_v6 ? AF_INET6 : AF_INET, l->address, text, sizeof text))
		return;
	list = json_list(t->bound, name);
	if (!list) {
		list = json_array();
		json_object_set_new(t->bound, name, list);
	}
	if (!json_lists(list, text) && json_array_size(list) < ADDRESSES_MAX)
		json_array_append_new(list, json_string(text));
}

int bound_observe(struct trial *t, struct err *e)
{
	struct open_ports now = { 0 };

	json_object_clear(t->bound);
	if (sandbox_listening(t->sandbox, &now, e))
		return -1;
	for (size_t i = 0; i < now.len; i++)
		take(t, &now.at[i]);
	LIST_DONE(&now);
	return 0;
}
