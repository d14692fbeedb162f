/* write_deb.c - the deb writer: data.tar compressed while it streams, then control.tar, then ar around both. deb(5).
 *
 * dpkg makes hard links by the name of a member it has seen, and keeps what a folder's first member said; so all links come after
 * everything else, when every folder has been written as it is. */
#include "formats/write_deb.h"
#include "base/fs.h"
#include "formats/path_set.h"
#include "formats/tar_out.h"
#include <string.h>
#include <unistd.h>

struct md5_line {
	const char *path;
	char hex[33];
};

/* A further name of a file, written at the end. */
struct later_link {
	const char *path, *target, *owner, *group;
	uint32_t mode;
	int64_t uid, gid, mtime;
};

struct writer_job {
	struct sink sink;
	struct writer_options options;
	int fd;          /* compressed data.tar */
	struct out *out; /* into it */
	uint64_t tar_size;
	struct arena arena; /* paths */
	struct path_set folders;
	LIST(struct md5_line) md5s;
	LIST(struct later_link) links;
	LIST(const char *) conffiles;
	struct deb_losses losses;
	uint64_t kib, bytes;
	bool is_altered; /* more or other than what came: a payload that was copied would lack it */
	/* the entry that streams */
	uint64_t size;
	bool is_file, is_skipped, has_hole;
	const char *path;
	char md5[33];
	bool is_md5_known, is_md5_missing; /* of this file; of any */
	const char **more_paths;           /* its other names */
	size_t more_len;
};

static bool is_late(const struct writer_job *job, int64_t mtime)
{
	return job->options.mtime_max >= 0 && mtime > job->options.mtime_max;
}

static int64_t clamp_mtime(const struct writer_job *job, int64_t mtime)
{
	return is_late(job, mtime) ? job->options.mtime_max : mtime;
}

static int no_memory(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "deb: too many entries");
}

static int write_folder(struct writer_job *job, const char *path, size_t len, struct err *e)
{
	AUTO_FREE char *name = mem_printf(".%.*s/", (int)len, path);
	struct tar_item item = { .path = name,
		.target = "",
		.type = '5',
		.mode = 0755,
		.mtime = clamp_mtime(job, 0),
		.owner = "root",
		.group = "root" };

	job->kib++;
	job->is_altered = job->is_altered || len > 0; /* without a root of its own dpkg is content */
	return tar_out_item(job->out, &item, e);
}

/* dpkg wants every parent; an rpm leaves out those of other packages. */
static int write_parents(struct writer_job *job, const char *path, struct err *e)
{
	if (path_set_add(&job->folders, "", 0) && write_folder(job, "", 0, e))
		return -1;
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t len = (size_t)(slash - path);

		if (path_set_add(&job->folders, path, len) && write_folder(job, path, len, e))
			return -1;
	}
	return 0;
}

static void note_losses(struct writer_job *job, const struct entry *entry)
{
	const struct {
		enum lost_kind kind;
		bool is_so;
	} table[] = {
		{ LOST_XATTR, entry->xattrs_len > 0 },
		{ LOST_ACL, *entry->acl || *entry->acl_default },
		{ LOST_SELINUX, *entry->selinux },
		{ LOST_CAPABILITIES, *entry->capabilities },
		{ LOST_SPARSE, entry->extents != NULL },
		{ LOST_NANOSECONDS, entry->mtime_ns > 0 },
		{ LOST_DOC, entry->flags & (ENTRY_DOC | ENTRY_LICENSE | ENTRY_README) },
		{ LOST_REPLACE, entry->flags & ENTRY_CONFIG && !(entry->flags & ENTRY_NOREPLACE) },
		{ LOST_MISSINGOK, entry->flags & ENTRY_MISSINGOK },
	};

	for (size_t i = 0; i < COUNT(table); i++)
		if (table[i].is_so)
			deb_lose(&job->losses, table[i].kind, entry->path);
}

/* The md5 the source promised is the one the digest stage holds the content against. dpkg writes its own list while it unpacks when a
 * package brings none, so hashing again here would buy nothing. */
static void take_md5(struct writer_job *job, const struct entry *entry)
{
	job->is_md5_known = strlen(entry->want_digest) == 32;
	if (job->is_md5_known)
		memcpy(job->md5, entry->want_digest, sizeof job->md5);
	else
		job->is_md5_missing = true;
}

static int keep_links(struct writer_job *job, const struct entry *entry, const struct tar_item *item, struct err *e)
{
	const char *owner = arena_str(&job->arena, item->owner), *group = arena_str(&job->arena, item->group);

	job->more_len = entry->links_len;
	job->more_paths = arena_alloc(&job->arena, entry->links_len * sizeof *job->more_paths);
	if (!owner || !group || !job->more_paths)
		return no_memory(e);
	for (size_t i = 0; i < entry->links_len; i++) {
		const char *path = arena_str(&job->arena, entry->links[i]);

		if (!path)
			return no_memory(e);
		job->more_paths[i] = path;
		*LIST_ADD(&job->links) = (struct later_link){ path, job->path, owner, group, item->mode, item->uid,
			item->gid, item->mtime };
	}
	return 0;
}

static int begin_file(struct writer_job *job, const struct entry *entry, const struct tar_item *item, struct err *e)
{
	job->is_file = true;
	job->size = entry->size;
	job->path = arena_str(&job->arena, entry->path);
	job->kib += (entry->size + 1023) / 1024;
	job->bytes += entry->size;
	if (!job->path || (entry->links_len > 0 && keep_links(job, entry, item, e)))
		return job->path ? -1 : no_memory(e);
	if (entry->flags & ENTRY_CONFIG) {
		*LIST_ADD(&job->conffiles) = job->path;
		for (size_t i = 0; i < job->more_len; i++)
			*LIST_ADD(&job->conffiles) = job->more_paths[i];
	}
	take_md5(job, entry);
	return 0;
}

static char tar_type(enum entry_type type)
{
	static const char types[] = { '0', '5', '2', '1', '3', '4', '6' };

	return types[type];
}

static bool is_plain_root(const struct entry *entry)
{
	return (entry->mode & 07777) == 0755 && (!*entry->owner || strcmp(entry->owner, "root") == 0) &&
		(!*entry->group || strcmp(entry->group, "root") == 0) && entry->uid <= 0 && entry->gid <= 0;
}

static int deb_entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;
	bool is_dir = entry->type == ENTRY_DIR;
	AUTO_FREE char *path = mem_printf(".%s%s", entry->path, is_dir ? "/" : "");
	struct tar_item item = { .path = path,
		.target = entry->type == ENTRY_SYMLINK ? entry->target : "",
		.type = tar_type(entry->type),
		.mode = entry->mode,
		.uid = tar_fallback_id(entry->uid, entry->owner, entry->mode),
		.gid = tar_fallback_id(entry->gid, entry->group, entry->mode),
		.mtime = clamp_mtime(job, entry->mtime),
		.size = entry->type == ENTRY_FILE ? entry->size : 0,
		.owner = *entry->owner    ? entry->owner
			: entry->uid <= 0 ? "root"
					  : "",
		.group = *entry->group    ? entry->group
			: entry->gid <= 0 ? "root"
					  : "",
		.dev_major = entry->dev_major,
		.dev_minor = entry->dev_minor };

	job->is_altered = job->is_altered || is_late(job, entry->mtime) || entry->flags & ENTRY_GHOST;
	job->is_file = job->is_skipped = job->has_hole = false;
	job->more_len = 0;
	if (entry->flags & ENTRY_GHOST) {
		job->is_skipped = true;
		deb_lose(&job->losses, LOST_GHOST, entry->path);
		return 0;
	}
	note_losses(job, entry);
	if (write_parents(job, entry->path, e))
		return -1;
	if (is_dir && !path_set_add(&job->folders, entry->path, strlen(entry->path))) {
		if (!is_plain_root(entry))
			deb_lose(&job->losses, LOST_LATE_DIR, entry->path);
		return 0;
	}
	if (entry->type == ENTRY_HARDLINK)
		return err_input(e, "E_STRUCTURE", "%s: hard links come with their file", entry->path);
	if (entry->type == ENTRY_FILE && begin_file(job, entry, &item, e))
		return -1;
	if (!job->is_file)
		job->kib++;
	return tar_out_item(job->out, &item, e);
}

static int deb_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	if (job->is_skipped)
		return 0;
	return bytes ? out_write(job->out, bytes, len, e) : tar_out_zeros(job->out, len, e);
}

static void keep_md5(struct writer_job *job)
{
	struct md5_line line = { .path = job->path };

	memcpy(line.hex, job->md5, sizeof line.hex);
	*LIST_ADD(&job->md5s) = line;
	for (size_t i = 0; i < job->more_len; i++) {
		line.path = job->more_paths[i];
		*LIST_ADD(&job->md5s) = line;
	}
}

static int deb_entry_end(struct sink *s, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	if (!job->is_file)
		return 0;
	if (job->is_md5_known)
		keep_md5(job);
	job->is_file = false;
	return tar_out_pad(job->out, job->size, e);
}

static int write_links(struct writer_job *job, struct err *e)
{
	for (size_t i = 0; i < job->links.len; i++) {
		const struct later_link *link = &job->links.at[i];
		AUTO_FREE char *path = mem_printf(".%s", link->path), *target = mem_printf(".%s", link->target);
		struct tar_item item = { .path = path,
			.target = target,
			.type = '1',
			.mode = link->mode,
			.uid = link->uid,
			.gid = link->gid,
			.mtime = link->mtime,
			.owner = link->owner,
			.group = link->group };

		if (write_parents(job, link->path, e) || tar_out_item(job->out, &item, e))
			return -1;
	}
	return 0;
}

static int deb_close(struct sink *s, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;
	struct out *out = job->out;

	if (write_parents(job, "/", e) || write_links(job, e) || tar_out_end(out, e))
		return -1;
	job->tar_size = out->count;
	job->out = NULL;
	return out_close(out, e);
}

static void deb_drop_sink(struct sink *s)
{
	(void)s; /* drop of the writer frees */
}

static const struct sink_ops deb_sink_ops = {
	.entry_begin = deb_entry_begin,
	.data = deb_data,
	.entry_end = deb_entry_end,
	.close = deb_close,
	.drop = deb_drop_sink,
};

/* ---- the writer */

static void deb_drop(struct writer_job *job)
{
	if (!job)
		return;
	out_drop(&job->out);
	auto_fd(&job->fd);
	deb_losses_done(&job->losses);
	LIST_DONE(&job->md5s);
	LIST_DONE(&job->links);
	LIST_DONE(&job->conffiles);
	path_set_done(&job->folders);
	arena_done(&job->arena);
	free(job);
}

static struct writer_job *deb_open(const struct writer_options *options, struct err *e)
{
	struct writer_job *job = mem_alloc(sizeof *job);

	job->sink.ops = &deb_sink_ops;
	job->options = *options;
	arena_init(&job->arena, MIB(512));
	job->fd = options->copy ? -1 : fs_temp_file(e);
	if (options->copy)
		job->out = out_null();
	else if (job->fd >= 0)
		job->out = out_codec(out_fd(job->fd), options->codec, options->level, options->threads, e);
	if (!job->out) {
		deb_drop(job);
		return NULL;
	}
	return job;
}

static struct sink *deb_sink(struct writer_job *job)
{
	return &job->sink;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct md5_line *)a)->path, ((const struct md5_line *)b)->path);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void gather_facts(struct writer_job *job, const struct pkg *pkg, struct deb_facts *facts)
{
	facts->installed_kib = job->kib;
	if (job->md5s.len > 1)
		qsort(job->md5s.at, job->md5s.len, sizeof *job->md5s.at, by_path);
	if (job->conffiles.len > 1)
		qsort(job->conffiles.at, job->conffiles.len, sizeof *job->conffiles.at, by_text);
	for (size_t i = 0; i < job->md5s.len && !job->is_md5_missing; i++)
		text_add(&facts->md5sums, "%s  %s\n", job->md5s.at[i].hex, job->md5s.at[i].path + 1);
	for (size_t i = 0; i < job->conffiles.len; i++)
		text_add(&facts->conffiles, "%s\n", job->conffiles.at[i]);
	for (size_t i = 0; i < pkg->fields.len; i++)
		if (strcmp(pkg->fields.at[i].name, "conffile-removed") == 0)
			text_add(&facts->conffiles, "remove-on-upgrade %s\n", pkg->fields.at[i].value);
}

static const char *suffix_of(enum codec codec)
{
	static const char *const suffixes[] = { "", ".gz", ".bz2", ".xz", ".lzma", ".zst" };

	return suffixes[codec];
}

/* dpkg takes no bzip2 or lzma around the control archive. */
static enum codec control_codec(enum codec codec)
{
	return codec == CODEC_BZIP2 || codec == CODEC_LZMA ? CODEC_XZ : codec;
}

static int write_control(
	struct writer_job *job, struct pkg *pkg, int64_t mtime, int fd, char **ret_control, struct err *e)
{
	struct deb_facts facts = { 0 };
	AUTO_FREE char *control = NULL;
	struct out *out = out_codec(out_fd(fd), control_codec(job->options.codec), 0, 1, e);
	int status = -1;

	if (!out)
		return -1;
	gather_facts(job, pkg, &facts);
	status = deb_control_tar(out, pkg, job->options.target, &facts, mtime, &control, e);
	text_done(&facts.md5sums);
	text_done(&facts.conffiles);
	if (status)
		out_drop(&out);
	else
		status = out_close(out, e);
	if (status)
		return err_wrap(e, "control.tar");
	*ret_control = control;
	control = NULL;
	return 0;
}

/* A whole file as a payload. */
static int whole_file(int fd, struct payload_copy *ret, struct err *e)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < 0)
		return err_sys(e, "temporary file");
	*ret = (struct payload_copy){ .fd = fd, .len = (uint64_t)end };
	return 0;
}

static int data_of(const struct writer_job *job, struct payload_copy *ret, struct err *e)
{
	if (!job->options.copy)
		return whole_file(job->fd, ret, e);
	*ret = *job->options.copy;
	return 0;
}

static int write_ar(
	struct writer_job *job, int control_fd, int64_t mtime, int fd, uint64_t *ret_payload_at, struct err *e)
{
	static const char magic[] = "!<arch>\n", version[] = "2.0\n";
	AUTO_FREE char *control = mem_printf("control.tar%s", suffix_of(control_codec(job->options.codec)));
	AUTO_FREE char *data = mem_printf("data.tar%s", suffix_of(job->options.codec));
	char head[AR_HEADER];
	struct payload_copy control_tar, data_tar;

	ar_header(head, "debian-binary", mtime, sizeof version - 1);
	if (whole_file(control_fd, &control_tar, e) || data_of(job, &data_tar, e) ||
		fd_write(fd, magic, sizeof magic - 1, e) || fd_write(fd, head, sizeof head, e) ||
		fd_write(fd, version, sizeof version - 1, e) || ar_member_write(fd, control, mtime, &control_tar, e))
		return -1;
	*ret_payload_at = (uint64_t)lseek(fd, 0, SEEK_CUR) + AR_HEADER;
	return ar_member_write(fd, data, mtime, &data_tar, e);
}

static int deb_finish(struct writer_job *job, struct pkg *pkg, int fd, struct writer_result *ret, struct err *e)
{
	int64_t mtime = clamp_mtime(job, pkg->build_time);
	uint64_t payload_at;
	AUTO_FREE char *control = NULL;
	AUTO_FD int control_fd = fs_temp_file(e);

	mtime = mtime < 0 || mtime > 99999999999 ? 0 : mtime; /* what the ar header can hold */
	if (control_fd < 0 || write_control(job, pkg, mtime, control_fd, &control, e) ||
		write_ar(job, control_fd, mtime, fd, &payload_at, e))
		return -1;
	deb_losses_tell(&job->losses, pkg, job->options.target);
	*ret = (struct writer_result){ .installed_size = job->bytes,
		.archive_size = job->options.copy ? job->options.copy->unpacked : job->tar_size,
		.payload_at = payload_at,
		.control = control };
	control = NULL;
	return 0;
}

static bool deb_may_copy(const struct writer_job *job)
{
	return !job->is_altered;
}

static const char *const deb_cannot[] = { "extended attributes, ACLs, SELinux labels",
	"file capabilities (through a generated postinst)", "sparse files, times below a second",
	"flags of rpm: ghost, doc, licence, missingok, config without noreplace",
	"rich dependencies of rpm other than and/or", "members over 9,999,999,999 bytes", NULL };

const struct writer writer_deb = {
	.name = "deb",
	.suffix = ".deb",
	.codec = CODEC_XZ,
	.open = deb_open,
	.sink = deb_sink,
	.finish = deb_finish,
	.drop = deb_drop,
	.file_name = deb_file_name,
	.check = deb_check,
	.may_copy = deb_may_copy,
	.cannot = deb_cannot,
};
