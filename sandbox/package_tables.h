/* package_tables.h - the package manager's tables about files of others: what stays in them after a purge. */
#pragma once
#include "base/err.h"

struct trial;
struct package_tables { /* as texts; NULL: there is none */
	char *overrides, *diversions;
};
void package_tables_done(struct package_tables *p);
int package_tables_take(struct trial *t, struct package_tables *ret, struct err *e) __attribute__((warn_unused_result));
/* After the purge: findings about entries that t->tables, taken before the packages came, has not. */
int package_tables_left(struct trial *t, struct err *e) __attribute__((warn_unused_result));
