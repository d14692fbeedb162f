/* root_source.c - filling a root image: from the distribution, a tar file, a folder.
 *
 * A tar file is unpacked by libarchive below one folder, never through links that it brought itself (SECURE_SYMLINKS, SECURE_NODOTDOT),
 * with owners, modes, capabilities and times. Devices are left out: a test root has its own /dev. */
#include "base/fs.h"
#include "base/proc.h"
#include "base/text.h"
#include "sandbox/roots.h"
#include "sandbox/users.h"
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CREATE_SECONDS = 1800, ENTRIES_MAX = 3000000 };

/* What tests need inside, beyond the smallest system: rpm itself, users, file capabilities, init scripts. */
static const char included[] = "--include=apt,rpm,passwd,adduser,libcap2-bin,init-system-helpers,sysvinit-utils,procps";

/* The machine's own package sources that serve Debian: no mirror is written down here. */
static char *machine_sources(const char *suite)
{
	static const char dir[] = "/etc/apt/sources.list.d";
	struct text all = { 0 };
	struct err ignored = { 0 };
	DIR *d = opendir(dir);
	AUTO_FREE char *list = NULL;
	size_t len = 0;

	for (struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
		AUTO_FREE char *path = fs_join(dir, entry->d_name), *text = NULL;

		if (!text_ends(entry->d_name, ".sources") || fs_read_file(path, MIB(1), &text, &len, &ignored))
			continue;
		if (strstr(text, "debian-archive-keyring") && strstr(text, suite))
			text_add(&all, "%s\n", text);
	}
	if (d)
		closedir(d);
	if (all.len == 0 && fs_read_file("/etc/apt/sources.list", MIB(1), &list, &len, &ignored) == 0 &&
		strstr(list, suite))
		text_add(&all, "%s\n", list);
	return all.len ? text_take(&all) : NULL;
}

static int write_sources(const char *sources, char **ret_path, struct err *e)
{
	AUTO_FREE char *dir = NULL;
	char *path;

	if (fs_temp_dir("root", &dir, e))
		return -1;
	path = fs_join(dir, strstr(sources, "Types:") ? "machine.sources" : "machine.list");
	if (fs_write_file(path, sources, strlen(sources), 0644, e)) {
		free(path);
		return -1;
	}
	*ret_path = path;
	return 0;
}

int root_from_debian(const char *suite, const char *archive, const struct events *ev, struct err *e)
{
	AUTO_FREE char *sources = machine_sources(suite), *file = NULL;
	struct proc_result r = { 0 };
	const char *argv[12] = { "mmdebstrap", users_is_root() ? "--mode=root" : "--mode=unshare", "--variant=minbase",
		"--format=tar", "--skip=output/mknod", "--quiet", included, suite, archive };
	struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = CREATE_SECONDS };

	if (!*suite || strspn(suite, "abcdefghijklmnopqrstuvwxyz0123456789.-") != strlen(suite) || *suite == '-')
		return err_usage(e, "'%s' is no name of a Debian release", suite);
	if (sources && write_sources(sources, &file, e))
		return -1;
	argv[9] = file;
	event_log(ev, EVENT_INFO, "building Debian %s from %s", suite,
		sources ? "this machine's package sources" : "the default mirror");
	int rc = proc_run(&p, &r, e);
	if (rc == 0 && r.exit != 0)
		rc = err_env(e, "mmdebstrap failed (%d)%s: %.600s", r.exit, r.is_timeout ? ", out of time" : "",
			r.errors_len > 600 ? r.errors + r.errors_len - 600 : r.errors);
	proc_result_done(&r);
	if (file) {
		struct err ignored = { 0 };

		*strrchr(file, '/') = '\0';
		fs_remove_tree(file, &ignored);
	}
	return rc;
}

static bool wanted(struct archive_entry *entry)
{
	mode_t type = archive_entry_filetype(entry);

	return type == AE_IFREG || type == AE_IFDIR || type == AE_IFLNK || archive_entry_hardlink(entry);
}

/* Names in the archive are below its own root: a leading "/" or "./" means the same. */
static void below_tree(struct archive_entry *entry)
{
	const char *path = archive_entry_pathname(entry), *link = archive_entry_hardlink(entry);

	while (path && *path == '/')
		path++;
	AUTO_FREE char *clean = mem_strdup(path && *path ? path : ".");
	archive_entry_set_pathname(entry, clean);
	if (link) {
		AUTO_FREE char *to = mem_strdup(link + strspn(link, "/"));

		archive_entry_set_hardlink(entry, to);
	}
}

static int copy_data(struct archive *from, struct archive *to, struct err *e)
{
	const void *bytes;
	size_t len;
	la_int64_t at;
	int rc;

	while ((rc = archive_read_data_block(from, &bytes, &len, &at)) == ARCHIVE_OK)
		if (archive_write_data_block(to, bytes, len, at) < ARCHIVE_OK)
			return err_env(e, "%s", archive_error_string(to));
	return rc == ARCHIVE_EOF ? 0 : err_input(e, "E_CORRUPT", "%s", archive_error_string(from));
}

static int unpack_all(struct archive *from, struct archive *to, const struct events *ev, struct err *e)
{
	struct archive_entry *entry;
	uint64_t count = 0;
	int rc;

	while ((rc = archive_read_next_header(from, &entry)) == ARCHIVE_OK || rc == ARCHIVE_WARN) {
		if (++count > ENTRIES_MAX)
			return err_input(e, "E_LIMIT_ENTRIES", "more than %d entries", ENTRIES_MAX);
		if (count % 1000 == 0)
			event_progress(ev, "unpacking", count, 0);
		if (!wanted(entry))
			continue;
		below_tree(entry);
		if (archive_write_header(to, entry) < ARCHIVE_WARN)
			return err_input(
				e, "E_CORRUPT", "%s: %s", archive_entry_pathname(entry), archive_error_string(to));
		if (archive_entry_size(entry) > 0 && !archive_entry_hardlink(entry) && copy_data(from, to, e))
			return err_wrap(e, "%s", archive_entry_pathname(entry));
	}
	if (rc != ARCHIVE_EOF)
		return err_input(e, "E_CORRUPT", "%s", archive_error_string(from));
	return count ? 0 : err_input(e, "E_EMPTY", "it holds nothing");
}

/* libarchive writes relative to the working folder. */
static int unpack_here(const char *file, int fd, const char *tree, const struct events *ev, struct err *e)
{
	enum {
		HOW = ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_ACL |
			ARCHIVE_EXTRACT_XATTR | ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
			ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS
	};
	struct archive *from = archive_read_new(), *to = archive_write_disk_new();
	int rc;

	archive_read_support_format_tar(from);
	archive_read_support_filter_gzip(from);
	archive_read_support_filter_xz(from);
	archive_read_support_filter_zstd(from);
	archive_read_support_filter_bzip2(from);
	archive_write_disk_set_options(to, HOW);
	if (chdir(tree))
		rc = err_sys(e, "%s", tree);
	else if (archive_read_open_fd(from, fd, 1 << 16))
		rc = err_input(e, "E_UNKNOWN_FORMAT", "no tar file: %s", archive_error_string(from));
	else
		rc = unpack_all(from, to, ev, e);
	if (archive_write_close(to) && rc == 0)
		rc = err_env(e, "%s", archive_error_string(to));
	archive_write_free(to);
	archive_read_free(from);
	return rc ? err_wrap(e, "%s", file) : 0;
}

int root_from_tar(const char *file, const char *tree, const struct events *ev, struct err *e)
{
	AUTO_FD int fd = open(file, O_RDONLY | O_CLOEXEC);
	AUTO_FD int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mode_t mask;
	int rc;

	if (fd < 0 || back < 0)
		return err_sys(e, "%s", file);
	event_log(ev, EVENT_INFO, "unpacking %s", file);
	mask = umask(0);
	rc = unpack_here(file, fd, tree, ev, e);
	umask(mask);
	if (fchdir(back) && rc == 0)
		rc = err_sys(e, "cannot go back");
	return rc;
}

int root_from_folder(const char *from, const char *tree, struct err *e)
{
	AUTO_FREE char *inside = mem_printf("%s/.", from);
	const char *const argv[] = { "cp", "-a", "--reflink=auto", "--one-file-system", "--", inside, tree, NULL };
	struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .timeout_s = CREATE_SECONDS };
	struct proc_result r = { 0 };
	int rc = proc_run(&p, &r, e);

	if (rc == 0 && r.exit != 0)
		rc = err_env(e, "copying %s failed: %.600s", from, r.errors);
	proc_result_done(&r);
	return rc;
}
