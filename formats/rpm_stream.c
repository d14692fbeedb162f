/* rpm_stream.c - the payload of an rpm against its header: every file once, as it was said, and nothing else.
 *
 * A hard link set is sent when its data passes: the file that carries it with all its other names, then those as links. Ghosts, which have
 * no data, come last. */
#include "base/sums.h"
#include "formats/rpm_payload.h"
#include "formats/rpm_read.h"
#include <rpm/rpmfiles.h>
#include <string.h>
#include <sys/stat.h>

enum { BUFFER = 128 << 10 };

static bool in_set(const struct rpm_files *f, uint32_t i)
{
	return f->at[i].set_next != i;
}

/* The last of a set in the header's order: rpm's stripped payloads carry the data there. */
static uint32_t last_of_set(const struct rpm_files *f, uint32_t i)
{
	uint32_t last = i;

	for (uint32_t k = f->at[i].set_next; k != i; k = f->at[k].set_next)
		if (k > last)
			last = k;
	return last;
}

static bool set_seen(const struct rpm_files *f, uint32_t i)
{
	uint32_t k = i;

	do {
		if (!f->at[k].seen)
			return false;
		k = f->at[k].set_next;
	} while (k != i);
	return true;
}

/* ---- sending */

static int send_links(struct rpm_reading *r, uint32_t carrier, struct err *e)
{
	const struct rpm_file *f = r->files.at;

	for (uint32_t k = f[carrier].set_next; k != carrier; k = f[k].set_next) {
		struct entry x;

		if (rpm_file_entry(&f[k], r->pkg, &x, e))
			return -1;
		x.type = ENTRY_HARDLINK;
		x.target = f[carrier].path;
		x.size = 0;
		x.want_digest = "";
		r->files.at[k].sent = true;
		if (sink_entry_begin(r->sink, &x, e) || sink_entry_end(r->sink, e))
			return -1;
	}
	return 0;
}

static int send_data(struct rpm_reading *r, struct cpio *c, char *buf, struct err *e)
{
	long got;

	while ((got = cpio_data(c, buf, BUFFER, e)) > 0)
		if (sink_data(r->sink, buf, (size_t)got, e))
			return -1;
	return (int)got;
}

static int send_other(struct rpm_reading *r, struct rpm_file *f, struct err *e)
{
	struct entry x;

	f->sent = true;
	if (rpm_file_entry(f, r->pkg, &x, e) || sink_entry_begin(r->sink, &x, e))
		return -1;
	return sink_entry_end(r->sink, e);
}

/* A set stands where its first name does, and its data has the last: folders of that one are known from the header. Written behind what
 * lies in them they would lose owner, mode and time. */
static int send_folders(struct rpm_reading *r, const char *path, struct err *e)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		AUTO_FREE char *folder = mem_printf("%.*s", (int)(slash - path), path);
		int64_t i = rpm_files_find(&r->files, folder, 0);
		struct rpm_file *f = i < 0 ? NULL : &r->files.at[i];

		if (f && S_ISDIR(f->mode) && !f->sent && !(f->flags & RPMFILE_GHOST) && send_other(r, f, e))
			return -1;
	}
	return 0;
}

static int send_file(struct rpm_reading *r, struct cpio *c, uint32_t i, char *buf, struct err *e)
{
	AUTO_FREE const char **links = NULL;
	struct rpm_file *f = r->files.at;
	struct entry x;
	size_t room = 0;

	if ((in_set(&r->files, i) && send_folders(r, f[i].path, e)) || rpm_file_entry(&f[i], r->pkg, &x, e))
		return -1;
	for (uint32_t k = f[i].set_next; k != i; k = f[k].set_next) {
		list_grow((void **)&links, &room, x.links_len, sizeof *links);
		links[x.links_len++] = f[k].path;
	}
	x.links = links;
	f[i].sent = true;
	r->is_odd = r->is_odd || (x.links_len > 0 && last_of_set(&r->files, i) != i);
	if (sink_entry_begin(r->sink, &x, e) || send_data(r, c, buf, e) || sink_entry_end(r->sink, e))
		return -1;
	return send_links(r, i, e);
}

/* A symlink's data is its target, which the header knows too. */
static int check_target(struct cpio *c, const struct rpm_file *f, char *buf, struct err *e)
{
	size_t len = 0;
	long got;

	while ((got = cpio_data(c, buf + len, BUFFER - len, e)) > 0)
		len += (size_t)got;
	if (got < 0)
		return -1;
	if (strlen(f->target) != len || memcmp(f->target, buf, len) != 0)
		return err_input(e, "E_MISMATCH", "the payload's symlink leads to '%.*s', the header's to '%s'",
			(int)len, buf, f->target);
	return 0;
}

/* ---- one member */

/* As rpmbuild writes it: "./path", no checksum, or a place in the header where a size needs it. */
static bool is_odd_member(const struct rpm_reading *r, const struct cpio *c, const struct cpio_member *m, uint32_t i)
{
	if (m->is_stripped)
		return !r->files.has_large;
	return c->has_sum || m->name[0] != '.' || strcmp(m->name + 1, r->files.at[i].path) != 0;
}

static int find(struct rpm_reading *r, const struct cpio_member *m, uint32_t hint, uint32_t *ret, struct err *e)
{
	int64_t i = m->is_stripped ? (int64_t)m->number : rpm_files_find(&r->files, m->name, hint);

	if (i < 0 || i >= r->files.len)
		return m->is_stripped
			? err_input(e, "E_MISMATCH", "the payload holds file %u of %u", m->number, r->files.len)
			: err_input(e, "E_MISMATCH", "the payload holds '%s', the header does not list it", m->name);
	*ret = (uint32_t)i;
	return 0;
}

/* How many bytes the header lets this member have. */
static uint64_t expected_size(const struct rpm_files *files, uint32_t i, const struct cpio_member *m)
{
	const struct rpm_file *f = &files->at[i];

	if (S_ISLNK(f->mode))
		return strlen(f->target);
	if (!S_ISREG(f->mode))
		return 0;
	if (!in_set(files, i))
		return f->size;
	if (m->is_stripped)
		return last_of_set(files, i) == i ? f->size : 0;
	return m->size && !f->sent ? f->size : 0;
}

static int check_member(struct rpm_reading *r, struct cpio *c, struct cpio_member *m, uint32_t i, struct err *e)
{
	struct rpm_file *f = &r->files.at[i];
	uint64_t want = expected_size(&r->files, i, m);

	if (f->seen)
		return err_input(e, "E_DUPLICATE_NAME", "twice in the payload");
	if (f->flags & RPMFILE_GHOST)
		return err_input(e, "E_MISMATCH", "a ghost by the header, but the payload holds it");
	f->seen = true;
	if (m->is_stripped) {
		m->size = want;
		cpio_sized(c, want);
		return 0;
	}
	if ((m->mode & S_IFMT) != (f->mode & S_IFMT))
		return err_input(e, "E_MISMATCH", "type %o in the payload, %o in the header", m->mode & S_IFMT,
			f->mode & S_IFMT);
	if (m->size != want)
		return err_input(e, "E_MISMATCH", "%llu bytes in the payload, %llu by the header",
			(unsigned long long)m->size, (unsigned long long)want);
	if ((m->mode & 07777) != (f->mode & 07777u))
		pkg_warn(r->pkg, "E_MISMATCH", f->path,
			"mode %04o in the payload, %04o in the header: the header's counts", m->mode & 07777,
			f->mode & 07777);
	return 0;
}

static int take_member(
	struct rpm_reading *r, struct cpio *c, struct cpio_member *m, uint32_t i, char *buf, struct err *e)
{
	struct rpm_file *f = &r->files.at[i];

	if (check_member(r, c, m, i, e))
		return -1;
	if (strcmp(f->path, "/") == 0)
		return f->sent = true, 0;
	if (S_ISLNK(f->mode) && (strlen(f->target) >= BUFFER || check_target(c, f, buf, e)))
		return strlen(f->target) >= BUFFER ? err_input(e, "E_LIMIT_PATH", "a symlink's target is too long")
						   : -1;
	if (!S_ISREG(f->mode))
		return S_ISDIR(f->mode) && f->sent ? 0 : send_other(r, f, e);
	if (!in_set(&r->files, i) || m->size > 0 || (f->size == 0 && !f->sent && set_seen(&r->files, i)))
		return send_file(r, c, i, buf, e);
	return 0; /* a name of a set whose data comes with another */
}

static int members(struct rpm_reading *r, struct cpio *c, char *buf, struct err *e)
{
	struct cpio_member m;
	uint32_t hint = 0;
	int more;

	while ((more = cpio_next(c, &m, e)) == 1) {
		uint32_t i;

		if (find(r, &m, hint, &i, e))
			return -1;
		r->is_odd = r->is_odd || is_odd_member(r, c, &m, i);
		if (take_member(r, c, &m, i, buf, e))
			return err_member(e, r->files.at[i].path);
		hint = i + 1;
	}
	return more;
}

/* ---- the whole */

static int ghosts_and_missing(struct rpm_reading *r, struct err *e)
{
	for (uint32_t i = 0; i < r->files.len; i++) {
		struct rpm_file *f = &r->files.at[i];

		if (f->flags & RPMFILE_GHOST) {
			if (strcmp(f->path, "/") != 0 && send_other(r, f, e))
				return -1;
		} else if (!f->seen) {
			err_input(e, "E_MISMATCH", "the header lists it, the payload does not hold it");
			return err_member(e, f->path);
		} else if (!f->sent) {
			err_input(e, "E_MISMATCH", "a hard link set without its data");
			return err_member(e, f->path);
		}
	}
	return 0;
}

/* The rest of the packed bytes, so that the digests see them all. */
static int drain(struct in *raw, char *buf, struct err *e)
{
	long got;

	while ((got = in_some(raw, buf, BUFFER, e)) > 0)
		;
	return (int)got;
}

static int unpack(struct rpm_reading *r, struct in *plain, char *buf, struct err *e)
{
	AUTO_FREE struct cpio *c = mem_alloc(sizeof *c);

	cpio_init(c, plain);
	if (members(r, c, buf, e) || cpio_finish(c, e))
		return -1;
	if (in_codec_trailing(plain))
		return err_input(e, "E_TRAILING_DATA", "%llu bytes behind the packed payload",
			(unsigned long long)in_codec_trailing(plain));
	if (in_codec_members(plain) > 1)
		pkg_warn(r->pkg, "E_TRAILING_DATA", "payload", "packed as %u streams one after the other",
			in_codec_members(plain));
	if (r->is_odd || in_codec_members(plain) != 1)
		r->pkg->payload = (struct payload){ 0 };
	else if (r->pkg->payload.len > 0)
		r->pkg->payload.unpacked = plain->count;
	return 0;
}

int rpm_payload_read(struct rpm_reading *r, struct err *e)
{
	AUTO_FREE char *buf = mem_alloc(BUFFER);
	struct codec_limits limits = { r->limits->memory, r->limits->output, r->limits->ratio };
	struct in *raw = in_range(r->src->fd, r->main.end, r->src->size - r->main.end);

	for (size_t i = 0; i < COUNT(r->digests); i += 2) {
		struct digest *first = r->digests[i].want[0] ? &r->digests[i].digest : NULL;
		struct digest *second = r->digests[i + 1].want[0] ? &r->digests[i + 1].digest : NULL;
		if (i == 0 || first || second)
			raw = in_digest(raw, first, second);
	}
	AUTO_IN *plain = in_codec(raw, r->codec, &limits);

	if (unpack(r, plain, buf, e)) {
		struct err digest = { 0 };

		/* Damage that a digest proves is told as that. */
		if (e->code && (strcmp(e->code, "E_CORRUPT") == 0 || strcmp(e->code, "E_TRUNCATED") == 0) &&
			drain(raw, buf, &digest) == 0 && rpm_digests_payload(r, &digest))
			*e = digest;
		return err_wrap(e, "payload");
	}
	if (drain(raw, buf, e) || rpm_digests_payload(r, e))
		return err_wrap(e, "payload");
	return ghosts_and_missing(r, e);
}
