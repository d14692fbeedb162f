/* packed.h - a change's packages in a list: each as its text, which takes a sixth of the room of an object, because a change may have tens of thousands.
 *
 * A list may hold objects as well (tests, a caller of the gate with lists of its own); whoever goes through one asks for each item. */
#pragma once
#include "base/json.h"

/* The package that the item stands for; an object stands for itself. New reference, to nobody else's object when it was a text; never NULL. */
json_t *packed_get(const json_t *item);
/* The package as a list holds it. New. */
json_t *packed_make(const json_t *package);
/* Every object of a list that came with a record becomes its text; what is none becomes null: a text in a record is no package. */
void packed_list(json_t *list);
/* Is there one with that text in that member? */
bool packed_has(const json_t *list, const char *member, const char *text);
