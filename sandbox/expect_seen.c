/* expect_seen.c - expectations about what was observed: services, ports and what they speak, connections.
 *
 * What could not be observed is not met, and the report says so: silence must not pass for a proof. */
#include "sandbox/expect_private.h"
#include "sandbox/ports.h"
#include "sandbox/services.h"
#include <string.h>

static const char unseen[] = "could not be observed";

/* ---- listens */
static int is_listening(struct trial *t, const struct expect_try *w, bool *ret, struct err *e)
{
	AUTO_JSON *ports = NULL;

	if (watch_ports(t, &ports, e))
		return -1;
	*ret = json_lists(ports, w->what);
	return 0;
}

static json_t *port_seen(const struct trial *t, const char *port)
{
	size_t i;
	json_t *one;

	json_array_foreach(t->observed.ports, i, one)
		if (strcmp(json_text(one, "port"), port) == 0)
			return one;
	return NULL;
}

static int speaks(struct trial *t, const char *port, const char *want, struct err *e)
{
	const char *expected = strcmp(want, "required") == 0 ? "tls" : want, *observed;
	AUTO_FREE char *what = mem_printf("listens: %s: speaks", port);

	if (!port_seen(t, port) && observed_ports(t, e)) /* it may have come up after the ports were offered TLS */
		return -1;
	observed = port_seen(t, port) ? json_text(port_seen(t, port), "speaks") : unseen;
	expect_record(t, what, expected, observed, strcmp(expected, observed) == 0);
	return 0;
}

int expect_listens(struct trial *t, json_t *x, struct err *e)
{
	struct expect_try w = { is_listening, x, json_text(x, "listens") };
	AUTO_FREE char *seen = expect_joined(t->listening);
	bool met = false;

	if (expect_wait(t, &w, &met, e))
		return -1;
	expect_record(t, "listens", w.what, met ? w.what : *seen ? seen : "nothing listens", met);
	return met && *json_text(x, "tls") ? speaks(t, w.what, json_text(x, "tls"), e) : 0;
}

/* ---- service */
static int is_running(struct trial *t, const struct expect_try *w, bool *ret, struct err *e)
{
	enum service_state state;

	if (service_state(t, w->what, &state, e))
		return -1;
	*ret = state == SERVICE_RUNNING;
	return 0;
}

static int service_is(struct trial *t, const char *what, const char *name, enum service_state wanted, struct err *e)
{
	enum service_state state;

	if (service_state(t, name, &state, e))
		return -1;
	expect_record(t, what, service_state_word(wanted), service_state_word(state), state == wanted);
	return 0;
}

int expect_service(struct trial *t, json_t *x, struct err *e)
{
	struct expect_try w = { is_running, x, json_text(x, "service") };
	bool met = false;

	return expect_wait(t, &w, &met, e) ? -1 : service_is(t, w.what, w.what, SERVICE_RUNNING, e);
}

int expect_service_gone(struct trial *t, json_t *x, struct err *e)
{
	const char *name = json_text(x, "service");
	AUTO_FREE char *what = mem_printf("%s, after the removal", name);

	return service_is(t, what, name, SERVICE_ABSENT, e);
}

/* ---- connects */
static bool is_place(const json_t *c, const char *place)
{
	static const char *const keys[] = { "sni", "to" };

	for (size_t i = 0; i < COUNT(keys); i++) {
		AUTO_FREE char *seen = mem_printf("%s:%lld", json_text(c, keys[i]), (long long)json_int(c, "port"));

		if (*json_text(c, keys[i]) && strcmp(seen, place) == 0)
			return true;
	}
	return false;
}

/* Of the packages' time; loopback is no network. */
static bool counts(const json_t *c)
{
	const char *to = json_text(c, "to");

	return !json_flag(c, "_early") && !text_starts(to, "127.") && strcmp(to, "::1") != 0 &&
		strcmp(to, "localhost") != 0 && strcmp(to, PORT_ASKED_FOR) != 0;
}

static const char *state_of(const json_t *c)
{
	return json_is_true(json_object_get(c, "tls")) ? "tls" : json_text(c, "outcome");
}

/* The worst conversation with that place; NULL: none. */
static json_t *conversation(const struct trial *t, const char *place, bool wants_tls)
{
	json_t *found = NULL, *c;
	size_t i;

	json_array_foreach(t->observed.network, i, c)
		if (counts(c) && is_place(c, place) &&
			(!found || (wants_tls && !json_is_true(json_object_get(c, "tls")))))
			found = c;
	return found;
}

static int is_called(struct trial *t, const struct expect_try *w, bool *ret, struct err *e)
{
	if (observed_take(t, false, e))
		return -1;
	*ret = conversation(t, w->what, false) != NULL;
	return 0;
}

static int check_place(struct trial *t, json_t *x, const char *place, struct err *e)
{
	bool wants_tls = *json_text(x, "tls"), met = false;
	struct expect_try w = { is_called, x, place };
	AUTO_FREE char *what = mem_printf("connects: %s", place);
	json_t *c;

	if (expect_wait(t, &w, &met, e))
		return -1;
	c = conversation(t, place, wants_tls);
	if (!c)
		expect_record(t, what, wants_tls ? "tls" : "a connection",
			t->observed.has_wire ? "no connection" : unseen, false);
	else
		expect_record(t, what, wants_tls ? "tls" : "a connection", state_of(c),
			!wants_tls || json_is_true(json_object_get(c, "tls")));
	return 0;
}

/* The question for a host's address, where the host may be called. */
static bool is_lookup(const json_t *c, const char *place)
{
	const char *host = json_text(c, "to"), *colon = strrchr(place, ':');

	return strcmp(json_text(c, "protocol"), "dns") == 0 && colon && strlen(host) == (size_t)(colon - place) &&
		strncmp(host, place, strlen(host)) == 0;
}

bool expectations_know_place(const struct trial *t, const json_t *c)
{
	size_t i, k;
	json_t *x, *place;

	if (!t->expect)
		return false;
	json_array_foreach(t->expect->items, i, x)
		json_array_foreach(json_list(x, "connects"), k, place)
			if (is_place(c, json_string_value(place)) || is_lookup(c, json_string_value(place)))
				return true;
	return false;
}

static void check_others(struct trial *t)
{
	AUTO(text) seen = { 0 };
	size_t i;
	json_t *c;

	json_array_foreach(t->observed.network, i, c)
		if (counts(c) && !expectations_know_place(t, c))
			text_add(&seen, "%s%s:%lld (%s, by %s)", seen.len ? ", " : "", json_text(c, "to"),
				(long long)json_int(c, "port"), state_of(c), json_text(c, "by"));
	expect_record(t, "connects: anything else", "nothing",
		seen.len                       ? seen.at
			: t->observed.has_wire ? "nothing"
					       : unseen,
		!seen.len && t->observed.has_wire);
}

int expect_connects(struct trial *t, struct err *e)
{
	bool any = false;
	size_t i, k;
	json_t *x, *place;

	json_array_foreach(t->expect->items, i, x) {
		any |= json_list(x, "connects") != NULL;
		json_array_foreach(json_list(x, "connects"), k, place)
			if (check_place(t, x, json_string_value(place), e))
				return -1;
	}
	if (any)
		check_others(t);
	return 0;
}
