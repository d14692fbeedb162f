/* check_world_writable.c - files and folders that everybody may change.
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
	tmpfiles_look(file, facts, 0002);
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *files = fact_list();

	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *at = &pkg->entries.at[i];
		uint32_t mode = fact_mode(pkg, at);
		char text[8];
		json_t *item;

		if (at->type == ENTRY_SYMLINK || !(mode & 0002) || (item = fact_add(files)) == NULL)
			continue;
		snprintf(text, sizeof text, "%04o", mode & 07777);
		json_set_str(item, "path", at->path);
		json_set_str(item, "mode", text);
		json_object_set_new(item, "dir", json_boolean(at->type == ENTRY_DIR));
	}
	return json_pack("{s:o, s:o}", "files", files, "scripts", script_lines(pkg, GRANT_WORLD_WRITE));
}

/* A folder where only owners may delete, as /tmp: common, and less of a danger. */
static bool is_sticky(const json_t *item)
{
	return json_flag(item, "dir") && (strtoul(json_text(item, "mode"), NULL, 8) & 01000);
}

static void tell(struct compare *c, const json_t *item, const json_t *before)
{
	const char *path = fact_path(item), *from = json_text(item, "from"), *mode = json_text(item, "mode");

	if (before && is_sticky(before) <= is_sticky(item)) /* as before, or narrower */
		return;
	finding_add(c, is_sticky(item) ? SEVERITY_LOW : SEVERITY_MEDIUM,
		*from ? arena_printf(c->arena, "%s:%s", from, path) : path, before ? json_text(before, "mode") : "",
		mode,
		arena_printf(c->arena, "Every user and every program on the machine may now change %s%s%s.", path,
			json_flag(item, "dir") ? " and what lies in it" : "",
			*from ? ", from the machine's next start on" : ""),
		*from ? "Ask the vendor why, and narrow it with a file of the same name in /etc/tmpfiles.d."
		      : arena_printf(c->arena, "Narrow it in the recipe: files: [{match: \"%s\", mode: \"%04lo\"}].",
				path, strtoul(mode, NULL, 8) & 07775));
}

static void compare_list(struct compare *c, const json_t *old, const json_t *new, const char *key)
{
	AUTO_JSON *index = fact_index(fact_items(old, key));
	json_t *item;
	size_t i;

	json_array_foreach(fact_items(new, key), i, item)
		tell(c, item, fact_find(index, fact_path(item)));
}

static void compare(struct compare *c)
{
	if (c->old == NULL)
		return;
	compare_list(c, c->old, c->new, "files");
	compare_list(c, json_map(c->old, "bytes"), json_map(c->new, "bytes"), "made");
	fact_tell_cut(c, "files");
	fact_tell_cut_in(c, "bytes", "made");
	script_lines_compare(c, "scripts",
		"A script of the package now lets everybody on the machine change a file when it is installed.",
		"Ask the vendor why it is needed, or leave the script out in the recipe (scripts: drop).");
}

const struct check check_world_writable = {
	.id = "world-writable",
	.severity = SEVERITY_MEDIUM,
	.waiver = "change-manager",
	.about = "Files and folders that every user may change, and scripts and tmpfiles.d lines that make them so: "
		 "what programs read from "
		 "there can no longer be "
		 "relied on.",
	.why = "What everybody may change, an attacker with any foothold may change too: a script in such a "
	       "folder runs with the rights of whoever starts it. A sticky folder (as /tmp) is told as low. "
	       "Known false alarm: spool folders of old programs, which were designed so.",
	.look = look,
	.collect = collect,
	.compare = compare,
};
