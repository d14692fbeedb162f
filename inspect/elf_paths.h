/* elf_paths.h - where a program looks for its libraries and its loader: RPATH, RUNPATH, INTERP of ELF files, with their places in the file.
 *
 * Runs in the confined decoder: an ELF file is held in memory up to a limit (its tables lie at both ends), looked at and let go. */
#pragma once
#include "inspect/inspect.h"

/* {"items": [{"path", "kind": "RPATH"|"RUNPATH"|"INTERP", "offset", "text", "shared": bool}], "more": N}; shared: another name uses a part of
 * the same bytes. `more` counts what was left out: files over hold_max, and items past a bound. *ret is set at close (owned by the caller). */
struct sink *elf_paths_collector(uint64_t hold_max, json_t **ret);

struct elf_path {
	const char *kind; /* static */
	uint64_t offset;
	const char *text; /* in the bytes that were given */
	bool is_shared;
};
enum { ELF_PATHS_MAX = 8 };
/* Those of one file; how many. Any bytes: what makes no sense has none. */
size_t elf_paths(const unsigned char *bytes, size_t len, struct elf_path ret[ELF_PATHS_MAX]);
