/* test_verify.c - a published tree and what can be done to it: each change is found, with the file it was done to. */
#include "base/proc.h"
#include "channel_world.h"
#include <unistd.h>

enum { WEEK = 7 * 86400 };

static struct world world;
static json_t *trust;
static int64_t start; /* signatures are made now */

static int set_up(void **state)
{
	struct err e = { 0 };

	start = when_now();
	if (world_open(&world))
		return -1;
	release_version(&world, "1.0");
	release_version(&world, "2.0");
	OK(release_trust(world.r, &trust, &e));
	return 0;
}

static int tear_down(void **state)
{
	json_decref(trust);
	world_close(&world);
	return 0;
}

/* ---- what can be done to it */

static char *tree;

static void overwrite(const char *path, const char *bytes)
{
	AUTO_FREE char *whole = fs_join(tree, path);
	struct err e = { 0 };

	assert_int_equal(fs_write_file(whole, bytes, strlen(bytes), 0644, &e), 0); /* by rename: blobs stay */
}

static void copy_over(const char *from, const char *to)
{
	AUTO_FREE char *source = fs_join(tree, from), *target = fs_join(tree, to), *bytes = NULL;
	struct err e = { 0 };
	size_t len;

	assert_int_equal(fs_read_file(source, MIB(1), &bytes, &len, &e), 0);
	assert_int_equal(fs_write_file(target, bytes, len, 0644, &e), 0);
}

static void remove_file(const char *path)
{
	AUTO_FREE char *whole = fs_join(tree, path);

	assert_int_equal(unlink(whole), 0);
}

static void add_link(void)
{
	AUTO_FREE char *whole = fs_join(tree, "deb/pool/link");

	assert_int_equal(symlink("/etc/passwd", whole), 0);
}

static void change_package(void)
{
	overwrite("deb/pool/a/org-acme_2.0_amd64.deb", "package 3");
}
static void change_kept_package(void)
{
	overwrite("deb/pool/a/org-acme_1.0_amd64.deb", "package 3");
}
static void change_index(void)
{
	overwrite("deb/dists/production/main/binary-amd64/Packages", "");
}
static void drop_package(void)
{
	remove_file("deb/pool/a/org-acme_2.0_amd64.deb");
}
static void drop_signature(void)
{
	remove_file("release.json.asc");
}
static void drop_inrelease(void)
{
	remove_file("deb/dists/production/InRelease");
}
static void change_release(void)
{
	overwrite("release.json", "{}");
}
static void stray(void)
{
	overwrite("deb/dists/production/main/binary-amd64/Packages.bz2", "x");
}
static void unsigned_inrelease(void)
{
	copy_over("deb/dists/production/Release", "deb/dists/production/InRelease");
}
static void swap_key(void)
{
	copy_over("keys/package.asc", "keys/release.asc");
}
static void swap_package_key(void)
{
	AUTO_FREE char *whole = fs_join(tree, "keys/package.asc"), *armored = NULL;
	struct err e = { 0 };
	size_t len;

	OK(key_export(world.homes[PAT], world.keys[PAT], &armored, &len, &e));
	OK(fs_write_file(whole, armored, len, 0644, &e));
}
static void roll_back(void)
{
	copy_over("history/1.json", "release.json");
	copy_over("history/1.json.asc", "release.json.asc");
}
static void roll_back_named(void)
{
	overwrite("history/9.json", "{}");
	copy_over("release.json", "history/2.json");
	copy_over("release.json.asc", "history/2.json.asc");
	remove_file("history/9.json");
}
static void nothing(void)
{
}

static const struct {
	const char *name;
	void (*change)(void);
	int64_t at;
	const char *code, *where; /* NULL: good */
} table[] = {
	{ "good", nothing, 60, NULL, NULL },
	{ "expired", nothing, WEEK + 60, "E_FREEZE", "release.json" },
	{ "future", nothing, -3600, "E_SIG_TIME", NULL },
	{ "changed package", change_package, 60, "E_DIGEST", "deb/pool/a/org-acme_2.0_amd64.deb" },
	{ "changed older package", change_kept_package, 60, "E_DIGEST", "deb/pool/a/org-acme_1.0_amd64.deb" },
	{ "changed index", change_index, 60, "E_DIGEST", "deb/dists/production/main/binary-amd64/Packages" },
	{ "missing package", drop_package, 60, "E_DIGEST", "deb/pool/a/org-acme_2.0_amd64.deb" },
	{ "no signature", drop_signature, 60, "E_SIG_MISSING", "release.json.asc" },
	{ "no InRelease", drop_inrelease, 60, "E_SIG_MISSING", "deb/dists/production/InRelease" },
	{ "changed release.json", change_release, 60, "E_SIG_BAD", "release.json" },
	{ "stray file", stray, 60, "E_DIGEST", "deb/dists/production/main/binary-amd64/Packages.bz2" },
	{ "unsigned InRelease", unsigned_inrelease, 60, "E_SIG_MISSING", "deb/dists/production/InRelease" },
	{ "another key served", swap_key, 60, "E_SIG_UNTRUSTED", "keys/release.asc" },
	{ "another package key served", swap_package_key, 60, "E_SIG_UNTRUSTED", "keys/package.asc" },
	{ "older release.json", roll_back, 60, "E_ROLLBACK", "history/1.json" },
	{ "a generation not older", roll_back_named, 60, "E_ROLLBACK", "history/2.json" },
	{ "a link", add_link, 60, "E_SPECIAL_FILE", "deb/pool/link" },
};

static bool is_found(const json_t *result, const char *code, const char *where)
{
	const json_t *finding;
	size_t i;

	json_array_foreach(json_list(result, "findings"), i, finding)
		if (strcmp(json_text(finding, "code"), code) == 0 &&
			(!where || strcmp(json_text(finding, "where"), where) == 0))
			return true;
	return false;
}

static void changes(void **state)
{
	AUTO_FREE char *current = channel_tree(world.r->store, "production");

	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = { 0 };
		json_t *result = NULL;
		int status;

		tree = mem_printf("%s/copy-%zu", world.dir, i);
		AUTO_FREE char *from = mem_printf("%s/.", current);
		OK(proc_must((const char *const[]){ "cp", "-a", from, tree, NULL }, &e));
		table[i].change();
		status = channel_verify(tree, trust, start + table[i].at, &result, &e);
		if (!result)
			fail_msg("%s: %s", table[i].name, e.text);
		if (!table[i].code) {
			if (status)
				fail_msg("%s: %s", table[i].name, e.text);
		} else if (status == 0 || e.class != ERR_VERDICT || !is_found(result, table[i].code, table[i].where)) {
			AUTO_FREE char *text = json_dumps(result, 0);

			fail_msg("%s: %s", table[i].name, text);
		}
		json_decref(result);
		free(tree);
	}
}

static void other_trust(void **state)
{
	AUTO_FREE char *current = channel_tree(world.r->store, "production");
	AUTO_JSON *other = json_deep_copy(trust), *result = NULL;
	struct err e = { 0 };

	json_object_set_new(other, "channels", json_pack("{s:s}", "production", "other/production"));
	assert_int_equal(channel_verify(current, other, start + 60, &result, &e), -1);
	assert_string_equal(e.code, "E_SIG_UNTRUSTED");
	json_object_set_new(other, "release_keys", json_array());
	assert_int_equal(channel_verify(current, other, start + 60, &result, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	assert_int_equal(channel_verify("/dev/null/nonexistent", trust, start + 60, &result, &e), -1);
	assert_int_equal(e.class, ERR_ENV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes),
		cmocka_unit_test(other_trust),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
