/* services.c - which services came, in which state they are, and what is wrong with that. */
#include "sandbox/profile.h"
#include "sandbox/services_private.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { SERVICES_MAX = 100 };

const char *service_state_word(enum service_state s)
{
	static const char *const words[] = { "absent", "stopped", "starting", "running", "done", "failed", "skipped",
		"unknown", "not tried" };

	return words[s];
}

/* ---- profile systemd: systemctl show */
static const char properties[] =
	"LoadState,ActiveState,SubState,Result,Type,UnitFileState,NRestarts,ExecMainStatus,TriggeredBy,"
	"ConditionResult,ConditionTimestampMonotonic,InactiveExitTimestampMonotonic";

/* systemd.exec(5), "Process exit codes": what the test root's own limits cause. */
static bool is_root_limit(int status)
{
	static const struct {
		int status;
		const char *name;
	} limits[] = { { 201, "NICE" }, { 206, "OOM_ADJUST" }, { 211, "IOPRIO" }, { 214, "SETSCHEDULER" },
		{ 215, "CPUAFFINITY" }, { 218, "CAPABILITIES" }, { 225, "NETWORK" }, { 237, "KEYRING" } };

	for (size_t i = 0; i < COUNT(limits); i++)
		if (limits[i].status == status)
			return true;
	return false;
}

static void value_of(const char *show, const char *key, char *ret, size_t room)
{
	AUTO_FREE char *line = mem_printf("\n%s=", key), *all = mem_printf("\n%s", show);
	const char *at = strstr(all, line);
	size_t len = at ? strcspn(at + strlen(line), "\n") : 0;

	snprintf(ret, room, "%.*s", (int)len, at ? at + strlen(line) : "");
}

static bool value_is(const char *show, const char *key, const char *want)
{
	char value[200];

	value_of(show, key, value, sizeof value);
	return strcmp(value, want) == 0;
}

static long long value_number(const char *show, const char *key)
{
	char value[40];

	value_of(show, key, value, sizeof value);
	return strtoll(value, NULL, 10);
}

static enum service_state state_of(const char *show, const struct service_facts *f)
{
	bool ends = value_is(show, "Type", "oneshot");

	if (value_is(show, "ActiveState", "active"))
		return ends || value_is(show, "SubState", "exited") ? SERVICE_DONE : SERVICE_RUNNING;
	if (value_is(show, "ActiveState", "failed") || value_is(show, "SubState", "auto-restart"))
		return SERVICE_FAILED;
	if (!value_is(show, "ActiveState", "inactive"))
		return SERVICE_STARTING;
	if (value_is(show, "LoadState", "not-found"))
		return SERVICE_ABSENT;
	if (!f->was_started && value_is(show, "ConditionResult", "no") &&
		value_number(show, "ConditionTimestampMonotonic"))
		return SERVICE_SKIPPED;
	return ends && f->was_started ? SERVICE_DONE : SERVICE_STOPPED;
}

void service_facts(const char *show, struct service_facts *ret)
{
	struct service_facts f = { .was_started = value_number(show, "InactiveExitTimestampMonotonic") != 0,
		.is_triggered = !value_is(show, "TriggeredBy", ""),
		.is_enabled = value_is(show, "UnitFileState", "enabled") ||
			value_is(show, "UnitFileState", "enabled-runtime"),
		.restarts = (int)value_number(show, "NRestarts"),
		.status = (int)value_number(show, "ExecMainStatus") };

	value_of(show, "Result", f.result, sizeof f.result);
	f.state = state_of(show, &f);
	f.is_root_limit = f.state == SERVICE_FAILED && is_root_limit(f.status);
	*ret = f;
}

static int show_unit(struct trial *t, const char *unit, struct service_facts *ret, struct err *e)
{
	const char *const argv[] = { "systemctl", "show", "--no-pager", "-p", properties, "--", unit, NULL };
	AUTO_FREE char *show = NULL;

	if (trial_ask(t, argv, &show, e))
		return -1;
	service_facts(show ? show : "", ret);
	if (!show)
		ret->state = SERVICE_UNKNOWN;
	return 0;
}

bool service_is_unit(const char *name)
{
	static const char *const kinds[] = { ".service", ".socket", ".timer", ".path" };

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (text_ends(name, kinds[i]))
			return true;
	return false;
}

static int facts_of(struct trial *t, const char *name, struct service_facts *ret, struct err *e)
{
	AUTO_FREE char *unit = service_is_unit(name) ? mem_strdup(name) : mem_printf("%s.service", name);

	return t->is_booted ? show_unit(t, unit, ret, e) : service_facts_plain(t, name, ret, e);
}

/* The facts once nothing is under way any more, or patience ends. */
static int settled_facts(struct trial *t, const char *name, struct service_facts *ret, struct err *e)
{
	for (int ms = 0; ms < SERVICES_PATIENCE_MS; ms += SERVICES_PAUSE_MS) {
		if (facts_of(t, name, ret, e))
			return -1;
		bool is_coming = ret->state == SERVICE_STARTING ||
			(!t->is_booted && ret->was_started && ret->state == SERVICE_STOPPED && !ret->has_declined &&
				ms < SERVICES_PATIENCE_MS / 5);
		if (!is_coming)
			return 0;
		services_pause(SERVICES_PAUSE_MS);
	}
	return 0;
}

int service_state(struct trial *t, const char *name, enum service_state *ret, struct err *e)
{
	struct service_facts f;

	if (settled_facts(t, name, &f, e))
		return -1;
	if (f.state == SERVICE_NOT_TRIED) { /* or is there no such unit either? */
		if (!json_lists(t->units, name))
			f.state = SERVICE_ABSENT;
	}
	*ret = f.state;
	return 0;
}

/* ---- the packages' services */
static bool has_script(const struct trial *t, const char *unit)
{
	AUTO_FREE char *name = mem_printf("%.*s", (int)(strrchr(unit, '.') - unit), unit);

	return json_lists(t->units, name);
}

/* A unit and an init script of one name are one service, called as the unit. Templates are none; their instances are not the package's.
 * Without systemd the init script stands for a socket of that name, too. */
static void list_services(struct trial *t)
{
	size_t i;
	json_t *one;

	json_array_clear(t->services);
	for (int scripts = 0; scripts < 2; scripts++)
		json_array_foreach(t->units, i, one) {
			const char *name = json_string_value(one);
			AUTO_FREE char *unit = mem_printf("%s.service", name);
			json_t *o;

			if (!t->is_booted && !scripts && service_is_unit(name) && !text_ends(name, ".service") &&
				has_script(t, name))
				continue;
			if (strchr(name, '@') ||
				(scripts ? strchr(name, '.') != NULL || json_find(t->services, "unit", unit)
					 : !service_is_unit(name)) ||
				json_array_size(t->services) >= SERVICES_MAX)
				continue;
			o = json_object();
			json_set_str(o, "unit", name);
			json_array_append_new(t->services, o);
		}
}

/* Wanted by something in /etc/systemd/system, which is what `enable` does, with or without a running systemd. */
static bool is_wanted(const struct changes *now, const char *unit)
{
	AUTO_FREE char *wants = mem_printf("/etc/systemd/system/*.wants/%s", unit);

	for (size_t i = 0; i < now->len; i++)
		if (now->at[i].kind != '-' && text_glob(wants, now->at[i].path))
			return true;
	return false;
}

/* The last words of a unit, for the finding. malloc */
static int last_words(struct trial *t, const char *unit, char **ret, struct err *e)
{
	static const char *const sync[] = { "journalctl", "--sync", NULL };
	const char *const argv[] = { "journalctl", "-q", "--no-pager", "-o", "cat", "-n", "8", "-u", unit, NULL };
	AUTO_FREE char *nothing = NULL;

	if (!t->is_booted)
		return 0;
	if (trial_ask(t, sync, &nothing, e) || trial_ask(t, argv, ret, e))
		return -1;
	for (char *at = *ret; at && (at = strchr(at, '\n')) != NULL;)
		*at++ = ' ';
	return 0;
}

static int say_failed(struct trial *t, const char *unit, const struct service_facts *f, struct err *e)
{
	AUTO_FREE char *words = NULL;

	if (last_words(t, unit, &words, e))
		return -1;
	if (f->is_root_limit) {
		if (logs_excuse_unit(t, unit, e))
			return -1;
		trial_find(t, SEVERITY_MEDIUM, "service-not-tried", unit,
			"a test root cannot give it what its unit asks for (status %d); what the journal says of it "
			"does not count: "
			"%.300s",
			f->status, words ? words : "");
	} else if (!t->is_booted)
		trial_find(t, SEVERITY_HIGH, "service-failed", unit,
			"its init script says that it died and left its pid file");
	else
		trial_find(t, SEVERITY_HIGH, "service-failed", unit, "%s, status %d%s: %.300s", f->result, f->status,
			f->restarts ? ", started again and again" : "", words ? words : "");
	return 0;
}

static int judge(
	struct trial *t, const char *unit, const struct service_facts *f, const struct changes *now, struct err *e)
{
	switch (f->state) {
	case SERVICE_FAILED:
		return say_failed(t, unit, f, e);
	case SERVICE_STARTING:
		trial_find(t, SEVERITY_HIGH, "service-not-running", unit, "it was still starting after %d seconds",
			SERVICES_PATIENCE_MS / 1000);
		return 0;
	case SERVICE_STOPPED:
		if (f->is_triggered || text_ends(unit, ".path"))
			return 0;
		if (f->has_declined)
			trial_find(t, SEVERITY_LOW, "service-not-started", unit,
				"its init script was asked to start it, and started nothing: as it is configured, it "
				"is off");
		else if (f->was_started)
			trial_find(t, SEVERITY_HIGH, "service-not-running", unit,
				"the package started it, and it does not run");
		else if (f->is_enabled)
			trial_find(t, SEVERITY_LOW, "service-not-started", unit,
				"it is enabled, but the package does not start it before the next boot");
		return 0;
	case SERVICE_NOT_TRIED:
		if (text_ends(unit, ".service"))
			trial_find(t, is_wanted(now, unit) ? SEVERITY_MEDIUM : SEVERITY_INFO, "service-not-tried", unit,
				"it has no init script, and no systemd ran here (%s): whether it starts, stops and "
				"logs was not seen",
				profile_why_plain(t));
		return 0;
	default:
		if (f->restarts > 0)
			trial_find(
				t, SEVERITY_HIGH, "service-failed", unit, "it was started again %d times", f->restarts);
		return 0;
	}
}

/* How many of the services have an init script. */
static size_t count_scripts(const struct trial *t)
{
	size_t count = 0, i;
	json_t *one;

	json_array_foreach(t->units, i, one)
		count += !strchr(json_string_value(one), '.');
	return count;
}

int services_installed(struct trial *t, const struct changes *now, struct err *e)
{
	size_t i, alive;
	json_t *one;

	list_services(t);
	if (services_alive(t, &alive, e))
		return -1;
	json_array_foreach(t->services, i, one) {
		const char *unit = json_text(one, "unit");
		struct service_facts f;

		if (settled_facts(t, unit, &f, e))
			return -1;
		if (!t->is_booted && f.state == SERVICE_RUNNING && !alive) /* it says so; nothing lives */
			f.state = SERVICE_STOPPED;
		/* And the other way round: it asks for daemons that its own configuration did not start; those that it did start live. */
		if (!t->is_booted && f.state == SERVICE_STOPPED && f.was_started && alive && count_scripts(t) == 1)
			f.state = SERVICE_RUNNING;
		if (judge(t, unit, &f, now, e))
			return -1;
		json_set_str(one, "after_install", service_state_word(f.state));
		text_add(&t->log, "service %s: %s\n", unit, service_state_word(f.state));
	}
	if (json_array_size(t->services))
		text_add(&t->log, "\n");
	return 0;
}

int services_removed(struct trial *t, struct err *e)
{
	size_t i, alive;
	json_t *one;

	if (services_alive(t, &alive, e))
		return -1;
	json_array_foreach(t->services, i, one) {
		const char *unit = json_text(one, "unit");
		struct service_facts f;

		if (settled_facts(t, unit, &f, e))
			return -1;
		if (f.state == SERVICE_NOT_TRIED)
			f.state = strcmp(json_text(one, "after_install"), "not tried") == 0 ? SERVICE_NOT_TRIED
											    : SERVICE_ABSENT;
		/* Init scripts that stay until a purge say "fine" when their daemon is not there any more: only what still lives counts. */
		if (!t->is_booted && !alive && (f.state == SERVICE_RUNNING || f.state == SERVICE_UNKNOWN))
			f.state = SERVICE_STOPPED;
		json_set_str(one, "after_remove", service_state_word(f.state));
		if (f.state == SERVICE_RUNNING || f.state == SERVICE_STARTING)
			trial_find(
				t, SEVERITY_HIGH, "daemon-survives", unit, "the service still runs after the removal");
		if (f.state == SERVICE_FAILED)
			trial_find(t, SEVERITY_LOW, "service-failed", unit,
				"it failed when it was stopped: %s, status %d", f.result, f.status);
	}
	return 0;
}

/* ---- the system's own */
int services_before(struct trial *t, struct err *e)
{
	static const char *const argv[] = { "systemctl", "list-unit-files", "--no-legend", "--no-pager", "--plain",
		NULL };
	AUTO_FREE char *list = NULL;

	json_decref(t->system_units);
	t->system_units = NULL;
	if (!t->is_booted)
		return 0;
	if (trial_ask(t, argv, &list, e))
		return -1;
	t->system_units = json_object();
	for (char *rest = list, *line; (line = strsep(&rest, "\n")) != NULL;) {
		size_t len = strcspn(line, " ");

		if (len && text_is_utf8(line, len)) {
			line[len] = '\0';
			json_object_set_new(t->system_units, line, json_true());
		}
	}
	return 0;
}

/* "getty@tty1.service" is of the unit file "getty@.service". */
static bool is_systems_own(const struct trial *t, const char *unit)
{
	const char *at = strchr(unit, '@'), *dot = strrchr(unit, '.');
	AUTO_FREE char *file = at && dot && at < dot ? mem_printf("%.*s%s", (int)(at - unit) + 1, unit, dot)
						     : mem_strdup(unit);

	return *unit && text_is_utf8(file, strlen(file)) && json_object_get(t->system_units, file);
}

int services_processes(struct trial *t, struct processes *ret, struct err *e)
{
	struct processes all = { 0 }, others = { 0 };

	if (sandbox_processes(t->sandbox, &all, e))
		return -1;
	for (size_t i = 0; i < all.len; i++)
		if (!is_systems_own(t, all.at[i].unit)) {
			*LIST_ADD(&others) = all.at[i];
			all.at[i] = (struct process){ 0 };
		}
	processes_done(&all);
	*ret = others;
	return 0;
}
