/* services_plain.c - services that init scripts start (profile plain): were they asked to, do they run, are they meant for such a system? */
#include "sandbox/services_private.h"
#include <string.h>
#include <sys/capability.h>

enum { ASKED_MAX = 1 << 20, SCRIPT_MAX = 1 << 20, STATUS_SECONDS = 30 };

const char services_policy[] =
	"#!/bin/sh\n"
	"# Services start as on a running system, unless disabled. An action in parentheses is one that the links "
	"speak against.\n"
	"case $1 in --*) shift ;; esac\n"
	"case $2 in \"(\"*)\n"
	"\t[ ! -d /run/systemd/system ] || exit 101\n"
	"\tfor link in /etc/rc2.d/K[0-9][0-9]\"$1\"; do [ ! -L \"$link\" ] || exit 101; done ;;\n"
	"esac\n"
	"[ -d /run/sluice ] || mkdir /run/sluice\n"
	"echo \"$1 $2\" >> " ASKED "\n"
	"exit 0\n";

static bool says(const char *script, const char *const *words, size_t len)
{
	for (size_t i = 0; script && i < len; i++)
		if (strstr(script, words[i]))
			return true;
	return false;
}

/* One that only sets something up has no state; neither has one that does not know the word. */
static bool tells_state(const char *script)
{
	static const char *const daemons[] = { "start-stop-daemon", "start_daemon", "pidofproc", "status_of_proc",
		"killproc", "init-d-script", "PIDFILE", "pidfile" };
	static const char *const status[] = { "status)", "status|", "|status", "init-d-script" };

	return says(script, daemons, COUNT(daemons)) && says(script, status, COUNT(status)) &&
		!strstr(script, "DAEMON=none");
}

/* Exit codes as the Linux Standard Base gives them to `status`. */
static enum service_state state_of_exit(int exit)
{
	return exit == 0                 ? SERVICE_RUNNING
		: exit == 3              ? SERVICE_STOPPED
		: exit == 1 || exit == 2 ? SERVICE_FAILED
					 : SERVICE_UNKNOWN;
}

/* It is not asked again: each question would take as long, and what runs is killed with it. */
static void is_mute(struct trial *t, const char *name, const char *path)
{
	if (!t->mute)
		t->mute = json_object();
	json_object_set_new(t->mute, name, json_true());
	trial_find(t, SEVERITY_HIGH, "out-of-time", path,
		"asked for its `status` it did not end within %d seconds; everything that ran was killed",
		STATUS_SECONDS);
}

static int ask_script(struct trial *t, const char *name, enum service_state *ret, struct err *e)
{
	AUTO_FREE char *path = mem_printf("/etc/init.d/%s", name), *script = NULL;
	const char *const argv[] = { path, "status", NULL };
	struct command_result r = { 0 };
	struct path_status st;
	size_t len = 0;

	if (sandbox_status(t->sandbox, path, &st, e) || sandbox_read(t->sandbox, path, SCRIPT_MAX, &script, &len, e))
		return -1;
	*ret = st.is_there ? SERVICE_UNKNOWN : SERVICE_ABSENT;
	if (!tells_state(script) || json_object_get(t->mute, name))
		return 0;
	if (sandbox_run(t->sandbox, argv, STATUS_SECONDS, &r, e))
		return -1;
	if (r.is_timeout)
		is_mute(t, name, path);
	else
		*ret = state_of_exit(r.exit);
	command_result_done(&r);
	return 0;
}

/* ---- one service */
/* "x.service" and "x" -> "x"; "x.socket" stays. malloc */
static char *bare(const char *name)
{
	size_t len = strlen(name) - (text_ends(name, ".service") ? strlen(".service") : 0);

	return mem_printf("%.*s", (int)len, name);
}

static const char *const starts[] = { "start", "(start)", "restart", "(restart)" };

static bool was_asked(const char *asked, const char *name)
{
	for (size_t i = 0; i < COUNT(starts); i++) {
		AUTO_FREE char *line = mem_printf("\n%s %s\n", name, starts[i]);

		if (strstr(asked, line))
			return true;
	}
	return false;
}

/* "name action" */
static bool is_start(struct slice line)
{
	struct slice name;

	if (!slice_cut(&line, ' ', &name))
		return false;
	for (size_t i = 0; i < COUNT(starts); i++)
		if (slice_is(line, starts[i]))
			return true;
	return false;
}

int services_of_others(struct trial *t, bool *ret, struct err *e)
{
	AUTO_FREE char *asked = NULL;
	size_t len = 0;

	*ret = false;
	if (t->is_booted || !t->owned)
		return 0;
	if (sandbox_read(t->sandbox, ASKED, ASKED_MAX, &asked, &len, e))
		return -1;
	struct slice rest = slice_of(asked ? asked : ""), line;
	while (!*ret && slice_cut(&rest, '\n', &line)) {
		AUTO_FREE char *name = mem_printf("%.*s", (int)strcspn(line.at, " \n"), line.at);
		AUTO_FREE char *script = mem_printf("/etc/init.d/%s", name), *unit = mem_printf("%s.service", name);

		*ret = json_object_get(t->owned, script) && is_start(line) && !json_find(t->services, "unit", unit) &&
			!json_find(t->services, "unit", name);
	}
	return 0;
}

/* One condition of a unit, "PathExists=!/x": is it unmet here? Those that can be told without systemd. */
static int is_unmet(struct trial *t, const char *condition, bool *ret, struct err *e)
{
	static const char path[] = "PathExists=", capability[] = "Capability=", virtual[] = "Virtualization=";
	struct path_status st;

	*ret = false;
	if (text_starts(condition, path)) {
		const char *at = condition + strlen(path);
		bool negated = *at == '!';

		if (sandbox_status(t->sandbox, at + negated, &st, e))
			return -1;
		*ret = st.is_there == negated;
	} else if (text_starts(condition, capability)) {
		const char *at = condition + strlen(capability);
		bool negated = *at == '!';
		cap_value_t bit;

		*ret = cap_from_name(at + negated, &bit) == 0 && (t->plan->capabilities >> bit & 1) == negated;
	} else if (text_starts(condition, virtual)) {
		const char *at = condition + strlen(virtual);

		*ret = strcmp(at, "!container") == 0 || strcmp(at, "no") == 0 || strcmp(at, "false") == 0;
	}
	return 0;
}

/* An init script that is asked to start on a system it is not meant for says nothing, or fails. The unit of the same name says when. */
static int is_for_other_systems(struct trial *t, const char *name, enum service_state *ret, struct err *e)
{
	static const char *const folders[] = { "/usr/lib/systemd/system", "/lib/systemd/system" };
	static const char key[] = "Condition";
	AUTO_FREE char *unit = NULL;
	size_t len = 0;

	for (size_t i = 0; i < COUNT(folders) && !unit; i++) {
		AUTO_FREE char *path = mem_printf("%s/%s.service", folders[i], name);

		if (sandbox_read(t->sandbox, path, SCRIPT_MAX, &unit, &len, e))
			return -1;
	}
	for (char *rest = unit, *line; (line = strsep(&rest, "\n")) != NULL;) {
		bool unmet = false;

		if (text_starts(line, key) && is_unmet(t, line + strlen(key), &unmet, e))
			return -1;
		if (unmet)
			*ret = SERVICE_SKIPPED;
	}
	return 0;
}

/* ---- did the init script want to? "no services enabled", says one that leaves it at that. */
static bool is_word(const json_t *words, const char *name, char letter)
{
	size_t i;
	json_t *one;

	json_array_foreach(words, i, one) {
		const char *word = json_string_value(one);

		if (strcmp(word, "--") == 0)
			return false;
		if (strcmp(word, name) == 0 || (word[0] == '-' && word[1] != '-' && strchr(word, letter)))
			return true;
	}
	return false;
}

bool service_start_seen(const json_t *calls, const char *script, bool *ret_daemon)
{
	size_t i;
	json_t *c;
	bool seen = false;

	json_array_foreach(calls, i, c) {
		const char *what = json_text(c, "what");
		const json_t *words = json_list(c, "arguments");

		if (strcmp(json_text(c, "kind"), "exec") != 0)
			continue;
		if (strcmp(what, script) == 0)
			seen |= json_lists(words, "start") || json_lists(words, "restart");
		else if (text_ends(what, "/start-stop-daemon"))
			*ret_daemon |= is_word(words, "--start", 'S') && !is_word(words, "--test", 't');
	}
	return seen;
}

/* One that starts its daemon by start-stop-daemon, was run, and did not call it. Where calls are missing, nobody knows. */
static int has_declined(struct trial *t, const char *name, bool *ret, struct err *e)
{
	AUTO_FREE char *path = mem_printf("/etc/init.d/%s", name), *text = NULL;
	bool seen, daemon = false;
	size_t len = 0, i;
	json_t *script;

	if (sandbox_read(t->sandbox, path, SCRIPT_MAX, &text, &len, e))
		return -1;
	seen = service_start_seen(t->observed.calls, path, &daemon);
	json_array_foreach(t->scripts, i, script)
		seen |= service_start_seen(json_list(script, "calls"), path, &daemon);
	*ret = text && strstr(text, "start-stop-daemon") && seen && !daemon && !t->observed.calls_dropped;
	return 0;
}

int service_facts_plain(struct trial *t, const char *name, struct service_facts *ret, struct err *e)
{
	AUTO_FREE char *script = bare(name), *asked = NULL, *lines = NULL;
	struct service_facts f = { 0 };
	size_t len = 0;

	if (ask_script(t, script, &f.state, e) || sandbox_read(t->sandbox, ASKED, ASKED_MAX, &asked, &len, e))
		return -1;
	if (f.state == SERVICE_ABSENT && service_is_unit(name))
		f.state = SERVICE_NOT_TRIED;
	lines = mem_printf("\n%s", asked ? asked : "");
	f.was_started = was_asked(lines, script);
	if (f.state == SERVICE_FAILED &&
		!f.was_started) /* "not running" in other words: what nobody started cannot die */
		f.state = SERVICE_STOPPED;
	bool is_down = f.state == SERVICE_FAILED || f.state == SERVICE_STOPPED;
	if (f.was_started && is_down && is_for_other_systems(t, script, &f.state, e))
		return -1;
	/* One that leaves it at that says "fine" to whatever it is asked. */
	if (f.was_started && (is_down || f.state == SERVICE_RUNNING) && has_declined(t, script, &f.has_declined, e))
		return -1;
	*ret = f;
	return 0;
}
