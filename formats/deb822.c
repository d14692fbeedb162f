/* deb822.c - one stanza of "Field: value" lines, strictly. deb822(5). */
#include "formats/deb822.h"
#include <string.h>
#include <strings.h>

enum { FIELDS_MOST = 256, NAME_MOST = 128 };

void deb822_done(struct deb822 *d)
{
	LIST_DONE(d);
}

const char *deb822_get(const struct deb822 *d, const char *name)
{
	for (size_t i = 0; i < d->len; i++)
		if (strcasecmp(d->at[i].name, name) == 0)
			return d->at[i].value;
	return NULL;
}

static bool is_name(struct slice s)
{
	if (s.len == 0 || s.len > NAME_MOST || s.at[0] == '#' || s.at[0] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < '!' || s.at[i] > '~')
			return false;
	return true;
}

static int check_bytes(struct slice line, unsigned number, struct err *e)
{
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.at[i];

		if ((c < 0x20 && c != '\t' && !(c == '\r' && i + 1 == line.len)) || c == 0x7f)
			return err_input(e, "E_METADATA", "line %u holds the control byte 0x%02x", number, c);
	}
	return 0;
}

/* The value of a field: its first line and all continuation lines behind it. */
static size_t value_end(struct slice rest)
{
	size_t i = 0;

	while (i < rest.len) {
		const char *end = memchr(rest.at + i, '\n', rest.len - i);

		if (end == NULL)
			return rest.len;
		i = (size_t)(end - rest.at) + 1;
		if (i >= rest.len || (rest.at[i] != ' ' && rest.at[i] != '\t'))
			break;
	}
	return i;
}

static int add_field(struct arena *a, struct slice name, struct slice value, struct deb822 *ret, struct err *e)
{
	struct deb822_field f = { .len = value.len };

	if (ret->len == FIELDS_MOST)
		return err_input(e, "E_LIMIT_METADATA", "more than %d fields", FIELDS_MOST);
	f.name = arena_copy(a, name.at, name.len);
	f.value = arena_copy(a, value.at, value.len);
	if (f.name == NULL || f.value == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the fields take too much memory");
	if (deb822_get(ret, f.name))
		return err_input(e, "E_METADATA", "the field %s comes twice", f.name);
	*LIST_ADD(ret) = f;
	return 0;
}

static int field(struct arena *a, struct slice *rest, unsigned *number, struct deb822 *ret, struct err *e)
{
	const char *colon = memchr(rest->at, ':', rest->len), *end = memchr(rest->at, '\n', rest->len);
	struct slice name, value, lines, line;

	if (colon == NULL || (end && colon > end))
		return err_input(e, "E_METADATA", "line %u is no field", *number);
	name = slice_trim((struct slice){ rest->at, (size_t)(colon - rest->at) });
	if (!is_name(name) || rest->at[0] == ' ')
		return err_input(e, "E_METADATA", "line %u: '%.*s' is no field name", *number,
			(int)(name.len < 64 ? name.len : 64), name.at);
	value = (struct slice){ colon + 1, rest->len - name.len - 1 };
	value.len = rest->len - (size_t)(colon + 1 - rest->at);
	value.len = value_end(value);
	rest->len -= (size_t)(value.at + value.len - rest->at);
	rest->at = value.at + value.len;
	for (lines = value; slice_cut(&lines, '\n', &line); (*number)++)
		if (check_bytes(line, *number, e))
			return -1;
	return add_field(a, name, slice_trim(value), ret, e);
}

int deb822_parse(struct arena *a, const char *bytes, size_t len, struct deb822 *ret, struct err *e)
{
	struct slice rest = { bytes, len };
	unsigned number = 1;

	while (rest.len > 0 && rest.at[0] == '\n')
		rest.at++, rest.len--, number++;
	while (rest.len > 0 && rest.at[0] != '\n')
		if (field(a, &rest, &number, ret, e))
			return -1;
	if (slice_trim(rest).len > 0)
		return err_input(e, "E_METADATA", "line %u: more than one stanza", number);
	if (ret->len == 0)
		return err_input(e, "E_METADATA", "no fields");
	return 0;
}
