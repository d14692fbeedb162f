/* fuzz_lzo.c - one LZO block: any bytes, into a room of any size. */
#include "base/lzo.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct err e = { 0 };
	size_t room, got = 0;
	unsigned char *to;

	if (len < 2)
		return 0;
	room = (size_t)bytes[0] << 8 | bytes[1];
	to = malloc(room ? room : 1);
	if (to && lzo1x_decode(bytes + 2, len - 2, to, room, &got, &e) == -1 && e.class != ERR_INPUT)
		abort();
	if (got > room)
		abort();
	free(to);
	return 0;
}
