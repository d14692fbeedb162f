/* arch.h - architecture names: one table over the families. struct pkg's `architecture` is rpm's spelling everywhere.
 *
 * Sources: dpkg's cputable and tupletable, rpm's rpmrc, Arch Linux' and Arch Linux ARM's CARCH, Alpine's apk_arch.h. Strings are static. */
#pragma once
#include "formats/family.h"

/* A package's own word in rpm's spelling: (FAMILY_DEB, "amd64") -> "x86_64", (FAMILY_APK, "noarch") -> "noarch". NULL: unknown there.
 * FAMILY_NONE takes the word of any family, rpm's first. */
const char *arch_from(enum family f, const char *native);
/* rpm's spelling in a family's words: (FAMILY_PACMAN, "noarch") -> "any". NULL: that family has no such machine. FAMILY_NONE: as it is. */
const char *arch_into(enum family f, const char *rpm);
/* The same for deb, by their old names. */
const char *arch_to_rpm(const char *deb); /* amd64 -> x86_64, all -> noarch */
const char *arch_to_deb(const char *rpm);
