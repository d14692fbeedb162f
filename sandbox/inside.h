/* inside.h - the parts of a live test root: supervisor (launch.c), keeper (keeper.c), first process (init.c), and what they say to
 * each other in frames. Only launch.h is for others.
 *
 * supervisor --fork--> keeper: private mounts, cgroups; outlives a killed supervisor just long enough to clear up
 *                      keeper --clone3--> first process (PID 1): runs commands, answers questions from inside; never exec'd, so that
 *                      /proc/1 stays closed to the hostile root beside it (its memory belongs to the outer user namespace) */
#pragma once
#include "base/event.h"
#include "base/frame.h"
#include "sandbox/plan.h"

enum message {
	/* from inside */
	SAY_MAP = 1,    /* rootless keeper: write my id maps */
	SAY_READY,      /* u32 missing layers */
	SAY_FAILED,     /* u8 class, str text */
	SAY_OUTPUT,     /* u64 milliseconds, bytes */
	SAY_EXIT,       /* u32 exit, u8 timeout, u8 cut, u64 milliseconds */
	SAY_STATUS,     /* one path: see inside_status */
	SAY_BYTES,      /* content */
	SAY_CHANGE,     /* one changed path */
	SAY_PROCESS,    /* u32 pid, u32 uid, str name, str command, str unit, u8 state, u64 ticks, u64 ran, u32 rests */
	SAY_END,        /* of a list; u8 cut */
	SAY_BOOT = 20,  /* u8 state, u32 status as of waitpid, u64 milliseconds */
	SAY_ASKED = 50, /* somebody waits for what is typed */
	SAY_ENTRY,      /* one path, whole: see answer_entry */
	SAY_PIECE,      /* of its content */
	SAY_LISTENER,   /* u8 udp, u8 v6, 16 bytes of address, u32 port */
	SAY_FAULT = 30, /* before SAY_EXIT: what a traced command did; see tracer_finish */
	/* to inside */
	ASK_GO = 100,
	ASK_RUN,        /* u32 seconds, u64 output, u32 argc, str... */
	ASK_STATUS,     /* str path */
	ASK_READ,       /* str path, u64 limit */
	ASK_WRITE,      /* str path, u32 mode, bytes */
	ASK_CHANGES,    /* */
	ASK_PROCESSES,  /* */
	ASK_LISTENING,  /* */
	ASK_BOOT = 120, /* the plan's system */
	ASK_OFF,        /* its power-off */
	ASK_TALK = 150, /* u32 seconds, u64 output, talking_open's, u32 argc, str... */
	ASK_TYPE,       /* bytes; none: the end of them */
	ASK_SIZE,       /* u32 rows, u32 columns */
	ASK_CUT,        /* kills everything that runs; no answer */
	ASK_ENTRY,      /* str path, u8 with content */
	ASK_QUIET,      /* kills everything that runs; SAY_END when nothing does */
	ASK_FAULT = 130 /* u8 kind, u32 script, u32 at: for the next command; answered by SAY_END */
};
enum boot_state { BOOT_NEVER, BOOT_COMING, BOOT_UP, BOOT_LATE /* not up in time */, BOOT_GOING, BOOT_GONE };
enum { FRAME_LIMIT = 80 << 20, ARGS_LIMIT = 4096 };

/* group.c: the control groups of a test root. Each is locked by its keeper for life, so that the next start knows which are nobody's. */
enum { GROUPS = 3 };
struct cgroup {
	char *dirs[GROUPS]; /* made by us */
	int locks[GROUPS];
	int procs[GROUPS];    /* writing "0" moves the writer in; -1 */
	int freeze;           /* version 2: "1" stops everything inside, "0" lets it go on; -1 */
	int events;           /* version 2: cgroup.events; -1 */
	int kill;             /* version 2: "1" kills everything inside; -1 */
	int system, commands; /* boot_group.c: like procs, of a booted system; -1 */
};
#define NO_CGROUP                                                                                                      \
	{                                                                                                              \
		.locks = { -1, -1, -1 }, .procs = { -1, -1, -1 }, .freeze = -1, .events = -1, .kill = -1,              \
		.system = -1, .commands = -1                                                                           \
	}
int group_make(const struct plan *p, struct cgroup *ret, unsigned *missing, struct err *e) MUST;
/* The calling process enters them. The kernel lets the first one that enters any group wait for all processors (ten milliseconds and more), those
 * shortly behind it not. */
int group_enter(const struct cgroup *g);
/* Stops what is inside, or lets it go on; waits until it stands still. Nothing when the machine cannot. */
void group_freeze(const struct cgroup *g, bool stop);
void group_kill(const struct cgroup *g);
void group_remove(struct cgroup *g);

/* The user ids of a test root. */
struct id_range {
	unsigned first; /* as the keeper sees it */
	bool is_root;   /* of this machine; else of a namespace with subordinate ids (users.h) */
};

/* mounts.c: the keeper's share, in its own mount namespace. Not root: owners are right already. */
struct staged {
	int root, lower, upper; /* folders */
};
int mounts_stage(const struct plan *p, const struct id_range *ids, int user_ns, struct staged *ret, struct err *e) MUST;
/* The first process's share: enters the staged root, for good. */
int mounts_enter(const struct plan *p, struct err *e) MUST;

struct inside {
	const struct plan *plan;
	int socket, keeper /* hangs up when the keeper is gone */;
	struct staged staged;
	struct cgroup *group;
	unsigned missing;
	int watch; /* to the watcher: listeners of commands; -1: nobody watches */
};
_Noreturn void init_main(struct inside *in);
/* Limits, capabilities, system calls of the plan, for the process that calls it; there is no way back. */
int inside_harden(const struct inside *in, struct err *e) MUST;
_Noreturn void keeper_main(const struct plan *p, int socket, int control, int watch, bool is_root, unsigned missing);

/* Tells the supervisor and ends the process. */
_Noreturn void inside_failed(int socket, const struct err *e);

/* What the other side said with it becomes the error; -1. */
int inside_failure(const struct frame *f, struct err *e);

/* answers.c: questions that the first process answers */
int open_below(int dir, const char *path, uint64_t flags, mode_t mode); /* as if dir were "/"; -1 with errno */
int answer_status(const struct inside *in, const char *path, struct err *e) MUST;
int answer_read(const struct inside *in, const char *path, uint64_t limit, struct err *e) MUST;
int answer_write(const struct inside *in, const char *path, mode_t mode, const void *bytes, size_t len, struct err *e)
	MUST;
int answer_changes(const struct inside *in, struct err *e) MUST;
int answer_processes(const struct inside *in, struct err *e) MUST;
/* listening.c */
int answer_listening(const struct inside *in, struct err *e) MUST;
/* entry.c */
int answer_entry(const struct inside *in, const char *path, bool with_content, struct err *e) MUST;
