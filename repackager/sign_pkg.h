/* sign_pkg.h - our signature on a package we built: the key process signs ranges, formats/ splices. */
#pragma once
#include "base/err.h"
#include "sign/sign.h"
#include <stdbool.h>

struct signed_pkg {
	char format[8], sha256[65], fingerprint[65];
	uint64_t size;
	bool is_beside; /* the signature is a file of its own, PATH.sig; the package is as it was */
};
/* Writes the signed form of the package in `from` to the empty file `to`, and verifies it again. */
int sign_pkg(struct signer *signer, int from, int to, struct signed_pkg *ret, struct err *e) MUST;
/* Is it a package that can be signed? So that of several files none is touched when one is refused. */
int sign_pkg_can(const char *path, struct err *e) MUST;
/* In place, by rename; a pacman package and a plain archive get PATH.sig. */
int sign_pkg_file(const char *path, struct signer *signer, struct signed_pkg *ret, struct err *e) MUST;
/* Refuses a key that lies in that GNUPGHOME (the release key's; NULL: none): it signs no packages. */
int sign_pkg_key_fits(const char *fingerprint, const char *forbidden_home, struct err *e) MUST;
