/* script_kinds.h - what a command of a script does with programs. Private to inspect/script_*.c. */
#pragma once
#include "inspect/shell_words.h"

bool command_downloads(const struct shell_command *c);
bool command_decodes(const struct shell_command *c); /* what was encoded: base64 -d */
bool command_unpacks(const struct shell_command *c); /* what was packed; of little meaning, but in front of a shell */
bool command_has_decoder(const struct shell_command *c); /* python -m base64; the same */
bool command_is_interpreter(const char *program);
bool command_reads_program(const struct shell_command *c); /* takes its program from its input */
bool command_runs_words(const struct shell_command *c);    /* runs as a program what its words are */
/* "python -c", "perl -e", "python3 <<EOF" with code that decodes or fetches and runs, or gives rights; the danger's id or NULL. */
const char *command_code_danger(const struct shell_command *c);
