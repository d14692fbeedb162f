/* db_sqlite.c - the catalogue in one SQLite file: WAL, so that readers never wait; every commit reaches the disk. */
#include "base/fs.h"
#include "release/store/db.h"
#include <errno.h>
#include <sqlite3.h>
#include <string.h>

enum { BUSY_MS = 30000, PREPARED = 48 };

/* Statements as SQLite understood them; one that is being run is not there. Understanding costs more than running most of ours. */
struct prepared {
	char *sql;
	sqlite3_stmt *statement;
};
struct sqlite {
	struct db db;
	sqlite3 *handle;
	struct prepared prepared[PREPARED];
	size_t next; /* the place that is given up next */
};

/* SQLite's words, and the system's where it was the system: a full disk must be known as one. When a file cannot be opened SQLite has tried another way since, so
 * what counts is whether one can be made beside it. */
static int failed(struct sqlite *s, const char *doing, struct err *e)
{
	int code = sqlite3_errcode(s->handle) & 0xff, sys = code == SQLITE_IOERR ? sqlite3_system_errno(s->handle) : 0;
	const char *name = sqlite3_db_filename(s->handle, "main"), *file = name ? name : "";
	AUTO(outfile) beside = { .fd = -1 };

	if (code == SQLITE_CANTOPEN && *file && outfile_open(&beside, file, 0600, e))
		return err_wrap(e, "catalogue %s", file);
	err_env(e, "catalogue %s: %s: %s%s%s", file, doing, sqlite3_errmsg(s->handle), sys ? ": " : "",
		sys ? strerror(sys) : "");
	e->sys = sys ? sys : code == SQLITE_FULL ? ENOSPC : 0;
	return -1;
}

static int lite_exec(struct db *db, const char *sql, struct err *e)
{
	struct sqlite *s = (struct sqlite *)db;

	return sqlite3_exec(s->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(s, "statement", e);
}

/* ---- statements */
static void prepared_done(struct prepared *p)
{
	sqlite3_finalize(p->statement);
	free(p->sql);
	*p = (struct prepared){ NULL, NULL };
}

static int take_prepared(struct sqlite *s, const char *sql, struct prepared *ret, struct err *e)
{
	struct prepared p = { NULL, NULL };

	for (size_t i = 0; i < PREPARED && !p.sql; i++)
		if (s->prepared[i].sql && strcmp(s->prepared[i].sql, sql) == 0) {
			p = s->prepared[i];
			s->prepared[i] = (struct prepared){ NULL, NULL };
		}
	if (!p.sql && sqlite3_prepare_v2(s->handle, sql, -1, &p.statement, NULL) != SQLITE_OK)
		return failed(s, sql, e);
	if (!p.sql)
		p.sql = mem_strdup(sql);
	*ret = p;
	return 0;
}

/* Holds nothing of the catalogue any more: a statement that is not reset would keep its snapshot. */
static void keep_prepared(struct sqlite *s, struct prepared *p)
{
	size_t place = PREPARED;

	sqlite3_reset(p->statement);
	sqlite3_clear_bindings(p->statement);
	for (size_t i = 0; i < PREPARED && place == PREPARED; i++)
		place = s->prepared[i].sql ? PREPARED : i;
	if (place == PREPARED) {
		place = s->next;
		s->next = (s->next + 1) % PREPARED;
		prepared_done(&s->prepared[place]);
	}
	s->prepared[place] = *p;
}

static void lite_close(struct db *db)
{
	struct sqlite *s = (struct sqlite *)db;

	for (size_t i = 0; i < PREPARED; i++)
		prepared_done(&s->prepared[i]);
	sqlite3_close(s->handle);
	free(s);
}

static int lite_open(const char *where, struct db **ret, struct err *e)
{
	struct sqlite *s = mem_alloc(sizeof *s);

	s->db.ops = &db_sqlite;
	if (sqlite3_open_v2(where, &s->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX,
		    NULL) != SQLITE_OK) {
		failed(s, "opening it", e);
		lite_close(&s->db);
		return -1;
	}
	sqlite3_busy_timeout(s->handle, BUSY_MS);
	if (lite_exec(&s->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;", e)) {
		lite_close(&s->db);
		return -1;
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
	struct prepared p;
	int step = SQLITE_DONE, result = 0;

	if (take_prepared(s, sql, &p, e))
		return -1;
	bind(p.statement, params, len);
	while (result == 0 && (step = sqlite3_step(p.statement)) == SQLITE_ROW) {
		AUTO_JSON *object = row ? row_of(p.statement) : NULL;

		if (row)
			result = row(context, object, e);
	}
	if (result == 0 && step != SQLITE_DONE)
		result = failed(s, sql, e);
	keep_prepared(s, &p);
	return result;
}

static int lite_begin(struct db *db, struct err *e)
{
	return lite_exec(db, "BEGIN IMMEDIATE", e);
}

static int lite_look(struct db *db, struct err *e)
{
	return lite_exec(db, "BEGIN", e);
}

static void lite_rollback(struct db *db)
{
	sqlite3_exec(((struct sqlite *)db)->handle, "ROLLBACK", NULL, NULL, NULL);
}

static int lite_commit(struct db *db, struct err *e)
{
	if (lite_exec(db, "COMMIT", e) == 0)
		return 0;
	lite_rollback(db); /* else it stays open, and whatever is written next would be part of it */
	return -1;
}

const struct db_ops db_sqlite = { "", lite_open, lite_query, lite_exec, lite_begin, lite_look, lite_commit,
	lite_rollback, lite_close };
