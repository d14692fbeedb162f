/* reader_fuzz.h - one reader over one input, with limits small enough to fuzz fast. */
#pragma once
#include "formats/reader.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Takes any calls; a reader that breaks the order of calls or the promised size is a bug. */
struct fuzz_sink {
	struct sink sink;
	bool is_open;
	enum entry_type type;
	uint64_t left;
};

static inline int fuzz_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct fuzz_sink *f = (struct fuzz_sink *)s;

	if (f->is_open || entry->path[0] != '/' || entry->path[1] == 0)
		abort();
	f->is_open = true;
	f->type = entry->type;
	f->left = entry->type == ENTRY_FILE ? entry->size : 0;
	return 0;
}

static inline int fuzz_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct fuzz_sink *f = (struct fuzz_sink *)s;
	static volatile unsigned char seen;

	if (!f->is_open || len > f->left)
		abort();
	for (size_t i = 0; bytes && i < len; i += 511)
		seen = (unsigned char)(seen ^ ((const unsigned char *)bytes)[i]);
	f->left -= len;
	return 0;
}

static inline int fuzz_end(struct sink *s, struct err *e)
{
	struct fuzz_sink *f = (struct fuzz_sink *)s;

	if (!f->is_open || f->left != 0)
		abort();
	f->is_open = false;
	return 0;
}

static inline void fuzz_reader(const struct reader *reader, const uint8_t *bytes, size_t len)
{
	static const struct sink_ops ops = { NULL, fuzz_begin, fuzz_data, fuzz_end, NULL, NULL };
	struct limits limits = limits_default;
	struct fuzz_sink sink = { .sink = { &ops } };
	struct source src = { .fd = memfd_create("fuzz", MFD_CLOEXEC), .size = len, .name = "fuzz" };
	struct err e = { 0 };
	struct pkg pkg;

	if (src.fd < 0 || write(src.fd, bytes, len) != (ssize_t)len)
		abort();
	limits.output = MIB(16);
	limits.memory = MIB(64);
	limits.entries = 10000;
	pkg_init(&pkg, (size_t)limits.memory);
	if (reader->read(&src, &limits, &sink.sink, &pkg, &e) == -1 && e.class == ERR_NONE)
		abort();
	pkg_done(&pkg);
	close(src.fd);
}
