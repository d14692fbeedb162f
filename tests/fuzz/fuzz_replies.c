/* fuzz_replies.c - any bytes as a file of answers, and as what an installer prints. */
#include "sandbox/replies.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct replies r = { 0 };
	struct err e = { 0 };

	free(replies_plain((const char *)data, size));
	if (replies_parse((const char *)data, size, "fuzz", &r, &e) == 0)
		replies_done(&r);
	return 0;
}
