/* write_deb_ar.c - the outer shell of a deb as we write it: plain ar, names without a slash, as dpkg-deb does. ar(5), deb(5). */
#include "base/fs.h"
#include "formats/write_deb.h"
#include <stdio.h>
#include <string.h>

void ar_header(char ret[AR_HEADER], const char *name, int64_t mtime, uint64_t size)
{
	char text[AR_HEADER + 32];

	(void)snprintf(text, sizeof text, "%-16s%-12lld%-6d%-6d%-8s%-10llu`\n", name, (long long)mtime, 0, 0, "100644",
		(unsigned long long)size);
	memcpy(ret, text, AR_HEADER);
}

int ar_member_write(int fd, const char *name, int64_t mtime, const struct payload_copy *from, struct err *e)
{
	uint64_t size = from->len;
	char head[AR_HEADER];

	if (size > AR_SIZE_MAX)
		return err_input(e, "E_LIMIT_SIZE", "%s: %llu bytes; a member of a deb ends at %llu", name,
			(unsigned long long)size, (unsigned long long)AR_SIZE_MAX);
	ar_header(head, name, mtime, size);
	if (fd_write(fd, head, sizeof head, e) || fs_copy_range(from->fd, from->at, fd, size, e))
		return -1;
	return size % 2 ? fd_write(fd, "\n", 1, e) : 0;
}
