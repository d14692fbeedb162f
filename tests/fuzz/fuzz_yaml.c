/* fuzz_yaml.c - any text as YAML: an error with a place, or JSON; and looking for places in it. */
#include "base/yaml.h"
#include <string.h>

static const struct yaml_schema text = { .kind = YAML_STRING }, number = { .kind = YAML_INT },
				flag = { .kind = YAML_BOOL }, any = { .kind = YAML_ANY };
static const struct yaml_schema list = { .kind = YAML_LIST, .of = &text };
static const struct yaml_schema either = { .kind = YAML_EITHER,
	.either = (const struct yaml_schema *const[]){ &number, &flag, &text, &list, NULL } };
static const struct yaml_schema dict = { .kind = YAML_DICT, .of = &either, .pattern = "^[a-z]+$" };
static const struct yaml_schema root = { .kind = YAML_MAP,
	.fields = (const struct yaml_field[]){
		{ "a", &dict }, { "b", &any }, { "c", &list }, { "d", &number }, { 0 } } };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_JSON *value = NULL, *loose = NULL;
	AUTO_FREE char *where = NULL;
	struct err e = { 0 };

	if (yaml_parse((const char *)data, size, "f", &root, &value, &e) && (e.class != ERR_USAGE || e.text[0] == 0))
		__builtin_trap();
	if (yaml_parse((const char *)data, size, "f", &any, &loose, &e) && value)
		__builtin_trap();
	where = yaml_where((const char *)data, size, "f", "a/b/0/c");
	if (where[0] != 'f')
		__builtin_trap();
	return 0;
}
