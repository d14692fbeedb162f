/* posix_attrs_out.c - the other way: capabilities as text to what the kernel keeps, bytes to base64. cap_from_text(3), linux/capability.h. */
#include "formats/posix_attrs.h"
#include <string.h>
#include <strings.h>

enum { CAPS_MOST = 64, EFFECTIVE = 1, REVISION = 2 << 24 };

struct sets {
	uint64_t effective, permitted, inheritable;
};

/* "cap_net_raw", or a number where the kernel that named it knew more than we; -1: none. */
static int cap_number(const char *word, size_t len)
{
	int n = 0;

	for (int i = 0; posix_attr_cap_name(i); i++)
		if (strlen(posix_attr_cap_name(i)) == len && strncasecmp(posix_attr_cap_name(i), word, len) == 0)
			return i;
	for (size_t i = 0; i < len; i++) {
		if (word[i] < '0' || word[i] > '9' || n >= CAPS_MOST)
			return -1;
		n = n * 10 + (word[i] - '0');
	}
	return len && n < CAPS_MOST ? n : -1;
}

static uint64_t all_caps(void)
{
	uint64_t all = 0;

	for (int i = 0; posix_attr_cap_name(i); i++)
		all |= (uint64_t)1 << i;
	return all;
}

/* "cap_a,cap_b" before the first operator; nothing, or "all": every one. */
static int names(const char **at, uint64_t *ret)
{
	uint64_t mask = 0;

	if (strchr("=+-", **at))
		return *ret = all_caps(), 0;
	for (;; (*at)++) {
		size_t len = strcspn(*at, ",=+- \t\n");
		int number = cap_number(*at, len);

		if (len == 3 && strncasecmp(*at, "all", 3) == 0)
			mask = all_caps();
		else if (number < 0)
			return -1;
		else
			mask |= (uint64_t)1 << number;
		*at += len;
		if (**at != ',')
			break;
	}
	*ret = mask;
	return 0;
}

static void change(uint64_t *set, uint64_t mask, char op, bool is_named)
{
	if (op == '=')
		*set = (*set & ~mask) | (is_named ? mask : 0);
	else if (is_named)
		*set = op == '+' ? *set | mask : *set & ~mask;
}

static int clause(const char **at, struct sets *s)
{
	uint64_t mask;

	if (names(at, &mask) || **at == 0 || !strchr("=+-", **at))
		return -1;
	while (**at && strchr("=+-", **at)) {
		char op = *(*at)++;
		size_t len = strspn(*at, "eip");

		change(&s->effective, mask, op, memchr(*at, 'e', len));
		change(&s->inheritable, mask, op, memchr(*at, 'i', len));
		change(&s->permitted, mask, op, memchr(*at, 'p', len));
		*at += len;
	}
	return **at == 0 || strchr(" \t\n", **at) ? 0 : -1;
}

static void le32(unsigned char *to, uint64_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(value >> 8 * i);
}

int posix_attr_capabilities_bytes(const char *text, unsigned char ret[POSIX_ATTR_CAPABILITIES])
{
	struct sets s = { 0 };

	for (text += strspn(text, " \t\n"); *text; text += strspn(text, " \t\n"))
		if (clause(&text, &s))
			return -1;
	/* A file has one bit for all its effective capabilities together. */
	if (s.effective && s.effective != (s.permitted | s.inheritable))
		return -1;
	le32(ret, REVISION | (s.effective ? EFFECTIVE : 0));
	le32(ret + 4, s.permitted);
	le32(ret + 8, s.inheritable);
	le32(ret + 12, s.permitted >> 32);
	le32(ret + 16, s.inheritable >> 32);
	return 0;
}

char *posix_attr_to_base64(const unsigned char *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = mem_alloc((len + 2) / 3 * 4 + 1), *to = text;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)bytes[i] << 16 | (i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0) |
			(i + 2 < len ? bytes[i + 2] : 0);

		for (int shift = 18; shift >= 0; shift -= 6)
			if (i + (size_t)(18 - shift) / 6 <= len)
				*to++ = digits[bits >> shift & 63];
	}
	return text;
}
