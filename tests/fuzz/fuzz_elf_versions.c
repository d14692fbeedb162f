/* fuzz_elf_versions.c - version definitions of any bytes. */
#include "sandbox/elf_versions.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return elf_defines_version(data, size, "GLIBC_2.34") ? 0 : 0;
}
