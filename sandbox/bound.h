/* bound.h - to which addresses the ports that listen are bound: to this machine only, or to everybody. */
#pragma once
#include "base/base.h"
#include "base/err.h"

struct trial;
/* t->bound: {"tcp/80": ["0.0.0.0", "::"]} for the ports of t->listening. */
int bound_observe(struct trial *t, struct err *e) MUST;
