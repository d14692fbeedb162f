/* walk.c - what changed in a test root, read from the overlay's upper layer: no walk over the whole tree, no before and after.
 *
 * A folder of the upper layer that the lower has too is compared name by name: what the upper hides by a whiteout was removed. What only the
 * lower has is looked up in the merged view, until one name shows that this very folder of the lower layer is seen through it (a replaced
 * folder hides all of it, one that was renamed shows another). A folder that only the upper has is walked in the merged view, because a
 * renamed folder keeps its content below in the lower layer. Runs in the first process, among hostile ones: by descriptors, never through
 * links, bounded. */
#include "base/digest.h"
#include "sandbox/content.h"
#include "sandbox/inside.h"
#include "sandbox/launch.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { DEPTH_MAX = 128, DIGEST_MAX_BYTES = 256 << 20, CAPABILITY_MAX = 64 };
#define CAPABILITY "security.capability"

struct walk {
	const struct inside *in;
	struct frames told;
	size_t entries, names; /* names: bytes */
	uint64_t unread; /* bytes of content that may still be looked at: holes cost nothing to make and much to read */
	bool is_cut;
	char path[4096];
	size_t len;
};

static bool push(struct walk *w, const char *name)
{
	size_t add = strlen(name) + 1;

	if (w->len + add >= sizeof w->path) {
		w->is_cut = true;
		return false;
	}
	w->path[w->len] = '/';
	memcpy(w->path + w->len + 1, name, add);
	w->len += add;
	return true;
}

static void pop(struct walk *w, size_t len)
{
	w->len = len;
	w->path[len] = '\0';
}

/* A folder that cannot be opened for want of something is not an empty one: then not everything was seen. */
static int open_dir(struct walk *w, int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	w->is_cut |= fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM);
	return fd;
}

static bool look(int at, const char *name, struct stat *ret)
{
	return at >= 0 && fstatat(at, name, ret, AT_SYMLINK_NOFOLLOW) == 0;
}

static int open_file(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

/* "" when it is no file, or more than may be looked at. */
static void digest_of(struct walk *w, int fd, const struct stat *st, char ret[SHA256_HEX])
{
	struct err ignored = { 0 };
	uint64_t size;

	ret[0] = '\0';
	if (fd < 0 || !S_ISREG(st->st_mode) || st->st_size > DIGEST_MAX_BYTES || (uint64_t)st->st_size > w->unread)
		return;
	w->unread -= (uint64_t)st->st_size;
	if (sha256_fd(fd, ret, &size, &ignored))
		ret[0] = '\0';
}

/* Its content class, and its capability. */
static const char *class_of(const struct walk *w, int fd, unsigned char ret_capability[CAPABILITY_MAX], size_t *ret_len)
{
	ssize_t len = fd < 0 ? -1 : fgetxattr(fd, CAPABILITY, ret_capability, CAPABILITY_MAX);
	unsigned char head[CONTENT_HEAD];
	ssize_t got = fd < 0 ? -1 : pread(fd, head, sizeof head, 0);

	*ret_len = len > 0 ? (size_t)len : 0;
	return got < 0 ? "" : content_class(w->path, head, (size_t)got);
}

/* u8 kind (+ * -), bytes path, u32 mode, uid, gid, u64 size, str sha256, str link target, bytes capability, str class, u8 rewritten */
static int say_change(
	struct walk *w, char kind, bool is_rewritten, int at, const char *name, const struct stat *st, struct err *e)
{
	struct pack p = { 0 };
	char digest[SHA256_HEX] = "", target[4096] = "";
	unsigned char capability[CAPABILITY_MAX];
	const char *class = "";
	size_t len = 0;
	int rc;

	w->names += w->len;
	if (w->entries++ >= CHANGES_MAX || w->names > CHANGES_BYTES) {
		w->is_cut = true;
		return 0;
	}
	if (kind != '-') {
		AUTO_FD int fd = S_ISREG(st->st_mode) ? open_file(at, name) : -1;
		digest_of(w, fd, st, digest);
		if (S_ISREG(st->st_mode))
			class = class_of(w, fd, capability, &len);
		ssize_t got = S_ISLNK(st->st_mode) ? readlinkat(at, name, target, sizeof target - 1) : 0;
		target[got > 0 ? got : 0] = '\0';
		w->names += strlen(target);
	}
	pack_u8(&p, (uint8_t)kind);
	pack_bytes(&p, w->path, w->len);
	pack_u32(&p, st->st_mode);
	pack_u32(&p, st->st_uid);
	pack_u32(&p, st->st_gid);
	pack_u64(&p, S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0);
	pack_str(&p, digest);
	pack_str(&p, target);
	pack_bytes(&p, capability, len);
	pack_str(&p, class);
	pack_u8(&p, is_rewritten);
	rc = frames_add(&w->told, SAY_CHANGE, p.at, p.len, e);
	pack_done(&p);
	return rc;
}

static int say(struct walk *w, char kind, int at, const char *name, const struct stat *st, struct err *e)
{
	return say_change(w, kind, false, at, name, st, e);
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == 0;
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Files of those names: is their content another? One that is too large to be read is. */
static bool is_other_content(
	struct walk *w, int a, int b, const char *name, const struct stat *sa, const struct stat *sb)
{
	char da[SHA256_HEX], db[SHA256_HEX];

	if (sa->st_size != sb->st_size)
		return true;
	AUTO_FD int fa = open_file(a, name);
	AUTO_FD int fb = open_file(b, name);
	digest_of(w, fa, sa, da);
	digest_of(w, fb, sb, db);
	return da[0] == '\0' || strcmp(da, db) != 0;
}

/* Copied up, but is it different? *ret_rewritten: a file whose content is another. */
static bool differs(struct walk *w, int a, int b, const char *name, const struct stat *sa, const struct stat *sb,
	bool *ret_rewritten)
{
	char ta[4096] = "", tb[4096] = "";
	bool are_files = S_ISREG(sa->st_mode) && S_ISREG(sb->st_mode);

	*ret_rewritten = are_files && is_other_content(w, a, b, name, sa, sb);
	if (*ret_rewritten || sa->st_mode != sb->st_mode || sa->st_uid != sb->st_uid || sa->st_gid != sb->st_gid)
		return true;
	if (S_ISLNK(sa->st_mode)) {
		ssize_t la = readlinkat(a, name, ta, sizeof ta - 1), lb = readlinkat(b, name, tb, sizeof tb - 1);

		return la != lb || strcmp(ta, tb) != 0;
	}
	return !S_ISDIR(sa->st_mode) && !are_files && sa->st_rdev != sb->st_rdev;
}

/* 0: go on; 1: no more of this folder; -1 */
typedef int visit(struct walk *w, const char *name, int upper, int lower, int merged, unsigned depth, struct err *e);

/* Calls fn for each name of the folder `list`. */
static int each(struct walk *w, int list, int upper, int lower, int merged, unsigned depth, visit *fn, struct err *e)
{
	int again = open_dir(w, list, ".");
	DIR *d = again < 0 ? NULL : fdopendir(again);
	size_t len = w->len;
	int rc = 0;

	for (struct dirent *entry; rc == 0 && !w->is_cut && d && (entry = readdir(d)) != NULL;) {
		if (is_dot(entry->d_name) || !push(w, entry->d_name))
			continue;
		rc = fn(w, entry->d_name, upper, lower, merged, depth, e);
		pop(w, len);
	}
	if (d)
		closedir(d);
	return rc;
}

/* Everything below is new (or gone): one kind for the whole subtree, seen in the folder given as merged. */
static int all_of(struct walk *w, const char *name, int at, char kind, unsigned depth, struct err *e);
static int visit_added(
	struct walk *w, const char *name, int upper, int lower, int merged, unsigned depth, struct err *e)
{
	return all_of(w, name, merged, '+', depth, e);
}
static int visit_removed(
	struct walk *w, const char *name, int upper, int lower, int merged, unsigned depth, struct err *e)
{
	return all_of(w, name, lower, '-', depth, e);
}
static int all_of(struct walk *w, const char *name, int at, char kind, unsigned depth, struct err *e)
{
	struct stat st;

	if (!look(at, name, &st))
		return 0;
	if (say(w, kind, at, name, &st, e))
		return -1;
	if (!S_ISDIR(st.st_mode) || depth >= DEPTH_MAX)
		return 0;
	AUTO_FD int dir = open_dir(w, at, name);
	return dir < 0 ? 0 : each(w, dir, -1, dir, dir, depth + 1, kind == '+' ? visit_added : visit_removed, e);
}

static int compare_dirs(struct walk *w, int upper, int lower, int merged, unsigned depth, struct err *e);

static int visit_upper(
	struct walk *w, const char *name, int upper, int lower, int merged, unsigned depth, struct err *e)
{
	struct stat up, low, seen;
	bool had = look(lower, name, &low), is_rewritten;

	if (!look(upper, name, &up))
		return 0;
	if (is_whiteout(&up))
		return had ? all_of(w, name, lower, '-', depth, e) : 0;
	if (!look(merged, name, &seen))
		return 0;
	if (!had)
		return all_of(w, name, merged, '+', depth, e);
	if (S_ISDIR(low.st_mode) != S_ISDIR(seen.st_mode)) {
		if (S_ISDIR(low.st_mode) ? all_of(w, name, lower, '-', depth, e) : say(w, '-', lower, name, &low, e))
			return -1;
		return all_of(w, name, merged, '+', depth, e);
	}
	if (differs(w, merged, lower, name, &seen, &low, &is_rewritten) &&
		say_change(w, '*', is_rewritten, merged, name, &seen, e))
		return -1;
	if (!S_ISDIR(seen.st_mode) || depth >= DEPTH_MAX)
		return 0;
	AUTO_FD int u = open_dir(w, upper, name);
	AUTO_FD int l = open_dir(w, lower, name);
	AUTO_FD int m = open_dir(w, merged, name);
	return u < 0 || l < 0 || m < 0 ? 0 : compare_dirs(w, u, l, m, depth + 1, e);
}

/* One file, seen in the lower layer and in the merged view? Folders have other numbers there, and of a file with several names the number
 * would not tell in which folder it was seen. An overlay may put its layer's number into the highest bits. */
static bool is_seen_through(const struct stat *low, const struct stat *seen)
{
	const uint64_t own = UINT64_MAX >> 16;

	return !S_ISDIR(low->st_mode) && low->st_nlink == 1 && (low->st_ino & own) == (seen->st_ino & own) &&
		low->st_mode == seen->st_mode && low->st_size == seen->st_size &&
		low->st_ctim.tv_sec == seen->st_ctim.tv_sec && low->st_ctim.tv_nsec == seen->st_ctim.tv_nsec;
}

/* What the upper has, too, was told already. 1: whatever else is here is seen. */
static int visit_lower(
	struct walk *w, const char *name, int upper, int lower, int merged, unsigned depth, struct err *e)
{
	struct stat up, low, seen;

	if (look(upper, name, &up))
		return 0;
	if (!look(merged, name, &seen))
		return all_of(w, name, lower, '-', depth, e);
	return look(lower, name, &low) && is_seen_through(&low, &seen);
}

static int compare_dirs(struct walk *w, int upper, int lower, int merged, unsigned depth, struct err *e)
{
	if (each(w, upper, upper, lower, merged, depth, visit_upper, e))
		return -1;
	return each(w, lower, upper, lower, merged, depth, visit_lower, e) < 0 ? -1 : 0;
}

/* The folders for temporary files are no part of the overlay: all that lies there is new. */
static int all_temporary(struct walk *w, struct err *e)
{
	static const char *const folders[] = { "tmp", "var/tmp" };
	const struct plan *p = w->in->plan;

	for (size_t f = 0; f < COUNT(folders); f++)
		for (size_t i = 0; i < p->mounts.len; i++) {
			const struct plan_mount *m = &p->mounts.at[i];

			if (m->kind != MOUNT_TMPFS || strcmp(m->to + 1, folders[f]) != 0 || !push(w, folders[f]))
				continue;
			AUTO_FD int dir = open_below(w->in->staged.root, folders[f], O_RDONLY | O_DIRECTORY, 0);
			if (dir >= 0 && each(w, dir, -1, -1, dir, 0, visit_added, e))
				return -1;
			pop(w, 0);
		}
	return 0;
}

int answer_changes(const struct inside *in, struct err *e)
{
	struct walk *w = mem_alloc(sizeof *w);
	uint8_t cut;
	int rc;

	w->in = in;
	w->told.fd = in->socket;
	w->unread = 2 * in->plan->disk + GIB(2);
	rc = compare_dirs(w, in->staged.upper, in->staged.lower, in->staged.root, 0, e);
	if (rc == 0 && !in->plan->leaves_temporary)
		rc = all_temporary(w, e);
	cut = w->is_cut;
	if (rc == 0)
		rc = frames_add(&w->told, SAY_END, &cut, 1, e) ? -1 : frames_send(&w->told, e);
	frames_done(&w->told);
	free(w);
	return rc;
}
