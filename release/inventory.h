/* inventory.h - what is installed somewhere against what was let out. */
#pragma once
#include "release/release.h"

/* "NAME VERSION" lines (dpkg-query -W), NAME-VERSION-RELEASE.ARCH lines (rpm -qa), or JSON [{"name","version"[,"machine"]}]. ERR_INPUT with FILE:LINE. The fuzzer's door. */
int inventory_parse(const char *bytes, size_t len, const char *file, json_t **ret, struct err *e) MUST;
/* {"installed","released","other_version": [...],"never_released": [...]}: the latter are the packages that no RfC let out. only: a pattern of names, or NULL. */
int release_reconcile(struct release *r, const char *file, const char *only, json_t **ret, struct err *e) MUST;
