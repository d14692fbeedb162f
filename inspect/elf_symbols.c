/* elf_symbols.c - what a loader finds by name in an ELF file: its dynamic symbols and their versions. System V ABI, chapter 5; LSB, symbol versioning. */
#include "inspect/elf_image.h"
#include <string.h>

enum { SYMBOLS_MAX = 1 << 18 };

/* How many there are is said by the section, or else by the hash table that the loader uses. */
static uint64_t count_by_section(const struct elf_image *m)
{
	Elf_Scn *section = NULL;
	GElf_Shdr s;

	for (unsigned i = 0; i < ELF_SECTIONS_MAX && (section = elf_nextscn(m->elf, section)) != NULL; i++)
		if (gelf_getshdr(section, &s) && s.sh_type == SHT_DYNSYM && s.sh_addr == m->symtab && s.sh_entsize)
			return s.sh_size / s.sh_entsize;
	return 0;
}

/* The highest index in any chain, plus one. */
static uint64_t count_by_gnu_hash(const struct elf_image *m)
{
	uint64_t at, room, last = 0;

	if (!elf_place_of(m, m->gnu_hash, &at, &room) || room < 16)
		return 0;
	uint64_t buckets = elf_number(m, at, 4), first = elf_number(m, at + 4, 4), bloom = elf_number(m, at + 8, 4);
	uint64_t table = at + 16 + bloom * (m->ret->is_wide ? 8 : 4), chains = table + buckets * 4;

	for (uint64_t i = 0; i < buckets && i < SYMBOLS_MAX && table + i * 4 < m->len; i++) {
		uint64_t symbol = elf_number(m, table + i * 4, 4);

		last = symbol > last ? symbol : last;
	}
	if (last < first)
		return first;
	while (last < SYMBOLS_MAX && chains + (last - first) * 4 < m->len &&
		!(elf_number(m, chains + (last - first) * 4, 4) & 1))
		last++;
	return last + 1;
}

static uint64_t count_symbols(const struct elf_image *m)
{
	uint64_t count = count_by_section(m), at, room;

	if (count == 0 && m->gnu_hash)
		count = count_by_gnu_hash(m);
	if (count == 0 && m->hash && elf_place_of(m, m->hash, &at, &room))
		count = elf_number(m, at + 4, 4);
	return count;
}

/* Names of versions by their index, from the definitions or from what is needed. */
struct versions {
	const char **names;
	size_t len;
};
enum { VERSIONS_MAX = 4096 };

static void name_version(const struct elf_image *m, struct versions *v, uint64_t index, uint64_t name)
{
	index &= 0x7fff;
	if (index < VERSIONS_MAX && index > 1)
		v->names[index] = elf_name_at(m, name);
}

static void read_definitions(const struct elf_image *m, struct versions *v)
{
	uint64_t at, room;

	if (!m->verdef || !elf_place_of(m, m->verdef, &at, &room))
		return;
	for (uint64_t i = 0; i < m->verdefnum && i < VERSIONS_MAX && at < m->len; i++) {
		uint64_t aux = at + elf_number(m, at + 12, 4), next = elf_number(m, at + 16, 4);

		name_version(m, v, elf_number(m, at + 4, 2), elf_number(m, aux, 4));
		if (next == 0)
			return;
		at += next;
	}
}

static void read_needs(const struct elf_image *m, struct versions *v)
{
	uint64_t at, room;
	unsigned left = VERSIONS_MAX;

	if (!m->verneed || !elf_place_of(m, m->verneed, &at, &room))
		return;
	for (uint64_t i = 0; i < m->verneednum && i < VERSIONS_MAX && at < m->len; i++) {
		uint64_t aux = at + elf_number(m, at + 8, 4), next = elf_number(m, at + 12, 4);

		for (uint64_t k = elf_number(m, at + 2, 2); k > 0 && left > 0 && aux < m->len; k--, left--) {
			uint64_t more = elf_number(m, aux + 12, 4);

			name_version(m, v, elf_number(m, aux + 6, 2), elf_number(m, aux + 8, 4));
			aux += more;
			if (more == 0)
				break;
		}
		if (next == 0)
			return;
		at += next;
	}
}

static void add_symbol(struct elf_image *m, const GElf_Sym *s, const char *name, const char *version)
{
	struct elf *ret = m->ret;
	unsigned binding = GELF_ST_BIND(s->st_info);
	struct elf_symbol symbol = { name, version, binding == STB_WEAK };

	if (s->st_shndx == SHN_UNDEF)
		ret->imports[ret->imports_len++] = symbol;
	else if (binding != STB_LOCAL && GELF_ST_VISIBILITY(s->st_other) != STV_HIDDEN &&
		GELF_ST_VISIBILITY(s->st_other) != STV_INTERNAL)
		ret->exports[ret->exports_len++] = symbol;
}

void elf_read_symbols(struct elf_image *m)
{
	struct elf *ret = m->ret;
	uint64_t at, room, versions_at = 0, versions_room = 0;
	size_t size = gelf_fsize(m->elf, ELF_T_SYM, 1, EV_CURRENT), count;
	struct versions v = { mem_alloc(VERSIONS_MAX * sizeof(char *)), VERSIONS_MAX };
	Elf_Data *data;
	GElf_Sym s;

	if (!m->symtab || !size || !elf_place_of(m, m->symtab, &at, &room)) {
		free(v.names);
		return;
	}
	ret->is_dynamic = true;
	count = (size_t)(count_symbols(m) < room / size ? count_symbols(m) : room / size);
	ret->is_cut |= count > SYMBOLS_MAX;
	count = count < SYMBOLS_MAX ? count : SYMBOLS_MAX;
	read_definitions(m, &v);
	read_needs(m, &v);
	if (m->versym && !elf_place_of(m, m->versym, &versions_at, &versions_room))
		versions_room = 0;
	ret->imports = mem_alloc((count + 1) * sizeof *ret->imports);
	ret->exports = mem_alloc((count + 1) * sizeof *ret->exports);
	data = count ? elf_getdata_rawchunk(m->elf, (int64_t)at, count * size, ELF_T_SYM) : NULL;
	for (size_t i = 1; data && i < count && gelf_getsym(data, (int)i, &s); i++) {
		uint64_t index = i * 2 + 2 <= versions_room ? elf_number(m, versions_at + i * 2, 2) & 0x7fff : 0;
		const char *name = elf_name_at(m, s.st_name);

		if (name && *name)
			add_symbol(m, &s, name, index < v.len ? v.names[index] : NULL);
	}
	free(v.names);
}
