/* fuzz_inventory.c - any bytes as a list of what is installed: packages or a refusal, never more packages than bytes. */
#include "release/inventory.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = mem_alloc(size + 1);
	AUTO_JSON *list = NULL;
	struct err e = { 0 };

	memcpy(text, data, size);
	text[size] = '\0';
	if (inventory_parse(text, size, "inventory", &list, &e) == 0 && json_array_size(list) > size)
		abort();
	return 0;
}
