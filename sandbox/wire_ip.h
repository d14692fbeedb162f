/* wire_ip.h - IP packets of the answering network: IPv4 and IPv6, TCP and UDP, read with care and built with checksums. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACKET_MAX = 2048, WIRE_MTU = 1500, PROTO_TCP = 6, PROTO_UDP = 17, UDP_HEAD = 8 };
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PUSH = 8, TCP_ACK = 16 };

struct packet {
	bool is_v6;
	uint8_t from[16], to[16]; /* 4 bytes of them for IPv4; the rest zero */
	uint8_t proto;
	uint16_t from_port, to_port;
	uint32_t seq, ack;   /* TCP */
	uint8_t flags;       /* TCP */
	const uint8_t *data; /* into the bytes it was read from */
	size_t len;
	bool is_fragment; /* not the whole of it */
	uint32_t id;      /* of its fragments */
	unsigned offset;  /* of this one in the whole, bytes */
};
/* -1: none that can be answered (another protocol, a fragment, broken). */
int packet_parse(const uint8_t *at, size_t len, struct packet *ret);
/* One of those: whom it is for and what it is ("icmp", "fragment", "protocol 99"); data: behind the IP header. -1: no IP packet. */
enum { PACKET_WORD = 24 };
int packet_outline(const uint8_t *at, size_t len, struct packet *ret, char ret_what[PACKET_WORD]);
/* What a kernel says to its own link by itself, and what no router carries further: who is there, which groups are listened to. */
bool packet_is_housekeeping(const struct packet *p);
/* "Nobody listens here": the refusal of a datagram from that port of whom it goes to. *ret: that datagram's addresses. */
bool packet_refuses(const struct packet *p, unsigned port, struct packet *ret);
/* The bytes of p; 0 when they do not fit. A SYN gets our segment size. */
size_t packet_build(const struct packet *p, uint8_t ret[PACKET_MAX]);
/* An answer to p: addresses and ports the other way round, nothing else. */
struct packet packet_back(const struct packet *p);
