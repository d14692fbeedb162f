/* fuzz_iso.c - the reader of ISO 9660 images, all its views, against any bytes. */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	extern const struct reader read_iso;

	fuzz_reader(&read_iso, bytes, len);
	return 0;
}
