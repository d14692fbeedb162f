/* fuzz_elf.c - programs, jars, classes and scripts of any bytes pass every check's look, and what is found is compared with itself. */
#include "inspect/inspect.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int feed(struct sink *s, const char *path, const uint8_t *data, size_t size, struct err *e)
{
	struct entry entry;

	entry_init(&entry);
	entry.path = path;
	entry.type = ENTRY_FILE;
	entry.size = size;
	return sink_entry_begin(s, &entry, e) || sink_data(s, data, size, e) || sink_entry_end(s, e);
}

/* The first byte chooses the name; the rest is the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "/usr/bin/a", "/usr/lib/liba.so.1.2", "/opt/a.py", "/opt/a.js",
		"/opt/a.jar", "/opt/a.whl", "/opt/a.pyz" };
	AUTO(pkg) pkg = { 0 };
	AUTO(arena) arena = { 0 };
	struct findings found = { 0 };
	struct err e = { 0 };
	json_t *bytes = NULL;
	AUTO_JSON *facts = NULL;

	if (size == 0)
		return 0;
	pkg_init(&pkg, 0);
	arena_init(&arena, MIB(16));
	struct sink *s = facts_collector(MIB(1), &bytes);
	if (sink_begin(s, &pkg, &e) == 0 && feed(s, paths[data[0] % COUNT(paths)], data + 1, size - 1, &e) == 0 &&
		sink_close(s, &e) == 0) {
		facts = facts_of(&pkg, bytes);
		if (facts_compare(facts, facts, &arena, &found, &e) == 0)
			json_decref(findings_json(&found));
	}
	sink_drop(s);
	json_decref(bytes);
	LIST_DONE(&found);
	return 0;
}
