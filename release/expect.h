/* expect.h - departments' signatures on test expectations. */
#pragma once
#include "release/release.h"

/* The role agrees that this product is tested against these expectations (their exact bytes, which the caller has checked); text NULL: takes its word back. The act's body. */
int expect_agree(struct release *r, const struct actor *actor, const char *product, const char *role, const char *text,
	size_t len, json_t **ret, struct err *e) MUST;
/* {"agreements": [{"product","role","person","key","time","expect": digest or "","record"[,"text"]}]} as they were signed; product NULL: all, without texts. */
int expect_list(struct release *r, const char *product, json_t **ret, struct err *e) MUST;
