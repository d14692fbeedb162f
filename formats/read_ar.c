/* read_ar.c - the outer shell of a deb: an ar archive with a few named members.
 *
 * Strict on purpose: dpkg and libarchive forgive what an attacker would use (two control members, bytes after
 * the last member). Format: ar(5), deb(5). Only the headers are read here. */
#include "base/fs.h"
#include "formats/ar.h"
#include <string.h>

/* Decimal field of an ar header: digits, then blanks, nothing else (no sign, no overflow). */
static int field(const char *at, int width, uint64_t *ret_value, struct err *e)
{
	uint64_t v = 0;
	int i = 0;

	for (; i < width && at[i] >= '0' && at[i] <= '9'; i++)
		v = v * 10 + (uint64_t)(at[i] - '0'); /* width <= 12: cannot wrap */
	for (int j = i; j < width; j++)
		if (at[j] != ' ')
			return err_input(e, "E_CORRUPT", "ar header: '%.*s' is not a number", width, at);
	if (i == 0)
		return err_input(e, "E_CORRUPT", "ar header: empty number");
	*ret_value = v;
	return 0;
}

/* Printable, and no '/' but the one System V puts at the end: "/12" and "#1/20" point at names that lie elsewhere. */
static int check_name(const struct ar_member *m, struct err *e)
{
	if (m->name[0] == 0)
		return err_input(e, "E_STRUCTURE", "ar header: a member without a name");
	for (const char *c = m->name; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '/')
			return err_input(e, "E_STRUCTURE", "ar header: '%s' is no member name", m->name);
	return 0;
}

int ar_member_parse(const char head[AR_HEADER], struct ar_member *ret, struct err *e)
{
	struct ar_member m = { 0 };
	struct err own = { 0 };
	uint64_t time;
	int len = 16;

	if (memcmp(head + 58, "`\n", 2) != 0)
		return err_input(e, "E_CORRUPT", "ar header: end mark is missing");
	while (len > 0 && head[len - 1] == ' ')
		len--;
	if (len > 1 && head[len - 1] == '/')
		len--;
	memcpy(m.name, head, (size_t)len);
	if (strlen(m.name) != (size_t)len)
		return err_input(e, "E_STRUCTURE", "ar header: a NUL byte in the name");
	if (check_name(&m, e))
		return -1;
	if (field(head + 48, 10, &m.size, e))
		return err_wrap(e, "member '%s'", m.name);
	if (field(head + 16, 12, &time, &own) == 0 && time <= INT64_MAX / 2)
		m.time = (int64_t)time;
	*ret = m;
	return 0;
}

/* What stands behind the last member is told by how it looks: too short for a header, or no header at all. */
static int scan_member(int fd, uint64_t at, uint64_t size, struct ar_member *ret, struct err *e)
{
	char head[AR_HEADER];

	if (size - at < AR_HEADER) {
		err_input(e, "E_TRAILING_DATA", "%llu bytes after the last member", (unsigned long long)(size - at));
		return err_at(e, at);
	}
	if (fd_pread(fd, head, AR_HEADER, at, e))
		return -1;
	if (at > 8 && memcmp(head + 58, "`\n", 2) != 0) {
		err_input(e, "E_TRAILING_DATA", "bytes that are no member after the last member");
		return err_at(e, at);
	}
	if (ar_member_parse(head, ret, e))
		return err_at(e, at);
	ret->at = at + AR_HEADER;
	if (ret->size > size - ret->at) {
		err_input(e, "E_TRUNCATED", "member '%s' says %llu bytes, %llu are left", ret->name,
			(unsigned long long)ret->size, (unsigned long long)(size - ret->at));
		return err_at(e, at);
	}
	return 0;
}

int ar_scan(int fd, uint64_t size, struct ar_list *ret, struct err *e)
{
	uint64_t at = 8;

	ret->len = 0;
	while (at < size) {
		struct ar_member *m = &ret->at[ret->len];

		if (ret->len == AR_MEMBERS_MAX)
			return err_input(e, "E_LIMIT_ENTRIES", "more than %d members", AR_MEMBERS_MAX);
		if (scan_member(fd, at, size, m, e))
			return -1;
		ret->len++;
		at = m->at + m->size;
		if ((m->size & 1) && at < size) {
			char pad;

			if (fd_pread(fd, &pad, 1, at, e))
				return -1;
			if (pad != '\n' && pad != 0) {
				err_input(e, "E_CORRUPT", "the padding after member '%s' is no newline", m->name);
				return err_at(e, at);
			}
			at++;
		}
	}
	return 0;
}
