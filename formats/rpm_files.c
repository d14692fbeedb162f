/* rpm_files.c - the file arrays of an rpm's header made into one list, with its hard link sets.
 *
 * Tags: RPM's docs/manual/tags.md. Names are directory + base name (CompressedFileNames) or whole (OLDFILENAMES). Regular files that
 * are no ghosts and share device and inode are one hard link set, as rpmlib itself builds it. */
#include "formats/rpm_files.h"
#include "base/digest.h"
#include "formats/entry_mode.h"
#include <rpm/rpmfiles.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct arrays {
	struct rpm_values dirs, dir_index, names, old_names, sizes, long_sizes, modes, rdevs, mtimes, digests, targets,
		flags, owners, groups, inodes, devices, capabilities, contexts, languages, verify;
};

/* Every array that belongs to files; `each`: one value a file. */
static const struct {
	size_t place;
	uint32_t tag;
	enum rpm_shape shape;
	bool each, is_required;
} columns[] = {
#define COLUMN(member, tag, shape, each, required)                                                                     \
	{                                                                                                              \
		offsetof(struct arrays, member), tag, shape, each, required                                            \
	}
	COLUMN(dirs, RPMTAG_DIRNAMES, RPM_TEXTS, false, false),
	COLUMN(dir_index, RPMTAG_DIRINDEXES, RPM_NUMBERS, true, false),
	COLUMN(names, RPMTAG_BASENAMES, RPM_TEXTS, true, false),
	COLUMN(old_names, RPMTAG_OLDFILENAMES, RPM_TEXTS, true, false),
	COLUMN(sizes, RPMTAG_FILESIZES, RPM_NUMBERS, true, false),
	COLUMN(long_sizes, RPMTAG_LONGFILESIZES, RPM_NUMBERS, true, false),
	COLUMN(modes, RPMTAG_FILEMODES, RPM_NUMBERS, true, true),
	COLUMN(rdevs, RPMTAG_FILERDEVS, RPM_NUMBERS, true, false),
	COLUMN(mtimes, RPMTAG_FILEMTIMES, RPM_NUMBERS, true, true),
	COLUMN(digests, RPMTAG_FILEDIGESTS, RPM_TEXTS, true, false),
	COLUMN(targets, RPMTAG_FILELINKTOS, RPM_TEXTS, true, false),
	COLUMN(flags, RPMTAG_FILEFLAGS, RPM_NUMBERS, true, false),
	COLUMN(owners, RPMTAG_FILEUSERNAME, RPM_TEXTS, true, false),
	COLUMN(groups, RPMTAG_FILEGROUPNAME, RPM_TEXTS, true, false),
	COLUMN(inodes, RPMTAG_FILEINODES, RPM_NUMBERS, true, false),
	COLUMN(devices, RPMTAG_FILEDEVICES, RPM_NUMBERS, true, false),
	COLUMN(capabilities, RPMTAG_FILECAPS, RPM_TEXTS, true, false),
	COLUMN(contexts, RPMTAG_FILECONTEXTS, RPM_TEXTS, true, false),
	COLUMN(languages, RPMTAG_FILELANGS, RPM_TEXTS, true, false),
	COLUMN(verify, RPMTAG_FILEVERIFYFLAGS, RPM_NUMBERS, true, false),
#undef COLUMN
};

static struct rpm_values *column(struct arrays *a, size_t i)
{
	return (struct rpm_values *)((char *)a + columns[i].place);
}

static void arrays_done(struct arrays *a)
{
	for (size_t i = 0; i < COUNT(columns); i++)
		rpm_values_done(column(a, i));
}

static int arrays_load(const struct rpm_header *h, struct arrays *a, uint32_t *ret_len, struct err *e)
{
	uint32_t len;

	for (size_t i = 0; i < COUNT(columns); i++)
		if (rpm_values_get(h, columns[i].tag, columns[i].shape, column(a, i), e))
			return -1;
	len = a->names.len ? a->names.len : a->old_names.len;
	for (size_t i = 0; i < COUNT(columns); i++) {
		uint32_t have = column(a, i)->len;

		if (len == 0 ? have != 0 : columns[i].each && (have ? have != len : columns[i].is_required))
			return err_input(e, "E_CORRUPT", "header: %u values of %s for %u files", have,
				rpmTagGetName((rpmTagVal)columns[i].tag), len);
	}
	if (len && a->names.len && a->dir_index.len != len)
		return err_input(e, "E_CORRUPT", "header: file names without directories");
	if (len && !a->sizes.len && !a->long_sizes.len)
		return err_input(e, "E_CORRUPT", "header: files without sizes");
	*ret_len = len;
	return 0;
}

/* ---- names */

/* A source package's file: a name and nothing else. */
static int flat_name(const char *dir, const char *name, struct err *e)
{
	if (dir[0] || !name[0] || strchr(name, '/'))
		return err_input(e, "E_METADATA", "header: file name '%s' + '%s' in a source package", dir, name);
	return 0;
}

static int full_name(
	const struct arrays *a, uint32_t i, bool is_source, char *buf, size_t room, size_t *ret_len, struct err *e)
{
	const char *dir = "", *name;
	size_t dir_len, name_len;

	if (a->names.len) {
		uint64_t at = rpm_number_at(&a->dir_index, i);

		if (at >= a->dirs.len)
			return err_input(e, "E_CORRUPT", "header: file %u has directory %llu of %u", i,
				(unsigned long long)at, a->dirs.len);
		dir = rpm_text_at(&a->dirs, (uint32_t)at);
		name = rpm_text_at(&a->names, i);
		if (!is_source && (strchr(name, '/') || dir[0] != '/' || dir[strlen(dir) - 1] != '/'))
			return err_input(e, "E_METADATA", "header: file name '%s' + '%s' is not absolute", dir, name);
	} else {
		name = rpm_text_at(&a->old_names, i);
		if (!is_source && name[0] != '/')
			return err_input(e, "E_METADATA", "header: file name '%s' is not absolute", name);
	}
	if (is_source && flat_name(dir, name, e))
		return -1;
	dir = is_source ? "/" : dir;
	dir_len = strlen(dir);
	name_len = strlen(name);
	if (dir_len + name_len >= room)
		return err_input(e, "E_LIMIT_PATH", "header: a path of %zu bytes", dir_len + name_len);
	memcpy(buf, dir, dir_len);
	memcpy(buf + dir_len, name, name_len + 1);
	*ret_len = dir_len + name_len;
	return 0;
}

static int order_by_path(const void *a, const void *b, void *files)
{
	const struct rpm_file *at = files;

	return strcmp(at[*(const uint32_t *)a].path, at[*(const uint32_t *)b].path);
}

int64_t rpm_files_find(const struct rpm_files *f, const char *name, uint32_t hint)
{
	uint32_t low = 0, high = f->len;

	if (name[0] == '.' && name[1] == '/')
		name++;
	while (name[0] == '/')
		name++;
	if (hint < f->len && strcmp(f->at[hint].path + 1, name) == 0)
		return hint;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = strcmp(f->at[f->by_path[mid]].path + 1, name);

		if (order == 0)
			return f->by_path[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}

/* ---- values */

static const struct {
	uint64_t number;
	enum digest_kind kind;
} digest_kinds[] = { { 0, DIGEST_MD5 }, { 1, DIGEST_MD5 }, { 2, DIGEST_SHA1 }, { 8, DIGEST_SHA256 },
	{ 9, DIGEST_SHA384 }, { 10, DIGEST_SHA512 }, { 11, DIGEST_SHA224 } };

static int check_digest(const char *hex, uint64_t algorithm, struct err *e)
{
	for (size_t i = 0; i < COUNT(digest_kinds); i++) {
		unsigned char raw[DIGEST_MAX];

		if (digest_kinds[i].number != algorithm)
			continue;
		if (strlen(hex) != 2 * digest_size(digest_kinds[i].kind) || hex_parse(hex, strlen(hex), raw))
			return err_input(e, "E_CORRUPT", "file digest '%s' is not one of algorithm %llu", hex,
				(unsigned long long)algorithm);
		return 0;
	}
	return err_input(e, "E_UNSUPPORTED", "file digest algorithm %llu", (unsigned long long)algorithm);
}

/* One copy of each of the few names that repeat from file to file. */
static const char *repeated(struct arena *a, const char *last, const char *text)
{
	return last && strcmp(last, text) == 0 ? last : arena_str(a, text);
}

static int load_one(const struct arrays *a, uint32_t i, uint64_t algorithm, struct arena *arena,
	const struct rpm_file *last, struct rpm_file *f, struct err *e)
{
	const char *digest = rpm_text_at(&a->digests, i);

	f->mode = (uint16_t)rpm_number_at(&a->modes, i);
	f->flags = (uint32_t)rpm_number_at(&a->flags, i);
	f->size = rpm_number_at(a->long_sizes.len ? &a->long_sizes : &a->sizes, i);
	f->mtime = (uint32_t)rpm_number_at(&a->mtimes, i);
	f->inode = (uint32_t)rpm_number_at(&a->inodes, i);
	f->device = (uint32_t)rpm_number_at(&a->devices, i);
	f->rdev = (uint16_t)rpm_number_at(&a->rdevs, i);
	f->set_next = i;
	if (S_ISREG(f->mode) && digest[0] && check_digest(digest, algorithm, e))
		return err_member(e, f->path);
	f->owner = repeated(arena, last ? last->owner : NULL, rpm_text_at(&a->owners, i));
	f->group = repeated(arena, last ? last->group : NULL, rpm_text_at(&a->groups, i));
	f->capabilities = repeated(arena, last ? last->capabilities : NULL, rpm_text_at(&a->capabilities, i));
	f->selinux = repeated(arena, last ? last->selinux : NULL, rpm_text_at(&a->contexts, i));
	f->digest = S_ISREG(f->mode) ? arena_str(arena, digest) : "";
	f->target = S_ISLNK(f->mode) ? arena_str(arena, rpm_text_at(&a->targets, i)) : "";
	if (!f->owner || !f->group || !f->capabilities || !f->selinux || !f->digest || !f->target)
		return err_input(e, "E_LIMIT_MEMORY", "the file list is too large");
	return 0;
}

/* ---- hard link sets */

static bool may_link(const struct rpm_file *f)
{
	return S_ISREG(f->mode) && !(f->flags & RPMFILE_GHOST);
}

static int order_by_inode(const void *a, const void *b, void *files)
{
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct rpm_file *x = (struct rpm_file *)files + i, *y = (struct rpm_file *)files + j;

	if (may_link(x) != may_link(y))
		return may_link(x) ? -1 : 1;
	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return i < j ? -1 : i > j;
}

/* Neighbours of one inode in the sorted order become a ring. */
static int link_sets(struct rpm_files *f, bool has_inodes, struct pkg *pkg, struct err *e)
{
	AUTO_FREE uint32_t *order = mem_alloc((f->len + 1) * sizeof *order);

	if (!has_inodes)
		return 0;
	for (uint32_t i = 0; i < f->len; i++)
		order[i] = i;
	qsort_r(order, f->len, sizeof *order, order_by_inode, f->at);
	for (uint32_t i = 1; i < f->len; i++) {
		struct rpm_file *a = &f->at[order[i - 1]], *b = &f->at[order[i]];

		if (!may_link(b) || a->inode != b->inode || a->device != b->device)
			continue;
		if (a->size != b->size || strcmp(a->digest, b->digest) != 0)
			return err_input(e, "E_MISMATCH",
				"%s and %s are one file by inode, but differ in size or digest", a->path, b->path);
		if (a->mode != b->mode || strcmp(a->owner, b->owner) != 0 || strcmp(a->group, b->group) != 0)
			pkg_warn(pkg, "E_MISMATCH", b->path,
				"one file with %s, but of another mode or owner: the last name's count", a->path);
		b->set_next = a->set_next;
		a->set_next = order[i];
	}
	return 0;
}

/* What the model has no place for is told by number. */
static int count_rest(const struct arrays *a, uint32_t len, struct pkg *pkg, struct err *e)
{
	const uint32_t ghosts = RPMVERIFY_FILEDIGEST | RPMVERIFY_FILESIZE | RPMVERIFY_LINKTO | RPMVERIFY_MTIME;
	uint32_t languages = 0, verify = 0;
	char text[32];

	for (uint32_t i = 0; i < len; i++) {
		bool is_ghost = rpm_number_at(&a->flags, i) & RPMFILE_GHOST;

		languages += rpm_text_at(&a->languages, i)[0] != 0;
		verify += a->verify.len &&
			((uint32_t)rpm_number_at(&a->verify, i) | (is_ghost ? ghosts : 0)) != UINT32_MAX;
	}
	snprintf(text, sizeof text, "%u files", languages);
	if (languages && pkg_field(pkg, "filelangs", text))
		return err_input(e, "E_LIMIT_MEMORY", "the package's metadata is too large");
	snprintf(text, sizeof text, "%u files", verify);
	if (verify && pkg_field(pkg, "fileverifyflags", text))
		return err_input(e, "E_LIMIT_MEMORY", "the package's metadata is too large");
	return 0;
}

int rpm_files_load(const struct rpm_header *h, bool is_source, const struct limits *limits, struct guard *guard,
	struct arena *a, struct pkg *pkg, struct rpm_files *ret, struct err *e)
{
	__attribute__((cleanup(arrays_done))) struct arrays arrays = { 0 };
	AUTO(rpm_files) f = { 0 };
	uint64_t algorithm;

	if (arrays_load(h, &arrays, &f.len, e) || rpm_number(h, RPMTAG_FILEDIGESTALGO, &algorithm, e))
		return -1;
	if (f.len > limits->entries)
		return err_input(
			e, "E_LIMIT_ENTRIES", "%u files (limit %llu)", f.len, (unsigned long long)limits->entries);
	f.at = mem_alloc((f.len + 1) * sizeof *f.at);
	f.by_path = mem_alloc((f.len + 1) * sizeof *f.by_path);
	for (uint32_t i = 0; i < f.len; i++) {
		char name[8192];
		size_t len;

		f.by_path[i] = i;
		if (full_name(&arrays, i, is_source, name, sizeof name, &len, e) ||
			guard_path(guard, name, len, true, &f.at[i].path, e) ||
			load_one(&arrays, i, algorithm, a, i ? &f.at[i - 1] : NULL, &f.at[i], e))
			return -1;
		f.has_large = f.has_large || f.at[i].size > UINT32_MAX;
	}
	qsort_r(f.by_path, f.len, sizeof *f.by_path, order_by_path, f.at);
	if (link_sets(&f, arrays.inodes.len > 0, pkg, e) || count_rest(&arrays, f.len, pkg, e))
		return -1;
	*ret = f;
	memset(&f, 0, sizeof f);
	return 0;
}

void rpm_files_done(struct rpm_files *f)
{
	free(f->at);
	free(f->by_path);
	memset(f, 0, sizeof *f);
}

/* ---- as an entry */

static const struct {
	uint32_t rpm, ours;
} flag_map[] = { { RPMFILE_CONFIG, ENTRY_CONFIG }, { RPMFILE_NOREPLACE, ENTRY_NOREPLACE }, { RPMFILE_DOC, ENTRY_DOC },
	{ RPMFILE_LICENSE, ENTRY_LICENSE }, { RPMFILE_GHOST, ENTRY_GHOST }, { RPMFILE_MISSINGOK, ENTRY_MISSINGOK },
	{ RPMFILE_README, ENTRY_README }, { RPMFILE_ARTIFACT, ENTRY_ARTIFACT } };

int rpm_file_entry(const struct rpm_file *f, struct pkg *pkg, struct entry *ret, struct err *e)
{
	struct entry x;

	entry_init(&x);
	if (!entry_type_of_mode(f->mode, &x.type))
		return err_input(e, "E_SPECIAL_FILE", "file type %o", f->mode & S_IFMT), err_member(e, f->path);
	x.path = f->path;
	x.mode = f->mode & 07777;
	x.owner = f->owner;
	x.group = f->group;
	x.mtime = f->mtime;
	if (f->mtime >= 0xf0000000u) { /* a signed number in old packages */
		pkg_warn(pkg, "E_METADATA", f->path, "a time before 1970; taken as 1970");
		x.mtime = 0;
	}
	x.target = f->target;
	x.capabilities = f->capabilities;
	x.selinux = f->selinux;
	if (x.type == ENTRY_CHAR || x.type == ENTRY_BLOCK) {
		x.dev_major = f->rdev >> 8;
		x.dev_minor = f->rdev & 0xff;
	}
	for (size_t i = 0; i < COUNT(flag_map); i++)
		if (f->flags & flag_map[i].rpm)
			x.flags |= flag_map[i].ours;
	if (x.type == ENTRY_FILE && !(x.flags & ENTRY_GHOST)) {
		x.size = f->size;
		x.want_digest = f->digest;
	}
	*ret = x;
	return 0;
}
