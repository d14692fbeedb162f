/* check_caps_new.c - file capabilities: parts of root's power given to a program. */
#include "inspect/checks.h"
#include "inspect/fact.h"
#include "inspect/script_lines.h"
#include <string.h>

static json_t *collect(const struct pkg *pkg)
{
	json_t *files = fact_list();

	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *at = &pkg->entries.at[i];
		json_t *item;

		if (at->capabilities[0] == 0 || (item = fact_add(files)) == NULL)
			continue;
		json_set_str(item, "path", at->path);
		json_set_str(item, "capabilities", at->capabilities);
	}
	return json_pack("{s:o, s:o}", "files", files, "scripts", script_lines(pkg, GRANT_CAPABILITY));
}

/* Is "name" with that flag in a text such as "cap_net_raw,cap_chown=ep cap_kill+i"? */
static bool grants(const char *text, struct slice name, char flag)
{
	struct slice rest = slice_of(text), clause;

	while (slice_cut(&rest, ' ', &clause)) {
		size_t names = 0;
		struct slice list, one;

		while (names < clause.len && !memchr("=+-", clause.at[names], 3))
			names++;
		if (memchr(clause.at + names, flag, clause.len - names) == NULL)
			continue;
		list = (struct slice){ clause.at, names };
		if (names == 0) /* "=ep": all of them */
			return true;
		while (slice_cut(&list, ',', &one))
			if ((one.len == name.len && memcmp(one.at, name.at, one.len) == 0) || slice_is(one, "all"))
				return true;
	}
	return false;
}

/* Does new grant what old did not? */
static bool is_more(const char *old, const char *new)
{
	struct slice rest = slice_of(new), clause;

	while (slice_cut(&rest, ' ', &clause)) {
		size_t names = 0;
		struct slice list, one;

		while (names < clause.len && !memchr("=+-", clause.at[names], 3))
			names++;
		list = names ? (struct slice){ clause.at, names } : slice_of("all");
		while (slice_cut(&list, ',', &one))
			for (size_t k = names; k < clause.len; k++)
				if (memchr("epi", clause.at[k], 3) && !grants(old, one, clause.at[k]))
					return true;
	}
	return false;
}

static void compare(struct compare *c)
{
	AUTO_JSON *index = fact_index(fact_items(c->old, "files"));
	json_t *item;
	size_t i;

	if (c->old == NULL)
		return;
	json_array_foreach(fact_items(c->new, "files"), i, item) {
		const char *path = fact_path(item), *now = json_text(item, "capabilities");
		const json_t *before = fact_find(index, path);
		const char *then = before ? json_text(before, "capabilities") : "";

		if (!is_more(then, now))
			continue;
		finding_add(c, SEVERITY_HIGH, path, then, now,
			arena_printf(c->arena,
				"%s now holds a part of the administrator's power (%s), whoever starts it.", path, now),
			"Ask the vendor what it is needed for; without that need take it away in the recipe.");
	}
	fact_tell_cut(c, "files");
	script_lines_compare(c, "scripts",
		"A script of the package now gives a program a part of the administrator's power (setcap) when it is "
		"installed.",
		"Ask the vendor what it is needed for, or leave the script out in the recipe (scripts: drop).");
}

const struct check check_caps_new = {
	.id = "caps-new",
	.severity = SEVERITY_HIGH,
	.waiver = "change-manager",
	.about = "File capabilities: parts of the administrator's power that a program gets whoever starts it; new or "
		 "wider ones, also through "
		 "setcap in scripts.",
	.why = "A capability works like a small setuid: a fault in the program hands its share of root's "
	       "power to whoever runs it, and nothing in a process list shows it. Ask what the power is used "
	       "for; what only listens on a low port wants cap_net_bind_service and nothing else. Known "
	       "false alarm: a program that was setuid root and now has one capability has become safer.",
	.collect = collect,
	.compare = compare,
};
