/* root.h - root images: the systems that packages are tried on. Each is a tree kept read-only and shared by every test.
 *
 * An image lives as DIR/NAME/tree with DIR/NAME/root.json beside it and appears whole, by rename. DIR is `sluice/roots` in
 * $XDG_DATA_HOME (else ~/.local/share), whatever the store. `/` is no image: a throw-away copy of this machine. */
#pragma once
#include "base/event.h"
#include "base/json.h"

struct root {
	char *name;      /* "deb12", "/", or the folder */
	char *tree;      /* the folder that is its "/" */
	char *origin;    /* "debian:bookworm", "machine", ... */
	bool is_machine; /* "/" */
};
void root_done(struct root *r);

/* dir NULL in all of these: the default one. */
char *root_dir(void); /* malloc */
/* from: "debian:SUITE", a tar file (plain, gzip, xz, zstd) or a folder, which is copied. The name is letters, digits, '.', '_', '-'. */
int root_create(const char *dir, const char *name, const char *from, const struct events *ev, struct err *e) MUST;
/* [{"name","origin","created","format":"deb|rpm|","path"}], by name. */
int root_list(const char *dir, json_t **ret, struct err *e) MUST;
int root_remove(const char *dir, const char *name, struct err *e) MUST;
/* spec: a name, "/", a path to a folder; NULL is "/". An unknown one is ERR_USAGE, never "/". */
int root_find(const char *dir, const char *spec, struct root *ret, struct err *e) MUST;
