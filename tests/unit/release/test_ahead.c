/* test_ahead.c - two processes share documents: each is made once, by either, and all of them are there in the end. */
#include "base/fs.h"
#include "release/gate/signer_impl.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

enum { DOCUMENTS = 40 };

static char *folder;

static int setup(void **state)
{
	struct err e = { 0 };

	return fs_temp_dir("ahead", &folder, &e);
}

static int teardown(void **state)
{
	struct err e = { 0 };
	int failed = fs_remove_tree(folder, &e);

	free(folder);
	return failed;
}

/* Fails where it was made before; the one called `context` is never made by the other process. */
static int make(void *context, size_t i, struct doc *ret, struct err *e)
{
	AUTO_FREE char *path = mem_printf("%s/%zu", folder, i);
	const int *refused = context;
	AUTO_FD int fd = -1;

	if (refused && (size_t)*refused == i)
		return err_env(e, "not this one");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	*ret = (struct doc){ .entries = 100 + i };
	return fd < 0 ? err_sys(e, "%s", path) : 0;
}

static void check(const char *name, int refused)
{
	AUTO_FREE char *before = folder;
	struct doc documents[DOCUMENTS];
	bool is_mine[DOCUMENTS];
	struct ahead a = { 0 };
	struct err e = { 0 };

	folder = fs_join(before, name);
	assert_int_equal(fs_mkdirs(folder, 0700, &e), 0);
	ahead_start(&a, DOCUMENTS, make, &refused);
	for (size_t i = DOCUMENTS; i-- > 0;) {
		is_mine[i] = (int)i != refused && ahead_begin(&a, i);
		if (is_mine[i])
			assert_int_equal(make(NULL, i, &documents[i], &e), 0);
	}
	for (size_t i = 0; i < DOCUMENTS; i++) {
		if (!is_mine[i] && !ahead_take(&a, i, &documents[i]))
			assert_int_equal(make(NULL, i, &documents[i], &e), 0);
		assert_int_equal(documents[i].entries, 100 + i);
	}
	ahead_done(&a);
	free(folder);
	folder = before;
	before = NULL;
}

static void each_once(void **state)
{
	for (int round = 0; round < 20; round++) {
		AUTO_FREE char *name = mem_printf("all-%d", round);

		check(name, -1);
	}
}

/* What the other process could not make is told as not made, and made here. */
static void one_that_failed_there(void **state)
{
	check("first", 0);
	check("last", DOCUMENTS - 1);
}

/* Without another process, all are the caller's. */
static void alone(void **state)
{
	struct ahead a = { 0 };
	struct doc doc;

	assert_true(ahead_begin(&a, 0));
	assert_false(ahead_take(&a, 0, &doc));
	ahead_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_once),
		cmocka_unit_test(one_that_failed_there),
		cmocka_unit_test(alone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
