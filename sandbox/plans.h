/* plans.h - the plans we have; each is data until something executes it. */
#pragma once
#include "sandbox/confine.h"
#include "sandbox/plan.h"

/* The decoder's; executed by confine_self. address_space: bytes the process has mapped already. */
void plan_for_confine(const struct confine *c, uint64_t address_space, struct plan *ret);

/* ---- a test root */
#include "sandbox/root.h"
#include "sandbox/test.h"

/* calls_test_nesting: new namespaces and mounts, which only a booted system gets (calls_boot_allowed). */
extern const struct plan_call calls_test_allowed[], calls_test_refused[], calls_test_nesting[], calls_boot_allowed[];
extern const uint64_t capabilities_test;
/* What one user of this machine may have of a thing, shared by all namespaces that he made; and no namespace within ours at all (booted: few).
 * Whoever holds CAP_SYS_RESOURCE inside can change them. */
extern const struct plan_switch switches_shares[], switches_no_nesting[], switches_few_nested[];

struct plan_bind {
	const char *from, *to;
};
struct plan_inputs {                   /* borrowed by the plan */
	const struct plan_bind *binds; /* read-only, of this machine */
	size_t binds_len;
	const char *const *hide; /* of a copy of this machine */
	size_t hide_len;
};
/* End with plan_done. */
void plan_for_test(
	const struct root *root, const struct plan_inputs *inputs, const struct test_limits *limits, struct plan *ret);
enum { BOOT_SECONDS = 90, OFF_SECONDS = 20 };
/* The same with the root's system manager running; program: its path inside (profile.h). */
void plan_for_boot(const struct root *root, const char *program, const struct plan_inputs *inputs,
	const struct test_limits *limits, struct plan *ret);
void plan_mount(struct plan *p, enum mount_kind kind, const char *from, const char *to, const char *options);
