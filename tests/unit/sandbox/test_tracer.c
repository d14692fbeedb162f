/* test_tracer.c - faults at counted moments, struck at a made-up package manager: this very program, started under the names of dpkg's. */
#include "base/fs.h"
#include "sandbox/tracer.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char *dir;

/* ---- the package manager: an archive, a script, two files, another script; it goes on whatever they say */
static pid_t start(const char *program, const char *name, const char *argument, const char *more)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl(program, name, argument, more, NULL);
		_exit(127);
	}
	return pid;
}

static int wait_for(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

static void put_in_place(const char *top, const char *name)
{
	AUTO_FREE char *old = mem_printf("%s/%s.dpkg-new", top, name), *new = mem_printf("%s/%s", top, name);
	FILE *f = fopen(old, "w");

	if (!f || fclose(f) || rename(old, new))
		_exit(3);
}

_Noreturn static void manager(const char *self, const char *top)
{
	AUTO_FREE char *before = mem_printf("%s/dpkg/tmp.ci/preinst", top),
		       *after = mem_printf("%s/dpkg/info/acme.postinst", top);
	int bad = 0;

	bad |= wait_for(start(self, "dpkg-deb", "--fsys-tarfile", top));
	bad |= wait_for(start(before, before, "install", NULL));
	put_in_place(top, "one");
	put_in_place(top, "two");
	bad |= wait_for(start(after, after, "configure", NULL));
	_exit(bad ? 1 : 0);
}

/* ---- what the first process of a test root does */
struct outcome {
	int status; /* of the manager */
	bool is_hit;
	unsigned files, archives, scripts, steps[2];
	bool made[6];
};
static const char *const made[] = { "began-preinst", "ended-preinst", "one", "two", "began-postinst",
	"ended-postinst" };

static void clear(void)
{
	for (size_t i = 0; i < COUNT(made); i++) {
		AUTO_FREE char *path = mem_printf("%s/%s", dir, made[i]);

		unlink(path);
	}
}

static pid_t command(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (tracer_join() == 0)
			execl("/proc/self/exe", "dpkg", dir, NULL);
		_exit(126);
	}
	return pid;
}

static struct outcome strike(struct fault fault)
{
	static struct tracer t; /* as the first process has one for all commands */
	struct outcome o = { 0 };
	struct pack told = { 0 };
	bool has_ended = false;
	int status;
	pid_t pid, main_pid;

	clear();
	main_pid = command();
	tracer_start(&t, &fault, main_pid);
	while ((!has_ended || tracer_is_busy(&t)) && (pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			tracer_stopped(&t, pid, status);
			continue;
		}
		tracer_ended(&t, pid);
		if (pid == main_pid) {
			has_ended = true;
			o.status = status;
		}
	}
	o.is_hit = t.seen.is_hit;
	o.files = t.seen.files;
	o.archives = t.seen.archives;
	o.scripts = (unsigned)t.seen.scripts.len;
	for (size_t i = 0; i < t.seen.scripts.len && i < 2; i++)
		o.steps[i] = t.seen.scripts.at[i].steps;
	if (t.seen.scripts.len == 2)
		assert_non_null(strstr(t.seen.scripts.at[1].command, "acme.postinst configure"));
	for (size_t i = 0; i < COUNT(made); i++) {
		AUTO_FREE char *path = mem_printf("%s/%s", dir, made[i]);

		o.made[i] = fs_exists(path);
	}
	tracer_finish(&t, &told);
	assert_true(told.len > 13);
	assert_int_equal(t.seen.scripts.len, 0);
	pack_done(&told);
	return o;
}

static void assert_made(const struct outcome *o, const char *want)
{
	for (size_t i = 0; i < COUNT(made); i++)
		if (o->made[i] != (want[i] == '1'))
			fail_msg("%s: %s", made[i], o->made[i] ? "was made" : "is missing");
}

static bool was_killed(const struct outcome *o)
{
	return WIFSIGNALED(o->status) && WTERMSIG(o->status) == SIGKILL;
}

static void a_first_run_counts(void **state)
{
	struct outcome o = strike((struct fault){ FAULT_COUNT, 0, 0 });

	assert_false(o.is_hit);
	assert_int_equal(o.status, 0);
	assert_int_equal(o.archives, 1);
	assert_int_equal(o.files, 2);
	assert_int_equal(o.scripts, 2);
	assert_int_equal(o.steps[0], 2);
	assert_int_equal(o.steps[1], 2);
	assert_made(&o, "111111");
}

/* It has done all its work, and is killed; the manager goes on. */
static void a_script_fails(void **state)
{
	struct outcome o = strike((struct fault){ FAULT_FAIL_SCRIPT, 0, 0 });

	assert_true(o.is_hit && WIFEXITED(o.status) && WEXITSTATUS(o.status) == 1);
	assert_made(&o, "111111");
	o = strike((struct fault){ FAULT_FAIL_SCRIPT, 1, 0 });
	assert_true(o.is_hit && WIFEXITED(o.status) && WEXITSTATUS(o.status) == 1);
	o = strike((struct fault){ FAULT_FAIL_SCRIPT, 2, 0 }); /* there is no third */
	assert_false(o.is_hit);
	assert_int_equal(o.status, 0);
}

/* Everything dies in the middle of a script: at its first program, at its second, at its end. */
static void all_is_killed_in_a_script(void **state)
{
	struct outcome o = strike((struct fault){ FAULT_KILL_SCRIPT, 0, 0 });

	assert_true(o.is_hit && was_killed(&o));
	assert_made(&o, "000000");
	o = strike((struct fault){ FAULT_KILL_SCRIPT, 0, 1 });
	assert_true(o.is_hit && was_killed(&o));
	assert_made(&o, "100000");
	o = strike((struct fault){ FAULT_KILL_SCRIPT, 1, 9 });
	assert_true(o.is_hit && was_killed(&o));
	assert_made(&o, "111111");
}

/* The file is not in its place yet. */
static void all_is_killed_at_a_file(void **state)
{
	struct outcome o = strike((struct fault){ FAULT_KILL_FILE, 0, 1 });

	assert_true(o.is_hit && was_killed(&o));
	assert_made(&o, "111000");
}

static void an_archive_ends_early(void **state)
{
	struct outcome o = strike((struct fault){ FAULT_FAIL_ARCHIVE, 0, 0 });

	assert_true(o.is_hit && WIFEXITED(o.status) && WEXITSTATUS(o.status) == 1);
	assert_int_equal(o.archives, 1);
	assert_made(&o, "111111");
}

/* ---- */
static void write_script(const char *where, const char *name)
{
	AUTO_FREE char *path = mem_printf("%s/dpkg/%s", dir, where), *folder = mem_strdup(path), *text = NULL;
	struct err e = { 0 };

	*strrchr(folder, '/') = '\0';
	text = mem_printf("#!/bin/sh\ntouch %s/began-%s\nrm -f %s/nothing\necho > %s/ended-%s\nexit 0\n", dir, name,
		dir, dir, name);
	if (fs_mkdirs(folder, 0755, &e) || fs_write_file(path, text, strlen(text), 0755, &e))
		fail_msg("%s", e.text);
}

static int make(void **state)
{
	dir = mem_strdup("/tmp/tracer-XXXXXX");
	assert_non_null(mkdtemp(dir));
	write_script("tmp.ci/preinst", "preinst");
	write_script("info/acme.postinst", "postinst");
	return 0;
}

static int unmake(void **state)
{
	struct err e = { 0 };
	int rc = fs_remove_tree(dir, &e);

	free(dir);
	return rc;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_first_run_counts),
		cmocka_unit_test(a_script_fails),
		cmocka_unit_test(all_is_killed_in_a_script),
		cmocka_unit_test(all_is_killed_at_a_file),
		cmocka_unit_test(an_archive_ends_early),
	};

	if (argc > 1 && strcmp(argv[0], "dpkg-deb") == 0)
		_exit(0);
	if (argc > 1 && strcmp(argv[0], "dpkg") == 0)
		manager("/proc/self/exe", argv[1]);
	return cmocka_run_group_tests(tests, make, unmake);
}
