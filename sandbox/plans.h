/* plans.h - the plans we have; each is data until something executes it. */
#pragma once
#include "sandbox/confine.h"
#include "sandbox/plan.h"

/* The decoder's; executed by confine_self. address_space: bytes the process has mapped already. */
void plan_for_confine(const struct confine *c, uint64_t address_space, struct plan *ret);
