/* fuzz_pkgsig.c - the shells of built packages, as signing reads them: what has ranges can be signed, and again. */
#include "base/fs.h"
#include "formats/pkgsig.h"
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char sig[] = { 0x88, 0x5e, 4, 0 };
	AUTO(arena) arena = { 0 };
	AUTO_FD int fd = memfd_create("in", MFD_CLOEXEC), to = memfd_create("out", MFD_CLOEXEC);
	struct extent *ranges;
	const char *format;
	struct err e = { 0 };
	size_t len;

	if (fd < 0 || to < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	if (pkgsig_ranges(fd, &arena, &format, &ranges, &len, &e))
		return 0;
	for (size_t i = 0; i < len; i++)
		if (ranges[i].at > size || ranges[i].len > size - ranges[i].at)
			abort();
	if (pkgsig_splice(fd, to, sig, sizeof sig, 22, &e) == 0 &&
		pkgsig_ranges(to, &arena, &format, &ranges, &len, &e))
		abort();
	return 0;
}
