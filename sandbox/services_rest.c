/* services_rest.c - waits until what the packages started has come to rest, and looks again later whether it still lives. */
#include "sandbox/resting.h"
#include "sandbox/services_private.h"
#include <time.h>

enum {
	SETTLE_MS = 250,
	CALM_MS = 150, /* in which nothing moved */
	ASLEEP_MS = 60,
	RESTS_MS = 20, /* of those that certainly sleep on until something comes from outside */
	LATE_MS = 200, /* who is still there then did not die of its beginning */
	BLINK_NS = 5000000,
	LOOK_MS = 10,
	PORTS_MS = 500,
};

void services_pause(int ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

/* What came with the packages and lives: how many, do they compute, and numbers that change when others live and when one has computed. */
struct activity {
	size_t count;
	bool is_busy, is_exact /* nothing runs, however shortly, without being seen */,
		is_calm /* settle: nothing moved */;
	uint64_t who, ticks, ran;
	unsigned rests; /* so many milliseconds, unless something comes from outside; 0: nobody knows */
};

static bool same_who(const struct activity *a, const struct activity *b)
{
	return a->count == b->count && a->who == b->who;
}

static bool same_activity(const struct activity *a, const struct activity *b)
{
	return same_who(a, b) && a->ticks == b->ticks && a->ran == b->ran;
}

static bool was_there(const struct trial *t, pid_t pid)
{
	for (size_t k = 0; k < t->before.processes.len; k++)
		if (t->before.processes.at[k].pid == pid)
			return true;
	return false;
}

static int see_activity(struct trial *t, struct activity *ret, struct err *e)
{
	struct processes now = { 0 };

	if (services_processes(t, &now, e))
		return -1;
	/* In a booted system others may act on them: its manager has timers of its own. */
	*ret = (struct activity){ .is_exact = true, .rests = t->is_booted ? 0 : RESTS_FOR_EVER };
	for (size_t i = 0; i < now.len; i++) {
		const struct process *p = &now.at[i];

		if (was_there(t, p->pid))
			continue;
		ret->count++;
		ret->is_busy |= p->state == 'R' || p->state == 'D';
		ret->is_exact &= p->ran > 0;
		ret->who = ret->who * 31 + (uint64_t)p->pid;
		ret->ticks += p->ticks;
		ret->ran += p->ran;
		ret->rests = p->rests < ret->rests ? p->rests : ret->rests;
	}
	processes_done(&now);
	return 0;
}

int services_alive(struct trial *t, size_t *ret, struct err *e)
{
	struct activity now;

	if (see_activity(t, &now, e))
		return -1;
	*ret = now.count;
	return 0;
}

/* What dies at once shall not pass for running, and what opens its port and writes its first lines in a moment has done so: the beginning
 * is over when nothing of it computes any more. Whoever never rests is not waited for without end. is_quick: who has opened a port and has
 * not run for a nanosecond since is asleep in his loop; the caller looks again whether he still is. */
static int settle(struct trial *t, bool is_quick, struct activity *ret, struct err *e)
{
	struct activity last = { 0 }, now = { 0 };
	struct path_status asked;
	int64_t began = trial_clock(), calm_since = began;

	if (sandbox_status(t->sandbox, ASKED, &asked, e))
		return -1;
	bool may_come = t->is_booted || asked.is_there;

	for (;;) {
		AUTO_JSON *ports = NULL;
		int64_t at = trial_clock(), elapsed = at - began;

		if (see_activity(t, &now, e))
			return -1;
		if (now.is_busy || !same_activity(&now, &last))
			calm_since = at;
		last = now;
		bool is_calm = at - calm_since >= CALM_MS,
		     is_asleep = is_quick && now.is_exact &&
			at - calm_since >= (now.rests >= LATE_MS ? RESTS_MS : ASLEEP_MS);
		now.is_calm = is_calm || is_asleep || now.count == 0;
		*ret = now;
		if ((now.count == 0 && elapsed >= (may_come ? SETTLE_MS : 0)) || (is_calm && elapsed >= PORTS_MS) ||
			elapsed >= SERVICES_PATIENCE_MS)
			return 0;
		if (watch_ports(t, &ports, e))
			return -1;
		if (((is_calm && elapsed >= SETTLE_MS) || is_asleep) &&
			json_array_size(ports) > json_array_size(t->before.listening))
			return 0;
		services_pause(is_quick ? LOOK_MS : SERVICES_PAUSE_MS);
	}
}

/* A daemon that wakes once a second to look at its clock is asleep all the same. */
static bool has_slept(const struct activity *was, const struct activity *is)
{
	return same_who(was, is) && is->ran - was->ran < BLINK_NS;
}

static int watch_asleep(struct trial *t, bool is_quick, struct activity *was, struct watch *ret, struct err *e)
{
	if (settle(t, is_quick, was, e) || watch_take(t, ret, e))
		return -1;
	t->alive.at = trial_clock(); /* while the tree was read, nothing of it ran */
	return 0;
}

int services_watch(struct trial *t, struct watch *ret, struct err *e)
{
	struct activity was, is;

	if (watch_asleep(t, true, &was, ret, e) || see_activity(t, &is, e))
		return -1;
	if (was.is_calm && !has_slept(&was, &is)) {
		watch_done(ret);
		if (watch_asleep(t, false, &was, ret, e))
			return -1;
		is.rests = 0;
	}
	t->alive.who = was.is_calm ? was.who : 0; /* 0: whoever never rests is not looked at again */
	t->alive.rests = is.rests;
	return 0;
}

int services_watch_late(struct trial *t, struct watch *ret, bool *ret_changed, struct err *e)
{
	int64_t left = t->alive.at + LATE_MS - trial_clock();
	struct watch now = { 0 };
	struct activity is = { 0 };

	*ret_changed = false;
	if (t->alive.who == 0)
		return 0;
	if (left > 0 && t->alive.rests < LATE_MS) /* else it is known already what would be seen then */
		services_pause((int)left);
	for (int ms = 0; ms < SERVICES_PATIENCE_MS; ms += LOOK_MS) { /* who waits for a processor may be about to die */
		if (see_activity(t, &is, e))
			return -1;
		if (!is.is_busy)
			break;
		services_pause(LOOK_MS);
	}
	if (is.who == t->alive.who)
		return 0;
	if (settle(t, false, &is, e) || watch_take(t, &now, e))
		return -1;
	watch_done(ret);
	*ret = now;
	*ret_changed = true;
	return 0;
}
