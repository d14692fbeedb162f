/* cmd_diff.c - `sluice diff OLD NEW`: what changed between two versions, and does it weaken us? */
#include "base/text.h"
#include "cli/cmd.h"
#include "inspect/inspect.h"
#include "repackager/abi_types.h"
#include "repackager/decode.h"
#include "repackager/diff_page.h"
#include "repackager/diff_set.h"
#include <string.h>
#include <unistd.h>

static const struct option options[] = {
	{ "--with-old", "FILE", "one more package of the old update, or a folder of packages", true },
	{ "--with-new", "FILE", "one more package of the new update, or a folder of packages", true },
	{ "--old-report", "FILE",
		"what 'sluice test --report' wrote about the old version (report.json, or its folder)", true },
	{ "--new-report", "FILE", "the same about the new version", true },
	{ "--report", "DIR", "write diff.json and diff.html there", false },
	{ "--fail-on", "SEVERITY", "exit 1 on a finding of low, medium, high or critical, or above", false },
	{ "--explain", "CHECK", "say what a check looks at and why", false },
	{ 0 },
};

/* One side: its facts, and what it is made of for the reader. */
struct side {
	const char *first, *more, *reports; /* the argument, the options' names */
	struct cli *c;
	path_list files;
	json_t *facts, *about;
	abi_side libraries;
};

static void side_done(struct side *s)
{
	json_decref(s->facts);
	json_decref(s->about);
	path_list_done(&s->files);
	abi_side_done(&s->libraries);
}

static json_t *package_json(const struct pkg *p, const char *path, const char *sha256)
{
	const char *slash = strrchr(path, '/'), *base = slash && slash[1] ? slash + 1 : path;
	AUTO_FREE char *version = mem_printf("%s%s%s", p->version, p->release[0] ? "-" : "", p->release);
	json_t *o = json_object();

	json_set_str(o, "file", base);
	json_set_str(o, "name", p->name);
	json_set_str(o, "version", version);
	json_set_str(o, "architecture", p->architecture);
	json_set_str(o, "sha256", sha256);
	return o;
}

static void add_package(struct side *s, const struct decode_one *one)
{
	if (one->job.want_kept)
		abi_side_add(&s->libraries, one->job.kept_fd, one->facts);
	AUTO_JSON *facts = facts_of(one->pkg, one->facts);

	facts_join(s->facts, facts);
	json_array_append_new(json_list(s->about, "packages"), package_json(one->pkg, one->job.path, one->sha256));
}

static int add_reports(struct side *s, struct err *e)
{
	const char *path;

	for (size_t at = 0; (path = opt_each(s->c, s->reports, &at));) {
		AUTO_JSON *report = NULL;
		json_t *one = json_object();

		json_set_str(one, "file", path);
		json_array_append_new(json_list(s->about, "reports"), one);
		if (diff_report_load(path, &report, e))
			return err_wrap(e, "%s", s->reports);
		json_set_str(one, "verdict", json_text(report, "verdict"));
		facts_observe(s->facts, report);
	}
	return 0;
}

static int list_side(struct side *s, struct err *e)
{
	const char *path;

	if (diff_set_add(&s->files, s->first, e))
		return -1;
	for (size_t at = 0; (path = opt_each(s->c, s->more, &at));)
		if (diff_set_add(&s->files, path, e))
			return -1;
	return 0;
}

/* The i-th package of each side, where there is one, at the same time: reading is nearly all that a comparison costs. */
static int read_pair(struct side *const sides[2], size_t i, struct err *e)
{
	struct pkg pkgs[2];
	struct side *of[2];
	struct decode_one files[2];
	size_t len = 0;

	for (size_t k = 0; k < 2; k++) {
		struct side *s = sides[k];

		if (i >= s->files.len)
			continue;
		pkg_init(&pkgs[len], 0);
		of[len] = s;
		int kept = abi_side_open();
		files[len] = (struct decode_one){
			.job = { .path = s->files.at[i],
				.want_facts = true,
				.few_digests = true,
				.want_kept = kept >= 0,
				.kept_fd = kept,
				.events = &s->c->events },
			.pkg = &pkgs[len],
		};
		len++;
	}
	int failed = decode_all(files, len, e);
	for (size_t k = 0; k < len; k++) {
		if (!failed)
			add_package(of[k], &files[k]);
		else if (files[k].job.want_kept)
			close(files[k].job.kept_fd);
		json_decref(files[k].facts);
		pkg_done(&pkgs[k]);
	}
	return failed;
}

static int read_both(struct side *old, struct side *new, struct err *e)
{
	struct side *const sides[] = { old, new };

	for (size_t k = 0; k < 2; k++) {
		sides[k]->facts = json_object();
		sides[k]->about = json_pack("{s:[], s:[]}", "packages", "reports");
		if (list_side(sides[k], e))
			return -1;
	}
	for (size_t i = 0; i < old->files.len || i < new->files.len; i++)
		if (read_pair(sides, i, e))
			return -1;
	return add_reports(old, e) || add_reports(new, e) ? -1 : 0;
}

static int compare_sides(const struct side *old, const struct side *new, json_t **ret, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct findings list = { 0 };
	json_t *findings;

	if (facts_compare(old->facts, new->facts, &arena, &list, e)) {
		LIST_DONE(&list);
		return -1;
	}
	findings = findings_json(&list);
	LIST_DONE(&list);
	*ret = json_pack("{s:o, s:s, s:O, s:O}", "findings", findings, "impact_floor",
		impact_name(impact_floor(findings_worst(findings))), "old", old->about, "new", new->about);
	return 0;
}

static int diff(struct cli *c, json_t **ret, struct err *e)
{
	struct side old = { .first = c->args[0], .more = "--with-old", .reports = "--old-report", .c = c },
		    new = { .first = c->args[1], .more = "--with-new", .reports = "--new-report", .c = c };
	int rc = read_both(&old, &new, e);

	if (rc == 0)
		abi_types(&old.libraries, &new.libraries, new.facts);
	rc = rc || compare_sides(&old, &new, ret, e) ? -1 : 0;

	side_done(&old);
	side_done(&new);
	return rc;
}

static int run(struct cli *c, struct err *e)
{
	const char *fail_on = opt(c, "--fail-on"), *check = opt(c, "--explain");
	int limit = fail_on ? severity_parse(fail_on) : SEVERITY_CRITICAL + 1;
	AUTO_JSON *made = NULL;

	if (check && c->args_len == 0)
		return explain_check(c, check, e);
	if (check && !check_named(check)) /* before packages are read */
		return explain_check(c, check, e);
	if (c->args_len != 2)
		return err_usage(e, "diff wants two files: sluice diff OLD NEW");
	if (limit < 0 || (fail_on && limit == SEVERITY_INFO))
		return err_usage(e, "--fail-on %s: want low, medium, high or critical", fail_on);
	if (diff(c, &made, e) || (opt(c, "--report") && diff_write(opt(c, "--report"), made, e)))
		return -1;
	const json_t *findings = json_list(made, "findings");
	bool is_found = json_array_size(findings) > 0 && (int)findings_worst(findings) >= limit;
	if (c->is_json) {
		if (check)
			json_object_set_new(made, "explained", check_json(check_named(check)));
		print_json(json_incref(made));
		return is_found ? 1 : 0;
	}
	print_findings(c, findings);
	print_findings_sum(c, findings);
	if (check) {
		say("\n");
		if (explain_check(c, check, e))
			return -1;
	}
	return is_found ? 1 : 0;
}

const struct command cmd_diff = {
	.name = "diff",
	.run = run,
	.about = "what changed between two versions, and does it weaken us",
	.arguments = "[OLD NEW] [--fail-on SEVERITY] [--report DIR] [--explain CHECK]",
	.least = 0,
	.most = 2,
	.options = options,
	.more = "OLD and NEW are a package each, or a folder that holds only packages: what is updated together is "
		"compared together. Reports of "
		"'sluice test' add what the versions did on the test system.",
};
