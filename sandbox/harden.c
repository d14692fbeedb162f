/* harden.c - the layers that every plan of ours shares: limits, capabilities, Landlock, seccomp. */
#include "base/fs.h"
#include "sandbox/filter.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int harden_limits(const struct plan *p, struct err *e)
{
	for (unsigned i = 0; i < p->limits_len; i++) {
		struct rlimit old, new = { p->limits[i].value, p->limits[i].value };
		__rlimit_resource_t which = (__rlimit_resource_t)p->limits[i].resource;

		/* What is already tighter stays so: an ordinary user may not raise it. */
		if (getrlimit(which, &old) == 0 && old.rlim_max < new.rlim_max)
			new.rlim_max = new.rlim_cur = old.rlim_max;
		if (setrlimit(which, &new))
			return err_sys(e, "cannot set resource limit %d", p->limits[i].resource);
	}
	return 0;
}

static int write_switch(const struct plan_switch *s, struct err *e)
{
	AUTO_FREE char *path = mem_printf("/proc/sys/%s", s->name);
	AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", path);
	return write(fd, s->value, strlen(s->value)) < 0 ? err_sys(e, "%s", path) : 0;
}

int harden_switches(const struct plan *p, struct err *e)
{
	for (int i = 0; i < PLAN_SWITCH_TABLES; i++)
		for (const struct plan_switch *s = p->switches[i]; s && s->name; s++)
			if (write_switch(s, e))
				return -1;
	return 0;
}

int harden_capabilities(const struct plan *p, struct err *e)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct set[2], want[2] = { 0 };

	if (syscall(SYS_capget, &head, set))
		return err_sys(e, "cannot read capabilities");
	/* The bounding set can only be emptied by who has CAP_SETPCAP; who has not has nothing to win back either (no_new_privs). */
	for (int i = 0; i < 64; i++)
		if (!(p->capabilities >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) && errno == EINVAL)
			break;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int i = 0; i < 2; i++) {
		uint32_t keep = (uint32_t)(p->capabilities >> (32 * i)) & set[i].permitted;

		want[i].permitted = want[i].effective = keep;
		want[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, want))
		return err_sys(e, "cannot drop capabilities");
	return 0;
}

int harden_process(struct err *e)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_sys(e, "cannot set no_new_privs");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		return err_sys(e, "cannot set process flags");
	return 0;
}

/* ---- Landlock: headers of older systems know less than the kernel, so the numbers are ours (include/uapi/linux/landlock.h). */
enum {
	LL_EXECUTE = 1 << 0,
	LL_READ_FILE = 1 << 2,
	LL_READ_DIR = 1 << 3,
	LL_MAKE_DEVICES = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11, /* char, sock, fifo, block */
	LL_FS_ABI1 = (1 << 13) - 1,
	LL_FS_REFER = 1 << 13,
	LL_FS_TRUNCATE = 1 << 14,
	LL_FS_IOCTL = 1 << 15,
	LL_NET_ALL = 3,
	LL_SCOPE_ALL = 3,
	LL_RULE_BENEATH = 1,
	LL_VERSION = 1,
};
struct ll_ruleset {
	uint64_t fs, net, scoped;
};
struct ll_beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

static size_t ruleset_for(long abi, struct ll_ruleset *r)
{
	*r = (struct ll_ruleset){ .fs = LL_FS_ABI1 };
	if (abi >= 2)
		r->fs |= LL_FS_REFER;
	if (abi >= 3)
		r->fs |= LL_FS_TRUNCATE;
	if (abi >= 4)
		r->net = LL_NET_ALL;
	if (abi >= 5)
		r->fs |= LL_FS_IOCTL;
	if (abi >= 6)
		r->scoped = LL_SCOPE_ALL;
	return abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
}

static long landlock_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LL_VERSION);
}

bool harden_has_landlock(void)
{
	return landlock_abi() >= 1;
}

int harden_landlock(const struct plan *p, unsigned *missing, struct err *e)
{
	struct ll_ruleset rules;
	AUTO_FD int fd = -1;

	if (!p->landlock)
		return 0;
	long abi = landlock_abi();
	if (abi < 1) {
		*missing |= LAYER(LANDLOCK);
		return 0;
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, ruleset_for(abi, &rules), 0);
	if (fd < 0)
		return err_sys(e, "landlock: cannot make a rule set");
	if (p->landlock_fd >= 0) {
		uint64_t all = rules.fs & ~(uint64_t)(LL_EXECUTE | LL_FS_IOCTL | LL_MAKE_DEVICES);
		struct ll_beneath b = { p->landlock_writes ? all : LL_READ_FILE | LL_READ_DIR, p->landlock_fd };

		if (syscall(SYS_landlock_add_rule, fd, LL_RULE_BENEATH, &b, 0))
			return err_sys(e, "landlock: cannot allow reading");
	}
	for (unsigned i = 0; i < p->landlock_also_len; i++)
		if (syscall(SYS_landlock_add_rule, fd, LL_RULE_BENEATH,
			    &(struct ll_beneath){ LL_READ_FILE | LL_READ_DIR | (p->landlock_also_runs ? LL_EXECUTE : 0),
				    p->landlock_also[i] },
			    0))
			return err_sys(e, "landlock: cannot allow reading");
	if (syscall(SYS_landlock_restrict_self, fd, 0))
		return err_sys(e, "landlock: cannot restrict");
	return 0;
}

/* ---- seccomp */
int harden_calls(const struct plan *p, unsigned *missing, struct err *e)
{
	struct sock_fprog program = { 0 };

	if (p->calls_len == 0)
		return 0;
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 && errno == EINVAL) {
		*missing |= LAYER(SECCOMP);
		return 0;
	}
	program.filter = filter_make(p, &program.len);
	int failed = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)
		? err_sys(e, "seccomp: cannot load the filter")
		: 0;
	free(program.filter);
	return failed;
}
