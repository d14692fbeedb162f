/* wire_tcp.h - the sink: every packet that leaves the test root comes here, and is answered from here. A small TCP of our own, because no
 * port is known before it is asked for, and because nothing of it can then reach a real network.
 *
 * The link to the root is a queue that neither reorders nor duplicates; what it drops its kernel sends again, and so do we. */
#pragma once
#include "base/base.h"
#include "sandbox/wire_dns.h"
#include "sandbox/wire_ip.h"
#include "sandbox/wire_talk.h"

enum { WIRE_CONNECTIONS = 256, WIRE_SEEN_MAX = 5000, WIRE_UNANSWERED_MAX = 1000, WIRE_REMEMBERED = 16 };

struct wire_seen { /* one conversation, or datagram */
	int64_t at;
	char to[DNS_NAME]; /* the name that was asked for, else the address */
	uint16_t port;
	enum wire_outcome outcome;
	char protocol[24], sni[256], version[16], first[TALK_FIRST + 1]; /* first: as it came, NUL added */
	size_t first_len;
	bool is_v6;
	uint8_t address[16];
};

struct wire_out { /* packets to the root */
	void (*send)(void *context, const uint8_t *at, size_t len);
	void *context;
};
struct connection;
struct wire_mark { /* a datagram that was told: its other fragments, or the refusal of its answer, are nothing new */
	bool is_v6;
	uint8_t from[16], to[16];
	uint32_t id; /* of the fragments; of the answer: the port */
};
struct wire {
	struct wire_out out;
	const char *own; /* the root's hostname */
	bool has_v6;
	struct names names;
	struct connection *connections[WIRE_CONNECTIONS];
	LIST(struct wire_seen) seen; /* ended conversations */
	uint64_t dropped;            /* more than WIRE_SEEN_MAX */
	unsigned unanswered;         /* of seen; they shall not take all the room */
	struct wire_mark parts[WIRE_REMEMBERED], answered[WIRE_REMEMBERED];
	unsigned parts_next, answered_next;
	uint32_t next_seq;
};
void wire_init(struct wire *w, const char *own, bool has_v6, struct wire_out out);
void wire_done(struct wire *w);
void wire_packet(struct wire *w, const uint8_t *at, size_t len, int64_t now);
/* What time asks for; how many ms until it must be called again, -1: not at all. */
int wire_tick(struct wire *w, int64_t now);
/* Is somebody connected who has not shown yet what they speak? */
bool wire_is_undecided(const struct wire *w);
/* Conversations that have not ended are told as they stand. */
void wire_flush(struct wire *w);
/* "name" or "address" of an address; ret: at least DNS_NAME. */
void wire_address(const struct wire *w, const uint8_t *address, bool is_v6, char *ret);
