/* issuer.c - which key a signature says it is by (RFC 9580, 5.2.3: subpackets 33 and 16). A claim, not a proof. */
#include "sign/armor.h"
#include "sign/packets.h"
#include <stdio.h>
#include <string.h>

enum { SUB_ISSUER = 16, SUB_ISSUER_FINGERPRINT = 33 };

void key_hex(const unsigned char *bytes, size_t len, char *ret)
{
	for (size_t i = 0; i < len; i++)
		snprintf(ret + 2 * i, 3, "%02X", bytes[i]);
}

/* The length in front of a subpacket: one, two or five bytes. */
static bool sub_length(const unsigned char **at, size_t *left, size_t *ret)
{
	const unsigned char *p = *at;
	unsigned used = *left > 0 && p[0] < 192 ? 1 : *left > 0 && p[0] < 255 ? 2 : 5;

	if (*left < used)
		return false;
	*ret = used == 1 ? p[0] : used == 2 ? ((size_t)(p[0] - 192) << 8) + p[1] + 192 : packet_number(p + 1);
	*at += used;
	*left -= used;
	return *ret > 0 && *ret <= *left;
}

int subpacket_next(const unsigned char **at, size_t *left, struct subpacket *ret)
{
	size_t len;

	if (*left == 0)
		return 0;
	if (!sub_length(at, left, &len))
		return -1;
	*ret = (struct subpacket){ **at & 0x7f, *at + 1, len - 1 };
	*at += len;
	*left -= len;
	return 1;
}

/* One area of subpackets; a fingerprint outranks a key id. */
static void look_in(const unsigned char *at, size_t left, char ret[65])
{
	struct subpacket sub;

	while (subpacket_next(&at, &left, &sub) > 0)
		if (sub.type == SUB_ISSUER_FINGERPRINT && sub.len == 21 && sub.at[0] == 4)
			key_hex(sub.at + 1, 20, ret);
		else if (sub.type == SUB_ISSUER && sub.len == 8 && !ret[0])
			key_hex(sub.at, 8, ret);
}

static void issuer_of(const struct packet *p, char ret[65])
{
	const unsigned char *b = p->body;

	if (p->tag != PACKET_SIGNATURE || p->len < 6)
		return;
	if (b[0] == 3 && p->len >= 15)
		key_hex(b + 7, 8, ret);
	if (b[0] != 4)
		return;
	size_t hashed = (size_t)b[4] << 8 | b[5];
	if (p->len < 6 + hashed + 2)
		return;
	size_t unhashed = (size_t)b[6 + hashed] << 8 | b[7 + hashed];
	look_in(b + 6, hashed, ret);
	if (p->len >= 8 + hashed + unhashed)
		look_in(b + 8 + hashed, unhashed, ret);
}

/* Its packets as bytes: itself, or what its armor holds (*ret_plain, malloc); NULL: it cannot be read. */
static const unsigned char *packets_of(const void *sig, size_t *len, unsigned char **ret_plain)
{
	struct err ignored = { 0 };
	size_t plain_len;

	if (*len > SIG_BLOB_MAX)
		return NULL;
	if (!armor_looks_like(sig, *len))
		return sig;
	if (armor_decode(sig, *len, "SIGNATURE", ret_plain, &plain_len, &ignored))
		return NULL;
	*len = plain_len;
	return *ret_plain;
}

void sig_issuer(const void *sig, size_t len, char ret[65])
{
	AUTO_FREE unsigned char *plain = NULL;
	const unsigned char *bytes = packets_of(sig, &len, &plain);
	struct packet p;
	size_t at = 0;

	ret[0] = '\0';
	if (bytes && packet_next(bytes, len, &at, &p) > 0)
		issuer_of(&p, ret);
}

size_t sig_count(const void *sig, size_t len)
{
	AUTO_FREE unsigned char *plain = NULL;
	const unsigned char *bytes = packets_of(sig, &len, &plain);
	struct packet p;
	size_t at = 0, count = 0;
	int rc = 0;

	while (bytes && (rc = packet_next(bytes, len, &at, &p)) > 0)
		count++;
	return rc < 0 ? 0 : count;
}
