/* served.h - the channels that a server hands out, and one file of one of them: found below its snapshot and nowhere else.
 *
 * A store's channels folder holds CH/{current,snapshots/}; a pulled DIR is such a folder by itself. `current` is read once for each file asked for,
 * so what is looked up is of one snapshot, whatever is published meanwhile. No link is followed below that, nothing above it can be reached
 * (openat2, RESOLVE_BENEATH), and what is no plain file is not there. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include <stdbool.h>
#include <sys/types.h>

struct served_dir {
	char *name; /* of the channel; NULL: a folder of channels, each by its own name */
	int fd;
};
struct served {
	struct served_dir *at;
	size_t len, room;
};
/* The channels of a store (refused where there never was one), a pulled DIR as "NAME=DIR" or by the last part of its path. */
int served_store(struct served *s, const char *store, struct err *e) MUST;
int served_pulled(struct served *s, const char *text, struct err *e) MUST;
void served_done(struct served *s);

struct snapshot_at {
	int fd;          /* of the snapshot's folder; -1: none */
	int64_t since;   /* when it became the present one */
	char target[32]; /* what `current` said */
};
void snapshot_at_done(struct snapshot_at *s);

struct served_file {
	int fd;
	uint64_t size;
	int64_t modified;
	bool is_lasting; /* this name never has another content */
	char etag[64];   /* with its quotes */
};
enum served_how { SERVED, SERVED_NOT_THERE, SERVED_FAILED };
/* The present snapshot of a channel. ret->fd is the caller's. */
enum served_how served_now(const struct served *s, const char *channel, struct snapshot_at *ret);
/* Is it the present one still? A publisher makes a later snapshot out of one that is not served any more: files that were opened before a yes are of one
 * snapshot, and stay so. */
bool served_is_now(const struct served *s, const char *channel, const struct snapshot_at *snapshot);
/* ret->fd is the caller's. */
enum served_how served_open(const struct snapshot_at *snapshot, const char *path, struct served_file *ret);
/* "//" becomes "/", in place: the first line of `serve` ends with a slash, and what is put behind it often begins with one. */
void served_squeeze(char *url);
/* "/CHANNEL/path": the channel's name into ret, what follows it is returned; NULL: it names nothing that could be there. */
const char *served_split(const char *url, char ret_channel[65]);
