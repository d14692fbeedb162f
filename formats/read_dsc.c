/* read_dsc.c - Debian source packages and uploads: every file that is named lies beside, of the size and digest that is told.
 *
 * A .changes is read as an archive of the files it lists. A .dsc is read as the tree dpkg-source(1) unpacks, without applying patches: the
 * original tar less its top directory, debian/ from the packager's. */
#include "base/codec.h"
#include "base/fs.h"
#include "base/sums.h"
#include "base/text.h"
#include "formats/dsc.h"
#include "formats/tar.h"
#include "formats/version.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 128 << 10, LOOK = 8192 };

static int dsc_bid(const struct source *src, const unsigned char *head, size_t len)
{
	if (src->is_dir || !dsc_begins(head, len))
		return 0;
	return memmem(head, len, "\nSource: ", 9) && memmem(head, len, "\nVersion: ", 10) ? 80 : 0;
}

struct job {
	const struct source *src;
	const struct limits *limits;
	struct pkg *pkg;
	struct guard *guard;
	struct arena arena;
	struct dsc d;
};

/* ---- files beside */

struct beside {
	int fd;
	struct digest digest;
	struct in *in;
};

static void beside_close(struct beside *b)
{
	in_drop(&b->in);
	digest_done(&b->digest);
	if (b->fd >= 0)
		close(b->fd);
}

static int beside_open(const struct job *j, const struct dsc_file *f, struct beside *ret, struct err *e)
{
	struct stat st;
	int fd;

	if (j->src->beside_fd <= 0)
		return err_input(e, "E_LIMIT_DEPTH", "files beside a file that is inside another are not read");
	fd = openat(j->src->beside_fd, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ELOOP)
		return err_input(e, "E_LINK_ESCAPE", "%s is a link", f->name);
	if (fd < 0)
		return err_input(e, "E_MISMATCH", "%s is not beside this file", f->name);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != f->size) {
		close(fd);
		return err_input(e, "E_MISMATCH", "%s has not the %llu bytes that are told", f->name,
			(unsigned long long)f->size);
	}
	*ret = (struct beside){ .fd = fd };
	digest_init(&ret->digest, DIGEST_SHA256);
	ret->in = in_digest(in_range(fd, 0, f->size), &ret->digest, NULL);
	return 0;
}

/* After all of it passed. */
static int beside_check(struct beside *b, const struct dsc_file *f, struct err *e)
{
	char got[DIGEST_HEX];

	if (b->digest.count != f->size)
		return err_input(e, "E_TRAILING_DATA", "%s: bytes behind its archive", f->name);
	digest_end_hex(&b->digest, got);
	return strcmp(got, f->sha256) == 0
		? 0
		: err_input(e, "E_DIGEST", "%s has the sha256 %s, not %s", f->name, got, f->sha256);
}

/* All bytes to the sink (NULL: nowhere). */
static int pass_file(const struct job *j, const struct dsc_file *f, struct sink *sink, struct err *e)
{
	AUTO_FREE char *buf = mem_alloc(PIECE);
	struct beside b;
	long got = 0;
	int done = 0;

	if (beside_open(j, f, &b, e))
		return -1;
	while (done == 0 && (got = in_some(b.in, buf, PIECE, e)) > 0)
		done = sink ? sink_data(sink, buf, (size_t)got, e) : 0;
	if (done == 0 && got == 0)
		done = beside_check(&b, f, e);
	else
		done = -1;
	beside_close(&b);
	return done;
}

/* ---- .changes */

static int pass_upload(struct job *j, struct err *e)
{
	for (size_t i = 0; i < j->d.len; i++) {
		const struct dsc_file *f = &j->d.at[i];
		struct entry en;

		entry_init(&en);
		en.type = ENTRY_FILE;
		en.mode = 0644;
		en.size = f->size;
		if (guard_path(j->guard, f->name, strlen(f->name), false, &en.path, e) ||
			sink_entry_begin(guard_sink(j->guard), &en, e) || pass_file(j, f, guard_sink(j->guard), e) ||
			sink_entry_end(guard_sink(j->guard), e))
			return err_member(e, f->name);
	}
	return 0;
}

/* ---- .dsc: tars into one tree */

/* Stands behind a tar's own guard: takes its top directory off, leaves debian/ out of the original, puts a component below its name. */
struct shift {
	struct sink sink;
	struct job *job;
	char *top; /* the first entry's first component; NULL: not known yet, or nothing is taken off */
	bool strips, is_original, is_shown;
	const char *below; /* "" or "/component" */
	bool *has_patches;
};

/* The path in the tree; NULL: not part of it. */
static char *shifted(const struct shift *s, const char *path, struct err *e, bool *ret_failed)
{
	size_t top = s->strips ? strcspn(path + 1, "/") + 1 : 0;

	*ret_failed = false;
	if (s->strips && (strlen(s->top) != top - 1 || memcmp(path + 1, s->top, top - 1) != 0)) {
		err_input(e, "E_UNSUPPORTED", "%s lies beside the original's directory '%s'", path, s->top);
		*ret_failed = true;
		return NULL;
	}
	path += top;
	if (*path == 0)
		return NULL;
	if (s->is_original && (strcmp(path, "/debian") == 0 || text_starts(path, "/debian/")))
		return NULL;
	return mem_printf("%s%s", s->below, path);
}

static int shift_begin(struct sink *sink, const struct entry *entry, struct err *e)
{
	struct shift *s = (struct shift *)sink;
	struct entry en = *entry;
	bool failed;

	if (s->strips && s->top == NULL)
		s->top = mem_printf("%.*s", (int)strcspn(entry->path + 1, "/"), entry->path + 1);
	AUTO_FREE char *path = shifted(s, entry->path, e, &failed);
	if (failed)
		return -1;
	s->is_shown = path != NULL;
	if (path == NULL)
		return 0;
	en.path = path;
	AUTO_FREE char *target = entry->type == ENTRY_HARDLINK ? shifted(s, entry->target, e, &failed) : NULL;
	if (entry->type == ENTRY_HARDLINK && (failed || target == NULL))
		return failed ? -1 : err_input(e, "E_LINK_TARGET_MISSING", "%s is a hard link into debian/", path);
	if (target)
		en.target = target;
	*s->has_patches |= strcmp(path, "/debian/patches/series") == 0;
	return sink_entry_begin(guard_sink(s->job->guard), &en, e);
}

static int shift_data(struct sink *sink, const void *bytes, size_t len, struct err *e)
{
	struct shift *s = (struct shift *)sink;

	return s->is_shown ? sink_data(guard_sink(s->job->guard), bytes, len, e) : 0;
}

static int shift_end(struct sink *sink, struct err *e)
{
	struct shift *s = (struct shift *)sink;

	return s->is_shown ? sink_entry_end(guard_sink(s->job->guard), e) : 0;
}

static const struct sink_ops shift_ops = { .entry_begin = shift_begin, .data = shift_data, .entry_end = shift_end };

static int pass_tar(struct job *j, const struct dsc_file *f, struct shift *s, struct err *e)
{
	struct codec_limits cl = { .memory = j->limits->memory / 2, .ratio = j->limits->ratio };
	struct tar_options o = { .limits = j->limits };
	unsigned char head[LOOK];
	struct beside b;
	struct guard *g;
	ssize_t len;
	int done;

	if (beside_open(j, f, &b, e))
		return -1;
	len = pread(b.fd, head, sizeof head, 0);
	enum codec c = len > 0 ? codec_of(head, (size_t)len) : CODEC_NONE;
	if (c != CODEC_NONE)
		b.in = in_codec(b.in, c, &cl);
	else
		o.size = f->size;
	g = guard_new(&s->sink, j->limits, f->size, NULL);
	done = tar_read(b.in, &o, g, j->pkg, e) || guard_finish(g, e) || beside_check(&b, f, e) ? -1 : 0;
	guard_free(g);
	beside_close(&b);
	return done ? err_wrap(e, "%s", f->name) : 0;
}

enum part { PART_OTHER, PART_ORIGINAL, PART_COMPONENT, PART_DEBIAN, PART_NATIVE };

static bool ends_tar(const char *at)
{
	return text_starts(at, ".tar.") && !strchr(at + 5, '.');
}

/* NAME_VERSION.orig.tar.xz, .orig-COMPONENT.tar.xz, .debian.tar.xz, NAME_VERSION.tar.xz; signatures beside them are other files. */
static enum part part_of(const char *name, char component[64])
{
	const char *orig = strstr(name, ".orig"), *debian = strstr(name, ".debian.tar."), *tar = strstr(name, ".tar.");

	if (debian && ends_tar(debian + 7))
		return PART_DEBIAN;
	if (orig && ends_tar(orig + 5))
		return PART_ORIGINAL;
	if (orig && orig[5] == '-' && tar && ends_tar(tar) && tar - orig - 6 > 0 && tar - orig - 6 < 64) {
		memcpy(component, orig + 6, (size_t)(tar - orig) - 6);
		component[tar - orig - 6] = 0;
		return PART_COMPONENT;
	}
	return tar && ends_tar(tar) ? PART_NATIVE : PART_OTHER;
}

static int pass_part(struct job *j, const struct dsc_file *f, enum part part, const char *component, bool *has_patches,
	struct err *e)
{
	AUTO_FREE char *below = part == PART_COMPONENT ? mem_printf("/%s", component) : mem_strdup("");
	struct shift s = { .sink = { &shift_ops },
		.job = j,
		.strips = part != PART_DEBIAN,
		.is_original = part == PART_ORIGINAL,
		.below = below,
		.has_patches = has_patches };
	int done = pass_tar(j, f, &s, e);

	free(s.top);
	return done;
}

/* The tree's parts in order; what is no part of it (signatures) is compared all the same. */
static int pass_source(struct job *j, struct err *e)
{
	static const enum part order[] = { PART_ORIGINAL, PART_NATIVE, PART_COMPONENT, PART_DEBIAN, PART_OTHER };
	size_t counts[COUNT(order)] = { 0 };
	bool has_patches = false;

	for (size_t k = 0; k < COUNT(order); k++)
		for (size_t i = 0; i < j->d.len; i++) {
			char component[64] = "";
			enum part part = part_of(j->d.at[i].name, component);

			if (part != order[k])
				continue;
			counts[part]++;
			if (part == PART_OTHER ? pass_file(j, &j->d.at[i], NULL, e)
					       : pass_part(j, &j->d.at[i], part, component, &has_patches, e))
				return err_member(e, j->d.at[i].name);
		}
	if (counts[PART_ORIGINAL] + counts[PART_NATIVE] != 1 || counts[PART_DEBIAN] > 1 ||
		(counts[PART_DEBIAN] && !counts[PART_ORIGINAL]))
		return err_input(e, "E_STRUCTURE", "%zu originals, %zu whole trees and %zu debian tars make no source",
			counts[PART_ORIGINAL], counts[PART_NATIVE], counts[PART_DEBIAN]);
	if (has_patches)
		pkg_warn(j->pkg, "E_UNSUPPORTED", "debian/patches", "the patches are not applied");
	return 0;
}

static int check_format(const struct job *j, struct err *e)
{
	const char *format = deb822_get(&j->d.fields, "Format");

	for (size_t i = 0; i < j->d.len; i++)
		if (text_ends(j->d.at[i].name, ".diff.gz")) {
			err_input(e, "E_UNSUPPORTED", "a source of format 1.0 with a diff");
			return err_hint(e, "unpack it with dpkg-source -x and give the directory");
		}
	if (strcmp(format, "1.0") == 0 || strcmp(format, "3.0 (quilt)") == 0 || strcmp(format, "3.0 (native)") == 0)
		return 0;
	return err_input(e, "E_UNSUPPORTED", "a source of format '%.40s'", format);
}

/* ---- metadata */

static int take_fields(struct job *j, struct err *e)
{
	static const char *const kept[] = { "Format", "Binary", "Architecture", "Package-List", "Standards-Version",
		"Distribution", "Urgency", "Changed-By", "Vcs-Git", "Vcs-Browser", "Build-Depends",
		"Build-Depends-Indep", "Build-Depends-Arch", "Build-Conflicts", "Testsuite", "Closes" };

	for (size_t i = 0; i < COUNT(kept); i++) {
		const char *value = deb822_get(&j->d.fields, kept[i]);

		if (value && pkg_field(j->pkg, kept[i], value))
			return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
	}
	for (size_t i = 0; i < j->d.len; i++) {
		AUTO_FREE char *name = mem_printf("file:%s", j->d.at[i].name);

		if (pkg_field(j->pkg, name, j->d.at[i].sha256))
			return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
	}
	return 0;
}

static const char *text_of(struct job *j, const char *name)
{
	const char *value = deb822_get(&j->d.fields, name);

	return value ? arena_str(&j->pkg->arena, value) : "";
}

static int take_metadata(struct job *j, struct err *e)
{
	struct pkg *p = j->pkg;
	struct evr v;

	if (!version_deb_valid(deb822_get(&j->d.fields, "Version")))
		return err_input(e, "E_METADATA", "'%.100s' is no version", deb822_get(&j->d.fields, "Version"));
	if (evr_parse(&p->arena, deb822_get(&j->d.fields, "Version"), &v, e))
		return -1;
	p->epoch = v.epoch > 0 ? v.epoch : 0;
	p->version = v.version;
	p->release = v.release;
	p->name = text_of(j, "Source");
	p->maintainer = text_of(j, "Maintainer");
	p->homepage = text_of(j, "Homepage");
	p->description = text_of(j, "Description");
	p->changelog = text_of(j, "Changes");
	if (!p->name || !p->maintainer || !p->homepage || !p->description || !p->changelog)
		return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
	p->architecture = p->architecture_native = "noarch";
	return take_fields(j, e);
}

/* The whole file is its own signature: whoever judges it takes the text out of the frame again. */
static int take_signature(struct job *j, const char *text, size_t len, struct err *e)
{
	struct signature *s = j->d.is_signed ? pkg_add_signature(j->pkg) : NULL;

	if (!j->d.is_signed)
		return 0;
	if (s) {
		s->source = "clear-signed";
		s->covers = SIG_FILE;
		s->blob = (const unsigned char *)arena_copy(&j->pkg->arena, text, len);
		s->len = len;
		s->ranges = arena_alloc(&j->pkg->arena, sizeof *s->ranges);
		s->ranges_len = 1;
	}
	if (s == NULL || s->blob == NULL || s->ranges == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the signature takes too much memory");
	s->ranges[0] = (struct extent){ 0, j->src->size };
	return 0;
}

static int read_text(struct job *j, struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t len = (size_t)j->src->size;

	if (j->src->size > DSC_TEXT_MOST)
		return err_input(e, "E_LIMIT_METADATA", "%llu bytes, at most %d are read",
			(unsigned long long)j->src->size, DSC_TEXT_MOST);
	text = mem_alloc(len + 1);
	if (fd_pread(j->src->fd, text, len, 0, e) || dsc_parse(&j->arena, text, len, &j->d, e))
		return -1;
	j->pkg->format = j->d.is_changes ? "changes" : "dsc";
	return take_signature(j, text, len, e);
}

static int dsc_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct job j = { .src = src, .limits = limits, .pkg = pkg };
	uint64_t total = 0;
	int done;

	pkg->format = "dsc";
	arena_init(&j.arena, (size_t)(limits->memory / 8));
	done = read_text(&j, e) || (!j.d.is_changes && check_format(&j, e)) || take_metadata(&j, e) ? -1 : 0;
	for (size_t i = 0; i < j.d.len; i++)
		total += j.d.at[i].size;
	j.guard = guard_new(sink, limits, total, pkg);
	if (done == 0)
		done = sink_begin(guard_sink(j.guard), pkg, e) ||
				(j.d.is_changes ? pass_upload(&j, e) : pass_source(&j, e)) || guard_finish(j.guard, e)
			? -1
			: 0;
	guard_free(j.guard);
	dsc_done(&j.d);
	arena_done(&j.arena);
	return done;
}

const struct reader read_dsc = {
	"dsc",
	dsc_bid,
	dsc_read,
	"Debian source packages (.dsc) and uploads (.changes), with the files beside them",
};
