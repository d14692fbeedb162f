/* accounts.h - differences of the user database. */
#pragma once
#include "base/err.h"
#include "base/json.h"

struct changes;
struct trial;
struct watch;

/* t->accounts: {"users": {"added", "changed", "removed"}, "groups": the same, "details": [{"user","uid","home","shell","used"}] of users added or
 * changed; used: something lies or runs under its number}; findings about what gives power. */
void accounts_observe(struct trial *t, const struct watch *now);
/* Users that the packages made (they are in `with`) and took away again (they are not in `without`): an array of names. */
json_t *accounts_gone(const struct trial *t, const struct watch *with, const struct watch *without);
/* Reads what starts the packages' services: who may run as whom later. */
int accounts_services(struct trial *t, const struct changes *now, struct err *e) MUST;
bool accounts_run_as(const char *services, const char *name);
/* After a purge: users and groups that stay. */
void accounts_left(struct trial *t, const struct watch *now);
