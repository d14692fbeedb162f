/* audit_rows.c - the catalogue decides nothing, but people read it: each row says what signed records say, and none is missing. */
#include "base/digest.h"
#include "base/when.h"
#include "release/gate/audit_impl.h"
#include <string.h>

static void check_rfc_row(struct audit *a, const json_t *row)
{
	const char *id = json_text(row, "id"), *state;
	AUTO_JSON *pairs = NULL;
	struct err why = { 0 };
	struct dossier d;

	pairs = pairs_of(a->rows, id, 0, &why);
	if (!pairs || dossier_load(&d, &a->source.source, &a->chain, id, pairs, false, false, &why)) {
		audit_found(a->findings, "catalogue", id, "%s", why.text);
		return;
	}
	if (dossier_follows(&d, a->rows, &why))
		audit_found(a->findings, "log", id, "%s", why.text);
	state = dossier_state(&d, policies_now(&a->chain), when_now());
	if (strcmp(state, json_text(row, "state")) != 0)
		audit_found(a->findings, "catalogue", id, "its row says '%s', its records say '%s'",
			json_text(row, "state"), state);
	if (strcmp(json_text(d.rfc, "revision"), json_text(row, "revision")) != 0)
		audit_found(a->findings, "catalogue", id, "its row names another revision than its records make");
	if (strcmp(json_text(d.rfc, "impact"), json_text(row, "category")) != 0)
		audit_found(a->findings, "catalogue", id, "its row says category '%s', its records say '%s'",
			json_text(row, "category"), json_text(d.rfc, "impact"));
	if (strcmp(dossier_priority(&d, policies_now(&a->chain)), json_text(row, "priority")) != 0)
		audit_found(a->findings, "catalogue", id, "its row says priority '%s', its records do not",
			json_text(row, "priority"));
	dossier_done(&d);
}

static int check_rfc_rows(struct audit *a, struct err *e)
{
	AUTO_JSON *rows = db_rows(
		a->store->db, "SELECT id, record, revision, state, category, priority FROM rfc", NULL, 0, e);
	AUTO_JSON *seen = json_object();
	const char *id;
	size_t i;
	json_t *row, *digest;

	if (!rows)
		return -1;
	json_array_foreach(rows, i, row) {
		const char *opened = json_string_value(json_object_get(a->rfcs, json_text(row, "id")));

		json_object_set_new(seen, json_text(row, "id"), json_true());
		if (!opened || strcmp(opened, json_text(row, "record")) != 0)
			audit_found(a->findings, "catalogue", json_text(row, "id"), "a row that no signed record made");
		else
			check_rfc_row(a, row);
	}
	json_object_foreach(a->rfcs, id, digest)
		if (!json_object_get(seen, id))
			audit_found(a->findings, "catalogue", id, "its row has gone");
	return 0;
}

static bool is_withdrawn(const struct audit *a, const char *candidate)
{
	size_t i;
	json_t *row;

	json_array_foreach(a->rows, i, row)
		if (strcmp(json_text(row, "action"), "candidate-withdraw") == 0 && *json_text(row, "record") &&
			strcmp(json_text(row, "subject"), candidate) == 0)
			return true;
	return false;
}

static void check_candidate_row(struct audit *a, const json_t *row)
{
	const char *id = json_text(row, "id");
	struct err why = { 0 };
	AUTO_JSON *record = source_json(&a->source.source, json_text(row, "record"), &why);
	const json_t *body = json_map(record, "body"), *submit = json_map(body, "submit");
	bool is_logged = false;
	size_t i;
	json_t *logged;

	json_array_foreach(a->rows, i, logged)
		is_logged = is_logged ||
			(strcmp(json_text(logged, "action"), "submit") == 0 &&
				strcmp(json_text(logged, "record"), json_text(row, "record")) == 0);
	if (!record || !is_logged || strcmp(json_text(body, "candidate"), id) != 0)
		audit_found(a->findings, "catalogue", id, "a row that no signed record made");
	else if (strcmp(json_text(submit, "product"), json_text(row, "product")) != 0 ||
		strcmp(json_text(submit, "version"), json_text(row, "version")) != 0)
		audit_found(a->findings, "catalogue", id, "its row says %s %s, its record %s %s",
			json_text(row, "product"), json_text(row, "version"), json_text(submit, "product"),
			json_text(submit, "version"));
	else if (strcmp(json_text(row, "state"), is_withdrawn(a, id) ? "withdrawn" : "open") != 0)
		audit_found(
			a->findings, "catalogue", id, "its row says '%s', its records do not", json_text(row, "state"));
}

static int check_candidate_rows(struct audit *a, struct err *e)
{
	AUTO_JSON *rows = db_rows(
		a->store->db, "SELECT id, product, version, record, state FROM candidate", NULL, 0, e);
	size_t i, submits = 0;
	json_t *row;

	if (!rows)
		return -1;
	json_array_foreach(rows, i, row)
		check_candidate_row(a, row);
	json_array_foreach(a->rows, i, row)
		submits += strcmp(json_text(row, "action"), "submit") == 0 && *json_text(row, "record");
	if (submits > json_array_size(rows))
		audit_found(a->findings, "catalogue", "candidates", "%zu were submitted, %zu rows are there", submits,
			json_array_size(rows));
	return 0;
}

static int64_t apart(const char *a, const char *b)
{
	struct err ignored = { 0 };
	int64_t x, y;

	if (when_parse(a, "UTC", &x, &ignored) || when_parse(b, "UTC", &y, &ignored))
		return INT64_MAX;
	return x > y ? x - y : y - x;
}

/* The same snapshot in the log: its bytes, its channel, its time (both are written in one transaction). */
static bool is_same_snapshot(const json_t *row, const json_t *logged)
{
	return strcmp(json_text(logged, "action"), "snapshot") == 0 &&
		strcmp(json_text(logged, "record"), json_text(row, "release")) == 0 &&
		strcmp(json_text(logged, "signature"), json_text(row, "signature")) == 0 &&
		log_names(json_text(logged, "subject"), json_text(row, "channel")) &&
		apart(json_text(logged, "time"), json_text(row, "time")) <= 60;
}

static void check_serial(struct audit *a, const json_t *row)
{
	struct err why = { 0 };
	AUTO_JSON *release = source_json(&a->source.source, json_text(row, "release"), &why);

	if (!release || json_int(release, "serial") != json_int(row, "serial"))
		audit_found(a->findings, "catalogue", json_text(row, "channel"),
			"its row says serial %lld, what was signed %lld", (long long)json_int(row, "serial"),
			(long long)json_int(release, "serial"));
}

static int check_snapshot_rows(struct audit *a, struct err *e)
{
	AUTO_JSON *rows = db_rows(
		a->store->db, "SELECT channel, serial, release, signature, time FROM snapshot", NULL, 0, e);
	size_t i, k, signed_ones = 0;
	json_t *row, *logged;

	if (!rows)
		return -1;
	json_array_foreach(rows, i, row) {
		bool same = false;

		json_array_foreach(a->rows, k, logged)
			same = same || is_same_snapshot(row, logged);
		if (!same)
			audit_found(a->findings, "catalogue", json_text(row, "channel"),
				"a snapshot (serial %lld) that is not in the log", (long long)json_int(row, "serial"));
		check_serial(a, row);
	}
	json_array_foreach(a->rows, k, logged)
		signed_ones += strcmp(json_text(logged, "action"), "snapshot") == 0 && *json_text(logged, "record");
	if (signed_ones > json_array_size(rows))
		audit_found(a->findings, "catalogue", "snapshots", "%zu were signed, %zu rows are there", signed_ones,
			json_array_size(rows));
	return 0;
}

/* A comment's text is what its salted digest says, and a signed vote names that digest. */
static int check_comment_rows(struct audit *a, struct err *e)
{
	AUTO_JSON *rows = db_rows(a->store->db, "SELECT digest, salt, text FROM comment", NULL, 0, e);
	size_t i;
	json_t *row;

	if (!rows)
		return -1;
	json_array_foreach(rows, i, row) {
		AUTO_FREE char *salted = mem_printf("%s\n%s", json_text(row, "salt"), json_text(row, "text"));
		char digest[65];

		sha256_hex(salted, strlen(salted), digest);
		if (strcmp(digest, json_text(row, "digest")) != 0)
			audit_found(a->findings, "catalogue", "comment",
				"%.16s: its text is not the one that was given", json_text(row, "digest"));
	}
	return 0;
}

int audit_rows(struct audit *a, struct err *e)
{
	return check_rfc_rows(a, e) || check_candidate_rows(a, e) || check_snapshot_rows(a, e) ||
			check_comment_rows(a, e)
		? -1
		: 0;
}
