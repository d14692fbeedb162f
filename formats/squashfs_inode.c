/* squashfs_inode.c - squashfs inodes, directory listings and extended attributes, read from decompressed metadata and checked. */
#include "formats/posix_attrs.h"
#include "formats/squashfs_private.h"
#include <string.h>

enum { COMMON = 16, TYPES = 7, IDS_A_BLOCK = 2048, XATTRS_A_BLOCK = 512, XATTRS_MOST = 1024, XATTR_ELSEWHERE = 0x100 };

/* An id is an index into a table whose blocks' places stand at id_table. */
static int id_at(struct squashfs *q, uint16_t index, uint32_t *ret, struct err *e)
{
	unsigned char place[8], id[4];

	if (index >= q->ids)
		return err_input(e, "E_CORRUPT", "owner %u of %u", index, q->ids);
	if (squash_raw(q, place, 8, q->id_table + 8 * (uint64_t)(index / IDS_A_BLOCK), e) ||
		squash_seek(q->id_meta, squash_u64(place), 4 * (size_t)(index % IDS_A_BLOCK), "the id table", e) ||
		squash_meta(q->id_meta, id, 4, "the id table", e))
		return -1;
	*ret = squash_u32(id);
	return 0;
}

/* Where the fields of each type stand, behind the common ones. */
static void take_dir(struct squash_inode *i, const unsigned char *at, bool is_long)
{
	if (is_long) {
		i->links = squash_u32(at);
		i->size = squash_u32(at + 4);
		i->dir_block = squash_u32(at + 8);
		i->dir_at = squash_u16(at + 18);
		i->xattr = squash_u32(at + 20);
	} else {
		i->dir_block = squash_u32(at);
		i->links = squash_u32(at + 4);
		i->size = squash_u16(at + 8);
		i->dir_at = squash_u16(at + 10);
	}
}

static void take_file(struct squash_inode *i, const unsigned char *at, bool is_long)
{
	if (is_long) {
		i->blocks_at = squash_u64(at);
		i->size = squash_u64(at + 8);
		i->sparse = squash_u64(at + 16);
		i->links = squash_u32(at + 24);
		i->fragment = squash_u32(at + 28);
		i->fragment_at = squash_u32(at + 32);
		i->xattr = squash_u32(at + 36);
	} else {
		i->blocks_at = squash_u32(at);
		i->fragment = squash_u32(at + 4);
		i->fragment_at = squash_u32(at + 8);
		i->size = squash_u32(at + 12);
		i->links = 1;
	}
}

static void take_symlink(struct squash_inode *i, const unsigned char *at, bool is_long)
{
	(void)is_long; /* its xattr index stands behind the target */
	i->links = squash_u32(at);
	i->size = squash_u32(at + 4);
}

static void take_device(struct squash_inode *i, const unsigned char *at, bool is_long)
{
	i->links = squash_u32(at);
	i->device = squash_u32(at + 4);
	if (is_long)
		i->xattr = squash_u32(at + 8);
}

static void take_pipe(struct squash_inode *i, const unsigned char *at, bool is_long)
{
	i->links = squash_u32(at);
	if (is_long)
		i->xattr = squash_u32(at + 4);
}

static const struct {
	size_t len, long_len;
	void (*take)(struct squash_inode *i, const unsigned char *at, bool is_long);
} shapes[TYPES + 1] = {
	[SQUASH_DIR] = { 16, 24, take_dir },
	[SQUASH_FILE] = { 16, 40, take_file },
	[SQUASH_SYMLINK] = { 8, 8, take_symlink },
	[SQUASH_BLOCK] = { 8, 12, take_device },
	[SQUASH_CHAR] = { 8, 12, take_device },
	[SQUASH_FIFO] = { 4, 8, take_pipe },
	[SQUASH_SOCKET] = { 4, 8, take_pipe },
};

/* The xattr index of a long symlink stands behind its target. */
static int take_link_xattr(struct squashfs *q, struct squash_inode *i, struct err *e)
{
	unsigned char tail[4];
	char skipped[256];

	for (uint64_t left = i->size; left > 0;) {
		size_t len = left < sizeof skipped ? (size_t)left : sizeof skipped;

		if (squash_meta(q->inode_meta, skipped, len, "a symlink", e))
			return -1;
		left -= len;
	}
	if (squash_meta(q->inode_meta, tail, 4, "a symlink", e))
		return -1;
	i->xattr = squash_u32(tail);
	return 0;
}

static int check_size(const struct squashfs *q, const struct squash_inode *i, struct err *e)
{
	if (i->type == SQUASH_SYMLINK && i->size > q->limits->path)
		return err_input(e, "E_LIMIT_PATH", "a link's target of %llu bytes", (unsigned long long)i->size);
	if (i->type == SQUASH_FILE && i->size > q->limits->output)
		return err_input(e, "E_LIMIT_SIZE", "a file of %llu bytes", (unsigned long long)i->size);
	if (i->type == SQUASH_FILE && i->fragment != SQUASH_NONE32 && i->fragment >= q->fragments)
		return err_input(e, "E_CORRUPT", "fragment %u of %u", i->fragment, q->fragments);
	return 0;
}

int squash_inode(struct squashfs *q, uint64_t ref, struct squash_inode *ret, struct err *e)
{
	unsigned char common[COMMON], more[40];
	struct squash_inode i = { .xattr = SQUASH_NONE32, .fragment = SQUASH_NONE32 };
	sqfs_u64 block;
	unsigned type;
	bool is_long;

	if (ref >> 48)
		return err_input(e, "E_CORRUPT", "an inode outside the image");
	if (squash_seek(q->inode_meta, q->inode_table + (ref >> 16), ref & 0xffff, "an inode", e) ||
		squash_meta(q->inode_meta, common, COMMON, "an inode", e))
		return -1;
	type = squash_u16(common);
	is_long = type > TYPES;
	i.type = is_long ? type - TYPES : type;
	if (i.type == 0 || i.type > TYPES)
		return err_input(e, "E_CORRUPT", "an inode of type %u", type);
	i.mode = squash_u16(common + 2) & 07777;
	i.mtime = squash_u32(common + 8);
	i.number = squash_u32(common + 12);
	if (id_at(q, squash_u16(common + 4), &i.uid, e) || id_at(q, squash_u16(common + 6), &i.gid, e) ||
		squash_meta(q->inode_meta, more, is_long ? shapes[i.type].long_len : shapes[i.type].len, "an inode", e))
		return -1;
	shapes[i.type].take(&i, more, is_long);
	if (check_size(q, &i, e))
		return -1;
	sqfs_meta_reader_get_position(q->inode_meta, &block, &i.list_at);
	i.list_block = block;
	if (i.type == SQUASH_SYMLINK && is_long && take_link_xattr(q, &i, e))
		return -1;
	*ret = i;
	return 0;
}

int squash_target(struct squashfs *q, const struct squash_inode *i, char **ret, struct err *e)
{
	AUTO_FREE char *target = mem_alloc((size_t)i->size + 1); /* bounded by limits->path */

	if (squash_seek(q->inode_meta, i->list_block, i->list_at, "a symlink", e) ||
		squash_meta(q->inode_meta, target, (size_t)i->size, "a symlink", e))
		return -1;
	if (strlen(target) != i->size)
		return err_input(e, "E_NAME_NUL", "a link's target holds a NUL byte");
	*ret = target;
	target = NULL;
	return 0;
}

/* ---- directories */

static int check_name(const struct squash_names *names, const char *name, size_t len, struct err *e)
{
	int order = names->len ? strcmp(name, names->at[names->len - 1].name) : 1;

	if (strlen(name) != len)
		return err_input(e, "E_NAME_NUL", "%s: the name goes on behind a NUL byte", name);
	if (memchr(name, '/', len))
		return err_input(e, "E_PATH_ESCAPE", "a name that holds a slash: %s", name);
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_input(e, "E_PATH_ESCAPE", "an entry is named '%s'", name);
	if (order == 0)
		return err_input(e, "E_DUPLICATE_NAME", "%s comes twice in its directory", name);
	if (order < 0)
		return err_input(e, "E_STRUCTURE", "%s stands behind %s: the names are not in order", name,
			names->at[names->len - 1].name);
	return 0;
}

/* One name: an offset in the inodes' block, a difference of inode numbers, a type, a length. */
static int take_name(struct squashfs *q, uint32_t block, uint64_t *left, struct squash_names *ret, struct err *e)
{
	unsigned char head[8];
	char name[SQUASH_NAME_MOST + 1] = "";
	size_t len;

	if (*left < sizeof head)
		return err_input(e, "E_CORRUPT", "a directory ends in the middle of a name");
	if (squash_meta(q->dir_meta, head, sizeof head, "a directory", e))
		return -1;
	len = (size_t)squash_u16(head + 6) + 1;
	if (len > SQUASH_NAME_MOST)
		return err_input(e, "E_LIMIT_NAME", "a name of %zu bytes", len);
	if (*left - sizeof head < len)
		return err_input(e, "E_CORRUPT", "a directory ends in the middle of a name");
	if (squash_meta(q->dir_meta, name, len, "a directory", e) || check_name(ret, name, len, e))
		return -1;
	*left -= sizeof head + len;
	*LIST_ADD(ret) = (struct squash_name){
		.name = mem_strdup(name), .ref = (uint64_t)block << 16 | squash_u16(head), .type = squash_u16(head + 4)
	};
	return 0;
}

static int take_names(
	struct squashfs *q, const struct squash_inode *dir, uint64_t most, struct squash_names *ret, struct err *e)
{
	uint64_t left = dir->size;

	if (left <= 3) /* "." and "..", which do not stand there */
		return 0;
	left -= 3;
	if (squash_seek(q->dir_meta, q->dir_table + dir->dir_block, dir->dir_at, "a directory", e))
		return -1;
	while (left > 0) {
		unsigned char head[12];
		uint32_t count;

		if (left < sizeof head)
			return err_input(e, "E_CORRUPT", "a directory ends in the middle of a header");
		if (squash_meta(q->dir_meta, head, sizeof head, "a directory", e))
			return -1;
		left -= sizeof head;
		count = squash_u32(head);
		if (count >= 256)
			return err_input(e, "E_CORRUPT", "a directory header with %u names", count);
		for (uint32_t i = 0; i <= count; i++) {
			if (ret->len >= most)
				return err_input(e, "E_LIMIT_ENTRIES", "more than %llu entries",
					(unsigned long long)q->limits->entries);
			if (take_name(q, squash_u32(head + 4), &left, ret, e))
				return -1;
		}
	}
	return 0;
}

int squash_list(
	struct squashfs *q, const struct squash_inode *dir, uint64_t most, struct squash_names *ret, struct err *e)
{
	struct squash_names names = { 0 };

	if (take_names(q, dir, most, &names, e)) {
		squash_names_done(&names);
		return -1;
	}
	*ret = names;
	return 0;
}

void squash_names_done(struct squash_names *n)
{
	for (size_t i = 0; i < n->len; i++)
		free(n->at[i].name);
	LIST_DONE(n);
}

/* ---- extended attributes */

/* A place in keys and values: a block counted from where they begin, and an offset in it. */
static int xattr_seek(struct squashfs *q, uint64_t ref, struct err *e)
{
	return squash_seek(q->xattr_meta, q->xattr_keys + (ref >> 16), ref & 0xffff, "an extended attribute", e);
}

static int xattr_read(struct squashfs *q, void *to, size_t len, struct err *e)
{
	return squash_meta(q->xattr_meta, to, len, "an extended attribute", e);
}

static int xattr_bytes(
	struct squashfs *q, uint32_t len, uint64_t *total, struct arena *a, unsigned char **ret, struct err *e)
{
	unsigned char *at;

	*total += len;
	if (len > q->limits->xattr || *total > q->limits->xattr)
		return err_input(e, "E_LIMIT_XATTR", "extended attributes take more than %llu bytes",
			(unsigned long long)q->limits->xattr);
	at = arena_alloc(a, (size_t)len + 1);
	if (at == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "extended attributes take too much memory");
	if (xattr_read(q, at, len, e))
		return -1;
	*ret = at;
	return 0;
}

/* A value that stands elsewhere: shared by several sets. */
static int xattr_elsewhere(struct squashfs *q, uint64_t *total, struct arena *a, struct xattr *x, struct err *e)
{
	unsigned char ref[8], size[4], *value = NULL;
	sqfs_u64 block;
	size_t at;

	if (xattr_read(q, ref, 8, e))
		return -1;
	sqfs_meta_reader_get_position(q->xattr_meta, &block, &at);
	if (xattr_seek(q, squash_u64(ref), e) || xattr_read(q, size, 4, e) ||
		xattr_bytes(q, squash_u32(size), total, a, &value, e))
		return -1;
	x->value = value;
	x->len = squash_u32(size);
	return squash_seek(q->xattr_meta, block, at, "an extended attribute", e);
}

static int xattr_one(struct squashfs *q, uint64_t *total, struct arena *a, struct xattr *x, struct err *e)
{
	static const char *const prefixes[] = { "user.", "trusted.", "security." };
	unsigned char head[4], size[4], *name = NULL, *value = NULL;
	unsigned type;

	if (xattr_read(q, head, 4, e) || xattr_bytes(q, squash_u16(head + 2), total, a, &name, e) ||
		xattr_read(q, size, 4, e))
		return -1;
	type = squash_u16(head);
	if ((type & 0xff) >= COUNT(prefixes) || (type & 0xfe00))
		return err_input(e, "E_UNSUPPORTED", "an extended attribute of kind %u", type);
	x->name = arena_printf(a, "%s%s", prefixes[type & 0xff], (const char *)name);
	if (x->name == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "extended attributes take too much memory");
	if (strlen((const char *)name) != squash_u16(head + 2))
		return err_input(e, "E_NAME_NUL", "an extended attribute's name holds a NUL byte");
	if (type & XATTR_ELSEWHERE)
		return squash_u32(size) == 8 ? xattr_elsewhere(q, total, a, x, e)
					     : err_input(e, "E_CORRUPT", "an extended attribute that points nowhere");
	if (xattr_bytes(q, squash_u32(size), total, a, &value, e))
		return -1;
	x->value = value;
	x->len = squash_u32(size);
	return 0;
}

/* The set with that index: where its first attribute stands and how many there are. */
static int xattr_set(struct squashfs *q, uint32_t index, uint32_t *ret_count, struct err *e)
{
	unsigned char place[8], set[16];

	if (q->xattr_meta == NULL || index >= q->xattr_ids)
		return err_input(e, "E_CORRUPT", "attributes %u of %u", index, q->xattr_ids);
	if (squash_raw(q, place, 8, q->xattr_table + 16 + 8 * (uint64_t)(index / XATTRS_A_BLOCK), e) ||
		squash_seek(q->xattr_meta, squash_u64(place), 16 * (size_t)(index % XATTRS_A_BLOCK), "the xattr table",
			e) ||
		squash_meta(q->xattr_meta, set, 16, "the xattr table", e))
		return -1;
	*ret_count = squash_u32(set + 8);
	if (*ret_count > XATTRS_MOST)
		return err_input(e, "E_LIMIT_XATTR", "%u extended attributes", *ret_count);
	return xattr_seek(q, squash_u64(set), e);
}

int squash_xattrs(struct squashfs *q, const struct squash_inode *i, struct entry *en, struct arena *a, struct err *e)
{
	struct xattr *raw;
	uint64_t total = 0;
	uint32_t count;

	if (i->xattr == SQUASH_NONE32)
		return 0;
	if (xattr_set(q, i->xattr, &count, e))
		return -1;
	raw = arena_alloc(a, (count + 1) * sizeof *raw);
	if (raw == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "extended attributes take too much memory");
	for (uint32_t k = 0; k < count; k++)
		if (xattr_one(q, &total, a, &raw[k], e))
			return -1;
	return posix_attrs_take(a, en, raw, count, e);
}
