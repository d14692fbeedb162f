/* audit_log.c - the log as the audit asks it: of a store through an index on disk that this audit made itself, of a file from what was read. */
#include "release/gate/audit_impl.h"
#include <stdio.h>
#include <string.h>

int64_t audit_place(struct audit *a, const char *hash)
{
	AUTO_JSON *row = NULL;
	struct err ignored = { 0 };

	if (!a->index)
		return json_int(a->places, hash);
	return log_index_by_hash(a->index, hash, &row, &ignored) ? 0 : json_int(row, "seq");
}

json_t *audit_row(struct audit *a, int64_t seq)
{
	json_t *row = NULL;
	struct err ignored = { 0 };

	if (a->index)
		return log_row_at(a->store, seq, &row, &ignored) ? NULL : row;
	return json_incref(json_array_get(a->rows, (size_t)(seq - 1)));
}

bool audit_repeats(struct audit *a, const json_t *row, const char *record)
{
	char seq[24];
	struct err ignored = { 0 };

	if (!a->index) {
		bool is_seen = json_object_get(a->seen, record) != NULL;

		json_object_set_new(a->seen, record, json_true());
		return is_seen;
	}
	snprintf(seq, sizeof seq, "%lld", (long long)json_int(row, "seq"));
	AUTO_JSON *before = db_rows(a->store->db, "SELECT seq FROM log WHERE record = $1 AND seq < $2 LIMIT 1",
		DB_TEXTS(record, seq), &ignored);

	return json_array_size(before) > 0;
}

/* ---- one row after another */
struct seeing {
	struct audit *a;
	void (*see)(struct audit *a, const json_t *row);
};

static int see_logged(void *context, const struct log_row *row, struct err *e)
{
	struct seeing *s = context;
	AUTO_JSON *json = log_row_json(row);

	(void)e;
	json_set_str(json, "hash", row->hash);
	s->see(s->a, json);
	return 0;
}

int audit_each(struct audit *a, void (*see)(struct audit *a, const json_t *row), struct err *e)
{
	struct seeing s = { a, see };
	size_t i;
	json_t *row;

	if (a->index)
		return log_walk(a->store, NULL, see_logged, &s, NULL, e);
	json_array_foreach(a->rows, i, row)
		see(a, row);
	return 0;
}
