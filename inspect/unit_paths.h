/* unit_paths.h - which service a path belongs to: systemd's units and drop-ins, init scripts. Private to inspect/. */
#pragma once
#include "base/base.h"
#include <stdbool.h>

/* "a.service" for its unit file wherever it lies, for a drop-in of it and for /etc/init.d/a; "user:a.service" for users' units; malloc, NULL: none. */
char *unit_of_path(const char *path, bool *ret_is_dropin);
