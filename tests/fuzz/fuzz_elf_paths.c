/* fuzz_elf_paths.c - search paths of any bytes as an ELF file: what is found lies inside and is terminated. */
#include "inspect/elf_paths.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_path found[ELF_PATHS_MAX];
	size_t len = elf_paths(data, size, found);

	for (size_t i = 0; i < len; i++)
		if (found[i].offset >= size || (const unsigned char *)found[i].text != data + found[i].offset ||
			strlen(found[i].text) >= size - found[i].offset)
			__builtin_trap();
	return 0;
}
