/* test_pull.c - a distribution server's pull: what it takes, what it refuses, and that what is served stays whole whatever comes. */
#include "channel_world.h"
#include "release/channel/pull.h"
#include <sys/wait.h>
#include <unistd.h>

enum { WEEK = 7 * 86400 };

static struct world world;
static json_t *trust;
static int64_t start;
static char *first, *second; /* copies of the published tree, after each release */

static int set_up(void **state)
{
	AUTO_FREE char *current = NULL;
	struct err e = { 0 };

	start = when_now();
	if (world_open(&world))
		return -1;
	current = channel_tree(world.r->store, "production");
	release_version(&world, "1.0");
	first = tree_copy(&world, current, "first");
	release_version(&world, "2.0");
	second = tree_copy(&world, current, "second");
	OK(release_trust(world.r, &trust, &e));
	return 0;
}

static int tear_down(void **state)
{
	json_decref(trust);
	free(first);
	free(second);
	world_close(&world);
	return 0;
}

static int pull_at(const char *from, const char *into, int64_t at, bool is_check, json_t **ret, struct err *e)
{
	struct pull p = { .url = from, .into = into, .trust = trust, .keep = 3, .is_check = is_check, .at = at };

	return channel_pull(&p, ret, e);
}

/* Pulls, and answers with what was told. */
static json_t *pulled(const char *from, const char *into)
{
	struct err e = { 0 };
	json_t *told = NULL;

	OK(pull_at(from, into, start + 60, false, &told, &e));
	return told;
}

static void refused(const char *from, const char *into, int64_t at, const char *code)
{
	struct err e = { 0 };
	json_t *told = NULL;

	if (pull_at(from, into, at, false, &told, &e) == 0 || e.class != ERR_VERDICT || !e.code ||
		strcmp(e.code, code) != 0)
		fail_msg("%s: %s is meant, not %s: %s", from, code, e.code ? e.code : "(none)", e.text);
	assert_null(told);
}

static void serves(const char *into, int serial)
{
	AUTO_FREE char *current = fs_join(into, "current");
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	OK(channel_verify(current, trust, start + 60, &told, &e));
	assert_int_equal(json_int(told, "serial"), serial);
}

static void takes_what_changed(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "site"), *beyond = fs_join(world.dir, "site-behind"), *current = NULL;
	AUTO_JSON *one = pulled(first, into), *again = pulled(first, into), *two = pulled(second, into), *far = NULL;

	assert_true(json_flag(one, "changed"));
	assert_int_equal(json_int(one, "files"), json_int(one, "fetched"));
	assert_false(json_flag(again, "changed"));
	assert_int_equal(json_int(again, "fetched"), 0);
	assert_true(json_flag(two, "changed"));
	assert_true(json_int(two, "fetched") > 0 && json_int(two, "fetched") < json_int(two, "files"));
	serves(into, 2);

	/* A site behind the site: the same tree, the same checks. */
	current = fs_join(into, "current");
	far = pulled(current, beyond);
	assert_int_equal(json_int(far, "serial"), 2);
	serves(beyond, 2);
}

static void looks_only(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "looked"), *package = NULL;
	AUTO_JSON *same = NULL, *newer = NULL, *none = NULL;
	struct err e = { 0 };

	json_decref(pulled(first, into));
	OK(pull_at(first, into, start + 60, true, &same, &e));
	assert_false(json_flag(same, "newer"));
	OK(pull_at(second, into, start + 60, true, &newer, &e));
	assert_true(json_flag(newer, "newer"));
	assert_false(json_flag(newer, "changed"));
	serves(into, 1);
	package = mem_printf("%s/current/deb/pool/a/org-acme_1.0_amd64.deb", into);
	OK(fs_write_file(package, "rotten", 6, 0644, &e));
	assert_int_equal(pull_at(first, into, start + 60, true, &none, &e), -1);
	assert_string_equal(e.code, "E_DIGEST");
}

static void old_states(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "old"), *snapshots = fs_join(into, "snapshots"),
		       *current = fs_join(into, "current");
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	json_decref(pulled(second, into));
	refused(first, into, start + 60, "E_ROLLBACK");
	refused(second, into, start + WEEK + 60, "E_FREEZE");
	serves(into, 2);
	/* Even where every snapshot was taken away: what was seen is noted. */
	fs_remove_tree(snapshots, &e);
	unlink(current);
	refused(first, into, start + 60, "E_ROLLBACK");
	told = pulled(second, into);
	assert_true(json_flag(told, "changed"));
	serves(into, 2);
}

static void overwrite(const char *tree, const char *path, const char *bytes)
{
	AUTO_FREE char *whole = fs_join(tree, path);
	struct err e = { 0 };

	OK(fs_write_file(whole, bytes, strlen(bytes), 0644, &e));
}

static const struct {
	const char *name, *path, *bytes, *from, *code; /* from: a file of the first tree instead of bytes */
} lies[] = {
	{ "arbitrary package", "deb/pool/a/org-acme_2.0_amd64.deb", "package 6.6", NULL, "E_DIGEST" },
	{ "endless data", "deb/pool/a/org-acme_2.0_amd64.deb", "package 2.0 and on and on and on", NULL,
		"E_LIMIT_SIZE" },
	{ "cut short", "deb/pool/a/org-acme_2.0_amd64.deb", "pack", NULL, "E_DIGEST" },
	{ "an index of before", "deb/dists/production/Release", NULL, "deb/dists/production/Release", "E_DIGEST" },
	{ "a signature of before", "deb/dists/production/InRelease", NULL, "deb/dists/production/InRelease",
		"E_LIMIT_SIZE E_DIGEST" },
	{ "release.json of before", "release.json", NULL, "release.json", "E_SIG_BAD" },
	{ "another release key", "keys/release.asc", NULL, "keys/package.asc", "E_SIG_UNTRUSTED" },
	{ "no JSON", "release.json", "{", NULL, "E_SIG_BAD" },
};

static void refuses_lies(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "lied-to"), *incoming = fs_join(into, "incoming");

	json_decref(pulled(first, into));
	for (size_t i = 0; i < COUNT(lies); i++) {
		AUTO_FREE char *tree = tree_copy(&world, second, "lie"), *from = NULL, *bytes = NULL;
		struct err e = { 0 };
		json_t *told = NULL;
		size_t len;

		if (lies[i].from) {
			from = fs_join(first, lies[i].from);
			OK(fs_read_file(from, MIB(1), &bytes, &len, &e));
		}
		fs_remove_tree(incoming, &e); /* or what an earlier try got would do */
		overwrite(tree, lies[i].path, bytes ? bytes : lies[i].bytes);
		if (pull_at(tree, into, start + 60, false, &told, &e) == 0 || e.class != ERR_VERDICT ||
			!strstr(lies[i].code, e.code))
			fail_msg("%s: %s: %s", lies[i].name, e.code ? e.code : "taken", e.text);
		serves(into, 1);
	}
	json_t *honest = pulled(second, into);
	assert_true(json_flag(honest, "changed"));
	json_decref(honest);
	serves(into, 2);
}

static void missing_files(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "half"), *tree = tree_copy(&world, second, "half-there"),
		       *package = NULL;
	struct err e = { 0 };
	json_t *told = NULL;

	package = fs_join(tree, "deb/pool/a/org-acme_2.0_amd64.deb");
	assert_int_equal(unlink(package), 0);
	assert_int_equal(pull_at(tree, into, start + 60, false, &told, &e), -1);
	assert_int_equal(e.class, ERR_ENV);
	/* What came is kept: the next one fetches what was missing, and no record twice. */
	told = pulled(second, into);
	assert_true(json_flag(told, "changed"));
	json_decref(told);
	serves(into, 2);
	assert_int_equal(pull_at("gopher://x/", into, start + 60, false, &told, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	assert_int_equal(pull_at("/nonexistent", into, start + 60, false, &told, &e), -1);
	assert_int_equal(e.class, ERR_ENV);
}

static void goes_on(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "resumed"), *parts = fs_join(into, "incoming/parts"), *part = NULL;
	char digest[65];
	struct err e = { 0 };
	json_t *told;

	/* The first half of a package is there, and the first half of another one that is damaged. */
	sha256_hex("package 2.0", 11, digest);
	part = fs_join(parts, digest);
	OK(fs_mkdirs(parts, 0755, &e));
	OK(fs_write_file(part, "packa", 5, 0644, &e));
	told = pulled(second, into);
	serves(into, 2);
	json_decref(told);
	fs_remove_tree(into, &e);
	OK(fs_mkdirs(parts, 0755, &e));
	OK(fs_write_file(part, "wrong", 5, 0644, &e));
	told = pulled(second, into);
	serves(into, 2);
	json_decref(told);
}

static void one_channel_a_folder(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "other"), *seen = fs_join(into, "seen.json");
	struct err e = { 0 };
	json_t *told = NULL;

	OK(fs_mkdirs(into, 0755, &e));
	OK(fs_write_file(seen, "{\"channel_id\":\"x/production\",\"serial\":1}", 40, 0644, &e));
	assert_int_equal(pull_at(first, into, start + 60, false, &told, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	OK(fs_write_file(seen, "{", 1, 0644, &e));
	assert_int_equal(pull_at(first, into, start + 60, false, &told, &e), -1);
	assert_int_equal(e.class, ERR_INPUT);
}

/* Somebody wrote into a file that is served, where it lies: what the snapshots share is wrong in all of them. */
static void spoil(const char *into, const char *path)
{
	AUTO_FREE char *whole = fs_join(into, path);
	FILE *file = fopen(whole, "r+");

	assert_non_null(file);
	assert_int_equal(fputc('!', file), '!');
	assert_int_equal(fclose(file), 0);
}

static void spoil_at(const char *into, const char *path, const char *before)
{
	AUTO_FREE char *whole = fs_join(into, path), *text = NULL;
	FILE *file = fopen(whole, "r+");
	struct err e = { 0 };
	size_t len;

	assert_non_null(file);
	OK(fs_read_file(whole, MIB(4), &text, &len, &e));
	assert_int_equal(fseek(file, (long)(strstr(text, before) - text) + (long)strlen(before), SEEK_SET), 0);
	assert_int_equal(fputc('9', file), '9');
	assert_int_equal(fclose(file), 0);
}

/* What says which files a snapshot has: no JSON any more, or other JSON. */
static void a_list_spoilt(void **state)
{
	for (int is_json = 0; is_json < 2; is_json++) {
		AUTO_FREE char *into = mem_printf("%s/list-%d", world.dir, is_json);

		json_decref(pulled(first, into));
		if (is_json)
			spoil_at(into, "snapshots/1/release.json", "\"size\":");
		else
			spoil(into, "snapshots/1/release.json");
		json_decref(pulled(second, into));
		serves(into, 2);
	}
}

static void what_was_spoilt(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "spoilt"), *current = fs_join(into, "current"),
		       *release = fs_join(first, "release.json");
	AUTO_FREE char *text = NULL, *record = NULL;
	AUTO_JSON *json = NULL, *told = NULL, *none = NULL;
	struct err e = { 0 };
	size_t len;

	OK(fs_read_file(release, MIB(4), &text, &len, &e));
	json = json_parse(text, len, release, &e);
	record = mem_printf("current/records/%s", json_string_value(json_array_get(json_list(json, "records"), 0)));
	json_decref(pulled(first, into));
	spoil(into, record);
	spoil(into, "current/deb/pool/a/org-acme_1.0_amd64.deb"); /* only kept for who read the index before */
	json_decref(pulled(second, into));
	serves(into, 2);

	/* Nothing newer comes: it is found by looking, and mended once what is served is taken away. */
	spoil(into, "current/deb/pool/a/org-acme_2.0_amd64.deb");
	assert_int_equal(pull_at(second, into, start + 60, true, &none, &e), -1);
	assert_string_equal(e.code, "E_DIGEST");
	assert_non_null(strstr(e.hint, "pull again"));
	assert_int_equal(unlink(current), 0);
	told = pulled(second, into);
	assert_true(json_flag(told, "changed"));
	serves(into, 2);
}

/* Killed at any moment, the next pull needs nobody's help, and what is served is whole. */
static void killed(void **state)
{
	int kills = getenv("SLUICE_FULL") ? 60 : getenv("SLUICE_KILLS") ? 1 : 5; /* sanitized: each pull is long */

	for (int i = 0; i < kills; i++) {
		AUTO_FREE char *into = fs_join(world.dir, "killed");
		struct err e = { 0 };
		json_t *told;
		pid_t pid;

		fs_remove_tree(into, &e);
		json_decref(pulled(first, into));
		pid = fork();
		if (pid == 0) {
			told = NULL;
			_exit(pull_at(second, into, start + 60, false, &told, &e) ? 1 : 0);
		}
		usleep((useconds_t)(rand() % 40000));
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		AUTO_FREE char *current = fs_join(into, "current");
		AUTO_JSON *whole = NULL;
		OK(channel_verify(current, trust, start + 60, &whole, &e));
		json_decref(pulled(second, into));
		serves(into, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_changed),
		cmocka_unit_test(looks_only),
		cmocka_unit_test(old_states),
		cmocka_unit_test(refuses_lies),
		cmocka_unit_test(missing_files),
		cmocka_unit_test(goes_on),
		cmocka_unit_test(one_channel_a_folder),
		cmocka_unit_test(what_was_spoilt),
		cmocka_unit_test(a_list_spoilt),
		cmocka_unit_test(killed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
