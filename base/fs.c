/* fs.c - whole files: read, written so that they appear complete or not at all, copied; locks, folders, temporaries. */
#include "base/fs.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { BUF = 256 << 10 };

char *fs_join(const char *dir, const char *name)
{
	size_t len = strlen(dir);

	if (len == 0)
		return mem_strdup(name);
	return mem_printf(dir[len - 1] == '/' ? "%s%s" : "%s/%s", dir, name);
}

bool fs_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* The folder that holds path; malloc. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mem_strdup(".");
	return slash == path ? mem_strdup("/") : mem_printf("%.*s", (int)(slash - path), path);
}

int fd_write(int fd, const void *bytes, size_t len, struct err *e)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t put = write(fd, at, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_sys(e, "cannot write");
		at += put;
		len -= (size_t)put;
	}
	return 0;
}

int fd_pread(int fd, void *buf, size_t len, uint64_t at, struct err *e)
{
	size_t have = 0;

	while (have < len) {
		ssize_t got = pread(fd, (char *)buf + have, len - have, (off_t)(at + have));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "cannot read");
		if (got == 0)
			return err_input(e, "E_TRUNCATED", "the file ends after %zu of %zu bytes", have, len);
		have += (size_t)got;
	}
	return 0;
}

int fs_sync_dir(const char *path, struct err *e)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "cannot open folder %s", path);
	/* Some file systems (overlays over a network share) cannot sync a folder; the rename stands all the same. */
	if (fsync(fd) && errno != EINVAL && errno != ENOTSUP)
		return err_sys(e, "cannot sync folder %s", path);
	return 0;
}

int outfile_open(struct outfile *f, const char *path, mode_t mode, struct err *e)
{
	AUTO_FREE char *folder = folder_of(path);
	char *temporary = fs_join(folder, ".sluice-XXXXXX");
	int fd = mkostemp(temporary, O_CLOEXEC);

	*f = (struct outfile){ .fd = -1 };
	if (fd < 0) {
		err_sys(e, "cannot create a file in %s", folder);
		free(temporary);
		return -1;
	}
	*f = (struct outfile){ fd, mem_strdup(path), temporary };
	if (fchmod(fd, mode)) {
		err_sys(e, "cannot set the mode of %s", path);
		outfile_done(f);
		return -1;
	}
	return 0;
}

int outfile_commit(struct outfile *f, struct err *e)
{
	AUTO_FREE char *folder = folder_of(f->path);
	int fd = f->fd;

	if (fsync(fd))
		return err_sys(e, "cannot write %s", f->path);
	f->fd = -1;
	if (close(fd))
		return err_sys(e, "cannot write %s", f->path);
	if (rename(f->temporary, f->path))
		return err_sys(e, "cannot move the finished file to %s", f->path);
	free(f->temporary);
	f->temporary = NULL;
	return fs_sync_dir(folder, e);
}

void outfile_done(struct outfile *f)
{
	if (f->path && f->fd >= 0)
		close(f->fd);
	if (f->temporary)
		unlink(f->temporary);
	free(f->temporary);
	free(f->path);
	*f = (struct outfile){ .fd = -1 };
}

int fs_write_file(const char *path, const void *bytes, size_t len, mode_t mode, struct err *e)
{
	AUTO(outfile) f = { .fd = -1 };

	if (outfile_open(&f, path, mode, e))
		return -1;
	if (fd_write(f.fd, bytes, len, e))
		return err_wrap(e, "%s", path);
	return outfile_commit(&f, e);
}

int fs_read_fd(int fd, size_t limit, char **ret_bytes, size_t *ret_len, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len = 0, room = 0;

	for (;;) {
		ssize_t got;

		if (len + 1 >= room) {
			room = room ? room * 2 : 16 << 10;
			bytes = mem_resize(bytes, room);
		}
		got = read(fd, bytes + len, room - len - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "cannot read");
		if (got == 0)
			break;
		len += (size_t)got;
		if (len > limit)
			return err_input(e, "E_LIMIT_SIZE", "larger than %zu bytes", limit);
	}
	bytes[len] = 0;
	*ret_bytes = bytes;
	bytes = NULL;
	if (ret_len)
		*ret_len = len;
	return 0;
}

int fs_open_file(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return err_sys(e, "cannot open it");
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return err_input(e, "E_SPECIAL_FILE", "not a file");
}

int fs_read_file(const char *path, size_t limit, char **ret_bytes, size_t *ret_len, struct err *e)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "cannot open %s", path);
	return fs_read_fd(fd, limit, ret_bytes, ret_len, e) ? err_wrap(e, "%s", path) : 0;
}

static int make_dir(const char *path, mode_t mode, struct err *e)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return err_sys(e, "cannot make folder %s", path);
}

/* From the path upwards, since most of it is there. */
int fs_mkdirs(const char *path, mode_t mode, struct err *e)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *folder = NULL;
	struct stat st;

	if ((stat(path, &st) == 0 && S_ISDIR(st.st_mode)) || mkdir(path, mode) == 0)
		return 0;
	if (errno == ENOENT && slash && slash > path) {
		folder = mem_printf("%.*s", (int)(slash - path), path);
		if (fs_mkdirs(folder, mode, e))
			return -1;
	}
	return make_dir(path, mode, e);
}

int fs_symlink_swap(const char *target, const char *link, struct err *e)
{
	AUTO_FREE char *folder = folder_of(link), *temporary = NULL;
	int made = -1;

	for (int tries = 0; made && tries < 100; tries++) {
		free(temporary);
		temporary = fs_join(folder, ".sluice-link-XXXXXX");
		/* mktemp is right here: symlink() fails on a name that exists, so nothing can be slipped under us */
		for (char *at = temporary + strlen(temporary) - 6; *at; at++)
			*at = (char)('a' + (unsigned)(arc4random() % 26));
		made = symlink(target, temporary);
		if (made && errno != EEXIST)
			break;
	}
	if (made)
		return err_sys(e, "cannot make a link in %s", folder);
	if (rename(temporary, link)) {
		err_sys(e, "cannot switch %s", link);
		unlink(temporary);
		return -1;
	}
	return fs_sync_dir(folder, e);
}

static int copy_by_hand(int from, uint64_t from_at, int to, uint64_t size, struct err *e)
{
	AUTO_FREE char *buf = mem_resize(NULL, BUF);

	while (size > 0) {
		size_t part = size < BUF ? (size_t)size : BUF;

		if (fd_pread(from, buf, part, from_at, e) || fd_write(to, buf, part, e))
			return -1;
		from_at += part;
		size -= part;
	}
	return 0;
}

void fs_begin_sync(int fd)
{
	if (fd >= 0)
		(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

int fs_copy_range(int from, uint64_t from_at, int to, uint64_t size, struct err *e)
{
	off_t at = (off_t)from_at;

	while (size > 0) {
		size_t part = size < MIB(8) ? (size_t)size : MIB(8);
		ssize_t got = copy_file_range(from, &at, to, NULL, part, 0);

		if (got < 0 && errno == EINTR)
			continue;
		/* 0 may be the end, or a file system that lies about its files (proc): reading tells which */
		if (got <= 0 && (got == 0 || (errno != ENOSPC && errno != EIO && errno != EDQUOT && errno != EFBIG)))
			return copy_by_hand(from, (uint64_t)at, to, size, e);
		if (got < 0)
			return err_sys(e, "cannot copy");
		size -= (uint64_t)got;
		/* the disk begins on each part while the next is copied */
		(void)sync_file_range(to, lseek(to, 0, SEEK_CUR) - got, got, SYNC_FILE_RANGE_WRITE);
	}
	return 0;
}

int fs_copy_file(const char *from, const char *to, mode_t mode, struct err *e)
{
	AUTO_FD int fd = open(from, O_RDONLY | O_CLOEXEC);
	AUTO(outfile) f = { .fd = -1 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return err_sys(e, "cannot open %s", from);
	if (!S_ISREG(st.st_mode))
		return err_env(e, "%s is not a regular file", from);
	if (outfile_open(&f, to, mode, e))
		return -1;
	if (fs_copy_range(fd, 0, f.fd, (uint64_t)st.st_size, e))
		return err_wrap(e, "copying %s to %s", from, to);
	return outfile_commit(&f, e);
}

int fs_link_or_copy(const char *from, const char *to, struct err *e)
{
	struct stat st;

	if (link(from, to) == 0)
		return 0;
	if (errno != EXDEV && errno != EMLINK && errno != EPERM && errno != ENOTSUP && errno != ENOSYS)
		return err_sys(e, "cannot link %s to %s", from, to);
	if (stat(from, &st))
		return err_sys(e, "cannot open %s", from);
	return fs_copy_file(from, to, st.st_mode & 07777, e);
}

/* Where large temporaries may lie: /tmp is often memory. */
static const char *temp_folder(const char *otherwise)
{
	const char *dir = getenv("TMPDIR");

	return dir && dir[0] == '/' ? dir : otherwise;
}

int fs_temp_file(struct err *e)
{
	const char *dir = temp_folder("/var/tmp");
	AUTO_FREE char *path = NULL;
	int fd = open(dir, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	path = fs_join(dir, "sluice-XXXXXX");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot make a temporary file in %s", dir);
	unlink(path);
	return fd;
}

/* The file may have been taken away, or its folder exchanged, while we waited: then it locks nobody out who comes now. */
static bool is_named(int fd, const char *path)
{
	struct stat ours, named;

	return fstat(fd, &ours) == 0 && stat(path, &named) == 0 && ours.st_dev == named.st_dev &&
		ours.st_ino == named.st_ino;
}

int fs_lock(const char *path, bool wait, struct err *e)
{
	int fd, rc;

	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return err_sys(e, "cannot open the lock %s", path);
		do
			rc = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
		while (rc && errno == EINTR);
		if (rc)
			break;
		if (is_named(fd, path))
			return fd;
		close(fd);
	}
	if (errno == EWOULDBLOCK)
		err_env(e, "%s is held by another process", path);
	else
		err_sys(e, "cannot lock %s", path);
	close(fd);
	return -1;
}
