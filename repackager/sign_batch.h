/* sign_batch.h - many packages signed at once: each worker has a signer (a process with an agent of its own) to itself. */
#pragma once
#include "repackager/sign_pkg.h"

struct sign_batch {
	const char *const *paths;
	size_t len;
	const char *home, *key;
	const char *forbidden_home; /* whose keys may not sign packages; NULL: none */
	unsigned workers;           /* 0: as many as pay */
};
/* In place, by rename, as sign_pkg_file; ret: one for each path. After a failure no other file is begun; *ret_failed is the path that failed. */
int sign_batch(const struct sign_batch *b, struct signed_pkg *ret, const char **ret_failed, struct err *e) MUST;
