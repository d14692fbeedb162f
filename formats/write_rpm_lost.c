/* write_rpm_lost.c - what an rpm cannot hold, or must not: gathered while the entries pass, told as one line a kind. */
#include "formats/rpm_write.h"
#include <stdio.h>
#include <string.h>

enum { PATHS_MAX = 10 };

void rpm_lost_note(struct writer_job *job, enum rpm_loss kind, const char *path)
{
	struct rpm_lost *l = &job->lost[kind];
	size_t used = strlen(l->paths);

	if (l->count++ < PATHS_MAX && used + strlen(path) + 2 < sizeof l->paths)
		snprintf(l->paths + used, sizeof l->paths - used, "%s%s", used ? " " : "", path);
}

void rpm_lost_entry(struct writer_job *job, const struct entry *x)
{
	if (x->xattrs_len)
		rpm_lost_note(job, RPM_LOSS_XATTR, x->path);
	if (x->acl[0] || x->acl_default[0])
		rpm_lost_note(job, RPM_LOSS_ACL, x->path);
	if (x->selinux[0])
		rpm_lost_note(job, RPM_LOSS_SELINUX, x->path);
	if (x->mtime_ns)
		rpm_lost_note(job, RPM_LOSS_TIME, x->path);
	if (x->extents_len)
		rpm_lost_note(job, RPM_LOSS_SPARSE, x->path);
}

/* Folders that the base system of rpm distributions owns as links (usr-merge) or without write permission. A second owner with another
 * mode is a file conflict: the package would not install. rpm makes missing parents by itself, as root with mode 0755. */
static const char *const system_folders[] = { "/bin", "/boot", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr/bin",
	"/usr/lib", "/usr/lib64", "/usr/sbin", "/var/lock", "/var/mail", "/var/run" };

bool rpm_is_system_folder(const struct entry *x)
{
	bool is_plain = x->type == ENTRY_DIR && x->mode == 0755 && (strcmp(x->owner, "root") == 0 || x->uid == 0) &&
		(strcmp(x->group, "root") == 0 || x->gid == 0);

	for (size_t i = 0; is_plain && i < COUNT(system_folders); i++)
		if (strcmp(system_folders[i], x->path) == 0)
			return true;
	return false;
}

static const struct {
	const char *kind, *why;
} losses[] = {
	[RPM_LOSS_XATTR] = { "xattr", "rpm keeps no extended attributes" },
	[RPM_LOSS_ACL] = { "acl", "rpm keeps no access control lists" },
	[RPM_LOSS_SELINUX] = { "selinux", "labels come from the target's own policy" },
	[RPM_LOSS_TIME] = { "mtime-ns", "rpm keeps whole seconds" },
	[RPM_LOSS_CLAMPED] = { "mtime", "rpm keeps times from 1970 to 2106" },
	[RPM_LOSS_SPARSE] = { "sparse", "the file is installed with its holes filled with zeros" },
	[RPM_LOSS_FOLDER] = { "directory",
		"it belongs to the target's base system, whose packages own it with its own mode or as a link" },
	[RPM_LOSS_OWNER] = { "owner", "only a number is known; rpm wants a name" },
};

void rpm_lost_tell(const struct writer_job *job, struct pkg *pkg)
{
	for (size_t i = 0; i < RPM_LOSSES; i++)
		if (job->lost[i].count)
			pkg_lose(pkg, job->options.target, LOSS_NOTE, losses[i].why, "%s:%u: %s%s", losses[i].kind,
				job->lost[i].count, job->lost[i].paths, job->lost[i].count > PATHS_MAX ? " ..." : "");
}
