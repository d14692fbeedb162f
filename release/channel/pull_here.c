/* pull_here.c - what a pull finds here: the newest that was ever taken, and every file of the snapshots that are kept. */
#include "base/digest.h"
#include "base/fs.h"
#include "release/channel/pull_impl.h"
#include "release/gate/snapshot_text.h"
#include "release/store/blob.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SEEN_MAX = 64 << 10 };

static int read_seen(struct pulling *w, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len;

	if (!fs_exists(w->seen_path))
		return (w->seen = json_object()) ? 0 : -1;
	if (fs_read_file(w->seen_path, SEEN_MAX, &bytes, &len, e))
		return -1;
	w->seen = json_parse(bytes, len, w->seen_path, e);
	if (!w->seen)
		return err_hint(
			e, "it says which snapshot was taken last; without it, an old one could be passed off as new");
	return 0;
}

struct noting {
	struct pulling *w;
	uint32_t generation;
};

static void note(const struct noting *n, const char *sha256, uint32_t len, uint64_t at)
{
	unsigned char key[DIGEST_KEY];
	struct here *here;
	bool is_new;

	if (hex_parse(sha256, 2 * (size_t)DIGEST_KEY, key))
		return;
	here = digest_map_put(&n->w->have, key, &is_new);
	*here = (struct here){ n->generation, len, at };
}

/* Those lines were verified when they came: they are looked through, and parsed when their file is wanted. */
static int note_package(void *context, const struct snap_item *line, struct err *e)
{
	struct snap_member sha256 = { .name = "sha256" };

	(void)e;
	snap_item_members(line, &sha256, 1);
	if (sha256.len == SHA256_HEX - 1)
		note(context, sha256.at, (uint32_t)line->len, line->offset);
	return 0;
}

static int note_record(void *context, const struct snap_item *line, struct err *e)
{
	char digest[SHA256_HEX];

	(void)e;
	snap_item_digest(line, digest);
	if (*digest)
		note(context, digest, 0, 0);
	return 0;
}

static int note_generation(struct pulling *w, size_t i, struct err *e)
{
	const struct generation *g = &w->here.at[i];
	AUTO_FREE char *release = fs_join(g->dir, "release.json");
	struct noting n = { w, (uint32_t)i };
	const json_t *item;
	size_t k;

	json_array_foreach(json_list(g->release, "indexes"), k, item) {
		AUTO_FREE char *whole = fs_join(g->dir, json_text(item, "path"));

		if (digest_is_hex(json_text(item, "sha256")))
			json_set_str(w->have_indexes, json_text(item, "sha256"), whole);
	}
	return snap_each(release, SNAP_PACKAGES, note_package, &n, e) ||
			snap_each(release, SNAP_RECORDS, note_record, &n, e)
		? -1
		: 0;
}

int pull_note_here(struct pulling *w, struct err *e)
{
	pull_forget_here(w);
	w->have_indexes = json_object();
	for (size_t i = w->here.len; i-- > 0;) /* the newest last: its files are those that are found */
		if (note_generation(w, i, e))
			return -1;
	return 0;
}

/* A snapshot whose release.json was spoilt says nothing of its files any more: then all of it comes anew. */
static int read_here(struct pulling *w, struct err *e)
{
	struct err why = { 0 };

	if (generations_read(w->snapshots, &w->here, &why) == 0 && pull_note_here(w, &why) == 0)
		return 0;
	if (why.class != ERR_INPUT) {
		*e = why;
		return -1;
	}
	generations_done(&w->here);
	return pull_note_here(w, e);
}

/* What was fetched once is not fetched again. Snapshots here were verified whole when they came, and the next one is before it is served. */
int pull_look_around(struct pulling *w, struct err *e)
{
	return fs_mkdirs(w->snapshots, 0755, e) || fs_mkdirs(w->parts, 0755, e) ||
			snapshots_drop_links(w->p->into, e) || read_here(w, e) || read_seen(w, e) ||
			parts_read(w->current, &w->had, e)
		? -1
		: 0;
}

/* The package's line once more, from its generation's release.json. */
static json_t *line_of(struct pulling *w, const struct here *here)
{
	AUTO_FREE char *text = mem_alloc((size_t)here->len + 1);
	struct err ignored = { 0 };

	if (w->lines < 0 || w->lines_of != here->generation) {
		AUTO_FREE char *path = fs_join(w->here.at[here->generation].dir, "release.json");
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (w->lines >= 0)
			close(w->lines);
		w->lines = fd < 0 ? -1 : snap_lines(fd, path, &ignored);
		w->lines_of = here->generation;
	}
	if (w->lines < 0 || fd_pread(w->lines, text, here->len, here->at, &ignored))
		return NULL;
	return json_parse(text, here->len, "release.json", &ignored);
}

char *pull_find_here(struct pulling *w, const char *sha256)
{
	const char *index = json_text(w->have_indexes, sha256), *dir;
	unsigned char key[DIGEST_KEY];
	const struct here *here;
	AUTO_JSON *package = NULL;

	if (*index)
		return mem_strdup(index);
	if (!digest_is_hex(sha256) || hex_parse(sha256, 2 * (size_t)DIGEST_KEY, key) ||
		!(here = digest_map_find(&w->have, key)))
		return NULL;
	dir = w->here.at[here->generation].dir;
	if (!here->len)
		return mem_printf("%s/records/%s", dir, sha256);
	package = line_of(w, here);
	return package ? fs_join(dir, json_text(package, "path")) : NULL;
}

void pull_forget_here(struct pulling *w)
{
	digest_map_done(&w->have);
	json_decref(w->have_indexes);
	w->have_indexes = NULL;
	if (w->lines >= 0)
		close(w->lines);
	w->lines = -1;
}
