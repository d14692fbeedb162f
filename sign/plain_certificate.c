/* plain_certificate.c - is a certificate of the plainest kind (RFC 9580, 10.1)? What its key is for, and until when, then needs no word of gpg's. */
#include "sign/key_facts.h"
#include "sign/one_signature.h"
#include "sign/packets.h"
#include "sign/plain_key.h"
#include <string.h>

enum { PACKET_TRUST = 12, PACKET_USER_ID = 13, CLASS_BINDING = 0x18, SUB_FLAGS = 27, KEY_BODY_MIN = 12, KEY_ID = 16 };

struct reading {
	struct plain_certificate c;
	struct packet name; /* the one that signatures now are about; len 0: none yet */
	bool is_subkey;     /* they are about a subkey */
	unsigned good;
};

bool plain_certificate_begins(const unsigned char *block, size_t len, struct plain_certificate *ret)
{
	struct plain_certificate c = { .expires = 0 };
	struct packet p;
	size_t at = 0;

	if (packet_next(block, len, &at, &p) <= 0 || p.tag != PACKET_PUBLIC_KEY || p.len < KEY_BODY_MIN ||
		p.len > 0xffff || p.body[0] != 4)
		return false;
	key_fingerprint(p.body, p.len, c.id);
	key_hex(c.id, sizeof c.id, c.fingerprint);
	c.body = p.body;
	c.len = p.len;
	c.begins = packet_number(p.body + 1);
	*ret = c;
	return true;
}

/* RFC 9580, 5.2.4: the key, the name, and the signature's own part. */
static size_t digest_of(const struct reading *r, const struct one_signature *s, unsigned char ret[DIGEST_MAX])
{
	const unsigned char key[] = { 0x99, (unsigned char)(r->c.len >> 8), (unsigned char)r->c.len };
	const unsigned char name[] = { 0xb4, (unsigned char)(r->name.len >> 24), (unsigned char)(r->name.len >> 16),
		(unsigned char)(r->name.len >> 8), (unsigned char)r->name.len };
	struct digest d = { 0 };
	size_t len;

	digest_init(&d, s->digest);
	digest_add(&d, key, sizeof key);
	digest_add(&d, r->c.body, r->c.len);
	digest_add(&d, name, sizeof name);
	digest_add(&d, r->name.body, r->name.len);
	len = signature_digest_end(&d, s->hashed, s->hashed_len, ret);
	digest_done(&d);
	return len;
}

static bool take_self(struct reading *r, const struct packet *p)
{
	struct self_signature self;
	unsigned char digest[DIGEST_MAX];
	size_t len;

	if (!self_signature_read(p->body, p->len, &self) || !(self.flags & KEY_MAY_SIGN))
		return false;
	len = digest_of(r, &self.signature, digest);
	if (!one_signature_fits(&self.signature, r->c.body, r->c.len, digest, len))
		return false;
	if (self.lives) {
		int64_t end = packet_number(r->c.body + 1) + self.lives;

		r->c.expires = r->c.expires && r->c.expires < end ? r->c.expires : end;
	}
	r->c.begins = r->c.begins > self.signature.time ? r->c.begins : self.signature.time;
	r->good++;
	return true;
}

/* Whoever bound a subkey, good or not: does it say that it cannot sign? */
static bool cannot_sign(const struct packet *p)
{
	const unsigned char *at = p->body + 6;
	size_t left = p->len < 6 ? 0 : (size_t)p->body[4] << 8 | p->body[5];
	struct subpacket sub;
	unsigned said = 0;
	int rc;

	if (p->len < 6 || p->body[0] != 4 || p->body[1] != CLASS_BINDING || left > p->len - 6)
		return false;
	while ((rc = subpacket_next(&at, &left, &sub)) > 0)
		if (sub.type == SUB_FLAGS && (sub.len < 1 || (sub.at[0] & KEY_MAY_SIGN) || said++))
			return false;
	return rc == 0 && said == 1;
}

/* On a name: the key's own, or another's, which says nothing of what the key may do. Revocations are neither. */
static bool take_certification(struct reading *r, const struct packet *p)
{
	char issuer[65];
	const char *own = r->c.fingerprint;

	if (!r->name.len || p->len < 10 || p->body[0] != 4 || p->body[1] < 0x10 || p->body[1] > 0x13)
		return false;
	sig_issuer(p->at, p->size, issuer);
	if (!*issuer)
		return false;
	if (strcmp(issuer, own) == 0 || strcmp(issuer, own + strlen(own) - KEY_ID) == 0)
		return take_self(r, p);
	return true;
}

static bool take(struct reading *r, const struct packet *p)
{
	switch (p->tag) {
	case PACKET_USER_ID:
		r->name = *p;
		return !r->is_subkey && p->len > 0;
	case PACKET_PUBLIC_SUBKEY:
		r->is_subkey = true;
		return true;
	case PACKET_SIGNATURE:
		return r->is_subkey ? cannot_sign(p) : take_certification(r, p);
	case PACKET_TRUST: /* what GnuPG remembers of having looked; nobody here goes by it */
		return true;
	default:
		return false;
	}
}

bool plain_certificate_read(const unsigned char *block, size_t len, struct plain_certificate *ret)
{
	struct reading r = { .good = 0 };
	struct packet p;
	size_t at = 0;
	int rc;

	if (!plain_certificate_begins(block, len, &r.c) || packet_next(block, len, &at, &p) <= 0)
		return false;
	while ((rc = packet_next(block, len, &at, &p)) > 0)
		if (!take(&r, &p))
			return false;
	if (rc < 0 || r.good == 0)
		return false;
	*ret = r.c;
	return true;
}
