/* rpm_provides.h - making rpm's dependencies true on a root that is no rpm system, for what that root really holds. */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

struct trial;
/* Writes a package to `path` inside that provides those requirements of all packages of the test which the root satisfies: files that
 * exist, libraries with their symbol versions, packages of dpkg under their own or their usual rpm name. Lists them in t->provided. */
int rpm_provides_make(struct trial *t, const char *path, struct err *e) __attribute__((warn_unused_result));
/* Is name (of a relation) among what the package file inside provides, or a file in it? */
int rpm_provides_name(struct trial *t, const char *file, const char *name, bool *ret, struct err *e)
	__attribute__((warn_unused_result));
/* The names rpm speaks of in one relation: "foo >= 1" gives one, "(a or b)" two. Calls each with its version ("" when none). */
void rpm_relation_names(const char *text, void (*each)(void *context, const char *name), void *context);
