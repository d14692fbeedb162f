/* fuzz_shell_words.c - any bytes as a shell script: read within bounds, and every command is judged. */
#include "inspect/script_dangers.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seen(void *to, const struct danger *danger, const char *text, unsigned line)
{
	*(size_t *)to += strlen(text) + strlen(danger->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct shell_words shell;
	size_t total = 0;

	shell_words_read(&shell, (const char *)data, size);
	for (size_t i = 0; i < shell.commands.len; i++)
		if (shell.commands.at[i].from >= (int)i || shell.commands.at[i].inside >= (int)i)
			__builtin_trap();
	script_dangers(&shell, seen, &total);
	shell_words_done(&shell);
	return 0;
}
