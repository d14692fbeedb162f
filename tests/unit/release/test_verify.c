/* test_verify.c - a published tree and what can be done to it: each change is found, with the file it was done to.
 * The files' side; the gate's own answers are played by two functions here. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/channel/channel.h"
#include "release/gate/audit.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOT "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
enum { WEEK = 7 * 86400 };

static char *dir;
static int64_t start; /* signatures are made now */
static struct store *store;
static struct signer key;
static json_t *trust;
static bool gate_says = true;

int audit_policies(
	struct record_source *s, const json_t *release, const char *root, struct policies *ret, struct err *e)
{
	assert_string_equal(root, ROOT);
	*LIST_ADD(ret) = (struct policy){ 0 };
	memcpy(ret->at[0].digest, json_text(release, "policy"), 65);
	return 0;
}

bool audit_release(
	struct record_source *s, struct policies *chain, const char *channel, const json_t *entry, json_t *findings)
{
	assert_string_equal(channel, "production");
	return gate_says;
}

static int make_key(const char *name, char fingerprint[65], char **ret_armored)
{
	AUTO_FREE char *home = mem_printf("%s/%s", dir, name), *below = mem_printf("keys/%s.asc", name),
		       *path = store_path(store, below);
	struct err e = { 0 };
	size_t len;

	return key_generate(home, name, "ed25519", 0, fingerprint, &e) ||
		key_export(home, fingerprint, ret_armored, &len, &e) ||
		fs_write_file(path, *ret_armored, len, 0644, &e);
}

static int set_up(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *path = NULL, *release = NULL, *package = NULL, *home = NULL;
	char fingerprint[65], other[65];

	start = when_now();
	if (fs_temp_dir("verify", &dir, &e))
		return -1;
	path = fs_join(dir, "store");
	if (store_create(path, &store, &e) || make_key("release", fingerprint, &release) ||
		make_key("package", other, &package))
		return -1;
	home = mem_printf("%s/release", dir);
	trust = json_pack("{s:s, s:[s], s:s, s:{s:s}}", "policy", ROOT, "release_keys", fingerprint, "certificates",
		release, "channels", "production", "id/production");
	return signer_open(&key, home, NULL, &e);
}

static int tear_down(void **state)
{
	struct err e = { 0 };
	int status;

	signer_done(&key);
	store_close(store);
	json_decref(trust);
	status = fs_remove_tree(dir, &e);
	free(dir);
	return status;
}

/* ---- a snapshot as the signer would make it */

static char *sign(enum sign_mode mode, const char *bytes, size_t len)
{
	struct err e = { 0 };
	size_t sig_len;
	char *sig;

	if (signer_sign(&key, mode, &(struct sig_data){ .bytes = bytes, .len = len }, &sig, &sig_len, &e))
		fail_msg("%s", e.text);
	return sig;
}

static void add_file(struct signer_answer *a, const char *path, char *bytes)
{
	struct index_item *item = LIST_ADD(&a->files);

	*item = (struct index_item){ mem_strdup(path), bytes, strlen(bytes), "" };
}

static void add_apt(struct signer_answer *a, json_t *indexes, int64_t time, const char *stanza)
{
	static const char *const architectures[] = { "amd64" };
	struct apt_release release = { .suite = "s",
		.component = "main",
		.date = time,
		.valid_until = time + WEEK,
		.architectures = architectures,
		.architectures_len = 1 };
	struct apt_stanza one = { "amd64", stanza };
	struct err e = { 0 };
	const struct index_item *last;

	assert_int_equal(apt_index(&release, &one, 1, &a->files, &e), 0);
	for (size_t i = 0; i < a->files.len; i++) {
		char *path = mem_printf("deb/%s", a->files.at[i].path);

		free(a->files.at[i].path);
		a->files.at[i].path = path;
		json_array_append_new(indexes,
			json_pack("{s:s, s:s, s:I}", "path", path, "sha256", a->files.at[i].sha256, "size",
				(json_int_t)a->files.at[i].len));
	}
	last = &a->files.at[a->files.len - 1];
	AUTO_FREE char *text = mem_strdup(last->bytes);
	add_file(a, "deb/dists/s/InRelease", sign(SIGN_CLEAR, text, strlen(text)));
	add_file(a, "deb/dists/s/Release.gpg", sign(SIGN_DETACHED_ARMOR, text, strlen(text)));
}

static void publish(int serial)
{
	struct signer_answer a = { 0 };
	struct err e = { 0 };
	json_t *indexes = json_array();
	int64_t time = start + serial;
	AUTO_FREE char *content = mem_printf("package %d", serial),
		       *stanza = mem_printf("Package: a\nVersion: %d\nArchitecture: amd64\n\n", serial);
	char package[SHA256_HEX], record[SHA256_HEX], from[32], until[32];
	size_t len;
	char *text;

	assert_int_equal(blob_put(store->blobs, content, strlen(content), package, &e), 0);
	assert_int_equal(blob_put(store->blobs, "record", 6, record, &e), 0);
	add_apt(&a, indexes, time, stanza);
	when_utc(time, from);
	when_utc(time + WEEK, until);
	a.release = json_pack("{s:i, s:s, s:s, s:i, s:s, s:s, s:s, s:o, s:[{s:s, s:s}], s:[s], s:[{s:s, s:[s]}]}",
		"version", 1, "channel", "production", "channel_id", "id/production", "serial", serial, "time", from,
		"valid_until", until, "policy", ROOT, "indexes", indexes, "packages", "path",
		serial == 1 ? "deb/pool/a_1.deb" : "deb/pool/a_2.deb", "sha256", package, "records", record, "releases",
		"rfc", "R-1", "packages", package);
	assert_non_null(a.release);
	assert_int_equal(json_canonical(a.release, &text, &len, &e), 0);
	add_file(&a, "release.json.asc", sign(SIGN_DETACHED_ARMOR, text, len));
	add_file(&a, "release.json", text);
	if (channel_publish(store, "production", &a, &e))
		fail_msg("%s", e.text);
	index_set_done(&a.files);
	json_decref(a.release);
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
	overwrite("deb/pool/a_2.deb", "package 3");
}
static void change_kept_package(void)
{
	overwrite("deb/pool/a_1.deb", "package 3");
}
static void change_index(void)
{
	overwrite("deb/dists/s/main/binary-amd64/Packages", "");
}
static void drop_package(void)
{
	remove_file("deb/pool/a_2.deb");
}
static void drop_signature(void)
{
	remove_file("release.json.asc");
}
static void drop_inrelease(void)
{
	remove_file("deb/dists/s/InRelease");
}
static void change_release(void)
{
	overwrite("release.json", "{}");
}
static void stray(void)
{
	overwrite("deb/dists/s/main/binary-amd64/Packages.bz2", "x");
}
static void unsigned_inrelease(void)
{
	copy_over("deb/dists/s/Release", "deb/dists/s/InRelease");
}
static void swap_key(void)
{
	copy_over("keys/package.asc", "keys/release.asc");
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
static void refuse(void)
{
	gate_says = false;
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
	{ "changed package", change_package, 60, "E_DIGEST", "deb/pool/a_2.deb" },
	{ "changed older package", change_kept_package, 60, "E_DIGEST", "deb/pool/a_1.deb" },
	{ "changed index", change_index, 60, "E_DIGEST", "deb/dists/s/main/binary-amd64/Packages" },
	{ "missing package", drop_package, 60, "E_DIGEST", "deb/pool/a_2.deb" },
	{ "no signature", drop_signature, 60, "E_SIG_MISSING", "release.json.asc" },
	{ "no InRelease", drop_inrelease, 60, "E_SIG_MISSING", "deb/dists/s/InRelease" },
	{ "changed release.json", change_release, 60, "E_SIG_BAD", "release.json" },
	{ "stray file", stray, 60, "E_DIGEST", "deb/dists/s/main/binary-amd64/Packages.bz2" },
	{ "unsigned InRelease", unsigned_inrelease, 60, "E_SIG_MISSING", "deb/dists/s/InRelease" },
	{ "another key served", swap_key, 60, "E_SIG_UNTRUSTED", "keys/release.asc" },
	{ "older release.json", roll_back, 60, "E_ROLLBACK", "history/1.json" },
	{ "a generation not older", roll_back_named, 60, "E_ROLLBACK", "history/2.json" },
	{ "a link", add_link, 60, "E_SPECIAL_FILE", "deb/pool/link" },
	{ "the gate refuses", refuse, 60, "E_GATE", "records" },
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
	AUTO_FREE char *current = channel_tree(store, "production");

	publish(1);
	publish(2);
	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = { 0 };
		json_t *result = NULL;
		int status;

		tree = mem_printf("%s/copy-%zu", dir, i);
		AUTO_FREE char *command = mem_printf("cp -a '%s/.' '%s'", current, tree);
		assert_int_equal(system(command), 0); /* fixed names of ours */
		gate_says = true;
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
	AUTO_FREE char *current = channel_tree(store, "production");
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
