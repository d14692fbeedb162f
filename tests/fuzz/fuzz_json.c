/* fuzz_json.c - what parses and has a canonical form parses again, to the same canonical form. */
#include "base/json.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e;
	AUTO_JSON *value = json_parse((const char *)data, size, "fuzz", &e), *again = NULL;
	AUTO_FREE char *bytes = NULL, *twice = NULL;
	size_t len = 0, twice_len = 0;

	if (value == NULL || json_canonical(value, &bytes, &len, &e))
		return 0;
	again = json_parse(bytes, len, "canonical", &e);
	if (again == NULL || json_canonical(again, &twice, &twice_len, &e))
		__builtin_trap();
	if (len != twice_len || memcmp(bytes, twice, len) != 0 || !json_equal(value, again))
		__builtin_trap();
	return 0;
}
