/* served.c - a requested path becomes a file of one snapshot, or nothing. */
#include "web/served.h"
#include "base/fs.h"
#include "base/text.h"
#include "release/channel/channel.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TRIES = 16 };

static int open_beneath(int dir, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	long fd;

	do
		fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
	while (fd < 0 &&
		(errno == EINTR || errno == EAGAIN)); /* EAGAIN: something was renamed while it was looked up */
	return (int)fd;
}

/* ---- what is served */

static int add(struct served *s, const char *dir, const char *name, struct err *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "%s", dir);
	*LIST_ADD(s) = (struct served_dir){ name ? mem_strdup(name) : NULL, fd };
	return 0;
}

int served_store(struct served *s, const char *store, struct err *e)
{
	AUTO_FREE char *channels = fs_join(store, "channels");

	if (fs_exists(store) && !fs_exists(channels)) {
		err_env(e, "%s: nothing was ever published in this store", store);
		return err_hint(
			e, "serve begins after the first 'sluice release'; a pulled folder is served with --dir");
	}
	return add(s, channels, NULL, e);
}

int served_pulled(struct served *s, const char *text, struct err *e)
{
	const char *equals = strchr(text, '=');
	AUTO_FREE char *dir = mem_strdup(equals ? equals + 1 : text), *name = NULL, *current = NULL;
	struct stat st;

	for (size_t len = strlen(dir); len > 1 && dir[len - 1] == '/';)
		dir[--len] = '\0';
	name = equals ? mem_printf("%.*s", (int)(equals - text), text)
		      : mem_strdup(strrchr(dir, '/') ? strrchr(dir, '/') + 1 : dir);
	if (!channel_name_valid(name))
		return err_usage(e, "--dir %s: '%s' is no name for a channel; NAME=DIR is meant", text, name);
	for (size_t i = 0; i < s->len; i++)
		if (s->at[i].name && strcmp(s->at[i].name, name) == 0)
			return err_usage(e, "--dir %s: '%s' is given twice", text, name);
	current = fs_join(dir, "current");
	if (fs_exists(dir) && lstat(current, &st)) {
		err_env(e, "%s: nothing was pulled there yet", dir);
		return err_hint(e, "'sluice pull URL --trust trust.json --into %s' does", dir);
	}
	return add(s, dir, name, e);
}

void served_done(struct served *s)
{
	for (size_t i = 0; i < s->len; i++) {
		free(s->at[i].name);
		auto_fd(&s->at[i].fd);
	}
	LIST_DONE(s);
}

/* ---- one request */

void snapshot_at_done(struct snapshot_at *s)
{
	auto_fd(&s->fd);
	s->fd = -1;
}

static int open_channel(const struct served *s, const char *channel)
{
	for (size_t i = 0; i < s->len; i++)
		if (!s->at[i].name)
			return open_beneath(s->at[i].fd, channel, O_PATH | O_DIRECTORY);
		else if (strcmp(s->at[i].name, channel) == 0)
			return fcntl(s->at[i].fd, F_DUPFD_CLOEXEC, 3);
	errno = ENOENT;
	return -1;
}

static enum served_how how_of(int error)
{
	static const int absent[] = { ENOENT, ENOTDIR, ELOOP, EXDEV, ENAMETOOLONG, EISDIR, EINVAL };

	for (size_t i = 0; i < COUNT(absent); i++)
		if (error == absent[i])
			return SERVED_NOT_THERE;
	return SERVED_FAILED;
}

/* Only "snapshots/SERIAL" is followed, whatever else the link may say. */
static bool is_snapshot(const char *target)
{
	const char *serial = target + strlen("snapshots/");
	size_t len;

	if (!text_starts(target, "snapshots/"))
		return false;
	len = strspn(serial, "0123456789");
	return len > 0 && len <= 18 && !serial[len];
}

/* What `current` says; -1: errno tells. */
static int read_current(int dir, char ret_target[32], int64_t *ret_since)
{
	char target[32];
	struct stat st;
	ssize_t len;

	if (fstatat(dir, "current", &st, AT_SYMLINK_NOFOLLOW) ||
		(len = readlinkat(dir, "current", target, sizeof target - 1)) < 0)
		return -1;
	target[len] = '\0';
	memcpy(ret_target, target, sizeof target);
	*ret_since = st.st_mtim.tv_sec;
	return 0;
}

enum served_how served_now(const struct served *s, const char *channel, struct snapshot_at *ret)
{
	AUTO_FD int dir = open_channel(s, channel);

	if (dir < 0)
		return how_of(errno);
	/* The oldest snapshots are taken away: one that was present a moment ago may have gone after many publications. */
	for (int i = 0; i < TRIES; i++) {
		struct snapshot_at at;

		if (read_current(dir, at.target, &at.since))
			return how_of(errno);
		if (!is_snapshot(at.target))
			return SERVED_NOT_THERE;
		at.fd = open_beneath(dir, at.target, O_PATH | O_DIRECTORY);
		if (at.fd >= 0) {
			*ret = at;
			return SERVED;
		}
		if (errno != ENOENT)
			return how_of(errno);
	}
	return SERVED_FAILED;
}

bool served_is_now(const struct served *s, const char *channel, const struct snapshot_at *snapshot)
{
	AUTO_FD int dir = open_channel(s, channel);
	char target[32];
	int64_t since;

	return dir >= 0 && read_current(dir, target, &since) == 0 && strcmp(target, snapshot->target) == 0;
}

/* By-hash names, records and rpm-md's content-hashed names say their own digest. */
static bool is_lasting(const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	return strstr(path, "/by-hash/") || text_starts(path, "records/") ||
		(strspn(name, "0123456789abcdef") == 64 && name[64] == '-');
}

/* A package or a key: its content does not change with every publication, so its own time is told; an index is as new as its snapshot. */
static bool is_index(const char *path)
{
	return !is_lasting(path) && !text_ends(path, ".deb") && !text_ends(path, ".rpm");
}

enum served_how served_open(const struct snapshot_at *snapshot, const char *path, struct served_file *ret)
{
	/* A pipe or device would have to be put there by who owns the tree; opening one must not wait all the same. */
	int fd = open_beneath(snapshot->fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return how_of(errno);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return SERVED_NOT_THERE;
	}
	*ret = (struct served_file){ .fd = fd,
		.size = (uint64_t)st.st_size,
		.modified = is_index(path) && snapshot->since > st.st_mtim.tv_sec ? snapshot->since : st.st_mtim.tv_sec,
		.is_lasting = is_lasting(path) };
	/* Files of a snapshot are never written to: this file, as it was made, is this content. */
	(void)snprintf(ret->etag, sizeof ret->etag, "\"%llx-%llx-%llx\"", (unsigned long long)st.st_ino,
		(unsigned long long)st.st_size,
		(unsigned long long)st.st_mtim.tv_sec * 1000000000ull + (unsigned long long)st.st_mtim.tv_nsec);
	return SERVED;
}

void served_squeeze(char *url)
{
	char *to = url;

	for (const char *from = url; *from; from++)
		if (*from != '/' || from[1] != '/')
			*to++ = *from;
	*to = '\0';
}

const char *served_split(const char *url, char ret_channel[65])
{
	const char *slash;
	size_t len;

	if (*url != '/' || !(slash = strchr(url + 1, '/')))
		return NULL;
	len = (size_t)(slash - url) - 1;
	if (len == 0 || len > 64 || !slash[1])
		return NULL;
	memcpy(ret_channel, url + 1, len);
	ret_channel[len] = '\0';
	return channel_name_valid(ret_channel) ? slash + 1 : NULL;
}
