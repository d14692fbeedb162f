/* content.c - recognising content. Header fields are read with bounds; nothing here follows an offset outside the head. */
#include "inspect/content.h"
#include "base/text.h"
#include <elf.h>
#include <string.h>

uint64_t content_number(const unsigned char *at, unsigned bytes, bool is_big)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)at[i] << 8 * (is_big ? bytes - 1 - i : i);
	return v;
}

const char *content_machine(uint64_t machine)
{
	static const struct {
		unsigned id;
		const char *name;
	} names[] = { { EM_X86_64, "x86_64" }, { EM_386, "i386" }, { EM_AARCH64, "aarch64" }, { EM_ARM, "arm" },
		{ EM_PPC64, "ppc64" }, { EM_S390, "s390" }, { EM_RISCV, "riscv" }, { EM_MIPS, "mips" },
		{ EM_BPF, "bpf" } };

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].id == machine)
			return names[i].name;
	return "other";
}

/* A shared object that names a loader is a program (PIE). */
static bool names_loader(const unsigned char *head, size_t len, bool is_64, bool is_big)
{
	uint64_t at = content_number(head + (is_64 ? 32 : 28), is_64 ? 8 : 4, is_big);
	uint64_t size = content_number(head + (is_64 ? 54 : 42), 2, is_big),
		 count = content_number(head + (is_64 ? 56 : 44), 2, is_big);

	for (uint64_t i = 0; i < count && size >= 4; i++) {
		if (at > len || len - at < 4)
			return false;
		if (content_number(head + at, 4, is_big) == PT_INTERP)
			return true;
		at += size;
	}
	return false;
}

static void elf(const unsigned char *head, size_t len, struct content *ret)
{
	bool is_64 = head[EI_CLASS] == ELFCLASS64, is_big = head[EI_DATA] == ELFDATA2MSB;
	uint64_t type = content_number(head + 16, 2, is_big);

	ret->machine = content_machine(content_number(head + 18, 2, is_big));
	if (type == ET_EXEC || (type == ET_DYN && names_loader(head, len, is_64, is_big)))
		ret->kind = "program";
	else if (type == ET_DYN)
		ret->kind = "library";
	else
		ret->kind = "object";
}

static void script(const unsigned char *head, size_t len, struct content *ret)
{
	size_t at = 2, room = 0;

	while (at < len && (head[at] == ' ' || head[at] == '\t'))
		at++;
	while (at < len && head[at] > ' ' && head[at] < 0x7f && room + 1 < sizeof ret->interpreter)
		ret->interpreter[room++] = (char)head[at++];
	ret->interpreter[room] = 0;
	ret->kind = "script";
}

enum { ODD_SHARE = 20 /* a text has about one odd byte in so many at most: NULs, control bytes, what is no UTF-8 */ };

/* Programs read a text with a stray byte, or in another encoding than UTF-8, all the same. */
static bool is_text(const unsigned char *head, size_t len, size_t share)
{
	size_t odd = 0, at = 0;

	while (at < len) {
		size_t used = text_utf8((const char *)head + at, len - at, &(uint32_t){ 0 });
		unsigned char c = head[at];

		if (used == 0 && len - at >= 4) /* the head may end within a character */
			odd++;
		else if (c < 0x20 && !memchr("\t\n\r\f\b\033", c, 6))
			odd++;
		at += used ? used : 1;
	}
	return share == 0 ? odd == 0 : odd <= 1 + len / share && odd * 2 < len;
}

static const struct {
	size_t at;
	const char *bytes;
	size_t len;
	const char *kind;
} magics[] = {
	{ 0, "\x1f\x8b", 2, "archive" },
	{ 0,
		"\xfd"
		"7zXZ\0",
		6, "archive" },
	{ 0, "\x28\xb5\x2f\xfd", 4, "archive" },
	{ 0, "BZh", 3, "archive" },
	{ 0, "PK\x03\x04", 4, "archive" },
	{ 0, "7z\xbc\xaf\x27\x1c", 6, "archive" },
	{ 0, "!<arch>\n", 8, "archive" },
	{ 0, "\xed\xab\xee\xdb", 4, "archive" },
	{ 0, "07070", 5, "archive" },
	{ 0, "hsqs", 4, "archive" },
	{ 257, "ustar", 5, "archive" },
	{ 0, "MZ", 2, "windows-program" },
	{ 0, "\xca\xfe\xba\xbe", 4, "java-class" },
	{ 0, "\0asm", 4, "wasm" },
	{ 0, "\x89PNG", 4, "picture" },
	{ 0, "\xff\xd8\xff", 3, "picture" },
	{ 0, "GIF8", 4, "picture" },
	{ 0, "%PDF-", 5, "document" },
	{ 0, "SQLite format 3", 16, "database" },
	{ 0, "-----BEGIN CERTIFICATE-----", 27, "certificate" },
	{ 0, "-----BEGIN PGP PUBLIC KEY BLOCK-----", 36, "certificate" },
	{ 0, "-----BEGIN PRIVATE KEY-----", 27, "private-key" },
	{ 0, "-----BEGIN RSA PRIVATE KEY-----", 31, "private-key" },
	{ 0, "-----BEGIN EC PRIVATE KEY-----", 30, "private-key" },
	{ 0, "-----BEGIN ENCRYPTED PRIVATE KEY-----", 37, "private-key" },
	{ 0, "-----BEGIN OPENSSH PRIVATE KEY-----", 35, "private-key" },
	{ 0, "-----BEGIN PGP PRIVATE KEY BLOCK-----", 37, "private-key" },
};

void content_of(const unsigned char *head, size_t len, uint64_t size, struct content *ret)
{
	*ret = (struct content){ .kind = "data", .machine = "" };
	if (size == 0) {
		ret->kind = "empty";
		return;
	}
	if (len >= 64 && memcmp(head, ELFMAG, SELFMAG) == 0) {
		elf(head, len, ret);
		return;
	}
	if (len >= 2 && head[0] == '#' && head[1] == '!') {
		script(head, len, ret);
		return;
	}
	bool is_words = len > 0 && !strchr("%-!", head[0]) && is_text(head, len, 0);

	for (size_t i = 0; i < COUNT(magics) && !is_words; i++)
		if (len >= magics[i].at + magics[i].len &&
			memcmp(head + magics[i].at, magics[i].bytes, magics[i].len) == 0) {
			ret->kind = magics[i].kind;
			return;
		}
	if (is_words || is_text(head, len, ODD_SHARE))
		ret->kind = "text";
}
