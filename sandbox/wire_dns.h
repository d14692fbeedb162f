/* wire_dns.h - a name server under which every name exists, and which remembers what it said. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DNS_NAME = 256, DNS_ROOM = 1024, NAMES_MAX = 4096, DNS_A = 1, DNS_PTR = 12, DNS_AAAA = 28 };

struct dns_question {
	char name[DNS_NAME]; /* lower case, without the last dot; odd bytes are '?' */
	unsigned type;
	size_t end; /* where the question ends in the message */
};
/* -1: no question of one name in class IN. */
int dns_parse(const uint8_t *at, size_t len, struct dns_question *ret);
const char *dns_type(unsigned type); /* "A"; "?" for what is rare */

/* Names and the addresses they were given: 198.19.x.y and fd5c:a1::x:y, counted from 1. */
struct names {
	char (*at)[DNS_NAME];
	size_t len, room;
};
void names_done(struct names *n);
/* NULL: no name was told for that address (4 or 16 bytes). */
const char *names_find(const struct names *n, const uint8_t *address, bool is_v6);

/* own: this name has the test root's own address; has_v6: AAAA is answered. The length, 0 for none. */
size_t dns_answer(struct names *n, const char *own, bool has_v6, const uint8_t *query, const struct dns_question *q,
	uint8_t ret[DNS_ROOM]);
/* The addresses of the root itself and of its name server. */
extern const uint8_t wire_own4[4], wire_server4[4], wire_own6[16];
