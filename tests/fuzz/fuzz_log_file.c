/* fuzz_log_file.c - any bytes as an exported log: rows and blobs that were read, or a refusal. */
#include "release/log_file.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = mem_alloc(size + 1);
	AUTO_JSON *head = NULL, *rows = NULL, *blobs = NULL;
	struct log_head last = { 0 };
	struct err e = { 0 }, why = { 0 };

	memcpy(text, data, size);
	text[size] = '\0';
	if (log_file_parse(text, size, "log", &head, &rows, &blobs, &e))
		return e.class == ERR_INPUT ? 0 : (abort(), 0);
	if (log_check(rows, &last, &why) == 0 && last.seq != (int64_t)json_array_size(rows))
		abort();
	return 0;
}
