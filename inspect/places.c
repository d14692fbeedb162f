/* places.c - finding the class of a place. */
#include "inspect/places.h"
#include "base/text.h"
#include "inspect/fact.h"
#include <string.h>

bool place_fits(const char *const *patterns, size_t len, const char *path)
{
	AUTO_FREE char *merged = fact_key(path);

	for (size_t i = 0; i < len && patterns[i]; i++)
		if (text_glob(patterns[i], merged))
			return true;
	return false;
}

const struct place_class *place_class_of(const struct place_class *classes, size_t len, const char *path)
{
	for (size_t i = 0; i < len; i++)
		if (place_fits(classes[i].patterns, COUNT(classes[i].patterns), path))
			return &classes[i];
	return NULL;
}

const struct place_class *place_class_named(const struct place_class *classes, size_t len, const char *id)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(classes[i].id, id) == 0)
			return &classes[i];
	return NULL;
}
