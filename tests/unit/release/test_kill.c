/* test_kill.c - release killed with SIGKILL at points spread over all its system calls: what is served is always one whole, validly signed
 * snapshot, and the next run goes on. 8 of the 20 kills that are
 * done always, 80 of 200 with SLUICE_FULL (the others: test_kill_keep.c). */
#include "killed.h"
#include "release/channel/channel.h"

static struct world world;
static json_t *trust;

static int setup(void **state)
{
	struct err e = { 0 };

	if (world_open(&world))
		return -1;
	OK(release_trust(world.r, &trust, &e));
	return 0;
}

static int teardown(void **state)
{
	json_decref(trust);
	world_close(&world);
	return 0;
}

static void prepare(int version, char ret_rfc[32])
{
	AUTO_FREE char *text = mem_printf("%d.0", version);
	struct err e = { 0 };
	char candidate[32];

	add_candidate(&world, text, "pass", candidate);
	open_rfc(&world, PAT, candidate, ret_rfc);
	OK(vote(&world, CARL, ret_rfc, "change-manager", "approve", &e));
}

static int release_with(struct release *r, const char *rfc, struct err *e)
{
	struct actor trial = as(&world, TRIAL);
	AUTO_JSON *answer = NULL;

	return release_to(r, &trial, rfc, "production", channel_publish, &answer, e);
}

/* With its own handle of the store. */
static int release_alone(void *context, struct err *e)
{
	struct release *r = NULL;
	int status = release_open(world.store, &r, e) || release_with(r, context, e) ? -1 : 0;

	release_close(r);
	return status;
}

static pid_t start(char *rfc)
{
	return killed_start(&world, release_alone, rfc);
}

/* The newest version served; the whole tree verified. */
static void assert_served(int version, int or_version)
{
	AUTO_FREE char *tree = channel_tree(world.r->store, "production"), *path = fs_join(tree, "release.json"),
		       *bytes = NULL;
	AUTO_JSON *result = NULL, *release = NULL;
	struct err e = { 0 };
	size_t len;
	int served;

	if (channel_verify(tree, trust, 0, &result, &e))
		fail_msg("%s", e.text);
	OK(fs_read_file(path, MIB(4), &bytes, &len, &e));
	release = json_parse(bytes, len, path, &e);
	served = atoi(json_text(json_array_get(json_list(release, "packages"), 0), "version"));
	if (served != version && served != or_version)
		fail_msg("version %d is served, not %d or %d", served, version, or_version);
}

static void killed(void **state)
{
	int rounds = kills_of(80);
	struct err e = { 0 };
	char rfc[32];
	long calls;

	prepare(1, rfc);
	calls = killed_after(start(rfc), -1);
	assert_true(calls > 100);
	assert_served(1, 1);
	for (int round = 0; round < rounds; round++) {
		int version = round + 2;

		prepare(version, rfc);
		(void)killed_after(start(rfc), calls * (2 * round + 1) / (2 * rounds));
		assert_served(version, version - 1);
		OK(release_with(world.r, rfc, &e));
		assert_served(version, version);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
