/* pax_tree.h - a package's files as a pax archive: what the writers share whose payload is one (pacman, apk).
 *
 * Members come in the order of the payload, each folder that the vendor left out before its first content, other names of files at the end:
 * then every folder has come as he has it. */
#pragma once
#include "formats/path_set.h"
#include "formats/pax_out.h"

struct pax_tree {
	struct out *out;   /* borrowed */
	int64_t mtime_max; /* -1: none */
	/* What the reader cannot take: nanoseconds; those before 1970 (libarchive adds where it should take away); holes (they come as zeros). */
	bool is_whole_seconds, is_whole_early, is_dense;
	/* Changes an entry and its member before the header is written. type: of the member, a hard link for a further name. May be NULL. */
	int (*shape)(void *of, struct entry *entry, enum entry_type type, struct pax_member *m, struct err *e);
	/* Told of every member but the folders' second coming: for listings. size: of the file. May be NULL. */
	int (*told)(void *of, const struct entry *entry, const char *path, enum entry_type type, int64_t mtime,
		uint32_t mtime_ns, struct err *e);
	void *of;
	struct path_set seen;
	struct arena links_arena, arena; /* arena: of the entry that streams */
	LIST(struct entry) linked;       /* files with other names, for the end */
	struct entry entry;              /* that streams, when it is sparse */
	uint64_t at, stored;             /* bytes that came; that were written */
	size_t extent;
};
void pax_tree_init(struct pax_tree *t, struct out *out, int64_t mtime_max);
void pax_tree_done(struct pax_tree *t);
int64_t pax_tree_mtime(const struct pax_tree *t, const struct entry *entry, uint32_t *ret_ns);
/* Parents, then the header of the entry, unless it is a file and has_late_header: then pax_tree_header comes later. *ret_is_again: a folder that
 * was made already, as root's. */
int pax_tree_begin(
	struct pax_tree *t, const struct entry *entry, bool has_late_header, bool *ret_is_again, struct err *e) MUST;
int pax_tree_header(struct pax_tree *t, const struct entry *entry, const char *sha1, struct err *e) MUST;
int pax_tree_data(struct pax_tree *t, const void *bytes, size_t len, struct err *e) MUST;
int pax_tree_end(struct pax_tree *t, struct err *e) MUST; /* padding */
/* The links and the end of the archive. */
int pax_tree_close(struct pax_tree *t, struct err *e) MUST;
/* Nothing about it differs from what a folder made for a path is. */
bool pax_tree_is_plain(const struct entry *entry);
