/* fuzz_expect.c - any bytes as a file of expectations. */
#include "sandbox/expect.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	json_t *items = NULL;

	if (expectations_parse((const char *)data, size, "fuzz", &items, &e) == 0)
		json_decref(items);
	return 0;
}
