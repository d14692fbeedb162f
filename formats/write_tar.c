/* write_tar.c - a plain tree as a pax archive in zstd: everything an entry can carry, nothing else.
 *
 * Members come in the order of the vendor's payload, each folder that he left out before its first content, other names of
 * files at the end. Who the package is stands in a comment for the whole archive, in a zstd frame of its own in front: its text is
 * known last. A tar has no scripts, relations and triggers; they are told as lost. */
#include "formats/write_tar.h"
#include "base/fs.h"
#include "base/text.h"
#include "formats/loss_tally.h"
#include "formats/path_set.h"
#include "formats/pax_out.h"
#include "formats/tar_out.h"
#include <string.h>
#include <unistd.h>

enum kind { GHOST, FLAGS, LATE, KINDS };
static const struct loss_kind losses[KINDS] = {
	[GHOST] = { "ghost", "a tar holds what is there", LOSS_NOTE },
	[FLAGS] = { "flag", "a tar does not mark configuration, documentation and licences", LOSS_NOTE },
	[LATE] = { "late-folder", "the folder came after its content: it is root's with mode 0755", LOSS_BEHAVIOUR },
};

struct writer_job {
	struct sink sink;
	struct writer_options options;
	int fd;          /* the archive behind its comment, compressed */
	struct out *out; /* into it */
	struct path_set folders;
	struct loss_tally lost[KINDS];
	uint64_t bytes, archive_size;
	LIST(struct entry) linked; /* files with other names, for the end */
	struct arena links_arena;
	/* the entry that streams */
	bool is_skipped;
	uint64_t at, stored; /* bytes that came; that were written */
	struct arena arena;  /* of the entry, when it is sparse */
	struct entry entry;
	size_t extent; /* where at lies, or the next one */
};

static int64_t clamp(const struct writer_job *job, const struct entry *en, uint32_t *ret_ns)
{
	bool is_late = job->options.mtime_max >= 0 &&
		(en->mtime > job->options.mtime_max || (en->mtime == job->options.mtime_max && en->mtime_ns));

	*ret_ns = is_late ? 0 : en->mtime_ns;
	return is_late ? job->options.mtime_max : en->mtime;
}

static int write_member(struct writer_job *job, const struct entry *en, const char *path, char type, const char *target,
	uint64_t size, struct err *e)
{
	struct pax_member m = { .path = path, .target = target, .type = type, .size = size };

	m.mtime = clamp(job, en, &m.mtime_ns);
	return pax_out_member(job->out, &m, en, e);
}

/* Folders that the package uses and does not name (an rpm leaves out those of other packages) are root's. */
static int write_parents(struct writer_job *job, const char *path, struct err *e)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		AUTO_FREE char *name = NULL;
		struct entry folder;

		if (!path_set_add(&job->folders, path, (size_t)(slash - path)))
			continue;
		name = mem_printf("%.*s/", (int)(slash - path - 1), path + 1);
		entry_init(&folder);
		folder.mode = 0755;
		folder.owner = folder.group = "root";
		folder.path = path;
		if (write_member(job, &folder, name, '5', "", 0, e))
			return -1;
	}
	return 0;
}

static uint64_t stored_size(const struct entry *en)
{
	uint64_t sum = 0;

	if (!en->extents)
		return en->type == ENTRY_FILE ? en->size : 0;
	for (size_t i = 0; i < en->extents_len; i++)
		sum += en->extents[i].len;
	return sum;
}

static bool is_plain_root(const struct entry *en)
{
	return en->mode == 0755 && (!*en->owner || strcmp(en->owner, "root") == 0) &&
		(!*en->group || strcmp(en->group, "root") == 0) && en->uid <= 0 && en->gid <= 0 && !*en->acl &&
		!*en->acl_default && !*en->selinux && en->xattrs_len == 0;
}

static int no_memory(const struct entry *en, struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "%s: too much about it to keep", en->path);
}

static int keep_entry(struct writer_job *job, const struct entry *en, struct err *e)
{
	job->at = job->stored = job->extent = 0;
	job->entry.extents = NULL;
	job->bytes += en->type == ENTRY_FILE ? en->size : 0;
	if (en->links_len && !entry_copy(&job->links_arena, en, LIST_ADD(&job->linked)))
		return no_memory(en, e);
	if (!en->extents)
		return 0;
	arena_done(&job->arena);
	arena_init(&job->arena, 0);
	return entry_copy(&job->arena, en, &job->entry) ? 0 : no_memory(en, e);
}

/* Behind everything else: now every folder has come as the vendor has it. */
static int write_links(struct writer_job *job, const struct entry *en, struct err *e)
{
	struct entry link = *en;

	link.type = ENTRY_HARDLINK;
	link.extents = NULL;
	for (size_t i = 0; i < en->links_len; i++)
		if (write_parents(job, en->links[i], e) ||
			write_member(job, &link, en->links[i] + 1, '1', en->path + 1, 0, e))
			return -1;
	return 0;
}

static int tar_entry_begin(struct sink *s, const struct entry *en, struct err *e)
{
	static const char types[] = { '0', '5', '2', '1', '3', '4', '6' };
	struct writer_job *job = (struct writer_job *)s;
	bool is_dir = en->type == ENTRY_DIR;
	AUTO_FREE char *path = mem_printf("%s%s", en->path + 1, is_dir ? "/" : "");

	job->is_skipped = en->flags & ENTRY_GHOST;
	if (en->type == ENTRY_HARDLINK)
		return err_input(e, "E_STRUCTURE", "%s: hard links come with their file", en->path);
	if (en->flags & (ENTRY_CONFIG | ENTRY_DOC | ENTRY_LICENSE | ENTRY_README | ENTRY_MISSINGOK))
		loss_tally_add(&job->lost[FLAGS], en->path);
	if (job->is_skipped)
		return loss_tally_add(&job->lost[GHOST], en->path), 0;
	if (keep_entry(job, en, e) || write_parents(job, en->path, e))
		return -1;
	if (is_dir && !path_set_add(&job->folders, en->path, strlen(en->path))) {
		if (!is_plain_root(en))
			loss_tally_add(&job->lost[LATE], en->path);
		job->is_skipped = true;
		return 0;
	}
	return write_member(
		job, en, path, types[en->type], en->type == ENTRY_SYMLINK ? en->target : "", stored_size(en), e);
}

/* What lies in a stretch is written, what lies between is not; a byte there that is not zero would be lost. */
static int sparse_data(struct writer_job *job, const unsigned char *bytes, size_t len, struct err *e)
{
	const struct entry *en = &job->entry;

	while (len > 0) {
		const struct extent *x = job->extent < en->extents_len ? &en->extents[job->extent] : NULL;
		bool is_in = x && job->at >= x->at;
		uint64_t end = is_in ? x->at + x->len : x ? x->at : en->size;
		size_t now = end - job->at < len ? (size_t)(end - job->at) : len;

		if (now == 0 && !is_in && !x)
			return err_input(e, "E_MISMATCH", "%s: bytes behind its end", en->path);
		if (is_in && (bytes ? out_write(job->out, bytes, now, e) : tar_out_zeros(job->out, now, e)))
			return -1;
		for (size_t i = 0; bytes && !is_in && i < now; i++)
			if (bytes[i])
				return err_input(e, "E_MISMATCH", "%s: data where its map has a hole", en->path);
		job->at += now;
		job->stored += is_in ? now : 0;
		bytes = bytes ? bytes + now : NULL;
		len -= now;
		if (is_in && job->at == end)
			job->extent++;
	}
	return 0;
}

static int tar_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	if (job->is_skipped)
		return 0;
	if (job->entry.extents)
		return sparse_data(job, bytes, len, e);
	job->stored += len;
	return bytes ? out_write(job->out, bytes, len, e) : tar_out_zeros(job->out, len, e);
}

static int tar_entry_end(struct sink *s, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	if (job->is_skipped)
		return 0;
	return tar_out_pad(job->out, job->stored, e);
}

static int tar_close(struct sink *s, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;
	struct out *out = job->out;

	for (size_t i = 0; i < job->linked.len; i++)
		if (write_links(job, &job->linked.at[i], e))
			return -1;
	if (tar_out_end(out, e))
		return -1;
	job->archive_size = out->count;
	job->out = NULL;
	return out_close(out, e);
}

static const struct sink_ops tar_sink_ops = {
	.entry_begin = tar_entry_begin, .data = tar_data, .entry_end = tar_entry_end, .close = tar_close
};

/* ---- the writer */

static void tar_drop(struct writer_job *job)
{
	if (!job)
		return;
	out_drop(&job->out);
	auto_fd(&job->fd);
	for (size_t i = 0; i < KINDS; i++)
		loss_tally_done(&job->lost[i]);
	path_set_done(&job->folders);
	LIST_DONE(&job->linked);
	arena_done(&job->links_arena);
	arena_done(&job->arena);
	free(job);
}

static struct writer_job *tar_open(const struct writer_options *options, struct err *e)
{
	struct writer_job *job;

	if (options->codec != CODEC_ZSTD) {
		err_usage(e, "%s is packed with zstd, not %s", options->target, codec_name(options->codec));
		return NULL;
	}
	job = mem_alloc(sizeof *job);
	job->sink.ops = &tar_sink_ops;
	job->options = *options;
	arena_init(&job->links_arena, MIB(512));
	job->fd = fs_temp_file(e);
	if (job->fd >= 0)
		job->out = out_codec(out_fd(job->fd), options->codec, options->level, options->threads, e);
	if (!job->out) {
		tar_drop(job);
		return NULL;
	}
	return job;
}

static struct sink *tar_sink(struct writer_job *job)
{
	return &job->sink;
}

/* What a reader of the comment finds: lines "Name: value", of which only the last, the description, may go on over several. */
static void comment_text(const struct pkg *pkg, struct text *t)
{
	const struct {
		const char *name, *value;
	} lines[] = { { "Name", pkg->name }, { "Version", pkg->version }, { "Release", pkg->release },
		{ "Architecture", pkg->architecture }, { "Summary", pkg->summary }, { "License", pkg->license },
		{ "Vendor", pkg->vendor }, { "Maintainer", pkg->maintainer }, { "Homepage", pkg->homepage },
		{ "Section", pkg->section }, { "Description", pkg->description } };

	if (pkg->epoch)
		text_add(t, "Epoch: %lld\n", (long long)pkg->epoch);
	for (size_t i = 0; i < COUNT(lines); i++)
		if (*lines[i].value)
			text_add(t, "%s: %s\n", lines[i].name, lines[i].value);
}

static int tar_finish(struct writer_job *job, struct pkg *pkg, int fd, struct writer_result *ret, struct err *e)
{
	AUTO(text) comment = { 0 };
	struct out *out = out_codec(out_fd(fd), CODEC_ZSTD, job->options.level, 1, e);
	off_t end = lseek(job->fd, 0, SEEK_END);
	int failed;

	if (!out)
		return -1;
	comment_text(pkg, &comment);
	failed = pax_out_comment(out, comment.at ? comment.at : "", comment.len, e);
	if (failed)
		out_drop(&out);
	else
		failed = out_close(out, e);
	if (!failed && end < 0)
		failed = err_sys(e, "temporary file");
	if (failed || fs_copy_range(job->fd, 0, fd, (uint64_t)end, e))
		return -1;
	for (size_t i = 0; i < KINDS; i++)
		loss_tally_tell(&job->lost[i], &losses[i], pkg, job->options.target);
	loss_tell_metadata(pkg, job->options.target, "a tar is files and nothing else");
	if (*pkg->changelog)
		pkg_lose(pkg, job->options.target, LOSS_NOTE, "a tar has no place for it", "changelog:%zu bytes",
			strlen(pkg->changelog));
	*ret = (struct writer_result){ .installed_size = job->bytes, .archive_size = job->archive_size };
	return 0;
}

/* The name becomes a file's: one without a meaning for the shell or a path. */
static int tar_check(const struct pkg *pkg, struct err *e)
{
	const char *const parts[] = { pkg->name, pkg->version, pkg->release, pkg->architecture };

	for (size_t i = 0; i < COUNT(parts); i++)
		if (strchr(parts[i], '/') || text_has_control(parts[i]) || parts[i][0] == '.' || parts[i][0] == '-')
			return err_input(e, "E_METADATA", "'%s' is no part of a file's name", parts[i]);
	return *pkg->name && *pkg->version && *pkg->architecture
		? 0
		: err_input(e, "E_METADATA", "name, version or architecture is missing");
}

static char *tar_file_name(const struct pkg *pkg)
{
	return mem_printf("%s-%s%s%s.%s.tar.zst", pkg->name, pkg->version, *pkg->release ? "-" : "", pkg->release,
		pkg->architecture);
}

static const char *const tar_cannot[] = { "scripts, triggers, relations (each is told)",
	"flags of files: configuration, documentation, licence, ghost", "changelogs", NULL };

const struct writer writer_tar = {
	.name = "tar.zst",
	.suffix = ".tar.zst",
	.codec = CODEC_ZSTD,
	.open = tar_open,
	.sink = tar_sink,
	.finish = tar_finish,
	.drop = tar_drop,
	.file_name = tar_file_name,
	.check = tar_check,
	.cannot = tar_cannot,
};
