/* test.c - a whole test: what is given, which scenarios, where; one report. Each scenario runs in a worker process: test_workers.c. */
#include "sandbox/test.h"
#include "base/fs.h"
#include "sandbox/profile.h"
#include "sandbox/secrets.h"
#include "sandbox/session.h"
#include "sandbox/users.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *keep(struct session *s, char *text)
{
	*LIST_ADD(&s->strings) = text;
	return text;
}

static void session_done(struct session *s)
{
	for (size_t i = 0; i < s->strings.len; i++)
		free(s->strings.at[i]);
	LIST_DONE(&s->strings);
	LIST_DONE(&s->binds);
	LIST_DONE(&s->new_files);
	LIST_DONE(&s->old_files);
	hidden_done(&s->hide);
	for (size_t i = 0; i < SCENARIOS_MAX; i++)
		json_decref(s->results[i]);
	plan_done(&s->plan);
	plan_done(&s->other);
	root_done(&s->root);
	expectations_done(&s->expect);
	log_rules_done(&s->logs);
}

/* ---- what is given */
static int same_manager(struct session *s, const char *const *files, size_t len, struct err *e)
{
	for (size_t i = 0; i < len; i++) {
		const struct manager *m = package_manager(files[i], e);

		if (!m)
			return -1;
		if (s->manager && s->manager != m)
			return err_usage(e, "%s: packages of two formats cannot be one set", files[i]);
		s->manager = m;
	}
	return 0;
}

static int bind_place(struct session *s, const char *path, char *inside, struct err *e)
{
	char *real = realpath(path, NULL);

	keep(s, inside);
	if (!real)
		return err_sys(e, "%s", path);
	if (!users_may_read(real, e)) {
		free(real);
		return -1;
	}
	*LIST_ADD(&s->binds) = (struct plan_bind){ keep(s, real), inside };
	return 0;
}

/* Names inside are ours: what a file is called out here says nothing. */
static int bind_files(
	struct session *s, const char *const *files, size_t len, const char *dir, bool is_new, struct err *e)
{
	for (size_t i = 0; i < len; i++) {
		char *inside = mem_printf("%s/%zu.%s", dir, i, s->manager->format);

		if (bind_place(s, files[i], inside, e))
			return -1;
		if (is_new)
			*LIST_ADD(&s->new_files) = inside;
		else
			*LIST_ADD(&s->old_files) = inside;
	}
	return 0;
}

static int bind_with(struct session *s, struct err *e)
{
	for (size_t i = 0; i < s->t->with_len; i++) {
		struct stat st;

		if (stat(s->t->with[i], &st) || !S_ISDIR(st.st_mode))
			return err_usage(e, "%s is no folder with packages", s->t->with[i]);
		if (bind_place(s, s->t->with[i], mem_printf(INSIDE_WITH "/%zu", i), e))
			return -1;
	}
	return 0;
}

/* ---- which scenarios */
static int choose(struct session *s, const char *name, struct err *e)
{
	if (!scenario_known(name)) {
		err_usage(e, "'%s' is no scenario that can be tried", name);
		return err_hint(e,
			"install reinstall upgrade downgrade remove purge failing-script interrupted rollback cycle, "
			"or "
			"quick, or all");
	}
	if (scenario_needs_old(name) && s->t->upgrade_from_len == 0)
		return err_usage(e, "%s needs the old version (--upgrade-from)", name);
	for (size_t i = 0; i < s->scenarios_len; i++)
		if (strcmp(s->scenarios[i], name) == 0)
			return 0;
	if (s->scenarios_len < SCENARIOS_MAX)
		s->scenarios[s->scenarios_len++] = keep(s, mem_strdup(name));
	return 0;
}

/* Without being asked: an rpm has no purge of its own, and without an old version there is nothing to go back to. */
static bool scenario_applies(const struct session *s, const char *name)
{
	return (s->manager->purge || strcmp(name, "purge") != 0) &&
		(s->t->upgrade_from_len || !scenario_needs_old(name));
}

static int choose_group(struct session *s, bool with_long, struct err *e)
{
	const char *name;

	for (size_t i = 0; (name = scenario_name(i)) != NULL; i++)
		if (scenario_applies(s, name) && (with_long || !scenario_is_long(name)) && choose(s, name, e))
			return -1;
	return 0;
}

/* Names, and two for groups: "quick" (the default) and "all". */
static int choose_all(struct session *s, struct err *e)
{
	struct slice rest = slice_of(s->t->scenarios ? s->t->scenarios : "quick"), word;

	while (slice_cut(&rest, ',', &word)) {
		word = slice_trim(word);
		AUTO_FREE char *name = mem_printf("%.*s", (int)word.len, word.at);
		bool is_all = strcmp(name, "all") == 0;

		if (is_all || strcmp(name, "quick") == 0 ? choose_group(s, is_all, e) : choose(s, name, e))
			return -1;
	}
	return s->scenarios_len ? 0 : err_usage(e, "no scenario was named");
}

static uint64_t size_of(const char *const *files, size_t len)
{
	uint64_t sum = 0;
	struct stat st;

	for (size_t i = 0; i < len; i++)
		sum += stat(files[i], &st) == 0 ? (uint64_t)st.st_size : 0;
	return sum;
}

/* Large packages get room by themselves: what they unpack to lies in memory, old and new version side by side. */
static struct test_limits fitting_limits(const struct session *s)
{
	struct test_limits l = s->t->limits;
	uint64_t packed = size_of(s->t->files, s->t->files_len) + size_of(s->t->upgrade_from, s->t->upgrade_from_len);

	if (!l.disk)
		l.disk = GIB(1) + packed * 8;
	if (!l.memory)
		l.memory = GIB(1) + l.disk;
	if (!l.output) /* rpm tells of every file */
		l.output = MIB(8) + (packed < MIB(56) ? packed : MIB(56));
	return l;
}

/* A name that somebody wrote into a house or recipe long ago is no slip of who calls now: this machine lacks it. */
static int find_root(struct session *s, struct err *e)
{
	if (root_find(s->t->roots_dir, s->t->root, &s->root, e) == 0)
		return 0;
	if (!s->t->root_named_by)
		return -1;
	e->class = ERR_ENV;
	return err_wrap(e, "%s names the root '%s'", s->t->root_named_by, s->t->root);
}

static int logs_rules(struct session *s, struct err *e)
{
	if (log_rules_load(s->t->log_patterns, s->t->dispositions, &s->logs, e))
		return -1;
	if (s->t->decided && !s->logs.dispositions)
		s->logs.dispositions = json_object();
	json_object_update_missing(s->logs.dispositions, (json_t *)s->t->decided);
	return 0;
}

static int session_init(struct session *s, const struct test *t, struct err *e)
{
	s->t = t;
	if (t->files_len == 0)
		return err_usage(e, "there is no package to try");
	if (t->profile && !profile_known(t->profile))
		return err_usage(e, "'%s' is no profile: plain, systemd or auto", t->profile);
	if (same_manager(s, t->files, t->files_len, e) || same_manager(s, t->upgrade_from, t->upgrade_from_len, e) ||
		find_root(s, e) || choose_all(s, e))
		return -1;
	if ((t->expect && expectations_load(t->expect, &s->expect, e)) || logs_rules(s, e))
		return -1;
	if (bind_files(s, t->files, t->files_len, INSIDE_NEW, true, e) ||
		bind_files(s, t->upgrade_from, t->upgrade_from_len, INSIDE_OLD, false, e) || bind_with(s, e))
		return -1;
	*LIST_ADD(&s->new_files) = NULL;
	*LIST_ADD(&s->old_files) = NULL;
	hidden_find(t->hide, t->hide_len, &s->hide);
	s->inputs = (struct plan_inputs){ s->binds.at, s->binds.len, s->hide.at, s->hide.len };
	struct test_limits limits = fitting_limits(s);
	return profile_plan(
		t, s->manager, &s->root, &s->inputs, &limits, s->new_files.at, &s->plan, &s->other, &s->need, e);
}

const struct plan *session_other_plan(const struct session *s, bool booted)
{
	return s->other.name && (s->other.boot.program != NULL) == booted ? &s->other : NULL;
}

/* What the version in use writes to logs is normal. A trial that could not be carried out teaches nothing: then every line is new. */
static void learn_logs(struct session *s)
{
	struct test t = *s->t;
	json_t *result;

	if (s->t->upgrade_from_len == 0)
		return;
	event_log(t.events, EVENT_INFO, "reading what the version in use writes to logs");
	t.log_rules = &s->logs;
	t.expect = NULL;
	result = scenario_run(&t, s->manager, &s->root, &s->plan, session_other_plan(s, false), NULL, LOGS_LEARN,
		s->old_files.at, s->old_files.at);
	s->logs.known = json_incref(json_map(result, LOGS_LEARNT));
	s->logs.users_gone = json_incref(json_list(result, USERS_GONE));
	if (*json_text(result, "error"))
		event_log(t.events, EVENT_WARNING, "the version in use could not be tried: %s",
			json_text(result, "error"));
	json_decref(result);
}

static void tell_plan(const struct session *s)
{
	AUTO_FREE char *text = plan_text(&s->plan);
	struct slice rest = slice_of(text), line;

	while (slice_cut(&rest, '\n', &line))
		event_log(s->t->events, EVENT_DEBUG, "%.*s", (int)line.len, line.at);
	if (s->root.is_machine)
		event_log(s->t->events, EVENT_WARNING,
			"testing on a throw-away copy of this machine, not on a root of its own");
}

/* Asked before anything is tried: what was found out in an hour is not to be lost for want of a place. */
static int report_place(const char *dir, struct err *e)
{
	if (!dir)
		return 0;
	if (fs_mkdirs(dir, 0755, e))
		return err_wrap(e, "report");
	return access(dir, W_OK | X_OK) ? err_sys(e, "report: cannot write into %s", dir) : 0;
}

/* Bad input is no result: there is nothing to report. */
static int refused(const struct session *s, struct err *e)
{
	for (size_t i = 0; i < s->scenarios_len; i++) {
		const char *code = json_text(s->results[i], "_refused");

		if (*code)
			return err_set(e, ERR_INPUT, err_code_known(code), "%s", json_text(s->results[i], "error"));
	}
	return 0;
}

int tests_run(const struct test *tests, size_t len, json_t **ret_report, struct err *e)
{
	struct session *all = mem_alloc((len ? len : 1) * sizeof *all);
	bool had_place = len && tests->report_dir && fs_exists(tests->report_dir);
	int rc = len ? 0 : err_usage(e, "there is no package to try");

	for (size_t i = 0; rc == 0 && i < len; i++)
		rc = session_init(&all[i], &tests[i], e);
	if (rc == 0)
		rc = report_place(tests->report_dir, e);
	for (size_t i = 0; rc == 0 && i < len; i++)
		tell_plan(&all[i]);
	for (size_t i = 0; rc == 0 && i < len; i++)
		learn_logs(&all[i]);
	if (rc == 0)
		rc = sessions_run(all, len, e);
	for (size_t i = 0; rc == 0 && i < len; i++)
		rc = refused(&all[i], e);
	if (rc && tests->report_dir && !had_place)
		rmdir(tests->report_dir); /* nothing came of it; one that holds anything stays */
	if (rc == 0)
		rc = sessions_report(all, len, ret_report, e);
	for (size_t i = 0; i < len; i++)
		session_done(&all[i]);
	free(all);
	return rc;
}

int test_run(const struct test *t, json_t **ret_report, struct err *e)
{
	return tests_run(t, 1, ret_report, e);
}
