/* fuzz_apk.c - the reader of Alpine packages against any bytes. */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	extern const struct reader read_apk;

	fuzz_reader(&read_apk, bytes, len);
	return 0;
}
