/* write_apk.c - the apk writer, version 2: a control segment and a data segment, each a gzip member; unsigned, as a signature segment goes before
 * both and covers the control segment's bytes. apk-package(5), abuild-tar(1).
 *
 * apk wants the SHA-1 of a file before the file. A small one waits in memory; a large one is deflated on its own, and its header, made when the digest
 * is known, takes its place before it (base/gzip_pieces.h): one pass, nothing held. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/gzip_pieces.h"
#include "formats/loss_tally.h"
#include "formats/pax_tree.h"
#include "formats/posix_attrs.h"
#include "formats/tar_out.h"
#include "formats/write_pacman.h"
#include <string.h>
#include <unistd.h>

enum { HELD_MOST = 1 << 20, SHA1_HEX = 41, ID_MOST = 2097151 /* seven octal digits */, NOBODY = 65534 };

enum kind { GHOST, FLAGS, CONFIG, LATE, ACL, DOT, KEEP, SPARSE, NANOSECONDS, TIME, ID, KINDS };
static const struct loss_kind losses[KINDS] = {
	[GHOST] = { "ghost", "an apk lists only files it brings", LOSS_NOTE },
	[FLAGS] = { "flag:doc", "apk does not mark documentation, licences and files that may be missing", LOSS_NOTE },
	[CONFIG] = { "flag:config", "apk keeps changed files below /etc only", LOSS_BEHAVIOUR },
	[LATE] = { "late-folder", "the folder came after its content: it is root's with mode 0755", LOSS_BEHAVIOUR },
	[ACL] = { "acl", "apk sets ACLs by number only", LOSS_NOTE },
	[DOT] = { "dot-name", "apk takes files at the top that begin with a dot for control files", LOSS_BEHAVIOUR },
	[KEEP] = { "keep-name", "apk passes over files whose names begin with .keep_", LOSS_BEHAVIOUR },
	[SPARSE] = { "sparse", "apk reads no sparse members: holes are written as zeros", LOSS_NOTE },
	[NANOSECONDS] = { "mtime-nanoseconds", "apk holds whole seconds", LOSS_NOTE },
	[TIME] = { "mtime", "apk holds times from 1970 to 2106", LOSS_NOTE },
	[ID] = { "owner", "apk holds numbers up to 2097151: nobody's, unless the name is known there", LOSS_BEHAVIOUR },
};

struct writer_job {
	struct sink sink;
	struct writer_options options;
	int fd; /* pieces of the data segment */
	struct gzip_pieces *pieces;
	struct pax_tree tree;
	struct loss_tally lost[KINDS];
	uint64_t bytes;
	struct arena arena; /* of the entry that streams */
	struct entry entry;
	struct digest digest;
	struct text held; /* a small file */
	char sha1[DIGEST_HEX];
	bool is_skipped, is_file, is_held;
};

/* ---- what apk understands of a header: octal numbers, raw attributes */

static int add_xattr(struct writer_job *job, struct entry *en, const char *name, const void *value, size_t len)
{
	struct xattr *all = arena_alloc(&job->arena, (en->xattrs_len + 1) * sizeof *all);

	if (!all)
		return -1;
	if (en->xattrs_len)
		memcpy(all, en->xattrs, en->xattrs_len * sizeof *all);
	all[en->xattrs_len] = (struct xattr){ name, value, len };
	en->xattrs = all;
	en->xattrs_len++;
	return 0;
}

static int add_acl(struct writer_job *job, struct entry *en, const char *name, const char **acl)
{
	struct xattr x = { 0 };
	int failed = 0;

	if (!**acl)
		return 0;
	if (posix_attr_acl_bytes(&job->arena, *acl, &x))
		loss_tally_add(&job->lost[ACL], en->path);
	else
		failed = add_xattr(job, en, name, x.value, x.len);
	*acl = "";
	return failed;
}

static int64_t small_id(struct writer_job *job, const struct entry *en, int64_t id, const char *name)
{
	if (id <= ID_MOST)
		return tar_fallback_id(id, name, en->mode);
	loss_tally_add(&job->lost[ID], en->path);
	return NOBODY;
}

static void digest_target(const char *target, char ret[DIGEST_HEX])
{
	struct digest d;

	digest_init(&d, DIGEST_SHA1);
	digest_add(&d, target, strlen(target));
	digest_end_hex(&d, ret);
	digest_done(&d);
}

static int shape(void *of, struct entry *en, enum entry_type type, struct pax_member *m, struct err *e)
{
	struct writer_job *job = of;

	if (add_acl(job, en, "system.posix_acl_access", &en->acl) ||
		add_acl(job, en, "system.posix_acl_default", &en->acl_default) ||
		(*en->selinux && add_xattr(job, en, "security.selinux", en->selinux, strlen(en->selinux) + 1)))
		return err_input(e, "E_LIMIT_MEMORY", "%s: too many attributes", en->path);
	en->selinux = "";
	en->uid = small_id(job, en, en->uid, en->owner);
	en->gid = small_id(job, en, en->gid, en->group);
	if (m->mtime < 0 || m->mtime > UINT32_MAX) {
		loss_tally_add(&job->lost[TIME], en->path);
		m->mtime = m->mtime < 0 ? 0 : UINT32_MAX;
	}
	if (type == ENTRY_SYMLINK) {
		digest_target(m->target, job->sha1);
		m->apk_sha1 = job->sha1;
	}
	return 0;
}

/* ---- entries */

static bool is_skipped(struct writer_job *job, const struct entry *en)
{
	const char *name = strrchr(en->path, '/') + 1;
	const struct {
		enum kind kind;
		bool is_so;
	} table[] = { { GHOST, en->flags & ENTRY_GHOST },
		{ DOT, name == en->path + 1 && *name == '.' && en->type != ENTRY_DIR },
		{ KEEP, en->type != ENTRY_DIR && strncmp(name, ".keep_", 6) == 0 } };

	for (size_t i = 0; i < COUNT(table); i++)
		if (table[i].is_so)
			return loss_tally_add(&job->lost[table[i].kind], en->path), true;
	return false;
}

static void note_losses(struct writer_job *job, const struct entry *en)
{
	const struct {
		enum kind kind;
		bool is_so;
	} table[] = {
		{ FLAGS, en->flags & (ENTRY_DOC | ENTRY_LICENSE | ENTRY_README | ENTRY_MISSINGOK) },
		{ CONFIG, en->flags & ENTRY_CONFIG && strncmp(en->path, "/etc/", 5) != 0 },
		{ SPARSE, en->extents != NULL },
		{ NANOSECONDS, en->mtime_ns > 0 },
	};

	for (size_t i = 0; i < COUNT(table); i++)
		if (table[i].is_so)
			loss_tally_add(&job->lost[table[i].kind], en->path);
}

static int begin_file(struct writer_job *job, const struct entry *en, struct err *e)
{
	if (en->size > UINT32_MAX)
		return err_input(e, "E_LIMIT_SIZE", "%s: %llu bytes; apk counts a file's in 32 bits", en->path,
			(unsigned long long)en->size);
	if (!entry_copy(&job->arena, en, &job->entry))
		return err_input(e, "E_LIMIT_MEMORY", "%s: too much about it to keep", en->path);
	job->is_file = true;
	job->bytes += en->size;
	job->is_held = en->size <= HELD_MOST;
	job->held.len = 0;
	digest_init(&job->digest, DIGEST_SHA1);
	return job->is_held ? 0 : gzip_pieces_cut(job->pieces, e);
}

static int apk_entry_begin(struct sink *s, const struct entry *en, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;
	bool is_again = false;

	job->is_file = false;
	job->is_skipped = is_skipped(job, en);
	if (job->is_skipped)
		return 0;
	arena_done(&job->arena);
	arena_init(&job->arena, 0);
	note_losses(job, en);
	if (pax_tree_begin(&job->tree, en, true, &is_again, e))
		return -1;
	if (is_again && !pax_tree_is_plain(en))
		loss_tally_add(&job->lost[LATE], en->path);
	return en->type == ENTRY_FILE ? begin_file(job, en, e) : 0;
}

static int apk_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	static const char zeros[65536];
	struct writer_job *job = (struct writer_job *)s;

	if (!job->is_file)
		return 0;
	digest_add(&job->digest, bytes, len);
	if (!job->is_held)
		return pax_tree_data(&job->tree, bytes, len, e);
	for (size_t now; !bytes && len > 0; len -= now) {
		now = len < sizeof zeros ? len : sizeof zeros;
		text_bytes(&job->held, zeros, now);
	}
	text_bytes(&job->held, bytes ? bytes : "", len);
	return 0;
}

static int end_held(struct writer_job *job, struct err *e)
{
	if (pax_tree_header(&job->tree, &job->entry, job->sha1, e))
		return -1;
	if (job->held.len && pax_tree_data(&job->tree, job->held.at, job->held.len, e))
		return -1;
	return pax_tree_end(&job->tree, e);
}

static int apk_entry_end(struct sink *s, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	if (!job->is_file)
		return 0;
	digest_end_hex(&job->digest, job->sha1);
	digest_done(&job->digest);
	job->is_file = false;
	if (job->is_held)
		return end_held(job, e);
	if (pax_tree_end(&job->tree, e) || gzip_pieces_cut(job->pieces, e) ||
		pax_tree_header(&job->tree, &job->entry, job->sha1, e) || gzip_pieces_cut(job->pieces, e))
		return -1;
	gzip_pieces_swap(job->pieces);
	return 0;
}

static int apk_close(struct sink *s, struct err *e)
{
	struct writer_job *job = (struct writer_job *)s;

	return pax_tree_close(&job->tree, e);
}

static const struct sink_ops apk_sink_ops = {
	.entry_begin = apk_entry_begin,
	.data = apk_data,
	.entry_end = apk_entry_end,
	.close = apk_close,
};

/* ---- the writer */

static void apk_drop(struct writer_job *job)
{
	if (!job)
		return;
	if (job->is_file)
		digest_done(&job->digest);
	gzip_pieces_free(job->pieces);
	auto_fd(&job->fd);
	for (size_t i = 0; i < KINDS; i++)
		loss_tally_done(&job->lost[i]);
	pax_tree_done(&job->tree);
	text_done(&job->held);
	arena_done(&job->arena);
	free(job);
}

static struct writer_job *apk_open(const struct writer_options *options, struct err *e)
{
	struct writer_job *job;

	if (options->codec != CODEC_GZIP) {
		err_usage(e, "%s is packed with gzip, not %s: apk reads nothing else", options->target,
			codec_name(options->codec));
		return NULL;
	}
	job = mem_alloc(sizeof *job);
	job->sink.ops = &apk_sink_ops;
	job->options = *options;
	job->fd = fs_temp_file(e);
	if (job->fd >= 0)
		job->pieces = gzip_pieces_new(job->fd, options->level, e);
	if (!job->pieces) {
		apk_drop(job);
		return NULL;
	}
	pax_tree_init(&job->tree, gzip_pieces_out(job->pieces), options->mtime_max);
	job->tree.is_whole_seconds = job->tree.is_dense = true;
	job->tree.shape = shape;
	job->tree.of = job;
	return job;
}

static struct sink *apk_sink(struct writer_job *job)
{
	return &job->sink;
}

/* The data segment alone, and its digest. */
static int write_data(struct writer_job *job, int fd, char ret_hash[DIGEST_HEX], uint64_t *ret_size, struct err *e)
{
	struct digest d;
	int failed;

	digest_init(&d, DIGEST_SHA256);
	failed = gzip_pieces_finish(job->pieces, fd, &d, ret_size, e);
	digest_end_hex(&d, ret_hash);
	digest_done(&d);
	return failed;
}

static int write_control(struct writer_job *job, const struct pkg *pkg, const char *datahash, int fd, struct err *e)
{
	int64_t max = job->options.mtime_max, built = pkg->build_time;
	struct out *out = out_codec(out_fd(fd), CODEC_GZIP, job->options.level, 1, e);

	built = built < 0 ? 0 : max >= 0 && built > max ? max : built;
	if (!out)
		return -1;
	if (apk_control(out, pkg, job->bytes, datahash, built, e)) {
		out_drop(&out);
		return err_wrap(e, "control segment");
	}
	return out_close(out, e);
}

static int apk_finish(struct writer_job *job, struct pkg *pkg, int fd, struct writer_result *ret, struct err *e)
{
	char datahash[DIGEST_HEX];
	uint64_t archive = 0;
	AUTO_FD int data_fd = fs_temp_file(e);
	off_t end;

	if (data_fd < 0 || write_data(job, data_fd, datahash, &archive, e) || write_control(job, pkg, datahash, fd, e))
		return -1;
	end = lseek(data_fd, 0, SEEK_END);
	if (end < 0)
		return err_sys(e, "temporary file");
	if (fs_copy_range(data_fd, 0, fd, (uint64_t)end, e))
		return -1;
	for (size_t i = 0; i < KINDS; i++)
		loss_tally_tell(&job->lost[i], &losses[i], pkg, job->options.target);
	apk_lose(pkg, job->options.target);
	*ret = (struct writer_result){ .installed_size = job->bytes, .archive_size = archive };
	return 0;
}

static const char *const apk_cannot[] = { "files of 4 GiB and more", "sparse files, times below a second or past 2106",
	"files at the top that begin with a dot, files named .keep_*", "config files outside /etc",
	"ACLs that name users or groups (numbers are kept)", "flags of rpm: ghost, doc, licence, missingok",
	"changelogs, more than one line of description",
	"relations other than depend, provides, conflict (!name), replaces, install_if; alternatives", NULL };

const struct writer writer_apk = {
	.name = "apk",
	.suffix = ".apk",
	.codec = CODEC_GZIP,
	.open = apk_open,
	.sink = apk_sink,
	.finish = apk_finish,
	.drop = apk_drop,
	.file_name = apk_file_name,
	.check = apk_check,
	.cannot = apk_cannot,
};
