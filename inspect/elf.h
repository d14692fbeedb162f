/* elf.h - what an ELF file says about itself, as the loader would see it: by its segments and its dynamic section, not by its sections, which
 * may be cut off. Private to inspect/. Runs in the confined decoder; any bytes; nothing is written.
 *
 * Texts lie in the bytes that were given. */
#pragma once
#include "inspect/traces.h"

enum elf_flag {
	ELF_PIE = 1 << 0, /* a program that can be loaded anywhere */
	ELF_RELRO = 1 << 1,
	ELF_BIND_NOW = 1 << 2,
	ELF_CANARY = 1 << 3, /* functions watch their stack frame */
	ELF_FORTIFY = 1 << 4,
	ELF_IBT = 1 << 5, /* CET */
	ELF_SHSTK = 1 << 6,
	ELF_BTI = 1 << 7, /* arm64 */
	ELF_PAC = 1 << 8,
	ELF_EXEC_STACK = 1 << 9,
	ELF_RWX = 1 << 10, /* a segment that is writable and executable */
	ELF_TEXTREL = 1 << 11,
	ELF_GO = 1 << 12, /* made by Go's compiler */
	ELF_RUST = 1 << 13,
};
struct elf_symbol {
	const char *name, *version; /* version: NULL when it has none */
	bool is_weak;
};
struct elf {
	const char *kind;    /* "program", "library"; static */
	const char *machine; /* as in content.h, with "be" or "32" where that tells two apart; static */
	bool is_wide, is_big;
	bool is_dynamic; /* it has a dynamic section with symbols: what it imports is known */
	bool is_cut;     /* not all was seen: more of something than is looked at, or built to be misread */
	unsigned flags;
	uint64_t code;                                                /* bytes of its executable segments */
	const char *interpreter, *soname, *rpath, *runpath, *comment; /* NULL: none */
	char build_id[65];                                            /* hexadecimal; "" */
	const char **needed;
	size_t needed_len;
	struct elf_symbol *imports, *exports; /* in the file's order */
	size_t imports_len, exports_len;
	const char **defined; /* functions of .symtab, which only files that were not stripped have */
	size_t defined_len;
	const unsigned char *dep_v0; /* what cargo auditable packed into it */
	size_t dep_v0_len;
	const char *found[TRACES_MAX]; /* outside the table of names */
};

/* NULL: no program or library, or nothing of it can be loaded (separate debug information). A NUL stands behind the bytes. */
struct elf *elf_parse(const unsigned char *bytes, size_t len);
void elf_free(struct elf *elf);
