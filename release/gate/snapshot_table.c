/* snapshot_table.c - the table of a release.json's packages: made from it, kept, read again. */
#include "release/gate/snapshot_table.h"
#include "base/fs.h"
#include "base/quick_text.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file: this, then the places as they lie in memory; a machine of another kind does not know its first bytes. */
struct header {
	uint64_t magic, size_of_place, len;
	char sha256[SHA256_HEX + 3]; /* of the release.json */
	uint32_t sum;                /* of the places */
};
enum { ITEM_MAX = 64 << 20, PLACES_MAX = 8 << 20 };
static const uint64_t magic = 0x736e61702d746231;

/* ---- hashes */

static void hash_of(struct sha256_open *o, void *ret, size_t len)
{
	unsigned char raw[32];

	sha256_open_end(o, raw);
	memcpy(ret, raw, len);
}

uint32_t snap_hash(const char *text, size_t len)
{
	struct sha256_open o;
	uint32_t hash;

	sha256_open_init(&o);
	sha256_open_add(&o, text, len);
	hash_of(&o, &hash, sizeof hash);
	return hash;
}

void snap_hashes_add(struct snap_hashes *h, const char *text)
{
	*LIST_ADD(&h->list) = snap_hash(text, strlen(text));
}

void snap_hashes_keys(struct snap_hashes *h, const json_t *map)
{
	const char *key;
	json_t *any;

	json_object_foreach((json_t *)map, key, any)
		snap_hashes_add(h, key);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void snap_hashes_sort(struct snap_hashes *h)
{
	if (h->list.len > 1)
		qsort(h->list.at, h->list.len, sizeof *h->list.at, by_number);
}

bool snap_hashes_has(const struct snap_hashes *h, uint32_t hash)
{
	return h->list.len && bsearch(&hash, h->list.at, h->list.len, sizeof *h->list.at, by_number);
}

void snap_hashes_done(struct snap_hashes *h)
{
	LIST_DONE(&h->list);
}

/* ---- one package */

enum { ADOPTED, ARCHITECTURE, BASE, COMPONENT, FORMAT, NAME, PATH, PRODUCT, RFC, SUITE, MEMBERS };
static const struct snap_member looked_at[MEMBERS] = { { .name = "adopted" }, { .name = "architecture" },
	{ .name = "base" }, { .name = "component" }, { .name = "format" }, { .name = "name" }, { .name = "path" },
	{ .name = "product" }, { .name = "rfc" }, { .name = "suite" } };

static uint32_t hash_member(const struct snap_member *m)
{
	return snap_hash(m->len ? m->at : "", m->len);
}

/* Each with its length before it: no two lists of texts are the same bytes. */
static void hash_where(const struct snap_member *m, uint64_t ret[2])
{
	bool is_deb = m[FORMAT].len == 3 && memcmp(m[FORMAT].at, "deb", 3) == 0;
	const struct snap_member *const parts[] = { &m[FORMAT], &m[is_deb ? SUITE : BASE], &m[ARCHITECTURE],
		&m[COMPONENT] };
	struct sha256_open o;

	sha256_open_init(&o);
	for (size_t i = 0; i < COUNT(parts); i++) {
		uint64_t len = parts[i]->len;

		sha256_open_add(&o, &len, sizeof len);
		sha256_open_add(&o, len ? parts[i]->at : "", len);
	}
	hash_of(&o, ret, 2 * sizeof *ret);
}

void snap_place_of(const struct snap_item *item, struct snap_place *ret)
{
	struct snap_member m[MEMBERS];

	memcpy(m, looked_at, sizeof m);
	snap_item_members(item, m, MEMBERS);
	*ret = (struct snap_place){ .at = item->offset,
		.len = (uint32_t)item->len,
		.is_adopted = m[ADOPTED].len != 0,
		.name = hash_member(&m[NAME]),
		.product = hash_member(&m[PRODUCT]),
		.path = hash_member(&m[PATH]),
		.rfc = hash_member(&m[RFC]) };
	hash_where(m, ret->where);
}

int snap_table_item(struct snap_table *t, size_t i, struct snap_item *ret, struct err *e)
{
	const struct snap_place *p = &t->list.at[i];

	t->item.len = 0;
	text_room(&t->item, p->len + 1);
	if (fd_pread(t->file.fd, t->item.at, p->len, p->at, e))
		return err_wrap(e, "release.json");
	t->item.at[p->len] = '\0';
	*ret = (struct snap_item){ SNAP_PACKAGES, i, t->item.at, p->len, p->at };
	return 0;
}

/* ---- all of them */

static int make(struct snap_table *t, struct err *e)
{
	struct snap_item item;
	int got;

	t->list.len = 0;
	while ((got = snap_next(&t->file, &item, e)) > 0 && item.list == SNAP_PACKAGES)
		snap_place_of(&item, LIST_ADD(&t->list));
	return got < 0 ? -1 : 0;
}

/* One behind the other, within the file. */
static bool are_in_order(const struct snap_table *t, uint64_t size)
{
	uint64_t end = 0;

	for (size_t i = 0; i < t->list.len; i++) {
		const struct snap_place *p = &t->list.at[i];

		if (p->at <= end || p->at > size || p->len > ITEM_MAX || p->len > size - p->at)
			return false;
		end = p->at + p->len;
	}
	return true;
}

static bool read_places(struct snap_table *t, int fd, const struct header *h)
{
	size_t bytes = h->len * sizeof *t->list.at;
	struct err ignored = { 0 };
	struct stat file;

	t->list.at = mem_resize(NULL, bytes + 1);
	t->list.len = t->list.room = h->len;
	return fd_pread(fd, t->list.at, bytes, sizeof *h, &ignored) == 0 &&
		quick_text_sum(0, t->list.at, bytes) == h->sum && fstat(t->file.fd, &file) == 0 &&
		are_in_order(t, (uint64_t)file.st_size);
}

static bool take_noted(struct snap_table *t, const char *noted, const char *sha256)
{
	AUTO_FD int fd = open(noted, O_RDONLY | O_CLOEXEC);
	struct err ignored = { 0 };
	struct header h;

	if (fd < 0 || fd_pread(fd, &h, sizeof h, 0, &ignored) || h.magic != magic ||
		h.size_of_place != sizeof *t->list.at || h.len > PLACES_MAX ||
		memcmp(h.sha256, sha256, SHA256_HEX) != 0)
		return false;
	if (read_places(t, fd, &h))
		return true;
	LIST_DONE(&t->list);
	return false;
}

int snap_table_open(struct snap_table *t, const char *path, const char *noted, const char *sha256, struct err *e)
{
	struct snap_table made = { .list = { NULL, 0, 0 } };

	if (snap_open(&made.file, path, e))
		return -1;
	if (!take_noted(&made, noted, sha256) && make(&made, e)) {
		snap_table_done(&made);
		return err_wrap(e, "%s", path);
	}
	*t = made;
	return 0;
}

int snap_table_behind(const struct snap_table *t, const char *path, struct snap_reader *ret, struct err *e)
{
	const struct snap_place *last = t->list.len ? &t->list.at[t->list.len - 1] : NULL;

	return last ? snap_open_behind(ret, path, last->at + last->len + 1, e) : snap_open(ret, path, e);
}

int snap_table_keep(const struct snap_table *t, const char *noted, const char *sha256, struct err *e)
{
	AUTO_FD int fd = open(noted, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t bytes = t->list.len * sizeof *t->list.at;
	struct header h = { .magic = magic,
		.size_of_place = sizeof *t->list.at,
		.len = t->list.len,
		.sum = quick_text_sum(0, t->list.at, bytes) };

	if (fd < 0)
		return err_sys(e, "%s", noted);
	memcpy(h.sha256, sha256, SHA256_HEX);
	return fd_write(fd, &h, sizeof h, e) || fd_write(fd, t->list.at, bytes, e) ? err_wrap(e, "%s", noted) : 0;
}

void snap_table_done(struct snap_table *t)
{
	snap_close(&t->file);
	LIST_DONE(&t->list);
	text_done(&t->item);
	*t = (struct snap_table){ .list = { NULL, 0, 0 } };
}
