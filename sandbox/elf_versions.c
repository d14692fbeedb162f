/* elf_versions.c - reading the version definitions of an ELF file in memory, every offset checked. Little endian, 64 and 32 bit. */
#include "sandbox/elf_versions.h"
#include <elf.h>
#include <stdint.h>
#include <string.h>

enum { SECTIONS_MAX = 65536, VERSIONS_MAX = 65536 };

struct image {
	const unsigned char *at;
	size_t len;
	bool wide;
};
struct section {
	uint32_t type, link, info;
	uint64_t offset, size;
};

static bool get(const struct image *m, uint64_t at, void *ret, size_t size)
{
	if (at > m->len || m->len - at < size)
		return false;
	memcpy(ret, m->at + at, size);
	return true;
}

static bool section_at(const struct image *m, uint64_t table, unsigned index, struct section *ret)
{
	Elf64_Shdr wide;
	Elf32_Shdr narrow;

	if (m->wide) {
		if (!get(m, table + (uint64_t)index * sizeof wide, &wide, sizeof wide))
			return false;
		*ret = (struct section){ wide.sh_type, wide.sh_link, wide.sh_info, wide.sh_offset, wide.sh_size };
		return true;
	}
	if (!get(m, table + (uint64_t)index * sizeof narrow, &narrow, sizeof narrow))
		return false;
	*ret = (struct section){ narrow.sh_type, narrow.sh_link, narrow.sh_info, narrow.sh_offset, narrow.sh_size };
	return true;
}

static bool string_is(const struct image *m, const struct section *strings, uint32_t at, const char *want)
{
	size_t len = strlen(want) + 1;

	return at < strings->size && strings->size - at >= len && strings->offset <= m->len &&
		m->len - strings->offset >= at + len && memcmp(m->at + strings->offset + at, want, len) == 0;
}

/* Elf32_Verdef and Elf64_Verdef are the same. */
static bool defines(const struct image *m, const struct section *s, const struct section *strings, const char *version)
{
	uint64_t at = s->offset;

	for (unsigned i = 0; i < s->info && i < VERSIONS_MAX; i++) {
		Elf64_Verdef def;
		Elf64_Verdaux aux;

		if (!get(m, at, &def, sizeof def) || !get(m, at + def.vd_aux, &aux, sizeof aux))
			return false;
		if (string_is(m, strings, aux.vda_name, version))
			return true;
		if (def.vd_next == 0)
			return false;
		at += def.vd_next;
	}
	return false;
}

static bool header(const struct image *m, uint64_t *ret_table, unsigned *ret_count)
{
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;

	if (m->wide) {
		if (!get(m, 0, &wide, sizeof wide) || wide.e_shentsize != sizeof(Elf64_Shdr))
			return false;
		*ret_table = wide.e_shoff;
		*ret_count = wide.e_shnum;
		return wide.e_shoff < m->len;
	}
	if (!get(m, 0, &narrow, sizeof narrow) || narrow.e_shentsize != sizeof(Elf32_Shdr))
		return false;
	*ret_table = narrow.e_shoff;
	*ret_count = narrow.e_shnum;
	return narrow.e_shoff < m->len;
}

bool elf_defines_version(const void *bytes, size_t len, const char *version)
{
	struct image m = { bytes, len, false };
	struct section s, strings;
	uint64_t table;
	unsigned count;

	if (len < EI_NIDENT || memcmp(bytes, ELFMAG, SELFMAG) != 0 || m.at[EI_DATA] != ELFDATA2LSB)
		return false;
	m.wide = m.at[EI_CLASS] == ELFCLASS64;
	if (!header(&m, &table, &count))
		return false;
	for (unsigned i = 0; i < count && i < SECTIONS_MAX; i++)
		if (section_at(&m, table, i, &s) && s.type == SHT_GNU_verdef &&
			section_at(&m, table, s.link, &strings) && defines(&m, &s, &strings, version))
			return true;
	return false;
}
