/* rpm_sig.h - the rpm half of pkgsig.h: what a header signature covers, and putting one in. */
#pragma once
#include "formats/pkg.h"

bool rpm_sig_is_rpm(const unsigned char *head, size_t len);
/* One range: the main header with its magic. */
int rpm_sig_ranges(int fd, struct arena *a, struct extent **ret_ranges, size_t *ret_len, struct err *e) MUST;
int rpm_sig_splice(int from, int to, const unsigned char *sig, size_t len, int algorithm, struct err *e) MUST;
