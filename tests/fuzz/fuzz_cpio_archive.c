/* fuzz_cpio_archive.c - the reader of cpio archives against any bytes (fuzz_cpio.c: the one inside an rpm). */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	extern const struct reader read_cpio;

	fuzz_reader(&read_cpio, bytes, len);
	return 0;
}
