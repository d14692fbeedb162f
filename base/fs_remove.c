/* fs_remove.c - removes a whole tree that somebody else may have planted: never through a link, never onto another file system.
 *
 * Open folders are bounded: a folder deeper than DEPTH is moved up to the top first and removed from there. */
#include "base/fs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEPTH = 64 };

struct removal {
	int top; /* the tree's own folder */
	dev_t dev;
	unsigned moved;
	bool is_moved; /* something new lies in top: look again */
};

static int open_dir(int at, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at, name, flags);

	if (fd < 0 && errno == EACCES && fchmodat(at, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		fd = openat(at, name, flags);
	return fd;
}

static int clear_dir(struct removal *r, int fd, int depth, struct err *e);

static int move_up(struct removal *r, int at, const char *name, struct err *e)
{
	char up[64];

	do
		snprintf(up, sizeof up, ".sluice-removed-%u", r->moved++);
	while (renameat2(at, name, r->top, up, RENAME_NOREPLACE) && errno == EEXIST);
	if (faccessat(r->top, up, F_OK, AT_SYMLINK_NOFOLLOW))
		return err_sys(e, "cannot move %s", name);
	r->is_moved = true;
	return 0;
}

static int remove_dir(struct removal *r, int at, const char *name, int depth, struct err *e)
{
	struct stat st;
	int fd;

	if (depth >= DEPTH)
		return move_up(r, at, name, e);
	fd = open_dir(at, name);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "cannot open folder %s", name);
	if (fstat(fd, &st) || st.st_dev != r->dev) {
		close(fd);
		return err_env(e, "%s: something is mounted there", name);
	}
	if (clear_dir(r, fd, depth + 1, e)) /* closes fd */
		return err_wrap(e, "%s", name);
	if (unlinkat(at, name, AT_REMOVEDIR) && errno != ENOENT)
		return err_sys(e, "cannot remove folder %s", name);
	return 0;
}

static int remove_one(struct removal *r, int fd, const char *name, int depth, struct err *e)
{
	if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EACCES && fchmod(fd, 0700) == 0 && unlinkat(fd, name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(e, "cannot remove %s", name);
	return remove_dir(r, fd, name, depth, e);
}

/* Takes fd. */
static int clear_dir(struct removal *r, int fd, int depth, struct err *e)
{
	DIR *dir = fdopendir(fd);
	struct dirent *d;
	int rc = 0;

	if (dir == NULL) {
		close(fd);
		return err_sys(e, "cannot read a folder");
	}
	while (rc == 0 && (d = readdir(dir)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			rc = remove_one(r, fd, d->d_name, depth, e);
	closedir(dir);
	return rc;
}

int fs_remove_tree(const char *path, struct err *e)
{
	struct removal r = { 0 };
	struct stat st;
	int rc = 0;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : err_sys(e, "cannot look at %s", path);
	if (!S_ISDIR(st.st_mode)) {
		if (unlink(path))
			return err_sys(e, "cannot remove %s", path);
		return 0;
	}
	r.top = open_dir(AT_FDCWD, path);
	if (r.top < 0)
		return err_sys(e, "cannot open folder %s", path);
	r.dev = st.st_dev;
	do {
		int again = openat(r.top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		r.is_moved = false;
		rc = again < 0 ? err_sys(e, "cannot open folder %s", path) : clear_dir(&r, again, 0, e);
	} while (rc == 0 && r.is_moved);
	close(r.top);
	if (rc)
		return err_wrap(e, "removing %s", path);
	if (rmdir(path) && errno != ENOENT)
		return err_sys(e, "cannot remove folder %s", path);
	return 0;
}
