/* filter.h - a plan's table of system calls as the program that the kernel runs at each call. */
#pragma once
#include "sandbox/plan.h"
#include <linux/filter.h>

/* Freed by the caller. What is not in the table gets the plan's error; another architecture's call kills. Conditional refusals come before
 * what is allowed; of unconditional lines for one call the first counts, and before all conditions. */
struct sock_filter *filter_make(const struct plan *p, unsigned short *ret_len);
