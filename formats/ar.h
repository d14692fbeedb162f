/* ar.h - the outer shell of a deb: an ar archive with a few named members. ar(5), deb(5). */
#pragma once
#include "base/base.h"
#include "base/err.h"

enum { AR_HEADER = 60, AR_MEMBERS_MAX = 16 };

struct ar_member {
	char name[17];     /* without the trailing '/' or blanks */
	uint64_t at, size; /* content in the file, bytes; padding not counted */
	int64_t time;      /* 0 when it is not told */
};
struct ar_list {
	struct ar_member at[AR_MEMBERS_MAX];
	size_t len;
};

int ar_member_parse(const char head[AR_HEADER], struct ar_member *ret, struct err *e) MUST;
/* All headers of the file, which must end with the last member (or its padding byte). Nothing of the contents is read. */
int ar_scan(int fd, uint64_t size, struct ar_list *ret, struct err *e) MUST;
