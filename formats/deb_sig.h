/* deb_sig.h - the deb half of pkgsig.h: debsig-verify's _gpgorigin member. */
#pragma once
#include "formats/pkg.h"

bool deb_sig_is_deb(const unsigned char *head, size_t len);
int deb_sig_ranges(int fd, struct arena *a, struct extent **ret_ranges, size_t *ret_len, struct err *e) MUST;
int deb_sig_splice(int from, int to, const unsigned char *sig, size_t len, struct err *e) MUST;
