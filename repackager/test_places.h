/* test_places.h - which packages are tried where: a house's targets name roots, a recipe's `test: {root, with}` outranks them. */
#pragma once
#include "repackager/recipe.h"

/* The root that a recipe or house names for a target ("" or NULL: none); NULL: none. Borrowed from the document that says so. */
const char *test_root_of(
	const struct document *recipe, const struct document *house, const char *target, const char *format);

/* `test: {with: DIR}` or a list of them. */
struct test_folders {
	char **at;
	size_t len, room;
};
void test_folders_of(const struct document *recipe, struct test_folders *ret);
void test_folders_done(struct test_folders *f);

struct test_place {
	char *target;                  /* NULL: none */
	const char *root;              /* test_root_of */
	char *named_by;                /* who names the root, for messages; NULL: nobody */
	LIST(const char *) files, old; /* borrowed */
};
struct test_places {
	LIST(struct test_place) places;
};
/* Files of one format are one set. With a house: a place for each of its targets of that format, or only for the one whose suffix stands in
 * the files' names; targets NULL, or the only ones wanted ("deb12,el9"). Without: one place a format. */
int test_places_of(const char *const *files, size_t len, const char *const *old, size_t old_len,
	const struct document *recipe, const struct document *house, const char *targets, struct test_places *ret,
	struct err *e) MUST;
void test_places_done(struct test_places *p);
