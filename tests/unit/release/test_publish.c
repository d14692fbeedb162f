/* test_publish.c - snapshots of a channel: laid out whole, switched once, earlier generations reachable, killed at any moment. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/channel/channel.h"
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { RECORDS = 40, START = 1700000000 };

static char *dir;
static struct store *store;

static int set_up(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *path = NULL, *release = NULL, *package = NULL;

	if (fs_temp_dir("publish", &dir, &e))
		return -1;
	path = fs_join(dir, "store");
	if (store_create(path, &store, &e))
		return -1;
	release = store_path(store, "keys/release.asc");
	package = store_path(store, "keys/package.asc");
	return fs_write_file(release, "R", 1, 0644, &e) || fs_write_file(package, "P", 1, 0644, &e);
}

static int tear_down(void **state)
{
	struct err e = { 0 };
	int status;

	store_close(store);
	status = fs_remove_tree(dir, &e);
	free(dir);
	return status;
}

static void add_file(struct signer_answer *a, json_t *indexes, const char *path, char *bytes)
{
	struct index_item *item = LIST_ADD(&a->files);

	*item = (struct index_item){ .path = mem_strdup(path), .bytes = bytes, .len = strlen(bytes) };
	sha256_hex(bytes, item->len, item->sha256);
	if (indexes)
		json_array_append_new(indexes,
			json_pack("{s:s, s:s, s:I}", "path", path, "sha256", item->sha256, "size",
				(json_int_t)item->len));
}

/* What the signer would say: one package whose content is its version, one index that names it. */
static struct signer_answer make_answer(int serial, int64_t time)
{
	struct signer_answer a = { 0 };
	struct err e = { 0 };
	json_t *indexes = json_array(), *records = json_array(), *packages = json_array();
	AUTO_FREE char *content = mem_printf("package %d", serial),
		       *pool = mem_printf("deb/pool/a/acme_%d_all.deb", serial);
	AUTO_FREE char *by_hash = NULL;
	char digest[SHA256_HEX], when[32];
	size_t len;
	char *text;

	assert_int_equal(blob_put(store->blobs, content, strlen(content), digest, &e), 0);
	json_array_append_new(packages,
		json_pack("{s:s, s:s, s:I}", "path", pool, "sha256", digest, "size", (json_int_t)strlen(content)));
	for (int i = 0; i < RECORDS; i++) {
		AUTO_FREE char *record = mem_printf("record %d", i);

		assert_int_equal(blob_put(store->blobs, record, strlen(record), digest, &e), 0);
		json_array_append_new(records, json_string(digest));
	}
	add_file(&a, indexes, "deb/dists/s/main/binary-amd64/Packages", mem_printf("Filename: %s\n", pool));
	by_hash = mem_printf("deb/dists/s/main/binary-amd64/by-hash/SHA256/%s", a.files.at[0].sha256);
	add_file(&a, indexes, by_hash, mem_strdup(a.files.at[0].bytes));
	when_utc(time, when);
	a.release = json_pack("{s:i, s:s, s:o, s:o, s:o}", "serial", serial, "time", when, "indexes", indexes,
		"records", records, "packages", packages);
	assert_int_equal(json_canonical(a.release, &text, &len, &e), 0);
	add_file(&a, NULL, "release.json", text);
	add_file(&a, NULL, "release.json.asc", mem_printf("signature %d", serial));
	return a;
}

static void answer_done(struct signer_answer *a)
{
	index_set_done(&a->files);
	json_decref(a->release);
}

static int publish(const char *channel, int serial, int64_t time, struct err *e)
{
	struct signer_answer a = make_answer(serial, time);
	int status = channel_publish(store, channel, &a, e);

	answer_done(&a);
	return status;
}

static bool in_tree(const char *channel, const char *path)
{
	AUTO_FREE char *tree = channel_tree(store, channel), *whole = fs_join(tree, path);

	return fs_exists(whole);
}

/* Everything release.json names is there; the serial. */
static long long check_whole(const char *channel)
{
	AUTO_FREE char *tree = channel_tree(store, channel), *path = fs_join(tree, "release.json"), *bytes = NULL;
	struct err e = { 0 };
	const json_t *item;
	json_t *release;
	long long serial;
	size_t i, len;

	assert_int_equal(fs_read_file(path, MIB(1), &bytes, &len, &e), 0);
	release = json_parse(bytes, len, "release.json", &e);
	assert_non_null(release);
	json_array_foreach(json_list(release, "packages"), i, item)
		assert_true(in_tree(channel, json_text(item, "path")));
	json_array_foreach(json_list(release, "indexes"), i, item)
		assert_true(in_tree(channel, json_text(item, "path")));
	json_array_foreach(json_list(release, "records"), i, item) {
		AUTO_FREE char *record = mem_printf("records/%s", json_string_value(item));

		assert_true(in_tree(channel, record));
	}
	assert_true(in_tree(channel, "keys/release.asc") && in_tree(channel, "keys/package.asc"));
	assert_true(in_tree(channel, "release.json.asc"));
	serial = json_int(release, "serial");
	json_decref(release);
	return serial;
}

static void generations(void **state)
{
	struct err e = { 0 };

	for (int serial = 1; serial <= 6; serial++) {
		if (publish("gen", serial, START + serial * INT64_C(100000), &e))
			fail_msg("%s", e.text);
		assert_int_equal(check_whole("gen"), serial);
	}
	/* older than a day: three generations stay, with packages and indexes by hash */
	assert_true(in_tree("gen", "deb/pool/a/acme_6_all.deb") && in_tree("gen", "deb/pool/a/acme_3_all.deb"));
	assert_false(in_tree("gen", "deb/pool/a/acme_2_all.deb"));
	assert_true(in_tree("gen", "history/5.json") && in_tree("gen", "history/3.json.asc"));
	assert_false(in_tree("gen", "history/2.json") || in_tree("gen", "history/6.json"));
	struct signer_answer old = make_answer(4, START + 400000);
	AUTO_FREE char *by_hash = mem_strdup(old.files.at[1].path);
	assert_true(in_tree("gen", by_hash));
	answer_done(&old);
	/* within a day: all of them */
	for (int serial = 1; serial <= 6; serial++)
		assert_int_equal(publish("day", serial, START + serial, &e), 0);
	assert_true(in_tree("day", "deb/pool/a/acme_1_all.deb"));
}

static void assert_pair(const char *channel, int serial, const char *text)
{
	AUTO_FREE char *name = mem_printf("channels/%s/pairs/%d/release.json.asc", channel, serial),
		       *path = store_path(store, name), *bytes = NULL;
	struct err e = { 0 };
	size_t len;

	if (!text) {
		assert_false(fs_exists(path));
		return;
	}
	assert_int_equal(fs_read_file(path, 100, &bytes, &len, &e), 0);
	assert_string_equal(bytes, text);
}

/* As if the snapshot's pairs had been made that long ago. */
static void make_older(const char *channel, int serial, int seconds)
{
	AUTO_FREE char *name = mem_printf("channels/%s/pairs/%d", channel, serial), *path = store_path(store, name);
	const struct timespec at = { .tv_sec = when_now() - seconds }, times[2] = { at, at };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* What was signed stands beside its signature for two minutes after the snapshot was served, whatever became of its tree. */
static void pairs(void **state)
{
	AUTO_FREE char *stale = store_path(store, "channels/pairs/pairs/4/release.json.asc"), *below = NULL;
	struct err e = { 0 };

	for (int serial = 1; serial <= 3; serial++)
		assert_int_equal(publish("pairs", serial, START + serial, &e), 0);
	assert_pair("pairs", 1, "signature 1");
	assert_pair("pairs", 2, "signature 2");
	/* 3 is old, and was served until now; 1 was served until long ago, 2 until 3 came */
	for (int serial = 1; serial <= 3; serial++)
		make_older("pairs", serial, 1000);
	/* what a publication left that was killed before the switch */
	below = store_path(store, "channels/pairs/pairs/4");
	assert_int_equal(fs_mkdirs(below, 0755, &e), 0);
	assert_int_equal(fs_write_file(stale, "stale", 5, 0644, &e), 0);
	assert_int_equal(publish("pairs", 4, START + 4, &e), 0);
	assert_pair("pairs", 1, NULL);
	assert_pair("pairs", 2, NULL);
	assert_pair("pairs", 3, "signature 3");
	assert_pair("pairs", 4, "signature 4");
}

/* Served for long, then followed by many at once: clients that read its index a moment ago still find what it names. */
static void long_served(void **state)
{
	struct err e = { 0 };

	for (int serial = 1; serial <= 6; serial++) {
		if (publish("long", serial, serial == 1 ? START : START + INT64_C(1000000) + serial * INT64_C(60), &e))
			fail_msg("%s", e.text);
	}
	assert_true(in_tree("long", "history/1.json") && in_tree("long", "deb/pool/a/acme_1_all.deb"));
	if (publish("long", 7, START + INT64_C(1000000) + 2 * 86400, &e)) /* a day after it was superseded */
		fail_msg("%s", e.text);
	assert_false(in_tree("long", "history/1.json") || in_tree("long", "deb/pool/a/acme_1_all.deb"));
	assert_true(in_tree("long", "history/4.json"));
}

static void same_and_older(void **state)
{
	struct err e = { 0 };

	assert_int_equal(publish("same", 2, START, &e), 0);
	assert_int_equal(publish("same", 2, START, &e), 0);
	assert_int_equal(publish("same", 2, START + 1, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	assert_int_equal(publish("same", 1, START, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	assert_int_equal(e.class, ERR_VERDICT);
	assert_int_equal(check_whole("same"), 2);
	assert_int_equal(publish("../x", 3, START, &e), -1);
	assert_int_equal(publish("", 3, START, &e), -1);
}

static void bad_answers(void **state)
{
	static const char *const paths[] = { "../escape", "/abs", "a/../b", "a//b", "" };
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct signer_answer a = make_answer(1, START);

		add_file(&a, NULL, paths[i], mem_strdup("x"));
		assert_int_equal(channel_publish(store, "bad", &a, &e), -1);
		assert_string_equal(e.code, "E_PATH_ESCAPE");
		answer_done(&a);
	}
	assert_false(in_tree("bad", ""));
}

/* A package blob that changed on disk is not put out. */
static void changed_blob(void **state)
{
	struct signer_answer a = make_answer(77, START);
	AUTO_FREE char *path = blob_path(
		store->blobs, json_text(json_array_get(json_list(a.release, "packages"), 0), "sha256"));
	struct err e = { 0 };

	assert_int_equal(unlink(path), 0);
	assert_int_equal(fs_write_file(path, "evil", 4, 0644, &e), 0);
	assert_int_equal(channel_publish(store, "changed", &a, &e), -1);
	assert_string_equal(e.code, "E_DIGEST");
	assert_false(in_tree("changed", ""));
	answer_done(&a);
}

/* How many of the new tree's records are laid out already. */
static bool has_record(const char *building, const json_t *records, size_t i)
{
	AUTO_FREE char *path = mem_printf("%s/records/%s", building, json_string_value(json_array_get(records, i)));

	return fs_exists(path);
}

/* The publisher is killed when the i-th record has appeared: i walks through the whole laying out, then past it. */
static void killed(void **state)
{
	struct err e = { 0 };

	assert_int_equal(publish("kill", 1, START, &e), 0);
	for (int round = 0; round < 20; round++) {
		int serial = round + 2, status;
		struct signer_answer a = make_answer(serial, START + serial);
		const json_t *records = json_list(a.release, "records");
		AUTO_FREE char *below = mem_printf("channels/kill/snapshots/%d.new", serial),
			       *building = store_path(store, below);
		bool is_done = false;
		pid_t pid = fork();
		long long now;

		if (pid == 0)
			_exit(channel_publish(store, "kill", &a, &e) ? 1 : 0);
		assert_true(pid > 0);
		while (!has_record(building, records, (size_t)round * 2 % RECORDS) && !is_done)
			is_done = waitpid(pid, &status, WNOHANG) == pid || sched_yield();
		if (!is_done) {
			(void)kill(pid, SIGKILL);
			assert_int_equal(waitpid(pid, &status, 0), pid);
		}
		now = check_whole("kill");
		assert_true(now == serial || now == serial - 1);
		if (channel_publish(store, "kill", &a, &e))
			fail_msg("%s", e.text);
		assert_int_equal(check_whole("kill"), serial);
		assert_false(fs_exists(building));
		answer_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generations),
		cmocka_unit_test(pairs),
		cmocka_unit_test(long_served),
		cmocka_unit_test(same_and_older),
		cmocka_unit_test(bad_answers),
		cmocka_unit_test(changed_blob),
		cmocka_unit_test(killed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
