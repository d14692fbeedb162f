/* wire_frames.h - for tests of the wire: the parent's end, and frames that are written by hand to it. */
#pragma once
#include "wire_help.h"

static const struct limits limits = { .output = MIB(64),
	.entries = 100,
	.ratio = 200,
	.memory = MIB(64),
	.seconds = 60,
	.metadata = MIB(4),
	.script = 1000,
	.path = 4096,
	.depth = 256,
	.xattr = 1024 };

/* seen NULL: nobody wants the bytes, digests alone. */
static inline int receive(int fd, struct pkg *got, struct seen *seen, json_t **facts, struct err *e)
{
	bool is_cut = false;
	struct wire_in *in = wire_in_new(fd, &limits, got, seen ? &seen->sink : NULL, facts);
	int rc;

	if (!seen)
		wire_in_digests_only(in);
	while ((rc = wire_in_step(in, &is_cut, e)) == 1)
		;
	wire_in_free(in);
	return rc;
}

/* ---- by hand: what is packed in bytes goes out as one frame. */
static struct pack bytes;
static int hostile_fd;

static inline void put(enum wire_type type)
{
	struct err e = { 0 };

	assert_int_equal(frame_write(hostile_fd, type, bytes.at, bytes.len, &e), 0);
	bytes.len = 0;
}

static inline void start(void)
{
	struct pkg p;

	pkg_init(&p, 0);
	wire_pack_meta(&bytes, &p);
	put(WIRE_META);
	put(WIRE_BEGIN);
	pkg_done(&p);
}

static inline struct entry file(const char *path, uint64_t size)
{
	struct entry entry;

	entry_init(&entry);
	entry.path = path;
	entry.mode = 0644;
	entry.size = size;
	return entry;
}

static inline void put_entry(const struct entry *entry)
{
	wire_pack_entry(&bytes, entry);
	put(WIRE_ENTRY);
}

static inline void put_file(const char *path, uint64_t size)
{
	struct entry entry = file(path, size);

	put_entry(&entry);
}

static inline void put_data(const char *text)
{
	struct err e = { 0 };

	assert_int_equal(frame_write(hostile_fd, WIRE_DATA, text, strlen(text), &e), 0);
}

/* ---- frames that the parent must not believe */
#define CASE(name, code)                                                                                               \
	{                                                                                                              \
#name, name, code                                                                                      \
	}
struct hostile {
	const char *name;
	void (*write)(void);
	const char *code;
};

static inline void refuses(const struct hostile *of, bool is_digests_only)
{
	int ends[2];
	struct pkg got;
	struct err e = { 0 };
	struct seen seen = { .sink = { &seen_ops } };
	json_t *facts = NULL;

	pkg_init(&got, MIB(1));
	assert_int_equal(pipe(ends), 0);
	hostile_fd = ends[1];
	of->write();
	close(ends[1]);
	if (receive(ends[0], &got, is_digests_only ? NULL : &seen, &facts, &e) != -1)
		fail_msg("%s was believed", of->name);
	if (of->code && (!e.code || strcmp(e.code, of->code) != 0))
		fail_msg("%s: %s %s", of->name, e.code ? e.code : "-", e.text);
	text_done(&seen.text);
	pkg_done(&got);
	close(ends[0]);
}
