/* capture_compare.c - two runs of one command side by side: what both changed in the same way, and what differs. */
#include "sandbox/capture_compare.h"
#include "base/digest.h"
#include <string.h>

static int by_path(const void *key, const void *item)
{
	return strcmp(key, ((const struct change *)item)->path);
}

static const struct change *find_change(const struct changes *c, const char *path)
{
	return c->len ? bsearch(path, c->at, c->len, sizeof *c->at, by_path) : NULL;
}

static bool is_same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool is_same_xattrs(const struct entry *a, const struct entry *b)
{
	if (a->xattrs_len != b->xattrs_len)
		return false;
	for (size_t i = 0; i < a->xattrs_len; i++)
		if (strcmp(a->xattrs[i].name, b->xattrs[i].name) != 0 || a->xattrs[i].len != b->xattrs[i].len ||
			(a->xattrs[i].len && memcmp(a->xattrs[i].value, b->xattrs[i].value, a->xattrs[i].len) != 0))
			return false;
	return true;
}

static const char *how_taken_differ(const struct taken *a, const struct taken *b)
{
	const struct entry *x = &a->entry, *y = &b->entry;

	if (!a->is_there || !b->is_there)
		return "there only once";
	if (x->type != y->type || a->is_socket != b->is_socket)
		return "type";
	if (x->mode != y->mode)
		return "mode";
	if (x->uid != y->uid || x->gid != y->gid)
		return "owner";
	if (!is_same_text(x->target, y->target))
		return "target";
	if (x->size != y->size)
		return "content";
	if (!is_same_text(x->capabilities, y->capabilities) || !is_same_text(x->acl, y->acl) ||
		!is_same_text(x->acl_default, y->acl_default) || !is_same_xattrs(x, y))
		return "attributes";
	return x->dev_major != y->dev_major || x->dev_minor != y->dev_minor ? "device" : NULL;
}

static int add_piece(void *context, const void *bytes, size_t len, struct err *e)
{
	(void)e;
	digest_add(context, bytes, len);
	return 0;
}

static int digest_taken(struct sandbox *s, const struct entry *en, char ret[DIGEST_HEX], struct err *e)
{
	struct digest d;
	int rc;

	digest_init(&d, DIGEST_SHA256);
	rc = takeout_read(s, en->path, en->size, add_piece, &d, e);
	if (rc == 0)
		digest_end_hex(&d, ret);
	digest_done(&d);
	return rc;
}

/* Large files have no digest in the list of changes: they are read. */
static int compare_content(const struct capture_runs *c, const struct change *a, const struct change *b,
	const struct entry *en, const char **ret, struct err *e)
{
	char x[DIGEST_HEX], y[DIGEST_HEX];

	if (en->type != ENTRY_FILE)
		return 0;
	if (a->sha256[0] && b->sha256[0]) {
		*ret = strcmp(a->sha256, b->sha256) != 0 ? "content" : NULL;
		return 0;
	}
	if (digest_taken(c->first, en, x, e) || digest_taken(c->second, en, y, e))
		return -1;
	*ret = strcmp(x, y) != 0 ? "content" : NULL;
	return 0;
}

static int compare_one(const struct capture_runs *c, const struct change *a, const struct change *b,
	struct captured *ret, struct err *e)
{
	const struct change *one = a ? a : b;
	struct taken other = { 0 };

	ret->kind = one->kind;
	if (one->kind == '-') {
		entry_init(&ret->taken.entry);
		ret->taken.entry.path = arena_str(c->arena, one->path);
		ret->differs = a && b ? NULL : "gone only once";
		return ret->taken.entry.path ? 0 : err_input(e, "E_LIMIT_MEMORY", "too many changes");
	}
	if (takeout_look(c->first, one->path, c->arena, &ret->taken, e) ||
		takeout_look(c->second, one->path, c->arena, &other, e))
		return -1;
	ret->differs = !a || !b || a->kind != b->kind ? "there only once" : how_taken_differ(&ret->taken, &other);
	ret->is_old = !ret->differs && ret->taken.entry.mtime < c->began &&
		ret->taken.entry.mtime == other.entry.mtime && ret->taken.entry.mtime_ns == other.entry.mtime_ns;
	return ret->differs ? 0 : compare_content(c, a, b, &ret->taken.entry, &ret->differs, e);
}

int capture_compare(const struct capture_runs *c, struct captured_list *ret, struct err *e)
{
	const struct changes *a = c->a, *b = c->b;
	size_t i = 0, k = 0;

	while (i < a->len || k < b->len) {
		int order = i == a->len ? 1 : k == b->len ? -1 : strcmp(a->at[i].path, b->at[k].path);
		const struct change *any = order <= 0 ? &a->at[i] : &b->at[k];
		const struct change *x = order <= 0 ? any : NULL, *y = order >= 0 ? &b->at[k] : NULL;
		struct captured one = { 0 };

		i += order <= 0;
		k += order >= 0;
		/* a path that became another type is told twice, gone and there: there counts */
		if (order <= 0 && any->kind == '-' && i < a->len && strcmp(a->at[i].path, any->path) == 0)
			continue;
		if (find_change(c->fresh, any->path))
			continue;
		if (compare_one(c, x, y, &one, e))
			return -1;
		*LIST_ADD(ret) = one;
	}
	return 0;
}
