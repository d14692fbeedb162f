/* packets.h - the outer shape of OpenPGP data (RFC 9580, 4.2 and 5.2): which packets are there. No cryptography.
 *
 * A detached signature is a row of signature packets and nothing else. gpg is more forgiving: it takes an inline message, a certificate or
 * garbage in that place and reports zero signatures or only the good one, so we look first. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include <stdbool.h>

enum {
	PACKET_SIGNATURE = 2,
	PACKET_SECRET_KEY = 5,
	PACKET_PUBLIC_KEY = 6,
	PACKET_SECRET_SUBKEY = 7,
	PACKET_PUBLIC_SUBKEY = 14
};
enum { SIG_PACKETS_MAX = 32, SIG_BLOB_MAX = 1 << 20 };

struct packet {
	unsigned tag;
	const unsigned char *at, *body; /* at: with its header */
	size_t size, len;               /* size: with its header */
};
/* 1: *ret is the next packet and *at moved behind it; 0: the end; -1: not a whole packet of known length. */
int packet_next(const unsigned char *bytes, size_t len, size_t *at, struct packet *ret);

/* Four bytes as OpenPGP and GnuPG's files write a number or a time, the highest first. */
uint32_t packet_number(const unsigned char *at);

/* As fingerprints and key ids are written, in upper case; 2 * len + 1 bytes. */
void key_hex(const unsigned char *bytes, size_t len, char *ret);

/* Subpackets of a signature (RFC 9580, 5.2.3.7). */
struct subpacket {
	unsigned type; /* without the bit that says that it must be understood */
	const unsigned char *at;
	size_t len;
};
/* 1: *ret is the next one of an area, and *at, *left moved behind it; 0: the end; -1: not a whole one. */
int subpacket_next(const unsigned char **at, size_t *left, struct subpacket *ret);

/* The fingerprint, else the key id (upper-case hex), that the first signature says it is by; "" when it does not. Armored or binary. Nothing is proven. */
void sig_issuer(const void *sig, size_t len, char ret[65]);

size_t sig_count(const void *sig, size_t len); /* packets of any kind in it, armored or binary; 0: it cannot be read */

struct sig_packets {
	unsigned char *at; /* the packets gpg can judge (versions 3 and 4), in order; malloc */
	size_t len;
	unsigned known, foreign; /* foreign: signatures of other versions, left out */
};
/* bytes: binary packets. is_text: signatures over text (0x01) are fine as well, else only over bytes (0x00). E_SIG_BAD otherwise. */
int sig_packets_read(const unsigned char *bytes, size_t len, bool is_text, struct sig_packets *ret, struct err *e) MUST;
void sig_packets_done(struct sig_packets *p);
