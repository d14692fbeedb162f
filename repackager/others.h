/* others.h - what the other released products of the catalogue need, for the comparison of one that may break them. */
#pragma once
#include "release/release.h"

/* {PRODUCT: {CHECK: facts}} of that check, of every other product that is released and has facts; {"unread": true}
 * instead of facts that cannot be read. The caller's. */
int others_facts(struct release *r, const char *product, const char *check, json_t **ret, struct err *e) MUST;
