/* entry.c - one path of a test root told whole, with everything a package can carry of it: what a capture takes out.
 *
 * Content goes out in pieces as it is read: a large file is never held. Resolved inside the root; the last name is never followed. */
#include "sandbox/inside.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { NAMES_MAX = 64 << 10, VALUE_MAX = 64 << 10, PIECE = 256 << 10, TARGET_MAX = 4096 };

/* u32 count, then bytes name, bytes value */
static void pack_xattrs(struct pack *p, int fd)
{
	AUTO_FREE char *names = mem_alloc(NAMES_MAX), *value = mem_alloc(VALUE_MAX);
	ssize_t len = fd < 0 ? 0 : flistxattr(fd, names, NAMES_MAX);
	struct pack list = { 0 };
	uint32_t count = 0;

	for (ssize_t i = 0; i < len; i += (ssize_t)strlen(names + i) + 1) {
		ssize_t got = fgetxattr(fd, names + i, value, VALUE_MAX);

		if (got < 0)
			continue;
		pack_str(&list, names + i);
		pack_bytes(&list, value, (size_t)got);
		count++;
	}
	pack_u32(p, count);
	for (size_t i = 0; i < list.len; i++)
		pack_u8(p, list.at[i]);
	pack_done(&list);
}

static int say_nothing(const struct inside *in, struct err *e)
{
	const unsigned char none = 0;

	return frame_write(in->socket, SAY_ENTRY, &none, 1, e);
}

/* Exactly size bytes, or SAY_END with 1: it changed meanwhile. */
static int say_content(const struct inside *in, int fd, uint64_t size, struct err *e)
{
	AUTO_FREE char *buf = mem_alloc(PIECE);
	unsigned char failed = 0;

	while (size > 0 && !failed) {
		ssize_t got = read(fd, buf, size < PIECE ? (size_t)size : PIECE);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			failed = 1;
		else if (frame_write(in->socket, SAY_PIECE, buf, (size_t)got, e))
			return -1;
		else
			size -= (uint64_t)got;
	}
	return frame_write(in->socket, SAY_END, &failed, 1, e);
}

/* SAY_ENTRY: u8 found, u32 mode, uid, gid, u64 size, u64 mtime, u32 ns, u64 device, u64 inode, u32 links, u32 major, u32 minor, bytes
 * target, attributes. With content, for a file: SAY_PIECE..., SAY_END. */
int answer_entry(const struct inside *in, const char *path, bool with_content, struct err *e)
{
	AUTO_FD int at = open_below(in->staged.root, path, O_PATH | O_NOFOLLOW, 0);
	AUTO_FD int fd = -1;
	char target[TARGET_MAX + 1] = "";
	struct pack p = { 0 };
	struct stat st;
	ssize_t len = 0;

	if (at < 0 || fstat(at, &st))
		return say_nothing(in, e);
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		fd = open_below(in->staged.root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd >= 0 && fstat(fd, &st))
		return say_nothing(in, e);
	if (S_ISLNK(st.st_mode))
		len = readlinkat(at, "", target, TARGET_MAX);
	pack_u8(&p, 1);
	pack_u32(&p, st.st_mode);
	pack_u32(&p, st.st_uid);
	pack_u32(&p, st.st_gid);
	pack_u64(&p, S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0);
	pack_u64(&p, (uint64_t)st.st_mtim.tv_sec);
	pack_u32(&p, (uint32_t)st.st_mtim.tv_nsec);
	pack_u64(&p, st.st_dev);
	pack_u64(&p, st.st_ino);
	pack_u32(&p, (uint32_t)st.st_nlink);
	pack_u32(&p, major(st.st_rdev));
	pack_u32(&p, minor(st.st_rdev));
	pack_bytes(&p, target, len > 0 ? (size_t)len : 0);
	pack_xattrs(&p, fd);
	int rc = frame_write(in->socket, SAY_ENTRY, p.at, p.len, e);
	pack_done(&p);
	if (rc || !with_content || !S_ISREG(st.st_mode))
		return rc;
	return say_content(in, fd, (uint64_t)st.st_size, e);
}
