/* elf_notes.h - the notes of an ELF file: build-id, Go, and what the processor is asked to watch over. Private to inspect/. */
#pragma once
#include "inspect/elf.h"

/* One segment of notes, aligned to 4 or 8 bytes. */
void elf_notes(struct elf *ret, const unsigned char *bytes, size_t len, unsigned align);
