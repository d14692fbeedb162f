/* read_pacman.c - Arch Linux packages: one compressed tar, its metadata in files that begin with a dot.
 *
 * alpm-package-format; libalpm's be_package.c; makepkg(8). The metadata is wanted before the entries: the tar is read up to the first
 * payload entry (further when .PKGINFO has not come yet), then once more from its start for the payload. */
#include "base/codec.h"
#include "base/digest.h"
#include "formats/keep.h"
#include "formats/mtree.h"
#include "formats/pkginfo.h"
#include "formats/tar.h"
#include <string.h>
#include <unistd.h>

enum { PKGINFO_MOST = 4 << 20, CHANGELOG_MOST = 16 << 20, LOST_MOST = 1000 };

static const char *const names[] = { ".PKGINFO", ".BUILDINFO", ".MTREE", ".INSTALL", ".CHANGELOG" };

struct pacman {
	struct sink gather, filter; /* first and second pass */
	struct sink *next;          /* of the filter */
	const struct source *src;
	const struct limits *limits;
	struct pkg *pkg;
	struct keep files;
	struct pkginfo info;
	enum codec codec;
	bool is_open, is_stopped, is_skipping;
	unsigned skipped;
};

static int pacman_bid(const struct source *src, const unsigned char *head, size_t len)
{
	return !src->is_dir && tar_kind_of(src, head, len) == TAR_PACMAN ? 95 : 0;
}

static uint64_t most_of(const char *name, const struct limits *limits, const char **ret_code)
{
	if (strcmp(name, ".INSTALL") == 0) {
		*ret_code = "E_LIMIT_SCRIPT";
		return limits->script;
	}
	return strcmp(name, ".MTREE") == 0        ? limits->metadata
		: strcmp(name, ".CHANGELOG") == 0 ? CHANGELOG_MOST
						  : PKGINFO_MOST;
}

static bool is_metadata(const char *path)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(path + 1, names[i]) == 0)
			return true;
	return false;
}

/* ---- the first pass: metadata */

static int gather_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct pacman *p = (struct pacman *)s;

	p->is_open = is_metadata(entry->path);
	if (p->is_open)
		return sink_entry_begin(&p->files.sink, entry, e);
	p->is_stopped = keep_find(&p->files, ".PKGINFO") != NULL;
	return p->is_stopped ? err_input(e, "E_STRUCTURE", "the metadata is read") : 0;
}

static int gather_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct pacman *p = (struct pacman *)s;

	return p->is_open ? sink_data(&p->files.sink, bytes, len, e) : 0;
}

static int gather_end(struct sink *s, struct err *e)
{
	return 0;
}

static const struct sink_ops gather_ops = { NULL, gather_begin, gather_data, gather_end, NULL, NULL };

/* ---- the second pass: payload */

static struct pacman *of_filter(struct sink *s)
{
	return (struct pacman *)((char *)s - offsetof(struct pacman, filter));
}

static int filter_start(struct sink *s, const struct pkg *meta, struct err *e)
{
	return sink_begin(of_filter(s)->next, meta, e);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_backup(const struct pacman *p, const char *path)
{
	return p->info.backups.len &&
		bsearch(&path, p->info.backups.at, p->info.backups.len, sizeof *p->info.backups.at, by_text);
}

/* libalpm passes over every name that begins with a dot; what stands behind the payload has not been read. */
static int filter_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct pacman *p = of_filter(s);
	struct entry copy = *entry;

	p->is_skipping = entry->path[1] == '.';
	if (is_metadata(entry->path)) {
		if (keep_find(&p->files, entry->path + 1))
			return 0;
		return err_input(e, "E_STRUCTURE", "%s stands behind the files it describes", entry->path + 1);
	}
	if (p->is_skipping) {
		pkg_warn(p->pkg, "E_EXTRA_MEMBER", entry->path, "pacman installs nothing whose name begins with a dot");
		p->skipped++;
		return 0;
	}
	if (entry->type == ENTRY_FILE && is_backup(p, entry->path))
		copy.flags |= ENTRY_CONFIG | ENTRY_NOREPLACE;
	return sink_entry_begin(p->next, &copy, e);
}

static int filter_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct pacman *p = of_filter(s);

	return p->is_skipping ? 0 : sink_data(p->next, bytes, len, e);
}

static int filter_end(struct sink *s, struct err *e)
{
	struct pacman *p = of_filter(s);

	return p->is_skipping ? 0 : sink_entry_end(p->next, e);
}

static int filter_close(struct sink *s, struct err *e)
{
	return sink_close(of_filter(s)->next, e);
}

static const struct sink_ops filter_ops = { filter_start, filter_begin, filter_data, filter_end, filter_close, NULL };

/* ---- metadata into the package */

static int take_pkginfo(struct pacman *p, const struct kept *f, struct err *e)
{
	if (pkginfo_parse(p->pkg, FAMILY_PACMAN, f->at, f->len, &p->info, e))
		return -1;
	if (p->info.backups.len)
		qsort(p->info.backups.at, p->info.backups.len, sizeof *p->info.backups.at, by_text);
	return 0;
}

static int take_install(struct pacman *p, const struct kept *f, struct err *e)
{
	struct script *s = pkg_add_script(p->pkg);

	if (s == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the scripts take too much memory");
	s->event = EVENT_POST_INSTALL;
	s->source = ".INSTALL";
	s->interpreter = "/bin/bash";
	s->body = arena_copy(&p->pkg->arena, f->at, f->len);
	s->len = f->len;
	if (s->body == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the scripts take too much memory");
	guard_script(p->pkg, s);
	return 0;
}

static int take_changelog(struct pacman *p, const struct kept *f, struct err *e)
{
	if (memchr(f->at, 0, f->len))
		return err_input(e, "E_METADATA", "a NUL byte");
	p->pkg->changelog = arena_copy(&p->pkg->arena, f->at, f->len);
	return p->pkg->changelog ? 0 : err_input(e, "E_LIMIT_MEMORY", "the changelog takes too much memory");
}

static int take_mtree(struct pacman *p, const struct kept *f, struct mtree *m, struct err *e)
{
	struct codec_limits limits = {
		.memory = p->limits->memory / 8, .output = p->limits->metadata, .ratio = p->limits->ratio
	};
	enum codec c = codec_of(f->at, f->len);
	AUTO_IN *in = in_mem(f->at, f->len);
	AUTO_OUT *out = NULL;
	AUTO_FREE char *text = NULL;
	unsigned char buf[16384];
	size_t len = 0;
	long got = 0;

	if (c != CODEC_NONE)
		in = in_codec(in, c, &limits);
	out = out_mem((size_t)p->limits->metadata, &text, &len);
	while ((got = in_some(in, buf, sizeof buf, e)) > 0)
		if (out_write(out, buf, (size_t)got, e))
			return -1;
	if (got < 0)
		return -1;
	if (c != CODEC_NONE && in_codec_trailing(in))
		return err_input(e, "E_TRAILING_DATA", "bytes after the end of the compressed stream");
	got = out_close(out, e);
	out = NULL;
	return got ? -1 : mtree_parse(m, text, len, e);
}

static int take_file(struct pacman *p, const struct kept *f, struct mtree *m, struct err *e)
{
	if (strcmp(f->name, ".PKGINFO") == 0)
		return take_pkginfo(p, f, e);
	if (strcmp(f->name, ".INSTALL") == 0)
		return take_install(p, f, e);
	if (strcmp(f->name, ".CHANGELOG") == 0)
		return take_changelog(p, f, e);
	if (strcmp(f->name, ".MTREE") == 0)
		return take_mtree(p, f, m, e);
	return kept_field(p->pkg, f, e);
}

/* .MTREE lists the other metadata too; their bytes are at hand. */
static int check_metadata(const struct pacman *p, struct mtree *m, struct err *e)
{
	for (size_t i = 0; i < m->marks.len; i++) {
		struct mtree_mark *mark = &m->marks.at[i];
		const struct kept *f = is_metadata(mark->path) ? keep_find(&p->files, mark->path + 1) : NULL;
		char hex[SHA256_HEX];

		if (f == NULL)
			continue;
		mark->is_seen = true;
		if (mark->has_size && mark->size != f->len)
			return err_input(e, "E_MISMATCH", ".MTREE tells another size of %s", f->name);
		sha256_hex(f->at, f->len, hex);
		if (mark->sha256 && strcmp(mark->sha256, hex) != 0)
			return err_input(e, "E_DIGEST", "%s is not what .MTREE says", f->name);
	}
	return 0;
}

static int take_metadata(struct pacman *p, struct mtree *m, struct err *e)
{
	if (keep_find(&p->files, ".PKGINFO") == NULL)
		return err_input(e, "E_METADATA", "the package holds no .PKGINFO");
	for (size_t i = 0; i < p->files.files.len; i++)
		if (take_file(p, &p->files.files.at[i], m, e)) {
			err_wrap(e, "%s", p->files.files.at[i].name);
			return err_member(e, p->files.files.at[i].name);
		}
	return check_metadata(p, m, e);
}

/* ---- both */

static int read_tar_of(struct pacman *p, struct guard *g, struct pkg *pkg, struct err *e)
{
	struct codec_limits limits = { .memory = p->limits->memory / 2, .ratio = p->limits->ratio };
	struct tar_options o = { .limits = p->limits, .size = p->codec == CODEC_NONE ? p->src->size : 0 };
	AUTO_IN *in = in_range(p->src->fd, 0, p->src->size);

	if (p->codec != CODEC_NONE)
		in = in_codec(in, p->codec, &limits);
	if (tar_read(in, &o, g, pkg, e))
		return -1;
	if (p->codec != CODEC_NONE && in_codec_trailing(in))
		return err_input(e, "E_TRAILING_DATA", "%llu bytes after the end of the compressed stream",
			(unsigned long long)in_codec_trailing(in));
	return 0;
}

static int gather(struct pacman *p, struct err *e)
{
	struct guard *g = guard_new(&p->gather, p->limits, p->src->size, NULL);
	struct err stopped = { 0 };
	int done = read_tar_of(p, g, NULL, &stopped);

	guard_free(g);
	if (done && !p->is_stopped) {
		*e = stopped;
		return -1;
	}
	return 0;
}

static void tell_rest(const struct pacman *p, const struct guard *g)
{
	if (p->skipped)
		pkg_lose(p->pkg, "*", LOSS_NOTE, "pacman installs nothing whose name begins with a dot",
			"entries:%u with such names", p->skipped);
	for (size_t i = 0; i < p->info.backups.len && i < LOST_MOST; i++)
		if (!guard_has(g, p->info.backups.at[i])) {
			pkg_warn(p->pkg, "E_METADATA", p->info.backups.at[i],
				"is listed as backup but is no file of the package");
			pkg_lose(p->pkg, "*", LOSS_NOTE, "no file of the package has this name", "conffile:%s",
				p->info.backups.at[i]);
		}
}

static int pass(struct pacman *p, struct err *e)
{
	struct guard *g = guard_new(&p->filter, p->limits, p->src->size, p->pkg);
	int done = sink_begin(guard_sink(g), p->pkg, e) || read_tar_of(p, g, p->pkg, e) ? -1 : 0;

	if (done == 0) {
		tell_rest(p, g);
		done = guard_finish(g, e);
	}
	guard_free(g);
	return done;
}

static int pacman_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct pacman p = {
		.gather = { &gather_ops }, .filter = { &filter_ops }, .src = src, .limits = limits, .pkg = pkg
	};
	unsigned char head[64];
	ssize_t len = pread(src->fd, head, sizeof head, 0);
	struct mtree m;
	int done;

	pkg->format = "pacman";
	pkg->has_metadata = true;
	p.codec = len > 0 ? codec_of(head, (size_t)len) : CODEC_NONE;
	keep_init(&p.files, "the package", limits, src->size, most_of);
	mtree_init(&m, sink, pkg, limits);
	p.next = &m.sink;
	done = gather(&p, e) || take_metadata(&p, &m, e) || pass(&p, e) ? -1 : 0;
	mtree_done(&m);
	keep_done(&p.files);
	pkginfo_done(&p.info);
	return done;
}

const struct reader read_pacman = {
	"pacman",
	pacman_bid,
	pacman_read,
	"Arch Linux packages (pacman), in zstd, xz, gzip or plain",
};
