/* test_kill.c - release killed with SIGKILL at points spread over all its system calls: what is served is always one whole, validly signed
 * snapshot, and the next run goes on. $SLUICE_KILLS rounds (10; 40 with SLUICE_FULL). */
#include "release/channel/channel.h"
#include "world.h"
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* In a process of its own, with its own handle of the store. */
static pid_t start(const char *rfc)
{
	struct release *r = NULL;
	struct err e = { 0 };
	pid_t pid;

	store_pause(world.r->store); /* a handle does not survive a fork */
	pid = fork();
	if (pid) {
		OK(store_resume(world.r->store, &e));
		return pid;
	}
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) || raise(SIGSTOP))
		_exit(9);
	if (release_open(world.store, &r, &e) || release_with(r, rfc, &e)) {
		print_message("release: %s\n", e.text);
		_exit(1);
	}
	_exit(0);
}

/* Lets it do that many system calls (entries and exits count), then kills it; -1: to its end. How many it did. */
static long step(pid_t pid, long calls)
{
	int status;
	long done = 0;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
	for (long deliver = 0; calls < 0 || done < calls; done++) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, deliver) || waitpid(pid, &status, 0) != pid ||
			!WIFSTOPPED(status))
			break;
		deliver = WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
	}
	if (WIFSTOPPED(status)) {
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		return done;
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return done;
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
	const char *wanted = getenv("SLUICE_KILLS");
	int rounds = wanted && atoi(wanted) > 0 ? atoi(wanted) : getenv("SLUICE_FULL") ? 40 : 10;
	struct err e = { 0 };
	char rfc[32];
	long calls;

	prepare(1, rfc);
	calls = step(start(rfc), -1);
	assert_true(calls > 100);
	assert_served(1, 1);
	for (int round = 0; round < rounds; round++) {
		int version = round + 2;

		prepare(version, rfc);
		(void)step(start(rfc), calls * (2 * round + 1) / (2 * rounds));
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
