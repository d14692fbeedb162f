/* fuzz_appimage.c - AppImages of any bytes: the ELF's tables, the image behind them, the .desktop file in it. */
#include "tests/fuzz/reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	extern const struct reader read_appimage;

	fuzz_reader(&read_appimage, bytes, len);
	return 0;
}
