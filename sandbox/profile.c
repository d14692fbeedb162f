/* profile.c - which profile a test takes, and booting it. */
#include "sandbox/profile.h"
#include "sandbox/inside.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const programs[] = { "/usr/lib/systemd/systemd", "/lib/systemd/systemd" };
static const char *const unit_folders[] = { "/usr/lib/systemd/system/*", "/lib/systemd/system/*",
	"/etc/systemd/system/*" };
static const char *const script_folders[] = { "/etc/init.d/*", "/etc/rc.d/init.d/*" };
static const char *const starting[] = { ".service", ".socket", ".timer", ".path" };

bool profile_known(const char *word)
{
	return strcmp(word, "plain") == 0 || strcmp(word, "systemd") == 0 || strcmp(word, "auto") == 0;
}

static bool asked(const struct test *t, const char *word)
{
	return strcmp(t->profile ? t->profile : "auto", word) == 0;
}

/* An image is hostile: the path resolves inside it. */
const char *profile_system(const struct root *root)
{
	AUTO_FD int tree = open(root->tree, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; tree >= 0 && i < COUNT(programs); i++) {
		AUTO_FD int fd = open_below(tree, programs[i], O_PATH, 0);
		struct stat st;

		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & 0111)
			return programs[i];
	}
	return NULL;
}

/* ---- what the packages need */
static bool is_in(const char *const *folders, size_t len, const char *path)
{
	for (size_t i = 0; i < len; i++)
		if (text_glob(folders[i], path))
			return true;
	return false;
}

/* "-rw-r--r-- root/root 373 2023-02-12 21:32 ./lib/systemd/system/x.service -> y" or the path alone; cut to the path. */
static char *path_in(char *line)
{
	char *path = strstr(line, " ./"), *end = strstr(line, " -> ");

	if (end)
		*end = '\0';
	return path ? path + 2 : line;
}

/* The name of a unit that starts something, without its suffix; NULL for others. Templates start nothing by themselves. */
static char *unit_name(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	for (size_t i = 0; i < COUNT(starting); i++)
		if (text_ends(name, starting[i]) && !strchr(name, '@'))
			return mem_printf("%.*s", (int)(strlen(name) - strlen(starting[i])), name);
	return NULL;
}

enum profile_need profile_need(const char *listing)
{
	AUTO_FREE char *copy = mem_strdup(listing);
	AUTO_JSON *units = json_object();
	AUTO_JSON *scripts = json_object();
	const char *name;
	json_t *ignored;

	for (char *rest = copy, *line; (line = strsep(&rest, "\n")) != NULL;) {
		const char *path = path_in(line);
		AUTO_FREE char *unit = is_in(unit_folders, COUNT(unit_folders), path) ? unit_name(path) : NULL;

		if (unit && text_is_utf8(unit, strlen(unit)))
			json_object_set_new(units, unit, json_true());
		if (is_in(script_folders, COUNT(script_folders), path) && text_is_utf8(path, strlen(path)))
			json_object_set_new(scripts, strrchr(path, '/') + 1, json_true());
	}
	json_object_foreach(units, name, ignored)
		if (!json_object_get(scripts, name))
			return UNITS_ALONE;
	return json_object_size(units) ? UNITS_WITH_SCRIPTS : NO_UNITS;
}

/* The package manager of the root itself reads the packages, in a sandbox: their bytes are hostile. */
static int ask_packages(const struct manager *m, const struct plan *plan, const char *const *files,
	enum profile_need *ret, struct err *e)
{
	AUTO_SANDBOX *s = NULL;
	unsigned missing = 0;
	AUTO(text) listing = { 0 };

	if (sandbox_start(plan, &s, &missing, e))
		return -1;
	for (; *files; files++) {
		const char *argv[8] = { NULL };
		struct command_result r = { 0 };
		size_t len = 0;

		for (; m->list[len]; len++)
			argv[len] = m->list[len];
		argv[len] = *files;
		if (sandbox_run(s, argv, 0, &r, e))
			return -1;
		text_add(&listing, "%s\n", r.output);
		command_result_done(&r);
	}
	*ret = missing & LAYER(KILL_GROUP) ? CANNOT_BOOT : profile_need(listing.at ? listing.at : "");
	return 0;
}

int profile_plan(const struct test *t, const struct manager *m, const struct root *root,
	const struct plan_inputs *inputs, const struct test_limits *limits, const char *const *files, struct plan *ret,
	struct plan *ret_other, enum profile_need *ret_need, struct err *e)
{
	const char *program = profile_system(root);
	enum profile_need need = CANNOT_BOOT;
	bool booted = asked(t, "systemd");
	struct plan other = { 0 };

	if (booted && !program) {
		err_env(e, "the root %s has no systemd: it cannot be booted", root->name);
		return err_hint(e,
			"take a root with the packages systemd, systemd-sysv and dbus, or test with --profile plain");
	}
	plan_for_test(root, inputs, limits, ret);
	if (asked(t, "auto") && program && ask_packages(m, ret, files, &need, e))
		return -1;
	*ret_need = need;
	if (!booted && need == CANNOT_BOOT)
		return 0;
	plan_for_boot(root, program, inputs, limits, &other);
	if (booted) {
		plan_done(ret);
		*ret = other;
		return 0;
	}
	*ret_other = need == UNITS_ALONE ? *ret : other;
	if (need == UNITS_ALONE)
		*ret = other;
	return 0;
}

const char *profile_why_plain(const struct trial *t)
{
	if (asked(t->test, "plain"))
		return "--profile plain";
	if (t->boot_error)
		return "the root's systemd did not come up";
	if (!profile_system(t->root))
		return "the root has no systemd";
	return "the package has init scripts for others, or this machine gives no control groups of version 2";
}

/* ---- booting */
int profile_boot(struct trial *t, struct err *e)
{
	int64_t ms = 0;

	if (!t->is_booted)
		return 0;
	if (sandbox_boot(t->sandbox, &ms, e))
		return -1;
	text_add(&t->log, "booted the root's systemd [%lld ms]\n\n", (long long)ms);
	t->boot_ms = ms;
	return 0;
}

int profile_power_off(struct trial *t, struct err *e)
{
	bool clean = false;
	int64_t ms = 0;

	if (!t->is_booted)
		return 0;
	if (sandbox_power_off(t->sandbox, &clean, &ms, e))
		return -1;
	text_add(&t->log, "powered off [%lld ms%s]\n\n", (long long)ms, clean ? "" : ", not by itself");
	t->power_off_ms = ms;
	if (!clean)
		trial_find(t, SEVERITY_LOW, "power-off", "systemd",
			"the system did not power off by itself within %u seconds, or had ended before", OFF_SECONDS);
	return 0;
}
