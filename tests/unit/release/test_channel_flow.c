/* test_channel_flow.c - from a store to a published tree, and the gate asked a third time from that tree: even whoever holds the
 * release key lets nothing in that the votes do not cover. */
#include "base/proc.h"
#include "channel_world.h"
#include <unistd.h>

static struct world world;
static json_t *trust;
static char *copy; /* of the tree, to be changed */

static int copied = 0;

static int setup(void **state)
{
	struct err e = { 0 };

	if (world_open(&world))
		return -1;
	release_version(&world, "1.0");
	release_version(&world, "2.0");
	OK(release_trust(world.r, &trust, &e));
	return 0;
}

static int teardown(void **state)
{
	json_decref(trust);
	world_close(&world);
	return 0;
}

static char *current(void)
{
	return channel_tree(world.r->store, "production");
}

static int copy_tree(void **state)
{
	AUTO_FREE char *tree = current(), *from = mem_printf("%s/.", tree);
	struct err e = { 0 };

	copy = mem_printf("%s/copy-%d", world.dir, copied++);
	return proc_must((const char *const[]){ "cp", "-a", from, copy, NULL }, &e);
}

static int drop_tree(void **state)
{
	struct err e = { 0 };
	int status = fs_remove_tree(copy, &e);

	free(copy);
	return status;
}

static void assert_good(const char *tree)
{
	AUTO_JSON *result = NULL;
	struct err e = { 0 };

	if (channel_verify(tree, trust, 0, &result, &e)) {
		AUTO_FREE char *text = result ? json_dumps(result, JSON_INDENT(1)) : NULL;

		fail_msg("%s: %s", e.text, text);
	}
	assert_true(json_flag(result, "ok"));
}

static void assert_refused(const char *code, const char *where)
{
	AUTO_JSON *result = NULL;
	struct err e = { 0 };
	const json_t *finding;
	size_t i;

	assert_int_equal(channel_verify(copy, trust, 0, &result, &e), -1);
	assert_int_equal(e.class, ERR_VERDICT);
	json_array_foreach(json_list(result, "findings"), i, finding)
		if (strcmp(json_text(finding, "code"), code) == 0 && strstr(json_text(finding, "where"), where))
			return;
	AUTO_FREE char *text = json_dumps(result, JSON_INDENT(1));
	fail_msg("no %s in %s", code, text);
}

static json_t *read_release(void)
{
	AUTO_FREE char *path = fs_join(copy, "release.json"), *bytes = NULL;
	struct err e = { 0 };
	json_t *release;
	size_t len;

	OK(fs_read_file(path, MIB(4), &bytes, &len, &e));
	release = json_parse(bytes, len, path, &e);
	assert_non_null(release);
	return release;
}

/* Puts it back as its key's holder could: with a good signature. */
static void sign_release(json_t *release)
{
	AUTO_FREE char *path = fs_join(copy, "release.json"), *sig_path = fs_join(copy, "release.json.asc"),
		       *bytes = NULL, *sig = NULL, *home = release_key_home(world.r, "release");
	AUTO(signer) signer = { .fd = -1 };
	struct sig_data data = { .fd = -1 };
	struct err e = { 0 };
	size_t sig_len;

	OK(json_canonical(release, &bytes, &data.len, &e));
	data.bytes = bytes;
	OK(signer_open(&signer, home, NULL, &e));
	OK(signer_sign(&signer, SIGN_DETACHED_ARMOR, &data, &sig, &sig_len, &e));
	OK(fs_write_file(path, bytes, data.len, 0644, &e));
	OK(fs_write_file(sig_path, sig, sig_len, 0644, &e));
}

static void published(void **state)
{
	AUTO_FREE char *tree = current();

	assert_good(tree);
}

static void resigned(void **state)
{
	AUTO_FREE char *tree = current();
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };

	OK(release_resign(world.r, "production", channel_publish, &answer, &e));
	assert_good(tree);
}

/* A record that changed, one that is gone. */
static void records(void **state)
{
	AUTO_JSON *release = read_release();
	const json_t *list = json_list(release, "records");
	const char *digest = json_string_value(json_array_get(list, json_array_size(list) / 2));
	AUTO_FREE char *below = mem_printf("records/%s", digest), *path = fs_join(copy, below);
	struct err e = { 0 };

	assert_true(json_array_size(list) > 4);
	OK(fs_write_file(path, "{}", 2, 0644, &e));
	assert_refused("E_DIGEST", below);
	assert_int_equal(unlink(path), 0);
	assert_refused("E_DIGEST", below);
}

/* The release key's holder leaves out what was voted. */
static void without_votes(void **state)
{
	AUTO_JSON *release = read_release();
	json_t *entry;
	size_t i;

	json_array_foreach(json_list(release, "releases"), i, entry) {
		json_t *pairs = json_list(entry, "records");

		while (json_array_size(pairs) > 3)
			json_array_remove(pairs, 3);
	}
	sign_release(release);
	assert_refused("E_GATE", "");
}

/* The release key's holder puts another package at the same place. */
static void another_package(void **state)
{
	AUTO_JSON *release = read_release();
	json_t *package = json_array_get(json_list(release, "packages"), 0);
	AUTO_FREE char *path = fs_join(copy, json_text(package, "path"));
	struct err e = { 0 };
	char digest[65];

	OK(fs_write_file(path, "evil", 4, 0644, &e));
	sha256_hex("evil", 4, digest);
	json_set_str(package, "sha256", digest);
	sign_release(release);
	assert_refused("E_GATE", "");
}

/* The release key's holder cannot put another policy in the place of the first. */
static void another_root(void **state)
{
	AUTO_JSON *other = json_deep_copy(trust), *result = NULL;
	struct err e = { 0 };

	json_object_set_new(
		other, "policy", json_string("0000000000000000000000000000000000000000000000000000000000000000"));
	assert_int_equal(channel_verify(copy, other, 0, &result, &e), -1);
	assert_int_equal(e.class, ERR_VERDICT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published),
		cmocka_unit_test_setup_teardown(records, copy_tree, drop_tree),
		cmocka_unit_test_setup_teardown(without_votes, copy_tree, drop_tree),
		cmocka_unit_test_setup_teardown(another_package, copy_tree, drop_tree),
		cmocka_unit_test_setup_teardown(another_root, copy_tree, drop_tree),
		cmocka_unit_test(resigned),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
