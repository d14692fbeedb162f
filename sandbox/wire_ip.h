/* wire_ip.h - IP packets of the answering network: IPv4 and IPv6, TCP and UDP, read with care and built with checksums. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACKET_MAX = 2048, WIRE_MTU = 1500, PROTO_TCP = 6, PROTO_UDP = 17 };
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
};
/* -1: not one of ours (another protocol, a fragment, broken). */
int packet_parse(const uint8_t *at, size_t len, struct packet *ret);
/* The bytes of p; 0 when they do not fit. A SYN gets our segment size. */
size_t packet_build(const struct packet *p, uint8_t ret[PACKET_MAX]);
/* An answer to p: addresses and ports the other way round, nothing else. */
struct packet packet_back(const struct packet *p);
