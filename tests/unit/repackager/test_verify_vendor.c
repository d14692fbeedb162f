/* test_verify_vendor.c - the four forms of a vendor's signature, over the corpus (tests/data/sign/vendor-verify.txt) and with keys made here. */
#include "base/digest.h"
#include "formats/pkgsig.h"
#include "repackager/verify_vendor.h"
#include "tests/unit/sign/corpus_help.h"
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

struct line {
	char path[128], keys[32], signature[128], checksums[128], release[128], packages[128], verdict[32];
};

static void add_keys(struct keyring *k, const char *corpus, const char *name)
{
	AUTO_FREE char *pattern = mem_printf("%s/keys/%s.asc", corpus, strcmp(name, "ALL") == 0 ? "*" : name),
		       *all = mem_strdup("");
	struct err e = { 0 };
	glob_t found = { 0 };

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		AUTO_FREE char *text = NULL;
		size_t len = 0;
		char *more;

		assert_int_equal(fs_read_file(found.gl_pathv[i], MIB(1), &text, &len, &e), 0);
		more = mem_printf("%s%s\n", all, text);
		free(all);
		all = more;
	}
	globfree(&found);
	if (keyring_add(k, all, strlen(all), &e))
		fail_msg("%s", e.text);
}

static char *place(const char *corpus, const char *name)
{
	return strcmp(name, "-") == 0 ? NULL : fs_join(corpus, name);
}

static bool run_line(const char *corpus, const struct line *l)
{
	AUTO(keyring) k = { 0 };
	AUTO_FREE char *path = fs_join(corpus, l->path), *signature = place(corpus, l->signature);
	AUTO_FREE char *checksums = place(corpus, l->checksums), *release = place(corpus, l->release);
	AUTO_FREE char *packages = place(corpus, l->packages);
	struct vendor_verify v = { .path = path,
		.keyring = &k,
		.signature = signature,
		.checksums = checksums,
		.apt_release = release,
		.apt_packages = packages };
	struct vendor_result r = { 0 };
	struct err e = { 0 };
	const char *got;
	int rc;

	assert_int_equal(keyring_open(&k, &e), 0);
	add_keys(&k, corpus, l->keys);
	rc = vendor_verify(&v, &r, &e);
	got = rc == 0 ? "good" : e.code ? e.code : "an error without code";
	if (strcmp(got, l->verdict) == 0 && (rc == 0 ? strlen(r.signature.fingerprint) == 40 : e.class == ERR_VERDICT))
		return true;
	fprintf(stderr, "%s with %s: want %s, got %s (%s)\n", l->path, l->keys, l->verdict, got, e.text);
	return false;
}

static void corpus_lines(void **state)
{
	const char *corpus = *state;
	FILE *f = fopen(TEST_DATA "/sign/vendor-verify.txt", "re");
	unsigned lines = 0, wrong = 0;
	char text[1024];

	assert_non_null(f);
	if (corpus == NULL) {
		fclose(f);
		skip();
	}
	while (fgets(text, sizeof text, f)) {
		struct line l;

		if (text[0] == '#' || text[0] == '\n')
			continue;
		assert_int_equal(sscanf(text, "%127s %31s %127s %127s %127s %127s %31s", l.path, l.keys, l.signature,
					 l.checksums, l.release, l.packages, l.verdict),
			7);
		lines++;
		wrong += !run_line(corpus, &l);
	}
	fclose(f);
	assert_true(lines >= 20);
	assert_int_equal(wrong, 0);
}

/* ---- checksum lists and the evidence, with a key made here */

struct world {
	char *dir, *home, *file, *list, *seal, *clear, key[65];
	struct keyring keyring;
};

static void must(int rc, const struct err *e)
{
	if (rc)
		fail_msg("%s", e->text);
}

static void sign_to(struct world *w, enum sign_mode mode, const char *text, const char *path)
{
	struct sig_data data = { .fd = -1, .bytes = text, .len = strlen(text) };
	struct signer s = { .fd = -1 };
	struct err e = { 0 };
	AUTO_FREE char *sig = NULL;
	size_t len = 0;

	must(signer_open(&s, w->home, NULL, &e), &e);
	must(signer_sign(&s, mode, &data, &sig, &len, &e), &e);
	signer_done(&s);
	must(fs_write_file(path, sig, len, 0644, &e), &e);
}

static void world_open(struct world *w, const char *list)
{
	AUTO_FREE char *armored = NULL;
	struct err e = { 0 };
	size_t len = 0;

	*w = (struct world){ 0 };
	must(fs_temp_dir("t", &w->dir, &e), &e);
	w->home = fs_join(w->dir, "home");
	w->file = fs_join(w->dir, "a.run");
	w->list = fs_join(w->dir, "SHA256SUMS");
	w->seal = fs_join(w->dir, "SHA256SUMS.sig");
	w->clear = fs_join(w->dir, "SHA256SUMS.asc");
	must(key_generate(w->home, "Vendor", "ed25519", 0, w->key, &e), &e);
	must(key_export(w->home, w->key, &armored, &len, &e), &e);
	must(keyring_open(&w->keyring, &e), &e);
	must(keyring_add(&w->keyring, armored, len, &e), &e);
	must(fs_write_file(w->file, "hello\n", 6, 0644, &e), &e);
	must(fs_write_file(w->list, list, strlen(list), 0644, &e), &e);
	sign_to(w, SIGN_DETACHED_BINARY, list, w->seal);
	sign_to(w, SIGN_CLEAR, list, w->clear);
}

static void world_close(struct world *w)
{
	struct err e = { 0 };

	must(fs_remove_tree(w->dir, &e), &e);
	keyring_done(&w->keyring);
	free(w->dir);
	free(w->home);
	free(w->file);
	free(w->list);
	free(w->seal);
	free(w->clear);
}

#define HELLO "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"

static void checksum_lists(void **state)
{
	struct world w;
	struct err e = { 0 };
	struct vendor_result r = { 0 };
	AUTO_JSON *body = NULL, *refusal = NULL;

	world_open(&w, HELLO "  a.run\n");
	struct vendor_verify v = { .path = w.file, .keyring = &w.keyring, .checksums = w.list, .signature = w.seal };

	must(vendor_verify(&v, &r, &e), &e);
	body = vendor_result_json(&r);
	assert_string_equal(json_text(body, "method"), "checksums");
	assert_string_equal(json_text(body, "fingerprint"), w.key);
	assert_string_equal(json_text(body, "sha256"), HELLO);
	v.signature = w.clear; /* the clear-signed list beside the plain one */
	must(vendor_verify(&v, &r, &e), &e);
	v.checksums = w.clear; /* and alone */
	v.signature = NULL;
	must(vendor_verify(&v, &r, &e), &e);
	v.checksums = w.list; /* plain and unsigned */
	assert_int_equal(vendor_verify(&v, &r, &e), -1);
	assert_string_equal(e.code, "E_SIG_MISSING");
	refusal = vendor_refusal_json(&v, &e);
	assert_string_equal(json_text(refusal, "code"), "E_SIG_MISSING");
	e = (struct err){ 0 };
	v.signature = w.seal;
	must(fs_write_file(w.list, HELLO "  a.run\n#\n", strlen(HELLO) + 10, 0644, &e), &e);
	assert_int_equal(vendor_verify(&v, &r, &e), -1);
	assert_string_equal(e.code, "E_SIG_BAD");
	e = (struct err){ 0 };
	v.checksums = w.clear;
	must(fs_write_file(w.file, "hellO\n", 6, 0644, &e), &e);
	assert_int_equal(vendor_verify(&v, &r, &e), -1);
	assert_string_equal(e.code, "E_DIGEST");
	world_close(&w);
}

/* What the decoder says about a signature is checked: ranges that leave content out, or lie outside, vouch for nothing. */
static void ranges_that_lie(void **state)
{
	struct world w;
	struct err e = { 0 };
	struct vendor_result r = { 0 };
	AUTO_FREE char *bytes = mem_alloc(MIB(1)), *sig = NULL;
	AUTO(pkg) pkg = { 0 };
	struct extent range = { 0, 6 };
	struct signature *s;
	size_t len = 0;
	char sha256[65];

	world_open(&w, "");
	memset(bytes, 'x', MIB(1));
	memcpy(bytes, "hello\n", 6);
	must(fs_write_file(w.file, bytes, MIB(1), 0644, &e), &e);
	sign_to(&w, SIGN_DETACHED_BINARY, "hello\n", w.seal);
	must(fs_read_file(w.seal, MIB(1), &sig, &len, &e), &e);
	sha256_hex(bytes, MIB(1), sha256);
	pkg_init(&pkg, 0);
	pkg.format = "deb";
	s = pkg_add_signature(&pkg);
	*s = (struct signature){ "_gpgorigin", SIG_PAYLOAD, (const unsigned char *)sig, len, &range, 1 };
	struct vendor_verify v = { .path = w.file, .keyring = &w.keyring, .pkg = &pkg, .pkg_sha256 = sha256 };

	assert_int_equal(vendor_verify(&v, &r, &e), -1); /* good over six bytes of a mebibyte */
	assert_string_equal(e.code, "E_SIG_PARTIAL");
	e = (struct err){ 0 };
	s->covers = SIG_HEADER; /* a deb has no such thing */
	assert_int_equal(vendor_verify(&v, &r, &e), -1);
	assert_string_equal(e.code, "E_SIG_PARTIAL");
	e = (struct err){ 0 };
	pkg.format = "rpm";
	pkg_warn(&pkg, "E_DIGEST_WEAK", "payload", "md5 only");
	assert_int_equal(vendor_verify(&v, &r, &e), -1);
	assert_string_equal(e.code, "E_SIG_PARTIAL");
	pkg.warnings.len = 0;
	must(vendor_verify(&v, &r, &e), &e);
	range = (struct extent){ MIB(2), 6 };
	assert_int_equal(vendor_verify(&v, &r, &e), -1);
	assert_string_equal(e.code, "E_SIG_PARTIAL");
	sha256[0] ^= 1;
	e = (struct err){ 0 };
	assert_int_equal(vendor_verify(&v, &r, &e), -1);
	assert_string_equal(e.code, "E_MISMATCH");
	world_close(&w);
}

/* What we sign we accept, and a byte changed afterwards we do not. */
static void sign_package(struct world *w, const char *from, const char *to)
{
	AUTO(arena) arena = { 0 };
	AUTO_FREE struct sig_range *ranges = NULL;
	AUTO_FREE char *sig = NULL;
	struct extent *covered = NULL;
	struct signer s = { .fd = -1 };
	struct err e = { 0 };
	const char *format;
	size_t count = 0, len = 0;
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(in >= 0 && out >= 0);
	arena_init(&arena, MIB(16));
	must(pkgsig_ranges(in, &arena, &format, &covered, &count, &e), &e);
	ranges = mem_alloc(count * sizeof *ranges);
	for (size_t i = 0; i < count; i++)
		ranges[i] = (struct sig_range){ covered[i].at, covered[i].len };
	must(signer_open(&s, w->home, NULL, &e), &e);
	must(signer_sign(&s, SIGN_DETACHED_BINARY,
		     &(struct sig_data){ .fd = in, .ranges = ranges, .ranges_len = count }, &sig, &len, &e),
		&e);
	must(pkgsig_splice(in, out, (unsigned char *)sig, len, s.algorithm, &e), &e);
	signer_done(&s);
	close(in);
	close(out);
}

/* One byte in each range that is covered, and one of the payload. */
static void change_each(const struct vendor_verify *v, char *bytes, size_t len)
{
	AUTO(arena) arena = { 0 };
	AUTO_FD int fd = open(v->path, O_RDONLY | O_CLOEXEC);
	struct extent *covered = NULL;
	struct vendor_result r;
	struct err e = { 0 };
	const char *format;
	size_t count = 0;

	arena_init(&arena, MIB(16));
	must(pkgsig_ranges(fd, &arena, &format, &covered, &count, &e), &e);
	for (size_t i = 0; i <= count; i++) {
		size_t at = i < count ? covered[i].at + covered[i].len / 2
				      : covered[count - 1].at + covered[count - 1].len;

		if (at >= len || (i == count && strcmp(format, "rpm") != 0))
			continue;
		bytes[at] ^= 0x20;
		must(fs_write_file(v->path, bytes, len, 0644, &e), &e);
		assert_int_equal(vendor_verify(v, &r, &e), -1);
		bytes[at] ^= 0x20;
	}
	must(fs_write_file(v->path, bytes, len, 0644, &e), &e);
	e = (struct err){ 0 };
	must(vendor_verify(v, &r, &e), &e);
}

static void what_we_sign(void **state)
{
	static const char *const packages[] = { "real/repo-apt/good/pool/main/corpus-repo_1.0-1_all.deb",
		"real/rpm/crafted-signed-rsa-header.noarch.rpm" };
	const char *corpus = *state;
	struct world w;

	if (corpus == NULL)
		skip();
	world_open(&w, "");
	for (size_t i = 0; i < COUNT(packages); i++) {
		AUTO_FREE char *from = fs_join(corpus, packages[i]), *bytes = NULL;
		struct vendor_verify v = { .path = w.file, .keyring = &w.keyring };
		struct vendor_result r = { 0 };
		struct err e = { 0 };
		size_t len = 0;

		sign_package(&w, from, w.file);
		must(vendor_verify(&v, &r, &e), &e);
		assert_string_equal(r.method, "inside");
		assert_string_equal(r.signature.fingerprint, w.key);
		must(fs_read_file(w.file, MIB(1), &bytes, &len, &e), &e);
		change_each(&v, bytes, len);
	}
	world_close(&w);
}

int main(void)
{
	const char *corpus = corpus_open();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(corpus_lines, (void *)(uintptr_t)corpus),
		cmocka_unit_test_prestate(what_we_sign, (void *)(uintptr_t)corpus),
		cmocka_unit_test(checksum_lists),
		cmocka_unit_test(ranges_that_lie),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	corpus_close();
	return rc;
}
