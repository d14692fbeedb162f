/* write_directory.c - a package's files as a folder on the disk, made while they stream.
 *
 * Everything is made beneath one folder that the caller gave (tree_place.h), under a name that nobody looks at yet; it gets its own by
 * one rename. Folders are dressed last, the deepest first: a time changes with every file that is made in them. */
#include "formats/write_directory.h"
#include "base/fs.h"
#include "base/text.h"
#include "formats/path_set.h"
#include "formats/tree_place.h"
#include "formats/write_tar.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct writer_job {
	struct sink sink;
	struct writer_options options;
	struct tree_place place;
	struct arena arena; /* of the folders */
	LIST(struct entry) folders;
	struct path_set named;   /* folders that came as entries */
	struct path_set parents; /* folders that something lies in */
	struct loss_tally lost[TREE_LOSSES];
	uint64_t bytes, at;
	int fd; /* the file that streams */
	bool is_skipped, is_in_hole;
	struct arena own;
	struct entry entry;
};

static int64_t clamp(const struct writer_job *job, const struct entry *en, uint32_t *ret_ns)
{
	bool is_late = job->options.mtime_max >= 0 && en->mtime >= job->options.mtime_max;

	*ret_ns = is_late ? 0 : en->mtime_ns;
	return is_late ? job->options.mtime_max : en->mtime;
}

static int make_folder(struct writer_job *job, const struct entry *en, struct err *e)
{
	const char *name;
	struct entry *kept = LIST_ADD(&job->folders);
	struct stat st;
	int parent = tree_place_of(&job->place, en->path, &name, e);

	entry_init(kept);
	path_set_add(&job->named, en->path, strlen(en->path));
	if (!entry_copy(&job->arena, en, kept))
		return err_input(e, "E_LIMIT_MEMORY", "too many folders");
	if (parent < 0)
		return -1;
	if (mkdirat(parent, name, 0700) == 0)
		return 0;
	if (errno == EEXIST && fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return err_sys(e, "cannot make the folder %s", en->path);
}

/* Links, pipes, devices. */
static int make_other(struct writer_job *job, const struct entry *en, struct err *e)
{
	static const mode_t types[] = { [ENTRY_CHAR] = S_IFCHR, [ENTRY_BLOCK] = S_IFBLK, [ENTRY_FIFO] = S_IFIFO };
	const char *name;
	uint32_t ns;
	int64_t mtime = clamp(job, en, &ns);
	int parent = tree_place_of(&job->place, en->path, &name, e), made;

	if (parent < 0)
		return -1;
	if (en->type == ENTRY_SYMLINK)
		made = symlinkat(en->target, parent, name);
	else
		made = mknodat(parent, name, types[en->type] | 0600, makedev(en->dev_major, en->dev_minor));
	if (made && errno == EPERM && en->type != ENTRY_SYMLINK) {
		loss_tally_add(&job->lost[TREE_DEVICE], en->path);
		return 0;
	}
	if (made)
		return err_sys(e, "cannot make %s", en->path);
	return tree_dress_at(parent, name, en, mtime, ns, job->lost, e);
}

static void note_parents(struct writer_job *job, const char *path)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/'))
		path_set_add(&job->parents, path, (size_t)(slash - path));
}

static int on_entry_begin(struct sink *s, const struct entry *en, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	job->is_skipped = en->flags & ENTRY_GHOST;
	job->is_in_hole = false;
	job->at = 0;
	if (en->flags & (ENTRY_CONFIG | ENTRY_DOC | ENTRY_LICENSE | ENTRY_README | ENTRY_MISSINGOK))
		loss_tally_add(&job->lost[TREE_FLAGS], en->path);
	if (job->is_skipped)
		return loss_tally_add(&job->lost[TREE_GHOST], en->path), 0;
	note_parents(job, en->path);
	if (en->type == ENTRY_HARDLINK)
		return err_input(e, "E_STRUCTURE", "%s: hard links come with their file", en->path);
	if (en->type == ENTRY_DIR)
		return make_folder(job, en, e);
	if (en->type != ENTRY_FILE)
		return make_other(job, en, e);
	arena_done(&job->own);
	arena_init(&job->own, 0);
	if (!entry_copy(&job->own, en, &job->entry))
		return err_input(e, "E_LIMIT_MEMORY", "%s: too much about it to keep", en->path);
	job->bytes += en->size;
	job->fd = tree_place_open(&job->place, en->path, O_WRONLY | O_CREAT | O_EXCL, 0600, e);
	return job->fd < 0 ? -1 : 0;
}

static int on_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	if (job->is_skipped)
		return 0;
	job->at += len;
	job->is_in_hole = bytes == NULL;
	if (bytes)
		return fd_write(job->fd, bytes, len, e);
	return lseek(job->fd, (off_t)job->at, SEEK_SET) < 0 ? err_sys(e, "cannot write %s", job->entry.path) : 0;
}

static int link_names(struct writer_job *job, struct err *e)
{
	for (size_t i = 0; i < job->entry.links_len; i++) {
		AUTO_FREE char *by_fd = mem_printf("/proc/self/fd/%d", job->fd);
		const char *name;
		int parent;

		note_parents(job, job->entry.links[i]);
		parent = tree_place_of(&job->place, job->entry.links[i], &name, e);

		if (parent < 0)
			return -1;
		if (linkat(AT_FDCWD, by_fd, parent, name, AT_SYMLINK_FOLLOW))
			return err_sys(e, "cannot link %s to %s", job->entry.links[i], job->entry.path);
	}
	return 0;
}

static int on_entry_end(struct sink *s, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;
	uint32_t ns;
	int64_t mtime;
	int fd = job->fd, failed;

	if (fd < 0)
		return 0;
	if (job->is_in_hole && ftruncate(fd, (off_t)job->at))
		return err_sys(e, "cannot write %s", job->entry.path);
	mtime = clamp(job, &job->entry, &ns);
	failed = link_names(job, e) || tree_dress(fd, &job->entry, mtime, ns, job->lost, e) ? -1 : 0;
	job->fd = -1;
	if (close(fd) && !failed)
		return err_sys(e, "cannot write %s", job->entry.path);
	return failed;
}

static int deepest_first(const void *a, const void *b)
{
	return strcmp(((const struct entry *)b)->path, ((const struct entry *)a)->path);
}

/* Folders that the vendor left out are root's with mode 0755, as package managers make them. */
static int add_parents(struct writer_job *job, struct err *e)
{
	for (size_t i = 0; i < job->parents.room; i++) {
		const char *path = job->parents.at[i];
		struct entry *folder;

		if (!path || path_set_has(&job->named, path, strlen(path)))
			continue;
		folder = LIST_ADD(&job->folders);
		entry_init(folder);
		folder->type = ENTRY_DIR;
		folder->mode = 0755;
		folder->owner = folder->group = "root";
		folder->path = arena_str(&job->arena, path);
		if (!folder->path)
			return err_input(e, "E_LIMIT_MEMORY", "too many folders");
	}
	return 0;
}

static int on_close(struct sink *s, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	if (add_parents(job, e))
		return -1;
	if (job->folders.len > 1)
		qsort(job->folders.at, job->folders.len, sizeof *job->folders.at, deepest_first);
	for (size_t i = 0; i < job->folders.len; i++) {
		const struct entry *en = &job->folders.at[i];
		uint32_t ns;
		int64_t mtime = clamp(job, en, &ns);
		AUTO_FD int fd = tree_place_open(&job->place, en->path, O_RDONLY | O_DIRECTORY, 0, e);

		if (fd < 0 || tree_dress(fd, en, mtime, ns, job->lost, e))
			return -1;
	}
	tree_place_done(&job->place);
	return 0;
}

static const struct sink_ops sink_ops = {
	.entry_begin = on_entry_begin, .data = on_data, .entry_end = on_entry_end, .close = on_close
};

/* ---- the writer */

static void directory_drop(struct writer_job *job)
{
	if (!job)
		return;
	auto_fd(&job->fd);
	tree_place_done(&job->place);
	for (size_t i = 0; i < TREE_LOSSES; i++)
		loss_tally_done(&job->lost[i]);
	LIST_DONE(&job->folders);
	path_set_done(&job->named);
	path_set_done(&job->parents);
	arena_done(&job->arena);
	arena_done(&job->own);
	free(job);
}

static struct writer_job *directory_open(const struct writer_options *options, struct err *e)
{
	struct writer_job *job;

	if (options->tree_fd < 0) {
		err_usage(e, "%s wants a folder to write into", options->target);
		return NULL;
	}
	job = mem_alloc(sizeof *job);
	job->sink.ops = &sink_ops;
	job->options = *options;
	job->place = (struct tree_place){ .root = options->tree_fd, .fd = -1 };
	job->fd = -1;
	arena_init(&job->arena, MIB(512));
	return job;
}

static struct sink *directory_sink(struct writer_job *job)
{
	return &job->sink;
}

/* Name, version and architecture are the folder's name; the rest has no place. */
static void tell_texts(struct pkg *pkg, const char *target)
{
	const struct {
		const char *name, *value;
	} texts[] = { { "summary", pkg->summary }, { "description", pkg->description }, { "license", pkg->license },
		{ "vendor", pkg->vendor }, { "maintainer", pkg->maintainer }, { "homepage", pkg->homepage },
		{ "section", pkg->section }, { "changelog", pkg->changelog } };

	for (size_t i = 0; i < COUNT(texts); i++)
		if (*texts[i].value &&
			strcmp(texts[i].value, pkg->name) != 0) /* a plain archive's are made from its name */
			pkg_lose(
				pkg, target, LOSS_NOTE, "a folder is files and nothing else", "text:%s", texts[i].name);
	if (pkg->epoch)
		pkg_lose(pkg, target, LOSS_NOTE, "a folder's name holds no epoch", "epoch:%lld", (long long)pkg->epoch);
}

/* One call for the whole tree instead of one a file: everything is on the disk before the name is. */
static int directory_finish(struct writer_job *job, struct pkg *pkg, int fd, struct writer_result *ret, struct err *e)
{
	int64_t mtime = job->options.mtime_max >= 0 && pkg->build_time > job->options.mtime_max ? job->options.mtime_max
												: pkg->build_time;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = mtime } };

	if (fchmod(fd, 0755) || futimens(fd, times) || syncfs(fd))
		return err_sys(e, "cannot finish the folder");
	for (size_t i = 0; i < TREE_LOSSES; i++)
		loss_tally_tell(&job->lost[i], &tree_losses[i], pkg, job->options.target);
	tell_texts(pkg, job->options.target);
	loss_tell_metadata(pkg, job->options.target, "a folder is files and nothing else");
	*ret = (struct writer_result){ .installed_size = job->bytes, .archive_size = job->bytes };
	tree_listing_digest(pkg, job->options.mtime_max, ret->tree_sha256);
	return 0;
}

static char *directory_name(const struct pkg *pkg)
{
	return tree_name(pkg, "");
}

static const char *const directory_cannot[] = { "scripts, triggers, relations, descriptions (each is told)",
	"flags of files: configuration, documentation, licence, ghost",
	"owners, capabilities, labels, devices that the caller may not set", NULL };

const struct writer writer_directory = {
	.name = "directory",
	.suffix = "",
	.codec = CODEC_NONE,
	.open = directory_open,
	.sink = directory_sink,
	.finish = directory_finish,
	.drop = directory_drop,
	.file_name = directory_name,
	.check = tree_name_check,
	.cannot = directory_cannot,
	.is_tree = true,
};
