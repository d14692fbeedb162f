/* test_resting.c - how long a process certainly sleeps on: what the kernel says of its threads, and of living ones. */
#include "sandbox/resting.h"
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static int64_t eleven(void *context, uint64_t address)
{
	(void)context;
	return address == 0x7000 ? 11 : -1;
}

static void calls_say_how_long(void **state)
{
	static const struct {
		long call;
		const char *arguments;
		unsigned rests;
	} cases[] = {
		{ SYS_epoll_pwait, " 0x5 0x7000 0x400 0xffffffff 0x0 0x8 0x1 0x2", RESTS_FOR_EVER },
		{ SYS_epoll_pwait, " 0x5 0x7000 0x400 0xffffffffffffffff 0x0 0x8 0x1 0x2", RESTS_FOR_EVER },
		{ SYS_epoll_pwait, " 0x5 0x7000 0x400 0x3e8 0x0 0x8 0x1 0x2", 1000 },
		{ SYS_epoll_pwait, " 0x5 0x7000 0x400 0x0 0x0 0x8 0x1 0x2", 0 },
		{ SYS_ppoll, " 0x5 0x1 0x0 0x0 0x0 0x8 0x1 0x2", RESTS_FOR_EVER },
		{ SYS_ppoll, " 0x5 0x1 0x7000 0x0 0x0 0x8 0x1 0x2", 11000 },
		{ SYS_ppoll, " 0x5 0x1 0x6000 0x0 0x0 0x8 0x1 0x2", 0 }, /* cannot be read */
		{ SYS_nanosleep, " 0x7000 0x0 0x0 0x0 0x0 0x0 0x1 0x2", 11000 },
		{ SYS_clock_nanosleep, " 0x0 0x0 0x7000 0x0 0x0 0x0 0x1 0x2", 11000 },
		{ SYS_clock_nanosleep, " 0x0 0x1 0x7000 0x0 0x0 0x0 0x1 0x2", 0 },
		{ SYS_futex, " 0x7000 0x80 0x0 0x0 0x0 0x0 0x1 0x2", RESTS_FOR_EVER },
		{ SYS_futex, " 0x7000 0x80 0x0 0x7000 0x0 0x0 0x1 0x2", 0 }, /* until a moment, perhaps */
		{ SYS_accept4, " 0x3 0x0 0x0 0x0 0x0 0x0 0x1 0x2", RESTS_FOR_EVER },
		{ SYS_write, " 0x3 0x0 0x0 0x0 0x0 0x0 0x1 0x2", 0 },
		{ SYS_accept4, " 0x3 0x0", 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[256];

		snprintf(line, sizeof line, "%ld%s\n", cases[i].call, cases[i].arguments);
		if (rests_in_call(line, eleven, NULL) != cases[i].rests)
			fail_msg("case %zu: %s", i, line);
	}
	assert_int_equal(rests_in_call("running\n", eleven, NULL), 0);
	assert_int_equal(rests_in_call("-1 0x7ffe 0x7f\n", eleven, NULL), 0);
	assert_int_equal(rests_in_call("", eleven, NULL), 0);
}

static void waits(void)
{
	poll(NULL, 0, -1);
}

static void sleeps(void)
{
	nanosleep(&(struct timespec){ 100, 0 }, NULL);
}

static void is_woken(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	timerfd_settime(fd, 0, &(struct itimerspec){ .it_value = { 50, 0 } }, NULL);
	poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, -1);
}

static void has_timer(void)
{
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0)
		poll(NULL, 0, -1);
}

static void computes(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

/* Does it stand in a call that may last? */
static bool stands(int dir)
{
	static const long calls[] = { SYS_poll, SYS_ppoll, SYS_nanosleep, SYS_clock_nanosleep };
	AUTO_FD int fd = openat(dir, "syscall", O_RDONLY | O_CLOEXEC);
	char line[256] = "";
	ssize_t len = fd < 0 ? -1 : read(fd, line, sizeof line - 1);

	for (size_t i = 0; len > 0 && line[0] != 'r' && i < COUNT(calls); i++)
		if (strtol(line, NULL, 10) == calls[i])
			return true;
	return false;
}

/* What is said of a child that does this, once it does. */
static unsigned of_child(void (*does)(void), bool is_waited_for)
{
	pid_t child = fork();
	char path[32];

	if (child == 0) {
		does();
		_exit(1);
	}
	snprintf(path, sizeof path, "/proc/%d", (int)child);
	AUTO_FD int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(child > 0 && dir >= 0);
	while (is_waited_for && !stands(dir))
		sched_yield();
	unsigned rests = process_rests(dir, child);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(process_rests(dir, child), 0);
	return rests;
}

static void living_ones_are_read(void **state)
{
	unsigned some;

	assert_int_equal(of_child(waits, true), RESTS_FOR_EVER);
	some = of_child(sleeps, true);
	assert_true(some > 50000 && some <= 100000);
	some = of_child(is_woken, true);
	assert_true(some > 1000 && some <= 50000);
	assert_int_equal(of_child(computes, false), 0);
	assert_int_equal(of_child(has_timer, true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(calls_say_how_long),
		cmocka_unit_test(living_ones_are_read) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
