/* looked.h - one file of the package as it passes by, as a check's `look` sees it. Private to inspect/. Runs in the confined decoder. */
#pragma once
#include "inspect/content.h"
#include "inspect/inspect.h"

struct config;
struct elf;
struct jar;
struct shell_words;
struct looked {
	const struct entry *entry; /* an ENTRY_FILE, with the vendor's path */
	struct content content;
	const unsigned char
		*bytes; /* the whole file (is_whole), else its first CONTENT_HEAD bytes; a NUL stands behind them */
	size_t len;
	bool is_whole; /* programs, libraries, texts, scripts, zip archives and classes up to the collector's limit */
	const struct config *config;     /* config.h; NULL: none, no text, or more than CONFIG_SIZE_MAX bytes */
	const struct elf *elf;           /* elf.h; NULL: not one, not whole, or too damaged to say anything */
	bool is_shell;                   /* a script for a shell */
	const struct shell_words *shell; /* shell_words.h; NULL: none, or not whole */
	const struct jar *jar;           /* jar.h; NULL: no zip archive and no class, or not whole */
};
