/* root_unpack.c - filling a root image from an archive, in a process of its own.
 *
 * The archive may be hostile: the process has the new tree as its "/" (chroot), so that no link or name in it leads anywhere else, and only
 * the power to set owners and modes there. Devices are left out: a test root has its own /dev. Sizes are bounded, and some of the
 * disk always stays free. */
#include "base/codec.h"
#include "base/digest.h"
#include "base/frame.h"
#include "base/sums.h"
#include "base/text.h"
#include "sandbox/root_tree.h"
#include "sandbox/roots.h"
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LAST_ID = 65535, NOBODY = 65534, FRAMES_MAX = 64 << 10, TOLD_EVERY = 2000, HEAD = 8192 };
enum { FRAME_PROGRESS = 1, FRAME_DONE, FRAME_FAILED };
#define LOOK_EVERY MIB(64)
#define RESERVE MIB(512)
enum { LOOK_EVERY_ENTRIES = 10000, RESERVE_INODES = 50000 };

/* ---- libarchive over a stream of ours */
static la_ssize_t give(struct archive *from, void *context, const void **ret)
{
	struct tar_feed *f = context;
	long got = in_some(f->in, f->buf, sizeof f->buf, &f->err);

	if (got < 0)
		archive_set_error(from, EIO, "%s", f->err.text);
	else if ((*f->stream += (uint64_t)got) > TREE_STREAM_MAX) {
		err_input(&f->err, "E_LIMIT_SIZE", "more than %llu GiB of archives",
			(unsigned long long)(TREE_STREAM_MAX >> 30));
		archive_set_error(from, EIO, "%s", f->err.text);
		got = -1;
	}
	*ret = f->buf;
	return got;
}

struct archive *tar_feed_open(struct tar_feed *f, struct tree_writer *w, struct in *in, struct err *e)
{
	struct archive *from = archive_read_new();

	f->in = in;
	f->stream = &w->stream;
	f->err = (struct err){ 0 };
	archive_read_support_format_tar(from);
	archive_read_support_format_empty(from);
	if (archive_read_open(from, f, NULL, give, NULL) == ARCHIVE_OK)
		return from;
	if (f->err.class)
		*e = f->err;
	else
		err_input(e, "E_UNKNOWN_FORMAT", "no tar archive: %s", archive_error_string(from));
	archive_read_free(from);
	return NULL;
}

static int reading_failed(struct tar_feed *f, struct archive *from, struct err *e)
{
	if (f->err.class)
		*e = f->err;
	else
		err_input(e, "E_CORRUPT", "%s", archive_error_string(from));
	return -1;
}

int tar_feed_next(struct tar_feed *f, struct archive *from, struct arena *a, struct archive_entry **ret,
	const char **ret_path, struct err *e)
{
	int rc = archive_read_next_header(from, ret);
	const char *name;

	if (rc == ARCHIVE_EOF)
		return 0;
	if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
		return reading_failed(f, from, e);
	name = archive_entry_pathname(*ret);
	if (!name)
		return err_input(e, "E_NAME_ENCODING", "an entry whose name cannot be read");
	*ret_path = text_path(a, name, strlen(name));
	return *ret_path ? 1 : err_input(e, "E_PATH_ESCAPE", "%s", name);
}

/* ---- what is taken */
bool tree_is_left_out(const char *path)
{
	static const char *const folders[] = { "/proc/", "/sys/", "/dev/", "/run/", "/tmp/" };

	for (size_t i = 0; i < COUNT(folders); i++)
		if (text_starts(path, folders[i]))
			return true;
	return strcmp(path, "/.dockerenv") == 0;
}

/* Attributes of an overlay mean something to the overlay that the tests are stacked on; only what programs and users set is kept. */
static void keep_attributes(struct archive_entry *entry)
{
	struct archive_entry *copy = NULL;
	const char *name;
	const void *value;
	size_t len;

	if (archive_entry_xattr_reset(entry) == 0)
		return;
	copy = archive_entry_clone(entry);
	archive_entry_xattr_clear(entry);
	archive_entry_xattr_reset(copy);
	while (archive_entry_xattr_next(copy, &name, &value, &len) == ARCHIVE_OK)
		if (name &&
			(strcmp(name, "security.capability") == 0 ||
				(text_starts(name, "user.") && !text_starts(name, "user.overlay."))))
			archive_entry_xattr_add_entry(entry, name, value, len);
	archive_entry_free(copy);
}

/* A machine with a directory service has larger ids than a test root maps. */
static void keep_owner(struct tree_writer *w, struct archive_entry *entry)
{
	la_int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);
	bool is_strange = uid < 0 || uid > LAST_ID || gid < 0 || gid > LAST_ID;

	if (uid < 0 || uid > LAST_ID)
		archive_entry_set_uid(entry, NOBODY);
	if (gid < 0 || gid > LAST_ID)
		archive_entry_set_gid(entry, NOBODY);
	w->strangers += is_strange;
}

/* Names are below the tree: "/etc", "./etc" and "etc" are one. false: it is not wanted. */
static bool shape(struct tree_writer *w, struct arena *a, struct archive_entry *entry, const char *path, bool is_layer)
{
	const char *link = archive_entry_hardlink(entry), *slash = strrchr(path, '/');
	mode_t type = archive_entry_filetype(entry);

	if (tree_is_left_out(path) || (is_layer && text_starts(slash + 1, ".wh.")))
		return false;
	if (!link && type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK)
		return false;
	archive_entry_set_pathname(entry, path[1] ? path + 1 : ".");
	if (link) {
		const char *to = text_path(a, link, strlen(link));

		if (!to || tree_is_left_out(to))
			return false;
		archive_entry_set_hardlink(entry, to + 1);
	}
	keep_attributes(entry);
	keep_owner(w, entry);
	return true;
}

/* ---- writing */
static int look_at_disk(struct tree_writer *w, struct err *e)
{
	struct statvfs fs;
	uint64_t reserve, inodes;

	if (w->bytes < w->bytes_looked + LOOK_EVERY && w->entries < w->entries_looked + LOOK_EVERY_ENTRIES)
		return 0;
	w->bytes_looked = w->bytes;
	w->entries_looked = w->entries;
	if (statvfs("/", &fs))
		return err_sys(e, "cannot look at the disk");
	reserve = (uint64_t)fs.f_blocks * fs.f_frsize / 20;
	reserve = reserve < RESERVE ? reserve : RESERVE;
	inodes = fs.f_files / 20;
	inodes = inodes < RESERVE_INODES ? inodes : RESERVE_INODES;
	if ((uint64_t)fs.f_bavail * fs.f_frsize < reserve)
		err_env(e, "the disk is full but for %llu MiB", (unsigned long long)(fs.f_bavail * fs.f_frsize >> 20));
	else if (fs.f_files && fs.f_favail < inodes) /* some have no fixed number of them */
		err_env(e, "the disk has room for only %llu more files", (unsigned long long)fs.f_favail);
	else
		return 0;
	return err_hint(e, "make room, or keep the roots elsewhere: set XDG_DATA_HOME");
}

static int writing_failed(struct tree_writer *w, struct err *e)
{
	int code = archive_errno(w->to);

	if (code == ENOSPC || code == EDQUOT) {
		err_env(e, "the disk is full");
		return err_hint(e, "make room, or keep the roots elsewhere: set XDG_DATA_HOME");
	}
	return err_input(e, "E_CORRUPT", "%s", archive_error_string(w->to));
}

static int copy_data(struct tree_writer *w, struct tar_feed *f, struct archive *from, struct err *e)
{
	const void *bytes;
	size_t len;
	la_int64_t at;
	int rc;

	while ((rc = archive_read_data_block(from, &bytes, &len, &at)) == ARCHIVE_OK) {
		w->bytes += len;
		if (w->bytes > TREE_BYTES_MAX)
			return err_input(
				e, "E_LIMIT_SIZE", "more than %llu GiB", (unsigned long long)(TREE_BYTES_MAX >> 30));
		if (look_at_disk(w, e))
			return -1;
		if (archive_write_data_block(w->to, bytes, len, at) < ARCHIVE_OK)
			return writing_failed(w, e);
	}
	return rc == ARCHIVE_EOF ? 0 : reading_failed(f, from, e);
}

static int take_entry(
	struct tree_writer *w, struct tar_feed *f, struct archive *from, struct archive_entry *entry, struct err *e)
{
	if ((uint64_t)archive_entry_size(entry) > TREE_BYTES_MAX)
		return err_input(
			e, "E_LIMIT_SIZE", "a file of more than %llu GiB", (unsigned long long)(TREE_BYTES_MAX >> 30));
	if (look_at_disk(w, e))
		return -1;
	if (archive_write_header(w->to, entry) < ARCHIVE_WARN)
		return writing_failed(w, e);
	if (archive_entry_size(entry) > 0 && !archive_entry_hardlink(entry) && copy_data(w, f, from, e))
		return -1;
	return archive_write_finish_entry(w->to) < ARCHIVE_WARN ? writing_failed(w, e) : 0;
}

static int tell_progress(struct tree_writer *w, struct err *e)
{
	struct pack p = { 0 };
	int rc;

	if (w->is_quiet || w->entries % TOLD_EVERY)
		return 0;
	pack_u64(&p, w->entries);
	rc = frame_write(w->socket, FRAME_PROGRESS, p.at, p.len, e);
	pack_done(&p);
	return rc;
}

static int take_all(struct tree_writer *w, struct tar_feed *f, struct archive *from, bool is_layer, struct err *e)
{
	struct archive_entry *entry;
	const char *path;
	int rc;

	for (;;) {
		AUTO(arena) arena = { 0 };

		rc = tar_feed_next(f, from, &arena, &entry, &path, e);
		if (rc <= 0)
			return rc;
		if (++w->entries > TREE_ENTRIES_MAX)
			return err_input(e, "E_LIMIT_ENTRIES", "more than %d entries", TREE_ENTRIES_MAX);
		if (tell_progress(w, e))
			return -1;
		if (shape(w, &arena, entry, path, is_layer) && take_entry(w, f, from, entry, e))
			return err_wrap(e, "%s", path);
	}
}

static int read_rest(struct in *in, struct err *e)
{
	char buf[KIB(64)];
	long got;

	while ((got = in_some(in, buf, sizeof buf, e)) > 0)
		;
	return got < 0 ? -1 : 0;
}

int tree_writer_take(struct tree_writer *w, struct in *in, bool is_layer, struct err *e)
{
	enum {
		HOW = ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_ACL |
			ARCHIVE_EXTRACT_XATTR | ARCHIVE_EXTRACT_SECURE_NODOTDOT | ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS
	};
	struct tar_feed *f = mem_alloc(sizeof *f);
	struct archive *from = tar_feed_open(f, w, in, e);
	int rc = -1;

	if (from) {
		w->to = archive_write_disk_new();
		/* The layers of an image may speak of places through links of the layers below. */
		archive_write_disk_set_options(w->to, is_layer ? HOW : HOW | ARCHIVE_EXTRACT_SECURE_SYMLINKS);
		rc = take_all(w, f, from, is_layer, e) || read_rest(in, e) ? -1 : 0;
		if (archive_write_close(w->to) && rc == 0)
			rc = writing_failed(w, e);
		archive_write_free(w->to);
		archive_read_free(from);
	}
	free(f);
	return rc;
}

/* ---- the process */

/* From here on "/" is the tree. What looks things up by name is loaded before: the tree's own files are never believed. */
static int enter(const char *tree, struct err *e)
{
	static const cap_value_t kept[] = { CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID,
		CAP_SETFCAP };
	const struct rlimit size = { TREE_BYTES_MAX, TREE_BYTES_MAX };
	iconv_t loaded = iconv_open("UTF-8", "UTF-8");
	cap_t caps = cap_init();
	int rc = 0;

	if (loaded != (iconv_t)-1)
		iconv_close(loaded);
	setlocale(LC_CTYPE, "C.UTF-8");
	umask(0);
	signal(SIGXFSZ, SIG_IGN);
	if (chdir(tree) || chroot("."))
		rc = err_sys(e, "cannot enter %s", tree);
	else if (cap_set_flag(caps, CAP_PERMITTED, COUNT(kept), kept, CAP_SET) ||
		cap_set_flag(caps, CAP_EFFECTIVE, COUNT(kept), kept, CAP_SET) || cap_set_proc(caps) ||
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || setrlimit(RLIMIT_FSIZE, &size))
		rc = err_sys(e, "cannot give up power");
	cap_free(caps);
	return rc;
}

static int take_tar(struct tree_writer *w, const struct image_input *u, struct unpacked *ret, struct err *e)
{
	struct digest d;
	unsigned char head[HEAD];
	AUTO_IN *look = u->is_stream ? NULL : in_range(u->fd, 0, u->size), *in = NULL;
	long len = look ? in_read(look, head, sizeof head, e) : 0;
	enum codec c = len > 0 ? codec_of(head, (size_t)len) : CODEC_NONE;
	int rc;

	if (len < 0)
		return -1;
	digest_init(&d, DIGEST_SHA256);
	in = in_digest(u->is_stream ? in_fd(u->fd) : in_range(u->fd, 0, u->size), &d, NULL);
	if (c != CODEC_NONE)
		in = in_codec(in, c, NULL);
	rc = tree_writer_take(w, in, false, e);
	if (rc == 0 && !u->is_stream && d.count != u->size)
		rc = err_input(e, "E_TRAILING_DATA", "bytes behind the archive");
	if (rc == 0)
		digest_end_hex(&d, ret->sha256);
	digest_done(&d);
	return rc;
}

static int take_image(struct tree_writer *w, const struct image_input *u, struct unpacked *ret, struct err *e)
{
	const struct source src = { .fd = u->fd, .size = u->size, .is_dir = u->is_dir, .name = "" };
	uint64_t size;

	if (tree_take_image(w, &src, ret->machine, e))
		return -1;
	return u->is_dir ? 0 : sha256_fd(u->fd, ret->sha256, &size, e);
}

_Noreturn static void tell(
	int socket, int rc, const struct tree_writer *w, const struct unpacked *r, const struct err *failed)
{
	struct pack p = { 0 };
	struct err ignored = { 0 };

	if (rc) {
		pack_u32(&p, failed->class);
		pack_str(&p, failed->code);
		pack_str(&p, failed->text);
		pack_str(&p, failed->hint);
	} else {
		pack_str(&p, r->sha256);
		pack_str(&p, r->machine);
		pack_u64(&p, w->entries);
		pack_u64(&p, w->bytes);
		pack_u64(&p, w->strangers);
	}
	_exit(frame_write(socket, rc ? FRAME_FAILED : FRAME_DONE, p.at, p.len, &ignored) ? 2 : 0);
}

_Noreturn static void unpack_inside(const struct image_input *u, int socket)
{
	struct tree_writer w = { .socket = socket, .is_quiet = u->is_stream };
	struct unpacked r = { 0 };
	struct err e = { 0 };
	int rc;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (u->is_stream)
		close(u->other_end);
	rc = enter(u->tree, &e);
	if (rc == 0)
		rc = u->is_image ? take_image(&w, u, &r, &e) : take_tar(&w, u, &r, &e);
	if (rc == 0 && w.entries == 0)
		rc = err_input(&e, "E_EMPTY", "it holds nothing");
	tell(socket, rc, &w, &r, &e);
}

int unpacker_start(struct unpacker *w, const struct image_input *u, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "socketpair");
	pid_t pid = fork();
	if (pid == 0) {
		close(pair[0]);
		unpack_inside(u, pair[1]);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return err_sys(e, "cannot fork");
	}
	*w = (struct unpacker){ .pid = pid, .socket = pair[0], .ev = u->ev };
	return 0;
}

/* The process read hostile bytes: what it says is checked like any input. */
static int hear(const struct frame *f, struct unpacked *ret, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct unpack u = { f->at, f->len, false, &arena };

	if (f->type == FRAME_FAILED) {
		unsigned class = unpack_u32(&u);
		const char *code = err_code_known(unpack_str(&u)), *text = unpack_str(&u), *hint = unpack_str(&u);

		err_set(e, class >= ERR_USAGE && class <= ERR_ENV ? (enum err_class) class : ERR_ENV, code, "%s",
			text ? text : "it failed");
		return hint && *hint ? err_hint(e, "%s", hint) : -1;
	}
	const char *sha = unpack_str(&u), *machine = unpack_str(&u);
	struct unpacked r = { .entries = unpack_u64(&u), .bytes = unpack_u64(&u), .strangers = unpack_u64(&u) };

	if (u.bad || f->type != FRAME_DONE || !sha || !machine || strlen(machine) >= sizeof r.machine ||
		strspn(sha, "0123456789abcdef") != strlen(sha) || (*sha && strlen(sha) != SHA256_HEX - 1))
		return err_env(e, "the unpacking process answered nonsense");
	memcpy(r.sha256, sha, strlen(sha) + 1);
	memcpy(r.machine, machine, strlen(machine) + 1);
	*ret = r;
	return 0;
}

int unpacker_end(struct unpacker *w, struct unpacked *ret, struct err *e)
{
	struct framer frames;
	struct frame f;
	int rc;

	framer_init(&frames, w->socket, FRAMES_MAX);
	while ((rc = frame_read(&frames, -1, &f, e)) == 1 && f.type == FRAME_PROGRESS) {
		struct unpack u = { f.at, f.len, false, NULL };

		event_progress(w->ev, "unpacking", unpack_u64(&u), 0);
	}
	if (rc == 1)
		rc = hear(&f, ret, e);
	else if (rc == 0)
		rc = err_env(e, "the unpacking process was killed");
	framer_done(&frames);
	close(w->socket);
	while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		;
	return rc;
}
