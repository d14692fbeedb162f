/* test_agent.c - signatures made by the agent itself: by every kind of key, judged by gpg; what it answers is read and nothing else. */
#include "base/proc.h"
#include "sign/agent.h"
#include "sign/armor.h"
#include "tests/unit/sign/folder.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
			assert_string_equal(v.hash, strcmp(v.algorithm, "ECDSA") == 0 ? "SHA512" : "SHA256");
			assert_string_equal(v.fingerprint, s.fingerprint);
			assert_int_equal(sig_verify_detached(&ring, &other, sig, len, NULL, 0, 0, &v, &e), -1);
			assert_string_equal(e.code, "E_SIG_BAD");
			e = (struct err){ 0 };
		}
		signer_done(&s);
	}
}

/* What gpg says was signed, with exit 0; NULL: it is bad. */
static char *read_by_gpg(const char *home, const char *message, size_t len)
{
	AUTO_FREE char *file = fs_join(folder, "message.asc");
	const char *argv[] = { "gpg", "--batch", "--quiet", "--homedir", home, "--output", "-", "--decrypt", file,
		NULL };
	struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = 60 };
	struct proc_result r = { 0 };
	struct err e = { 0 };
	char *text = NULL;

	must(fs_write_file(file, message, len, 0600, &e), &e);
	must(proc_run(&p, &r, &e), &e);
	if (r.exit == 0)
		text = mem_printf("%.*s", (int)r.output_len, r.output);
	else
		printf("gpg: %s\n", r.errors);
	proc_result_done(&r);
	return text;
}

static char *clear_by_gpg(const char *home, const char *text)
{
	AUTO_FREE char *from = fs_join(folder, "text"), *to = fs_join(folder, "text.asc");
	char *message = NULL;
	struct err e = { 0 };
	size_t len;

	unlink(to);
	must(fs_write_file(from, text, strlen(text), 0600, &e), &e);
	run_gpg(home, (const char *[]){ "--output", to, "--clearsign", from, NULL });
	must(fs_read_file(to, 1 << 20, &message, &len, &e), &e);
	return message;
}

/* Up to the signature's block: the frame and the text in it. */
static size_t before_seal(const char *message)
{
	const char *seal = strstr(message, "-----BEGIN PGP SIGNATURE-----");

	assert_non_null(seal);
	return (size_t)(seal - message);
}

/* Our message is gpg's to the letter, but for the numbers of the signature, and gpg reads the same text in it. */
static void texts(void **state)
{
	static const char *const all[] = { "", "\n", "\n\n", "one line\n", "no end", "- a dash\n-\n--\nx", "-",
		"From me\nFrom\nFromage", "blanks  \nand tabs\t \t\n   \nend \t", " leading\n\ttab\n", "a\r\nb\r\n",
		"a \r\n\r\nb", "in\rside\n", "end\r", "\r", " ", "-----BEGIN PGP SIGNATURE-----\n",
		"-----BEGIN PGP SIGNED MESSAGE-----\nHash: MD5\n\nx\n", "gr\303\274n\n", "\377\376\n", "many\n\n\n\n",
		"form\ffeed\f\nx\n", "bell\a\n" };
	AUTO_FREE char *home = fs_join(folder, "ed25519"), *conf = fs_join(home, "gpg.conf"), *armored = NULL;
	AUTO(keyring) ring = { 0 };
	struct signer s = { .fd = -1 };
	struct err e = { 0 };
	size_t len;

	must(fs_write_file(conf, "digest-algo SHA512\n", 19, 0600, &e), &e);
	must(signer_open(&s, home, NULL, &e), &e);
	must(key_export(home, s.fingerprint, &armored, &len, &e), &e);
	must(keyring_open(&ring, &e) || keyring_add(&ring, armored, len, &e), &e);
	for (size_t i = 0; i < COUNT(all); i++) {
		struct sig_data data = { .fd = -1, .bytes = all[i], .len = strlen(all[i]) };
		AUTO_FREE char *ours = NULL, *theirs = clear_by_gpg(home, all[i]), *read = NULL, *wanted = NULL;
		AUTO_FREE char *sig = NULL;
		struct sig_verdict v;
		size_t ours_len, sig_len;

		must(signer_sign(&s, SIGN_CLEAR, &data, &ours, &ours_len, &e), &e);
		assert_int_equal(before_seal(ours), before_seal(theirs));
		assert_memory_equal(ours, theirs, before_seal(ours));
		read = read_by_gpg(home, ours, ours_len);
		wanted = read_by_gpg(home, theirs, strlen(theirs));
		if (!wanted) /* what gpg wrote gpg does not read; then ours need not be better */
			printf("text %zu: gpg does not read its own\n", i);
		else if (!read || strcmp(read, wanted) != 0)
			fail_msg("text %zu is not read as signed", i);
		must(signer_sign(&s, SIGN_DETACHED_ARMOR, &data, &sig, &sig_len, &e), &e);
		must(sig_verify_detached(&ring, &data, sig, sig_len, NULL, 0, 0, &v, &e), &e);
		assert_string_equal(v.hash, "SHA256");
	}
	signer_done(&s);
}

/* Another text in the same frame is not what was signed. */
static void a_changed_text(void **state)
{
	static const char text[] = "Suite: stable\nDate: today\n";
	struct sig_data data = { .fd = -1, .bytes = text, .len = sizeof text - 1 };
	AUTO_FREE char *home = fs_join(folder, "ed25519"), *armored = NULL, *message = NULL, *read = NULL;
	AUTO(keyring) ring = { 0 };
	struct sig_verdict v;
	struct signer s = { .fd = -1 };
	struct err e = { 0 };
	size_t len, read_len;

	must(signer_open(&s, home, NULL, &e), &e);
	must(key_export(home, s.fingerprint, &armored, &len, &e), &e);
	must(keyring_open(&ring, &e) || keyring_add(&ring, armored, len, &e), &e);
	must(signer_sign(&s, SIGN_CLEAR, &data, &message, &len, &e), &e);
	signer_done(&s);
	must(sig_verify_clear(&ring, message, len, NULL, 0, 0, &read, &read_len, &v, &e), &e);
	assert_string_equal(read, text);
	free(read);
	read = NULL;
	*strstr(message, "today") = 'T';
	assert_int_equal(sig_verify_clear(&ring, message, len, NULL, 0, 0, &read, &read_len, &v, &e), -1);
	assert_string_equal(e.code, "E_SIG_BAD");
}

/* Lengths around the line's and the group's end, read back by the strict reader and by the corpus of gpg's own armor elsewhere. */
static void armor_of_every_length(void **state)
{
	unsigned char bytes[200];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 + 250);
	for (size_t len = 1; len < sizeof bytes; len++) {
		struct err e = { 0 };
		AUTO_FREE unsigned char *back = NULL;
		size_t text_len, back_len;
		AUTO_FREE char *text = armor_encode(bytes, len, "SIGNATURE", &text_len);

		assert_int_equal(strlen(text), text_len);
		must(armor_decode(text, text_len, "SIGNATURE", &back, &back_len, &e), &e);
		assert_int_equal(back_len, len);
		assert_memory_equal(back, bytes, len);
	}
}

/* gpgconf says the same of a home of any name. */
static void folder_of_sockets(void **state)
{
	static const char *const names[] = { "a", "with blank", "deeper/one" };
	AUTO_FREE char *run = gpg_run_folder();
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO_FREE char *home = fs_join(folder, names[i]), *ours = NULL;
		const char *argv[] = { "gpgconf", "--homedir", home, "--list-dirs", "socketdir", NULL };
		struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = 60 };
		struct proc_result r = { 0 };

		must(fs_mkdirs(home, 0700, &e), &e);
		ours = gpg_sockets_of(home);
		must(proc_run(&p, &r, &e), &e);
		assert_int_equal(r.exit, 0);
		r.output[strcspn(r.output, "\n")] = '\0';
		if (!run)
			assert_null(ours);
		else if (strcmp(r.output, home) != 0) { /* it may be that GnuPG cannot make one there */
			assert_string_equal(r.output, ours);
			assert_true(fs_exists(ours));
			gpg_sockets_remove(home);
			assert_false(fs_exists(ours));
		}
		proc_result_done(&r);
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
		struct signature_numbers n = { .len = 0 };
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
		cmocka_unit_test(texts),
		cmocka_unit_test(a_changed_text),
		cmocka_unit_test(armor_of_every_length),
		cmocka_unit_test(folder_of_sockets),
		cmocka_unit_test(answers),
	};

	return cmocka_run_group_tests(tests, open_folder, close_folder);
}
