/* when.h - times, durations and sizes as people write them. Times are seconds since 1970, UTC. */
#pragma once
#include "base/base.h"
#include "base/err.h"

int64_t when_now(void);
int when_parse(const char *text, const char *zone, int64_t *ret, struct err *e)
	MUST; /* RFC 3339 with Z, an offset, or "2026-11-21T10:00 Europe/Berlin"; zone: for a time without any; "now" */
void when_utc(int64_t t, char ret[32]);        /* 2026-11-21T22:10:22Z */
char *when_local(int64_t t, const char *zone); /* RFC 3339 with that zone's offset; malloc */
void when_rfc2822(int64_t t, char ret[64]);    /* Sat, 21 Nov 2026 22:10:22 +0000: Release files */
int duration_parse(const char *text, int64_t *ret_seconds, struct err *e) MUST; /* 90s 10m 24h 7d 2w */
char *duration_text(int64_t seconds);                                           /* "1d12h"; malloc */
int size_parse(const char *text, uint64_t *ret, struct err *e) MUST;            /* 512MiB 20GiB 10MB 4096 */
char *size_text(uint64_t bytes);                                                /* "12.3 MiB"; malloc */
