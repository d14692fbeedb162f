/* read_apk.c - Alpine packages of version 2: gzip members in a row, each a piece of a tar: signatures, control, data.
 *
 * apk-package(5), apk-tools' v2 format: an RSA signature in ".SIGN.*" covers the compressed control segment, whose .PKGINFO tells the
 * sha256 of the compressed data segment. apk parts the segments by names, we by members; where the two differ the file is refused. */
#include "base/codec.h"
#include "base/digest.h"
#include "base/sums.h"
#include "base/text.h"
#include "formats/keep.h"
#include "formats/pkginfo.h"
#include "formats/tar.h"
#include <string.h>

enum { PKGINFO_MOST = 4 << 20, SIGNATURE_MOST = 64 << 10, SIGNATURES_MOST = 16, OTHER_MOST = 16 << 20 };

static const char sign_prefix[] = ".SIGN.";

static const struct {
	const char *name;
	enum event event;
} scripts[] = {
	{ ".pre-install", EVENT_PRE_INSTALL },
	{ ".post-install", EVENT_POST_INSTALL },
	{ ".pre-upgrade", EVENT_PRE_UPGRADE },
	{ ".post-upgrade", EVENT_POST_UPGRADE },
	{ ".pre-deinstall", EVENT_PRE_REMOVE },
	{ ".post-deinstall", EVENT_POST_REMOVE },
	{ ".trigger", EVENT_TRIGGER },
};

struct apk {
	struct sink filter; /* of the data segment */
	struct sink *next;
	const struct source *src;
	const struct limits *limits;
	struct pkg *pkg;
	struct pkginfo info;
	uint64_t at;    /* where the next segment begins */
	bool has_files; /* an entry of the data segment came that apk cannot take for control */
};

static int apk_bid(const struct source *src, const unsigned char *head, size_t len)
{
	return !src->is_dir && tar_kind_of(src, head, len) == TAR_APK ? 95 : 0;
}

static int script_of(const char *name)
{
	for (size_t i = 0; i < COUNT(scripts); i++)
		if (strcmp(scripts[i].name, name) == 0)
			return (int)i;
	return -1;
}

static uint64_t most_of(const char *name, const struct limits *limits, const char **ret_code)
{
	if (strcmp(name, ".PKGINFO") == 0)
		return PKGINFO_MOST;
	if (text_starts(name, sign_prefix))
		return SIGNATURE_MOST;
	if (script_of(name) < 0)
		return OTHER_MOST;
	*ret_code = "E_LIMIT_SCRIPT";
	return limits->script;
}

/* ---- segments */

/* One gzip member as a tar; digest (may be NULL) is of its compressed bytes and of whatever the file holds behind it. */
static int segment(struct apk *a, struct guard *g, struct pkg *pkg, bool is_data, struct digest *digest, struct err *e)
{
	struct codec_limits limits = { .memory = a->limits->memory / 2, .ratio = a->limits->ratio, .is_single = true };
	struct tar_options o = {
		.limits = a->limits, .may_be_empty = is_data, .may_lack_end = !is_data, .has_apk_digests = is_data
	};
	struct in *below = in_range(a->src->fd, a->at, a->src->size - a->at);
	AUTO_IN *in = in_codec(digest ? in_digest(below, digest, NULL) : below, CODEC_GZIP, &limits);

	if (tar_read(in, &o, g, pkg, e))
		return -1;
	a->at += in_codec_consumed(in);
	return 0;
}

/* Signatures or control: small files, held. */
static int read_small(struct apk *a, struct keep *files, struct err *e)
{
	struct guard *g = guard_new(&files->sink, a->limits, a->src->size, NULL);
	uint64_t from = a->at;
	int done = segment(a, g, NULL, false, NULL, e) || guard_finish(g, e) ? -1 : 0;

	guard_free(g);
	return done ? err_at(e, from) : 0;
}

static bool is_signatures(const struct keep *files)
{
	return files->files.len > 0 && text_starts(files->files.at[0].name, sign_prefix);
}

/* A segment holds signatures or control, not both; apk would take a name without a dot for the beginning of the data. */
static int check_names(const struct keep *files, struct err *e)
{
	for (size_t i = 0; i < files->files.len; i++) {
		const char *name = files->files.at[i].name;

		if (name[0] != '.')
			return err_input(e, "E_STRUCTURE", "%s comes before the control segment is complete", name);
		if (text_starts(name, sign_prefix) != is_signatures(files))
			return err_input(e, "E_STRUCTURE", "%s does not belong into the segment of %s", name,
				files->files.at[0].name);
	}
	return 0;
}

/* ---- signatures: a bare RSA signature each, over the bytes of the control segment */

static int take_signature(struct apk *a, const struct kept *f, struct err *e)
{
	struct signature *s;

	if (a->pkg->signatures.len == SIGNATURES_MOST)
		return err_input(e, "E_LIMIT_METADATA", "more than %d signatures", SIGNATURES_MOST);
	s = pkg_add_signature(a->pkg);
	if (s == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the signatures take too much memory");
	s->source = arena_str(&a->pkg->arena, f->name);
	s->covers = SIG_HEADER;
	s->blob = (const unsigned char *)arena_copy(&a->pkg->arena, f->at, f->len);
	s->len = f->len;
	s->ranges = arena_alloc(&a->pkg->arena, sizeof *s->ranges);
	if (s->source == NULL || s->blob == NULL || s->ranges == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the signatures take too much memory");
	return 0;
}

static void cover(struct apk *a, uint64_t from)
{
	for (size_t i = 0; i < a->pkg->signatures.len; i++) {
		a->pkg->signatures.at[i].ranges[0] = (struct extent){ from, a->at - from };
		a->pkg->signatures.at[i].ranges_len = 1;
	}
}

/* ---- control */

static int take_script(struct apk *a, const struct kept *f, enum event event, struct err *e)
{
	bool is_trigger = event == EVENT_TRIGGER;

	if (is_trigger && !*a->info.triggers)
		pkg_warn(a->pkg, "E_METADATA", f->name, ".PKGINFO names no folders that would run it");
	return kept_script(a->pkg, f, event, is_trigger ? a->info.triggers : "", e);
}

static int take_control(struct apk *a, const struct keep *files, struct err *e)
{
	const struct kept *info = keep_find(files, ".PKGINFO");

	if (info == NULL)
		return err_input(e, "E_METADATA", "the control segment holds no .PKGINFO");
	if (pkginfo_parse(a->pkg, FAMILY_APK, info->at, info->len, &a->info, e)) {
		err_wrap(e, ".PKGINFO");
		return err_member(e, ".PKGINFO");
	}
	for (size_t i = 0; i < files->files.len; i++) {
		const struct kept *f = &files->files.at[i];
		int script = script_of(f->name);

		if (f == info)
			continue;
		if (script >= 0 ? take_script(a, f, scripts[script].event, e) : kept_field(a->pkg, f, e))
			return err_member(e, f->name);
	}
	if (*a->info.triggers && keep_find(files, ".trigger") == NULL)
		pkg_warn(a->pkg, "E_METADATA", ".PKGINFO", "names folders with a trigger, but there is no .trigger");
	return 0;
}

/* Signature segments up to the control segment, which is taken. */
static int read_head(struct apk *a, struct err *e)
{
	for (bool is_control = false; !is_control;) {
		uint64_t from = a->at;
		AUTO(keep) files;
		int done;

		if (from == a->src->size)
			return err_input(e, "E_TRUNCATED", "the file ends before the control segment");
		keep_init(&files, "a segment before the data", a->limits, a->src->size, most_of);
		if (read_small(a, &files, e) || check_names(&files, e))
			return -1;
		if (files.files.len == 0)
			return err_input(e, "E_EMPTY", "a segment holds nothing");
		is_control = !is_signatures(&files);
		done = is_control ? take_control(a, &files, e) : 0;
		for (size_t i = 0; !is_control && done == 0 && i < files.files.len; i++)
			done = take_signature(a, &files.files.at[i], e);
		if (done)
			return -1;
		if (is_control)
			cover(a, from);
	}
	return 0;
}

/* ---- data */

static int filter_start(struct sink *s, const struct pkg *meta, struct err *e)
{
	return sink_begin(((struct apk *)s)->next, meta, e);
}

/* apk keeps what the administrator changed below /etc, whatever the package says: apk_db_init of apk-tools 2 ("+etc", "@etc/init.d",
 * "!etc/apk"; '@' is for links alone). Elsewhere a package has to say so. */
static bool is_protected(const struct entry *entry)
{
	return entry->type == ENTRY_FILE && text_starts(entry->path, "/etc/") &&
		!text_starts(entry->path, "/etc/init.d/") && !text_starts(entry->path, "/etc/apk/");
}

/* apk takes whatever begins with a dot for control until another name came. */
static int filter_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct apk *a = (struct apk *)s;
	const char *name = entry->path + 1;
	bool is_top = strchr(name, '/') == NULL;

	if (is_top && (strcmp(name, ".PKGINFO") == 0 || text_starts(name, sign_prefix) || script_of(name) >= 0))
		return err_input(e, "E_STRUCTURE", "%s is a control file, but stands in the data segment", name);
	if (is_top && name[0] == '.' && entry->type != ENTRY_DIR && !a->has_files)
		return err_input(e, "E_STRUCTURE", "%s begins the data segment: apk takes it for control", name);
	a->has_files = true;
	if (is_protected(entry)) {
		struct entry kept = *entry;

		kept.flags |= ENTRY_CONFIG | ENTRY_NOREPLACE;
		return sink_entry_begin(a->next, &kept, e);
	}
	return sink_entry_begin(a->next, entry, e);
}

static int filter_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	return sink_data(((struct apk *)s)->next, bytes, len, e);
}

static int filter_end(struct sink *s, struct err *e)
{
	return sink_entry_end(((struct apk *)s)->next, e);
}

static int filter_close(struct sink *s, struct err *e)
{
	return sink_close(((struct apk *)s)->next, e);
}

static const struct sink_ops filter_ops = { filter_start, filter_begin, filter_data, filter_end, filter_close, NULL };

static int check_end(struct apk *a, struct digest *d, struct err *e)
{
	char hex[DIGEST_HEX];

	if (a->at != a->src->size) {
		err_input(e, "E_TRAILING_DATA", "%llu bytes after the data segment",
			(unsigned long long)(a->src->size - a->at));
		return err_at(e, a->at);
	}
	digest_end_hex(d, hex);
	if (a->info.datahash == NULL) {
		pkg_warn(a->pkg, "E_DIGEST", ".PKGINFO", "there is no datahash: nothing says what the data must be");
		return 0;
	}
	return strcmp(hex, a->info.datahash) == 0
		? 0
		: err_input(e, "E_DIGEST", "the data segment is not what datahash says");
}

static int read_data(struct apk *a, struct err *e)
{
	struct guard *g = guard_new(&a->filter, a->limits, a->src->size, a->pkg);
	struct digest d;
	int done;

	digest_init(&d, DIGEST_SHA256);
	done = a->at == a->src->size ? err_input(e, "E_TRUNCATED", "the data segment is missing") : 0;
	if (done == 0)
		done = sink_begin(guard_sink(g), a->pkg, e) || segment(a, g, a->pkg, true, &d, e) ||
				check_end(a, &d, e) || guard_finish(g, e)
			? -1
			: 0;
	digest_done(&d);
	guard_free(g);
	return done;
}

static int apk_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct apk a = { .filter = { &filter_ops }, .next = sink, .src = src, .limits = limits, .pkg = pkg };
	int done;

	pkg->format = "apk";
	pkg->has_metadata = true;
	done = read_head(&a, e) || read_data(&a, e) ? -1 : 0;
	pkginfo_done(&a.info);
	return done;
}

const struct reader read_apk = {
	"apk",
	apk_bid,
	apk_read,
	"Alpine packages (apk version 2)",
};
