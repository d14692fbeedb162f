/* fuzz_squashfs.c - squashfs images and snaps of any bytes, through libsquashfs's decompressors. */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	extern const struct reader read_squashfs;

	fuzz_reader(&read_squashfs, bytes, len);
	return 0;
}
