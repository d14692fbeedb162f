/* identity.h - who a package is: name, version, architecture and the texts, from --set, recipe, house, the vendor, and, for a plain
 * archive, the file's name; in that order, the first that says it wins. */
#pragma once
#include "formats/family.h"
#include "repackager/recipe.h"
#include "repackager/target.h"

struct identity {
	enum family family;           /* whose letters version and release below are; a plain archive has deb's */
	const char *product, *vendor; /* "" when no recipe says it */
	const char *name, *version, *release, *architecture /* rpm's spelling */;
	int64_t epoch;
	const char *summary, *description, *license, *maintainer, *homepage, *section, *vendor_name;
	bool is_renamed;
};
struct identity_job {
	const struct document *recipe, *house; /* zeroed ones for none */
	const struct settings *set;
	const char *file_name; /* of the input, without folders */
};
/* Strings in the arena or borrowed from meta and job. */
int identity_of(const struct identity_job *job, const struct pkg *meta, struct arena *a, struct identity *ret,
	struct err *e) MUST;
/* `versions: {keep: false}`: a vendor's version, release and epoch are not taken; the recipe (from the file's name, where it says so) or --set
 * must say a version; the release is 1 and the epoch 0 where they do not say it. "{vendor.version}" is still the vendor's. */
bool identity_keeps_versions(const struct document *house);
/* Fills name, epoch, version, release, architectures and texts of the target's package, in that format's letters. */
int identity_apply(const struct identity *id, const struct target *target, struct pkg *to, struct err *e) MUST;
/* "acme-agent-4.2.0-linux-x86_64.tar.gz" -> acme-agent, 4.2.0, x86_64; parts not found are "". */
void identity_guess(struct arena *a, const char *file_name, const char **ret_name, const char **ret_version,
	const char **ret_architecture);
/* A name in a family's letters: (FAMILY_DEB, "NetworkManager_x") -> "networkmanager-x"; NULL: no room. FAMILY_NONE: as it is. */
const char *name_in(enum family f, struct arena *a, const char *name);
/* Whose words the target wants. */
enum family target_family(const struct target *t);
/* Whose words the vendor used; FAMILY_DEB where his format has none of its own. */
enum family vendor_family(const struct pkg *meta);
