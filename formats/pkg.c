/* pkg.c - the canonical package: making, growing, copying one. */
#include "formats/pkg.h"
#include <stdio.h>
#include <string.h>

enum { WARNINGS_MAX = 1000 };

void pkg_init(struct pkg *p, size_t arena_limit)
{
	*p = (struct pkg){ 0 };
	arena_init(&p->arena, arena_limit);
	p->format = p->name = p->version = p->release = p->architecture = p->architecture_native = "";
	p->summary = p->description = p->license = p->vendor = p->maintainer = p->homepage = "";
	p->section = p->changelog = p->control = "";
}

void pkg_done(struct pkg *p)
{
	LIST_DONE(&p->relations);
	LIST_DONE(&p->scripts);
	LIST_DONE(&p->triggers);
	LIST_DONE(&p->entries);
	LIST_DONE(&p->signatures);
	LIST_DONE(&p->lost);
	LIST_DONE(&p->warnings);
	LIST_DONE(&p->fields);
	arena_done(&p->arena);
}

/* The lists themselves are not in the arena (they grow), but count against its limit. */
static bool has_room(struct pkg *p, size_t items, size_t item)
{
	return p->arena.limit == 0 || p->arena.used + items * item < p->arena.limit;
}

struct relation *pkg_add_relation(struct pkg *p)
{
	if (!has_room(p, p->relations.len, sizeof *p->relations.at))
		return NULL;
	struct relation *r = LIST_ADD(&p->relations);
	*r = (struct relation){ .name = "", .version = "", .arch = "", .text = "" };
	return r;
}

struct script *pkg_add_script(struct pkg *p)
{
	if (!has_room(p, p->scripts.len, sizeof *p->scripts.at))
		return NULL;
	struct script *s = LIST_ADD(&p->scripts);
	*s = (struct script){ .source = "", .interpreter = "", .body = "", .trigger = "" };
	return s;
}

struct trigger *pkg_add_trigger(struct pkg *p)
{
	if (!has_room(p, p->triggers.len, sizeof *p->triggers.at))
		return NULL;
	struct trigger *t = LIST_ADD(&p->triggers);
	*t = (struct trigger){ .text = "" };
	return t;
}

void entry_init(struct entry *e)
{
	*e = (struct entry){ .path = "",
		.owner = "",
		.group = "",
		.uid = -1,
		.gid = -1,
		.target = "",
		.capabilities = "",
		.selinux = "",
		.acl = "",
		.acl_default = "",
		.want_digest = "" };
}

struct entry *pkg_add_entry(struct pkg *p)
{
	if (!has_room(p, p->entries.len, sizeof *p->entries.at))
		return NULL;
	struct entry *e = LIST_ADD(&p->entries);
	entry_init(e);
	return e;
}

struct signature *pkg_add_signature(struct pkg *p)
{
	if (!has_room(p, p->signatures.len, sizeof *p->signatures.at))
		return NULL;
	struct signature *s = LIST_ADD(&p->signatures);
	*s = (struct signature){ .source = "" };
	return s;
}

void pkg_lose(struct pkg *p, const char *target, enum loss_class class, const char *why, const char *what_fmt, ...)
{
	char what[2048];
	va_list ap;
	va_start(ap, what_fmt);
	vsnprintf(what, sizeof what, what_fmt, ap);
	va_end(ap);
	struct loss loss = { .target = arena_str(&p->arena, target),
		.what = arena_str(&p->arena, what),
		.why = arena_str(&p->arena, why),
		.class = class };
	if (!loss.target || !loss.what || !loss.why)
		loss = (struct loss){ "", "limit:losses", "there are more losses than can be listed", LOSS_BEHAVIOUR };
	*LIST_ADD(&p->lost) = loss;
}

void pkg_warn(struct pkg *p, const char *code, const char *where, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (p->warnings.len >= WARNINGS_MAX)
		return;
	for (size_t i = 0; i < p->warnings.len; i++)
		if (strcmp(p->warnings.at[i].code, code) == 0 && strcmp(p->warnings.at[i].where, where) == 0)
			return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	struct warning w = { .code = arena_str(&p->arena, code),
		.where = arena_str(&p->arena, where),
		.text = arena_str(&p->arena, text) };
	if (w.code && w.where && w.text)
		*LIST_ADD(&p->warnings) = w;
}

int pkg_field(struct pkg *p, const char *name, const char *value)
{
	struct field f = { arena_str(&p->arena, name), arena_str(&p->arena, value) };
	if (!f.name || !f.value)
		return -1;
	*LIST_ADD(&p->fields) = f;
	return 0;
}

const char *pkg_field_get(const struct pkg *p, const char *name)
{
	for (size_t i = 0; i < p->fields.len; i++)
		if (strcmp(p->fields.at[i].name, name) == 0)
			return p->fields.at[i].value;
	return NULL;
}

static bool copy_text(struct arena *to, const char **text)
{
	*text = arena_str(to, *text);
	return *text != NULL;
}

static bool copy_xattrs(struct arena *to, const struct entry *from, struct entry *e)
{
	if (from->xattrs_len == 0)
		return true;
	e->xattrs = arena_alloc(to, from->xattrs_len * sizeof *e->xattrs);
	if (!e->xattrs)
		return false;
	for (size_t i = 0; i < from->xattrs_len; i++) {
		const struct xattr *x = &from->xattrs[i];
		e->xattrs[i] = (struct xattr){ arena_str(to, x->name),
			(const unsigned char *)arena_copy(to, x->value, x->len), x->len };
		if (!e->xattrs[i].name || !e->xattrs[i].value)
			return false;
	}
	return true;
}

static bool copy_links(struct arena *to, const struct entry *from, struct entry *e)
{
	if (from->links_len == 0)
		return true;
	e->links = arena_alloc(to, from->links_len * sizeof *e->links);
	if (!e->links)
		return false;
	for (size_t i = 0; i < from->links_len; i++) {
		e->links[i] = arena_str(to, from->links[i]);
		if (!e->links[i])
			return false;
	}
	return true;
}

bool entry_copy(struct arena *to, const struct entry *from, struct entry *ret)
{
	struct entry e = *from;

	if (!copy_text(to, &e.path) || !copy_text(to, &e.owner) || !copy_text(to, &e.group) ||
		!copy_text(to, &e.target) || !copy_text(to, &e.capabilities) || !copy_text(to, &e.selinux) ||
		!copy_text(to, &e.acl) || !copy_text(to, &e.acl_default) || !copy_text(to, &e.want_digest))
		return false;
	if (!copy_xattrs(to, from, &e) || !copy_links(to, from, &e))
		return false;
	if (from->extents_len > 0) {
		e.extents = (struct extent *)arena_copy(to, from->extents, from->extents_len * sizeof *e.extents);
		if (!e.extents)
			return false;
	}
	*ret = e;
	return true;
}

bool relation_copy(struct arena *to, const struct relation *from, struct relation *ret)
{
	struct relation r = *from;

	if (!copy_text(to, &r.name) || !copy_text(to, &r.version) || !copy_text(to, &r.arch) || !copy_text(to, &r.text))
		return false;
	if (from->parts_len > 0) {
		r.parts = arena_alloc(to, from->parts_len * sizeof *r.parts);
		if (!r.parts)
			return false;
		for (size_t i = 0; i < from->parts_len; i++)
			if (!relation_copy(to, &from->parts[i], &r.parts[i]))
				return false;
	}
	*ret = r;
	return true;
}

int entry_order(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

void pkg_sort_entries(struct pkg *p)
{
	if (p->entries.len > 1)
		qsort(p->entries.at, p->entries.len, sizeof *p->entries.at, entry_order);
}
