/* iso_walk.c - one view of an image's tree: folders from the root down, each once, every record looked at. */
#include "base/text.h"
#include "formats/entry_mode.h"
#include "formats/iso_private.h"
#include "formats/path_set.h"
#include <stdio.h>
#include <string.h>

struct folder {
	const char *path; /* "" for the root */
	uint32_t block, size;
	unsigned depth;
};
struct walk {
	struct iso *iso;
	struct iso_tree *tree;
	LIST(struct folder) folders; /* to be read, in order */
	struct path_set seen;        /* blocks of folders, as text */
	LIST(struct extent) parts;   /* of a file in several records */
	uint64_t bytes;              /* of folders read so far */
};

static int no_memory(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "the image's names take too much memory");
}

static int add_folder(struct walk *w, const char *path, uint32_t block, uint32_t size, unsigned depth, struct err *e)
{
	char text[16];
	int len = snprintf(text, sizeof text, "%u", block);

	if (depth > w->iso->limits->depth)
		return err_input(e, "E_LIMIT_DEPTH", "folders deeper than %u", w->iso->limits->depth);
	if (!path_set_add(&w->seen, text, (size_t)len))
		return err_input(e, "E_LOOP", "the folder '%s' is one that came before", path);
	*LIST_ADD(&w->folders) = (struct folder){ path, block, size, depth };
	return 0;
}

/* "NAME.TXT;1" to "name.txt", as Linux shows it. */
static char *plain_name(struct slice name)
{
	const char *version = memchr(name.at, ';', name.len);
	size_t len = version ? (size_t)(version - name.at) : name.len;
	char *text;

	if (len > 1 && name.at[len - 1] == '.')
		len--;
	text = mem_printf("%.*s", (int)len, name.at);
	for (char *c = text; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 'a' - 'A');
	return text;
}

static void put_utf8(struct text *t, uint32_t c)
{
	char bytes[4];
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = len; i-- > 1; c >>= 6)
		bytes[i] = (char)(0x80 | (c & 0x3f));
	bytes[0] = len == 1 ? (char)c : (char)((0xf00 >> len & 0xff) | c);
	text_bytes(t, bytes, len);
}

/* UTF-16, big end first. */
static int joliet_name(struct slice name, char **ret, struct err *e)
{
	const unsigned char *at = (const unsigned char *)name.at;
	AUTO(text) t = { 0 };

	if (name.len % 2)
		return err_input(e, "E_CORRUPT", "a Joliet name of %zu bytes", name.len);
	for (size_t i = 0; i < name.len; i += 2) {
		uint32_t c = (uint32_t)at[i] << 8 | at[i + 1];

		if (c == ';')
			break;
		if (c == 0)
			return err_input(e, "E_NAME_NUL", "a Joliet name holds a NUL: %s", t.at ? t.at : "");
		if (c >= 0xd800 && c < 0xdc00 && i + 3 < name.len && (at[i + 2] & 0xfc) == 0xdc) {
			c = 0x10000 + ((c & 0x3ff) << 10 | ((uint32_t)at[i + 2] << 8 & 0x300) | at[i + 3]);
			i += 2;
		} else if (c >= 0xd800 && c < 0xe000) {
			return err_input(e, "E_NAME_ENCODING", "a Joliet name holds half a character");
		}
		put_utf8(&t, c);
	}
	*ret = text_take(&t);
	return 0;
}

static int name_of(const struct walk *w, const struct iso_record *r, struct iso_rock *rock, char **ret, struct err *e)
{
	if (w->tree->view == ISO_JOLIET)
		return joliet_name(r->name, ret, e);
	if (w->tree->view == ISO_ROCK) {
		if (iso_rock_parse(w->iso, r, rock, e))
			return -1;
		if (rock->has_name)
			return *ret = mem_strdup(rock->name), 0;
	}
	if (memchr(r->name.at, 0, r->name.len))
		return err_input(e, "E_NAME_NUL", "a name holds a NUL byte: %.*s", (int)r->name.len, r->name.at);
	*ret = plain_name(r->name);
	return 0;
}

static int type_of(const struct iso_record *r, const struct iso_rock *rock, enum entry_type *ret, struct err *e)
{
	bool is_dir = r->flags & ISO_DIR || rock->child;

	*ret = is_dir ? ENTRY_DIR : ENTRY_FILE;
	if (!rock->has_mode || rock->child)
		return 0;
	if (!entry_type_archived(rock->mode, ret))
		return err_input(e, "E_CORRUPT", "Rock Ridge: mode %o is of no type", rock->mode);
	return is_dir == (*ret == ENTRY_DIR)
		? 0
		: err_input(e, "E_MISMATCH", "the record and Rock Ridge differ on what is a folder");
}

static int data_of(struct walk *w, const struct iso_record *r, struct iso_node *n, struct err *e)
{
	uint64_t at = (uint64_t)r->block * ISO_SECTOR;

	if (r->size == 0 && w->parts.len == 0)
		return 0;
	if (at > w->iso->size || r->size > w->iso->size - at)
		return err_input(e, "E_TRUNCATED", "%s: its %u bytes at block %u lie outside the image", n->path,
			r->size, r->block);
	*LIST_ADD(&w->parts) = (struct extent){ at, r->size };
	n->extents = arena_alloc(&w->iso->arena, w->parts.len * sizeof *n->extents);
	if (n->extents == NULL)
		return no_memory(e);
	memcpy(n->extents, w->parts.at, w->parts.len * sizeof *n->extents);
	n->extents_len = w->parts.len;
	for (size_t i = 0; i < n->extents_len; i++)
		n->stored += n->extents[i].len;
	return 0;
}

static void describe(const struct iso_record *r, const struct iso_rock *rock, struct iso_node *n)
{
	n->mode = rock->has_mode ? rock->mode & 07777 : n->type == ENTRY_DIR ? 0755 : 0644;
	n->uid = rock->has_mode ? (int64_t)rock->uid : -1;
	n->gid = rock->has_mode ? (int64_t)rock->gid : -1;
	n->links = rock->links;
	n->serial = rock->serial;
	n->mtime = rock->has_time ? rock->mtime : r->mtime;
	n->dev_major = rock->dev_major;
	n->dev_minor = rock->dev_minor;
}

/* Rock Ridge moves what lies too deep elsewhere: a file stands for the folder, whose own record tells its size. */
static int child_size(const struct walk *w, uint32_t block, uint32_t *ret, struct err *e)
{
	unsigned char first[ISO_RECORD];
	struct iso_record r;

	if (iso_read_at(w->iso, first, sizeof first, (uint64_t)block * ISO_SECTOR, e))
		return -1;
	first[0] = ISO_RECORD; /* what follows in it is not needed */
	if (iso_record_parse(first, sizeof first, &r, e))
		return -1;
	*ret = r.size;
	return 0;
}

static int check_odd(
	const struct iso_record *r, const struct iso_rock *rock, struct iso *iso, const char *path, struct err *e)
{
	if (r->flags & ISO_ASSOCIATED)
		return err_input(e, "E_UNSUPPORTED", "%s: an associated file", path);
	if (rock->is_sparse)
		return err_input(e, "E_UNSUPPORTED", "%s: a sparse file", path);
	if (rock->has_more)
		pkg_lose(iso->pkg, "*", LOSS_NOTE, "ACLs and attributes in AAIP fields are not read", "xattr:%.200s",
			path);
	return 0;
}

static int take_zisofs(const struct iso_rock *rock, struct iso_node *n, struct err *e)
{
	bool is_first = memcmp(rock->zisofs_kind, "pz", 2) == 0, is_second = memcmp(rock->zisofs_kind, "PZ", 2) == 0;

	if (n->type != ENTRY_FILE)
		return err_input(e, "E_CORRUPT", "%s: is no file and yet compressed (zisofs)", n->path);
	if (is_second) {
		err_input(e, "E_UNSUPPORTED", "%s is compressed in the image by zisofs version 2", n->path);
		return err_hint(e, "mount the image and give the directory");
	}
	if (!is_first)
		return err_input(e, "E_UNSUPPORTED", "%s is compressed in the image by an unknown method", n->path);
	if (rock->zisofs_header != 4 || rock->zisofs_block < 15 || rock->zisofs_block > 17)
		return err_input(e, "E_CORRUPT", "%s: blocks of 2^%u bytes, a header of %u (zisofs)", n->path,
			rock->zisofs_block, 4u * rock->zisofs_header);
	n->zisofs_block = rock->zisofs_block;
	n->size = rock->zisofs_size;
	return 0;
}

static int add_node(struct walk *w, const struct folder *in, const struct iso_record *r, const struct iso_rock *rock,
	const char *name, struct err *e)
{
	struct arena *a = &w->iso->arena;
	struct iso_node n = { .path = *in->path ? arena_printf(a, "%s/%s", in->path, name) : arena_str(a, name),
		.target = "" };
	uint32_t size = r->size;

	if (n.path == NULL || (rock->target && (n.target = arena_str(a, rock->target)) == NULL))
		return no_memory(e);
	if (w->tree->nodes.len >= w->iso->limits->entries)
		return err_input(
			e, "E_LIMIT_ENTRIES", "more than %llu entries", (unsigned long long)w->iso->limits->entries);
	if (type_of(r, rock, &n.type, e) || check_odd(r, rock, w->iso, n.path, e))
		return err_wrap(e, "%s", n.path);
	describe(r, rock, &n);
	if (n.type == ENTRY_FILE && data_of(w, r, &n, e))
		return -1;
	n.size = n.stored;
	if (rock->has_zisofs && take_zisofs(rock, &n, e))
		return -1;
	*LIST_ADD(&w->tree->nodes) = n;
	if (n.type != ENTRY_DIR)
		return 0;
	if (rock->child && child_size(w, rock->child, &size, e))
		return err_wrap(e, "%s", n.path);
	return add_folder(w, n.path, rock->child ? rock->child : r->block, size, in->depth + 1, e);
}

static int take_record(struct walk *w, const struct folder *in, const struct iso_record *r, struct err *e)
{
	struct iso_rock rock = { 0 };
	AUTO_FREE char *name = NULL;
	int done;

	if (r->name.len == 1 && (r->name.at[0] == 0 || r->name.at[0] == 1))
		return 0; /* the folder itself, and the one above */
	if (r->flags & ISO_MORE && !(r->flags & ISO_DIR)) {
		if (w->parts.len > 4096 || (uint64_t)r->block * ISO_SECTOR + r->size > w->iso->size)
			return err_input(e, "E_CORRUPT", "a part of a file lies outside the image");
		*LIST_ADD(&w->parts) = (struct extent){ (uint64_t)r->block * ISO_SECTOR, r->size };
		return 0;
	}
	done = name_of(w, r, &rock, &name, e);
	if (done == 0 && !rock.is_moved)
		done = add_node(w, in, r, &rock, name, e);
	w->parts.len = 0;
	iso_rock_done(&rock);
	return done;
}

/* Records do not cross a sector; a zero where one should begin: the rest of the sector is empty. */
static int read_folder(struct walk *w, const struct folder in, struct err *e)
{
	unsigned char sector[ISO_SECTOR];

	w->bytes += in.size;
	if (w->bytes > w->iso->limits->metadata)
		return err_input(e, "E_LIMIT_METADATA", "folders of more than %llu bytes",
			(unsigned long long)w->iso->limits->metadata);
	for (uint32_t done = 0; done < in.size; done += ISO_SECTOR) {
		if (iso_read_at(w->iso, sector, sizeof sector, (uint64_t)in.block * ISO_SECTOR + done, e))
			return err_wrap(e, "the folder '%s'", in.path);
		for (size_t at = 0; at < sizeof sector && sector[at]; at += sector[at]) {
			struct iso_record r;

			if (iso_record_parse(sector + at, sizeof sector - at, &r, e) || take_record(w, &in, &r, e))
				return err_wrap(e, "the folder '%s'", in.path);
		}
	}
	return 0;
}

int iso_walk(struct iso *iso, enum iso_view view, struct iso_tree *ret, struct err *e)
{
	struct walk w = { .iso = iso, .tree = ret };
	bool is_joliet = view == ISO_JOLIET;
	int done;

	ret->view = view;
	done = add_folder(
		&w, "", is_joliet ? iso->joliet_root : iso->root, is_joliet ? iso->joliet_size : iso->root_size, 0, e);
	for (size_t i = 0; done == 0 && i < w.folders.len; i++)
		done = read_folder(&w, w.folders.at[i], e);
	LIST_DONE(&w.folders);
	LIST_DONE(&w.parts);
	path_set_done(&w.seen);
	return done;
}
