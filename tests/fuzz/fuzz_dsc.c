/* fuzz_dsc.c - the text of .dsc and .changes files, framed by a signature or not. */
#include "formats/dsc.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct err e = { 0 };
	struct dsc d = { 0 };
	AUTO(arena) a = { 0 };
	AUTO_FREE char *text = mem_alloc(len + 1);

	arena_init(&a, MIB(16));
	if (len)
		memcpy(text, bytes, len);
	if (dsc_parse(&a, text, len, &d, &e))
		return 0;
	for (size_t i = 0; i < d.len; i++) /* what is accepted is a name in a folder and a digest */
		if (strchr(d.at[i].name, '/') || d.at[i].name[0] == 0 || strlen(d.at[i].sha256) != 64)
			abort();
	dsc_done(&d);
	return 0;
}
