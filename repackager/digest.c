/* digest.c - digests of files as they pass, see digest.h. */
#include "repackager/digest.h"
#include <string.h>
#include <strings.h>

static const struct {
	size_t hex;
	enum digest_kind kind;
} kinds[] = {
	{ 32, DIGEST_MD5 },
	{ 40, DIGEST_SHA1 },
	{ 56, DIGEST_SHA224 },
	{ 64, DIGEST_SHA256 },
	{ 96, DIGEST_SHA384 },
	{ 128, DIGEST_SHA512 },
};

/* 0: *ret is its kind; an unknown length is an error. */
static int kind_of(const struct entry *entry, enum digest_kind *ret, struct err *e)
{
	size_t len = strlen(entry->want_digest);

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].hex == len) {
			*ret = kinds[i].kind;
			return 0;
		}
	return err_input(e, "E_METADATA", "%s: a digest of %zu digits is of no known kind", entry->path, len);
}

static int compare(const char *path, const char *found, const char *promised, struct err *e)
{
	if (strcasecmp(found, promised) == 0)
		return 0;
	err_input(e, "E_DIGEST", "%s: the content has digest %.128s, the package promises %s", path, found, promised);
	return err_member(e, path);
}

int digest_stage_begin(struct digest_stage *d, const struct entry *entry, struct err *e)
{
	enum digest_kind kind = DIGEST_MD5;

	*d = (struct digest_stage){ .is_on = true };
	if (entry->want_digest[0] && kind_of(entry, &kind, e))
		return -1;
	if (kind == DIGEST_SHA256)
		d->promised = entry->want_digest;
	digest_init(&d->sha256, DIGEST_SHA256);
	return 0;
}

void digest_stage_add(struct digest_stage *d, const void *bytes, size_t len)
{
	digest_add(&d->sha256, bytes, len);
}

int digest_stage_end(struct digest_stage *d, struct entry *entry, struct err *e)
{
	char sha256[DIGEST_HEX];
	const char *promised = d->promised;

	digest_end_hex(&d->sha256, sha256);
	memcpy(entry->sha256, sha256, SHA256_HEX);
	digest_stage_done(d);
	return promised ? compare(entry->path, sha256, promised, e) : 0;
}

int digest_given(const unsigned char sha256[32], struct entry *entry, struct err *e)
{
	enum digest_kind kind = DIGEST_MD5;

	if (entry->want_digest[0] && kind_of(entry, &kind, e))
		return -1;
	hex_of(sha256, 32, entry->sha256);
	return kind == DIGEST_SHA256 ? compare(entry->path, entry->sha256, entry->want_digest, e) : 0;
}

void digest_stage_done(struct digest_stage *d)
{
	if (d->is_on)
		digest_done(&d->sha256);
	d->is_on = false;
}

/* ---- in the decoder */

struct promises {
	struct sink sink;
	const char *path, *promised; /* NULL: nothing to compare; valid until entry_end */
	struct digest digest;
};

static int on_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct promises *p = (struct promises *)s;
	enum digest_kind kind;

	p->promised = NULL;
	if (entry->type != ENTRY_FILE || !entry->want_digest[0])
		return 0;
	if (kind_of(entry, &kind, e))
		return -1;
	if (kind == DIGEST_SHA256)
		return 0;
	p->path = entry->path;
	p->promised = entry->want_digest;
	digest_init(&p->digest, kind);
	return 0;
}

static int on_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct promises *p = (struct promises *)s;

	if (p->promised)
		digest_add(&p->digest, bytes, len);
	return 0;
}

static int on_end(struct sink *s, struct err *e)
{
	struct promises *p = (struct promises *)s;
	const char *promised = p->promised;
	char found[DIGEST_HEX];

	if (!promised)
		return 0;
	digest_end_hex(&p->digest, found);
	digest_done(&p->digest);
	p->promised = NULL;
	return compare(p->path, found, promised, e);
}

static void on_drop(struct sink *s)
{
	struct promises *p = (struct promises *)s;

	if (p->promised)
		digest_done(&p->digest);
	free(p);
}

struct sink *digest_promises_new(void)
{
	static const struct sink_ops ops = {
		.entry_begin = on_begin, .data = on_data, .entry_end = on_end, .drop = on_drop
	};
	struct promises *p = mem_alloc(sizeof *p);

	p->sink.ops = &ops;
	return &p->sink;
}
