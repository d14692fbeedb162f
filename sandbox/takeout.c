/* takeout.c - paths of a live test root to members of a pax archive. */
#include "sandbox/takeout.h"
#include "base/stream.h"
#include "formats/entry_mode.h"
#include "formats/pax_out.h"
#include "formats/posix_attrs.h"
#include "formats/tar_out.h"
#include "sandbox/launch_private.h"
#include <string.h>
#include <sys/stat.h>

enum { XATTRS_MAX = 256, PATIENCE_MS = 120000 };

static int unread(struct sandbox *s, struct err *e)
{
	s->is_broken = true;
	return err_env(e, "sandbox: an answer that cannot be read");
}

static int take_xattrs(struct unpack *u, struct arena *a, struct entry *en, struct err *e)
{
	uint32_t count = unpack_u32(u);
	struct xattr raw[XATTRS_MAX];
	size_t len = 0;

	for (uint32_t i = 0; i < count && !u->bad; i++) {
		struct xattr x = { .name = unpack_str(u) };
		char *value = unpack_bytes(u, &x.len);

		x.value = (const unsigned char *)value;
		if (!u->bad && x.name && value && len < COUNT(raw) && strcmp(x.name, "security.selinux") != 0)
			raw[len++] = x;
	}
	return u->bad ? 0 : posix_attrs_take(a, en, raw, len, e);
}

/* The fields in the order of answer_entry (entry.c). */
static int take_entry(const struct frame *f, const char *path, struct arena *a, struct taken *ret, struct err *e)
{
	struct unpack u = { f->at, f->len, false, a };
	struct taken t = { .is_there = unpack_u8(&u) };
	size_t target_len = 0;
	mode_t mode;

	entry_init(&t.entry);
	t.entry.path = arena_str(a, path);
	if (!t.is_there) {
		*ret = t;
		return 0;
	}
	mode = unpack_u32(&u);
	t.entry.mode = mode & 07777;
	t.entry.uid = unpack_u32(&u);
	t.entry.gid = unpack_u32(&u);
	t.entry.size = unpack_u64(&u);
	t.entry.mtime = (int64_t)unpack_u64(&u);
	t.entry.mtime_ns = unpack_u32(&u);
	t.device = unpack_u64(&u);
	t.inode = unpack_u64(&u);
	t.links = unpack_u32(&u);
	t.entry.dev_major = unpack_u32(&u);
	t.entry.dev_minor = unpack_u32(&u);
	const char *target = unpack_bytes(&u, &target_len);
	t.entry.target = target ? target : "";
	t.is_socket = S_ISSOCK(mode);
	if (take_xattrs(&u, a, &t.entry, e))
		return -1;
	if (u.bad || !t.entry.path || (!entry_type_of_mode(mode, &t.entry.type) && !t.is_socket))
		return err_env(e, "sandbox: an answer that cannot be read");
	*ret = t;
	return 0;
}

static int ask_entry(struct sandbox *s, const char *path, bool with_content, struct frame *ret, struct err *e)
{
	struct pack p = { 0 };

	pack_str(&p, path);
	pack_u8(&p, with_content);
	return sandbox_ask(s, ASK_ENTRY, &p, e) || sandbox_hear_type(s, SAY_ENTRY, ret, e) ? -1 : 0;
}

int takeout_look(struct sandbox *s, const char *path, struct arena *a, struct taken *ret, struct err *e)
{
	struct frame f;

	return ask_entry(s, path, false, &f, e) || take_entry(&f, path, a, ret, e) ? -1 : 0;
}

static int changed(const char *path, struct err *e)
{
	return err_input(e, "E_MISMATCH", "%s changed while it was taken out", path);
}

int takeout_read(struct sandbox *s, const char *path, uint64_t size,
	int (*piece)(void *context, const void *bytes, size_t len, struct err *e), void *context, struct err *e)
{
	struct frame f;

	if (ask_entry(s, path, true, &f, e))
		return -1;
	if (f.len == 1)
		return changed(path, e);
	for (;;) {
		if (sandbox_hear(s, PATIENCE_MS, &f, e))
			return -1;
		if (f.type == SAY_END)
			return size || (f.len == 1 && f.at[0]) ? changed(path, e) : 0;
		if (f.type != SAY_PIECE)
			return unread(s, e);
		if (f.len > size || piece(context, f.at, f.len, e)) {
			s->is_broken = true; /* what is still on its way belongs to nobody */
			return f.len > size ? changed(path, e) : -1;
		}
		size -= f.len;
	}
}

/* ---- the archive */

static int by_inode(const void *a, const void *b)
{
	const struct taken *x = *(struct taken *const *)a, *y = *(struct taken *const *)b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return strcmp(x->entry.path, y->entry.path);
}

/* The first name of a file, by path, is the file; the others become links to it. */
static void find_links(struct taken *at, size_t len)
{
	AUTO_FREE struct taken **many = mem_alloc((len + 1) * sizeof *many);
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		if (at[i].entry.type == ENTRY_FILE && at[i].links > 1)
			many[count++] = &at[i];
	if (count)
		qsort(many, count, sizeof *many, by_inode);
	for (size_t i = 1, first = 0; i < count; i++)
		if (many[i]->device == many[first]->device && many[i]->inode == many[first]->inode) {
			many[i]->entry.type = ENTRY_HARDLINK;
			many[i]->entry.target = many[first]->entry.path;
		} else {
			first = i;
		}
}

static int write_piece(void *context, const void *bytes, size_t len, struct err *e)
{
	return out_write(context, bytes, len, e);
}

static int write_one(struct sandbox *s, const struct taken *t, struct out *out, struct err *e)
{
	static const char types[] = { '0', '5', '2', '1', '3', '4', '6' };
	const struct entry *en = &t->entry;
	AUTO_FREE char *name = mem_printf("%s%s", en->path + 1, en->type == ENTRY_DIR ? "/" : "");
	struct pax_member m = { .path = name,
		.target = en->type == ENTRY_HARDLINK ? en->target + 1 : en->target,
		.type = types[en->type],
		.mtime = en->mtime,
		.mtime_ns = en->mtime_ns,
		.size = en->type == ENTRY_FILE ? en->size : 0 };

	if (pax_out_member(out, &m, en, e))
		return -1;
	if (en->type != ENTRY_FILE)
		return 0;
	return takeout_read(s, en->path, en->size, write_piece, out, e) || tar_out_pad(out, en->size, e) ? -1 : 0;
}

int takeout_write(struct sandbox *s, struct taken *at, size_t len, int fd, struct err *e)
{
	struct out *out = out_fd(fd);
	struct err ignored;
	int rc = 0;

	find_links(at, len);
	for (size_t i = 0; rc == 0 && i < len; i++)
		rc = write_one(s, &at[i], out, e);
	if (rc == 0)
		rc = tar_out_end(out, e);
	return out_close(out, rc ? &ignored : e) || rc ? -1 : 0;
}
