/* read_ipk.c - OpenWrt packages: a gzipped tar that holds what a deb holds: debian-binary, control.tar.gz, data.tar.gz.
 *
 * opkg-build(1). (The older form, an ar archive, is a deb to the byte and read as one.) The members may stand in any order and the outer tar is
 * small work next to what lies inside: it is walked once for its members, then once for each of the two archives. */
#include "base/codec.h"
#include "formats/arch.h"
#include "formats/deb_private.h"
#include "formats/tar_private.h"
#include <string.h>

enum { VERSION_MOST = 256 };

struct ipk {
	const struct source *src;
	const struct limits *limits;
	struct pkg *pkg;
	const char *wanted;
	int (*use)(struct ipk *k, struct in *member, uint64_t size, struct err *e);
	struct deb_marks marks;
	unsigned seen; /* bits: rows of `members` */
};

static const char *const members[] = { "debian-binary", "control.tar.gz", "data.tar.gz" };

static int ipk_bid(const struct source *src, const unsigned char *head, size_t len)
{
	return !src->is_dir && tar_kind_of(src, head, len) == TAR_IPK ? 95 : 0;
}

/* ---- the outer tar: three plain files and nothing else */

static int member_of(const struct tar_header *h, struct err *e)
{
	struct slice name = h->name;

	if (name.len > 2 && memcmp(name.at, "./", 2) == 0)
		name.at += 2, name.len -= 2;
	for (size_t i = 0; i < COUNT(members); i++)
		if (slice_is(name, members[i])) {
			if (h->type == '0' || h->type == 0)
				return (int)i;
			return err_input(e, h->type == '1' || h->type == '2' ? "E_LINK_ESCAPE" : "E_STRUCTURE",
				"%s is no plain file", members[i]);
		}
	return err_input(e, "E_STRUCTURE", "an ipk has no place for a member %.*s", (int)name.len, name.at);
}

/* "./" itself may stand in front. */
static bool is_root(const struct tar_header *h)
{
	return h->type == '5' && (slice_is(h->name, "./") || slice_is(h->name, "."));
}

static int use_member(struct ipk *k, struct in *in, const struct tar_header *h, int row, struct err *e)
{
	AUTO_IN *member = in_bounded(in, h->size);

	if (k->wanted && strcmp(k->wanted, members[row]) == 0 && k->use(k, member, h->size, e)) {
		err_wrap(e, "%s", members[row]);
		return err_member(e, members[row]);
	}
	return in_skip(member, h->size - member->count, e);
}

static int take_end(struct in *in, struct err *e)
{
	unsigned char block[TAR_BLOCK];
	long got;

	while ((got = in_read(in, block, sizeof block, e)) > 0)
		for (long i = 0; i < got; i++)
			if (block[i])
				return err_input(e, "E_TRAILING_DATA", "bytes after the end of the archive");
	return got < 0 ? -1 : 0;
}

static int walk_tar(struct ipk *k, struct in *in, struct err *e)
{
	unsigned char block[TAR_BLOCK];

	for (;;) {
		struct tar_header h;
		long got = in_read(in, block, sizeof block, e);
		int row;

		if (got <= 0)
			return (int)got;
		if (got != TAR_BLOCK)
			return err_input(e, "E_TRUNCATED", "the archive ends in the middle of a header");
		if (tar_is_zero(block))
			return take_end(in, e);
		if (tar_header_parse(block, &h, e))
			return -1;
		if (is_root(&h))
			continue;
		row = member_of(&h, e);
		if (row < 0)
			return -1;
		if (k->wanted == NULL && k->seen >> row & 1)
			return err_input(e, "E_DUPLICATE_MEMBER", "the member %s comes twice", members[row]);
		k->seen |= 1u << row;
		if (use_member(k, in, &h, row, e) || in_skip(in, (TAR_BLOCK - h.size % TAR_BLOCK) % TAR_BLOCK, e))
			return -1;
	}
}

static int walk(struct ipk *k, const char *wanted,
	int (*use)(struct ipk *k, struct in *member, uint64_t size, struct err *e), struct err *e)
{
	struct codec_limits limits = { .memory = k->limits->memory / 4, .ratio = k->limits->ratio };
	AUTO_IN *in = in_codec(in_range(k->src->fd, 0, k->src->size), CODEC_GZIP, &limits);

	k->wanted = wanted;
	k->use = use;
	if (walk_tar(k, in, e))
		return -1;
	if (in_codec_trailing(in))
		return err_input(e, "E_TRAILING_DATA", "%llu bytes after the end of the compressed stream",
			(unsigned long long)in_codec_trailing(in));
	return 0;
}

/* ---- what the members hold */

static int check_version(struct ipk *k, struct in *member, uint64_t size, struct err *e)
{
	char text[VERSION_MOST + 1] = "";

	if (size == 0 || size > VERSION_MOST)
		return err_input(e, "E_CORRUPT", "it holds %llu bytes", (unsigned long long)size);
	if (in_exact(member, text, (size_t)size, e))
		return -1;
	return strcmp(text, "2.0\n") == 0
		? 0
		: err_input(e, "E_UNSUPPORTED", "format version %.8s; 2.0 is understood", text);
}

static int inner_tar(struct ipk *k, struct in *member, uint64_t size, struct guard *g, struct pkg *pkg, struct err *e)
{
	struct codec_limits limits = { .memory = k->limits->memory / 4, .ratio = k->limits->ratio };
	struct tar_options o = { .limits = k->limits, .absolute_ok = true, .may_be_empty = true };
	AUTO_IN *in = in_codec(in_bounded(member, size), CODEC_GZIP, &limits);

	if (tar_read(in, &o, g, pkg, e))
		return -1;
	if (in_codec_trailing(in))
		return err_input(e, "E_TRAILING_DATA", "%llu bytes after the end of the compressed stream",
			(unsigned long long)in_codec_trailing(in));
	return 0;
}

/* OpenWrt names its processors "aarch64_cortex-a53", and where deb has names of its own, by the compiler's: "x86_64". */
static int set_architecture(struct pkg *pkg, struct err *e)
{
	const char *native = pkg->architecture_native, *cut = strchr(native, '_');
	const char *known = arch_to_rpm(native) ? arch_to_rpm(native) : arch_to_deb(native) ? native : NULL;

	if (known == NULL && cut) {
		const char *family = arena_copy(&pkg->arena, native, (size_t)(cut - native));

		if (family == NULL)
			return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
		known = arch_to_deb(family) ? family : NULL;
	}
	if (known)
		pkg->architecture = known;
	else
		pkg_warn(pkg, "E_METADATA", "control", "the architecture %s is not in the table", native);
	return 0;
}

static int use_control(struct ipk *k, struct in *member, uint64_t size, struct err *e)
{
	AUTO(keep) files;
	struct guard *g;
	int done;

	deb_control_init(&files, k->limits, size);
	g = guard_new(&files.sink, k->limits, size, NULL);
	done = inner_tar(k, member, size, g, NULL, e) || guard_finish(g, e) ||
			deb_control_take(&files, k->pkg, k->limits, &k->marks, e) || set_architecture(k->pkg, e)
		? -1
		: 0;
	guard_free(g);
	return done;
}

static int use_data(struct ipk *k, struct in *member, uint64_t size, struct err *e)
{
	struct guard *g = guard_new(&k->marks.sink, k->limits, size, k->pkg);
	int done = sink_begin(guard_sink(g), k->pkg, e) || inner_tar(k, member, size, g, k->pkg, e) ||
			guard_finish(g, e)
		? -1
		: 0;

	guard_free(g);
	return done;
}

static int read_members(struct ipk *k, struct err *e)
{
	if (walk(k, NULL, NULL, e))
		return -1;
	for (size_t i = 0; i < COUNT(members); i++)
		if (!(k->seen >> i & 1))
			return err_input(e, "E_STRUCTURE", "the member %s is missing", members[i]);
	return walk(k, "debian-binary", check_version, e) || walk(k, "control.tar.gz", use_control, e) ||
			walk(k, "data.tar.gz", use_data, e)
		? -1
		: 0;
}

static int ipk_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct ipk k = { .src = src, .limits = limits, .pkg = pkg };
	int done;

	pkg->format = "ipk";
	pkg->has_metadata = true;
	deb_marks_init(&k.marks, sink, pkg, limits);
	done = read_members(&k, e);
	deb_marks_done(&k.marks);
	return done;
}

const struct reader read_ipk = {
	"ipk",
	ipk_bid,
	ipk_read,
	"OpenWrt packages (ipk)",
};
