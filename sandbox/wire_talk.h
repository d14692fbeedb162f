/* wire_talk.h - how the sink talks with whoever connected: what they speak is found out, and they are answered just politely enough
 * to go on to what matters (a mail client to its STARTTLS). Bytes in, bytes out; no sockets, no clock. */
#pragma once
#include "sandbox/wire_hello.h"
#include <stdbool.h>

enum wire_outcome {
	WIRE_SILENT,     /* connected and said nothing */
	WIRE_TLS,        /* spoke TLS at once */
	WIRE_STARTTLS,   /* asked for TLS in the protocol's own way, then spoke it */
	WIRE_CLEARTEXT,  /* said something that anybody on the way could read */
	WIRE_ENCRYPTED,  /* another kind of encryption (ssh, DTLS, QUIC) */
	WIRE_UDP,        /* a datagram that nobody could read anything in */
	WIRE_REFUSED,    /* too many at once */
	WIRE_UNANSWERED, /* no TCP or UDP, or only a part of it: its protocol says what it was */
	WIRE_OUTCOMES
};
const char *wire_outcome_name(enum wire_outcome o);

enum { TALK_REPLY = 2048, TALK_FIRST = 200 };
struct talk_reply {
	uint8_t at[TALK_REPLY];
	size_t len;
	bool is_over; /* close after that */
};
struct talk_rules; /* of one protocol */
struct talk {
	unsigned port;
	const struct talk_rules *rules; /* NULL: not known yet */
	uint8_t in[HELLO_MAX];
	size_t len;
	bool has_greeted, is_starting /* TLS was asked for and granted */, is_over;
	enum wire_outcome outcome;
	struct hello hello;
	char first[TALK_FIRST]; /* what was said first, as it came; cut */
	size_t first_len;
};
void talk_begin(struct talk *t, unsigned port);
/* The client said something. ret is added to. */
void talk_hear(struct talk *t, const uint8_t *at, size_t len, struct talk_reply *ret);
/* The client waits: it may be the server's turn. */
void talk_wait(struct talk *t, struct talk_reply *ret);
/* Nothing more will come: what was begun is named. */
void talk_end(struct talk *t);
/* "http"; "" when nothing is known. */
const char *talk_protocol(const struct talk *t);
/* What ports of that number are known for: NULL, or a protocol's name; *ret_tls: whoever speaks without TLS there is wrong. */
const char *talk_port(unsigned port, bool *ret_tls);
bool talk_is_syslog(const uint8_t *at, size_t len);
/* wire_datagram.c: its protocol ("" when unknown; "udp" for text that is none known) and what it is. */
const char *talk_datagram(unsigned port, const uint8_t *at, size_t len, enum wire_outcome *ret);
