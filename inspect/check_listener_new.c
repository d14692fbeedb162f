/* check_listener_new.c - ports that a version opens and the last one did not, or opens to more machines.
 *
 * Facts: of bytes "sockets": {"path": unit, "listen": value, "port": "tcp/80", "reach": "local"|"all"} of .socket units and of inetd's and
 * xinetd's services ("tcp/telnet" where only its name is told); of the report "ports":
 * {"path": "tcp/80", "reach": "local"|"all"}. Ports that the system picks (32768 and up) are one, "tcp/any". */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/config.h"
#include "inspect/fact.h"
#include "inspect/looked.h"
#include "inspect/reports.h"
#include <stdio.h>
#include <string.h>

enum { EPHEMERAL = 32768, PORT_MAX = 65535, LOCAL = 1, ALL = 2 };

static bool is_local(const char *address)
{
	return text_starts(address, "127.") || strcmp(address, "::1") == 0 || text_starts(address, "::ffff:127.") ||
		strcmp(address, "localhost") == 0;
}

/* ---- .socket units */
/* "80", "127.0.0.1:80", "[::1]:80", "*:80"; false: a path, vsock, or none. */
static bool parse_listen(const char *value, char ret_address[64], unsigned *ret_port)
{
	const char *colon = strrchr(value, ':'), *number = colon ? colon + 1 : value;
	size_t len = colon ? (size_t)(colon - value) : 0;
	char *end;
	unsigned long port = strtoul(number, &end, 10);

	if (*value == '/' || *value == '@' || text_starts(value, "vsock:") || end == number || *end || port == 0 ||
		port > PORT_MAX || len >= 64)
		return false;
	if (len > 1 && value[0] == '[' && value[len - 1] == ']') {
		value++;
		len -= 2;
	}
	memcpy(ret_address, value, len);
	ret_address[len] = 0;
	*ret_port = (unsigned)port;
	return true;
}

static void add_listener(
	const struct looked *file, json_t *facts, const char *name, const char *listen, const char *address)
{
	json_t *item = fact_add(fact_list_at(facts, "sockets"));

	if (item == NULL)
		return;
	json_set_str(item, "path", file->entry->path);
	json_set_str(item, "listen", listen);
	json_set_str(item, "port", name);
	json_set_str(item, "reach", is_local(address) ? "local" : "all");
}

static void add_socket(const struct looked *file, json_t *facts, const char *protocol, struct slice value)
{
	AUTO_FREE char *listen = mem_printf("%.*s", (int)(value.len > 200 ? 200 : value.len), value.at), *name = NULL;
	char address[64];
	unsigned port;

	if (!parse_listen(listen, address, &port))
		return;
	name = mem_printf("%s/%u", protocol, port);
	add_listener(file, facts, name, listen, address);
}

/* ---- inetd.conf: "telnet stream tcp nowait root PROGRAM", "127.0.0.1:7000 stream tcp6 ..." */

enum { INETD_WORDS = 3 };
static void look_inetd(const struct looked *file, json_t *facts)
{
	struct slice rest = { (const char *)file->bytes, file->len }, line;

	while (slice_cut(&rest, '\n', &line)) {
		char service[128] = "", type[32] = "", protocol[16] = "", *colon;
		AUTO_FREE char *text = mem_printf("%.*s", (int)(line.len < 1024 ? line.len : 1024), line.at),
			       *name = NULL;

		if (text[0] == '#' || sscanf(text, "%127s %31s %15s", service, type, protocol) != INETD_WORDS ||
			(strcmp(type, "stream") != 0 && strcmp(type, "dgram") != 0))
			continue;
		colon = strrchr(service, ':');
		name = mem_printf("%.3s/%s", protocol, colon ? colon + 1 : service);
		if (colon)
			*colon = 0;
		add_listener(file, facts, name, text, colon ? service : "");
	}
}

/* ---- xinetd.d: service NAME { port = N  bind = ADDRESS  protocol = udp  disable = yes } */

struct xinetd {
	char service[128];
	const char *port, *address, *protocol;
	bool is_off;
};

static void xinetd_setting(struct xinetd *x, const struct config_item *item, const char *key)
{
	if (strcmp(key, "port") == 0)
		x->port = item->value;
	else if (strcmp(key, "bind") == 0 || strcmp(key, "interface") == 0)
		x->address = item->value;
	else if (strcmp(key, "protocol") == 0)
		x->protocol = item->value;
	else if (strcmp(key, "socket_type") == 0 && strcmp(item->value, "dgram") == 0 && *x->protocol == 0)
		x->protocol = "udp";
	else if (strcmp(key, "disable") == 0)
		x->is_off = strcmp(item->value, "yes") == 0;
}

static void end_xinetd(const struct looked *file, json_t *facts, struct xinetd *x)
{
	AUTO_FREE char *name = mem_printf("%s/%s", *x->protocol ? x->protocol : "tcp", *x->port ? x->port : x->service);

	if (*x->service && !x->is_off)
		add_listener(file, facts, name, x->service, x->address);
	*x = (struct xinetd){ .port = "", .address = "", .protocol = "" };
}

/* The brace stands in the next line (then "service" is a setting of its own in front) or behind the name. */
static void look_xinetd(const struct looked *file, json_t *facts)
{
	struct xinetd x = { .port = "", .address = "", .protocol = "" };

	for (size_t i = 0; i < file->config->items.len; i++) {
		const struct config_item *item = &file->config->items.at[i];
		const char *slash = strrchr(item->key, '/');
		bool is_before = slash == NULL && strcmp(item->key, "service") == 0;
		AUTO_FREE char *service = slash && text_starts(item->key, "service ")
			? mem_printf("%.*s", (int)(slash - item->key - 8), item->key + 8)
			: mem_strdup(is_before ? item->value : x.service);

		if (is_before || strcmp(service, x.service) != 0)
			end_xinetd(file, facts, &x);
		snprintf(x.service, sizeof x.service, "%s", service);
		xinetd_setting(&x, item, slash ? slash + 1 : item->key);
	}
	end_xinetd(file, facts, &x);
}

static void look(const struct looked *file, json_t *facts)
{
	static const char *const keys[][2] = { { "ListenStream", "tcp" }, { "ListenSequentialPacket", "tcp" },
		{ "ListenDatagram", "udp" } };
	struct slice rest = { (const char *)file->bytes, file->len }, line, key;

	if (strcmp(file->entry->path, "/etc/inetd.conf") == 0 || text_glob("/etc/inetd.d/*", file->entry->path))
		look_inetd(file, facts);
	if (file->config &&
		(text_glob("/etc/xinetd.d/*", file->entry->path) || strcmp(file->entry->path, "/etc/xinetd.conf") == 0))
		look_xinetd(file, facts);
	if (!text_glob("**/systemd/system/*.socket", file->entry->path) || !file->is_whole)
		return;
	while (slice_cut(&rest, '\n', &line)) {
		line = slice_trim(line);
		if (!slice_cut(&line, '=', &key))
			continue;
		for (size_t i = 0; i < COUNT(keys); i++)
			if (slice_is(slice_trim(key), keys[i][0]))
				add_socket(file, facts, keys[i][1], slice_trim(line));
	}
}

/* ---- the test */
static char *port_name(const char *port)
{
	const char *slash = strchr(port, '/');

	if (slash && strtoul(slash + 1, NULL, 10) >= EPHEMERAL)
		return mem_printf("%.*s/any", (int)(slash - port), port);
	return mem_strdup(port);
}

/* Where nobody says, it may be everybody. */
static const char *reach_of(const json_t *addresses)
{
	size_t i;
	json_t *one;

	if (json_array_size(addresses) == 0)
		return "all";
	json_array_foreach(addresses, i, one)
		if (!json_is_string(one) || !is_local(json_string_value(one)))
			return "all";
	return "local";
}

static void note(struct noted *n, const json_t *scenario)
{
	const json_t *bound = json_map(scenario, "bound");
	size_t i;
	json_t *port;

	json_array_foreach(json_list(scenario, "listening"), i, port) {
		const char *text = json_is_string(port) ? json_string_value(port) : "";
		AUTO_FREE char *name = port_name(text);
		json_t *item = json_object();

		note_text(item, "path", name);
		json_set_str(item, "reach", reach_of(json_list(bound, text)));
		note_add(n, "ports", item);
	}
}

static json_t *observe(const json_t *report, const json_t *own)
{
	static const char *const lists[] = { "ports", NULL };

	return report_facts(report, own, lists, note);
}

/* ---- old against new */
/* {port: the widest reach} */
static json_t *reaches(const json_t *items, const char *key)
{
	json_t *map = json_object(), *item;
	size_t i;

	json_array_foreach(items, i, item) {
		const char *port = json_text(item, key);
		int reach = strcmp(json_text(item, "reach"), "local") == 0 ? LOCAL : ALL;

		if (reach > json_int(map, port))
			json_object_set_new(map, port, json_integer(reach));
	}
	return map;
}

static const char *reach_words(int64_t reach)
{
	return reach == ALL ? "every address" : reach == LOCAL ? "this machine only" : "";
}

static void tell(struct compare *c, const char *where, const char *port, int64_t was, int64_t now, const char *who)
{
	const char *text;

	if (was)
		text = arena_printf(c->arena,
			"%s listens on port %s for every machine that can reach it; the old version listened there "
			"for its own machine only.",
			who, port);
	else
		text = arena_printf(c->arena,
			"%s listens on port %s (%s), which the old version did not: one more way in, that firewalls "
			"and "
			"inventories do not know yet.",
			who, port, reach_words(now));
	finding_add(c, now == ALL ? SEVERITY_MEDIUM : SEVERITY_LOW, where, reach_words(was), reach_words(now), text,
		"Ask the vendor what it is for; close it in the configuration, or bind it to the addresses that need "
		"it.");
}

static void compare_seen(struct compare *c, const json_t *old, const json_t *new, json_t *told)
{
	AUTO_JSON *then = reaches(fact_items(old, "ports"), "path"), *now = reaches(fact_items(new, "ports"), "path");
	const char *port;
	json_t *reach;

	json_object_foreach(now, port, reach) {
		int64_t was = json_int(then, port);

		if (json_integer_value(reach) <= was)
			continue;
		json_object_set_new(told, port, json_true());
		tell(c, port, port, was, json_integer_value(reach), "In the test the new version");
	}
}

static void compare_units(struct compare *c, const json_t *old, json_t *told)
{
	const json_t *items = fact_items(json_map(c->new, "bytes"), "sockets");
	AUTO_JSON *then = reaches(fact_items(json_map(c->old, "bytes"), "sockets"), "port"),
		  *heard = reaches(fact_items(old, "ports"), "path");
	size_t i;
	json_t *item;

	json_array_foreach(items, i, item) {
		const char *port = json_text(item, "port");
		int64_t was = json_int(then, port), reach = strcmp(json_text(item, "reach"), "local") ? ALL : LOCAL;

		was = was > json_int(heard, port) ? was : json_int(heard, port);
		if (reach <= was || json_object_get(told, port))
			continue;
		json_object_set_new(told, port, json_true());
		tell(c, arena_printf(c->arena, "%s:Listen", fact_path(item)), port, was, reach,
			"For the new version the service manager (systemd, inetd)");
	}
}

static void compare(struct compare *c)
{
	AUTO_JSON *told = json_object();
	const json_t *old = NULL, *new = NULL;

	if (c->old == NULL)
		return;
	if (fact_reports(c, &old, &new))
		compare_seen(c, old, new, told);
	compare_units(c, old, told);
	fact_tell_cut_in(c, "report", "ports");
	fact_tell_cut_in(c, "bytes", "sockets");
}

const struct check check_listener_new = {
	.id = "listener-new",
	.severity = SEVERITY_MEDIUM,
	.waiver = "change-manager",
	.about = "Ports on which the new version listens and the old one did not, or now for other machines too: as "
		 "seen "
		 "in the test, in .socket units, and in what inetd and xinetd are told.",
	.why = "Every listening port is a way in that somebody must know of, patch for and filter. A port that was "
	       "bound "
	       "to 127.0.0.1 and now is to every address has become reachable from elsewhere without any setting of "
	       "yours. "
	       "One that only its own machine reaches is told as low. Ports that the system picks at random count as "
	       "one. "
	       "Known false alarm: a service that was not started in the old version's test (another root, a missing "
	       "dependency) looks as if it were new.",
	.look = look,
	.observe = observe,
	.compare = compare,
};
