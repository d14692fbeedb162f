/* test_plain_key.c - keys used as files: of which homes and certificates, and that what they sign is good for gpg; everything unusual is left to gpg. */
#include "base/proc.h"
#include "base/when.h"
#include "sign/plain_key.h"
#include "sign/sign.h"
#include "tests/unit/sign/folder.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What it wrote; malloc, NULL: it failed. */
static char *gpg(const char *home, const char *const *words)
{
	const char *argv[24] = { "gpg", "--batch", "--yes", "--quiet", "--homedir", home, "--pinentry-mode", "loopback",
		"--passphrase", "" };
	struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = 60 };
	struct proc_result r = { 0 };
	struct err e = { 0 };
	char *out = NULL;

	for (size_t i = 10; *words; i++)
		argv[i] = *words++;
	must(proc_run(&p, &r, &e), &e);
	if (r.exit == 0)
		out = mem_printf("%.*s", (int)r.output_len, r.output ? r.output : "");
	else
		printf("gpg: %s\n", r.errors);
	proc_result_done(&r);
	return out;
}

#define GPG(home, ...) free(must_text(gpg(home, (const char *[]){ __VA_ARGS__, NULL })))

static char *must_text(char *text)
{
	assert_non_null(text);
	return text;
}

static void end_agent(const char *home)
{
	const char *const argv[] = { "gpgconf", "--homedir", home, "--kill", "gpg-agent", NULL };
	struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = 60 };
	struct proc_result r = { 0 };
	struct err e = { 0 };

	must(proc_run(&p, &r, &e), &e);
	proc_result_done(&r);
}

static char *new_home(const char *name)
{
	char *home = fs_join(folder, name);
	struct err e = { 0 };

	must(fs_mkdirs(home, 0700, &e), &e);
	return home;
}

/* The fingerprint of the n-th key that gpg lists; malloc. */
static char *fingerprint_of(const char *home, unsigned n)
{
	AUTO_FREE char *list = must_text(gpg(home, (const char *[]){ "--with-colons", "-k", NULL }));
	const char *at = list;

	for (unsigned i = 0; i <= n; i++) {
		at = strstr(at, "\npub:");
		assert_non_null(at);
		at = strstr(at, "\nfpr:::::::::");
		assert_non_null(at);
		at += strlen("\nfpr:::::::::");
	}
	return strndup(at, 40);
}

static bool is_plain(const char *home, const char *wanted, int64_t now)
{
	struct plain_key k;

	if (!plain_key_open(home, wanted, now, &k))
		return false;
	if (wanted)
		assert_string_equal(k.fingerprint, wanted);
	plain_key_done(&k);
	return true;
}

/* is_without_agent: as a file; the only other key here is one of ECDSA. */
static void must_sign(const char *home, const char *key, bool is_without_agent)
{
	static const char text[] = "signed by a key that lies there";
	struct sig_data data = { .fd = -1, .bytes = text, .len = sizeof text - 1 };
	AUTO_FREE char *armored = NULL, *socket_path = fs_join(home, "S.gpg-agent");
	AUTO(keyring) ring = { 0 };
	struct sha256_open digest;
	struct sig_verdict v;
	struct signer s = { .fd = -1 };
	struct err e = { 0 };
	size_t len;

	sha256_open_init(&digest);
	sha256_open_add(&digest, text, sizeof text - 1);
	end_agent(home);
	must(signer_open(&s, home, key, &e), &e);
	must(key_export(home, key, &armored, &len, &e), &e);
	end_agent(home);
	must(keyring_open(&ring, &e) || keyring_add(&ring, armored, len, &e), &e);
	for (int i = 0; i < 6; i++) {
		AUTO_FREE char *sig = NULL;

		data.hashed = i > 1 ? &digest : NULL; /* who cannot use it asks for the bytes */
		must(signer_sign(&s, i & 1 ? SIGN_DETACHED_ARMOR : SIGN_DETACHED_BINARY, &data, &sig, &len, &e), &e);
		must(sig_verify_detached(&ring, &data, sig, len, NULL, 0, 0, &v, &e), &e);
		assert_string_equal(v.fingerprint, key);
		assert_string_equal(v.hash, is_without_agent ? "SHA256" : "SHA512");
	}
	if (is_without_agent) {
		AUTO_FREE char *sig = NULL;

		assert_false(fs_exists(socket_path));
		sha256_open_add(&digest, "!", 1); /* of other bytes: it is those that are signed */
		must(signer_sign(&s, SIGN_DETACHED_ARMOR, &data, &sig, &len, &e), &e);
		assert_int_equal(sig_verify_detached(&ring, &data, sig, len, NULL, 0, 0, &v, &e), -1);
		assert_string_equal(e.code, "E_SIG_BAD");
	}
	signer_done(&s);
}

/* What gpg generates, of each kind: is it used as a file? By whom ever, what is signed is good. */
static void each_kind(void **state)
{
	static const struct {
		const char *kind, *usage;
		bool is_plain;
	} kinds[] = { { "ed25519", "sign", true }, { "ed25519", "sign,cert", true }, { "rsa2048", "sign", true },
		{ "rsa3072", "sign,cert", true }, { "default", "default", true }, { "nistp256", "sign", false } };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		AUTO_FREE char *name = mem_printf("kind%zu", i), *home = new_home(name), *key = NULL;

		GPG(home, "--quick-generate-key", "k", kinds[i].kind, kinds[i].usage, "never");
		key = fingerprint_of(home, 0);
		if (is_plain(home, key, when_now()) != kinds[i].is_plain)
			fail_msg("%s %s: not as meant", kinds[i].kind, kinds[i].usage);
		assert_int_equal(is_plain(home, NULL, when_now()), kinds[i].is_plain);
		must_sign(home, key, kinds[i].is_plain);
	}
}

/* ---- what is gpg's */

static void with_word(const char *home, const char *file, const char *text)
{
	AUTO_FREE char *path = fs_join(home, file);
	struct err e = { 0 };

	must(fs_write_file(path, text, strlen(text), 0600, &e), &e);
}

static void without(const char *home, const char *file)
{
	AUTO_FREE char *path = fs_join(home, file);

	assert_int_equal(unlink(path), 0);
}

/* The file with the secret of the only key there; malloc. */
static char *secret_of(const char *home)
{
	AUTO_FREE char *list = must_text(gpg(home, (const char *[]){ "--with-colons", "--with-keygrip", "-K", NULL }));
	const char *at = strstr(list, "\ngrp:::::::::");

	assert_non_null(at);
	return mem_printf("%s/private-keys-v1.d/%.40s.key", home, at + strlen("\ngrp:::::::::"));
}

/* One thing after the other makes of a plain key one that is not, and back. */
static void another_keyring(void **state)
{
	static const struct {
		const char *file, *text;
	} others[] = { { "gpg.conf", "keyring other.kbx\n" }, { "gpg.conf", "no-default-keyring\n" },
		{ "common.conf", "use-keyboxd\n" }, { "gpg.conf", "faked-system-time 20990101T000000!\n" },
		{ "pubring.gpg", "" }, { "gpg.conf-2", "keyring other.kbx\n" }, { "gpg.conf-2.2", "" } };
	AUTO_FREE char *home = new_home("ring"), *key = NULL, *ring = fs_join(home, "pubring.kbx"), *bytes = NULL;
	struct err e = { 0 };
	size_t len;

	GPG(home, "--quick-generate-key", "k", "ed25519", "sign", "never");
	key = fingerprint_of(home, 0);
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_true(is_plain(home, key, when_now()));
		with_word(home, others[i].file, others[i].text);
		if (is_plain(home, key, when_now()))
			fail_msg("%s: %s", others[i].file, others[i].text);
		without(home, others[i].file);
	}
	assert_false(is_plain(home, "0123456789012345678901234567890123456789", when_now()));
	assert_false(is_plain(home, key, 1)); /* it is not made yet */
	must(fs_read_file(ring, 1 << 20, &bytes, &len, &e), &e);
	must(fs_write_file(ring, bytes, len - 1, 0600, &e), &e);
	assert_false(is_plain(home, key, when_now()));
	for (size_t at = 32; at < len;
		at++) { /* a bit turned anywhere behind the header: never another key, nor one that says other things */
		struct plain_key k;

		bytes[at] ^= 1;
		must(fs_write_file(ring, bytes, len, 0600, &e), &e);
		if (plain_key_open(home, NULL, when_now(), &k)) {
			assert_string_equal(k.fingerprint, key);
			plain_key_done(&k);
		}
		bytes[at] ^= 1;
	}
}

static void ends_and_revocations(void **state)
{
	AUTO_FREE char *home = new_home("ends"), *key = NULL, *other = NULL, *file = NULL, *text = NULL;
	struct err e = { 0 };
	char *colon;
	size_t len;

	GPG(home, "--quick-generate-key", "k", "ed25519", "sign", "2d");
	key = fingerprint_of(home, 0);
	assert_true(is_plain(home, key, when_now()));
	assert_true(is_plain(home, key, when_now() + 86400));
	assert_false(is_plain(home, key, when_now() + 3 * 86400));
	GPG(home, "--quick-generate-key", "second", "ed25519", "sign", "never");
	other = fingerprint_of(home, 1);
	assert_true(is_plain(home, other, when_now()));
	assert_false(is_plain(home, NULL, when_now())); /* which of the two? */
	file = mem_printf("%s/openpgp-revocs.d/%s.rev", home, key);
	must(fs_read_file(file, 1 << 20, &text, &len, &e), &e);
	colon = strstr(text, ":-----BEGIN");
	assert_non_null(colon);
	must(fs_write_file(file, colon + 1, strlen(colon + 1), 0600, &e), &e);
	GPG(home, "--import", file);
	assert_false(is_plain(home, key, when_now()));
	assert_true(is_plain(home, other, when_now()));
	end_agent(home);
}

static void a_passphrase(void **state)
{
	AUTO_FREE char *home = new_home("pass"), *key = NULL;
	const char *argv[] = { "gpg", "--batch", "--quiet", "--homedir", home, "--pinentry-mode", "loopback",
		"--passphrase", "secret", "--quick-generate-key", "k", "ed25519", "sign", "never", NULL };
	struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = 60 };
	struct proc_result r = { 0 };
	struct err e = { 0 };
	char **keys;
	size_t len;

	must(proc_run(&p, &r, &e), &e);
	assert_int_equal(r.exit, 0);
	proc_result_done(&r);
	key = fingerprint_of(home, 0);
	assert_false(is_plain(home, key, when_now()));
	must(key_secrets_here(home, &keys, &len, &e), &e);
	assert_int_equal(len, 1);
	assert_string_equal(keys[0], key);
	free(keys[0]);
	free(keys);
	end_agent(home);
}

static void a_subkey_that_signs(void **state)
{
	AUTO_FREE char *home = new_home("sub"), *key = NULL;

	GPG(home, "--quick-generate-key", "k", "ed25519", "sign", "never");
	key = fingerprint_of(home, 0);
	GPG(home, "--quick-add-key", key, "cv25519", "encr", "never");
	assert_true(is_plain(home, key, when_now()));
	GPG(home, "--quick-add-key", key, "ed25519", "sign", "never");
	assert_false(is_plain(home, key, when_now()));
	end_agent(home);
}

/* The other form in which GnuPG keeps keys, a file that holds another key, a line that asks for something, a file cut anywhere. */
static void files_of_secrets(void **state)
{
	AUTO_FREE char *home = new_home("file"), *key = NULL, *path = NULL, *text = NULL, *other = new_home("file2"),
		       *other_path = NULL, *other_text = NULL, *more = NULL;
	AUTO_FREE struct secret_numbers *n = mem_alloc(sizeof *n);
	unsigned char canonical[256];
	struct err e = { 0 };
	size_t len, other_len;
	char *q;

	GPG(home, "--quick-generate-key", "k", "ed25519", "sign", "never");
	GPG(other, "--quick-generate-key", "k", "ed25519", "sign", "never");
	key = fingerprint_of(home, 0);
	path = secret_of(home);
	other_path = secret_of(other);
	must(fs_read_file(path, 1 << 16, &text, &len, &e) ||
			fs_read_file(other_path, 1 << 16, &other_text, &other_len, &e),
		&e);
	assert_true(secret_numbers_read(text, len, n));
	assert_false(n->is_rsa);
	q = mem_printf("(11:private-key(3:ecc(5:curve7:Ed25519)(5:flags5:eddsa)(1:q33:");
	other_len = strlen(q);
	memcpy(canonical, q, other_len);
	memcpy(canonical + other_len, n->numbers['q' - 'a'].at, 33);
	memcpy(canonical + other_len + 33, ")(1:d32:", 8);
	memcpy(canonical + other_len + 41, n->numbers['d' - 'a'].at, 32);
	memcpy(canonical + other_len + 73, ")))", 3);
	free(q);
	must(fs_write_file(path, canonical, other_len + 76, 0600, &e), &e);
	assert_true(is_plain(home, key, when_now()));
	must(fs_write_file(path, other_text, strlen(other_text), 0600, &e), &e);
	assert_false(is_plain(home, key, when_now()));
	more = mem_printf("Confirm: yes\n%s", text);
	must(fs_write_file(path, more, strlen(more), 0600, &e), &e);
	assert_false(is_plain(home, key, when_now()));
	for (size_t cut = 0; cut + 1 < len; cut++) /* but for the blank behind it */
		if (secret_numbers_read(text, cut, n))
			fail_msg("cut at %zu of %zu", cut, len);
	end_agent(home);
	end_agent(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind),
		cmocka_unit_test(another_keyring),
		cmocka_unit_test(ends_and_revocations),
		cmocka_unit_test(a_passphrase),
		cmocka_unit_test(a_subkey_that_signs),
		cmocka_unit_test(files_of_secrets),
	};

	return cmocka_run_group_tests(tests, open_folder, close_folder);
}
