/* fuzz_snapshot_text.c - any bytes as a remembered release.json and as the pieces of an index: read or refused, always to an end. */
#include "base/fs.h"
#include "formats/index_doc.h"
#include "release/gate/snapshot_table.h"
#include <stdlib.h>
#include <string.h>

/* What is found of an item lies in it. */
static void look_at(const struct snap_item *item)
{
	struct snap_member m[] = { { .name = "adopted" }, { .name = "path" }, { .name = "product" } };
	char member[32];

	snap_item_member(item, "path", member, sizeof member);
	if (strlen(member) >= sizeof member || item->list >= SNAP_LISTS)
		abort();
	snap_item_members(item, m, COUNT(m));
	for (size_t i = 0; i < COUNT(m); i++)
		if (m[i].len && (m[i].at < item->at || m[i].len > item->len - (size_t)(m[i].at - item->at)))
			abort();
}

static void read_release(const char *path)
{
	AUTO_SNAP_READER reader = { 0 };
	AUTO_SNAP_READER releases = { 0 };
	AUTO_JSON *head = NULL;
	struct snap_item item;
	struct err e = { 0 };

	if (snap_open(&reader, path, &e) == 0)
		while (snap_next(&reader, &item, &e) > 0)
			look_at(&item);
	if (snap_open_releases(&releases, path, &e) == 0)
		while (snap_next(&releases, &item, &e) > 0)
			look_at(&item);
	head = snap_head(path, &e);
}

/* The same bytes, and those with one less: what is passed over ends somewhere. */
static void read_both(const char *path, const char *dir, const uint8_t *data, size_t size)
{
	AUTO_FREE char *other = fs_join(dir, "other");
	AUTO_SNAP_READER a = { 0 };
	AUTO_SNAP_READER b = { 0 };
	struct snap_item one, two;
	struct err e = { 0 };

	if (fs_write_file(other, data, size - (size > 0), 0600, &e))
		abort();
	if (snap_open(&a, path, &e) == 0 && snap_open(&b, other, &e) == 0)
		while (snap_next(&a, &one, &e) > 0 && snap_next(&b, &two, &e) > 0 && snap_pass_same(&a, &b, &e) == 0)
			continue;
}

/* The bytes as a release.json and as what was kept of it. */
static void read_table(const char *path)
{
	struct snap_table table = { .list = { NULL, 0, 0 } };
	struct snap_item item;
	struct err e = { 0 };

	if (snap_table_open(&table, path, path, "", &e) == 0)
		for (size_t i = 0; i < table.list.len; i++)
			if (snap_table_item(&table, i, &item, &e) == 0)
				look_at(&item);
	snap_table_done(&table);
}

static int load(void *context, const struct doc_entry *entry, char **ret, size_t *ret_len, struct err *e)
{
	*ret = mem_strdup("x");
	*ret_len = 1;
	return 0;
}

/* The bytes as table of pieces, beside compressed bytes that are none. */
static void read_pieces(const char *dir, const uint8_t *data, size_t size)
{
	static const struct doc_form form = { "", "", false };
	static const char *const removed[] = { "b" };
	const struct doc_entry added = { "a", "00", NULL };
	const struct doc_change change = { &added, 1, removed, 1, load, NULL };
	AUTO_FREE char *before = fs_join(dir, "before"), *table = mem_printf("%s.pieces", before),
		       *packed = mem_printf("%s.gz", before), *quick = mem_printf("%s.lz4", before),
		       *after = fs_join(dir, "after");
	struct err e = { 0 };
	struct doc doc;

	if (fs_write_file(table, data, size, 0600, &e) || fs_write_file(packed, data, size, 0600, &e) ||
		fs_write_file(quick, data, size, 0600, &e))
		abort();
	(void)index_doc_write(before, after, &form, &change, &doc, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *dir = NULL, *path = NULL;
	struct err e = { 0 };
	int status;

	if (size > 65536)
		return 0;
	if (fs_temp_dir("fuzz", &dir, &e))
		abort();
	path = fs_join(dir, "release.json");
	if (fs_write_file(path, data, size, 0600, &e))
		abort();
	read_release(path);
	read_both(path, dir, data, size);
	read_table(path);
	read_pieces(dir, data, size);
	status = fs_remove_tree(dir, &e);
	return status ? (abort(), 0) : 0;
}
