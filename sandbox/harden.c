/* harden.c - the layers that every plan of ours shares: limits, capabilities, Landlock, seccomp. */
#include "base/fs.h"
#include "sandbox/plan.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
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
			    &(struct ll_beneath){ LL_READ_FILE | LL_READ_DIR, p->landlock_also[i] }, 0))
			return err_sys(e, "landlock: cannot allow reading");
	if (syscall(SYS_landlock_restrict_self, fd, 0))
		return err_sys(e, "landlock: cannot restrict");
	return 0;
}

/* ---- seccomp */
static uint32_t action_of(const struct plan_call *c)
{
	switch (c->action) {
	case CALL_ALLOW:
		return SCMP_ACT_ALLOW;
	case CALL_KILL:
		return SCMP_ACT_KILL_PROCESS;
	case CALL_REFUSE:
		break;
	}
	return SCMP_ACT_ERRNO((uint32_t)c->error);
}

static int add_call(scmp_filter_ctx filter, const struct plan_call *c, struct err *e)
{
	int number = seccomp_syscall_resolve_name(c->name), failed;
	struct scmp_arg_cmp when[2] = { { .arg = c->argument, .op = SCMP_CMP_MASKED_EQ },
		{ .arg = c->argument + 1, .op = SCMP_CMP_NE } };
	unsigned conditions = c->when == WHEN_ALWAYS ? 0 : c->when == WHEN_EQUAL_SET ? 2 : 1;

	if (number == __NR_SCMP_ERROR)
		return 0;
	when[0].datum_a = c->when == WHEN_OWN_PID ? 0xffffffff : c->mask;
	when[0].datum_b = c->when == WHEN_OWN_PID ? (scmp_datum_t)getpid() : c->value;
	failed = seccomp_rule_add_array(filter, action_of(c), number, conditions, when);
	/* EACCES: it is what happens anyway */
	if (failed && failed != -EEXIST && failed != -EACCES) {
		errno = -failed;
		return err_sys(e, "seccomp: rule for %s", c->name);
	}
	return 0;
}

/* Refusals that look at an argument stand in a filter of their own, in front: beside an unconditional yes libseccomp would drop them.
 * The kernel takes the strictest answer of all filters. */
static bool is_guard(const struct plan_call *c)
{
	return c->when != WHEN_ALWAYS && c->action != CALL_ALLOW;
}

static int build_filter(const struct plan *p, bool guard, scmp_filter_ctx *ret, struct err *e)
{
	uint32_t otherwise = guard ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO((uint32_t)p->calls_error);
	scmp_filter_ctx filter = seccomp_init(otherwise);

	if (!filter)
		return err_env(e, "seccomp: no memory");
	seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (unsigned i = 0; i < p->calls_len; i++)
		for (const struct plan_call *c = p->calls[i].at; c->name; c++)
			if (is_guard(c) == guard && add_call(filter, c, e)) {
				seccomp_release(filter);
				return -1;
			}
	*ret = filter;
	return 0;
}

/* Making the kernel's program out of the tables takes milliseconds: once for all processes that are forked from here with these tables. */
static struct {
	struct plan_calls calls[PLAN_CALL_TABLES];
	unsigned calls_len;
	int calls_error;
	struct sock_fprog guard, main; /* filter NULL: not made */
} made;

static bool is_made(const struct plan *p)
{
	return made.main.filter && made.calls_len == p->calls_len && made.calls_error == p->calls_error &&
		memcmp(made.calls, p->calls, p->calls_len * sizeof *p->calls) == 0;
}

static int make_program(const struct plan *p, bool guard, struct sock_fprog *ret, struct err *e)
{
	scmp_filter_ctx filter;
	AUTO_FD int fd = memfd_create("filter", MFD_CLOEXEC);
	char *bytes = NULL;
	size_t len = 0;

	if (fd < 0)
		return err_sys(e, "seccomp: memfd");
	if (build_filter(p, guard, &filter, e))
		return -1;
	int failed = seccomp_export_bpf(filter, fd);
	seccomp_release(filter);
	if (failed || lseek(fd, 0, SEEK_SET) != 0)
		return err_env(e, "seccomp: cannot make the filter");
	if (fs_read_fd(fd, MIB(1), &bytes, &len, e))
		return err_wrap(e, "seccomp");
	free(ret->filter);
	*ret = (struct sock_fprog){ (unsigned short)(len / sizeof(struct sock_filter)), (void *)bytes };
	return 0;
}

int harden_calls_make(const struct plan *p, struct err *e)
{
	if (p->calls_len == 0 || is_made(p))
		return 0;
	if (make_program(p, true, &made.guard, e) || make_program(p, false, &made.main, e))
		return -1;
	memcpy(made.calls, p->calls, sizeof made.calls);
	made.calls_len = p->calls_len;
	made.calls_error = p->calls_error;
	return 0;
}

static int load_filter(const struct plan *p, bool guard, struct err *e)
{
	scmp_filter_ctx filter;

	if (is_made(p))
		return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, guard ? &made.guard : &made.main)
			? err_sys(e, "seccomp: cannot load the filter")
			: 0;
	if (build_filter(p, guard, &filter, e))
		return -1;
	int failed = seccomp_load(filter);
	seccomp_release(filter);
	if (failed) {
		errno = -failed;
		return err_sys(e, "seccomp: cannot load the filter");
	}
	return 0;
}

int harden_calls(const struct plan *p, unsigned *missing, struct err *e)
{
	if (p->calls_len == 0)
		return 0;
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 && errno == EINVAL) {
		*missing |= LAYER(SECCOMP);
		return 0;
	}
	if (load_filter(p, true, e))
		return -1;
	return load_filter(p, false, e);
}
