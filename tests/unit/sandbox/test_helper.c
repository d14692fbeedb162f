/* test_helper.c - what a program that is shut in sees of this machine, and how its end is told. */
#include "base/base.h"
#include "base/fs.h"
#include "sandbox/helper.h"
#include "sandbox/plan.h"
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static bool is_possible = true;

/* argv[0] is also the program. False: this machine cannot shut it in, and that is said. */
static bool run(const char *const *argv, const char *bytes, size_t output, struct helper_result *ret)
{
	AUTO_FD int fd = memfd_create("test", MFD_CLOEXEC);
	const struct helper_file file = { "given", fd, 1, strlen(bytes) };
	const char *program = helper_find(argv[0]);
	struct helper h = {
		.argv = argv, .files = &file, .files_len = 1, .memory = 1ULL << 30, .output = output, .seconds = 60
	};
	AUTO_FREE char *path = program ? mem_strdup(program) : NULL;
	struct err e = { 0 };

	if (path == NULL)
		skip();
	h.program = path;
	assert_int_equal(fd_write(fd, "x", 1, &e), 0); /* it begins behind it */
	assert_int_equal(fd_write(fd, bytes, strlen(bytes), &e), 0);
	if (helper_run(&h, ret, &e) == 0)
		return true;
	assert_non_null(strstr(e.text, "cannot shut in"));
	is_possible = false;
	return false;
}

static void sees_its_files(void **state)
{
	const char *const argv[] = { "cat", HELPER_FOLDER "/given", NULL },
			  *const list[] = { "ls", "-A", HELPER_FOLDER, NULL };
	struct helper_result r;

	if (!run(argv, "some bytes\n", 4096, &r))
		skip();
	assert_string_equal(r.output, "some bytes\n");
	assert_int_equal(r.exit, 0);
	free(r.output);
	assert_true(run(list, "", 4096, &r));
	assert_string_equal(r.output, "given\n");
	free(r.output);
}

/* Neither this machine's files, nor a way to leave something behind, nor other processes. */
static void sees_no_more(void **state)
{
	static const char *const acts[][4] = { { "touch", HELPER_FOLDER "/left" }, { "touch", "/var/tmp/left" },
		{ "mkdir", HELPER_FOLDER "/left" }, { "mkdir", "/dev/shm/sluice-left" }, { "kill", "1" },
		{ "cat", "/etc/passwd" }, { "cat", "/proc/1/environ" } };
	struct helper_result r;

	for (size_t i = 0; i < COUNT(acts) && is_possible; i++) {
		const char *const argv[] = { acts[i][0], acts[i][1], acts[i][2], acts[i][3], NULL };

		if (strcmp(argv[0], "cat") == 0 && !harden_has_landlock())
			continue; /* what everybody may read */
		if (!run(argv, "", 4096, &r))
			break;
		if (r.exit == 0)
			print_error("%s %s was possible\n", argv[0], argv[1]);
		assert_int_not_equal(r.exit, 0);
		assert_string_equal(r.output, "");
		free(r.output);
	}
	assert_int_equal(access("/var/tmp/left", F_OK), -1);
}

static void has_bounds(void **state)
{
	const char *const much[] = { "yes", NULL },
			  *const large[] = { "sort", "-S", "4G", (HELPER_FOLDER "/given"), NULL };
	struct helper_result r;

	if (!run(much, "", 1000, &r))
		skip();
	assert_true(r.is_cut);
	assert_int_equal(strlen(r.output), 1000);
	free(r.output);
	assert_true(run(large, "b\na\n", 1000, &r));
	assert_true(r.exit != 0 || strcmp(r.output, "a\nb\n") == 0); /* it gets less, or ends */
	free(r.output);
}

static void is_not_there(void **state)
{
	const char *const argv[] = { "none", NULL };
	struct helper h = {
		.program = "/usr/bin/none-of-this-name", .argv = argv, .memory = 1 << 30, .output = 10, .seconds = 60
	};
	struct helper_result r;
	struct err e = { 0 };

	assert_null(helper_find("none-of-this-name"));
	assert_int_equal(helper_run(&h, &r, &e), -1);
	assert_non_null(strstr(e.text, "cannot shut in"));
	assert_null(r.output);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sees_its_files),
		cmocka_unit_test(sees_no_more),
		cmocka_unit_test(has_bounds),
		cmocka_unit_test(is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
