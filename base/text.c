/* text.c - what people see is made printable here; quoting, path patterns, growing strings. */
#include "base/text.h"
#include "base/arena.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

size_t text_utf8(const char *bytes, size_t len, uint32_t *ret)
{
	const unsigned char *b = (const unsigned char *)bytes;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c;
	size_t size;

	if (len == 0)
		return 0;
	if (b[0] < 0x80)
		return *ret = b[0], 1;
	if (b[0] >= 0xf0 && b[0] <= 0xf4)
		size = 4, c = b[0] & 7u;
	else if ((b[0] & 0xf0) == 0xe0)
		size = 3, c = b[0] & 15u;
	else if ((b[0] & 0xe0) == 0xc0)
		size = 2, c = b[0] & 31u;
	else
		return 0;
	if (size > len)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (b[i] & 63u);
	}
	if (c < least[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return *ret = c, size;
}

bool text_is_utf8(const char *bytes, size_t len)
{
	uint32_t c;

	for (size_t i = 0, size; i < len; i += size) {
		size = text_utf8(bytes + i, len - i, &c);
		if (size == 0)
			return false;
	}
	return true;
}

/* Characters that steer a terminal or the direction of the text around them, and the line ends Unicode adds. */
static bool is_steering(uint32_t c)
{
	return (c >= 0x80 && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f || c == 0x2028 || c == 0x2029 ||
		(c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* One character of the input as it is shown: at most 10 bytes in ret; *ret_used is what it took of the input. */
static size_t shown(const char *at, size_t len, bool keep_lines, char ret[16], size_t *ret_used)
{
	uint32_t c = 0;
	size_t size = text_utf8(at, len, &c);

	*ret_used = size ? size : 1;
	if (size == 0 || ((c < 0x20 || c == 0x7f) && !(keep_lines && (c == '\n' || c == '\t'))))
		return (size_t)snprintf(ret, 16, "\\x%02x", (unsigned char)*at);
	if (is_steering(c))
		return (size_t)snprintf(ret, 16, "\\u{%04X}", c);
	memcpy(ret, at, size);
	return size;
}

size_t text_escape(char *ret, size_t room, const char *bytes, size_t len, bool keep_lines)
{
	size_t out = 0;
	char one[16];

	for (size_t i = 0, used; i < len; i += used) {
		size_t size = shown(bytes + i, len - i, keep_lines, one, &used);

		if (out + size + 1 > room)
			break;
		memcpy(ret + out, one, size);
		out += size;
	}
	ret[out] = 0;
	return out;
}

char *text_printable(const char *bytes, size_t len, bool keep_lines)
{
	struct text t = { 0 };
	char one[16];

	for (size_t i = 0, used; i < len; i += used) {
		size_t size = shown(bytes + i, len - i, keep_lines, one, &used);

		text_bytes(&t, one, size);
	}
	return text_take(&t);
}

char *text_html(const char *text)
{
	struct text t = { 0 };

	for (; *text; text++)
		switch (*text) {
		case '&':
			text_bytes(&t, "&amp;", 5);
			break;
		case '<':
			text_bytes(&t, "&lt;", 4);
			break;
		case '>':
			text_bytes(&t, "&gt;", 4);
			break;
		case '"':
			text_bytes(&t, "&quot;", 6);
			break;
		case '\'':
			text_bytes(&t, "&#39;", 5);
			break;
		default:
			text_bytes(&t, text, 1);
		}
	return text_take(&t);
}

char *text_shell_quote(const char *text)
{
	struct text t = { 0 };

	text_bytes(&t, "'", 1);
	for (; *text; text++)
		if (*text == '\'')
			text_bytes(&t, "'\\''", 4);
		else
			text_bytes(&t, text, 1);
	text_bytes(&t, "'", 1);
	return text_take(&t);
}

bool text_has_control(const char *text)
{
	for (; text && *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

bool text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
	size_t len = strlen(text), end = strlen(suffix);

	return len >= end && memcmp(text + len - end, suffix, end) == 0;
}

/* [abc], [a-z], [!x]; returns what follows the bracket, or NULL when it is not closed (then '[' is an ordinary character). */
static const char *bracket(const char *p, char c, bool *ret_match)
{
	bool is_not = p[1] == '!' || p[1] == '^', match = false;
	const char *at = p + 1 + is_not, *first = at;

	for (; *at && (*at != ']' || at == first); at++) {
		unsigned char low = (unsigned char)(*at == '\\' && at[1] ? *++at : *at), high = low;

		if (at[1] == '-' && at[2] && at[2] != ']') {
			at += 2;
			high = (unsigned char)(*at == '\\' && at[1] ? *++at : *at);
		}
		match |= low <= (unsigned char)c && (unsigned char)c <= high;
	}
	if (*at != ']')
		return NULL;
	*ret_match = match != is_not && c != '/';
	return at + 1;
}

/* One pattern element other than a star against one character; returns the rest of the pattern, or NULL. */
static const char *element(const char *p, char c)
{
	const char *after;
	bool match = false;

	if (*p == '?')
		return c != '/' ? p + 1 : NULL;
	if (*p == '[' && (after = bracket(p, c, &match)))
		return match ? after : NULL;
	if (*p == '\\' && p[1])
		p++;
	return *p == c ? p + 1 : NULL;
}

/* Where to go on when what follows a star does not match: never more than the last star of each kind, so time is bounded by their product. */
struct retry {
	const char *pattern, *path;
	bool is_component; /* a whole component "**" followed by a slash: goes on behind the next slash only */
};

static bool retry_on(struct retry *r, bool crosses, const char **p, const char **t)
{
	if (r->pattern == NULL || *r->path == 0 || (!crosses && *r->path == '/'))
		return false;
	if (r->is_component) {
		r->path = strchr(r->path, '/');
		if (r->path == NULL)
			return r->pattern = NULL, false;
	}
	r->path++;
	*p = r->pattern;
	*t = r->path;
	return true;
}

bool text_glob(const char *pattern, const char *path)
{
	struct retry star = { 0 }, stars = { 0 };
	const char *p = pattern, *t = path, *next;

	for (;;) {
		if (p[0] == '*' && p[1] == '*') {
			bool at_start = p == pattern || p[-1] == '/';

			while (*p == '*')
				p++;
			stars.is_component = at_start && *p == '/';
			p += stars.is_component;
			stars.pattern = p;
			stars.path = t;
			star.pattern = NULL;
		} else if (*p == '*') {
			star = (struct retry){ ++p, t, false };
		} else if (*t == 0 && *p == 0) {
			return true;
		} else if (*t && *p && (next = element(p, *t))) {
			p = next;
			t++;
		} else if (!retry_on(&star, false, &p, &t)) {
			if (!retry_on(&stars, true, &p, &t))
				return false;
			star.pattern = NULL;
		}
	}
}

char *text_path(struct arena *a, const char *bytes, size_t len)
{
	struct slice rest = { bytes, len }, part;
	char *path = arena_alloc(a, len + 2);
	size_t at = 0;

	if (path == NULL)
		return NULL;
	while (slice_cut(&rest, '/', &part)) {
		if (part.len == 0 || slice_is(part, "."))
			continue;
		if (slice_is(part, ".."))
			return NULL;
		path[at++] = '/';
		memcpy(path + at, part.at, part.len);
		at += part.len;
	}
	if (at == 0)
		path[at++] = '/';
	path[at] = 0;
	return path;
}

void text_room(struct text *t, size_t more)
{
	size_t want = t->len + more + 1;

	if (want <= t->room)
		return;
	t->room = want < 64 ? 64 : want + want / 2;
	t->at = mem_resize(t->at, t->room);
}

void text_bytes(struct text *t, const void *bytes, size_t len)
{
	text_room(t, len);
	if (len)
		memcpy(t->at + t->len, bytes, len);
	t->len += len;
	t->at[t->len] = 0;
}

void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap, again;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	if (len > 0) {
		text_room(t, (size_t)len);
		vsnprintf(t->at + t->len, (size_t)len + 1, fmt, again);
		t->len += (size_t)len;
	}
	va_end(again);
	va_end(ap);
}

void text_field(struct text *t, const char *name, const char *separator, const char *value)
{
	size_t start;

	while (*value == ' ' || *value == '\t' || *value == '\n')
		value++;
	if (!*value)
		return;
	text_add(t, "%s%s", name, separator);
	start = t->len;
	text_bytes(t, value, strlen(value));
	for (size_t i = start; i < t->len; i++)
		if ((unsigned char)t->at[i] < ' ' || t->at[i] == 0x7f)
			t->at[i] = ' ';
	while (t->len > start && t->at[t->len - 1] == ' ')
		t->len--;
	text_bytes(t, "\n", 1);
}

bool text_is_blank(const char *text)
{
	while (*text && (unsigned char)*text <= ' ')
		text++;
	return !*text;
}

char *text_beginning(const char *text, size_t most)
{
	size_t len = strlen(text);

	for (len = len > most ? most : len; len > 0 && text[len] && ((unsigned char)text[len] & 0xc0) == 0x80;)
		len--;
	return mem_printf("%.*s%s", (int)len, text, text[len] ? "..." : "");
}

char *text_take(struct text *t)
{
	char *at = t->at ? t->at : mem_strdup("");

	*t = (struct text){ 0 };
	return at;
}

void text_done(struct text *t)
{
	free(t->at);
	*t = (struct text){ 0 };
}
