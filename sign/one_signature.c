/* one_signature.c - reads a signature packet (RFC 9580, 5.2.3). What it takes is what gpg and agent.c write; a subpacket more, and gpg is asked. */
#include "sign/one_signature.h"
#include "sign/packets.h"
#include <string.h>

enum { SUB_CREATED = 2, SUB_ISSUER = 16, SUB_USER = 28, SUB_FINGERPRINT = 33, NUMBER_MAX = 1024 };
enum { SUB_LIVES = 9, SUB_FLAGS = 27, CLASS_BYTES = 0x00, CLASS_CERTIFIES = 0x10, CLASS_CERTIFIES_LAST = 0x13 };
/* What a certificate says of its holder's tastes: which ciphers, digests, features; which name comes first. */
static const unsigned char tastes[] = { 11, 21, 22, 23, 25, 30, 34 };

static const struct {
	int id;
	enum digest_kind kind;
} digests[] = { { 8, DIGEST_SHA256 }, { 9, DIGEST_SHA384 }, { 10, DIGEST_SHA512 } };
/* How many numbers make a signature. */
static const struct {
	int id;
	size_t numbers, most;
} algorithms[] = { { 1, 1, NUMBER_MAX }, { 22, 2, 32 } };

struct reading {
	struct one_signature *s;
	struct self_signature *self; /* NULL: it is one over bytes */
	unsigned char issuer[8];
	unsigned created, issuers, fingerprints, flags, lives;
};

static bool take_self_sub(struct reading *r, const struct subpacket *sub)
{
	if (sub->type == SUB_FLAGS && sub->len >= 1) {
		r->self->flags = sub->at[0];
		return r->flags++ == 0;
	}
	if (sub->type == SUB_LIVES && sub->len == 4) {
		r->self->lives = packet_number(sub->at);
		return r->lives++ == 0;
	}
	return memchr(tastes, (int)sub->type, sizeof tastes) != NULL;
}

static bool take_sub(struct reading *r, const struct subpacket *sub, bool is_hashed)
{
	switch (sub->type) {
	case SUB_CREATED:
		r->s->time = sub->len == 4 ? packet_number(sub->at) : 0;
		return is_hashed && sub->len == 4 && r->created++ == 0;
	case SUB_FINGERPRINT:
		if (!is_hashed || sub->len != 21 || sub->at[0] != 4)
			return false;
		memcpy(r->s->fingerprint, sub->at + 1, 20);
		return r->fingerprints++ == 0;
	case SUB_ISSUER:
		if (sub->len != 8)
			return false;
		memcpy(r->issuer, sub->at, 8);
		return r->issuers++ == 0;
	case SUB_USER: /* a name, which nobody here goes by */
		return is_hashed && !r->self;
	default:
		return is_hashed && r->self && take_self_sub(r, sub);
	}
}

static bool take_subs(struct reading *r, const unsigned char *at, size_t len, bool is_hashed)
{
	struct subpacket sub;
	int rc;

	while ((rc = subpacket_next(&at, &len, &sub)) > 0)
		if (!take_sub(r, &sub, is_hashed))
			return false;
	return rc == 0;
}

bool number_take(const unsigned char **at, size_t *left, size_t most, const unsigned char **ret, size_t *ret_len)
{
	size_t bits, len;

	if (*left < 2)
		return false;
	bits = (size_t)(*at)[0] << 8 | (*at)[1];
	len = (bits + 7) / 8;
	if (bits == 0 || len > most || len > *left - 2 || (*at)[2] >> ((bits - 1) % 8) != 1)
		return false;
	*ret = *at + 2;
	*ret_len = len;
	*at += 2 + len;
	*left -= 2 + len;
	return true;
}

static bool take_numbers(struct one_signature *s, const unsigned char *at, size_t left)
{
	for (size_t i = 0; i < COUNT(algorithms); i++) {
		if (algorithms[i].id != s->algorithm)
			continue;
		for (size_t k = 0; k < algorithms[i].numbers; k++)
			if (!number_take(&at, &left, algorithms[i].most, &s->numbers[k], &s->numbers_len[k]))
				return false;
		return left == 0;
	}
	return false;
}

static bool take_digest(struct one_signature *s, int id)
{
	for (size_t i = 0; i < COUNT(digests); i++)
		if (digests[i].id == id) {
			s->digest = digests[i].kind;
			return true;
		}
	return false;
}

static bool is_class(unsigned char class, bool is_self)
{
	return is_self ? class >= CLASS_CERTIFIES && class <= CLASS_CERTIFIES_LAST : class == CLASS_BYTES;
}

/* Version, class, algorithm, digest, the hashed subpackets; the others; two bytes of the digest; numbers. */
static bool read_body(const unsigned char *body, size_t len, struct one_signature *s, struct self_signature *self)
{
	struct reading r = { .s = s, .self = self };
	size_t hashed, unhashed, at;

	if (len < 10 || body[0] != 4 || !is_class(body[1], self != NULL) || !take_digest(s, body[3]))
		return false;
	s->algorithm = body[2];
	hashed = (size_t)body[4] << 8 | body[5];
	if (hashed > len - 10)
		return false;
	unhashed = (size_t)body[6 + hashed] << 8 | body[7 + hashed];
	if (unhashed > len - 10 - hashed)
		return false;
	s->hashed = body;
	s->hashed_len = 6 + hashed;
	at = 8 + hashed + unhashed;
	memcpy(s->begins, body + at, 2);
	return take_subs(&r, body + 6, hashed, true) && take_subs(&r, body + 8 + hashed, unhashed, false) &&
		r.created == 1 && r.fingerprints == 1 &&
		(r.issuers == 0 || memcmp(r.issuer, s->fingerprint + 12, 8) == 0) &&
		take_numbers(s, body + at + 2, len - at - 2);
}

bool one_signature_read(const unsigned char *bytes, size_t len, struct one_signature *ret)
{
	struct one_signature s = { 0 };
	struct packet p;
	size_t at = 0;

	if (packet_next(bytes, len, &at, &p) <= 0 || at != len || p.tag != PACKET_SIGNATURE ||
		!read_body(p.body, p.len, &s, NULL))
		return false;
	*ret = s;
	return true;
}

bool self_signature_read(const unsigned char *body, size_t len, struct self_signature *ret)
{
	struct self_signature self = { .flags = 0 };

	if (!read_body(body, len, &self.signature, &self))
		return false;
	*ret = self;
	return true;
}
