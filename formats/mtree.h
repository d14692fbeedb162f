/* mtree.h - the .MTREE of an Arch package: what it says about each file, held against the files as they pass. mtree(5), makepkg(8).
 *
 * Read is what bsdtar writes for makepkg: "#mtree", "/set" and "/unset" lines, "./path key=value ..."; names escaped as \ooo. */
#pragma once
#include "formats/reader.h"

struct mtree_mark {
	const char *path;                /* normalised */
	const char *link, *md5, *sha256; /* NULL: not said */
	enum entry_type type;
	uint32_t mode;
	int64_t uid, gid, time;
	uint64_t size;
	bool has_type, has_mode, has_uid, has_gid, has_time, has_size, is_seen;
};
struct mtree {
	struct sink sink; /* gives entries their digest; contradictions are E_MISMATCH */
	struct sink *next;
	struct pkg *pkg; /* warnings */
	struct arena arena;
	LIST(struct mtree_mark) marks;
	bool is_there; /* text was read: an entry that it does not list is worth a warning */
};
void mtree_init(struct mtree *m, struct sink *next, struct pkg *pkg, const struct limits *limits);
void mtree_done(struct mtree *m);
/* E_METADATA on anything that is no mtree. */
int mtree_parse(struct mtree *m, const char *text, size_t len, struct err *e) MUST;
const struct mtree_mark *mtree_find(const struct mtree *m, const char *path); /* NULL */
