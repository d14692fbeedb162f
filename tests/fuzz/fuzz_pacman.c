/* fuzz_pacman.c - the reader of Arch packages against any bytes. */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	extern const struct reader read_pacman;

	fuzz_reader(&read_pacman, bytes, len);
	return 0;
}
