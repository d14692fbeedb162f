/* hostile.h - for tests of somebody who may write the catalogue, the blobs and the signer's folder: a world, releases of it, the chain anew, what the signer remembers. */
#pragma once
#include "one_world.h"

static unsigned versions;

static inline int publisher(struct store *s, const char *channel, const struct signer_answer *answer, struct err *e)
{
	return 0;
}

static inline int release_it(const char *rfc, struct err *e)
{
	struct actor trial = as(&world, TRIAL);
	AUTO_JSON *answer = NULL;

	return release_to(world.r, &trial, rfc, "production", publisher, &answer, e);
}

static inline void new_rfc(char ret_rfc[32])
{
	AUTO_FREE char *version = mem_printf("1.%u", versions++);
	char candidate[32];

	add_candidate(&world, version, "pass", candidate);
	open_rfc(&world, PAT, candidate, ret_rfc);
}

/* The whole log again with a chain that fits, as somebody with the catalogue in an editor would leave it. */
static inline void chain_anew(void)
{
	struct err e = { 0 };
	AUTO_JSON *rows = db_rows(world.r->store->db, "SELECT * FROM log ORDER BY seq", NULL, 0, &e);
	struct db *db = world.r->store->db;
	char previous[65] = "", hash[65];
	size_t i;
	json_t *row;

	assert_non_null(rows);
	OK(db->ops->begin(db, &e));
	OK(db_run(db, &e, "DELETE FROM log", NULL));
	json_array_foreach(rows, i, row) {
		struct log_row one = { (int64_t)i + 1, json_text(row, "time"), json_text(row, "person"),
			json_text(row, "action"), json_text(row, "subject"), json_text(row, "outcome"),
			json_text(row, "record"), json_text(row, "signature"), previous, NULL };
		AUTO_JSON *json = log_row_json(&one);
		AUTO_FREE char *seq = mem_printf("%zu", i + 1);

		OK(json_digest(json, hash, &e));
		OK(db_run(db, &e, "INSERT INTO log VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", seq, one.time,
			one.person, one.action, one.subject, one.outcome, one.record, one.signature, previous, hash));
		memcpy(previous, hash, sizeof hash);
	}
	OK(db->ops->commit(db, &e));
}

static inline json_t *remembered(const char *name, char **ret_path)
{
	struct err e = { 0 };
	AUTO_FREE char *text = NULL;
	size_t len;

	*ret_path = mem_printf("%s/keys/release/state/%s", world.store, name);
	OK(fs_read_file(*ret_path, 1 << 20, &text, &len, &e));
	return json_parse(text, len, name, &e);
}
