/* test_verify_here.c - signatures judged without gpg: good ones of gpg and of ours are found good, with gpg's own verdict; whatever is changed or unusual is left to gpg. */
#include "base/proc.h"
#include "base/when.h"
#include "sign/key_facts.h"
#include "sign/packets.h"
#include "tests/unit/sign/folder.h"
#include <string.h>
#include <strings.h>

enum { YEAR = 365 * 86400 };

static const char text[] = "what is let out\n";

static void gpg(const char *home, const char *const *words)
{
	const char *argv[24] = { "gpg", "--batch", "--yes", "--quiet", "--homedir", home, "--pinentry-mode", "loopback",
		"--passphrase", "" };
	struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = 60 };
	struct proc_result r = { 0 };
	struct err e = { 0 };

	for (size_t i = 10; *words; i++)
		argv[i] = *words++;
	must(proc_run(&p, &r, &e), &e);
	if (r.exit != 0)
		fail_msg("gpg: %s", r.errors);
	proc_result_done(&r);
}

struct person {
	char *home, *certs, key[65];
	size_t len;
};

static void export(struct person *p)
{
	struct err e = { 0 };

	free(p->certs);
	must(key_export(p->home, p->key, &p->certs, &p->len, &e), &e);
}

static void person_open(struct person *p, const char *name, const char *kind, const char *usage, const char *until)
{
	char **keys;
	size_t len;
	struct err e = { 0 };

	*p = (struct person){ .home = fs_join(folder, name) };
	must(fs_mkdirs(p->home, 0700, &e), &e);
	gpg(p->home, (const char *[]){ "--quick-generate-key", name, kind, usage, until, NULL });
	must(key_secrets(p->home, &keys, &len, &e), &e);
	memcpy(p->key, keys[0], strlen(keys[0]) + 1);
	free(keys[0]);
	free(keys);
	export(p);
}

static void person_done(struct person *p)
{
	const char *const argv[] = { "gpgconf", "--homedir", p->home, "--kill", "gpg-agent", NULL };
	struct err ignored = { 0 };

	if (proc_must(argv, &ignored))
		ignored = (struct err){ 0 };
	free(p->home);
	free(p->certs);
}

/* By gpg itself, with these options. */
static char *signature_of(const struct person *p, const char *const *options, size_t *ret_len)
{
	AUTO_FREE char *message = fs_join(folder, "message"), *to = fs_join(folder, "message.sig");
	const char *words[12] = { "--output", to };
	size_t at = 2;
	struct err e = { 0 };
	char *sig;

	must(fs_write_file(message, text, strlen(text), 0600, &e), &e);
	for (; *options; options++)
		words[at++] = *options;
	words[at++] = "--detach-sign";
	words[at] = message;
	gpg(p->home, words);
	must(fs_read_file(to, 1 << 16, &sig, ret_len, &e), &e);
	return sig;
}

static void ring_of(struct keyring *k, const struct person *p)
{
	struct err e = { 0 };

	must(keyring_open(k, &e) || keyring_add(k, p->certs, p->len, &e), &e);
}

static bool here_at(struct keyring *k, const char *message, size_t message_len, const void *sig, size_t len, int64_t at,
	struct sig_verdict *ret)
{
	struct sig_data data = { .fd = -1, .bytes = message, .len = message_len };
	struct sig_packets packets;
	struct err e = { 0 };
	bool is_good;

	if (sig_packets_read(sig, len, false, &packets, &e))
		return false;
	is_good = verify_here(k, &data, &packets, NULL, 0, at, ret);
	sig_packets_done(&packets);
	return is_good;
}

static bool here(struct keyring *k, const void *sig, size_t len, struct sig_verdict *ret)
{
	return here_at(k, text, strlen(text), sig, len, 0, ret);
}

/* What gpg alone says of it, by a ring of its own. */
static int by_gpg(
	const struct person *p, const void *sig, size_t len, int64_t at, struct sig_verdict *ret, struct err *e)
{
	AUTO(keyring) k = { 0 };
	struct sig_data data = { .fd = -1, .bytes = text, .len = strlen(text) };

	ring_of(&k, p);
	key_facts_done(&k);
	return sig_verify_detached(&k, &data, sig, len, NULL, 0, at, ret, e);
}

static void same(const struct sig_verdict *a, const struct sig_verdict *b)
{
	assert_string_equal(a->fingerprint, b->fingerprint);
	assert_string_equal(a->subkey, b->subkey);
	assert_int_equal(a->time, b->time);
	assert_int_equal(a->expires, b->expires);
	assert_string_equal(a->hash, b->hash);
	assert_string_equal(a->algorithm, b->algorithm);
	assert_int_equal(a->unknown, b->unknown);
}

/* Each bit of the signature turned, and each of the message: none is good any more, or gpg finds the same. */
static void tampered(struct keyring *k, const struct person *p, const char *sig, size_t len)
{
	AUTO_FREE char *changed = mem_alloc(len), *message = mem_strdup(text);
	struct sig_verdict v = { 0 }, theirs = { 0 };
	struct err e = { 0 };

	for (size_t bit = 0; bit < 8 * len; bit++) {
		memcpy(changed, sig, len);
		changed[bit / 8] = (char)(changed[bit / 8] ^ 1 << bit % 8);
		if (!here(k, changed, len, &v))
			continue;
		must(by_gpg(p, changed, len, 0, &theirs, &e), &e);
		same(&v, &theirs);
	}
	for (size_t bit = 0; bit < 8 * strlen(text); bit++) {
		message[bit / 8] = (char)(message[bit / 8] ^ 1 << bit % 8);
		assert_false(here_at(k, message, strlen(text), sig, len, 0, &v));
		message[bit / 8] = (char)(message[bit / 8] ^ 1 << bit % 8);
	}
	for (size_t less = 0; less < len; less++)
		assert_false(here(k, sig, less, &v));
	assert_false(here_at(k, text, strlen(text) - 1, sig, len, 0, &v));
	assert_true(here(k, sig, len, &v));
}

static void good_ones(void **state)
{
	static const char *const kinds[] = { "ed25519", "rsa2048" }, *const hashes[] = { "SHA256", "SHA384", "SHA512" };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct person p;
		AUTO(keyring) k = { 0 };
		struct sig_verdict ours = { 0 }, theirs = { 0 };
		struct err e = { 0 };
		size_t len;

		person_open(&p, kinds[i], kinds[i], "sign", "never");
		ring_of(&k, &p);
		for (size_t h = 0; h < COUNT(hashes); h++) {
			AUTO_FREE char *sig = signature_of(
				&p, (const char *[]){ "--digest-algo", hashes[h], NULL }, &len);

			assert_true(here(&k, sig, len, &ours));
			assert_string_equal(ours.hash, hashes[h]);
			must(by_gpg(&p, sig, len, 0, &theirs, &e), &e);
			same(&ours, &theirs);
			if (h == 0)
				tampered(&k, &p, sig, len);
		}
		person_done(&p);
	}
}

static void unusual_ones(void **state)
{
	static const char *const options[][3] = { { "--default-sig-expire", "1d" }, { "--textmode", NULL },
		{ "--digest-algo", "SHA224" }, { "--sig-notation", "a@example.org=b" } };
	struct person p;
	AUTO(keyring) k = { 0 };
	struct sig_verdict v;
	struct sig_data data = { .fd = -1, .bytes = text, .len = strlen(text) };
	struct sig_packets packets;
	const char *pin = "0123456789ABCDEF0123456789ABCDEF01234567";
	struct err e = { 0 };
	size_t len;

	person_open(&p, "unusual", "ed25519", "sign", "never");
	ring_of(&k, &p);
	for (size_t i = 0; i < COUNT(options); i++) {
		AUTO_FREE char *sig = signature_of(&p, options[i], &len);

		assert_false(here(&k, sig, len, &v));
	}
	AUTO_FREE char *sig = signature_of(&p, (const char *[]){ NULL }, &len), *twice = mem_alloc(2 * len);

	memcpy(twice, sig, len);
	memcpy(twice + len, sig, len);
	assert_true(here(&k, sig, len, &v));
	assert_false(here(&k, twice, 2 * len, &v));
	assert_int_equal(sig_packets_read((unsigned char *)sig, len, false, &packets, &e), 0);
	assert_false(verify_here(&k, &data, &packets, &pin, 1, 0, &v));
	pin = p.key;
	assert_true(verify_here(&k, &data, &packets, &pin, 1, 0, &v));
	sig_packets_done(&packets);
	person_done(&p);
}

/* A subkey is gone by when gpg found a signature by it good: then it is bound in both directions. */
static void subkeys(void **state)
{
	struct person p;
	AUTO(keyring) k = { 0 };
	struct sig_verdict ours = { 0 }, theirs = { 0 };
	struct sig_data data = { .fd = -1, .bytes = text, .len = strlen(text) };
	struct err e = { 0 };
	size_t len;

	person_open(&p, "subkey", "ed25519", "cert", "never");
	gpg(p.home, (const char *[]){ "--quick-add-key", p.key, "ed25519", "sign", "never", NULL });
	export(&p);
	ring_of(&k, &p);
	AUTO_FREE char *sig = signature_of(&p, (const char *[]){ NULL }, &len);

	assert_false(here(&k, sig, len, &ours));
	must(sig_verify_detached(&k, &data, sig, len, NULL, 0, 0, &theirs, &e), &e);
	assert_true(here(&k, sig, len, &ours));
	same(&ours, &theirs);
	assert_string_not_equal(ours.subkey, ours.fingerprint);
	person_done(&p);
}

static void times(void **state)
{
	struct person p;
	AUTO(keyring) k = { 0 };
	struct sig_verdict v;
	struct err e = { 0 };
	int64_t now = when_now();
	size_t len;

	person_open(&p, "ending", "ed25519", "sign", "1y");
	ring_of(&k, &p);
	AUTO_FREE char *sig = signature_of(&p, (const char *[]){ NULL }, &len);
	const struct {
		int64_t at;
		bool is_good;
	} cases[] = { { 0, true }, { now + 86400, true }, { now + YEAR - 3600, true }, { now + YEAR + 3600, false },
		{ now - 3600, false } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(here_at(&k, text, strlen(text), sig, len, cases[i].at, &v), cases[i].is_good);
		assert_int_equal(by_gpg(&p, sig, len, cases[i].at, &v, &e) == 0, cases[i].is_good);
		e = (struct err){ 0 };
	}
	person_done(&p);
}

/* A certificate that comes later, with the revocation, takes the key's word away; a ring whose certificates end by themselves is not gone by at all. */
static void revoked(void **state)
{
	struct person p;
	AUTO(keyring) k = { 0 };
	AUTO_FREE char *file = NULL, *made = NULL;
	struct sig_verdict v;
	struct err e = { 0 };
	char *mark;
	size_t len, made_len;

	person_open(&p, "revoked", "ed25519", "sign", "never");
	ring_of(&k, &p);
	AUTO_FREE char *sig = signature_of(&p, (const char *[]){ NULL }, &len);

	assert_true(here(&k, sig, len, &v));
	file = mem_printf("%s/openpgp-revocs.d/%s.rev", p.home, p.key);
	must(fs_read_file(file, 1 << 16, &made, &made_len, &e), &e);
	mark = strstr(made, ":-----");
	assert_non_null(mark);
	must(key_import(p.home, mark + 1, strlen(mark + 1), &e), &e);
	export(&p);
	must(keyring_add(&k, p.certs, p.len, &e), &e);
	assert_false(here(&k, sig, len, &v));
	person_done(&p);
}

static void ending_certificates(void **state)
{
	/* a signature of class 0x10 whose hashed part says: made then, for one day */
	static const unsigned char ending[] = { 0x88, 10 + 12 + 2, 4, 0x10, 22, 8, 0, 12, 5, 2, 1, 2, 3, 4, 5, 3, 0, 1,
		0x51, 0x80, 0, 0, 1, 2, 0, 1 };
	struct person p;
	AUTO(keyring) k = { 0 };
	struct sig_verdict v;
	size_t len;

	person_open(&p, "timed", "ed25519", "sign", "never");
	ring_of(&k, &p);
	AUTO_FREE char *sig = signature_of(&p, (const char *[]){ NULL }, &len);

	assert_true(here(&k, sig, len, &v));
	key_facts_take(&k, ending, sizeof ending);
	assert_false(here(&k, sig, len, &v));
	assert_null(keyring_told(&k));
	person_done(&p);
}

/* What gpg told one process serves another that has the same certificates, and no gpg. */
static void told(void **state)
{
	static const char *const bad[] = { "", "nonsense\n",
		"0123456789ABCDEF0123456789ABCDEF01234567 0123456789ABCDEF0123456789ABCDEF01234567 0 0 1\n",
		"0123456789ABCDEF0123456789ABCDEF0123456 0123456789ABCDEF0123456789ABCDEF01234567 1 0 1\n",
		"0123456789ABCDEF0123456789ABCDEF01234567 0123456789ABCDEF0123456789ABCDEF01234567 1 0 1 more\n" };
	struct person p;
	AUTO(keyring) first = { 0 }, second = { 0 };
	struct sig_data data = { .fd = -1, .bytes = text, .len = strlen(text) };
	struct sig_verdict v;
	struct err e = { 0 };
	size_t len;

	person_open(&p, "told", "ed25519", "sign", "never");
	ring_of(&first, &p);
	AUTO_FREE char *sig = signature_of(&p, (const char *[]){ NULL }, &len);

	assert_null(keyring_told(&first));
	assert_true(here(&first, sig, len, &v));
	AUTO_FREE char *lines = keyring_told(&first);

	assert_non_null(lines);
	must(keyring_open(&second, &e) || keyring_add_later(&second, p.certs, p.len, &e), &e);
	for (size_t i = 0; i < COUNT(bad); i++) {
		keyring_believe(&second, bad[i]);
		assert_false(keyring_is_told(&second));
	}
	keyring_believe(&second, lines);
	must(sig_verify_detached(&second, &data, sig, len, NULL, 0, 0, &v, &e), &e);
	assert_string_equal(v.fingerprint, p.key);
	assert_null(second.home); /* gpg was not asked */
	data.len--;
	assert_int_equal(sig_verify_detached(&second, &data, sig, len, NULL, 0, 0, &v, &e), -1);
	assert_string_equal(e.code, "E_SIG_BAD");
	assert_non_null(second.home);
	person_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(good_ones), cmocka_unit_test(unusual_ones),
		cmocka_unit_test(subkeys), cmocka_unit_test(times), cmocka_unit_test(revoked),
		cmocka_unit_test(ending_certificates), cmocka_unit_test(told) };

	return cmocka_run_group_tests(tests, open_folder, close_folder);
}
