/* scenario_rpm.c - packages of rpm, tried with the root's own rpm.
 *
 * On a root that is no rpm system (Debian with rpm installed) its database is empty and every dependency on the system would fail: a
 * generated package provides what the root really holds (rpm_provides.c). */
#include "base/fs.h"
#include "sandbox/depends.h"
#include "sandbox/rpm_provides.h"
#include "sandbox/trial.h"
#include <stdio.h>
#include <string.h>

#define GENERATED "/run/sluice/root-provides.rpm"
enum { GENERATED_MAX = 16 << 20 };

/* Debian's rpm keeps its database below $HOME; the options of every call later would have to agree. */
#define MACROS "/etc/rpm/macros.sluice"
static const char macros[] = "%_dbpath /var/lib/rpm\n";

static int run_rpm(struct trial *t, const char *const *argv, bool *ret_ok, struct err *e)
{
	struct command_result r = { 0 };

	if (trial_step(t, argv, &r, e))
		return -1;
	t->manager->scripts(t, &r);
	observed_join(t);
	*ret_ok = r.exit == 0 && !r.is_timeout;
	if (!*ret_ok)
		depends_find(t, r.output, r.len);
	command_result_done(&r);
	return 0;
}

static bool is_foreign(struct trial *t, struct err *e, int *ret_failed)
{
	struct path_status dpkg = { 0 };

	*ret_failed = sandbox_status(t->sandbox, "/var/lib/dpkg/status", &dpkg, e);
	return dpkg.is_there;
}

/* The head of each rpm command; Debian's rpm wants to be told that it is meant. */
static int head(struct trial *t, const char *action, const char **argv, size_t *len, struct err *e)
{
	int failed;
	bool foreign = is_foreign(t, e, &failed);

	argv[(*len)++] = "rpm";
	argv[(*len)++] = action;
	argv[(*len)++] = "-vv";
	if (foreign)
		argv[(*len)++] = "--force-debian";
	return failed;
}

/* Into the report: whoever tries the packages elsewhere needs it there, too. */
static int keep_generated(struct trial *t, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len;

	if (!t->test->report_dir)
		return 0;
	AUTO_FREE char *path = fs_join(t->test->report_dir, "root-provides.rpm");
	if (fs_mkdirs(t->test->report_dir, 0755, e) ||
		sandbox_read(t->sandbox, GENERATED, GENERATED_MAX, &bytes, &len, e))
		return -1;
	return fs_write_file(path, bytes, len, 0644, e);
}

static int prepare_foreign(struct trial *t, struct err *e)
{
	static const char *const init[] = { "rpm", "--initdb", NULL };
	bool ok;

	if (sandbox_write(t->sandbox, MACROS, macros, strlen(macros), 0644, e) || run_rpm(t, init, &ok, e))
		return -1;
	return rpm_provides_make(t, GENERATED, e) ? -1 : keep_generated(t, e);
}

static int prepare(struct trial *t, struct err *e)
{
	struct path_status st;
	int failed;
	bool foreign;

	if (sandbox_status(t->sandbox, "/usr/bin/rpm", &st, e))
		return -1;
	if (!st.is_there) {
		err_env(e, "the root %s has no rpm: rpm packages cannot be tried on it", t->root->name);
		return err_hint(
			e, "take a root with rpm; those of `sluice root create NAME --from debian:bookworm` have it");
	}
	foreign = is_foreign(t, e, &failed);
	if (failed)
		return -1;
	return foreign ? prepare_foreign(t, e) : 0;
}

static int describe(struct trial *t, const char *file, json_t **ret, struct err *e)
{
	const char *const argv[] = { "rpm", "-qp", "--nosignature", "--qf",
		"%{NAME}\n%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n%{ARCH}\n", file, NULL };
	static const char *const names[] = { "name", "version", "architecture" };
	AUTO_FREE char *output = NULL;
	json_t *o;
	size_t i = 0;

	if (trial_ask(t, argv, &output, e))
		return -1;
	if (!output)
		return err_input(e, "E_METADATA", "rpm cannot read it");
	o = json_object();
	for (char *rest = output, *line; i < COUNT(names) && (line = strsep(&rest, "\n")) != NULL; i++) {
		const char *value = text_starts(line, "0:") && i == 1 ? line + 2 : line;

		json_set_str(o, names[i], value);
	}
	json_set_str(o, "format", "rpm");
	*ret = o;
	return 0;
}

enum { ARGV_MAX = 512 };

/* The first candidate that provides what rpm says is missing ("\tfoo >= 1 is needed by bar-1-1"); taken out of the list. NULL: none. */
static int provider(struct trial *t, const char *output, const char **candidates, const char **ret, struct err *e)
{
	static const char needed[] = " is needed by ";
	AUTO_FREE char *copy = mem_strdup(output);

	*ret = NULL;
	for (char *rest = copy, *line; !*ret && (line = strsep(&rest, "\n")) != NULL;) {
		char *name = line + strspn(line, "\t "), *end = strstr(line, needed);

		if (!end || name == line)
			continue;
		*end = '\0';
		name[strcspn(name, " ")] = '\0';
		for (const char **c = candidates; *c && !*ret; c++) {
			bool provides = false;

			if (**c && rpm_provides_name(t, *c, name, &provides, e))
				return -1;
			if (provides) {
				*ret = *c;
				*c = "";
			}
		}
	}
	return 0;
}

static int list_candidates(struct trial *t, char **ret_text, const char ***ret, struct err *e)
{
	const char *const find[] = { "find", INSIDE_WITH, "-name", "*.rpm", NULL };
	size_t count = 0;

	if (trial_ask(t, find, ret_text, e))
		return -1;
	if (!*ret_text)
		return err_env(e, "the folders with dependencies cannot be listed");
	const char **list = mem_alloc((ARGV_MAX + 1) * sizeof *list);
	for (char *rest = *ret_text, *file; count < ARGV_MAX && (file = strsep(&rest, "\n")) != NULL;)
		if (*file)
			list[count++] = file;
	*ret = list;
	return 0;
}

/* Dependencies from the given folders: rpm says what is missing, the folders' packages say what they provide. */
static int add_dependencies(struct trial *t, const char **argv, size_t *len, char **ret_text, struct err *e)
{
	AUTO_FREE const char **test = mem_alloc((ARGV_MAX + 2) * sizeof *test);
	AUTO_FREE const char **candidates = NULL;

	if (!t->test->with_len)
		return 0;
	if (list_candidates(t, ret_text, &candidates, e))
		return -1;
	while (*len < ARGV_MAX) {
		struct command_result r = { 0 };
		const char *more = NULL;
		int rc;

		memcpy(test, argv, *len * sizeof *argv);
		test[*len] = "--test";
		test[*len + 1] = NULL;
		if (sandbox_run(t->sandbox, test, 0, &r, e))
			return -1;
		rc = r.exit == 0 ? 0 : provider(t, r.output, candidates, &more, e);
		command_result_done(&r);
		if (rc || !more)
			return rc;
		argv[(*len)++] = more;
		argv[*len] = NULL;
	}
	return 0;
}

/* What these packages need and the folders hold goes in first, in a transaction of its own. */
static int install_needs(struct trial *t, const char *const *files, struct err *e)
{
	AUTO_FREE const char **argv = mem_alloc((ARGV_MAX + 2) * sizeof *argv);
	AUTO_FREE char *list = NULL;
	size_t len = 0, heads, own;
	bool ok;

	if (head(t, "-U", argv, &len, e))
		return -1;
	argv[len++] = "--oldpackage";
	heads = len;
	while (*files && len < ARGV_MAX)
		argv[len++] = *files++;
	own = len;
	argv[len] = NULL;
	if (add_dependencies(t, argv, &len, &list, e) || len == own)
		return len == own ? 0 : -1;
	memmove(argv + heads, argv + own, (len - own + 1) * sizeof *argv);
	return run_rpm(t, argv, &ok, e);
}

static int dependencies(struct trial *t, struct err *e)
{
	AUTO_FREE const char **argv = mem_alloc(ARGV_MAX * sizeof *argv);
	struct path_status generated;
	size_t len = 0;
	bool ok;

	if (head(t, "-U", argv, &len, e) || sandbox_status(t->sandbox, GENERATED, &generated, e))
		return -1;
	argv[len++] = GENERATED;
	if (generated.is_there && run_rpm(t, argv, &ok, e))
		return -1;
	return install_needs(t, t->new_files, e) || (t->old_files[0] && install_needs(t, t->old_files, e)) ? -1 : 0;
}

static int install(struct trial *t, const char *const *files, bool *ret_ok, struct err *e)
{
	AUTO_FREE const char **argv = mem_alloc((ARGV_MAX + 2) * sizeof *argv);
	size_t len = 0;

	if (head(t, "-U", argv, &len, e))
		return -1;
	argv[len++] = "--oldpackage";
	if (t->is_reinstalling)
		argv[len++] = "--replacepkgs";
	while (*files && len < ARGV_MAX)
		argv[len++] = *files++;
	return run_rpm(t, argv, ret_ok, e);
}

static int remove_(struct trial *t, bool *ret_ok, struct err *e)
{
	AUTO_FREE const char **argv = mem_alloc((json_array_size(t->packages) + 8) * sizeof *argv);
	size_t len = 0;

	if (head(t, "-e", argv, &len, e))
		return -1;
	for (size_t i = 0; trial_package(t, i); i++)
		argv[len++] = trial_package(t, i);
	return run_rpm(t, argv, ret_ok, e);
}

static int conffiles(struct trial *t, json_t **ret, struct err *e)
{
	AUTO_FREE const char **argv = mem_alloc((json_array_size(t->packages) + 5) * sizeof *argv);
	AUTO_FREE char *output = NULL;
	size_t len = 0;

	argv[len++] = "rpm";
	argv[len++] = "-qc";
	for (size_t i = 0; trial_package(t, i); i++)
		argv[len++] = trial_package(t, i);
	if (trial_ask(t, argv, &output, e))
		return -1;
	*ret = json_array();
	for (char *rest = output, *line; (line = strsep(&rest, "\n")) != NULL;)
		if (*line == '/')
			json_array_append_new(*ret, json_string(line));
	return 0;
}

/* ---- scripts: "D: %post(acme-1-1.noarch): scriptlet start", ... "waitpid(7) rc 7 status 0" */
static const char *event_of(const char *source, const char *argument)
{
	static const struct {
		const char *source, *event, *upgrading;
	} events[] = {
		{ "%pre", "pre-install", "pre-upgrade" },
		{ "%post", "post-install", "post-upgrade" },
		{ "%preun", "pre-remove" },
		{ "%postun", "post-remove" },
		{ "%pretrans", "pre-transaction" },
		{ "%posttrans", "post-transaction" },
		{ "%verifyscript", "verify" },
	};

	for (size_t i = 0; i < COUNT(events); i++)
		if (strcmp(source, events[i].source) == 0)
			return events[i].upgrading && strcmp(argument, "2") == 0 ? events[i].upgrading
										 : events[i].event;
	return "trigger";
}

struct call {
	char source[64], package[200];
	size_t at, ended; /* ended: where rpm last said so; 0: not yet */
	int exit, pid;    /* pid 0: rpm ran it itself */
	bool is_open;
};

/* "D: %post(acme-1-1.noarch): WHAT" */
static const char *scriptlet_line(const char *line, char source[64], char package[200])
{
	const char *open, *close;

	if (!text_starts(line, "D: %"))
		return NULL;
	open = strchr(line, '(');
	close = open ? strstr(open, "): ") : NULL;
	if (!close || open - (line + 3) >= 64 || close - open >= 200)
		return NULL;
	snprintf(source, 64, "%.*s", (int)(open - (line + 3)), line + 3);
	if (strcmp(source, "%prein") == 0) /* as some versions say */
		source[4] = '\0';
	snprintf(package, 200, "%.*s", (int)(close - open - 1), open + 1);
	return close + 3;
}

/* rpm gives one argument, the number of this package's versions that will be installed; it does not say it, its manual does. */
static const char *argument_of(const struct trial *t, const char *source)
{
	bool upgrades = t->is_upgrading || t->is_reinstalling;
	bool erases = strstr(source, "un") != NULL && !text_starts(source, "%trigger");

	if (text_starts(source, "%pretrans") || text_starts(source, "%posttrans"))
		return upgrades ? "2" : "1";
	return erases ? upgrades ? "1" : "0" : upgrades ? "2" : "1";
}

static void end_call(struct trial *t, const struct command_result *r, struct call *c, size_t at)
{
	const char *argument = argument_of(t, c->source);

	at = c->ended ? c->ended : at;

	if (c->is_open)
		trial_script(t, event_of(c->source, argument), c->source, c->package, argument, c->exit,
			command_time(r, c->at), command_time(r, at) - command_time(r, c->at));
	if (c->is_open && c->pid)
		json_object_set_new(
			json_array_get(t->scripts, json_array_size(t->scripts) - 1), "pid", json_integer(c->pid));
	c->is_open = false;
}

static void scriptlet(struct trial *t, const struct command_result *r, struct call *now, const char *line, size_t at)
{
	char source[64], package[200];
	const char *what = scriptlet_line(line, source, package), *ended;

	if (!what)
		return;
	if (text_starts(what, "scriptlet start")) {
		end_call(t, r, now, at);
		*now = (struct call){ .at = at, .is_open = true };
		snprintf(now->source, sizeof now->source, "%s", source);
		snprintf(now->package, sizeof now->package, "%s", package);
	}
	if (now->is_open && text_starts(what, "execv(") && strstr(what, " pid "))
		now->pid = atoi(strstr(what, " pid ") + strlen(" pid "));
	ended = strstr(what, " status ");
	if (now->is_open && text_starts(what, "waitpid(") && ended) {
		int code = (int)strtol(ended + strlen(" status "), NULL, 16),
		    exit = code & 0x7f ? 128 + (code & 0x7f) : code >> 8 & 0xff;

		/* The script may have printed such a line itself, before rpm did: the worst one counts. */
		now->exit = exit ? exit : now->exit;
		now->ended = at;
	}
}

/* "%post(acme-1-1.noarch)" stands before `at`. */
static bool scriptlet_before(const char *start, const char *at, char source[64], char package[200])
{
	const char *from = at;

	while (from > start && at - from < 300 && *from != '%' && *from != '\n')
		from--;
	AUTO_FREE char *line = mem_printf("D: %.*s: ", (int)(at - from), from);
	return scriptlet_line(line, source, package) != NULL;
}

static void check_failure(
	struct trial *t, const struct command_result *r, const char *at, const char *how, size_t first)
{
	char source[64], package[200];
	bool is_signal = text_starts(how, "signal ");
	int exit = is_signal ? 128 + atoi(how + strlen("signal ")) : atoi(how + strcspn(how, "0123456789\n"));

	if (!scriptlet_before(r->output, at, source, package) || (is_signal && t->is_made_to_fail))
		return;
	for (size_t i = first; i < json_array_size(t->scripts); i++) {
		json_t *o = json_array_get(t->scripts, i);

		if (strcmp(json_text(o, "source"), source) != 0 || strcmp(json_text(o, "package"), package) != 0)
			continue;
		if (json_int(o, "exit"))
			return;
		json_object_set_new(o, "exit", json_integer(exit));
	}
	trial_find(t, SEVERITY_HIGH, "script-failed", source, "%s of %s ended with %d", source, package, exit);
}

/* What a script prints may look like rpm's record of it, or stand before it in the same line. But when one has failed rpm says it in
 * words, too, when nothing can be printed in between any more. */
static void check_failures(struct trial *t, const struct command_result *r, size_t first)
{
	static const char failed[] = " scriptlet failed, ";
	const char *at = r->output, *end = r->output + r->len;

	while ((at = memmem(at, (size_t)(end - at), failed, sizeof failed - 1)) != NULL) {
		check_failure(t, r, at, at + sizeof failed - 1, first);
		at += sizeof failed - 1;
	}
}

static void scripts(struct trial *t, const struct command_result *r)
{
	struct call now = { 0 };
	size_t first = json_array_size(t->scripts);

	for (size_t at = 0; at < r->len;) {
		const char *end = memchr(r->output + at, '\n', r->len - at);
		size_t len = end ? (size_t)(end - r->output) - at : r->len - at;
		AUTO_FREE char *line = mem_printf("%.*s", (int)len, r->output + at);

		scriptlet(t, r, &now, line, at);
		at += len + 1;
	}
	end_call(t, r, &now, r->len);
	check_failures(t, r, first);
	if (r->is_cut && json_array_size(t->scripts) > first)
		trial_find(t, SEVERITY_HIGH, "script-unknown", "rpm",
			"what rpm said about scripts was lost behind all that was printed");
}

static const char *const owned[] = { "rpm", "-qal", NULL };
static const char *const status[] = { "rpm", "-q", NULL };
static const char *const holds[] = { "rpm", "-ql", NULL };
static const char *const list[] = { "rpm", "-qpl", "--nosignature", NULL };
const struct manager manager_rpm = { .format = "rpm",
	.prepare = prepare,
	.describe = describe,
	.dependencies = dependencies,
	.install = install,
	.remove = remove_,
	.conffiles = conffiles,
	.owned = owned,
	.retry_seconds = 1,
	.status = status,
	.holds = holds,
	.scripts = scripts,
	.list = list,
	.noise = "D: " };
