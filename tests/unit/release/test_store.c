/* test_store.c - the catalogue, the blobs, the log. */
#include "base/fs.h"
#include "release/gate/log.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char *dir;
static struct store *store;

static int setup(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *path = NULL;

	if (fs_temp_dir("store", &dir, &e))
		return -1;
	path = fs_join(dir, "s");
	return store_create(path, &store, &e);
}

static int teardown(void **state)
{
	struct err e = { 0 };

	store_close(store);
	fs_remove_tree(dir, &e);
	free(dir);
	return 0;
}

static void other_addresses(void **state)
{
	static const char *const where[] = { "postgresql://db/sluice", "https://sluice.example.org/", "ftp://x" };
	struct store *none;

	for (size_t i = 0; i < COUNT(where); i++) {
		struct err e = { 0 };

		assert_int_equal(store_open(where[i], &none, &e), -1);
		assert_int_equal(e.class, ERR_USAGE);
		assert_int_equal(store_create(where[i], &none, &e), -1);
		assert_int_equal(access(where[i], F_OK), -1);
	}
}

static void opened_again(void **state)
{
	struct err e = { 0 };
	struct store *again;

	assert_int_equal(store_create(store->path, &again, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	assert_int_equal(store_open(store->path, &again, &e), 0);
	store_close(again);
	assert_int_equal(store_open("/nonexistent/store", &again, &e), -1);
}

static void blobs(void **state)
{
	AUTO_FREE char *bytes = NULL, *path = NULL;
	struct err e = { 0 };
	char digest[65], again[65];
	size_t len;

	assert_int_equal(blob_put(store->blobs, "hello", 5, digest, &e), 0);
	assert_string_equal(digest, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
	assert_int_equal(blob_put(store->blobs, "hello", 5, again, &e), 0);
	assert_int_equal(blob_get(store->blobs, digest, 100, &bytes, &len, &e), 0);
	assert_string_equal(bytes, "hello");
	assert_int_equal(blob_get(store->blobs, digest, 4, &bytes, &len, &e), -1); /* over the limit */
	assert_false(blob_has(store->blobs, "../../../etc/passwd"));
	assert_int_equal(blob_open(store->blobs, "../../../etc/passwd", &e), -1);
	path = blob_path(store->blobs, digest);
	assert_int_equal(fs_write_file(path, "hellO", 5, 0444, &e), 0);
	assert_int_equal(blob_check(store->blobs, digest, NULL, &e), -1);
	assert_string_equal(e.code, "E_DIGEST");
	assert_int_equal(fs_write_file(path, "hello", 5, 0444, &e), 0);
	assert_int_equal(blob_check(store->blobs, digest, NULL, &e), 0);
}

static int append(const char *subject)
{
	struct err e = { 0 };

	if (store->db->ops->begin(store->db, &e) || log_append(store, "carl", "note", subject, "ok", "", "", &e))
		return -1;
	return store->db->ops->commit(store->db, &e);
}

static int walk(const struct log_head *known, struct err *e)
{
	return log_walk(store, known, NULL, NULL, NULL, e);
}

/* Under the digest that a file's maker took: the very file, not written a second time. */
static void put_as(void **state)
{
	AUTO_FREE char *path = fs_join(dir, "said"), *blob = NULL;
	struct err e = { 0 };
	struct stat file, stored;
	char digest[65];

	assert_int_equal(fs_write_file(path, "said", 4, 0600, &e), 0);
	sha256_hex("said", 4, digest);
	assert_int_equal(blob_put_as(store->blobs, path, "../../said", &e), -1);
	for (int again = 0; again < 2; again++)
		assert_int_equal(blob_put_as(store->blobs, path, digest, &e), 0);
	assert_int_equal(blob_check(store->blobs, digest, NULL, &e), 0);
	blob = blob_path(store->blobs, digest);
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(stat(blob, &stored), 0);
	assert_int_equal(file.st_ino, stored.st_ino);
}

/* On another file system it is a copy, and hashed: under the wrong name nothing is put. */
static void put_as_from_elsewhere(void **state)
{
	static const char path[] = "/proc/self/status"; /* no file of a disk, and never the same twice */
	struct err e = { 0 };
	char digest[65];

	sha256_hex("other", 5, digest);
	assert_int_equal(blob_put_as(store->blobs, path, digest, &e), -1);
	assert_string_equal(e.code, "E_DIGEST");
	assert_false(blob_has(store->blobs, digest));
}

static void log_chain(void **state)
{
	struct log_head head, other;
	struct err e = { 0 };

	for (int i = 0; i < 5; i++)
		assert_int_equal(append("R-1"), 0);
	assert_int_equal(log_head(store, &head, &e), 0);
	assert_int_equal(head.seq, 5);
	assert_int_equal(walk(&head, &e), 0);
	other = head;
	other.hash[0] ^= 1;
	assert_int_equal(walk(&other, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	/* an act that was not committed leaves nothing */
	assert_int_equal(store->db->ops->begin(store->db, &e), 0);
	assert_int_equal(log_append(store, "carl", "note", "R-2", "ok", "", "", &e), 0);
	store->db->ops->rollback(store->db);
	assert_int_equal(walk(&head, &e), 0);
	/* each member of a row is under its hash */
	assert_int_equal(store->db->ops->exec(store->db, "UPDATE log SET outcome = 'refused' WHERE seq = 3", &e), 0);
	assert_int_equal(walk(NULL, &e), -1);
	assert_non_null(strstr(e.text, "row 3"));
	assert_int_equal(store->db->ops->exec(store->db, "UPDATE log SET outcome = 'ok' WHERE seq = 3", &e), 0);
	assert_int_equal(walk(NULL, &e), 0);
	/* a row taken out */
	assert_int_equal(store->db->ops->exec(store->db, "DELETE FROM log WHERE seq = 2", &e), 0);
	assert_int_equal(walk(NULL, &e), -1);
}

static void words(void **state)
{
	assert_true(log_names("R-1 C-2", "R-1"));
	assert_true(log_names("R-1 C-2", "C-2"));
	assert_false(log_names("R-10 C-2", "R-1"));
	assert_false(log_names("AR-1", "R-1"));
	assert_false(log_names("R-1", ""));
}

/* Parameters are values, never SQL. */
static void quoting(void **state)
{
	struct err e = { 0 };
	AUTO_JSON *rows = NULL;

	assert_int_equal(db_run(store->db, &e, "INSERT INTO comment (digest, salt, text) VALUES ($1, $2, $3)", "d", "s",
				 "'); DROP TABLE log; --"),
		0);
	rows = db_rows(store->db, "SELECT text FROM comment WHERE digest = $1", DB_TEXTS("d"), &e);
	assert_string_equal(json_text(json_array_get(rows, 0), "text"), "'); DROP TABLE log; --");
}

/* The same words inside their own answer, and more different ones than are kept. */
static int asks_again(void *context, const json_t *row, struct err *e)
{
	int *rows = context;
	AUTO_JSON *inner = db_rows(store->db, "SELECT id, name FROM many WHERE id >= $1 ORDER BY id", DB_TEXTS("1"), e);

	assert_int_equal(json_array_size(inner), 2);
	assert_int_equal(json_int(row, "id"), ++*rows);
	return 0;
}

static void statements(void **state)
{
	struct err e = { 0 };
	int rows = 0;

	assert_int_equal(store->db->ops->exec(store->db, "CREATE TABLE many (id INTEGER, name TEXT)", &e), 0);
	assert_int_equal(db_run(store->db, &e, "INSERT INTO many VALUES ($1, $2)", "1", "a"), 0);
	assert_int_equal(db_run(store->db, &e, "INSERT INTO many VALUES ($1, $2)", "2", NULL), 0);
	assert_int_equal(db_query(store->db, "SELECT id, name FROM many WHERE id >= $1 ORDER BY id", DB_TEXTS("1"),
				 asks_again, &rows, &e),
		0);
	assert_int_equal(rows, 2);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 200; i++) {
			AUTO_FREE char *sql = mem_printf("SELECT id + %d AS sum FROM many WHERE id = $1", i);
			AUTO_JSON *found = db_rows(store->db, sql, DB_TEXTS("2"), &e);

			assert_int_equal(json_int(json_array_get(found, 0), "sum"), i + 2);
		}
	assert_int_equal(db_run(store->db, &e, "INSERT INTO nowhere VALUES ($1)", "1"), -1);
	assert_int_equal(store->db->ops->exec(store->db, "DROP TABLE many", &e), 0);
	assert_int_equal(db_run(store->db, &e, "INSERT INTO many VALUES ($1, $2)", "1", "a"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_addresses),
		cmocka_unit_test(opened_again),
		cmocka_unit_test(blobs),
		cmocka_unit_test(put_as),
		cmocka_unit_test(put_as_from_elsewhere),
		cmocka_unit_test(log_chain),
		cmocka_unit_test(words),
		cmocka_unit_test(quoting),
		cmocka_unit_test(statements),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
