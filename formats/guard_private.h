/* guard_private.h - what the files of the guard share; nobody else includes it.
 *
 * The guard keeps one tree of names for the whole package: a node a path, parents before children, whether or not an entry of
 * its own came for the parent. Everything lives in one arena whose limit bounds what an input can make us hold. */
#pragma once
#include "formats/guard.h"

struct guard_node {
	struct guard_node *parent; /* NULL: the root */
	const char *path;          /* path_len bytes of it are this node's; may be longer (shared with a child) */
	struct guard_node *link;   /* hard link: the set's file once known */
	const char *target;        /* symlink or hard link not yet resolved */
	uint32_t hash, path_len, name_at;
	uint64_t fold; /* of its name and place, once is_folded */
	uint8_t type;  /* enum entry_type */
	bool has_entry, has_children, is_folded;
	uint32_t mode;
	int64_t uid, gid, mtime;
	uint64_t size, print; /* print: of a small file's content */
};

struct guard_set {
	struct guard_node **at;
	size_t len, room; /* room: a power of two */
};

/* What we remember of a file's first bytes, to see whether it is a script that deserves a look. */
enum { PEEK_ROOM = 64 << 10, PEEK_TOTAL = 32 << 20 };
/* Files up to this size may be told twice when they are alike to the last byte. */
enum { PRINT_MOST = 4 << 10, PRINT_GROUP = 7 };

struct guard {
	struct sink sink;
	struct sink *next;
	const struct limits *limits;
	struct pkg *pkg;
	uint64_t input_size, entries, output, holes;
	struct arena arena;
	struct guard_node root;
	struct guard_set names, folded;
	struct guard_node *last_dir; /* where the entry before lay: most entries lie beside it */
	const char *last_path;       /* the newest result of guard_path: kept by the tree without another copy */
	struct entry out;            /* the entry as it goes on */
	bool is_open, is_dropped, links_backward, is_finished;
	struct guard_node *node;   /* of the open entry */
	uint64_t print, print_key; /* fingerprint of its bytes, while they are few */
	uint64_t group;            /* bytes on their way into it */
	unsigned group_len;
	uint64_t got;        /* bytes of the open entry */
	unsigned char *peek; /* malloc */
	size_t peek_len, peek_total;
	bool peek_wanted, peek_named;
	LIST(struct guard_node *) links; /* symlinks and hard links, for the end */
	uint64_t link_steps;             /* work done on resolving them */
};

/* A name's bytes: control characters, encoding, length, tricks with backslashes. */
int guard_name_check(struct guard *g, const char *name, size_t len, struct err *e) MUST;

/* The node of a normalised path, made with its parents when `make`; *ret NULL when there is none. -1: refused or out of room. */
int guard_tree_get(struct guard *g, const char *path, bool make, struct guard_node **ret, struct err *e) MUST;
struct guard_node *guard_tree_find(const struct guard *g, const char *path, size_t len);
struct guard_node *guard_tree_child(const struct guard *g, const struct guard_node *dir, const char *name, size_t len);
void guard_set_done(struct guard_set *s);
/* Keeps the node where its key says; the same key function for every node of one set. */
void guard_set_add(struct guard_set *s, struct guard_node *n, uint64_t (*key)(const struct guard_node *));

/* Warns when names beside one another differ only in case or in how Unicode spells them. */
int guard_fold(struct guard *g, struct guard_node *node, struct err *e) MUST;
/* Warnings that an entry's attributes or place deserve. */
void guard_policy(struct guard *g, const struct entry *entry);
/* usr-merge: /bin/x and /usr/bin/x meet on a merged system. */
int guard_alias(struct guard *g, const struct guard_node *node, struct err *e) MUST;
/* A payload file that is a script. */
bool guard_is_script_name(const char *path); /* "configure", "x.m4": read by a shell though no "#!" stands in it */
void guard_file_text(struct pkg *pkg, const char *where, const char *bytes, size_t len);

int guard_links_check(struct guard *g, struct err *e) MUST;
void guard_warn(struct guard *g, const char *code, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
