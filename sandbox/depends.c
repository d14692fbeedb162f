/* depends.c - what a package manager says is missing: dpkg, apt and rpm each in their own words. */
#include "sandbox/depends.h"
#include "sandbox/trial.h"
#include <stdio.h>
#include <string.h>

static bool is_told(const struct trial *t, const char *what)
{
	size_t i;
	json_t *f;

	json_array_foreach(t->findings, i, f)
		if (strcmp(json_text(f, "check"), "dependency-missing") == 0 &&
			strcmp(json_text(f, "where"), what) == 0)
			return true;
	return false;
}

static void tell(struct trial *t, const char *who, const char *what)
{
	if (*what && !is_told(t, what))
		trial_find(t, SEVERITY_HIGH, "dependency-missing", what,
			"%s needs %s: neither the root nor a folder given with --with has it", who, what);
}

/* " acme depends on foo (>= 2); however:" */
static bool from_dpkg(struct trial *t, char *line)
{
	static const char *const words[] = { " depends on ", " pre-depends on " };
	char *end = strstr(line, "; however:");

	if (!end)
		return false;
	*end = '\0';
	for (size_t i = 0; i < COUNT(words); i++) {
		char *at = strstr(line, words[i]);

		if (!at)
			continue;
		*at = '\0';
		tell(t, line + strspn(line, " "), at + strlen(words[i]));
		return true;
	}
	return false;
}

/* " acme : Depends: foo (>= 2) but it is not installable", further ones " Depends: bar but ..." below it. */
static bool from_apt(struct trial *t, char *line, char *who, size_t room)
{
	char *at = strstr(line, "Depends: "), *colon = at ? strstr(line, " : ") : NULL,
	     *end = at ? strstr(at, " but ") : NULL;

	if (!at || !end || line[0] != ' ')
		return false;
	if (colon && colon < at) {
		*colon = '\0';
		snprintf(who, room, "%s", line + strspn(line, " "));
	}
	*end = '\0';
	tell(t, who, at + strlen("Depends: "));
	return true;
}

/* "\tfoo >= 1 is needed by acme-1-1.noarch" */
static void from_rpm(struct trial *t, char *line)
{
	static const char needed[] = " is needed by ";
	char *at = line[0] == '\t' ? strstr(line, needed) : NULL;

	if (!at || text_starts(at + strlen(needed), "(installed)"))
		return; /* what would be missing by a removal is another matter */
	*at = '\0';
	tell(t, at + strlen(needed), line + 1);
}

void depends_find(struct trial *t, const char *output, size_t len)
{
	AUTO_FREE char *copy = mem_printf("%.*s", (int)len, output);
	char who[200] = "";

	for (char *rest = copy, *line; (line = strsep(&rest, "\n")) != NULL;)
		if (!from_dpkg(t, line) && !from_apt(t, line, who, sizeof who))
			from_rpm(t, line);
}
