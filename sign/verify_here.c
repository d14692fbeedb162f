/* verify_here.c - the plain case of a signature judged in this process: one, over bytes, by a key that gpg has nothing against.
 *
 * It only ever says yes. Whatever is unusual, expired, unknown or wrong is gpg's to judge (verify.c), so that nothing is refused, or worded, in another way. */
#include "base/when.h"
#include "sign/key_facts.h"
#include "sign/one_signature.h"
#include "sign/packets.h"
#include "sign/signature_make.h"
#include <string.h>
#include <strings.h>

enum { PORTION = 64 << 10 };

static bool is_pinned(const char *const *pinned, size_t len, const char *primary)
{
	bool is_there = pinned == NULL;

	for (size_t i = 0; i < len && !is_there; i++)
		is_there = strcasecmp(pinned[i], primary) == 0;
	return is_there;
}

/* As the judgement of verify.c has it, at the edges a second stricter. */
static bool is_in_time(const struct key_fact *f, int64_t made, int64_t now)
{
	return made > 0 && made <= now + CLOCK_SLACK && made >= f->created && f->created <= now &&
		(f->expires == 0 || f->expires > now);
}

static bool digest_of(
	const struct sig_data *data, const struct one_signature *s, unsigned char ret[DIGEST_MAX], size_t *ret_len)
{
	struct range_reader reader = { .data = data };
	AUTO_FREE char *buf = mem_alloc(PORTION);
	struct digest d = { 0 };
	long got;

	digest_init(&d, s->digest);
	while ((got = range_read(&reader, buf, PORTION)) > 0)
		digest_add(&d, buf, (size_t)got);
	*ret_len = signature_digest_end(&d, s->hashed, s->hashed_len, ret);
	digest_done(&d);
	return got == 0;
}

static void tell(const struct one_signature *s, const struct key_fact *f, struct sig_verdict *ret)
{
	*ret = (struct sig_verdict){ .time = s->time };
	memcpy(ret->fingerprint, f->primary, sizeof f->primary);
	memcpy(ret->subkey, f->fingerprint, sizeof f->fingerprint);
	ret->hash = s->digest == DIGEST_SHA256 ? "SHA256" : s->digest == DIGEST_SHA384 ? "SHA384" : "SHA512";
	ret->algorithm = s->algorithm == 1 ? "RSA" : "EdDSA";
}

bool verify_here(struct keyring *k, const struct sig_data *data, const struct sig_packets *packets,
	const char *const *pinned, size_t pinned_len, int64_t at, struct sig_verdict *ret)
{
	struct one_signature s;
	unsigned char digest[DIGEST_MAX];
	const struct key_body *body;
	const struct key_fact *fact;
	char name[41];
	size_t len;

	if (packets->known != 1 || packets->foreign != 0 || !one_signature_read(packets->at, packets->len, &s))
		return false;
	key_hex(s.fingerprint, sizeof s.fingerprint, name);
	if (!(body = key_facts_body(k, name)) || !(fact = key_facts_of(k, name)) || !fact->is_proven ||
		!is_pinned(pinned, pinned_len, fact->primary) || !is_in_time(fact, s.time, at ? at : when_now()) ||
		!digest_of(data, &s, digest, &len) || !one_signature_fits(&s, body->at, body->len, digest, len))
		return false;
	tell(&s, fact, ret);
	return true;
}
