/* scenario_faults.c - failing-script and interrupted: does a second try work?
 *
 * Each operation is carried out undisturbed first, and its scripts, programs and files are counted. Then each moment is tried in a fresh
 * root: up to the operation, the operation with the fault, what an administrator does (`dpkg --configure -a`), the operation again. It is
 * healed when the package manager is content, says what it says after the undisturbed operation, the tree is the same and daemons live. */
#include "sandbox/trial.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum operation { INSTALL, UPGRADE, REMOVE, PURGE, OPERATIONS };
static const char *const operation_names[OPERATIONS] = { "install", "upgrade", "remove", "purge" };

struct moment {
	char *name; /* "postinst configure 1.0" */
	struct fault fault;
};
struct undisturbed {
	struct watch watch;
	struct lasting alive;
	json_t *holds; /* borrowed after the first operation on the same root */
	char *status;
	LIST(struct moment) moments;
};

static void undisturbed_done(struct undisturbed *u)
{
	for (size_t i = 0; i < u->moments.len; i++)
		free(u->moments.at[i].name);
	LIST_DONE(&u->moments);
	watch_done(&u->watch);
	lasting_done(&u->alive);
	json_decref(u->holds);
	free(u->status);
}

static bool applies(const struct trial *t, enum operation o)
{
	return (o != UPGRADE || t->old_files[0]) && (o != PURGE || t->manager->purge);
}

static int operate(struct trial *t, enum operation o, bool *ret_ok, struct err *e)
{
	t->is_upgrading = o == UPGRADE;
	switch (o) {
	case REMOVE:
		return t->manager->remove(t, ret_ok, e);
	case PURGE:
		return t->manager->purge(t, ret_ok, e);
	default:
		return t->manager->install(t, t->new_files, ret_ok, e);
	}
}

/* Everything before the operation. */
static int reach(struct trial *t, enum operation o, bool *ret_ok, struct err *e)
{
	*ret_ok = true;
	if (o == INSTALL)
		return 0;
	if (t->manager->install(t, o == UPGRADE ? t->old_files : t->new_files, ret_ok, e))
		return -1;
	return o == PURGE && *ret_ok ? t->manager->remove(t, ret_ok, e) : 0;
}

/* What these commands print, whatever their exit. */
static int append_output(struct trial *t, const char *const *argv, struct text *ret, struct err *e)
{
	struct command_result r = { 0 };

	if (sandbox_run(t->sandbox, argv, 0, &r, e))
		return -1;
	text_bytes(ret, r.output, r.len);
	command_result_done(&r);
	return 0;
}

static int package_status(struct trial *t, char **ret, struct err *e)
{
	size_t len = 0;
	AUTO(text) said = { 0 };

	while (t->manager->status[len])
		len++;
	AUTO_FREE const char **argv = mem_alloc((len + json_array_size(t->packages) + 1) * sizeof *argv);
	memcpy(argv, t->manager->status, len * sizeof *argv);
	for (size_t i = 0; trial_package(t, i); i++)
		argv[len++] = trial_package(t, i);
	if (append_output(t, argv, &said, e) || (t->manager->audit && append_output(t, t->manager->audit, &said, e)))
		return -1;
	*ret = text_take(&said);
	return 0;
}

/* ---- moments */
static void add_moment(struct undisturbed *u, char *name, enum fault_kind kind, unsigned script, unsigned at)
{
	for (size_t len = strlen(name); len && name[len - 1] == ' '; len--) /* an empty last argument */
		name[len - 1] = '\0';
	*LIST_ADD(&u->moments) = (struct moment){ name, { kind, script, at } };
}

/* "/var/lib/dpkg/info/acme:amd64.postinst configure" -> "postinst configure" of acme; NULL: not of a package under test. */
static char *name_deb_script(const struct trial *t, const char *command)
{
	size_t path = strcspn(command, " ");
	AUTO_FREE char *file = mem_printf("%.*s", (int)path, command);
	char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file, *dot = strrchr(base, '.');
	const char *package = "", *one;
	bool is_ours = !dot; /* from the archive that is being unpacked */

	for (size_t i = 0; dot && !is_ours && (one = trial_package(t, i)) != NULL; i++)
		if (strncmp(base, one, strlen(one)) == 0 && strchr(".:", base[strlen(one)])) {
			is_ours = true;
			package = json_array_size(t->packages) > 1 ? one : "";
		}
	return is_ours ? mem_printf("%s%s%s%s", package, *package ? ": " : "", dot ? dot + 1 : base, command + path)
		       : NULL;
}

/* rpm's own words tell which script ran in that process (in a booted system it has another number there); one that rpm runs itself (lua) is no process. */
static char *name_rpm_script(const struct trial *t, const struct fault_script *s, unsigned number)
{
	size_t i;
	json_t *one;

	json_array_foreach(t->scripts, i, one)
		if (json_int(one, "pid") == s->pid)
			return mem_printf("%s%s%s%s", json_text(one, "source"),
				json_array_size(t->packages) > 1 ? " of " : "",
				json_array_size(t->packages) > 1 ? json_text(one, "package") : "",
				s->command + strcspn(s->command, " "));
	return mem_printf("script %u:%s", number, s->command + strcspn(s->command, " "));
}

static void find_moments(const struct trial *t, const struct fault_result *seen, bool interrupts, struct undisturbed *u)
{
	for (unsigned i = 0; i < seen->scripts.len; i++) {
		const struct fault_script *s = &seen->scripts.at[i];
		char *name = strcmp(t->manager->format, "deb") == 0 ? name_deb_script(t, s->command)
								    : name_rpm_script(t, s, i + 1);

		if (!name)
			continue;
		if (interrupts)
			add_moment(u, name, FAULT_KILL_SCRIPT, i, s->steps / 2);
		else
			add_moment(u, name, FAULT_FAIL_SCRIPT, i, 0);
	}
	if (interrupts && seen->files)
		add_moment(u, mem_strdup("unpack, before the first file"), FAULT_KILL_FILE, 0, 0);
	if (interrupts && seen->files > 1)
		add_moment(u, mem_strdup("unpack, half of the files"), FAULT_KILL_FILE, 0, seen->files / 2);
	if (!interrupts && seen->archives)
		add_moment(u, mem_strdup("unpack"), FAULT_FAIL_ARCHIVE, 0, seen->archives - 1);
}

/* The operation as it should be. */
static int undisturbed(
	struct trial *t, enum operation o, bool interrupts, struct undisturbed *ret, bool *ret_ok, struct err *e)
{
	t->fault = (struct fault){ .kind = FAULT_COUNT };
	if (operate(t, o, ret_ok, e))
		return -1;
	if (!*ret_ok) {
		trial_find(t, SEVERITY_HIGH, "not-tried", operation_names[o],
			"undisturbed, the package manager refused or failed: no fault was tried");
		return 0;
	}
	find_moments(t, sandbox_faulted(t->sandbox), interrupts, ret);
	if (o >= REMOVE && lasting_wait_gone(t, e))
		return -1;
	if (o < REMOVE && trial_holds(t, &ret->holds, e))
		return -1;
	return watch_take(t, &ret->watch, e) || lasting_take_alive(t, &ret->watch, &ret->alive, e) ||
			package_status(t, &ret->status, e)
		? -1
		: 0;
}

/* ---- one moment in a root of its own */
static int check_status(struct trial *v, const struct undisturbed *u, struct err *e)
{
	AUTO_FREE char *status = NULL;

	if (package_status(v, &status, e))
		return -1;
	if (strcmp(status, u->status) != 0)
		trial_find(v, SEVERITY_HIGH, "not-healed", "package manager", "it says '%s'; undisturbed it says '%s'",
			status, u->status);
	return 0;
}

static int check_processes(struct trial *v, const struct undisturbed *u, struct err *e)
{
	struct lasting now = { 0 };
	int rc = lasting_wait_gone(v, e) ? -1 : lasting_take_alive(v, &v->before, &now, e);

	for (size_t i = 0; rc == 0 && u->alive.daemons.len == 0 && i < now.daemons.len; i++)
		trial_find(v, SEVERITY_HIGH, "process-left", now.daemons.at[i].name,
			"still runs after the second try: %s", now.daemons.at[i].command);
	lasting_done(&now);
	return rc;
}

static int check_healed(struct trial *v, enum operation o, const struct undisturbed *u, struct err *e)
{
	struct watch now = { 0 };
	struct comparison c = {
		.want = &u->watch, .got = &now, .holds = u->holds, .check = "not-healed", .operation = "second try"
	};

	if (check_status(v, u, e))
		return -1;
	if (o >= REMOVE ? check_processes(v, u, e) : lasting_check_alive(v, &u->alive, true, "second try", e))
		return -1;
	if (watch_take(v, &now, e))
		return -1;
	trees_compare(v, &c);
	watch_done(&now);
	return 0;
}

/* Is there nothing left to try? What is gone cannot be removed once more; where there is a repair it has run the script again already
 * (rpm has none, and calls a package installed whose script failed). */
static int is_done(struct trial *v, enum operation o, const struct undisturbed *u, bool *ret, struct err *e)
{
	AUTO_FREE char *status = NULL;

	if (package_status(v, &status, e))
		return -1;
	*ret = (o >= REMOVE || v->manager->heal) && strcmp(status, u->status) == 0;
	return 0;
}

static int second_try(struct trial *v, enum operation o, const struct undisturbed *u, struct err *e)
{
	struct command_result r = { 0 };
	bool ok = true, done = false;

	if (v->manager->heal) {
		if (trial_step(v, v->manager->heal, &r, e))
			return -1;
		v->manager->scripts(v, &r);
		observed_join(v);
		command_result_done(&r);
	}
	if (is_done(v, o, u, &done, e))
		return -1;
	v->is_reinstalling = true;
	/* rpm names files that it is about to put in place by the second: nobody tries again within the same one. */
	nanosleep(&(struct timespec){ .tv_sec = v->manager->retry_seconds }, NULL);
	if (!done && operate(v, o, &ok, e))
		return -1;
	if (!ok)
		trial_find(v, SEVERITY_HIGH, "second-try-failed", operation_names[o],
			"tried again after the fault, the package manager refused or failed");
	return check_healed(v, o, u, e);
}

static int meet(struct trial *v, enum operation o, const struct undisturbed *u, const struct moment *m, struct err *e)
{
	bool ok = false;

	if (trial_begin(v, e) || reach(v, o, &ok, e))
		return -1;
	if (!ok) {
		trial_find(v, SEVERITY_HIGH, "not-tried", operation_names[o], "this time what comes before it failed");
		return 0;
	}
	v->fault = m->fault;
	v->is_made_to_fail = true;
	if (operate(v, o, &ok, e))
		return -1;
	v->is_made_to_fail = false;
	if (!sandbox_faulted(v->sandbox)->is_hit)
		trial_find(
			v, SEVERITY_MEDIUM, "not-tried", operation_names[o], "the moment did not come a second time");
	return second_try(v, o, u, e);
}

static void take_over(struct trial *t, struct trial *v, enum operation o, const struct moment *m)
{
	AUTO_FREE char *name = mem_printf("%s, %s", operation_names[o], m->name);
	json_t *variant = json_object(), *f;
	size_t i;

	json_set_str(variant, "name", m->name);
	json_set_str(variant, "operation", operation_names[o]);
	json_set_str(variant, "verdict", v->is_failed ? "fail" : "pass");
	json_object_set(variant, "steps", v->steps);
	observed_forget_processes(v);
	json_object_set(variant, "scripts", v->scripts);
	json_array_append_new(t->variants, variant);
	json_array_foreach(v->findings, i, f) {
		AUTO_FREE char *where = mem_printf("%s: %s", name, json_text(f, "where"));
		int severity = severity_parse(json_text(f, "severity"));

		if (severity > SEVERITY_INFO)
			trial_find(
				t, (enum severity)severity, json_text(f, "check"), where, "%s", json_text(f, "text"));
	}
	text_add(&t->log, "==== %s\n%s\n", name, trial_kept(t, v->log.at ? v->log.at : ""));
	t->ms += v->ms;
}

static int try_moments(struct trial *t, enum operation o, const struct undisturbed *u, struct err *e)
{
	for (size_t i = 0; i < u->moments.len; i++) {
		struct trial v = trial_like(t);
		int rc = meet(&v, o, u, &u->moments.at[i], e);

		take_over(t, &v, o, &u->moments.at[i]);
		trial_end(&v);
		if (rc)
			return err_wrap(e, "%s, %s", operation_names[o], u->moments.at[i].name);
	}
	return 0;
}

/* ---- all operations: install, remove and purge follow one another in one root; the upgrade has one of its own */
static int upgrade_undisturbed(struct trial *t, bool interrupts, struct undisturbed *ret, bool *ret_ok, struct err *e)
{
	struct trial other = trial_like(t);
	int rc = trial_begin(&other, e) || reach(&other, UPGRADE, ret_ok, e) ? -1 : 0;

	if (rc == 0 && *ret_ok)
		rc = undisturbed(&other, UPGRADE, interrupts, ret, ret_ok, e);
	if (rc == 0 && !*ret_ok)
		trial_find(
			t, SEVERITY_HIGH, "not-tried", "upgrade", "undisturbed, the package manager refused or failed");
	json_array_extend(t->steps, other.steps);
	json_array_extend(t->scripts, other.scripts);
	text_add(&t->log, "==== upgrade, undisturbed\n%s\n", other.log.at ? other.log.at : "");
	t->ms += other.ms;
	trial_end(&other);
	return rc;
}

static int count_all(struct trial *t, bool interrupts, struct undisturbed all[OPERATIONS], struct err *e)
{
	bool ok = true;

	for (enum operation o = INSTALL; o < OPERATIONS && ok; o++) {
		if (!applies(t, o) || o == UPGRADE)
			continue;
		if (undisturbed(t, o, interrupts, &all[o], &ok, e))
			return -1;
		if (o >= REMOVE)
			all[o].holds = json_incref(all[INSTALL].holds);
	}
	return applies(t, UPGRADE) ? upgrade_undisturbed(t, interrupts, &all[UPGRADE], &ok, e) : 0;
}

static int try_faults(struct trial *t, bool interrupts, struct err *e)
{
	struct undisturbed all[OPERATIONS] = { 0 };
	int rc = count_all(t, interrupts, all, e);

	for (enum operation o = INSTALL; o < OPERATIONS && rc == 0; o++)
		rc = try_moments(t, o, &all[o], e);
	for (enum operation o = INSTALL; o < OPERATIONS; o++)
		undisturbed_done(&all[o]);
	return rc;
}

/* The way back calls scripts with words that nothing else does (abort-upgrade). rpm has no way back. */
int try_broken_off(struct trial *t, const struct lasting *l, struct err *e)
{
	bool ok = false;
	int rc;

	if (!t->manager->heal)
		return 0;
	t->fault = (struct fault){ .kind = FAULT_FAIL_ARCHIVE, .at = (unsigned)json_array_size(t->packages) - 1 };
	t->is_made_to_fail = t->is_reinstalling = true;
	rc = t->manager->install(t, t->new_files, &ok, e);
	t->is_made_to_fail = false;
	if (rc == 0 && !sandbox_faulted(t->sandbox)->is_hit)
		trial_find(t, SEVERITY_INFO, "not-tried", "broken off", "the unpack could not be broken off");
	if (rc == 0)
		rc = t->manager->install(t, t->new_files, &ok, e);
	t->is_reinstalling = false;
	if (rc == 0 && !ok)
		trial_find(t, SEVERITY_HIGH, "second-try-failed", "reinstall",
			"tried again after an unpack that broke off, the package manager refused or failed");
	return rc || !ok ? rc : lasting_check(t, l, true, "second try", e);
}

int try_failing(struct trial *t, struct err *e)
{
	return try_faults(t, false, e);
}

int try_interrupted(struct trial *t, struct err *e)
{
	return try_faults(t, true, e);
}
