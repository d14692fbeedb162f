/* test_report.c - what came of the runs of a test, as one report. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/version.h"
#include "base/when.h"
#include "sandbox/session.h"
#include "sandbox/shut_in.h"
#include <ctype.h>
#include <fcntl.h>
#include <string.h>

enum { DAY = 24 * 60 * 60 };

char *result_text(json_t *result, size_t most)
{
	static const char *const large[] = { "entries", "changes", "calls", "scripts", "network", "_logs", "_log",
		"kernel", "accounts", "findings", "variant", LOGS_LEARNT };
	static const struct finding cut = { SEVERITY_HIGH, "result-cut", "result", "", "",
		"more was found than can be told; the lists are left out", "" };
	char *text = json_dumps(result, JSON_COMPACT);

	if (!text || strlen(text) <= most)
		return text;
	free(text);
	for (size_t i = 0; i < COUNT(large); i++)
		json_object_del(result, large[i]);
	json_object_set_new(result, "findings", json_pack("[o]", finding_json(&cut)));
	if (strcmp(json_text(result, "verdict"), "pass") == 0)
		json_set_str(result, "verdict", "fail");
	return json_dumps(result, JSON_COMPACT);
}

static const char *verdict_of(const struct session *s)
{
	const char *worst = "pass";

	for (size_t i = 0; i < s->scenarios_len; i++) {
		const char *one = json_text(s->results[i], "verdict");

		if (strcmp(one, "fail") == 0)
			return "fail";
		if (strcmp(one, "error") == 0)
			worst = "error";
	}
	return worst;
}

static int list_packages(const struct session *s, json_t *list, struct err *e)
{
	json_t *described = NULL;

	for (size_t i = 0; i < s->scenarios_len && json_array_size(described) == 0; i++)
		described = json_list(s->results[i], "_packages");
	for (size_t i = 0; i < s->t->files_len; i++) {
		json_t *about = json_array_get(described, i), *o = about ? json_deep_copy(about) : json_object();
		AUTO_FD int fd = open(s->t->files[i], O_RDONLY | O_CLOEXEC);
		const char *slash = strrchr(s->t->files[i], '/'), *name = slash ? slash + 1 : s->t->files[i];
		char sha[SHA256_HEX];
		uint64_t size = 0;

		json_array_append_new(list, o);
		if (fd < 0)
			return err_sys(e, "%s", s->t->files[i]);
		if (sha256_fd(fd, sha, &size, e))
			return -1;
		json_set_str(o, "file", name);
		json_set_str(o, "sha256", sha);
		json_object_set_new(o, "size", json_integer((json_int_t)size));
	}
	return 0;
}

static json_t *describe_root(const struct session *s)
{
	static const char *const keys[] = { "digest", "created", "distribution", "distribution_name", "format",
		"packages", "architecture", "tool" };
	json_t *o = json_object();
	int64_t age = root_age(s->root.about);

	json_set_str(o, "name", s->root.name);
	json_set_str(o, "origin", s->root.origin);
	json_object_set_new(o, "is_machine", json_boolean(s->root.is_machine));
	for (size_t i = 0; s->root.about && i < COUNT(keys); i++)
		if (json_object_get(s->root.about, keys[i]))
			json_object_set(o, keys[i], json_object_get(s->root.about, keys[i]));
	if (age >= 0)
		json_object_set_new(o, "age_days", json_integer(age / DAY));
	return o;
}

/* What is tried on a system that nobody uses any more says little. Told once a run, with its first scenario. */
static void find_old_root(struct session *s)
{
	int64_t age = root_age(s->root.about), most = s->t->root_max_age ? s->t->root_max_age : 30 * DAY;

	if (age <= most || s->scenarios_len == 0)
		return;
	AUTO_FREE char *text = mem_printf("the root was made %lld days ago, on %.10s; at most %lld days are allowed",
		(long long)(age / DAY), json_text(s->root.about, "created"), (long long)(most / DAY));
	AUTO_FREE char *remedy = mem_printf("sluice root refresh %s", s->root.name);
	const struct finding f = { SEVERITY_MEDIUM, "root-old", s->root.name, "", "", text, remedy };
	json_t *list = json_list(s->results[0], "findings");

	if (!list) {
		list = json_array();
		json_object_set_new(s->results[0], "findings", list);
	}
	json_array_append_new(list, finding_json(&f));
}

/* What tells one run of a report from another, fit for a folder's name; malloc. */
static char *run_label(const struct session *s)
{
	char *label = mem_strdup(s->t->target && *s->t->target ? s->t->target : s->manager->format);

	for (char *c = label; *c; c++)
		if (!isalnum((unsigned char)*c) && (!strchr("._-", *c) || c == label))
			*c = '_';
	return label;
}

/* The first scenario that has something to say under key says it for all (what was provided). */
static json_t *first_list(const struct session *s, const char *key)
{
	for (size_t i = 0; i < s->scenarios_len; i++) {
		json_t *list = json_list(s->results[i], key);

		if (json_array_size(list))
			return json_incref(list);
	}
	return json_array();
}

static json_t *same_line(json_t *list, const json_t *line)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
		if (strcmp(json_text(one, "text"), json_text(line, "text")) == 0 &&
			strcmp(json_text(one, "expected"), json_text(line, "expected")) == 0)
			return one;
	return NULL;
}

/* Every line once, as the scenario saw it in which it was not met; else as the first that tried it. */
static json_t *worst_expectations(const struct session *s)
{
	json_t *all = json_array(), *line;
	size_t k;

	for (size_t i = 0; i < s->scenarios_len; i++)
		json_array_foreach(json_list(s->results[i], "expectations"), k, line) {
			json_t *known = same_line(all, line), *copy = json_copy(line);

			json_set_str(copy, "scenario", s->scenarios[i]);
			if (!known)
				json_array_append(all, copy);
			else if (json_flag(known, "met") && !json_flag(line, "met"))
				json_object_update(known, copy);
			json_decref(copy);
		}
	return all;
}

static json_t *all_logs(const struct session *s)
{
	json_t *logs = json_array();

	for (size_t i = 0; i < s->scenarios_len; i++) {
		size_t k;
		json_t *log;

		json_array_foreach(json_list(s->results[i], "_logs"), k, log) {
			json_set_str(log, "scenario", s->scenarios[i]);
			json_array_append(logs, log);
		}
	}
	return logs;
}

static json_t *first_error(const struct session *s)
{
	for (size_t i = 0; i < s->scenarios_len; i++)
		if (*json_text(s->results[i], "error"))
			return json_string(json_text(s->results[i], "error"));
	return NULL;
}

static json_t *names_of(const struct session *s, json_t *packages, size_t first)
{
	json_t *names = json_array();

	for (size_t i = 0; i < s->t->files_len; i++) {
		json_t *o = json_array_get(packages, first + i), *name = json_object_get(o, "name");

		json_set_str(o, "target", s->t->target);
		json_array_append_new(names, json_string(name ? json_string_value(name) : json_text(o, "file")));
	}
	return names;
}

static void extend_with_target(json_t *to, json_t *list, const struct session *s)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one) {
		if (s->t->target)
			json_set_str(one, "target", s->t->target);
		json_array_append(to, one);
	}
	json_decref(list);
}

static int add_run(struct session *s, json_t *report, bool is_one_of_many, struct err *e)
{
	json_t *run = json_object(), *scenarios = json_array(), *packages = json_list(report, "packages");
	size_t first = json_array_size(packages);

	json_array_append_new(json_list(report, "runs"), run);
	find_old_root(s);
	json_object_set_new(run, "root", describe_root(s));
	json_set_str(run, "target", s->t->target);
	json_set_str(run, "verdict", verdict_of(s));
	json_object_set_new(run, "provided", first_list(s, "_provided"));
	json_object_set_new(run, "scenarios", scenarios);
	if (s->t->expect) {
		json_set_str(report, "expectations_digest", s->expect.digest);
		json_set_str(report, "expectations_text", s->expect.text);
	}
	extend_with_target(json_list(report, "expectations"), worst_expectations(s), s);
	extend_with_target(json_list(report, "logs"), all_logs(s), s);
	if (list_packages(s, packages, e))
		return -1;
	json_object_set_new(run, "packages", names_of(s, packages, first));
	AUTO_FREE char *label = run_label(s);
	for (size_t i = 0; i < s->scenarios_len; i++) {
		if (is_one_of_many)
			json_set_str(s->results[i], "_run", label);
		json_array_append(scenarios, s->results[i]);
	}
	return 0;
}

static const char *worst_verdict(const struct session *all, size_t len)
{
	const char *worst = "pass";

	for (size_t i = 0; i < len; i++) {
		const char *one = verdict_of(&all[i]);

		if (strcmp(one, "fail") == 0)
			return "fail";
		if (strcmp(one, "error") == 0)
			worst = "error";
	}
	return worst;
}

static void add_error(const struct session *all, size_t len, json_t *report)
{
	for (size_t i = 0; i < len; i++) {
		json_t *error = first_error(&all[i]);

		if (error) {
			json_object_set_new(report, "error", error);
			return;
		}
	}
}

struct writing {
	const char *dir;
	json_t *report;
};
static int write_it(void *context, struct err *e)
{
	struct writing *w = context;

	return report_write(w->dir, w->report, e);
}

/* The folder is made here, filled by a process that reaches nothing else. */
static int write_report(const struct test *t, json_t *report, struct err *e)
{
	struct writing w = { t->report_dir, report };
	AUTO_FD int folder = -1;
	unsigned missing = 0;
	struct plan plan;

	if (fs_mkdirs(t->report_dir, 0755, e))
		return -1;
	folder = open(t->report_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return err_sys(e, "%s", t->report_dir);
	plan_for_report(folder, &plan);
	return shut_in(&plan, write_it, &w, &missing, e);
}

int sessions_report(struct session *all, size_t len, json_t **ret, struct err *e)
{
	static const char *const lists[] = { "packages", "runs", "expectations", "logs" };
	AUTO_JSON *report = json_object();
	char now[32];

	json_set_str(report, "verdict", worst_verdict(all, len));
	for (size_t i = 0; i < COUNT(lists); i++)
		json_object_set_new(report, lists[i], json_array());
	json_set_str(report, "tool", "sluice " SLUICE_VERSION);
	when_utc(when_now(), now);
	json_set_str(report, "time", now);
	add_error(all, len, report);
	for (size_t i = 0; i < len; i++)
		if (add_run(&all[i], report, len > 1, e))
			return -1;
	if (all->t->report_dir && write_report(all->t, report, e))
		return err_wrap(e, "report");
	report_trim(report);
	*ret = json_incref(report);
	return 0;
}
