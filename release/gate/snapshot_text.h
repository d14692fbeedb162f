/* snapshot_text.h - release.json as text: its long lists item by item, so that nobody need hold a channel's ten thousand packages to change one.
 *
 * It is JSON with one item a line: {"packages":[, the items, ],"records":[, the items, ],"releases":[, the items, ] and on the last line its other members. Packages stand
 * in the order of their paths, records in that of their digests. Written by the signer; what is read here was believed before. */
#pragma once
#include "base/digest.h"
#include "base/json.h"
#include "base/sha256_open.h"
#include "base/text.h"

enum snap_list { SNAP_PACKAGES, SNAP_RECORDS, SNAP_RELEASES, SNAP_LISTS };
extern const char *const snap_lists[SNAP_LISTS]; /* their names */
struct snap_item {
	enum snap_list list;
	size_t number;  /* its place in the list, from 0 */
	const char *at; /* one line without its end; valid until the next */
	size_t len;
	uint64_t offset; /* in the file of lines */
};

struct snap_reader {
	int fd;
	char *buf;            /* NULL: nothing is open */
	size_t room, at, end; /* what of it is not yet read */
	uint64_t before;      /* bytes of the file before buf */
	int list;
	size_t number;
	bool is_more; /* a comma stood behind the last item */
};
int snap_open(struct snap_reader *r, const char *path, struct err *e) MUST;
/* The same, from the beginning of the releases: what stands before them is not read. */
int snap_open_releases(struct snap_reader *r, const char *path, struct err *e) MUST;
/* The same, from behind the line of the last package, which ends there. */
int snap_open_behind(struct snap_reader *r, const char *path, uint64_t at, struct err *e) MUST;
/* An open release.json becomes a file of lines: itself (an older one is JSON of another form: one that is made, and the fd is closed). path for errors. -1: failed, and closed. */
int snap_lines(int fd, const char *path, struct err *e) MUST;
/* From the beginning of such a file, which stays the caller's. */
int snap_open_fd(struct snap_reader *r, int fd, struct err *e) MUST;
/* 1: an item; 0: the lists are at their end, and nothing follows their last line. Lines of another form than those above are E_STRUCTURE. */
int snap_next(struct snap_reader *r, struct snap_item *ret, struct err *e) MUST;
/* Two readers that stand behind the same line: both before the last of the lines that are the same in both from here on, as far as there are several in the same
 * list. Their items are not counted. */
int snap_pass_same(struct snap_reader *a, struct snap_reader *b, struct err *e) MUST;
void snap_close(struct snap_reader *r);
#define AUTO_SNAP_READER __attribute__((cleanup(snap_close))) struct snap_reader

/* Each item of that list, in order, until see returns something else than 0, which is returned. */
int snap_each(const char *path, enum snap_list list,
	int (*see)(void *context, const struct snap_item *item, struct err *e), void *context, struct err *e) MUST;

int snap_each_fd(int fd, enum snap_list list, int (*see)(void *context, const struct snap_item *item, struct err *e),
	void *context, struct err *e) MUST;

/* Its members that are no such list ("serial", "time", "indexes", ...). New reference; NULL: failed. */
json_t *snap_head(const char *path, struct err *e);
json_t *snap_head_fd(int fd, const char *path, struct err *e);

/* Does the item have that member with that text? */
bool snap_item_says(const struct snap_item *item, const char *member, const char *text);
/* The item's member, plain text without escapes, copied (cut off at room); "" when it has none. */
void snap_item_member(const struct snap_item *item, const char *member, char *ret, size_t room);
/* Several of them in one pass over the item, in the order of their names: as they stand there, a text without its quotes; len 0: it has none. */
struct snap_member {
	const char *name, *at;
	size_t len;
};
void snap_item_members(const struct snap_item *item, struct snap_member *members, size_t len);
/* Of a record: its line is its digest in quotes; "" when it is none. */
void snap_item_digest(const struct snap_item *item, char ret[SHA256_HEX]);
json_t *snap_item_json(const struct snap_item *item, struct err *e); /* new reference; NULL: failed */

struct snap_writer {
	int fd;
	struct out *out;
	struct sha256_open digest; /* after finish: of the whole file, for whoever is to sign it */
	struct text lines;         /* not yet given to out: hashed and written many at once */
	int list;
	bool has_items;
	uint64_t last; /* where what was put last begins */
	size_t counts[SNAP_LISTS];
};
int snap_create(struct snap_writer *w, const char *path, struct err *e) MUST;
int snap_begin(struct snap_writer *w, int fd, struct err *e) MUST; /* in an open file, which is the writer's from now */
/* Lists in their order; an item of a later one closes those before it. */
int snap_put(struct snap_writer *w, enum snap_list list, const char *item, size_t len, struct err *e) MUST;
/* Several packages as they stand in another such file, from the first one's beginning to the last one's end. */
int snap_put_packages(struct snap_writer *w, int fd, uint64_t at, uint64_t len, size_t count, struct err *e) MUST;
int snap_put_json(struct snap_writer *w, enum snap_list list, const json_t *item, struct err *e) MUST;
/* The rest of it, and to disk. */
int snap_finish(
	struct snap_writer *w, const json_t *head, char ret_sha256[SHA256_HEX], uint64_t *ret_size, struct err *e) MUST;
void snap_abandon(struct snap_writer *w); /* also after finish; the file stays */
