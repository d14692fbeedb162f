/* check_mode_widened.c - keys and logs that everybody may read now.
 *
 * Facts: of the model "files": {"path", "mode", "what": "key"|"log", "dir"} of places where such lie; of the report "files":
 * the same after the installation, also of files that hold a private key, wherever they lie. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/fact.h"
#include "inspect/reports.h"
#include <stdio.h>
#include <string.h>

static bool fits(const char *path, const char *const *patterns, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text_glob(patterns[i], path))
			return true;
	return false;
}

/* Whose content is nobody's business, by place. NULL: none of them. */
static const char *what_of(const char *path)
{
	static const char *const keys[] = { "**/private/**", "**/private", "**/*.key", "/etc/shadow*", "/etc/gshadow*",
		"/etc/ssh/ssh_host_*_key", "**/.ssh/id_*", "**/.pgpass", "**/.netrc", "**/*.keytab" },
				 *const logs[] = { "/var/log/**", "/var/opt/*/log/**" },
				 *const no_keys[] = { "**/*.pub", "/usr/share/**" };

	if (fits(path, keys, COUNT(keys)) && !fits(path, no_keys, COUNT(no_keys)))
		return "key";
	return fits(path, logs, COUNT(logs)) ? "log" : NULL;
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *files = fact_list();

	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *at = &pkg->entries.at[i];
		bool is_dir = at->type == ENTRY_DIR;
		const char *what = at->type == ENTRY_FILE || is_dir ? what_of(at->path) : NULL;
		char mode[8];
		json_t *item;

		if (!what || (item = fact_add(files)) == NULL)
			continue;
		snprintf(mode, sizeof mode, "%04o", at->mode & 07777);
		json_set_str(item, "path", at->path);
		json_set_str(item, "mode", mode);
		json_set_str(item, "what", what);
		json_object_set_new(item, "dir", json_boolean(is_dir));
	}
	return json_pack("{s:o}", "files", files);
}

static void note(struct noted *n, const json_t *scenario)
{
	size_t i;
	json_t *entry, *item;

	if (strcmp(json_text(scenario, "name"), "install") != 0)
		return;
	json_array_foreach(json_list(scenario, "entries"), i, entry) {
		const char *path = json_text(entry, "path"), *type = json_text(entry, "type"), *what = what_of(path);
		bool is_dir = strcmp(type, "dir") == 0;

		if (strcmp(json_text(entry, "class"), "private-key") == 0)
			what = "key";
		if (!what || (strcmp(type, "file") != 0 && !is_dir) || strcmp(json_text(entry, "kind"), "removed") == 0)
			continue;
		AUTO_FREE char *steady = path_steady(path);
		item = json_object();
		note_text(item, "path", steady);
		note_text(item, "mode", json_text(entry, "mode"));
		json_set_str(item, "what", what);
		json_object_set_new(item, "dir", json_boolean(is_dir));
		note_add(n, "files", item);
	}
}

static json_t *observe(const json_t *report, const json_t *own)
{
	static const char *const lists[] = { "files", NULL };

	return report_facts(report, own, lists, note);
}

/* ---- old against new */
static bool is_open(const json_t *item)
{
	return (strtoul(json_text(item, "mode"), NULL, 8) & (json_flag(item, "dir") ? 05 : 04)) != 0;
}

/* A key that is new and open: where programs keep theirs, not among samples. */
static bool is_new_key(const json_t *item)
{
	static const char *const places[] = { "/etc/**", "/var/**", "/opt/**", "/srv/**", "/root/**", "/home/**" };

	return strcmp(json_text(item, "what"), "key") == 0 && !json_flag(item, "dir") &&
		fits(fact_path(item), places, COUNT(places));
}

static void compare_files(struct compare *c, const json_t *old, const json_t *new, json_t *told)
{
	AUTO_JSON *index = fact_index(old);
	size_t i;
	json_t *item;

	json_array_foreach(new, i, item) {
		const char *path = fact_path(item);
		const json_t *before = fact_find(index, path);
		bool is_key = strcmp(json_text(item, "what"), "key") == 0;

		if (!is_open(item) || (before ? is_open(before) : !is_new_key(item)) || json_object_get(told, path))
			continue;
		json_object_set_new(told, path, json_true());
		finding_add(c, SEVERITY_MEDIUM, path, before ? json_text(before, "mode") : "", json_text(item, "mode"),
			arena_printf(c->arena, "Every user of the machine may now read %s%s, which %s.", path,
				json_flag(item, "dir") ? " and what lies in it" : "",
				is_key ? "is a place of secret keys: who has read a key can pretend to be its owner"
				       : "holds logs: they may tell names, addresses and what people did"),
			arena_printf(c->arena, "Narrow it in the recipe: files: [{match: \"%s\", mode: \"%04lo\"}].",
				path, strtoul(json_text(item, "mode"), NULL, 8) & 07770));
	}
}

static void compare(struct compare *c)
{
	AUTO_JSON *told = json_object();
	const json_t *old = NULL, *new = NULL;

	if (c->old == NULL)
		return;
	compare_files(c, fact_items(c->old, "files"), fact_items(c->new, "files"), told);
	if (fact_reports(c, &old, &new))
		compare_files(c, fact_items(old, "files"), fact_items(new, "files"), told);
	fact_tell_cut(c, "files");
	fact_tell_cut_in(c, "report", "files");
}

const struct check check_mode_widened = {
	.id = "mode-widened",
	.severity = SEVERITY_MEDIUM,
	.waiver = "change-manager",
	.about = "Places of secret keys and of logs that only some could read and that every user of the machine may "
		 "read now, in the package and "
		 "after its installation in the test.",
	.why = "A private key that others can read is no longer private, and nothing shows that somebody has read it: "
	       "it must be replaced, not only "
	       "closed again. Logs tell names, addresses, sometimes passwords. Keys are known by their places and, in "
	       "the test, by their "
	       "content. Narrow the mode in the recipe. Known false alarm: a file that is called .key and holds a "
	       "public one.",
	.collect = collect,
	.observe = observe,
	.compare = compare,
};
