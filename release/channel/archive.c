/* archive.c - writing and reading the one file that carries a snapshot. */
#include "release/channel/archive.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/stream.h"
#include "base/text.h"
#include "formats/tar_out.h"
#include "release/store/blob.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, PREFIX = sizeof "sha256/" - 1, HEAD_MAX = 256 << 20 };

const char *const archive_heads[ARCHIVE_HEADS] = { "release.json", "release.json.asc", "keys/release.asc",
	"keys/package.asc" };

/* The names of its first members. */
static const char *head_name(bool is_backup, size_t i)
{
	return is_backup ? ARCHIVE_BACKUP : archive_heads[i];
}

static size_t heads_of(bool is_backup)
{
	return is_backup ? 1 : ARCHIVE_HEADS;
}

static struct tar_item item_of(const char *name, uint64_t size)
{
	return (struct tar_item){
		.path = name, .target = "", .type = '0', .mode = 0644, .size = size, .owner = "root", .group = "root"
	};
}

/* ---- reading */

/* A member has one form only: its header is what we would have written for that name and size. */
static int is_ours(const char block[TAR_BLOCK], const char *name, uint64_t size, struct err *e)
{
	struct tar_item item = item_of(name, size);
	AUTO_FREE char *wanted = NULL;
	size_t len = 0;
	struct out *out = out_mem(TAR_BLOCK, &wanted, &len);
	int made = tar_out_item(out, &item, e), closed = out_close(out, e);

	if (made || closed)
		return -1;
	if (len != TAR_BLOCK || memcmp(wanted, block, TAR_BLOCK) != 0)
		return err_input(e, "E_STRUCTURE", "member '%s' is not of the form that 'sluice export' writes", name);
	return 0;
}

/* Octal, or base 256 where that does not hold it. */
static int size_of(const char block[TAR_BLOCK], uint64_t *ret, struct err *e)
{
	const unsigned char *field = (const unsigned char *)block + 124;
	uint64_t size = 0;

	if (field[0] == 0x80) {
		for (int i = 4; i < 12; i++)
			size = size << 8 | field[i];
	} else
		for (int i = 0; i < 11; i++) {
			if (field[i] < '0' || field[i] > '7')
				return err_input(e, "E_STRUCTURE", "a member's size cannot be read");
			size = size << 3 | (uint64_t)(field[i] - '0');
		}
	if (size > (uint64_t)1 << 50)
		return err_input(e, "E_LIMIT_SIZE", "a member says that it has %llu bytes", (unsigned long long)size);
	*ret = size;
	return 0;
}

static int add_member(struct archive *a, const char *name, uint64_t at, uint64_t size, struct err *e)
{
	struct archive_member m = { .at = at, .size = size };
	size_t len = a->members.len;

	if (!text_starts(name, "sha256/") || !digest_is_hex(name + PREFIX) || hex_parse(name + PREFIX, 64, m.digest))
		return err_input(e, "E_STRUCTURE", "it holds '%s', which has no place in it", name);
	if (len && memcmp(a->members.at[len - 1].digest, m.digest, sizeof m.digest) >= 0)
		return err_input(e, "E_STRUCTURE", "'%s' is out of order, or there twice", name);
	if (len >= ARCHIVE_MEMBERS_MAX)
		return err_input(e, "E_LIMIT_ENTRIES", "more than %d members", ARCHIVE_MEMBERS_MAX);
	*LIST_ADD(&a->members) = m;
	return 0;
}

static int read_member(
	struct archive *a, size_t number, const char block[TAR_BLOCK], uint64_t at, uint64_t *ret_size, struct err *e)
{
	char raw[101] = "";
	AUTO_FREE char *name = NULL;

	memcpy(raw, block, 100);
	name = text_printable(raw, strlen(raw), false);
	if (number == 0)
		a->is_backup = strcmp(raw, ARCHIVE_BACKUP) == 0;
	if (number < heads_of(a->is_backup) && strcmp(raw, head_name(a->is_backup, number)) != 0)
		return err_input(e, number ? "E_STRUCTURE" : "E_UNKNOWN_FORMAT", "it begins with '%s', not with '%s'",
			name, head_name(a->is_backup, number));
	if (size_of(block, ret_size, e) || is_ours(block, raw, *ret_size, e))
		return -1;
	if (number >= heads_of(a->is_backup))
		return add_member(a, raw, at, *ret_size, e);
	if (*ret_size > HEAD_MAX)
		return err_input(e, "E_LIMIT_SIZE", "'%s' has %llu bytes", name, (unsigned long long)*ret_size);
	a->heads[number].at = at;
	a->heads[number].size = *ret_size;
	return 0;
}

/* Two empty blocks, and then nothing. */
static int read_end(const struct archive *a, uint64_t at, uint64_t whole, struct err *e)
{
	char block[2 * TAR_BLOCK];

	if (fd_pread(a->fd, block, sizeof block, at, e))
		return -1;
	for (size_t i = 0; i < sizeof block; i++)
		if (block[i])
			return err_input(e, "E_STRUCTURE", "its end is not of its form");
	return at + sizeof block == whole ? 0 : err_input(e, "E_TRAILING_DATA", "something stands behind its end");
}

static int read_all(struct archive *a, uint64_t whole, struct err *e)
{
	uint64_t at = 0, size = 0;

	for (size_t number = 0;; number++) {
		char block[TAR_BLOCK];

		if (fd_pread(a->fd, block, sizeof block, at, e))
			return -1;
		if (!block[0] && number > 0 && number >= heads_of(a->is_backup))
			return read_end(a, at, whole, e);
		if (read_member(a, number, block, at + TAR_BLOCK, &size, e))
			return -1;
		at += TAR_BLOCK + size + (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
		if (at > whole)
			return err_input(e, "E_TRUNCATED", "it ends in the middle of a member");
	}
}

int archive_open(struct archive *a, const char *path, struct err *e)
{
	struct stat st;

	*a = (struct archive){ .fd = fs_open_file(path, e) };
	if (a->fd < 0)
		return -1;
	if (fstat(a->fd, &st) ? err_sys(e, "%s", path) : read_all(a, (uint64_t)st.st_size, e)) {
		archive_done(a);
		return err_wrap(e, "%s", path);
	}
	return 0;
}

void archive_done(struct archive *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	LIST_DONE(&a->members);
}

static int by_digest(const void *a, const void *b)
{
	return memcmp(((const struct archive_member *)a)->digest, ((const struct archive_member *)b)->digest, 32);
}

bool archive_find(const struct archive *a, const char *name, const char *sha256, uint64_t *ret_at, uint64_t *ret_size)
{
	struct archive_member wanted = { .at = 0 };
	const struct archive_member *found;

	for (size_t i = 0; !sha256 && i < heads_of(a->is_backup); i++)
		if (strcmp(head_name(a->is_backup, i), name) == 0) {
			*ret_at = a->heads[i].at;
			*ret_size = a->heads[i].size;
			return true;
		}
	if (!sha256 || !digest_is_hex(sha256) || hex_parse(sha256, 64, wanted.digest) || !a->members.len)
		return false;
	found = bsearch(&wanted, a->members.at, a->members.len, sizeof wanted, by_digest);
	if (!found)
		return false;
	*ret_at = found->at;
	*ret_size = found->size;
	return true;
}

/* ---- writing */
void cargo_done(struct cargo *c)
{
	for (size_t i = 0; i < ARCHIVE_HEADS; i++)
		free(c->heads[i].path);
	for (size_t i = 0; i < c->files.len; i++)
		free(c->files.at[i].path);
	LIST_DONE(&c->files);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct carried *)a)->sha256, ((const struct carried *)b)->sha256);
}

static int copy_fd(struct out *out, int fd, uint64_t size, struct digest *d, struct err *e)
{
	AUTO_FREE char *chunk = mem_alloc(CHUNK);

	for (uint64_t at = 0; at < size;) {
		size_t now = size - at < CHUNK ? (size_t)(size - at) : CHUNK;

		if (fd_pread(fd, chunk, now, at, e) || out_write(out, chunk, now, e))
			return -1;
		digest_add(d, chunk, now);
		at += now;
	}
	return 0;
}

static int write_body(struct out *out, const struct carried *f, int fd, uint64_t size, struct digest *d, struct err *e)
{
	if (fd >= 0)
		return copy_fd(out, fd, size, d, e);
	digest_add(d, f->bytes, f->len);
	return out_write(out, f->bytes, f->len, e);
}

static int write_one(struct out *out, const char *name, const struct carried *f, struct err *e)
{
	AUTO_FD int fd = f->path ? fs_open_file(f->path, e) : -1;
	char found[DIGEST_HEX];
	struct tar_item item;
	struct digest d;
	struct stat st;
	int status;

	if (f->path && (fd < 0 || fstat(fd, &st)))
		return fd < 0 ? -1 : err_sys(e, "%s", f->path);
	item = item_of(name, fd >= 0 ? (uint64_t)st.st_size : f->len);
	digest_init(&d, DIGEST_SHA256);
	status = tar_out_item(out, &item, e) || write_body(out, f, fd, item.size, &d, e) ||
			tar_out_pad(out, item.size, e)
		? -1
		: 0;
	digest_end_hex(&d, found);
	digest_done(&d);
	if (status == 0 && *f->sha256 && strcmp(found, f->sha256) != 0)
		return err_verdict(
			e, "E_DIGEST", "%s: its sha256 is %s, not %s", f->path ? f->path : name, found, f->sha256);
	return status;
}

static int write_all(struct out *out, struct cargo *c, size_t *ret_files, struct err *e)
{
	const char *before = "";

	*ret_files = heads_of(c->is_backup);
	for (size_t i = 0; i < heads_of(c->is_backup); i++)
		if (write_one(out, head_name(c->is_backup, i), &c->heads[i], e))
			return -1;
	if (c->files.len)
		qsort(c->files.at, c->files.len, sizeof *c->files.at, by_name);
	for (size_t i = 0; i < c->files.len; before = c->files.at[i++].sha256) {
		AUTO_FREE char *name = mem_printf("sha256/%s", c->files.at[i].sha256);

		if (strcmp(before, c->files.at[i].sha256) == 0)
			continue;
		if (write_one(out, name, &c->files.at[i], e))
			return -1;
		++*ret_files;
	}
	return tar_out_end(out, e);
}

int archive_write(struct cargo *c, const char *path, json_t **ret, struct err *e)
{
	struct outfile file = { .fd = -1 };
	char sha256[SHA256_HEX];
	struct out *out;
	struct err second = { 0 };
	uint64_t size = 0;
	size_t files = 0;
	int status, closed;

	if (outfile_open(&file, path, c->is_backup ? 0600 : 0644, e))
		return -1;
	out = out_fd(file.fd);
	status = write_all(out, c, &files, e);
	closed = out_close(out, status ? &second : e); /* the first error is told */
	if (status || closed || sha256_fd(file.fd, sha256, &size, e) || outfile_commit(&file, e)) {
		outfile_done(&file);
		return err_wrap(e, "%s", path);
	}
	outfile_done(&file);
	*ret = json_pack("{s:I, s:I, s:s}", "files", (json_int_t)files, "bytes", (json_int_t)size, "sha256", sha256);
	return 0;
}
