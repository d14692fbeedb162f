/* relation.c - relations as people write them in a recipe: either family's spelling, told apart by its signs. */
#include "formats/relation.h"
#include <string.h>

static const char *skip_blanks(const char *c)
{
	while (*c == ' ' || *c == '\t')
		c++;
	return c;
}

/* deb's signs: "a | b", "a (>= 1)", "a, b", "a:any"; a '(' of rpm's is never followed by an operator. */
static bool is_deb(const char *text)
{
	const char *colon = strchr(text, ':');

	if (*skip_blanks(text) == '(')
		return false;
	if (strpbrk(text, "|,"))
		return true;
	for (const char *c = strchr(text, '('); c; c = strchr(c + 1, '('))
		if (strchr("<=>", *skip_blanks(c + 1)) && *skip_blanks(c + 1))
			return true;
	return colon && (strcmp(colon, ":any") == 0 || strcmp(colon, ":native") == 0);
}

int relation_parse_any(struct pkg *p, enum rel_kind kind, const char *text, struct err *e)
{
	if (!*skip_blanks(text))
		return err_input(e, "E_METADATA", "an empty relation");
	if (!is_deb(text) && strpbrk(text, "<=>") && !strpbrk(text, " \t("))
		return err_input(e, "E_METADATA", "'%s': blanks are missing around the operator", text);
	return is_deb(text) ? relations_parse_deb(p, kind, text, strlen(text), e)
			    : relation_parse_rpm(p, kind, text, e);
}
