/* stream.h - byte streams that stack and whose errors stick.
 *
 * `struct in` gives bytes, `struct out` takes them. The first failure is kept in the stream; later calls return -1 at once,
 * and in_close/out_close tells it: closing decides. A stacked stream owns the one below and closes it.
 * Sizes are bytes; counts are since opening. One thread uses a stream at a time.
 *
 * To make one: a struct whose first member is `struct in` (or `out`), from mem_alloc, with ops (and below, when it is stacked) set.
 * The close slot is called exactly once; when out->failed is set then (an earlier failure, or out_drop) it only frees. The struct itself
 * and below are freed by in_close/out_close. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include <stdbool.h>

struct in;
struct in_ops {
	/* 1..size bytes, 0 at the end, -1 failed. */
	long (*read)(struct in *in, void *buf, size_t size, struct err *e);
	int (*close)(struct in *in, struct err *e); /* frees what the ops own; may be NULL */
};
struct in {
	const struct in_ops *ops;
	struct in *below;
	uint64_t count; /* bytes given so far */
	bool ended, failed;
	struct err err;
};

/* Up to size bytes; fewer only at the end; -1 failed. */
long in_read(struct in *in, void *buf, size_t size, struct err *e);
/* What is ready now: 1..size bytes, 0 at the end. */
long in_some(struct in *in, void *buf, size_t size, struct err *e);
/* Exactly size bytes, else E_TRUNCATED. */
int in_exact(struct in *in, void *buf, size_t size, struct err *e) MUST;
int in_skip(struct in *in, uint64_t size, struct err *e) MUST;
int in_close(struct in *in, struct err *e); /* NULL is fine; frees it */
void in_drop(struct in **in);               /* close, errors dropped: for cleanup after another error */
#define AUTO_IN __attribute__((cleanup(in_drop))) struct in

struct in *in_fd(int fd); /* borrows fd; reads ahead */
struct in *in_range(
	int fd, uint64_t offset, uint64_t size);        /* pread; borrows fd; E_TRUNCATED when the file is shorter */
struct in *in_mem(const void *bytes, size_t len);       /* borrows bytes */
struct in *in_bounded(struct in *below, uint64_t size); /* the next size bytes; does NOT own or close below */

struct out;
struct out_ops {
	int (*write)(struct out *out, const void *bytes, size_t size, struct err *e);
	int (*close)(struct out *out, struct err *e); /* flush and free what the ops own; may be NULL */
};
struct out {
	const struct out_ops *ops;
	struct out *below;
	uint64_t count;
	bool failed;
	struct err err;
};
int out_write(struct out *out, const void *bytes, size_t size, struct err *e) MUST;
int out_str(struct out *out, const char *text, struct err *e) MUST;
int out_printf(struct out *out, struct err *e, const char *fmt, ...) __attribute__((format(printf, 3, 4))) MUST;
int out_close(struct out *out, struct err *e) MUST;
void out_drop(struct out **out); /* frees it, whatever it has not written is lost */
#define AUTO_OUT __attribute__((cleanup(out_drop))) struct out

struct out *out_fd(int fd); /* borrows fd; buffered 128 KiB */
struct out *out_null(void); /* counts */
/* Collects into memory up to limit (E_LIMIT_MEMORY); *ret_bytes (malloc, NUL after the end) is set by a good close. */
struct out *out_mem(size_t limit, char **ret_bytes, size_t *ret_len);
/* Passes on to below (owned, may be NULL: only hashes) and hashes what passes. */
struct digest;
struct out *out_digest(struct out *below, struct digest *digest);
