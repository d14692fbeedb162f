/* fuzz_zip.c - the zip reader against any bytes. */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	extern const struct reader read_zip;

	fuzz_reader(&read_zip, bytes, len);
	return 0;
}
