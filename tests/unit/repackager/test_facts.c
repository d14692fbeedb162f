/* test_facts.c - facts of real packages, through the decoder: a package compared with itself has changed nothing, and a first version is told, not
 * judged. Over every deb and rpm of the corpus' real/ that can be read. */
#include "inspect/inspect.h"
#include "repackager/decode.h"
#include "tests/unit/sign/corpus_help.h"
#include <ftw.h>
#include <setjmp.h>

#include <cmocka.h>

static unsigned seen, read_well, wrong;

static void complain(const char *path, const struct finding *f)
{
	fprintf(stderr, "%s: %s %s %s: %s\n", path, f->check, severity_name(f->severity), f->where, f->text);
	wrong++;
}

static void compare(const char *path, const json_t *facts)
{
	AUTO(arena) arena = { 0 };
	struct findings same = { 0 }, first = { 0 };
	struct err e = { 0 };

	arena_init(&arena, MIB(16));
	assert_int_equal(facts_compare(facts, facts, &arena, &same, &e), 0);
	assert_int_equal(facts_compare(NULL, facts, &arena, &first, &e), 0);
	for (size_t i = 0; i < same.len; i++)
		complain(path, &same.at[i]);
	for (size_t i = 0; i < first.len; i++)
		if (first.at[i].severity != SEVERITY_INFO || strcmp(first.at[i].check, "introduced") != 0)
			complain(path, &first.at[i]);
	LIST_DONE(&same);
	LIST_DONE(&first);
}

static bool has_file(const struct pkg *pkg)
{
	for (size_t i = 0; i < pkg->entries.len; i++)
		if (pkg->entries.at[i].type == ENTRY_FILE)
			return true;
	return false;
}

static int look(const char *path, const struct stat *st, int type, struct FTW *where)
{
	struct decode d = { .path = path, .want_facts = true };
	AUTO(pkg) pkg = { 0 };
	AUTO_JSON *bytes = NULL, *facts = NULL;
	struct err e = { 0 };
	size_t len = strlen(path);

	if (type != FTW_F || len < 4 || (strcmp(path + len - 4, ".deb") != 0 && strcmp(path + len - 4, ".rpm") != 0))
		return 0;
	seen++;
	pkg_init(&pkg, MIB(256));
	if (decode(&d, NULL, &pkg, &bytes, NULL, &e))
		return 0;
	read_well++;
	facts = facts_of(&pkg, bytes);
	const json_t *looked = json_map(json_map(facts, "introduced"), "bytes");
	if (looked == NULL || (has_file(&pkg) && json_map(looked, "kinds") == NULL)) {
		fprintf(stderr, "%s: nobody looked at its bytes\n", path);
		wrong++;
	}
	compare(path, facts);
	return 0;
}

static void real_packages(void **state)
{
	static const char *const folders[] = { "real/deb", "real/rpm" };
	const char *corpus = *state;

	if (corpus == NULL)
		skip();
	for (size_t i = 0; i < COUNT(folders); i++) {
		AUTO_FREE char *dir = fs_join(corpus, folders[i]);

		assert_int_equal(nftw(dir, look, 16, FTW_PHYS), 0);
	}
	fprintf(stderr, "%u packages, %u read\n", seen, read_well);
	assert_true(seen > 10 && read_well * 10 >= seen * 8);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const char *corpus = corpus_open();
	const struct CMUnitTest tests[] = { cmocka_unit_test_prestate(real_packages, (void *)(uintptr_t)corpus) };
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	corpus_close();
	return rc;
}
