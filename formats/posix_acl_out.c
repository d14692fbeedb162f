/* posix_acl_out.c - ACL text to what the kernel keeps. linux/posix_acl_xattr.h. */
#include "formats/posix_attrs.h"
#include <string.h>

enum { ENTRIES_MOST = 1024 };

struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

static int by_tag(const void *a, const void *b)
{
	const struct acl_entry *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static bool id_of(struct slice who, uint32_t *ret)
{
	uint64_t id = 0;

	if (who.len == 0)
		return *ret = UINT32_MAX, true;
	if (slice_is(who, "root"))
		return *ret = 0, true;
	for (size_t i = 0; i < who.len; i++) {
		if (who.at[i] < '0' || who.at[i] > '9')
			return false;
		id = id * 10 + (uint64_t)(who.at[i] - '0');
		if (id >= UINT32_MAX)
			return false;
	}
	*ret = (uint32_t)id;
	return true;
}

static bool parse_one(struct slice line, struct acl_entry *ret)
{
	static const struct {
		const char *word;
		uint16_t plain, named; /* ACL_USER_OBJ and so on */
	} kinds[] = { { "user", 1, 2 }, { "group", 4, 8 }, { "mask", 16, 0 }, { "other", 32, 0 } };
	struct slice kind = { 0 }, who = { 0 };
	struct acl_entry x = { 0 };

	if (!slice_cut(&line, ':', &kind) || !slice_cut(&line, ':', &who) || !id_of(who, &x.id))
		return false;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (slice_is(kind, kinds[i].word))
			x.tag = who.len ? kinds[i].named : kinds[i].plain;
	for (size_t i = 0; i < line.len; i++)
		x.perm |= line.at[i] == 'r' ? 4 : line.at[i] == 'w' ? 2 : line.at[i] == 'x' ? 1 : 0;
	*ret = x;
	return x.tag != 0;
}

static void le(unsigned char *to, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		to[i] = (unsigned char)(value >> 8 * i);
}

int posix_attr_acl_bytes(struct arena *a, const char *text, struct xattr *ret)
{
	struct acl_entry entries[ENTRIES_MOST];
	struct slice rest = slice_of(text), one;
	size_t count = 0;
	unsigned char *to;

	while (slice_cut(&rest, ',', &one))
		if (count == ENTRIES_MOST || !parse_one(one, &entries[count++]))
			return -1;
	qsort(entries, count, sizeof *entries, by_tag);
	to = arena_alloc(a, 4 + 8 * count);
	if (to == NULL)
		return -1;
	le(to, 2, 4);
	for (size_t i = 0; i < count; i++) {
		le(to + 4 + 8 * i, entries[i].tag, 2);
		le(to + 6 + 8 * i, entries[i].perm, 2);
		le(to + 8 + 8 * i, entries[i].id, 4);
	}
	ret->value = to;
	ret->len = 4 + 8 * count;
	return 0;
}
