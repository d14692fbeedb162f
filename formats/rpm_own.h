/* rpm_own.h - the relations of a package as its rpm header holds them: its own, and what every rpm adds by itself.
 *
 * One place, because the header and the repository's index must say the same. rpmlib() features are not among them. */
#pragma once
#include "formats/pkg.h"

struct rpm_rel {
	const char *name, *version;
	uint32_t flags; /* RPMSENSE_* */
};
struct rpm_rels {
	LIST(struct rpm_rel) list;
};
/* All of one kind; generated strings live in a. A relation that rpm cannot express is left out, and told in `lost_in` (may be NULL). */
int rpm_rels_collect(struct rpm_rels *r, enum rel_kind kind, const struct pkg *pkg, bool has_config, struct arena *a,
	struct pkg *lost_in, const char *target, struct err *e) MUST;
void rpm_rels_add(struct rpm_rels *r, const char *name, uint32_t flags, const char *version);
void rpm_rels_sort(struct rpm_rels *r); /* by name, version, flags; each once */
void rpm_rels_done(struct rpm_rels *r);
char *rpm_evr(struct arena *a, const struct pkg *pkg); /* [epoch:]version-release */
const char *rpm_release(const struct pkg *pkg);        /* "1" when it has none */
