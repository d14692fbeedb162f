/* loss_tally.h - what a format cannot hold, told once a kind: a package may have a hundred thousand files with the same. */
#pragma once
#include "formats/pkg.h"

struct loss_kind {
	const char *what, *why;
	enum loss_class class;
};
struct loss_tally {
	size_t count;
	char *paths; /* the first ones; malloc */
};
void loss_tally_add(struct loss_tally *t, const char *path);
/* "what:3 entries: /a, /b, /c" into pkg->lost, when there are any. */
void loss_tally_tell(const struct loss_tally *t, const struct loss_kind *kind, struct pkg *pkg, const char *target);
void loss_tally_done(struct loss_tally *t);
/* What a writer without scripts, relations and fields gets nevertheless: each of pkg's is told, scripts and triggers as behaviour. */
void loss_tell_metadata(struct pkg *pkg, const char *target, const char *why);
