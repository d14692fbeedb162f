/* elf_notes.c - reading notes. System V ABI, "Note Section"; Linux gABI extensions, "Program Property". */
#include "inspect/elf_notes.h"
#include "inspect/content.h"
#include <elf.h>
#include <stdio.h>
#include <string.h>

#ifndef GNU_PROPERTY_AARCH64_FEATURE_1_AND
#define GNU_PROPERTY_AARCH64_FEATURE_1_AND 0xc0000000
#endif
#ifndef GNU_PROPERTY_X86_FEATURE_1_AND
#define GNU_PROPERTY_X86_FEATURE_1_AND 0xc0000002
#endif
enum { NOTES_MAX = 256, BUILD_ID_MAX = 32 };

static size_t round_up(size_t n, unsigned to)
{
	return (n + to - 1) & ~(size_t)(to - 1);
}

static void properties(struct elf *ret, const unsigned char *at, size_t len)
{
	unsigned align = ret->is_wide ? 8 : 4;

	while (len >= 8) {
		uint64_t type = content_number(at, 4, ret->is_big), size = content_number(at + 4, 4, ret->is_big);
		size_t step = round_up(8 + (size_t)size, align);

		if (size > len - 8)
			return;
		uint64_t bits = size >= 4 ? content_number(at + 8, 4, ret->is_big) : 0;

		if (type == GNU_PROPERTY_X86_FEATURE_1_AND)
			ret->flags |= (bits & 1 ? ELF_IBT : 0) | (bits & 2 ? ELF_SHSTK : 0);
		if (type == GNU_PROPERTY_AARCH64_FEATURE_1_AND)
			ret->flags |= (bits & 1 ? ELF_BTI : 0) | (bits & 2 ? ELF_PAC : 0);
		if (step > len)
			return;
		at += step;
		len -= step;
	}
}

static void note(struct elf *ret, uint64_t type, const unsigned char *name, size_t name_len, const unsigned char *text,
	size_t text_len)
{
	if (name_len == 4 && memcmp(name, "GNU", 4) == 0) {
		if (type == NT_GNU_BUILD_ID)
			for (size_t i = 0; i < text_len && i < BUILD_ID_MAX; i++)
				snprintf(ret->build_id + 2 * i, 3, "%02x", text[i]);
		if (type == NT_GNU_PROPERTY_TYPE_0)
			properties(ret, text, text_len);
	}
	if (name_len >= 3 && memcmp(name, "Go", 3) == 0)
		ret->flags |= ELF_GO;
}

void elf_notes(struct elf *ret, const unsigned char *bytes, size_t len, unsigned align)
{
	for (unsigned i = 0; i < NOTES_MAX && len >= 12; i++) {
		size_t name = (size_t)content_number(bytes, 4, ret->is_big),
		       text = (size_t)content_number(bytes + 4, 4, ret->is_big);
		uint64_t type = content_number(bytes + 8, 4, ret->is_big);

		if (name > len - 12)
			return;
		size_t at = round_up(12 + name, align), step;

		if (at > len || text > len - at)
			return;
		note(ret, type, bytes + 12, name, bytes + at, text);
		step = round_up(at + text, align);
		if (step > len)
			return;
		bytes += step;
		len -= step;
	}
}
