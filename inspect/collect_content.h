/* collect_content.h - counts of what files are by their content, for `introduced`. Private to inspect/. */
#pragma once
#include "inspect/inspect.h"

/* {"kinds": {KIND: count}, "machines": {...}, "interpreters": {...}, "private-keys": list of paths} */
struct sink *collect_content(json_t **facts);
