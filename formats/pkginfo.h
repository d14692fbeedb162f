/* pkginfo.h - .PKGINFO, the metadata of Arch (pacman) and Alpine (apk version 2) packages: lines "key = value".
 *
 * PKGINFO of makepkg(8) and libalpm's be_package.c; apk-package(5) and abuild. Strict: a line that is none, a single-valued key twice, a
 * control byte, a name or version the package manager would not take are E_METADATA. A key nobody knows becomes a field. */
#pragma once
#include "formats/family.h"
#include "formats/pkg.h"

/* What the text said about the payload; strings in the package's arena. */
struct pkginfo {
	LIST(const char *) backups; /* pacman: config files, normalised ("/etc/x") */
	const char *datahash;       /* apk: sha256 of the compressed data segment, hex; NULL: not said */
	const char *triggers;       /* apk: folders, blanks between; "" */
};
void pkginfo_done(struct pkginfo *i);
/* family: FAMILY_PACMAN or FAMILY_APK. Fills pkg's identity, description, relations, fields and warnings. */
int pkginfo_parse(struct pkg *pkg, enum family family, const char *text, size_t len, struct pkginfo *ret, struct err *e)
	MUST;

/* One relation as those families write it ("name>=1.2"; apk: "!name" is a conflict, "name~1" at least 1): adds to pkg. */
int pkginfo_relation(struct pkg *pkg, enum family family, enum rel_kind kind, struct slice text, struct err *e) MUST;

/* What the package manager takes: pacman's alpm_pkg checks, apk's package names and versions. */
bool pkginfo_name_valid(enum family family, const char *name);
bool pkginfo_version_valid(enum family family, const char *text); /* "[epoch:]pkgver-pkgrel"; "1.2_rc1-r0" */
