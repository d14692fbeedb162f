/* submit_prove.c - the evidence of a submission: who signed the vendor's file, what the test system saw, what changed since the released version. */
#include "base/fs.h"
#include "base/text.h"
#include "inspect/inspect.h"
#include "inspect/recipe_changed.h"
#include "inspect/signer_changed.h"
#include "repackager/others.h"
#include "repackager/prove_test.h"
#include "repackager/released_signer.h"
#include "repackager/submit_job.h"
#include "repackager/test_places.h"
#include "repackager/verify_vendor.h"
#include <stdio.h>
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
		snprintf(job->signer, sizeof job->signer, "%s", result.signature.fingerprint);
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

static int keep_way_back(struct submit_job *job, const struct prove *p, size_t i, const json_t *report, struct err *e)
{
	const char *verdict;
	json_t *body = prove_way_back(p, i, report, &verdict);

	if (!body)
		return 0;
	AUTO_FREE char *text = mem_printf("%s: %s%s", p->sets.at[i].target,
		*json_text(body, "to") ? "back to " : "taken away again, nothing older is released",
		json_text(body, "to"));
	return submit_evidence(job, "rollback", json_incref(p->sets.at[i].subjects), verdict, text, body, e);
}

/* What made a run fail, the first of it: ": upgrade: the package manager refused or failed"; "" when nothing tells. */
static char *why_failed(const json_t *run)
{
	const json_t *scenario, *found;
	size_t i, k;

	json_array_foreach(json_list(run, "scenarios"), i, scenario) {
		const char *name = json_text(scenario, "name");

		if (strcmp(json_text(scenario, "verdict"), "pass") == 0)
			continue;
		json_array_foreach(json_list(scenario, "findings"), k, found) {
			const char *where = json_text(found, "where");
			bool is_place = *where && strcmp(where, name) != 0;

			if (severity_parse(json_text(found, "severity")) >= (int)SEVERITY_HIGH)
				return mem_printf(": %s: %s%s%s", name, is_place ? where : "", is_place ? ": " : "",
					json_text(found, "text"));
		}
	}
	return mem_strdup("");
}

static int keep_evidence(struct submit_job *job, const struct prove *p, const json_t *report, struct err *e)
{
	json_array_append_new(job->reports, json_string(p->report));
	for (size_t i = 0; i < p->sets.len; i++) {
		const char *verdict, *error = json_text(report, "error");
		json_t *body = prove_body(p, i, report, &verdict);
		const json_t *run = json_array_get(json_list(report, "runs"), i);
		bool is_up_to_logs = strcmp(json_text(run, "verdict"), verdict) != 0;
		AUTO_FREE char *why = strcmp(verdict, "fail") == 0 ? why_failed(run) : mem_strdup("");
		AUTO_FREE char *text = mem_printf("%s: %s%s", p->sets.at[i].target,
			strcmp(verdict, "error") == 0 && *error ? error
				: is_up_to_logs ? "lines in logs must be accepted, or the package mended"
						: verdict,
			why);

		job->is_negative = job->is_negative || is_up_to_logs;
		if (submit_evidence(job, "test", json_incref(p->sets.at[i].subjects), verdict, text, body, e) ||
			keep_way_back(job, p, i, report, e))
			return -1;
	}
	return 0;
}

static void name_roots(struct submit_job *job, struct prove *p)
{
	for (size_t i = 0; i < p->sets.len; i++) {
		struct prove_set *s = &p->sets.at[i];

		s->root = test_root_of(&job->recipe, &job->house, s->target, s->format);
		s->named_by = s->root ? mem_printf("target %s", s->target) : NULL;
	}
}

static int test_all(struct submit_job *job, struct prove *p, struct err *e)
{
	const json_t *before = NULL;
	AUTO_JSON *decided = NULL;
	AUTO_FREE char *expect = NULL;
	AUTO(test_folders) with = { 0 };

	for (size_t i = 0; i < json_array_size(job->packages); i++)
		prove_add(p, json_array_get(job->packages, i), job->signed_files[i]);
	name_roots(job, p);
	if (document_text(&job->recipe, "expect")[0])
		p->expect = expect = document_file(&job->recipe, document_text(&job->recipe, "expect"));
	test_folders_of(&job->recipe, &with);
	for (size_t i = 0; i < with.len; i++)
		*LIST_ADD(&p->with) = with.at[i];
	if (finding_decided(job->release, "", job->product, &decided, e))
		return -1;
	p->decided = decided;
	/* What was taken over is compared; that the new version can be put over it, and taken off again, is asked of our own packages. */
	return submit_before(job, &before, e) ||
			prove_add_old(p, json_flag(before, "adopted") ? NULL : before, job->work, e) ||
			prove_run(p, &job->report, e) || keep_evidence(job, p, job->report, e)
		? -1
		: 0;
}

int submit_test(struct submit_job *job, struct err *e)
{
	struct prove p = { .release = job->release, .events = job->asked->events };
	int rc = test_all(job, &p, e);

	prove_done(&p);
	return rc;
}

/* ---- what changed */

static int released_facts(struct submit_job *job, const json_t *released, json_t **ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	struct err ignored = { 0 };
	size_t len;

	*ret = NULL;
	if (json_flag(released, "adopted"))
		return submit_adopted_facts(job, released, ret, e);
	if (!json_text(released, "facts")[0])
		return 0;
	if (blob_get(job->release->store->blobs, json_text(released, "facts"), BLOB_MAX, &bytes, &len, &ignored) == 0)
		*ret = json_parse(bytes, len, "facts", &ignored);
	if (*ret == NULL)
		*ret = json_object(); /* every check will say that it knows nothing of that version */
	return 0;
}

static int keep_facts(struct submit_job *job, const json_t *facts, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len;
	if (json_canonical(facts, &bytes, &len, e))
		return -1;
	if (len >
		BLOB_MAX) /* more than would be read again: the next version is then compared with nothing, and each check says so */
		return blob_put(job->release->store->blobs, "{}", 2, job->facts, e);
	return blob_put(job->release->store->blobs, bytes, len, job->facts, e);
}

/* Of the whole update: the vendor's relations and scripts, with the entries as they will be installed. */
static json_t *update_facts(const struct submit_job *job)
{
	json_t *all = json_object();

	for (size_t i = 0; i < job->made.inputs.len; i++) {
		const struct convert_input *in = &job->made.inputs.at[i];
		struct pkg model = in->pkg;

		model.entries = in->shaped.entries;
		AUTO_JSON *one = facts_of(&model, in->facts);
		facts_join(all, one);
	}
	return all;
}

/* What is no matter of the packages: our own part of the change, and whose word it is. */
static void add_own_findings(struct submit_job *job, const json_t *released, struct arena *arena, struct findings *list)
{
	char signer[SIGNER_MAX];
	const char *unread;

	if (!released || json_flag(released, "adopted")) /* by no recipe of ours, and signed by nobody we asked */
		return;
	released_signer(job->release->store->blobs, released, signer, &unread);
	recipe_changed_finding(arena, list, "recipe and house", json_text(released, "recipe"), job->made.recipe_digest);
	signer_changed_finding(arena, list, signer, job->signer);
	if (unread)
		signer_unknown_finding(arena, list, unread, job->signer);
}

static json_t *comparison_body(const struct submit_job *job, const json_t *released, const char *version)
{
	enum severity worst = SEVERITY_INFO;
	json_t *finding;
	size_t i;

	json_array_foreach(job->findings, i, finding) {
		int s = severity_parse(json_text(finding, "severity"));

		worst = s > (int)worst ? (enum severity)s : worst;
	}
	return json_pack("{s:O, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "findings", job->findings, "old",
		json_text(released, "facts"), "new", job->facts, "product", job->product, "old_candidate",
		json_text(released, "candidate"), "old_version", json_text(released, "version"), "new_version", version,
		"impact_floor", impact_name(impact_floor(worst)), "old_adopted", json_flag(released, "adopted"));
}

/* Where something is gone that other products may need, their facts are asked; else there is no reason to read them all. */
static int compare_facts(struct submit_job *job, const json_t *old, const json_t *new, struct arena *arena,
	struct findings *list, struct err *e)
{
	AUTO_JSON *others = NULL;
	bool is_asked = false;

	if (facts_compare(old, new, arena, list, e))
		return -1;
	for (size_t i = 0; i < list->len; i++)
		is_asked |= strcmp(list->at[i].check, "abi-broken") == 0;
	if (!is_asked)
		return 0;
	list->len = 0;
	return others_facts(job->release, job->product, "abi-broken", &others, e) ||
			facts_compare_among(others, old, new, arena, list, e)
		? -1
		: 0;
}

int submit_compare(struct submit_job *job, struct err *e)
{
	AUTO(arena) arena = { 0 };
	const json_t *released = NULL;
	AUTO_JSON *old = NULL, *new = update_facts(job);
	AUTO_FREE char *version = submit_version(job);
	struct findings list = { 0 };
	json_t *subjects = json_array();

	if (job->report)
		facts_observe(new, job->report);
	if (submit_before(job, &released, e) || released_facts(job, released, &old, e) || keep_facts(job, new, e) ||
		compare_facts(job, old, new, &arena, &list, e)) {
		json_decref(subjects);
		LIST_DONE(&list);
		return err_wrap(e, "comparing");
	}
	add_own_findings(job, released, &arena, &list);
	json_decref(job->findings);
	job->findings = findings_json(&list);
	for (size_t i = 0; i < json_array_size(job->packages); i++)
		json_array_append_new(subjects, json_string(json_text(json_array_get(job->packages, i), "sha256")));
	AUTO_FREE char *text = mem_printf("%zu findings against %s", list.len,
		released ? json_text(released, "version") : "nothing: a first version");
	LIST_DONE(&list);
	return submit_evidence(job, "comparison", subjects, "pass", text, comparison_body(job, released, version), e);
}
