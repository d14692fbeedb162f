/* fuzz_arlib.c - the reader of ar archives that are no debs against any bytes. */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	extern const struct reader read_arlib;

	fuzz_reader(&read_arlib, bytes, len);
	return 0;
}
