/* test_sign.c - keys made on the fly: what may pass and what must not, the signer's process, and that no agent or folder is left behind. */
#include "base/fs.h"
#include "base/proc.h"
#include "base/when.h"
#include "sign/gpg.h"
#include "sign/sign.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char message[] = "the update, byte for byte\n";
static struct sig_data message_data(void)
{
	return (struct sig_data){ .fd = -1, .bytes = message, .len = sizeof message - 1 };
}

static char *folder, *alice, *bob; /* alice and bob: homes with one ed25519 key each */
static char alice_key[65], bob_key[65];

static void must(int rc, const struct err *e)
{
	if (rc)
		fail_msg("%s", e->text);
}

static int make_keys(void **state)
{
	struct err e = { 0 };

	unsetenv("TMPDIR");
	must(fs_temp_dir("t", &folder, &e), &e);
	setenv("TMPDIR", folder, 1); /* what is left there at the end was forgotten */
	alice = fs_join(folder, "homes/alice");
	bob = fs_join(folder, "homes/bob");
	must(key_generate(alice, "Alice <alice@example.org>", "ed25519", 0, alice_key, &e), &e);
	must(key_generate(bob, "Bob <bob@example.org>", "ed25519", 7200, bob_key, &e), &e);
	return 0;
}

/* Nothing but the homes is left: every keyring, private home and agent is gone. */
static int look_behind(void **state)
{
	struct err e = { 0 };
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	for (struct dirent *d; (d = readdir(dir)) != NULL;)
		if (d->d_name[0] != '.' && strcmp(d->d_name, "homes") != 0)
			fail_msg("left behind: %s", d->d_name);
	closedir(dir);
	must(fs_remove_tree(folder, &e), &e);
	free(folder);
	free(alice);
	free(bob);
	return 0;
}

static void add_certificate(struct keyring *k, const char *home, const char *key)
{
	AUTO_FREE char *armored = NULL;
	struct err e = { 0 };
	size_t len = 0;

	must(key_export(home, key, &armored, &len, &e), &e);
	must(keyring_add(k, armored, len, &e), &e);
}

static struct keyring ring_of_alice(void)
{
	struct keyring k = { 0 };
	struct err e = { 0 };

	must(keyring_open(&k, &e), &e);
	add_certificate(&k, alice, alice_key);
	return k;
}

static char *sign(const char *home, enum sign_mode mode, const struct sig_data *data, size_t *ret_len)
{
	struct signer s = { .fd = -1 };
	struct err e = { 0 };
	char *sig = NULL;

	must(signer_open(&s, home, NULL, &e), &e);
	must(signer_sign(&s, mode, data, &sig, ret_len, &e), &e);
	signer_done(&s);
	return sig;
}

/* Runs gpg itself for what our signer would never do; input is the message, the result its output. */
static char *run_gpg(const char *home, const char *const *options, size_t *ret_len)
{
	AUTO_FREE char *path = fs_join(folder, "homes/message");
	const char *argv[24] = { "gpg", "--batch", "--yes", "--homedir", home, "--pinentry-mode", "loopback",
		"--passphrase", "", "-o", "-" };
	struct gpg_home ready = { 0 };
	struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = 60 };
	struct proc_result r = { 0 };
	struct err e = { 0 };
	size_t count = 11;
	char *out;

	must(gpg_home_open(&ready, home, &e), &e);
	argv[4] = ready.path;
	must(fs_write_file(path, message, sizeof message - 1, 0600, &e), &e);
	while (*options)
		argv[count++] = *options++;
	argv[count] = path;
	must(proc_run(&p, &r, &e), &e);
	if (r.exit != 0)
		fail_msg("gpg: %s", r.errors);
	gpg_home_done(&ready);
	out = mem_alloc(r.output_len + 1);
	memcpy(out, r.output, r.output_len);
	*ret_len = r.output_len;
	proc_result_done(&r);
	return out;
}

static const char *verdict_of(int rc, const struct err *e)
{
	if (rc == 0)
		return "good";
	assert_int_equal(e->class, ERR_VERDICT);
	return e->code;
}

static const char *judge(struct keyring *k, const void *sig, size_t len, int64_t at)
{
	static struct err e;
	struct sig_data data = message_data();
	struct sig_verdict v;

	e = (struct err){ 0 };
	return verdict_of(sig_verify_detached(k, &data, sig, len, NULL, 0, at, &v, &e), &e);
}

static void good_and_tampered(void **state)
{
	AUTO(keyring) k = ring_of_alice();
	struct sig_data data = message_data();
	struct sig_data other = { .fd = -1, .bytes = "the update, byte for bite\n", .len = sizeof message - 1 };
	const char *pinned[] = { alice_key };
	struct sig_verdict v = { 0 };
	struct err e = { 0 };
	size_t len = 0;
	AUTO_FREE char *sig = sign(alice, SIGN_DETACHED_BINARY, &data, &len);

	must(sig_verify_detached(&k, &data, sig, len, pinned, 1, 0, &v, &e), &e);
	assert_string_equal(v.fingerprint, alice_key);
	assert_string_equal(v.hash, "SHA256");
	assert_string_equal(v.algorithm, "EdDSA");
	assert_true(v.time > 0 && v.time <= when_now() + 1);
	assert_int_equal(v.unknown, 0);
	assert_int_equal(sig_verify_detached(&k, &other, sig, len, pinned, 1, 0, &v, &e), -1);
	assert_string_equal(e.code, "E_SIG_BAD");
	assert_string_equal(judge(&k, "", 0, 0), "E_SIG_BAD");
	assert_string_equal(judge(&k, sig, len - 1, 0), "E_SIG_BAD");
	assert_int_equal(sig_verify_detached(&k, &data, sig, len, pinned, 0, 0, &v, &e), -1); /* nobody is pinned */
	assert_string_equal(e.code, "E_SIG_UNTRUSTED");
}

static void several_signatures(void **state)
{
	AUTO(keyring) k = ring_of_alice();
	struct sig_data data = message_data(), other = { .fd = -1, .bytes = "x", .len = 1 };
	struct sig_verdict v = { 0 };
	struct err e = { 0 };
	size_t a = 0, b = 0, c = 0;
	AUTO_FREE char *by_alice = sign(alice, SIGN_DETACHED_BINARY, &data, &a);
	AUTO_FREE char *by_bob = sign(bob, SIGN_DETACHED_BINARY, &data, &b);
	AUTO_FREE char *of_other = sign(alice, SIGN_DETACHED_BINARY, &other, &c);
	AUTO_FREE char *both = mem_alloc(a + b + c);

	memcpy(both, by_bob, b);
	memcpy(both + b, by_alice, a);
	memcpy(both + b + a, of_other, c);
	must(sig_verify_detached(&k, &data, both, a + b, NULL, 0, 0, &v, &e), &e);
	assert_int_equal(v.unknown, 1);
	assert_string_equal(v.fingerprint, alice_key);
	assert_string_equal(judge(&k, both, b, 0), "E_SIG_UNTRUSTED");
	assert_string_equal(judge(&k, both, a + b + c, 0), "E_SIG_BAD"); /* one good does not outweigh one bad */
}

static void expired(void **state)
{
	AUTO(keyring) k = { 0 };
	struct sig_data data = message_data();
	struct err e = { 0 };
	size_t len = 0;
	AUTO_FREE char *sig = sign(bob, SIGN_DETACHED_ARMOR, &data, &len);

	must(keyring_open(&k, &e), &e);
	add_certificate(&k, bob, bob_key);
	assert_string_equal(judge(&k, sig, len, 0), "good");
	assert_string_equal(judge(&k, sig, len, when_now() + 3600), "good");
	assert_string_equal(judge(&k, sig, len, when_now() + 10000), "E_SIG_KEY_EXPIRED");
	assert_string_equal(judge(&k, sig, len, 0), "good"); /* the time to judge by does not stick */
	assert_string_equal(judge(&k, sig, len, when_now() - 10000), "E_SIG_TIME");
}

static void expired_signature(void **state)
{
	static const char *const options[] = { "--default-sig-expire", "1d", "--detach-sign", NULL };
	AUTO(keyring) k = ring_of_alice();
	size_t len = 0;
	AUTO_FREE char *sig = run_gpg(alice, options, &len);

	assert_string_equal(judge(&k, sig, len, 0), "good");
	assert_string_equal(judge(&k, sig, len, when_now() + 100000), "E_SIG_EXPIRED");
}

static void revoked(void **state)
{
	AUTO(keyring) k = ring_of_alice();
	AUTO_FREE char *path = mem_printf("%s/openpgp-revocs.d/%s.rev", alice, alice_key), *text = NULL;
	struct sig_data data = message_data();
	struct err e = { 0 };
	size_t len = 0, text_len = 0;
	AUTO_FREE char *sig = sign(alice, SIGN_DETACHED_BINARY, &data, &len);
	char *at;

	must(fs_read_file(path, 65536, &text, &text_len, &e), &e);
	at = strstr(text, ":-----BEGIN");
	assert_non_null(at);
	assert_string_equal(judge(&k, sig, len, 0), "good");
	must(keyring_add(&k, at + 1, text_len - (size_t)(at + 1 - text), &e), &e);
	assert_string_equal(judge(&k, sig, len, 0), "E_SIG_KEY_REVOKED");
}

static void weak(void **state)
{
	static const char *const sha1[] = { "--digest-algo", "SHA1", "--detach-sign", NULL };
	static const char *const plain[] = { "--detach-sign", NULL };
	static const char *const make[] = { "--quick-generate-key", "Weak", "rsa1024", "sign", NULL };
	AUTO(keyring) k = ring_of_alice();
	AUTO_FREE char *home = fs_join(folder, "homes/weak"), **keys = NULL;
	struct gpg_home made = { 0 };
	struct err e = { 0 };
	size_t len = 0, weak_len = 0, count = 0;
	AUTO_FREE char *sig = run_gpg(alice, sha1, &len), *weak_sig = NULL;

	assert_string_equal(judge(&k, sig, len, 0), "E_SIG_WEAK");
	must(fs_mkdirs(home, 0700, &e), &e);
	must(gpg_home_new(&made, &e), &e);
	{
		const char *argv[] = { "gpg", "--batch", "--homedir", made.path, "--passphrase", "", make[0], make[1],
			make[2], make[3], NULL };

		must(proc_must(argv, &e), &e);
	}
	weak_sig = run_gpg(made.path, plain, &weak_len);
	must(key_secrets(made.path, &keys, &count, &e), &e);
	assert_int_equal(count, 1);
	add_certificate(&k, made.path, keys[0]);
	assert_string_equal(judge(&k, weak_sig, weak_len, 0), "E_SIG_WEAK");
	free(keys[0]);
	gpg_home_done(&made);
}

static void from_the_future(void **state)
{
	static const char *const options[] = { "--faked-system-time", "20990101T000000!", "--detach-sign", NULL };
	AUTO(keyring) k = ring_of_alice();
	size_t len = 0;
	AUTO_FREE char *sig = run_gpg(alice, options, &len);

	assert_string_equal(judge(&k, sig, len, 0), "E_SIG_TIME");
}

static void inline_as_detached(void **state)
{
	static const char *const options[] = { "--sign", NULL };
	static const char *const armored[] = { "--armor", "--sign", NULL };
	AUTO(keyring) k = ring_of_alice();
	size_t len = 0, armored_len = 0;
	AUTO_FREE char *sig = run_gpg(alice, options, &len), *text = run_gpg(alice, armored, &armored_len);

	assert_string_equal(judge(&k, sig, len, 0), "E_SIG_BAD");
	assert_string_equal(judge(&k, text, armored_len, 0), "E_SIG_BAD");
}

static void subkey_counts_as_primary(void **state)
{
	AUTO(keyring) k = { 0 };
	struct gpg_home home = { 0 };
	struct sig_data data = message_data();
	struct sig_verdict v = { 0 };
	struct err e = { 0 };
	size_t len = 0;
	AUTO_FREE char *copy = fs_join(folder, "homes/sub"), *sig = NULL;
	char key[65];

	must(key_generate(copy, "Sub <sub@example.org>", "ed25519", 0, key, &e), &e);
	must(gpg_home_open(&home, copy, &e), &e);
	{
		const char *argv[] = { "gpg", "--batch", "--homedir", copy, "--passphrase", "", "--quick-add-key", key,
			"ed25519", "sign", NULL };

		must(proc_must(argv, &e), &e);
	}
	gpg_home_done(&home);
	sig = sign(copy, SIGN_DETACHED_BINARY, &data, &len);
	must(keyring_open(&k, &e), &e);
	add_certificate(&k, copy, key);
	must(sig_verify_detached(&k, &data, sig, len, NULL, 0, 0, &v, &e), &e);
	assert_string_equal(v.fingerprint, key);
	assert_string_not_equal(v.subkey, key);
	{
		const char *argv[] = { "gpgconf", "--homedir", copy, "--kill", "all", NULL };

		must(proc_must(argv, &e), &e);
	}
}

struct change {
	const char *name, *before, *after, *verdict;
};

/* The message as it is, and with bytes put in: at its front, its end, or in the place of the first `before`. */
static void clear_text(void **state)
{
	static const struct change changes[] = {
		{ "as it is", NULL, NULL, "good" },
		{ "another word", "byte for byte", "byte for bite", "E_SIG_BAD" },
		{ "text before", "-----BEGIN PGP SIGNED", "unsigned\n-----BEGIN PGP SIGNED", "E_SIG_BAD" },
		{ "an empty line before", "-----BEGIN PGP SIGNED", "\n-----BEGIN PGP SIGNED", "E_SIG_BAD" },
		{ "text after", "END PGP SIGNATURE-----\n", "END PGP SIGNATURE-----\nunsigned\n", "E_SIG_BAD" },
		{ "blanks after", "END PGP SIGNATURE-----\n", "END PGP SIGNATURE-----\n\n \n", "good" },
		{ "form feed", "byte for byte", "byte for byte\f\nevil", "E_SIG_BAD" },
		{ "a header", "Hash: SHA512\n", "Hash: SHA512\nComment: evil\n", "E_SIG_BAD" },
		{ "a bare line in the headers", "Hash: SHA512\n", "Hash: SHA512\nevil\n", "E_SIG_BAD" },
		{ "an unescaped dash", "byte for byte", "byte for byte\n-----BEGIN PGP SIGNED MESSAGE-----",
			"E_SIG_BAD" },
		{ "no frame", "-----BEGIN PGP SIGNED MESSAGE-----", "", "E_SIG_MISSING" },
	};
	AUTO(keyring) k = ring_of_alice();
	struct sig_data data = message_data();
	size_t len = 0;
	AUTO_FREE char *clear = sign(alice, SIGN_CLEAR, &data, &len);

	for (size_t i = 0; i < COUNT(changes); i++) {
		const struct change *c = &changes[i];
		char *at = c->before ? strstr(clear, c->before) : clear;
		AUTO_FREE char *text = NULL, *signed_text = NULL;
		struct sig_verdict v;
		struct err e = { 0 };
		size_t text_len = 0;
		const char *got;

		assert_non_null(at);
		text = mem_printf("%.*s%s%s", (int)(at - clear), clear, c->after ? c->after : "",
			at + (c->before ? strlen(c->before) : 0));
		got = verdict_of(
			sig_verify_clear(&k, text, strlen(text), NULL, 0, 0, &signed_text, &text_len, &v, &e), &e);
		if (strcmp(got, c->verdict) != 0)
			fail_msg("%s: want %s, got %s (%s)", c->name, c->verdict, got, e.text);
		if (signed_text)
			assert_string_equal(signed_text, message);
	}
}

static void ranges_of_a_file(void **state)
{
	AUTO(keyring) k = ring_of_alice();
	struct sig_range ranges[] = { { 10, MIB(3) }, { MIB(5), 7 }, { 0, 0 }, { 3, 1 } }, beyond = { MIB(7), MIB(2) };
	struct err e = { 0 };
	struct signer s = { .fd = -1 };
	AUTO_FREE char *bytes = mem_alloc(MIB(8)), *covered = mem_alloc(MIB(3) + 8), *sig = NULL;
	AUTO_FD int fd = fs_temp_file(&e);
	struct sig_data data = { .fd = fd, .ranges = ranges, .ranges_len = COUNT(ranges) };
	struct sig_data memory = { .fd = -1, .bytes = covered, .len = MIB(3) + 8 };
	struct sig_data too_long = { .fd = fd, .ranges = &beyond, .ranges_len = 1 };
	struct sig_verdict v;
	size_t len = 0;

	for (size_t i = 0; i < MIB(8); i++)
		bytes[i] = (char)(i * 7 + i / 251);
	memcpy(covered, bytes + 10, MIB(3));
	memcpy(covered + MIB(3), bytes + MIB(5), 7);
	covered[MIB(3) + 7] = bytes[3];
	must(fd_write(fd, bytes, MIB(8), &e), &e);
	must(signer_open(&s, alice, alice_key, &e), &e);
	assert_string_equal(s.fingerprint, alice_key);
	assert_int_equal(s.algorithm, 22);
	assert_int_equal(signer_sign(&s, SIGN_DETACHED_BINARY, &too_long, &sig, &len, &e), -1);
	assert_string_equal(e.code, "E_TRUNCATED");
	e = (struct err){ 0 };
	must(signer_sign(&s, SIGN_DETACHED_BINARY, &data, &sig, &len, &e), &e); /* it can still be used */
	signer_done(&s);
	must(sig_verify_detached(&k, &memory, sig, len, NULL, 0, 0, &v, &e), &e);
	must(sig_verify_detached(&k, &data, sig, len, NULL, 0, 0, &v, &e), &e);
	assert_int_equal(sig_verify_detached(&k, &too_long, sig, len, NULL, 0, 0, &v, &e), -1);
	assert_string_equal(e.code, "E_TRUNCATED");
}

static void signer_refusals(void **state)
{
	AUTO_FREE char *nowhere = fs_join(folder, "homes/none"), *conf = fs_join(bob, "gpg.conf"), *old = NULL,
		       *late = NULL;
	struct signer s = { .fd = -1 };
	struct err e = { 0 };
	size_t len = 0;

	assert_int_equal(signer_open(&s, nowhere, NULL, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	e = (struct err){ 0 };
	assert_int_equal(signer_open(&s, alice, bob_key, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	e = (struct err){ 0 };
	assert_int_equal(key_generate(alice, "again", "ed25519", 0, alice_key, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	must(fs_read_file(conf, 65536, &old, &len, &e), &e);
	late = mem_printf("%sfaked-system-time 20990101T000000!\n", old);
	must(fs_write_file(conf, late, strlen(late), 0600, &e), &e);
	e = (struct err){ 0 };
	assert_int_equal(signer_open(&s, bob, NULL, &e), -1);
	assert_int_equal(e.class, ERR_VERDICT);
	assert_string_equal(e.code, "E_SIG_KEY_EXPIRED");
	must(fs_write_file(conf, old, len, 0600, &e), &e);
}

static void deep_home(void **state)
{
	AUTO_FREE char *home = mem_printf("%s/homes/%0100d/%0100d/%0100d", folder, 1, 2, 3), *sig = NULL,
		       *socket_path = NULL;
	char **keys = NULL, key[65];
	struct sig_data data = message_data();
	struct err e = { 0 };
	struct stat st;
	size_t len = 0, count = 0;

	must(key_generate(home, "Deep", "ed25519", 0, key, &e), &e);
	assert_int_equal(stat(home, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	must(key_secrets(home, &keys, &count, &e), &e);
	assert_int_equal(count, 1);
	assert_string_equal(keys[0], key);
	sig = sign(home, SIGN_DETACHED_ARMOR, &data, &len);
	assert_non_null(strstr(sig, "BEGIN PGP SIGNATURE"));
	socket_path = fs_join(home, "S.gpg-agent");
	assert_false(fs_exists(socket_path));
	free(keys[0]);
	free(keys);
}

/* An agent that somebody else runs on the home is used and stays. */
static void agent_of_the_user(void **state)
{
	const char *const start[] = { "gpg-connect-agent", "--homedir", alice, "/bye", NULL };
	const char *const stop[] = { "gpgconf", "--homedir", alice, "--kill", "all", NULL };
	const char *const probe[] = { "gpg-connect-agent", "--no-autostart", "--homedir", alice, "/bye", NULL };
	struct proc p = { .argv = probe, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = 30 };
	struct proc_result r = { 0 };
	struct sig_data data = message_data();
	struct err e = { 0 };
	size_t len = 0;

	must(proc_must(start, &e), &e);
	free(sign(alice, SIGN_DETACHED_BINARY, &data, &len));
	must(proc_run(&p, &r, &e), &e);
	assert_int_equal(r.exit, 0);
	proc_result_done(&r);
	must(proc_must(stop, &e), &e);
}

static void secret_key_is_refused(void **state)
{
	static const char *const options[] = { "--armor", "--export-secret-keys", NULL };
	AUTO(keyring) k = ring_of_alice();
	struct gpg_home home = { 0 };
	struct err e = { 0 };
	struct proc_result r = { 0 };

	must(gpg_home_open(&home, alice, &e), &e);
	for (size_t i = 0; i < 2; i++) {
		const char *argv[] = { "gpg", "--batch", "--homedir", home.path, "--pinentry-mode", "loopback",
			"--passphrase", "", options[1 - i], i ? options[1] : NULL, NULL };
		struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1 };

		must(proc_run(&p, &r, &e), &e);
		assert_true(r.output_len > 100);
		assert_int_equal(keyring_add(&k, r.output, r.output_len, &e), -1);
		assert_non_null(strstr(e.text, "SECRET"));
		proc_result_done(&r);
	}
	gpg_home_done(&home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_and_tampered),
		cmocka_unit_test(several_signatures),
		cmocka_unit_test(expired),
		cmocka_unit_test(expired_signature),
		cmocka_unit_test(revoked),
		cmocka_unit_test(weak),
		cmocka_unit_test(from_the_future),
		cmocka_unit_test(inline_as_detached),
		cmocka_unit_test(subkey_counts_as_primary),
		cmocka_unit_test(clear_text),
		cmocka_unit_test(ranges_of_a_file),
		cmocka_unit_test(signer_refusals),
		cmocka_unit_test(deep_home),
		cmocka_unit_test(agent_of_the_user),
		cmocka_unit_test(secret_key_is_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, look_behind);
}
