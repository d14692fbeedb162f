/* write_pacman.c - the pacman writer: the payload as a pax archive compressed while it streams; the metadata, the same archive's beginning,
 * in a frame of its own before it. alpm-package-format, makepkg(8).
 *
 * Whoever reads zstd reads two frames in a row as one stream, pacman's libarchive too; so .MTREE, which holds everybody's digest, can stand first
 * although it is known last. */
#include "formats/write_pacman.h"
#include "base/digest.h"
#include "formats/loss_tally.h"
#include "formats/pax_payload.h"
#include "formats/tar_out.h"
#include <string.h>

enum kind { GHOST, FLAGS, REPLACE, LATE, ACL, DOT, MERGED, NANOSECONDS, BLANK, KINDS };
static const struct loss_kind losses[KINDS] = {
	[GHOST] = { "ghost", "a pacman package lists only files it brings", LOSS_NOTE },
	[FLAGS] = { "flag:doc", "pacman does not mark documentation, licences and files that may be missing",
		LOSS_NOTE },
	[REPLACE] = { "flag:config-replace", "pacman keeps a changed file and puts the new one beside it", LOSS_NOTE },
	[LATE] = { "late-folder", "the folder came after its content: it is root's with mode 0755", LOSS_BEHAVIOUR },
	[ACL] = { "acl", "pacman sets no ACLs", LOSS_NOTE },
	[DOT] = { "dot-name", "pacman installs nothing whose name begins with a dot", LOSS_BEHAVIOUR },
	[BLANK] = { "flag:config", "pacman cuts blanks off the ends of a config file's name", LOSS_BEHAVIOUR },
	[NANOSECONDS] = { "mtime-nanoseconds", "before 1970 libarchive reads fractions of a second wrongly",
		LOSS_NOTE },
	[MERGED] = { "usr-merge", "there /bin, /sbin, /lib, /lib64 and /usr/sbin are links: it lies below /usr",
		LOSS_NOTE },
};

struct writer_job {
	struct sink sink;
	struct writer_options options;
	struct pax_payload payload;
	struct arena arena;
	struct pacman_facts facts;
	struct loss_tally lost[KINDS];
	/* the entry that streams */
	const struct entry *entry; /* the caller's, with its digest at the end when options say so */
	struct digest md5, sha256;
	char md5_hex[DIGEST_HEX];
	size_t row;                                      /* in facts.rows */
	bool is_skipped, has_md5, has_sha256, has_links; /* has: the digest is being made */
};

/* On Arch and all that follow it. */
static const struct {
	const char *from, *to;
} merged[] = { { "/bin", "/usr/bin" }, { "/sbin", "/usr/bin" }, { "/usr/sbin", "/usr/bin" }, { "/lib", "/usr/lib" },
	{ "/lib64", "/usr/lib" }, { "/usr/lib64", "/usr/lib" } };

static int no_memory(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "pacman: too many entries");
}

static const char *merged_path(struct arena *a, const char *path, bool is_dir)
{
	for (size_t i = 0; i < COUNT(merged); i++) {
		size_t len = strlen(merged[i].from);

		if (strncmp(path, merged[i].from, len) == 0 && (path[len] == '/' || (path[len] == 0 && is_dir)))
			return arena_printf(a, "%s%s", merged[i].to, path + len);
	}
	return arena_str(a, path);
}

/* The other names of a file; two that are one there are written once. */
static int place_links(struct writer_job *job, const struct entry *from, struct entry *ret, struct err *e)
{
	struct path_set seen = { 0 };
	bool is_good = true;

	ret->links = arena_alloc(&job->arena, from->links_len * sizeof *ret->links);
	ret->links_len = 0;
	path_set_add(&seen, ret->path, strlen(ret->path));
	for (size_t i = 0; ret->links && is_good && i < from->links_len; i++) {
		const char *path = merged_path(&job->arena, from->links[i], false);

		is_good = path != NULL;
		if (path && path_set_add(&seen, path, strlen(path)))
			ret->links[ret->links_len++] = path;
	}
	path_set_done(&seen);
	return ret->links && is_good ? 0 : no_memory(e);
}

/* The entry where it will lie; strings of *ret live as long as the job. */
static int place(struct writer_job *job, const struct entry *from, struct entry *ret, struct err *e)
{
	*ret = *from;
	ret->path = merged_path(&job->arena, from->path, from->type == ENTRY_DIR);
	if (!ret->path || (from->links_len && place_links(job, from, ret, e)))
		return no_memory(e);
	if (strcmp(ret->path, from->path) != 0 && from->type != ENTRY_DIR)
		loss_tally_add(&job->lost[MERGED], from->path);
	return 0;
}

static void note_losses(struct writer_job *job, const struct entry *en)
{
	const struct {
		enum kind kind;
		bool is_so;
	} table[] = {
		{ FLAGS, en->flags & (ENTRY_DOC | ENTRY_LICENSE | ENTRY_README | ENTRY_MISSINGOK) },
		{ REPLACE, en->flags & ENTRY_CONFIG && !(en->flags & ENTRY_NOREPLACE) },
		{ ACL, *en->acl || *en->acl_default },
		{ NANOSECONDS, en->mtime < 0 && en->mtime_ns > 0 },
	};

	for (size_t i = 0; i < COUNT(table); i++)
		if (table[i].is_so)
			loss_tally_add(&job->lost[table[i].kind], en->path);
}

static bool is_skipped(struct writer_job *job, const struct entry *en)
{
	bool is_dot = en->path[1] == '.', is_ghost = en->flags & ENTRY_GHOST;

	if (is_ghost || is_dot)
		loss_tally_add(&job->lost[is_ghost ? GHOST : DOT], en->path);
	return is_ghost || is_dot;
}

/* Every member, for .MTREE. */
static int listed(void *of, const struct entry *en, const char *path, enum entry_type type, int64_t mtime,
	uint32_t mtime_ns, struct err *e)
{
	struct writer_job *job = of;
	struct mtree_row row = { .path = arena_str(&job->arena, path),
		.link = type == ENTRY_SYMLINK ? arena_str(&job->arena, en->target) : "",
		.type = type == ENTRY_HARDLINK ? ENTRY_FILE : type,
		.mode = type == ENTRY_SYMLINK ? 0777 : en->mode & 07777,
		.uid = tar_fallback_id(en->uid, en->owner, en->mode), /* as its header */
		.gid = tar_fallback_id(en->gid, en->group, en->mode),
		.mtime = mtime,
		.mtime_ns = mtime_ns,
		.size = en->size };

	if (!row.path || !row.link)
		return no_memory(e);
	if (type == ENTRY_HARDLINK) { /* a further name: the file's, put there at its end */
		memcpy(row.sha256, en->sha256, sizeof row.sha256);
		memcpy(row.md5, en->want_digest, sizeof row.md5);
	}
	job->row = job->facts.rows.len;
	*LIST_ADD(&job->facts.rows) = row;
	return 0;
}

static void add_backup(struct writer_job *job, const char *path)
{
	if (path[1] == ' ' || path[strlen(path) - 1] == ' ')
		loss_tally_add(&job->lost[BLANK], path);
	else
		*LIST_ADD(&job->facts.backups) = path;
}

static void add_backups(struct writer_job *job, const struct entry *en)
{
	if (!(en->flags & ENTRY_CONFIG))
		return;
	add_backup(job, en->path);
	for (size_t i = 0; i < en->links_len; i++)
		add_backup(job, en->links[i]);
}

/* pacman 6.0 looks at MD5, later ones at SHA-256. What the digest stage makes or has held against the content need not be made again. */
static void begin_digests(struct writer_job *job, const struct entry *entry)
{
	job->has_sha256 = !job->options.has_digests;
	job->has_md5 = !job->options.has_digests || strlen(entry->want_digest) != 32;
	if (job->has_sha256)
		digest_init(&job->sha256, DIGEST_SHA256);
	if (job->has_md5)
		digest_init(&job->md5, DIGEST_MD5);
	else
		memcpy(job->md5_hex, entry->want_digest, 33);
}

static void end_digests(struct writer_job *job, char ret_sha256[DIGEST_HEX])
{
	if (job->has_md5) {
		digest_end_hex(&job->md5, job->md5_hex);
		digest_done(&job->md5);
	}
	if (job->has_sha256) {
		digest_end_hex(&job->sha256, ret_sha256);
		digest_done(&job->sha256);
	} else {
		memcpy(ret_sha256, job->entry->sha256, SHA256_HEX);
	}
	job->has_md5 = job->has_sha256 = false;
}

static int pacman_entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;
	struct entry placed;
	bool is_again = false;

	job->entry = entry;
	job->is_skipped = is_skipped(job, entry);
	if (job->is_skipped)
		return 0;
	note_losses(job, entry);
	if (place(job, entry, &placed, e) || pax_tree_begin(&job->payload.tree, &placed, false, &is_again, e))
		return -1;
	if (is_again && !pax_tree_is_plain(entry))
		loss_tally_add(&job->lost[LATE], entry->path);
	job->is_skipped = is_again;
	job->has_links = placed.links_len > 0;
	if (entry->type != ENTRY_FILE)
		return 0;
	job->facts.bytes += entry->size;
	begin_digests(job, entry);
	add_backups(job, &placed);
	return 0;
}

static int pacman_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	if (job->has_md5)
		digest_add(&job->md5, bytes, len);
	if (job->has_sha256)
		digest_add(&job->sha256, bytes, len);
	return job->is_skipped ? 0 : pax_tree_data(&job->payload.tree, bytes, len, e);
}

static int pacman_entry_end(struct sink *s, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;
	struct mtree_row *row = &job->facts.rows.at[job->row];
	char sha256[DIGEST_HEX];

	if (job->is_skipped || job->entry->type != ENTRY_FILE)
		return 0;
	end_digests(job, sha256);
	memcpy(row->sha256, sha256, sizeof row->sha256);
	memcpy(row->md5, job->md5_hex, sizeof row->md5);
	if (job->has_links) {
		struct entry *link = &job->payload.tree.linked.at[job->payload.tree.linked.len - 1];

		memcpy(link->sha256, sha256, sizeof link->sha256);
		link->want_digest = arena_str(&job->arena, job->md5_hex);
		if (!link->want_digest)
			return no_memory(e);
	}
	return pax_tree_end(&job->payload.tree, e);
}

static int pacman_close(struct sink *s, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	return pax_payload_close(&job->payload, e);
}

static const struct sink_ops pacman_sink_ops = {
	.entry_begin = pacman_entry_begin,
	.data = pacman_data,
	.entry_end = pacman_entry_end,
	.close = pacman_close,
};

/* ---- the writer */

static void pacman_drop(struct writer_job *job)
{
	if (!job)
		return;
	if (job->has_md5)
		digest_done(&job->md5);
	if (job->has_sha256)
		digest_done(&job->sha256);
	for (size_t i = 0; i < KINDS; i++)
		loss_tally_done(&job->lost[i]);
	pax_payload_done(&job->payload);
	LIST_DONE(&job->facts.rows);
	LIST_DONE(&job->facts.backups);
	arena_done(&job->arena);
	free(job);
}

static struct writer_job *pacman_open(const struct writer_options *options, struct err *e)
{
	struct writer_job *job;

	if (options->codec != CODEC_ZSTD) {
		err_usage(e, "%s is packed with zstd (its name says so), not %s", options->target,
			codec_name(options->codec));
		return NULL;
	}
	job = mem_alloc(sizeof *job);
	job->sink.ops = &pacman_sink_ops;
	job->options = *options;
	arena_init(&job->arena, MIB(512));
	if (pax_payload_open(&job->payload, options, e)) {
		pacman_drop(job);
		return NULL;
	}
	job->payload.tree.is_whole_early = true;
	job->payload.tree.told = listed;
	job->payload.tree.of = job;
	return job;
}

static struct sink *pacman_sink(struct writer_job *job)
{
	return &job->sink;
}

static int64_t built(const struct writer_job *job, const struct pkg *pkg)
{
	int64_t max = job->options.mtime_max, time = pkg->build_time;

	return time < 0 ? 0 : max >= 0 && time > max ? max : time;
}

static int pacman_finish(struct writer_job *job, struct pkg *pkg, int fd, struct writer_result *ret, struct err *e)
{
	struct out *out = out_codec(out_fd(fd), job->options.codec, job->options.level, job->options.threads, e);
	int failed;

	if (!out)
		return -1;
	failed = pacman_metadata(out, pkg, &job->facts, built(job, pkg), e);
	if (failed)
		out_drop(&out);
	else
		failed = out_close(out, e);
	if (failed || pax_payload_append(&job->payload, fd, e))
		return -1;
	for (size_t i = 0; i < KINDS; i++)
		loss_tally_tell(&job->lost[i], &losses[i], pkg, job->options.target);
	pacman_lose(pkg, job->options.target);
	*ret = (struct writer_result){ .installed_size = job->facts.bytes, .archive_size = job->payload.archive_size };
	return 0;
}

static const char *const pacman_cannot[] = { "ACLs", "names at the top that begin with a dot",
	"files outside /usr where Arch has links (/bin, /lib, ...): written below /usr",
	"flags of rpm: ghost, doc, licence, missingok, config without noreplace", "more than one line of description",
	"relations other than depend, optdepend, provides, conflict, replaces; alternatives", NULL };

const struct writer writer_pacman = {
	.name = "pacman",
	.suffix = ".pkg.tar.zst",
	.codec = CODEC_ZSTD,
	.open = pacman_open,
	.sink = pacman_sink,
	.finish = pacman_finish,
	.drop = pacman_drop,
	.file_name = pacman_file_name,
	.check = pacman_check,
	.cannot = pacman_cannot,
};
