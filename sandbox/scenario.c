/* scenario.c - what is tried, each in a fresh root, the same for every format: install, remove and purge here, the others beside it. */
#include "base/fs.h"
#include "sandbox/kept.h"
#include "sandbox/profile.h"
#include "sandbox/secrets.h"
#include "sandbox/services.h"
#include "sandbox/trial.h"
#include "sandbox/users.h"
#include "sandbox/watcher.h"
#include <stdio.h>
#include <string.h>

int trial_install(struct trial *t, const char *const *files, const char *what, bool *ret_ok, struct err *e)
{
	if (t->manager->install(t, files, ret_ok, e))
		return -1;
	if (!*ret_ok)
		trial_find(t, SEVERITY_HIGH, "install-failed", what, "the package manager refused or failed");
	return 0;
}

/* Installs the packages under test and looks at what they did. */
static int install_new(struct trial *t, bool *ret_ok, struct err *e)
{
	if (trial_install(t, t->new_files, "install", ret_ok, e))
		return -1;
	return *ret_ok ? observe_installed(t, e) : 0;
}

static int try_install(struct trial *t, struct err *e)
{
	bool ok = false;

	if (install_new(t, &ok, e) || (ok && observed_ports(t, e)))
		return -1;
	return ok ? expectations_check(t, e) : 0;
}

int trial_remove(struct trial *t, bool purge, struct err *e)
{
	bool can_purge = t->manager->purge != NULL, is_last = purge || !can_purge, ok = false;

	if ((purge && can_purge ? t->manager->purge : t->manager->remove)(t, &ok, e))
		return -1;
	if (!ok)
		trial_find(t, SEVERITY_HIGH, purge ? "purge-failed" : "remove-failed", purge ? "purge" : "remove",
			"the package manager refused or failed");
	if (lasting_wait_gone(t, e) || observe_left(t, is_last, e))
		return -1;
	return is_last ? expectations_check_left(t, e) : 0;
}

static int try_remove(struct trial *t, struct err *e)
{
	bool ok = false;
	int rc = install_new(t, &ok, e);

	return rc || !ok ? rc : trial_remove(t, false, e);
}

static int try_purge(struct trial *t, struct err *e)
{
	bool ok = false;
	int rc = install_new(t, &ok, e);

	return rc || !ok ? rc : trial_remove(t, true, e);
}

/* What `sluice shell` runs: the packages, and a person who looks. One whose installation failed looks all the more. */
static int try_shell(struct trial *t, struct err *e)
{
	bool ok = false;

	if (t->manager->install(t, t->new_files, &ok, e))
		return -1;
	trial_look(t, ok ? "" : "the package manager refused or failed");
	return 0;
}

static const struct scenario {
	const char *name;
	int (*run)(struct trial *t, struct err *e);
	bool needs_old, is_long;
} scenarios[] = {
	{ "install", try_install },
	{ "reinstall", try_reinstall },
	{ "upgrade", try_upgrade, true },
	{ "downgrade", try_downgrade, true },
	{ "remove", try_remove },
	{ "purge", try_purge },
	{ "failing-script", try_failing, false, true },
	{ "interrupted", try_interrupted, false, true },
	{ "rollback", try_rollback, true },
};
/* Only by its name: each of its parts has a scenario of its own above. */
static const struct scenario cycle = { "cycle", try_cycle, false };
/* None that a tester asks for. */
static const struct scenario shell = { "shell", try_shell, false };
static const struct scenario learning = { LOGS_LEARN, logs_learn, false };

static const struct scenario *find(const char *name)
{
	for (size_t i = 0; i < COUNT(scenarios); i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	return strcmp(name, cycle.name) == 0 ? &cycle : strcmp(name, shell.name) == 0 ? &shell : NULL;
}

const char *scenario_name(size_t i)
{
	return i < COUNT(scenarios) ? scenarios[i].name : NULL;
}

bool scenario_known(const char *name)
{
	return find(name) != NULL;
}

bool scenario_is_long(const char *name)
{
	return find(name)->is_long;
}

bool scenario_needs_old(const char *name)
{
	return find(name)->needs_old;
}

static int describe_packages(struct trial *t, struct err *e)
{
	for (size_t i = 0; t->new_files[i]; i++) {
		json_t *about = NULL;

		if (t->manager->describe(t, t->new_files[i], &about, e)) {
			/* nothing of it has run yet: that it cannot be read is the file's own fault */
			bool is_old = text_starts(t->new_files[i], INSIDE_OLD "/");

			t->is_refused = e->class == ERR_INPUT;
			return err_wrap(e, "%s", is_old ? t->test->upgrade_from[i] : t->test->files[i]);
		}
		json_array_append_new(t->packages, about);
	}
	return 0;
}

static void trial_init(struct trial *t)
{
	json_t **lists[] = { &t->packages, &t->steps, &t->scripts, &t->findings, &t->expectations, &t->logs,
		&t->processes_left, &t->listening, &t->users_added, &t->units, &t->provided, &t->entries, &t->services,
		&t->variants };

	for (size_t i = 0; i < COUNT(lists); i++)
		*lists[i] = json_array();
	observed_init(&t->observed);
	t->accounts = json_object();
	t->kernel = json_array();
	t->bound = json_object();
	t->changes = json_object();
	json_object_set_new(t->changes, "added", json_array());
	json_object_set_new(t->changes, "changed", json_array());
	json_object_set_new(t->changes, "removed", json_array());
}

/* Everything that was collected becomes the scenario's object; the trial ends. */
static json_t *trial_result(struct trial *t, const char *name, const struct err *failed)
{
	json_t *o = json_object();
	struct {
		const char *key;
		json_t *value;
	} parts[] = {
		{ "steps", t->steps },
		{ "scripts", t->scripts },
		{ "changes", t->changes },
		{ "entries", t->entries },
		{ "findings", t->findings },
		{ "network", t->observed.network },
		{ "ports", t->observed.ports },
		{ "accounts", t->accounts },
		{ "kernel", t->kernel },
		{ "calls", t->observed.calls },
		{ "variant", t->variants },
		{ "processes_left", t->processes_left },
		{ "listening", t->listening },
		{ "bound", t->bound },
		{ "users_added", t->users_added },
		{ "units", t->units },
		{ "services", t->services },
		{ "_packages", t->packages },
		{ "_provided", t->provided },
		{ "expectations", t->expectations },
		{ "_logs", t->logs },
		{ LOGS_LEARNT, t->log_digests ? t->log_digests : json_object() },
		{ USERS_GONE, t->users_gone ? t->users_gone : json_array() },
	};

	json_set_str(o, "name", name);
	json_set_str(o, "profile", t->is_booted ? "systemd" : "plain");
	json_set_str(o, "verdict", failed ? "error" : t->is_failed ? "fail" : "pass");
	json_object_set_new(o, "seconds", json_integer((t->ms + 500) / 1000));
	json_object_set_new(o, "milliseconds", json_integer(t->ms));
	json_object_set_new(o, "layers", layers_json(t->layers));
	if (strcmp(name, "shell") == 0)
		json_object_set_new(o, "shell_exit", json_integer(t->shell_exit));
	if (failed)
		json_set_str(o, "error", failed->text);
	if (failed && t->is_refused)
		json_set_str(o, "_refused", failed->code ? failed->code : "");
	if (failed && failed->hint[0])
		json_set_str(o, "hint", failed->hint);
	for (size_t i = 0; i < COUNT(parts); i++)
		json_object_set_new(o, parts[i].key, parts[i].value);
	json_set_str(o, "_log", t->log.at);
	text_done(&t->log);
	text_done(&t->service_text);
	watch_done(&t->before);
	package_tables_done(&t->tables);
	observed_done(&t->observed);
	free(t->boot_error);
	json_decref(t->owned);
	json_decref(t->log_read);
	json_decref(t->log_excused);
	json_decref(t->mute);
	json_decref(t->system_units);
	return o;
}

static int require_layers(const struct test *test, unsigned missing, struct trial *t, struct err *e)
{
	unsigned required = LAYERS_DEFAULT;
	char text[256];

	if (test->require && layers_parse(test->require, &required, e))
		return err_wrap(e, "what is required of the machine");
	if (missing & required) {
		err_env(e, "this machine cannot isolate the test as required; missing: %s",
			layers_text(missing & required, text, sizeof text));
		return err_hint(e, "test on a machine that can, or change sandbox.require of the policy");
	}
	if (missing)
		trial_find(t, SEVERITY_INFO, "layer-missing", "isolation", "this machine lacks: %s",
			layers_text(missing, text, sizeof text));
	return 0;
}

static int check_root(const struct root *root, struct err *e)
{
	if (!root->is_machine || users_is_root())
		return 0;
	err_env(e,
		"a throw-away copy of this machine needs root: its files belong to ids that an ordinary user cannot "
		"map");
	return err_hint(e, "make a root of your own: sluice root create deb12 --from debian:bookworm");
}

/* An image made for containers comes without: something lays it over the file when it runs. A daemon that listens on localhost needs it. */
static int give_hosts(struct trial *t, struct err *e)
{
	static const char path[] = "/etc/hosts",
			  own[] = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";
	AUTO_FREE char *hosts = NULL;
	size_t len = 0;

	if (sandbox_read(t->sandbox, path, MIB(1), &hosts, &len, e))
		return -1;
	return hosts && strstr(hosts, "localhost") ? 0 : sandbox_write(t->sandbox, path, own, strlen(own), 0644, e);
}

static int start_root(struct trial *t, unsigned *ret_missing, struct err *e)
{
	t->is_booted = t->plan->boot.program != NULL;
	if (sandbox_start(t->plan, &t->sandbox, ret_missing, e) ||
		(t->root->is_machine && secrets_replace(t->sandbox, e)) ||
		sandbox_write(t->sandbox, "/etc/resolv.conf", wire_resolver, strlen(wire_resolver), 0644, e) ||
		give_hosts(t, e))
		return -1;
	return profile_boot(t, e);
}

/* Nobody asked for the booted profile, and the root or the machine is not up to it: the plain one says more than an error. */
static int start_plain(struct trial *t, unsigned *ret_missing, struct err *e)
{
	t->boot_error = text_printable(e->text, strlen(e->text), false);
	sandbox_stop(t->sandbox);
	t->sandbox = NULL;
	t->plan = t->plain;
	t->plain = NULL;
	*e = (struct err){ 0 };
	return start_root(t, ret_missing, e);
}

int trial_begin(struct trial *t, struct err *e)
{
	unsigned missing = 0;

	t->began = trial_clock();
	if (check_root(t->root, e))
		return -1;
	if (start_root(t, &missing, e) && (!t->plain || start_plain(t, &missing, e)))
		return -1;
	t->layers = ~missing;
	if (t->boot_error)
		trial_find(t, SEVERITY_MEDIUM, "boot-failed", "systemd",
			"the root's systemd did not come up, so it was tried in profile plain: %s", t->boot_error);
	if (require_layers(t->test, missing, t, e) || t->manager->prepare(t, e) || describe_packages(t, e) ||
		t->manager->dependencies(t, e) || expectations_prepare(t, e) || services_before(t, e))
		return -1;
	if (watch_take(t, &t->before, e) || package_tables_take(t, &t->tables, e) || observed_take(t, false, e))
		return -1;
	observed_ready(t);
	return 0;
}

struct trial trial_like(const struct trial *t)
{
	struct trial other = { .test = t->test,
		.manager = t->manager,
		.root = t->root,
		.expect = t->expect,
		.plan = t->plan,
		.plain = t->plain,
		.boot_error = t->boot_error ? mem_strdup(t->boot_error) : NULL,
		.new_files = t->new_files,
		.old_files = t->old_files };

	trial_init(&other);
	return other;
}

void trial_end(struct trial *t)
{
	struct err none = { 0 };

	sandbox_stop(t->sandbox);
	json_decref(trial_result(t, "", &none));
}

/* The root stays to be looked at. That it cannot be kept is told; the verdict is the test's. */
static void keep(struct trial *t, const char *name)
{
	const char *target = t->test->target ? t->test->target : "";
	AUTO_FREE char *dir = mem_printf("%s/%s%s%s", t->test->look.keep_dir, target, *target ? "-" : "", name);
	struct err e = { 0 };

	if (kept_save(t, name, dir, &e))
		event_log(t->test->events, EVENT_WARNING, "%s: the root could not be kept: %s", name, e.text);
	else
		event_log(t->test->events, EVENT_INFO,
			"%s: the root is kept: sluice shell --kept %s (to remove: rm -r %s)", name, dir, dir);
}

json_t *scenario_run(const struct test *test, const struct manager *m, const struct root *root, const struct plan *plan,
	const struct plan *plain, const struct expectations *x, const char *name, const char *const *new_files,
	const char *const *old_files)
{
	struct trial t = { .test = test,
		.manager = m,
		.root = root,
		.expect = x,
		.plan = plan,
		.plain = plain,
		.new_files = new_files,
		.old_files = old_files };
	const struct scenario *s = strcmp(name, LOGS_LEARN) == 0 ? &learning : find(name);
	struct err e = { 0 };
	int rc;

	trial_init(&t);
	rc = !s ? err_usage(&e, "no scenario '%s'", name) : trial_begin(&t, &e);
	if (rc == 0 && logs_wanted(name))
		rc = logs_start(&t, &e);
	if (rc == 0)
		rc = s->run(&t, &e) ? -1 : profile_power_off(&t, &e);
	if (rc == 0)
		rc = observed_take(&t, false, &e);
	if (rc == 0)
		observed_finish(&t);
	if (test->look.keep_dir && t.sandbox)
		keep(&t, name);
	sandbox_stop(t.sandbox);
	return trial_result(&t, name, rc ? &e : NULL);
}
