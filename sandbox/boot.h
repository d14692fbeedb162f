/* boot.h - a test root in which the root's own systemd runs (profile `systemd`).
 *
 * Our first process stays what it is: PID 1 of the outer pid namespace, never exec'd. It starts systemd as PID 1 of an inner pid
 * namespace, with a mount and a control group namespace of its own; commands enter these. So the inside can neither see nor signal the first process,
 * and its questions are answered in the outer mount namespace, over which the inside cannot mount anything.
 *
 *     keeper -> first process (pid 1, answers)   pid, mount, network ... namespaces of the test root; one user namespace
 *                 |-> systemd (pid 1 inside)     pid, mount, cgroup namespaces of the booted system
 *                 '-> a command                  in the same; its parent is the first process all the same
 */
#pragma once
#include "sandbox/inside.h"

/* Where systemd says that it is up: an abstract socket, so nothing lies in the root. */
#define BOOT_NOTIFY "@sluice/boot"

enum { BOOT_SPACES = 3 };
struct boot {
	pid_t pid;               /* 0: not running */
	int notify;              /* until it is up; -1 */
	int spaces[BOOT_SPACES]; /* pid, mount, cgroup namespaces for commands */
	int64_t started, deadline;
	enum boot_state state;
	int status; /* as waitpid(2) gave it, when gone */
};
#define NO_BOOT                                                                                                        \
	{                                                                                                              \
		.notify = -1, .spaces = { -1, -1, -1 }                                                                 \
	}

/* ---- in the first process */
int boot_start(const struct inside *in, struct boot *b, unsigned seconds, struct err *e) MUST;
void boot_stop(struct boot *b, unsigned seconds); /* asks for a power-off */
/* Time is up: commands may look why. */
void boot_late(struct boot *b);
/* Something came on `notify`; becomes BOOT_UP when it is the word. */
void boot_heard(struct boot *b);
void boot_ended(struct boot *b, int status); /* it was reaped */
/* Like fork(2): `become`, which does not return, runs in a child of the caller that is inside the booted system; its number here, or -1:
 * the system has just ended. */
pid_t boot_fork(const struct inside *in, const struct boot *b, void (*become)(void *), void *context);

/* mounts.c: in the new namespaces, from the plan: /proc anew, the control groups */
int mounts_boot(const struct plan *p, struct err *e) MUST;
/* boot_group.c */
int boot_group_make(struct cgroup *g, const struct id_range *ids, struct err *e) MUST;
