/* elf_image.h - an ELF file while it is read: what elf.c and elf_symbols.c share. Every count is bounded and every offset checked here, so the rest may ask
 * for what it likes. */
#pragma once
#include "inspect/elf.h"
#include <gelf.h>

enum { ELF_SEGMENTS_MAX = 512, ELF_SECTIONS_MAX = 65536, ELF_NEEDED_MAX = 1024 };

struct elf_image {
	Elf *elf;
	struct elf *ret;
	const unsigned char *bytes;
	size_t len;
	GElf_Ehdr header;
	GElf_Phdr segments[ELF_SEGMENTS_MAX];
	size_t segments_len;
	/* addresses and values of the dynamic section; 0: not there */
	uint64_t strtab, strsz, symtab, hash, gnu_hash, versym, verdef, verdefnum, verneed, verneednum;
	uint64_t flags, flags_1;
	uint64_t names, names_len; /* strtab's place in the file */
	uint64_t needed[ELF_NEEDED_MAX], soname, rpath, runpath;
	size_t needed_len;
	bool has_soname, has_rpath, has_runpath, has_stack;
};

uint64_t elf_number(const struct elf_image *m, uint64_t at, unsigned size); /* 0 when it does not lie inside */
/* A name of the file's before `end`; NULL when it does not lie inside or is longer than names are. */
const char *elf_text_at(const struct elf_image *m, uint64_t at, uint64_t end);
const char *elf_name_at(const struct elf_image *m, uint64_t offset); /* in the table of names */
/* The place in the file of an address; how much of the file is there. */
bool elf_place_of(const struct elf_image *m, uint64_t address, uint64_t *ret_at, uint64_t *ret_len);
void elf_read_symbols(struct elf_image *m); /* imports, exports, is_dynamic (elf_symbols.c) */
