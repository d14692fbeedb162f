/* db.c - which driver serves a store's address, and what all drivers share. */
#include "release/store/db.h"
#include "base/text.h"
#include <string.h>

static const struct {
	const char *prefix, *what;
} later[] = {
	{ "postgresql://", "a catalogue in PostgreSQL" },
	{ "postgres://", "a catalogue in PostgreSQL" },
	{ "https://", "a store behind a server" },
	{ "http://", "a store behind a server" },
};

int db_open(const char *where, struct db **ret, struct err *e)
{
	for (size_t i = 0; i < COUNT(later); i++)
		if (text_starts(where, later[i].prefix)) {
			err_usage(e, "%s: %s comes with a later version", where, later[i].what);
			return err_hint(e, "name a directory made by 'sluice init'");
		}
	if (strstr(where, "://"))
		return err_usage(e, "%s: not a kind of store that is known here; name a directory", where);
	return db_sqlite.open(where, ret, e);
}

void db_close(struct db *db)
{
	if (db)
		db->ops->close(db);
}

int db_query(struct db *db, const char *sql, const char *const *params, size_t len, db_row *row, void *context,
	struct err *e)
{
	if (!db) /* closed for a fork, and what made it fail to open again may not be over (store_resume) */
		return err_env(e, "the catalogue is not open");
	return db->ops->query(db, sql, params, len, row, context, e);
}

static int collect(void *context, const json_t *row, struct err *e)
{
	return json_array_append((json_t *)context, (json_t *)row);
}

json_t *db_rows(struct db *db, const char *sql, const char *const *params, size_t len, struct err *e)
{
	json_t *rows = json_array();

	if (db_query(db, sql, params, len, collect, rows, e)) {
		json_decref(rows);
		return NULL;
	}
	return rows;
}
