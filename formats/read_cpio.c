/* read_cpio.c - cpio archives: newc, crc, odc, binary in both byte orders; plain or compressed.
 *
 * Strict where cpio(1) forgives: the trailer must come, checksums are held against the data, names of one file must carry the same
 * bytes. What stands behind the trailer (an initramfs is several archives, one behind another) is left alone and told. */
#include "formats/cpio_sets.h"
#include "formats/entry_mode.h"
#include "formats/filters.h"
#include "formats/guard.h"
#include "formats/tar.h"
#include <string.h>
#include <unistd.h>

enum { PIECE = 128 << 10, NAME_ABSURD = 64 << 10 };

struct cpio_file {
	struct in *in;
	uint64_t size; /* of the stream; 0: not known before it ends */
	const struct limits *limits;
	struct guard *g;
	struct sink *sink;
	struct pkg *pkg;
	struct cpio_sets sets;
	struct cpio_header h;
	uint64_t begins; /* where the member stands in the stream */
	char *name;      /* room for limits->path + 1 */
	unsigned char *buf;
	uint32_t sum; /* of the data's bytes */
};

static int pad(struct cpio_file *c, struct err *e)
{
	unsigned align = cpio_alignment(c->h.format);
	uint64_t over = (c->in->count - c->begins) % align;

	return over ? in_skip(c->in, align - over, e) : 0;
}

static int take_name(struct cpio_file *c, struct err *e)
{
	uint32_t len = c->h.name_len;

	if (len == 0 || len > NAME_ABSURD)
		return err_input(e, "E_CORRUPT", "cpio: a name of %u bytes", len);
	if (len > c->limits->path + 1)
		return err_input(e, "E_LIMIT_PATH", "cpio: a name of %u bytes", len);
	if (in_exact(c->in, c->name, len, e) || pad(c, e))
		return -1;
	if (c->name[len - 1] != 0)
		return err_input(e, "E_CORRUPT", "cpio: a name is not terminated");
	if (strlen(c->name) != len - 1)
		return err_input(e, "E_NAME_NUL", "cpio: a name with NUL inside: %s", c->name);
	return 0;
}

/* 1: a member, 0: the trailer. */
static int next(struct cpio_file *c, struct err *e)
{
	unsigned char head[CPIO_HEADER_MOST];
	enum cpio_format f = c->h.format;

	c->begins = c->in->count;
	if (in_exact(c->in, head, cpio_header_size(f), e))
		return e->code && strcmp(e->code, "E_TRUNCATED") == 0 ? err_wrap(e, "cpio: the trailer is missing")
								      : -1;
	if (cpio_header_parse(f, head, &c->h, e) || take_name(c, e))
		return err_at(e, c->begins);
	if (strcmp(c->name, "TRAILER!!!") == 0)
		return c->h.size ? err_input(e, "E_CORRUPT", "cpio: a trailer with data") : 0;
	return 1;
}

static int type_of(uint32_t mode, enum entry_type *ret, struct err *e)
{
	return entry_type_archived(mode, ret) ? 0 : err_input(e, "E_CORRUPT", "cpio: mode %o is of no type", mode);
}

/* The member's data to `to` (NULL: nowhere), hashed when digest is given. */
static int pass_data(struct cpio_file *c, struct sink *to, struct digest *digest, struct err *e)
{
	c->sum = 0;
	for (uint64_t left = c->h.size; left > 0;) {
		long got = in_some(c->in, c->buf, left < PIECE ? (size_t)left : PIECE, e);

		if (got < 0)
			return -1;
		if (got == 0)
			return err_input(e, "E_TRUNCATED", "the archive ends in the middle of a file");
		for (long i = 0; i < got && c->h.format == CPIO_CRC; i++)
			c->sum += c->buf[i];
		if (digest)
			digest_add(digest, c->buf, (size_t)got);
		if (to && sink_data(to, c->buf, (size_t)got, e))
			return -1;
		left -= (uint64_t)got;
	}
	if (c->h.format == CPIO_CRC && c->h.size && c->sum != c->h.check)
		return err_input(e, "E_DIGEST", "the checksum is %08x, the archive says %08x", c->sum, c->h.check);
	return 0;
}

static int pass_link(struct cpio_file *c, const struct entry *like, const char *path, const char *target, struct err *e)
{
	struct entry en = *like;

	en.type = ENTRY_HARDLINK;
	en.path = path;
	en.target = target;
	en.size = 0;
	return sink_entry_begin(c->sink, &en, e) || sink_entry_end(c->sink, e) ? -1 : 0;
}

static int pass_waiting(struct cpio_file *c, const struct entry *like, long from, const char *target, struct err *e)
{
	for (; from != CPIO_NO_NAME; from = c->sets.names.at[from].next)
		if (pass_link(c, like, c->sets.names.at[from].path, target, e))
			return -1;
	return 0;
}

/* A further name of a file that came: without data, or with the same data once more. */
static int pass_again(struct cpio_file *c, const struct entry *en, const struct cpio_set *set, struct err *e)
{
	char hex[DIGEST_HEX];
	struct digest d;
	int done;

	if (c->h.size == 0 && !cpio_repeats_data(c->h.format))
		return pass_link(c, en, en->path, set->path, e);
	digest_init(&d, DIGEST_SHA256);
	done = pass_data(c, NULL, &d, e);
	digest_end_hex(&d, hex);
	digest_done(&d);
	if (done)
		return -1;
	if (strcmp(hex, set->sha256) != 0)
		return err_input(e, "E_MISMATCH", "says it is another name of %s, with other data", set->path);
	return pass_link(c, en, en->path, set->path, e);
}

static int pass_first(struct cpio_file *c, const struct entry *en, struct digest *digest, struct err *e)
{
	if (sink_entry_begin(c->sink, en, e) || pass_data(c, c->sink, digest, e))
		return -1;
	return sink_entry_end(c->sink, e);
}

static int pass_set(struct cpio_file *c, const struct entry *en, struct err *e)
{
	struct cpio_set *set = cpio_set_of(&c->sets, &c->h);
	char hex[DIGEST_HEX];
	struct digest d;
	int done;

	if (set->path)
		return pass_again(c, en, set, e);
	if (c->h.size == 0 && !cpio_repeats_data(c->h.format)) {
		if (c->sets.names.len >= c->limits->entries)
			return err_input(
				e, "E_LIMIT_ENTRIES", "more than %llu names", (unsigned long long)c->limits->entries);
		cpio_set_wait(&c->sets, set, en->path);
		return 0;
	}
	digest_init(&d, DIGEST_SHA256);
	done = pass_first(c, en, &d, e);
	digest_end_hex(&d, hex);
	digest_done(&d);
	if (done)
		return -1;
	memcpy(set->sha256, hex, sizeof set->sha256);
	set->path = en->path;
	return pass_waiting(c, en, set->first, en->path, e);
}

static int pass_symlink(struct cpio_file *c, struct entry *en, struct err *e)
{
	AUTO_FREE char *target = NULL;

	if (c->h.size > c->limits->path)
		return err_input(e, "E_LIMIT_PATH", "a link's target of %llu bytes", (unsigned long long)c->h.size);
	target = mem_alloc((size_t)c->h.size + 1);
	if (in_exact(c->in, target, (size_t)c->h.size, e))
		return -1;
	if (strlen(target) != c->h.size)
		return err_input(e, "E_NAME_NUL", "the link's target holds a NUL byte");
	en->target = target;
	return sink_entry_begin(c->sink, en, e) || sink_entry_end(c->sink, e) ? -1 : 0;
}

static void describe(const struct cpio_header *h, struct entry *en)
{
	en->mode = h->mode & 07777;
	en->uid = h->uid;
	en->gid = h->gid;
	en->mtime = h->mtime;
	en->dev_major = h->rdev_major;
	en->dev_minor = h->rdev_minor;
	en->size = en->type == ENTRY_FILE ? h->size : 0;
}

static int pass_typed(struct cpio_file *c, struct entry *en, struct err *e)
{
	if (c->size && (c->in->count > c->size || c->h.size > c->size - c->in->count))
		return err_input(
			e, "E_TRUNCATED", "says %llu bytes, more than are left", (unsigned long long)c->h.size);
	if (en->type == ENTRY_SYMLINK)
		return pass_symlink(c, en, e);
	if (en->type == ENTRY_FILE)
		return c->h.links > 1 ? pass_set(c, en, e) : pass_first(c, en, NULL, e);
	if (c->h.size)
		return err_input(e, "E_AMBIGUOUS", "is a %s, but its header says %llu bytes", entry_type_name(en->type),
			(unsigned long long)c->h.size);
	if (en->type == ENTRY_DIR && en->path[1] == 0)
		return 0; /* ".": the root's own attributes are the system's, not the package's */
	return sink_entry_begin(c->sink, en, e) || sink_entry_end(c->sink, e) ? -1 : 0;
}

static int pass_member(struct cpio_file *c, struct err *e)
{
	struct entry en;

	entry_init(&en);
	if (guard_path(c->g, c->name, c->h.name_len - 1, false, &en.path, e))
		return -1;
	if (type_of(c->h.mode, &en.type, e))
		return err_wrap(e, "%s", en.path);
	describe(&c->h, &en);
	if (pass_typed(c, &en, e) || pad(c, e)) {
		err_wrap(e, "%s", en.path);
		return err_member(e, en.path);
	}
	return 0;
}

/* Sets whose data never came are names of an empty file. */
static int pass_empty_sets(struct cpio_file *c, struct err *e)
{
	for (size_t i = 0; i < c->sets.sets.len; i++) {
		const struct cpio_set *set = &c->sets.sets.at[i];
		const struct cpio_name *first;
		struct entry en;

		if (set->path || set->first == CPIO_NO_NAME)
			continue;
		first = &c->sets.names.at[set->first];
		entry_init(&en);
		describe(&set->key, &en);
		en.path = first->path;
		if (sink_entry_begin(c->sink, &en, e) || sink_entry_end(c->sink, e) ||
			pass_waiting(c, &en, first->next, first->path, e))
			return -1;
	}
	return 0;
}

/* Zeros fill the last block; anything else is another archive, or worse. */
static int take_tail(struct cpio_file *c, struct err *e)
{
	bool is_told = false;

	for (;;) {
		uint64_t at = c->in->count;
		long got = in_some(c->in, c->buf, PIECE, e), i = 0;

		if (got <= 0)
			return (int)got;
		while (i < got && c->buf[i] == 0)
			i++;
		if (i < got && !is_told)
			pkg_warn(c->pkg, "E_TRAILING_DATA", "", "bytes after the trailer, at %llu, are left alone",
				(unsigned long long)(at + (uint64_t)i));
		is_told = is_told || i < got;
	}
}

static int read_all(struct cpio_file *c, struct err *e)
{
	uint64_t members = 0;
	int more;

	while ((more = next(c, e)) > 0)
		if (++members > c->limits->entries)
			return err_input(
				e, "E_LIMIT_ENTRIES", "more than %llu members", (unsigned long long)c->limits->entries);
		else if (pass_member(c, e))
			return err_at(e, c->begins);
	if (more < 0 || pass_empty_sets(c, e))
		return -1;
	if (members == 0)
		return err_input(e, "E_EMPTY", "the archive holds no entries");
	return take_tail(c, e);
}

static int find_format(const struct source *src, const unsigned char *head, size_t len, struct filters *f,
	unsigned char inner[CPIO_HEADER_MOST], size_t *ret_len)
{
	filters_find(src, head, len, f, inner, CPIO_HEADER_MOST, ret_len);
	return f->are_too_many ? -1 : cpio_format_of(inner, *ret_len);
}

/* Two bytes are little to go by: the first header must make sense, too. */
static bool is_header(int format, const unsigned char *head, size_t len)
{
	struct cpio_header h;
	enum entry_type type;
	struct err e;

	return len >= cpio_header_size((enum cpio_format)format) &&
		cpio_header_parse((enum cpio_format)format, head, &h, &e) == 0 && type_of(h.mode, &type, &e) == 0 &&
		h.name_len > 1;
}

static int cpio_bid(const struct source *src, const unsigned char *head, size_t len)
{
	unsigned char inner[CPIO_HEADER_MOST];
	struct filters f;
	int format;

	if (src->is_dir || tar_is_header(head, len))
		return 0;
	format = find_format(src, head, len, &f, inner, &len);
	if (format < 0)
		return 0;
	if (f.len)
		return is_header(format, inner, len) ? 75 : 0;
	return format < CPIO_BIN_LE ? 85 : is_header(format, inner, len) ? 70 : 45;
}

static int cpio_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct cpio_file c = { .limits = limits, .pkg = pkg };
	unsigned char head[CPIO_HEADER_MOST + 1], inner[CPIO_HEADER_MOST];
	size_t inner_len;
	ssize_t len = pread(src->fd, head, sizeof head, 0);
	AUTO_IN *in = in_range(src->fd, 0, src->size);
	struct filters f;
	int format = find_format(src, head, len > 0 ? (size_t)len : 0, &f, inner, &inner_len), done;

	pkg->format = "cpio";
	if (format < 0)
		return err_input(e, "E_CORRUPT", "no cpio archive");
	c.in = in = filters_open(in, &f, limits);
	c.size = f.len ? 0 : src->size;
	c.h.format = (enum cpio_format)format;
	c.g = guard_new(sink, limits, src->size, pkg);
	c.sink = guard_sink(c.g);
	c.name = mem_alloc(limits->path + 2);
	c.buf = mem_resize(NULL, PIECE);
	done = sink_begin(c.sink, pkg, e) || read_all(&c, e) || guard_finish(c.g, e) ? -1 : 0;
	if (done == 0)
		filters_warn_trailing(in, &f, pkg);
	cpio_sets_done(&c.sets);
	free(c.name);
	free(c.buf);
	guard_free(c.g);
	return done;
}

const struct reader read_cpio = {
	"cpio",
	cpio_bid,
	cpio_read,
	"cpio archives (newc, crc, odc, binary), plain or compressed as a tar may be",
};
