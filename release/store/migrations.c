/* migrations.c - the catalogue's forms, numbered; a released line never changes, a new form is a new line.
 *
 * The catalogue only indexes: truth is the signed records among the blobs, and `log` is the order in which they came. `candidate`, `rfc`
 * and `snapshot` are what lists show quickly; nothing is ever decided from them, and `audit verify` names a row that disagrees. */
#include "release/store/db.h"
#include <stdio.h>

static const char *const migrations[] = {
	"CREATE TABLE log (seq BIGINT PRIMARY KEY, time TEXT NOT NULL, person TEXT NOT NULL, action TEXT NOT NULL,"
	" subject TEXT NOT NULL, outcome TEXT NOT NULL, record TEXT NOT NULL, signature TEXT NOT NULL,"
	" previous TEXT NOT NULL, hash TEXT NOT NULL);"
	"CREATE UNIQUE INDEX log_record ON log (record) WHERE record <> '';"
	"CREATE TABLE candidate (id TEXT PRIMARY KEY, product TEXT NOT NULL, version TEXT NOT NULL, record TEXT NOT "
	"NULL,"
	" state TEXT NOT NULL);"
	"CREATE TABLE rfc (id TEXT PRIMARY KEY, record TEXT NOT NULL, revision TEXT NOT NULL, state TEXT NOT NULL,"
	" category TEXT NOT NULL, priority TEXT NOT NULL);"
	"CREATE TABLE snapshot (channel TEXT NOT NULL, serial BIGINT NOT NULL, release TEXT NOT NULL, signature TEXT "
	"NOT NULL,"
	" time TEXT NOT NULL, PRIMARY KEY (channel, serial));"
	"CREATE TABLE comment (digest TEXT PRIMARY KEY, salt TEXT NOT NULL, text TEXT NOT NULL);",
	/* Rows are asked for by what was done, to whom: without it each of these questions reads the whole log. */
	"CREATE INDEX log_action ON log (action, subject);",
};

static int version_of(struct db *db, int64_t *ret, struct err *e)
{
	AUTO_JSON *rows = NULL;

	if (db->ops->exec(db, "CREATE TABLE IF NOT EXISTS schema_version (number BIGINT NOT NULL)", e))
		return -1;
	rows = db_rows(db, "SELECT COALESCE(MAX(number), 0) AS number FROM schema_version", NULL, 0, e);
	if (!rows)
		return -1;
	*ret = json_int(json_array_get(rows, 0), "number");
	return 0;
}

static int apply(struct db *db, int64_t number, struct err *e)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)number);
	if (db->ops->exec(db, migrations[number - 1], e))
		return err_wrap(e, "migration %lld", (long long)number);
	return db_run(db, e, "INSERT INTO schema_version (number) VALUES ($1)", text);
}

int db_migrate(struct db *db, struct err *e)
{
	int64_t have;

	if (version_of(db, &have, e))
		return -1;
	if (have == (int64_t)COUNT(migrations))
		return 0;
	if (db->ops->begin(db, e))
		return -1;
	if (version_of(db, &have, e)) /* another process may have been here while we waited */
		goto failed;
	if (have > (int64_t)COUNT(migrations)) {
		err_env(e, "catalogue: made by a newer sluice (form %lld, this one knows %zu)", (long long)have,
			COUNT(migrations));
		goto failed;
	}
	while (have < (int64_t)COUNT(migrations))
		if (apply(db, ++have, e))
			goto failed;
	return db->ops->commit(db, e);
failed:
	db->ops->rollback(db);
	return -1;
}
