/* frame.c - messages between two processes: 32 bit type, 32 bit length, bytes; and packing values into them. All little endian. */
#include "base/frame.h"
#include "base/arena.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 8, ROOM_FIRST = 64 << 10, FRAMES_WAIT = 32 << 10 };

static void put32(unsigned char *to, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(v >> 8 * i);
}

static uint32_t get32(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

void framer_init(struct framer *f, int fd, uint32_t limit)
{
	*f = (struct framer){ .fd = fd, .limit = limit };
}

void framer_done(struct framer *f)
{
	free(f->buf);
	*f = (struct framer){ .fd = -1 };
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int wait_for(int fd, short what, int64_t until, struct err *e)
{
	struct pollfd p = { fd, what, 0 };

	for (;;) {
		int64_t left = until < 0 ? -1 : until - now_ms();
		int rc = poll(&p, 1, until < 0 ? -1 : left > 0 ? (int)left : 0);

		if (rc > 0)
			return 0;
		if (rc == 0)
			return err_input(e, "E_LIMIT_TIME", "no answer in time");
		if (errno != EINTR)
			return err_sys(e, "cannot wait for the other process");
	}
}

/* Room for size bytes from next on: what was handed out before is given up. */
static void make_room(struct framer *f, size_t size)
{
	if (f->next > 0 && f->room - f->next < size) {
		memmove(f->buf, f->buf + f->next, f->have - f->next);
		f->have -= f->next;
		f->next = 0;
	}
	if (f->room < size) {
		f->room = size > ROOM_FIRST ? size : ROOM_FIRST;
		f->buf = mem_resize(f->buf, f->room);
	}
}

/* One read. 1: something came; 0: the end, between two frames; 2: nothing is there yet. */
static int read_some(struct framer *f, struct err *e)
{
	ssize_t got = read(f->fd, f->buf + f->have, f->room - f->have);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 2;
	if (got < 0 && errno != ECONNRESET)
		return err_sys(e, "cannot read from the other process");
	if (got <= 0 && f->have == f->next)
		return 0;
	if (got <= 0)
		return err_input(e, "E_TRUNCATED", "the other process ended inside a message");
	f->have += (size_t)got;
	return 1;
}

/* 1: at least size bytes of the next frame are there; 0: the end, between two frames. */
static int gather(struct framer *f, size_t size, int64_t until, struct err *e)
{
	make_room(f, size);
	while (f->have - f->next < size) {
		if (until >= 0 && wait_for(f->fd, POLLIN, until, e))
			return -1;
		int rc = read_some(f, e);
		if (rc == 2 && wait_for(f->fd, POLLIN, until, e))
			return -1;
		if (rc <= 0)
			return rc;
	}
	return 1;
}

static int too_long(uint32_t len, uint32_t limit, struct err *e)
{
	return err_input(e, "E_STRUCTURE", "a message of %u bytes, allowed are %u", len, limit);
}

int framer_take(struct framer *f, struct err *e)
{
	size_t have = f->have - f->next;
	uint32_t len = have >= HEAD ? get32(f->buf + f->next + 4) : 0;

	if (len > f->limit)
		return too_long(len, f->limit, e);
	if (have == 0)
		f->have = f->next = 0;
	make_room(f, HEAD + (size_t)len);
	if (f->have == f->room)
		return 1; /* whole frames only: take them out first */
	int rc = read_some(f, e);
	return rc == 2 ? 1 : rc;
}

int frame_read(struct framer *f, int timeout_ms, struct frame *ret, struct err *e)
{
	int64_t until = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	uint32_t len;
	int rc = gather(f, HEAD, until, e);

	if (rc <= 0)
		return rc;
	len = get32(f->buf + f->next + 4);
	if (len > f->limit)
		return too_long(len, f->limit, e);
	if (gather(f, HEAD + (size_t)len, until, e) < 0)
		return -1;
	*ret = (struct frame){ get32(f->buf + f->next), len, f->buf + f->next + HEAD };
	f->next += HEAD + (size_t)len;
	return 1;
}

bool framer_holds(const struct framer *f)
{
	size_t have = f->have - f->next;

	return have >= HEAD && (have - HEAD >= get32(f->buf + f->next + 4) || get32(f->buf + f->next + 4) > f->limit);
}

/* A socket whose other end is gone must not raise SIGPIPE in whoever uses this. */
static ssize_t send_some(int fd, struct iovec *at, size_t len)
{
	struct msghdr m = { .msg_iov = at, .msg_iovlen = len };
	ssize_t put = sendmsg(fd, &m, MSG_NOSIGNAL);

	return put < 0 && errno == ENOTSOCK ? writev(fd, at, (int)len) : put;
}

static void advance(struct iovec *parts, size_t len, size_t put)
{
	for (size_t i = 0; i < len; i++) {
		size_t part = put < parts[i].iov_len ? put : parts[i].iov_len;

		parts[i].iov_base = (char *)parts[i].iov_base + part;
		parts[i].iov_len -= part;
		put -= part;
	}
}

/* All of it, however many calls that takes. */
static int send_all(int fd, struct iovec *parts, size_t len, struct err *e)
{
	size_t left = 0;

	for (size_t i = 0; i < len; i++)
		left += parts[i].iov_len;
	while (left > 0) {
		ssize_t put = send_some(fd, parts, len);

		if (put < 0 && errno == EAGAIN) {
			if (wait_for(fd, POLLOUT, -1, e))
				return -1;
			continue;
		}
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_sys(e, "cannot write to the other process");
		advance(parts, len, (size_t)put);
		left -= (size_t)put;
	}
	return 0;
}

int frame_write2(int fd, uint32_t type, const void *a, size_t alen, const void *b, size_t blen, struct err *e)
{
	unsigned char head[HEAD];
	static unsigned char none[1];
	struct iovec parts[] = {
		{ head, HEAD },
		{ alen ? (void *)a : none, alen },
		{ blen ? (void *)b : none, blen },
	};

	if (alen > UINT32_MAX || blen > UINT32_MAX - alen)
		return err_env(e, "a message of more than 4 GiB");
	put32(head, type);
	put32(head + 4, (uint32_t)(alen + blen));
	return send_all(fd, parts, COUNT(parts), e);
}

int frame_write(int fd, uint32_t type, const void *bytes, size_t len, struct err *e)
{
	return frame_write2(fd, type, bytes, len, NULL, 0, e);
}

/* --- packing --- */

static unsigned char *more(struct pack *p, size_t size)
{
	if (size > p->room - p->len) {
		p->room = p->room * 2 > p->len + size ? p->room * 2 : p->len + size + 64;
		p->at = mem_resize(p->at, p->room);
	}
	p->len += size;
	return p->at + p->len - size;
}

void pack_u8(struct pack *p, uint8_t v)
{
	*more(p, 1) = v;
}

void pack_u32(struct pack *p, uint32_t v)
{
	put32(more(p, 4), v);
}

void pack_u64(struct pack *p, uint64_t v)
{
	unsigned char *to = more(p, 8);

	put32(to, (uint32_t)v);
	put32(to + 4, (uint32_t)(v >> 32));
}

void pack_bytes(struct pack *p, const void *at, size_t len)
{
	pack_u32(p, at ? (uint32_t)len : UINT32_MAX);
	if (at && len)
		memcpy(more(p, len), at, len);
}

void pack_str(struct pack *p, const char *text)
{
	pack_bytes(p, text, text ? strlen(text) : 0);
}

void pack_done(struct pack *p)
{
	free(p->at);
	*p = (struct pack){ 0 };
}

/* --- many frames at once --- */

int frames_send(struct frames *f, struct err *e)
{
	struct iovec all = { f->waiting.at, f->waiting.len };

	f->waiting.len = 0;
	return send_all(f->fd, &all, 1, e);
}

int frames_add(struct frames *f, uint32_t type, const void *bytes, size_t len, struct err *e)
{
	if (len >= FRAMES_WAIT)
		return frames_send(f, e) ? -1 : frame_write(f->fd, type, bytes, len, e);
	pack_u32(&f->waiting, type);
	pack_u32(&f->waiting, (uint32_t)len);
	if (len)
		memcpy(more(&f->waiting, len), bytes, len);
	return f->waiting.len < FRAMES_WAIT ? 0 : frames_send(f, e);
}

void frames_done(struct frames *f)
{
	pack_done(&f->waiting);
}

/* The next size bytes, or NULL and bad. */
static const unsigned char *next(struct unpack *u, size_t size)
{
	const unsigned char *at = u->at;

	if (u->bad || size > u->len) {
		u->bad = true;
		return NULL;
	}
	u->at += size;
	u->len -= size;
	return at;
}

uint8_t unpack_u8(struct unpack *u)
{
	const unsigned char *at = next(u, 1);

	return at ? *at : 0;
}

uint32_t unpack_u32(struct unpack *u)
{
	const unsigned char *at = next(u, 4);

	return at ? get32(at) : 0;
}

uint64_t unpack_u64(struct unpack *u)
{
	const unsigned char *at = next(u, 8);

	return at ? get32(at) | (uint64_t)get32(at + 4) << 32 : 0;
}

char *unpack_bytes(struct unpack *u, size_t *ret_len)
{
	uint32_t len = unpack_u32(u);
	const unsigned char *at;
	char *copy;

	*ret_len = 0;
	if (u->bad || len == UINT32_MAX)
		return NULL;
	at = next(u, len);
	copy = at ? arena_copy(u->arena, at, len) : NULL;
	if (copy == NULL)
		u->bad = true;
	else
		*ret_len = len;
	return copy;
}

char *unpack_str(struct unpack *u)
{
	size_t len;
	char *text = unpack_bytes(u, &len);

	if (text && memchr(text, 0, len)) {
		u->bad = true;
		return NULL;
	}
	return text;
}
