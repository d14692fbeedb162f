/* relation_deb.c - relations of a deb's control file: parsing as strictly as dpkg does, and printing. deb-control(5), deb-substvars excluded. */
#include "base/text.h"
#include "formats/relation.h"
#include "formats/relation_text.h"
#include <string.h>

enum { NAME_MAX_LEN = 255, ALTERNATIVES_MAX = 256 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("+-._", c));
}

bool relation_deb_name_valid(const char *name, size_t len)
{
	if (len < 1 || len > NAME_MAX_LEN || strchr("+-._", name[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (name[i] == '\0' || !is_name_char(name[i]))
			return false;
	return true;
}

/* One alternative being read: `at` moves through it. */
struct cursor {
	const char *at, *end;
	struct arena *arena;
};

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && is_blank(*c->at))
		c->at++;
}

static bool take(struct cursor *c, char wanted)
{
	if (c->at >= c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static int no_memory(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "too many relations");
}

/* dpkg's operators; single < and > are obsolete spellings of <= and >=. */
static enum rel_op take_operator(struct cursor *c)
{
	static const struct {
		const char *text;
		enum rel_op op;
	} table[] = {
		{ "<<", OP_LT },
		{ "<=", OP_LE },
		{ ">=", OP_GE },
		{ ">>", OP_GT },
		{ "=", OP_EQ },
		{ "<", OP_LE },
		{ ">", OP_GE },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		size_t len = strlen(table[i].text);

		if ((size_t)(c->end - c->at) >= len && memcmp(c->at, table[i].text, len) == 0) {
			c->at += len;
			return table[i].op;
		}
	}
	return OP_EQ; /* dpkg: no operator means '=' */
}

static int take_version(struct cursor *c, struct relation *r, struct err *e)
{
	const char *start;
	size_t len;

	skip_blanks(c);
	r->op = take_operator(c);
	skip_blanks(c);
	for (start = c->at; c->at < c->end && !is_blank(*c->at) && *c->at != ')'; c->at++)
		if (*c->at == '\0' || !(is_name_char(*c->at) || *c->at == '~' || *c->at == ':') || *c->at == '_')
			return err_input(e, "E_METADATA", "relation on '%s': version holds '%c'", r->name, *c->at);
	len = (size_t)(c->at - start);
	skip_blanks(c);
	if (len == 0 || !take(c, ')'))
		return err_input(e, "E_METADATA", "relation on '%s': version is %s", r->name,
			len ? "not closed by ')'" : "empty");
	r->version = arena_copy(c->arena, start, len);
	return r->version ? 0 : no_memory(e);
}

/* "[amd64 !i386]" or "<!nocheck>", kept as written. */
static int take_restriction(struct cursor *c, char close, struct relation *r, struct err *e)
{
	const char *start = c->at;

	while (c->at < c->end && *c->at != close) {
		c->at++;
		if (c->at < c->end && !is_name_char(*c->at) && !is_blank(*c->at) && *c->at != '!' && *c->at != close)
			return err_input(e, "E_METADATA", "relation on '%s': restriction holds '%c'", r->name, *c->at);
	}
	if (!take(c, close) || c->at - start < 3)
		return err_input(e, "E_METADATA", "relation on '%s': restriction is empty or not closed by '%c'",
			r->name, close);
	r->arch = arena_printf(c->arena, "%s%s%.*s", r->arch, *r->arch ? " " : "", (int)(c->at - start), start);
	return r->arch ? 0 : no_memory(e);
}

static int take_qualifier(struct cursor *c, struct relation *r, struct err *e)
{
	const char *start = c->at++;

	while (c->at < c->end && is_name_char(*c->at))
		c->at++;
	if (c->at - start < 2)
		return err_input(e, "E_METADATA", "relation on '%s': empty architecture qualifier", r->name);
	r->arch = arena_copy(c->arena, start, (size_t)(c->at - start));
	return r->arch ? 0 : no_memory(e);
}

static int take_name(struct cursor *c, struct relation *r, struct err *e)
{
	const char *start;

	skip_blanks(c);
	for (start = c->at; c->at < c->end && is_name_char(*c->at);)
		c->at++;
	if (!relation_deb_name_valid(start, (size_t)(c->at - start)))
		return err_input(e, "E_METADATA", "a package name is missing or malformed at '%.*s'",
			(int)(c->end - start > 40 ? 40 : c->end - start), start);
	r->name = arena_copy(c->arena, start, (size_t)(c->at - start));
	return r->name ? 0 : no_memory(e);
}

static int parse_one(struct arena *a, enum rel_kind kind, struct slice text, struct relation *ret, struct err *e)
{
	struct relation r = { .kind = kind, .name = "", .version = "", .arch = "" };
	struct cursor c = { .at = text.at, .end = text.at + text.len, .arena = a };

	text = slice_trim(text);
	r.text = arena_copy(a, text.at, text.len);
	if (!r.text)
		return no_memory(e);
	if (take_name(&c, &r, e))
		return -1;
	if (c.at < c.end && *c.at == ':' && take_qualifier(&c, &r, e))
		return -1;
	skip_blanks(&c);
	if (take(&c, '(') && take_version(&c, &r, e))
		return -1;
	for (skip_blanks(&c); c.at < c.end && (*c.at == '[' || *c.at == '<'); skip_blanks(&c))
		if (take_restriction(&c, *c.at == '[' ? ']' : '>', &r, e))
			return -1;
	if (c.at < c.end)
		return err_input(e, "E_METADATA", "relation on '%s': unexpected '%c' behind it", r.name, *c.at);
	if (kind == REL_PROVIDES && r.op != OP_NONE && r.op != OP_EQ)
		return err_input(e, "E_METADATA", "'%s' is provided in a version other than with '='", r.name);
	*ret = r;
	return 0;
}

bool relation_deb_allows_or(enum rel_kind kind)
{
	return kind != REL_PROVIDES && kind != REL_CONFLICTS && kind != REL_BREAKS && kind != REL_REPLACES &&
		kind != REL_OBSOLETES;
}

static int parse_alternatives(struct pkg *p, enum rel_kind kind, struct slice text, struct err *e)
{
	struct relation *list, all = { .kind = kind, .tree = REL_OR, .name = "", .version = "", .arch = "" }, *added;
	size_t len = 1, i = 0;

	for (size_t at = 0; at < text.len; at++)
		len += text.at[at] == '|';
	if (len > ALTERNATIVES_MAX)
		return err_input(e, "E_LIMIT_METADATA", "a relation has %zu alternatives", len);
	if (len > 1 && !relation_deb_allows_or(kind))
		return err_input(e, "E_METADATA", "alternatives are not allowed in '%s'", rel_kind_name(kind));
	list = arena_alloc(&p->arena, len * sizeof *list);
	if (!list)
		return no_memory(e);
	for (const char *from = text.at, *end = text.at + text.len; i < len; i++) {
		const char *bar = memchr(from, '|', (size_t)(end - from));
		struct slice part = { from, (size_t)((bar ? bar : end) - from) };

		if (parse_one(&p->arena, kind, part, &list[i], e))
			return -1;
		from = bar ? bar + 1 : end;
	}
	text = slice_trim(text);
	all.text = arena_copy(&p->arena, text.at, text.len);
	all.parts = list;
	all.parts_len = len;
	added = pkg_add_relation(p);
	if (!added || !all.text)
		return no_memory(e);
	*added = len == 1 ? list[0] : all;
	return 0;
}

int relations_parse_deb(struct pkg *p, enum rel_kind kind, const char *field, size_t len, struct err *e)
{
	struct slice whole = slice_trim((struct slice){ field, len });
	const char *from = whole.at, *end = whole.at + whole.len;

	if (whole.len == 0)
		return 0;
	for (;;) {
		const char *comma = memchr(from, ',', (size_t)(end - from));
		struct slice part = { from, (size_t)((comma ? comma : end) - from) };

		if (parse_alternatives(p, kind, part, e))
			return err_wrap(e, "%s", rel_kind_name(kind));
		if (!comma)
			return 0;
		from = comma + 1;
	}
}

/* ---- printing */

static bool add_plain(struct text *out, const struct relation *r)
{
	static const char *const ops[] = { "", "<<", "<=", "=", ">=", ">>" };
	const char *restrictions = strpbrk(r->arch, "[<");
	int qualifier = (int)(restrictions ? restrictions - r->arch : (long)strlen(r->arch));

	if (!relation_deb_name_valid(r->name, strlen(r->name)))
		return false;
	while (qualifier > 0 && r->arch[qualifier - 1] == ' ')
		qualifier--;
	text_add(out, "%s%.*s", r->name, qualifier, r->arch);
	if (r->op != OP_NONE) {
		for (const char *c = r->version; *c; c++)
			if (*c == '_' || !(is_name_char(*c) || *c == '~' || *c == ':'))
				return false;
		if (!*r->version || (r->kind == REL_PROVIDES && r->op != OP_EQ))
			return false;
		text_add(out, " (%s %s)", ops[r->op], r->version);
	}
	if (restrictions)
		text_add(out, " %s", restrictions);
	return true;
}

static bool add_list(struct text *out, const struct relation *r, const char *between)
{
	for (size_t i = 0; i < r->parts_len; i++) {
		const struct relation *part = &r->parts[i];

		text_add(out, "%s", i ? between : "");
		if (part->tree == REL_PLAIN ? !add_plain(out, part)
					    : part->tree != REL_OR || *between == '|' ||
					!relation_deb_allows_or(part->kind) || !add_list(out, part, " | "))
			return false;
	}
	return r->parts_len > 0;
}

char *relation_deb_text(struct arena *a, const struct relation *r)
{
	struct text out = { 0 };
	bool good = false;
	char *copy = NULL;

	if (r->tree == REL_PLAIN)
		good = add_plain(&out, r);
	else if (r->tree == REL_OR)
		good = relation_deb_allows_or(r->kind) && add_list(&out, r, " | ");
	else if (r->tree == REL_AND)
		good = add_list(&out, r, ", ");
	if (good)
		copy = arena_copy(a, out.at, out.len);
	text_done(&out);
	return copy;
}
