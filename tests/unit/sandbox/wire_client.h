/* wire_client.h - for tests of the answering network: what a client says. */
#pragma once
#include "sandbox/wire_tcp.h"
#include <string.h>

static inline size_t our_hello(const char *host, uint8_t ret[1024])
{
	uint8_t random[64];

	memset(random, 7, sizeof random);
	return hello_build(host, random, ret, 1024);
}

static inline size_t query(const char *name, unsigned type, uint8_t ret[DNS_ROOM])
{
	static const uint8_t head[12] = { 0x12, 0x34, 1, 0, 0, 1 };
	size_t at = sizeof head;

	memcpy(ret, head, sizeof head);
	while (*name) {
		size_t len = strcspn(name, ".");

		ret[at++] = (uint8_t)len;
		memcpy(ret + at, name, len);
		at += len;
		name += len + (name[len] == '.');
	}
	memcpy(ret + at, "\0\0\0\0\1", 5);
	ret[at + 2] = (uint8_t)type;
	return at + 5;
}
