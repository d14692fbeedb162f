/* elf_versions.h - which symbol versions a shared library defines (Linux ABI: SHT_GNU_verdef), such as GLIBC_2.34. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Any bytes may be given; false when they are no library that defines it. */
bool elf_defines_version(const void *bytes, size_t len, const char *version);
