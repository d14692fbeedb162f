/* rpm_changes.c - taking a spec file's changelog apart. */
#include "formats/rpm_changes.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* "* Sat Nov 21 2026 Name <mail> - 1-1": the time at noon, as rpmbuild takes it, and where the name begins; NULL: no such line. */
static const char *changelog_head(const char *line, uint32_t *ret_time)
{
	char month[4];
	struct tm t = { .tm_hour = 12 };
	const char *at;
	int used = 0;

	if (sscanf(line, "* %*3s %3s %d %d %n", month, &t.tm_mday, &t.tm_year, &used) != 3 || used == 0 ||
		memchr(line, '\n', (size_t)used))
		return NULL;
	at = strstr(months, month);
	if (!at || (at - months) % 3 != 0 || strlen(month) != 3)
		return NULL;
	t.tm_mon = (int)(at - months) / 3;
	t.tm_year -= 1900;
	*ret_time = (uint32_t)timegm(&t);
	return line + used;
}

/* Cuts the text in place at its heads; false when it is no changelog of this form. */
bool rpm_changes_parse(struct rpm_changes *c, const char *changelog)
{
	char *text = c->text = mem_strdup(changelog);
	uint32_t when;

	if (!changelog_head(text, &when))
		return false;
	for (char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (line[0] == '*' && changelog_head(line, &when)) {
			*LIST_ADD(&c->names) = line;
			*LIST_ADD(&c->times) = when;
		}
	for (size_t i = 0; i < c->names.len; i++) {
		char *head = text + (c->names.at[i] - text), *eol;
		char *end = i + 1 < c->names.len ? text + (c->names.at[i + 1] - text) : head + strlen(head);

		while (end > head && end[-1] == '\n')
			*--end = 0;
		c->names.at[i] = changelog_head(head, &when);
		eol = strchr(head, '\n');
		if (eol)
			*eol = 0;
		*LIST_ADD(&c->texts) = eol ? eol + 1 : end;
	}
	return true;
}

void rpm_changes_done(struct rpm_changes *c)
{
	free(c->text);
	LIST_DONE(&c->times);
	LIST_DONE(&c->names);
	LIST_DONE(&c->texts);
}
