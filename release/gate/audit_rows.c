/* audit_rows.c - the catalogue decides nothing, but people read it: each row says what signed records say, and none is missing. */
#include "base/arena.h"
#include "base/digest.h"
#include "base/when.h"
#include "release/gate/audit_impl.h"
#include "release/gate/rows.h"
#include <string.h>

static void check_rfc_row(struct audit *a, const json_t *row)
{
	const char *id = json_text(row, "id"), *state;
	struct err why = { 0 };
	AUTO_JSON *rows = rows_about(a->index, id, &why), *pairs = rows ? pairs_of(rows, id, 0, &why) : NULL;
	struct dossier d;

	if (!pairs || dossier_load(&d, &a->source.source, &a->chain, id, pairs, false, false, &why)) {
		audit_found_err(a->findings, "catalogue", id, &why);
		return;
	}
	if (rows_follow(a->index, &d, &why))
		audit_found_err(a->findings, "log", id, &why);
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

/* The record of its opening, which names it, or "". Malloc. */
static char *opened_by(struct audit *a, const char *id)
{
	AUTO_JSON *row = NULL, *record = NULL;
	struct err ignored = { 0 };

	if (log_index_last(a->index, id, "rfc-open", &row, &ignored) || !row)
		return mem_strdup("");
	record = source_json(a->from, json_text(row, "record"), &ignored);
	return mem_strdup(strcmp(json_text(json_map(record, "body"), "rfc"), id) == 0 ? json_text(row, "record") : "");
}

static int see_rfc(void *context, const json_t *row, struct err *e)
{
	struct audit *a = context;
	AUTO_FREE char *opened = opened_by(a, json_text(row, "id"));

	(void)e;
	if (!*opened || strcmp(opened, json_text(row, "record")) != 0)
		audit_found(a->findings, "catalogue", json_text(row, "id"), "a row that no signed record made");
	else
		check_rfc_row(a, row);
	return 0;
}

static int see_opening(void *context, const json_t *logged, struct err *e)
{
	struct audit *a = context;
	struct slice rest = slice_of(json_text(logged, "subject")), word;

	if (!slice_cut(&rest, ' ', &word))
		return 0;
	AUTO_FREE char *id = strndup(word.at, word.len);
	AUTO_JSON *rows = db_rows(a->store->db, "SELECT id FROM rfc WHERE id = $1", DB_TEXTS(id), e);

	if (rows && !json_array_size(rows))
		audit_found(a->findings, "catalogue", id, "its row has gone");
	return rows ? 0 : -1;
}

static int check_rfc_rows(struct audit *a, struct err *e)
{
	static const char *const opened = "@rfc-open";

	return db_query(a->store->db, "SELECT id, record, revision, state, category, priority FROM rfc", NULL, 0,
		       see_rfc, a, e) ||
			log_index_each(a->index, &opened, 1, see_opening, a, e)
		? -1
		: 0;
}

/* A row of that action among those that name it; with that record, where one is given. */
static bool is_logged(struct audit *a, const char *id, const char *action, const char *record)
{
	struct err ignored = { 0 };
	AUTO_JSON *rows = log_index_rows(a->index, &id, 1, &ignored);
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
		if (strcmp(json_text(row, "action"), action) == 0 && strcmp(json_text(row, "subject"), id) == 0 &&
			(!record || strcmp(json_text(row, "record"), record) == 0))
			return true;
	return false;
}

static void check_candidate_row(struct audit *a, const json_t *row)
{
	const char *id = json_text(row, "id");
	struct err why = { 0 };
	AUTO_JSON *record = source_json(&a->source.source, json_text(row, "record"), &why);
	const json_t *body = json_map(record, "body"), *submit = json_map(body, "submit");

	if (!record || !is_logged(a, id, "submit", json_text(row, "record")) ||
		strcmp(json_text(body, "candidate"), id) != 0)
		audit_found(a->findings, "catalogue", id, "a row that no signed record made");
	else if (strcmp(json_text(submit, "product"), json_text(row, "product")) != 0 ||
		strcmp(json_text(submit, "version"), json_text(row, "version")) != 0)
		audit_found(a->findings, "catalogue", id, "its row says %s %s, its record %s %s",
			json_text(row, "product"), json_text(row, "version"), json_text(submit, "product"),
			json_text(submit, "version"));
	else if (strcmp(json_text(row, "state"), is_logged(a, id, "candidate-withdraw", NULL) ? "withdrawn" : "open") !=
		0)
		audit_found(
			a->findings, "catalogue", id, "its row says '%s', its records do not", json_text(row, "state"));
}

static int see_candidate(void *context, const json_t *row, struct err *e)
{
	(void)e;
	check_candidate_row(context, row);
	return 0;
}

/* How many rows a table has, and how many the log says it must have at least. */
static int check_count(struct audit *a, const char *count, const char *word, const char *what, struct err *e)
{
	AUTO_JSON *rows = db_rows(a->store->db, count, NULL, 0, e);
	int64_t have = json_int(json_array_get(rows, 0), "len"), want = rows ? log_index_count(a->index, word, e) : -1;

	if (want > have)
		audit_found(a->findings, "catalogue", what, "%lld are in the log, %lld rows are there", (long long)want,
			(long long)have);
	return want < 0 ? -1 : 0;
}

static int check_candidate_rows(struct audit *a, struct err *e)
{
	return db_query(a->store->db, "SELECT id, product, version, record, state FROM candidate", NULL, 0,
		       see_candidate, a, e) ||
			check_count(a, "SELECT COUNT(*) AS len FROM candidate", "@submit", "candidates", e)
		? -1
		: 0;
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

static int see_snapshot(void *context, const json_t *row, struct err *e)
{
	struct audit *a = context;
	AUTO_JSON *places = db_rows(
		a->store->db, "SELECT seq FROM log WHERE record = $1", DB_TEXTS(json_text(row, "release")), e);
	bool same = false;
	size_t i;
	json_t *place;

	if (!places)
		return -1;
	json_array_foreach(places, i, place) {
		AUTO_JSON *logged = audit_row(a, json_int(place, "seq"));

		same = same || is_same_snapshot(row, logged);
	}
	if (!same)
		audit_found(a->findings, "catalogue", json_text(row, "channel"),
			"a snapshot (serial %lld) that is not in the log", (long long)json_int(row, "serial"));
	check_serial(a, row);
	return 0;
}

static int check_snapshot_rows(struct audit *a, struct err *e)
{
	return db_query(a->store->db, "SELECT channel, serial, release, signature, time FROM snapshot", NULL, 0,
		       see_snapshot, a, e) ||
			check_count(a, "SELECT COUNT(*) AS len FROM snapshot", "@snapshot", "snapshots", e)
		? -1
		: 0;
}

/* A comment's text is what its salted digest says, and a signed vote names that digest. */
static int see_comment(void *context, const json_t *row, struct err *e)
{
	struct audit *a = context;
	AUTO_FREE char *salted = mem_printf("%s\n%s", json_text(row, "salt"), json_text(row, "text"));
	char digest[65];

	(void)e;
	sha256_hex(salted, strlen(salted), digest);
	if (strcmp(digest, json_text(row, "digest")) != 0)
		audit_found(a->findings, "catalogue", "comment", "%.16s: its text is not the one that was given",
			json_text(row, "digest"));
	return 0;
}

static int check_comment_rows(struct audit *a, struct err *e)
{
	return db_query(a->store->db, "SELECT digest, salt, text FROM comment", NULL, 0, see_comment, a, e);
}

int audit_rows(struct audit *a, struct err *e)
{
	return check_rfc_rows(a, e) || check_candidate_rows(a, e) || check_snapshot_rows(a, e) ||
			check_comment_rows(a, e)
		? -1
		: 0;
}
