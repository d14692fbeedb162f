/* mtree_out.h - the .MTREE of a package we write: one line an entry, as bsdtar writes it for makepkg. mtree(5). */
#pragma once
#include "base/text.h"
#include "formats/pkg.h"

struct mtree_row {
	const char *path, *link; /* "/a/b"; of a symlink */
	enum entry_type type;    /* hard links are files */
	uint32_t mode, mtime_ns;
	int64_t uid, gid, mtime;
	uint64_t size;
	char md5[33], sha256[65]; /* files */
};
struct mtree_list {
	struct mtree_row *at;
	size_t len, room;
};
/* Sorts the rows by path and adds the text. */
void mtree_text(struct mtree_list *list, struct text *ret);
