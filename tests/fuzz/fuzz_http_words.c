/* fuzz_http_words.c - header fields as any client may send them: what is read from them lies within the file. */
#include "web/http_words.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_alloc(size + 1);
	uint64_t from = 0, len = 0, whole = size ? (uint64_t)data[0] << (data[size - 1] % 50) : 0;
	int64_t t;
	char again[32];

	if (size)
		memcpy(text, data, size);
	if (http_range(text, whole, &from, &len) == HTTP_PART && (len == 0 || from >= whole || len > whole - from))
		__builtin_trap();
	if (http_date_parse(text, &t)) {
		http_date(t, again);
		if (strcmp(text, again) != 0)
			__builtin_trap();
	}
	(void)http_etag_listed(text, "\"1-2-3\"");
	(void)http_type(text);
	free(text);
	return 0;
}
