/* fuzz_deb.c - the deb reader against any bytes. */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	extern const struct reader read_deb;

	fuzz_reader(&read_deb, bytes, len);
	return 0;
}
