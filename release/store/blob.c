/* blob.c - blobs in a folder: BLOBS/ab/cdef...; written under a temporary name, fsync, rename. Two writers of one blob agree by nature. */
#include "release/store/blob.h"
#include "base/fs.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

static int dir_put(struct blobs *b, const void *bytes, size_t len, char ret_digest[SHA256_HEX], struct err *e)
{
	AUTO_FREE char *path = NULL;
	char digest[SHA256_HEX];

	sha256_hex(bytes, len, digest);
	path = dir_path(b, digest);
	if (!dir_has(b, digest) && (parent_made(b, digest, e) || fs_write_file(path, bytes, len, 0444, e)))
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

	if (sha256_fd(fd, digest, &size, e))
		return -1;
	if (!dir_has(b, digest)) {
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

static int dir_list(struct blobs *b, int (*each)(void *, const char *, struct err *), void *context, struct err *e)
{
	for (int i = 0; i < 256; i++) {
		AUTO_FREE char *path = mem_printf("%s/%02x", ((struct dir *)b)->path, i);
		DIR *dir = opendir(path);
		int result = 0;

		for (struct dirent *d; dir && result == 0 && (d = readdir(dir));) {
			char digest[SHA256_HEX];

			snprintf(digest, sizeof digest, "%02x%.62s", i, d->d_name);
			if (strlen(d->d_name) == 62 && digest_is_hex(digest))
				result = each(context, digest, e);
		}
		if (dir)
			closedir(dir);
		if (result)
			return result;
	}
	return 0;
}

static void dir_close(struct blobs *b)
{
	free(((struct dir *)b)->path);
	free(b);
}

static const struct blobs_ops dir_ops = { dir_put_fd, dir_put, dir_open, dir_has, dir_list, dir_path, dir_close };

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
