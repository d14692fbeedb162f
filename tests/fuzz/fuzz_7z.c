/* fuzz_7z.c - the reader of 7z archives, and with it libarchive's, against any bytes. */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	extern const struct reader read_7z;

	fuzz_reader(&read_7z, bytes, len);
	return 0;
}
