/* candidate.c - what was built from a vendor's file, with all that was found out about it. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/release.h"
#include <stdio.h>
#include <string.h>

enum { EVIDENCE_FILE_MAX = 8 << 20, PACKAGES_MAX = 1000 };

/* ---- is the submit body whole? */
static int has_blob(struct release *r, const char *digest, const char *what, bool is_optional, struct err *e)
{
	if (is_optional && !*digest)
		return 0;
	return blob_has(r->store->blobs, digest) ? 0
						 : err_env(e, "candidate: %s '%s' is not in the store", what, digest);
}

static int all_blobs(struct release *r, const json_t *list, const char *what, struct err *e)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		if (has_blob(r, json_is_string(item) ? json_string_value(item) : "", what, false, e))
			return -1;
	return 0;
}

static bool is_safe_location(const char *location)
{
	return *location && location[0] != '/' && !strstr(location, "..") && !strstr(location, "//") &&
		strlen(location) < 512;
}

static int check_package(struct release *r, const json_t *package, struct err *e)
{
	static const char *const texts[] = { "target", "format", "name", "version", "architecture" };
	const char *location = json_text(package, "location");

	for (size_t i = 0; i < COUNT(texts); i++)
		if (!*json_text(package, texts[i]))
			return err_env(e, "candidate: a package without %s", texts[i]);
	if (!is_safe_location(location) ||
		(*json_text(package, "path") && !is_safe_location(json_text(package, "path"))) ||
		strchr(json_text(package, "suite"), '/') || json_text(package, "suite")[0] == '.')
		return err_env(e, "candidate: a package with the place '%s'", location);
	return has_blob(r, json_text(package, "sha256"), "package", false, e) ||
			has_blob(r, json_text(package, "fragment"), "fragment", false, e)
		? -1
		: 0;
}

static int check_submit(struct release *r, const json_t *submit, struct err *e)
{
	size_t i;
	json_t *package;

	if (!*json_text(submit, "product") || !digest_is_hex(json_text(json_map(submit, "source"), "sha256")))
		return err_env(e, "candidate: product or source is missing");
	if (!json_array_size(json_list(submit, "packages")) ||
		json_array_size(json_list(submit, "packages")) > PACKAGES_MAX)
		return err_env(e, "candidate: it has no packages, or too many");
	json_array_foreach(json_list(submit, "packages"), i, package)
		if (check_package(r, package, e))
			return -1;
	return all_blobs(r, json_list(submit, "evidence"), "evidence", e) ||
			all_blobs(r, json_list(submit, "reports"), "report", e) ||
			has_blob(r, json_text(submit, "recipe"), "recipe", true, e) ||
			has_blob(r, json_text(submit, "house"), "house", true, e) ||
			has_blob(r, json_text(submit, "facts"), "facts", true, e)
		? -1
		: 0;
}

static int add_row(struct release *r, const char *record, void *context, struct err *e)
{
	const json_t *body = context, *submit = json_map(body, "submit");

	return db_run(r->store->db, e,
		"INSERT INTO candidate (id, product, version, record, state) VALUES ($1, $2, $3, $4, 'open')",
		json_text(body, "candidate"), json_text(submit, "product"), json_text(submit, "version"), record);
}

int candidate_add(struct release *r, const struct actor *actor, json_t *submit, char ret_id[32], struct err *e)
{
	AUTO_JSON *body = json_pack("{s:o}", "submit", submit);
	AUTO_FD int lock = store_lock(r->store, e);
	struct act act = { "submit", NULL, body, add_row, body };
	char id[32], record[65];

	if (lock < 0 || check_submit(r, submit, e) || release_next(r, "submit", "C", id, e))
		return -1;
	json_object_set_new(body, "candidate", json_string(id));
	act.subject = id;
	if (release_act(r, actor, &act, record, e))
		return err_wrap(e, "submit");
	memcpy(ret_id, id, sizeof id);
	return 0;
}

/* ---- looking */
static json_t *rows_of(struct release *r, const char *id, struct err *e)
{
	return id ? db_rows(r->store->db, "SELECT id, product, version, record, state FROM candidate WHERE id = $1",
			    DB_TEXTS(id), e)
		  : db_rows(r->store->db,
			    "SELECT id, product, version, record, state FROM candidate ORDER BY length(id), id", NULL,
			    0, e);
}

static int submit_row(struct release *r, const char *id, char ret_record[65], char ret_signature[65], struct err *e)
{
	AUTO_JSON *rows = db_rows(r->store->db,
		"SELECT record, signature FROM log WHERE action = 'submit' AND subject = $1 AND record <> '' ORDER BY "
		"seq LIMIT 1",
		DB_TEXTS(id), e);

	if (!rows)
		return -1;
	if (!json_array_size(rows))
		return err_usage(e, "there is no candidate %s", id);
	snprintf(ret_record, 65, "%s", json_text(json_array_get(rows, 0), "record"));
	snprintf(ret_signature, 65, "%s", json_text(json_array_get(rows, 0), "signature"));
	return 0;
}

/* The submit record, believed. */
static int submitted(struct release *r, const char *id, struct record *ret, struct err *e)
{
	char record[65], signature[65];

	if (submit_row(r, id, record, signature, e) ||
		record_load(&r->source.source, record, signature, &r->chain, false, ret, e))
		return -1;
	if (strcmp(json_text(ret->body, "candidate"), id) != 0) {
		record_done(ret);
		return err_verdict(e, "E_MISMATCH", "the catalogue's record for %s is about another candidate", id);
	}
	return 0;
}

int candidate_list(struct release *r, json_t **ret, struct err *e)
{
	json_t *rows = rows_of(r, NULL, e);

	if (!rows)
		return -1;
	*ret = json_pack("{s:o}", "candidates", rows);
	return 0;
}

static json_t *evidence_of(struct release *r, const char *id, const struct record *submit, struct err *e)
{
	json_t *list = json_array(), *digest, *row;
	AUTO_JSON *digests = json_copy(json_list(json_map(submit->body, "submit"), "evidence"));
	AUTO_JSON *rows = db_rows(r->store->db,
		"SELECT record, signature FROM log WHERE action = 'evidence' AND subject = $1 AND record <> '' ORDER "
		"BY seq",
		DB_TEXTS(id), e);
	size_t i;

	if (!digests)
		digests = json_array();
	json_array_foreach(rows, i, row) {
		struct record one;

		if (record_load(&r->source.source, json_text(row, "record"), json_text(row, "signature"), &r->chain,
			    false, &one, e))
			goto failed;
		json_array_append(digests, json_object_get(one.body, "evidence"));
		record_done(&one);
	}
	json_array_foreach(digests, i, digest) {
		json_t *item = source_json(&r->source.source, json_string_value(digest), e);

		if (!item)
			goto failed;
		json_object_set(item, "digest", digest);
		json_array_append_new(list, item);
	}
	if (rows)
		return list;
failed:
	json_decref(list);
	return NULL;
}

int candidate_show(struct release *r, const char *id, json_t **ret, struct err *e)
{
	AUTO_JSON *rows = rows_of(r, id, e);
	struct record record;
	json_t *evidence;

	if (!rows || submitted(r, id, &record, e))
		return -1;
	evidence = evidence_of(r, id, &record, e);
	if (evidence)
		*ret = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:o}", "id", id, "state",
			json_text(json_array_get(rows, 0), "state"), "submitter", record.person, "submitted",
			json_text(record.json, "time"), "record", record.digest, "submit",
			json_map(record.body, "submit"), "evidence", evidence);
	record_done(&record);
	return evidence ? 0 : -1;
}

/* ---- withdrawing */
static int withdraw_row(struct release *r, const char *record, void *context, struct err *e)
{
	return db_run(r->store->db, e, "UPDATE candidate SET state = 'withdrawn' WHERE id = $1", (const char *)context);
}

int candidate_withdraw(struct release *r, const struct actor *actor, const char *id, const char *reason,
	const char *superseded_by, struct err *e)
{
	AUTO_FD int lock = store_lock(r->store, e);
	AUTO_JSON *body = json_pack("{s:s, s:s, s:s}", "candidate", id, "reason", reason, "superseded_by",
		superseded_by ? superseded_by : "");
	struct act act = { "candidate-withdraw", id, body, withdraw_row, (void *)(uintptr_t)id };
	char record[65], signature[65];

	if (lock < 0 || submit_row(r, id, record, signature, e) ||
		(superseded_by && *superseded_by && submit_row(r, superseded_by, record, signature, e)))
		return -1;
	return release_act(r, actor, &act, record, e);
}

/* ---- what is out there */
int candidate_released(struct release *r, const char *product, json_t **ret, struct err *e)
{
	AUTO_JSON *rows = db_rows(
		r->store->db, "SELECT subject FROM log WHERE action = 'snapshot' ORDER BY seq DESC", NULL, 0, e);
	AUTO_JSON *log = rows ? store_rows(r->store, NULL, e) : NULL;
	size_t i;
	json_t *row;

	if (!log)
		return -1;
	*ret = NULL;
	json_array_foreach(rows, i, row) {
		const char *rfc = strstr(json_text(row, "subject"), "R-"), *opening = rfc ? opening_of(log, rfc) : NULL;
		struct slice rest = slice_of(opening ? opening : ""), word;

		while (slice_cut(&rest, ' ', &word)) {
			AUTO_FREE char *id = strndup(word.at, word.len);
			struct record record;

			if (!text_starts(id, "C-"))
				continue;
			if (submitted(r, id, &record, e))
				return -1;
			if (strcmp(json_text(json_map(record.body, "submit"), "product"), product) == 0) {
				*ret = json_copy(json_map(record.body, "submit"));
				json_object_set_new(*ret, "candidate", json_string(id));
			}
			record_done(&record);
			if (*ret)
				return 0;
		}
	}
	return 0;
}

/* ---- evidence by people, findings and their acceptance */
int evidence_add(struct release *r, const struct actor *actor, const char *candidate, const char *kind,
	const char *verdict, const char *file, struct err *e)
{
	AUTO_FD int lock = store_lock(r->store, e);
	AUTO_JSON *evidence = NULL, *body = NULL;
	AUTO_FREE char *bytes = NULL, *canonical = NULL;
	struct record submit;
	struct act act = { "evidence", candidate, NULL, NULL, NULL };
	char digest[65], file_digest[65], record[65];
	uint64_t size;
	size_t len, i;
	json_t *subjects = json_array(), *package;

	if (strcmp(verdict, "pass") != 0 && strcmp(verdict, "fail") != 0)
		return json_decref(subjects), err_usage(e, "--verdict %s: pass or fail", verdict);
	if (strcmp(kind, "acceptance") != 0 && strcmp(kind, "vendor-checksum") != 0 && strcmp(kind, "advisory") != 0)
		return json_decref(subjects),
		       err_usage(e, "--kind %s: acceptance, vendor-checksum or advisory; the rest comes with submit",
			       kind);
	if (lock < 0 || submitted(r, candidate, &submit, e))
		return json_decref(subjects), -1;
	json_array_append_new(
		subjects, json_string(json_text(json_map(json_map(submit.body, "submit"), "source"), "sha256")));
	json_array_foreach(json_list(json_map(submit.body, "submit"), "packages"), i, package)
		json_array_append(subjects, json_object_get(package, "sha256"));
	record_done(&submit);
	evidence = evidence_json(kind, subjects, verdict, when_now(), json_object());
	if (fs_read_file(file, EVIDENCE_FILE_MAX, &bytes, &len, e) ||
		blob_put_file(r->store->blobs, file, file_digest, &size, e))
		return -1;
	json_object_set_new(json_map(evidence, "body"), "file", json_string(file_digest));
	if (json_canonical(evidence, &canonical, &len, e) || blob_put(r->store->blobs, canonical, len, digest, e))
		return -1;
	body = json_pack("{s:s, s:s}", "candidate", candidate, "evidence", digest);
	act.body = body;
	return release_act(r, actor, &act, record, e);
}

int evidence_record(struct release *r, const struct actor *actor, const char *candidate, const json_t *evidence,
	char ret_digest[65], struct err *e)
{
	AUTO_FD int lock = store_lock(r->store, e);
	AUTO_FREE char *bytes = NULL;
	AUTO_JSON *body = NULL;
	struct act act = { "evidence", candidate, NULL, NULL, NULL };
	char digest[65], submit[65], signature[65], record[65];
	size_t len;

	if (lock < 0 || submit_row(r, candidate, submit, signature, e) || json_canonical(evidence, &bytes, &len, e) ||
		blob_put(r->store->blobs, bytes, len, digest, e))
		return -1;
	body = json_pack("{s:s, s:s}", "candidate", candidate, "evidence", digest);
	act.body = body;
	if (release_act(r, actor, &act, record, e))
		return -1;
	memcpy(ret_digest, digest, sizeof digest);
	return 0;
}

static void finding_digest(const json_t *finding, char ret[65])
{
	AUTO_JSON *copy = json_deep_copy(finding);
	struct err ignored = { 0 };

	json_object_del(copy, "digest");
	if (json_digest(copy, ret, &ignored))
		ret[0] = '\0';
}

static int acceptances_of(struct release *r, const char *candidate, json_t *ret, struct err *e)
{
	AUTO_JSON *rows = db_rows(r->store->db,
		"SELECT record, signature FROM log WHERE action = 'accept' AND subject = $1 AND record <> '' ORDER BY "
		"seq",
		DB_TEXTS(candidate), e);
	size_t i;
	json_t *row;

	if (!rows)
		return -1;
	json_array_foreach(rows, i, row) {
		struct record one;
		json_t *item;

		if (record_load(&r->source.source, json_text(row, "record"), json_text(row, "signature"), &r->chain,
			    false, &one, e))
			return -1;
		item = json_copy((json_t *)one.body);
		json_set_str(item, "person", one.person);
		json_array_append_new(ret, item);
		record_done(&one);
	}
	return 0;
}

int finding_list(struct release *r, const char *candidate, json_t **ret, struct err *e)
{
	AUTO_JSON *accepted = json_array(), *evidence = NULL;
	struct record submit;
	json_t *list = json_array(), *item, *finding, *a;
	size_t i, k, j;

	if (submitted(r, candidate, &submit, e))
		goto failed;
	evidence = evidence_of(r, candidate, &submit, e);
	record_done(&submit);
	if (!evidence || acceptances_of(r, candidate, accepted, e))
		goto failed;
	json_array_foreach(evidence, i, item)
		json_array_foreach(json_list(json_map(item, "body"), "findings"), k, finding) {
			json_t *one = json_copy(finding), *by = json_array();
			char digest[65];

			finding_digest(finding, digest);
			json_set_str(one, "digest", digest);
			json_array_foreach(accepted, j, a)
				if (strcmp(json_text(a, "finding"), digest) == 0)
					json_array_append(by, a);
			json_object_set_new(one, "accepted", by);
			json_array_append_new(list, one);
		}
	*ret = json_pack("{s:s, s:o}", "candidate", candidate, "findings", list);
	return 0;
failed:
	json_decref(list);
	return -1;
}

int finding_decided(struct release *r, const char *candidate, json_t **ret, struct err *e)
{
	AUTO_JSON *accepted = json_array();
	json_t *decided, *a;
	size_t i;

	if (acceptances_of(r, candidate, accepted, e))
		return -1;
	decided = json_object();
	json_array_foreach(accepted, i, a) {
		const char *until = json_text(a, "until");
		struct err ignored = { 0 };
		int64_t at = INT64_MAX;

		if (*until && when_parse(until, "UTC", &at, &ignored))
			continue;
		if (at >= when_now())
			json_object_set_new(decided, json_text(a, "finding"),
				json_pack("{s:s, s:s, s:s}", "reason", json_text(a, "reason"), "role",
					json_text(a, "role"), "until", until));
	}
	*ret = decided;
	return 0;
}

/* A short digest is fine as long as it means one finding. */
static int finding_named(
	struct release *r, const char *candidate, const char *id, char ret[65], char ret_check[128], struct err *e)
{
	AUTO_JSON *all = NULL;
	size_t i, matches = 0;
	json_t *finding;

	if (finding_list(r, candidate, &all, e))
		return -1;
	json_array_foreach(json_list(all, "findings"), i, finding)
		if (strlen(id) >= 8 && text_starts(json_text(finding, "digest"), id) &&
			(!matches || strcmp(ret, json_text(finding, "digest")) != 0)) {
			matches++;
			snprintf(ret, 65, "%s", json_text(finding, "digest"));
			snprintf(ret_check, 128, "%s", json_text(finding, "check"));
		}
	return matches == 1
		? 0
		: err_usage(e, matches ? "%s: finding '%s' is not clear" : "%s has no finding '%s'", candidate, id);
}

static bool may_accept(const json_t *policy, const char *check, const char *role)
{
	size_t i;
	json_t *item;

	json_array_foreach(policy_acceptors(policy, check), i, item)
		if (strcmp(json_string_value(item), role) == 0)
			return true;
	return false;
}

int finding_accept(struct release *r, const struct actor *actor, const char *candidate, const char *finding,
	const char *role, const char *reason, int64_t until, const char *scope, struct err *e)
{
	AUTO_FD int lock = store_lock(r->store, e);
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL;
	AUTO_JSON *body = NULL;
	struct act act = { "accept", candidate, NULL, NULL, NULL };
	char digest[65] = "", check[128], when[32] = "", record[65];

	if (lock < 0 || release_whoami(r, actor, &person, &home, &key, e) ||
		finding_named(r, candidate, finding, digest, check, e))
		return -1;
	if (!policy_holds(release_policy(r), person, role) || !may_accept(release_policy(r), check, role))
		return err_verdict(e, NULL, "%s as %s may not accept %s", person, role, check);
	if (scope && *scope && strcmp(scope, "rfc") != 0)
		return err_usage(e, "--scope %s: only 'rfc' is supported", scope);
	if (until)
		when_utc(until, when);
	body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "candidate", candidate, "finding", digest, "check",
		check, "role", role, "reason", reason, "until", when, "scope", "rfc");
	act.body = body;
	return body ? release_act(r, actor, &act, record, e) : err_usage(e, "a text is not UTF-8");
}
