/* csaf_read.h - a CSAF document while it is read: what csaf.c and csaf_products.c share. */
#pragma once
#include "release/csaf.h"

enum { CSAF_NAME_MAX = 1000 };

struct csaf {
	const char *file;
	struct err *e;
	json_t *products, *names;
	size_t mentions;
};

/* What is wrong at a JSON pointer; returns -1. */
int csaf_wrong(struct csaf *c, const char *at, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* A text that must be there, not empty and not longer than names are. */
int csaf_need(struct csaf *c, const json_t *object, const char *at, const char *key, const char **ret) MUST;
/* A list that may be missing; anything else in its place is refused. */
int csaf_list_at(struct csaf *c, const json_t *object, const char *at, const char *key, json_t **ret) MUST;
/* c->products and c->names, from "product_tree". */
int csaf_read_tree(struct csaf *c, const json_t *root) MUST;
