/* roots.h - what root images are made of and how they are kept; used by root*.c only. */
#pragma once
#include "base/digest.h"
#include "sandbox/root.h"
#include <sys/types.h>

/* ---- root.c */
char *root_folder(const char *dir); /* or where they are kept when it is NULL; malloc */
int root_check_name(const char *name, struct err *e) MUST;

/* ---- root_store.c: images on disk. ROOTS/NAME is a link to ROOTS/.NAME-RANDOM/{tree,root.json}; it appears and changes by one rename.
 *
 * Who makes an image holds its folder's lock alone, who uses it shares that lock; the lock of ROOTS itself is held for a moment only. What
 * is hidden there, named by no link and locked by nobody was left by a process that was killed, and goes. */
struct image {
	char *path, *tree; /* the folder, its tree */
	int lock;
};
void image_done(struct image *i); /* lets go of it */
int image_begin(const char *roots, const char *name, struct image *ret, struct err *e)
	MUST;                                              /* a new, empty, hidden one */
void image_drop(struct image *i, const struct events *ev); /* one that was begun goes */
/* Gives it the name. A name that is taken is refused, or, when it replaces, goes over to it. */
int image_publish(const char *roots, const char *name, const struct image *i, bool replaces, struct err *e) MUST;
/* Shares the named one. 1: there is none. */
int image_use(const char *roots, const char *name, struct image *ret, struct err *e) MUST;
/* Takes the name away; refuses while somebody uses it. */
int image_remove(const char *roots, const char *name, struct err *e) MUST;
bool image_in_use(const char *path);
void images_sweep(const char *roots);
json_t *image_about(const char *image); /* root.json; NULL: it is none */

/* ---- root_unpack.c */
struct image_input {
	int fd;        /* a file, the reading end of a pipe, or the folder of an image layout */
	int other_end; /* of a pipe, which the reader closes */
	uint64_t size;
	bool is_stream, is_dir, is_image; /* image: a container's */
	const char *tree;
	const struct events *ev;
};
struct unpacked {
	char sha256[DIGEST_HEX]; /* of all that was read; "" for a folder of an image layout */
	char machine[32];        /* a container image's architecture, in its own word */
	uint64_t entries, bytes, strangers;
};
struct unpacker {
	pid_t pid;
	int socket;
	const struct events *ev;
};
int unpacker_start(struct unpacker *w, const struct image_input *u, struct err *e) MUST;
int unpacker_end(struct unpacker *w, struct unpacked *ret, struct err *e) MUST;

/* ---- root_source.c: from where; "debian:SUITE", "oci-archive:FILE" or a path */
/* The same in a form that means the same later, from anywhere; malloc. What cannot be one is ERR_USAGE. */
int source_normal(const char *from, char **ret, struct err *e) MUST;
/* Fills the image's tree. */
int source_fill(const char *from, const struct image *i, const struct events *ev, struct unpacked *ret, struct err *e)
	MUST;
/* root_debian.c: writes the system as a tar file; an ordinary user may do it too. */
int root_from_debian(const char *suite, const char *archive, const struct events *ev, struct err *e) MUST;

/* ---- root_about.c: {"format","distribution","packages"} of a tree; one that is no system is refused. */
int root_examine(const char *tree, json_t *about, const struct events *ev, struct err *e) MUST;
