/* stream.c - the rules every stream obeys (errors stick, closing decides) and the plain ones: fd, range, memory, digest. */
#include "base/stream.h"
#include "base/digest.h"
#include "base/fs.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BUF = 128 << 10 };

/* --- reading --- */

long in_some(struct in *in, void *buf, size_t size, struct err *e)
{
	long got;

	if (in->failed) {
		*e = in->err;
		return -1;
	}
	if (in->ended || size == 0)
		return 0;
	got = in->ops->read(in, buf, size, e);
	if (got < 0) {
		in->failed = true;
		in->err = *e;
		return -1;
	}
	in->ended = got == 0;
	in->count += (uint64_t)got;
	return got;
}

long in_read(struct in *in, void *buf, size_t size, struct err *e)
{
	size_t have = 0;

	while (have < size) {
		long got = in_some(in, (char *)buf + have, size - have, e);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (long)have;
}

static int cut_short(struct in *in, uint64_t wanted, uint64_t had, struct err *e)
{
	err_input(
		e, "E_TRUNCATED", "ends after %llu of %llu bytes", (unsigned long long)had, (unsigned long long)wanted);
	in->failed = true;
	in->err = *e;
	return -1;
}

int in_exact(struct in *in, void *buf, size_t size, struct err *e)
{
	long got = in_read(in, buf, size, e);

	if (got < 0)
		return -1;
	return (size_t)got == size ? 0 : cut_short(in, size, (uint64_t)got, e);
}

int in_skip(struct in *in, uint64_t size, struct err *e)
{
	AUTO_FREE char *scrap = mem_alloc(size < BUF ? (size_t)size : BUF);

	for (uint64_t done = 0; done < size;) {
		uint64_t rest = size - done;
		long got = in_some(in, scrap, rest < BUF ? (size_t)rest : BUF, e);

		if (got < 0)
			return -1;
		if (got == 0)
			return cut_short(in, size, done, e);
		done += (uint64_t)got;
	}
	return 0;
}

int in_close(struct in *in, struct err *e)
{
	struct err own;
	bool failed;

	if (in == NULL)
		return 0;
	if (in->ops->close && in->ops->close(in, &own) && !in->failed) {
		in->failed = true;
		in->err = own;
	}
	if (in_close(in->below, &own) && !in->failed) {
		in->failed = true;
		in->err = own;
	}
	failed = in->failed;
	if (failed)
		*e = in->err;
	free(in);
	return failed ? -1 : 0;
}

void in_drop(struct in **in)
{
	struct err e;

	in_close(*in, &e);
	*in = NULL;
}

/* A descriptor, by position or as it comes. Small requests are served from a buffer that is made when the first one comes. */
struct in_fd {
	struct in in;
	int fd;
	bool is_range;
	uint64_t offset, left; /* of a range */
	char *buf;
	size_t at, len;
};

static long fd_fill(struct in_fd *f, void *buf, size_t size, struct err *e)
{
	ssize_t got;

	if (f->is_range && size > f->left)
		size = (size_t)f->left;
	if (size == 0)
		return 0;
	do
		got = f->is_range ? pread(f->fd, buf, size, (off_t)f->offset) : read(f->fd, buf, size);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_sys(e, "cannot read");
	if (got == 0 && f->is_range)
		return err_input(e, "E_TRUNCATED", "the file ends %llu bytes early", (unsigned long long)f->left);
	if (f->is_range) {
		f->offset += (uint64_t)got;
		f->left -= (uint64_t)got;
	}
	return (long)got;
}

static long fd_read(struct in *in, void *buf, size_t size, struct err *e)
{
	struct in_fd *f = (struct in_fd *)in;

	if (f->at == f->len) {
		long got;

		if (size >= BUF / 2)
			return fd_fill(f, buf, size, e);
		if (f->buf == NULL)
			f->buf = mem_resize(NULL, BUF);
		got = fd_fill(f, f->buf, BUF, e);
		if (got <= 0)
			return got;
		f->at = 0;
		f->len = (size_t)got;
	}
	if (size > f->len - f->at)
		size = f->len - f->at;
	memcpy(buf, f->buf + f->at, size);
	f->at += size;
	return (long)size;
}

static int fd_in_close(struct in *in, struct err *e)
{
	free(((struct in_fd *)in)->buf);
	return 0;
}

static const struct in_ops fd_in_ops = { fd_read, fd_in_close };

struct in *in_fd(int fd)
{
	struct in_fd *f = mem_alloc(sizeof *f);

	f->in.ops = &fd_in_ops;
	f->fd = fd;
	return &f->in;
}

struct in *in_range(int fd, uint64_t offset, uint64_t size)
{
	struct in_fd *f = (struct in_fd *)in_fd(fd);

	f->is_range = true;
	f->offset = offset;
	f->left = size;
	return &f->in;
}

struct in_mem {
	struct in in;
	const char *at;
	size_t left;
};

static long mem_read(struct in *in, void *buf, size_t size, struct err *e)
{
	struct in_mem *m = (struct in_mem *)in;

	if (size > m->left)
		size = m->left;
	if (size == 0)
		return 0;
	memcpy(buf, m->at, size);
	m->at += size;
	m->left -= size;
	return (long)size;
}

static const struct in_ops mem_in_ops = { mem_read, NULL };

struct in *in_mem(const void *bytes, size_t len)
{
	struct in_mem *m = mem_alloc(sizeof *m);

	m->in.ops = &mem_in_ops;
	m->at = bytes;
	m->left = len;
	return &m->in;
}

struct in_bounded {
	struct in in;
	struct in *from; /* not `below`: that would be closed with us */
	uint64_t left;
};

static long bounded_read(struct in *in, void *buf, size_t size, struct err *e)
{
	struct in_bounded *b = (struct in_bounded *)in;
	long got;

	if (size > b->left)
		size = (size_t)b->left;
	if (size == 0)
		return 0;
	got = in_some(b->from, buf, size, e);
	if (got == 0)
		return err_input(e, "E_TRUNCATED", "ends %llu bytes early", (unsigned long long)b->left);
	if (got > 0)
		b->left -= (uint64_t)got;
	return got;
}

static const struct in_ops bounded_ops = { bounded_read, NULL };

struct in *in_bounded(struct in *below, uint64_t size)
{
	struct in_bounded *b = mem_alloc(sizeof *b);

	b->in.ops = &bounded_ops;
	b->from = below;
	b->left = size;
	return &b->in;
}

/* --- writing --- */

int out_write(struct out *out, const void *bytes, size_t size, struct err *e)
{
	if (out->failed) {
		*e = out->err;
		return -1;
	}
	if (size == 0)
		return 0;
	if (out->ops->write(out, bytes, size, e)) {
		out->failed = true;
		out->err = *e;
		return -1;
	}
	out->count += size;
	return 0;
}

int out_str(struct out *out, const char *text, struct err *e)
{
	return out_write(out, text, strlen(text), e);
}

int out_printf(struct out *out, struct err *e, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0) {
		text = NULL;
		return err_sys(e, "cannot format");
	}
	return out_write(out, text, (size_t)len, e);
}

int out_close(struct out *out, struct err *e)
{
	struct err own;
	bool failed;

	if (out == NULL)
		return 0;
	if (out->ops->close && out->ops->close(out, &own) && !out->failed) {
		out->failed = true;
		out->err = own;
	}
	if (out->failed)
		out_drop(&out->below);
	else if (out_close(out->below, &own)) {
		out->failed = true;
		out->err = own;
	}
	failed = out->failed;
	if (failed)
		*e = out->err;
	free(out);
	return failed ? -1 : 0;
}

void out_drop(struct out **out)
{
	struct err e;

	if (*out) {
		(*out)->failed = true;
		if (out_close(*out, &e))
			*out = NULL; /* of course it failed: it was told to */
	}
	*out = NULL;
}

struct out_fd {
	struct out out;
	int fd;
	size_t len;
	char buf[BUF];
};

static int fd_out_flush(struct out_fd *f, struct err *e)
{
	size_t len = f->len;

	f->len = 0;
	return fd_write(f->fd, f->buf, len, e);
}

static int fd_out_write(struct out *out, const void *bytes, size_t size, struct err *e)
{
	struct out_fd *f = (struct out_fd *)out;

	if (size > BUF - f->len && fd_out_flush(f, e))
		return -1;
	if (size >= BUF)
		return fd_write(f->fd, bytes, size, e);
	memcpy(f->buf + f->len, bytes, size);
	f->len += size;
	return 0;
}

static int fd_out_close(struct out *out, struct err *e)
{
	return out->failed ? 0 : fd_out_flush((struct out_fd *)out, e);
}

static const struct out_ops fd_out_ops = { fd_out_write, fd_out_close };

struct out *out_fd(int fd)
{
	struct out_fd *f = mem_resize(NULL, sizeof *f); /* not cleared: the buffer is large */

	f->out = (struct out){ .ops = &fd_out_ops };
	f->fd = fd;
	f->len = 0;
	return &f->out;
}

static int null_write(struct out *out, const void *bytes, size_t size, struct err *e)
{
	return 0;
}

static const struct out_ops null_ops = { null_write, NULL };

struct out *out_null(void)
{
	struct out *out = mem_alloc(sizeof *out);

	out->ops = &null_ops;
	return out;
}

struct out_mem {
	struct out out;
	size_t limit, len, room;
	char *bytes, **ret_bytes;
	size_t *ret_len;
};

static int mem_write(struct out *out, const void *bytes, size_t size, struct err *e)
{
	struct out_mem *m = (struct out_mem *)out;

	if (size > m->limit - m->len)
		return err_input(e, "E_LIMIT_MEMORY", "more than %zu bytes", m->limit);
	if (size > m->room - m->len) {
		size_t want = m->room * 2 > m->len + size ? m->room * 2 : m->len + size;

		m->bytes = mem_resize(m->bytes, want + 1);
		m->room = want;
	}
	memcpy(m->bytes + m->len, bytes, size);
	m->len += size;
	return 0;
}

static int mem_close(struct out *out, struct err *e)
{
	struct out_mem *m = (struct out_mem *)out;

	if (out->failed) {
		free(m->bytes);
		return 0;
	}
	m->bytes = mem_resize(m->bytes, m->len + 1);
	m->bytes[m->len] = 0;
	*m->ret_bytes = m->bytes;
	if (m->ret_len)
		*m->ret_len = m->len;
	return 0;
}

static const struct out_ops mem_ops = { mem_write, mem_close };

struct out *out_mem(size_t limit, char **ret_bytes, size_t *ret_len)
{
	struct out_mem *m = mem_alloc(sizeof *m);

	m->out.ops = &mem_ops;
	m->limit = limit < SIZE_MAX / 4 ? limit : SIZE_MAX / 4; /* so that doubling cannot wrap */
	m->ret_bytes = ret_bytes;
	m->ret_len = ret_len;
	return &m->out;
}

struct out_digest {
	struct out out;
	struct digest *digest;
};

static int digest_write(struct out *out, const void *bytes, size_t size, struct err *e)
{
	digest_add(((struct out_digest *)out)->digest, bytes, size);
	return out->below ? out_write(out->below, bytes, size, e) : 0;
}

static const struct out_ops digest_ops = { digest_write, NULL };

struct out *out_digest(struct out *below, struct digest *digest)
{
	struct out_digest *d = mem_alloc(sizeof *d);

	d->out.ops = &digest_ops;
	d->out.below = below;
	d->digest = digest;
	return &d->out;
}
