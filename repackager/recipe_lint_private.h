/* recipe_lint_private.h - what recipe_lint*.c share. */
#pragma once
#include "repackager/recipe_lint.h"
#include "repackager/rules.h"

struct lint {
	struct document recipe, house;
	struct arena arena;
	struct rules rules; /* the house's relocations, then the recipe's `files` */
	const char *file;   /* the vendor's; NULL */
	json_t *findings;
};
enum lint_severity { LINT_WARNING, LINT_ERROR };
/* check: a short word for the kind; place: as in document_error. */
void lint_add(struct lint *l, enum lint_severity severity, const char *check, const struct document *d,
	const char *place, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* Rules that never apply, collide, lead to forbidden places or give files to somebody nobody makes. */
void lint_rules(struct lint *l);
/* Files that recipe and house name: there, and fit to run. */
void lint_files(struct lint *l);
/* What the vendor's file says to the rules and services. */
int lint_vendor_file(struct lint *l, const struct events *events, struct err *e) MUST;
