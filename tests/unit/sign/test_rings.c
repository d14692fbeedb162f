/* test_rings.c - keyrings used again by one process: only for the same certificates, never one that is spoilt, and nothing is left at the end. */
#include "base/fs.h"
#include "sign/sign.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char *folder, *certs[2];
static size_t lens[2];

#define OK(call)                                                                                                       \
	do {                                                                                                           \
		if (call)                                                                                              \
			fail_msg("%s:%d: %s: %s", __FILE__, __LINE__, #call, e.text);                                  \
	} while (0)

static int make_keys(void **state)
{
	struct err e = { 0 };

	unsetenv("TMPDIR");
	OK(fs_temp_dir("t", &folder, &e));
	setenv("TMPDIR", folder, 1);
	for (int i = 0; i < 2; i++) {
		AUTO_FREE char *home = mem_printf("%s/home%d", folder, i);
		char key[65];

		OK(key_generate(home, "somebody", "ed25519", 0, key, &e));
		OK(key_export(home, key, &certs[i], &lens[i], &e));
	}
	return 0;
}

static int remove_keys(void **state)
{
	struct err e = { 0 };

	OK(fs_remove_tree(folder, &e));
	free(folder);
	free(certs[0]);
	free(certs[1]);
	return 0;
}

static size_t folders_of_keyrings(void)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	assert_non_null(dir);
	for (struct dirent *d; (d = readdir(dir)) != NULL;)
		count += strstr(d->d_name, "keys") != NULL;
	closedir(dir);
	return count;
}

/* Which folder a ring with those certificates has; the ring is done afterwards. */
static char *home_of(int first, int second)
{
	AUTO(keyring) k = { 0 };
	struct err e = { 0 };
	char **names = NULL;
	size_t len = 0;

	OK(keyring_open(&k, &e));
	OK(keyring_add(&k, certs[first], lens[first], &e));
	if (second >= 0)
		OK(keyring_add(&k, certs[second], lens[second], &e));
	OK(keyring_fingerprints(&k, &names, &len, &e));
	assert_int_equal(len, second >= 0 ? 2 : 1);
	for (size_t i = 0; i < len; i++)
		free(names[i]);
	free(names);
	return mem_strdup(k.home);
}

static void not_asked_for(void **state)
{
	AUTO_FREE char *one = home_of(0, -1);

	assert_false(fs_exists(one));
	assert_int_equal(folders_of_keyrings(), 0);
}

/* Becomes a process that keeps rings, and ends it as programs end. */
static void in_a_process(void (*what)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		keyrings_reuse();
		what();
		exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(folders_of_keyrings(), 0);
}

static void same_certificates(void)
{
	AUTO_FREE char *one = home_of(0, -1), *other = home_of(1, -1), *again = home_of(0, -1), *both = home_of(0, 1),
		       *both_again = home_of(0, 1), *turned = home_of(1, 0);

	if (strcmp(one, again) != 0 || strcmp(one, other) == 0 || strcmp(both, both_again) != 0 ||
		strcmp(both, turned) == 0)
		_exit(1);
	if (!fs_exists(one) || !fs_exists(both))
		_exit(2);
}

static void spoilt(void)
{
	AUTO_FREE char *text = mem_printf("%s\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!!\n-----END PGP PUBLIC KEY "
					  "BLOCK-----\n",
		certs[0]);
	struct keyring k = { 0 };
	struct err e = { 0 };
	const char *at;
	AUTO_FREE char *home = NULL, *after = NULL;

	if (keyring_open(&k, &e) || keyring_add(&k, text, strlen(text), &e) == 0 || keyring_home(&k, &at, &e))
		_exit(3);
	home = mem_strdup(at);
	keyring_done(&k);
	if (fs_exists(home))
		_exit(4);
	after = home_of(0, -1);
	if (strcmp(home, after) == 0)
		_exit(5);
}

static size_t keys_of(struct keyring *k)
{
	struct err e = { 0 };
	char **names = NULL;
	size_t len = 0;

	OK(keyring_fingerprints(k, &names, &len, &e));
	for (size_t i = 0; i < len; i++)
		free(names[i]);
	free(names);
	return len;
}

/* Several blocks at once are what they are one by one; one that holds no certificate keeps none of the others out, wherever it stands. */
static void several_blocks(void **state)
{
	static const char none[] = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\ntAFh\n-----END PGP PUBLIC KEY BLOCK-----\n";
	AUTO_FREE char *both = mem_printf("%s\nremark\n%s", certs[0], certs[1]),
		       *twice = mem_printf("%s\n%s", certs[0], certs[0]);
	const char *orders[][3] = { { none, certs[0], certs[1] }, { certs[0], none, certs[1] },
		{ certs[0], certs[1], none } };
	struct err e = { 0 };

	{
		AUTO(keyring) k = { 0 };

		OK(keyring_open(&k, &e));
		OK(keyring_add(&k, both, strlen(both), &e));
		assert_int_equal(keys_of(&k), 2);
		OK(keyring_add(&k, twice, strlen(twice), &e));
		assert_int_equal(keys_of(&k), 2);
	}
	for (size_t i = 0; i < COUNT(orders); i++) {
		AUTO_FREE char *text = mem_printf("%s\n%s\n%s", orders[i][0], orders[i][1], orders[i][2]);
		AUTO(keyring) k = { 0 };

		OK(keyring_open(&k, &e));
		OK(keyring_add(&k, text, strlen(text), &e));
		assert_int_equal(keys_of(&k), 2);
	}
}

/* Certificates that are only shown to gpg when it is asked: the same ring under the same name; what gpg will not take is told then. */
static void added_later(void **state)
{
	AUTO(keyring) at_once = { 0 };
	AUTO(keyring) later = { 0 };
	AUTO(keyring) wrong = { 0 };
	AUTO(keyring) mixed = { 0 };
	struct err e = { 0 };
	char **names;
	size_t len;

	OK(keyring_open(&at_once, &e));
	OK(keyring_open(&later, &e));
	OK(keyring_open(&wrong, &e));
	OK(keyring_open(&mixed, &e));
	for (int i = 0; i < 2; i++) {
		char content[65];

		keyring_content_with(&later, certs[i], lens[i], content);
		OK(keyring_add(&at_once, certs[i], lens[i], &e));
		OK(keyring_add_later(&later, certs[i], lens[i], &e));
		assert_string_equal(at_once.content, later.content);
		assert_string_equal(content, later.content);
	}
	assert_null(later.context); /* gpg was not needed */
	assert_int_equal(keys_of(&later), 2);
	assert_int_equal(later.later_len, 0);
	/* One more behind what waits. */
	OK(keyring_add_later(&mixed, certs[0], lens[0], &e));
	OK(keyring_add(&mixed, certs[1], lens[1], &e));
	assert_int_equal(mixed.later_len, 0);
	assert_int_equal(keys_of(&mixed), 2);
	OK(keyring_add_later(&mixed, certs[0], lens[0], &e));
	assert_int_equal(keys_of(&mixed), 2);
	OK(keyring_add_later(&wrong, certs[0], lens[0] / 2, &e));
	assert_int_equal(keyring_fingerprints(&wrong, &names, &len, &e), -1);
	assert_true(wrong.is_spoilt);
}

/* A process forked from one that keeps rings takes none of them, and leaves them where they are. */
static void forked(void)
{
	AUTO_FREE char *one = home_of(0, -1);
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		AUTO_FREE char *mine = home_of(0, -1);

		_exit(strcmp(one, mine) == 0 || fs_exists(mine));
	}
	if (waitpid(pid, &status, 0) != pid || status != 0 || !fs_exists(one))
		_exit(6);
}

static void many(void)
{
	struct keyring rings[12] = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(rings); i++)
		if (keyring_open(&rings[i], &e) || keyring_add(&rings[i], certs[0], lens[0], &e))
			_exit(7);
	for (size_t i = 0; i < COUNT(rings); i++)
		keyring_done(&rings[i]);
	if (folders_of_keyrings() >= COUNT(rings))
		_exit(8);
}

static void used_again(void **state)
{
	in_a_process(same_certificates);
	in_a_process(spoilt);
	in_a_process(forked);
	in_a_process(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(not_asked_for), cmocka_unit_test(used_again),
		cmocka_unit_test(several_blocks), cmocka_unit_test(added_later) };

	return cmocka_run_group_tests(tests, make_keys, remove_keys);
}
