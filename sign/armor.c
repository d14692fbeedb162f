/* armor.c - ASCII armor, strictly read and plainly written. What gpg skips (a second block, text around it) could carry what nobody signed. */
#include "sign/armor.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct line {
	const char *at;
	size_t len; /* without the line end and trailing blanks */
};

static bool next_line(const char *text, size_t len, size_t *at, struct line *ret)
{
	const char *start = text + *at, *end;
	size_t size;

	if (*at >= len)
		return false;
	end = memchr(start, '\n', len - *at);
	size = end ? (size_t)(end - start) : len - *at;
	*at += size + (end != NULL);
	while (size > 0 && (start[size - 1] == '\r' || start[size - 1] == ' ' || start[size - 1] == '\t'))
		size--;
	*ret = (struct line){ start, size };
	return true;
}

static bool line_is(struct line l, const char *edge, const char *label)
{
	char want[80];
	int len = snprintf(want, sizeof want, "-----%s PGP %s-----", edge, label);

	return l.len == (size_t)len && memcmp(l.at, want, l.len) == 0;
}

bool armor_looks_like(const void *bytes, size_t len)
{
	static const char head[] = "-----BEGIN PGP ";
	const char *at = bytes;

	while (len > 0 && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
		at++, len--;
	return len >= sizeof head - 1 && memcmp(at, head, sizeof head - 1) == 0;
}

static int base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

struct base64 {
	unsigned char *at;
	size_t len;
	uint32_t bits;
	unsigned count; /* characters of the open group */
	unsigned pads;
};

static bool base64_add(struct base64 *b, struct line l)
{
	for (size_t i = 0; i < l.len; i++) {
		int v = base64_value((unsigned char)l.at[i]);

		if (l.at[i] == '=' && b->count >= 2 && b->pads < 2) {
			b->pads++;
			v = 0;
		} else if (v < 0 || b->pads > 0) {
			return false;
		}
		b->bits = b->bits << 6 | (uint32_t)v;
		if (++b->count < 4)
			continue;
		for (unsigned k = 0; k < 3 - b->pads; k++)
			b->at[b->len++] = (unsigned char)(b->bits >> (16 - 8 * k));
		b->bits = 0;
		b->count = 0;
	}
	return true;
}

static uint32_t crc24(const unsigned char *at, size_t len)
{
	uint32_t crc = 0xb704ce;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint32_t)at[i] << 16;
		for (int k = 0; k < 8; k++)
			crc = crc << 1 ^ (crc & 0x800000 ? 0x1864cfb : 0);
	}
	return crc & 0xffffff;
}

static bool crc_fits(struct line l, const struct base64 *body)
{
	unsigned char bytes[8];
	struct base64 b = { .at = bytes };

	if (l.len != 5 || !base64_add(&b, (struct line){ l.at + 1, 4 }) || b.len != 3)
		return false;
	return crc24(body->at, body->len) == ((uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2]);
}

/* A header is "Key: value"; what it says is never used. */
static bool is_header(struct line l)
{
	const char *colon = memchr(l.at, ':', l.len);

	if (colon == NULL || colon == l.at)
		return false;
	for (const char *c = l.at; c < colon; c++)
		if (!isalnum((unsigned char)*c) && *c != '-')
			return false;
	return true;
}

static int block_body(const char *text, size_t len, size_t *at, const char *label, struct base64 *body, struct err *e)
{
	struct line l;
	bool has_crc = false;

	for (;;) { /* headers up to the empty line; some writers leave both out */
		size_t before = *at;

		if (!next_line(text, len, at, &l))
			return err_verdict(e, "E_SIG_BAD", "armor: ends within its headers");
		if (l.len == 0)
			break;
		if (!is_header(l)) {
			*at = before;
			break;
		}
	}
	while (next_line(text, len, at, &l)) {
		if (line_is(l, "END", label)) {
			if (body->count != 0)
				return err_verdict(e, "E_SIG_BAD", "armor: its base64 is cut off");
			return 0;
		}
		if (has_crc)
			return err_verdict(e, "E_SIG_BAD", "armor: a line after the checksum");
		if (l.len == 5 && l.at[0] == '=' && body->count == 0) {
			if (!crc_fits(l, body))
				return err_verdict(e, "E_SIG_BAD", "armor: the checksum does not fit");
			has_crc = true;
		} else if (l.len > 0 && !base64_add(body, l)) {
			return err_verdict(e, "E_SIG_BAD", "armor: a line that is no base64");
		}
	}
	return err_verdict(e, "E_SIG_BAD", "armor: the tail line is missing");
}

int armor_next(const char *text, size_t len, size_t *at, const char *label, size_t *ret_start,
	unsigned char **ret_bytes, size_t *ret_len, struct err *e)
{
	struct base64 body = { 0 };
	struct line l;
	size_t start;

	if (len > ARMOR_MAX)
		return err_input(e, "E_LIMIT_SIZE", "armor: larger than %d MiB", ARMOR_MAX >> 20);
	do {
		start = *at;
		if (!next_line(text, len, at, &l))
			return 0;
	} while (!line_is(l, "BEGIN", label));
	body.at = mem_alloc((len - *at) / 4 * 3 + 4);
	if (block_body(text, len, at, label, &body, e)) {
		free(body.at);
		return -1;
	}
	if (ret_start)
		*ret_start = start;
	*ret_bytes = body.at;
	*ret_len = body.len;
	return 1;
}

static bool is_blank(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!memchr(" \t\r\n", at[i], 4))
			return false;
	return true;
}

int armor_decode(
	const char *text, size_t len, const char *label, unsigned char **ret_bytes, size_t *ret_len, struct err *e)
{
	size_t at = 0, start = 0, size = 0;
	unsigned char *bytes = NULL;
	int rc = armor_next(text, len, &at, label, &start, &bytes, &size, e);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_verdict(e, "E_SIG_BAD", "armor: holds no %s", label);
	if (!is_blank(text, start) || !is_blank(text + at, len - at)) {
		free(bytes);
		return err_verdict(e, "E_SIG_BAD", "armor: there is more than one %s block in it", label);
	}
	*ret_bytes = bytes;
	*ret_len = size;
	return 0;
}

/* Groups of three bytes as four characters; what is missing of the last is padded. */
static char *base64_put(char *to, const unsigned char *at, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (; len > 0; at += 3) {
		size_t take = len < 3 ? len : 3;
		uint32_t bits = (uint32_t)at[0] << 16 | (take > 1 ? (uint32_t)at[1] << 8 : 0) | (take > 2 ? at[2] : 0);

		for (size_t i = 0; i < 4; i++)
			*to++ = i <= take ? digits[bits >> (18 - 6 * i) & 63] : '=';
		len -= take;
	}
	return to;
}

char *armor_encode(const unsigned char *bytes, size_t len, const char *label, size_t *ret_len)
{
	enum { LINE_BYTES = 48 };
	size_t room = len / 3 * 4 + len / LINE_BYTES + 2 * strlen(label) + 80;
	char *text = mem_alloc(room), *to = text;
	uint32_t crc = crc24(bytes, len);
	const unsigned char sum[] = { (unsigned char)(crc >> 16), (unsigned char)(crc >> 8), (unsigned char)crc };

	to += snprintf(to, room, "-----BEGIN PGP %s-----\n\n", label);
	for (size_t at = 0; at < len; at += LINE_BYTES) {
		to = base64_put(to, bytes + at, len - at < LINE_BYTES ? len - at : LINE_BYTES);
		*to++ = '\n';
	}
	*to++ = '=';
	to = base64_put(to, sum, sizeof sum);
	to += snprintf(to, room - (size_t)(to - text), "\n-----END PGP %s-----\n", label);
	*ret_len = (size_t)(to - text);
	return text;
}
