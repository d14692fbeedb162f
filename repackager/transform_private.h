/* transform_private.h - what transform.c and transform_add.c share. */
#pragma once
#include "base/digest.h"
#include "base/text.h"
#include "repackager/mention.h"
#include "repackager/pathmap.h"
#include "repackager/transform.h"

/* A file that still names an old place. */
struct moved_hit {
	const char *path, *vendor_path; /* final, and in the vendor's file */
	const struct rule *move;
	uint64_t at;
	enum loss_class class;
	bool is_elf, is_plain; /* plain: one name, no other user's rights: $ORIGIN means its folder */
	bool is_rewritten;     /* a rule says it should be */
	bool is_bridged;       /* a link at the old place serves it: not told */
};
/* What is known of the file that passes, for rewriting and for looking. */
struct rewriting {
	struct mentions mentions;
	struct mention_scan scan;
	struct entry waiting; /* held back until its end, because its size may change */
	struct text held, copy;
	struct digest digest;
	struct pathmap patches; /* vendor path -> index of its first patch */
	size_t patch;           /* of the file that passes; SIZE_MAX: none */
	uint64_t at;            /* bytes of it that have passed */
	char head[4], sha256[DIGEST_HEX];
	bool is_held, is_wanted; /* wanted: a rule says that it is rewritten */
	LIST(struct moved_hit) hits;
	size_t more; /* files with hits that were not kept */
};
struct unknown_owner {
	const char *name, *path;
};
struct transform {
	struct sink sink, *next;
	struct transform_job job;
	struct pkg *out;
	struct rules rules;
	struct pathmap paths, dirs; /* taken; folders among them */
	const struct entry *above;
	struct entry current; /* what next sees */
	bool is_plain, is_passing, is_owner_told, has_changed;
	unsigned strip;
	const char *prefix; /* "" or "/opt/acme" */
	int64_t latest;     /* mtime */
	struct rewriting rewriting;
	LIST(struct unknown_owner) unknown; /* whom nobody known makes; the first file of each */
	struct text sysusers;               /* the package's sysusers.d files */
	bool is_sysusers;                   /* one of them passes */
	LIST(const char *) placed;          /* paths that are not where the vendor put them; one a folder is enough */
};
/* Passes a final entry on and keeps it; data and transform_end follow. */
int transform_emit(struct transform *t, const struct entry *entry, struct err *e) MUST;
int transform_data(struct transform *t, const void *bytes, size_t len, struct err *e) MUST;
int transform_end(struct transform *t, const char *sha256, struct err *e) MUST;
/* transform_rewrite.c: before the first file, around each file, and at the end. rewrite_begin tells whether the file is held back. */
void rewrite_init(struct transform *t);
bool rewrite_begin(struct transform *t, const struct entry *entry);
/* The bytes to pass on (maybe patched copies), NULL bytes stay NULL. */
int rewrite_data(struct transform *t, const void **bytes, size_t len, struct err *e) MUST;
/* Of a file that was held back: emits it, whole. */
int rewrite_held(struct transform *t, struct err *e) MUST;
/* Of another: its digest where it was changed (else above's), and what was found in it. */
int rewrite_end(struct transform *t, const char **ret_sha256, struct err *e) MUST;
void rewrite_done(struct transform *t);
/* The recipe's files, folders and links, in the order of the rules. */
int transform_add_all(struct transform *t, struct err *e) MUST;
/* Folders above what was moved or added that are neither in the package nor in every system: the package owns them, or rpm leaves them behind. */
int transform_add_parents(struct transform *t, struct err *e) MUST;
