/* owners.h - does a text make this user or group? Maintainer scripts with useradd(8) and the like, sysusers.d(5). */
#pragma once
#include <stdbool.h>

/* A line of the script that calls a tool for users and holds the name as a word of its own. */
bool script_makes_user(const char *script, const char *name);
/* A 'u', 'g' or 'm' line of a sysusers.d file that names it. */
bool sysusers_make(const char *text, const char *name);
