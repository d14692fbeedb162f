/* oci_store.c - the files of an image by their names: in a directory, or in a plain tar whose members are found before anything is read. */
#include "base/codec.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include "formats/oci.h"
#include "formats/tar_private.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MEMBERS_MOST = 20000, LOOKED_AT = 2000, EXTENDED_MOST = 64 << 10 };

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct oci_member *)a)->name, ((const struct oci_member *)b)->name);
}

/* ---- the tar's headers, without its data */

struct headers {
	int fd;
	uint64_t size, at;
	unsigned count;
};

static char *name_of(const struct tar_header *h)
{
	char *name = h->prefix.len
		? mem_printf("%.*s/%.*s", (int)h->prefix.len, h->prefix.at, (int)h->name.len, h->name.at)
		: mem_printf("%.*s", (int)h->name.len, h->name.at);
	char *from = name;

	while (text_starts(from, "./"))
		from += 2;
	memmove(name, from, strlen(from) + 1);
	return name;
}

/* An extended header may say times and the like; a name or a size of its own would change where we look. */
static int check_extended(const struct headers *s, const struct tar_header *h, struct err *e)
{
	AUTO_FREE char *body = NULL;

	if (h->size > EXTENDED_MOST)
		return err_input(
			e, "E_LIMIT_METADATA", "an extended header of %llu bytes", (unsigned long long)h->size);
	body = mem_alloc((size_t)h->size + 1);
	if (fd_pread(s->fd, body, (size_t)h->size, s->at, e))
		return -1;
	if (memmem(body, (size_t)h->size, " path=", 6) || memmem(body, (size_t)h->size, " size=", 6) ||
		memmem(body, (size_t)h->size, " linkpath=", 10))
		return err_input(e, "E_UNSUPPORTED", "an image in a tar with long names");
	return 0;
}

/* 1: the next header of a member, 0: the end. Data is stepped over; *ret_at: where it stands. */
static int headers_next(
	struct headers *s, struct tar_header *ret, unsigned char block[TAR_BLOCK], uint64_t *ret_at, struct err *e)
{
	for (;;) {
		if (s->size - s->at < TAR_BLOCK)
			return 0;
		if (fd_pread(s->fd, block, TAR_BLOCK, s->at, e))
			return -1;
		if (tar_is_zero(block))
			return 0;
		if (tar_header_parse(block, ret, e))
			return err_at(e, s->at);
		s->at += TAR_BLOCK;
		if (ret->size > s->size - s->at)
			return err_input(e, "E_TRUNCATED", "%.*s says %llu bytes, more than are left",
				(int)ret->name.len, ret->name.at, (unsigned long long)ret->size);
		if ((ret->type == 'x' || ret->type == 'g') && check_extended(s, ret, e))
			return -1;
		if (ret->type == 'L' || ret->type == 'K' || ret->type == 'S')
			return err_input(e, "E_UNSUPPORTED", "an image in a tar with long names or sparse members");
		*ret_at = s->at;
		s->at += ret->size;
		s->at += s->size - s->at < (TAR_BLOCK - ret->size % TAR_BLOCK) % TAR_BLOCK
			? s->size - s->at
			: (TAR_BLOCK - ret->size % TAR_BLOCK) % TAR_BLOCK;
		if (ret->type != 'x' && ret->type != 'g')
			return 1;
	}
}

/* docker save links layers that are alike: "../ID/layer.tar" or "ID/layer.tar", always from one folder down. */
static char *link_of(const struct tar_header *h, const char *name)
{
	char *target = mem_printf("%.*s", (int)h->target.len, h->target.at);
	const char *from = target, *slash = strrchr(name, '/');
	char *link;

	if (text_starts(from, "../"))
		link = mem_strdup(from + 3);
	else
		link = mem_printf("%.*s%s", slash ? (int)(slash - name) + 1 : 0, name, from);
	free(target);
	return link;
}

static int take_member(struct oci_store *s, const struct tar_header *h, uint64_t at, struct err *e)
{
	struct oci_member m = { .name = name_of(h), .at = at, .size = h->size };

	if (h->type == '5' || m.name[0] == 0 || m.name[strlen(m.name) - 1] == '/') {
		free(m.name);
		return 0;
	}
	if (h->type == '2')
		m.link = link_of(h, m.name);
	*LIST_ADD(s) = m;
	if (h->type != '0' && h->type != 0 && h->type != '2')
		return err_input(e, "E_STRUCTURE", "%s: an image holds files, this is none", m.name);
	if (s->len > MEMBERS_MOST)
		return err_input(e, "E_LIMIT_ENTRIES", "an image of more than %d files", MEMBERS_MOST);
	return 0;
}

/* Behind the end are zeros; others would be a second tar that another reader may see. */
static int check_tail(const struct headers *s, struct err *e)
{
	unsigned char block[64 * TAR_BLOCK];
	size_t now;

	for (uint64_t at = s->at; at < s->size; at += now) {
		now = s->size - at < sizeof block ? (size_t)(s->size - at) : sizeof block;
		if (fd_pread(s->fd, block, now, at, e))
			return -1;
		for (size_t i = 0; i < now; i++)
			if (block[i]) {
				err_input(e, "E_TRAILING_DATA", "bytes after the end of the archive");
				return err_at(e, at + i);
			}
	}
	return 0;
}

static int read_members(struct oci_store *s, struct err *e)
{
	struct headers headers = { .fd = s->src->fd, .size = s->src->size };
	unsigned char block[TAR_BLOCK];
	struct tar_header h;
	uint64_t at;
	int more;

	while ((more = headers_next(&headers, &h, block, &at, e)) > 0)
		if (take_member(s, &h, at, e))
			return -1;
	if (more < 0 || check_tail(&headers, e))
		return -1;
	if (s->len > 1)
		qsort(s->at, s->len, sizeof *s->at, by_name);
	for (size_t i = 1; i < s->len; i++)
		if (strcmp(s->at[i].name, s->at[i - 1].name) == 0)
			return err_input(e, "E_DUPLICATE_MEMBER", "%s comes twice", s->at[i].name);
	return 0;
}

int oci_store_open(struct oci_store *s, const struct source *src, struct err *e)
{
	*s = (struct oci_store){ .src = src };
	return src->is_dir ? 0 : read_members(s, e);
}

void oci_store_done(struct oci_store *s)
{
	for (size_t i = 0; i < s->len; i++) {
		free(s->at[i].name);
		free(s->at[i].link);
	}
	LIST_DONE(s);
}

static struct oci_member *find(const struct oci_store *s, const char *name)
{
	for (int hops = 0; hops < 4; hops++) {
		const struct oci_member key = { .name = (char *)name };
		struct oci_member *m = s->len ? bsearch(&key, s->at, s->len, sizeof *s->at, by_name) : NULL;

		if (m == NULL || m->link == NULL)
			return m;
		m->is_used = true;
		name = m->link;
	}
	return NULL;
}

static int open_beside(const struct oci_store *s, const char *name)
{
	return openat(s->src->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

bool oci_has(const struct oci_store *s, const char *name)
{
	int fd;

	if (!s->src->is_dir)
		return find(s, name) != NULL;
	fd = open_beside(s, name);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int oci_blob_open(struct oci_store *s, const char *name, struct oci_blob *ret, struct err *e)
{
	struct oci_member *m = s->src->is_dir ? NULL : find(s, name);
	struct stat st;
	int fd;

	if (m) {
		m->is_used = true;
		*ret = (struct oci_blob){ .fd = s->src->fd, .at = m->at, .size = m->size };
		return 0;
	}
	fd = s->src->is_dir ? open_beside(s, name) : -1;
	if (fd < 0)
		return err_input(e, "E_CORRUPT", "%s is not there", name);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_input(e, "E_STRUCTURE", "%s is no file", name);
	}
	*ret = (struct oci_blob){ .fd = fd, .size = (uint64_t)st.st_size, .is_ours = true };
	return 0;
}

void oci_blob_done(struct oci_blob *b)
{
	if (b->is_ours)
		close(b->fd);
	b->is_ours = false;
}

int oci_text(struct oci_store *s, const char *name, const char *sha256, char **ret, size_t *ret_len, struct err *e)
{
	struct oci_blob b;
	char got[SHA256_HEX];
	char *text;

	if (oci_blob_open(s, name, &b, e))
		return -1;
	if (b.size > OCI_JSON_MOST) {
		oci_blob_done(&b);
		return err_input(e, "E_LIMIT_METADATA", "%s: %llu bytes, at most %d are read", name,
			(unsigned long long)b.size, OCI_JSON_MOST);
	}
	text = mem_alloc((size_t)b.size + 1);
	int failed = fd_pread(b.fd, text, (size_t)b.size, b.at, e);
	oci_blob_done(&b);
	if (!failed && *sha256) {
		sha256_hex(text, (size_t)b.size, got);
		if (strcmp(got, sha256) != 0)
			failed = err_input(e, "E_DIGEST", "%s has the sha256 %s, not %s", name, got, sha256);
	}
	if (failed) {
		free(text);
		return -1;
	}
	*ret = text;
	*ret_len = (size_t)b.size;
	return 0;
}

void oci_store_unused(const struct oci_store *s, struct pkg *pkg)
{
	static const char *const usual[] = { "oci-layout", "index.json", "manifest.json", "repositories" };
	size_t count = 0, first = 0;

	for (size_t i = 0; i < s->len; i++) {
		const char *slash = strrchr(s->at[i].name, '/'), *base = slash ? slash + 1 : s->at[i].name;
		bool is_usual = s->at[i].is_used || strcmp(base, "VERSION") == 0 || strcmp(base, "json") == 0;

		for (size_t k = 0; k < COUNT(usual); k++)
			is_usual |= strcmp(s->at[i].name, usual[k]) == 0;
		if (!is_usual && count++ == 0)
			first = i;
	}
	if (count)
		pkg_warn(pkg, "E_EXTRA_MEMBER", s->at[first].name,
			"%zu files in the image belong to nothing that was read", count);
}

/* ---- recognising */

static bool is_hex(const char *at, size_t len)
{
	return strspn(at, "0123456789abcdef") >= len;
}

/* Names a tar of an image may begin with. */
static bool is_usual_first(const char *name)
{
	static const char *const firsts[] = { "oci-layout", "index.json", "manifest.json", "repositories", "blobs" };

	for (size_t i = 0; i < COUNT(firsts); i++)
		if (text_starts(name, firsts[i]))
			return true;
	return name[0] == 0 || is_hex(name, 64);
}

/* Looks at the names of a plain tar: is it a layout, or what docker saves? */
static bool is_tar_image(const struct source *src)
{
	struct headers s = { .fd = src->fd, .size = src->size };
	unsigned char block[TAR_BLOCK];
	struct tar_header h;
	bool has_layout = false, has_index = false, has_manifest = false, has_others = false;
	struct err e;
	uint64_t at;

	for (int i = 0; i < LOOKED_AT && headers_next(&s, &h, block, &at, &e) > 0; i++) {
		AUTO_FREE char *name = name_of(&h);

		if (i == 0 && !is_usual_first(name))
			return false;
		has_layout |= strcmp(name, "oci-layout") == 0;
		has_index |= strcmp(name, "index.json") == 0;
		has_manifest |= strcmp(name, "manifest.json") == 0;
		has_others |= !is_usual_first(name);
	}
	return (has_layout && has_index) || (has_manifest && !has_others);
}

bool oci_is_image(const struct source *src, const unsigned char *head, size_t len)
{
	unsigned char block[TAR_BLOCK];
	struct oci_store dir = { .src = src };
	struct tar_header h;
	struct err e;

	if (src->is_dir)
		return oci_has(&dir, "oci-layout") && oci_has(&dir, "index.json");
	if (!tar_first_block(head, len, block))
		return false;
	if (codec_of(head, len) == CODEC_NONE)
		return is_tar_image(src);
	if (tar_header_parse(block, &h, &e))
		return false;
	AUTO_FREE char *name = name_of(&h);
	return strcmp(name, "oci-layout") == 0 || strcmp(name, "blobs/") == 0 || text_starts(name, "blobs/sha256");
}
