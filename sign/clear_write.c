/* clear_write.c - cleartext-signed messages, written (RFC 9580, 7): the same bytes that gpg covers, the same frame that it makes. */
#include "base/digest.h"
#include "sign/clear.h"
#include <string.h>

static const char frame[] = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n";

/* The next line; *ret_len with its line feed, where it has one. */
static const char *next_line(const char **at, size_t *left, size_t *ret_len)
{
	const char *line = *at, *end = *left ? memchr(line, '\n', *left) : NULL;

	if (*left == 0)
		return NULL;
	*ret_len = end ? (size_t)(end - line) + 1 : *left;
	*at += *ret_len;
	*left -= *ret_len;
	return line;
}

bool clear_fits(const char *text, size_t len)
{
	enum { LINE_LONGEST = 16 << 10 }; /* gpg: 19995 */
	const char *line;
	size_t size;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
			return false;
	}
	while ((line = next_line(&text, &len, &size)))
		if (size > LINE_LONGEST)
			return false;
	return true;
}

/* The last line's end belongs to the frame and is not covered. */
void clear_cover(const char *text, size_t len, struct digest *message)
{
	const char *line;
	size_t size;

	for (bool is_first = true; (line = next_line(&text, &len, &size)); is_first = false) {
		while (size > 0 && memchr(" \t\r\n", line[size - 1], 4))
			size--;
		if (!is_first)
			digest_add(message, "\r\n", 2);
		if (size)
			digest_add(message, line, size);
	}
}

/* Dashes because they must be; "From " because some mail programs write before it. */
static bool is_escaped(const char *line, size_t size)
{
	return line[0] == '-' || (size >= 5 && memcmp(line, "From ", 5) == 0);
}

char *clear_write(const char *text, size_t len, const char *armored, size_t armored_len, size_t *ret_len)
{
	size_t size, lines = 1;
	const char *line;
	char *message, *to;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	message = to = mem_alloc(sizeof frame + len + 2 * lines + 1 + armored_len);
	memcpy(to, frame, sizeof frame - 1);
	to += sizeof frame - 1;
	while ((line = next_line(&text, &len, &size))) {
		if (is_escaped(line, size)) {
			*to++ = '-';
			*to++ = ' ';
		}
		memcpy(to, line, size);
		to += size;
	}
	if (to[-1] != '\n' || to == message + sizeof frame - 1)
		*to++ = '\n';
	memcpy(to, armored, armored_len);
	*ret_len = (size_t)(to - message) + armored_len;
	return message;
}
