/* check_tls_dropped_wire.c - what spoke TLS on the test system's network and no longer does, or does with less.
 *
 * Facts, of the report only: "talks": {"host", "port", "by": "script"|"service", "tls": bool, "version"}; "ports": {"path": "tcp/8443", "speaks",
 * "version", "cipher"}; "blind": scenarios in which the machine had no network to answer with. */
#include "inspect/checks.h"
#include "inspect/fact.h"
#include "inspect/reports.h"
#include <string.h>

enum { TLS = 1, CLEAR = 2, STARTTLS = 4, ANY_TLS = TLS | STARTTLS };

/* ---- facts */
static void note_talks(struct noted *n, const json_t *scenario)
{
	size_t i;
	json_t *talk;

	json_array_foreach(json_list(scenario, "network"), i, talk) {
		json_t *tls = json_object_get(talk, "tls"), *item;
		AUTO_FREE char *host = talk_host(talk);

		if (!json_is_boolean(tls) || *json_text(talk, "of") || !*host)
			continue;
		item = json_object();
		note_text(item, "host", host);
		json_object_set_new(item, "port", json_integer(json_int(talk, "port")));
		json_set_str(item, "by", talk_is_of_script(talk) ? "script" : "service");
		json_object_set(item, "tls", tls);
		note_text(item, "version", json_text(talk, "version"));
		note_add(n, "talks", item);
	}
}

static void note_ports(struct noted *n, const json_t *scenario)
{
	static const char *const keys[][2] = { { "port", "path" }, { "speaks", "speaks" }, { "version", "version" },
		{ "cipher", "cipher" } };
	size_t i;
	json_t *port;

	json_array_foreach(json_list(scenario, "ports"), i, port) {
		json_t *item = json_object();

		for (size_t k = 0; k < COUNT(keys); k++)
			note_text(item, keys[k][1], json_text(port, keys[k][0]));
		note_add(n, "ports", item);
	}
}

static void note(struct noted *n, const json_t *scenario)
{
	size_t i;
	json_t *f;

	note_talks(n, scenario);
	note_ports(n, scenario);
	note_cut(n, scenario, "talks-dropped", "talks");
	note_cut(n, scenario, "ports-unknown", "ports");
	json_array_foreach(json_list(scenario, "findings"), i, f)
		if (strcmp(json_text(f, "check"), "layer-missing") == 0 &&
			strcmp(json_text(f, "where"), "network") == 0)
			json_object_set_new(n->facts, "blind", json_integer(json_int(n->facts, "blind") + 1));
}

static json_t *observe(const json_t *report, const json_t *own)
{
	static const char *const lists[] = { "talks", "ports", NULL };

	return report_facts(report, own, lists, note);
}

/* ---- what a side did: {"HOST", "HOST BY", "HOST:PORT BY", "": flags}, and the best version a host heard */
struct side {
	json_t *flags, *versions, *ports;
};

static void mark(json_t *flags, int flag, char *key)
{
	json_object_set_new(flags, key, json_integer(json_int(flags, key) | flag));
	free(key);
}

/* "TLS 1.2" and the like order as texts; "SSL 3" stands before them. */
static const char *better(const char *a, const char *b)
{
	return strcmp(a, b) > 0 ? a : b;
}

static void side_done(struct side *s)
{
	json_decref(s->flags);
	json_decref(s->versions);
	json_decref(s->ports);
}

static struct side side_of(const json_t *facts)
{
	struct side s = { json_object(), json_object(), json_object() };
	size_t i;
	json_t *item;

	json_array_foreach(fact_items(facts, "talks"), i, item) {
		const char *host = json_text(item, "host"), *by = json_text(item, "by");
		int flag = json_flag(item, "tls") ? TLS : CLEAR;

		mark(s.flags, flag, mem_strdup(""));
		mark(s.flags, flag, mem_strdup(host));
		mark(s.flags, flag, mem_printf("%s %s", host, by));
		mark(s.flags, flag, mem_printf("%s:%lld %s", host, (long long)json_int(item, "port"), by));
		if (flag == TLS)
			json_set_str(s.versions, host, better(json_text(item, "version"), json_text(s.versions, host)));
	}
	json_array_foreach(fact_items(facts, "ports"), i, item) {
		const char *port = fact_path(item), *speaks = json_text(item, "speaks");
		AUTO_FREE char *version = mem_printf("v %s", port), *cipher = mem_printf("c %s", port);
		int flag = strcmp(speaks, "tls") == 0      ? TLS
			: strcmp(speaks, "starttls") == 0  ? STARTTLS
			: strcmp(speaks, "cleartext") == 0 ? CLEAR
							   : 0;

		mark(s.ports, flag, mem_strdup(""));
		mark(s.ports, flag, mem_strdup(port));
		if (flag & ANY_TLS && *json_text(item, "version")) {
			json_set_str(s.versions, version,
				better(json_text(item, "version"), json_text(s.versions, version)));
			json_set_str(s.versions, cipher, json_text(item, "cipher"));
		}
	}
	return s;
}

static int at(const json_t *flags, const char *key)
{
	return (int)json_int(flags, key);
}

/* ---- conversations */
static const char remedy[] =
	"Do not let this version through. Ask the vendor why, and whether a setting brings the encryption back.";

static void tell_talk(
	struct compare *c, enum severity severity, const char *host, int64_t port, const char *was, const char *text)
{
	finding_add(c, severity, arena_printf(c->arena, "%s:%lld", host, (long long)port), *was ? was : "TLS",
		"cleartext", text, remedy);
}

/* Clear text that the old version did not speak there, where it spoke TLS. */
static void judge_clear(struct compare *c, const struct side *old, const struct side *new, const json_t *item)
{
	const char *host = json_text(item, "host"), *by = json_text(item, "by");
	int64_t port = json_int(item, "port");
	AUTO_FREE char *maker = mem_printf("%s %s", host, by),
		       *place = mem_printf("%s:%lld %s", host, (long long)port, by);
	bool was_clear = at(old->flags, place) & CLEAR, still = at(new->flags, maker) & TLS,
	     was_tls = at(old->flags, maker) & TLS;
	const char *version = json_text(old->versions, host),
		   *who = by[1] == 'c' ? "A script of the package" : "The program";

	if (was_tls && !still)
		tell_talk(c, SEVERITY_CRITICAL, host, port, version,
			arena_printf(c->arena,
				"%s no longer encrypts what it sends to %s: the old version spoke TLS with it, the new "
				"one speaks "
				"clear text. Whoever sits on the way can read and change it.",
				who, host));
	else if (was_tls && !was_clear)
		tell_talk(c, at(old->flags, place) & TLS ? SEVERITY_CRITICAL : SEVERITY_HIGH, host, port, version,
			arena_printf(c->arena,
				"%s now sends a part of what it has to say to %s in clear text (port %lld); the old "
				"version "
				"encrypted all of it.",
				who, host, (long long)port));
	else if (!was_clear && at(old->flags, host) & TLS && !(at(new->flags, host) & TLS))
		tell_talk(c, SEVERITY_CRITICAL, host, port, version,
			arena_printf(c->arena,
				"Nothing that goes to %s is encrypted any more: the old version spoke TLS with it, the "
				"new one "
				"speaks clear text.",
				host));
	else if (!was_clear && at(old->flags, "") & TLS && !(at(new->flags, "") & TLS))
		tell_talk(c, SEVERITY_CRITICAL, host, port, "",
			arena_printf(c->arena,
				"Nothing that the new version sends is encrypted any more: the old one spoke TLS on "
				"the network, "
				"the new one speaks clear text with %s.",
				host));
}

static void judge_version(struct compare *c, const char *where, const char *was, const char *now, const char *text)
{
	if (*was && *now && strcmp(now, was) < 0)
		finding_add(c, strcmp(now, "TLS 1.2") < 0 ? SEVERITY_HIGH : SEVERITY_MEDIUM, where, was, now, text,
			"Ask the vendor why, and set the least version in the configuration where that is possible.");
}

static void judge_talks(struct compare *c, const struct side *old, const struct side *new, const json_t *facts)
{
	AUTO_JSON *told = json_object();
	size_t i;
	json_t *item, *version;
	const char *host;

	json_array_foreach(fact_items(facts, "talks"), i, item) {
		AUTO_FREE char *key = mem_printf("%s:%lld %s", json_text(item, "host"),
			(long long)json_int(item, "port"), json_text(item, "by"));

		if (json_flag(item, "tls") || json_object_get(told, key))
			continue;
		json_object_set_new(told, key, json_true());
		judge_clear(c, old, new, item);
	}
	json_object_foreach(old->versions, host, version) {
		const char *now = json_text(new->versions, host), *was = json_string_value(version);

		if (!(at(old->flags, host) & TLS))
			continue;
		if (at(new->flags, host) == 0)
			finding_add(c, SEVERITY_INFO, host, "TLS", "",
				arena_printf(c->arena,
					"The new version did not call %s in the test; the old one did, with TLS.",
					host),
				"Nothing, if that is as it should be; else test it with what makes it call.");
		judge_version(c, host, was, now,
			arena_printf(c->arena,
				"What goes to %s is encrypted with an older protocol at best: %s where it was %s.",
				host, now, was));
	}
}

/* ---- ports */
/* How well the suite protects: forward secrecy and authenticated encryption; CBC; no forward secrecy; both bad. */
static int suite_rank(const char *suite)
{
	bool is_forward = strncmp(suite, "TLS_", 4) == 0 || strncmp(suite, "ECDHE-", 6) == 0,
	     is_sound = strstr(suite, "GCM") || strstr(suite, "POLY1305");

	return *suite ? 1 + 2 * is_forward + is_sound : 0;
}

static void judge_port(struct compare *c, const struct side *old, const struct side *new, const char *port)
{
	AUTO_FREE char *version = mem_printf("v %s", port), *cipher = mem_printf("c %s", port);
	int was = at(old->ports, port), now = at(new->ports, port);
	const char *suite_was = json_text(old->versions, cipher), *suite_now = json_text(new->versions, cipher);
	bool is_moved = !json_object_get(old->ports, port) && at(old->ports, "") & ANY_TLS &&
		!(at(new->ports, "") & ANY_TLS);

	if (now & CLEAR && !(now & ANY_TLS) && (was & ANY_TLS || is_moved))
		finding_add(c, SEVERITY_CRITICAL, port,
			was & TLS     ? "tls"
				: was ? "starttls"
				      : "",
			"cleartext",
			arena_printf(c->arena,
				was ? "The service on port %s no longer offers encryption: who talks to it does so in "
				      "clear text now."
				    : "The new version listens on port %s in clear text, and no port of it offers "
				      "encryption any "
				      "more; the old version's did.",
				port),
			remedy);
	else if (was & TLS && now & STARTTLS && !(now & TLS))
		finding_add(c, SEVERITY_HIGH, port, "tls", "starttls",
			arena_printf(c->arena,
				"The service on port %s now begins in clear text and offers encryption (STARTTLS), "
				"where it was "
				"encrypted from the first byte: whoever sits on the way can talk both sides out of it.",
				port),
			"Ask the vendor why; let clients insist on encryption.");
	judge_version(c, port, json_text(old->versions, version), json_text(new->versions, version),
		arena_printf(c->arena,
			"The service on port %s chooses an older protocol than before when it is offered the newest.",
			port));
	if (suite_rank(suite_now) && suite_rank(suite_now) < suite_rank(suite_was))
		finding_add(c, SEVERITY_MEDIUM, port, suite_was, suite_now,
			arena_printf(c->arena,
				"The service on port %s chooses a weaker cipher than before from the same offer.",
				port),
			"Ask the vendor why, and set the ciphers in the configuration where that is possible.");
}

static void judge_ports(struct compare *c, const struct side *old, const struct side *new)
{
	const char *port;
	json_t *flags;

	json_object_foreach(new->ports, port, flags)
		if (*port)
			judge_port(c, old, new, port);
	json_object_foreach(old->ports, port, flags)
		if (*port && at(old->ports, port) & ANY_TLS && !json_object_get(new->ports, port))
			finding_add(c, SEVERITY_INFO, port, "tls", "",
				arena_printf(c->arena,
					"Nothing listened on port %s in the test; the old version did, with TLS.",
					port),
				"Nothing, if that is as it should be.");
}

static void compare(struct compare *c)
{
	const json_t *then, *now;

	if (!fact_reports(c, &then, &now))
		return;
	struct side old = side_of(then), new = side_of(now);
	if (json_int(now, "blind") > 0 && at(old.flags, "") & TLS && at(new.flags, "") == 0)
		finding_add(c, c->check->severity, "", "", "",
			"This check could not run: the machine that tested the new version had no network for it to "
			"speak on, and the "
			"old version spoke TLS.",
			"Test again on a machine that can answer as a network would (sluice test).");
	judge_talks(c, &old, &new, now);
	judge_ports(c, &old, &new);
	side_done(&old);
	side_done(&new);
	fact_tell_cut_in(c, "report", "talks");
	fact_tell_cut_in(c, "report", "ports");
}

const struct check check_tls_dropped_wire = {
	.id = "tls-dropped-wire",
	.severity = SEVERITY_CRITICAL,
	.waiver = "security-officer",
	.about = "What the test system's network heard, old against new: connections that were encrypted (TLS) and no "
		 "longer are, ports that no "
		 "longer offer TLS or STARTTLS, older protocol versions and weaker ciphers.",
	.why = "This is the program's own behaviour, whatever its files say: it was installed and run, every name it "
	       "called resolved, and the first "
	       "bytes it sent were read. A version that sends in clear text what the last one encrypted gives business "
	       "data to whoever sits on the "
	       "way. No longer connecting at all is told as information only. Destinations are matched by name and by "
	       "whether a script or the "
	       "program called. Known limits: what a program does only after days, or with real data, is not seen; "
	       "known false alarm: a "
	       "program that was moved to another host and now also fetches something public over http.",
	.observe = observe,
	.compare = compare,
};
