/* root_store.c - root images on disk: names that are links, locks, and what killed processes left. See roots.h. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include "sandbox/roots.h"
#include "sandbox/users.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void image_done(struct image *i)
{
	free(i->path);
	free(i->tree);
	if (i->path && i->lock >= 0)
		close(i->lock);
	*i = (struct image){ .lock = -1 };
}

static int lock_folder(const char *path, int how)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (fd >= 0 && flock(fd, how)) {
		if (errno == EINTR)
			continue;
		close(fd);
		return -1;
	}
	return fd;
}

static int lock_roots(const char *roots, struct err *e)
{
	int fd = lock_folder(roots, LOCK_EX);

	return fd < 0 ? err_sys(e, "%s", roots) : fd;
}

static void fill_in(struct image *i, char *path, int lock)
{
	*i = (struct image){ .path = path, .tree = fs_join(path, "tree"), .lock = lock };
}

static int remove_tree(void *path, struct err *e)
{
	return fs_remove_tree(path, e);
}

int image_begin(const char *roots, const char *name, struct image *ret, struct err *e)
{
	AUTO_FD int store = -1;
	unsigned char salt[4];
	char random[9];

	if (fs_mkdirs(roots, 0755, e))
		return -1;
	store = lock_roots(roots, e);
	if (store < 0)
		return -1;
	random_bytes(salt, sizeof salt);
	hex_of(salt, sizeof salt, random);
	char *path = mem_printf("%s/.%s-%s", roots, name, random);
	/* An image may hold setuid programs of whoever made it: those that are root's are shut away from the machine's people. An ordinary
	 * user's subordinate ids are others to the folder, and must get through. */
	mode_t mode = users_is_root() ? 0700 : 0755;
	int lock = mkdir(path, mode) || chmod(path, mode) ? -1 : lock_folder(path, LOCK_EX | LOCK_NB);
	if (lock < 0) {
		err_sys(e, "cannot make %s", path);
		free(path);
		return -1;
	}
	fill_in(ret, path, lock);
	return 0;
}

void image_drop(struct image *i, const struct events *ev)
{
	struct err e = { 0 };

	if (i->path && users_run(remove_tree, i->path, &e))
		event_log(ev, EVENT_WARNING, "what was begun stays at %s: %s", i->path, e.text);
	image_done(i);
}

/* Images of earlier versions are folders under their own names: the link changes places with it, and the folder is hidden then. */
static int put_over(const char *fresh, const char *name, bool *ret_swapped, struct err *e)
{
	struct stat st;

	*ret_swapped = lstat(name, &st) == 0 && S_ISDIR(st.st_mode);
	if (*ret_swapped ? renameat2(AT_FDCWD, fresh, AT_FDCWD, name, RENAME_EXCHANGE) : rename(fresh, name))
		return err_sys(e, "cannot put %s in place", name);
	return 0;
}

int image_publish(const char *roots, const char *name, const struct image *i, bool replaces, struct err *e)
{
	AUTO_FREE char *link = fs_join(roots, name), *fresh = mem_printf("%s.link", i->path);
	AUTO_FD int store = lock_roots(roots, e);
	const char *target = strrchr(i->path, '/') + 1;
	bool swapped = false;

	if (store < 0)
		return -1;
	if (syncfs(i->lock))
		return err_sys(e, "%s", i->path);
	if (!replaces) {
		if (symlink(target, link))
			return errno == EEXIST ? err_usage(e, "a root named '%s' exists", name)
					       : err_sys(e, "cannot put %s in place", link);
		return fs_sync_dir(roots, e);
	}
	if (symlink(target, fresh))
		return err_sys(e, "cannot make %s", fresh);
	if (put_over(fresh, link, &swapped, e)) {
		unlink(fresh);
		return -1;
	}
	return fs_sync_dir(roots, e);
}

int image_use(const char *roots, const char *name, struct image *ret, struct err *e)
{
	AUTO_FREE char *link = fs_join(roots, name);
	AUTO_FD int store = lock_folder(roots, LOCK_SH);
	char *path = store < 0 ? NULL : realpath(link, NULL);
	AUTO_JSON *about = path ? image_about(path) : NULL;

	if (!about) {
		free(path);
		return 1;
	}
	int lock = lock_folder(path, LOCK_SH);
	if (lock < 0) {
		err_sys(e, "%s", path);
		free(path);
		return -1;
	}
	fill_in(ret, path, lock);
	return 0;
}

bool image_in_use(const char *path)
{
	AUTO_FD int fd = lock_folder(path, LOCK_EX | LOCK_NB);

	return fd < 0;
}

static int take_name(const char *link, const char *gone, struct err *e)
{
	struct stat st;

	if (lstat(link, &st))
		return err_sys(e, "%s", link);
	return (S_ISDIR(st.st_mode) ? rename(link, gone) : unlink(link)) ? err_sys(e, "cannot remove %s", link) : 0;
}

int image_remove(const char *roots, const char *name, struct err *e)
{
	AUTO_FREE char *link = fs_join(roots, name), *path = NULL, *gone = mem_printf("%s/.%s.gone", roots, name);
	AUTO_FD int store = lock_roots(roots, e), lock = -1;
	struct stat st;

	if (store < 0)
		return -1;
	if (lstat(link, &st))
		return err_usage(e, "there is no root named '%s'", name);
	path = realpath(link, NULL);
	lock = path ? lock_folder(path, LOCK_EX | LOCK_NB) : -1;
	if (path && lock < 0) {
		err_env(e, "a test uses the root %s right now", name);
		return err_hint(e, "try again when it has ended");
	}
	if (take_name(link, gone, e))
		return -1;
	if (S_ISDIR(st.st_mode)) {
		free(path);
		path = mem_strdup(gone);
	}
	auto_fd(&store); /* others need not wait */
	store = -1;
	return path ? users_run(remove_tree, path, e) : 0;
}

/* ---- what was left */
static bool is_named(const char *roots, const char *hidden)
{
	DIR *d = opendir(roots);
	bool found = false;

	for (struct dirent *entry; !found && d && (entry = readdir(d)) != NULL;) {
		AUTO_FREE char *link = fs_join(roots, entry->d_name);
		char target[300];
		ssize_t len = entry->d_name[0] == '.' ? -1 : readlink(link, target, sizeof target - 1);

		target[len > 0 ? len : 0] = '\0';
		found = len > 0 && strcmp(target, hidden) == 0;
	}
	if (d)
		closedir(d);
	return found;
}

struct left {
	char *path;
	int lock;
};

/* Locked one by one, so that nobody begins to use what will go. */
static size_t find_left(const char *roots, struct left *ret, size_t room)
{
	AUTO_FD int store = lock_folder(roots, LOCK_EX | LOCK_NB); /* somebody is busy: next time */
	DIR *d = store < 0 ? NULL : opendir(roots);
	size_t len = 0;

	for (struct dirent *entry; len < room && d && (entry = readdir(d)) != NULL;) {
		AUTO_FREE char *path = fs_join(roots, entry->d_name);
		struct stat st;

		if (entry->d_name[0] != '.' || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			lstat(path, &st))
			continue;
		if (S_ISLNK(st.st_mode))
			unlink(path);
		if (!S_ISDIR(st.st_mode) || is_named(roots, entry->d_name))
			continue;
		int lock = lock_folder(path, LOCK_EX | LOCK_NB);
		if (lock >= 0)
			ret[len++] = (struct left){ mem_strdup(path), lock };
	}
	if (d)
		closedir(d);
	return len;
}

void images_sweep(const char *roots)
{
	struct left left[16];
	size_t len = find_left(roots, left, COUNT(left));
	struct err ignored = { 0 };

	for (size_t i = 0; i < len; i++) {
		if (users_run(remove_tree, left[i].path, &ignored))
			ignored = (struct err){ 0 }; /* tried again by the next one */
		close(left[i].lock);
		free(left[i].path);
	}
}

json_t *image_about(const char *image)
{
	AUTO_FREE char *path = fs_join(image, "root.json"), *text = NULL;
	struct err ignored = { 0 };
	size_t len = 0;

	if (fs_read_file(path, 65536, &text, &len, &ignored))
		return NULL;
	return json_parse(text, len, path, &ignored);
}
