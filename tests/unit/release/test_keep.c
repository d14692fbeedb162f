/* test_keep.c - gc takes what nothing refers to and nothing else; fsck names each thing that was broken, and mends what somebody has. */
#include "base/proc.h"
#include "channel_world.h"
#include "release/channel/pull.h"
#include "release/channel/snapshots.h"
#include "release/keep/keep.h"
#include "release/keep/refs.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY = 86400 };

static struct world world;
static json_t *trust;
static char *site; /* a distribution server's folder */

static int set_up(void **state)
{
	AUTO_FREE char *tree = NULL;
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	if (world_open(&world))
		return -1;
	for (int i = 1; i <= 5; i++) {
		AUTO_FREE char *version = mem_printf("%d.0", i);

		release_version(&world, version);
	}
	OK(release_trust(world.r, &trust, &e));
	tree = channel_tree(world.r->store, "production");
	site = fs_join(world.dir, "site");
	OK(channel_pull(
		&(struct pull){ .url = tree, .into = site, .trust = trust, .keep = 3, .at = when_now() }, &told, &e));
	return 0;
}

static int tear_down(void **state)
{
	json_decref(trust);
	free(site);
	world_close(&world);
	return 0;
}

/* ---- gc */
static json_t *collect(int64_t later, int64_t packages_for, bool is_check)
{
	struct gc o = { .generations = 3,
		.keep_for = DAY,
		.packages_for = packages_for,
		.is_check = is_check,
		.now = when_now() + later };
	struct err e = { 0 };
	json_t *told = NULL;

	OK(gc_run(world.r, &o, &told, &e));
	return told;
}

static void age(const char *digest, int64_t seconds)
{
	AUTO_FREE char *path = blob_path(world.r->store->blobs, digest);
	struct timespec times[2] = { { .tv_sec = when_now() - seconds }, { .tv_sec = when_now() - seconds } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void assert_intact(void)
{
	AUTO_FREE char *tree = channel_tree(world.r->store, "production");
	AUTO_JSON *told = NULL, *audit = NULL;
	struct err e = { 0 };

	OK(channel_verify(tree, trust, 0, &told, &e));
	OK(audit_store(world.r->store, &audit, &e));
	assert_true(json_flag(audit, "ok"));
}

static void nothing_that_is_named_goes(void **state)
{
	AUTO_JSON *told = collect(0, DAY, false);
	const char *const orphan = "nobody speaks of this";
	char digest[65];

	assert_int_equal(json_int(told, "blobs"), 0);
	assert_int_equal(json_array_size(json_list(told, "snapshots")), 0); /* served within a day */
	put(&world, orphan, digest);
	json_decref(told);
	told = collect(0, DAY, false); /* put just now: somebody may be about to say why */
	assert_int_equal(json_int(told, "blobs"), 0);
	assert_true(blob_has(world.r->store->blobs, digest));
	age(digest, 2 * DAY);
	json_decref(told);
	told = collect(0, DAY, true);
	assert_int_equal(json_int(told, "blobs"), 1);
	assert_true(blob_has(world.r->store->blobs, digest));
	put(&world, orphan, digest); /* again: young again */
	json_decref(told);
	told = collect(0, DAY, false);
	assert_int_equal(json_int(told, "blobs"), 0);
	age(digest, 2 * DAY);
	json_decref(told);
	told = collect(0, DAY, false);
	assert_int_equal(json_int(told, "blobs"), 1);
	assert_int_equal(json_int(told, "bytes"), strlen(orphan));
	assert_false(blob_has(world.r->store->blobs, digest));
	assert_intact();
}

static bool has_package(const char *version)
{
	AUTO_FREE char *text = mem_printf("package %s", version);
	char digest[65];

	sha256_hex(text, strlen(text), digest);
	return blob_has(world.r->store->blobs, digest);
}

static void forget_age(void)
{
	struct refs refs = { .open = { 0 } };
	struct err e = { 0 };

	OK(refs_list(&refs, world.r->store, &e));
	for (size_t i = 0; i < refs.blobs.len; i++) {
		char digest[65];

		hex_of(refs.blobs.at[i].digest, 32, digest);
		age(digest, 2 * DAY);
	}
	refs_done(&refs);
}

/* A snapshot of an earlier time, as its list alone. */
static void add_snapshot(const char *snapshots, int serial)
{
	AUTO_FREE char *from = mem_printf("%s/5/release.json", snapshots),
		       *folder = mem_printf("%s/%d", snapshots, serial), *to = fs_join(folder, "release.json");
	struct err e = { 0 };

	OK(fs_mkdirs(folder, 0755, &e));
	OK(fs_copy_file(from, to, 0644, &e));
}

/* Two days on: three snapshots stay; packages of what is over and served nowhere go, an open candidate's do not, nor do those in a snapshot. */
static void old_ones_go(void **state)
{
	AUTO_JSON *told = NULL, *fsck = NULL;
	AUTO_FREE char *snapshots = fs_join(world.store, "channels/production/snapshots");
	struct actor pat = as(&world, PAT);
	struct err e = { 0 };
	char open[32], withdrawn[32];

	add_candidate(&world, "6.0", "pass", open);
	add_candidate(&world, "7.0", "pass", withdrawn);
	OK(candidate_withdraw(world.r, &pat, withdrawn, "not wanted", NULL, &e));
	forget_age();
	add_snapshot(snapshots, 1); /* the publisher itself leaves the present one and the one before it */
	add_snapshot(snapshots, 2);
	told = collect(2 * DAY, 3 * DAY, false);
	assert_int_equal(json_array_size(json_list(told, "snapshots")), 1);
	assert_int_equal(json_int(told, "packages"), 0); /* not long enough */
	for (int i = 1; i <= 5; i++) {
		AUTO_FREE char *name = mem_printf("%d", i), *path = fs_join(snapshots, name);

		assert_int_equal(fs_exists(path), i != 1 && i != 3);
	}
	AUTO_FREE char *second = fs_join(snapshots, "2");
	OK(fs_remove_tree(second, &e));
	json_decref(told);
	told = collect(2 * DAY, DAY, false);
	assert_int_equal(json_int(told, "packages"), 4); /* of 1.0, 2.0, 3.0 and 7.0 */
	assert_false(has_package("1.0") || has_package("2.0") || has_package("3.0") || has_package("7.0"));
	assert_true(has_package("4.0") && has_package("5.0") && has_package("6.0"));
	assert_intact();
	OK(fsck_run(&(struct fsck){ .path = world.store }, &fsck, &e)); /* it knows what was let go of */
	assert_int_equal(json_int(fsck, "collected"), 4);
	release_version(&world, "8.0");
	assert_intact();
}

/* What refers to others cannot be read: nobody knows what is needed, so nothing goes. */
static void broken_store_is_left_alone(void **state)
{
	AUTO_JSON *rows = NULL, *told = NULL;
	AUTO_FREE char *path = NULL, *aside = NULL;
	struct gc o = { .generations = 3, .keep_for = DAY, .packages_for = DAY, .now = when_now() };
	struct err e = { 0 };
	char digest[65];

	put(&world, "an orphan", digest);
	age(digest, 2 * DAY);
	rows = db_rows(
		world.r->store->db, "SELECT record FROM log WHERE action = 'submit' ORDER BY seq LIMIT 1", NULL, 0, &e);
	path = blob_path(world.r->store->blobs, json_text(json_array_get(rows, 0), "record"));
	aside = mem_printf("%s.aside", path);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(gc_run(world.r, &o, &told, &e), -1);
	assert_null(told);
	assert_true(blob_has(world.r->store->blobs, digest));
	OK(fs_write_file(path, "{}", 2, 0444, &(struct err){ 0 }));
	assert_int_equal(gc_run(world.r, &o, &told, &e), -1);
	assert_string_equal(e.code, "E_DIGEST");
	assert_true(blob_has(world.r->store->blobs, digest));
	assert_int_equal(rename(aside, path), 0);
	json_decref(collect(0, DAY, false));
	assert_false(blob_has(world.r->store->blobs, digest));
}

/* ---- fsck */
static json_t *check(bool is_repair, const char *from, bool is_fine)
{
	struct fsck o = { .is_repair = is_repair, .from = &from, .from_len = from != NULL, .path = world.store };
	struct err e = { 0 };
	json_t *told = NULL;
	int status = fsck_run(&o, &told, &e);

	if (!told || (status == 0) != is_fine || (!is_fine && e.class != ERR_VERDICT)) {
		AUTO_FREE char *text = told ? json_dumps(json_list(told, "findings"), JSON_INDENT(1)) : NULL;

		fail_msg("fsck: %s %s", e.text, text ? text : "");
	}
	return told;
}

static void overwrite(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static char *served(const char *below)
{
	AUTO_FREE char *tree = channel_tree(world.r->store, "production");

	return fs_join(tree, below);
}

static const json_t *finding(const json_t *told, const char *what, const char *where)
{
	size_t i;
	const json_t *f;

	json_array_foreach(json_list(told, "findings"), i, f)
		if (strcmp(json_text(f, "what"), what) == 0 && strstr(json_text(f, "where"), where))
			return f;
	fail_msg("no finding %s about %s", what, where);
	return NULL;
}

/* The package's bytes change on disk, in the blob and in the snapshots that share it; a site has them. */
static void a_package_rots(void **state)
{
	const char *const text = "package 5.0";
	AUTO_JSON *told = NULL;
	AUTO_FREE char *path = NULL;
	struct err e = { 0 };
	char digest[65];

	sha256_hex(text, strlen(text), digest);
	path = blob_path(world.r->store->blobs, digest);
	overwrite(path, "package 6.6");
	told = check(false, NULL, false);
	assert_non_null(strstr(json_text(finding(told, "blob", digest), "from"), "a site that pulled"));
	json_decref(told);
	told = check(true, NULL, false); /* nobody here has it */
	assert_false(json_flag(finding(told, "blob", digest), "mended"));
	json_decref(told);
	told = check(true, site, true);
	assert_true(json_flag(finding(told, "blob", digest), "mended"));
	assert_string_equal(json_text(finding(told, "blob", digest), "from"), site);
	assert_true(json_flag(finding(told, "snapshot", "org-acme_5.0_amd64.deb"), "mended"));
	assert_int_equal(blob_check(world.r->store->blobs, digest, NULL, &e), 0);
	json_decref(told);
	told = check(false, NULL, true);
	assert_int_equal(json_array_size(json_list(told, "findings")), 0);
	assert_intact();
}

/* release.json is one file in the snapshot, the store and the signer's memory: what rots in one is told, and mended from elsewhere only. */
static void a_release_rots(void **state)
{
	AUTO_FREE char *release = served("release.json"), *bytes = NULL;
	AUTO_JSON *told = NULL;
	struct err e = { 0 };
	char digest[65];
	size_t len;

	OK(fs_read_file(release, MIB(1), &bytes, &len, &e));
	sha256_hex(bytes, len, digest);
	overwrite(release, "{}");
	told = check(true, NULL, false);
	assert_false(json_flag(finding(told, "blob", digest), "mended"));
	assert_false(json_flag(finding(told, "snapshot", "release.json"), "mended"));
	overwrite(release, bytes);
	assert_intact();
}

static void files_of_a_snapshot(void **state)
{
	AUTO_FREE char *package = served("deb/pool/a/org-acme_8.0_amd64.deb"),
		       *index = served("deb/dists/production/main/binary-amd64/Packages"),
		       *release = served("release.json"), *added = served("deb/extra");
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	if (!fs_exists(package) || !fs_exists(index))
		fail_msg("neither %s nor %s", package, index);
	assert_int_equal(unlink(package), 0);
	assert_int_equal(unlink(release), 0);
	told = check(true, NULL, true);
	assert_true(json_flag(finding(told, "snapshot", "8.0_amd64.deb"), "mended"));
	assert_true(json_flag(finding(told, "snapshot", "release.json"), "mended"));
	json_decref(told);
	assert_int_equal(unlink(index), 0); /* its by-hash twin is another link to it */
	told = check(true, NULL, true);
	assert_true(json_flag(finding(told, "snapshot", "Packages"), "mended"));
	assert_intact();
	OK(fs_write_file(added, "x", 1, 0644, &e));
	json_decref(told);
	told = check(true, NULL, false);
	finding(told, "snapshot", "extra");
	assert_int_equal(unlink(added), 0);
}

/* A record is gone: whoever served it, has it. */
static void a_record_goes(void **state)
{
	AUTO_JSON *rows = NULL, *told = NULL;
	AUTO_FREE char *path = NULL, *other = NULL;
	struct err e = { 0 };

	rows = db_rows(world.r->store->db,
		"SELECT record FROM log WHERE action = 'vote' AND subject = 'R-5' AND record <> ''", NULL, 0, &e);
	path = blob_path(world.r->store->blobs, json_text(json_array_get(rows, 0), "record"));
	assert_int_equal(unlink(path), 0);
	told = check(false, NULL, false);
	assert_false(json_flag(finding(told, "blob", "the record of R-5"), "mended"));
	assert_non_null(strstr(json_text(finding(told, "blob", "the record of R-5"), "from"), "/snapshots/5"));
	json_decref(told);
	told = check(true, NULL, true);
	assert_true(json_flag(finding(told, "blob", "the record of R-5"), "mended"));
	json_decref(told);
	/* a policy: without it the store does not even open; another copy of the store has it */
	other = fs_join(world.dir, "copy");
	OK(proc_must((const char *const[]){ "cp", "-a", world.store, other, NULL }, &e));
	free(path);
	path = blob_path(world.r->store->blobs, policies_now(&world.r->chain)->digest);
	overwrite(path, "nothing: 1\n");
	told = check(false, NULL, false);
	finding(told, "log", "policies");
	json_decref(told);
	told = check(true, other, true);
	assert_intact();
}

static void a_row_changes(void **state)
{
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	OK(db_run(world.r->store->db, &e, "UPDATE log SET person = 'pat' WHERE seq = $1 AND person <> 'pat'", "2"));
	told = check(true, NULL, false);
	finding(told, "log", "log");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_is_named_goes),
		cmocka_unit_test(old_ones_go),
		cmocka_unit_test(broken_store_is_left_alone),
		cmocka_unit_test(a_package_rots),
		cmocka_unit_test(files_of_a_snapshot),
		cmocka_unit_test(a_release_rots),
		cmocka_unit_test(a_record_goes),
		cmocka_unit_test(a_row_changes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
