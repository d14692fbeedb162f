/* fetch.h - bytes from a web server, a proxy, a folder or one file that carries a snapshot, never more than was promised; through libcurl.
 *
 * What comes is not believed: who asks says how large it may be and, for a file, which sha256 it must have. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include "release/channel/archive.h"

struct fetch_options {
	const char *proxy;                    /* NULL: what the environment says (https_proxy, ...) */
	const char *client_cert, *client_key; /* PEM files; NULL: none */
	const char *authorities;              /* PEM file of the certificates to trust instead of the system's; NULL */
	uint64_t limit_rate;                  /* bytes a second; 0: no limit */
	long stall_seconds; /* a line that brings less than 1 KiB a second (or than half of limit_rate) for so long is broken off; 0: 60 */
};
struct fetcher {
	void *curl;
	struct archive *archive; /* instead of it */
	char *base;              /* ends with "/" */
	const struct fetch_options *options;
	uint64_t bytes;   /* that came over the line */
	uint64_t free_at; /* ns, CLOCK_MONOTONIC: when the next transfer may begin, with limit_rate */
};
/* base: http://, https:// or file:// URL, or an absolute path. */
int fetch_open(struct fetcher *f, const char *base, const struct fetch_options *options, struct err *e) MUST;
/* From an archive (archive.h): what it has by the name of one of its heads, all else by sha256. */
int fetch_open_archive(struct fetcher *f, const char *file, struct err *e) MUST;
void fetcher_done(struct fetcher *f);
/* BASE/path whole, at most limit bytes (more: ERR_VERDICT E_LIMIT_SIZE). Malloc, NUL after the end. */
int fetch_bytes(struct fetcher *f, const char *path, size_t limit, char **ret, size_t *ret_len, struct err *e) MUST;
/* BASE/path whole into the file `to`, which is made anew; at most limit bytes (more: E_LIMIT_SIZE). What it is, is for the caller to judge. */
int fetch_new_file(struct fetcher *f, const char *path, const char *to, uint64_t limit, struct err *e) MUST;
/* BASE/path into the file `to`, going on where an earlier call was broken off. At most size bytes (exactly size when is_exact); other bytes than those of
 * that sha256 are E_DIGEST, and the file is taken away. */
struct fetch_file {
	const char *path, *to, *sha256;
	uint64_t size;
	bool is_exact;
};
int fetch_file(struct fetcher *f, const struct fetch_file *file, struct err *e) MUST;
