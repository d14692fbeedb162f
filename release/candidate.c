/* candidate.c - what was built from a vendor's file, with all that was found out about it. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/candidate_impl.h"
#include <stdio.h>
#include <string.h>

enum { PACKAGES_MAX = 1000 };

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
		strchr(json_text(package, "suite"), '/') || json_text(package, "suite")[0] == '.' ||
		strchr(json_text(package, "component"), '/') || json_text(package, "component")[0] == '.')
		return err_env(e, "candidate: a package with the place '%s'", location);
	return has_blob(r, json_text(package, "sha256"), "package", false, e) ||
			has_blob(r, json_text(package, "fragment"), "fragment", false, e) ||
			has_blob(r, json_text(package, "contents"), "contents", true, e)
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
	json_array_foreach(json_list(submit, "back"), i, package)
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

int candidate_submit_row(struct release *r, const char *id, char ret_record[65], char ret_signature[65], struct err *e)
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
int candidate_submitted(struct release *r, const char *id, struct record *ret, struct err *e)
{
	char record[65], signature[65];

	if (candidate_submit_row(r, id, record, signature, e) ||
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

json_t *candidate_evidence(struct release *r, const char *id, const struct record *submit, struct err *e)
{
	json_t *list = json_array(), *digest, *row;
	AUTO_JSON *digests = json_copy(json_list(json_map(submit->body, "submit"), "evidence")), *people = json_array();
	size_t first = json_array_size(digests);
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
		json_array_append_new(people, json_string(one.person));
		record_done(&one);
	}
	json_array_foreach(digests, i, digest) {
		json_t *item = source_json(&r->source.source, json_string_value(digest), e);

		if (!item)
			goto failed;
		json_object_set(item, "digest", digest);
		json_set_str(item, "person",
			i < first ? submit->person : json_string_value(json_array_get(people, i - first)));
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

	if (!rows || candidate_submitted(r, id, &record, e))
		return -1;
	evidence = candidate_evidence(r, id, &record, e);
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

	if (text_is_blank(reason))
		return err_usage(e, "withdrawing a candidate needs a reason");
	if (superseded_by && strcmp(superseded_by, id) == 0)
		return err_usage(e, "%s cannot supersede itself", id);
	if (lock < 0 || candidate_submit_row(r, id, record, signature, e) ||
		(superseded_by && *superseded_by && candidate_submit_row(r, superseded_by, record, signature, e)))
		return -1;
	return release_act(r, actor, &act, record, e);
}

/* ---- what is out there */
int candidate_released(struct release *r, const char *product, json_t **ret, struct err *e)
{
	AUTO_JSON *rows = db_rows(
		r->store->db, "SELECT subject FROM log WHERE action = 'snapshot' ORDER BY seq DESC", NULL, 0, e);
	AUTO_JSON *gone = json_array();
	size_t i;
	json_t *row;

	if (!rows || log_index_follow(r->index, r->store, NULL, e))
		return -1;
	*ret = NULL;
	json_array_foreach(rows, i, row) {
		const char *rfc = strstr(json_text(row, "subject"), "R-");
		AUTO_JSON *opened = NULL;

		if (rfc && text_ends(rfc, " rollback")) { /* what was taken back is out there no more */
			json_array_append_new(gone, json_stringn(rfc, strlen(rfc) - strlen(" rollback")));
			continue;
		}
		if (rfc && json_lists(gone, rfc))
			continue;

		if (rfc && log_index_last(r->index, rfc, "rfc-open", &opened, e))
			return -1;
		const char *opening = json_text(opened, "subject");
		struct slice rest = slice_of(opening), word;

		while (slice_cut(&rest, ' ', &word)) {
			AUTO_FREE char *id = strndup(word.at, word.len);
			struct record record;

			if (!text_starts(id, "C-"))
				continue;
			if (candidate_submitted(r, id, &record, e))
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
