/* evidence.c - what people find about a candidate (a department's own test, a second source's checksum, an advisory), and what machines find later. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/candidate_impl.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { EVIDENCE_FILE_MAX = 8 << 20 };

/* ---- what a kind asks of its file and its maker */
struct claim {
	struct release *r;
	const json_t *submit;
	const char *person, *verdict, *bytes;
	size_t len;
};

/* Is the sha256 a word of the text, in either case of its letters? */
static bool names_digest(const char *text, size_t len, const char *sha256)
{
	for (size_t i = 0; i + 64 <= len; i++)
		if (strncasecmp(text + i, sha256, 64) == 0 && (i == 0 || !isxdigit((unsigned char)text[i - 1])) &&
			(i + 64 == len || !isxdigit((unsigned char)text[i + 64])))
			return true;
	return false;
}

/* A second source that does not name these bytes says nothing about them. */
static int checksum_fits(const struct claim *c, struct err *e)
{
	const char *sha256 = json_text(json_map(c->submit, "source"), "sha256");

	if (strcmp(c->verdict, "pass") != 0 || names_digest(c->bytes, c->len, sha256))
		return 0;
	err_verdict(e, "E_DIGEST", "the second source does not name the vendor file's sha256 %s", sha256);
	return err_hint(e, "a file with that digest in it is meant, such as a SHA256SUMS from elsewhere");
}

static int anything_fits(const struct claim *c, struct err *e)
{
	return 0;
}

static const struct kind {
	const char *name;
	int (*fits)(const struct claim *c, struct err *e);
} kinds[] = {
	{ "acceptance", anything_fits },
	{ "advisory", anything_fits },
	{ "vendor-checksum", checksum_fits },
};

static const struct kind *kind_named(const char *name, struct err *e)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	err_usage(e, "--kind %s: acceptance, vendor-checksum or advisory; the rest comes with submit", name);
	return NULL;
}

/* The vendor's file and every package: a later build of the same product is another thing. */
static json_t *subjects_of(const json_t *submit)
{
	json_t *list = json_pack("[s]", json_text(json_map(submit, "source"), "sha256")), *package;
	size_t i;

	json_array_foreach(json_list(submit, "packages"), i, package)
		json_array_append(list, json_object_get(package, "sha256"));
	return list;
}

static int keep_blob(struct release *r, const json_t *evidence, char ret[65], struct err *e)
{
	AUTO_FREE char *canonical = NULL;
	size_t len;

	return json_canonical(evidence, &canonical, &len, e) ? -1 : blob_put(r->store->blobs, canonical, len, ret, e);
}

/* Nobody without a place in the policy has a word here. */
static int may_speak(struct release *r, const char *person, struct err *e)
{
	if (policy_has_any_role(release_policy(r), person))
		return 0;
	err_verdict(e, NULL, "%s holds no role in the policy", person);
	return err_hint(e, "somebody who holds one can add evidence");
}

static int say_evidence(struct release *r, const struct actor *actor, const char *candidate, const struct kind *kind,
	const char *verdict, const char *file, struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL, *bytes = NULL;
	AUTO_JSON *evidence = NULL, *body = NULL, *submit = NULL;
	struct act act = { "evidence", candidate, NULL, NULL, NULL };
	struct claim claim = { r, NULL, NULL, verdict, NULL, 0 };
	struct record record;
	char digest[65], file_digest[65], made[65];

	if (release_whoami(r, actor, &person, &home, &key, e) || candidate_submitted(r, candidate, &record, e))
		return -1;
	submit = json_incref(json_map(record.body, "submit"));
	record_done(&record);
	if (may_speak(r, person, e) || fs_read_file(file, EVIDENCE_FILE_MAX, &bytes, &claim.len, e))
		return -1;
	claim.submit = submit;
	claim.person = person;
	claim.bytes = bytes;
	if (kind->fits(&claim, e) || blob_put(r->store->blobs, bytes, claim.len, file_digest, e))
		return -1;
	evidence = evidence_json(
		kind->name, subjects_of(submit), verdict, when_now(), json_pack("{s:s}", "file", file_digest));
	if (keep_blob(r, evidence, digest, e))
		return -1;
	body = json_pack("{s:s, s:s}", "candidate", candidate, "evidence", digest);
	act.body = body;
	return release_act(r, actor, &act, made, e);
}

int evidence_add(struct release *r, const struct actor *actor, const char *candidate, const char *kind,
	const char *verdict, const char *file, struct err *e)
{
	const struct kind *known = kind_named(kind, e);
	AUTO_FD int lock = known ? store_lock(r->store, e) : -1;

	if (!known || lock < 0)
		return -1;
	if (strcmp(verdict, "pass") != 0 && strcmp(verdict, "fail") != 0)
		return err_usage(e, "--verdict %s: pass or fail", verdict);
	if (say_evidence(r, actor, candidate, known, verdict, file, e) == 0)
		return 0;
	if (e->class == ERR_VERDICT)
		release_note(r, actor, "evidence", candidate, e->text);
	return -1;
}

int evidence_record(struct release *r, const struct actor *actor, const char *candidate, const json_t *evidence,
	char ret_digest[65], struct err *e)
{
	AUTO_FD int lock = store_lock(r->store, e);
	AUTO_JSON *body = NULL;
	struct act act = { "evidence", candidate, NULL, NULL, NULL };
	char digest[65], submit[65], signature[65], record[65];

	if (lock < 0 || candidate_submit_row(r, candidate, submit, signature, e) || keep_blob(r, evidence, digest, e))
		return -1;
	body = json_pack("{s:s, s:s}", "candidate", candidate, "evidence", digest);
	act.body = body;
	if (release_act(r, actor, &act, record, e))
		return -1;
	memcpy(ret_digest, digest, sizeof digest);
	return 0;
}
