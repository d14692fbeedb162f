/* deb_sig.c - signing a deb from outside: which bytes debsig-verify covers, and the _gpgorigin member. Source: debsig-verify's
 * policy-syntax and its ar.c: the contents of debian-binary, control.tar* and data.tar*, in that order, without headers and padding. */
#include "formats/deb_sig.h"
#include "base/fs.h"
#include "formats/write_deb.h"
#include <string.h>
#include <sys/stat.h>

enum { MAGIC = 8, MEMBERS_MAX = 16, COVERED = 3 };
#define SIGNATURE "_gpgorigin"

struct member {
	char name[17];
	uint64_t at, size; /* of its content */
	int64_t mtime;
};
struct members {
	struct member at[MEMBERS_MAX];
	size_t len;
};

bool deb_sig_is_deb(const unsigned char *head, size_t len)
{
	return len >= MAGIC + 13 && memcmp(head, "!<arch>\ndebian-binary", MAGIC + 13) == 0;
}

static int number(const char *field, int width, uint64_t *ret, struct err *e)
{
	uint64_t value = 0;
	int i = 0;

	for (; i < width && field[i] >= '0' && field[i] <= '9'; i++)
		value = value * 10 + (uint64_t)(field[i] - '0');
	if (i == 0)
		return err_input(e, "E_CORRUPT", "ar header: a number is missing");
	for (; i < width; i++)
		if (field[i] != ' ')
			return err_input(e, "E_CORRUPT", "ar header: '%.*s' is not a number", width, field);
	*ret = value;
	return 0;
}

static int read_member(int fd, uint64_t at, uint64_t end, struct member *ret, struct err *e)
{
	struct member m = { .at = at + AR_HEADER };
	char head[AR_HEADER];
	uint64_t mtime;
	int len = 16;

	if (fd_pread(fd, head, sizeof head, at, e))
		return -1;
	if (memcmp(head + 58, "`\n", 2) != 0)
		return err_input(e, "E_CORRUPT", "ar header: end mark is missing");
	while (len > 0 && (head[len - 1] == ' ' || head[len - 1] == '/'))
		len--;
	memcpy(m.name, head, (size_t)len);
	if (number(head + 16, 12, &mtime, e) || number(head + 48, 10, &m.size, e))
		return err_member(e, m.name);
	if (m.size > end - m.at)
		return err_input(e, "E_TRUNCATED", "member '%s' is longer than the file", m.name);
	m.mtime = (int64_t)mtime;
	*ret = m;
	return 0;
}

static bool is_tar(const char *name, const char *stem)
{
	size_t len = strlen(stem);

	return strncmp(name, stem, len) == 0 && (name[len] == '\0' || name[len] == '.');
}

/* debian-binary, control.tar*, data.tar*, then signatures only. */
static int check_order(const struct members *all, struct err *e)
{
	if (all->len < COVERED || strcmp(all->at[0].name, "debian-binary") != 0 ||
		!is_tar(all->at[1].name, "control.tar") || !is_tar(all->at[2].name, "data.tar"))
		return err_input(e, "E_STRUCTURE", "a deb is debian-binary, control.tar, data.tar, in that order");
	for (size_t i = COVERED; i < all->len; i++)
		if (all->at[i].name[0] != '_')
			return err_input(e, "E_EXTRA_MEMBER", "unknown member '%s'", all->at[i].name);
	return 0;
}

static int read_members(int fd, struct members *ret, struct err *e)
{
	struct members all = { 0 };
	struct stat st;
	uint64_t at = MAGIC, end;

	if (fstat(fd, &st))
		return err_sys(e, "stat");
	end = (uint64_t)st.st_size;
	while (at < end) {
		struct member *m = &all.at[all.len];

		if (all.len == MEMBERS_MAX)
			return err_input(e, "E_EXTRA_MEMBER", "more than %d members", MEMBERS_MAX);
		if (end - at < AR_HEADER)
			return err_input(e, "E_TRAILING_DATA", "bytes behind the last member");
		if (read_member(fd, at, end, m, e))
			return -1;
		at = m->at + m->size;
		at += at % 2;
		all.len++;
	}
	if (check_order(&all, e))
		return -1;
	*ret = all;
	return 0;
}

int deb_sig_ranges(int fd, struct arena *a, struct extent **ret_ranges, size_t *ret_len, struct err *e)
{
	struct extent *ranges = arena_alloc(a, COVERED * sizeof *ranges);
	struct members all;

	if (!ranges)
		return err_input(e, "E_LIMIT_MEMORY", "no room for the covered ranges");
	if (read_members(fd, &all, e))
		return err_wrap(e, "deb");
	for (size_t i = 0; i < COVERED; i++)
		ranges[i] = (struct extent){ all.at[i].at, all.at[i].size };
	*ret_ranges = ranges;
	*ret_len = COVERED;
	return 0;
}

/* One member as it stands, with its header and padding. */
static int copy_member(int from, int to, const struct member *m, struct err *e)
{
	if (fs_copy_range(from, m->at - AR_HEADER, to, AR_HEADER + m->size, e))
		return -1;
	return m->size % 2 ? fd_write(to, "\n", 1, e) : 0;
}

int deb_sig_splice(int from, int to, const unsigned char *sig, size_t len, struct err *e)
{
	struct members all;
	char head[AR_HEADER];

	if (read_members(from, &all, e))
		return err_wrap(e, "deb");
	if (fs_copy_range(from, 0, to, MAGIC, e))
		return -1;
	for (size_t i = 0; i < all.len; i++)
		if (strcmp(all.at[i].name, SIGNATURE) != 0 && copy_member(from, to, &all.at[i], e))
			return -1;
	ar_header(head, SIGNATURE, all.at[0].mtime, len);
	if (fd_write(to, head, sizeof head, e) || fd_write(to, sig, len, e))
		return -1;
	return len % 2 ? fd_write(to, "\n", 1, e) : 0;
}
