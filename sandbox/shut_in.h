/* shut_in.h - work on hostile text in a process of its own that can reach one folder and nothing else. */
#pragma once
#include "sandbox/plan.h"

/* Writing below one folder: the report's. The folder's descriptor is borrowed by the plan. */
void plan_for_report(int folder, struct plan *ret);
/* Runs fn in a child under the plan; what it changes in memory is lost. missing: layers this machine lacks are added. */
int shut_in(const struct plan *p, int (*fn)(void *context, struct err *e), void *context, unsigned *missing,
	struct err *e) MUST;
