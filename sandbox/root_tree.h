/* root_tree.h - the inside of the process that fills a root image: its "/" is the new tree. Used by root_unpack.c and root_layers.c only. */
#pragma once
#include "base/arena.h"
#include "base/stream.h"
#include "formats/reader.h"
#include <archive.h>
#include <archive_entry.h>

/* Of an image, all layers together: entries, bytes of files, and of the tar streams as they are read (twice, for layers). */
enum { TREE_ENTRIES_MAX = 3000000 };
#define TREE_BYTES_MAX GIB(64)
#define TREE_STREAM_MAX (2 * TREE_BYTES_MAX + GIB(16))

struct tree_writer {
	struct archive *to;
	uint64_t entries, bytes;
	uint64_t cleared;                      /* entries of layers that were read for what they take away */
	uint64_t stream;                       /* bytes read */
	uint64_t bytes_looked, entries_looked; /* when the disk was last looked at */
	uint64_t strangers;                    /* entries whose owner no test root knows */
	int socket;                            /* who started us; progress goes there */
	bool is_quiet;
};
/* A tar stream into the tree; layers replace what they find and carry whiteouts, which are passed over here. Reads `in` to its end. */
int tree_writer_take(struct tree_writer *w, struct in *in, bool is_layer, struct err *e) MUST;

/* libarchive's tar reader over a stream of ours. */
struct tar_feed {
	struct in *in;
	uint64_t *stream; /* counted there */
	struct err err;   /* what the stream said, when it failed */
	char buf[64 << 10];
};
struct archive *tar_feed_open(struct tar_feed *f, struct tree_writer *w, struct in *in, struct err *e);
/* 1: *ret is the next entry and *ret_path its place ("/usr/bin/x"; in the arena), 0: the end. */
int tar_feed_next(struct tar_feed *f, struct archive *from, struct arena *a, struct archive_entry **ret,
	const char **ret_path, struct err *e) MUST;
/* What no image holds: devices' and processes' folders' content, what is temporary. */
bool tree_is_left_out(const char *path);

/* root_layers.c: what a layer replaces and takes away goes from the tree. */
int tree_clear_for(struct tree_writer *w, struct in *in, struct err *e) MUST;
/* root_layers.c: a container image; *ret_machine (room 32): its architecture in the image's own word. */
int tree_take_image(struct tree_writer *w, const struct source *src, char ret_machine[32], struct err *e) MUST;
