/* test_client.c - configuration for clients: the key is inside, signatures are required, the places are those that are published. */
#include "base/fs.h"
#include "base/text.h"
#include "release/channel/channel.h"
#include "sign/sign.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char *dir;
static struct store *store;
static json_t *policy;

static int make_key(const char *name)
{
	AUTO_FREE char *home = mem_printf("%s/%s", dir, name), *below = mem_printf("keys/%s.asc", name),
		       *path = store_path(store, below), *armored = NULL;
	char fingerprint[65];
	struct err e = { 0 };
	size_t len;

	return key_generate(home, name, "ed25519", 0, fingerprint, &e) ||
		key_export(home, fingerprint, &armored, &len, &e) || fs_write_file(path, armored, len, 0644, &e);
}

static int set_up(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *path = NULL;

	if (fs_temp_dir("client", &dir, &e))
		return -1;
	path = fs_join(dir, "store");
	policy = json_pack("{s:s, s:{s:{s:{s:s}}, s:{}}}", "organisation", "Example AG", "channels", "production",
		"apt", "suite", "bookworm", "pilot");
	return store_create(path, &store, &e) || make_key("release") || make_key("package");
}

static int tear_down(void **state)
{
	struct err e = { 0 };
	int status;

	store_close(store);
	json_decref(policy);
	status = fs_remove_tree(dir, &e);
	free(dir);
	return status;
}

static char *client(const char *channel, const char *format)
{
	struct err e = { 0 };
	char *text = channel_client(store, "id", policy, channel, format, "http://127.0.0.1:8000/x/", NULL, &e);

	if (!text)
		fail_msg("%s", e.text);
	return text;
}

static void apt(void **state)
{
	AUTO_FREE char *text = client("production", "apt"), *pilot = client("pilot", "apt");

	assert_non_null(
		strstr(text, "\nTypes: deb\nURIs: http://127.0.0.1:8000/x/deb\nSuites: bookworm\nComponents: main\n"));
	assert_non_null(strstr(text, "\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n "));
	assert_non_null(strstr(text, "\n -----END PGP PUBLIC KEY BLOCK-----\n"));
	assert_null(strstr(text, "\n\n"));
	assert_null(strcasestr(text, "trusted:"));
	assert_non_null(strstr(pilot, "\nSuites: pilot\n"));
}

static void dnf(void **state)
{
	AUTO_FREE char *text = client("production", "dnf");

	assert_non_null(
		strstr(text, "\n[production]\nname=Example AG production\nbaseurl=http://127.0.0.1:8000/x/rpm\n"));
	assert_non_null(strstr(text, "\ngpgcheck=1\nrepo_gpgcheck=1\n"));
	assert_non_null(strstr(
		text, "\ngpgkey=http://127.0.0.1:8000/x/keys/release.asc http://127.0.0.1:8000/x/keys/package.asc\n"));
}

/* The same file but for its place, what dnf has no word for, and the guard, which zypper has none of. */
static void zypper(void **state)
{
	AUTO_FREE char *text = client("production", "zypper"), *kept = client("production", "zypper-keyring"),
		       *dnf_text = client("production", "dnf");

	assert_true(text_starts(text, "# /etc/zypp/repos.d/production.repo\n"));
	assert_non_null(strstr(text, "\nbaseurl=http://127.0.0.1:8000/x/rpm\n"));
	assert_non_null(
		strstr(text, "\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=http://127.0.0.1:8000/x/keys/release.asc "));
	assert_non_null(strstr(text, "\npkg_gpgcheck=1\n"));
	assert_null(strstr(text, "guard"));
	assert_null(strstr(dnf_text, "pkg_gpgcheck"));
	assert_non_null(strstr(kept, "\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-example-ag-keyring-release "));
	assert_non_null(strstr(kept, "\npkg_gpgcheck=1\n"));
}

static void ansible(void **state)
{
	AUTO_FREE char *text = client("production", "ansible");

	assert_non_null(strstr(text, "gpgkey=file:///etc/pki/rpm-gpg/production/release.asc"));
	assert_non_null(strstr(text, "\n      -----BEGIN PGP PUBLIC KEY BLOCK-----\n"));
}

/* The guard's file is JSON, and so is what ansible lays down. */
static void guard(void **state)
{
	AUTO_FREE char *text = client("production", "guard"), *tasks = client("production", "ansible");
	struct err e = { 0 };
	AUTO_JSON *json = json_parse(text, strlen(text), "guard", &e);

	assert_non_null(json);
	assert_string_equal(json_text(json, "channel_id"), "id/production");
	assert_string_equal(json_text(json, "url"), "http://127.0.0.1:8000/x");
	assert_non_null(strstr(json_text(json, "keys"), "-----END PGP PUBLIC KEY BLOCK-----"));
	assert_non_null(strstr(tasks, "    dest: /etc/sluice/channels/production.json\n"));
	assert_non_null(strstr(tasks, "\n       \"channel_id\": \"id/production\",\n"));
}

/* With something published, its suites and folders count. */
static void published(void **state)
{
	static const char release[] =
		"{\"indexes\": [{\"path\": \"deb/dists/one/Release\"}, {\"path\": \"deb/dists/two/Release\"},"
		"{\"path\": \"rpm/el9/x86_64/repodata/repomd.xml\"}, {\"path\": "
		"\"rpm/el9/aarch64/repodata/repomd.xml\"},"
		"{\"path\": \"rpm/repodata/repomd.xml\"}]}";
	AUTO_FREE char *tree = channel_tree(store, "production"), *path = fs_join(tree, "release.json"), *text = NULL;
	struct err e = { 0 };

	assert_int_equal(fs_mkdirs(tree, 0755, &e) || fs_write_file(path, release, strlen(release), 0644, &e), 0);
	text = client("production", "apt");
	assert_non_null(strstr(text, "\nSuites: one two\n"));
	free(text);
	text = client("production", "dnf");
	assert_non_null(strstr(text, "[production-el9]"));
	assert_non_null(strstr(text, "\nbaseurl=http://127.0.0.1:8000/x/rpm/el9/$basearch\n"));
	assert_non_null(strstr(text, "\nbaseurl=http://127.0.0.1:8000/x/rpm\n"));
	assert_non_null(strstr(text, "\n[production]\n"));
}

static void refused(void **state)
{
	static const char *const table[][3] = { { "nosuch", "apt", "http://x" }, { "production", "yum", "http://x" },
		{ "production", "apt", "ftp://x" }, { "production", "apt", "http://x\nTrusted: yes" },
		{ "production", "apt", "http://x y" } };

	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = { 0 };

		assert_null(channel_client(store, "id", policy, table[i][0], table[i][1], table[i][2], NULL, &e));
		assert_int_equal(e.class, ERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(apt),
		cmocka_unit_test(dnf),
		cmocka_unit_test(zypper),
		cmocka_unit_test(ansible),
		cmocka_unit_test(guard),
		cmocka_unit_test(refused),
		cmocka_unit_test(published),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
