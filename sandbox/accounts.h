/* accounts.h - differences of the user database. */
#pragma once
struct trial;
struct watch;

/* t->accounts: {"users": {"added", "changed", "removed"}, "groups": the same, "details": [{"user","uid","home","shell","used"}] of users added or
 * changed; used: something lies or runs under its number}; findings about what gives power. */
void accounts_observe(struct trial *t, const struct watch *now);
/* After a purge: users and groups that stay. */
void accounts_left(struct trial *t, const struct watch *now);
