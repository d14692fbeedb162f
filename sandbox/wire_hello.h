/* wire_hello.h - the beginning of a TLS conversation, read without trusting a byte of it. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { HELLO_MAX = 8192 }; /* a ClientHello that needs more is taken for one with what stands in these bytes */

enum hello_state {
	HELLO_NO,   /* this is no TLS */
	HELLO_MORE, /* so far it may be */
	HELLO_YES
};
struct hello {
	char sni[256];    /* the name the client wants, "" when it does not say; made of letters, digits and .-_ only */
	unsigned version; /* the highest offered: 0x0304 is TLS 1.3 */
};
/* ret is written for HELLO_YES only. */
enum hello_state hello_parse(const uint8_t *at, size_t len, struct hello *ret);
const char *hello_version(unsigned version); /* "TLS 1.3"; "SSL 2" is 2 */

/* A ClientHello of ours (TLS 1.2 and 1.3, the usual suites) naming host; its length. room: at least 512. */
size_t hello_build(const char *host, const uint8_t random[64], uint8_t *ret, size_t room);
/* What came back for it: a ServerHello or a TLS alert. */
enum hello_state hello_answered(const uint8_t *at, size_t len);
/* What a ServerHello has chosen: the version (0: it is none, or cut off) and the suite. */
unsigned hello_chosen(const uint8_t *at, size_t len, unsigned *ret_suite);
const char *hello_suite(unsigned suite); /* of those we offer; "" for others */
