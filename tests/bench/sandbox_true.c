/* sandbox_true.c - starts a test root, runs true in it, ends it: what tests/bench/sandbox compares with bwrap.
 *
 *     bench_sandbox_true [ROOT [TIMES [COMMANDS]]]      COMMANDS: how often true, in each */
#include "sandbox/launch.h"
#include "sandbox/plans.h"
#include <stdio.h>
#include <stdlib.h>

static int once(const struct plan *p, int commands, struct err *e)
{
	static const char *const argv[] = { "true", NULL };
	AUTO_SANDBOX *s = NULL;
	unsigned missing;

	if (sandbox_start(p, &s, &missing, e))
		return -1;
	for (int i = 0; i < commands; i++) {
		struct command_result r = { 0 };

		if (sandbox_run(s, argv, 10, &r, e))
			return -1;
		int exit = r.exit;
		command_result_done(&r);
		if (exit)
			return err_env(e, "true ended with %d", exit);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct plan_inputs nothing;
	static const struct test_limits usual;
	struct root root = { 0 };
	struct plan plan = { 0 };
	struct err e = { 0 };
	int times = argc > 2 ? atoi(argv[2]) : 1, commands = argc > 3 ? atoi(argv[3]) : 1;
	int rc = root_find(NULL, argc > 1 ? argv[1] : "/", &root, &e);

	if (rc == 0)
		plan_for_test(&root, &nothing, &usual, &plan);
	for (int i = 0; rc == 0 && i < times; i++)
		rc = once(&plan, commands, &e);
	if (rc)
		fprintf(stderr, "%s\n", e.text);
	plan_done(&plan);
	root_done(&root);
	return rc ? 1 : 0;
}
