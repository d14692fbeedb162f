/* faulty.h - for tests in which a disk is full, cannot be read, or the machine stops: the calls of the C library that write, make, take away or read files are
 * counted, and fail when told to, or are the last ones.
 *
 * Defined in the test program, they stand before the C library's own for everything that is linked into it, SQLite included. The count lies in shared memory, so that
 * it goes on in the processes that an operation forks; programs that it starts (gpg) keep their own calls. Only plain files count: no pipe, socket or device has a
 * full disk. What the C library calls inside itself (stdio) is not seen. Included by one file of a test program. */
#pragma once
#include "base/base.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum fault { FAULT_NONE, FAULT_FULL, FAULT_READ, FAULT_KILL, FAULT_LINK };
struct faults {
	enum fault kind;
	/* FAULT_FULL: no space from that call on. FAULT_READ: that one call fails. FAULT_KILL: the end of all processes before it. FAULT_LINK: no hard link from that one
	 * on, as on a file system that has none. */
	long at, count;
	pid_t group; /* FAULT_KILL: who is of another process group waits to be killed by whoever looks at the count */
};
static struct faults *faults;
static bool faults_on; /* in this process and in those that it forks */

static inline void faults_open(void)
{
	faults = mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (faults == MAP_FAILED)
		abort();
}

static inline void faults_set(enum fault kind, long at)
{
	*faults = (struct faults){ kind, at, 0 };
	faults_on = true;
}

static _Noreturn void faults_end(void)
{
	if (getpgrp() == faults->group)
		(void)kill(0, SIGKILL);
	for (;;)
		(void)pause();
}

/* True: this one fails, and errno says why. */
static bool faults_here(enum fault kind)
{
	long n;

	if (!faults_on || faults->kind != kind)
		return false;
	n = __atomic_fetch_add(&faults->count, 1, __ATOMIC_SEQ_CST);
	if (kind == FAULT_FULL || kind == FAULT_LINK ? n < faults->at : n != faults->at)
		return false;
	if (kind == FAULT_KILL)
		faults_end();
	errno = kind == FAULT_FULL ? ENOSPC : kind == FAULT_LINK ? EPERM : EIO;
	return true;
}

/* What changes the disk is a place to be killed at, too. */
static enum fault faults_as(enum fault kind)
{
	return kind == FAULT_FULL && faults_on && faults->kind == FAULT_KILL ? FAULT_KILL : kind;
}

static bool faults_plain(int fd, enum fault wanted)
{
	enum fault kind = faults_as(wanted);
	int before = errno;
	struct stat st;
	bool is_plain = faults_on && faults->kind == kind && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	errno = before;
	return is_plain && faults_here(kind);
}

/* A name that is there already needs no room. */
static bool faults_new(int dir, const char *path)
{
	int before = errno;
	enum fault kind = faults_as(FAULT_FULL);
	struct stat st;
	bool is_new = faults_on && faults->kind == kind && strncmp(path, "/dev/", 5) != 0 &&
		fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0;

	errno = before;
	return is_new && faults_here(kind);
}

static int faults_openat(int dir, const char *path, int flags, unsigned mode)
{
	if ((flags & O_CREAT) && (flags & O_TMPFILE) != O_TMPFILE && faults_new(dir, path))
		return -1;
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

static unsigned faults_mode(int flags, va_list ap)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(ap, unsigned) : 0;
}

/* Each stands for the name of the C library that is in quotes. */
#define FAULTY(result, alias, name, ...)                                                                               \
	result alias(__VA_ARGS__) __asm__(name);                                                                       \
	result alias(__VA_ARGS__)

#define FAULTY_OPEN(alias, name)                                                                                       \
	int alias(const char *path, int flags, ...) __asm__(name);                                                     \
	int alias(const char *path, int flags, ...)                                                                    \
	{                                                                                                              \
		va_list ap;                                                                                            \
		unsigned mode;                                                                                         \
                                                                                                                       \
		va_start(ap, flags);                                                                                   \
		mode = faults_mode(flags, ap);                                                                         \
		va_end(ap);                                                                                            \
		return faults_openat(AT_FDCWD, path, flags, mode);                                                     \
	}
FAULTY_OPEN(faulty_open, "open")
FAULTY_OPEN(faulty_open64, "open64")

#define FAULTY_OPENAT(alias, name)                                                                                     \
	int alias(int dir, const char *path, int flags, ...) __asm__(name);                                            \
	int alias(int dir, const char *path, int flags, ...)                                                           \
	{                                                                                                              \
		va_list ap;                                                                                            \
		unsigned mode;                                                                                         \
                                                                                                                       \
		va_start(ap, flags);                                                                                   \
		mode = faults_mode(flags, ap);                                                                         \
		va_end(ap);                                                                                            \
		return faults_openat(dir, path, flags, mode);                                                          \
	}
FAULTY_OPENAT(faulty_openat, "openat")
FAULTY_OPENAT(faulty_openat64, "openat64")

FAULTY(int, faulty_mkostemp, "mkostemp", char *path, int flags)
{
	int (*real)(char *, int) = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, "mkostemp");
	return faults_here(faults_as(FAULT_FULL)) ? -1 : real(path, flags);
}

FAULTY(int, faulty_mkostemp64, "mkostemp64", char *path, int flags)
{
	return faulty_mkostemp(path, flags);
}

FAULTY(ssize_t, faulty_write, "write", int fd, const void *bytes, size_t len)
{
	return faults_plain(fd, FAULT_FULL) ? -1 : syscall(SYS_write, fd, bytes, len);
}

FAULTY(ssize_t, faulty_writev, "writev", int fd, const struct iovec *parts, int len)
{
	return faults_plain(fd, FAULT_FULL) ? -1 : syscall(SYS_writev, fd, parts, len);
}

FAULTY(ssize_t, faulty_pwrite, "pwrite64", int fd, const void *bytes, size_t len, off_t at)
{
	return faults_plain(fd, FAULT_FULL) ? -1 : syscall(SYS_pwrite64, fd, bytes, len, at);
}

FAULTY(ssize_t, faulty_copy_file_range, "copy_file_range", int from, off_t *from_at, int to, off_t *to_at, size_t len,
	unsigned flags)
{
	if (faults_plain(to, FAULT_FULL) || faults_plain(from, FAULT_READ))
		return -1;
	return syscall(SYS_copy_file_range, from, from_at, to, to_at, len, flags);
}

FAULTY(int, faulty_ftruncate, "ftruncate64", int fd, off_t len)
{
	return len && faults_plain(fd, FAULT_FULL) ? -1 : (int)syscall(SYS_ftruncate, fd, len);
}

FAULTY(int, faulty_fsync, "fsync", int fd)
{
	return faults_plain(fd, FAULT_FULL) ? -1 : (int)syscall(SYS_fsync, fd);
}

FAULTY(int, faulty_fdatasync, "fdatasync", int fd)
{
	return faults_plain(fd, FAULT_FULL) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

FAULTY(int, faulty_mkdir, "mkdir", const char *path, mode_t mode)
{
	return faults_new(AT_FDCWD, path) ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

FAULTY(int, faulty_symlink, "symlink", const char *target, const char *path)
{
	return faults_new(AT_FDCWD, path) ? -1 : (int)syscall(SYS_symlinkat, target, AT_FDCWD, path);
}

FAULTY(int, faulty_linkat, "linkat", int dir, const char *from, int to_dir, const char *to, int flags)
{
	if (faults_here(FAULT_LINK) || faults_new(to_dir, to))
		return -1;
	return (int)syscall(SYS_linkat, dir, from, to_dir, to, flags);
}

FAULTY(int, faulty_link, "link", const char *from, const char *to)
{
	return faulty_linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

FAULTY(int, faulty_mkdirat, "mkdirat", int dir, const char *path, mode_t mode)
{
	return faults_new(dir, path) ? -1 : (int)syscall(SYS_mkdirat, dir, path, mode);
}

FAULTY(char *, faulty_mkdtemp, "mkdtemp", char *path)
{
	char *(*real)(char *) = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, "mkdtemp");
	return faults_here(faults_as(FAULT_FULL)) ? NULL : real(path);
}

/* Over a name that is there: no room is needed, and the disk is another one behind it. */
FAULTY(int, faulty_renameat2, "renameat2", int dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if (faults_new(to_dir, to))
		return -1;
	(void)faults_here(FAULT_KILL);
	return (int)syscall(SYS_renameat2, dir, from, to_dir, to, flags);
}

FAULTY(int, faulty_rename, "rename", const char *from, const char *to)
{
	return faulty_renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

FAULTY(int, faulty_unlinkat, "unlinkat", int dir, const char *path, int flags)
{
	(void)faults_here(FAULT_KILL);
	return (int)syscall(SYS_unlinkat, dir, path, flags);
}

FAULTY(int, faulty_unlink, "unlink", const char *path)
{
	return faulty_unlinkat(AT_FDCWD, path, 0);
}

FAULTY(int, faulty_rmdir, "rmdir", const char *path)
{
	return faulty_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

FAULTY(ssize_t, faulty_read, "read", int fd, void *bytes, size_t len)
{
	return faults_plain(fd, FAULT_READ) ? -1 : syscall(SYS_read, fd, bytes, len);
}

FAULTY(ssize_t, faulty_pread, "pread64", int fd, void *bytes, size_t len, off_t at)
{
	return faults_plain(fd, FAULT_READ) ? -1 : syscall(SYS_pread64, fd, bytes, len, at);
}

/* As a hardened build asks for them. */
FAULTY(ssize_t, faulty_read_chk, "__read_chk", int fd, void *bytes, size_t len, size_t room)
{
	return len > room ? (abort(), -1) : faulty_read(fd, bytes, len);
}

FAULTY(ssize_t, faulty_pread_chk, "__pread64_chk", int fd, void *bytes, size_t len, off_t at, size_t room)
{
	return len > room ? (abort(), -1) : faulty_pread(fd, bytes, len, at);
}

FAULTY(DIR *, faulty_opendir, "opendir", const char *path)
{
	DIR *(*real)(const char *) = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, "opendir");
	return faults_here(FAULT_READ) ? NULL : real(path);
}
