/* root_source.c - what a root image is made from: the distribution, a tar file, a container image, a folder. */
#include "base/fs.h"
#include "base/proc.h"
#include "base/text.h"
#include "formats/oci.h"
#include "sandbox/roots.h"
#include "sandbox/users.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_SECONDS = 3600 };
static const char debian[] = "debian:", oci[] = "oci-archive:";

/* ---- names */
static int check_suite(const char *suite, struct err *e)
{
	if (!*suite || *suite == '-' || *suite == '.' ||
		strspn(suite, "abcdefghijklmnopqrstuvwxyz0123456789.-") != strlen(suite))
		return err_usage(e, "'%s' is no name of a Debian release", suite);
	return 0;
}

int source_normal(const char *from, char **ret, struct err *e)
{
	bool is_image = text_starts(from, oci);
	const char *path = is_image ? from + strlen(oci) : from;
	AUTO_FREE char *real = NULL;

	if (text_starts(from, debian)) {
		if (check_suite(from + strlen(debian), e))
			return -1;
		*ret = mem_strdup(from);
		return 0;
	}
	real = realpath(path, NULL);
	if (!real) {
		err_usage(e, "%s: %s", path, strerror(errno));
		return strchr(path, ':')
			? err_hint(e, "a root is made from debian:SUITE, a tar file, oci-archive:FILE or a folder")
			: -1;
	}
	*ret = mem_printf("%s%s", is_image ? oci : "", real);
	return 0;
}

/* ---- filling */
struct filling {
	const char *path;
	bool is_image; /* said to be one */
	const struct image *image;
	const struct events *ev;
};

/* What fn of users_run finds out is lost with its process; this file is not. */
static char *result_path(const struct image *i)
{
	return fs_join(i->path, "unpacked");
}

static int keep_result(const struct image *i, const struct unpacked *r, struct err *e)
{
	AUTO_FREE char *path = result_path(i);

	return fs_write_file(path, r, sizeof *r, 0644, e);
}

static int take_result(const struct image *i, struct unpacked *ret, struct err *e)
{
	AUTO_FREE char *path = result_path(i), *bytes = NULL;
	size_t len = 0;

	if (fs_read_file(path, sizeof *ret, &bytes, &len, e))
		return -1;
	if (len != sizeof *ret)
		return err_env(e, "%s: not whole", path);
	memcpy(ret, bytes, len);
	return unlink(path) ? err_sys(e, "%s", path) : 0;
}

static int from_file(const struct filling *f, int fd, const struct stat *st, struct unpacked *ret, struct err *e)
{
	struct image_input in = { .fd = fd, .size = (uint64_t)st->st_size, .tree = f->image->tree, .ev = f->ev };
	const struct source src = { .fd = fd, .size = in.size, .name = f->path };
	AUTO_FREE unsigned char *head = mem_alloc(READER_HEAD);
	ssize_t len = pread(fd, head, READER_HEAD, 0);
	struct unpacker w;

	if (len < 0)
		return err_sys(e, "%s", f->path);
	in.is_image = oci_is_image(&src, head, (size_t)len);
	if (f->is_image && !in.is_image)
		return err_input(
			e, "E_UNKNOWN_FORMAT", "no container image: neither an OCI layout nor what docker saves");
	event_log(f->ev, EVENT_INFO, "unpacking %s", f->path);
	return unpacker_start(&w, &in, e) || unpacker_end(&w, ret, e) ? -1 : 0;
}

/* A folder is read by tar(1), which knows owners, attributes, holes and hard links; what it gives is unpacked like any archive. */
static int run_tar(const struct filling *f, int to, struct err *e)
{
	const char *const argv[] = { "tar", "--create", "--format=posix", "--pax-option=delete=atime,delete=ctime",
		"--sort=name", "--numeric-owner", "--xattrs", "--acls", "--sparse", "--one-file-system", "--directory",
		f->path, "--exclude=./proc/*", "--exclude=./sys/*", "--exclude=./dev/*", "--exclude=./run/*",
		"--exclude=./tmp/*", ".", NULL };
	const struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = to, .timeout_s = COPY_SECONDS };
	struct proc_result r = { 0 };
	int rc = proc_run(&p, &r, e);

	if (rc == 0 && r.exit == 1) /* files that changed meanwhile */
		event_log(f->ev, EVENT_WARNING, "%.300s", r.errors);
	else if (rc == 0 && r.exit)
		rc = err_env(e, "tar failed (%d): %.600s", r.exit, r.errors);
	proc_result_done(&r);
	return rc;
}

static int from_folder(const struct filling *f, struct unpacked *ret, struct err *e)
{
	int ends[2];
	struct unpacker w;
	struct err of_tar = { 0 };

	if (pipe2(ends, O_CLOEXEC))
		return err_sys(e, "cannot make a pipe");
	struct image_input in = {
		.fd = ends[0], .other_end = ends[1], .is_stream = true, .tree = f->image->tree, .ev = f->ev
	};
	event_log(f->ev, EVENT_INFO, "copying %s", f->path);
	int rc = unpacker_start(&w, &in, e);
	close(ends[0]);
	if (rc) {
		close(ends[1]);
		return -1;
	}
	int packed = run_tar(f, ends[1], &of_tar);
	close(ends[1]);
	rc = unpacker_end(&w, ret, e);
	if (rc == 0 && packed) {
		*e = of_tar;
		rc = -1;
	}
	return rc;
}

static int from_layout(const struct filling *f, int fd, struct unpacked *ret, struct err *e)
{
	struct image_input in = { .fd = fd, .is_dir = true, .is_image = true, .tree = f->image->tree, .ev = f->ev };
	struct unpacker w;

	return unpacker_start(&w, &in, e) || unpacker_end(&w, ret, e) ? -1 : 0;
}

static int choose(const struct filling *f, struct unpacked *ret, struct err *e)
{
	AUTO_FD int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return err_sys(e, "%s", f->path);
	if (S_ISDIR(st.st_mode)) {
		const struct source src = { .fd = fd, .is_dir = true, .name = f->path };

		return oci_is_image(&src, NULL, 0) ? from_layout(f, fd, ret, e) : from_folder(f, ret, e);
	}
	if (!S_ISREG(st.st_mode))
		return err_input(e, "E_SPECIAL_FILE", "neither a file nor a folder");
	return from_file(f, fd, &st, ret, e);
}

/* Where files may have any owner. */
static int fill(void *context, struct err *e)
{
	const struct filling *f = context;
	struct unpacked r = { 0 };
	struct stat st;

	if (mkdir(f->image->tree, 0755) || chmod(f->image->tree, 0755)) /* whatever the umask */
		return err_sys(e, "%s", f->image->tree);
	if (choose(f, &r, e))
		return err_wrap(e, "%s", f->path);
	/* Its own word for "/" may shut out those who examine it. */
	if (stat(f->image->tree, &st) || chmod(f->image->tree, (st.st_mode & 07777) | 0555))
		return err_sys(e, "%s", f->image->tree);
	return keep_result(f->image, &r, e);
}

int source_fill(const char *from, const struct image *i, const struct events *ev, struct unpacked *ret, struct err *e)
{
	AUTO_FREE char *archive = fs_join(i->path, "system.tar");
	struct filling f = { .path = from, .image = i, .ev = ev };
	int rc = 0;

	if (text_starts(from, oci)) {
		f.path = from + strlen(oci);
		f.is_image = true;
	}
	if (text_starts(from, debian)) {
		f.path = archive;
		rc = root_from_debian(from + strlen(debian), archive, ev, e);
	}
	if (rc == 0)
		rc = users_run(fill, &f, e) || take_result(i, ret, e) ? -1 : 0;
	unlink(archive);
	return rc;
}
