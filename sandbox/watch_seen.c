/* watch_seen.c - watched calls become records: who called, on behalf of which maintainer script, what it was.
 *
 * A script begins where the package manager executes one (dpkg: by its name; rpm: the first program of a process it forked). */
#include "sandbox/watcher.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
enum { FLAG_SYNC_WAKE_UP = 1 };

int seen_init(struct watcher *w, struct err *e)
{
	struct seccomp_notif_sizes sizes;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes))
		return err_sys(e, "this kernel has no user notification");
	w->request_size = sizes.seccomp_notif > sizeof *w->request ? sizes.seccomp_notif : sizeof *w->request;
	w->answer_size = sizes.seccomp_notif_resp > sizeof *w->answer ? sizes.seccomp_notif_resp : sizeof *w->answer;
	w->request = mem_alloc(w->request_size);
	w->answer = mem_alloc(w->answer_size);
	return 0;
}

void seen_listener(int fd)
{
	/* Caller and watcher hand the processor to each other: a third of the time. Kernels before 6.6 know it not. */
	ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, FLAG_SYNC_WAKE_UP);
}

/* ---- scripts */

static bool is_dpkgs_script(const char *path)
{
	static const char *const names[] = { "preinst", "postinst", "prerm", "postrm" };
	const char *slash = strrchr(path, '/'), *dot = slash ? strrchr(slash, '.') : NULL, *name;

	if (!slash)
		return false;
	if (strstr(path, "/dpkg/info/"))
		name = dot ? dot + 1 : "";
	else if (strstr(path, "/dpkg/tmp.ci/"))
		name = slash + 1;
	else
		return false;
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool begins_script(struct watcher *w, const struct watch_process *p, const char *path)
{
	const struct watch_process *parent;

	if (p->script || !p->is_manager)
		return false;
	if (is_dpkgs_script(path))
		return true;
	parent = p->has_execd ? NULL : people_parent(w, p);
	return parent && strcmp(parent->name, "rpm") == 0;
}

static void copy_words(struct watch_strings *to, const struct watch_strings *from)
{
	to->at = mem_alloc(from->len + 1);
	memcpy(to->at, from->at, from->len);
	to->len = from->len;
	to->count = from->count;
}

static void begin_script(struct watcher *w, struct watch_process *p, const struct watch_call *c)
{
	struct watch_script s = { .number = ++w->scripts_begun, .command = c->command, .at = c->at, .pid = p->inner };

	s.ticks = people_ticks();
	copy_words(&s.words, &c->words);
	p->script = s.number;
	*LIST_ADD(&w->scripts) = s;
	w->latest = s;
	w->latest.words = (struct watch_strings){ NULL };
}

/* ---- the calls */
static void add_arguments(const struct watcher *w, pid_t tid, uint64_t at, struct watch_strings *words)
{
	uint64_t pointers[ARGUMENTS_MAX];
	size_t count = memory_read(tid, at, pointers, sizeof pointers) / sizeof *pointers;
	char text[1024];

	for (size_t i = 0; i < count && pointers[i] && words->len < ARGUMENT_ROOM; i++) {
		if (memory_text(tid, pointers[i], text, sizeof text))
			break;
		strings_add(words, text, strlen(text));
	}
}

/* The end of a page may come before the end of the list of pointers: then as many are read as there are. */
static bool see_exec(struct watcher *w, struct watch_process *p, const struct watched *what, struct watch_call *c)
{
	const __u64 *args = w->request->data.args;
	pid_t tid = (pid_t)w->request->pid;
	char path[PATH_ROOM], shown[PATH_ROOM * 2];

	if (memory_text(tid, args[what->path], path, sizeof path)) {
		p->is_first |= !p->has_execd && p->command != WATCH_SYSTEM;
		p->is_unnamed = p->has_execd = true; /* a command's own beginning: its memory is not ours to read yet */
		return false;
	}
	memory_path(w->proc, tid, what->dir < 0 ? AT_FDCWD : (int)args[(int)what->dir], path, shown, sizeof shown);
	if (!memory_leads(w->proc, tid, shown, true))
		return false; /* looked for along PATH, in vain */
	strings_add(&c->words, shown, strlen(shown));
	add_arguments(w, tid, args[(int)what->argv], &c->words);
	if (begins_script(w, p, shown)) {
		if (w->scripts.len < SCRIPTS_MAX)
			begin_script(w, p, c);
		else
			w->calls_dropped++;
	}
	p->has_execd = p->is_unnamed = true;
	p->is_manager |= !p->script && p->command != WATCH_SYSTEM && people_is_manager(shown);
	return true;
}

static bool see_paths(struct watcher *w, struct watch_process *p, const struct watched *what, struct watch_call *c)
{
	const __u64 *args = w->request->data.args;
	const signed char dirs[] = { what->dir, what->to_dir }, paths[] = { what->path, what->to };
	pid_t tid = (pid_t)w->request->pid;

	for (int i = 0; i < 2 && paths[i] >= 0; i++) {
		char path[PATH_ROOM], shown[PATH_ROOM * 2];

		if (memory_text(tid, args[(int)paths[i]], path, sizeof path))
			return false;
		memory_path(w->proc, tid, dirs[i] < 0 ? AT_FDCWD : (int)args[(int)dirs[i]], path, shown, sizeof shown);
		if (i == 0 && !memory_leads(w->proc, tid, shown, false))
			return false;
		strings_add(&c->words, shown, strlen(shown));
	}
	return true;
}

/* A stream or datagrams? Asked from the socket itself. */
static const char *kind_of_socket(pid_t process_id, int fd)
{
	AUTO_FD int process = (int)syscall(SYS_pidfd_open, process_id, 0);
	AUTO_FD int copy = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);
	struct linger linger = { 0 };
	int type = 0;
	socklen_t len = sizeof type, linger_len = sizeof linger;

	/* The copy may be the last one: a socket made to linger would hold us up when it closes. */
	if (copy >= 0 && getsockopt(copy, SOL_SOCKET, SO_LINGER, &linger, &linger_len) == 0 && linger.l_onoff)
		setsockopt(copy, SOL_SOCKET, SO_LINGER, &(struct linger){ 0 }, sizeof linger);
	if (copy < 0 || getsockopt(copy, SOL_SOCKET, SO_TYPE, &type, &len))
		return "ip";
	return type == SOCK_STREAM ? "tcp" : type == SOCK_DGRAM ? "udp" : "ip";
}

static void remember_dialed(struct watcher *w, const struct watch_process *p, const struct watch_call *c,
	const uint8_t *address, bool is_v6, unsigned port)
{
	struct dialed d = { .at = c->at,
		.is_v6 = is_v6,
		.port = (uint16_t)port,
		.pid = p->inner,
		.command = c->command,
		.script = p->script };

	if (w->dialed.len >= DIALED_MAX) { /* what is old has been told long ago */
		w->dialed.len -= DIALED_MAX / 2;
		memmove(w->dialed.at, w->dialed.at + DIALED_MAX / 2, w->dialed.len * sizeof *w->dialed.at);
	}
	memcpy(d.address, address, is_v6 ? 16 : 4);
	memcpy(d.process, p->name, sizeof d.process);
	*LIST_ADD(&w->dialed) = d;
}

static bool see_local(const struct sockaddr_un *un, size_t len, struct watch_call *c)
{
	size_t head = offsetof(struct sockaddr_un, sun_path), most = len > head ? len - head : 0;
	char text[sizeof un->sun_path + 8];

	if (most == 0)
		return false;
	if (un->sun_path[0] == '\0')
		snprintf(text, sizeof text, "unix @%.*s", (int)(most - 1), un->sun_path + 1);
	else
		snprintf(text, sizeof text, "unix %.*s", (int)most, un->sun_path);
	if (strstr(text, "/nscd/socket")) /* libc asks it for every name */
		return false;
	strings_add(&c->words, text, strlen(text));
	return true;
}

static bool see_socket(struct watcher *w, struct watch_process *p, const struct watched *what, struct watch_call *c)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const __u64 *args = w->request->data.args;
	pid_t tid = (pid_t)w->request->pid;
	union {
		struct sockaddr any;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} a = { .un = { 0 } };
	size_t want = args[(int)what->len] < sizeof a ? (size_t)args[(int)what->len] : sizeof a;
	size_t len = memory_read(tid, args[(int)what->sock], &a, want);
	char shown[DNS_NAME], text[DNS_NAME + 32];
	const uint8_t *address;
	bool is_v6 = a.any.sa_family == AF_INET6;
	unsigned port;

	if (len > sizeof a.any.sa_family && a.any.sa_family == AF_UNIX)
		return see_local(&a.un, len, c);
	if ((a.any.sa_family != AF_INET || len < sizeof a.in4) && (!is_v6 || len < sizeof a.in6))
		return false;
	port = ntohs(is_v6 ? a.in6.sin6_port : a.in4.sin_port);
	address = is_v6 ? (const uint8_t *)&a.in6.sin6_addr : (const uint8_t *)&a.in4.sin_addr;
	if (is_v6 && memcmp(address, mapped, sizeof mapped) == 0) {
		is_v6 = false;
		address += sizeof mapped;
	}
	if (port == 0) /* any port will do, or a look at the routes */
		return false;
	if (c->kind == CALL_CONNECT)
		remember_dialed(w, p, c, address, is_v6, port);
	const char *kind = kind_of_socket(p->group, (int)args[(int)what->fd]);
	/* A datagram socket's connect only chooses a route; what is sent is seen on the wire. */
	if (c->kind == CALL_CONNECT && strcmp(kind, "udp") == 0 && w->tun >= 0)
		return false;
	wire_address(&w->wire, address, is_v6, shown);
	snprintf(text, sizeof text, strchr(shown, ':') ? "%s [%s]:%u" : "%s %s:%u", kind, shown, port);
	strings_add(&c->words, text, strlen(text));
	return true;
}

static bool is_wanted(const struct watch_process *p, enum call_kind kind)
{
	if (kind == CALL_UNLINK || kind == CALL_RENAME)
		return p->script != 0;
	return true;
}

static bool still_waits(const struct watcher *w, const struct listener *from)
{
	return ioctl(from->fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &w->request->id) == 0;
}

static void record(struct watcher *w, struct listener *from, struct watch_call *c, const struct watch_process *p)
{
	/* the package manager's own work, and whatever was not understood */
	if (c->words.count == 0 || (p->is_manager && !p->script)) {
		free(c->words.at);
		return;
	}
	w->calls_counted++;
	if (from->calls++ >= CALLS_MAX || from->words + c->words.len > WORDS_MAX) {
		w->calls_dropped++;
		free(c->words.at);
		return;
	}
	c->script = p->script;
	from->words += c->words.len;
	*LIST_ADD(&w->calls) = *c;
}

static void look(struct watcher *w, struct listener *from)
{
	static bool (*const see[CALL_KINDS])(struct watcher *, struct watch_process *, const struct watched *,
		struct watch_call *) = { see_exec, see_socket, see_socket, see_paths, see_paths };
	const struct watched *what = watched_by_number(w->request->data.nr);
	pid_t tid = (pid_t)w->request->pid;
	struct watch_process *p = what && tid > 0 ? people_find(w, from, tid) : NULL;
	struct watch_call c = { .at = watcher_now(), .outer = tid, .command = from->command };

	if (!p || !is_wanted(p, what->kind))
		return;
	if (!from->is_used) { /* the command itself: nobody's child */
		from->is_used = true;
		p->script = 0;
	}
	c.pid = p->inner;
	c.kind = what->kind;
	memcpy(c.process, p->name, sizeof c.process);
	if (!see[what->kind](w, p, what, &c) || !still_waits(w, from)) {
		free(c.words.at);
		return;
	}
	record(w, from, &c, p);
}

int seen_call(struct watcher *w, struct listener *from)
{
	memset(w->request, 0, w->request_size);
	if (ioctl(from->fd, SECCOMP_IOCTL_NOTIF_RECV, w->request))
		return errno == ENOENT || errno == EINTR ? 0 : -1;
	look(w, from);
	memset(w->answer, 0, w->answer_size);
	w->answer->id = w->request->id;
	w->answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	/* the caller may be gone: there is nobody to answer then */
	ioctl(from->fd, SECCOMP_IOCTL_NOTIF_SEND, w->answer);
	return 0;
}
