/* serve_confine.c - what the server gives up before it answers anybody. */
#include "sandbox/calls.h"
#include "sandbox/plan.h"
#include "web/serve.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>

enum { CAP_READ_SEARCH = 2 };

/* Open below the folders (Landlock bounds where, and that it is reading), talk over sockets, wait. No new socket but an accepted one, no program. */
static const struct plan_call serving[] = { ALLOW("openat2"), ALLOW("readlinkat"), ALLOW("newfstatat"), ALLOW("fstat"),
	ALLOW("read"), ALLOW("pread64"), ALLOW("readv"), ALLOW("lseek"), ALLOW("fadvise64"), ALLOW("close"),
	ALLOW("accept4"), ALLOW("accept"), ALLOW("recvfrom"), ALLOW("recvmsg"), ALLOW("sendto"), ALLOW("sendmsg"),
	ALLOW("sendfile"), ALLOW("write"), ALLOW("writev"), ALLOW("shutdown"), ALLOW("setsockopt"), ALLOW("getsockopt"),
	ALLOW("getsockname"), ALLOW("getpeername"), ALLOW("epoll_create1"), ALLOW("epoll_ctl"), ALLOW("epoll_wait"),
	ALLOW("epoll_pwait"), ALLOW("poll"), ALLOW("ppoll"), ALLOW("select"), ALLOW("pselect6"), ALLOW("eventfd2"),
	ALLOW("pipe2"), ALLOW_IF("fcntl", 1, F_DUPFD_CLOEXEC), ALLOW_IF("fcntl", 1, F_GETFD),
	ALLOW_IF("fcntl", 1, F_SETFD), ALLOW_IF("fcntl", 1, F_GETFL), ALLOW_IF("fcntl", 1, F_SETFL), ALLOW("mmap"),
	ALLOW("munmap"), ALLOW("mremap"), ALLOW("mprotect"), ALLOW("madvise"), ALLOW("brk"), ALLOW("futex"),
	ALLOW("sched_yield"), ALLOW("sched_getaffinity"), ALLOW("clock_gettime"), ALLOW("clock_getres"),
	ALLOW("gettimeofday"), ALLOW("time"), ALLOW("clock_nanosleep"), ALLOW("nanosleep"), ALLOW("getrandom"),
	ALLOW("getpid"), ALLOW("gettid"), ALLOW("getuid"), ALLOW("geteuid"), ALLOW("getgid"), ALLOW("getegid"),
	ALLOW("getrusage"), ALLOW("sysinfo"), ALLOW("uname"), ALLOW("rt_sigtimedwait"), ALLOW("rt_sigprocmask"),
	ALLOW("rt_sigaction"), ALLOW("rt_sigreturn"), ALLOW("sigaltstack"), ALLOW("restart_syscall"), ALLOW("rseq"),
	ALLOW("set_robust_list"), ALLOW("exit"), ALLOW("exit_group"), ALLOW_THREADS,
	{ .name = "tgkill", .action = CALL_ALLOW, .when = WHEN_OWN_PID }, { 0 } };

static const struct plan_call refused[] = {
	/* clone3 hides its flags in memory: libraries fall back to clone */
	REFUSE("clone3", ENOSYS), REFUSE("open", EACCES), REFUSE("openat", EACCES), REFUSE("statx", EACCES),
	REFUSE("socket", EACCES), REFUSE("connect", EACCES), REFUSE("bind", EACCES), REFUSE("prctl", EPERM),
	REFUSE("ioctl", ENOTTY), KILL("execve"), KILL("execveat"), KILL("ptrace"), KILL("fork"), KILL("vfork"),
	KILL("process_vm_readv"), KILL("process_vm_writev"), KILL("open_by_handle_at"), KILL("io_uring_setup"),
	KILL("bpf"), KILL("keyctl"), KILL("mount"), KILL("unshare"), KILL("setns"), KILL("chroot"),
	REFUSE_EXECUTABLE("mmap"), REFUSE_EXECUTABLE("mprotect"), { 0 }
};

int serve_confine(const struct served *s, const char **ret_missing, struct err *e)
{
	static char text[256];
	AUTO_FREE int *folders = mem_alloc((s->len + 1) * sizeof *folders);
	unsigned missing = 0;
	struct plan p = { .name = "serve",
		/* A store's folder is often closed to others; started by root, it reads it without any of root's other powers. */
		.capabilities = 1ull << CAP_READ_SEARCH,
		.landlock = true,
		.landlock_fd = -1,
		.landlock_also = folders,
		.calls = { { serving }, { refused } },
		.calls_len = 2,
		.calls_error = ENOSYS };

	for (size_t i = 0; i < s->len; i++)
		folders[p.landlock_also_len++] = s->at[i].fd;
	if (harden_capabilities(&p, e))
		return -1;
	/* As harden_process does, but a server outlives the shell that started it. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return err_sys(e, "cannot set process flags");
	if (harden_landlock(&p, &missing, e) || harden_calls(&p, &missing, e))
		return -1;
	*ret_missing = layers_text(missing, text, sizeof text);
	return 0;
}
