/* write_rpm.c - the rpm writer: entries become a cpio payload that is compressed while it streams; the headers are made last.
 *
 * No rpmbuild, no spec file, no macro: librpm's header API and a small cpio encoder of our own. The payload keeps the order in which the
 * entries come; the header's file list is sorted by path, as rpm's lookups want it. A hard link set stands together, its data with the
 * last member: rpm links as many names as the header says before it looks for the data.
 *
 * A file over 4 GiB goes into a stripped member, which names its place in the header instead of name and size. That place must be known
 * while the payload streams, so such files stand first in the header; rpm's lookup falls back to a plain search in an unsorted list. */
#include "base/fs.h"
#include "formats/rpm_header.h"
#include "formats/rpm_write.h"
#include <rpm/rpmfiles.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- cpio */

struct cpio_head {
	uint32_t inode, mode, links, mtime, size, dev_major, dev_minor, rdev_major, rdev_minor;
	const char *name;
};

static int put(struct writer_job *job, const void *bytes, size_t len, struct err *e)
{
	job->archive_size += len;
	return out_write(job->payload, bytes, len, e);
}

static int put_padding(struct writer_job *job, struct err *e)
{
	return put(job, "\0\0\0", -job->archive_size & 3, e);
}

static int put_head(struct writer_job *job, const struct cpio_head *h, struct err *e)
{
	char text[128];
	size_t name_len = strlen(h->name) + 1;
	int len = snprintf(text, sizeof text, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", h->inode,
		h->mode, 0, 0, h->links, h->mtime, h->size, h->dev_major, h->dev_minor, h->rdev_major, h->rdev_minor,
		(unsigned)name_len, 0);

	if (put(job, text, (size_t)len, e) || put(job, h->name, name_len, e))
		return -1;
	return put_padding(job, e);
}

static int put_large(struct writer_job *job, const struct rpm_written *f, struct err *e)
{
	char text[32];
	int len = snprintf(text, sizeof text, "07070X%08x", f->number);

	return put(job, text, (size_t)len, e) || put_padding(job, e) ? -1 : 0;
}

static int put_member(struct writer_job *job, const struct rpm_written *f, uint64_t size, uint32_t links, struct err *e)
{
	if (f->is_large)
		return put_large(job, f, e);
	AUTO_FREE char *name = mem_printf(".%s", f->path);
	struct cpio_head h = { .inode = f->inode,
		.mode = f->mode,
		.links = links,
		.mtime = f->mtime,
		.size = (uint32_t)size,
		.dev_minor = 1,
		.rdev_major = f->rdev >> 8,
		.rdev_minor = f->rdev & 0xff,
		.name = name };

	return put_head(job, &h, e);
}

/* ---- entries */

static const struct {
	uint32_t ours, rpm;
} flag_map[] = { { ENTRY_CONFIG, RPMFILE_CONFIG }, { ENTRY_NOREPLACE, RPMFILE_NOREPLACE }, { ENTRY_DOC, RPMFILE_DOC },
	{ ENTRY_LICENSE, RPMFILE_LICENSE }, { ENTRY_GHOST, RPMFILE_GHOST }, { ENTRY_MISSINGOK, RPMFILE_MISSINGOK },
	{ ENTRY_README, RPMFILE_README }, { ENTRY_ARTIFACT, RPMFILE_ARTIFACT } };

static const uint16_t type_modes[] = { [ENTRY_FILE] = S_IFREG,
	[ENTRY_DIR] = S_IFDIR,
	[ENTRY_SYMLINK] = S_IFLNK,
	[ENTRY_CHAR] = S_IFCHR,
	[ENTRY_BLOCK] = S_IFBLK,
	[ENTRY_FIFO] = S_IFIFO };

static uint32_t mtime_of(struct writer_job *job, const struct entry *x)
{
	int64_t t = x->mtime;

	if (job->options.mtime_max >= 0 && t > job->options.mtime_max)
		t = job->options.mtime_max;
	if (t < 0 || t > UINT32_MAX) {
		rpm_lost_note(job, RPM_LOSS_CLAMPED, x->path);
		t = t < 0 ? 0 : UINT32_MAX;
	}
	if (t > job->newest)
		job->newest = t;
	return (uint32_t)t;
}

static const char *owner_name(struct writer_job *job, const struct entry *x, const char *name, int64_t id)
{
	const char *last = job->files.len ? job->files.at[job->files.len - 1].owner : NULL;

	if (name[0])
		return last && strcmp(last, name) == 0 ? last : arena_str(&job->strings, name);
	if (id <= 0)
		return "root";
	rpm_lost_note(job, RPM_LOSS_OWNER, x->path);
	return arena_printf(&job->strings, "%lld", (long long)id);
}

static int remember(struct writer_job *job, const struct entry *x, const char *path, bool is_extra_link, struct err *e)
{
	struct rpm_written f = { .size = x->size,
		.mtime = mtime_of(job, x),
		.inode = job->inodes,
		.mode = (uint16_t)(type_modes[x->type] | (x->mode & 07777)),
		.path = arena_str(&job->strings, path),
		.owner = owner_name(job, x, x->owner, x->uid),
		.group = owner_name(job, x, x->group, x->gid),
		.target = x->type == ENTRY_SYMLINK ? arena_str(&job->strings, x->target) : "",
		.capabilities = x->capabilities[0] ? arena_str(&job->strings, x->capabilities) : "",
		.is_large = x->size > job->large_over,
		.is_extra_link = is_extra_link };

	if (!f.path || !f.owner || !f.group || !f.target || !f.capabilities)
		return err_input(e, "E_LIMIT_MEMORY", "too many entries");
	if (x->type == ENTRY_CHAR || x->type == ENTRY_BLOCK) {
		if (x->dev_major > 255 || x->dev_minor > 255)
			return err_input(
				e, "E_UNSUPPORTED", "an rpm cannot hold device %u:%u", x->dev_major, x->dev_minor);
		f.rdev = (uint16_t)(x->dev_major << 8 | x->dev_minor);
	}
	for (size_t i = 0; i < COUNT(flag_map); i++)
		if (x->flags & flag_map[i].ours)
			f.flags |= flag_map[i].rpm;
	if (f.is_large || x->size > UINT32_MAX) /* a copied payload has its own stripped members */
		f.number = job->large_len++;
	*LIST_ADD(&job->files) = f;
	return 0;
}

static int order_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All names of an entry, sorted. rpm looks for a set's data at the last name in the header's order. */
static int put_names(struct writer_job *job, const struct entry *x, struct err *e)
{
	size_t len = x->links_len + 1;
	AUTO_FREE const char **names = mem_alloc(len * sizeof *names);
	uint64_t size = x->type == ENTRY_SYMLINK ? strlen(x->target) : x->size;

	names[0] = x->path;
	for (size_t i = 1; i < len; i++)
		names[i] = x->links[i - 1];
	qsort(names, len, sizeof *names, order_names);
	for (size_t i = 0; i < len; i++) {
		bool is_last = i + 1 == len;

		if (remember(job, x, names[i], !is_last, e))
			return -1;
		if (!(x->flags & ENTRY_GHOST) &&
			put_member(job, &job->files.at[job->files.len - 1], is_last ? size : 0, (uint32_t)len, e))
			return -1;
	}
	return 0;
}

static struct writer_job *job_of(struct sink *s)
{
	return (struct writer_job *)((char *)s - offsetof(struct writer_job, sink));
}

static int entry_begin(struct sink *s, const struct entry *x, struct err *e)
{
	struct writer_job *job = job_of(s);
	bool is_ghost = x->flags & ENTRY_GHOST;

	if (x->type == ENTRY_HARDLINK)
		return err_input(e, "E_STRUCTURE", "a hard link outside its set"), err_member(e, x->path);
	job->inodes++;
	job->has_data = false;
	if (rpm_is_system_folder(x)) {
		rpm_lost_note(job, RPM_LOSS_FOLDER, x->path);
		job->is_altered = true;
		return 0;
	}
	job->entry = x;
	job->set_from = job->files.len;
	job->has_data = x->type == ENTRY_FILE && !is_ghost;
	rpm_lost_entry(job, x);
	if (put_names(job, x, e))
		return err_member(e, x->path);
	if (x->type == ENTRY_SYMLINK && !is_ghost)
		return put(job, x->target, strlen(x->target), e) || put_padding(job, e) ? -1 : 0;
	return 0;
}

static int entry_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	static const char zeros[65536];
	struct writer_job *job = job_of(s);

	if (!job->has_data)
		return 0;
	if (!job->options.has_digests)
		digest_add(&job->file_digest, bytes, len);
	if (bytes)
		return put(job, bytes, len, e);
	for (; len > 0; len -= len < sizeof zeros ? len : sizeof zeros)
		if (put(job, zeros, len < sizeof zeros ? len : sizeof zeros, e))
			return -1;
	return 0;
}

static int file_digest(struct writer_job *job, unsigned char sum[DIGEST_MAX], struct err *e)
{
	if (!job->options.has_digests) {
		digest_end(&job->file_digest, sum);
		return 0;
	}
	if (hex_parse(job->entry->sha256, 2 * digest_size(DIGEST_SHA256), sum))
		return err_env(e, "rpm: %s came without its digest", job->entry->path);
	return 0;
}

static int entry_end(struct sink *s, struct err *e)
{
	struct writer_job *job = job_of(s);
	unsigned char sum[DIGEST_MAX];

	if (!job->has_data)
		return 0;
	if (file_digest(job, sum, e))
		return -1;
	for (size_t i = job->set_from; i < job->files.len; i++)
		memcpy(job->files.at[i].sha256, sum, sizeof job->files.at[i].sha256);
	return put_padding(job, e);
}

static int close_payload(struct sink *s, struct err *e)
{
	static const struct cpio_head trailer = { .links = 1, .name = "TRAILER!!!" };
	struct writer_job *job = job_of(s);
	struct out *payload = job->payload;

	if (put_head(job, &trailer, e))
		return -1;
	job->payload = NULL;
	if (out_close(payload, e))
		return -1;
	digest_end_hex(&job->payload_digest, job->payload_sha256);
	job->is_closed = true;
	return 0;
}

static const struct sink_ops sink_ops = {
	.entry_begin = entry_begin, .data = entry_data, .entry_end = entry_end, .close = close_payload
};

/* ---- the job */

static void drop(struct writer_job *job)
{
	if (!job)
		return;
	out_drop(&job->payload);
	if (job->payload_fd >= 0)
		close(job->payload_fd);
	digest_done(&job->payload_digest);
	digest_done(&job->file_digest);
	LIST_DONE(&job->files);
	arena_done(&job->strings);
	free(job);
}

static struct writer_job *open_job(const struct writer_options *options, struct err *e)
{
	struct writer_job *job = mem_alloc(sizeof *job);

	job->options = *options;
	job->sink.ops = &sink_ops;
	/* rpmbuild leaves large files at their place; so does who takes its payload as it is */
	job->large_over = options->copy ? UINT64_MAX : UINT32_MAX;
	arena_init(&job->strings, 0);
	digest_init(&job->payload_digest, DIGEST_SHA256);
	digest_init(&job->file_digest, DIGEST_SHA256);
	job->payload_fd = options->copy ? -1 : fs_temp_file(e);
	if (options->copy) {
		job->payload = out_null();
	} else if (job->payload_fd >= 0) {
		job->payload = out_codec(out_digest(out_fd(job->payload_fd), &job->payload_digest), options->codec,
			options->level, options->threads, e);
	}
	if (!job->payload) {
		drop(job);
		return NULL;
	}
	return job;
}

static struct sink *job_sink(struct writer_job *job)
{
	return &job->sink;
}

/* ---- the file */

static void fill_lead(unsigned char lead[RPM_LEAD], const struct pkg *pkg)
{
	static const unsigned char magic[] = { 0xed, 0xab, 0xee, 0xdb, 3, 0 };

	memset(lead, 0, RPM_LEAD);
	memcpy(lead, magic, sizeof magic);
	lead[9] = strcmp(pkg->architecture, "noarch") == 0 ? 255 : 1; /* nobody reads it any more */
	snprintf((char *)lead + 10, 66, "%s-%s-%s", pkg->name, pkg->version, rpm_release(pkg));
	lead[77] = 1; /* Linux */
	lead[79] = 5; /* a signature header follows */
}

/* The reserved space lets a signature come in later without moving the payload. */
static Header signature_header(const unsigned char *main, size_t len, uint64_t payload, uint64_t archive, struct err *e)
{
	enum {
		SHA1 = 269,
		LONG_SIZE = 270,
		LONG_ARCHIVE = 271,
		SHA256 = 273,
		SIZE = 1000,
		ARCHIVE = 1007,
		RESERVED = 1008,
		RESERVED_LEN = 4096
	};
	static const unsigned char reserved[RESERVED_LEN];
	AUTO(digest) sha1 = { 0 };
	char sha1_hex[DIGEST_HEX], sha256[SHA256_HEX];
	uint64_t size = len + payload;
	bool is_long = size > UINT32_MAX, is_long_archive = archive > UINT32_MAX;
	uint32_t size32 = (uint32_t)size, archive32 = (uint32_t)archive;
	Header h = headerNew();

	digest_init(&sha1, DIGEST_SHA1);
	digest_add(&sha1, main, len);
	digest_end_hex(&sha1, sha1_hex);
	sha256_hex(main, len, sha256);
	if (rpm_put(h, SHA1, RPM_STRING_TYPE, sha1_hex, 1, e) || rpm_put(h, SHA256, RPM_STRING_TYPE, sha256, 1, e) ||
		(is_long ? rpm_put(h, LONG_SIZE, RPM_INT64_TYPE, &size, 1, e)
			 : rpm_put(h, SIZE, RPM_INT32_TYPE, &size32, 1, e)) ||
		(is_long_archive ? rpm_put(h, LONG_ARCHIVE, RPM_INT64_TYPE, &archive, 1, e)
				 : rpm_put(h, ARCHIVE, RPM_INT32_TYPE, &archive32, 1, e)) ||
		rpm_put(h, RESERVED, RPM_BIN_TYPE, reserved, sizeof reserved, e)) {
		headerFree(h);
		return NULL;
	}
	return headerReload(h, RPMTAG_HEADERSIGNATURES);
}

static int header_order(const void *a, const void *b)
{
	const struct rpm_written *x = a, *y = b;

	if (x->is_large != y->is_large)
		return x->is_large ? -1 : 1;
	if (x->is_large)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* What stands behind the header: what was packed, or the bytes that are taken as they are. */
static int payload_of(const struct writer_job *job, struct payload_copy *ret, struct err *e)
{
	struct stat st;

	if (job->options.copy) {
		*ret = *job->options.copy;
		return 0;
	}
	if (fstat(job->payload_fd, &st))
		return err_sys(e, "payload");
	*ret = (struct payload_copy){
		.fd = job->payload_fd, .len = (uint64_t)st.st_size, .unpacked = job->archive_size
	};
	return 0;
}

static int write_file(
	struct writer_job *job, const struct pkg *pkg, Header h, int fd, struct writer_result *ret, struct err *e)
{
	AUTO_FREE unsigned char *main = NULL;
	AUTO_FREE unsigned char *signatures = NULL;
	unsigned char lead[RPM_LEAD];
	size_t main_len, signatures_len;
	struct payload_copy payload;
	Header s;
	int failed;

	if (payload_of(job, &payload, e))
		return -1;
	if (rpm_blob(h, &main, &main_len, e))
		return -1;
	s = signature_header(main, main_len, payload.len, payload.unpacked, e);
	failed = !s || rpm_blob(s, &signatures, &signatures_len, e);
	headerFree(s);
	if (failed)
		return -1;
	fill_lead(lead, pkg);
	ret->header_start = (RPM_LEAD + signatures_len + 7) & ~UINT64_C(7);
	ret->header_end = ret->header_start + main_len;
	ret->archive_size = payload.unpacked;
	ret->payload_at = ret->header_end;
	if (fd_write(fd, lead, sizeof lead, e) || fd_write(fd, signatures, signatures_len, e) ||
		fd_write(fd, "\0\0\0\0\0\0\0", (size_t)(ret->header_start - RPM_LEAD - signatures_len), e) ||
		fd_write(fd, main, main_len, e))
		return -1;
	return fs_copy_range(payload.fd, payload.at, fd, payload.len, e);
}

/* The index must tell the same host and time as the header. */
static int remember_origin(const struct writer_job *job, struct pkg *pkg, struct err *e)
{
	pkg->build_time = rpm_build_time(job, pkg);
	for (size_t i = 0; i < pkg->fields.len; i++)
		if (strcmp(pkg->fields.at[i].name, "buildhost") == 0) {
			pkg->fields.at[i].value = RPM_BUILD_HOST;
			return 0;
		}
	return pkg_field(pkg, "buildhost", RPM_BUILD_HOST) ? err_input(e, "E_LIMIT_MEMORY", "metadata is too large")
							   : 0;
}

static int finish(struct writer_job *job, struct pkg *pkg, int fd, struct writer_result *ret, struct err *e)
{
	struct writer_result result = { 0 };
	Header h;
	int failed;

	if (!job->is_closed)
		return err_env(e, "rpm: the payload was not finished");
	if (job->files.len > 1)
		qsort(job->files.at, job->files.len, sizeof *job->files.at, header_order);
	h = rpm_write_header(job, pkg, &result.installed_size, e);
	if (!h)
		return -1;
	failed = write_file(job, pkg, h, fd, &result, e);
	headerFree(h);
	if (failed)
		return -1;
	rpm_lost_tell(job, pkg);
	return remember_origin(job, pkg, e) ? -1 : (*ret = result, 0);
}

/* ---- names */

static bool is_word(const char *text, const char *also)
{
	if (!text[0] || text[0] == '-' || text[0] == '.')
		return false;
	for (const char *p = text; *p; p++)
		if (!((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			    strchr(also, *p)))
			return false;
	return true;
}

static int check(const struct pkg *pkg, struct err *e)
{
	if (!is_word(pkg->name, "._+-"))
		return err_input(e, "E_METADATA", "rpm: '%s' cannot be a package's name", pkg->name);
	if (!is_word(pkg->version, "._+~^"))
		return err_input(e, "E_METADATA", "rpm: '%s' cannot be a version", pkg->version);
	if (pkg->release[0] && !is_word(pkg->release, "._+~^"))
		return err_input(e, "E_METADATA", "rpm: '%s' cannot be a release", pkg->release);
	if (pkg->epoch < 0 || pkg->epoch > INT32_MAX)
		return err_input(e, "E_METADATA", "rpm: epoch %lld", (long long)pkg->epoch);
	if (!is_word(pkg->architecture, "_"))
		return err_input(e, "E_METADATA", "rpm: '%s' cannot be an architecture", pkg->architecture);
	return 0;
}

static char *file_name(const struct pkg *pkg)
{
	return mem_printf("%s-%s-%s.%s.rpm", pkg->name, pkg->version, rpm_release(pkg), pkg->architecture);
}

static bool may_copy(const struct writer_job *job)
{
	return !job->is_altered;
}

static const char *const cannot[] = { "extended attributes other than capabilities", "access control lists",
	"SELinux labels", "times finer than a second", "holes of sparse files", "deb triggers and debconf",
	"purge scripts", NULL };

const struct writer writer_rpm = { .name = "rpm",
	.suffix = ".rpm",
	.codec = CODEC_ZSTD,
	.open = open_job,
	.sink = job_sink,
	.finish = finish,
	.drop = drop,
	.file_name = file_name,
	.check = check,
	.may_copy = may_copy,
	.cannot = cannot };
