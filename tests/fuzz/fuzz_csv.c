/* fuzz_csv.c - any bytes as a table of services: sections of a policy that is text, or a refusal. */
#include "base/text.h"
#include "release/service_map.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = mem_alloc(size + 1);
	AUTO_JSON *map = NULL;
	struct err e = { 0 };

	memcpy(text, data, size);
	text[size] = '\0';
	if (service_map_parse(text, size, "map", &map, &e))
		return e.class == ERR_USAGE ? 0 : (abort(), 0);
	AUTO_FREE char *yaml = service_map_yaml(map, NULL);
	if (strncmp(yaml, "services:", 9) != 0)
		abort();
	return 0;
}
