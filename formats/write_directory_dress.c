/* write_directory_dress.c - attributes onto what was just made. What the process may not set is noted, never silent. */
#include "formats/posix_attrs.h"
#include "formats/write_directory.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/acl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

const struct loss_kind tree_losses[TREE_LOSSES] = {
	[TREE_OWNER] = { "owner", "no such user or group here, or no right to give files away", LOSS_NOTE },
	[TREE_SETUID] = { "setuid", "the bit is left off where the owner is not the vendor's", LOSS_BEHAVIOUR },
	[TREE_CAPABILITIES] = { "capabilities", "no right to set them here", LOSS_BEHAVIOUR },
	[TREE_SELINUX] = { "selinux", "the label cannot be set here", LOSS_NOTE },
	[TREE_ACL] = { "acl", "the ACL cannot be set here", LOSS_NOTE },
	[TREE_XATTR] = { "xattr", "the attribute cannot be set here", LOSS_NOTE },
	[TREE_DEVICE] = { "device", "no right to make devices here", LOSS_BEHAVIOUR },
	[TREE_GHOST] = { "ghost", "a folder holds what is there", LOSS_NOTE },
	[TREE_FLAGS] = { "flag", "a folder does not mark configuration, documentation and licences", LOSS_NOTE },
};

enum { LOOKUP_ROOM = 16 << 10 };

/* A name wins over a number; unknown: -1. */
static int64_t user_of(const struct entry *en)
{
	char room[LOOKUP_ROOM];
	struct passwd pw, *found = NULL;

	if (!*en->owner || strcmp(en->owner, "root") == 0)
		return *en->owner || en->uid < 0 ? 0 : en->uid;
	if (getpwnam_r(en->owner, &pw, room, sizeof room, &found) == 0 && found)
		return (int64_t)found->pw_uid;
	return en->uid > 0 ? en->uid : -1;
}

static int64_t group_of(const struct entry *en)
{
	char room[LOOKUP_ROOM];
	struct group gr, *found = NULL;

	if (!*en->group || strcmp(en->group, "root") == 0)
		return *en->group || en->gid < 0 ? 0 : en->gid;
	if (getgrnam_r(en->group, &gr, room, sizeof room, &found) == 0 && found)
		return (int64_t)found->gr_gid;
	return en->gid > 0 ? en->gid : -1;
}

/* true: it belongs to whom the vendor said. */
static bool give_away(int folder, const char *name, int flags, const struct entry *en)
{
	int64_t uid = user_of(en), gid = group_of(en);

	return uid >= 0 && gid >= 0 && fchownat(folder, name, (uid_t)uid, (gid_t)gid, flags) == 0;
}

static void set_attribute(
	int fd, const char *name, const void *value, size_t len, const struct entry *en, struct loss_tally *lost)
{
	if (fsetxattr(fd, name, value, len, 0))
		loss_tally_add(lost, en->path);
}

static bool set_acl(int fd, acl_type_t type, const char *text)
{
	AUTO_FREE char *by_fd = mem_printf("/proc/self/fd/%d", fd);
	acl_t acl = acl_from_text(text);
	bool is_set = acl && acl_valid(acl) == 0 &&
		(type == ACL_TYPE_ACCESS ? acl_set_fd(fd, acl) : acl_set_file(by_fd, type, acl)) == 0;

	if (acl)
		acl_free(acl);
	return is_set;
}

static void set_attributes(int fd, const struct entry *en, struct loss_tally lost[TREE_LOSSES])
{
	unsigned char caps[POSIX_ATTR_CAPABILITIES];

	for (size_t i = 0; i < en->xattrs_len; i++)
		set_attribute(fd, en->xattrs[i].name, en->xattrs[i].value, en->xattrs[i].len, en, &lost[TREE_XATTR]);
	if (*en->selinux)
		set_attribute(fd, "security.selinux", en->selinux, strlen(en->selinux) + 1, en, &lost[TREE_SELINUX]);
	if ((*en->acl && !set_acl(fd, ACL_TYPE_ACCESS, en->acl)) ||
		(*en->acl_default && !set_acl(fd, ACL_TYPE_DEFAULT, en->acl_default)))
		loss_tally_add(&lost[TREE_ACL], en->path);
	if (*en->capabilities) {
		if (posix_attr_capabilities_bytes(en->capabilities, caps))
			loss_tally_add(&lost[TREE_CAPABILITIES], en->path);
		else
			set_attribute(fd, "security.capability", caps, sizeof caps, en, &lost[TREE_CAPABILITIES]);
	}
}

/* A new owner takes setuid bits and capabilities away, so he comes first; an ACL's mask is the mode's group bits, so the mode comes before it. */
int tree_dress(
	int fd, const struct entry *en, int64_t mtime, uint32_t ns, struct loss_tally lost[TREE_LOSSES], struct err *e)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = mtime, .tv_nsec = ns } };
	bool is_given = give_away(fd, "", AT_EMPTY_PATH, en), is_risky = en->type == ENTRY_FILE && en->mode & 06000;
	mode_t mode = !is_given && is_risky ? en->mode & 01777 : en->mode & 07777;

	if (!is_given)
		loss_tally_add(&lost[TREE_OWNER], en->path);
	if (!is_given && is_risky)
		loss_tally_add(&lost[TREE_SETUID], en->path);
	if (fchmod(fd, mode))
		return err_sys(e, "setting the mode of %s", en->path);
	set_attributes(fd, en, lost);
	if (futimens(fd, times))
		return err_sys(e, "setting the time of %s", en->path);
	return 0;
}

int tree_dress_at(int folder, const char *name, const struct entry *en, int64_t mtime, uint32_t ns,
	struct loss_tally lost[TREE_LOSSES], struct err *e)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = mtime, .tv_nsec = ns } };

	if (!give_away(folder, name, AT_SYMLINK_NOFOLLOW, en))
		loss_tally_add(&lost[TREE_OWNER], en->path);
	if (en->type != ENTRY_SYMLINK && fchmodat(folder, name, en->mode & 0777, 0))
		return err_sys(e, "setting the mode of %s", en->path);
	if (en->xattrs_len)
		loss_tally_add(&lost[TREE_XATTR], en->path);
	if (*en->selinux)
		loss_tally_add(&lost[TREE_SELINUX], en->path);
	if (utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW))
		return err_sys(e, "setting the time of %s", en->path);
	return 0;
}
