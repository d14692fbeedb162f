/* db.h - the catalogue behind one small driver table: SQL that SQLite and PostgreSQL both speak, placeholders $1, $2, ...
 *
 * Parameters are text (NULL: SQL null); rows come as JSON objects {column: string or integer}. One thread, one connection. */
#pragma once
#include "base/json.h"

struct db;
/* A row is borrowed for the call; non-zero stops and is handed on (-1 with e set). */
typedef int db_row(void *context, const json_t *row, struct err *e);
struct db_ops {
	const char *scheme; /* "" for a path */
	int (*open)(const char *where, struct db **ret, struct err *e);
	int (*query)(struct db *db, const char *sql, const char *const *params, size_t len, db_row *row, void *context,
		struct err *e);
	int (*exec)(struct db *db, const char *sql, struct err *e); /* several statements, no parameters */
	int (*begin)(struct db *db, struct err *e);                 /* takes the write lock at once */
	int (*look)(
		struct db *db, struct err *e); /* until rollback all queries see one state, whoever writes meanwhile */
	int (*commit)(struct db *db, struct err *e); /* one that fails is rolled back */
	void (*rollback)(struct db *db);
	void (*close)(struct db *db);
};
struct db {
	const struct db_ops *ops;
};

/* where: a path, or a scheme that this build knows; ERR_USAGE for one that comes later. */
int db_open(const char *where, struct db **ret, struct err *e) MUST;
void db_close(struct db *db); /* NULL is fine */

/* db_run(db, e, "INSERT ... VALUES ($1, $2)", a, b): parameters as text. */
#define DB_TEXTS(...)                                                                                                  \
	((const char *const[]){ __VA_ARGS__ }), (sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))
#define db_run(db, e, sql, ...) db_query(db, sql, DB_TEXTS(__VA_ARGS__), NULL, NULL, e)
int db_query(struct db *db, const char *sql, const char *const *params, size_t len, db_row *row, void *context,
	struct err *e) MUST;
/* All rows as an array; for answers known to be small. NULL: failed. */
json_t *db_rows(struct db *db, const char *sql, const char *const *params, size_t len, struct err *e);

/* Brings the catalogue to the newest form, migration by migration, each in one transaction. A newer catalogue than this program is refused. */
int db_migrate(struct db *db, struct err *e) MUST;
extern const struct db_ops db_sqlite;
