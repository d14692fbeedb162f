/* fuzz_tar.c - the tar reader against any bytes. Blocks that say "ustar" get a right checksum first, else no change would come past it. */
#include "tests/fuzz/reader_fuzz.h"
#include <stdio.h>
#include <string.h>

static void set_checksum(unsigned char *block)
{
	unsigned sum = 0;
	char text[8];

	memset(block + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += block[i];
	snprintf(text, sizeof text, "%06o", sum);
	memcpy(block + 148, text, 7);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	extern const struct reader read_tar;
	unsigned char *copy = mem_alloc(len + 1);

	memcpy(copy, bytes, len);
	for (size_t at = 0; at + 512 <= len; at += 512)
		if (memcmp(copy + at + 257, "ustar", 5) == 0)
			set_checksum(copy + at);
	fuzz_reader(&read_tar, copy, len);
	free(copy);
	return 0;
}
