/* content.c - programs, scripts, archives, text, data: one line a beginning. */
#include "sandbox/content.h"
#include "base/base.h"
#include "base/text.h"
#include <string.h>

static const struct {
	const char *bytes;
	size_t len;
	const char *class;
} beginnings[] = {
	{ "\x7f"
	  "ELF",
		4, "elf" },
	{ "#!", 2, "script" },
	{ "PK\3\4", 4, "archive" },
	{ "\x1f\x8b", 2, "archive" },
	{ "\xfd"
	  "7zXZ",
		5, "archive" },
	{ "BZh", 3, "archive" },
	{ "\x28\xb5\x2f\xfd", 4, "archive" },
	{ "!<arch>\n", 8, "archive" },
	{ "7z\xbc\xaf", 4, "archive" },
	{ "\xed\xab\xee\xdb", 4, "archive" },
};

/* A text may be cut in the middle of a character: the last three bytes do not count. */
static bool is_text(const unsigned char *head, size_t len)
{
	size_t whole = len == CONTENT_HEAD ? len - 3 : len;

	if (memchr(head, '\0', len))
		return false;
	while (whole > 0 && len == CONTENT_HEAD && (head[whole] & 0xc0) == 0x80)
		whole--;
	return text_is_utf8((const char *)head, whole);
}

const char *content_class(const char *path, const unsigned char *head, size_t len)
{
	if (len == 0)
		return "empty";
	for (size_t i = 0; i < COUNT(beginnings); i++)
		if (len >= beginnings[i].len && memcmp(head, beginnings[i].bytes, beginnings[i].len) == 0)
			return beginnings[i].class;
	if (!is_text(head, len))
		return "data";
	return text_glob("/etc/**", path) ? "config" : "text";
}
