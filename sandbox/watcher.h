/* watcher.h - the process that observes a test root: its commands' notable system calls (calls_watch.h) and its network (wire_tcp.h).
 *
 * keeper --fork--> watcher: in the root's user and network namespaces, but in the machine's process ids and shut into an empty folder.
 * The hostile inside cannot see it, signal it or trace it. It parses what they send, so it can do next to nothing itself: two
 * capabilities inside the root's user namespace, a short list of system calls. When it ends, watched calls fail instead of waiting.
 * The supervisor asks it over a socket of its own. Private to the files that make it up and to launch.c, keeper.c, watched.c. */
#pragma once
#include "base/frame.h"
#include "sandbox/calls_watch.h"
#include "sandbox/plan.h"
#include "sandbox/wire_tcp.h"
#include <sys/types.h>

enum watcher_message {
	/* from the watcher */
	SAY_SCRIPT = 40, /* u32 number, u64 at, u32 pid, u32 command, strings */
	SAY_CALL, /* u64 at, u32 pid, u32 machine's pid, u32 command, u32 script, u8 kind, str process, strings */
	SAY_WIRE, /* see watch_say.c */
	SAY_PORT, /* u32 port, u8 speaks, bytes address, str process, str greeting */
	SAY_WATCHED, /* the end of what was seen: u64 calls, u64 calls dropped, u64 conversations dropped, str no wire because */
	SAY_OFFERED, /* the end of the ports: u8 cut */
	/* to it */
	ASK_WATCHED = 140,
	ASK_OFFER,
};

/* Of one command; a name may be long, so their bytes are counted, too. What is over is only counted. */
enum { CALLS_MAX = 20000, WORDS_MAX = 8 << 20, SCRIPTS_MAX = 10000, DIALED_MAX = 4096 };
/* A path or argument that is longer is cut: nobody reads it, and a hostile process can make as many as it likes. */
enum { ARGUMENTS_MAX = 32, ARGUMENT_ROOM = 4096, WORD_MAX = 1024 };

struct watch_strings { /* as they came from inside; each NUL-terminated, one behind the other */
	char *at;
	size_t len;
	unsigned count;
};
struct watch_call {
	int64_t at;
	pid_t pid, outer; /* inside; as this machine counts */
	unsigned command, script;
	enum call_kind kind;
	char process[16];
	struct watch_strings words; /* what, then the arguments */
};
struct watch_script {
	unsigned number, command;
	int64_t at;
	uint64_t ticks; /* when it began, as processes' starts are counted */
	pid_t pid;
	struct watch_strings words; /* its path, then argv */
};
struct dialed { /* to find out whose a conversation is */
	int64_t at;
	uint8_t address[16];
	bool is_v6, is_used;
	uint16_t port;
	pid_t pid;
	unsigned command, script;
	char process[16];
};
struct watch_process {
	struct watch_process *next;
	uint64_t born; /* in ticks since the machine's start: tells two of one number apart */
	pid_t tid, group, inner, parent;
	unsigned command, script;
	bool is_manager /* or one of its helpers */, has_execd, is_unnamed, is_first /* a step's own command */;
	char name[16];
};
struct watch_held { /* /proc/TID/comm, open: readable as long as that very process lives */
	int fd;
	pid_t tid;
	uint64_t born; /* 0: empty */
};
struct listener {
	int fd;
	unsigned command;
	uint64_t calls, words; /* words: bytes */
	bool is_used;
};
enum { PROCESS_SLOTS = 4096, PROCESSES_KNOWN = 100000, PROCESSES_HELD = 128 };

struct watcher {
	const struct plan *plan;
	int socket, hand, proc, tun;
	pid_t first;
	char no_wire[160]; /* why there is no wire; "" */
	struct wire wire;
	LIST(struct listener) listeners;
	LIST(struct watch_call) calls;
	LIST(struct watch_script) scripts; /* of this question; the last of all is `latest` too */
	struct watch_script latest;
	LIST(struct dialed) dialed;
	struct watch_process *processes[PROCESS_SLOTS];
	size_t processes_len;
	struct watch_held held[PROCESSES_HELD];
	uint64_t calls_counted, calls_dropped;
	unsigned scripts_begun;
	struct seccomp_notif *request;
	struct seccomp_notif_resp *answer;
	size_t request_size, answer_size;
	struct framer frames;
	pid_t offering;      /* the child that offers ports; 0 */
	int64_t asked_since; /* a question waits until conversations have been decided; 0: none */
};

int64_t watcher_now(void); /* CLOCK_MONOTONIC, ms */
/* What it has: the lines to the supervisor and to the first process, and the namespaces that it enters. */
struct watcher_fds {
	int socket, hand, user, net;
};
/* Of the root whose first process is `first`. The caller closes what was opened, also after a failure. */
int watcher_spaces(pid_t first, int *ret_user, int *ret_net, struct err *e) MUST;
/* Starts it; the maps of its user namespace are written. The caller keeps its side of fds; *ret: its pid. */
int watcher_start(const struct plan *p, pid_t first, struct watcher_fds fds, pid_t *ret, struct err *e) MUST;

/* wire_net.c: the root's link to the sink. -1 and *ret_why when this machine cannot. */
int wire_link(bool *ret_v6, char *ret_why, size_t room);
extern const char wire_resolver[]; /* what /etc/resolv.conf must say */

/* watch_seen.c */
int seen_init(struct watcher *w, struct err *e) MUST;
void seen_listener(int fd); /* a new one */
/* One call waits at that listener. -1: the listener has ended. */
int seen_call(struct watcher *w, struct listener *from);
/* watch_people.c: NULL: it has ended meanwhile. */
struct watch_process *people_find(struct watcher *w, const struct listener *from, pid_t tid);
const struct watch_process *people_parent(
	struct watcher *w, const struct watch_process *p); /* NULL: gone, or unknown */
bool people_is_manager(const char *path);                  /* of a package manager's program */
uint64_t people_ticks(void);                               /* now, as births are counted */
void people_done(struct watcher *w);
/* watch_memory.c: another process's memory and folders, while its call waits */
size_t memory_read(pid_t tid, uint64_t at, void *ret, size_t len);
/* A text; -1 when it cannot be read. */
int memory_text(pid_t tid, uint64_t at, char *ret, size_t room);
/* The path as the process means it. */
void memory_path(int proc, pid_t tid, int dir, const char *path, char *ret, size_t room);
/* Does that path lead to anything, where the process sees it? */
bool memory_leads(int proc, pid_t tid, const char *path, bool follow);

/* watch_say.c */
int say_seen(struct watcher *w, struct err *e) MUST;
void strings_add(struct watch_strings *s, const char *text, size_t len);
/* ports.c: in a process of its own */
_Noreturn void offer_ports(const struct watcher *w);
