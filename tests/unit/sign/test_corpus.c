/* test_corpus.c - the corpus' signatures against the acceptance rule. The cases are tests/data/sign/corpus.txt. */
#include "sign/sign.h"
#include "tests/unit/sign/corpus_help.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct line {
	char form[16], signature[128], subject[128], keys[64], pinned[65], verdict[32];
};

static void add_keys(struct keyring *k, const char *corpus, char *names)
{
	char *rest = NULL;
	struct err e = { 0 };

	for (char *name = strtok_r(names, ",", &rest); name && strcmp(name, "-") != 0;
		name = strtok_r(NULL, ",", &rest)) {
		AUTO_FREE char *path = mem_printf("%s/keys/%s.asc", corpus, name);

		if (keyring_add_file(k, path, &e))
			fail_msg("%s", e.text);
	}
}

static int verify_detached(struct keyring *k, const char *corpus, const struct line *l, const char *sig, size_t len,
	const char *const *pinned, struct sig_verdict *verdict, struct err *e)
{
	AUTO_FREE char *path = fs_join(corpus, l->subject);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct sig_range whole = { 0 };
	struct sig_data data = { .fd = fd, .ranges = &whole, .ranges_len = 1 };
	struct stat st;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	whole.len = (uint64_t)st.st_size;
	return sig_verify_detached(k, &data, sig, len, pinned, pinned != NULL, 0, verdict, e);
}

static bool run_line(const char *corpus, struct line *l)
{
	AUTO(keyring) k = { 0 };
	AUTO_FREE char *path = fs_join(corpus, l->signature), *sig = NULL, *text = NULL;
	const char *pin = l->pinned;
	const char *const *pinned = strcmp(pin, "-") == 0 ? NULL : &pin;
	struct sig_verdict verdict = { 0 };
	struct err e = { 0 };
	size_t len = 0, text_len = 0;
	const char *got;
	int rc;

	assert_int_equal(keyring_open(&k, &e), 0);
	add_keys(&k, corpus, l->keys);
	if (fs_read_file(path, 1 << 20, &sig, &len, &e))
		fail_msg("%s", e.text);
	if (strcmp(l->form, "clear") == 0)
		rc = sig_verify_clear(&k, sig, len, pinned, pinned != NULL, 0, &text, &text_len, &verdict, &e);
	else
		rc = verify_detached(&k, corpus, l, sig, len, pinned, &verdict, &e);
	got = rc == 0 ? "good" : e.code ? e.code : "an error without code";
	if (strcmp(got, l->verdict) == 0 && (rc == 0 ? strlen(verdict.fingerprint) == 40 : e.class == ERR_VERDICT))
		return true;
	fprintf(stderr, "%s with %s: want %s, got %s (%s)\n", l->signature, l->keys, l->verdict, got, e.text);
	return false;
}

static void every_line(void **state)
{
	const char *corpus = *state;
	FILE *f = fopen(TEST_DATA "/sign/corpus.txt", "re");
	unsigned lines = 0, wrong = 0;
	char text[512];

	if (corpus == NULL)
		skip();
	assert_non_null(f);
	while (fgets(text, sizeof text, f)) {
		struct line l;

		if (text[0] == '#' || text[0] == '\n')
			continue;
		assert_int_equal(sscanf(text, "%15s %127s %127s %63s %64s %31s", l.form, l.signature, l.subject, l.keys,
					 l.pinned, l.verdict),
			6);
		lines++;
		wrong += !run_line(corpus, &l);
	}
	fclose(f);
	assert_true(lines > 30);
	assert_int_equal(wrong, 0);
}

/* Hostile certificates: taken or refused, never a crash; and what they bring vouches for nothing of the vendor's. */
static void hostile_certificates(void **state)
{
	static const char *const files[] = { "CVE-2021-3521-nosubsig", "alice-expired-subkey",
		"different-creation-times", "keyidcollision1", "keyidcollision2", "type-confusion" };
	const char *corpus = *state;

	if (corpus == NULL)
		skip();
	for (size_t i = 0; i < COUNT(files); i++) {
		struct line l = { "detached", "real/sig/vendor-1.0.tar.gz.sig", "real/sig/vendor-1.0.tar.gz", "", "-",
			"E_SIG_KEY_MISSING" };
		AUTO(keyring) k = { 0 };
		AUTO_FREE char *path = mem_printf("%s/malformed/keys/%s.asc", corpus, files[i]), *sig = NULL;
		AUTO_FREE char *sig_path = fs_join(corpus, l.signature);
		struct sig_verdict verdict;
		struct err e = { 0 };
		size_t len = 0;

		assert_int_equal(keyring_open(&k, &e), 0);
		if (keyring_add_file(&k, path, &e))
			assert_true(e.class != ERR_ENV && e.text[0]);
		assert_int_equal(fs_read_file(sig_path, 1 << 20, &sig, &len, &e), 0);
		assert_int_equal(verify_detached(&k, corpus, &l, sig, len, NULL, &verdict, &e), -1);
		assert_true(strcmp(e.code, "E_SIG_KEY_MISSING") == 0 || strcmp(e.code, "E_SIG_UNTRUSTED") == 0);
	}
}

int main(void)
{
	const char *corpus = corpus_open();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(every_line, (void *)(uintptr_t)corpus),
		cmocka_unit_test_prestate(hostile_certificates, (void *)(uintptr_t)corpus),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	corpus_close();
	return rc;
}
