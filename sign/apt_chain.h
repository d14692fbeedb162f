/* apt_chain.h - the apt chain with the file's name known, so that "named with another digest" can be told from "not named". */
#pragma once
#include "base/err.h"
#include <stddef.h>

/* As apt_chain_verify of sign.h; name: the deb's base name, may be NULL. */
int apt_chain_verify_named(const char *release_text, size_t release_len, const char *packages, size_t packages_len,
	int deb_fd, const char *name, int64_t at, struct err *e) __attribute__((warn_unused_result));
