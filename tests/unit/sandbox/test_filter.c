/* test_filter.c - the programs that our plans become, each run here over many calls and held against what libseccomp makes of the same table. */
#include "base/fs.h"
#include "sandbox/calls.h"
#include "sandbox/filter.h"
#include "sandbox/plans.h"
#include <linux/seccomp.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { NUMBERS = 700, RUNS_MAX = 10000 };
struct made {
	struct sock_filter *at;
	size_t len;
};

/* ---- libseccomp's: conditional refusals in a filter of their own, the strictest answer of both counts */
static bool is_guard(const struct plan_call *c)
{
	return c->when != WHEN_ALWAYS && c->action != CALL_ALLOW;
}

static void add_theirs(scmp_filter_ctx filter, const struct plan_call *c)
{
	int number = seccomp_syscall_resolve_name(c->name);
	struct scmp_arg_cmp when[2] = {
		{ .arg = c->argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = c->mask, .datum_b = c->value },
		{ .arg = c->argument + 1, .op = SCMP_CMP_NE }
	};
	unsigned conditions = c->when == WHEN_ALWAYS ? 0 : c->when == WHEN_EQUAL_SET ? 2 : 1;

	if (c->when == WHEN_OWN_PID) {
		when[0].datum_a = UINT32_MAX;
		when[0].datum_b = (scmp_datum_t)getpid();
	}
	if (number != __NR_SCMP_ERROR)
		(void)!seccomp_rule_add_array(filter,
			c->action == CALL_ALLOW          ? SCMP_ACT_ALLOW
				: c->action == CALL_KILL ? SCMP_ACT_KILL_PROCESS
							 : SCMP_ACT_ERRNO((uint32_t)c->error),
			number, conditions, when);
}

static struct made theirs(const struct plan *p, bool guard)
{
	scmp_filter_ctx filter = seccomp_init(guard ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO((uint32_t)p->calls_error));
	AUTO_FREE char *dir = strdup("/tmp/filter.XXXXXX");
	struct err e = { 0 };
	char *bytes = NULL;
	size_t len = 0;
	int fd = mkstemp(dir);

	assert_true(filter && fd >= 0 && unlink(dir) == 0);
	seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (unsigned i = 0; i < p->calls_len; i++)
		for (const struct plan_call *c = p->calls[i].at; c->name; c++)
			if (is_guard(c) == guard)
				add_theirs(filter, c);
	assert_int_equal(seccomp_export_bpf(filter, fd), 0);
	seccomp_release(filter);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fs_read_fd(fd, MIB(1), &bytes, &len, &e), 0);
	close(fd);
	return (struct made){ (struct sock_filter *)(void *)bytes, len / sizeof(struct sock_filter) };
}

/* ---- the kernel's machine, as much of it as filters use */
static bool jumps(uint16_t code, uint32_t a, uint32_t k)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGT:
		return a > k;
	case BPF_JGE:
		return a >= k;
	case BPF_JSET:
		return a & k;
	default:
		fail_msg("jump %u", code);
		return false;
	}
}

static uint32_t run(const struct made *m, const struct seccomp_data *d)
{
	uint32_t a = 0;

	for (size_t i = 0, runs = 0; i < m->len && runs < RUNS_MAX; i++, runs++) {
		const struct sock_filter *f = &m->at[i];

		if (f->code == (BPF_LD | BPF_W | BPF_ABS)) {
			assert_true(f->k % 4 == 0 && f->k < sizeof *d);
			memcpy(&a, (const char *)d + f->k, sizeof a);
		} else if (f->code == (BPF_ALU | BPF_AND | BPF_K))
			a &= f->k;
		else if (f->code == (BPF_JMP | BPF_JA))
			i += f->k;
		else if (f->code == (BPF_RET | BPF_K))
			return f->k;
		else
			i += jumps(f->code, a, f->k) ? f->jt : f->jf;
	}
	fail_msg("the program has no end");
	return 0;
}

/* The kernel's order: to kill, to refuse, to allow. */
static uint32_t stricter(uint32_t a, uint32_t b)
{
	return (int32_t)(b & SECCOMP_RET_ACTION_FULL) < (int32_t)(a & SECCOMP_RET_ACTION_FULL) ? b : a;
}

struct sets {
	struct made ours, guard, main;
	size_t compared, refused, allowed;
};

static void compare(struct sets *s, const struct seccomp_data *d)
{
	uint32_t ours = run(&s->ours, d), main = run(&s->main, d), theirs = stricter(main, run(&s->guard, d));

	s->compared++;
	s->allowed += ours == SECCOMP_RET_ALLOW;
	s->refused += ours != SECCOMP_RET_ALLOW;
	/* Where both of theirs refuse, which error comes first is nothing to hold on to. */
	if ((ours & SECCOMP_RET_ACTION_FULL) != (theirs & SECCOMP_RET_ACTION_FULL) ||
		(ours != theirs && (main & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ALLOW))
		fail_msg("call %d (%llx %llx %llx): %x, not %x", d->nr, (unsigned long long)d->args[0],
			(unsigned long long)d->args[1], (unsigned long long)d->args[2], ours, theirs);
}

/* Arguments that a line of the table looks at: as it asks, and missing it by each bit; the next one set or not. */
static void compare_line(struct sets *s, const struct plan_call *c, struct seccomp_data d)
{
	static const uint64_t next[] = { 0, 1, 1ull << 32, UINT64_MAX };
	uint64_t value = c->when == WHEN_OWN_PID ? (uint64_t)getpid() : c->value;

	d.nr = seccomp_syscall_resolve_name(c->name);
	for (int bit = -1; d.nr >= 0 && bit < 64; bit++)
		for (size_t n = 0; n < COUNT(next); n++) {
			d.args[c->argument] = bit < 0 ? value : value ^ 1ull << bit;
			if (c->argument + 1 < COUNT(d.args))
				d.args[c->argument + 1] = next[n];
			compare(s, &d);
			d.args[c->argument] |= 0xffffffff00000000ull;
			compare(s, &d);
		}
}

static void compare_numbers(struct sets *s, struct seccomp_data d)
{
	static const uint64_t arguments[] = { 0, 1, 2, 9, 16, 0x5412, UINT32_MAX, UINT64_MAX };

	for (int n = -2; n < NUMBERS; n++)
		for (size_t i = 0; i < COUNT(arguments); i++) {
			d.nr = n;
			for (size_t k = 0; k < COUNT(d.args); k++)
				d.args[k] = arguments[i];
			compare(s, &d);
			d.nr = (int)(0x40000000u + (unsigned)n);
			compare(s, &d);
		}
}

static void compare_plan(const struct plan *p)
{
	unsigned short len = 0;
	struct sets s = { .guard = theirs(p, true), .main = theirs(p, false) };
	struct seccomp_data d = { .arch = seccomp_arch_native() }, other = { .arch = seccomp_arch_native() ^ 1 };

	s.ours.at = filter_make(p, &len);
	s.ours.len = len;
	compare_numbers(&s, d);
	compare(&s, &other);
	for (unsigned i = 0; i < p->calls_len; i++)
		for (const struct plan_call *c = p->calls[i].at; c->name; c++)
			compare_line(&s, c, d);
	assert_true(s.allowed > 1000 && s.refused > 1000);
	free(s.ours.at);
	free(s.guard.at);
	free(s.main.at);
}

static void plans_are_as_libseccomp_makes_them(void **state)
{
	static const struct plan_inputs nothing;
	static const struct test_limits usual;
	char name[] = "x", tree[] = "/";
	struct root root = { .name = name, .tree = tree };
	struct plan plain = { 0 }, booted = { 0 }, decoder = { 0 };

	plan_for_test(&root, &nothing, &usual, &plain);
	compare_plan(&plain);
	plan_for_boot(&root, "/lib/systemd/systemd", &nothing, &usual, &booted);
	compare_plan(&booted);
	plan_for_confine(&(struct confine){ 0 }, GIB(1), &decoder);
	compare_plan(&decoder);
	plan_done(&decoder);
	plan_done(&plain);
	plan_done(&booted);
}

/* What no plan of ours has today. */
static void any_table_is(void **state)
{
	static const struct plan_call first[] = { ALLOW("read"), ALLOW("getpid"),
		{ .name = "kill", .action = CALL_ALLOW, .when = WHEN_OWN_PID, .argument = 0 }, REFUSE("write", ENOSYS),
		ALLOW("write"), KILL("ptrace"),
		{ .name = "lseek",
			.action = CALL_KILL,
			.when = WHEN_EQUAL,
			.argument = 1,
			.mask = 0xf0000000full,
			.value = 0x300000002ull },
		ALLOW_IF("socket", 0, AF_UNIX), ALLOW_IF("socket", 0, AF_INET), { 0 } },
				      second[] = { ALLOW("lseek"), REFUSE_EXECUTABLE("mmap"), ALLOW("mmap"),
					      ALLOW_THREADS,
					      { .name = "setrlimit",
						      .action = CALL_REFUSE,
						      .error = 0,
						      .when = WHEN_EQUAL_SET,
						      .argument = 0,
						      .mask = 0xffffffff,
						      .value = 4 },
					      ALLOW("setrlimit"), ALLOW("futex"), ALLOW("no_such_call"), { 0 } };
	struct plan p = { .calls = { { first }, { second } }, .calls_len = 2, .calls_error = EPERM };

	compare_plan(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(plans_are_as_libseccomp_makes_them),
		cmocka_unit_test(any_table_is) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
