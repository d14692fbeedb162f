/* write_deb_losses.c - what a deb cannot hold, told once a kind: a package may have a hundred thousand files with the same. */
#include "formats/write_deb.h"
#include <string.h>

enum { FIRST_PATHS = 3 };

static const struct {
	const char *what, *why;
	enum loss_class class;
} losses[LOST_KINDS] = {
	[LOST_XATTR] = { "xattr", "dpkg reads no extended attributes", LOSS_NOTE },
	[LOST_ACL] = { "acl", "dpkg reads no ACLs", LOSS_NOTE },
	[LOST_SELINUX] = { "selinux", "dpkg reads no SELinux labels", LOSS_NOTE },
	[LOST_CAPABILITIES] = { "capabilities", "dpkg reads no file capabilities", LOSS_BEHAVIOUR },
	[LOST_SPARSE] = { "sparse", "dpkg refuses sparse members: holes are written as zeros", LOSS_NOTE },
	[LOST_NANOSECONDS] = { "mtime-nanoseconds", "GNU tar holds whole seconds", LOSS_NOTE },
	[LOST_GHOST] = { "ghost", "a deb lists only files it brings", LOSS_NOTE },
	[LOST_DOC] = { "flag:doc", "a deb does not mark documentation or licences", LOSS_NOTE },
	[LOST_REPLACE] = { "flag:config-replace", "dpkg asks before it replaces a changed conffile", LOSS_NOTE },
	[LOST_MISSINGOK] = { "flag:missingok", "a deb does not mark files that may be missing", LOSS_NOTE },
	[LOST_LATE_DIR] = { "late-folder", "the folder came after its content: dpkg keeps root 0755", LOSS_BEHAVIOUR },
};

void deb_lose(struct deb_losses *l, enum lost_kind kind, const char *path)
{
	char *before = l->of[kind].paths;

	if (++l->of[kind].count > FIRST_PATHS)
		return;
	l->of[kind].paths = before ? mem_printf("%s, %s", before, path) : mem_strdup(path);
	free(before);
}

void deb_losses_tell(const struct deb_losses *l, struct pkg *pkg, const char *target)
{
	const char *handled = pkg_field_get(pkg, "deb:capabilities-handled");

	for (size_t i = 0; i < LOST_KINDS; i++) {
		size_t count = l->of[i].count;

		if (count == 0 || (i == LOST_CAPABILITIES && handled && strcmp(handled, "1") == 0))
			continue;
		pkg_lose(pkg, target, losses[i].class, losses[i].why, "%s:%zu %s: %s%s", losses[i].what, count,
			count == 1 ? "entry" : "entries", l->of[i].paths, count > FIRST_PATHS ? ", ..." : "");
	}
	if (*pkg->changelog)
		pkg_lose(pkg, target, LOSS_NOTE, "a deb has no field for it", "changelog:%zu bytes",
			strlen(pkg->changelog));
}

void deb_losses_done(struct deb_losses *l)
{
	for (size_t i = 0; i < LOST_KINDS; i++)
		free(l->of[i].paths);
	*l = (struct deb_losses){ 0 };
}
