/* tmpfiles.h - the modes that tmpfiles.d gives to files and folders at every start. Private to inspect/. */
#pragma once
#include "inspect/looked.h"

/* Adds {"path", "mode", "dir": bool, "owner", "group", "from": the tmpfiles.d file} to facts' list "made" for each line whose mode has one of these bits;
 * facts: of a check's own `look`. */
void tmpfiles_look(const struct looked *file, json_t *facts, unsigned bits);
