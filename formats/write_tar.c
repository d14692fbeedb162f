/* write_tar.c - a plain tree as a pax archive in zstd: everything an entry can carry, nothing else.
 *
 * Members come in the order of the vendor's payload, each folder that he left out before its first content, other names of
 * files at the end. Who the package is stands in a comment for the whole archive, in a zstd frame of its own in front: its text is
 * known last. A tar has no scripts, relations and triggers; they are told as lost. */
#include "formats/write_tar.h"
#include "base/text.h"
#include "formats/loss_tally.h"
#include "formats/pax_payload.h"
#include <string.h>

enum kind { GHOST, FLAGS, LATE, KINDS };
static const struct loss_kind losses[KINDS] = {
	[GHOST] = { "ghost", "a tar holds what is there", LOSS_NOTE },
	[FLAGS] = { "flag", "a tar does not mark configuration, documentation and licences", LOSS_NOTE },
	[LATE] = { "late-folder", "the folder came after its content: it is root's with mode 0755", LOSS_BEHAVIOUR },
};

struct writer_job {
	struct sink sink;
	struct writer_options options;
	struct pax_payload payload; /* the archive behind its comment */
	struct loss_tally lost[KINDS];
	uint64_t bytes;  /* of its files */
	bool is_skipped; /* of the entry that streams */
};

static int tar_entry_begin(struct sink *s, const struct entry *en, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;
	bool is_again = false;

	job->is_skipped = en->flags & ENTRY_GHOST;
	if (en->flags & (ENTRY_CONFIG | ENTRY_DOC | ENTRY_LICENSE | ENTRY_README | ENTRY_MISSINGOK))
		loss_tally_add(&job->lost[FLAGS], en->path);
	if (job->is_skipped)
		return loss_tally_add(&job->lost[GHOST], en->path), 0;
	if (pax_tree_begin(&job->payload.tree, en, false, &is_again, e))
		return -1;
	if (is_again && !pax_tree_is_plain(en))
		loss_tally_add(&job->lost[LATE], en->path);
	job->bytes += en->type == ENTRY_FILE ? en->size : 0;
	job->is_skipped = is_again;
	return 0;
}

static int tar_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	return job->is_skipped ? 0 : pax_tree_data(&job->payload.tree, bytes, len, e);
}

static int tar_entry_end(struct sink *s, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	return job->is_skipped ? 0 : pax_tree_end(&job->payload.tree, e);
}

static int tar_close(struct sink *s, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	return pax_payload_close(&job->payload, e);
}

static const struct sink_ops tar_sink_ops = {
	.entry_begin = tar_entry_begin, .data = tar_data, .entry_end = tar_entry_end, .close = tar_close
};

/* ---- the writer */

static void tar_drop(struct writer_job *job)
{
	if (!job)
		return;
	for (size_t i = 0; i < KINDS; i++)
		loss_tally_done(&job->lost[i]);
	pax_payload_done(&job->payload);
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
	if (pax_payload_open(&job->payload, options, e)) {
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
	int failed;

	if (!out)
		return -1;
	comment_text(pkg, &comment);
	failed = pax_out_comment(out, comment.at ? comment.at : "", comment.len, e);
	if (failed)
		out_drop(&out);
	else
		failed = out_close(out, e);
	if (failed || pax_payload_append(&job->payload, fd, e))
		return -1;
	for (size_t i = 0; i < KINDS; i++)
		loss_tally_tell(&job->lost[i], &losses[i], pkg, job->options.target);
	loss_tell_metadata(pkg, job->options.target, "a tar is files and nothing else");
	if (*pkg->changelog)
		pkg_lose(pkg, job->options.target, LOSS_NOTE, "a tar has no place for it", "changelog:%zu bytes",
			strlen(pkg->changelog));
	*ret = (struct writer_result){ .installed_size = job->bytes, .archive_size = job->payload.archive_size };
	return 0;
}

/* The name becomes a file's: one without a meaning for the shell or a path. */
int tree_name_check(const struct pkg *pkg, struct err *e)
{
	const char *const parts[] = { pkg->name, pkg->version, pkg->release, pkg->architecture };

	for (size_t i = 0; i < COUNT(parts); i++)
		if (strchr(parts[i], '/') || text_has_control(parts[i]) || parts[i][0] == '.' || parts[i][0] == '-')
			return err_input(e, "E_METADATA", "'%s' is no part of a file's name", parts[i]);
	return *pkg->name && *pkg->version && *pkg->architecture
		? 0
		: err_input(e, "E_METADATA", "name, version or architecture is missing");
}

char *tree_name(const struct pkg *pkg, const char *suffix)
{
	return mem_printf("%s-%s%s%s.%s%s", pkg->name, pkg->version, *pkg->release ? "-" : "", pkg->release,
		pkg->architecture, suffix);
}

static char *tar_file_name(const struct pkg *pkg)
{
	return tree_name(pkg, writer_tar.suffix);
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
	.check = tree_name_check,
	.cannot = tar_cannot,
};
