/* watched.h - what the watcher saw during one scenario, as JSON and findings; the supervisor's side of watcher.h. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include "base/json.h"

struct trial;
struct watched_script { /* a script that is not told to the report yet */
	unsigned number, command;
	pid_t pid;
	int64_t at;
	json_t *words; /* its path, then argv */
	json_t *calls;
	json_t *told; /* the report's object, once known; borrowed */
};
/* Of a whole scenario. The watcher reads what hostile processes say: it is not believed to keep its own bounds. What is over is only
 * counted, and the report says how much that was. */
enum { HEARD_CALLS = 60000, HEARD_TALKS = 20000, HEARD_SCRIPTS = 10000, HEARD_PORTS = 1000, HEARD_PIDS = 200000 };
enum { HEARD_BYTES = 32 << 20 /* of all words */, HEARD_FRAMES = 4 << 20 /* in one answer */ };
struct observed {
	int64_t began;        /* CLOCK_MONOTONIC ms: the scenario's start */
	int64_t ready;        /* the packages have not come before */
	LIST(unsigned) steps; /* numbers of commands that are steps, not our own questions */
	LIST(struct watched_script) scripts;
	LIST(unsigned) pids;     /* as this machine counts; sorted on use */
	int kmsg;                /* kernel_lines.h */
	json_t *ports_old;       /* what its ports spoke; or NULL */
	json_t *calls;           /* of no script */
	json_t *network, *ports; /* as in the report */
	json_t *home;            /* "to port" that were called before the packages came */
	uint64_t calls_seen, calls_dropped, wire_dropped;
	size_t calls_kept, bytes_kept;
	size_t scripts_told; /* of t->scripts, how many were matched */
	bool has_wire;
};
void observed_init(struct observed *o);
void observed_done(struct observed *o);
/* What was seen since the last time. is_step: the command that just ended belongs in the report. */
int observed_take(struct trial *t, bool is_step, struct err *e) MUST;
/* The same from an answer that comes in; observed_take asks for it first. */
struct framer;
int observed_hear(struct trial *t, struct framer *from, struct err *e) MUST;
/* The package manager's word about its scripts (t->scripts) joined with what was seen of them. */
void observed_join(struct trial *t);
/* What came before this moment is the root's own doing. */
void observed_ready(struct trial *t);
/* Every listening port is offered TLS; t->observed.ports is new. */
int observed_ports(struct trial *t, struct err *e) MUST;
/* The version that is upgraded from is in place: what it does and speaks is what the new one is measured by. */
int observed_old(struct trial *t, struct err *e) MUST;
/* The scenario's end: lists sorted, findings about the network made. */
void observed_finish(struct trial *t);
/* By process numbers scripts were told apart while they ran; a report has none. */
void observed_forget_processes(struct trial *t);
