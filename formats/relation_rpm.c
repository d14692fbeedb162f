/* relation_rpm.c - relations of rpm, plain and rich ("boolean"): parsing as rpmrichParse does, and printing. rpm-dependencies, rich-deps. */
#include "base/text.h"
#include "formats/relation.h"
#include <string.h>

enum { RICH_DEPTH_MAX = 16, RICH_PARTS_MAX = 1024, TEXT_MAX = 65536 };

struct cursor {
	const char *at;
	struct pkg *pkg;
	enum rel_kind kind;
	unsigned depth;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct cursor *c)
{
	while (is_blank(*c->at))
		c->at++;
}

/* Up to a blank or a ')' that was not opened in the word: "perl(Foo)", "libc.so.6()(64bit)". */
static struct slice take_word(struct cursor *c)
{
	const char *start = c->at;
	int open = 0;

	for (; *c->at && !is_blank(*c->at); c->at++) {
		if (*c->at == '(')
			open++;
		else if (*c->at == ')' && --open < 0)
			break;
	}
	return (struct slice){ start, (size_t)(c->at - start) };
}

static int no_memory(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "too many relations");
}

static int set_text(struct cursor *c, struct relation *r, const char *start, struct err *e)
{
	struct slice text = slice_trim((struct slice){ start, (size_t)(c->at - start) });

	r->text = arena_copy(&c->pkg->arena, text.at, text.len);
	return r->text ? 0 : no_memory(e);
}

static int take_operator(struct cursor *c, struct relation *r, struct err *e)
{
	bool less = false, equal = false, greater = false;

	for (; *c->at && strchr("<=>", *c->at); c->at++) {
		less |= *c->at == '<';
		equal |= *c->at == '=';
		greater |= *c->at == '>';
	}
	if (less && greater)
		return err_input(e, "E_METADATA", "relation on '%s': operator is both < and >", r->name);
	r->op = less ? (equal ? OP_LE : OP_LT) : greater ? (equal ? OP_GE : OP_GT) : OP_EQ;
	return 0;
}

static int parse_plain(struct cursor *c, struct relation *ret, struct err *e)
{
	struct relation r = { .kind = c->kind, .name = "", .version = "", .arch = "" };
	const char *start = c->at;
	struct slice word = take_word(c);

	if (word.len == 0 || strchr("<=>", word.at[0]))
		return err_input(e, "E_METADATA", "a name is missing at '%.40s'", start);
	r.name = arena_copy(&c->pkg->arena, word.at, word.len);
	if (!r.name)
		return no_memory(e);
	skip_blanks(c);
	if (*c->at && strchr("<=>", *c->at)) {
		if (take_operator(c, &r, e))
			return -1;
		skip_blanks(c);
		word = take_word(c);
		if (word.len == 0)
			return err_input(e, "E_METADATA", "relation on '%s': version is missing", r.name);
		r.version = arena_copy(&c->pkg->arena, word.at, word.len);
		if (!r.version)
			return no_memory(e);
	}
	if (set_text(c, &r, start, e))
		return -1;
	*ret = r;
	return 0;
}

static const struct {
	const char *word;
	enum rel_tree tree;
	bool chains; /* "a and b and c" */
} operators[] = {
	{ "or", REL_OR, true },
	{ "and", REL_AND, true },
	{ "if", REL_IF, false },
	{ "unless", REL_UNLESS, false },
	{ "with", REL_WITH, true },
	{ "without", REL_WITHOUT, false },
	{ "else", REL_ELSE, false },
};

static int operator_of(struct slice word)
{
	for (size_t i = 0; i < COUNT(operators); i++)
		if (slice_is(word, operators[i].word))
			return (int)i;
	return -1;
}

static int parse_rich(struct cursor *c, struct relation *ret, struct err *e);

static int parse_operand(struct cursor *c, struct relation *ret, struct err *e)
{
	skip_blanks(c);
	return *c->at == '(' ? parse_rich(c, ret, e) : parse_plain(c, ret, e);
}

struct parts {
	struct relation *at;
	size_t len, room;
};

/* "a if b else c" is IF(a, ELSE(b, c)), as librpm has it. */
static int take_else(struct cursor *c, struct parts *parts, struct err *e)
{
	struct relation both = { .kind = c->kind, .tree = REL_ELSE, .name = "", .version = "", .arch = "", .text = "" };
	struct relation *pair = arena_alloc(&c->pkg->arena, 2 * sizeof *pair);

	if (!pair)
		return no_memory(e);
	pair[0] = parts->at[parts->len - 1];
	if (parse_operand(c, &pair[1], e))
		return -1;
	both.parts = pair;
	both.parts_len = 2;
	both.text = arena_printf(&c->pkg->arena, "%s else %s", pair[0].text, pair[1].text);
	if (!both.text)
		return no_memory(e);
	parts->at[parts->len - 1] = both;
	return 0;
}

static bool is_else_done(const struct parts *parts)
{
	return parts->at[parts->len - 1].tree == REL_ELSE;
}

/* The operands and operators up to ')'; *ret_tree stays REL_PLAIN for a single operand. */
static int take_operands(struct cursor *c, struct parts *parts, enum rel_tree *ret_tree, struct err *e)
{
	int chosen = -1;

	for (;;) {
		struct relation one;
		int op;

		if (parse_operand(c, &one, e))
			return -1;
		if (parts->len == RICH_PARTS_MAX)
			return err_input(e, "E_LIMIT_METADATA", "a rich relation has too many operands");
		*LIST_ADD(parts) = one;
		skip_blanks(c);
		if (*c->at == ')')
			return 0;
		op = operator_of(take_word(c));
		if (op < 0)
			return err_input(e, "E_METADATA", "rich relation: no operator behind '%s'", one.text);
		if (operators[op].tree == REL_ELSE) {
			if ((*ret_tree != REL_IF && *ret_tree != REL_UNLESS) || is_else_done(parts))
				return err_input(e, "E_METADATA", "rich relation: 'else' without 'if' or 'unless'");
			if (take_else(c, parts, e))
				return -1;
			skip_blanks(c);
			if (*c->at == ')')
				return 0;
			return err_input(e, "E_METADATA", "rich relation: more than one thing behind 'else'");
		}
		if (chosen >= 0 && (op != chosen || !operators[op].chains))
			return err_input(e, "E_METADATA", "rich relation: '%s' behind '%s' needs parentheses",
				operators[op].word, operators[chosen].word);
		chosen = op;
		*ret_tree = operators[op].tree;
	}
}

static int parse_rich(struct cursor *c, struct relation *ret, struct err *e)
{
	struct relation r = { .kind = c->kind, .name = "", .version = "", .arch = "" };
	const char *start = c->at++;
	struct parts parts = { 0 };
	int status;

	if (c->depth == RICH_DEPTH_MAX)
		return err_input(e, "E_LIMIT_DEPTH", "rich relation is nested deeper than %d", RICH_DEPTH_MAX);
	c->depth++;
	status = take_operands(c, &parts, &r.tree, e);
	c->depth--;
	if (status == 0) {
		c->at++; /* the ')' it ended at */
		if (r.tree == REL_PLAIN) {
			r = parts.at[0]; /* "(a)" */
		} else {
			r.parts_len = parts.len;
			r.parts = arena_alloc(&c->pkg->arena, parts.len * sizeof *r.parts);
			if (r.parts)
				memcpy(r.parts, parts.at, parts.len * sizeof *r.parts);
			else
				status = no_memory(e);
		}
	}
	LIST_DONE(&parts);
	if (status || set_text(c, &r, start, e))
		return -1;
	*ret = r;
	return 0;
}

int relation_parse_rpm(struct pkg *p, enum rel_kind kind, const char *text, struct err *e)
{
	struct cursor c = { .at = text, .pkg = p, .kind = kind };
	struct relation r, *added;

	if (strlen(text) > TEXT_MAX)
		return err_input(e, "E_LIMIT_METADATA", "a relation is longer than %d bytes", TEXT_MAX);
	if (parse_operand(&c, &r, e))
		return err_wrap(e, "%s", rel_kind_name(kind));
	skip_blanks(&c);
	if (*c.at)
		return err_input(
			e, "E_METADATA", "%s: unexpected '%.40s' behind '%s'", rel_kind_name(kind), c.at, r.text);
	added = pkg_add_relation(p);
	if (!added)
		return no_memory(e);
	*added = r;
	return 0;
}

/* ---- printing */

static bool add_plain(struct text *out, const struct relation *r)
{
	int open = 0;

	if (!*r->name || strchr("(<=>", r->name[0]))
		return false;
	for (const char *c = r->name; *c; c++) {
		open += (*c == '(') - (*c == ')');
		if ((unsigned char)*c <= ' ' || open < 0)
			return false;
	}
	if (open || (*r->arch && strcmp(r->arch, ":any") != 0)) /* rpm has no word for "of that architecture" here */
		return false;
	text_add(out, "%s", r->name);
	if (r->op != OP_NONE) {
		if (!*r->version || strpbrk(r->version, " \t\r\n()"))
			return false;
		text_add(out, " %s %s", rel_op_name(r->op), r->version);
	}
	return true;
}

static bool add_any(struct text *out, const struct relation *r, unsigned depth)
{
	static const char *const words[] = { [REL_OR] = " or ",
		[REL_AND] = " and ",
		[REL_IF] = " if ",
		[REL_UNLESS] = " unless ",
		[REL_WITH] = " with ",
		[REL_WITHOUT] = " without ",
		[REL_ELSE] = " else " };

	if (r->tree == REL_PLAIN)
		return add_plain(out, r);
	if (depth == RICH_DEPTH_MAX || r->parts_len < 2)
		return false;
	text_add(out, "%s", r->tree == REL_ELSE ? "" : "(");
	for (size_t i = 0; i < r->parts_len; i++) {
		text_add(out, "%s", i ? words[r->tree] : "");
		if (!add_any(out, &r->parts[i], depth + 1))
			return false;
	}
	text_add(out, "%s", r->tree == REL_ELSE ? "" : ")");
	return true;
}

char *relation_rpm_text(struct arena *a, const struct relation *r)
{
	struct text out = { 0 };
	char *copy = NULL;

	if ((r->tree == REL_PLAIN || (r->kind != REL_PROVIDES && r->kind != REL_OBSOLETES)) && add_any(&out, r, 0))
		copy = arena_copy(a, out.at, out.len);
	text_done(&out);
	return copy;
}
