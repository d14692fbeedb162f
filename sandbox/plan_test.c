/* plan_test.c - the plan of a test root. */
#include "sandbox/plans.h"
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

enum { IDS = 65536 };

static const char *const environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root", "LC_ALL=C.UTF-8", "TERM=dumb", "DEBIAN_FRONTEND=noninteractive", "DEBIAN_PRIORITY=critical",
	"DEBCONF_NONINTERACTIVE_SEEN=true", "APT_LISTCHANGES_FRONTEND=none", "UCF_FORCE_CONFFOLD=1", NULL };

static const struct plan_mount devices_and_folders[] = {
	{ MOUNT_TMPFS, NULL, "/dev", "size=64k,mode=0755" },
	{ MOUNT_DEVICE, NULL, "/dev/null", NULL },
	{ MOUNT_DEVICE, NULL, "/dev/zero", NULL },
	{ MOUNT_DEVICE, NULL, "/dev/full", NULL },
	{ MOUNT_DEVICE, NULL, "/dev/random", NULL },
	{ MOUNT_DEVICE, NULL, "/dev/urandom", NULL },
	{ MOUNT_DEVICE, NULL, "/dev/tty", NULL, true },
	{ MOUNT_LINK, "/proc/self/fd", "/dev/fd", NULL },
	{ MOUNT_LINK, "/proc/self/fd/0", "/dev/stdin", NULL },
	{ MOUNT_LINK, "/proc/self/fd/1", "/dev/stdout", NULL },
	{ MOUNT_LINK, "/proc/self/fd/2", "/dev/stderr", NULL },
	{ MOUNT_LINK, "pts/ptmx", "/dev/ptmx", NULL },
	{ MOUNT_TMPFS, NULL, "/dev/shm", "size=64m,mode=1777" },
	{ MOUNT_TMPFS, NULL, "/tmp", "size=256m,mode=1777" },
	{ MOUNT_TMPFS, NULL, "/run", "size=64m,mode=0755" },
	{ MOUNT_TMPFS, NULL, "/run/lock", "size=5m,mode=1777" },
};
static const struct plan_mount process_views[] = {
	{ MOUNT_PROC, NULL, "/proc", NULL },
	{ MOUNT_PTS, NULL, "/dev/pts", NULL },
	{ MOUNT_FREEZE, NULL, "/proc/sys", NULL },
	{ MOUNT_FREEZE, NULL, "/proc/sysrq-trigger", NULL },
	{ MOUNT_FREEZE, NULL, "/proc/irq", NULL },
	{ MOUNT_FREEZE, NULL, "/proc/bus", NULL },
	{ MOUNT_FREEZE, NULL, "/proc/fs", NULL },
	{ MOUNT_HIDE, NULL, "/proc/kcore", NULL },
	{ MOUNT_HIDE, NULL, "/proc/keys", NULL },
	{ MOUNT_HIDE, NULL, "/proc/timer_list", NULL },
	{ MOUNT_HIDE, NULL, "/proc/kmsg", NULL },
	{ MOUNT_HIDE, NULL, "/proc/acpi", NULL },
	{ MOUNT_HIDE, NULL, "/proc/scsi", NULL },
};

/* A copy of this machine shows neither its people nor its secrets. (What packages themselves rewrite is replaced instead, and what has no
 * fixed name is looked for: secrets.c.) */
static const char *const secrets_of_machine[] = {
	/* people's, and what nobody packaged */
	"/root", "/home", "/mnt", "/media", "/srv", "/var/backups", "/var/mail", "/var/spool/mail", "/var/spool/cron",
	"/var/spool/at", "/var/spool/postfix", "/var/spool/exim4", "/var/crash", "/var/lib/systemd/coredump",
	/* keys and passwords */
	"/etc/ssl/private", "/etc/pki/tls/private", "/etc/letsencrypt", "/etc/acme", "/etc/dehydrated",
	"/etc/krb5.keytab", "/etc/wireguard", "/etc/openvpn", "/etc/ipsec.secrets", "/etc/ipsec.d/private",
	"/etc/swanctl/private", "/etc/tinc", "/etc/apt/auth.conf", "/etc/apt/auth.conf.d",
	"/etc/NetworkManager/system-connections", "/etc/netplan", "/etc/credstore", "/etc/credstore.encrypted",
	"/etc/luks-keys", "/etc/cryptsetup-keys.d", "/etc/dkimkeys", "/etc/opendkim/keys", "/etc/sssd",
	"/etc/samba/private", "/etc/puppetlabs", "/etc/salt/pki", "/etc/chef", "/etc/vault.d", "/etc/consul.d",
	"/var/lib/private", "/var/lib/systemd/random-seed", "/var/lib/systemd/credential.secret",
	"/var/lib/NetworkManager", "/var/lib/iwd", "/var/lib/bluetooth", "/var/lib/tpm2-tss", "/var/lib/sss",
	"/var/lib/samba/private", "/var/lib/krb5kdc", "/etc/krb5kdc", "/var/lib/acme",
	/* clouds and containers */
	"/var/lib/cloud", "/etc/kubernetes", "/etc/rancher", "/etc/docker", "/etc/containers/auth.json",
	"/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/kubelet", "/var/lib/rancher",
	"/var/lib/etcd", "/var/lib/lxc", "/var/lib/lxd", "/var/lib/incus", "/var/lib/libvirt", "/var/lib/machines",
	"/var/lib/waagent", "/var/lib/amazon",
	/* databases: their content is not the packages' */
	"/var/lib/mysql", "/var/lib/postgresql", "/var/lib/pgsql", "/var/lib/mongodb", "/var/lib/redis",
	"/var/lib/ldap", "/var/lib/influxdb", "/var/lib/couchdb", "/var/lib/elasticsearch", "/var/lib/jenkins",
	"/var/opt/gitlab", "/var/lib/gitlab", "/var/lib/vaultwarden"
};

/* Watches are counted for whoever made the namespace, too: a test must not use up what is there for the tester. */
const struct plan_switch switches_shares[] = { { "user/max_inotify_instances", "48" },
	{ "user/max_inotify_watches", "16384" }, { "user/max_fanotify_groups", "0" },
	{ "user/max_fanotify_marks", "0" }, { NULL, NULL } };
/* A second wall behind the refused calls. */
const struct plan_switch switches_no_nesting[] = { { "user/max_user_namespaces", "0" },
	{ "user/max_mnt_namespaces", "0" }, { "user/max_pid_namespaces", "0" }, { "user/max_net_namespaces", "0" },
	{ "user/max_ipc_namespaces", "0" }, { "user/max_uts_namespaces", "0" }, { "user/max_cgroup_namespaces", "0" },
	{ "user/max_time_namespaces", "0" }, { NULL, NULL } };
/* A booted system makes some for its services, but must not use up what this machine has. */
const struct plan_switch switches_few_nested[] = { { "user/max_user_namespaces", "64" },
	{ "user/max_mnt_namespaces", "256" }, { "user/max_pid_namespaces", "64" }, { "user/max_net_namespaces", "64" },
	{ "user/max_ipc_namespaces", "64" }, { "user/max_uts_namespaces", "64" },
	{ "user/max_cgroup_namespaces", "64" }, { "user/max_time_namespaces", "64" }, { NULL, NULL } };

void plan_mount(struct plan *p, enum mount_kind kind, const char *from, const char *to, const char *options)
{
	*LIST_ADD(&p->mounts) = (struct plan_mount){ kind, from, to, options };
}

static void add_mounts(struct plan *p, const struct plan_mount *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*LIST_ADD(&p->mounts) = at[i];
}

/* A hidden folder that holds the others must come first: what lies in it is gone then. */
static bool is_covered(const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->mounts.len; i++) {
		const char *to = p->mounts.at[i].to;
		size_t len = strlen(to);

		if (p->mounts.at[i].kind != MOUNT_ROOT && strncmp(to, path, len) == 0 &&
			(path[len] == '/' || !path[len]))
			return true;
	}
	return false;
}

void plan_for_test(
	const struct root *root, const struct plan_inputs *inputs, const struct test_limits *limits, struct plan *ret)
{
	*ret = (struct plan){
		.name = "test",
		.namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			CLONE_NEWCGROUP | CLONE_NEWTIME,
		.ids = IDS,
		.capabilities = capabilities_test,
		.landlock_fd = -1,
		.calls = { { calls_test_allowed }, { calls_test_refused }, { calls_test_nesting } },
		.calls_len = 3,
		.calls_error = ENOSYS,
		.switches = { switches_shares, switches_no_nesting },
		.group_memory = limits->memory ? limits->memory : GIB(2),
		.group_pids = limits->processes ? limits->processes : 512,
		.disk = limits->disk ? limits->disk : GIB(1),
		.inodes = limits->inodes ? limits->inodes : 200000,
		.output = limits->output ? limits->output : MIB(8),
		.seconds = limits->seconds ? limits->seconds : 300,
		.watch = true,
		.wire = true,
		.hostname = "sandbox",
		.env = environment,
	};
	plan_mount(ret, MOUNT_ROOT, root->tree, "/", NULL);
	add_mounts(ret, devices_and_folders, COUNT(devices_and_folders));
	for (size_t i = 0; root->is_machine && i < COUNT(secrets_of_machine); i++)
		plan_mount(ret, MOUNT_HIDE, NULL, secrets_of_machine[i], NULL);
	if (root->is_machine)
		plan_mount(ret, MOUNT_TMPFS, NULL, "/var/tmp", "size=256m,mode=1777");
	for (size_t i = 0; root->is_machine && i < inputs->hide_len; i++)
		if (!is_covered(ret, inputs->hide[i]))
			plan_mount(ret, MOUNT_HIDE, NULL, inputs->hide[i], NULL);
	for (size_t i = 0; i < inputs->binds_len; i++)
		plan_mount(ret, MOUNT_READ_ONLY, inputs->binds[i].from, inputs->binds[i].to, NULL);
	add_mounts(ret, process_views, COUNT(process_views));
	plan_limit(ret, RLIMIT_NOFILE, 65536);
	plan_limit(ret, RLIMIT_NPROC, ret->group_pids);
	plan_limit(ret, RLIMIT_FSIZE, ret->disk);
	/* 1, not 0: with 0 a handler named in core_pattern would still run, outside, as root (core(5)). */
	plan_limit(ret, RLIMIT_CORE, 1);
	plan_limit(ret, RLIMIT_RTPRIO, 0);
	plan_limit(ret, RLIMIT_NICE, 0);
	plan_limit(ret, RLIMIT_SIGPENDING, 4096);
	plan_limit(ret, RLIMIT_MEMLOCK, MIB(8));
	plan_limit(ret, RLIMIT_MSGQUEUE, KIB(800));
}
