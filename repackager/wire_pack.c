/* wire_pack.c - one record of the decoder's stream as bytes, and back with every check that needs no other record. */
#include "base/codec.h"
#include "repackager/wire.h"
#include <string.h>

enum { RELATION_DEPTH = 32, FLAGS_ALL = 511, MODE_ALL = 07777 };

/* The text members of a record, in the order they travel. */
#define TEXT(type, member) offsetof(struct type, member)
static const size_t meta_texts[] = { TEXT(pkg, format), TEXT(pkg, name), TEXT(pkg, version), TEXT(pkg, release),
	TEXT(pkg, architecture), TEXT(pkg, architecture_native), TEXT(pkg, summary), TEXT(pkg, description),
	TEXT(pkg, license), TEXT(pkg, vendor), TEXT(pkg, maintainer), TEXT(pkg, homepage), TEXT(pkg, section),
	TEXT(pkg, changelog), TEXT(pkg, control) };
static const size_t relation_texts[] = { TEXT(relation, name), TEXT(relation, version), TEXT(relation, arch),
	TEXT(relation, text) };
static const size_t entry_texts[] = { TEXT(entry, path), TEXT(entry, owner), TEXT(entry, group), TEXT(entry, target),
	TEXT(entry, capabilities), TEXT(entry, selinux), TEXT(entry, acl), TEXT(entry, acl_default),
	TEXT(entry, want_digest) };

static void pack_texts(struct pack *p, const void *record, const size_t *at, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text;
		memcpy(&text, (const char *)record + at[i], sizeof text);
		pack_str(p, text ? text : "");
	}
}

static const char *text_of(struct unpack *u)
{
	const char *text = unpack_str(u);

	if (!text)
		u->bad = true;
	return text ? text : "";
}

static void unpack_texts(struct unpack *u, void *record, const size_t *at, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = text_of(u);
		memcpy((char *)record + at[i], &text, sizeof text);
	}
}

/* An enum below `end`. */
static unsigned choice(struct unpack *u, unsigned end)
{
	unsigned v = unpack_u8(u);

	if (v >= end)
		u->bad = true;
	return v < end ? v : 0;
}

static int64_t number(struct unpack *u)
{
	return (int64_t)unpack_u64(u);
}

static void pack_number(struct pack *p, int64_t v)
{
	pack_u64(p, (uint64_t)v);
}

/* How many items follow; each takes at least `least` bytes, so a count the frame cannot hold is refused before it is allocated. */
static size_t count_of(struct unpack *u, size_t least)
{
	uint32_t count = unpack_u32(u);

	if (count > u->len / least)
		u->bad = true;
	return u->bad ? 0 : count;
}

static void *items(struct unpack *u, size_t count, size_t size)
{
	void *at = count ? arena_alloc(u->arena, count * size) : NULL;

	if (count && !at)
		u->bad = true;
	return at;
}

static int end(const struct unpack *u, const char *what, struct err *e)
{
	if (!u->bad && u->len == 0)
		return 0;
	if (u->arena->limit && u->arena->used + KIB(64) > u->arena->limit)
		return err_input(
			e, "E_LIMIT_MEMORY", "the package's metadata is larger than %zu bytes", u->arena->limit);
	return err_input(e, "E_CORRUPT", "the decoder sent a record of a %s that makes no sense", what);
}

void wire_pack_meta(struct pack *p, const struct pkg *pkg)
{
	pack_texts(p, pkg, meta_texts, COUNT(meta_texts));
	pack_number(p, pkg->epoch);
	pack_number(p, pkg->build_time);
	pack_u8(p, pkg->has_metadata);
}

int wire_unpack_meta(struct unpack *u, struct pkg *pkg, struct err *e)
{
	unpack_texts(u, pkg, meta_texts, COUNT(meta_texts));
	pkg->epoch = number(u);
	pkg->build_time = number(u);
	pkg->has_metadata = choice(u, 2);
	if (pkg->epoch < 0 || pkg->epoch > UINT32_MAX || pkg->build_time < 0)
		u->bad = true;
	return end(u, "package", e);
}

void wire_pack_relation(struct pack *p, const struct relation *r)
{
	pack_u8(p, (uint8_t)r->kind);
	pack_u8(p, (uint8_t)r->tree);
	pack_u8(p, (uint8_t)r->op);
	pack_u32(p, r->flags);
	pack_texts(p, r, relation_texts, COUNT(relation_texts));
	pack_u32(p, (uint32_t)r->parts_len);
	for (size_t i = 0; i < r->parts_len; i++)
		wire_pack_relation(p, &r->parts[i]);
}

static void unpack_relation(struct unpack *u, struct relation *r, unsigned depth)
{
	r->kind = choice(u, REL_KINDS);
	r->tree = choice(u, REL_ELSE + 1);
	r->op = choice(u, OP_GT + 1);
	r->flags = unpack_u32(u);
	unpack_texts(u, r, relation_texts, COUNT(relation_texts));
	r->parts_len = count_of(u, 27);
	if (r->parts_len > 0 && (depth == 0 || r->tree == REL_PLAIN))
		u->bad = true;
	r->parts = u->bad ? NULL : items(u, r->parts_len, sizeof *r->parts);
	if (!r->parts)
		r->parts_len = 0;
	for (size_t i = 0; i < r->parts_len && !u->bad; i++)
		unpack_relation(u, &r->parts[i], depth - 1);
}

int wire_unpack_relation(struct unpack *u, struct relation *ret, struct err *e)
{
	unpack_relation(u, ret, RELATION_DEPTH);
	return end(u, "relation", e);
}

void wire_pack_script(struct pack *p, const struct script *s)
{
	pack_u8(p, (uint8_t)s->event);
	pack_str(p, s->source);
	pack_str(p, s->interpreter);
	pack_str(p, s->trigger);
	pack_u32(p, s->priority);
	pack_bytes(p, s->body ? s->body : "", s->len);
}

int wire_unpack_script(struct unpack *u, const struct limits *limits, struct script *ret, struct err *e)
{
	ret->event = choice(u, EVENT_KINDS);
	ret->source = text_of(u);
	ret->interpreter = text_of(u);
	ret->trigger = text_of(u);
	ret->priority = unpack_u32(u);
	ret->body = unpack_bytes(u, &ret->len);
	if (!ret->body)
		u->bad = true;
	if (end(u, "script", e))
		return -1;
	if (ret->len > limits->script)
		return err_input(e, "E_LIMIT_SCRIPT", "script %s has %zu bytes, the limit is %llu", ret->source,
			ret->len, (unsigned long long)limits->script);
	return 0;
}

static void pack_extents(struct pack *p, const struct extent *at, size_t len)
{
	pack_u32(p, (uint32_t)len);
	for (size_t i = 0; i < len; i++) {
		pack_u64(p, at[i].at);
		pack_u64(p, at[i].len);
	}
}

/* Stretches in order that do not overlap and end at or before `size`. */
static struct extent *unpack_extents(struct unpack *u, uint64_t size, bool is_sorted, size_t *ret_len)
{
	size_t len = count_of(u, 16);
	struct extent *at = items(u, len, sizeof *at);
	uint64_t last = 0;

	for (size_t i = 0; at && i < len; i++) {
		at[i].at = unpack_u64(u);
		at[i].len = unpack_u64(u);
		if (at[i].len > size || at[i].at > size - at[i].len || (is_sorted && at[i].at < last))
			u->bad = true;
		last = at[i].at + at[i].len;
	}
	*ret_len = at ? len : 0;
	return at;
}

void wire_pack_signature(struct pack *p, const struct signature *s)
{
	pack_u8(p, (uint8_t)s->covers);
	pack_str(p, s->source);
	pack_bytes(p, s->blob ? (const void *)s->blob : "", s->len);
	pack_extents(p, s->ranges, s->ranges_len);
}

int wire_unpack_signature(struct unpack *u, struct signature *ret, struct err *e)
{
	ret->covers = choice(u, SIG_FILE + 1);
	ret->source = text_of(u);
	ret->blob = (const unsigned char *)unpack_bytes(u, &ret->len);
	if (!ret->blob)
		u->bad = true;
	ret->ranges = unpack_extents(u, INT64_MAX, false, &ret->ranges_len);
	return end(u, "signature", e);
}

void wire_pack_loss(struct pack *p, const struct loss *l)
{
	pack_u8(p, (uint8_t)l->class);
	pack_str(p, l->target);
	pack_str(p, l->what);
	pack_str(p, l->why);
}

int wire_unpack_loss(struct unpack *u, struct loss *ret, struct err *e)
{
	ret->class = choice(u, LOSS_BEHAVIOUR + 1);
	ret->target = text_of(u);
	ret->what = text_of(u);
	ret->why = text_of(u);
	return end(u, "loss", e);
}

void wire_pack_payload(struct pack *p, const struct payload *payload)
{
	pack_u64(p, payload->at);
	pack_u64(p, payload->len);
	pack_u8(p, (uint8_t)payload->codec);
	pack_u64(p, payload->unpacked);
}

int wire_unpack_payload(struct unpack *u, struct payload *ret, struct err *e)
{
	ret->at = unpack_u64(u);
	ret->len = unpack_u64(u);
	ret->codec = (int)choice(u, CODEC_LZIP + 1);
	ret->unpacked = unpack_u64(u);
	if (ret->len > INT64_MAX || ret->at > INT64_MAX - ret->len || ret->unpacked > INT64_MAX ||
		(ret->unpacked > 0 && ret->len == 0))
		u->bad = true;
	return end(u, "payload", e);
}

void wire_pack_entry(struct pack *p, const struct entry *entry)
{
	pack_u8(p, (uint8_t)entry->type);
	pack_u32(p, entry->mode);
	pack_u32(p, entry->flags);
	pack_number(p, entry->uid);
	pack_number(p, entry->gid);
	pack_u64(p, entry->size);
	pack_number(p, entry->mtime);
	pack_u32(p, entry->mtime_ns);
	pack_u32(p, entry->dev_major);
	pack_u32(p, entry->dev_minor);
	pack_texts(p, entry, entry_texts, COUNT(entry_texts));
	pack_u32(p, (uint32_t)entry->xattrs_len);
	for (size_t i = 0; i < entry->xattrs_len; i++) {
		pack_str(p, entry->xattrs[i].name);
		pack_bytes(p, entry->xattrs[i].value ? (const void *)entry->xattrs[i].value : "", entry->xattrs[i].len);
	}
	pack_extents(p, entry->extents, entry->extents_len);
	pack_u32(p, (uint32_t)entry->links_len);
	for (size_t i = 0; i < entry->links_len; i++)
		pack_str(p, entry->links[i]);
}

bool wire_path_normal(const char *path)
{
	if (path[0] != '/' || path[1] == '\0')
		return false;
	for (const char *at = path; *at; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
		if (*at != '/')
			continue;
		const char *part = at + 1;
		size_t len = strcspn(part, "/");
		if (len == 0 || (len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.'))
			return false;
	}
	return true;
}

static void unpack_xattrs(struct unpack *u, const struct limits *limits, struct entry *entry)
{
	uint64_t sum = 0;

	entry->xattrs_len = count_of(u, 8);
	entry->xattrs = items(u, entry->xattrs_len, sizeof *entry->xattrs);
	if (!entry->xattrs)
		entry->xattrs_len = 0;
	for (size_t i = 0; i < entry->xattrs_len; i++) {
		struct xattr *x = &entry->xattrs[i];
		x->name = text_of(u);
		x->value = (const unsigned char *)unpack_bytes(u, &x->len);
		sum += strlen(x->name) + x->len;
		if (!x->value || !x->name[0] || sum > limits->xattr)
			u->bad = true;
		if (u->bad)
			return;
	}
}

static void unpack_links(struct unpack *u, struct entry *entry)
{
	entry->links_len = count_of(u, 4);
	entry->links = items(u, entry->links_len, sizeof *entry->links);
	if (!entry->links)
		entry->links_len = 0;
	for (size_t i = 0; i < entry->links_len; i++) {
		entry->links[i] = text_of(u);
		if (!wire_path_normal(entry->links[i]))
			u->bad = true;
	}
}

/* What must hold between the members of one entry. */
static bool entry_holds(const struct entry *entry, const struct limits *limits)
{
	bool is_link = entry->type == ENTRY_SYMLINK || entry->type == ENTRY_HARDLINK;

	if (entry->type != ENTRY_FILE &&
		(entry->size != 0 || entry->extents_len > 0 || entry->links_len > 0 || entry->want_digest[0]))
		return false;
	if (is_link != (entry->target[0] != '\0'))
		return false;
	if (entry->type == ENTRY_HARDLINK &&
		(!wire_path_normal(entry->target) || strcmp(entry->target, entry->path) == 0))
		return false;
	if (strspn(entry->want_digest, "0123456789abcdefABCDEF") != strlen(entry->want_digest))
		return false;
	return entry->mode <= MODE_ALL && (entry->flags & ~(uint32_t)FLAGS_ALL) == 0 && !(entry->flags & ENTRY_ADDED) &&
		entry->uid >= -1 && entry->uid <= UINT32_MAX && entry->gid >= -1 && entry->gid <= UINT32_MAX &&
		entry->mtime_ns < 1000000000 && entry->size <= INT64_MAX && strlen(entry->path) <= limits->path &&
		strlen(entry->target) <= limits->path;
}

int wire_unpack_entry(struct unpack *u, const struct limits *limits, struct entry *ret, struct err *e)
{
	entry_init(ret);
	ret->type = choice(u, ENTRY_FIFO + 1);
	ret->mode = unpack_u32(u);
	ret->flags = unpack_u32(u);
	ret->uid = number(u);
	ret->gid = number(u);
	ret->size = unpack_u64(u);
	ret->mtime = number(u);
	ret->mtime_ns = unpack_u32(u);
	ret->dev_major = unpack_u32(u);
	ret->dev_minor = unpack_u32(u);
	unpack_texts(u, ret, entry_texts, COUNT(entry_texts));
	unpack_xattrs(u, limits, ret);
	ret->extents = unpack_extents(u, ret->size, true, &ret->extents_len);
	unpack_links(u, ret);
	if (end(u, "file", e))
		return -1;
	if (!wire_path_normal(ret->path))
		return err_input(e, "E_PATH_ESCAPE", "the decoder sent a path that is not normal: %s", ret->path);
	if (!entry_holds(ret, limits))
		return err_input(e, "E_CORRUPT", "the decoder sent an entry that makes no sense: %s", ret->path);
	if (!limits->devices && (ret->type == ENTRY_CHAR || ret->type == ENTRY_BLOCK || ret->type == ENTRY_FIFO))
		return err_input(e, "E_SPECIAL_FILE", "%s is a %s", ret->path, entry_type_name(ret->type));
	return 0;
}

void wire_pack_error(struct pack *p, const struct err *error)
{
	pack_u8(p, (uint8_t)error->class);
	pack_u8(p, error->has_offset);
	pack_number(p, error->offset);
	pack_u32(p, (uint32_t)error->sys);
	pack_str(p, error->code ? error->code : "");
	pack_str(p, error->text);
	pack_str(p, error->member);
	pack_str(p, error->hint);
}

int wire_unpack_error(struct unpack *u, struct err *e)
{
	enum err_class class = choice(u, ERR_VERDICT + 1);
	bool has_offset = choice(u, 2);
	int64_t offset = number(u);
	int sys = (int)unpack_u32(u);
	const char *sent = text_of(u), *code = err_code_known(sent);
	const char *text = text_of(u), *member = text_of(u), *hint = text_of(u);

	if (end(u, "failure", e))
		return -1;
	if (class == ERR_NONE || class == ERR_VERDICT || (class == ERR_INPUT && !code))
		return err_input(e, "E_CORRUPT", "the decoder failed without a reason of ours: %s", text);
	err_set(e, class, code, "%s", text);
	e->sys = sys;
	if (has_offset && offset >= 0)
		err_at(e, (uint64_t)offset);
	if (member[0])
		err_member(e, member);
	if (hint[0])
		err_hint(e, "%s", hint);
	return -1;
}
