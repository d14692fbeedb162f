/* root.h - root images: the systems that packages are tried on. Each is a tree kept read-only and shared by every test.
 *
 * An image is found as DIR/NAME/tree with DIR/NAME/root.json beside it; it appears whole and is exchanged whole, and an image that a
 * test uses stays until that test has ended, also when its name has gone over to a newer one. DIR is `sluice/roots` in
 * $XDG_DATA_HOME (else ~/.local/share), whatever the store. `/` is no image: a throw-away copy of this machine. */
#pragma once
#include "base/event.h"
#include "base/json.h"

struct root {
	char *name;      /* "deb12", "/", or the folder */
	char *tree;      /* the folder that is its "/" */
	char *origin;    /* "debian:bookworm", "machine", ... */
	bool is_machine; /* "/" */
	json_t *about;   /* an image's root.json; else NULL */
	bool is_locked;  /* lock holds an image in its place */
	int lock;
};
void root_done(struct root *r);

/* dir NULL in all of these: the default one. */
char *root_dir(void); /* malloc */
/* from: "debian:SUITE", a tar file (plain or compressed), "oci-archive:FILE" (also what docker saves) or a folder, which is copied. The
 * name is letters, digits, '.', '_', '-'. *ret_about: {"origin","digest" (of what it came from),"created","checked","distribution",
 * "distribution_name","format": "deb|rpm|","packages","architecture","entries","size","tool"}. */
int root_create(const char *dir, const char *name, const char *from, const struct events *ev, json_t **ret_about,
	struct err *e) MUST;
/* Makes it anew beside the old one and exchanges them. from NULL: from where it came. A file or folder that gives the very bytes it gave
 * before leaves the image and its age as they are (*ret_changed false). */
int root_refresh(const char *dir, const char *name, const char *from, const struct events *ev, json_t **ret_about,
	bool *ret_changed, struct err *e) MUST;
/* [root.json with "name","path","age_days","in_use"], by name. */
int root_list(const char *dir, json_t **ret, struct err *e) MUST;
int root_remove(const char *dir, const char *name, struct err *e) MUST; /* refuses while a test uses it */
/* spec: a name, "/", a path to a folder; NULL is "/". An unknown one is ERR_USAGE, never "/". */
int root_find(const char *dir, const char *spec, struct root *ret, struct err *e) MUST;
int64_t root_age(const json_t *about); /* seconds since it was made; -1: unknown */
