/* mention.h - texts and files that still name a place from which the package's files were moved.
 *
 * A mention is the old path as a word of its own: "/opt/acme" in "/opt/acme/bin", "-L/opt/acme/lib" or "=/opt/acme", not in
 * "/opt/acme-tools", "/srv/opt/acme" or "/opt/acme.conf". Moves away from folders that every system has ("/bin", "/usr/lib") are not looked
 * for: the system's own files are still there. */
#pragma once
#include "repackager/rules.h"

struct mentions {
	const struct rules *rules;
	struct {
		const struct rule **at;
		size_t len, room;
	} moves;        /* that are looked for */
	size_t longest; /* of their old paths */
};
/* Rules are borrowed. Ended with mentions_done. */
void mentions_of(const struct rules *rules, struct mentions *ret);
void mentions_done(struct mentions *m);
/* Does the recipe leave a link at the old place, so that what names it finds the new one? */
bool mention_is_bridged(const struct mentions *m, const struct rule *move);

/* The first mention that begins at `from` or behind it; false: none. is_end: nothing follows the bytes. */
bool mention_find(const struct mentions *m, const char *bytes, size_t len, size_t from, bool is_end, size_t *ret_at,
	const struct rule **ret_move);
/* The text with every mention in its new place; false when there is none, or no room (then *ret_text is untouched). Malloc through `out`. */
struct text;
bool mention_rewrite(const struct mentions *m, const char *bytes, size_t len, struct text *out);
/* A path after the moves that are looked for; the same pointer when none touches it. NULL: no room. */
const char *mention_moved(const struct mentions *m, const char *path);

/* A stream in which the first mentions are found, however it is cut; bounded memory. */
enum { MENTION_HITS = 8 };
struct mention_scan {
	const struct mentions *mentions;
	char *window;
	size_t len, searched; /* bytes in the window; of which no mention can begin before `searched` */
	uint64_t base;        /* offset of the window's first byte */
	struct {
		uint64_t at;
		const struct rule *move;
	} hits[MENTION_HITS];
	size_t hits_len;
};
void mention_scan_begin(
	struct mention_scan *s, const struct mentions *m); /* again for the next stream; keeps the window */
void mention_scan_add(struct mention_scan *s, const void *bytes, size_t len); /* bytes NULL: len zero bytes */
void mention_scan_end(struct mention_scan *s);
void mention_scan_done(struct mention_scan *s);
