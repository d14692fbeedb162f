/* fuzz_run.c - self-extracting scripts of any text: what the text says, and the archive behind it. */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	extern const struct reader read_run;

	fuzz_reader(&read_run, bytes, len);
	return 0;
}
