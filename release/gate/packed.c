/* packed.c - packages as texts. */
#include "release/gate/packed.h"
#include <string.h>

json_t *packed_get(const json_t *item)
{
	const char *text = json_string_value(item);
	json_t *package = text ? json_loadb(text, json_string_length(item), JSON_DECODE_ANY, NULL)
			       : json_incref((json_t *)(uintptr_t)item);

	return package ? package : json_null();
}

json_t *packed_make(const json_t *package)
{
	AUTO_FREE char *text = json_dumps(package, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	return text ? json_string(text) : json_null();
}

void packed_list(json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *package = json_array_get(list, i);

		json_array_set_new(list, i, json_is_object(package) ? packed_make(package) : json_null());
	}
}

bool packed_has(const json_t *list, const char *member, const char *text)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		AUTO_JSON *package = packed_get(item);

		if (strcmp(json_text(package, member), text) == 0)
			return true;
	}
	return false;
}
