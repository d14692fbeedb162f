/* package_file.c - a package that is to be tried: whose manager installs it, and whether the file is all there.
 *
 * Looked at before a root is started: what was cut off on its way here is bad input, and says nothing about the package. Only the outer
 * shell is read; what is in it is for the package manager inside. */
#include "base/fs.h"
#include "formats/ar.h"
#include "sandbox/session.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RPM_LEAD = 96, RPM_INTRO = 16, RPM_INDEX = 16, RPM_TAGS = 65535, RPM_SIZE = 1000, RPM_LONG_SIZE = 270 };

static const struct manager *by_beginning(int fd, const char *file, struct err *e)
{
	static const unsigned char rpm[] = { 0xed, 0xab, 0xee, 0xdb };
	char head[24] = "";
	ssize_t len = pread(fd, head, sizeof head, 0);

	if (len >= 21 && memcmp(head, "!<arch>\ndebian-binary", 21) == 0)
		return &manager_deb;
	if (len >= 4 && memcmp(head, rpm, sizeof rpm) == 0)
		return &manager_rpm;
	err_input(e, "E_UNSUPPORTED", "%s: only deb and rpm packages can be tried", file);
	return NULL;
}

static int whole_deb(int fd, uint64_t size, struct err *e)
{
	static const char *const parts[] = { "control.tar", "data.tar" };
	struct ar_list list;

	if (ar_scan(fd, size, &list, e))
		return -1;
	for (size_t i = 0; i < COUNT(parts); i++) {
		bool found = false;

		for (size_t k = 0; k < list.len; k++)
			found |= text_starts(list.at[k].name, parts[i]);
		if (!found)
			return err_input(e, "E_TRUNCATED", "it ends before its %s", parts[i]);
	}
	return 0;
}

static uint32_t be32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

struct rpm_part { /* one of its two headers */
	uint64_t index, store, end;
	uint32_t tags;
};

static int rpm_part(int fd, uint64_t at, uint64_t size, struct rpm_part *ret, struct err *e)
{
	static const unsigned char magic[] = { 0x8e, 0xad, 0xe8, 1 };
	unsigned char intro[RPM_INTRO];
	struct rpm_part p = { .index = at + RPM_INTRO };

	if (p.index > size)
		return err_input(e, "E_TRUNCATED", "it ends within its headers");
	if (fd_pread(fd, intro, sizeof intro, at, e))
		return -1;
	p.tags = be32(intro + 8);
	if (memcmp(intro, magic, sizeof magic) != 0 || p.tags > RPM_TAGS)
		return err_input(e, "E_CORRUPT", "no rpm header at byte %llu", (unsigned long long)at);
	p.store = p.index + (uint64_t)p.tags * RPM_INDEX;
	p.end = p.store + be32(intro + 12);
	if (p.end > size)
		return err_input(e, "E_TRUNCATED", "it ends within its headers");
	*ret = p;
	return 0;
}

/* What the signature says of the length of all behind it; 0: nothing. */
static int rpm_told(int fd, const struct rpm_part *p, uint64_t *ret, struct err *e)
{
	*ret = 0;
	for (uint32_t i = 0; i < p->tags; i++) {
		unsigned char entry[RPM_INDEX], value[8];
		bool is_long;

		if (fd_pread(fd, entry, sizeof entry, p->index + (uint64_t)i * RPM_INDEX, e))
			return -1;
		is_long = be32(entry) == RPM_LONG_SIZE;
		if (!is_long && be32(entry) != RPM_SIZE)
			continue;
		uint64_t at = p->store + be32(entry + 8);
		if (at + (is_long ? 8 : 4) > p->end)
			return err_input(e, "E_CORRUPT", "its signature points behind its end");
		if (fd_pread(fd, value, is_long ? 8 : 4, at, e))
			return -1;
		*ret = is_long ? (uint64_t)be32(value) << 32 | be32(value + 4) : be32(value);
	}
	return 0;
}

static int whole_rpm(int fd, uint64_t size, struct err *e)
{
	struct rpm_part signature, header;
	uint64_t start, told;

	if (rpm_part(fd, RPM_LEAD, size, &signature, e) || rpm_told(fd, &signature, &told, e))
		return -1;
	start = (signature.end + 7) / 8 * 8;
	if (rpm_part(fd, start, size, &header, e))
		return -1;
	if (told > size - start)
		return err_input(e, "E_TRUNCATED", "%llu bytes are missing at its end",
			(unsigned long long)(told - (size - start)));
	return 0;
}

const struct manager *package_manager(const char *file, struct err *e)
{
	AUTO_FD int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const struct manager *m;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		err_sys(e, "%s", file);
		e->class = ERR_USAGE;
		return NULL;
	}
	m = by_beginning(fd, file, e);
	if (!m)
		return NULL;
	if ((m == &manager_deb ? whole_deb : whole_rpm)(fd, (uint64_t)st.st_size, e)) {
		err_wrap(e, "%s", file);
		err_hint(e, "the file is damaged; fetch it again");
		return NULL;
	}
	return m;
}

const char *test_format(const char *file, struct err *e)
{
	const struct manager *m = package_manager(file, e);

	return m ? m->format : NULL;
}
