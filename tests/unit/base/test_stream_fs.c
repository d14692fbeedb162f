/* test_stream_fs.c - streams and files, above all how they fail. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/stream.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char *room; /* a folder for the test */

static int set_up(void **state)
{
	struct err e;

	return fs_temp_dir("unit", &room, &e);
}

static int tear_down(void **state)
{
	struct err e = { 0 };
	int rc = fs_remove_tree(room, &e);

	free(room);
	return rc;
}

static char *in_room(const char *name)
{
	return fs_join(room, name);
}

static void reading_memory(void **state)
{
	struct err e = { 0 };
	AUTO_IN *in = in_mem("hello world", 11);
	char buf[32];

	assert_int_equal(in_exact(in, buf, 5, &e), 0);
	assert_int_equal(in_skip(in, 1, &e), 0);
	assert_int_equal(in_read(in, buf, sizeof buf, &e), 5);
	assert_memory_equal(buf, "world", 5);
	assert_int_equal(in->count, 11);
	assert_int_equal(in_exact(in, buf, 1, &e), -1);
	assert_string_equal(e.code, "E_TRUNCATED");
	/* and it sticks, up to the close */
	e = (struct err){ 0 };
	assert_int_equal(in_read(in, buf, 1, &e), -1);
	e = (struct err){ 0 };
	assert_int_equal(in_close(in, &e), -1);
	assert_string_equal(e.code, "E_TRUNCATED");
	in = NULL;
}

static void reading_ranges(void **state)
{
	struct err e = { 0 };
	AUTO_FD int fd = fs_temp_file(&e);
	AUTO_IN *in = NULL;
	char buf[8];

	assert_int_equal(fd_write(fd, "0123456789", 10, &e), 0);
	in = in_range(fd, 2, 4);
	assert_int_equal(in_read(in, buf, sizeof buf, &e), 4);
	assert_memory_equal(buf, "2345", 4);
	in_drop(&in);
	in = in_range(fd, 8, 5);
	assert_int_equal(in_read(in, buf, sizeof buf, &e), -1);
	assert_string_equal(e.code, "E_TRUNCATED");
}

static void reading_bounded(void **state)
{
	struct err e = { 0 };
	AUTO_IN *in = in_mem("abcdef", 6), *part = in_bounded(in, 2);
	char buf[8];

	assert_int_equal(in_read(part, buf, sizeof buf, &e), 2);
	assert_int_equal(in_close(part, &e), 0);
	part = in_bounded(in, 9);
	assert_int_equal(in_read(part, buf, sizeof buf, &e), -1);
	assert_string_equal(e.code, "E_TRUNCATED");
	in_drop(&part);
}

static void reading_a_bad_fd(void **state)
{
	struct err e = { 0 };
	struct in *in = in_fd(-1);
	char buf[8];

	assert_int_equal(in_some(in, buf, 8, &e), -1);
	assert_int_equal(e.class, ERR_ENV);
	assert_int_equal(e.sys, EBADF);
	assert_int_equal(in_close(in, &e), -1);
	assert_int_equal(in_close(NULL, &e), 0);
}

static void writing_through_a_digest(void **state)
{
	struct err e = { 0 };
	AUTO_FD int fd = fs_temp_file(&e);
	AUTO(digest) d;
	AUTO_IN *in = NULL;
	AUTO_OUT *out = NULL;
	AUTO_FREE char *big = mem_alloc(300000), *back = mem_alloc(300000);
	char hex[DIGEST_HEX], whole[SHA256_HEX];
	uint64_t size = 0;

	digest_init(&d, DIGEST_SHA256);
	random_bytes(big, 300000);
	out = out_digest(out_fd(fd), &d);
	for (size_t i = 0; i < 100000; i += 1000)
		assert_int_equal(out_write(out, big + i, 1000, &e), 0);
	assert_int_equal(out_write(out, big + 100000, 200000, &e), 0);
	assert_int_equal(out->count, 300000);
	assert_int_equal(out_close(out, &e), 0);
	out = NULL;
	digest_end_hex(&d, hex);
	assert_int_equal(sha256_fd(fd, whole, &size, &e), 0);
	assert_string_equal(hex, whole);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	in = in_fd(fd);
	for (size_t i = 0; i < 300000; i += 7500)
		assert_int_equal(in_exact(in, back + i, 7500, &e), 0);
	assert_memory_equal(big, back, 300000);
	assert_int_equal(in_some(in, back, 1, &e), 0);
}

static void writing_sticks(void **state)
{
	struct err e = { 0 };
	AUTO_FD int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct out *out = out_digest(out_fd(fd), &(struct digest){ 0 });

	out_drop(&out);
	out = out_fd(fd);
	assert_int_equal(out_str(out, "buffered", &e), 0);
	assert_int_equal(out_close(out, &e), -1); /* only closing tells */
	assert_int_equal(e.sys, ENOSPC);
}

static void writing_memory(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *bytes = NULL, *none = NULL;
	size_t len = 0;
	struct out *out = out_mem(10, &bytes, &len);

	assert_int_equal(out_printf(out, &e, "%d-%s", 5, "ab"), 0);
	assert_int_equal(out_close(out, &e), 0);
	assert_string_equal(bytes, "5-ab");
	assert_int_equal(len, 4);
	out = out_mem(3, &none, &len);
	assert_int_equal(out_str(out, "abcd", &e), -1);
	assert_string_equal(e.code, "E_LIMIT_MEMORY");
	assert_int_equal(out_str(out, "a", &e), -1);
	assert_int_equal(out_close(out, &e), -1);
	assert_null(none);
	out = out_null();
	assert_int_equal(out_str(out, "abc", &e), 0);
	assert_int_equal(out->count, 3);
	assert_int_equal(out_close(out, &e), 0);
}

static void files_appear_whole(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *path = in_room("whole"), *bytes = NULL;
	struct outfile f = { 0 };
	struct stat st;
	mode_t before = umask(077);

	assert_int_equal(outfile_open(&f, path, 0644, &e), 0);
	assert_int_equal(fd_write(f.fd, "x", 1, &e), 0);
	assert_false(fs_exists(path));
	outfile_done(&f);
	assert_false(fs_exists(path));
	assert_int_equal(fs_write_file(path, "bytes", 5, 0644, &e), 0);
	umask(before);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(fs_read_file(path, 5, &bytes, NULL, &e), 0);
	assert_string_equal(bytes, "bytes");
	free(bytes);
	bytes = NULL;
	assert_int_equal(fs_read_file(path, 4, &bytes, NULL, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_SIZE");
	assert_null(bytes);
	assert_int_equal(fs_write_file("/dev/null/nonexistent/a", "", 0, 0644, &e), -1);
	assert_int_equal(e.class, ERR_ENV);
	assert_int_equal(rmdir(room), -1); /* nothing but "whole" is left in it, looked at below */
	assert_int_equal(errno, ENOTEMPTY);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(room), 0);
	assert_int_equal(fs_mkdirs(room, 0700, &e), 0);
}

static void copies_and_links(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *a = in_room("a"), *b = in_room("b"), *c = in_room("c"), *link = in_room("current"),
		       *bytes = NULL;
	char target[16] = "";
	AUTO_FD int fd = -1;

	assert_int_equal(fs_write_file(a, "0123456789", 10, 0600, &e), 0);
	assert_int_equal(fs_copy_file(a, b, 0640, &e), 0);
	assert_int_equal(fs_link_or_copy(a, c, &e), 0);
	assert_int_equal(fs_link_or_copy(a, c, &e), -1);
	assert_int_equal(fs_copy_file(room, b, 0640, &e), -1);
	fd = open(b, O_RDWR | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	{
		AUTO_FD int from = open(a, O_RDONLY | O_CLOEXEC);

		/* an O_APPEND target is what copy_file_range refuses: the slow way must do */
		assert_int_equal(fs_copy_range(from, 3, fd, 4, &e), 0);
		assert_int_equal(fs_copy_range(from, 8, fd, 4, &e), -1);
		assert_string_equal(e.code, "E_TRUNCATED");
	}
	assert_int_equal(fs_read_file(b, 100, &bytes, NULL, &e), 0);
	assert_string_equal(bytes, "01234567893456");
	assert_int_equal(fs_symlink_swap("a", link, &e), 0);
	assert_int_equal(fs_symlink_swap("b", link, &e), 0);
	assert_int_equal(readlink(link, target, sizeof target - 1), 1);
	assert_string_equal(target, "b");
	assert_int_equal(fd_pread(fd, target, 4, 12, &e), -1);
	assert_string_equal(e.code, "E_TRUNCATED");
}

static void folders(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *deep = in_room("x/y/z"), *file = in_room("file"), *below = in_room("file/x");

	assert_int_equal(fs_mkdirs(deep, 0755, &e), 0);
	assert_int_equal(fs_mkdirs(deep, 0755, &e), 0);
	assert_int_equal(fs_write_file(file, "", 0, 0644, &e), 0);
	assert_int_equal(fs_mkdirs(below, 0755, &e), -1);
	assert_int_equal(e.class, ERR_ENV);
}

static void removing_stays_inside(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *tree = in_room("tree"), *kept = in_room("kept"), *link = in_room("tree/link"),
		       *at = in_room("tree/d");
	int fd;

	assert_int_equal(fs_mkdirs(kept, 0755, &e), 0);
	assert_int_equal(fs_mkdirs(tree, 0755, &e), 0);
	assert_int_equal(symlink("../kept", link), 0);
	assert_int_equal(fs_mkdirs(at, 0755, &e), 0);
	/* deeper than a path may be long, and than descriptors go */
	fd = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 1500; i++) {
		int next;

		assert_int_equal(mkdirat(fd, "deeper", i % 2 ? 0700 : 0500), 0);
		assert_int_equal(fchmodat(fd, "deeper", 0700, 0), 0);
		next = openat(fd, "deeper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(fd);
		fd = next;
	}
	close(fd);
	assert_int_equal(fs_remove_tree(tree, &e), 0);
	assert_false(fs_exists(tree));
	assert_true(fs_exists(kept));
	assert_int_equal(fs_remove_tree(tree, &e), 0);
	assert_int_equal(fs_remove_tree("/proc/self/task", &e), -1);
}

/* What a killed process left goes, what a living one has stays; so does what only looks like it. */
/* Whether something whose name begins so lies in the room. */
static bool has_left(const char *start)
{
	DIR *dir = opendir(room);
	struct dirent *d;
	bool found = false;

	assert_non_null(dir);
	while ((d = readdir(dir)))
		found = found || strncmp(d->d_name, start, strlen(start)) == 0;
	closedir(dir);
	return found;
}

static void folders_appear_whole(void **state)
{
	AUTO_FREE char *path = fs_join(room, "whole");
	struct outdir d = { 0 };
	struct err e = { 0 };
	int inner;

	assert_int_equal(outdir_open(&d, room, &e), 0);
	assert_int_equal(outdir_name(&d, path, &e), 0);
	assert_int_equal(mkdirat(d.fd, "in", 0755), 0);
	assert_false(fs_exists(path));
	assert_int_equal(outdir_commit(&d, &e), 0);
	outdir_done(&d);
	inner = open(path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(faccessat(inner, "in", F_OK, 0), 0);
	close(inner);
	assert_false(has_left(".sluice-"));

	assert_int_equal(outdir_open(&d, room, &e), 0);
	assert_int_equal(mkdirat(d.fd, "in", 0755), 0);
	assert_int_equal(outdir_name(&d, path, &e), -1);
	outdir_done(&d);
	assert_false(has_left(".sluice-"));
}

/* Whoever ends between the two, in whatever way, leaves nothing: Ctrl-C (which the whole group gets), and the kill that nobody survives. */
static void folders_of_the_dead(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGKILL };

	for (size_t i = 0; i < COUNT(signals); i++) {
		int status, tries = 0;
		pid_t child = fork();

		if (child == 0) {
			struct outdir d = { 0 };
			struct err e = { 0 };

			setsid();
			signal(signals[i], SIG_DFL);
			if (outdir_open(&d, room, &e) || mkdirat(d.fd, "in", 0755) || !has_left(".sluice-"))
				_exit(1);
			kill(0, signals[i]);
			pause();
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
		while (has_left(".sluice-") && tries++ < 3000)
			usleep(10000);
		assert_false(has_left(".sluice-"));
	}
}

static void temporary_folders(void **state)
{
	AUTO_FREE char *mine = NULL, *theirs = NULL, *line = NULL, *other = NULL;
	struct err e = { 0 };
	int pipe_fd[2], status;
	char name[256] = "";
	pid_t child;

	assert_int_equal(pipe(pipe_fd), 0);
	assert_int_equal(fs_temp_dir("keys", &mine, &e), 0);
	child = fork();
	if (child == 0) {
		AUTO_FREE char *inner = NULL;

		if (fs_temp_dir("gpg", &theirs, &e) ||
			fs_write_file((inner = fs_join(theirs, "key")), "x", 1, 0600, &e) ||
			write(pipe_fd[1], theirs, strlen(theirs)) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(read(pipe_fd[0], name, sizeof name - 1) > 0);
	assert_true(fs_exists(name));
	line = mem_strdup(name);
	*strrchr(line, '/') = '\0';
	other = fs_join(line, "sluice-keys-unrelated");
	assert_true(mkdir(other, 0700) == 0 || errno == EEXIST);
	fs_temp_sweep(line);
	assert_false(fs_exists(name));
	assert_true(fs_exists(mine));
	assert_true(fs_exists(other));
	assert_int_equal(fs_remove_tree(mine, &e), 0);
	assert_int_equal(fs_remove_tree(other, &e), 0);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}

static void locks(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *path = in_room("lock");
	AUTO_FD int held = fs_lock(path, true, &e);

	assert_true(held >= 0);
	assert_int_equal(fs_lock(path, false, &e), -1);
	assert_int_equal(e.class, ERR_ENV);
	close(held);
	held = fs_lock(path, false, &e);
	assert_true(held >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_memory),
		cmocka_unit_test(reading_ranges),
		cmocka_unit_test(reading_bounded),
		cmocka_unit_test(reading_a_bad_fd),
		cmocka_unit_test(writing_through_a_digest),
		cmocka_unit_test(writing_sticks),
		cmocka_unit_test(writing_memory),
		cmocka_unit_test(files_appear_whole),
		cmocka_unit_test(copies_and_links),
		cmocka_unit_test(folders),
		cmocka_unit_test(removing_stays_inside),
		cmocka_unit_test(folders_appear_whole),
		cmocka_unit_test(folders_of_the_dead),
		cmocka_unit_test(temporary_folders),
		cmocka_unit_test(locks),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
