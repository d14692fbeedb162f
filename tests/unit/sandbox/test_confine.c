/* test_confine.c - what a confined process can and cannot do, each act in a child of its own; and the plan as text. */
#include "base/fs.h"
#include "sandbox/confine.h"
#include "sandbox/plans.h"
#include "sandbox/shut_in.h"
#include <archive.h>
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { GOOD = 0, NOT_CONFINED = 99 };
static int pipe_fd[2];
static int folder = -1;

/* Each act returns 0 when it was possible, else errno. */
static int failed(long result)
{
	return result < 0 ? errno : GOOD;
}
static int open_passwd(void)
{
	return failed(open("/etc/passwd", O_RDONLY));
}
static int open_old_call(void)
{
	return failed(syscall(SYS_open, "/etc/passwd", O_RDONLY, 0));
}
static int write_file(void)
{
	return failed(open("/tmp/sluice-confine-test", O_WRONLY | O_CREAT, 0600));
}
static int make_socket(void)
{
	return failed(socket(AF_INET, SOCK_STREAM, 0));
}
static int make_unix_socket(void)
{
	return failed(socket(AF_UNIX, SOCK_STREAM, 0));
}
static int do_connect(void)
{
	struct sockaddr sa = { .sa_family = AF_UNIX };
	return failed(connect(pipe_fd[1], &sa, sizeof sa));
}
static int do_fork(void)
{
	return failed(fork());
}
static void *thread_body(void *context)
{
	*(int *)context = 1;
	return NULL;
}
/* Codecs use threads of the same process; refused where other processes of this user fill the limit. */
static int use_thread(void)
{
	pthread_t thread;
	int is_run = 0;
	int rc = pthread_create(&thread, NULL, thread_body, &is_run);

	if (rc != 0)
		return rc;
	pthread_join(thread, NULL);
	return is_run ? GOOD : EINVAL;
}
static int do_clone3(void)
{
	return failed(syscall(SYS_clone3, NULL, 0));
}
/* What a thread needs, and a namespace: the filter must say no, not the kernel. */
static int do_clone_space(void)
{
	return failed(
		syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWNET, NULL, NULL, NULL, NULL));
}
static int do_exec(void)
{
	char name[] = "true", *argv[] = { name, NULL };
	return failed(execve("/bin/true", argv, NULL));
}
static int do_ptrace(void)
{
	return failed(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}
static int do_unshare(void)
{
	return failed(syscall(SYS_unshare, 0x10000000));
}
static int do_setuid(void)
{
	return failed(syscall(SYS_setresuid, 0, 0, 0));
}
static int do_uring(void)
{
	return failed(syscall(SYS_io_uring_setup, 1, NULL));
}
static int kill_parent(void)
{
	return failed(kill(getppid(), 0));
}
static int map_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? errno : GOOD;
}
static int make_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return failed(mprotect(at, 4096, PROT_READ | PROT_EXEC));
}
static int map_too_much(void)
{
	void *at = mmap(NULL, GIB(2), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? errno : GOOD;
}
static int other_descriptor(void)
{
	return failed(write(pipe_fd[0], "x", 1));
}
static int raise_limit(void)
{
	struct rlimit r = { 100, 100 };
	return failed(setrlimit(RLIMIT_NPROC, &r));
}

static int use_memory(void)
{
	char *at = malloc(MIB(20));
	if (!at)
		return ENOMEM;
	memset(at, 1, MIB(20));
	int value = at[MIB(10)] == 1 ? GOOD : EINVAL;
	free(at);
	return value;
}
static int use_clock_and_random(void)
{
	struct timespec t;
	unsigned char bytes[8];
	return clock_gettime(CLOCK_MONOTONIC, &t) == 0 && getentropy(bytes, sizeof bytes) == 0 ? GOOD : errno;
}
static int use_libraries(void)
{
	unsigned char plain[1000] = "sluice", packed[2000], back[1000];
	uLongf len = sizeof packed, back_len = sizeof back;
	struct archive *a = archive_read_new();
	lzma_stream xz = LZMA_STREAM_INIT;

	if (compress(packed, &len, plain, sizeof plain) || uncompress(back, &back_len, packed, len))
		return EINVAL;
	if (lzma_stream_decoder(&xz, MIB(20), 0) != LZMA_OK)
		return EINVAL;
	lzma_end(&xz);
	archive_read_support_format_all(a);
	return archive_read_free(a) == ARCHIVE_OK ? GOOD : EINVAL;
}
static int print_and_time(void)
{
	char text[64];
	time_t t = 0;
	struct tm tm;
	snprintf(text, sizeof text, "%d", localtime_r(&t, &tm)->tm_year);
	return getenv("HOME") || text[0] ? GOOD : EINVAL;
}
static int read_in_folder(void)
{
	char text[8] = "";
	int fd = openat(folder, "inside", O_RDONLY);
	return fd >= 0 && read(fd, text, 6) == 6 && strcmp(text, "inside") == 0 ? GOOD : errno;
}
static int leave_folder(void)
{
	return failed(openat(folder, "../outside", O_RDONLY));
}
static int leave_by_link(void)
{
	return failed(openat(folder, "link", O_RDONLY));
}
static int write_in_folder(void)
{
	return failed(openat(folder, "inside", O_WRONLY));
}
static int create_in_folder(void)
{
	return failed(openat(folder, "new", O_RDONLY | O_CREAT, 0600));
}
static int list_folder(void)
{
	char buf[4096];
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY);
	return failed(syscall(SYS_getdents64, fd, buf, sizeof buf));
}
static int attributes(void)
{
	int fd = openat(folder, "inside", O_RDONLY);
	return failed(flistxattr(fd, NULL, 0));
}
static int read_link(void)
{
	char to[100];
	return failed(readlinkat(folder, "link", to, sizeof to));
}
static int abort_itself(void)
{
	abort();
}

/* What became of the act: 0, errno, or 1000 + the signal that ended the child. */
static int confined(int (*act)(void), int beneath)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		int keep[] = { pipe_fd[1] };
		struct confine c = {
			.memory = MIB(64), .cpu_seconds = 20, .keep = keep, .keep_len = 1, .beneath_fd = beneath
		};
		const char *missing = "";
		struct err e = { 0 };

		if (confine_self(&c, &missing, &e)) {
			if (write(pipe_fd[1], e.text, strlen(e.text)) < 0)
				_exit(NOT_CONFINED);
			_exit(NOT_CONFINED);
		}
		_exit(act());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

struct act {
	const char *name;
	int (*act)(void);
	int expected;
};
static void expect_acts(const struct act *acts, int beneath)
{
	for (; acts->name; acts++) {
		int got = confined(acts->act, beneath);

		if (got != acts->expected)
			fail_msg("%s: %d (%s), expected %d", acts->name, got, strerror(got), acts->expected);
	}
}
#define KILLED (1000 + SIGSYS)

static void forbidden_acts_fail(void **state)
{
	static const struct act acts[] = {
		{ "open /etc/passwd", open_passwd, EACCES },
		{ "open by the old call", open_old_call, EACCES },
		{ "create a file", write_file, EACCES },
		{ "socket", make_socket, EACCES },
		{ "unix socket", make_unix_socket, EACCES },
		{ "connect", do_connect, EACCES },
		{ "fork", do_fork, ENOSYS },
		{ "clone3", do_clone3, ENOSYS },
		{ "a thread with a network of its own", do_clone_space, ENOSYS },
		{ "execve", do_exec, KILLED },
		{ "ptrace", do_ptrace, KILLED },
		{ "unshare", do_unshare, KILLED },
		{ "setresuid", do_setuid, KILLED },
		{ "io_uring", do_uring, KILLED },
		{ "signal to the parent", kill_parent, EPERM },
		{ "executable mapping", map_code, EPERM },
		{ "mapping made executable", make_code, EPERM },
		{ "descriptor not kept", other_descriptor, EBADF },
		{ "raising a limit", raise_limit, EPERM },
		{ NULL },
	};

	expect_acts(acts, -1);
}

static void memory_is_bounded(void **state)
{
	struct plan p;
	struct confine c = { .memory = MIB(64), .cpu_seconds = 20, .keep = NULL, .keep_len = 0, .beneath_fd = -1 };

	plan_for_confine(&c, 0, &p);
	if (p.limits[0].resource != RLIMIT_AS)
		skip(); /* AddressSanitizer reserves terabytes */
	assert_int_equal(confined(map_too_much, -1), ENOMEM);
}

static void allowed_acts_work(void **state)
{
	static const struct act acts[] = {
		{ "memory", use_memory, GOOD },
		{ "clock and random", use_clock_and_random, GOOD },
		{ "libraries", use_libraries, GOOD },
		{ "printing", print_and_time, GOOD },
		{ "a thread", use_thread, GOOD },
		{ "abort", abort_itself, 1000 + SIGABRT },
		{ NULL },
	};

	expect_acts(acts, -1);
}

static void a_folder_can_be_read_and_nothing_else(void **state)
{
	static const struct act acts[] = {
		{ "read a file", read_in_folder, GOOD },
		{ "list", list_folder, GOOD },
		{ "attributes", attributes, GOOD },
		{ "read a link", read_link, GOOD },
		{ "leave by ..", leave_folder, ENOENT },
		{ "leave by a link", leave_by_link, ENOENT },
		{ "open /etc/passwd", open_passwd, ENOENT },
		{ "write", write_in_folder, EACCES },
		{ "create", create_in_folder, EACCES },
		{ "socket", make_socket, EACCES },
		{ "fork", do_fork, ENOSYS },
		{ "execve", do_exec, KILLED },
		{ NULL },
	};
	AUTO_FREE char *dir = NULL;
	struct err e = { 0 };

	assert_int_equal(fs_temp_dir("confine", &dir, &e), 0);
	AUTO_FREE char *sub = fs_join(dir, "sub"), *inside = fs_join(sub, "inside"), *link = fs_join(sub, "link"),
		       *outside = fs_join(dir, "outside");
	assert_int_equal(fs_mkdirs(sub, 0755, &e), 0);
	assert_int_equal(fs_write_file(inside, "inside", 6, 0644, &e), 0);
	assert_int_equal(fs_write_file(outside, "secret", 6, 0644, &e), 0);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	folder = open(sub, O_RDONLY | O_DIRECTORY);
	expect_acts(acts, folder);
	close(folder);
	assert_int_equal(fs_remove_tree(dir, &e), 0);
}

static void the_plan_reads_as_text(void **state)
{
	int keep[] = { 7 };
	struct confine c = { .memory = MIB(1), .cpu_seconds = 60, .keep = keep, .keep_len = 1, .beneath_fd = -1 };
	struct plan p;

	plan_for_confine(&c, 0, &p);
	AUTO_FREE char *text = plan_text(&p);
	static const char *const lines[] = { "plan confine\nnamespaces user mount network ipc hostname\n",
		"ids 0 (nobody when started by root)\ncapabilities none\nlandlock no file\ncalls allowed read readv ",
		"mmap[2&0x4=0x4]", "calls that kill execve execveat ptrace", "tgkill[own process]",
		"limit cpu-seconds 60\n", "limit file-size 0\n", "limit open-files 16\n", "limit processes 8\n",
		"limit core-size 0\n", "other calls fail: Function not implemented\n" };
	for (size_t i = 0; i < COUNT(lines); i++)
		if (!strstr(text, lines[i]))
			fail_msg("'%s' is not in the plan:\n%s", lines[i], text);
	plan_done(&p);
}

/* ---- the report's writer */
struct reach {
	const char *inside, *outside;
};
static int reach_out(void *context, struct err *e)
{
	struct reach *r = context;

	if (fs_write_file(r->inside, "x", 1, 0644, e))
		return err_wrap(e, "inside");
	if (access("/etc/passwd", F_OK) == 0 && open("/etc/passwd", O_RDONLY) >= 0)
		return err_env(e, "read outside");
	if (open(r->outside, O_WRONLY | O_CREAT, 0600) >= 0 || mkdir(r->outside, 0700) == 0)
		return err_env(e, "wrote outside");
	return 0;
}
static int say_no(void *context, struct err *e)
{
	err_env(e, "no");
	return err_hint(e, "ask again");
}
static int die(void *context, struct err *e)
{
	raise(SIGKILL);
	return 0;
}

static void a_report_is_written_in_one_folder_only(void **state)
{
	AUTO_FREE char *dir = NULL;
	struct err e = { 0 }, told = { 0 };
	unsigned missing = 0;
	struct plan plan;

	assert_int_equal(fs_temp_dir("shut-in", &dir, &e), 0);
	AUTO_FREE char *sub = fs_join(dir, "sub"), *inside = fs_join(sub, "inside"), *outside = fs_join(dir, "outside");
	assert_int_equal(fs_mkdirs(sub, 0755, &e), 0);
	int fd = open(sub, O_RDONLY | O_DIRECTORY);
	plan_for_report(fd, &plan);
	AUTO_FREE char *text = plan_text(&plan);
	assert_non_null(strstr(text, "plan report\n"));
	assert_non_null(strstr(text, "landlock reading and writing below one folder\n"));
	struct reach r = { inside, outside };
	if (!harden_has_landlock())
		skip();
	if (shut_in(&plan, reach_out, &r, &missing, &e))
		fail_msg("%s", e.text);
	assert_int_equal(missing, 0);
	assert_true(fs_exists(inside));
	assert_false(fs_exists(outside));
	assert_int_equal(shut_in(&plan, say_no, NULL, &missing, &told), -1);
	assert_string_equal(told.text, "no");
	assert_string_equal(told.hint, "ask again");
	assert_int_equal(shut_in(&plan, die, NULL, &missing, &told), -1);
	close(fd);
	assert_int_equal(fs_remove_tree(dir, &e), 0);
}

static void layers_have_names(void **state)
{
	char text[200];
	unsigned set = 0;
	struct err e = { 0 };

	assert_string_equal(layers_text(LAYER(USER) | LAYER(LANDLOCK), text, sizeof text), "user namespace, landlock");
	assert_int_equal(layers_parse("landlock, user namespace", &set, &e), 0);
	assert_int_equal(set, LAYER(USER) | LAYER(LANDLOCK));
	assert_int_equal(layers_parse("magic", &set, &e), -1);
	assert_string_equal(layers_text(0, text, sizeof text), "");
}

/* What a report lists is what a policy may ask for. */
static void layers_are_read_as_they_are_told(void **state)
{
	AUTO_JSON *all = layers_json((1u << LAYERS) - 1);
	struct err e = { 0 };
	size_t i;
	json_t *word;

	assert_int_equal(json_array_size(all), LAYERS);
	json_array_foreach(all, i, word) {
		unsigned set = 0;
		char name[64];

		assert_int_equal(layers_parse(json_string_value(word), &set, &e), 0);
		assert_int_equal(set, 1u << i);
		assert_int_equal(layers_parse(layers_text(set, name, sizeof name), &set, &e), 0);
		assert_int_equal(set, 1u << i);
	}
	unsigned set = 77;
	assert_int_equal(layers_parse("userns, seccomp,memory", &set, &e), 0);
	assert_int_equal(set, LAYER(USER) | LAYER(SECCOMP) | LAYER(MEMORY_GROUP));
	assert_int_equal(layers_parse("", &set, &e), 0);
	assert_int_equal(set, 0);
	assert_int_equal(layers_parse("userns,magic", &set, &e), -1);
	assert_non_null(strstr(e.text, "'magic'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forbidden_acts_fail),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(allowed_acts_work),
		cmocka_unit_test(a_folder_can_be_read_and_nothing_else),
		cmocka_unit_test(the_plan_reads_as_text),
		cmocka_unit_test(a_report_is_written_in_one_folder_only),
		cmocka_unit_test(layers_have_names),
		cmocka_unit_test(layers_are_read_as_they_are_told),
	};

	if (pipe(pipe_fd))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
