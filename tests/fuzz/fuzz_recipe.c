/* fuzz_recipe.c - recipe and house from any bytes: read, looked through, their rules loaded, or refused. */
#include "repackager/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[] = "r.yaml", dir[] = "/nonexistent";
	struct document recipe = { .path = path, .dir = dir, .text = (char *)(uintptr_t)data, .len = size },
			house = { 0 };
	struct identity id = { .name = "a", .product = "a", .vendor = "v" };
	struct arena arena = { 0 };
	struct rules rules = { 0 };
	struct limits limits;
	struct err e = { 0 };

	if (yaml_parse((const char *)data, size, path, &recipe_schema, &recipe.json, &e) == 0) {
		struct entry entry;
		bool keep;
		entry_init(&entry);
		entry.path = "/opt/acme/a";
		if (rules_load(&house, &recipe, &id, &arena, &rules, &e) == 0 &&
			rules_apply(&rules, 0, &entry, &keep, &e) == 0)
			(void)rules_moved(&rules, "/opt/acme/b");
		rules_done(&rules);
		json_decref(recipe.json);
	}
	if (yaml_parse((const char *)data, size, path, &house_schema, &recipe.json, &e) == 0) {
		if (house_limits(&recipe, &limits, &e) == 0)
			(void)document_text(&recipe, "names/scheme");
		json_decref(recipe.json);
	}
	arena_done(&arena);
	return 0;
}
