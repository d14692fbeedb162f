/* deb_index.c - a folder of debs as an index that apt reads: their control files, sizes and digests.
 *
 * Read by our own reader in a confined process that sees nothing but the folder: to have dpkg-deb and tar started for each of some hundred
 * files takes longer than the packages under test. What the process says is a text of strangers all the same, and is for the test root. */
#include "sandbox/deb_index.h"
#include "base/digest.h"
#include "base/fs.h"
#include "formats/deb_control.h"
#include "formats/index.h"
#include "sandbox/confine.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEPTH_MAX = 64, PIECE = 65536 };

/* ---- in the confined process */
struct scan {
	int out;
	const char *place;
};

/* One stanza and no more: an empty line in it would begin another. */
static bool is_stanza(const char *control)
{
	size_t len = strlen(control);

	while (len > 0 && control[len - 1] == '\n')
		len--;
	return len > 0 && *control != '\n' && !memmem(control, len, "\n\n", 2);
}

static int say_deb(const struct scan *s, int fd, uint64_t size, const char *path, struct err *e)
{
	AUTO_FREE char *control = NULL, *location = mem_printf("%s/%s", s->place, path), *stanza = NULL;
	struct index_file about = { .location = location };
	char digest[SHA256_HEX];
	struct err not_whole = { 0 };

	if (deb_read_control(fd, size, &limits_default, &control, &not_whole) || !is_stanza(control) ||
		lseek(fd, 0, SEEK_SET) || sha256_fd(fd, digest, &about.size, &not_whole))
		return 0;
	about.sha256 = digest;
	stanza = apt_fragment(control, &about);
	return fd_write(s->out, stanza, strlen(stanza), e);
}

/* path: of the folder, "" or with a '/' at its end. A name that would break the index's lines is not offered. */
static int say_folder(const struct scan *s, int at, const char *path, unsigned depth, struct err *e)
{
	int again = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	int rc = 0;

	for (struct dirent *entry; rc == 0 && d && (entry = readdir(d)) != NULL;) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || text_has_control(name))
			continue;
		AUTO_FD int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		AUTO_FREE char *own = mem_printf("%s%s", path, name);
		AUTO_FREE char *below = mem_printf("%s/", own);
		struct stat st;

		if (fd < 0 || fstat(fd, &st))
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			rc = say_folder(s, fd, below, depth + 1, e);
		else if (S_ISREG(st.st_mode) && text_ends(name, ".deb"))
			rc = say_deb(s, fd, (uint64_t)st.st_size, own, e);
	}
	if (d)
		closedir(d);
	return rc;
}

_Noreturn static void child(int folder, int out, const char *place)
{
	const struct confine c = { .memory = limits_default.memory,
		.cpu_seconds = limits_default.seconds,
		.keep = &out,
		.keep_len = 1,
		.beneath_fd = folder };
	const struct scan s = { out, place };
	const char *missing;
	struct err e = { 0 };

	signal(SIGPIPE, SIG_IGN);
	_exit(confine_self(&c, &missing, &e) || say_folder(&s, folder, "", 0, &e) ? 1 : 0);
}

/* ---- the supervisor */
static int hear(struct text *index, int from, size_t limit, struct err *e)
{
	char piece[PIECE];

	for (;;) {
		ssize_t got = read(from, piece, sizeof piece);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "read");
		if (got == 0)
			return 0;
		if ((size_t)got > limit - index->len)
			return err_env(e, "there are too many packages");
		text_bytes(index, piece, (size_t)got);
	}
}

int deb_index_add(struct text *index, const char *folder, const char *place, size_t limit, struct err *e)
{
	AUTO_FD int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int out[2], status = 0, rc;
	pid_t pid;

	if (dir < 0 || pipe2(out, O_CLOEXEC))
		return err_sys(e, "%s", folder);
	pid = fork();
	if (pid == 0)
		child(dir, out[1], place);
	close(out[1]);
	rc = pid < 0 ? err_sys(e, "fork") : hear(index, out[0], limit, e);
	close(out[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc == 0 && status != 0)
		rc = err_env(e, "its packages could not be read: the process that does ended with %d",
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return rc ? err_wrap(e, "%s", folder) : 0;
}
