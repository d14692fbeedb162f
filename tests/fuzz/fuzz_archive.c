/* fuzz_archive.c - any bytes as the file that carries a snapshot: a refusal, or members that lie inside it, in order. */
#include "base/fs.h"
#include "release/channel/archive.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[64];
	struct archive a;
	struct err e = { 0 };

	if (!path[0])
		(void)snprintf(path, sizeof path, "/tmp/fuzz_archive.%d", (int)getpid());
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(data, 1, size, f) != size || fclose(f))
		abort();
	int status = archive_open(&a, path, &e);
	unlink(path);
	if (status)
		return 0;
	for (size_t i = 0; i < a.members.len; i++)
		if (a.members.at[i].at + a.members.at[i].size > size)
			abort();
	archive_done(&a);
	return 0;
}
