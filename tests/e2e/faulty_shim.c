/* faulty_shim.c - faulty.h for the program itself: preloaded into it, and into nothing that it starts. $SLUICE_FAULTS names the file that holds struct faults; what is
 * not such a file changes nothing. For tests/e2e/disk.py. */
#pragma GCC visibility push(default)
#include "tests/unit/release/faulty.h"
#pragma GCC visibility pop

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("SLUICE_FAULTS");
	int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;

	unsetenv("LD_PRELOAD");
	if (fd < 0)
		return;
	faults = mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	faults_on = faults != MAP_FAILED;
	if (faults_on)
		faults->group = getpgrp();
}
