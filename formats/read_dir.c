/* read_dir.c - a directory as a package's payload, in the order of its names.
 *
 * Walked only beneath the descriptor that was handed in, never by an absolute path and never through a link: each folder is opened
 * with O_NOFOLLOW from its parent's descriptor. Owner names other than root's are not known in the confined process: numbers are. */
#include "base/fs.h"
#include "formats/entry_mode.h"
#include "formats/guard.h"
#include "formats/oci.h"
#include "formats/posix_attrs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { PIECE = 256 << 10, NAMES_MOST = 64 << 10, EXTENTS_MOST = 65536 };

struct inode {
	dev_t dev;
	ino_t ino;
	const char *path; /* the first of its names */
};
struct walk {
	const struct limits *limits;
	struct guard *g;
	struct sink *sink;
	struct pkg *pkg;
	struct arena arena; /* of paths that stay: inodes with several names */
	struct {
		struct inode *at;
		size_t len, room; /* open addressing; room a power of two */
	} inodes;
	unsigned char *buf;
	unsigned depth;
};
struct names {
	char **at;
	size_t len, room;
	struct arena arena;
};

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_done(struct names *n)
{
	LIST_DONE(n);
	arena_done(&n->arena);
}

/* All names of a folder, sorted, "." and ".." left out. fd is used up. */
static int names_read(struct walk *w, int fd, struct names *ret, struct err *e)
{
	DIR *dir = fdopendir(fd);
	struct dirent *d;

	if (dir == NULL) {
		err_sys(e, "cannot list a folder");
		close(fd);
		return -1;
	}
	arena_init(&ret->arena, (size_t)(w->limits->memory / 8));
	for (errno = 0; (d = readdir(dir)); errno = 0) {
		char *name;

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		name = ret->len < w->limits->entries ? arena_str(&ret->arena, d->d_name) : NULL;
		if (name == NULL) {
			closedir(dir);
			return err_input(e, "E_LIMIT_ENTRIES", "a folder holds too many names");
		}
		*LIST_ADD(ret) = name;
	}
	if (errno) {
		err_sys(e, "cannot list a folder");
		closedir(dir);
		return -1;
	}
	closedir(dir);
	if (ret->len)
		qsort(ret->at, ret->len, sizeof *ret->at, by_bytes);
	return 0;
}

/* The place of an inode in the table; one that is free when it is new. */
static struct inode *inode_find(struct walk *w, const struct stat *st)
{
	size_t i = (size_t)((st->st_ino ^ st->st_dev) * 0x9e3779b97f4a7c15u >> 20) & (w->inodes.room - 1);

	while (w->inodes.at[i].path && (w->inodes.at[i].ino != st->st_ino || w->inodes.at[i].dev != st->st_dev))
		i = (i + 1) & (w->inodes.room - 1);
	return &w->inodes.at[i];
}

static void inodes_grow(struct walk *w)
{
	struct inode *old = w->inodes.at;
	size_t room = w->inodes.room;

	if (w->inodes.len * 2 < room)
		return;
	w->inodes.room = room ? room * 2 : 256;
	w->inodes.at = mem_alloc(w->inodes.room * sizeof *w->inodes.at);
	for (size_t i = 0; i < room; i++)
		if (old[i].path)
			*inode_find(w, &(struct stat){ .st_dev = old[i].dev, .st_ino = old[i].ino }) = old[i];
	free(old);
}

/* A file with several names is a hard link from its second name on. */
static int set_link(struct walk *w, const struct stat *st, struct entry *en, struct err *e)
{
	struct inode *i;

	inodes_grow(w);
	i = inode_find(w, st);
	if (i->path) {
		en->type = ENTRY_HARDLINK;
		en->target = i->path;
		en->size = 0;
		return 0;
	}
	*i = (struct inode){ st->st_dev, st->st_ino, arena_str(&w->arena, en->path) };
	if (i->path == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "too many hard links");
	w->inodes.len++;
	return 0;
}

static int read_xattr(int fd, const char *name, struct arena *a, struct xattr *ret, struct err *e)
{
	ssize_t len = fgetxattr(fd, name, NULL, 0);
	unsigned char *value;

	if (len < 0)
		return err_sys(e, "cannot read the attribute %s", name);
	value = arena_alloc(a, (size_t)len + 1);
	ret->name = arena_str(a, name);
	if (value == NULL || ret->name == NULL)
		return err_input(e, "E_LIMIT_XATTR", "extended attributes take too much memory");
	len = fgetxattr(fd, name, value, (size_t)len);
	if (len < 0)
		return err_sys(e, "cannot read the attribute %s", name);
	ret->value = value;
	ret->len = (size_t)len;
	return 0;
}

/* Of an open file or folder; links and special files have none that a package keeps. */
static int set_xattrs(int fd, struct arena *a, struct entry *en, struct err *e)
{
	AUTO_FREE char *list = mem_alloc(NAMES_MOST);
	ssize_t len = flistxattr(fd, list, NAMES_MOST);
	LIST(struct xattr) raw = { 0 };
	int done = 0;

	if (len < 0)
		return errno == ENOTSUP || errno == ENOSYS || errno == EPERM ? 0 : err_sys(e, "cannot list attributes");
	for (ssize_t i = 0; i < len && done == 0; i += (ssize_t)strlen(list + i) + 1) {
		struct xattr x = { 0 };

		done = read_xattr(fd, list + i, a, &x, e);
		*LIST_ADD(&raw) = x;
	}
	if (done == 0)
		done = posix_attrs_take(a, en, raw.at, raw.len, e);
	LIST_DONE(&raw);
	return done;
}

static int pass_range(struct walk *w, int fd, const struct entry *en, uint64_t at, uint64_t len, struct err *e)
{
	while (len > 0) {
		ssize_t got = pread(fd, w->buf, len < PIECE ? (size_t)len : PIECE, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, "cannot read %s", en->path);
		if (got == 0)
			return err_input(e, "E_TRUNCATED", "%s became shorter while it was read", en->path);
		if (sink_data(w->sink, w->buf, (size_t)got, e))
			return -1;
		at += (uint64_t)got;
		len -= (uint64_t)got;
	}
	return 0;
}

static int pass_hole(struct walk *w, uint64_t len, struct err *e)
{
	enum { MOST = 1 << 30 };

	for (; len > MOST; len -= MOST)
		if (sink_data(w->sink, NULL, MOST, e))
			return -1;
	return len ? sink_data(w->sink, NULL, (size_t)len, e) : 0;
}

static int pass_file(struct walk *w, int fd, const struct entry *en, struct err *e)
{
	uint64_t at = 0;

	if (en->extents == NULL)
		return pass_range(w, fd, en, 0, en->size, e);
	for (size_t i = 0; i < en->extents_len; i++) {
		const struct extent *x = &en->extents[i];

		if (pass_hole(w, x->at - at, e) || pass_range(w, fd, en, x->at, x->len, e))
			return -1;
		at = x->at + x->len;
	}
	return pass_hole(w, en->size - at, e);
}

/* Where the file system says a file has data; one that has it everywhere (or in too many places) is dense. */
static int set_extents(int fd, const struct stat *st, struct arena *a, struct entry *en, struct err *e)
{
	LIST(struct extent) list = { 0 };
	off_t at = 0, size = st->st_size;

	if ((uint64_t)st->st_blocks * 512 >= en->size)
		return 0;
	while (at < size && list.len < EXTENTS_MOST) {
		off_t data = lseek(fd, at, SEEK_DATA), hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);

		if (data < 0 && errno == ENXIO)
			at = size;
		if (hole < 0 || data >= size)
			break;
		at = hole < size ? hole : size;
		*LIST_ADD(&list) = (struct extent){ (uint64_t)data, (uint64_t)(at - data) };
	}
	if (at >= size && list.len < EXTENTS_MOST && !(list.len == 1 && list.at[0].len == en->size)) {
		en->extents = arena_alloc(a, (list.len + 1) * sizeof *en->extents);
		en->extents_len = list.len;
		if (en->extents && list.len)
			memcpy(en->extents, list.at, list.len * sizeof *list.at);
	}
	LIST_DONE(&list);
	return 0;
}

static void set_common(struct entry *en, const struct stat *st)
{
	en->mode = st->st_mode & 07777;
	en->uid = st->st_uid;
	en->gid = st->st_gid;
	en->owner = st->st_uid == 0 ? "root" : "";
	en->group = st->st_gid == 0 ? "root" : "";
	en->mtime = st->st_mtim.tv_sec;
	en->mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
}

static int walk(struct walk *w, int fd, const char *path, struct err *e);

/* A file or folder, opened; the kernel's word on what it is is asked again from the descriptor. */
static int pass_open(struct walk *w, int dir, const char *name, struct entry *en, struct arena *a, struct err *e)
{
	int flags = en->type == ENTRY_DIR ? O_DIRECTORY : O_NONBLOCK;
	AUTO_FD int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | flags);
	struct stat st;
	int down;

	if (fd < 0 || fstat(fd, &st))
		return err_sys(e, "cannot open %s", en->path);
	if (S_ISDIR(st.st_mode) != (en->type == ENTRY_DIR) || (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)))
		return err_input(e, "E_STRUCTURE", "%s changed while it was read", en->path);
	set_common(en, &st);
	en->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	if (en->type == ENTRY_FILE && st.st_nlink > 1 && set_link(w, &st, en, e))
		return -1;
	if (en->type != ENTRY_HARDLINK && set_xattrs(fd, a, en, e))
		return -1;
	if (en->type == ENTRY_FILE && set_extents(fd, &st, a, en, e))
		return -1;
	if (sink_entry_begin(w->sink, en, e))
		return -1;
	if (en->type == ENTRY_FILE && pass_file(w, fd, en, e))
		return -1;
	if (sink_entry_end(w->sink, e) || en->type != ENTRY_DIR)
		return en->type == ENTRY_DIR ? -1 : 0;
	down = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return down < 0 ? err_sys(e, "cannot open %s", en->path) : walk(w, down, en->path, e);
}

static int set_target(
	int dir, const char *name, const struct limits *limits, struct arena *a, struct entry *en, struct err *e)
{
	char *target = arena_alloc(a, limits->path + 2u);
	ssize_t len = target ? readlinkat(dir, name, target, limits->path + 1u) : -1;

	if (len < 0)
		return err_sys(e, "cannot read the link %s", en->path);
	if ((size_t)len > limits->path)
		return err_input(e, "E_LIMIT_PATH", "the link %s has a target that is too long", en->path);
	en->target = target;
	return 0;
}

static int pass_name(struct walk *w, int dir, const char *path, const char *name, struct err *e)
{
	AUTO_FREE char *raw = mem_printf("%s/%s", path[1] ? path : "", name);
	AUTO(arena) a = { 0 };
	struct entry en;
	struct stat st;

	entry_init(&en);
	if (guard_path(w->g, raw, strlen(raw), true, &en.path, e))
		return -1;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return err_sys(e, "cannot look at %s", en.path);
	if (!entry_type_of_mode(st.st_mode, &en.type))
		return err_input(e, "E_SPECIAL_FILE", "%s is a socket or the like", en.path);
	if (en.type == ENTRY_FILE || en.type == ENTRY_DIR)
		return pass_open(w, dir, name, &en, &a, e);
	set_common(&en, &st);
	en.dev_major = major(st.st_rdev);
	en.dev_minor = minor(st.st_rdev);
	if (en.type == ENTRY_SYMLINK && set_target(dir, name, w->limits, &a, &en, e))
		return -1;
	return sink_entry_begin(w->sink, &en, e) ? -1 : sink_entry_end(w->sink, e);
}

/* fd is used up. Depth is bounded by guard_path, which counts components. */
static int walk(struct walk *w, int fd, const char *path, struct err *e)
{
	struct names names = { 0 };
	int keep = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	int done = keep < 0 ? err_sys(e, "cannot open %s", path) : 0;

	if (done)
		close(fd);
	else
		done = names_read(w, fd, &names, e);
	for (size_t i = 0; i < names.len && done == 0; i++)
		done = pass_name(w, keep, path, names.at[i], e);
	names_done(&names);
	if (keep >= 0)
		close(keep);
	return done;
}

static int dir_bid(const struct source *src, const unsigned char *head, size_t len)
{
	return !src->is_dir || oci_is_image(src, head, len) ? 0 : 100;
}

static int dir_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct walk w = { .limits = limits, .pkg = pkg };
	int fd = openat(src->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct limits own = *limits;
	int done;

	if (fd < 0)
		return err_sys(e, "cannot open the directory");
	own.ratio = 0; /* nothing is compressed */
	pkg->format = "dir";
	arena_init(&w.arena, (size_t)(limits->memory / 8));
	w.g = guard_new(sink, &own, 0, pkg);
	w.sink = guard_sink(w.g);
	w.buf = mem_resize(NULL, PIECE);
	done = sink_begin(w.sink, pkg, e);
	if (done)
		close(fd);
	else
		done = walk(&w, fd, "/", e);
	if (done == 0 && guard_entries(w.g) == 0)
		done = err_input(e, "E_EMPTY", "the directory is empty");
	if (done == 0)
		done = guard_finish(w.g, e);
	free(w.buf);
	free(w.inodes.at);
	guard_free(w.g);
	arena_done(&w.arena);
	return done;
}

const struct reader read_dir = {
	"dir",
	dir_bid,
	dir_read,
	"a directory: its files as they lie there",
};
