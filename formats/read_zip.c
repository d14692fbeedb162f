/* read_zip.c - zip archives (jar, war, nupkg, whl too): the directory is checked first, then each entry's data flows once. */
#include "base/codec.h"
#include "formats/entry_mode.h"
#include "formats/guard.h"
#include "formats/zip_private.h"
#include <string.h>
#include <zlib.h>

enum { MADE_BY_UNIX = 3, MADE_BY_DARWIN = 19, PIECE = 128 << 10 };

static int zip_bid(const struct source *src, const unsigned char *head, size_t len)
{
	if (src->is_dir || len < 4)
		return 0;
	if (memcmp(head, "PK\3\4", 4) == 0)
		return 90;
	if (memcmp(head, "PK\5\6", 4) == 0)
		return 80;
	if (memcmp(head, "PK\7\b", 4) == 0)
		return 50;
	return zip_has_end(src) ? 70 : 0;
}

/* Type and mode: Unix writers keep st_mode in the upper half; others tell only directory and read-only. */
static void set_mode(struct entry *en, const struct zip_entry *n)
{
	uint32_t mode = n->external >> 16;
	bool is_unix = (n->made_by >> 8 == MADE_BY_UNIX || n->made_by >> 8 == MADE_BY_DARWIN) && mode != 0;
	bool is_dir = n->name_len && n->name[n->name_len - 1] == '/';

	en->type = is_dir || (!is_unix && (n->external & 0x10)) ? ENTRY_DIR : ENTRY_FILE;
	en->mode = en->type == ENTRY_DIR ? 0755 : n->external & 1 ? 0444 : 0644;
	if (!is_unix)
		return;
	en->mode = mode & 07777;
	if (!is_dir)
		(void)entry_type_archived(mode, &en->type); /* of no type: a file */
}

static int check_crc(const struct zip_entry *n, uint32_t crc, struct err *e)
{
	if (crc == n->crc)
		return 0;
	return err_input(e, "E_DIGEST", "the CRC-32 is %08x, the archive says %08x", crc, n->crc);
}

/* Exactly n->size bytes and then the end of the stream. */
static int pass_data(struct in *in, const struct zip_entry *n, struct sink *sink, struct err *e)
{
	AUTO_FREE unsigned char *buf = mem_resize(NULL, PIECE);
	uint64_t done = 0;
	uLong crc = crc32(0, NULL, 0);

	for (;;) {
		long got = in_some(in, buf, PIECE, e);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += (uint64_t)got;
		if (done > n->size)
			return err_input(e, "E_MISMATCH", "the data is longer than the %llu bytes it says",
				(unsigned long long)n->size);
		crc = crc32_z(crc, buf, (size_t)got);
		if (sink_data(sink, buf, (size_t)got, e))
			return -1;
	}
	if (done < n->size)
		return err_input(e, "E_MISMATCH", "the data is shorter than the %llu bytes it says",
			(unsigned long long)n->size);
	if (n->method != ZIP_STORED && n->method != ZIP_DEFLATED && in_codec_trailing(in))
		return err_input(e, "E_MISMATCH", "bytes after the end of the compressed stream");
	return check_crc(n, (uint32_t)crc, e);
}

/* A symlink's data is its target. */
static int read_target(const struct zip *z, const struct zip_entry *n, const struct limits *limits, struct arena *a,
	const char **ret, struct err *e)
{
	AUTO_IN *in = NULL;
	char *target;

	if (n->size > limits->path)
		return err_input(e, "E_LIMIT_PATH", "a link's target of %llu bytes", (unsigned long long)n->size);
	in = zip_data(z, n, limits, e);
	target = arena_alloc(a, (size_t)n->size + 1);
	if (in == NULL)
		return -1;
	if (target == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the link's target takes too much memory");
	if (in_exact(in, target, (size_t)n->size, e))
		return -1;
	if (strlen(target) != n->size)
		return err_input(e, "E_NAME_NUL", "the link's target holds a NUL byte");
	*ret = target;
	return check_crc(n, (uint32_t)crc32(0, (const unsigned char *)target, (uInt)n->size), e);
}

static int pass_entry(
	const struct zip *z, const struct zip_entry *n, struct guard *g, const struct limits *limits, struct err *e)
{
	struct sink *sink = guard_sink(g);
	AUTO(arena) a = { 0 };
	AUTO_IN *in = NULL;
	struct entry en;

	entry_init(&en);
	if (guard_path(g, n->name, n->name_len, false, &en.path, e))
		return -1;
	set_mode(&en, n);
	en.uid = n->uid;
	en.gid = n->gid;
	en.mtime = n->mtime;
	if (en.path[1] == 0 && en.type == ENTRY_DIR)
		return 0;
	if (en.type == ENTRY_SYMLINK && read_target(z, n, limits, &a, &en.target, e))
		return -1;
	if (en.type != ENTRY_FILE && en.type != ENTRY_SYMLINK && n->size != 0)
		return err_input(e, "E_MISMATCH", "%s holds data but is a %s", en.path, entry_type_name(en.type));
	en.size = en.type == ENTRY_FILE ? n->size : 0;
	if (sink_entry_begin(sink, &en, e))
		return -1;
	if (en.type == ENTRY_FILE) {
		in = zip_data(z, n, limits, e);
		if (in == NULL || pass_data(in, n, sink, e))
			return -1;
	}
	return sink_entry_end(sink, e);
}

static int pass_all(const struct zip *z, struct guard *g, const struct limits *limits, struct pkg *pkg, struct err *e)
{
	if (sink_begin(guard_sink(g), pkg, e))
		return -1;
	for (size_t i = 0; i < z->len; i++) {
		AUTO_FREE char *name = NULL;

		if (pass_entry(z, &z->at[i], g, limits, e) == 0)
			continue;
		name = mem_printf("%.*s", (int)(z->at[i].name_len < 200 ? z->at[i].name_len : 200), z->at[i].name);
		err_wrap(e, "%s", name);
		return err_member(e, name);
	}
	return guard_finish(g, e);
}

static int zip_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct guard *g = guard_new(sink, limits, src->size, pkg);
	struct zip z;
	int done;

	pkg->format = "zip";
	done = zip_open(&z, src, limits, pkg, e) || pass_all(&z, g, limits, pkg, e) ? -1 : 0;
	zip_done(&z);
	guard_free(g);
	return done;
}

const struct reader read_zip = {
	"zip",
	zip_bid,
	zip_read,
	"zip archives (zip64 too), stored, deflated, bzip2, LZMA, xz, zstd; jar, war, nupkg, whl",
};
