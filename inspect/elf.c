/* elf.c - reading an ELF file in memory with libelf, segment by segment as a loader does. System V ABI, chapters 4 and 5; every count is bounded
 * and every offset checked. */
#include "inspect/content.h"
#include "inspect/elf_image.h"
#include "inspect/elf_notes.h"
#include <stdlib.h>
#include <string.h>

enum {
	TAGS_MAX = 4096,
	DEFINED_MAX = 1 << 21,
	PATH_MAX_LEN = 1 << 16,
	NAME_MAX_LEN = 1024,
	PAGE = 4096,
};

uint64_t elf_number(const struct elf_image *m, uint64_t at, unsigned size)
{
	return at > m->len || m->len - at < size ? 0 : content_number(m->bytes + at, size, m->ret->is_big);
}

/* A text of the file's; NULL when it does not lie inside or is longer than that. */
static const char *text_within(const struct elf_image *m, uint64_t at, uint64_t end, size_t most)
{
	size_t room;

	if (end > m->len)
		end = m->len;
	if (at >= end)
		return NULL;
	room = (size_t)(end - at) < most ? (size_t)(end - at) : most;
	return memchr(m->bytes + at, 0, room) ? (const char *)m->bytes + at : NULL;
}

const char *elf_text_at(const struct elf_image *m, uint64_t at, uint64_t end)
{
	return text_within(m, at, end, NAME_MAX_LEN);
}

const char *elf_name_at(const struct elf_image *m, uint64_t offset)
{
	return offset >= m->names_len ? NULL : elf_text_at(m, m->names + offset, m->names + m->names_len);
}

/* What the loader looks for or looks in. The file is not seen whole without it. */
static const char *path_at(const struct elf_image *m, bool is_there, uint64_t offset)
{
	const char *text = is_there && offset < m->names_len
		? text_within(m, m->names + offset, m->names + m->names_len, PATH_MAX_LEN)
		: NULL;

	m->ret->is_cut |= is_there && text == NULL;
	return text;
}

bool elf_place_of(const struct elf_image *m, uint64_t address, uint64_t *ret_at, uint64_t *ret_len)
{
	for (size_t i = 0; i < m->segments_len; i++) {
		const GElf_Phdr *s = &m->segments[i];

		if (s->p_type != PT_LOAD || address < s->p_vaddr || address - s->p_vaddr >= s->p_filesz)
			continue;
		*ret_at = s->p_offset + (address - s->p_vaddr);
		*ret_len = s->p_filesz - (address - s->p_vaddr);
		if (*ret_at >= m->len)
			return false;
		if (*ret_len > m->len - *ret_at)
			*ret_len = m->len - *ret_at;
		return true;
	}
	return false;
}

/* ---- segments */

static void read_segment(struct elf_image *m, const GElf_Phdr *s)
{
	struct elf *ret = m->ret;

	switch (s->p_type) {
	case PT_LOAD:
		if ((s->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
			ret->flags |= ELF_RWX;
		if (s->p_flags & PF_X)
			ret->code += s->p_filesz < m->len ? s->p_filesz : 0;
		break;
	case PT_INTERP:
		ret->interpreter = text_within(
			m, s->p_offset, s->p_offset + (s->p_filesz < m->len ? s->p_filesz : 0), PATH_MAX_LEN);
		ret->is_cut |= ret->interpreter == NULL;
		break;
	case PT_GNU_STACK:
		m->has_stack = true;
		if (s->p_flags & PF_X)
			ret->flags |= ELF_EXEC_STACK;
		break;
	case PT_GNU_RELRO:
		if (s->p_memsz > 0)
			ret->flags |= ELF_RELRO;
		break;
	case PT_NOTE:
		if (s->p_offset < m->len && s->p_filesz <= m->len - s->p_offset)
			elf_notes(ret, m->bytes + s->p_offset, (size_t)s->p_filesz, s->p_align == 8 ? 8 : 4);
		break;
	default:
		break;
	}
}

/* Pages that are loaded twice: what the loader sees there is not what stands at the first place. */
static bool has_overlap(const struct elf_image *m)
{
	uint64_t end = 0;

	for (size_t i = 0; i < m->segments_len; i++) {
		const GElf_Phdr *s = &m->segments[i];

		if (s->p_type != PT_LOAD || s->p_memsz == 0)
			continue;
		if (s->p_vaddr / PAGE * PAGE < end)
			return true;
		end = s->p_vaddr + s->p_memsz;
	}
	return false;
}

static bool read_segments(struct elf_image *m)
{
	size_t count;
	bool is_loaded = false;

	if (elf_getphdrnum(m->elf, &count))
		return false;
	m->ret->is_cut |= count > ELF_SEGMENTS_MAX;
	for (size_t i = 0; i < count && i < ELF_SEGMENTS_MAX; i++) {
		GElf_Phdr *s = &m->segments[m->segments_len];

		if (gelf_getphdr(m->elf, (int)i, s) == NULL) {
			m->ret->is_cut = true;
			break;
		}
		m->segments_len++;
		is_loaded |= s->p_type == PT_LOAD && s->p_filesz > 0;
		read_segment(m, s);
	}
	m->ret->is_cut |= has_overlap(m);
	return is_loaded;
}

/* Without a word about its stack, the loader gives these processors' programs one that can be run. */
static void default_stack(struct elf_image *m)
{
	unsigned machine = m->header.e_machine;

	if (!m->has_stack && (machine == EM_386 || machine == EM_X86_64 || machine == EM_ARM))
		m->ret->flags |= ELF_EXEC_STACK;
}

/* ---- the dynamic section */

/* Of a tag that stands twice the last one counts, as for the loader. */
static void judge_flags(struct elf_image *m)
{
	struct elf *ret = m->ret;

	if ((m->flags & DF_BIND_NOW) || (m->flags_1 & DF_1_NOW))
		ret->flags |= ELF_BIND_NOW;
	if (m->flags & DF_TEXTREL)
		ret->flags |= ELF_TEXTREL;
	if (m->flags_1 & DF_1_PIE)
		ret->kind = "program";
}

static void read_tag(struct elf_image *m, uint64_t tag, uint64_t value)
{
	const struct {
		uint64_t tag;
		uint64_t *to;
	} values[] = { { DT_STRTAB, &m->strtab }, { DT_STRSZ, &m->strsz }, { DT_SYMTAB, &m->symtab },
		{ DT_HASH, &m->hash }, { DT_GNU_HASH, &m->gnu_hash }, { DT_VERSYM, &m->versym },
		{ DT_VERDEF, &m->verdef }, { DT_VERDEFNUM, &m->verdefnum }, { DT_VERNEED, &m->verneed },
		{ DT_VERNEEDNUM, &m->verneednum }, { DT_SONAME, &m->soname }, { DT_RPATH, &m->rpath },
		{ DT_RUNPATH, &m->runpath }, { DT_FLAGS, &m->flags }, { DT_FLAGS_1, &m->flags_1 } };

	for (size_t i = 0; i < COUNT(values); i++)
		if (values[i].tag == tag)
			*values[i].to = value;
	m->has_soname |= tag == DT_SONAME;
	m->has_rpath |= tag == DT_RPATH;
	m->has_runpath |= tag == DT_RUNPATH;
	if (tag == DT_NEEDED && m->needed_len < ELF_NEEDED_MAX)
		m->needed[m->needed_len++] = value;
	else if (tag == DT_NEEDED)
		m->ret->is_cut = true;
	if (tag == DT_BIND_NOW)
		m->ret->flags |= ELF_BIND_NOW;
	if (tag == DT_TEXTREL)
		m->ret->flags |= ELF_TEXTREL;
}

/* The loader goes by the address of the segment, not by its place in the file. */
static void read_dynamic(struct elf_image *m, const GElf_Phdr *s)
{
	unsigned word = m->ret->is_wide ? 8 : 4;
	uint64_t at = s->p_offset, size = s->p_filesz, count;

	if (elf_place_of(m, s->p_vaddr, &at, &size) && at != s->p_offset)
		m->ret->is_cut = true;
	count = size / (2 * word);
	for (uint64_t i = 0; i < count; i++, at += 2 * word) {
		uint64_t tag = elf_number(m, at, word);

		if (at >= m->len || tag == DT_NULL)
			return;
		if (i == TAGS_MAX) {
			m->ret->is_cut = true;
			return;
		}
		read_tag(m, tag, elf_number(m, at + word, word));
	}
}

/* The last one counts; a second one is there to be overlooked. */
static void read_dynamics(struct elf_image *m)
{
	const GElf_Phdr *last = NULL;

	for (size_t i = 0; i < m->segments_len; i++)
		if (m->segments[i].p_type == PT_DYNAMIC) {
			m->ret->is_cut |= last != NULL;
			last = &m->segments[i];
		}
	if (last)
		read_dynamic(m, last);
	judge_flags(m);
}

static void read_names(struct elf_image *m)
{
	struct elf *ret = m->ret;
	uint64_t room;

	if (!elf_place_of(m, m->strtab, &m->names, &room))
		return;
	m->names_len = m->strsz < room ? m->strsz : room;
	ret->needed = mem_alloc((m->needed_len + 1) * sizeof *ret->needed);
	for (size_t i = 0; i < m->needed_len; i++) {
		const char *name = path_at(m, true, m->needed[i]);

		if (name)
			ret->needed[ret->needed_len++] = name;
	}
	ret->soname = path_at(m, m->has_soname, m->soname);
	ret->rpath = path_at(m, m->has_rpath, m->rpath);
	ret->runpath = path_at(m, m->has_runpath, m->runpath);
}

static void judge_imports(struct elf *ret)
{
	for (size_t i = 0; i < ret->imports_len; i++) {
		const char *name = ret->imports[i].name;
		size_t len = strlen(name);

		if (strcmp(name, "__stack_chk_fail") == 0 || strcmp(name, "__stack_chk_guard") == 0)
			ret->flags |= ELF_CANARY;
		else if (len > 6 && name[0] == '_' && name[1] == '_' && strcmp(name + len - 4, "_chk") == 0)
			ret->flags |= ELF_FORTIFY;
	}
}

/* ---- sections: only for what no loader needs */

static void read_symtab(struct elf_image *m, Elf_Scn *section, const GElf_Shdr *s)
{
	struct elf *ret = m->ret;
	Elf_Data *data;
	size_t size = gelf_fsize(m->elf, ELF_T_SYM, 1, EV_CURRENT), count;
	GElf_Shdr names;
	GElf_Sym symbol;
	Elf_Scn *linked = elf_getscn(m->elf, s->sh_link);

	if (ret->defined || size == 0 || linked == NULL || gelf_getshdr(linked, &names) == NULL ||
		names.sh_type != SHT_STRTAB || names.sh_offset >= m->len || names.sh_size > m->len - names.sh_offset)
		return;
	if ((data = elf_getdata(section, NULL)) == NULL)
		return;
	count = data->d_size / size < DEFINED_MAX ? data->d_size / size : DEFINED_MAX;
	ret->is_cut |= data->d_size / size > DEFINED_MAX;
	ret->defined = mem_alloc((count + 1) * sizeof *ret->defined);
	for (size_t i = 1; i < count && gelf_getsym(data, (int)i, &symbol); i++) {
		const char *name;

		if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF ||
			symbol.st_name >= names.sh_size)
			continue;
		name = elf_text_at(m, names.sh_offset + symbol.st_name, names.sh_offset + names.sh_size);
		if (name && *name)
			ret->defined[ret->defined_len++] = name;
	}
}

static void read_sections(struct elf_image *m)
{
	Elf_Scn *section = NULL;
	size_t names;
	GElf_Shdr s;

	if (elf_getshdrstrndx(m->elf, &names))
		return;
	for (unsigned i = 0; i < ELF_SECTIONS_MAX && (section = elf_nextscn(m->elf, section)) != NULL; i++) {
		if (gelf_getshdr(section, &s) == NULL)
			return;
		const char *name = s.sh_type == SHT_PROGBITS ? elf_strptr(m->elf, names, s.sh_name) : NULL;

		if (name && strcmp(name, ".comment") == 0 && s.sh_size < m->len)
			m->ret->comment = elf_text_at(m, s.sh_offset, s.sh_offset + s.sh_size);
		if (name && strcmp(name, ".dep-v0") == 0 && s.sh_type != SHT_NOBITS && s.sh_offset < m->len &&
			s.sh_size <= m->len - s.sh_offset) {
			m->ret->dep_v0 = m->bytes + s.sh_offset;
			m->ret->dep_v0_len = (size_t)s.sh_size;
		} else if (s.sh_type == SHT_SYMTAB)
			read_symtab(m, section, &s);
	}
}

/* ---- texts */

static void find_in(struct elf_image *m, uint64_t from, uint64_t to)
{
	if (from < to && to <= m->len)
		traces_find(m->bytes + from, (size_t)(to - from), m->ret->found);
}

/* What is loaded, each byte once, without the table of names: that would show every linked library as one that is loaded by name. */
static void find_traces(struct elf_image *m)
{
	uint64_t done = 0, names_end = m->names + m->names_len;

	for (size_t i = 0; i < m->segments_len; i++) {
		const GElf_Phdr *s = &m->segments[i];
		uint64_t from = s->p_offset > done ? s->p_offset : done, to = s->p_offset + s->p_filesz;

		if (s->p_type != PT_LOAD || s->p_offset >= m->len || s->p_filesz > m->len - s->p_offset || from >= to)
			continue;
		if (m->names_len && m->names >= from && names_end <= to) {
			find_in(m, from, m->names);
			find_in(m, names_end, to);
		} else {
			find_in(m, from, to);
		}
		done = to;
	}
	for (size_t i = 0; i < traces_len; i++)
		if (traces[i].kind == TRACE_LANGUAGE && m->ret->found[i])
			m->ret->flags |= ELF_RUST;
}

/* ---- all of it */

static bool read_image(struct elf_image *m)
{
	struct elf *ret = m->ret;

	if (elf_kind(m->elf) != ELF_K_ELF || gelf_getehdr(m->elf, &m->header) == NULL ||
		(m->header.e_type != ET_EXEC && m->header.e_type != ET_DYN))
		return false;
	ret->is_wide = m->header.e_ident[EI_CLASS] == ELFCLASS64;
	ret->is_big = m->header.e_ident[EI_DATA] == ELFDATA2MSB;
	ret->machine = content_machine(m->header.e_machine);
	ret->kind = m->header.e_type == ET_EXEC ? "program" : "library";
	if (!read_segments(m))
		return false;
	default_stack(m);
	read_dynamics(m);
	if (ret->interpreter && !m->has_soname)
		ret->kind = "program";
	if (m->header.e_type == ET_DYN && strcmp(ret->kind, "program") == 0)
		ret->flags |= ELF_PIE;
	read_names(m);
	elf_read_symbols(m);
	judge_imports(ret);
	read_sections(m);
	find_traces(m);
	return true;
}

struct elf *elf_parse(const unsigned char *bytes, size_t len)
{
	struct elf_image *m;
	struct elf *ret = NULL;

	if (len < EI_NIDENT || memcmp(bytes, ELFMAG, SELFMAG) != 0 || elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	m = mem_alloc(sizeof *m);
	m->bytes = bytes;
	m->len = len;
	m->ret = mem_alloc(sizeof *m->ret);
	m->elf = elf_memory(
		(char *)(uintptr_t)bytes, len); /* opened for reading: libelf copies what it has to turn round */
	if (m->elf && read_image(m))
		ret = m->ret;
	else
		elf_free(m->ret);
	elf_end(m->elf);
	free(m);
	return ret;
}

void elf_free(struct elf *elf)
{
	if (elf == NULL)
		return;
	free(elf->needed);
	free(elf->imports);
	free(elf->exports);
	free(elf->defined);
	free(elf);
}
