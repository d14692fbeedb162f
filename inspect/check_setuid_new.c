/* check_setuid_new.c - files that run with somebody else's rights: setuid, setgid, and scripts and tmpfiles.d lines that make them so.
 *
 * Facts: "files", "scripts" of the model; of bytes "made": tmpfiles.h. */
#include "inspect/checks.h"
#include "inspect/fact.h"
#include "inspect/script_lines.h"
#include "inspect/tmpfiles.h"
#include <stdio.h>
#include <string.h>

static void look(const struct looked *file, json_t *facts)
{
	tmpfiles_look(file, facts, 06000);
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *files = fact_list();

	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *at = &pkg->entries.at[i];
		uint32_t mode = fact_mode(pkg, at);
		char text[8];
		json_t *item;

		if ((at->type != ENTRY_FILE && at->type != ENTRY_HARDLINK) || !(mode & 06000) ||
			(item = fact_add(files)) == NULL)
			continue;
		snprintf(text, sizeof text, "%04o", mode & 07777);
		json_set_str(item, "path", at->path);
		json_set_str(item, "mode", text);
		json_set_str(item, "owner", at->owner);
		json_set_str(item, "group", at->group);
	}
	return json_pack("{s:o, s:o}", "files", files, "scripts", script_lines(pkg, GRANT_SETUID));
}

static unsigned mode_of(const json_t *item)
{
	return (unsigned)strtoul(json_text(item, "mode"), NULL, 8) & 07777;
}

/* "4755 root:staff" */
static const char *shown(struct compare *c, const json_t *item)
{
	return arena_printf(
		c->arena, "%s %s:%s", json_text(item, "mode"), json_text(item, "owner"), json_text(item, "group"));
}

/* More than before: a new bit, or the same bit now for another owner or group. */
static bool is_more(const json_t *old, const json_t *new)
{
	unsigned gained = mode_of(new) & ~mode_of(old) & 06000;

	return gained != 0 ||
		((mode_of(new) & 04000) && strcmp(json_text(old, "owner"), json_text(new, "owner")) != 0) ||
		((mode_of(new) & 02000) && strcmp(json_text(old, "group"), json_text(new, "group")) != 0);
}

/* A folder that is setgid hands its group on to what is made in it, no more. */
static void compare_made(struct compare *c)
{
	const json_t *old = json_map(c->old, "bytes"), *new = json_map(c->new, "bytes");
	AUTO_JSON *index = fact_index(fact_items(old, "made"));
	json_t *item;
	size_t i;

	json_array_foreach(fact_items(new, "made"), i, item) {
		const char *path = fact_path(item);
		const json_t *before = fact_find(index, path);

		if (json_flag(item, "dir") || (before && !is_more(before, item)))
			continue;
		finding_add(c, SEVERITY_HIGH, arena_printf(c->arena, "%s:%s", json_text(item, "from"), path),
			before ? shown(c, before) : "", shown(c, item),
			arena_printf(c->arena,
				"From the machine's next start on, whoever starts %s gets the rights of its owner or "
				"group "
				"while it runs. A fault in it becomes a way to those rights.",
				path),
			"Ask the vendor why it is needed, and leave it out with a file of the same name in "
			"/etc/tmpfiles.d.");
	}
	fact_tell_cut_in(c, "bytes", "made");
}

static void compare(struct compare *c)
{
	AUTO_JSON *index = fact_index(fact_items(c->old, "files"));
	json_t *item;
	size_t i;

	if (c->old == NULL)
		return;
	json_array_foreach(fact_items(c->new, "files"), i, item) {
		const char *path = fact_path(item);
		const json_t *before = fact_find(index, path);
		bool is_setuid = mode_of(item) & 04000;

		if (before && !is_more(before, item))
			continue;
		finding_add(c, SEVERITY_HIGH, path, before ? shown(c, before) : "", shown(c, item),
			arena_printf(c->arena,
				"Whoever starts %s now gets the rights of the %s %s while it runs. A fault in this "
				"program becomes a way to those "
				"rights.",
				path, is_setuid ? "user" : "group", json_text(item, is_setuid ? "owner" : "group")),
			arena_printf(c->arena,
				"Ask the vendor why it is needed, or take the bit away in the recipe: files: [{match: "
				"\"%s\", mode: \"%04o\"}].",
				path, mode_of(item) & 01777));
	}
	fact_tell_cut(c, "files");
	compare_made(c);
	script_lines_compare(c, "scripts",
		"A script of the package now makes a file run with somebody else's rights (setuid or setgid) when it "
		"is installed.",
		"Ask the vendor why it is needed, or leave the script out in the recipe (scripts: drop).");
}

const struct check check_setuid_new = {
	.id = "setuid-new",
	.severity = SEVERITY_HIGH,
	.waiver = "change-manager",
	.about = "Programs that run with the rights of their owner or group whoever starts them (setuid, setgid), and "
		 "scripts and tmpfiles.d lines that make them "
		 "so: each new one is a new way to those rights.",
	.why = "Such a program is a door to its owner's rights that every local user may try. Most vendors' "
	       "software needs none. The recipe can take the bit away without touching the program. Known "
	       "false alarm: a program that was renamed is told as new, because a rename cannot be told from "
	       "a second door.",
	.look = look,
	.collect = collect,
	.compare = compare,
};
