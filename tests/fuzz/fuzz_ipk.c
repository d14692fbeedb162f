/* fuzz_ipk.c - the reader of OpenWrt packages against any bytes. */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	extern const struct reader read_ipk;

	fuzz_reader(&read_ipk, bytes, len);
	return 0;
}
