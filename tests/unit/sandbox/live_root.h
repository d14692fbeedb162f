/* live_root.h - a test root over this machine that is started for each test, and commands in it. */
#pragma once
#include "sandbox/launch.h"
#include "sandbox/plans.h"
#include "sandbox/profile.h"
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

struct live {
	struct root root;
	struct plan plan;
	struct sandbox *sandbox;
	unsigned missing;
};

/* booted: with this machine's own systemd running. */
static inline int live_start(void **state, const struct test_limits *limits, bool booted)
{
	static const struct plan_inputs inputs;
	struct live *l = mem_alloc(sizeof *l);
	struct err e = { 0 };
	int64_t ms = 0;

	assert_int_equal(root_find(NULL, NULL, &l->root, &e), 0);
	if (booted)
		plan_for_boot(&l->root, profile_system(&l->root), &inputs, limits, &l->plan);
	else
		plan_for_test(&l->root, &inputs, limits, &l->plan);
	if (sandbox_start(&l->plan, &l->sandbox, &l->missing, &e) || (booted && sandbox_boot(l->sandbox, &ms, &e)))
		fail_msg("%s", e.text);
	*state = l;
	return 0;
}

static inline int live_stop(void **state)
{
	struct live *l = *state;

	sandbox_stop(l->sandbox);
	plan_done(&l->plan);
	root_done(&l->root);
	free(l);
	return 0;
}

static inline struct command_result shell(struct live *l, const char *line, unsigned seconds)
{
	const char *const argv[] = { "sh", "-c", line, NULL };
	struct command_result r = { 0 };
	struct err e = { 0 };

	if (sandbox_run(l->sandbox, argv, seconds, &r, &e))
		fail_msg("%s: %s", line, e.text);
	return r;
}

/* output NULL: whatever it is */
static inline void expect(struct live *l, const char *line, int exit, const char *output)
{
	struct command_result r = shell(l, line, 0);

	if (r.exit != exit || (output && strcmp(r.output, output) != 0))
		fail_msg("%s: exit %d, output '%s'", line, r.exit, r.output);
	command_result_done(&r);
}
