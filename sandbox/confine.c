/* confine.c - the decoder's plan, and its execution in a forked child that parses hostile bytes. */
#include "sandbox/confine.h"
#include "sandbox/calls.h"
#include "sandbox/plan.h"
#include "sandbox/plans.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#ifndef UNDER_ASAN
#define UNDER_ASAN 0
#endif

enum { NOBODY = 65534, CAP_READ_SEARCH = 2, THREADS_MAX = 8 };

/* What a process needs that only computes and talks over descriptors it was given. */
static const struct plan_call computing[] = { ALLOW("read"), ALLOW("readv"), ALLOW("pread64"), ALLOW("preadv"),
	ALLOW("write"), ALLOW("writev"), ALLOW("recvmsg"), ALLOW("recvfrom"), ALLOW("sendmsg"), ALLOW("sendto"),
	ALLOW("poll"), ALLOW("ppoll"), ALLOW("close"), ALLOW("lseek"), ALLOW("fstat"), ALLOW("fadvise64"),
	ALLOW("shutdown"), ALLOW("dup"), ALLOW("mmap"), ALLOW("mprotect"), ALLOW("munmap"), ALLOW("mremap"),
	ALLOW("madvise"), ALLOW("brk"), ALLOW("futex"), ALLOW("sched_yield"), ALLOW("sched_getaffinity"),
	ALLOW("clock_gettime"), ALLOW("clock_getres"), ALLOW("gettimeofday"), ALLOW("time"), ALLOW("clock_nanosleep"),
	ALLOW("nanosleep"), ALLOW("getrandom"), ALLOW("getpid"), ALLOW("gettid"), ALLOW("getppid"), ALLOW("getuid"),
	ALLOW("geteuid"), ALLOW("getgid"), ALLOW("getegid"), ALLOW("getrusage"), ALLOW("times"), ALLOW("sysinfo"),
	ALLOW("uname"), ALLOW("umask"), ALLOW("rt_sigaction"), ALLOW("rt_sigprocmask"), ALLOW("rt_sigreturn"),
	ALLOW("sigaltstack"), ALLOW("restart_syscall"), ALLOW("rseq"), ALLOW("set_robust_list"), ALLOW("exit"),
	ALLOW("exit_group"), ALLOW_IF("fcntl", 1, F_GETFD), ALLOW_IF("fcntl", 1, F_SETFD),
	ALLOW_IF("fcntl", 1, F_GETFL), ALLOW_IF("fcntl", 1, F_SETFL), ALLOW_IF("fcntl", 1, F_DUPFD),
	ALLOW_IF("fcntl", 1, F_DUPFD_CLOEXEC), ALLOW_THREADS,
	{ .name = "tgkill", .action = CALL_ALLOW, .when = WHEN_OWN_PID }, /* abort(3) */
	REFUSE_EXECUTABLE("mmap"), REFUSE_EXECUTABLE("mprotect"), { 0 } };

/* Reading below one folder; Landlock bounds where. An open for writing or creating is refused by both. */
static const struct plan_call folder[] = { ALLOW("openat"), ALLOW("getdents64"), ALLOW("newfstatat"), ALLOW("statx"),
	ALLOW("readlinkat"), ALLOW("fgetxattr"), ALLOW("flistxattr"), ALLOW("lgetxattr"), ALLOW("llistxattr"),
	ALLOW("fchdir"), ALLOW("fstatfs"), ALLOW("fcntl"),
	{ .name = "openat",
		.action = CALL_REFUSE,
		.error = EACCES,
		.when = WHEN_EQUAL,
		.argument = 2,
		.mask = O_WRONLY,
		.value = O_WRONLY },
	{ .name = "openat",
		.action = CALL_REFUSE,
		.error = EACCES,
		.when = WHEN_EQUAL,
		.argument = 2,
		.mask = O_RDWR,
		.value = O_RDWR },
	{ .name = "openat",
		.action = CALL_REFUSE,
		.error = EACCES,
		.when = WHEN_EQUAL,
		.argument = 2,
		.mask = O_CREAT,
		.value = O_CREAT },
	{ 0 } };

/* Libraries try these in passing (time zones, locales, name services, terminals) and go on without. */
static const struct plan_call no_folder[] = { REFUSE("openat", EACCES), REFUSE("newfstatat", EACCES),
	REFUSE("statx", EACCES), REFUSE("readlinkat", EACCES), { 0 } };
static const struct plan_call refused[] = { REFUSE("open", EACCES), REFUSE("openat2", EACCES), REFUSE("creat", EACCES),
	REFUSE("stat", EACCES), REFUSE("lstat", EACCES), REFUSE("access", EACCES), REFUSE("faccessat", EACCES),
	REFUSE("faccessat2", EACCES), REFUSE("readlink", EACCES), REFUSE("socket", EACCES),
	REFUSE("socketpair", EACCES), REFUSE("connect", EACCES), REFUSE("bind", EACCES), REFUSE("listen", EACCES),
	REFUSE("accept", EACCES), REFUSE("accept4", EACCES), REFUSE("fork", EPERM), REFUSE("vfork", EPERM),
	REFUSE("kill", EPERM), REFUSE("tkill", EPERM), REFUSE("pidfd_open", EPERM), REFUSE("ioctl", ENOTTY),
	REFUSE("prctl", EPERM), REFUSE("setrlimit", EPERM), REFUSE("prlimit64", EPERM), REFUSE("unlink", EACCES),
	REFUSE("unlinkat", EACCES), REFUSE("rename", EACCES), REFUSE("renameat2", EACCES), REFUSE("mkdir", EACCES),
	REFUSE("mkdirat", EACCES), REFUSE("chmod", EACCES), REFUSE("fchmod", EACCES), REFUSE("chown", EACCES),
	REFUSE("ftruncate", EPERM), REFUSE("memfd_create", EPERM), KILL("execve"), KILL("execveat"), KILL("ptrace"),
	KILL("process_vm_readv"), KILL("process_vm_writev"), KILL("process_madvise"), KILL("pidfd_getfd"), KILL("kcmp"),
	KILL("bpf"), KILL("perf_event_open"), KILL("userfaultfd"), KILL("io_uring_setup"), KILL("io_uring_enter"),
	KILL("io_uring_register"), KILL("keyctl"), KILL("add_key"), KILL("request_key"), KILL("mount"), KILL("umount2"),
	KILL("pivot_root"), KILL("chroot"), KILL("fsopen"), KILL("fsmount"), KILL("open_tree"), KILL("move_mount"),
	KILL("mount_setattr"), KILL("unshare"), KILL("setns"), KILL("open_by_handle_at"), KILL("kexec_load"),
	KILL("kexec_file_load"), KILL("init_module"), KILL("finit_module"), KILL("delete_module"), KILL("reboot"),
	KILL("swapon"), KILL("swapoff"), KILL("iopl"), KILL("ioperm"), KILL("modify_ldt"), KILL("personality"),
	KILL("setuid"), KILL("setreuid"), KILL("setresuid"), KILL("setgid"), KILL("setregid"), KILL("setresgid"),
	KILL("setgroups"), KILL("capset"), { 0 } };

static uint64_t address_space_now(void)
{
	char line[64];
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fgets(line, sizeof line, f))
		pages = strtoul(line, NULL, 10);
	if (f)
		fclose(f);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void plan_for_confine(const struct confine *c, uint64_t address_space, struct plan *ret)
{
	bool reads = c->beneath_fd >= 0;
	int highest = c->beneath_fd > 2 ? c->beneath_fd : 2;

	for (unsigned i = 0; i < c->keep_len; i++)
		if (c->keep[i] > highest)
			highest = c->keep[i];
	*ret = (struct plan){
		.name = "confine",
		.namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS,
		/* A folder may hold files of many owners: root reads them as root, without any other power. */
		.become_nobody = !reads,
		.capabilities = reads ? 1ull << CAP_READ_SEARCH : 0,
		.landlock = true,
		.landlock_fd = c->beneath_fd,
		.calls = { { computing }, { reads ? folder : no_folder }, { refused } },
		.calls_len = 3,
		.calls_error = ENOSYS,
	};
	if (c->memory && !UNDER_ASAN)
		plan_limit(ret, RLIMIT_AS, address_space + c->memory);
	if (c->cpu_seconds)
		plan_limit(ret, RLIMIT_CPU, c->cpu_seconds);
	plan_limit(ret, RLIMIT_FSIZE, c->file_size);
	plan_limit(ret, RLIMIT_NOFILE, (uint64_t)highest + 1 + (reads ? 512 : 8));
	plan_limit(ret, RLIMIT_NPROC, THREADS_MAX);
	plan_limit(ret, RLIMIT_CORE, 0);
	plan_limit(ret, RLIMIT_MEMLOCK, 0);
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Everything but 0..2, what is kept and the folder is closed. */
static int close_others(const struct confine *c, struct err *e)
{
	AUTO_FREE int *kept = mem_alloc((c->keep_len + 2) * sizeof *kept);
	unsigned len = 0, from = 3;

	for (unsigned i = 0; i < c->keep_len; i++)
		kept[len++] = c->keep[i];
	kept[len++] = c->beneath_fd;
	qsort(kept, len, sizeof *kept, by_number);
	for (unsigned i = 0; i < len; i++) {
		if (kept[i] < 0 || (unsigned)kept[i] < from)
			continue;
		if ((unsigned)kept[i] > from && close_range(from, (unsigned)kept[i] - 1, 0))
			return err_sys(e, "cannot close descriptors");
		from = (unsigned)kept[i] + 1;
	}
	return close_range(from, ~0u, 0) ? err_sys(e, "cannot close descriptors") : 0;
}

static bool is_kept(const struct confine *c, int fd)
{
	for (unsigned i = 0; i < c->keep_len; i++)
		if (c->keep[i] == fd)
			return true;
	return fd == c->beneath_fd;
}

static int quiet_descriptors(const struct confine *c, struct err *e)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0)
		return err_sys(e, "/dev/null");
	for (int fd = 0; fd <= 2; fd++)
		if (!is_kept(c, fd) && fd != null && dup2(null, fd) < 0)
			return err_sys(e, "/dev/null");
	return close_others(c, e);
}

/* Root needs no user namespace for the others, and is nobody in the end; whoever else gets them all with a user namespace. */
static void leave_namespaces(const struct plan *p, unsigned *missing)
{
	bool is_root = geteuid() == 0;
	unsigned flags = is_root ? p->namespaces & ~(unsigned)CLONE_NEWUSER : p->namespaces;

	if (unshare((int)flags))
		*missing |= LAYER(NETWORK) | LAYER(IPC) | LAYER(HOSTNAME) | LAYER(MOUNT) | (is_root ? 0 : LAYER(USER));
}

static int become_nobody(const struct plan *p, unsigned *missing, struct err *e)
{
	if (geteuid() != 0 || !p->become_nobody)
		return 0;
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)) {
		/* Root of a user namespace without these ids stays what it is: that namespace is its cage. */
		if (errno == EINVAL || errno == EPERM)
			return 0;
		return err_sys(e, "cannot become nobody");
	}
	if (unshare(CLONE_NEWUSER))
		*missing |= LAYER(USER);
	return 0;
}

int confine_self(const struct confine *c, const char **ret_missing, struct err *e)
{
	static char text[256];
	struct plan p;
	unsigned missing = 0;

	plan_for_confine(c, address_space_now(), &p);
	if (quiet_descriptors(c, e))
		return err_wrap(e, "confining");
	leave_namespaces(&p, &missing);
	/* A second wall behind Landlock: links of the folder resolve inside it. */
	if (c->beneath_fd >= 0 && (fchdir(c->beneath_fd) || chroot(".")) && errno != EPERM && errno != EACCES)
		return err_sys(e, "confining: the folder");
	if (become_nobody(&p, &missing, e) || harden_limits(&p, e) || harden_capabilities(&p, e) || harden_process(e) ||
		harden_landlock(&p, &missing, e) || harden_calls(&p, &missing, e))
		return err_wrap(e, "confining");
	*ret_missing = layers_text(missing, text, sizeof text);
	return 0;
}
