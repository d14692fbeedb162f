/* fuzz_csaf.c - any bytes as an advisory: one that is read or a refusal; what is read can be asked about any package. */
#include "release/csaf.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const versions[] = { "1.0", "1.1-2", "2:3.0.7-1.el9", "not a version" };
	AUTO_FREE char *text = mem_alloc(size + 1);
	AUTO_JSON *advisory = NULL;
	struct err e = { 0 };

	memcpy(text, data, size);
	text[size] = '\0';
	if (csaf_parse(text, size, "advisory", &advisory, &e))
		return e.class == ERR_INPUT ? 0 : (abort(), 0);
	for (size_t i = 0; i < COUNT(versions); i++) {
		AUTO_JSON *cves = json_array();
		struct csaf_package package = { { "openssl", "acme-agent", "agent" }, versions[i], "rpm", versions[i] };

		if (csaf_says(advisory, &package, cves) != CSAF_AFFECTED && json_array_size(cves))
			abort();
	}
	return 0;
}
