/* relations_private.h - what the relations_*.c share. */
#pragma once
#include "repackager/relations.h"

struct relations_build {
	const struct relations_job *job;
	struct pkg *to;
	enum family from, into;
	bool is_ours; /* the recipe's own: written for this package, in any family's words; nothing is guessed about it */
};
enum fate {
	KEEP,
	DROPPED, /* not needed there */
	UNSAYABLE
};

/* To `lost`, as a note. The first word of why is a contract: mapped, guessed, changed, dropped. */
void relations_note(struct relations_build *b, const struct relation *r, const char *why, ...)
	__attribute__((format(printf, 3, 4)));
int relations_no_room(struct err *e);
/* Such a relation must not hold, where requires and the like must. */
bool relations_is_conflict(enum rel_kind kind);

/* relations_kinds.c: one relation of the source, as the kinds that the target has, each through relations_add_as. */
int relations_one(struct relations_build *b, const struct pkg *p, const struct relation *r, struct err *e) MUST;
/* relations.c */
int relations_add_as(struct relations_build *b, const struct relation *source, enum rel_kind kind, struct err *e) MUST;

/* relations_names.c: the name of a plain relation in the target's words; *ret_is_mapped: of a map, so that only upstream versions count,
 * and those only with *ret_same_versions. DROPPED and UNSAYABLE are noted. */
struct naming {
	enum fate fate;
	bool is_mapped, same_versions, is_settled /* name and version are the target's already */;
};
int relations_name(struct relations_build *b, struct relation *r, struct naming *ret, struct err *e) MUST;
/* relations_things.c: names that are more than a package: files, libraries, commands. False: it is a package like any other. */
bool relations_thing(struct relations_build *b, struct relation *r, struct naming *ret, const char **ret_why);

/* relations_versions.c */
int relations_version(struct relations_build *b, struct relation *r, const struct naming *how, struct err *e) MUST;
/* Of the package itself: what every package provides anyway. */
bool relations_is_self_provide(const struct relations_build *b, const struct relation *r);
/* For families that compare the release of a relation that names none: "= 1.0" is two bounds. Writes 1 or 2 relations; returns how many. */
size_t relations_bounds(
	struct relations_build *b, const struct relation *source, const struct relation *r, struct relation ret[2]);
