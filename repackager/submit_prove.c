/* submit_prove.c - the evidence of a submission: who signed the vendor's file, what the test system saw, what changed since the released version. */
#include "base/fs.h"
#include "base/text.h"
#include "inspect/inspect.h"
#include "inspect/recipe_changed.h"
#include "repackager/submit_job.h"
#include "repackager/verify_vendor.h"
#include "sandbox/test.h"
#include <string.h>

enum { BLOB_MAX = 64 << 20 };

/* ---- the vendor's signature */

static json_t *source_subject(const struct submit_job *job)
{
	return json_pack("[s]", job->made.inputs.at[0].sha256);
}

static void free_pins(char **pins, size_t len)
{
	for (size_t i = 0; i < len; i++)
		free(pins[i]);
	free(pins);
}

/* FILE.asc or FILE.sig beside the file, when the recipe says that the signature is detached. */
static char *signature_beside(const struct submit_job *job)
{
	static const char *const endings[] = { ".asc", ".sig" };

	if (job->asked->signature || strcmp(document_text(&job->recipe, "source/signature"), "detached") != 0)
		return NULL;
	for (size_t i = 0; i < COUNT(endings); i++) {
		char *path = mem_printf("%s%s", job->asked->file, endings[i]);
		if (fs_exists(path))
			return path;
		free(path);
	}
	return NULL;
}

/* `signature: {checksums: SHA256SUMS, over: SHA256SUMS.asc}`: both lie beside the file. NULL: not said, or the command line says another way. */
static char *listed_beside(const struct submit_job *job, const char *key)
{
	const char *name = json_text(document_at(&job->recipe, "source/signature"), key), *file = job->asked->file;
	const char *slash = strrchr(file, '/');

	if (!name[0] || job->asked->signature || job->asked->checksums || job->asked->apt_release)
		return NULL;
	return name[0] == '/' ? mem_strdup(name)
			      : mem_printf("%.*s%s", slash ? (int)(slash + 1 - file) : 0, file, name);
}

static int verify_pinned(struct submit_job *job, char **pins, size_t len, struct err *e)
{
	const struct convert_input *in = &job->made.inputs.at[0];
	AUTO_FREE char *beside = signature_beside(job), *list = listed_beside(job, "checksums"),
		       *over = listed_beside(job, "over");
	struct vendor_result result;
	struct err why = { 0 };
	struct vendor_verify v = { .path = in->path,
		.keyring = policy_keyring(job->release),
		.pinned = (const char *const *)pins,
		.pinned_len = len,
		.signature = job->asked->signature ? job->asked->signature
			: over                     ? over
						   : beside,
		.checksums = job->asked->checksums ? job->asked->checksums : list,
		.apt_release = job->asked->apt_release,
		.apt_packages = job->asked->apt_packages,
		.pkg = &in->pkg,
		.pkg_sha256 = in->sha256,
		.events = job->asked->events };

	if (vendor_verify(&v, &result, &why) == 0) {
		if (!job->vendor[0]) {
			const char *vendor = policy_vendor_of(
				release_policy(job->release), result.signature.fingerprint);
			free(job->vendor);
			job->vendor = mem_strdup(vendor ? vendor : "");
		}
		json_t *body = vendor_result_json(&result);
		json_set_str(body, "vendor", job->vendor);
		AUTO_FREE char *text = mem_printf("signed by %s (%s)", result.signature.fingerprint, job->vendor);
		return submit_evidence(job, "vendor-signature", source_subject(job), "pass", text, body, e);
	}
	if (why.class != ERR_VERDICT) {
		*e = why;
		return err_wrap(e, "the vendor's signature");
	}
	json_t *body = vendor_refusal_json(&v, &why);
	json_set_str(body, "vendor", job->vendor);
	return submit_evidence(job, "vendor-signature", source_subject(job), "fail", why.text, body, e);
}

int submit_vendor(struct submit_job *job, struct err *e)
{
	char **pins = NULL;
	size_t len = 0;

	job->vendor = mem_strdup(recipe_vendor(&job->recipe));
	if (policy_vendor_pins(job->release, job->vendor[0] ? job->vendor : NULL, &pins, &len, e))
		return -1;
	if (len == 0) {
		AUTO_FREE char *text = job->vendor[0] ? mem_printf("the policy pins no key of vendor '%s'", job->vendor)
						      : mem_strdup("the policy pins no vendor's key");
		free_pins(pins, len);
		return submit_evidence(job, "vendor-signature", source_subject(job), "fail", text,
			json_pack("{s:s, s:s}", "vendor", job->vendor, "text", text), e);
	}
	int done = verify_pinned(job, pins, len, e);
	free_pins(pins, len);
	return done;
}

/* ---- the test system */

/* The package of the same target in what is released now, as a file of its own name; NULL: none. */
static char *released_package(struct submit_job *job, const json_t *released, const char *target, struct err *e)
{
	size_t i;
	json_t *p;

	json_array_foreach(json_list(released, "packages"), i, p) {
		if (strcmp(json_text(p, "target"), target) != 0)
			continue;
		const char *base = strrchr(json_text(p, "location"), '/');
		AUTO_FREE char *folder = mem_printf("%s/released-%s", job->work, target);
		AUTO_FREE char *blob = blob_path(job->release->store->blobs, json_text(p, "sha256"));
		char *path = fs_join(folder, base ? base + 1 : "package");
		if (blob && blob_check(job->release->store->blobs, json_text(p, "sha256"), NULL, e) == 0 &&
			fs_mkdirs(folder, 0700, e) == 0 && fs_link_or_copy(blob, path, e) == 0)
			return path;
		free(path);
		return NULL;
	}
	return NULL;
}

static const char *root_of(const struct submit_job *job, const char *target, const char *format)
{
	AUTO_FREE char *by_target = mem_printf("test/root/%s", target), *by_format = mem_printf("test/root/%s", format);
	const char *root = document_text(&job->recipe, by_target);

	if (!root[0])
		root = document_text(&job->recipe, by_format);
	if (!root[0])
		root = document_text(&job->recipe, "test/root"); /* one for all */
	if (!root[0])
		root = submit_target_text(job, target, "root");
	return root[0] ? root : NULL;
}

static bool has_word(const json_t *list, const char *word)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (strcmp(json_string_value(one), word) == 0)
			return true;
	return false;
}

/* What the machine offered to every scenario, in the policy's words. */
static json_t *offered(const json_t *report)
{
	json_t *all = NULL;
	const json_t *run, *scenario;
	size_t i, k;

	json_array_foreach(json_list(report, "runs"), i, run)
		json_array_foreach(json_list(run, "scenarios"), k, scenario) {
			const json_t *layers = json_list(scenario, "layers");

			if (!all)
				all = layers ? json_deep_copy(layers) : json_array();
			for (size_t w = json_array_size(all); w-- > 0;)
				if (!has_word(layers, json_string_value(json_array_get(all, w))))
					json_array_remove(all, w);
		}
	return all ? all : json_array();
}

static int keep_report(struct submit_job *job, json_t *report, char ret[65], struct err *e)
{
	AUTO_FREE char *bytes = json_dumps(report, JSON_INDENT(1) | JSON_SORT_KEYS);
	if (blob_put(job->release->store->blobs, bytes, strlen(bytes), ret, e))
		return -1;
	json_array_append_new(job->reports, json_string(ret));
	return 0;
}

/* `test: {with: DIR}` or a list of them. */
struct folders {
	char **at;
	size_t len, room;
};

static void folders_done(struct folders *f)
{
	for (size_t i = 0; i < f->len; i++)
		free(f->at[i]);
	LIST_DONE(f);
}

static void folders_of(const struct document *recipe, struct folders *ret)
{
	json_t *with = document_at(recipe, "test/with"), *one;
	size_t i;

	if (json_is_string(with))
		*LIST_ADD(ret) = document_file(recipe, json_string_value(with));
	json_array_foreach(with, i, one) /* nothing when it is no list */
		*LIST_ADD(ret) = document_file(recipe, json_string_value(one));
}

static int test_one(struct submit_job *job, size_t i, const json_t *released, struct err *e)
{
	const json_t *package = json_array_get(job->packages, i);
	const char *target = json_text(package, "target");
	AUTO_FREE char *old = released ? released_package(job, released, target, e) : NULL;
	AUTO_FREE char *expect = document_text(&job->recipe, "expect")[0]
		? document_file(&job->recipe, document_text(&job->recipe, "expect"))
		: NULL;
	AUTO_FREE char *required = policy_required(job->release);
	AUTO(folders) with = { 0 };
	AUTO_JSON *report = NULL;
	char digest[65];
	folders_of(&job->recipe, &with);
	struct test t = { .files = (const char *const *)&job->signed_files[i],
		.files_len = 1,
		.root = root_of(job, target, json_text(package, "format")),
		.target = target,
		.with = (const char *const *)with.at,
		.with_len = with.len,
		.upgrade_from = (const char *const *)&old,
		.upgrade_from_len = old ? 1 : 0,
		.expect = expect,
		.hide = (const char *const *)&job->release->store->path,
		.hide_len = 1,
		.require = required,
		.events = job->asked->events };

	if (!t.root)
		event_log(job->asked->events, EVENT_WARNING,
			"%s: no root is named: testing in a throw-away copy of this machine", target);
	if (test_run(&t, &report, e))
		return err_wrap(e, "testing %s", target);
	if (keep_report(job, report, digest, e))
		return -1;
	const char *verdict = json_text(report, "verdict");
	AUTO_FREE char *text = mem_printf(
		"%s: %s", target, json_text(report, "error")[0] ? json_text(report, "error") : verdict);
	return submit_evidence(job, "test", json_pack("[s]", json_text(package, "sha256")), verdict, text,
		json_pack("{s:s, s:s, s:o}", "report", digest, "target", target, "sandbox", offered(report)), e);
}

int submit_test(struct submit_job *job, struct err *e)
{
	AUTO_JSON *released = NULL;

	if (candidate_released(job->release, job->product, &released, e))
		return -1;
	for (size_t i = 0; i < json_array_size(job->packages); i++)
		if (test_one(job, i, released, e))
			return -1;
	return 0;
}

/* ---- what changed */

static int released_facts(struct submit_job *job, const json_t *released, json_t **ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len;

	*ret = NULL;
	if (!json_text(released, "facts")[0])
		return 0;
	if (blob_get(job->release->store->blobs, json_text(released, "facts"), BLOB_MAX, &bytes, &len, e))
		return err_wrap(e, "the released version's facts");
	*ret = json_parse(bytes, len, "facts", e);
	return *ret ? 0 : -1;
}

static int keep_facts(struct submit_job *job, const json_t *facts, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len;
	return json_canonical(facts, &bytes, &len, e) ||
		blob_put(job->release->store->blobs, bytes, len, job->facts, e);
}

int submit_compare(struct submit_job *job, struct err *e)
{
	const struct convert_input *in = &job->made.inputs.at[0];
	AUTO(arena) arena = { 0 };
	/* The vendor's relations and scripts, with the entries as they will be installed. */
	struct pkg model = in->pkg;
	model.entries = in->shaped.entries;
	AUTO_JSON *released = NULL, *old = NULL, *new = facts_of(&model, in->facts);
	struct findings list = { 0 };
	json_t *subjects = json_array();

	if (candidate_released(job->release, job->product, &released, e) || released_facts(job, released, &old, e) ||
		keep_facts(job, new, e) || facts_compare(old, new, &arena, &list, e)) {
		json_decref(subjects);
		return err_wrap(e, "comparing");
	}
	if (released)
		recipe_changed_finding(
			&arena, &list, "recipe and house", json_text(released, "recipe"), job->made.recipe_digest);
	json_decref(job->findings);
	job->findings = findings_json(&list);
	for (size_t i = 0; i < json_array_size(job->packages); i++)
		json_array_append_new(subjects, json_string(json_text(json_array_get(job->packages, i), "sha256")));
	AUTO_FREE char *text = mem_printf("%zu findings against %s", list.len,
		released ? json_text(released, "version") : "nothing: a first version");
	LIST_DONE(&list);
	return submit_evidence(job, "comparison", subjects, "pass", text,
		json_pack("{s:O, s:s, s:s}", "findings", job->findings, "old", json_text(released, "facts"), "new",
			job->facts),
		e);
}
