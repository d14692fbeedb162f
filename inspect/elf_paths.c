/* elf_paths.c - reading the dynamic section of an ELF file in memory; every offset is checked. System V ABI, chapters 4 and 5. */
#include "inspect/elf_paths.h"
#include "inspect/elf_held.h"
#include <elf.h>
#include <string.h>

enum { SEGMENTS_MAX = 512, TAGS_MAX = 4096, SECTIONS_MAX = 65536, SYMBOLS_MAX = 1 << 20 };

struct image {
	const unsigned char *at;
	size_t len;
	bool is_wide, is_big;
};

/* An unsigned field; 0 when it lies outside. */
static uint64_t field(const struct image *m, uint64_t at, unsigned size)
{
	uint64_t v = 0;

	if (at > m->len || m->len - at < size)
		return 0;
	for (unsigned i = 0; i < size; i++)
		v |= (uint64_t)m->at[at + i] << 8 * (m->is_big ? size - 1 - i : i);
	return v;
}

/* A field at one offset in the wide form, at another in the narrow one. */
static uint64_t either(
	const struct image *m, uint64_t base, unsigned wide, unsigned wide_size, unsigned narrow, unsigned narrow_size)
{
	return m->is_wide ? field(m, base + wide, wide_size) : field(m, base + narrow, narrow_size);
}

static bool image_of(const unsigned char *bytes, size_t len, struct image *ret)
{
	if (len < sizeof(Elf32_Ehdr) || memcmp(bytes, ELFMAG, SELFMAG) != 0 ||
		(bytes[EI_CLASS] != ELFCLASS32 && bytes[EI_CLASS] != ELFCLASS64) ||
		(bytes[EI_DATA] != ELFDATA2LSB && bytes[EI_DATA] != ELFDATA2MSB))
		return false;
	*ret = (struct image){ bytes, len, bytes[EI_CLASS] == ELFCLASS64, bytes[EI_DATA] == ELFDATA2MSB };
	return !ret->is_wide || len >= sizeof(Elf64_Ehdr);
}

struct segment {
	uint32_t type;
	uint64_t offset, address, size;
};

static bool segment_at(const struct image *m, unsigned i, struct segment *ret)
{
	uint64_t table = either(m, 0, 32, 8, 28, 4), step = either(m, 0, 54, 2, 42, 2),
		 count = either(m, 0, 56, 2, 44, 2);
	uint64_t at = table + (uint64_t)i * step;

	if (i >= count || i >= SEGMENTS_MAX || step < (m->is_wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) ||
		at > m->len || m->len - at < step)
		return false;
	*ret = (struct segment){ (uint32_t)field(m, at, 4), either(m, at, 8, 8, 4, 4), either(m, at, 16, 8, 8, 4),
		either(m, at, 32, 8, 16, 4) };
	return true;
}

/* The place in the file of an address in memory; false: in no segment. */
static bool place_of(const struct image *m, uint64_t address, uint64_t *ret)
{
	struct segment s;

	for (unsigned i = 0; segment_at(m, i, &s); i++)
		if (s.type == PT_LOAD && address >= s.address && address - s.address < s.size) {
			*ret = s.offset + (address - s.address);
			return *ret < m->len;
		}
	return false;
}

/* A terminated text that lies inside the file; NULL: none. */
static const char *text_at(const struct image *m, uint64_t at, uint64_t end)
{
	if (end > m->len)
		end = m->len;
	if (at >= end || !memchr(m->at + at, 0, (size_t)(end - at)))
		return NULL;
	return (const char *)m->at + at;
}

struct dynamic {
	uint64_t strings, strings_len; /* place in the file */
	uint64_t names[TAGS_MAX];      /* offsets in strings of everything that is named by a tag */
	size_t names_len;
	uint64_t paths[ELF_PATHS_MAX];
	const char *kinds[ELF_PATHS_MAX];
	size_t paths_len;
};

static void tag(const struct image *m, struct dynamic *d, uint64_t kind, uint64_t value)
{
	switch (kind) {
	case DT_STRTAB:
		if (!place_of(m, value, &d->strings))
			d->strings = 0;
		break;
	case DT_STRSZ:
		d->strings_len = value;
		break;
	case DT_RPATH:
	case DT_RUNPATH:
		if (d->paths_len < ELF_PATHS_MAX) {
			d->kinds[d->paths_len] = kind == DT_RPATH ? "RPATH" : "RUNPATH";
			d->paths[d->paths_len++] = value;
		}
		break;
	case DT_NEEDED:
	case DT_SONAME:
	case DT_AUXILIARY:
	case DT_FILTER:
		if (d->names_len < TAGS_MAX)
			d->names[d->names_len++] = value;
		break;
	default:
		break;
	}
}

static void read_dynamic(const struct image *m, const struct segment *s, struct dynamic *d)
{
	unsigned word = m->is_wide ? 8 : 4;

	for (uint64_t i = 0; i < TAGS_MAX && (i + 1) * 2 * word <= s->size; i++) {
		uint64_t at = s->offset + i * 2 * word, kind = field(m, at, word);
		if (at >= m->len || kind == DT_NULL)
			return;
		tag(m, d, kind, field(m, at + word, word));
	}
}

/* Linkers lay names that end alike over one another. Does a symbol's name begin inside [from, to) of the string table? Of a file with more
 * symbols than any program has it is assumed. */
static bool symbol_inside(const struct image *m, const struct dynamic *d, uint64_t from, uint64_t to)
{
	uint64_t table = either(m, 0, 40, 8, 32, 4), step = either(m, 0, 58, 2, 46, 2),
		 count = either(m, 0, 60, 2, 48, 2);

	unsigned left = SYMBOLS_MAX;

	for (uint64_t i = 0; i < count && i < SECTIONS_MAX; i++) {
		uint64_t at = table + i * step, symbol = m->is_wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
		if (at > m->len || field(m, at + 4, 4) != SHT_DYNSYM)
			continue;
		uint64_t offset = either(m, at, 24, 8, 16, 4), size = either(m, at, 32, 8, 20, 4);
		for (uint64_t k = 0; (k + 1) * symbol <= size && offset + k * symbol < m->len; k++) {
			if (left-- == 0)
				return true;
			uint64_t name = field(m, offset + k * symbol, 4);
			if (name >= from && name < to)
				return true;
		}
	}
	return false;
}

static bool is_shared(const struct image *m, const struct dynamic *d, uint64_t name, size_t len)
{
	for (size_t i = 0; i < d->names_len; i++)
		if (d->names[i] >= name && d->names[i] < name + len)
			return true;
	for (size_t i = 0; i < d->paths_len; i++)
		if (d->paths[i] > name && d->paths[i] < name + len)
			return true;
	return symbol_inside(m, d, name, name + len);
}

size_t elf_paths(const unsigned char *bytes, size_t len, struct elf_path ret[ELF_PATHS_MAX])
{
	struct dynamic *d;
	struct image m;
	struct segment s;
	size_t found = 0;

	if (!image_of(bytes, len, &m))
		return 0;
	d = mem_alloc(sizeof *d);
	for (unsigned i = 0; segment_at(&m, i, &s); i++) {
		const char *text = s.type == PT_INTERP && s.size <= len && s.offset <= len - s.size
			? text_at(&m, s.offset, s.offset + s.size)
			: NULL;
		if (text && found < ELF_PATHS_MAX)
			ret[found++] = (struct elf_path){ "INTERP", s.offset, text, false };
		if (s.type == PT_DYNAMIC)
			read_dynamic(&m, &s, d);
	}
	for (size_t i = 0; i < d->paths_len && d->strings && found < ELF_PATHS_MAX; i++) {
		if (d->paths[i] >= d->strings_len || d->strings_len > len)
			continue;
		const char *text = text_at(&m, d->strings + d->paths[i], d->strings + d->strings_len);
		if (text)
			ret[found++] = (struct elf_path){ d->kinds[i], d->strings + d->paths[i], text,
				is_shared(&m, d, d->paths[i], strlen(text)) };
	}
	free(d);
	return found;
}

/* ---- the collector */

struct collector {
	struct elf_held held;
	uint64_t hold_max;
};

static bool wants(struct elf_held *h, const unsigned char *head, size_t len)
{
	bool is_elf = len >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0,
	     is_large = h->entry.size > ((struct collector *)h)->hold_max;

	if (is_elf && is_large)
		fact_add_more(h->list, 1);
	return is_elf && !is_large;
}

static int see(struct elf_held *h, struct err *e)
{
	struct elf_path found[ELF_PATHS_MAX];
	size_t len = elf_paths(h->bytes, h->len, found);

	for (size_t i = 0; i < len; i++) {
		json_t *item = fact_add(h->list);
		if (!item)
			continue;
		json_set_str(item, "path", h->entry.path);
		json_set_str(item, "kind", found[i].kind);
		json_object_set_new(item, "offset", json_integer((json_int_t)found[i].offset));
		json_set_str(item, "text", found[i].text);
		json_object_set_new(item, "shared", json_boolean(found[i].is_shared));
	}
	return 0;
}

struct sink *elf_paths_collector(uint64_t hold_max, json_t **ret)
{
	static const struct elf_use use = { wants, see };
	struct collector *c = mem_alloc(sizeof *c);

	elf_held_init(&c->held, &use, ret);
	c->hold_max = hold_max;
	return &c->held.sink;
}
