/* danger_rules.h - which commands are dangerous by their program, arguments, or the file that they write to. Private to inspect/. */
#pragma once
#include "inspect/script_dangers.h"

const char *danger_by_rule(const struct shell_command *c); /* the danger's id; NULL */
const char *danger_written(const char *file);
