/* fuzz_index_entries.c - any bytes as a document of an index, packed or not: the parts that are cut from it make the whole again, and its digest is theirs. */
#include "base/fs.h"
#include "release/channel/index_entries.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void cut(const char *path, bool is_packed, const char *stop)
{
	struct entries x = { .in = NULL };
	struct digest all = { 0 };
	struct err e = { 0 };
	char found[SHA256_HEX], own[DIGEST_HEX];
	struct slice part;
	uint64_t size;
	int got = 1;

	if (entries_open(&x, path, is_packed, MIB(4), &e))
		abort();
	digest_init(&all, DIGEST_SHA256);
	while (got > 0 && (got = entries_next(&x, stop, &part, &e)) >= 0) {
		if (got > 0 && (part.len < strlen(stop) || memmem(part.at, part.len - 1, stop, strlen(stop))))
			abort();
		digest_add(&all, part.at, part.len);
	}
	digest_end_hex(&all, own);
	if (got == 0 && (entries_end(&x, found, &size, &e) || memcmp(found, own, SHA256_HEX) != 0))
		abort();
	digest_done(&all);
	entries_close(&x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const stops[] = { "\n\n", "<package ", "\n" };
	static char path[64];
	FILE *file;

	if (!*path)
		(void)snprintf(path, sizeof path, "/dev/shm/sluice-fuzz-entries-%d", (int)getpid());
	if (size < 1 || !(file = fopen(path, "wb")))
		return 0;
	if (fwrite(data + 1, 1, size - 1, file) != size - 1)
		abort();
	if (fclose(file) == 0)
		cut(path, data[0] & 1, stops[(data[0] >> 1) % COUNT(stops)]);
	(void)unlink(path);
	return 0;
}
