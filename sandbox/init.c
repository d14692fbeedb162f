/* init.c - the first process of a test root: runs one command after another, collects what they print, reaps, answers questions.
 *
 * It stays outside the commands' control groups and cannot be traced or read by them (inside.h). Daemons that a command leaves behind
 * live on until the next command, a time-out or the end. */
#include "base/text.h"
#include "sandbox/boot.h"
#include "sandbox/calls_watch.h"
#include "sandbox/inside.h"
#include "sandbox/talking.h"
#include "sandbox/tracer.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OUTPUT_PIECE = 65536, DRAIN = 1 << 20, TYPED_MAX = 1 << 20, UNHEARD_MS = 10 };

struct job {
	pid_t pid; /* 0: none */
	int64_t started, deadline;
	uint64_t left; /* bytes of output that may still be told */
	bool is_timeout, is_cut;
	bool is_talk; /* it is typed to while it runs */
	struct talking talk;
	bool is_over; /* it ended with that status; others of it are still dying */
	int status;
};
struct init {
	struct inside *in;
	struct framer frames;
	int signals, output[2];
	int64_t drained;   /* when output that nobody is told was last thrown away */
	unsigned commands; /* so far */
	struct job job;
	struct boot boot;   /* of a plan with a booted system */
	struct fault fault; /* of the next command */
	struct tracer tracer;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void lo_up(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0) {
		ioctl(fd, SIOCSIFFLAGS, &r);
		close(fd);
	}
}

static int hear_keeper(const struct inside *in, struct err *e)
{
	char byte;

	return read(in->keeper, &byte, 1) == 1 ? 0 : err_env(e, "the keeper is gone");
}

/* Made when the ids are mapped, not together with them: the kernel gives the tables of a network below /proc to the root that its owners have at
 * that moment, or else to the machine's, and daemons read their own. */
static int own_network(const struct inside *in, struct err *e)
{
	if (in->plan->namespaces & CLONE_NEWNET && !(in->missing & LAYER(NETWORK)) && unshare(CLONE_NEWNET))
		return err_sys(e, "cannot make a network namespace");
	return write(in->keeper, "x", 1) == 1 ? 0 : err_env(e, "the keeper is gone");
}

static int settle(struct init *it, struct err *e)
{
	const struct plan *p = it->in->plan;
	sigset_t all;

	if (hear_keeper(it->in, e) || own_network(it->in, e) || hear_keeper(it->in, e))
		return -1;
	if (setresgid(0, 0, 0) || setgroups(0, NULL) || setresuid(0, 0, 0))
		return err_sys(e, "cannot become root of the namespace");
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NAME, "init", 0, 0, 0);
	setsid();
	umask(022);
	if (!(it->in->missing & LAYER(HOSTNAME)) && sethostname(p->hostname, strlen(p->hostname)))
		return err_sys(e, "cannot set the hostname");
	lo_up();
	/* Before the move into the root, where they are read-only; /proc/sys shows the reader's own namespace. */
	if (harden_switches(p, e) || mounts_enter(p, e))
		return -1;
	close(it->in->staged.root);
	it->in->staged.root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (hear_keeper(it->in, e)) /* the watcher stands */
		return -1;
	it->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (it->signals < 0 || pipe2(it->output, O_CLOEXEC) || fcntl(it->output[0], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, "cannot set up the first process");
	return 0;
}

/* Without a cgroup each process is bounded for itself. */
static int limit_memory(const struct inside *in, struct err *e)
{
	struct plan only = { 0 };

	if (in->missing & LAYER(MEMORY_GROUP))
		plan_limit(&only, RLIMIT_AS, in->plan->group_memory);
	return harden_limits(&only, e);
}

int inside_harden(const struct inside *in, struct err *e)
{
	const struct plan *p = in->plan;
	unsigned missing = 0;

	return limit_memory(in, e) || harden_limits(p, e) || harden_capabilities(p, e) || harden_process(e) ||
			harden_landlock(p, &missing, e) || harden_calls(p, &missing, e)
		? -1
		: 0;
}

/* A plan with a booted system gives rights that are meant for its inside only: nothing runs beside it, before or after. */
static bool is_inside(const struct init *it)
{
	return it->boot.state == BOOT_UP || it->boot.state == BOOT_LATE;
}

/* In the command's own process: from here to execve nothing is shared with the hostile but ids. */
static void enter(const struct init *it)
{
	if (!it->in->plan->boot.program) {
		if (group_enter(it->in->group))
			_exit(126);
	} else if (!is_inside(it)) {
		dprintf(it->output[1], "sandbox: the booted system has ended\n");
		_exit(125);
	}
}

/* The plan's, with the terminal that the command has. */
static const char **environment(const struct plan *p, const struct talking *t)
{
	size_t len = 0, kept = 0;

	while (p->env[len])
		len++;
	const char **env = mem_alloc((len + 2) * sizeof *env);
	for (size_t i = 0; i < len; i++)
		if (!t->term || !text_starts(p->env[i], "TERM="))
			env[kept++] = p->env[i];
	if (t->term)
		env[kept++] = t->term;
	return env;
}

_Noreturn static void become_command(const struct init *it, char **argv)
{
	const struct plan *p = it->in->plan;
	struct err e = { 0 };
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	enter(it);
	setsid();
	if (it->fault.kind != FAULT_NONE && tracer_join())
		_exit(126);
	if (it->job.is_talk ? talking_become(&it->job.talk, it->output[1]) != 0
			    : null < 0 || dup2(null, 0) < 0 || dup2(it->output[1], 1) < 0 || dup2(it->output[1], 2) < 0)
		_exit(126);
	int watch = it->in->watch < 0 ? -1 : dup3(it->in->watch, 3, O_CLOEXEC);
	close_range(watch < 0 ? 3 : 4, ~0u, 0);
	sigemptyset(&none);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (inside_harden(it->in, &e) || (watch >= 0 && calls_watch(watch, it->commands, &e))) {
		dprintf(2, "sandbox: %s\n", e.text);
		_exit(126);
	}
	const char **env = environment(p, &it->job.talk);
	environ = (char **)env; /* execvp looks for the program where the plan says, not where this machine would */
	execvp(argv[0], argv);
	dprintf(2, "sandbox: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

struct starting {
	const struct init *it;
	char **argv;
};
static void become_that(void *context)
{
	struct starting *s = context;

	become_command(s->it, s->argv);
}

/* Where a booted system has ended, the command says so itself; it may also end at this very moment. */
static pid_t fork_command(struct init *it, char **argv)
{
	struct starting s = { it, argv };
	pid_t child = -1;

	if (it->in->plan->boot.program && is_inside(it)) {
		child = boot_fork(it->in, &it->boot, become_that, &s);
		if (child > 0)
			return child;
		it->boot.state = BOOT_GONE; /* it is reaped in a moment */
	}
	child = fork();
	if (child == 0)
		become_command(it, argv);
	return child;
}

/* u32 argc, str...; it->job is set up. seconds 0: for ever. */
static int start_command(struct init *it, unsigned seconds, struct unpack *u, struct err *e)
{
	uint32_t count = unpack_u32(u);

	if (u->bad || count == 0 || count > ARGS_LIMIT)
		return err_input(e, "E_STRUCTURE", "a command that cannot be read");
	AUTO_FREE char **argv = mem_alloc((count + 1) * sizeof *argv);
	for (uint32_t i = 0; i < count; i++)
		argv[i] = unpack_str(u);
	if (u->bad || !argv[0])
		return err_input(e, "E_STRUCTURE", "a command that cannot be read");
	it->job.started = now_ms();
	it->job.deadline = seconds ? it->job.started + (int64_t)seconds * 1000 : INT64_MAX;
	it->commands++;
	pid_t child = fork_command(it, argv);
	if (child < 0)
		return err_sys(e, "cannot start %s", argv[0]);
	it->job.pid = child;
	if (it->fault.kind != FAULT_NONE)
		tracer_start(&it->tracer, &it->fault, child);
	it->fault = (struct fault){ 0 };
	return 0;
}

static int ask_run(struct init *it, struct unpack *u, struct err *e)
{
	unsigned seconds = unpack_u32(u);
	uint64_t output = unpack_u64(u);

	it->job = (struct job){ .left = output };
	return start_command(it, seconds, u, e);
}

static int ask_talk(struct init *it, struct unpack *u, struct err *e)
{
	unsigned seconds = unpack_u32(u);
	uint64_t output = unpack_u64(u);

	it->job = (struct job){ .left = output, .is_talk = true };
	if (talking_open(&it->job.talk, u, e) || start_command(it, seconds, u, e))
		return -1;
	talking_printed(&it->job.talk, now_ms());
	return 0;
}

static int ask_type(struct init *it, struct unpack *u, struct err *e)
{
	size_t len = 0;
	const char *bytes = unpack_bytes(u, &len);

	if (u->bad)
		return err_input(e, "E_STRUCTURE", "input that cannot be read");
	if (it->job.is_talk)
		talking_type(&it->job.talk, bytes, bytes ? len : 0);
	return 0;
}

static int ask_size(struct init *it, struct unpack *u, struct err *e)
{
	unsigned rows = unpack_u32(u), columns = unpack_u32(u);

	if (u->bad)
		return err_input(e, "E_STRUCTURE", "a size that cannot be read");
	if (it->job.is_talk)
		talking_size(&it->job.talk, rows, columns);
	return 0;
}

static int ask_cut(struct init *it, struct unpack *u, struct err *e)
{
	(void)it;
	(void)u;
	(void)e;
	kill(-1, SIGKILL);
	return 0;
}

/* No fork outruns it: a kill(-1) that finds nobody is the proof. */
static int ask_quiet(struct init *it, struct unpack *u, struct err *e)
{
	(void)u;
	while (kill(-1, SIGKILL) == 0 || errno != ESRCH)
		while (waitpid(-1, NULL, WNOHANG) == 0 && usleep(1000) == 0)
			;
	return frame_write(it->in->socket, SAY_END, "", 1, e);
}

static int ask_entry(struct init *it, struct unpack *u, struct err *e)
{
	const char *path = unpack_str(u);
	bool with_content = unpack_u8(u);

	if (u->bad || !path)
		return err_input(e, "E_STRUCTURE", "a question that cannot be read");
	return answer_entry(it->in, path, with_content, e);
}

static int say_output(struct init *it, const char *bytes, uint64_t len, struct err *e)
{
	struct pack p = { 0 };
	int rc;

	pack_u64(&p, (uint64_t)(now_ms() - it->job.started));
	rc = frame_write2(it->in->socket, SAY_OUTPUT, p.at, p.len, bytes, len, e);
	pack_done(&p);
	return rc;
}

/* Output goes on whether a command runs or not: a daemon must not stall or die because nobody listens. */
static int pass_output(struct init *it, int from, struct err *e)
{
	static char buf[OUTPUT_PIECE];

	if (!it->job.left)
		it->drained = now_ms();
	for (size_t total = 0; total < DRAIN;) {
		ssize_t got = read(from, buf, sizeof buf);
		uint64_t tell;

		if (got <= 0)
			return 0;
		if (it->job.is_talk)
			talking_printed(&it->job.talk, now_ms());
		total += (size_t)got;
		tell = (uint64_t)got < it->job.left ? (uint64_t)got : it->job.left;
		it->job.left -= tell;
		if (tell < (uint64_t)got)
			it->job.is_cut = true;
		if (tell && say_output(it, buf, tell, e))
			return -1;
	}
	return 0;
}

static int job_ended(struct init *it, int status, struct err *e)
{
	struct pack p = { 0 };
	int rc;

	if (pass_output(it, it->output[0], e) || (it->job.is_talk && pass_output(it, it->job.talk.master, e)))
		return -1;
	if (it->job.is_talk)
		talking_done(&it->job.talk);
	if (it->tracer.is_on) {
		tracer_finish(&it->tracer, &p);
		rc = frame_write(it->in->socket, SAY_FAULT, p.at, p.len, e);
		pack_done(&p);
		if (rc)
			return -1;
	}
	pack_u32(&p, (uint32_t)(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)));
	pack_u8(&p, it->job.is_timeout);
	pack_u8(&p, it->job.is_cut);
	pack_u64(&p, (uint64_t)(now_ms() - it->job.started));
	rc = frame_write(it->in->socket, SAY_EXIT, p.at, p.len, e);
	pack_done(&p);
	it->job = (struct job){ 0 };
	return rc;
}

/* How far the booted system is: u8 state, u32 status, u64 milliseconds since it was asked to come or go. */
static int say_boot(struct init *it, struct err *e)
{
	struct pack p = { 0 };
	int rc;

	pack_u8(&p, (uint8_t)it->boot.state);
	pack_u32(&p, (uint32_t)it->boot.status);
	pack_u64(&p, (uint64_t)(now_ms() - it->boot.started));
	rc = frame_write(it->in->socket, SAY_BOOT, p.at, p.len, e);
	pack_done(&p);
	return rc;
}

static bool is_awaited(const struct init *it)
{
	return it->boot.state == BOOT_COMING || it->boot.state == BOOT_GOING;
}

/* Nobody may be waiting for it: a script, a time-out or a fault inside ended it. The next command will say so. */
static int system_ended(struct init *it, int status, struct err *e)
{
	bool tell = is_awaited(it);

	boot_ended(&it->boot, status);
	return tell ? say_boot(it, e) : 0;
}

static int hear_boot(struct init *it, struct err *e)
{
	boot_heard(&it->boot);
	return it->boot.state == BOOT_UP ? say_boot(it, e) : 0;
}

static int reap(struct init *it, struct err *e)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(it->signals, &info, sizeof info) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			tracer_stopped(&it->tracer, pid, status);
			continue;
		}
		tracer_ended(&it->tracer, pid);
		if (pid == it->job.pid) {
			it->job.is_over = true;
			it->job.status = status;
		}
		if (pid == it->boot.pid && system_ended(it, status, e))
			return -1;
	}
	return it->job.is_over && !tracer_is_busy(&it->tracer) ? job_ended(it, it->job.status, e) : 0;
}

static int ask_boot(struct init *it, struct unpack *u, struct err *e)
{
	if (!it->in->plan->boot.program || it->boot.pid)
		return err_input(e, "E_STRUCTURE", "a boot that was not planned");
	return boot_start(it->in, &it->boot, it->in->plan->boot.seconds, e);
}

static int ask_off(struct init *it, struct unpack *u, struct err *e)
{
	if (it->boot.state != BOOT_UP && it->boot.state != BOOT_LATE)
		return say_boot(it, e);
	boot_stop(&it->boot, it->in->plan->boot.off_seconds);
	return 0;
}

static int ask_write(struct init *it, struct unpack *u, struct err *e)
{
	const char *path = unpack_str(u);
	mode_t mode = unpack_u32(u);
	size_t len = 0;
	char *bytes = unpack_bytes(u, &len);

	if (u->bad || !path)
		return err_input(e, "E_STRUCTURE", "a file that cannot be read");
	return answer_write(it->in, path, mode, bytes, len, e);
}

static int ask_fault(struct init *it, struct unpack *u, struct err *e)
{
	struct fault f = { .kind = unpack_u8(u) };

	f.script = unpack_u32(u);
	f.at = unpack_u32(u);
	if (u->bad || f.kind > FAULT_KILL_FILE)
		return err_input(e, "E_STRUCTURE", "a fault that cannot be read");
	it->fault = f;
	return frame_write(it->in->socket, SAY_END, "", 1, e);
}

static int ask_read(struct init *it, struct unpack *u, struct err *e)
{
	const char *path = unpack_str(u);
	uint64_t limit = unpack_u64(u);

	if (u->bad || !path)
		return err_input(e, "E_STRUCTURE", "a question that cannot be read");
	return answer_read(it->in, path, limit, e);
}

static int ask_status(struct init *it, struct unpack *u, struct err *e)
{
	const char *path = unpack_str(u);

	if (u->bad || !path)
		return err_input(e, "E_STRUCTURE", "a question that cannot be read");
	return answer_status(it->in, path, e);
}

/* Daemons stand still meanwhile: what is told is the state of one moment. */
static int ask_changes(struct init *it, struct unpack *u, struct err *e)
{
	group_freeze(it->in->group, true);
	int rc = answer_changes(it->in, e);
	group_freeze(it->in->group, false);
	return rc;
}

static int ask_processes(struct init *it, struct unpack *u, struct err *e)
{
	return answer_processes(it->in, e);
}

static int ask_listening(struct init *it, struct unpack *u, struct err *e)
{
	return answer_listening(it->in, e);
}

static const struct {
	uint32_t type;
	int (*answer)(struct init *it, struct unpack *u, struct err *e);
	bool is_meanwhile; /* while a command runs */
} questions[] = {
	{ ASK_RUN, ask_run },
	{ ASK_STATUS, ask_status },
	{ ASK_READ, ask_read },
	{ ASK_WRITE, ask_write },
	{ ASK_CHANGES, ask_changes },
	{ ASK_PROCESSES, ask_processes },
	{ ASK_LISTENING, ask_listening },
	{ ASK_BOOT, ask_boot },
	{ ASK_OFF, ask_off },
	{ ASK_TALK, ask_talk },
	{ ASK_TYPE, ask_type, true },
	{ ASK_SIZE, ask_size, true },
	{ ASK_CUT, ask_cut, true },
	{ ASK_ENTRY, ask_entry },
	{ ASK_QUIET, ask_quiet },
	{ ASK_FAULT, ask_fault },
};

/* 0: go on; 1: the supervisor is done. */
static int question(struct init *it, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct frame f;
	int rc = frame_read(&it->frames, -1, &f, e);

	if (rc <= 0)
		return rc < 0 ? -1 : 1;
	arena_init(&arena, FRAME_LIMIT + MIB(1));
	struct unpack u = { f.at, f.len, false, &arena };
	for (size_t i = 0; i < COUNT(questions); i++)
		if (questions[i].type == f.type && (!it->job.pid || questions[i].is_meanwhile))
			return questions[i].answer(it, &u, e);
	return err_input(e, "E_STRUCTURE", "unknown question %u", f.type);
}

static int patience(const struct init *it)
{
	int64_t left = (is_awaited(it) ? it->boot.deadline : it->job.deadline) - now_ms();

	if (!is_awaited(it) && (!it->job.pid || it->job.is_timeout))
		return -1;
	return left <= 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

/* Everything but us dies in one step; no fork can outrun it. */
static int time_is_up(struct init *it, struct err *e)
{
	if (it->boot.state == BOOT_COMING) {
		boot_late(&it->boot);
		return say_boot(it, e);
	}
	it->job.is_timeout = it->job.pid != 0;
	kill(-1, SIGKILL);
	return 0;
}

/* A command that is typed to: what it prints on its terminal, what it still has to be given, whether it waits. */
static int attend(struct init *it, const struct pollfd *terminal, const struct pollfd *typed, struct err *e)
{
	struct talking *t = &it->job.talk;

	if (terminal->revents && pass_output(it, terminal->fd, e))
		return -1;
	if (typed->revents && it->job.is_talk)
		talking_give(t);
	if (it->job.is_talk && talking_is_asked(t, now_ms()))
		return frame_write(it->in->socket, SAY_ASKED, NULL, 0, e);
	return 0;
}

/* Milliseconds until output is read again. What is only thrown away is not read as fast as it comes: a process that prints for ever would
 * have the machine's time. */
static int until_output(const struct init *it)
{
	int64_t left = it->job.left ? 0 : it->drained + UNHEARD_MS - now_ms();

	return left > 0 ? (int)left : 0;
}

static int sooner(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Is the supervisor to be heard now? While a command runs only when it is typed to, and not faster than it takes it. */
static bool is_listening(const struct init *it)
{
	return (!it->job.pid && !is_awaited(it)) ||
		(it->job.is_talk && it->job.talk.typed.len - it->job.talk.taken < TYPED_MAX);
}

static int loop(struct init *it, struct err *e)
{
	for (;;) {
		bool talks = it->job.pid && it->job.is_talk;
		int deaf = until_output(it);
		struct pollfd fds[] = {
			{ it->signals, POLLIN, 0 },
			{ deaf ? -1 : it->output[0], POLLIN, 0 },
			{ it->in->keeper, 0, 0 },
			{ is_listening(it) ? it->in->socket : -1, POLLIN, 0 },
			{ it->boot.notify, POLLIN, 0 },
			{ talks ? it->job.talk.master : -1, POLLIN, 0 },
			{ talks ? talking_input(&it->job.talk) : -1, POLLOUT, 0 },
		};
		int wait = sooner(patience(it), deaf ? deaf : -1),
		    look = talks ? talking_patience(&it->job.talk, now_ms()) : -1;
		bool is_asked = fds[3].fd >= 0 && framer_holds(&it->frames); /* it came with the one before */
		int rc = poll(fds, COUNT(fds), is_asked ? 0 : sooner(wait, look));

		if (rc < 0 && errno != EINTR)
			return err_sys(e, "poll");
		if (rc == 0 && patience(it) == 0 && time_is_up(it, e))
			return -1;
		if (rc >= 0 && talks && attend(it, &fds[5], &fds[6], e))
			return -1;
		if (rc < 0 || (rc == 0 && !is_asked))
			continue;
		if (fds[2].revents)
			return 0;
		if ((fds[1].revents && pass_output(it, it->output[0], e)) || (fds[0].revents && reap(it, e)) ||
			(fds[4].revents && it->boot.notify >= 0 && hear_boot(it, e)))
			return -1;
		if ((fds[3].revents || is_asked) && (rc = question(it, e)) != 0)
			return rc < 0 ? -1 : 0;
	}
}

static int say_ready(const struct inside *in, struct err *e)
{
	struct pack p = { 0 };

	pack_u32(&p, in->missing);
	return frame_write(in->socket, SAY_READY, p.at, p.len, e);
}

_Noreturn void init_main(struct inside *in)
{
	struct init it = { .in = in, .output = { -1, -1 }, .boot = NO_BOOT };
	struct err e = { 0 };

	signal(SIGPIPE, SIG_IGN);
	framer_init(&it.frames, in->socket, FRAME_LIMIT);
	if (settle(&it, &e) || say_ready(in, &e) || loop(&it, &e))
		inside_failed(in->socket, &e);
	_exit(0);
}
