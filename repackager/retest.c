/* retest.c - `sluice test C-1`: a candidate's packages once more; new evidence beside the old. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "repackager/prove_test.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { REPORT_MAX = 256 << 20 };

struct again {
	struct release *release;
	const struct retest *asked;
	char *work;
	json_t *shown; /* candidate_show */
	struct prove prove;
	json_t *decided;      /* by people, on findings of this candidate */
	LIST(char *) strings; /* what prove points to */
	json_t *released;     /* the version now released, its submission; or NULL */
};

static char *keep(struct again *a, char *text)
{
	*LIST_ADD(&a->strings) = text;
	return text;
}

/* ---- what it was tested with */
static const json_t *last_test(const struct again *a, const char *target)
{
	const json_t *found = NULL;
	size_t i;
	json_t *item;

	json_array_foreach(json_list(a->shown, "evidence"), i, item)
		if (strcmp(json_text(item, "kind"), "test") == 0 &&
			strcmp(json_text(json_map(item, "body"), "target"), target) == 0)
			found = json_map(item, "body");
	return found;
}

static int report_of(struct again *a, const json_t *body, json_t **ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len;

	*ret = NULL;
	if (!*json_text(body, "report"))
		return 0;
	if (blob_get(a->release->store->blobs, json_text(body, "report"), REPORT_MAX, &bytes, &len, e))
		return err_wrap(e, "the earlier report");
	*ret = json_parse(bytes, len, "report", e);
	return *ret ? 0 : -1;
}

static void name_root(struct again *a, struct prove_set *s, const json_t *report)
{
	const json_t *root = json_map(json_find(json_list(report, "runs"), "target", s->target), "root");

	if (a->asked->root)
		s->root = a->asked->root;
	else if (!json_flag(root, "is_machine") && *json_text(root, "name")) {
		s->root = keep(a, mem_strdup(json_text(root, "name")));
		s->named_by = mem_printf("the earlier test of target %s", s->target);
	}
}

static void add_folder(struct again *a, const char *path)
{
	for (size_t i = 0; i < a->prove.with.len; i++)
		if (strcmp(a->prove.with.at[i], path) == 0)
			return;
	if (fs_exists(path))
		*LIST_ADD(&a->prove.with) = keep(a, mem_strdup(path));
	else
		event_log(a->asked->events, EVENT_WARNING,
			"%s, where the earlier test took dependencies from, is gone; name another with --with", path);
}

static bool still_is(const char *path, const char *digest)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct err ignored = { 0 };
	char now[SHA256_HEX];
	uint64_t size;

	return fd >= 0 && sha256_fd(fd, now, &size, &ignored) == 0 && strcmp(now, digest) == 0;
}

/* The file itself when it is what it was (what it provides lies beside it), else what the store kept. */
static int name_expectations(struct again *a, const json_t *inputs, const char *digest, struct err *e)
{
	const char *path = json_text(inputs, "expect");

	if (!*digest || a->prove.expect)
		return 0;
	if (*path && still_is(path, digest)) {
		a->prove.expect = keep(a, mem_strdup(path));
		return 0;
	}
	AUTO_FREE char *blob = blob_path(a->release->store->blobs, digest);
	char *copy = keep(a, fs_join(a->work, "expect.yaml"));
	if (!blob || blob_check(a->release->store->blobs, digest, NULL, e) || fs_copy_file(blob, copy, 0600, e))
		return err_wrap(e, "the recorded expectations");
	a->prove.expect = copy;
	return 0;
}

static int recall(struct again *a, struct err *e)
{
	for (size_t i = 0; i < a->prove.sets.len; i++) {
		struct prove_set *s = &a->prove.sets.at[i];
		const json_t *body = last_test(a, s->target);
		AUTO_JSON *report = NULL;
		size_t k;
		json_t *folder;

		if (report_of(a, body, &report, e))
			return -1;
		name_root(a, s, report);
		json_array_foreach(json_list(json_map(report, "inputs"), "with"), k, folder)
			add_folder(a, json_string_value(folder));
		if (name_expectations(a, json_map(report, "inputs"), json_text(body, "expect"), e))
			return -1;
	}
	for (size_t i = 0; i < a->asked->with_len; i++)
		add_folder(a, a->asked->with[i]);
	return 0;
}

/* ---- its packages */
static int fetch(struct again *a, const json_t *package, size_t index, struct err *e)
{
	const char *sha = json_text(package, "sha256"), *base = strrchr(json_text(package, "location"), '/');
	AUTO_FREE char *blob = blob_path(a->release->store->blobs, sha), *folder = mem_printf("%s/%zu", a->work, index);
	AUTO_FREE char *path = fs_join(folder, base ? base + 1 : "package");

	if (!blob || blob_check(a->release->store->blobs, sha, NULL, e) || fs_mkdirs(folder, 0700, e) ||
		fs_link_or_copy(blob, path, e))
		return err_wrap(e, "package %s", json_text(package, "name"));
	prove_add(&a->prove, package, path);
	return 0;
}

static int prepare(struct again *a, struct err *e)
{
	const json_t *submit = json_map(a->shown, "submit");
	size_t i;
	json_t *package;

	json_array_foreach(json_list(submit, "packages"), i, package)
		if (fetch(a, package, i, e))
			return -1;
	return recall(a, e) || candidate_released(a->release, json_text(submit, "product"), &a->released, e) ||
			prove_add_old(&a->prove, a->released, a->work, e)
		? -1
		: 0;
}

/* ---- what it proves now */
static int record_one(
	struct again *a, const char *kind, size_t i, const char *verdict, json_t *body, json_t *digests, struct err *e)
{
	AUTO_JSON *evidence = evidence_json(kind, json_incref(a->prove.sets.at[i].subjects), verdict, when_now(), body);
	char digest[65];

	if (evidence_record(a->release, a->asked->actor, a->asked->candidate, evidence, digest, e))
		return err_wrap(e, "recording the evidence");
	return json_array_append_new(digests, json_string(digest));
}

static int record(struct again *a, json_t *report, struct err *e)
{
	json_t *digests = json_array();

	json_object_set_new(report, "evidence", digests);
	for (size_t i = 0; !a->asked->scenarios && i < a->prove.sets.len; i++) {
		const char *verdict;
		json_t *body = prove_body(&a->prove, i, report, &verdict);

		if (record_one(a, "test", i, verdict, body, digests, e))
			return -1;
		body = prove_way_back(&a->prove, i, report, &verdict);
		if (body && record_one(a, "rollback", i, verdict, body, digests, e))
			return -1;
	}
	return 0;
}

static int run(struct again *a, json_t **ret, struct err *e)
{
	char *person = NULL, *home = NULL, *key = NULL;
	/* Who acts must stand before the work is done. */
	int rc = release_whoami(a->release, a->asked->actor, &person, &home, &key, e) ||
			candidate_show(a->release, a->asked->candidate, &a->shown, e)
		? -1
		: 0;

	if (rc == 0 && strcmp(person, json_text(a->shown, "submitter")) != 0)
		event_log(a->asked->events, EVENT_WARNING,
			"%s submitted %s: a pass that %s finds is recorded, and is no evidence for the gate",
			json_text(a->shown, "submitter"), a->asked->candidate, person);
	free(person);
	free(home);
	free(key);
	if (rc)
		return -1;
	if (strcmp(json_text(a->shown, "state"), "withdrawn") == 0)
		return err_usage(e, "%s was withdrawn", a->asked->candidate);
	if (finding_decided(a->release, a->asked->candidate, json_text(json_map(a->shown, "submit"), "product"),
		    &a->decided, e))
		return -1;
	a->prove.decided = a->decided;
	if (fs_temp_dir("retest", &a->work, e) || prepare(a, e) || prove_run(&a->prove, ret, e))
		return -1;
	json_set_str(*ret, "candidate", a->asked->candidate);
	if (record(a, *ret, e) == 0)
		return 0;
	json_decref(*ret);
	*ret = NULL;
	return -1;
}

int retest(struct release *r, const struct retest *t, json_t **ret_report, struct err *e)
{
	struct again a = { .release = r,
		.asked = t,
		.prove = {
			.release = r, .events = t->events, .scenarios = t->scenarios, .report_dir = t->report_dir } };
	struct err ignored = { 0 };
	int rc = run(&a, ret_report, e);

	if (rc)
		release_note(r, t->actor, "test", t->candidate, e->text);
	prove_done(&a.prove);
	json_decref(a.decided);
	json_decref(a.released);
	for (size_t i = 0; i < a.strings.len; i++)
		free(a.strings.at[i]);
	LIST_DONE(&a.strings);
	json_decref(a.shown);
	if (a.work)
		fs_remove_tree(a.work, &ignored);
	free(a.work);
	return rc;
}
