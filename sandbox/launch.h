/* launch.h - a live test root: commands run in it one after another, questions are answered from inside, and everything goes at the end.
 *
 * As root: user ids are mapped by an idmapped, read-only lower layer and a user namespace of 65,536 ids. As an ordinary user: through
 * newuidmap with the subordinate ids of /etc/subuid; then the root image must belong to those ids. One thread uses a sandbox at a time.
 * What a sandbox says about itself comes from a process that the hostile inside cannot touch; paths resolve inside the root. */
#pragma once
#include "base/event.h"
#include "base/frame.h"
#include "sandbox/fault.h"
#include "sandbox/plan.h"
#include <sys/types.h>

struct sandbox;
struct mark { /* output from here on came at that time */
	size_t at;
	int64_t ms;
};
struct command_result {
	int exit; /* 128 + signal */
	bool is_timeout, is_cut;
	int64_t ms;
	char *output; /* stdout and stderr as they came; NUL added */
	size_t len;
	struct {
		struct mark *at;
		size_t len, room;
	} marks; /* in order */
};
/* When the byte at that place was printed, milliseconds since the start. */
int64_t command_time(const struct command_result *r, size_t at);
void command_result_done(struct command_result *r);

struct path_status {
	bool is_there;
	mode_t mode; /* with its type */
	uid_t uid;
	gid_t gid;
	uint64_t size;
	char target[4096];
};

struct change {
	char kind; /* '+' added, '*' changed, '-' removed */
	char *path;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	uint64_t size;
	char sha256[65]; /* "" for what is no file, or over 256 MiB */
	char *target;
	char capability[64]; /* as text, "" when none */
	char class[12];      /* content.h; "" for what is no file */
	bool is_rewritten;   /* '*': its content is another, not only its owner or mode */
};
enum {
	CHANGES_MAX = 200000,
	CHANGES_BYTES = 64 << 20 /* of names; an ordinary system of that many files has a third */
};
struct changes {
	struct change *at;
	size_t len, room;
	bool is_cut; /* there were more */
};
void changes_done(struct changes *c);

struct process {
	pid_t pid; /* inside */
	uid_t uid;
	char *name, *command;
	char *unit;     /* of a booted system: "cron.service"; "" when it belongs to none */
	char state;     /* as in /proc/PID/stat: 'R', 'S', 'D', ... */
	uint64_t ticks; /* of a processor, used so far */
	uint64_t ran;   /* the same in nanoseconds; 0: not known */
	unsigned rests; /* milliseconds that it certainly sleeps on unless something comes from outside (resting.h) */
};
struct processes {
	struct process *at;
	size_t len, room;
};
void processes_done(struct processes *p);

/* The plan is borrowed until sandbox_stop. *ret_missing: layers this machine lacks. */
int sandbox_start(const struct plan *p, struct sandbox **ret, unsigned *ret_missing, struct err *e) MUST;
/* Ends everything inside; no process, mount or cgroup is left. NULL is fine. */
void sandbox_stop(struct sandbox *s);
#define AUTO_SANDBOX __attribute__((cleanup(sandbox_drop))) struct sandbox
void sandbox_drop(struct sandbox **s);

/* With a plan that has a system to boot: nothing can be run before. An error says how far it came. Once it has gone (a script may have
 * powered it off), it can be booted again. *ret_ms: how long it took. */
int sandbox_boot(struct sandbox *s, int64_t *ret_ms, struct err *e) MUST;
/* *ret_clean: it ended by itself, in time. */
int sandbox_power_off(struct sandbox *s, bool *ret_clean, int64_t *ret_ms, struct err *e) MUST;
/* The line to the watcher (watcher.h), NULL when the plan has none; *ret_command: the number of the last command that was run. */
struct framer *sandbox_watched(struct sandbox *s, unsigned *ret_command);

/* -1: the sandbox itself failed (it is of no more use); a command that fails is a result. seconds 0: the plan's. */
int sandbox_run(struct sandbox *s, const char *const *argv, unsigned seconds, struct command_result *ret, struct err *e)
	MUST;
/* The next command meets this fault; afterwards the result tells what it did (owned by the sandbox, until the next such command). */
int sandbox_fault(struct sandbox *s, const struct fault *f, struct err *e) MUST;
const struct fault_result *sandbox_faulted(const struct sandbox *s);
int sandbox_status(struct sandbox *s, const char *path, struct path_status *ret, struct err *e) MUST;
/* *ret_bytes NULL when there is no such file; malloc, NUL added. More than limit (at most 64 MiB) is cut. */
int sandbox_read(struct sandbox *s, const char *path, uint64_t limit, char **ret_bytes, size_t *ret_len, struct err *e)
	MUST;
/* Puts a file in (64 MiB), folders made when missing; it has the owner of the file it replaces, else the inner root. */
int sandbox_write(struct sandbox *s, const char *path, const void *bytes, size_t len, mode_t mode, struct err *e) MUST;
/* Against the root image, sorted by path. */
int sandbox_changes(struct sandbox *s, struct changes *ret, struct err *e) MUST;
int sandbox_processes(struct sandbox *s, struct processes *ret, struct err *e) MUST;

struct open_port {
	bool is_udp, is_v6;
	uint8_t address[16]; /* network order; the first four without v6 */
	unsigned port;
};
struct open_ports {
	struct open_port *at;
	size_t len, room;
};
/* What listens inside, at most 5,000; end with LIST_DONE. */
int sandbox_listening(struct sandbox *s, struct open_ports *ret, struct err *e) MUST;
