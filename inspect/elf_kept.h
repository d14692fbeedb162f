/* elf_kept.h - libraries with debug information, kept as they pass: what a program that compares their types (libabigail) needs of both versions.
 *
 * Runs in the confined decoder, which may write to one descriptor that it was given. */
#pragma once
#include "inspect/inspect.h"

enum { ELF_KEPT_MAX = 64, ELF_KEPT_LIBRARY = 32 << 20 /* bytes of one */, ELF_KEPT_ALL = 128 << 20 /* of all */ };
/* {"items": [{"path", "machine", "soname", "at", "len"}], "more": N}: their bytes lie in fd, from `at`. *ret is set at close (owned by the caller). */
struct sink *elf_kept_collector(int fd, json_t **ret);
