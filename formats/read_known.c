/* read_known.c - formats that are recognised and refused by name, with a word on what to do instead.
 *
 * A vendor's file of one of these is no mystery and no rubbish: say so. Offsets and magics: file(1)'s database, each format's
 * specification. Formats that carry others (ELF, PDF) bid so that a zip glued behind them is seen as two formats at once. */
#include "formats/filters.h"
#include "formats/known.h"
#include "formats/reader.h"
#include "formats/tar.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct known {
	uint32_t at;
	uint8_t len;
	const char *magic, *name, *hint;
} table[] = {
	{ 0, 4, "MSCF", "a cabinet (cab)", "unpack it with cabextract and give the directory" },
	{ 0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an OLE file, as Windows installers (msi) are",
		"it is for Windows" },
	{ 0, 7, "Rar!\x1a\7\0", "a rar archive", "unpack it and give the directory" },
	{ 0, 8, "Rar!\x1a\7\1\0", "a rar archive (version 5)", "unpack it and give the directory" },
	{ 0, 4, "xar!", "a xar archive (macOS installer)", "it is for macOS" },
	{ 0, 4, "sqsh", "a squashfs image (big endian)", "unpack it with unsquashfs and give the directory" },
	{ 0, 4, "ADBd", "an Alpine package (apk version 3)", "ask the vendor for an apk of version 2" },
	{ 0, 4, "ADB.", "an Alpine package (apk version 3)", "ask the vendor for an apk of version 2" },
	{ 0, 4, "drpm", "a delta rpm", "ask the vendor for the whole rpm" },
	{ 0, 4, "DRPM", "a delta rpm", "ask the vendor for the whole rpm" },
	{ 0, 6, "#mtree", "an mtree listing", "it describes files and holds none" },
	{ 0, 4,
		"\x7f"
		"ELF",
		"an ELF program", "a program is no package; `sluice capture` records what an installer does" },
	{ 0, 2, "MZ", "a Windows program", "it is for Windows" },
	{ 0, 5, "%PDF-", "a PDF document", "it is no package" },
};

static const struct known script = { 0, 2, "#!", "a script, perhaps a self-extracting one",
	"it is never run here; `sluice capture` records what an installer does" };
/* Read by itself (read_iso.c), named only inside a codec. */
static const struct known image = { 32769, 5, "CD001", "an ISO 9660 image", "give the image itself" };
static const struct known compressed = { 0, 0, "", "one compressed file with no archive inside",
	"a package is made of several files; unpack it and give the directory" };

/* Packages that are tars themselves. */
static const struct known inner[] = {
	[TAR_FREEBSD] = { 0, 0, "", "a FreeBSD package", "it is for FreeBSD" },
	[TAR_XBPS] = { 0, 0, "", "a Void Linux package (xbps)", "ask the vendor for a deb, an rpm or a plain archive" },
};

static bool is_inner(const struct known *k)
{
	return k == &inner[TAR_FREEBSD] || k == &inner[TAR_XBPS];
}

static const struct known *find(const unsigned char *head, size_t len)
{
	enum tar_kind kind = tar_kind_of(NULL, head, len);

	if (kind == TAR_FREEBSD || kind == TAR_XBPS)
		return &inner[kind];
	for (size_t i = 0; i < COUNT(table); i++)
		if (len >= table[i].at + table[i].len && memcmp(head + table[i].at, table[i].magic, table[i].len) == 0)
			return &table[i];
	if (len > 2 && memcmp(head, "#!", 2) == 0)
		return &script;
	if (codec_of(head, len) != CODEC_NONE)
		return &compressed;
	return len >= image.at + image.len && memcmp(head + image.at, image.magic, image.len) == 0 ? &image : NULL;
}

const char *known_name(const unsigned char *head, size_t len)
{
	const struct known *k = find(head, len);

	return k ? k->name : NULL;
}

static int known_bid(const struct source *src, const unsigned char *head, size_t len)
{
	const struct known *k;

	if (src->is_dir)
		return 0;
	k = find(head, len);
	if (k == NULL || k == &image || (!is_inner(k) && tar_is_header(head, len)))
		return 0;
	if (len > 10 &&
		memcmp(head,
			"\x7f"
			"ELF",
			4) == 0 &&
		memcmp(head + 8, "AI", 2) == 0)
		return 0; /* an AppImage: a program, and more */
	if (is_inner(k))
		return 65;
	/* A lone compressed file bids below every reader of what may be inside it. */
	return k == &compressed ? 20 : k == &script ? 30 : k->len < 3 ? 40 : 65;
}

/* A program whose header is cut or says nonsense is not named as one. ELF's specification, figure 1-3. */
static int check_elf(const unsigned char *head, size_t len, struct err *e)
{
	bool is_wide = len > 4 && head[4] == 2;

	if (len < 4 ||
		memcmp(head,
			"\x7f"
			"ELF",
			4) != 0)
		return 0;
	if (len < (is_wide ? 64 : 52))
		return err_input(e, "E_TRUNCATED", "an ELF program is cut off in its header");
	if (head[20] + head[21] + head[22] + head[23] != 1)
		return err_input(e, "E_CORRUPT", "the header of an ELF program says nonsense");
	return 0;
}

bool known_is_packed_image(const struct source *src, const unsigned char *head, size_t len)
{
	AUTO_FREE unsigned char *bytes = mem_alloc(READER_HEAD);
	struct filters f;

	filters_find(src, head, len, &f, bytes, READER_HEAD, &len);
	return f.len && find(bytes, len) == &image;
}

/* Named by what is inside, as far as it can be seen. */
static int refuse_compressed(const struct source *src, const unsigned char *head, size_t len, struct err *e)
{
	AUTO_FREE unsigned char *bytes = mem_alloc(READER_HEAD);
	const struct known *k;
	struct filters f;

	filters_find(src, head, len, &f, bytes, READER_HEAD, &len);
	if (filters_check(&f, e))
		return -1;
	k = find(bytes, len);
	if (k == NULL) {
		err_input(e, "E_UNSUPPORTED", "%s cannot be read yet", compressed.name);
		return err_hint(e, "%s", compressed.hint);
	}
	err_input(e, "E_UNSUPPORTED", "%s in %s cannot be read yet", k->name, codec_name(f.at[0]));
	return err_hint(e, "unpack the %s data, then: %s", codec_name(f.at[0]), k->hint);
}

static int known_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	unsigned char *head = mem_alloc(READER_HEAD);
	ssize_t len = pread(src->fd, head, READER_HEAD, 0);
	const struct known *k = len > 0 ? find(head, (size_t)len) : NULL;
	int done;

	if (check_elf(head, len > 0 ? (size_t)len : 0, e)) {
		done = -1;
	} else if (k == &compressed) {
		done = refuse_compressed(src, head, (size_t)len, e);
	} else if (k) {
		done = err_input(e, "E_UNSUPPORTED", "%s cannot be read yet", k->name);
		err_hint(e, "%s", k->hint);
	} else {
		done = err_input(e, "E_UNKNOWN_FORMAT", "the format is not known");
	}
	free(head);
	return done;
}

const struct reader read_known = {
	"known",
	known_bid,
	known_read,
	"recognised and refused: cab, msi, rar, xar, apk v3, delta rpm, "
	"scripts, ...",
};
