/* mtree_out.c - mtree lines: names escaped as vis(3) does, times with nanoseconds as a plain number behind the dot, as libarchive writes them. */
#include "formats/mtree_out.h"
#include <string.h>

static void add_name(struct text *t, const char *name)
{
	for (const unsigned char *c = (const unsigned char *)name; *c; c++)
		if (*c <= ' ' || *c > '~' || strchr("\\#=*?[", *c))
			text_add(t, "\\%03o", *c);
		else
			text_bytes(t, c, 1);
}

static const char *type_name(enum entry_type type)
{
	static const char *const names[] = { "file", "dir", "link", "file", "char", "block", "fifo" };

	return names[type];
}

static void add_row(struct text *t, const struct mtree_row *r)
{
	text_bytes(t, ".", 1);
	add_name(t, r->path);
	text_add(t, " time=%lld.%u mode=%o uid=%lld gid=%lld", (long long)r->mtime, r->mtime_ns, r->mode,
		(long long)r->uid, (long long)r->gid);
	text_add(t, " type=%s", type_name(r->type));
	if (r->type == ENTRY_SYMLINK) {
		text_add(t, " link=");
		add_name(t, r->link);
	}
	if (r->type == ENTRY_FILE)
		text_add(t, " size=%llu md5digest=%s sha256digest=%s", (unsigned long long)r->size, r->md5, r->sha256);
	text_bytes(t, "\n", 1);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct mtree_row *)a)->path, ((const struct mtree_row *)b)->path);
}

void mtree_text(struct mtree_list *list, struct text *ret)
{
	if (list->len > 1)
		qsort(list->at, list->len, sizeof *list->at, by_path);
	text_add(ret, "#mtree\n");
	for (size_t i = 0; i < list->len; i++)
		add_row(ret, &list->at[i]);
}
