/* blob.c - blobs in a folder: BLOBS/ab/cdef...; written under a temporary name, fsync, rename. Two writers of one blob agree by nature. */
#include "release/store/blob.h"
#include "base/fs.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { YOUNG_S = 3600 };

struct dir {
	struct blobs blobs;
	char *path;
};

bool digest_is_hex(const char *text)
{
	return text && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static char *dir_path(struct blobs *b, const char *digest)
{
	return mem_printf("%s/%.2s/%s", ((struct dir *)b)->path, digest, digest + 2);
}

static int parent_made(struct blobs *b, const char *digest, struct err *e)
{
	AUTO_FREE char *parent = mem_printf("%s/%.2s", ((struct dir *)b)->path, digest);

	return fs_exists(parent) ? 0 : fs_mkdirs(parent, 0755, e);
}

static bool dir_has(struct blobs *b, const char *digest)
{
	AUTO_FREE char *path = digest_is_hex(digest) ? dir_path(b, digest) : NULL;

	return path && fs_exists(path);
}

/* BLOBS/.lock: shared by whoever puts, alone for whoever takes away. Each call opens it anew, so that threads and children do not share a lock. -1: failed. */
static int locked(struct blobs *b, int how, struct err *e)
{
	AUTO_FREE char *path = mem_printf("%s/.lock", ((struct dir *)b)->path);
	int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_sys(e, "%s", path);
	while (flock(fd, how))
		if (errno != EINTR) {
			close(fd);
			return err_sys(e, "%s", path);
		}
	return fd;
}

/* It is there, and young enough to stay until whoever puts it has recorded why. One that cannot be made young is written anew. */
static bool is_kept(struct blobs *b, const char *digest)
{
	AUTO_FREE char *path = dir_path(b, digest);
	struct stat st;

	if (stat(path, &st))
		return false;
	return st.st_mtime >= time(NULL) - YOUNG_S || utimensat(AT_FDCWD, path, NULL, 0) == 0;
}

static int dir_put(struct blobs *b, const void *bytes, size_t len, char ret_digest[SHA256_HEX], struct err *e)
{
	AUTO_FREE char *path = NULL;
	AUTO_FD int lock = locked(b, LOCK_SH, e);
	char digest[SHA256_HEX];

	if (lock < 0)
		return -1;
	sha256_hex(bytes, len, digest);
	path = dir_path(b, digest);
	if (!is_kept(b, digest) && (parent_made(b, digest, e) || fs_write_file(path, bytes, len, 0444, e)))
		return err_wrap(e, "blob %s", digest);
	memcpy(ret_digest, digest, sizeof digest);
	return 0;
}

static int dir_put_fd(struct blobs *b, int fd, char ret_digest[SHA256_HEX], uint64_t *ret_size, struct err *e)
{
	AUTO(outfile) file = { .fd = -1 };
	AUTO_FREE char *path = NULL;
	char digest[SHA256_HEX], copied[SHA256_HEX];
	uint64_t size, again;
	AUTO_FD int lock = -1;

	if (sha256_fd(fd, digest, &size, e) || (lock = locked(b, LOCK_SH, e)) < 0)
		return -1;
	if (!is_kept(b, digest)) {
		path = dir_path(b, digest);
		if (parent_made(b, digest, e) || outfile_open(&file, path, 0444, e) ||
			fs_copy_range(fd, 0, file.fd, size, e) || sha256_fd(file.fd, copied, &again, e))
			return err_wrap(e, "blob %s", digest);
		if (strcmp(digest, copied) != 0 || again != size)
			return err_env(e, "blob %s: the file changed while it was stored", digest);
		if (outfile_commit(&file, e))
			return err_wrap(e, "blob %s", digest);
	}
	memcpy(ret_digest, digest, sizeof digest);
	*ret_size = size;
	return 0;
}

static int copy_as(int fd, const char *digest, const char *path, struct err *e)
{
	AUTO(outfile) file = { .fd = -1 };
	char found[SHA256_HEX];
	struct stat st;
	uint64_t size;

	if (fstat(fd, &st))
		return err_sys(e, "cannot read it");
	if (outfile_open(&file, path, 0444, e) || fs_copy_range(fd, 0, file.fd, (uint64_t)st.st_size, e) ||
		sha256_fd(file.fd, found, &size, e))
		return -1;
	if (strcmp(found, digest) != 0)
		return err_verdict(e, "E_DIGEST", "its digest is %s", found);
	return outfile_commit(&file, e);
}

/* Another name of the file; a file system that gives none gets a copy. */
static int link_or_copy(int fd, const char *digest, const char *path, struct err *e)
{
	AUTO_FREE char *from = mem_printf("/proc/self/fd/%d", fd), *folder = mem_strdup(path);

	if (linkat(AT_FDCWD, from, AT_FDCWD, path, AT_SYMLINK_FOLLOW))
		return copy_as(fd, digest, path, e);
	*strrchr(folder, '/') = '\0';
	return fsync(fd) ? err_sys(e, "cannot write it") : fs_sync_dir(folder, e);
}

static int dir_put_as(struct blobs *b, int fd, const char *digest, struct err *e)
{
	AUTO_FREE char *path = dir_path(b, digest);
	AUTO_FD int lock = locked(b, LOCK_SH, e);

	if (lock < 0)
		return -1;
	if (is_kept(b, digest))
		return 0;
	return parent_made(b, digest, e) || link_or_copy(fd, digest, path, e) ? err_wrap(e, "blob %s", digest) : 0;
}

static int dir_open(struct blobs *b, const char *digest, struct err *e)
{
	AUTO_FREE char *path = NULL;
	int fd;

	if (!digest_is_hex(digest))
		return err_input(e, "E_DIGEST", "'%s' is no sha256", digest ? digest : "");
	path = dir_path(b, digest);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 ? fd : err_sys(e, "blob %s", digest);
}

/* A folder that is not there holds nothing; one that cannot be read is an error, because nobody could tell what is missing. */
static int each_name(
	const char *path, int (*each)(void *, int folder, const char *name, struct err *), void *context, struct err *e)
{
	DIR *dir = opendir(path);
	int result = 0;

	if (!dir)
		return errno == ENOENT ? 0 : err_sys(e, "%s", path);
	while (result == 0) {
		const struct dirent *d;

		errno = 0;
		d = readdir(dir);
		if (!d) {
			result = errno ? err_sys(e, "%s", path) : 0;
			break;
		}
		result = each(context, dirfd(dir), d->d_name, e);
	}
	closedir(dir);
	return result;
}

struct listing {
	int (*each)(void *context, const char *digest, struct err *e);
	void *context;
	int number;
};

static int list_name(void *context, int folder, const char *name, struct err *e)
{
	struct listing *l = context;
	char digest[SHA256_HEX];

	(void)folder;
	snprintf(digest, sizeof digest, "%02x%.62s", l->number, name);
	return strlen(name) == 62 && digest_is_hex(digest) ? l->each(l->context, digest, e) : 0;
}

static int dir_list(struct blobs *b, int (*each)(void *, const char *, struct err *), void *context, struct err *e)
{
	struct listing l = { each, context, 0 };
	int result = 0;

	for (; result == 0 && l.number < 256; l.number++) {
		AUTO_FREE char *path = mem_printf("%s/%02x", ((struct dir *)b)->path, l.number);

		result = each_name(path, list_name, &l, e);
	}
	return result;
}

static int dir_drop(struct blobs *b, const char *digest, int64_t before, uint64_t *ret_size, struct err *e)
{
	AUTO_FREE char *path = dir_path(b, digest);
	AUTO_FD int lock = locked(b, LOCK_EX, e);
	struct stat st;

	*ret_size = 0;
	if (lock < 0)
		return -1;
	if (lstat(path, &st))
		return errno == ENOENT ? 0 : err_sys(e, "blob %s", digest);
	if (st.st_mtime >= before)
		return 0;
	if (unlink(path))
		return err_sys(e, "blob %s", digest);
	*ret_size = (uint64_t)st.st_size + 1; /* an empty blob counts */
	return 0;
}

struct sweep {
	int64_t before;
	size_t len;
};

static int sweep_name(void *context, int folder, const char *name, struct err *e)
{
	struct sweep *s = context;
	struct stat st;

	if (!text_starts(name, ".sluice-") || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) ||
		st.st_mtime >= s->before)
		return 0;
	if (unlinkat(folder, name, 0))
		return err_sys(e, "%s", name);
	s->len++;
	return 0;
}

static int dir_sweep(struct blobs *b, int64_t before, size_t *ret_len, struct err *e)
{
	struct sweep s = { before, 0 };

	for (int i = 0; i < 256; i++) {
		AUTO_FREE char *path = mem_printf("%s/%02x", ((struct dir *)b)->path, i);

		if (each_name(path, sweep_name, &s, e))
			return -1;
	}
	*ret_len = s.len;
	return 0;
}

static void dir_close(struct blobs *b)
{
	free(((struct dir *)b)->path);
	free(b);
}

static const struct blobs_ops dir_ops = { dir_put_fd, dir_put_as, dir_put, dir_open, dir_has, dir_list, dir_path,
	dir_drop, dir_sweep, dir_close };

int blobs_open_dir(const char *path, struct blobs **ret, struct err *e)
{
	struct dir *dir;

	if (!fs_exists(path) && fs_mkdirs(path, 0755, e))
		return -1;
	dir = mem_alloc(sizeof *dir);
	dir->blobs.ops = &dir_ops;
	dir->path = mem_strdup(path);
	*ret = &dir->blobs;
	return 0;
}

void blobs_close(struct blobs *b)
{
	if (b)
		b->ops->close(b);
}

int blob_put(struct blobs *b, const void *bytes, size_t len, char ret_digest[SHA256_HEX], struct err *e)
{
	return b->ops->put(b, bytes, len, ret_digest, e);
}

int blob_put_file(struct blobs *b, const char *path, char ret_digest[SHA256_HEX], uint64_t *ret_size, struct err *e)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "%s", path);
	return b->ops->put_fd(b, fd, ret_digest, ret_size, e) ? err_wrap(e, "%s", path) : 0;
}

int blob_put_as(struct blobs *b, const char *path, const char *digest, struct err *e)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "%s", path);
	if (!digest_is_hex(digest))
		return err_input(e, "E_DIGEST", "'%s' is no sha256", digest);
	return b->ops->put_as(b, fd, digest, e) ? err_wrap(e, "%s", path) : 0;
}

int blob_open(struct blobs *b, const char *digest, struct err *e)
{
	return b->ops->open(b, digest, e);
}

int blob_get(struct blobs *b, const char *digest, size_t limit, char **ret, size_t *ret_len, struct err *e)
{
	AUTO_FD int fd = blob_open(b, digest, e);
	AUTO_FREE char *bytes = NULL;
	char found[SHA256_HEX];
	size_t len;

	if (fd < 0 || fs_read_fd(fd, limit, &bytes, &len, e))
		return fd < 0 ? -1 : err_wrap(e, "blob %s", digest);
	sha256_hex(bytes, len, found);
	if (strcmp(found, digest) != 0)
		return err_verdict(e, "E_DIGEST", "blob %s: its bytes have become %s", digest, found);
	*ret = bytes;
	*ret_len = len;
	bytes = NULL;
	return 0;
}

int blob_check(struct blobs *b, const char *digest, uint64_t *ret_size, struct err *e)
{
	AUTO_FD int fd = blob_open(b, digest, e);
	char found[SHA256_HEX];
	uint64_t size;

	if (fd < 0 || sha256_fd(fd, found, &size, e))
		return -1;
	if (strcmp(found, digest) != 0)
		return err_verdict(e, "E_DIGEST", "blob %s: its bytes have become %s", digest, found);
	if (ret_size)
		*ret_size = size;
	return 0;
}

bool blob_has(struct blobs *b, const char *digest)
{
	return b->ops->has(b, digest);
}

char *blob_path(struct blobs *b, const char *digest)
{
	return b->ops->path && digest_is_hex(digest) ? b->ops->path(b, digest) : NULL;
}

int blob_drop(struct blobs *b, const char *digest, int64_t before, uint64_t *ret_size, struct err *e)
{
	return digest_is_hex(digest) ? b->ops->drop(b, digest, before, ret_size, e)
				     : err_input(e, "E_DIGEST", "'%s' is no sha256", digest);
}

int blobs_sweep(struct blobs *b, int64_t before, size_t *ret_len, struct err *e)
{
	return b->ops->sweep(b, before, ret_len, e);
}

int blob_mend(struct blobs *b, const char *digest, const char *file, struct err *e)
{
	AUTO_FREE char *path = blob_path(b, digest);
	AUTO(outfile) copy = { .fd = -1 };
	AUTO_FD int from = fs_open_file(file, e);
	char found[SHA256_HEX];
	uint64_t size;

	if (from < 0 || sha256_fd(from, found, &size, e))
		return -1;
	if (!path || strcmp(found, digest) != 0)
		return err_verdict(e, "E_DIGEST", "%s: its sha256 is not %s", file, digest);
	if (parent_made(b, digest, e) || outfile_open(&copy, path, 0444, e) ||
		fs_copy_range(from, 0, copy.fd, size, e) || sha256_fd(copy.fd, found, &size, e))
		return err_wrap(e, "blob %s", digest);
	if (strcmp(found, digest) != 0)
		return err_env(e, "blob %s: %s changed while it was copied", digest, file);
	return outfile_commit(&copy, e) ? err_wrap(e, "blob %s", digest) : 0;
}
