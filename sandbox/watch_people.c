/* watch_people.c - who calls: processes are known again by their number and their birth, and belong to the script that started them.
 *
 * Numbers are used again, births are not. To look at each caller's birth would cost more than the call: a file of the last callers' own
 * folders in /proc stays open; the kernel answers a read of it only as long as that very process lives. */
#include "sandbox/watcher.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ANCESTORS_MAX = 64 };

struct status {
	char name[16];
	pid_t group, parent, inner;
};

static size_t read_proc(int proc, pid_t tid, const char *what, char *ret, size_t room)
{
	char name[64];

	snprintf(name, sizeof name, "%d/%s", (int)tid, what);
	AUTO_FD int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, ret, room - 1);
	ret[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

/* A line's value; the name comes first in that file and cannot forge another line: the kernel escapes it. */
static const char *value_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? at + strlen(key) : "";
}

static bool read_status(int proc, pid_t tid, struct status *ret)
{
	char text[4096];
	const char *inner;

	if (read_proc(proc, tid, "status", text, sizeof text) == 0)
		return false;
	snprintf(ret->name, sizeof ret->name, "%.*s", (int)strcspn(value_of(text, "Name:\t"), "\n"),
		value_of(text, "Name:\t"));
	ret->group = (pid_t)atoi(value_of(text, "\nTgid:\t"));
	ret->parent = (pid_t)atoi(value_of(text, "\nPPid:\t"));
	ret->inner = 0;
	inner = value_of(text, "\nNSpid:\t"); /* one number a namespace, the innermost last */
	for (size_t len = strcspn(inner, "\n"), i = 0; i < len; i++)
		if (i == 0 || inner[i - 1] == '\t')
			ret->inner = (pid_t)atoi(inner + i);
	return true;
}

/* The 22nd field of stat; the second is a name in brackets that may hold anything. */
static uint64_t born(int proc, pid_t tid)
{
	char text[1024];
	const char *at;

	if (read_proc(proc, tid, "stat", text, sizeof text) == 0 || !(at = strrchr(text, ')')))
		return 0;
	for (int field = 2; field < 22 && at; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}

uint64_t people_ticks(void)
{
	struct timespec t;
	uint64_t each = (uint64_t)sysconf(_SC_CLK_TCK);

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * each + (uint64_t)t.tv_nsec * each / 1000000000u;
}

static struct watch_process *known(const struct watcher *w, pid_t tid)
{
	struct watch_process *p = w->processes[(unsigned)tid % PROCESS_SLOTS];

	while (p && p->tid != tid)
		p = p->next;
	return p;
}

/* ---- the same one, or another of that number? */
static void hold(struct watcher *w, struct watch_held *h, const struct watch_process *p)
{
	char name[64];

	if (h->born)
		close(h->fd);
	snprintf(name, sizeof name, "%d/comm", (int)p->tid);
	*h = (struct watch_held){ openat(w->proc, name, O_RDONLY | O_CLOEXEC), p->tid, p->born };
	if (h->fd < 0)
		*h = (struct watch_held){ 0 };
}

/* Only a step's own command is believed by its name, and what is executed by its full path; never what a booted system runs: a daemon may
 * call itself as it likes. */
static bool is_manager_name(const char *name)
{
	static const char *const names[] = { "dpkg", "rpm", "apt-get", "dpkg-deb", "dpkg-query", "apt-cache" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void set_name(struct watch_process *p, const char *text, size_t len)
{
	snprintf(p->name, sizeof p->name, "%.*s", (int)len, text);
	p->is_unnamed = false;
	p->is_manager |= p->is_first && !p->script && is_manager_name(p->name);
}

/* The same read tells its name, which was another before it executed something. */
static bool is_held(const struct watch_held *h, struct watch_process *p)
{
	char text[sizeof p->name];
	ssize_t len = pread(h->fd, text, sizeof text, 0);

	if (len > 0 && p->is_unnamed)
		set_name(p, text, (size_t)len - 1); /* a line */
	return len > 0;
}

static bool is_same(struct watcher *w, struct watch_process *p)
{
	struct watch_held *h = &w->held[(unsigned)p->tid % COUNT(w->held)];

	if (h->born && h->tid == p->tid && h->born == p->born && is_held(h, p))
		return true;
	if (born(w->proc, p->tid) != p->born)
		return false;
	hold(w, h, p);
	if (h->born)
		is_held(h, p);
	return true;
}

/* Those who ended; all, when a root that may not hold so many is full of living ones. */
static void forget(struct watcher *w, bool is_dead_only)
{
	for (size_t i = 0; i < PROCESS_SLOTS; i++)
		for (struct watch_process **at = &w->processes[i], *p; (p = *at) != NULL;) {
			if (is_dead_only && born(w->proc, p->tid) == p->born) {
				at = &p->next;
				continue;
			}
			*at = p->next;
			free(p);
			w->processes_len--;
		}
}

static void make_room(struct watcher *w)
{
	if (w->processes_len < PROCESSES_KNOWN)
		return;
	forget(w, true);
	if (w->processes_len >= PROCESSES_KNOWN / 2)
		forget(w, false);
}

void people_done(struct watcher *w)
{
	forget(w, false);
	for (size_t i = 0; i < COUNT(w->held); i++)
		if (w->held[i].born)
			close(w->held[i].fd);
	memset(w->held, 0, sizeof w->held);
}

bool people_is_manager(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct slice dir = { path, slash ? (size_t)(slash - path) : 0 };

	return (slice_is(dir, "/usr/bin") || slice_is(dir, "/bin")) && is_manager_name(slash + 1);
}

/* Its parent is gone: who was born while a script ran was started by it. */
static unsigned script_by_time(const struct watcher *w, const struct listener *from, const struct watch_process *p)
{
	const struct watch_script *s = &w->latest;

	return s->number && s->command == from->command && p->born >= s->ticks ? s->number : 0;
}

static struct watch_process *find(struct watcher *w, const struct listener *from, pid_t tid, unsigned depth);

static void inherit(
	struct watcher *w, const struct listener *from, struct watch_process *p, pid_t from_pid, unsigned depth)
{
	const struct watch_process *parent;

	if (from_pid == w->first || from_pid <= 0 || depth >= ANCESTORS_MAX) {
		p->script = script_by_time(w, from, p);
		return;
	}
	parent = find(w, from, from_pid, depth + 1);
	if (!parent)
		return;
	if (parent->inner == 1) { /* a booted system's own first process adopted it */
		p->script = script_by_time(w, from, p);
		return;
	}
	p->script = parent->script;
	p->is_manager = parent->is_manager;
}

/* was: the place of one that ended and had its number; or NULL. */
static struct watch_process *meet(struct watcher *w, const struct listener *from, struct watch_process *was, pid_t tid,
	const struct status *st, unsigned depth)
{
	struct watch_process *p = was, *next = was ? was->next : NULL;

	if (!p) {
		if (depth == 0)
			make_room(w);
		p = mem_alloc(sizeof *p);
		next = w->processes[(unsigned)tid % PROCESS_SLOTS];
		w->processes[(unsigned)tid % PROCESS_SLOTS] = p;
		w->processes_len++;
	}
	*p = (struct watch_process){ .next = next,
		.tid = tid,
		.group = st->group,
		.inner = st->inner,
		.parent = st->parent,
		.command = from->command,
		.born = born(w->proc, tid) };
	inherit(w, from, p, st->group != tid ? st->group : st->parent, depth);
	return p;
}

static struct watch_process *find(struct watcher *w, const struct listener *from, pid_t tid, unsigned depth)
{
	struct watch_process *p = known(w, tid);
	bool is_known = p && is_same(w, p);
	struct status st;

	if (is_known && !p->is_unnamed)
		return p;
	if (!read_status(w->proc, tid, &st))
		return is_known ? p : NULL;
	if (!is_known)
		p = meet(w, from, p, tid, &st, depth);
	set_name(p, st.name, strlen(st.name));
	return p;
}

struct watch_process *people_find(struct watcher *w, const struct listener *from, pid_t tid)
{
	return find(w, from, tid, 0);
}

const struct watch_process *people_parent(struct watcher *w, const struct watch_process *p)
{
	struct watch_process *parent = known(w, p->parent);

	return parent && is_same(w, parent) ? parent : NULL;
}
