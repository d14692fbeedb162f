/* effects.c - a scenario's facts, in an order that does not depend on when things happened. */
#include "sandbox/effects.h"
#include "base/text.h"
#include <ctype.h>
#include <string.h>

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

/* Below these, names are made up anew each time. */
static size_t temporary(const char *at)
{
	static const char *const places[] = { "/tmp/", "/var/tmp/", "/run/sluice/" };

	for (size_t i = 0; i < COUNT(places); i++)
		if (text_starts(at, places[i]))
			return strlen(places[i]);
	return 0;
}

/* The text without what changes from run to run. */
static void add_steady(struct text *out, const char *at, const char *version)
{
	size_t len = strlen(version);

	while (*at) {
		size_t place = temporary(at);

		if (len > 1 && strncmp(at, version, len) == 0) {
			text_add(out, "VERSION");
			at += len;
		} else if (place) {
			text_add(out, "%.*s*", (int)place, at);
			for (at += place; is_name_byte(*at);)
				at++;
		} else {
			text_bytes(out, at++, 1);
		}
	}
}

static void add_fact(json_t *facts, struct text *line)
{
	AUTO_FREE char *text = text_take(line);

	json_object_set_new(facts, text, json_true());
}

static void call_facts(json_t *facts, const json_t *calls, const char *who, const char *version)
{
	size_t i, k;
	json_t *c, *word;

	json_array_foreach(calls, i, c) {
		struct text line = { 0 };

		text_add(&line, "%s %s: ", who, json_text(c, "kind"));
		add_steady(&line, json_text(c, "what"), version);
		json_array_foreach(json_list(c, "arguments"), k, word) {
			text_add(&line, " ");
			add_steady(&line, json_string_value(word), version);
		}
		add_fact(facts, &line);
	}
}

static void list_facts(json_t *facts, const json_t *list, const char *what)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one) {
		struct text line = { 0 };

		text_add(&line, "%s %s", what, json_string_value(one));
		add_fact(facts, &line);
	}
}

static void wire_facts(json_t *facts, const json_t *scenario)
{
	size_t i;
	json_t *c;

	json_array_foreach(json_list(scenario, "network"), i, c) {
		struct text line = { 0 };

		text_add(&line, "talks to %s port %lld: %s %s", json_text(c, "to"), (long long)json_int(c, "port"),
			json_text(c, "outcome"), json_text(c, "protocol"));
		add_fact(facts, &line);
	}
	json_array_foreach(json_list(scenario, "ports"), i, c) {
		struct text line = { 0 };

		text_add(&line, "%s of %s speaks %s", json_text(c, "port"), json_text(c, "process"),
			json_text(c, "speaks"));
		add_fact(facts, &line);
	}
}

static void account_facts(json_t *facts, const json_t *scenario)
{
	const char *table, *kind;
	json_t *kinds, *names;

	json_object_foreach(json_map(scenario, "accounts"), table, kinds) {
		json_object_foreach(kinds, kind, names) {
			AUTO_FREE char *what = mem_printf("%s %s:", table, kind);

			list_facts(facts, names, what);
		}
	}
}

static int text_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys, sorted. */
static json_t *sorted_keys(json_t *object)
{
	AUTO_FREE const char **keys = mem_alloc((json_object_size(object) + 1) * sizeof *keys);
	json_t *list = json_array(), *value;
	size_t len = 0;
	const char *key;

	json_object_foreach(object, key, value)
		keys[len++] = key;
	if (len)
		qsort(keys, len, sizeof *keys, text_order);
	for (size_t i = 0; i < len; i++)
		json_array_append_new(list, json_string(keys[i]));
	return list;
}

json_t *effects_of(const json_t *scenario, const char *version)
{
	AUTO_JSON *facts = json_object();
	size_t i;
	json_t *script;

	json_array_foreach(json_list(scenario, "scripts"), i, script) {
		AUTO_FREE char *who = mem_printf("%s %s", json_text(script, "package"), json_text(script, "event"));

		call_facts(facts, json_list(script, "calls"), who, version);
	}
	call_facts(facts, json_list(scenario, "calls"), "service", version);
	wire_facts(facts, scenario);
	account_facts(facts, scenario);
	list_facts(facts, json_list(scenario, "units"), "unit");
	list_facts(facts, json_list(scenario, "listening"), "listens");
	return sorted_keys(facts);
}

/* What a has and b has not. */
static json_t *without(const json_t *a, const json_t *b)
{
	AUTO_JSON *have = json_object();
	json_t *out = json_array(), *one;
	size_t i;

	json_array_foreach(b, i, one)
		json_object_set_new(have, json_string_value(one), json_true());
	json_array_foreach(a, i, one)
		if (!json_object_get(have, json_string_value(one)))
			json_array_append(out, one);
	return out;
}

json_t *effects_compare(const json_t *old, const json_t *new)
{
	json_t *o = json_object();

	json_object_set_new(o, "gone", without(old, new));
	json_object_set_new(o, "new", without(new, old));
	return o;
}

/* ---- TLS that was there */
static void lose(json_t *lost, const char *where, const char *text)
{
	json_t *o = json_object();

	json_set_str(o, "where", where);
	json_set_str(o, "text", text);
	json_array_append_new(lost, o);
}

static bool talks_so(const json_t *network, const char *to, bool tls)
{
	size_t i;
	json_t *c;

	json_array_foreach(network, i, c) {
		json_t *is = json_object_get(c, "tls");

		if (strcmp(json_text(c, "to"), to) == 0 && (tls ? json_is_true(is) : json_is_false(is)))
			return true;
	}
	return false;
}

static bool spoke_tls(const json_t *ports, const char *port)
{
	size_t i;
	json_t *p;

	json_array_foreach(ports, i, p)
		if (strcmp(json_text(p, "port"), port) == 0)
			return strcmp(json_text(p, "speaks"), "tls") == 0 ||
				strcmp(json_text(p, "speaks"), "starttls") == 0;
	return false;
}

json_t *effects_tls_lost(
	const json_t *old_network, const json_t *new_network, const json_t *old_ports, const json_t *new_ports)
{
	AUTO_JSON *told = json_object();
	json_t *lost = json_array(), *c;
	size_t i;

	json_array_foreach(new_network, i, c) {
		const char *to = json_text(c, "to");

		if (!json_is_false(json_object_get(c, "tls")) || json_object_get(told, to) ||
			!talks_so(old_network, to, true) || talks_so(old_network, to, false))
			continue;
		json_object_set_new(told, to, json_true());
		lose(lost, to, "the old version spoke TLS with it, the new one clear text");
	}
	json_array_foreach(new_ports, i, c)
		if (strcmp(json_text(c, "speaks"), "cleartext") == 0 && spoke_tls(old_ports, json_text(c, "port")))
			lose(lost, json_text(c, "port"), "the old version spoke TLS here, the new one clear text");
	return lost;
}
