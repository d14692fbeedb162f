/* gzip_member.h - whole gzip members (RFC 1952) between memory and memory, one after another with one state: for those who take apart thousands of small ones. */
#pragma once
#include "base/base.h"
#include "base/err.h"

struct gzip_members {
	void *state; /* NULL: not yet needed */
};
/* Exactly one member that holds exactly `len` bytes; anything else is ERR_INPUT "E_CORRUPT". ret: room for len bytes. */
int gzip_member_read(
	struct gzip_members *m, const void *packed, size_t packed_len, void *ret, size_t len, struct err *e) MUST;
void gzip_members_done(struct gzip_members *m);
