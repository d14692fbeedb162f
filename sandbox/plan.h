/* plan.h - isolation described as data, then executed: the decoder (confine.h) and the test system (launch.h) are two plans.
 *
 * A plan says which layers stand between hostile code and this machine. `plan_text` prints it (`--verbose`, and what tests compare);
 * the harden_* functions execute the layers that both plans share. They run in a process that will only ever be the confined one:
 * there is no way back. Building a plan needs no privilege. */
#pragma once
#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "base/json.h"
#include "base/text.h"
#include <sys/resource.h>

/* A layer that a machine may lack; a set of them is a bit mask. */
enum layer {
	LAYER_USER,
	LAYER_MOUNT,
	LAYER_PID,
	LAYER_NETWORK,
	LAYER_IPC,
	LAYER_HOSTNAME,
	LAYER_CGROUP_VIEW,
	LAYER_TIME,
	LAYER_LANDLOCK,
	LAYER_SECCOMP,
	LAYER_MEMORY_GROUP,
	LAYER_PIDS_GROUP,
	LAYER_KILL_GROUP,
	LAYERS
};
#define LAYER(name) (1u << LAYER_##name)
/* What a policy that says nothing asks for: all that stands between hostile code and this machine. The groups bound how much it may use. */
#define LAYERS_DEFAULT                                                                                                 \
	(LAYER(USER) | LAYER(MOUNT) | LAYER(PID) | LAYER(NETWORK) | LAYER(IPC) | LAYER(HOSTNAME) | LAYER(SECCOMP))
/* "user namespace, landlock"; "" for none. ret is returned. */
const char *layers_text(unsigned missing, char *ret, size_t room);
/* In the policy's words (sandbox.require): "userns", "seccomp", ... */
json_t *layers_json(unsigned present);
/* Comma separated, either way of naming; an unknown one is ERR_USAGE and named. */
int layers_parse(const char *text, unsigned *ret, struct err *e) MUST;
/* A namespace that machines may lack: its flag, its name below /proc/PID/ns. Ends with flag 0. */
struct layer_namespace {
	unsigned flag;
	const char *file;
	enum layer layer;
};
extern const struct layer_namespace layer_namespaces[];

/* ---- system calls: what is not in the table gets `calls_error`. */
enum call_action { CALL_ALLOW, CALL_REFUSE /* with error */, CALL_KILL };
enum call_when {
	WHEN_ALWAYS,
	WHEN_EQUAL /* argument & mask == value */,
	WHEN_EQUAL_SET /* and the argument behind it is not NULL */,
	WHEN_OWN_PID /* argument is the caller's process */
};
struct plan_call {
	const char *name; /* as in syscalls(2); one this machine's libseccomp does not know is left out */
	enum call_action action;
	int error; /* CALL_REFUSE */
	enum call_when when;
	unsigned argument;
	uint64_t mask, value;
};
struct plan_calls {
	const struct plan_call *at; /* ends with name NULL */
};

/* ---- mounts of a test root, in order; paths are inside it */
enum mount_kind {
	MOUNT_ROOT,      /* overlay: read-only `from`, changes thrown away */
	MOUNT_TMPFS,     /* empty, `options` */
	MOUNT_DEVICE,    /* the machine's device node of that name */
	MOUNT_LINK,      /* a symbolic link to `from` */
	MOUNT_PROC,      /* of the new pid namespace */
	MOUNT_PTS,       /* own devpts */
	MOUNT_READ_ONLY, /* bind `from` of this machine, read-only, no devices, no setuid */
	MOUNT_FREEZE,    /* what lies there becomes read-only */
	MOUNT_GROUP,     /* the control groups of a booted system, its own part as "/" */
	MOUNT_HIDE, /* what lies there is covered: a folder by an empty one, a file by /dev/null; missing is fine */
};
struct plan_mount {
	enum mount_kind kind;
	const char *from, *to, *options;
	bool is_optional; /* a machine that cannot is no error: a source that does not exist */
};

struct plan_limit {
	int resource; /* RLIMIT_* */
	uint64_t value;
};

enum { BOOT_ARGUMENTS = 24 };
struct plan_boot {                    /* a system manager in namespaces of its own inside (boot.h) */
	const char *program;          /* NULL: none */
	const char *const *arguments; /* after its name; end with NULL; at most BOOT_ARGUMENTS - 2 */
	const char *const *env;       /* ends with NULL */
	unsigned seconds, off_seconds;
};

/* A kernel switch that belongs to the new user namespace; written by the first process. */
struct plan_switch {
	const char *name; /* below /proc/sys; ends with NULL. One that this kernel does not have is left out */
	const char *value;
};

enum { PLAN_LIMITS = 16, PLAN_CALL_TABLES = 4, PLAN_SWITCH_TABLES = 2 };
struct plan {
	const char *name;
	unsigned namespaces; /* CLONE_NEW* */
	unsigned ids;        /* how many user ids the namespace has; 0: none mapped */
	bool become_nobody;  /* when started by root and not mapped */
	LIST(struct plan_mount) mounts;
	uint64_t capabilities; /* kept, as bits */
	struct plan_calls calls[PLAN_CALL_TABLES];
	unsigned calls_len;
	int calls_error;
	const struct plan_switch *switches[PLAN_SWITCH_TABLES]; /* NULL: none */
	struct plan_limit limits[PLAN_LIMITS];
	unsigned limits_len;
	bool landlock;            /* nothing may be opened */
	bool landlock_writes;     /* below landlock_fd also writing */
	int landlock_fd;          /* but this folder, for reading; -1: none */
	const int *landlock_also; /* and these, for reading */
	unsigned landlock_also_len;
	bool landlock_also_runs;           /* and what lies there may be started */
	uint64_t group_memory, group_pids; /* cgroup; 0: none */
	uint64_t disk, inodes;             /* of the upper layer */
	uint64_t output;                   /* bytes of one command's output */
	unsigned seconds;                  /* wall time of one command */
	bool watch;                        /* commands' notable calls are told (watcher.h) */
	bool wire;                         /* the network answers (watcher.h) */
	bool leaves_temporary; /* what lies in folders for temporary files, where these are no part of the root, is not told */
	const char *hostname;
	const char *const *env; /* ends with NULL */
	struct plan_boot boot;
};
void plan_done(struct plan *p);
void plan_limit(struct plan *p, int resource, uint64_t value);
char *plan_text(const struct plan *p); /* malloc; one layer a line */

/* ---- executing; each sets bits of *missing for what this kernel does not have, and fails only when a layer that is there refuses */
int harden_limits(const struct plan *p, struct err *e) MUST;
int harden_switches(const struct plan *p, struct err *e) MUST;
int harden_capabilities(const struct plan *p, struct err *e) MUST;
int harden_landlock(const struct plan *p, unsigned *missing, struct err *e) MUST;
int harden_calls(const struct plan *p, unsigned *missing, struct err *e) MUST;
bool harden_has_landlock(void);
/* no_new_privs, not dumpable, dies with its parent */
int harden_process(struct err *e) MUST;
