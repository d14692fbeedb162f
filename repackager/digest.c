/* digest.c - the digest stage, see digest.h. */
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

int digest_stage_begin(struct digest_stage *d, const struct entry *entry, struct err *e)
{
	size_t len = strlen(entry->want_digest);

	*d = (struct digest_stage){ .is_on = true };
	for (size_t i = 0; len > 0 && i < COUNT(kinds); i++) {
		if (kinds[i].hex != len)
			continue;
		d->is_promised = true;
		d->is_same = kinds[i].kind == DIGEST_SHA256;
		if (!d->is_same)
			digest_init(&d->promised, kinds[i].kind);
	}
	if (len > 0 && !d->is_promised)
		return err_input(e, "E_METADATA", "%s: a digest of %zu digits is of no known kind", entry->path, len);
	digest_init(&d->sha256, DIGEST_SHA256);
	return 0;
}

void digest_stage_add(struct digest_stage *d, const void *bytes, size_t len)
{
	digest_add(&d->sha256, bytes, len);
	if (d->is_promised && !d->is_same)
		digest_add(&d->promised, bytes, len);
}

int digest_stage_end(struct digest_stage *d, struct entry *entry, struct err *e)
{
	char sha256[DIGEST_HEX], promised[DIGEST_HEX] = "";

	digest_end_hex(&d->sha256, sha256);
	memcpy(entry->sha256, sha256, SHA256_HEX);
	if (d->is_promised && !d->is_same)
		digest_end_hex(&d->promised, promised);
	const char *found = d->is_same ? sha256 : promised;
	bool is_good = !d->is_promised || strcasecmp(found, entry->want_digest) == 0;
	digest_stage_done(d);
	if (!is_good) {
		err_input(e, "E_DIGEST", "%s: the content has digest %.128s, the package promises %s", entry->path,
			found, entry->want_digest);
		return err_member(e, entry->path);
	}
	return 0;
}

void digest_stage_done(struct digest_stage *d)
{
	if (d->is_on) {
		digest_done(&d->sha256);
		if (d->is_promised && !d->is_same)
			digest_done(&d->promised);
	}
	d->is_on = false;
}
