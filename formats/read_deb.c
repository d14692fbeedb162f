/* read_deb.c - Debian binary packages: three members in a fixed order, two of them tars. deb(5).
 *
 * The ar headers are read first (a few hundred bytes), so that what is covered by a signature stands before the entries flow;
 * then control.tar, then data.tar, each once. */
#include "base/codec.h"
#include "base/fs.h"
#include "formats/ar.h"
#include "formats/deb_control.h"
#include "formats/deb_private.h"
#include "formats/tar.h"
#include <string.h>

enum { VERSION_MOST = 256, SIGNATURE_MOST = 64 << 10 };

struct deb {
	const struct source *src;
	const struct limits *limits;
	struct sink *sink;
	struct pkg *pkg;
	struct ar_list members;
	const struct ar_member *control, *data;
};

static int deb_bid(const struct source *src, const unsigned char *head, size_t len)
{
	if (src->is_dir || len < 8 || memcmp(head, "!<arch>\n", 8) != 0)
		return 0;
	return len >= 8 + AR_HEADER && memcmp(head + 8, "debian-binary", 13) == 0 ? 95 : 40;
}

/* Compression as the member's name says. */
static const struct {
	const char *suffix;
	enum codec codec;
} suffixes[] = { { "", CODEC_NONE }, { ".gz", CODEC_GZIP }, { ".xz", CODEC_XZ }, { ".zst", CODEC_ZSTD },
	{ ".bz2", CODEC_BZIP2 }, { ".lzma", CODEC_LZMA } };

/* Is it stem, or stem with one of the suffixes? CODEC_UNKNOWN: no. */
static int codec_for(const char *name, const char *stem)
{
	size_t len = strlen(stem);

	if (strncmp(name, stem, len) != 0)
		return CODEC_UNKNOWN;
	for (size_t i = 0; i < COUNT(suffixes); i++)
		if (strcmp(name + len, suffixes[i].suffix) == 0)
			return (int)suffixes[i].codec;
	return CODEC_UNKNOWN;
}

/* debian-binary; members starting with '_'; control.tar; data.tar; members starting with '_'. Nothing else, nothing twice. */
static int find_members(struct deb *d, struct err *e)
{
	const struct ar_list *l = &d->members;

	if (l->len == 0 || strcmp(l->at[0].name, "debian-binary") != 0)
		return err_input(e, "E_STRUCTURE", "the first member is not debian-binary");
	for (size_t i = 1; i < l->len; i++) {
		const struct ar_member *m = &l->at[i];
		bool is_control = codec_for(m->name, "control.tar") >= 0, is_data = codec_for(m->name, "data.tar") >= 0;

		for (size_t k = 0; k < i; k++)
			if (strcmp(l->at[k].name, m->name) == 0)
				return err_input(e, "E_DUPLICATE_MEMBER", "the member %s comes twice", m->name);
		if ((is_control && d->control) || (is_data && d->data))
			return err_input(e, "E_DUPLICATE_MEMBER", "%s comes after %s", m->name,
				is_control ? d->control->name : d->data->name);
		if (is_data && d->control == NULL)
			return err_input(e, "E_STRUCTURE", "%s comes before the control member", m->name);
		if (is_control)
			d->control = m;
		else if (is_data)
			d->data = m;
		else if (m->name[0] != '_')
			return err_input(e, "E_STRUCTURE", "a deb has no place for a member %s", m->name);
		else if (d->control && d->data == NULL)
			return err_input(e, "E_STRUCTURE", "the member %s stands between control and data", m->name);
	}
	if (d->control == NULL || d->data == NULL)
		return err_input(e, "E_STRUCTURE", "the %s member is missing", d->control ? "data" : "control");
	return 0;
}

/* "2.0\n"; a higher minor version may add members but changes none. */
static int check_version(struct deb *d, struct err *e)
{
	const struct ar_member *m = &d->members.at[0];
	char text[VERSION_MOST + 1] = "";
	size_t digits;

	if (m->size == 0 || m->size > VERSION_MOST)
		return err_input(e, "E_CORRUPT", "debian-binary holds %llu bytes", (unsigned long long)m->size);
	if (fd_pread(d->src->fd, text, (size_t)m->size, m->at, e))
		return -1;
	if (text[0] < '0' || text[0] > '9' || text[1] != '.')
		return err_input(e, "E_CORRUPT", "debian-binary holds no version");
	if (text[0] != '2')
		return err_input(e, "E_UNSUPPORTED", "deb format version %.8s; 2.x is understood", text);
	digits = strspn(text + 2, "0123456789");
	if (digits == 0 || text[2 + digits] != '\n')
		return err_input(e, "E_CORRUPT", "debian-binary: the version's line does not end");
	if (strcmp(text, "2.0\n") != 0)
		pkg_warn(d->pkg, "E_METADATA", "debian-binary", "format version %.*s is read as 2.0", (int)(2 + digits),
			text);
	return 0;
}

static int take_signature(struct deb *d, const struct ar_member *m, struct err *e)
{
	const struct ar_member *covered[] = { &d->members.at[0], d->control, d->data };
	struct signature *s;
	unsigned char *blob;

	if (m->size > SIGNATURE_MOST)
		return err_input(e, "E_LIMIT_METADATA", "%s holds %llu bytes", m->name, (unsigned long long)m->size);
	s = pkg_add_signature(d->pkg);
	blob = arena_alloc(&d->pkg->arena, (size_t)m->size + 1);
	if (s == NULL || blob == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the signatures take too much memory");
	if (fd_pread(d->src->fd, blob, (size_t)m->size, m->at, e))
		return -1;
	s->source = arena_str(&d->pkg->arena, m->name);
	s->covers = SIG_PAYLOAD;
	s->blob = blob;
	s->len = (size_t)m->size;
	s->ranges = arena_alloc(&d->pkg->arena, COUNT(covered) * sizeof *s->ranges);
	if (s->source == NULL || s->ranges == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the signatures take too much memory");
	for (size_t i = 0; i < COUNT(covered); i++)
		s->ranges[s->ranges_len++] = (struct extent){ covered[i]->at, covered[i]->size };
	return 0;
}

static int take_extra(struct deb *d, struct err *e)
{
	for (size_t i = 1; i < d->members.len; i++) {
		const struct ar_member *m = &d->members.at[i];

		if (m == d->control || m == d->data)
			continue;
		if (strncmp(m->name, "_gpg", 4) == 0) {
			if (take_signature(d, m, e))
				return err_member(e, m->name);
			continue;
		}
		pkg_warn(d->pkg, "E_EXTRA_MEMBER", m->name, "the member is not used");
		pkg_lose(d->pkg, "*", LOSS_NOTE, "a member without a meaning that is known here", "member:%s", m->name);
	}
	return 0;
}

/* The member's bytes decoded; the name and the bytes must agree on how. */
static struct in *open_member(struct deb *d, const struct ar_member *m, const char *stem, struct err *e)
{
	struct codec_limits limits = { .memory = d->limits->memory / 2, .ratio = d->limits->ratio };
	enum codec said = (enum codec)codec_for(m->name, stem), found;
	unsigned char head[64];
	size_t len = m->size < sizeof head ? (size_t)m->size : sizeof head;

	if (fd_pread(d->src->fd, head, len, m->at, e))
		return NULL;
	found = codec_of(head, len);
	if (m->size == 0)
		return err_input(e, "E_EMPTY", "the member is empty"), NULL;
	if (found != said && said != CODEC_LZMA && !(said == CODEC_NONE && found == CODEC_LZMA)) {
		err_input(e, "E_MISMATCH", "the name says %s, the bytes say %s", codec_name(said), codec_name(found));
		return NULL;
	}
	if (said == CODEC_LZMA || said == CODEC_BZIP2)
		pkg_warn(d->pkg, "E_METADATA", m->name, "%s is a compression dpkg gave up", codec_name(said));
	return said == CODEC_NONE ? in_range(d->src->fd, m->at, m->size)
				  : in_codec(in_range(d->src->fd, m->at, m->size), said, &limits);
}

static void offer_payload(struct deb *d)
{
	int codec = codec_for(d->data->name, "data.tar");

	if (codec != CODEC_NONE)
		d->pkg->payload = (struct payload){ .at = d->data->at, .len = d->data->size, .codec = codec };
}

/* What was offered is confirmed, or taken back: what dpkg reads otherwise than we do, or not at all, is written anew. */
static void settle_payload(struct pkg *pkg, uint64_t unpacked)
{
	if (pkg->payload.len > 0 && unpacked > 0)
		pkg->payload.unpacked = unpacked;
	else
		pkg->payload = (struct payload){ 0 };
}

static int read_tar_member(
	struct deb *d, const struct ar_member *m, const char *stem, struct guard *g, struct pkg *pkg, struct err *e)
{
	bool is_odd = false;
	struct tar_options o = {
		.limits = d->limits, .absolute_ok = true, .may_be_empty = true, .ret_is_odd = &is_odd
	};
	AUTO_IN *in = open_member(d, m, stem, e);

	if (in == NULL || tar_read(in, &o, g, pkg, e))
		return -1;
	if (codec_for(m->name, stem) != CODEC_NONE && in_codec_trailing(in))
		return err_input(e, "E_TRAILING_DATA", "%llu bytes after the end of the compressed stream",
			(unsigned long long)in_codec_trailing(in));
	if (pkg)
		settle_payload(pkg, !is_odd && in_codec_members(in) == 1 ? in->count : 0);
	return 0;
}

static int unpack_control(struct deb *d, struct keep *c, struct err *e)
{
	struct guard *g = guard_new(&c->sink, d->limits, d->control->size, NULL);
	int done = read_tar_member(d, d->control, "control.tar", g, NULL, e) || guard_finish(g, e) ? -1 : 0;

	guard_free(g);
	return done;
}

static int read_control(struct deb *d, struct deb_marks *marks, struct err *e)
{
	AUTO(keep) c;

	deb_control_init(&c, d->limits, d->control->size);
	return unpack_control(d, &c, e) ? -1 : deb_control_take(&c, d->pkg, d->limits, marks, e);
}

static int read_data(struct deb *d, struct deb_marks *marks, struct err *e)
{
	struct guard *g = guard_new(&marks->sink, d->limits, d->data->size, d->pkg);
	int done;

	offer_payload(d);
	done = sink_begin(guard_sink(g), d->pkg, e) || read_tar_member(d, d->data, "data.tar", g, d->pkg, e) ||
			guard_finish(g, e)
		? -1
		: 0;
	guard_free(g);
	return done;
}

static int read_members(struct deb *d, struct deb_marks *marks, struct err *e)
{
	if (read_control(d, marks, e)) {
		err_wrap(e, "%s", d->control->name);
		return err_member(e, d->control->name);
	}
	if (take_extra(d, e))
		return -1;
	if (read_data(d, marks, e)) {
		err_wrap(e, "%s", d->data->name);
		return err_member(e, d->data->name);
	}
	return 0;
}

/* The shell: which members there are, and whether they are where they belong. */
static int read_shell(struct deb *d, struct err *e)
{
	return ar_scan(d->src->fd, d->src->size, &d->members, e) || find_members(d, e) || check_version(d, e) ? -1 : 0;
}

int deb_read_control(int fd, uint64_t size, const struct limits *limits, char **ret, struct err *e)
{
	const struct source src = { .fd = fd, .size = size };
	AUTO(pkg) pkg = { 0 };
	AUTO(keep) c = { 0 };
	struct deb d = { .src = &src, .limits = limits, .pkg = &pkg };
	const struct kept *control;

	pkg_init(&pkg, limits->memory);
	if (read_shell(&d, e))
		return -1;
	deb_control_init(&c, limits, d.control->size);
	if (unpack_control(&d, &c, e))
		return -1;
	control = keep_find(&c, "control");
	if (!control)
		return err_input(e, "E_METADATA", "it has no control file");
	*ret = mem_strdup(control->at);
	return 0;
}

static int deb_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct deb d = { .src = src, .limits = limits, .sink = sink, .pkg = pkg };
	struct deb_marks marks;
	int done;

	pkg->format = "deb";
	pkg->has_metadata = true;
	if (read_shell(&d, e))
		return -1;
	pkg->build_time = d.members.at[0].time;
	deb_marks_init(&marks, sink, pkg, limits);
	done = read_members(&d, &marks, e);
	deb_marks_done(&marks);
	return done;
}

const struct reader read_deb = {
	"deb",
	deb_bid,
	deb_read,
	"Debian packages and udebs; members plain or in gzip, xz, zstd, bzip2, lzma",
};
