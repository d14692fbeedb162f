/* test_agent.c - signatures made by the agent itself: by every kind of key, judged by gpg; what it answers is read and nothing else. */
#include "base/fs.h"
#include "base/proc.h"
#include "sign/agent.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char *folder;

static int open_folder(void **state)
{
	struct err e = { 0 };

	return fs_temp_dir("t", &folder, &e);
}

static int close_folder(void **state)
{
	struct err e = { 0 };
	int rc = fs_remove_tree(folder, &e);

	free(folder);
	return rc;
}

static void must(int rc, const struct err *e)
{
	if (rc)
		fail_msg("%s", e->text);
}

static void run_gpg(const char *home, const char *const *words)
{
	const char *argv[24] = { "gpg", "--batch", "--quiet", "--homedir", home, "--pinentry-mode", "loopback",
		"--passphrase", "" };
	struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = 60 };
	struct proc_result r = { 0 };
	struct err e = { 0 };

	for (size_t i = 9; *words; i++)
		argv[i] = *words++;
	must(proc_run(&p, &r, &e), &e);
	if (r.exit != 0)
		fail_msg("gpg: %s", r.errors);
	proc_result_done(&r);
}

/* A home with a key of that kind, or of two kinds: a primary that certifies and a subkey that signs. */
static char *home_with(const char *kind, const char *subkey)
{
	char *home = fs_join(folder, subkey ? "with-subkey" : kind);
	char **keys = NULL;
	size_t len = 0;
	struct err e = { 0 };

	must(fs_mkdirs(home, 0700, &e), &e);
	run_gpg(home, (const char *[]){ "--quick-generate-key", "k", kind, subkey ? "cert" : "sign", "never", NULL });
	must(key_secrets(home, &keys, &len, &e), &e);
	assert_int_equal(len, 1);
	if (subkey)
		run_gpg(home, (const char *[]){ "--quick-add-key", keys[0], subkey, "sign", "never", NULL });
	free(keys[0]);
	free(keys);
	return home;
}

static void each_kind(void **state)
{
	static const struct {
		const char *kind, *subkey, *algorithm;
	} kinds[] = { { "rsa2048", NULL, "RSA" }, { "rsa3072", NULL, "RSA" }, { "nistp256", NULL, "ECDSA" },
		{ "nistp521", NULL, "ECDSA" }, { "ed25519", NULL, "EdDSA" }, { "ed25519", "rsa2048", "RSA" },
		{ "dsa2048", NULL, NULL } }; /* by gpg, and a key too weak for us */
	const char *text = "signed by the agent itself";

	for (size_t i = 0; i < COUNT(kinds); i++) {
		AUTO_FREE char *home = home_with(kinds[i].kind, kinds[i].subkey), *armored = NULL;
		AUTO(keyring) ring = { 0 };
		struct sig_data data = { .fd = -1, .bytes = text, .len = strlen(text) },
				other = { .fd = -1, .bytes = "something else", .len = 14 };
		struct sig_verdict v;
		struct signer s = { .fd = -1 };
		struct err e = { 0 };
		size_t len;

		must(signer_open(&s, home, NULL, &e), &e);
		must(key_export(home, s.fingerprint, &armored, &len, &e), &e);
		must(keyring_open(&ring, &e) || keyring_add(&ring, armored, len, &e), &e);
		for (int again = 0; again < 8; again++) { /* numbers with leading zeros among them */
			AUTO_FREE char *sig = NULL;

			must(signer_sign(&s, SIGN_DETACHED_BINARY, &data, &sig, &len, &e), &e);
			if (!kinds[i].algorithm)
				continue;
			must(sig_verify_detached(&ring, &data, sig, len, NULL, 0, 0, &v, &e), &e);
			assert_string_equal(v.algorithm, kinds[i].algorithm);
			assert_string_equal(v.hash, "SHA512");
			assert_string_equal(v.fingerprint, s.fingerprint);
			assert_int_equal(sig_verify_detached(&ring, &other, sig, len, NULL, 0, 0, &v, &e), -1);
			assert_string_equal(e.code, "E_SIG_BAD");
			e = (struct err){ 0 };
		}
		signer_done(&s);
	}
}

#define ANSWER(text) text, sizeof(text) - 1

/* Whose answer, of which algorithm, gives which numbers; NULL: none. */
static void answers(void **state)
{
	static const struct {
		const char *answer;
		size_t len;
		int algorithm;
		const char *numbers;
	} cases[] = {
		{ ANSWER("(7:sig-val(3:rsa(1:s3:\0\x01\x02)))"), 1, "00090102" },
		{ ANSWER("(7:sig-val(5:eddsa(1:r2:\x80\0)(1:s1:\x7f)))"), 22, "0010800000077f" },
		{ ANSWER("(7:sig-val(5:ecdsa(1:r1:\x01)(1:s1:\0)))"), 19, "0001010000" },
		{ ANSWER("(7:sig-val(5:eddsa(1:r2:\x80\0)))"), 22, NULL },
		{ ANSWER("(7:sig-val(3:rsa(1:s3:\0\x01\x02)))"), 22, NULL },
		{ ANSWER("(7:sig-val(3:rsa(1:s9:\0\x01\x02)))"), 1, NULL },
		{ ANSWER("(7:sig-val(3:rsa(1:s3:\0\x01\x02))"), 1, NULL },
		{ ANSWER("(7:sig-val(3:rsa(1:s3:\0\x01"), 1, NULL },
		{ ANSWER("(7:sig-val(3:rsa(1:s99999:\0\x01\x02)))"), 1, NULL },
		{ ANSWER("(7:sig-val(3:rsa(1:s:\0\x01\x02)))"), 1, NULL },
		{ ANSWER(""), 1, NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct agent_numbers n = { .len = 0 };
		struct err e = { 0 };
		char hex[64];
		int rc = agent_numbers_read(
			(const unsigned char *)cases[i].answer, cases[i].len, cases[i].algorithm, &n, &e);

		if (!cases[i].numbers) {
			assert_int_equal(rc, -1);
			continue;
		}
		must(rc, &e);
		hex_of(n.at, n.len, hex);
		assert_string_equal(hex, cases[i].numbers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind),
		cmocka_unit_test(answers),
	};

	return cmocka_run_group_tests(tests, open_folder, close_folder);
}
