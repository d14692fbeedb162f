/* inner.c - packages inside an archive: found by the parent, held and read by the child. */
#include "repackager/inner.h"
#include "base/fs.h"
#include "repackager/decode.h"
#include "repackager/digest.h"
#include "repackager/fanout.h"
#include <fnmatch.h>
#include <string.h>

/* ---- the parent */

int inner_find(const char *path, const char *pattern, const struct limits *limits, const struct events *events,
	struct inner_found *ret, struct err *e)
{
	struct decode d = { .path = path, .limits = limits, .events = events };

	*ret = (struct inner_found){ 0 };
	pkg_init(&ret->outer, limits ? (size_t)limits->memory : 0);
	if (decode(&d, NULL, &ret->outer, NULL, NULL, e))
		return -1;
	for (size_t i = 0; i < ret->outer.entries.len; i++) {
		const struct entry *en = &ret->outer.entries.at[i];

		if (en->type == ENTRY_FILE && fnmatch(pattern, en->path + 1, FNM_PATHNAME) == 0)
			*LIST_ADD(ret) = en->path;
	}
	return 0;
}

void inner_found_done(struct inner_found *f)
{
	LIST_DONE(f);
	pkg_done(&f->outer);
}

static bool copy_signature(struct arena *a, const struct signature *from, struct signature *to)
{
	*to = *from;
	to->source = arena_str(a, from->source);
	to->blob = (const unsigned char *)arena_copy(a, from->blob, from->len);
	to->ranges = from->ranges_len ? arena_alloc(a, from->ranges_len * sizeof *to->ranges) : NULL;
	if (to->ranges)
		memcpy(to->ranges, from->ranges, from->ranges_len * sizeof *to->ranges);
	return to->source && to->blob && (to->ranges || from->ranges_len == 0);
}

int inner_take_outer(struct pkg *to, const struct pkg *outer, struct err *e)
{
	to->signatures.len = 0;
	for (size_t i = 0; i < outer->signatures.len; i++) {
		struct signature *s = pkg_add_signature(to);

		if (s == NULL || !copy_signature(&to->arena, &outer->signatures.at[i], s))
			return err_input(e, "E_LIMIT_MEMORY", "the signatures take too much memory");
	}
	for (size_t i = 0; i < outer->warnings.len; i++)
		pkg_warn(to, outer->warnings.at[i].code, outer->warnings.at[i].where, "%s", outer->warnings.at[i].text);
	return 0;
}

/* ---- the child: catching one member */

struct catcher {
	struct sink sink;
	const char *member;
	int to;
	uint64_t size;
	bool is_open, is_found;
};

static int catch_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct catcher *c = (struct catcher *)s;

	c->is_open = entry->type == ENTRY_FILE && strcmp(entry->path, c->member) == 0;
	if (c->is_open && c->is_found)
		return err_input(e, "E_DUPLICATE_NAME", "%s comes twice", entry->path);
	c->is_found |= c->is_open;
	return 0;
}

static int catch_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	static const char zeros[4096];
	struct catcher *c = (struct catcher *)s;

	if (!c->is_open)
		return 0;
	c->size += len;
	if (bytes)
		return fd_write(c->to, bytes, len, e);
	for (size_t part; len > 0; len -= part) {
		part = len < sizeof zeros ? len : sizeof zeros;
		if (fd_write(c->to, zeros, part, e))
			return -1;
	}
	return 0;
}

static int catch_end(struct sink *s, struct err *e)
{
	((struct catcher *)s)->is_open = false;
	return 0;
}

static const struct sink_ops catch_ops = { .entry_begin = catch_begin, .data = catch_data, .entry_end = catch_end };

int inner_hold(const struct source *src, const struct limits *limits, const char *member, int to, struct source *ret,
	struct err *e)
{
	struct catcher c = { .sink = { &catch_ops }, .member = member, .to = to };
	struct sink *all[] = { digest_promises_new(), &c.sink };
	struct fanout *tee = fanout_new(all, COUNT(all));
	const struct reader *reader;
	const char *slash = strrchr(member, '/');
	struct pkg outer;
	int failed;

	pkg_init(&outer, (size_t)limits->memory);
	failed = reader_choose(src, &reader, e) || reader->read(src, limits, fanout_sink(tee), &outer, e);
	pkg_done(&outer);
	fanout_free(tee);
	sink_drop(all[0]);
	if (failed)
		return -1;
	if (!c.is_found)
		return err_input(e, "E_MISMATCH", "the file changed: %s is no longer in it", member);
	*ret = (struct source){ .fd = to, .size = c.size, .name = slash ? slash + 1 : member };
	return 0;
}

/* ---- the child: what points into the file held goes */

struct plain {
	struct sink sink;
	struct sink *next;
};

static int plain_begin(struct sink *s, const struct pkg *meta, struct err *e)
{
	struct pkg shown = *meta;

	shown.payload = (struct payload){ 0 };
	shown.signatures.len = 0;
	return sink_begin(((struct plain *)s)->next, &shown, e);
}

static int plain_entry(struct sink *s, const struct entry *entry, struct err *e)
{
	return sink_entry_begin(((struct plain *)s)->next, entry, e);
}

static int plain_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	return sink_data(((struct plain *)s)->next, bytes, len, e);
}

static int plain_end(struct sink *s, struct err *e)
{
	return sink_entry_end(((struct plain *)s)->next, e);
}

static int plain_close(struct sink *s, struct err *e)
{
	return sink_close(((struct plain *)s)->next, e);
}

static const struct sink_ops plain_ops = { .begin = plain_begin,
	.entry_begin = plain_entry,
	.data = plain_data,
	.entry_end = plain_end,
	.close = plain_close };

struct sink *inner_plain_new(struct sink *next)
{
	struct plain *p = mem_alloc(sizeof *p);

	p->sink.ops = &plain_ops;
	p->next = next;
	return &p->sink;
}

void inner_strip(struct pkg *pkg, const char *member)
{
	if (pkg->signatures.len)
		pkg_warn(pkg, "E_SIG_PARTIAL", member,
			"the signature inside this package is not verified; the file it came in is");
	pkg->signatures.len = 0;
	pkg->payload = (struct payload){ 0 };
}
