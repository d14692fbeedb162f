/* checks.h - the checks by name, for their table. Private to inspect/. */
#pragma once
#include "inspect/inspect.h"

extern const struct check check_caps_new, check_dependency_dropped, check_introduced, check_privilege_file,
	check_recipe_changed, check_setuid_new, check_world_writable;
