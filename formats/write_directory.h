/* write_directory.h - the writer of plain trees on the disk, in two parts. */
#pragma once
#include "formats/loss_tally.h"
#include "formats/writer.h"

extern const struct writer writer_directory;

/* What this process, or this file system, would not let us make. */
enum tree_loss {
	TREE_OWNER,
	TREE_SETUID,
	TREE_CAPABILITIES,
	TREE_SELINUX,
	TREE_ACL,
	TREE_XATTR,
	TREE_DEVICE,
	TREE_GHOST,
	TREE_FLAGS,
	TREE_LOSSES
};
extern const struct loss_kind tree_losses[TREE_LOSSES];

/* Owner, mode, labels, ACLs, capabilities, time of what fd is (file or folder), in the order that keeps them all. Notes what could not be. */
int tree_dress(int fd, const struct entry *entry, int64_t mtime, uint32_t ns, struct loss_tally lost[TREE_LOSSES],
	struct err *e) MUST;
/* Owner and time of a link or special file by its name. */
int tree_dress_at(int folder, const char *name, const struct entry *entry, int64_t mtime, uint32_t ns,
	struct loss_tally lost[TREE_LOSSES], struct err *e) MUST;
/* One line an entry, sorted by path, as mtree(5) words it; *ret is its sha256: a tree's name for its content. */
void tree_listing_digest(const struct pkg *pkg, int64_t mtime_max, char ret[65]);
