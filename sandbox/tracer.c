/* tracer.c - watches a command's processes and strikes at the counted moment (fault.h).
 *
 * ptrace, because it needs nothing in the root and misses no start of a program: only the package manager's own calls (to count files)
 * and the running script's (to see it end) are stopped at; everything else runs at full speed between fork and exec. */
#include "sandbox/tracer.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CMDLINE_MAX = 4096, PATH_ROOM = 4096 };
static const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
	PTRACE_O_TRACEEXEC;

void fault_result_done(struct fault_result *r)
{
	for (size_t i = 0; i < r->scripts.len; i++)
		free(r->scripts.at[i].command);
	LIST_DONE(&r->scripts);
	*r = (struct fault_result){ 0 };
}

int tracer_join(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? -1 : 0;
}

static struct traced *find(struct tracer *t, pid_t pid)
{
	for (size_t i = 0; i < t->all.len; i++)
		if (t->all.at[i].pid == pid)
			return &t->all.at[i];
	return NULL;
}

static struct traced *add(struct tracer *t, pid_t pid, unsigned command)
{
	struct traced *p = LIST_ADD(&t->all);

	*p = (struct traced){ .pid = pid, .command = command };
	return p;
}

void tracer_start(struct tracer *t, const struct fault *f, pid_t pid)
{
	fault_result_done(&t->seen);
	t->fault = *f;
	t->command++;
	t->is_on = true;
	t->is_killing = false;
	t->script = 0;
	add(t, pid, t->command);
}

void tracer_ended(struct tracer *t, pid_t pid)
{
	struct traced *p = find(t, pid);

	if (pid == t->script)
		t->script = 0;
	if (p)
		*p = t->all.at[--t->all.len];
}

bool tracer_is_busy(const struct tracer *t)
{
	for (size_t i = 0; t->is_killing && i < t->all.len; i++)
		if (t->all.at[i].command == t->command)
			return true;
	return false;
}

static void strike_all(struct tracer *t)
{
	t->seen.is_hit = t->is_killing = true;
	for (size_t i = 0; i < t->all.len; i++) /* one whose parent could not tell of it any more is ours, too */
		if (t->all.at[i].command == t->command || t->all.at[i].is_waiting)
			kill(t->all.at[i].pid, SIGKILL);
}

static void strike(struct tracer *t, pid_t pid)
{
	t->seen.is_hit = true;
	kill(pid, SIGKILL);
}

/* ---- programs that are started */

/* Its words with a NUL after each; the length. */
static size_t read_words(pid_t pid, char *ret, size_t room)
{
	char path[40];
	size_t len = 0;
	ssize_t got;

	snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && len < room - 1 && (got = read(fd, ret + len, room - 1 - len)) > 0)
		len += (size_t)got;
	ret[len] = '\0';
	return len;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A maintainer script where dpkg keeps it, or the file that rpm writes one to. */
static bool is_script_path(const char *path)
{
	static const char *const names[] = { "preinst", "postinst", "prerm", "postrm" };
	const char *base = base_of(path), *dot = strrchr(base, '.');

	if (strncmp(path, "/var/tmp/rpm-tmp.", strlen("/var/tmp/rpm-tmp.")) == 0)
		return true;
	if (!strstr(path, "/dpkg/info/") && !strstr(path, "/dpkg/tmp.ci/"))
		return false;
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(dot ? dot + 1 : base, names[i]) == 0)
			return true;
	return false;
}

/* "#!/bin/sh -e" makes "/bin/sh -e SCRIPT ARGUMENT...". */
static const char *script_of(const char *words, size_t len)
{
	unsigned count = 0;

	for (const char *word = words; word < words + len && count < 4; word += strlen(word) + 1, count++)
		if (is_script_path(word))
			return word;
	return NULL;
}

static bool has_word(const char *words, size_t len, const char *what)
{
	for (const char *word = words; word < words + len; word += strlen(word) + 1)
		if (strcmp(word, what) == 0)
			return true;
	return false;
}

static void script_started(struct tracer *t, struct traced *p, const char *script, const char *end)
{
	struct fault_script *s;
	size_t len = (size_t)(end - script);

	if (t->seen.scripts.len >= FAULT_SCRIPTS_MAX)
		return;
	s = LIST_ADD(&t->seen.scripts);
	*s = (struct fault_script){ .pid = p->pid, .command = mem_alloc(len + 1) };
	memcpy(s->command, script, len);
	for (size_t i = 0; i + 1 < len; i++)
		if (s->command[i] == '\0')
			s->command[i] = ' ';
	t->script = p->pid;
	p->counts_calls = t->fault.kind == FAULT_FAIL_SCRIPT || t->fault.kind == FAULT_KILL_SCRIPT;
}

static bool is_chosen(const struct tracer *t)
{
	return t->script && t->seen.scripts.len == t->fault.script + 1;
}

/* A program was started by the running script. */
static void step(struct tracer *t)
{
	struct fault_script *s = &t->seen.scripts.at[t->seen.scripts.len - 1];
	bool strikes = t->fault.kind == FAULT_KILL_SCRIPT && is_chosen(t) && s->steps == t->fault.at;

	s->steps++;
	if (strikes)
		strike_all(t);
}

static void archive(struct tracer *t, pid_t pid)
{
	if (t->seen.archives++ == t->fault.at && t->fault.kind == FAULT_FAIL_ARCHIVE)
		strike(t, pid);
}

static void program_started(struct tracer *t, struct traced *p)
{
	char words[CMDLINE_MAX];
	size_t len = read_words(p->pid, words, sizeof words);
	const char *script = script_of(words, len), *name = base_of(words);
	bool is_manager = strcmp(name, "dpkg") == 0 || strcmp(name, "rpm") == 0;

	if (t->script)
		step(t);
	else if (script)
		script_started(t, p, script, words + len);
	else if (is_manager)
		p->counts_calls = t->fault.kind == FAULT_COUNT || t->fault.kind == FAULT_KILL_FILE;
	else if (strcmp(name, "dpkg-deb") == 0 && has_word(words, len, "--fsys-tarfile"))
		archive(t, p->pid);
}

/* ---- system calls */
static void read_path(pid_t pid, unsigned long address, char *ret, size_t room)
{
	size_t len = 0;

	while (len + sizeof(long) < room) {
		errno = 0;
		long word = ptrace(PTRACE_PEEKDATA, pid, (void *)(address + len), NULL);

		if (errno)
			break;
		memcpy(ret + len, &word, sizeof word);
		if (memchr(&word, '\0', sizeof word))
			return;
		len += sizeof word;
	}
	ret[len] = '\0';
}

/* Package managers write a file beside its place and then move it there: "x.dpkg-new", "x;65e1a2b3". */
static void file_moved(struct tracer *t, pid_t pid, unsigned long address)
{
	char path[PATH_ROOM];

	read_path(pid, address, path, sizeof path);
	if (!strstr(path, ".dpkg-new") && !strchr(base_of(path), ';'))
		return;
	if (t->seen.files++ == t->fault.at && t->fault.kind == FAULT_KILL_FILE)
		strike_all(t);
}

static void about_to_end(struct tracer *t, pid_t pid)
{
	if (pid != t->script || !is_chosen(t))
		return;
	if (t->fault.kind == FAULT_FAIL_SCRIPT)
		strike(t, pid);
	else if (t->fault.kind == FAULT_KILL_SCRIPT)
		strike_all(t);
}

static void call_stopped(struct tracer *t, struct traced *p)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, (void *)sizeof info, &info) < 0 ||
		info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	switch (info.entry.nr) {
	case SYS_exit:
	case SYS_exit_group:
		about_to_end(t, p->pid);
		break;
#ifdef SYS_rename
	case SYS_rename:
		file_moved(t, p->pid, info.entry.args[0]);
		break;
#endif
#ifdef SYS_renameat
	case SYS_renameat:
#endif
	case SYS_renameat2:
		file_moved(t, p->pid, info.entry.args[1]);
		break;
	default:
		break;
	}
}

/* ---- stops */
static void go_on(const struct traced *p, int signal)
{
	ptrace(p->counts_calls ? PTRACE_SYSCALL : PTRACE_CONT, p->pid, NULL, (void *)(long)signal);
}

/* A child of ours is of the same command as its parent; it may have stopped before its parent told of it. */
static void forked(struct tracer *t, const struct traced *parent)
{
	unsigned long child = 0;
	unsigned command = parent->command;
	struct traced *p;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, NULL, &child))
		return;
	p = find(t, (pid_t)child);
	if (!p) {
		add(t, (pid_t)child, command);
		return;
	}
	p->command = command;
	if (p->is_waiting) {
		p->is_waiting = false;
		p->is_known = true;
		go_on(p, 0);
	}
	if (t->is_killing && command == t->command)
		kill((pid_t)child, SIGKILL);
}

static void event(struct tracer *t, pid_t pid, int what)
{
	struct traced *p = find(t, pid);
	bool is_current = t->is_on && p->command == t->command && !t->is_killing;

	if (what == PTRACE_EVENT_FORK || what == PTRACE_EVENT_VFORK || what == PTRACE_EVENT_CLONE)
		forked(t, p);
	else if (what == PTRACE_EVENT_EXEC && is_current)
		program_started(t, p);
}

void tracer_stopped(struct tracer *t, pid_t pid, int status)
{
	struct traced *p = find(t, pid);
	int signal = WSTOPSIG(status), what = status >> 16;
	siginfo_t info;

	if (!p) { /* a new process; its parent's event is still to come */
		add(t, pid, 0)->is_waiting = true;
		if (t->is_killing)
			kill(pid, SIGKILL);
		return;
	}
	if (t->is_killing && p->command == t->command)
		kill(pid, SIGKILL);
	if (signal == (SIGTRAP | 0x80)) {
		if (t->is_on && p->command == t->command && !t->is_killing)
			call_stopped(t, p);
		else
			p->counts_calls = false;
		signal = 0;
	} else if (signal == SIGTRAP && what) {
		event(t, pid, what);
		signal = 0;
	} else if (signal == SIGTRAP && !p->is_known) { /* the command itself has started */
		ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)options);
		program_started(t, p);
		signal = 0;
	} else if (signal == SIGSTOP && !p->is_known) {
		signal = 0; /* how a new process begins */
	} else if (ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) && errno == EINVAL) {
		signal = 0; /* it stands still, as a signal wanted: a tracer's child has to be sent on */
	}
	p = find(t, pid); /* the list may have moved */
	if (!p)
		return;
	p->is_known = true;
	go_on(p, signal);
}

void tracer_finish(struct tracer *t, struct pack *p)
{
	pack_u8(p, t->seen.is_hit);
	pack_u32(p, t->seen.files);
	pack_u32(p, t->seen.archives);
	pack_u32(p, (uint32_t)t->seen.scripts.len);
	for (size_t i = 0; i < t->seen.scripts.len; i++) {
		pack_u32(p, (uint32_t)t->seen.scripts.at[i].pid);
		pack_u32(p, t->seen.scripts.at[i].steps);
		pack_str(p, t->seen.scripts.at[i].command);
	}
	fault_result_done(&t->seen);
	t->is_on = t->is_killing = false;
	t->script = 0;
}
