/* prove_test.c - a candidate's packages in the test system: all targets in one report, evidence for each. */
#include "repackager/prove_test.h"
#include "base/fs.h"
#include "base/record.h"
#include "base/text.h"
#include "sandbox/test.h"
#include <string.h>

static struct prove_set *set_of(struct prove *p, const char *target)
{
	for (size_t i = 0; i < p->sets.len; i++)
		if (strcmp(p->sets.at[i].target, target) == 0)
			return &p->sets.at[i];
	return NULL;
}

struct prove_set *prove_add(struct prove *p, const json_t *package, const char *file)
{
	struct prove_set *s = set_of(p, json_text(package, "target"));

	if (!s) {
		s = LIST_ADD(&p->sets);
		*s = (struct prove_set){ .target = mem_strdup(json_text(package, "target")),
			.format = mem_strdup(json_text(package, "format")),
			.subjects = json_array() };
	}
	*LIST_ADD(&s->files) = mem_strdup(file);
	json_array_append_new(s->subjects, json_string(json_text(package, "sha256")));
	return s;
}

void prove_done(struct prove *p)
{
	for (size_t i = 0; i < p->sets.len; i++) {
		struct prove_set *s = &p->sets.at[i];

		for (size_t k = 0; k < s->files.len; k++)
			free(s->files.at[k]);
		for (size_t k = 0; k < s->old.len; k++)
			free(s->old.at[k]);
		LIST_DONE(&s->files);
		LIST_DONE(&s->old);
		json_decref(s->subjects);
		free(s->target);
		free(s->format);
		free(s->named_by);
	}
	LIST_DONE(&p->sets);
	LIST_DONE(&p->with);
}

/* ---- what is released now */
int prove_old_file(struct release *r, const json_t *package, const char *work, char **ret, struct err *e)
{
	const char *base = strrchr(json_text(package, "location"), '/'), *sha = json_text(package, "sha256");
	AUTO_FREE char *folder = mem_printf("%s/released-%s", work, json_text(package, "target"));
	AUTO_FREE char *blob = blob_path(r->store->blobs, sha);
	char *path = fs_join(folder, base ? base + 1 : "package");

	if (blob && blob_check(r->store->blobs, sha, NULL, e) == 0 && fs_mkdirs(folder, 0700, e) == 0 &&
		fs_link_or_copy(blob, path, e) == 0) {
		*ret = path;
		return 0;
	}
	free(path);
	return err_wrap(e, "the released version");
}

int prove_add_old(struct prove *p, const json_t *released, const char *work, struct err *e)
{
	size_t i;
	json_t *package;

	p->released = released ? json_text(released, "version") : NULL;
	json_array_foreach(json_list(released, "packages"), i, package) {
		struct prove_set *s = set_of(p, json_text(package, "target"));
		char *path;

		/* What is released already is no older than itself. */
		if (!s || json_lists(s->subjects, json_text(package, "sha256")))
			continue;
		if (prove_old_file(p->release, package, work, &path, e))
			return -1;
		*LIST_ADD(&s->old) = path;
	}
	return 0;
}

/* ---- the run */
static int keep_expectations(struct prove *p, struct err *e)
{
	uint64_t size;

	return p->expect && blob_put_file(p->release->store->blobs, p->expect, p->expect_digest, &size, e)
		? err_wrap(e, "keeping the expectations")
		: 0;
}

/* What a later test needs to be the same test. */
static json_t *inputs_json(const struct prove *p)
{
	json_t *with = json_array();

	for (size_t i = 0; i < p->with.len; i++) {
		AUTO_FREE char *path = realpath(p->with.at[i], NULL);

		if (path && text_is_utf8(path, strlen(path)))
			json_array_append_new(with, json_string(path));
	}
	AUTO_FREE char *expect = p->expect ? realpath(p->expect, NULL) : NULL;
	json_t *o = json_pack("{s:o, s:s}", "with", with, "expect_digest", p->expect_digest);
	if (expect && text_is_utf8(expect, strlen(expect)))
		json_set_str(o, "expect", expect);
	return o;
}

static int keep_report(struct prove *p, json_t *report, struct err *e)
{
	AUTO_FREE char *bytes = NULL;

	json_object_set_new(report, "inputs", inputs_json(p));
	bytes = json_dumps(report, JSON_INDENT(1) | JSON_SORT_KEYS);
	if (!bytes)
		return err_env(e, "the report cannot be written as JSON");
	return blob_put(p->release->store->blobs, bytes, strlen(bytes), p->report, e);
}

static struct test test_of(const struct prove *p, const struct prove_set *s, const char *required)
{
	return (struct test){ .files = (const char *const *)s->files.at,
		.files_len = s->files.len,
		.root = s->root,
		.root_named_by = s->named_by,
		.root_max_age = policy_root_max_age(p->release),
		.target = s->target,
		.with = p->with.at,
		.with_len = p->with.len,
		.upgrade_from = (const char *const *)s->old.at,
		.upgrade_from_len = s->old.len,
		.expect = p->expect,
		.hide = (const char *const *)&p->release->store->path,
		.hide_len = 1,
		.require = required,
		.decided = p->decided,
		.scenarios = p->scenarios,
		.report_dir = p->report_dir,
		.events = p->events };
}

int prove_run(struct prove *p, json_t **ret_report, struct err *e)
{
	AUTO_FREE char *required = policy_required(p->release);
	struct test *tests = mem_alloc((p->sets.len + 1) * sizeof *tests);
	int rc = keep_expectations(p, e);

	for (size_t i = 0; i < p->sets.len; i++) {
		tests[i] = test_of(p, &p->sets.at[i], required);
		if (!tests[i].root)
			event_log(p->events, EVENT_WARNING,
				"%s: no root is named: testing in a throw-away copy of this machine", tests[i].target);
	}
	if (rc == 0)
		rc = tests_run(tests, p->sets.len, ret_report, e);
	free(tests);
	return rc || keep_report(p, *ret_report, e) ? err_wrap(e, "testing") : 0;
}

/* ---- what it proves */

/* What the machine offered to every scenario, in the policy's words. */
static json_t *offered(const json_t *run)
{
	json_t *all = NULL;
	const json_t *scenario;
	size_t k;

	json_array_foreach(json_list(run, "scenarios"), k, scenario) {
		const json_t *layers = json_list(scenario, "layers");

		if (!all)
			all = layers ? json_deep_copy(layers) : json_array();
		for (size_t w = json_array_size(all); w-- > 0;)
			if (!json_lists(layers, json_string_value(json_array_get(all, w))))
				json_array_remove(all, w);
	}
	return all ? all : json_array();
}

/* Did nothing fail but lines in logs? On those the gate decides: each is a finding that somebody must accept, or not. */
static bool is_scenario_up_to_logs(const json_t *scenario)
{
	json_t *f;
	size_t k;

	if (strcmp(json_text(scenario, "verdict"), "error") == 0)
		return false;
	json_array_foreach(json_list(scenario, "findings"), k, f)
		if (severity_parse(json_text(f, "severity")) >= SEVERITY_HIGH &&
			(!text_starts(json_text(f, "check"), "log-") || strcmp(json_text(f, "check"), "log-cut") == 0))
			return false;
	return true;
}

static bool is_up_to_logs(const json_t *run)
{
	json_t *scenario;
	size_t i;

	json_array_foreach(json_list(run, "scenarios"), i, scenario)
		if (!is_scenario_up_to_logs(scenario))
			return false;
	return true;
}

/* Scenarios of these names, and the worst that came of them: error, fail, pass. */
static json_t *tried(const json_t *run, const char *const *names, const char **ret_verdict)
{
	json_t *list = json_array(), *scenario;
	size_t i;

	*ret_verdict = "pass";
	json_array_foreach(json_list(run, "scenarios"), i, scenario) {
		const char *verdict = json_text(scenario, "verdict");

		for (const char *const *name = names; *name; name++) {
			if (strcmp(*name, json_text(scenario, "name")) != 0)
				continue;
			json_array_append_new(list, json_string(*name));
			if (strcmp(verdict, "pass") == 0 || strcmp(*ret_verdict, "error") == 0)
				continue;
			if (!is_scenario_up_to_logs(scenario))
				*ret_verdict = strcmp(verdict, "error") == 0 ? "error" : "fail";
		}
	}
	return list;
}

json_t *prove_way_back(const struct prove *p, size_t i, const json_t *report, const char **ret_verdict)
{
	static const char *const back[] = { "downgrade", "rollback", NULL },
				 *const away[] = { "remove", "purge", NULL };
	const json_t *run = json_array_get(json_list(report, "runs"), i);
	bool is_first = p->sets.at[i].old.len == 0;
	AUTO_JSON *scenarios = tried(run, is_first ? away : back, ret_verdict);

	if (!json_array_size(scenarios))
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:O}", "report", p->report, "target", p->sets.at[i].target, "to",
		is_first || !p->released ? "" : p->released, "scenarios", scenarios);
}

json_t *prove_body(const struct prove *p, size_t i, const json_t *report, const char **ret_verdict)
{
	const json_t *run = json_array_get(json_list(report, "runs"), i);
	json_t *findings = test_log_findings(report, p->sets.at[i].target);

	*ret_verdict = json_text(run, "verdict");
	if (strcmp(*ret_verdict, "fail") == 0 && json_array_size(findings) && is_up_to_logs(run))
		*ret_verdict = "pass";
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "report", p->report, "target", p->sets.at[i].target, "root",
		json_text(json_map(run, "root"), "name"), "expect", p->expect_digest, "sandbox", offered(run),
		"findings", findings);
}
