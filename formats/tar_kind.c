/* tar_kind.c - packages that are tars themselves, told apart by the names of their first entries. */
#include "base/codec.h"
#include "base/text.h"
#include "formats/tar_private.h"
#include <string.h>

/* Describing headers (pax, long names) may stand before the first entry. */
enum { DESCRIBING_MOST = 8, PKGINFO_ROOM = 64 << 10 };

/* An Arch package may begin with any of its metadata; ".PKGINFO" alone may be Alpine's too. */
static const struct {
	const char *name;
	bool is_prefix;
	enum tar_kind kind;
} firsts[] = {
	{ ".SIGN.", true, TAR_APK },
	{ ".BUILDINFO", false, TAR_PACMAN },
	{ ".MTREE", false, TAR_PACMAN },
	{ ".INSTALL", false, TAR_PACMAN },
	{ ".CHANGELOG", false, TAR_PACMAN },
	{ "debian-binary", false, TAR_IPK },
	{ "control.tar.gz", false, TAR_IPK },
	{ "data.tar.gz", false, TAR_IPK },
	{ "+COMPACT_MANIFEST", false, TAR_FREEBSD },
	{ "props.plist", false, TAR_XBPS },
};

/* A package's file name says what it claims to be. */
static bool claims(const struct source *src, const char *word, bool at_end)
{
	const char *slash, *at;

	if (src == NULL || src->name == NULL)
		return false;
	slash = strrchr(src->name, '/');
	at = strstr(slash ? slash : src->name, word);
	return at && at[1] && (!at_end || text_ends(src->name, word));
}

/* The first entry that is no describing header; its content stands next in the stream. */
static bool first_entry(struct in *in, struct tar_header *ret, unsigned char block[TAR_BLOCK])
{
	struct err e;

	for (int i = 0; i < DESCRIBING_MOST; i++) {
		if (in_read(in, block, TAR_BLOCK, &e) != TAR_BLOCK || !tar_is_header(block, TAR_BLOCK) ||
			tar_header_parse(block, ret, &e))
			return false;
		if (strchr("xgLK", ret->type) == NULL || ret->type == 0)
			return true;
		if (in_skip(in, (ret->size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK, &e))
			return false;
	}
	return false;
}

/* Both write .PKGINFO first when they sign nothing. Alpine's releases are "-r4", and only makepkg has a "pkgbase". */
static enum tar_kind kind_of_pkginfo(struct in *in, uint64_t size, enum codec c)
{
	AUTO_FREE char *text = mem_alloc(PKGINFO_ROOM + 1);
	struct slice rest = { text, 0 }, line;
	struct err e;
	enum tar_kind kind = TAR_PACMAN;
	long len = in_read(in, text, size < PKGINFO_ROOM ? (size_t)size : PKGINFO_ROOM, &e);

	if (c != CODEC_GZIP)
		return TAR_PACMAN;
	rest.len = strnlen(text, len > 0 ? (size_t)len : 0);
	while (slice_cut(&rest, '\n', &line)) {
		size_t digits = 0; /* at its end */

		line = slice_trim(line);
		if (line.len > 7 && memcmp(line.at, "pkgbase", 7) == 0)
			return TAR_PACMAN;
		if (line.len < 6 || memcmp(line.at, "pkgver", 6) != 0)
			continue;
		while (digits < line.len && line.at[line.len - 1 - digits] >= '0' &&
			line.at[line.len - 1 - digits] <= '9')
			digits++;
		if (digits > 0 && line.len > digits + 2 && memcmp(line.at + line.len - digits - 2, "-r", 2) == 0)
			kind = TAR_APK;
	}
	return kind;
}

static enum tar_kind kind_of_first(struct in *in, enum codec c)
{
	unsigned char block[TAR_BLOCK];
	struct tar_header h = { 0 };
	struct slice name;

	if (!first_entry(in, &h, block))
		return TAR_PLAIN;
	name = h.name;
	while (name.len > 2 && memcmp(name.at, "./", 2) == 0)
		name.at += 2, name.len -= 2;
	if (slice_is(name, ".PKGINFO"))
		return kind_of_pkginfo(in, h.size, c);
	for (size_t i = 0; i < COUNT(firsts); i++) {
		size_t len = strlen(firsts[i].name);

		if (name.len >= len && memcmp(name.at, firsts[i].name, len) == 0 &&
			(firsts[i].is_prefix || name.len == len))
			return firsts[i].kind == TAR_IPK && c != CODEC_GZIP ? TAR_PLAIN : firsts[i].kind;
	}
	return TAR_PLAIN;
}

enum tar_kind tar_kind_of(const struct source *src, const unsigned char *head, size_t len)
{
	unsigned char block[TAR_BLOCK];
	enum codec c = codec_of(head, len);
	struct codec_limits limits = { .memory = MIB(256) };
	AUTO_IN *in = NULL;
	enum tar_kind kind;

	if (!tar_first_block(head, len, block))
		return TAR_NONE;
	in = in_mem(head, len);
	if (c != CODEC_NONE)
		in = in_codec(in, c, &limits);
	kind = kind_of_first(in, c);
	if (kind == TAR_PLAIN && claims(src, ".pkg.tar", false))
		return TAR_PACMAN;
	return kind == TAR_PLAIN && c == CODEC_GZIP && claims(src, ".apk", true) ? TAR_APK : kind;
}
