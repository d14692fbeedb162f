/* write_rpm_files.c - the file arrays of an rpm's header. One array a property, all in the order of the paths. */
#include "formats/rpm_write.h"
#include <rpm/rpmfiles.h>
#include <string.h>
#include <sys/stat.h>

/* What rpm -V looks at: everything, but nothing of a ghost's content. */
static uint32_t verify_flags(const struct rpm_written *f)
{
	uint32_t all = UINT32_MAX;

	if (f->flags & RPMFILE_GHOST)
		all &= ~(uint32_t)(RPMVERIFY_FILEDIGEST | RPMVERIFY_FILESIZE | RPMVERIFY_LINKTO | RPMVERIFY_MTIME);
	return all;
}

/* ---- one column at a time */

static uint64_t size_of(const struct rpm_written *f)
{
	return S_ISDIR(f->mode) ? 4096 : S_ISLNK(f->mode) ? strlen(f->target) : f->size;
}

static uint32_t mtime(const struct rpm_written *f)
{
	return f->mtime;
}

static uint32_t flags(const struct rpm_written *f)
{
	return f->flags;
}

static uint32_t inode(const struct rpm_written *f)
{
	return f->inode;
}

static uint32_t device(const struct rpm_written *f)
{
	return 1;
}

static const struct {
	uint32_t tag;
	uint32_t (*value)(const struct rpm_written *f);
} numbers[] = { { RPMTAG_FILEMTIMES, mtime }, { RPMTAG_FILEFLAGS, flags }, { RPMTAG_FILEINODES, inode },
	{ RPMTAG_FILEDEVICES, device }, { RPMTAG_FILEVERIFYFLAGS, verify_flags } };

static const char *owner(const struct rpm_written *f)
{
	return f->owner;
}

static const char *group(const struct rpm_written *f)
{
	return f->group;
}

static const char *target(const struct rpm_written *f)
{
	return f->target;
}

static const char *language(const struct rpm_written *f)
{
	return "";
}

static const struct {
	uint32_t tag;
	const char *(*value)(const struct rpm_written *f);
} texts[] = { { RPMTAG_FILEUSERNAME, owner }, { RPMTAG_FILEGROUPNAME, group }, { RPMTAG_FILELINKTOS, target },
	{ RPMTAG_FILELANGS, language } };

static int put_sizes(Header h, const struct writer_job *job, struct err *e)
{
	size_t len = job->files.len;
	AUTO_FREE uint64_t *wide = mem_alloc(len * sizeof *wide);
	AUTO_FREE uint32_t *narrow = mem_alloc(len * sizeof *narrow);
	bool is_long = false;

	for (size_t i = 0; i < len; i++) {
		wide[i] = size_of(&job->files.at[i]);
		narrow[i] = (uint32_t)wide[i];
		is_long = is_long || wide[i] > UINT32_MAX;
	}
	if (is_long)
		return rpm_put(h, RPMTAG_LONGFILESIZES, RPM_INT64_TYPE, wide, len, e);
	return rpm_put(h, RPMTAG_FILESIZES, RPM_INT32_TYPE, narrow, len, e);
}

static int put_numbers(Header h, const struct writer_job *job, struct err *e)
{
	size_t len = job->files.len;
	AUTO_FREE uint32_t *wide = mem_alloc(len * sizeof *wide);
	AUTO_FREE uint16_t *narrow = mem_alloc(len * sizeof *narrow);

	for (size_t c = 0; c < COUNT(numbers); c++) {
		for (size_t i = 0; i < len; i++)
			wide[i] = numbers[c].value(&job->files.at[i]);
		if (rpm_put(h, numbers[c].tag, RPM_INT32_TYPE, wide, len, e))
			return -1;
	}
	for (size_t i = 0; i < len; i++)
		narrow[i] = job->files.at[i].mode;
	if (rpm_put(h, RPMTAG_FILEMODES, RPM_INT16_TYPE, narrow, len, e))
		return -1;
	for (size_t i = 0; i < len; i++)
		narrow[i] = job->files.at[i].rdev;
	return rpm_put(h, RPMTAG_FILERDEVS, RPM_INT16_TYPE, narrow, len, e);
}

static int put_texts(Header h, const struct writer_job *job, struct err *e)
{
	size_t len = job->files.len;
	AUTO_FREE const char **column = mem_alloc(len * sizeof *column);

	for (size_t c = 0; c < COUNT(texts); c++) {
		for (size_t i = 0; i < len; i++)
			column[i] = texts[c].value(&job->files.at[i]);
		if (rpm_put(h, texts[c].tag, RPM_STRING_ARRAY_TYPE, column, len, e))
			return -1;
	}
	return 0;
}

static int put_capabilities(Header h, const struct writer_job *job, struct err *e)
{
	size_t len = job->files.len;
	AUTO_FREE const char **column = mem_alloc(len * sizeof *column);
	bool any = false;

	for (size_t i = 0; i < len; i++) {
		column[i] = job->files.at[i].capabilities;
		any = any || column[i][0];
	}
	return any ? rpm_put(h, RPMTAG_FILECAPS, RPM_STRING_ARRAY_TYPE, column, len, e) : 0;
}

static int put_digests(Header h, const struct writer_job *job, struct err *e)
{
	size_t len = job->files.len;
	AUTO_FREE char(*hex)[SHA256_HEX] = mem_alloc(len * sizeof *hex);
	AUTO_FREE const char **column = mem_alloc(len * sizeof *column);

	for (size_t i = 0; i < len; i++) {
		const struct rpm_written *f = &job->files.at[i];

		if (S_ISREG(f->mode) && !(f->flags & RPMFILE_GHOST))
			hex_of(f->sha256, sizeof f->sha256, hex[i]);
		column[i] = hex[i];
	}
	if (rpm_put_number(h, RPMTAG_FILEDIGESTALGO, 8 /* sha256 */, e))
		return -1;
	return rpm_put(h, RPMTAG_FILEDIGESTS, RPM_STRING_ARRAY_TYPE, column, len, e);
}

/* ---- directory + base name */

static int order_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *base_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* Sorted and unique, each with its slash; returns how many. */
static size_t directories(struct writer_job *job, const char **dirs)
{
	size_t len = 0, unique = 0;

	for (size_t i = 0; i < job->files.len; i++) {
		const char *path = job->files.at[i].path;
		size_t dir_len = (size_t)(base_of(path) - path);

		if (len && strlen(dirs[len - 1]) == dir_len && memcmp(dirs[len - 1], path, dir_len) == 0)
			continue;
		dirs[len++] = arena_copy(&job->strings, path, dir_len);
	}
	qsort(dirs, len, sizeof *dirs, order_texts);
	for (size_t i = 0; i < len; i++)
		if (unique == 0 || strcmp(dirs[unique - 1], dirs[i]) != 0)
			dirs[unique++] = dirs[i];
	return unique;
}

static uint32_t directory_index(const char **dirs, size_t len, const char *path)
{
	size_t dir_len = (size_t)(base_of(path) - path), low = 0, high = len;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strncmp(dirs[mid], path, dir_len);

		if (order == 0 && dirs[mid][dir_len] == 0)
			return (uint32_t)mid;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return 0;
}

static int put_names(Header h, struct writer_job *job, struct err *e)
{
	size_t len = job->files.len, dirs_len;
	AUTO_FREE const char **dirs = mem_alloc(len * sizeof *dirs);
	AUTO_FREE const char **names = mem_alloc(len * sizeof *names);
	AUTO_FREE uint32_t *index = mem_alloc(len * sizeof *index);

	dirs_len = directories(job, dirs);
	for (size_t i = 0; i < len; i++) {
		names[i] = base_of(job->files.at[i].path);
		index[i] = directory_index(dirs, dirs_len, job->files.at[i].path);
	}
	if (rpm_put(h, RPMTAG_DIRNAMES, RPM_STRING_ARRAY_TYPE, dirs, dirs_len, e) ||
		rpm_put(h, RPMTAG_BASENAMES, RPM_STRING_ARRAY_TYPE, names, len, e))
		return -1;
	return rpm_put(h, RPMTAG_DIRINDEXES, RPM_INT32_TYPE, index, len, e);
}

int rpm_put_files(Header h, struct writer_job *job, struct err *e)
{
	if (job->files.len == 0)
		return 0;
	if (put_sizes(h, job, e) || put_numbers(h, job, e) || put_texts(h, job, e) || put_capabilities(h, job, e) ||
		put_digests(h, job, e))
		return -1;
	return put_names(h, job, e);
}
