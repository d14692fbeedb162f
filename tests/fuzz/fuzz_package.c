/* fuzz_package.c - is that file a whole package? Any bytes may be asked about, before anything shuts them in. */
#include "sandbox/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	char path[64];
	int fd = memfd_create("package", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	const char *format = test_format(path, &e);
	if (format ? strcmp(format, "deb") != 0 && strcmp(format, "rpm") != 0 : e.class == ERR_NONE)
		abort();
	close(fd);
	return 0;
}
