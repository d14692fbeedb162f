/* test_log_index.c - the index over the log: what it finds is what the whole log says, what was changed is noticed, and what does not fit is made anew. */
#include "one_world.h"
#include "release/gate/log_index.h"
#include "release/gate/rows.h"

static char *index_path(void)
{
	return fs_join(world.store, "index.db");
}

static void new_rfc(const char *version, char ret[32])
{
	char candidate[32];

	add_candidate(&world, version, "pass", candidate);
	open_rfc(&world, PAT, candidate, ret);
}

/* Two RfCs with votes, an edit, a withdrawn candidate, a stopped channel. */
static void fill(void)
{
	struct actor pat = as(&world, PAT), trial = as(&world, TRIAL);
	AUTO_JSON *done = NULL, *stop = json_pack("{s:s, s:s}", "channel", "production", "reason", "smoke");
	struct act act = { "stop", "production", stop, NULL, NULL };
	struct err e = { 0 };
	char first[32], second[32], record[65];

	new_rfc("1.0", first);
	new_rfc("2.0", second);
	OK(vote(&world, CARL, first, "change-manager", "approve", &e));
	OK(vote(&world, CARL, second, "change-manager", "reject", &e));
	OK(rfc_edit(world.r, &pat, second, json_pack("{s:s}", "notes", "later"), &done, &e));
	OK(candidate_withdraw(world.r, &pat, "C-2", "old", NULL, &e));
	OK(release_act(world.r, &trial, &act, record, &e));
}

/* For every RfC the pairs out of the index are those out of the whole log. */
static void same_as_the_whole_log(void **state)
{
	struct err e = { 0 };
	AUTO_JSON *all = NULL, *rfcs = NULL;
	size_t i;
	json_t *item;

	(void)state;
	fill();
	all = store_rows(world.r->store, NULL, &e);
	OK(log_index_follow(world.r->index, world.r->store, NULL, &e));
	rfcs = log_index_rfcs(world.r->index, false, &e);
	assert_int_equal(json_array_size(rfcs), 2);
	json_array_foreach(rfcs, i, item) {
		AUTO_JSON *rows = rows_about(world.r->index, json_text(item, "id"), &e);
		AUTO_JSON *found = pairs_of(rows, json_text(item, "id"), 0, &e);
		AUTO_JSON *wanted = pairs_of(all, json_text(item, "id"), 0, &e);

		assert_true(json_array_size(wanted) >= 4);
		assert_true(json_equal(found, wanted));
		assert_true(json_array_size(rows) < json_array_size(all));
	}
	{
		AUTO_JSON *rows = rows_about(world.r->index, "R-99", &e);

		assert_non_null(rows);
		assert_null(pairs_of(rows, "R-99", 0, &e));
		assert_int_equal(e.class, ERR_USAGE);
	}
}

static void a_changed_row_is_noticed(void **state)
{
	AUTO_JSON *shown = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(sql("UPDATE log SET subject = 'R-1' WHERE action = 'rfc-open' AND subject LIKE 'R-2 %'"), 0);
	assert_int_equal(rfc_show(world.r, "R-2", &shown, &e), -1);
	assert_string_equal(e.code, "E_CORRUPT");
	assert_int_equal(sql("UPDATE log SET subject = 'R-2 C-2' WHERE action = 'rfc-open' AND subject = 'R-1'"), 0);
	e = (struct err){ 0 };
	OK(rfc_show(world.r, "R-2", &shown, &e));
	/* A row that was taken out of the middle. */
	assert_int_equal(sql("CREATE TABLE kept AS SELECT * FROM log WHERE action = 'vote'; DELETE FROM log WHERE "
			     "action = 'vote'"),
		0);
	json_decref(shown);
	shown = NULL;
	assert_int_equal(rfc_show(world.r, "R-1", &shown, &e), -1);
	assert_string_equal(e.code, "E_CORRUPT");
	assert_int_equal(sql("INSERT INTO log SELECT * FROM kept; DROP TABLE kept"), 0);
	e = (struct err){ 0 };
	OK(rfc_show(world.r, "R-1", &shown, &e));
}

/* A log that ends earlier, or ends otherwise, is read from its first row again; what was known must still be in it. */
static void a_log_put_back(void **state)
{
	AUTO_FREE char *path = index_path();
	struct log_index *x = NULL;
	struct log_head head, known;
	struct err e = { 0 };

	(void)state;
	OK(log_head(world.r->store, &head, &e));
	known = head;
	assert_int_equal(sql("CREATE TABLE kept AS SELECT * FROM log; DELETE FROM log WHERE seq > 3"), 0);
	OK(log_index_open(world.r->store, path, NULL, &x, &e));
	assert_int_equal(log_index_head(x)->seq, 3);
	log_index_close(x);
	x = NULL;
	assert_int_equal(log_index_open(world.r->store, path, &known, &x, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	e = (struct err){ 0 };
	assert_int_equal(sql("DELETE FROM log; INSERT INTO log SELECT * FROM kept; DROP TABLE kept"), 0);
	OK(log_index_open(world.r->store, path, &known, &x, &e));
	assert_int_equal(log_index_head(x)->seq, head.seq);
	/* Known lies below what was read before, and is another row. */
	known.seq = 2;
	assert_int_equal(log_index_follow(x, world.r->store, &known, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	log_index_close(x);
}

/* Whatever lies where the cache should be costs time, no more. */
static void a_broken_cache(void **state)
{
	AUTO_FREE char *path = index_path();
	AUTO_JSON *list = NULL;
	struct release *again = NULL;
	struct err e = { 0 };

	(void)state;
	release_close(world.r);
	world.r = NULL;
	OK(fs_write_file(path, "no database, no database, no database, no database", 50, 0644, &e));
	OK(release_open(world.store, &again, &e));
	OK(rfc_list(again, NULL, &list, &e));
	assert_int_equal(json_array_size(json_list(list, "rfcs")), 2);
	world.r = again;
}

/* A line that is remembered goes with the next act that names its RfC. */
static void remembered_until_an_act(void **state)
{
	struct actor pat = as(&world, PAT);
	AUTO_JSON *open = NULL, *after = NULL, *list = NULL, *voting = NULL, *gone = NULL;
	struct err e = { 0 };
	char id[32];

	(void)state;
	new_rfc("3.0", id);
	OK(rfc_withdraw(world.r, &pat, id, "not needed", &e));
	OK(rfc_list(world.r, "withdrawn", &list, &e));
	assert_string_equal(json_text(json_array_get(json_list(list, "rfcs"), 0), "id"), id);
	open = log_index_rfcs(world.r->index, true, &e);
	assert_null(json_find(open, "id", id));
	OK(rfc_list(world.r, "voting", &voting, &e));
	assert_null(json_find(json_list(voting, "rfcs"), "id", id));
	{
		AUTO_JSON *body = json_pack("{s:s, s:{s:s}}", "rfc", id, "fields", "notes", "x");
		struct act act = { "rfc-edit", id, body, NULL, NULL };
		char record[65];

		OK(release_act(world.r, &pat, &act, record, &e));
	}
	OK(log_index_follow(world.r->index, world.r->store, NULL, &e));
	after = log_index_rfcs(world.r->index, true, &e);
	assert_non_null(json_find(after, "id", id));
	OK(rfc_list(world.r, "withdrawn", &gone, &e));
	assert_non_null(json_find(json_list(gone, "rfcs"), "id", id));
}

/* What a transaction wrote and took back was never there. */
static void taken_back(void **state)
{
	struct db *db = world.r->store->db;
	struct log_head before;
	struct err e = { 0 };

	(void)state;
	OK(log_index_follow(world.r->index, world.r->store, NULL, &e));
	before = *log_index_head(world.r->index);
	OK(db->ops->begin(db, &e));
	OK(log_append(world.r->store, "pat", "note", "R-1", "ok", "", "", &e));
	OK(log_index_peek(world.r->index, world.r->store, &e));
	assert_int_equal(log_index_head(world.r->index)->seq, before.seq + 1);
	log_index_forget(world.r->index);
	db->ops->rollback(db);
	assert_int_equal(log_index_head(world.r->index)->seq, before.seq);
	OK(log_index_follow(world.r->index, world.r->store, NULL, &e));
	assert_int_equal(log_index_head(world.r->index)->seq, before.seq);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_the_whole_log),
		cmocka_unit_test(a_changed_row_is_noticed),
		cmocka_unit_test(a_log_put_back),
		cmocka_unit_test(a_broken_cache),
		cmocka_unit_test(remembered_until_an_act),
		cmocka_unit_test(taken_back),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
