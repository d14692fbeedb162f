/* calls_test.c - the system calls of a test root: what package scripts and daemons of an ordinary system use; the rest does not exist.
 *
 * Root inside the namespace is hostile: it must find no way to new namespaces or mounts (there the kernel's less tried code begins),
 * to the machine's clock, keys, tracing, modules or raw memory. */
#include "sandbox/calls.h"
#include "sandbox/plans.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define REFUSE_BIT(call, error_, arg, bit)                                                                             \
	{                                                                                                              \
		.name = call, .action = CALL_REFUSE, .error = error_, .when = WHEN_EQUAL, .argument = arg,             \
		.mask = bit, .value = bit                                                                              \
	}
#define REFUSE_LOW(call, error_, arg, value_)                                                                          \
	{                                                                                                              \
		.name = call, .action = CALL_REFUSE, .error = error_, .when = WHEN_EQUAL, .argument = arg,             \
		.mask = 0xffffffff, .value = value_                                                                    \
	}

/* "Done": the limit stays what it is. */
#define PRETEND_LIMIT(call, arg, resource)                                                                             \
	{                                                                                                              \
		.name = call, .action = CALL_REFUSE, .error = 0, .when = WHEN_EQUAL_SET, .argument = arg,              \
		.mask = 0xffffffff, .value = resource                                                                  \
	}

enum { FIRST = 1 };                  /* process */
enum { SET_DELEGATION = 1024 + 16 }; /* F_SETDELEG, of newer kernels */

const struct plan_call calls_test_allowed[] = {
	/* files */
	ALLOW("open"), ALLOW("openat"), ALLOW("openat2"), ALLOW("creat"), ALLOW("close"), ALLOW("close_range"),
	ALLOW("read"), ALLOW("readv"), ALLOW("pread64"), ALLOW("preadv"), ALLOW("preadv2"), ALLOW("write"),
	ALLOW("writev"), ALLOW("pwrite64"), ALLOW("pwritev"), ALLOW("pwritev2"), ALLOW("lseek"), ALLOW("dup"),
	ALLOW("dup2"), ALLOW("dup3"), ALLOW("fcntl"), ALLOW("flock"), ALLOW("fsync"), ALLOW("fdatasync"), ALLOW("sync"),
	ALLOW("syncfs"), ALLOW("sync_file_range"), ALLOW("truncate"), ALLOW("ftruncate"), ALLOW("fallocate"),
	ALLOW("fadvise64"), ALLOW("readahead"), ALLOW("sendfile"), ALLOW("copy_file_range"), ALLOW("splice"),
	ALLOW("tee"), ALLOW("vmsplice"), ALLOW("pipe"), ALLOW("pipe2"), ALLOW("ioctl"), ALLOW("stat"), ALLOW("lstat"),
	ALLOW("fstat"), ALLOW("newfstatat"), ALLOW("statx"), ALLOW("statfs"), ALLOW("fstatfs"), ALLOW("ustat"),
	ALLOW("access"), ALLOW("faccessat"), ALLOW("faccessat2"), ALLOW("readlink"), ALLOW("readlinkat"),
	ALLOW("symlink"), ALLOW("symlinkat"), ALLOW("link"), ALLOW("linkat"), ALLOW("unlink"), ALLOW("unlinkat"),
	ALLOW("rename"), ALLOW("renameat"), ALLOW("renameat2"), ALLOW("mkdir"), ALLOW("mkdirat"), ALLOW("rmdir"),
	ALLOW("mknod"), ALLOW("mknodat"), ALLOW("getdents"), ALLOW("getdents64"), ALLOW("getcwd"), ALLOW("chdir"),
	ALLOW("fchdir"), ALLOW("chroot"), ALLOW("chmod"), ALLOW("fchmod"), ALLOW("fchmodat"), ALLOW("fchmodat2"),
	ALLOW("chown"), ALLOW("lchown"), ALLOW("fchown"), ALLOW("fchownat"), ALLOW("umask"), ALLOW("utime"),
	ALLOW("utimes"), ALLOW("utimensat"), ALLOW("futimesat"), ALLOW("getxattr"), ALLOW("lgetxattr"),
	ALLOW("fgetxattr"), ALLOW("setxattr"), ALLOW("lsetxattr"), ALLOW("fsetxattr"), ALLOW("listxattr"),
	ALLOW("llistxattr"), ALLOW("flistxattr"), ALLOW("removexattr"), ALLOW("lremovexattr"), ALLOW("fremovexattr"),
	ALLOW("inotify_init"), ALLOW("inotify_init1"), ALLOW("inotify_add_watch"), ALLOW("inotify_rm_watch"),
	ALLOW("memfd_create"), ALLOW("io_setup"), ALLOW("io_destroy"), ALLOW("io_submit"), ALLOW("io_getevents"),
	ALLOW("io_pgetevents"), ALLOW("io_cancel"),
	/* waiting */
	ALLOW("poll"), ALLOW("ppoll"), ALLOW("select"), ALLOW("pselect6"), ALLOW("epoll_create"),
	ALLOW("epoll_create1"), ALLOW("epoll_ctl"), ALLOW("epoll_wait"), ALLOW("epoll_pwait"), ALLOW("epoll_pwait2"),
	ALLOW("eventfd"), ALLOW("eventfd2"), ALLOW("signalfd"), ALLOW("signalfd4"), ALLOW("timerfd_create"),
	ALLOW("timerfd_settime"), ALLOW("timerfd_gettime"), ALLOW("pause"), ALLOW("nanosleep"),
	ALLOW("clock_nanosleep"), ALLOW("alarm"), ALLOW("getitimer"), ALLOW("setitimer"), ALLOW("timer_create"),
	ALLOW("timer_settime"), ALLOW("timer_gettime"), ALLOW("timer_getoverrun"), ALLOW("timer_delete"),
	/* memory */
	ALLOW("mmap"), ALLOW("munmap"), ALLOW("mremap"), ALLOW("mprotect"), ALLOW("madvise"), ALLOW("msync"),
	ALLOW("mincore"), ALLOW("mlock"), ALLOW("mlock2"), ALLOW("munlock"), ALLOW("mlockall"), ALLOW("munlockall"),
	ALLOW("brk"), ALLOW("membarrier"), ALLOW("pkey_alloc"), ALLOW("pkey_free"), ALLOW("pkey_mprotect"),
	ALLOW("get_mempolicy"), ALLOW("set_mempolicy"), ALLOW("mbind"), ALLOW("remap_file_pages"),
	/* processes */
	ALLOW("clone"), ALLOW("fork"), ALLOW("vfork"), ALLOW("execve"), ALLOW("execveat"), ALLOW("exit"),
	ALLOW("exit_group"), ALLOW("wait4"), ALLOW("waitid"), ALLOW("kill"), ALLOW("tkill"), ALLOW("tgkill"),
	ALLOW("pidfd_open"), ALLOW("pidfd_send_signal"), ALLOW("getpid"), ALLOW("gettid"), ALLOW("getppid"),
	ALLOW("getpgid"), ALLOW("setpgid"), ALLOW("getpgrp"), ALLOW("getsid"), ALLOW("setsid"), ALLOW("prctl"),
	ALLOW("arch_prctl"), ALLOW("futex"), ALLOW("futex_waitv"), ALLOW("set_tid_address"), ALLOW("set_robust_list"),
	ALLOW("get_robust_list"), ALLOW("rseq"), ALLOW("set_thread_area"), ALLOW("get_thread_area"),
	ALLOW("restart_syscall"), ALLOW("rt_sigaction"), ALLOW("rt_sigprocmask"), ALLOW("rt_sigreturn"),
	ALLOW("rt_sigpending"), ALLOW("rt_sigsuspend"), ALLOW("rt_sigtimedwait"), ALLOW("rt_sigqueueinfo"),
	ALLOW("rt_tgsigqueueinfo"), ALLOW("sigaltstack"), ALLOW("sched_yield"), ALLOW("sched_getaffinity"),
	ALLOW("sched_setaffinity"), ALLOW("sched_getparam"), ALLOW("sched_setparam"), ALLOW("sched_getscheduler"),
	ALLOW("sched_setscheduler"), ALLOW("sched_getattr"), ALLOW("sched_setattr"), ALLOW("sched_get_priority_max"),
	ALLOW("sched_get_priority_min"), ALLOW("sched_rr_get_interval"), ALLOW("getpriority"), ALLOW("setpriority"),
	ALLOW("ioprio_get"), ALLOW("ioprio_set"), ALLOW("getrlimit"), ALLOW("setrlimit"), ALLOW("prlimit64"),
	ALLOW("getrusage"), ALLOW("times"), ALLOW("personality"), ALLOW("seccomp"), ALLOW("landlock_create_ruleset"),
	ALLOW("landlock_add_rule"), ALLOW("landlock_restrict_self"),
	/* identity */
	ALLOW("getuid"), ALLOW("geteuid"), ALLOW("getgid"), ALLOW("getegid"), ALLOW("getresuid"), ALLOW("getresgid"),
	ALLOW("getgroups"), ALLOW("setuid"), ALLOW("setgid"), ALLOW("setreuid"), ALLOW("setregid"), ALLOW("setresuid"),
	ALLOW("setresgid"), ALLOW("setgroups"), ALLOW("setfsuid"), ALLOW("setfsgid"), ALLOW("capget"), ALLOW("capset"),
	/* the system */
	ALLOW("uname"), ALLOW("sysinfo"), ALLOW("getcpu"), ALLOW("getrandom"), ALLOW("time"), ALLOW("gettimeofday"),
	ALLOW("clock_gettime"), ALLOW("clock_getres"), ALLOW("sethostname"), ALLOW("setdomainname"),
	/* sockets: no raw packets, no AF_VSOCK (it ignores network namespaces), netlink needs none of our capabilities to be harmless */
	ALLOW_IF("socket", 0, AF_UNIX), ALLOW_IF("socket", 0, AF_INET), ALLOW_IF("socket", 0, AF_INET6),
	ALLOW_IF("socket", 0, AF_NETLINK), ALLOW_IF("socketpair", 0, AF_UNIX), ALLOW("bind"), ALLOW("listen"),
	ALLOW("accept"), ALLOW("accept4"), ALLOW("connect"), ALLOW("shutdown"), ALLOW("getsockname"),
	ALLOW("getpeername"), ALLOW("getsockopt"), ALLOW("setsockopt"), ALLOW("sendto"), ALLOW("recvfrom"),
	ALLOW("sendmsg"), ALLOW("recvmsg"), ALLOW("sendmmsg"), ALLOW("recvmmsg"),
	/* System V and POSIX queues, of the own ipc namespace */
	ALLOW("shmget"), ALLOW("shmat"), ALLOW("shmdt"), ALLOW("shmctl"), ALLOW("semget"), ALLOW("semop"),
	ALLOW("semtimedop"), ALLOW("semctl"), ALLOW("msgget"), ALLOW("msgsnd"), ALLOW("msgrcv"), ALLOW("msgctl"),
	ALLOW("mq_open"), ALLOW("mq_unlink"), ALLOW("mq_timedsend"), ALLOW("mq_timedreceive"), ALLOW("mq_notify"),
	ALLOW("mq_getsetattr"), { 0 }
};

const struct plan_call calls_test_refused[] = {
	REFUSE("clone3", ENOSYS), /* its flags lie in memory; libraries fall back to clone */
	/* Daemons set it to 0 and believe that no core is written; then a handler outside would be called (plan_test.c). */
	PRETEND_LIMIT("setrlimit", 0, RLIMIT_CORE), PRETEND_LIMIT("prlimit64", 1, RLIMIT_CORE),
	/* Mail servers and the like lift it as root and call it an emergency when they may not; the control group counts processes all the same. */
	PRETEND_LIMIT("setrlimit", 0, RLIMIT_NPROC), PRETEND_LIMIT("prlimit64", 1, RLIMIT_NPROC),
	/* The first process has the user of all that is hostile beside it: without files that it may open it would see nothing that was left. */
	REFUSE_LOW("prlimit64", EPERM, 0, FIRST), REFUSE_LOW("sched_setscheduler", EPERM, 0, FIRST),
	REFUSE_LOW("sched_setparam", EPERM, 0, FIRST), REFUSE_LOW("sched_setattr", EPERM, 0, FIRST),
	REFUSE_LOW("sched_setaffinity", EPERM, 0, FIRST), REFUSE_LOW("setpriority", EPERM, 1, FIRST),
	REFUSE_LOW("ioprio_set", EPERM, 1, FIRST),
	/* A lease holds up whoever opens the file: a program of this machine, where the file is shared, or the checker. As on a filesystem without. */
	REFUSE_LOW("fcntl", EINVAL, 1, F_SETLEASE), REFUSE_LOW("fcntl", EINVAL, 1, SET_DELEGATION),
	/* typing into a terminal; only the low 32 bits count for the kernel */
	REFUSE_LOW("ioctl", EPERM, 1, TIOCSTI),
	REFUSE_LOW("ioctl", EPERM, 1, TIOCLINUX), /* the audit socket of netlink */
	REFUSE_LOW("socket", EPROTONOSUPPORT, 2, 9), REFUSE("open_by_handle_at", EPERM), REFUSE("keyctl", EPERM),
	REFUSE("add_key", EPERM), REFUSE("request_key", EPERM), REFUSE("bpf", EPERM), REFUSE("perf_event_open", EPERM),
	REFUSE("io_uring_setup", EPERM), REFUSE("io_uring_enter", EPERM), REFUSE("io_uring_register", EPERM),
	REFUSE("userfaultfd", EPERM), REFUSE("kexec_load", EPERM), REFUSE("kexec_file_load", EPERM),
	REFUSE("reboot", EPERM), REFUSE("init_module", EPERM), REFUSE("finit_module", EPERM),
	REFUSE("delete_module", EPERM), REFUSE("settimeofday", EPERM), REFUSE("clock_settime", EPERM),
	REFUSE("clock_adjtime", EPERM), REFUSE("adjtimex", EPERM), REFUSE("swapon", EPERM), REFUSE("swapoff", EPERM),
	REFUSE("acct", EPERM), REFUSE("quotactl", EPERM), REFUSE("syslog", EPERM), REFUSE("ptrace", EPERM),
	REFUSE("process_vm_readv", EPERM), REFUSE("process_vm_writev", EPERM), REFUSE("kcmp", EPERM),
	REFUSE("pidfd_getfd", EPERM), REFUSE("process_madvise", EPERM), REFUSE("iopl", EPERM), REFUSE("ioperm", EPERM),
	REFUSE("vhangup", EPERM), REFUSE("fanotify_init", EPERM), REFUSE("fanotify_mark", EPERM),
	REFUSE("modify_ldt", EPERM), { 0 }
};

const struct plan_call calls_test_nesting[] = { REFUSE_BIT("clone", EPERM, 0, CLONE_NEWUSER),
	REFUSE_BIT("clone", EPERM, 0, CLONE_NEWNS), REFUSE_BIT("clone", EPERM, 0, CLONE_NEWPID),
	REFUSE_BIT("clone", EPERM, 0, CLONE_NEWNET), REFUSE_BIT("clone", EPERM, 0, CLONE_NEWIPC),
	REFUSE_BIT("clone", EPERM, 0, CLONE_NEWUTS), REFUSE_BIT("clone", EPERM, 0, CLONE_NEWCGROUP),
	REFUSE_BIT("clone", EPERM, 0, CLONE_NEWTIME), REFUSE("unshare", EPERM), REFUSE("setns", EPERM),
	REFUSE("mount", EPERM), REFUSE("umount2", EPERM), REFUSE("pivot_root", EPERM), REFUSE("move_mount", EPERM),
	REFUSE("open_tree", EPERM), REFUSE("fsopen", EPERM), REFUSE("fsconfig", EPERM), REFUSE("fsmount", EPERM),
	REFUSE("fspick", EPERM), REFUSE("mount_setattr", EPERM), REFUSE("name_to_handle_at", EPERM), { 0 } };

/* What maintainer scripts need, all inside the user namespace. CAP_SYS_PTRACE: without it start-stop-daemon cannot see which program
 * a process runs, and daemons would falsely survive removal. CAP_DAC_READ_SEARCH and CAP_SYS_NICE: daemons that keep a list of their own do not
 * start without them; in a user namespace they reach no further than CAP_DAC_OVERRIDE and CAP_KILL do (real priorities and handles ask the
 * machine's own rights). */
const uint64_t capabilities_test = 1ull << CAP_CHOWN | 1ull << CAP_DAC_OVERRIDE | 1ull << CAP_FOWNER |
	1ull << CAP_FSETID | 1ull << CAP_KILL | 1ull << CAP_SETGID | 1ull << CAP_SETUID | 1ull << CAP_SETPCAP |
	1ull << CAP_NET_BIND_SERVICE | 1ull << CAP_SYS_CHROOT | 1ull << CAP_SETFCAP | 1ull << CAP_AUDIT_WRITE |
	1ull << CAP_SYS_PTRACE | 1ull << CAP_DAC_READ_SEARCH | 1ull << CAP_SYS_NICE;
