/* filter.c - a plan's table of system calls as a program for the kernel: the numbers as ranges with one answer each, found by halving.
 *
 * Written out here because every test root needs it at its very beginning, where libseccomp's way to it takes longer than all mounts; names become
 * numbers by libseccomp, and the tests hold each program against what libseccomp makes of the same table. */
#include "sandbox/filter.h"
#include <endian.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

enum { NEAR = 255, X32_FIRST = 0x40000000 };
typedef LIST(struct sock_filter) program;

/* One line of the table, for this machine. */
struct rule {
	uint32_t number, order;
	const struct plan_call *call;
};
/* From `first` on, up to the next range. */
struct range {
	uint32_t first, answer;
	const struct rule *rules; /* of the one number it has then; NULL: the answer is all */
	size_t rules_len;
};
typedef LIST(struct range) ranges;

static uint32_t answer_of(const struct plan_call *c)
{
	return c->action == CALL_ALLOW   ? SECCOMP_RET_ALLOW
		: c->action == CALL_KILL ? SECCOMP_RET_KILL_PROCESS
					 : SECCOMP_RET_ERRNO | ((uint32_t)c->error & SECCOMP_RET_DATA);
}

/* ---- instructions */
static void emit(program *p, uint16_t code, uint32_t k)
{
	*LIST_ADD(p) = (struct sock_filter)BPF_STMT(code, k);
}

static void emit_jump(program *p, uint16_t test, uint32_t k, uint8_t yes, uint8_t no)
{
	*LIST_ADD(p) = (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | test | BPF_K), k, yes, no);
}

static void emit_return(program *p, uint32_t answer)
{
	emit(p, BPF_RET | BPF_K, answer);
}

/* Arguments have 64 bits, the kernel's machine 32. */
static uint32_t half_at(unsigned argument, bool is_high)
{
	bool is_second = is_high == (BYTE_ORDER == LITTLE_ENDIAN);

	return (uint32_t)(offsetof(struct seccomp_data, args) + 8 * argument + (is_second ? 4 : 0));
}

/* Goes on when (half & mask) is the value; else the instruction's `no` is to be set to the way out. */
static void emit_half(program *p, unsigned argument, bool is_high, uint64_t mask, uint64_t value)
{
	uint32_t m = (uint32_t)(is_high ? mask >> 32 : mask), v = (uint32_t)(is_high ? value >> 32 : value);

	if (m == 0 && v == 0)
		return;
	emit(p, BPF_LD | BPF_W | BPF_ABS, half_at(argument, is_high));
	if (m != UINT32_MAX)
		emit(p, BPF_ALU | BPF_AND | BPF_K, m);
	emit_jump(p, BPF_JEQ, v, 0, 0);
}

/* "When it holds, return the answer"; else what comes behind. */
static void emit_condition(program *p, const struct plan_call *c)
{
	bool is_own = c->when == WHEN_OWN_PID;
	uint64_t mask = is_own ? UINT32_MAX : c->mask, value = is_own ? (uint64_t)getpid() : c->value;
	size_t begin = p->len, tests_end;

	emit_half(p, c->argument, false, mask, value);
	emit_half(p, c->argument, true, mask, value);
	tests_end = p->len;
	if (c->when == WHEN_EQUAL_SET) { /* and one half of the next argument is anything but 0 */
		emit(p, BPF_LD | BPF_W | BPF_ABS, half_at(c->argument + 1, false));
		emit_jump(p, BPF_JEQ, 0, 0, 2);
		emit(p, BPF_LD | BPF_W | BPF_ABS, half_at(c->argument + 1, true));
		emit_jump(p, BPF_JEQ, 0, 1, 0);
	}
	emit_return(p, answer_of(c));
	for (size_t i = begin; i < tests_end; i++)
		if (BPF_CLASS(p->at[i].code) == BPF_JMP)
			p->at[i].jf = (uint8_t)(p->len - i - 1);
}

static void emit_range(program *p, const struct range *r)
{
	for (int guards = 1; guards >= 0; guards--)
		for (size_t i = 0; i < r->rules_len; i++)
			if (r->rules[i].call->when != WHEN_ALWAYS &&
				(r->rules[i].call->action != CALL_ALLOW) == (guards == 1))
				emit_condition(p, r->rules[i].call);
	emit_return(p, r->answer);
}

/* Ranges low up to before high. */
static void emit_search(program *p, const struct range *all, size_t low, size_t high)
{
	size_t middle = low + (high - low) / 2;
	program below = { 0 };

	if (high - low == 1) {
		emit_range(p, &all[low]);
		return;
	}
	emit_search(&below, all, low, middle);
	emit_jump(p, BPF_JGE, all[middle].first, below.len <= NEAR ? (uint8_t)below.len : 0, below.len <= NEAR ? 0 : 1);
	if (below.len > NEAR)
		emit(p, BPF_JMP | BPF_JA, (uint32_t)below.len);
	for (size_t i = 0; i < below.len; i++)
		*LIST_ADD(p) = below.at[i];
	LIST_DONE(&below);
	emit_search(p, all, middle, high);
}

/* ---- ranges */
static int by_number(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* What this machine does not know is left out. */
static struct rule *rules_of(const struct plan *p, size_t *ret_len)
{
	size_t room = 0, len = 0;
	struct rule *rules;

	for (unsigned i = 0; i < p->calls_len; i++)
		for (const struct plan_call *c = p->calls[i].at; c->name; c++)
			room++;
	rules = mem_alloc((room + 1) * sizeof *rules);
	for (unsigned i = 0; i < p->calls_len; i++)
		for (const struct plan_call *c = p->calls[i].at; c->name; c++) {
			int number = seccomp_syscall_resolve_name(c->name);

			if (number >= 0) {
				rules[len] = (struct rule){ (uint32_t)number, (uint32_t)len, c };
				len++;
			}
		}
	qsort(rules, len, sizeof *rules, by_number);
	*ret_len = len;
	return rules;
}

static void add_range(ranges *list, struct range r)
{
	struct range *last = list->len ? &list->at[list->len - 1] : NULL;

	if (last && !last->rules && !r.rules && last->answer == r.answer)
		return;
	*LIST_ADD(list) = r;
}

/* Rules of one number. */
static struct range range_of(const struct rule *rules, size_t len, uint32_t otherwise)
{
	struct range r = { rules->number, otherwise, NULL, 0 };

	for (size_t i = 0; i < len; i++)
		if (rules[i].call->when == WHEN_ALWAYS) {
			r.answer = answer_of(rules[i].call);
			if (r.answer != SECCOMP_RET_ALLOW)
				return r;
			break;
		}
	for (size_t i = 0; i < len; i++)
		if (rules[i].call->when != WHEN_ALWAYS) {
			r.rules = rules;
			r.rules_len = len;
		}
	return r;
}

static void list_ranges(ranges *list, const struct rule *rules, size_t len, uint32_t otherwise)
{
	uint32_t next = 0;

	for (size_t i = 0, same; i < len; i += same) {
		for (same = 1; i + same < len && rules[i + same].number == rules[i].number;)
			same++;
		if (rules[i].number > next || i == 0)
			add_range(list, (struct range){ next, otherwise, NULL, 0 });
		add_range(list, range_of(&rules[i], same, otherwise));
		next = rules[i].number + 1;
	}
	add_range(list, (struct range){ next, otherwise, NULL, 0 });
#ifdef __x86_64__
	add_range(list, (struct range){ X32_FIRST, SECCOMP_RET_KILL_PROCESS, NULL, 0 });
	add_range(list, (struct range){ UINT32_MAX, otherwise, NULL, 0 }); /* what a tracer makes of a call it skips */
#endif
}

struct sock_filter *filter_make(const struct plan *p, unsigned short *ret_len)
{
	size_t len;
	AUTO_FREE struct rule *rules = rules_of(p, &len);
	ranges list = { 0 };
	program out = { 0 };

	list_ranges(&list, rules, len, SECCOMP_RET_ERRNO | ((uint32_t)p->calls_error & SECCOMP_RET_DATA));
	emit(&out, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	emit_jump(&out, BPF_JEQ, seccomp_arch_native(), 1, 0);
	emit_return(&out, SECCOMP_RET_KILL_PROCESS);
	emit(&out, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	emit_search(&out, list.at, 0, list.len);
	LIST_DONE(&list);
	*ret_len = (unsigned short)out.len;
	return out.at;
}
