/* index_doc.c - writes a document of an index in pieces; those that did not change are copied. */
#include "formats/index_doc.h"
#include "base/codec.h"
#include "base/fs.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_ENTRIES = 64 /* on the average; a power of two */, PIECE_MAX = 256 << 20, LINE_MAX_BYTES = 1 << 16 };
enum { LEVEL = 6 /* 9 takes longer by half, for the same size */ };

/* ---- the document before */

struct entry {
	char *key;
	size_t len;
	bool ends; /* a piece ends behind it */
};
struct piece {
	LIST(struct entry) list;
	size_t bytes;      /* compressed */
	struct text lines; /* of the table, as they were read */
};
struct old {
	FILE *table;
	int fd;
	char *line;
	size_t room, entries, head, tail;
	uint64_t at; /* of the next piece */
};

static void piece_empty(struct piece *p)
{
	for (size_t i = 0; i < p->list.len; i++)
		free(p->list.at[i].key);
	p->list.len = 0;
	p->lines.len = 0;
}

static int damaged(struct err *e)
{
	return err_env(e, "what is remembered of the index before cannot be read");
}

static int old_open(struct old *o, const char *path, struct err *e)
{
	AUTO_FREE char *table = mem_printf("%s.pieces", path), *packed = mem_printf("%s.gz", path);

	o->table = fopen(table, "re");
	if (!o->table)
		return err_sys(e, "%s", table);
	o->fd = open(packed, O_RDONLY | O_CLOEXEC);
	if (o->fd < 0)
		return err_sys(e, "%s", packed);
	if (getline(&o->line, &o->room, o->table) <= 0 ||
		sscanf(o->line, "%zu %zu %zu\n", &o->entries, &o->head, &o->tail) != 3)
		return damaged(e);
	o->at = o->head;
	return 0;
}

static void old_close(struct old *o)
{
	if (o->table)
		(void)fclose(o->table);
	if (o->fd >= 0)
		close(o->fd);
	free(o->line);
}

/* 1: a piece; 0: there are no more. */
static int old_piece(struct old *o, struct piece *ret, struct err *e)
{
	ssize_t len;

	piece_empty(ret);
	while ((len = getline(&o->line, &o->room, o->table)) > 0) {
		char *end;
		size_t number = strtoull(o->line + (*o->line == '='), &end, 10);

		if (len > LINE_MAX_BYTES || o->line[len - 1] != '\n' || *end != ' ')
			return damaged(e);
		text_bytes(&ret->lines, o->line, (size_t)len);
		o->line[len - 1] = '\0';
		if (*o->line != '=') {
			*LIST_ADD(&ret->list) = (struct entry){ mem_strdup(end + 1), number, false };
			continue;
		}
		if (!ret->list.len)
			return damaged(e);
		ret->bytes = number;
		ret->list.at[ret->list.len - 1].ends = end[1] == '1';
		return 1;
	}
	return ferror(o->table) || ret->list.len ? damaged(e) : 0;
}

/* ---- the new one */

struct writer {
	int packed;
	struct out *table, *plain; /* plain NULL: it is not wanted */
	struct digest packed_digest, plain_digest;
	uint64_t size, open_size;
	size_t entries;
	struct piece open; /* not yet written, with its text */
	struct text text;
};

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
	return fd_write(w->packed, bytes, len, e);
}

/* One member. */
static int put_member(struct writer *w, const char *bytes, size_t len, size_t *ret_packed, struct err *e)
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
	return 0;
}

static int note_piece(struct writer *w, const struct piece *p, struct err *e)
{
	for (size_t i = 0; i < p->list.len; i++)
		if (out_printf(w->table, e, "%zu %s\n", p->list.at[i].len, p->list.at[i].key))
			return -1;
	w->entries += p->list.len;
	return out_printf(w->table, e, "=%zu %d\n", p->bytes, p->list.at[p->list.len - 1].ends);
}

static int close_piece(struct writer *w, struct err *e)
{
	if (!w->open.list.len)
		return 0;
	if (put_member(w, w->text.at, w->text.len, &w->open.bytes, e) || note_piece(w, &w->open, e))
		return -1;
	piece_empty(&w->open);
	w->text.len = 0;
	return 0;
}

static int add_entry(struct writer *w, const char *key, const char *bytes, size_t len, bool ends, struct err *e)
{
	if (w->text.len + len > PIECE_MAX)
		return err_env(e, "the index has a part larger than %d MiB", PIECE_MAX >> 20);
	*LIST_ADD(&w->open.list) = (struct entry){ mem_strdup(key), len, ends };
	text_bytes(&w->text, bytes, len);
	return ends ? close_piece(w, e) : 0;
}

/* ---- from the one to the other */

struct change {
	const struct doc_change *what;
	size_t added, removed; /* how many are done */
};

static bool ends_piece(const struct doc_entry *entry)
{
	unsigned char byte = 0;

	return hex_parse(entry->digest, 2, &byte) == 0 && byte % PIECE_ENTRIES == 0;
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

static int unpack(const struct old *o, const struct piece *p, char **ret, size_t *ret_len, struct err *e)
{
	struct in *in = in_codec(in_range(o->fd, o->at, p->bytes), CODEC_GZIP, NULL);
	size_t want = 0;
	char extra;
	long got;

	for (size_t i = 0; i < p->list.len; i++)
		want += p->list.at[i].len;
	*ret = mem_alloc(want + 1);
	*ret_len = want;
	got = in_exact(in, *ret, want, e) ? -1 : in_read(in, &extra, 1, e);
	if (got) {
		in_drop(&in);
		return got < 0 ? -1 : damaged(e);
	}
	return in_close(in, e);
}

/* The whole piece as it is. */
static int copy_piece(struct writer *w, const struct old *o, const struct piece *p, struct err *e)
{
	AUTO_FREE char *text = NULL, *packed = mem_alloc(p->bytes + 1);
	size_t len;

	w->entries += p->list.len;
	return unpack(o, p, &text, &len, e) || fd_pread(o->fd, packed, p->bytes, o->at, e) ||
			put_plain(w, text, len, e) || put_packed(w, packed, p->bytes, e) ||
			out_write(w->table, p->lines.at, p->lines.len, e)
		? -1
		: 0;
}

static int change_piece(struct writer *w, const struct old *o, const struct piece *p, struct change *c, struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t len, at = 0;

	if (unpack(o, p, &text, &len, e))
		return -1;
	for (size_t i = 0; i < p->list.len; at += p->list.at[i++].len) {
		const struct entry *entry = &p->list.at[i];

		if (add_before(w, c, entry->key, e))
			return -1;
		if (is_removed(c, entry->key))
			continue;
		if (c->added < c->what->added_len && strcmp(c->what->added[c->added].key, entry->key) == 0)
			return err_env(e, "the index before holds %s already", entry->key);
		if (add_entry(w, entry->key, text + at, entry->len, entry->ends, e))
			return -1;
	}
	return 0;
}

/* Does the change reach into this piece, or is the one before it still open? What ended the document may go on now. */
static bool is_touched(const struct writer *w, const struct piece *p, const struct change *c)
{
	const struct entry *last = &p->list.at[p->list.len - 1];

	if (w->open.list.len)
		return true;
	if (c->removed < c->what->removed_len && strcmp(c->what->removed[c->removed], last->key) <= 0)
		return true;
	return c->added < c->what->added_len && (!last->ends || strcmp(c->what->added[c->added].key, last->key) <= 0);
}

static int write_pieces(struct writer *w, struct old *o, struct change *c, struct err *e)
{
	struct piece p = { 0 };
	int got = 0;

	while (o && (got = old_piece(o, &p, e)) > 0) {
		if (is_touched(w, &p, c) ? change_piece(w, o, &p, c, e) : copy_piece(w, o, &p, e)) {
			got = -1;
			break;
		}
		o->at += p.bytes;
	}
	piece_empty(&p);
	LIST_DONE(&p.list);
	text_done(&p.lines);
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

static int write_document(
	struct writer *w, struct old *o, const struct doc_form *form, struct change *c, int table, struct err *e)
{
	size_t entries = (o ? o->entries : 0) + c->what->added_len - c->what->removed_len, head_len = 0, tail_len = 0;
	AUTO_FREE char *head = head_of(form, entries);

	if (write_first_line(table, 0, 0, 0, e) || (*head && put_member(w, head, strlen(head), &head_len, e)) ||
		write_pieces(w, o, c, e))
		return -1;
	if ((*form->tail || !w->size) && put_member(w, form->tail, strlen(form->tail), &tail_len, e))
		return -1;
	if (w->entries != entries)
		return err_env(e, "the index holds %zu packages where %zu should be", w->entries, entries);
	if (out_close(w->table, e)) {
		w->table = NULL;
		return -1;
	}
	w->table = NULL;
	return write_first_line(table, entries, head_len, tail_len, e);
}

static int create(const char *path, const char *suffix, struct err *e)
{
	AUTO_FREE char *whole = mem_printf("%s%s", path, suffix);
	int fd = open(whole, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd < 0 ? err_sys(e, "%s", whole) : fd;
}

static int write_all(
	const char *after, struct old *o, const struct doc_form *form, struct change *c, struct doc *ret, struct err *e)
{
	AUTO_FD int packed = create(after, ".gz", e), table = packed < 0 ? -1 : create(after, ".pieces", e), plain = -1;
	struct writer w = { .packed = packed };
	int status = table < 0 || (form->plain && (plain = create(after, "", e)) < 0) ? -1 : 0;

	digest_init(&w.packed_digest, DIGEST_SHA256);
	digest_init(&w.plain_digest, DIGEST_SHA256);
	if (status == 0) {
		w.table = out_fd(table);
		w.plain = form->plain ? out_fd(plain) : NULL;
		status = write_document(&w, o, form, c, table, e);
	}
	if (status == 0 && w.plain) {
		status = out_close(w.plain, e);
		w.plain = NULL;
	}
	if (status == 0) {
		char hex[DIGEST_HEX];

		*ret = (struct doc){ .entries = w.entries, .size = w.size, .open_size = w.open_size };
		digest_end_hex(&w.packed_digest, hex);
		memcpy(ret->sha256, hex, SHA256_HEX);
		digest_end_hex(&w.plain_digest, hex);
		memcpy(ret->open_sha256, hex, SHA256_HEX);
	}
	out_drop(&w.table);
	out_drop(&w.plain);
	digest_done(&w.packed_digest);
	digest_done(&w.plain_digest);
	piece_empty(&w.open);
	LIST_DONE(&w.open.list);
	text_done(&w.text);
	return status;
}

int index_doc_write(const char *before, const char *after, const struct doc_form *form, const struct doc_change *change,
	struct doc *ret, struct err *e)
{
	struct old old = { .fd = -1 };
	struct change c = { .what = change };
	int status = before && old_open(&old, before, e) ? -1
							 : write_all(after, before ? &old : NULL, form, &c, ret, e);

	old_close(&old);
	return status ? err_wrap(e, "%s", after) : 0;
}
