/* pax_tree.c - entries to members: parents first, links last, holes where the format has them. */
#include "formats/pax_tree.h"
#include "formats/tar_out.h"
#include <string.h>

void pax_tree_init(struct pax_tree *t, struct out *out, int64_t mtime_max)
{
	*t = (struct pax_tree){ .out = out, .mtime_max = mtime_max };
	arena_init(&t->links_arena, MIB(512));
}

void pax_tree_done(struct pax_tree *t)
{
	path_set_done(&t->seen);
	LIST_DONE(&t->linked);
	arena_done(&t->links_arena);
	arena_done(&t->arena);
}

int64_t pax_tree_mtime(const struct pax_tree *t, const struct entry *en, uint32_t *ret_ns)
{
	bool is_late = t->mtime_max >= 0 && (en->mtime > t->mtime_max || (en->mtime == t->mtime_max && en->mtime_ns));

	*ret_ns = is_late || t->is_whole_seconds || (t->is_whole_early && en->mtime < 0) ? 0 : en->mtime_ns;
	return is_late ? t->mtime_max : en->mtime;
}

bool pax_tree_is_plain(const struct entry *en)
{
	return en->mode == 0755 && (!*en->owner || strcmp(en->owner, "root") == 0) &&
		(!*en->group || strcmp(en->group, "root") == 0) && en->uid <= 0 && en->gid <= 0 && !*en->acl &&
		!*en->acl_default && !*en->selinux && en->xattrs_len == 0;
}

static uint64_t stored_size(const struct pax_tree *t, const struct entry *en)
{
	uint64_t sum = 0;

	if (en->type != ENTRY_FILE)
		return 0;
	if (!en->extents || t->is_dense)
		return en->size;
	for (size_t i = 0; i < en->extents_len; i++)
		sum += en->extents[i].len;
	return sum;
}

/* type: what the member is, which for a further name of a file is not what the entry is. */
static int write_member(struct pax_tree *t, const struct entry *en, const char *path, enum entry_type type,
	const char *target, const char *sha1, struct err *e)
{
	static const char types[] = { '0', '5', '2', '1', '3', '4', '6' };
	AUTO_FREE char *name = mem_printf("%s%s", path + 1, type == ENTRY_DIR ? "/" : "");
	struct pax_member m = { .path = name,
		.target = target,
		.type = types[type],
		.size = type == ENTRY_FILE ? stored_size(t, en) : 0,
		.apk_sha1 = sha1 };
	struct entry shaped = *en;

	if (t->is_dense || type != ENTRY_FILE)
		shaped.extents = NULL;
	m.mtime = pax_tree_mtime(t, en, &m.mtime_ns);
	if (t->shape && t->shape(t->of, &shaped, type, &m, e))
		return -1;
	if (t->told && t->told(t->of, &shaped, path, type, m.mtime, m.mtime_ns, e))
		return -1;
	return pax_out_member(t->out, &m, &shaped, e);
}

/* Folders that the package uses and does not name (an rpm leaves out those of other packages) are root's. */
static int write_parents(struct pax_tree *t, const char *path, struct err *e)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		AUTO_FREE char *name = NULL;
		struct entry folder;

		if (!path_set_add(&t->seen, path, (size_t)(slash - path)))
			continue;
		name = mem_printf("%.*s", (int)(slash - path), path);
		entry_init(&folder);
		folder.type = ENTRY_DIR;
		folder.mode = 0755;
		folder.owner = folder.group = "root";
		folder.uid = folder.gid = 0;
		folder.path = name;
		if (write_member(t, &folder, name, ENTRY_DIR, "", NULL, e))
			return -1;
	}
	return 0;
}

static int no_memory(const struct entry *en, struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "%s: too much about it to keep", en->path);
}

static int keep_entry(struct pax_tree *t, const struct entry *en, struct err *e)
{
	t->at = t->stored = t->extent = 0;
	t->entry.extents = NULL;
	if (en->links_len && !entry_copy(&t->links_arena, en, LIST_ADD(&t->linked)))
		return no_memory(en, e);
	if (!en->extents || t->is_dense)
		return 0;
	arena_done(&t->arena);
	arena_init(&t->arena, 0);
	return entry_copy(&t->arena, en, &t->entry) ? 0 : no_memory(en, e);
}

int pax_tree_begin(struct pax_tree *t, const struct entry *en, bool has_late_header, bool *ret_is_again, struct err *e)
{
	bool is_dir = en->type == ENTRY_DIR;

	if (en->type == ENTRY_HARDLINK)
		return err_input(e, "E_STRUCTURE", "%s: hard links come with their file", en->path);
	if (keep_entry(t, en, e) || write_parents(t, en->path, e))
		return -1;
	*ret_is_again = !path_set_add(&t->seen, en->path, strlen(en->path));
	if (*ret_is_again)
		return is_dir ? 0 : err_input(e, "E_NAME_COLLISION", "%s comes twice", en->path);
	return en->type == ENTRY_FILE && has_late_header ? 0 : pax_tree_header(t, en, NULL, e);
}

int pax_tree_header(struct pax_tree *t, const struct entry *en, const char *sha1, struct err *e)
{
	return write_member(t, en, en->path, en->type, en->type == ENTRY_SYMLINK ? en->target : "", sha1, e);
}

/* What lies in a stretch is written, what lies between is not; a byte there that is not zero would be lost. */
static int sparse_data(struct pax_tree *t, const unsigned char *bytes, size_t len, struct err *e)
{
	const struct entry *en = &t->entry;

	while (len > 0) {
		const struct extent *x = t->extent < en->extents_len ? &en->extents[t->extent] : NULL;
		bool is_in = x && t->at >= x->at;
		uint64_t end = is_in ? x->at + x->len : x ? x->at : en->size;
		size_t now = end - t->at < len ? (size_t)(end - t->at) : len;

		if (now == 0 && !x)
			return err_input(e, "E_MISMATCH", "%s: bytes behind its end", en->path);
		if (is_in && (bytes ? out_write(t->out, bytes, now, e) : tar_out_zeros(t->out, now, e)))
			return -1;
		for (size_t i = 0; bytes && !is_in && i < now; i++)
			if (bytes[i])
				return err_input(e, "E_MISMATCH", "%s: data where its map has a hole", en->path);
		t->at += now;
		t->stored += is_in ? now : 0;
		bytes = bytes ? bytes + now : NULL;
		len -= now;
		if (is_in && t->at == end)
			t->extent++;
	}
	return 0;
}

int pax_tree_data(struct pax_tree *t, const void *bytes, size_t len, struct err *e)
{
	if (t->entry.extents)
		return sparse_data(t, bytes, len, e);
	t->stored += len;
	return bytes ? out_write(t->out, bytes, len, e) : tar_out_zeros(t->out, len, e);
}

int pax_tree_end(struct pax_tree *t, struct err *e)
{
	return tar_out_pad(t->out, t->stored, e);
}

static int write_links(struct pax_tree *t, const struct entry *en, struct err *e)
{
	for (size_t i = 0; i < en->links_len; i++) {
		if (write_parents(t, en->links[i], e))
			return -1;
		if (!path_set_add(&t->seen, en->links[i], strlen(en->links[i])))
			return err_input(e, "E_NAME_COLLISION", "%s comes twice", en->links[i]);
		if (write_member(t, en, en->links[i], ENTRY_HARDLINK, en->path + 1, NULL, e))
			return -1;
	}
	return 0;
}

int pax_tree_close(struct pax_tree *t, struct err *e)
{
	for (size_t i = 0; i < t->linked.len; i++)
		if (write_links(t, &t->linked.at[i], e))
			return -1;
	return tar_out_end(t->out, e);
}
