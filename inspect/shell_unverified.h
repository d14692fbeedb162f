/* shell_unverified.h - commands that do not look at whom they talk to, or whose work they take. Private to inspect/. */
#pragma once
#include "inspect/shell_words.h"

/* How it says so, as a text of a table: "curl -k"; NULL: it does not. */
const char *shell_unverified(const struct shell_command *c);
