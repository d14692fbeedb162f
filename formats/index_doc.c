/* index_doc.c - writes a document of an index in pieces; those that did not change are copied. */
#include "formats/index_doc.h"
#include "base/codec.h"
#include "base/fs.h"
#include "base/quick_text.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_ENTRIES = 64 /* on the average; a power of two */, PIECE_MAX = 256 << 20 };
enum {
	ENTRY_LARGE = 64 << 10 /* a piece of its own end: what is new beside it does not compress it again */,
	READ_AHEAD = 64 << 10
};
enum { LEVEL = 6 /* 9 takes longer by half, for the same size */ };

/* ---- the document before */

struct entry {
	char *key;
	size_t len;
	bool ends; /* a piece ends behind it */
};

/* One piece of the document before, as the table tells of it. */
struct piece {
	struct text lines; /* of its entries, as they were read */
	size_t last;       /* where the last one begins in them */
	size_t entries, len, packed, quick;
	uint32_t sum; /* of the packed bytes, then of the quick ones, then of the lines */
	bool ends;
};
struct old {
	FILE *table;
	int packed_fd, quick_fd;
	char *line;
	size_t room, entries, head, tail;
	uint64_t packed_at, quick_at; /* of the next piece */
	struct piece piece;
	struct text packed, quick, text; /* of the piece; the buffers stay from one to the next */
};

static int damaged(struct err *e)
{
	return err_env(e, "what is remembered of the index before cannot be read");
}

static int old_open(struct old *o, const char *path, struct err *e)
{
	AUTO_FREE char *table = mem_printf("%s.pieces", path), *packed = mem_printf("%s.gz", path),
		       *quick = mem_printf("%s.lz4", path);

	o->table = fopen(table, "re");
	if (!o->table)
		return err_sys(e, "%s", table);
	(void)setvbuf(o->table, NULL, _IOFBF, READ_AHEAD);
	o->packed_fd = open(packed, O_RDONLY | O_CLOEXEC);
	if (o->packed_fd < 0)
		return err_sys(e, "%s", packed);
	o->quick_fd = open(quick, O_RDONLY | O_CLOEXEC);
	if (o->quick_fd < 0)
		return err_sys(e, "%s", quick);
	if (getline(&o->line, &o->room, o->table) <= 0 ||
		sscanf(o->line, "%zu %zu %zu\n", &o->entries, &o->head, &o->tail) != 3)
		return damaged(e);
	o->packed_at = o->head;
	return 0;
}

static void old_close(struct old *o)
{
	if (o->table)
		(void)fclose(o->table);
	if (o->packed_fd >= 0)
		close(o->packed_fd);
	if (o->quick_fd >= 0)
		close(o->quick_fd);
	free(o->line);
	text_done(&o->piece.lines);
	text_done(&o->packed);
	text_done(&o->quick);
	text_done(&o->text);
}

/* "NUMBER REST" */
static size_t number_of(const char *line, const char **ret_rest)
{
	char *end;
	size_t number = strtoull(line, &end, 10);

	*ret_rest = *end == ' ' ? end + 1 : NULL;
	return number;
}

/* Its first line: "=PACKED QUICK SUM ENDED ENTRIES TEXT LINES". */
static int begin_of_piece(struct piece *p, const char *line, size_t *ret_lines, struct err *e)
{
	int ends = 0;

	if (sscanf(line, "=%zu %zu %" SCNx32 " %d %zu %zu %zu\n", &p->packed, &p->quick, &p->sum, &ends, &p->entries,
		    &p->len, ret_lines) != 7 ||
		p->packed > PIECE_MAX || p->quick > 2 * (size_t)PIECE_MAX || !p->entries || p->len > PIECE_MAX ||
		*ret_lines < 3 || *ret_lines > PIECE_MAX)
		return damaged(e);
	p->ends = ends == 1;
	return 0;
}

/* The next one; nothing is made of its entries until somebody asks. 1: a piece; 0: there are no more. */
static int old_piece(struct old *o, struct err *e)
{
	struct piece *p = &o->piece;
	const char *last, *rest;
	size_t lines;

	*p = (struct piece){ .lines = p->lines };
	p->lines.len = 0;
	if (getline(&o->line, &o->room, o->table) <= 0)
		return ferror(o->table) ? damaged(e) : 0;
	if (begin_of_piece(p, o->line, &lines, e))
		return -1;
	text_room(&p->lines, lines);
	if (fread(p->lines.at, 1, lines, o->table) != lines || p->lines.at[lines - 1] != '\n')
		return damaged(e);
	p->lines.at[lines] = '\0';
	p->lines.len = lines;
	last = memrchr(p->lines.at, '\n', lines - 1);
	p->last = last ? (size_t)(last - p->lines.at) + 1 : 0;
	(void)number_of(p->lines.at + p->last, &rest);
	return rest && rest < p->lines.at + lines ? 1 : damaged(e);
}

/* Its last entry's key, compared with another. */
static int last_against(const struct piece *p, const char *key)
{
	const char *rest, *end;
	size_t len = strlen(key), own;
	int order;

	(void)number_of(p->lines.at + p->last, &rest);
	end = memchr(rest, '\n', p->lines.len - (size_t)(rest - p->lines.at));
	own = (size_t)(end - rest);
	order = memcmp(rest, key, own < len ? own : len);
	return order ? order : (own > len) - (own < len);
}

/* Room for len bytes, with what the buffer had. */
static char *room_for(struct text *buffer, size_t len)
{
	buffer->len = 0;
	text_room(buffer, len);
	return buffer->at;
}

/* The piece's packed bytes, its quick ones and its text, each into its buffer. What was torn or has changed since is not what was summed up. */
static int unpack(struct old *o, struct err *e)
{
	const struct piece *p = &o->piece;
	char *packed = room_for(&o->packed, p->packed + 1), *quick = room_for(&o->quick, p->quick + 1),
	     *text = room_for(&o->text, p->len + 1);
	uint32_t sum;

	if (fd_pread(o->packed_fd, packed, p->packed, o->packed_at, e) ||
		fd_pread(o->quick_fd, quick, p->quick, o->quick_at, e))
		return -1;
	sum = quick_text_sum(quick_text_sum(0, packed, p->packed), quick, p->quick);
	if (quick_text_sum(sum, p->lines.at, p->lines.len) != p->sum)
		return damaged(e);
	if (quick_text_unpack(quick, p->quick, text, p->len, e))
		return -1;
	o->packed.len = p->packed;
	o->quick.len = p->quick;
	o->text.len = p->len;
	return 0;
}

/* ---- the new one */

struct writer {
	struct out *packed, *quick, *table, *plain; /* plain NULL: it is not wanted */
	struct digest packed_digest, plain_digest;
	uint64_t size, open_size;
	size_t entries;
	LIST(struct entry) open; /* of the piece that is not yet written, with its text */
	struct text text;
};

static void open_empty(struct writer *w)
{
	for (size_t i = 0; i < w->open.len; i++)
		free(w->open.at[i].key);
	w->open.len = 0;
	w->text.len = 0;
}

static int put_plain(struct writer *w, const void *bytes, size_t len, struct err *e)
{
	digest_add(&w->plain_digest, bytes, len);
	w->open_size += len;
	return w->plain && out_write(w->plain, bytes, len, e) ? -1 : 0;
}

static int put_packed(struct writer *w, const void *bytes, size_t len, struct err *e)
{
	digest_add(&w->packed_digest, bytes, len);
	w->size += len;
	return out_write(w->packed, bytes, len, e);
}

/* One member; ret_sum: goes on with it. */
static int put_member(
	struct writer *w, const char *bytes, size_t len, size_t *ret_packed, uint32_t *ret_sum, struct err *e)
{
	AUTO_FREE char *packed = NULL;
	size_t packed_len = 0;
	struct out *out = out_codec(out_mem(PIECE_MAX, &packed, &packed_len), CODEC_GZIP, LEVEL, 1, e);

	if (!out)
		return -1;
	if (out_write(out, bytes, len, e)) {
		out_drop(&out);
		return -1;
	}
	if (out_close(out, e) || put_plain(w, bytes, len, e) || put_packed(w, packed, packed_len, e))
		return -1;
	*ret_packed = packed_len;
	*ret_sum = quick_text_sum(*ret_sum, packed, packed_len);
	return 0;
}

/* The same once more, for the next time. */
static int put_quick(
	struct writer *w, const char *bytes, size_t len, size_t *ret_quick, uint32_t *ret_sum, struct err *e)
{
	struct text quick = { 0 };
	int status = quick_text_pack(&quick, bytes, len, e) || out_write(w->quick, quick.at, quick.len, e) ? -1 : 0;

	*ret_quick = quick.len;
	*ret_sum = quick_text_sum(*ret_sum, quick.at, quick.len);
	text_done(&quick);
	return status;
}

static int note_piece(struct writer *w, size_t packed, size_t quick, uint32_t sum, struct err *e)
{
	struct text lines = { 0 };
	int status;

	for (size_t i = 0; i < w->open.len; i++)
		text_add(&lines, "%zu %s\n", w->open.at[i].len, w->open.at[i].key);
	sum = quick_text_sum(sum, lines.at, lines.len);
	w->entries += w->open.len;
	status = out_printf(w->table, e, "=%zu %zu %08" PRIx32 " %d %zu %zu %zu\n", packed, quick, sum,
			 w->open.at[w->open.len - 1].ends, w->open.len, w->text.len, lines.len) ||
			out_write(w->table, lines.at, lines.len, e)
		? -1
		: 0;
	text_done(&lines);
	return status;
}

static int close_piece(struct writer *w, struct err *e)
{
	size_t packed, quick;
	uint32_t sum = 0;

	if (!w->open.len)
		return 0;
	if (put_member(w, w->text.at, w->text.len, &packed, &sum, e) ||
		put_quick(w, w->text.at, w->text.len, &quick, &sum, e) || note_piece(w, packed, quick, sum, e))
		return -1;
	open_empty(w);
	return 0;
}

static int add_entry(struct writer *w, const char *key, const char *bytes, size_t len, bool ends, struct err *e)
{
	if (w->text.len + len > PIECE_MAX)
		return err_env(e, "the index has a part larger than %d MiB", PIECE_MAX >> 20);
	ends = ends || len >= ENTRY_LARGE;
	*LIST_ADD(&w->open) = (struct entry){ mem_strdup(key), len, ends };
	text_bytes(&w->text, bytes, len);
	return ends ? close_piece(w, e) : 0;
}

/* ---- from the one to the other */

struct change {
	const struct doc_change *what;
	size_t added, removed; /* how many are done */
};

/* By the digest's last byte: paths of packages begin with its first ones, so entries stand in their order. */
static bool ends_piece(const struct doc_entry *entry)
{
	size_t len = strlen(entry->digest);
	unsigned char byte = 0;

	return len >= 2 && hex_parse(entry->digest + len - 2, 2, &byte) == 0 && byte % PIECE_ENTRIES == 0;
}

/* Those that come before this key (NULL: all that are left). */
static int add_before(struct writer *w, struct change *c, const char *key, struct err *e)
{
	while (c->added < c->what->added_len && (!key || strcmp(c->what->added[c->added].key, key) < 0)) {
		const struct doc_entry *entry = &c->what->added[c->added++];
		AUTO_FREE char *text = NULL;
		size_t len = 0;

		if (c->what->load(c->what->context, entry, &text, &len, e) ||
			add_entry(w, entry->key, text, len, ends_piece(entry), e))
			return -1;
	}
	return 0;
}

static bool is_removed(struct change *c, const char *key)
{
	if (c->removed == c->what->removed_len || strcmp(c->what->removed[c->removed], key) != 0)
		return false;
	c->removed++;
	return true;
}

/* The whole piece as it is. */
static int copy_piece(struct writer *w, struct old *o, struct err *e)
{
	w->entries += o->piece.entries;
	return unpack(o, e) || put_plain(w, o->text.at, o->text.len, e) ||
			put_packed(w, o->packed.at, o->packed.len, e) ||
			out_write(w->quick, o->quick.at, o->quick.len, e) || out_str(w->table, o->line, e) ||
			out_write(w->table, o->piece.lines.at, o->piece.lines.len, e)
		? -1
		: 0;
}

/* An entry of the document before, after what comes before it. */
static int change_entry(
	struct writer *w, const char *key, const char *text, size_t len, bool ends, struct change *c, struct err *e)
{
	if (add_before(w, c, key, e))
		return -1;
	if (is_removed(c, key))
		return 0;
	if (c->added < c->what->added_len && strcmp(c->what->added[c->added].key, key) == 0)
		return err_env(e, "the index before holds %s already", key);
	return add_entry(w, key, text, len, ends, e);
}

static int change_piece(struct writer *w, struct old *o, struct change *c, struct err *e)
{
	struct piece *p = &o->piece;
	char *line = p->lines.at, *last = line + p->last;
	size_t at = 0;

	if (unpack(o, e))
		return -1;
	for (size_t i = 0; i < p->entries; i++) {
		char *end = strchr(line, '\n');
		const char *key = NULL;
		size_t len = 0;

		if (end) {
			*end = '\0';
			len = number_of(line, &key);
		}
		if (!key || len > p->len - at)
			return damaged(e);
		if (change_entry(w, key, o->text.at + at, len, line == last && p->ends, c, e))
			return -1;
		at += len;
		line = end + 1;
	}
	return at == p->len ? 0 : damaged(e);
}

/* Does the change reach into this piece, or is the one before it still open? What ended the document may go on now. */
static bool is_touched(const struct writer *w, const struct piece *p, const struct change *c)
{
	if (w->open.len)
		return true;
	if (c->removed < c->what->removed_len && last_against(p, c->what->removed[c->removed]) >= 0)
		return true;
	return c->added < c->what->added_len && (!p->ends || last_against(p, c->what->added[c->added].key) >= 0);
}

static int write_pieces(struct writer *w, struct old *o, struct change *c, struct err *e)
{
	int got = 0;

	while (o && (got = old_piece(o, e)) > 0) {
		if (is_touched(w, &o->piece, c) ? change_piece(w, o, c, e) : copy_piece(w, o, e))
			return -1;
		o->packed_at += o->piece.packed;
		o->quick_at += o->piece.quick;
	}
	if (got < 0 || add_before(w, c, NULL, e) || close_piece(w, e))
		return -1;
	return c->removed == c->what->removed_len
		? 0
		: err_env(e, "the index before does not hold %s", c->what->removed[c->removed]);
}

/* ---- the files */

static char *head_of(const struct doc_form *form, size_t entries)
{
	const char *count = strstr(form->head, "%zu");

	return count ? mem_printf("%.*s%zu%s", (int)(count - form->head), form->head, entries, count + 3)
		     : mem_strdup(form->head);
}

/* The numbers of the first line are known at the end: they have room from the beginning. */
static int write_first_line(int fd, size_t entries, size_t head, size_t tail, struct err *e)
{
	char line[64];
	int len = snprintf(line, sizeof line, "%020zu %020zu %020zu\n", entries, head, tail);

	if (pwrite(fd, line, (size_t)len, 0) != len)
		return err_sys(e, "cannot write the index's pieces");
	return lseek(fd, len, SEEK_SET) < 0 ? err_sys(e, "cannot write the index's pieces") : 0;
}

static int close_out(struct out **out, struct err *e)
{
	struct out *closing = *out;

	*out = NULL;
	return closing ? out_close(closing, e) : 0;
}

static int write_document(
	struct writer *w, struct old *o, const struct doc_form *form, struct change *c, int table, struct err *e)
{
	size_t entries = (o ? o->entries : 0) + c->what->added_len - c->what->removed_len, head_len = 0, tail_len = 0;
	AUTO_FREE char *head = head_of(form, entries);
	uint32_t ignored = 0;

	if (write_first_line(table, 0, 0, 0, e) ||
		(*head && put_member(w, head, strlen(head), &head_len, &ignored, e)) || write_pieces(w, o, c, e))
		return -1;
	if ((*form->tail || !w->size) && put_member(w, form->tail, strlen(form->tail), &tail_len, &ignored, e))
		return -1;
	if (w->entries != entries)
		return err_env(e, "the index holds %zu packages where %zu should be", w->entries, entries);
	return close_out(&w->table, e) || close_out(&w->packed, e) || close_out(&w->quick, e) || close_out(&w->plain, e)
		? -1
		: write_first_line(table, entries, head_len, tail_len, e);
}

static int create(const char *path, const char *suffix, struct err *e)
{
	AUTO_FREE char *whole = mem_printf("%s%s", path, suffix);
	int fd = open(whole, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd < 0 ? err_sys(e, "%s", whole) : fd;
}

/* What was written, for *ret and for the disk. */
static void sum_up(struct writer *w, const int *fds, size_t len, struct doc *ret)
{
	char hex[DIGEST_HEX];

	*ret = (struct doc){ .entries = w->entries, .size = w->size, .open_size = w->open_size };
	digest_end_hex(&w->packed_digest, hex);
	memcpy(ret->sha256, hex, SHA256_HEX);
	digest_end_hex(&w->plain_digest, hex);
	memcpy(ret->open_sha256, hex, SHA256_HEX);
	for (size_t i = 0; i < len; i++)
		fs_begin_sync(fds[i]);
}

static void writer_done(struct writer *w)
{
	out_drop(&w->packed);
	out_drop(&w->quick);
	out_drop(&w->table);
	out_drop(&w->plain);
	digest_done(&w->packed_digest);
	digest_done(&w->plain_digest);
	open_empty(w);
	LIST_DONE(&w->open);
	text_done(&w->text);
}

enum { PACKED, QUICK, TABLE, PLAIN, FILES };

static int create_all(const char *after, bool has_plain, int fds[FILES], struct err *e)
{
	static const char *const suffixes[FILES] = { ".gz", ".lz4", ".pieces", "" };

	for (size_t i = 0; i < FILES; i++)
		fds[i] = -1;
	for (size_t i = 0; i < FILES; i++)
		if ((i != PLAIN || has_plain) && (fds[i] = create(after, suffixes[i], e)) < 0)
			return -1;
	return 0;
}

static int write_all(
	const char *after, struct old *o, const struct doc_form *form, struct change *c, struct doc *ret, struct err *e)
{
	struct writer w = { .packed = NULL };
	int fds[FILES], status = create_all(after, form->plain, fds, e);

	digest_init(&w.packed_digest, DIGEST_SHA256);
	digest_init(&w.plain_digest, DIGEST_SHA256);
	if (status == 0) {
		w.packed = out_fd(fds[PACKED]);
		w.quick = out_fd(fds[QUICK]);
		w.table = out_fd(fds[TABLE]);
		w.plain = form->plain ? out_fd(fds[PLAIN]) : NULL;
		status = write_document(&w, o, form, c, fds[TABLE], e);
	}
	if (status == 0)
		sum_up(&w, fds, FILES, ret);
	writer_done(&w);
	for (size_t i = 0; i < FILES; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return status;
}

int index_doc_write(const char *before, const char *after, const struct doc_form *form, const struct doc_change *change,
	struct doc *ret, struct err *e)
{
	struct old old = { .packed_fd = -1, .quick_fd = -1 };
	struct change c = { .what = change };
	int status = before && old_open(&old, before, e) ? -1
							 : write_all(after, before ? &old : NULL, form, &c, ret, e);

	old_close(&old);
	return status ? err_wrap(e, "%s", after) : 0;
}
