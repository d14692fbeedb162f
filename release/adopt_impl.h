/* adopt_impl.h - what the readers of repositories share: files inside the folder, packages as the index names them. */
#pragma once
#include "base/arena.h"
#include "base/text.h"
#include "release/adopt.h"

enum { ADOPT_INDEX_MAX = 256 << 20 }; /* bytes of one index, packed or not */

/* One package as an index names it. Texts live in the arena, slices in the buffers. */
struct adopt_package {
	const char *name, *version, *architecture, *location, *component;
	char sha256[65];
	uint64_t size;
	struct slice own, files, changes; /* its stanza; its three elements */
	bool is_left;
};
struct adopting {
	struct release *r;
	const struct adopt_wish *w;
	const json_t *place; /* the channel in the policy */
	int folder;
	const char *format;
	char *path, *suite;
	struct arena arena;
	LIST(char *) buffers;
	LIST(struct adopt_package) list;
	json_t *places, *names;  /* {LOCATION: index}, {"NAME ARCH": index} */
	json_t *left, *packages; /* packages: NULL once they are evidence */
	size_t taken;
	char signer[65];
};
/* adopt.c */
/* Opens what is a plain file below the folder, however its path is written. -1: failed. */
int adopt_open(const struct adopting *a, const char *path, struct err *e);
bool adopt_has(const struct adopting *a, const char *path);
/* The whole file; its digest is one of these, where one is given ("": any). Unpacked when it is packed; lives as long as a. */
struct adopt_promise {
	char sha256[65];
	uint64_t size;
};
int adopt_read(struct adopting *a, const char *path, const struct adopt_promise *promise, struct slice *ret,
	struct err *e) MUST;
/* One more; the higher version of a name and architecture stays. */
int adopt_add(struct adopting *a, const struct adopt_package *one, struct err *e) MUST;
void adopt_left(struct adopting *a, const char *name, const char *version, const char *architecture, const char *why);

/* adopt_apt.c, adopt_rpmmd.c: fill the list; refuse what would look changed to clients. */
int adopt_read_apt(struct adopting *a, struct err *e) MUST;
int adopt_read_rpmmd(struct adopting *a, struct err *e) MUST;
/* What the index will say of it; package: as it will be recorded. Malloc. */
int adopt_fragment_apt(const struct adopt_package *p, const json_t *package, char **ret, size_t *ret_len, struct err *e)
	MUST;
int adopt_fragment_rpmmd(
	const struct adopt_package *p, const json_t *package, char **ret, size_t *ret_len, struct err *e) MUST;
