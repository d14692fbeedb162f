/* db_sqlite.c - the catalogue in one SQLite file: WAL, so that readers never wait; every commit reaches the disk. */
#include "release/store/db.h"
#include <sqlite3.h>
#include <string.h>

struct sqlite {
	struct db db;
	sqlite3 *handle;
};

enum { BUSY_MS = 30000 };

static int failed(struct sqlite *s, const char *doing, struct err *e)
{
	return err_env(e, "catalogue: %s: %s", doing, sqlite3_errmsg(s->handle));
}

static int lite_exec(struct db *db, const char *sql, struct err *e)
{
	struct sqlite *s = (struct sqlite *)db;

	return sqlite3_exec(s->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(s, "statement", e);
}

static void lite_close(struct db *db)
{
	struct sqlite *s = (struct sqlite *)db;

	sqlite3_close(s->handle);
	free(s);
}

static int lite_open(const char *where, struct db **ret, struct err *e)
{
	struct sqlite *s = mem_alloc(sizeof *s);

	s->db.ops = &db_sqlite;
	if (sqlite3_open_v2(where, &s->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX,
		    NULL) != SQLITE_OK) {
		failed(s, where, e);
		lite_close(&s->db);
		return -1;
	}
	sqlite3_busy_timeout(s->handle, BUSY_MS);
	if (lite_exec(&s->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;", e)) {
		lite_close(&s->db);
		return err_wrap(e, "%s", where);
	}
	*ret = &s->db;
	return 0;
}

static json_t *row_of(sqlite3_stmt *statement)
{
	json_t *row = json_object();

	for (int i = 0; i < sqlite3_column_count(statement); i++) {
		const char *name = sqlite3_column_name(statement, i);
		const char *text;

		if (sqlite3_column_type(statement, i) == SQLITE_INTEGER) {
			json_object_set_new(row, name, json_integer(sqlite3_column_int64(statement, i)));
			continue;
		}
		text = (const char *)sqlite3_column_text(statement, i);
		json_set_bytes(row, name, text ? text : "", text ? (size_t)sqlite3_column_bytes(statement, i) : 0);
	}
	return row;
}

/* $1 is a named parameter to SQLite; its number is its place in params. */
static void bind(sqlite3_stmt *statement, const char *const *params, size_t len)
{
	for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++) {
		const char *name = sqlite3_bind_parameter_name(statement, i);
		size_t number = name ? strtoul(name + 1, NULL, 10) : 0;

		if (number >= 1 && number <= len && params[number - 1])
			sqlite3_bind_text(statement, i, params[number - 1], -1, SQLITE_STATIC);
	}
}

static int lite_query(struct db *db, const char *sql, const char *const *params, size_t len, db_row *row, void *context,
	struct err *e)
{
	struct sqlite *s = (struct sqlite *)db;
	sqlite3_stmt *statement;
	int step, result = 0;

	if (sqlite3_prepare_v2(s->handle, sql, -1, &statement, NULL) != SQLITE_OK)
		return failed(s, sql, e);
	bind(statement, params, len);
	while (result == 0 && (step = sqlite3_step(statement)) == SQLITE_ROW) {
		AUTO_JSON *object = row ? row_of(statement) : NULL;

		if (row)
			result = row(context, object, e);
	}
	if (result == 0 && step != SQLITE_DONE)
		result = failed(s, sql, e);
	sqlite3_finalize(statement);
	return result;
}

static int lite_begin(struct db *db, struct err *e)
{
	return lite_exec(db, "BEGIN IMMEDIATE", e);
}

static int lite_commit(struct db *db, struct err *e)
{
	return lite_exec(db, "COMMIT", e);
}

static void lite_rollback(struct db *db)
{
	sqlite3_exec(((struct sqlite *)db)->handle, "ROLLBACK", NULL, NULL, NULL);
}

const struct db_ops db_sqlite = { "", lite_open, lite_query, lite_exec, lite_begin, lite_commit, lite_rollback,
	lite_close };
