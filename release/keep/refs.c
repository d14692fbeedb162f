/* refs.c - following digests from the log's rows through everything that they name. */
#include "release/keep/refs.h"
#include "base/digest.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, HEX = 64 };

void refs_done(struct refs *r)
{
	LIST_DONE(&r->blobs);
	LIST_DONE(&r->open);
}

/* ---- what is there */
static int add(void *context, const char *digest, struct err *e)
{
	struct refs *r = context;
	struct ref *one = LIST_ADD(&r->blobs);

	*one = (struct ref){ .is_named = false };
	return hex_parse(digest, HEX, one->digest) ? err_env(e, "blob '%s' has no name of a blob", digest) : 0;
}

static int by_digest(const void *a, const void *b)
{
	return memcmp(((const struct ref *)a)->digest, ((const struct ref *)b)->digest, 32);
}

int refs_list(struct refs *r, struct store *s, struct err *e)
{
	r->blobs.len = r->open.len = 0;
	if (s->blobs->ops->list(s->blobs, add, r, e))
		return -1;
	if (r->blobs.len)
		qsort(r->blobs.at, r->blobs.len, sizeof *r->blobs.at, by_digest);
	return 0;
}

struct ref *refs_find(struct refs *r, const char *digest)
{
	struct ref wanted;

	if (!r->blobs.len || hex_parse(digest, HEX, wanted.digest))
		return NULL;
	return bsearch(&wanted, r->blobs.at, r->blobs.len, sizeof wanted, by_digest);
}

static void name(struct refs *r, struct ref *one)
{
	if (!one || one->is_named || one->is_spare)
		return;
	one->is_named = true;
	*LIST_ADD(&r->open) = (size_t)(one - r->blobs.at);
}

/* ---- what a text names */
struct scan {
	struct refs *refs;
	char run[HEX + 1]; /* the hex digits that stand together just now; longer runs are no digests of blobs */
	size_t len;
};

static void end_run(struct scan *s)
{
	s->run[HEX] = '\0';
	if (s->len == HEX)
		name(s->refs, refs_find(s->refs, s->run));
	s->len = 0;
}

static void scan(struct scan *s, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool is_hex = (bytes[i] >= '0' && bytes[i] <= '9') || (bytes[i] >= 'a' && bytes[i] <= 'f');

		if (!is_hex)
			end_run(s);
		else if (s->len++ < HEX)
			s->run[s->len - 1] = bytes[i];
	}
}

/* Packages are not read: a deb is an ar archive, an rpm begins with its magic, others with a byte that no text has. What is a text begins with one. */
static bool is_text(const char *bytes, ssize_t len)
{
	if (len >= 8 && memcmp(bytes, "!<arch>\n", 8) == 0)
		return false;
	return len > 0 && ((unsigned char)bytes[0] >= ' ' || strchr("\t\n\r", bytes[0])) && !(bytes[0] & 0x80);
}

static int read_text(struct scan *s, int fd, const char *digest, struct err *e)
{
	AUTO_FREE char *chunk = mem_alloc(CHUNK);
	char found[DIGEST_HEX];
	struct digest d;
	ssize_t got;

	digest_init(&d, DIGEST_SHA256);
	got = read(fd, chunk, CHUNK);
	if (got > 0 && !is_text(chunk, got)) {
		digest_done(&d);
		return 0;
	}
	for (; got > 0; got = read(fd, chunk, CHUNK)) {
		digest_add(&d, chunk, (size_t)got);
		scan(s, chunk, (size_t)got);
	}
	end_run(s);
	digest_end_hex(&d, found);
	digest_done(&d);
	if (got < 0)
		return err_sys(e, "blob %s", digest);
	return strcmp(found, digest) == 0
		? 0
		: err_verdict(e, "E_DIGEST", "blob %s: its bytes have become %s", digest, found);
}

static int look_into(struct refs *r, struct store *s, const struct ref *one, struct err *e)
{
	struct scan scan = { .refs = r };
	char digest[SHA256_HEX];
	AUTO_FD int fd = -1;

	hex_of(one->digest, sizeof one->digest, digest);
	fd = blob_open(s->blobs, digest, e);
	return fd < 0 ? -1 : read_text(&scan, fd, digest, e);
}

/* ---- the log */
struct walk {
	struct refs *refs;
	struct store *store;
};

static int name_row(struct walk *w, const char *digest, struct err *e)
{
	struct ref *one;

	if (!digest_is_hex(digest))
		return 0;
	one = refs_find(w->refs, digest);
	if (!one)
		return err_verdict(e, "E_DIGEST", "blob %s, which the log names, is not there", digest);
	one->is_spare = false;
	name(w->refs, one);
	return 0;
}

static int see_row(void *context, const struct log_row *row, struct err *e)
{
	struct walk *w = context;

	if (name_row(w, row->record, e) || name_row(w, row->signature, e))
		return err_wrap(e, "row %lld", (long long)row->seq);
	while (w->refs->open.len)
		if (look_into(w->refs, w->store, &w->refs->blobs.at[w->refs->open.at[--w->refs->open.len]], e))
			return err_wrap(e, "row %lld", (long long)row->seq);
	return 0;
}

int refs_walk(struct refs *r, struct store *s, struct err *e)
{
	struct walk walk = { r, s };

	return log_walk(s, NULL, see_row, &walk, &r->head, e);
}
