/* mounts.c - building a test root's view of files from its plan.
 *
 * Two shares: the keeper stacks overlay, devices, covers and read-only folders in a mount namespace of its own, always naming places by
 * descriptors resolved inside the root (a hostile image may hold any link); the first process adds what belongs to its namespaces
 * (/proc, devpts) and leaves the machine's files behind. */
#include "sandbox/boot.h"
#include "sandbox/inside.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STAGE "/tmp" /* covered by a tmpfs in the keeper's own namespace; every machine has it */
static const char hidden_options[] = "size=16m,mode=0755";

static int open_inside(int root, const char *path, uint64_t flags)
{
	return open_below(root, path, flags, 0);
}

/* Makes one missing folder or file; its parent exists. */
static int make_inside(int root, const char *path, bool is_dir, const struct id_range *ids)
{
	AUTO_FREE char *parent = mem_strdup(path);
	char *slash = strrchr(parent, '/');
	AUTO_FD int dir = -1;
	int rc;

	if (!slash)
		return -1;
	*slash = '\0';
	dir = open_inside(root, parent, O_PATH | O_DIRECTORY);
	if (dir < 0)
		return -1;
	rc = is_dir ? mkdirat(dir, slash + 1, 0755) : mknodat(dir, slash + 1, S_IFREG | 0644, 0);
	if (rc && errno != EEXIST)
		return -1;
	return fchownat(dir, slash + 1, ids->first, ids->first, AT_SYMLINK_NOFOLLOW);
}

static int make_parents(int root, const char *path, const struct id_range *ids)
{
	AUTO_FREE char *copy = mem_strdup(path);

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		AUTO_FD int fd = -1;

		*slash = '\0';
		fd = open_inside(root, copy, O_PATH | O_DIRECTORY);
		if (fd < 0 && make_inside(root, copy, true, ids))
			return -1;
		*slash = '/';
	}
	return 0;
}

/* The place for a mount, made when missing; -1 with errno. */
static int place(int root, const char *path, bool is_dir, const struct id_range *ids)
{
	int fd = open_inside(root, path, O_PATH);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (make_parents(root, path, ids) || make_inside(root, path, is_dir, ids))
		return -1;
	return open_inside(root, path, O_PATH);
}

static int attach(int tree, int to)
{
	return move_mount(tree, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int set_attributes(int tree, uint64_t attributes, int user_ns)
{
	struct mount_attr a = { .attr_set = attributes };

	if (user_ns >= 0) {
		a.attr_set |= MOUNT_ATTR_IDMAP;
		a.userns_fd = (uint64_t)user_ns;
	}
	return mount_setattr(tree, "", AT_EMPTY_PATH, &a, sizeof a);
}

/* What lies at path on this machine, as a mount of its own, not attached anywhere; owners appear as in the test root. */
static int detached(const char *path, uint64_t attributes, int user_ns, struct err *e)
{
	int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return err_sys(e, "cannot share %s", path);
	if (set_attributes(tree, attributes, user_ns)) {
		err_sys(e, "cannot share %s%s", path, user_ns >= 0 ? " with mapped owners" : "");
		if (e->sys == EINVAL && user_ns >= 0)
			err_hint(e,
				"the filesystem below %s cannot map owners (idmapped mounts); keep it on ext4, xfs or "
				"btrfs",
				path);
		close(tree);
		return -1;
	}
	return tree;
}

static int new_tmpfs(const char *options, const struct id_range *ids, struct err *e)
{
	AUTO_FREE char *copy = mem_printf("%s,uid=%u,gid=%u", options, ids->first, ids->first);
	AUTO_FD int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int tree = -1;
	char *rest = copy, *word;

	if (fs < 0)
		return err_sys(e, "tmpfs");
	while ((word = strsep(&rest, ",")) != NULL) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = '\0';
		if (value && fsconfig(fs, FSCONFIG_SET_STRING, word, value, 0))
			return err_sys(e, "tmpfs: option %s", word);
	}
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) ||
		(tree = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID)) < 0)
		return err_sys(e, "tmpfs");
	return tree;
}

static int stage_folder(struct staged *s, const struct plan *p, const struct id_range *ids, int lower, struct err *e)
{
	AUTO_FREE char *options = mem_printf(
		"size=%llu,nr_inodes=%llu,mode=0755", (unsigned long long)p->disk, (unsigned long long)p->inodes);
	struct stat of_lower;

	if (mount("sluice", STAGE, "tmpfs", MS_NODEV | MS_NOSUID, options))
		return err_sys(e, "cannot mount a tmpfs");
	if (mkdir(STAGE "/lower", 0755) || mkdir(STAGE "/upper", 0755) || mkdir(STAGE "/work", 0755) ||
		mkdir(STAGE "/root", 0755))
		return err_sys(e, "cannot make the layers");
	if (move_mount(lower, "", AT_FDCWD, STAGE "/lower", MOVE_MOUNT_F_EMPTY_PATH))
		return err_sys(e, "cannot mount the root image");
	if (stat(STAGE "/lower", &of_lower) || chmod(STAGE "/upper", of_lower.st_mode & 07777) ||
		chown(STAGE "/upper", ids->first, ids->first))
		return err_sys(e, "cannot prepare the upper layer");
	s->lower = open(STAGE "/lower", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->upper = open(STAGE "/upper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->lower < 0 || s->upper < 0 ? err_sys(e, "cannot open the layers") : 0;
}

/* In a user namespace of its own an overlay keeps its marks in user.* attributes; without them dpkg's renames fail (EXDEV). */
static int stage_overlay(struct staged *s, bool is_root, struct err *e)
{
	const char *common = "lowerdir=" STAGE "/lower,upperdir=" STAGE "/upper,workdir=" STAGE "/work";
	AUTO_FREE char *options = mem_printf("%s,%s", common, is_root ? "redirect_dir=on,metacopy=off" : "userxattr");

	if (mount("sluice", STAGE "/root", "overlay", MS_NODEV, options))
		return err_sys(e, "cannot mount an overlay");
	s->root = open(STAGE "/root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return s->root < 0 ? err_sys(e, "cannot open the overlay") : 0;
}

static int mount_tree(
	int root, const struct plan_mount *m, int tree, bool is_dir, const struct id_range *ids, struct err *e)
{
	AUTO_FD int to = place(root, m->to, is_dir, ids);
	AUTO_FD int owned = tree;

	if (tree < 0)
		return -1;
	if (to < 0 || attach(owned, to))
		return err_sys(e, "cannot mount %s", m->to);
	return 0;
}

static int mount_device(int root, const struct plan_mount *m, const struct id_range *ids, struct err *e)
{
	int tree = open_tree(AT_FDCWD, m->to, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return m->is_optional ? 0 : err_sys(e, "cannot share %s", m->to);
	return mount_tree(root, m, tree, false, ids, e);
}

static int mount_link(int root, const struct plan_mount *m, const struct id_range *ids, struct err *e)
{
	AUTO_FREE char *parent = mem_strdup(m->to);
	char *slash = strrchr(parent, '/');
	AUTO_FD int dir = -1;

	*slash = '\0';
	dir = place(root, parent, true, ids);
	if (dir < 0 || symlinkat(m->from, dir, slash + 1))
		return err_sys(e, "cannot make the link %s", m->to);
	return 0;
}

static int mount_hidden(int root, const struct plan_mount *m, const struct id_range *ids, struct err *e)
{
	AUTO_FD int to = open_inside(root, m->to, O_PATH);
	AUTO_FD int tree = -1;
	struct stat st;

	if (to < 0 || fstat(to, &st))
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(e, "cannot hide %s", m->to);
	tree = S_ISDIR(st.st_mode) ? new_tmpfs(m->options ? m->options : hidden_options, ids, e)
				   : open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 || attach(tree, to))
		return err_sys(e, "cannot hide %s", m->to);
	return 0;
}

/* sources[i]: the detached tree of mount i, made before the stage covers anything; -1 for others. */
static int stage_mount(int root, const struct plan_mount *m, int source, const struct id_range *ids, struct err *e)
{
	struct stat st;

	switch (m->kind) {
	case MOUNT_TMPFS:
		return mount_tree(root, m, new_tmpfs(m->options, ids, e), true, ids, e);
	case MOUNT_DEVICE:
		return mount_device(root, m, ids, e);
	case MOUNT_LINK:
		return mount_link(root, m, ids, e);
	case MOUNT_HIDE:
		return mount_hidden(root, m, ids, e);
	case MOUNT_READ_ONLY:
		if (fstat(source, &st))
			return err_sys(e, "cannot look at %s", m->from);
		return mount_tree(root, m, source, S_ISDIR(st.st_mode), ids, e);
	case MOUNT_ROOT:
	case MOUNT_PROC:
	case MOUNT_PTS: /* the machine counts terminals over all its instances: a test may not take them all */
	case MOUNT_FREEZE:
	case MOUNT_GROUP:
		break;
	}
	return 0;
}

/* The keeper's share ends where /proc begins: what follows needs the new namespaces. */
static size_t keepers_share(const struct plan *p)
{
	size_t i = 0;

	while (i < p->mounts.len && p->mounts.at[i].kind != MOUNT_PROC)
		i++;
	return i;
}

/* Owners of a package file do not matter as long as it can be read: filesystems that cannot map them are shared as they are. */
static int detached_source(const struct plan_mount *m, int user_ns, struct err *e)
{
	uint64_t attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID;
	struct err first = { 0 };
	int tree = detached(m->from, attributes, user_ns, &first);

	if (tree < 0 && m->kind == MOUNT_READ_ONLY && first.sys == EINVAL)
		return detached(m->from, attributes, -1, e);
	if (tree < 0)
		*e = first;
	return tree;
}

static int open_sources(const struct plan *p, int user_ns, int *sources, struct err *e)
{
	for (size_t i = 0; i < p->mounts.len; i++) {
		const struct plan_mount *m = &p->mounts.at[i];

		sources[i] = -1;
		if (m->kind != MOUNT_ROOT && m->kind != MOUNT_READ_ONLY)
			continue;
		sources[i] = detached_source(m, user_ns, e);
		if (sources[i] < 0)
			return -1;
	}
	return 0;
}

int mounts_stage(const struct plan *p, const struct id_range *ids, int user_ns, struct staged *ret, struct err *e)
{
	AUTO_FREE int *sources = mem_alloc((p->mounts.len + 1) * sizeof *sources);
	struct staged s = { -1, -1, -1 };

	if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL))
		return err_sys(e, "cannot make mounts private");
	if (open_sources(p, user_ns, sources, e) || stage_folder(&s, p, ids, sources[0], e) ||
		stage_overlay(&s, ids->is_root, e))
		return -1;
	for (size_t i = 1; i < keepers_share(p); i++)
		if (stage_mount(s.root, &p->mounts.at[i], sources[i], ids, e))
			return -1;
	*ret = s;
	return 0;
}

static int freeze(const char *path, struct err *e)
{
	if (mount(path, path, NULL, MS_BIND | MS_REC, NULL))
		return errno == ENOENT ? 0 : err_sys(e, "cannot freeze %s", path);
	if (mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return err_sys(e, "cannot freeze %s", path);
	return 0;
}

static int cover(const char *path, struct err *e)
{
	struct stat st;
	int rc;

	if (stat(path, &st))
		return 0;
	rc = S_ISDIR(st.st_mode) ? mount("none", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "size=0,mode=0555")
				 : mount("/dev/null", path, NULL, MS_BIND, NULL);
	return rc ? err_sys(e, "cannot hide %s", path) : 0;
}

static int enter_mount(const struct plan_mount *m, struct err *e)
{
	switch (m->kind) {
	case MOUNT_PROC:
		if (mkdir(m->to, 0555) && errno != EEXIST)
			return err_sys(e, "%s", m->to);
		if (mount("proc", m->to, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
			return err_sys(e, "cannot mount %s", m->to);
		return 0;
	case MOUNT_PTS: /* the machine counts terminals over all its instances: a test may not take them all */
		if ((mkdir(m->to, 0755) && errno != EEXIST) ||
			mount("devpts", m->to, "devpts", MS_NOSUID | MS_NOEXEC,
				"newinstance,ptmxmode=0666,mode=620,max=512"))
			return err_sys(e, "cannot mount %s", m->to);
		return 0;
	case MOUNT_FREEZE:
		return freeze(m->to, e);
	case MOUNT_HIDE:
		return cover(m->to, e);
	default:
		return 0;
	}
}

int mounts_enter(const struct plan *p, struct err *e)
{
	/* Bound onto itself: the staged root came in with mounts that belong to the outer user namespace. */
	if (mount(STAGE "/root", STAGE "/root", NULL, MS_BIND | MS_REC, NULL))
		return err_sys(e, "cannot bind the root");
	if (chdir(STAGE "/root") || syscall(SYS_pivot_root, ".", "."))
		return err_sys(e, "cannot enter the root");
	for (size_t i = keepers_share(p); i < p->mounts.len; i++)
		if (enter_mount(&p->mounts.at[i], e))
			return -1;
	if (umount2(".", MNT_DETACH) || chdir("/"))
		return err_sys(e, "cannot leave the machine's files");
	return 0;
}

/* ---- the booted system's own view. Its /proc takes the place of the first process's; that it is made before the old one goes is the
 * kernel's rule: only who sees a whole /proc may mount one. */
static int renew_proc(const char *path, struct err *e)
{
	AUTO_FD int fs = fsopen("proc", FSOPEN_CLOEXEC);
	AUTO_FD int tree = -1;

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) ||
		(tree = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)) < 0)
		return err_sys(e, "cannot make %s", path);
	if (umount2(path, MNT_DETACH) || move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH))
		return err_sys(e, "cannot mount %s", path);
	return 0;
}

static int boot_mount(const struct plan_mount *m, struct err *e)
{
	if (m->kind == MOUNT_PROC)
		return renew_proc(m->to, e);
	if (m->kind == MOUNT_GROUP && mount("cgroup2", m->to, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return err_sys(e, "cannot mount %s", m->to);
	return text_starts(m->to, "/proc/") ? enter_mount(m, e) : 0;
}

int mounts_boot(const struct plan *p, struct err *e)
{
	for (size_t i = keepers_share(p); i < p->mounts.len; i++)
		if (boot_mount(&p->mounts.at[i], e))
			return -1;
	return 0;
}
