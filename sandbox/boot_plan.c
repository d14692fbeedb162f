/* boot_plan.c - the plan of a booted test root: the plain plan, and what a system manager needs beyond it.
 *
 * Mounts, namespaces and control groups are its trade, so these calls and CAP_SYS_ADMIN are there; all of it counts inside the test root's
 * user namespace only. Keys, tracing, clocks, modules, raw packets and handles stay shut as in the plain plan. */
#include "sandbox/boot.h"
#include "sandbox/calls.h"
#include "sandbox/plans.h"
#include <linux/capability.h>
#include <stddef.h>

/* What a package test does not need takes part in no test: updates by timer, logins, waiting for a network that is not there. */
#define ARGUMENTS                                                                                                      \
	"--show-status=no", "systemd.mask=apt-daily.timer", "systemd.mask=apt-daily-upgrade.timer",                    \
		"systemd.mask=dnf-makecache.timer", "systemd.mask=systemd-networkd-wait-online.service",               \
		"systemd.mask=NetworkManager-wait-online.service", "systemd.mask=getty.target",                        \
		"systemd.mask=systemd-firstboot.service", NULL
static const char *const arguments[] = { "--unit=multi-user.target", ARGUMENTS };
/* A copy of this machine boots without its own daemons: they and their data are not what is tried. */
static const char *const machine_arguments[] = { "--unit=basic.target", ARGUMENTS };

static const char *const environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"container=sluice", "LC_ALL=C.UTF-8", ("NOTIFY_SOCKET=" BOOT_NOTIFY), NULL };

static const struct plan_mount kernel_views[] = {
	{ MOUNT_TMPFS, NULL, "/sys", "size=64k,mode=0755" },
	{ MOUNT_TMPFS, NULL, "/sys/fs/cgroup", "size=4k,mode=0755" },
};
static const struct plan_mount group_views[] = {
	{ MOUNT_FREEZE, NULL, "/sys", NULL },
	{ MOUNT_GROUP, NULL, "/sys/fs/cgroup", NULL },
};

const struct plan_call calls_boot_allowed[] = {
	/* what the plain plan refuses: calls_test_nesting. A handle alone opens nothing (open_by_handle_at stays shut); groups are named by it. */
	ALLOW("mount"), ALLOW("umount2"), ALLOW("pivot_root"), ALLOW("move_mount"), ALLOW("open_tree"), ALLOW("fsopen"),
	ALLOW("fsconfig"), ALLOW("fsmount"), ALLOW("fspick"), ALLOW("mount_setattr"), ALLOW("unshare"), ALLOW("setns"),
	ALLOW("name_to_handle_at"), { 0 }
};

/* The plain plan's, and a system manager's: all that container managers give, without networks, clocks, modules and the like.
 * CAP_SYS_RESOURCE is not among them: with it the shares of this machine (switches_few_nested) could be changed inside. */
static const uint64_t capabilities = 1ull << CAP_SYS_ADMIN | 1ull << CAP_IPC_OWNER | 1ull << CAP_LEASE |
	1ull << CAP_LINUX_IMMUTABLE;

static void insert_mounts(struct plan *p, size_t at, const struct plan_mount *mounts, size_t len)
{
	for (size_t i = 0; i < len; i++)
		(void)LIST_ADD(&p->mounts);
	for (size_t i = p->mounts.len; i-- > at + len;)
		p->mounts.at[i] = p->mounts.at[i - len];
	for (size_t i = 0; i < len; i++)
		p->mounts.at[at + i] = mounts[i];
}

void plan_for_boot(const struct root *root, const char *program, const struct plan_inputs *inputs,
	const struct test_limits *limits, struct plan *ret)
{
	size_t proc = 0;

	plan_for_test(root, inputs, limits, ret);
	while (proc < ret->mounts.len && ret->mounts.at[proc].kind != MOUNT_PROC)
		proc++;
	insert_mounts(ret, proc, kernel_views, COUNT(kernel_views));
	insert_mounts(ret, ret->mounts.len, group_views, COUNT(group_views));
	ret->name = "systemd";
	ret->capabilities |= capabilities;
	for (unsigned i = 0; i < ret->calls_len; i++)
		if (ret->calls[i].at == calls_test_nesting)
			ret->calls[i].at = calls_boot_allowed;
	for (int i = 0; i < PLAN_SWITCH_TABLES; i++)
		if (ret->switches[i] == switches_no_nesting)
			ret->switches[i] = switches_few_nested;
	ret->boot = (struct plan_boot){ program, root->is_machine ? machine_arguments : arguments, environment,
		BOOT_SECONDS, OFF_SECONDS };
}
