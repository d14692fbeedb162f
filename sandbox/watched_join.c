/* watched_join.c - what was seen, joined with what the package manager said; and the judgement of conversations.
 *
 * The package manager tells which script ran, how it ended and for how long; what was seen tells with which arguments, when, and what it
 * did. Both lists are in order. A script that only one of them knows (one written in rpm's own Lua) stays as it is. */
#include "sandbox/effects.h"
#include "sandbox/kernel_lines.h"
#include "sandbox/ports.h"
#include "sandbox/trial.h"
#include "sandbox/watched.h"
#include "sandbox/watcher.h"
#include <arpa/inet.h>
#include <string.h>

static const char *word(const struct watched_script *s, size_t i)
{
	const char *text = json_string_value(json_array_get(s->words, i));

	return text ? text : "";
}

/* dpkg's scripts are told by their names; rpm's have passing names, but rpm says their process. */
static bool is_same(const json_t *told, const struct watched_script *s)
{
	const char *source = json_text(told, "source"), *path = word(s, 0);
	AUTO_FREE char *end = mem_printf("%s", source);
	json_t *pid = json_object_get(told, "pid");

	if (pid)
		return json_integer_value(pid) == s->pid;
	return text_ends(path, end) && strlen(path) > strlen(end) &&
		strchr("./", path[strlen(path) - strlen(end) - 1]) != NULL;
}

/* argv without the program: "sh FILE 1" is one argument for the script, "FILE configure" too. */
static json_t *real_arguments(const struct watched_script *s)
{
	json_t *list = json_array();
	size_t i = 2; /* its path, argv[0] */

	if (text_glob("/var/tmp/rpm-tmp.*", word(s, i)))
		i++;
	for (; i < json_array_size(s->words); i++)
		json_array_append(list, json_array_get(s->words, i));
	return list;
}

static void join(struct trial *t, json_t *told, struct watched_script *s)
{
	json_object_set_new(told, "arguments", real_arguments(s));
	json_object_set(told, "calls", s->calls);
	json_object_set_new(told, "at", json_integer(s->at - t->observed.began));
	s->told = told;
}

void observed_join(struct trial *t)
{
	struct observed *o = &t->observed;
	unsigned command = 0;
	size_t next = 0;

	/* Of the command that has just ended: what came before it (dependencies) has scripts of the same names, of which nobody told. */
	sandbox_watched(t->sandbox, &command);
	while (next < o->scripts.len && (o->scripts.at[next].told || o->scripts.at[next].command != command))
		next++;
	for (; o->scripts_told < json_array_size(t->scripts); o->scripts_told++) {
		json_t *told = json_array_get(t->scripts, o->scripts_told);

		for (size_t i = next; i < o->scripts.len; i++)
			if (!o->scripts.at[i].told && o->scripts.at[i].command == command &&
				is_same(told, &o->scripts.at[i])) {
				join(t, told, &o->scripts.at[i]);
				next = i + 1;
				break;
			}
	}
}

/* ---- conversations */
static char *place_of(const json_t *c)
{
	bool is_v6 = strchr(json_text(c, "to"), ':') != NULL;

	if (json_int(c, "port") == 0)
		return mem_printf(is_v6 ? "[%s]:%s" : "%s:%s", json_text(c, "to"), json_text(c, "protocol"));
	return mem_printf(is_v6 ? "[%s]:%lld" : "%s:%lld", json_text(c, "to"), (long long)json_int(c, "port"));
}

/* "curl (postinst of acme)" */
static void name_caller(struct trial *t, json_t *c)
{
	const char *process = json_text(c, "by");
	int64_t number = json_int(c, "_script");

	for (size_t i = 0; number && i < t->observed.scripts.len; i++) {
		const struct watched_script *s = &t->observed.scripts.at[i];

		if (s->number != number || !s->told)
			continue;
		AUTO_FREE char *by = mem_printf(
			"%s (%s of %s)", process, json_text(s->told, "source"), json_text(s->told, "package"));
		json_set_str(c, "by", by);
	}
	json_object_del(c, "_script");
}

/* "GET / HTTP/1.1" of what was said; the rest is in the report. */
static char *first_line(const json_t *c)
{
	const char *said = json_text(c, "said");
	size_t len = strcspn(said, "\\");

	return mem_printf("%.*s%s", (int)(len > 80 ? 80 : len), said, len > 80 || said[len] ? "..." : "");
}

static const char *by_whom(const json_t *c)
{
	return *json_text(c, "by") ? json_text(c, "by") : "a process";
}

/* Did the version that was upgraded from say things in clear text there, too? */
static bool old_did(const struct trial *t, const json_t *c)
{
	size_t i;
	json_t *o;

	json_array_foreach(t->observed.network, i, o)
		if (strcmp(json_text(o, "of"), "old") == 0 && json_is_false(json_object_get(o, "tls")) &&
			strcmp(json_text(o, "to"), json_text(c, "to")) == 0 &&
			json_int(o, "port") == json_int(c, "port"))
			return true;
	return false;
}

/* Said to whoever is near, as a machine makes itself known on its own network: nobody knows a key before that. */
static bool is_to_all(const char *to)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, to, &v4) == 1)
		return ntohl(v4.s_addr) >> 28 == 0xe || v4.s_addr == INADDR_BROADCAST;
	return inet_pton(AF_INET6, to, &v6) == 1 && (IN6_IS_ADDR_MULTICAST(&v6) || IN6_IS_ADDR_LINKLOCAL(&v6));
}

/* What is sent in clear text anybody on the way reads and changes: a fault, unless it is wanted (`connects` names the place and says whether
 * it must be TLS), or known from the version in use. On a port that belongs to TLS it always is one. */
static void judge(struct trial *t, const json_t *c)
{
	AUTO_FREE char *place = place_of(c), *line = first_line(c);
	const char *outcome = json_text(c, "outcome"), *protocol = json_text(c, "protocol");
	bool wants_tls;

	/* Looking up a name is no conversation; the old version's are what the new one is measured by; who was asked by us for a page of
	 * another machine, and goes there, is a proxy. */
	if (strcmp(protocol, "dns") == 0 || *json_text(c, "of") || strcmp(json_text(c, "to"), PORT_ASKED_FOR) == 0)
		return;
	talk_port((unsigned)json_int(c, "port"), &wants_tls);
	if (json_is_false(json_object_get(c, "tls")) && !is_to_all(json_text(c, "to")))
		trial_find(t,
			wants_tls || !(expectations_know_place(t, c) || old_did(t, c)) ? SEVERITY_HIGH
										       : SEVERITY_MEDIUM,
			"cleartext-connection", place, "%s sent this in clear text%s%s: %s", by_whom(c),
			*protocol ? ", " : "", protocol, line);
	else
		trial_find(t, SEVERITY_LOW, "network-access", place, "%s reached for it (%s%s%s)", by_whom(c), outcome,
			*protocol ? ", " : "", protocol);
}

static int compare_text(const json_t *a, const json_t *b, const char *key)
{
	return strcmp(json_text(a, key), json_text(b, key));
}

static int network_order(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int64_t ports = json_int(x, "port") - json_int(y, "port"), at = json_int(x, "at") - json_int(y, "at");
	int order = compare_text(x, y, "to");

	order = order ? order : ports < 0 ? -1 : ports > 0;
	order = order ? order : compare_text(x, y, "outcome");
	order = order ? order : compare_text(x, y, "sni");
	order = order ? order : compare_text(x, y, "protocol");
	order = order ? order : compare_text(x, y, "by");
	order = order ? order : compare_text(x, y, "of");
	return order ? order : at < 0 ? -1 : at > 0;
}

static bool is_same_talk(const json_t *a, const json_t *b)
{
	return compare_text(a, b, "to") == 0 && json_int(a, "port") == json_int(b, "port") &&
		compare_text(a, b, "outcome") == 0 && compare_text(a, b, "sni") == 0 &&
		compare_text(a, b, "protocol") == 0 && compare_text(a, b, "by") == 0 && compare_text(a, b, "of") == 0;
}

/* Sorted, and what is the same but for its time told once, with a count. */
static json_t *sorted_network(json_t *list)
{
	size_t len = json_array_size(list), i;
	AUTO_FREE json_t **items = mem_alloc((len + 1) * sizeof *items);
	json_t *out = json_array(), *c, *last = NULL;

	json_array_foreach(list, i, c)
		items[i] = c;
	if (len)
		qsort(items, len, sizeof *items, network_order);
	for (i = 0; i < len; i++) {
		if (last && is_same_talk(last, items[i])) {
			json_object_set_new(last, "count", json_integer(json_int(last, "count") + 1));
			continue;
		}
		last = items[i];
		json_object_set_new(last, "count", json_integer(1));
		json_array_append(out, last);
	}
	return out;
}

/* What the root itself calls is told, and is no finding. */
static void note_home(struct observed *o)
{
	size_t i;
	json_t *c;

	json_array_foreach(o->network, i, c) {
		AUTO_FREE char *place = place_of(c);

		if (json_flag(c, "_early"))
			json_object_set_new(o->home, place, json_true());
		json_object_del(c, "_early");
	}
}

void observed_ready(struct trial *t)
{
	t->observed.ready = watcher_now();
}

/* What of the network belongs to the version that was upgraded from, or not. */
static json_t *network_of(const struct observed *o, bool old)
{
	json_t *list = json_array(), *c;
	size_t i;

	json_array_foreach(o->network, i, c)
		if (!json_flag(c, "_early") && (strcmp(json_text(c, "of"), "old") == 0) == old)
			json_array_append(list, c);
	return list;
}

static void judge_versions(struct trial *t)
{
	struct observed *o = &t->observed;
	AUTO_JSON *old = network_of(o, true);
	AUTO_JSON *new = network_of(o, false);
	AUTO_JSON *lost = effects_tls_lost(old, new, o->ports_old, o->ports);
	size_t i;
	json_t *one;

	json_array_foreach(lost, i, one)
		trial_find(t, SEVERITY_CRITICAL, "tls-lost", json_text(one, "where"), "%s", json_text(one, "text"));
}

static int pid_order(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

static void judge_kernel(struct trial *t)
{
	struct observed *o = &t->observed;
	struct kernel_people who = { o->pids.at, o->pids.len };
	size_t i;
	json_t *line;

	if (o->pids.len)
		qsort(o->pids.at, o->pids.len, sizeof *o->pids.at, pid_order);
	json_decref(t->kernel);
	t->kernel = kernel_lines(o->kmsg, &who);
	json_array_foreach(t->kernel, i, line) {
		const char *text = json_string_value(line);
		bool crash = kernel_is_crash(text);

		trial_find(t, crash ? SEVERITY_HIGH : SEVERITY_MEDIUM, crash ? "crash" : "kernel-line", "kernel", "%s",
			text);
	}
}

void observed_forget_processes(struct trial *t)
{
	json_t *script;
	size_t i;

	json_array_foreach(t->scripts, i, script)
		json_object_del(script, "pid");
}

void observed_finish(struct trial *t)
{
	struct observed *o = &t->observed;
	json_t *sorted, *c;
	size_t i;

	observed_forget_processes(t);
	judge_versions(t);
	judge_kernel(t);
	note_home(o);
	json_array_foreach(o->network, i, c)
		name_caller(t, c);
	sorted = sorted_network(o->network);
	json_decref(o->network);
	o->network = sorted;
	json_array_foreach(sorted, i, c) {
		AUTO_FREE char *place = place_of(c);

		if (!json_object_get(o->home, place))
			judge(t, c);
	}
	if (o->calls_dropped)
		trial_find(t, SEVERITY_INFO, "calls-dropped", "calls",
			"more happened than is listed: %llu calls were only counted",
			(unsigned long long)o->calls_dropped);
	/* What was said in them is not known: others may have been hidden behind them. */
	if (o->wire_dropped)
		trial_find(t, SEVERITY_MEDIUM, "talks-dropped", "network",
			"more was said than is listed: %llu conversations were only counted",
			(unsigned long long)o->wire_dropped);
}
