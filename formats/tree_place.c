/* tree_place.c - openat2 with RESOLVE_BENEATH: the kernel itself keeps a hostile name inside. */
#include "formats/tree_place.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_beneath(int root, const char *path, int flags, mode_t mode)
{
	struct open_how how = { .flags = (uint64_t)flags | O_CLOEXEC | O_NOFOLLOW,
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

static int refuse(const char *path, struct err *e)
{
	if (errno == ELOOP || errno == EXDEV)
		return err_input(e, "E_LINK_ESCAPE", "%s lies behind a symlink", path);
	if (errno == ENOTDIR)
		return err_input(e, "E_DUPLICATE_NAME", "%s lies below what is no folder", path);
	return err_sys(e, "cannot make %s", path);
}

/* Each folder on the way in turn. */
static int make_folders(int root, char *path, struct err *e)
{
	for (char *slash = strchr(path, '/');; slash = strchr(slash + 1, '/')) {
		int fd, made;

		if (slash)
			*slash = 0;
		made = mkdirat(root, path, 0700);
		fd = made && errno != EEXIST ? -1 : open_beneath(root, path, O_RDONLY | O_DIRECTORY, 0);
		if (fd < 0)
			return refuse(path, e);
		if (slash == NULL)
			return fd;
		close(fd);
		*slash = '/';
	}
}

int tree_place_of(struct tree_place *t, const char *path, const char **ret_name, struct err *e)
{
	const char *slash = strrchr(path, '/');
	size_t len = (size_t)(slash - path);
	AUTO_FREE char *folder = len ? mem_printf("%.*s", (int)len - 1, path + 1) : mem_strdup(".");

	*ret_name = slash + 1;
	if (t->fd >= 0 && strcmp(t->path, folder) == 0)
		return t->fd;
	tree_place_done(t);
	t->fd = open_beneath(t->root, folder, O_RDONLY | O_DIRECTORY, 0);
	if (t->fd < 0 && errno == ENOENT)
		t->fd = make_folders(t->root, folder, e);
	else if (t->fd < 0)
		refuse(path, e);
	if (t->fd < 0)
		return -1;
	t->path = mem_strdup(folder);
	return t->fd;
}

int tree_place_open(struct tree_place *t, const char *path, int flags, mode_t mode, struct err *e)
{
	const char *name;
	int parent = tree_place_of(t, path, &name, e), fd;

	if (parent < 0)
		return -1;
	fd = open_beneath(parent, name, flags, mode);
	return fd < 0 ? refuse(path, e) : fd;
}

void tree_place_done(struct tree_place *t)
{
	if (t->fd >= 0)
		close(t->fd);
	free(t->path);
	t->path = NULL;
	t->fd = -1;
}
