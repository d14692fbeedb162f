/* fuzz_facts.c - facts are data from a store or a confined child: whatever JSON they are, comparing ends well. The input is two documents with a
 * NUL between them; without one it is compared with itself and as a first version. */
#include "inspect/inspect.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const json_t *old, const json_t *new)
{
	AUTO(arena) arena = { 0 };
	struct findings found = { 0 };
	struct err e = { 0 };

	arena_init(&arena, MIB(4));
	if (facts_compare(old, new, &arena, &found, &e) == 0)
		json_decref(findings_json(&found));
	LIST_DONE(&found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *cut = memchr(text, 0, size);
	size_t len = cut ? (size_t)(cut - text) : size;
	struct err e = { 0 };
	AUTO_JSON *old = json_parse(text, len, "old", &e);
	AUTO_JSON *new = cut ? json_parse(cut + 1, size - len - 1, "new", &e) : json_incref(old);

	if (new == NULL)
		return 0;
	compare(NULL, new);
	if (old)
		compare(old, new);
	return 0;
}
