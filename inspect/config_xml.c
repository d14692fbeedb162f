/* config_xml.c - XML as far as configuration needs it: elements, attributes, text. No entities beyond the five, no DTD, nothing is fetched. */
#include "base/text.h"
#include "inspect/config_form.h"
#include <ctype.h>
#include <string.h>

struct xml {
	struct config_at *at;
	struct slice rest;
	unsigned line;
	struct slice text;        /* between the last tag and this one */
	struct slice name, value; /* <name>N</name><value>V</value> of one parent */
	unsigned name_depth;
	bool has_children;
};

static void skip(struct xml *x, size_t len)
{
	len = len < x->rest.len ? len : x->rest.len;
	for (size_t i = 0; i < len; i++)
		x->line += x->rest.at[i] == '\n';
	x->rest.at += len, x->rest.len -= len;
}

/* Skips from the front past `end`; what was between is returned. */
static struct slice until(struct xml *x, size_t from, const char *end)
{
	const char *at = x->rest.len > from ? memmem(x->rest.at + from, x->rest.len - from, end, strlen(end)) : NULL;
	size_t len = at ? (size_t)(at - x->rest.at) : x->rest.len;
	struct slice between = { x->rest.at + (from < len ? from : len), len - (from < len ? from : len) };

	skip(x, at ? len + strlen(end) : len);
	return between;
}

static size_t name_len(struct slice s)
{
	size_t i = 0;

	while (i < s.len && (isalnum((unsigned char)s.at[i]) || strchr("_-.:", s.at[i])) && s.at[i])
		i++;
	return i;
}

/* The length of the reference at s, and the byte that it means; 0: none, or no byte of ASCII. */
static size_t reference(struct slice s, char *ret)
{
	static const struct {
		const char *name;
		char byte;
	} names[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' }, { "&apos;", '\'' } };
	unsigned value = 0, base = 10;
	size_t i = 2;

	for (size_t k = 0; k < COUNT(names); k++)
		if (s.len >= strlen(names[k].name) && memcmp(s.at, names[k].name, strlen(names[k].name)) == 0) {
			*ret = names[k].byte;
			return strlen(names[k].name);
		}
	if (s.len < 4 || s.at[1] != '#')
		return 0;
	if (s.at[i] == 'x')
		i++, base = 16;
	for (; i < s.len && i < 12 && isxdigit((unsigned char)s.at[i]); i++)
		value = (value * base +
				(unsigned)(isdigit((unsigned char)s.at[i])
						? s.at[i] - '0'
						: tolower((unsigned char)s.at[i]) - 'a' + 10)) &
			0xffffff;
	*ret = (char)value;
	return i < s.len && s.at[i] == ';' && value > 0 && value < 128 ? i + 1 : 0;
}

/* A value with its references undone. */
static void add(struct xml *x, struct slice key, struct slice value)
{
	struct text t = { 0 };
	char byte;

	while (value.len > 0) {
		size_t used = *value.at == '&' ? reference(value, &byte) : 0;

		text_bytes(&t, used ? &byte : value.at, 1);
		used = used ? used : 1;
		value.at += used, value.len -= used;
	}
	config_add(x->at, key, (struct slice){ t.len ? t.at : "", t.len }, x->line);
	text_done(&t);
}

/* A tag ends with ">" outside of quotes. */
static struct slice tag_text(struct xml *x)
{
	char quote = 0;
	size_t i = 1;

	for (; i < x->rest.len && (quote || x->rest.at[i] != '>'); i++)
		if (quote ? x->rest.at[i] == quote : x->rest.at[i] == '"' || x->rest.at[i] == '\'')
			quote = quote ? 0 : x->rest.at[i];
	if (i >= x->rest.len) /* a quote that is none */
		return until(x, 1, ">");
	struct slice tag = { x->rest.at + 1, i - 1 };
	skip(x, i + 1);
	return tag;
}

static bool is_one_of(struct slice s, const char *a, const char *b, const char *c)
{
	return slice_is(s, a) || slice_is(s, b) || slice_is(s, c);
}

/* NAME="VALUE" pairs; a pair of name= and value= is also an item of its own. */
static void attributes(struct xml *x, struct slice s)
{
	struct slice name = { "", 0 }, value = { NULL, 0 };

	for (s = slice_trim(s); s.len > 0; s = slice_trim(s)) {
		size_t len = name_len(s);
		struct slice key = { s.at, len }, text;
		const char *end;

		s = slice_trim((struct slice){ s.at + len, s.len - len });
		if (len == 0 || s.len < 2 || s.at[0] != '=') {
			s.at += s.len > 0 && len == 0, s.len -= s.len > 0 && len == 0;
			continue;
		}
		s = slice_trim((struct slice){ s.at + 1, s.len - 1 });
		if (s.len < 2 || (s.at[0] != '"' && s.at[0] != '\'') ||
			(end = memchr(s.at + 1, s.at[0], s.len - 1)) == NULL)
			return;
		text = (struct slice){ s.at + 1, (size_t)(end - s.at) - 1 };
		s.len -= (size_t)(end + 1 - s.at), s.at = end + 1;
		add(x, key, text);
		if (is_one_of(key, "name", "key", "Name"))
			name = text;
		else if (is_one_of(key, "value", "Value", "val"))
			value = text;
	}
	if (name.len > 0 && value.at)
		add(x, name, value);
}

static void open_tag(struct xml *x, struct slice tag)
{
	bool is_closed = tag.len > 0 && tag.at[tag.len - 1] == '/';
	size_t len = name_len(tag);
	struct slice name = { tag.at, len };

	config_push(x->at, name, 0);
	attributes(x, (struct slice){ tag.at + len, tag.len - len - (is_closed && tag.len > len) });
	if (is_closed)
		config_pop(x->at);
	x->has_children = is_closed;
}

static void close_tag(struct xml *x, struct slice tag)
{
	struct slice text = slice_trim(x->text), name = { tag.at, name_len(tag) };
	unsigned depth = x->at->depth + x->at->over;

	if (!x->has_children && text.len > 0) {
		add(x, (struct slice){ "", 0 }, text);
		if (is_one_of(name, "name", "param-name", "key")) {
			x->name = text;
			x->name_depth = depth;
		} else if (is_one_of(name, "value", "param-value", "string") && x->name.len > 0 &&
			x->name_depth == depth) {
			config_pop(x->at);
			add(x, x->name, text);
			config_push(x->at, name, 0);
			x->name.len = 0;
		}
	}
	config_pop(x->at);
	x->has_children = true;
}

void config_xml(struct config_at *at, struct slice text)
{
	struct xml x = { .at = at, .rest = text, .line = 1 };

	while (x.rest.len > 0) {
		const char *tag = memchr(x.rest.at, '<', x.rest.len);
		size_t len = tag ? (size_t)(tag - x.rest.at) : x.rest.len;

		x.text = (struct slice){ x.rest.at, len };
		skip(&x, len);
		if (x.rest.len >= 4 && memcmp(x.rest.at, "<!--", 4) == 0)
			until(&x, 4, "-->");
		else if (x.rest.len >= 9 && memcmp(x.rest.at, "<![CDATA[", 9) == 0)
			config_add(at, (struct slice){ "", 0 }, slice_trim(until(&x, 9, "]]>")), x.line);
		else if (x.rest.len >= 2 && memcmp(x.rest.at, "<?", 2) == 0)
			until(&x, 2, "?>");
		else if (x.rest.len >= 2 && memcmp(x.rest.at, "<!", 2) == 0)
			until(&x, 2, ">");
		else if (x.rest.len >= 2 && memcmp(x.rest.at, "</", 2) == 0)
			close_tag(&x, until(&x, 2, ">"));
		else if (x.rest.len > 0)
			open_tag(&x, tag_text(&x));
	}
	while (at->depth > 0 || at->over > 0)
		config_pop(at);
}
