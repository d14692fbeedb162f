/* frame.h - messages between two processes of ours: a type, a length, that many bytes, over a stream socket or pipe.
 *
 * The receiver trusts nothing: a frame over the limit, an unknown type or a short one is an error, not a read past the end. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include <stdbool.h>

struct frame {
	uint32_t type, len;
	const unsigned char *at;
}; /* at: valid until the next frame_read */

struct framer {
	int fd;
	uint32_t limit;
	unsigned char *buf;
	size_t have, next, room;
};
void framer_init(struct framer *f, int fd, uint32_t limit); /* borrows fd */
void framer_done(struct framer *f);
/* 1: *ret is a frame; 0: the other side closed between two frames; -1: failed. timeout_ms -1: for ever; a timeout is ERR_INPUT E_LIMIT_TIME. */
int frame_read(struct framer *f, int timeout_ms, struct frame *ret, struct err *e) MUST;
/* Is there a whole frame already, so that frame_read would not wait? */
bool framer_holds(const struct framer *f);
/* Takes what is there, where poll(2) says that there is something: one read(2), which does not wait. 1: done; 0: the other side closed between two
 * frames; -1: failed. Frames handed out before are given up. */
int framer_take(struct framer *f, struct err *e) MUST;
int frame_write(int fd, uint32_t type, const void *bytes, size_t len, struct err *e) MUST;
int frame_write2(int fd, uint32_t type, const void *a, size_t alen, const void *b, size_t blen, struct err *e) MUST;

/* Packing into and out of a frame's bytes: integers little endian, strings as length (32 bit, 0xffffffff: NULL) and bytes. */
struct pack {
	unsigned char *at;
	size_t len, room;
};
void pack_u8(struct pack *p, uint8_t v);
void pack_u32(struct pack *p, uint32_t v);
void pack_u64(struct pack *p, uint64_t v);
void pack_bytes(struct pack *p, const void *at, size_t len); /* at NULL: NULL */
void pack_str(struct pack *p, const char *text);
void pack_done(struct pack *p);

/* Many small frames in few writes: each write wakes the receiver. Begin with { .fd = ... } (borrowed); frames_send when all are added: what has not
 * been sent by frames_done is lost. */
struct frames {
	int fd;
	struct pack waiting;
};
int frames_add(struct frames *f, uint32_t type, const void *bytes, size_t len, struct err *e) MUST;
int frames_send(struct frames *f, struct err *e) MUST;
void frames_done(struct frames *f);

struct arena;
/* Reading past the end or a wrong length sets `bad` and gives zeros; look once, at the end. */
struct unpack {
	const unsigned char *at;
	size_t len;
	bool bad;
	struct arena *arena;
};
uint8_t unpack_u8(struct unpack *u);
uint32_t unpack_u32(struct unpack *u);
uint64_t unpack_u64(struct unpack *u);
char *unpack_bytes(struct unpack *u, size_t *ret_len); /* copied into the arena, NUL added; NULL for NULL */
char *unpack_str(struct unpack *u);                    /* also bad when it holds a NUL */
