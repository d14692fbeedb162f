/* check_rpath_new.c - folders that a program looks into for its libraries before those of the system (RPATH, RUNPATH).
 *
 * Facts: {"bytes": {"files": [{"path", "machine", "soname", "kind": "RPATH"|"RUNPATH", "dirs": LIST of TEXT}], "folders": {DIR: true}}, "open":
 * [PATH...]}: the folders that libraries of the package lie in, and the folders of the package that everybody may write to. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/elf.h"
#include "inspect/elf_pairs.h"
#include "inspect/fact.h"
#include "inspect/looked.h"
#include <string.h>

enum { FOLDERS_MAX = 4096 };

static void add_folder(const struct looked *file, json_t *facts)
{
	const char *path = file->entry->path, *slash = strrchr(path, '/');
	json_t *folders = json_object_get(facts, "folders");
	AUTO_FREE char *dir = slash ? mem_printf("%.*s", (int)(slash - path), path) : NULL;

	if (dir == NULL || !text_is_utf8(dir, strlen(dir)))
		return;
	if (folders == NULL) {
		folders = json_object();
		json_object_set_new(facts, "folders", folders);
	}
	if (json_object_size(folders) < FOLDERS_MAX)
		json_object_set_new(folders, dir, json_true());
}

static void look(const struct looked *file, json_t *facts)
{
	const struct elf *elf = file->elf;
	const char *text = elf && elf->runpath ? elf->runpath : elf ? elf->rpath : NULL;
	struct slice rest, dir;
	json_t *item, *list;

	if (elf && strcmp(elf->kind, "library") == 0)
		add_folder(file, facts);
	item = elf == NULL || text ? elf_item(file, facts, "files") : NULL;
	if (elf == NULL || item == NULL)
		return;
	json_set_str(item, "kind", elf->runpath ? "RUNPATH" : "RPATH");
	list = fact_list_at(item, "dirs");
	rest = slice_of(text);
	if (rest.len == 0 || rest.at[rest.len - 1] == ':')
		fact_add_text(list, ""); /* an empty name is the folder it is started in */
	while (slice_cut(&rest, ':', &dir)) {
		AUTO_FREE char *one = mem_printf("%.*s", (int)dir.len, dir.at);

		fact_add_text(list, one);
	}
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *facts = json_object();

	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *at = &pkg->entries.at[i];

		if (at->type == ENTRY_DIR && (at->mode & 0002))
			fact_add_text(fact_list_at(facts, "open"), at->path);
	}
	return facts;
}

/* ---- judging one folder */

static const char *const system_dirs[] = { "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/lib/*-linux-*",
	"/lib/*-linux-*", "/usr/libexec" };
static const char *const open_dirs[] = { "/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/home", "/build", "/builddir",
	"/root", "/var/lib/jenkins", "/mnt", "/media" };

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return len > 0 && strncmp(path, dir, len) == 0 && (path[len] == 0 || path[len] == '/');
}

/* $ORIGIN put in and "." and ".." resolved; NULL: it is relative. */
static char *resolved(const char *path, const char *dir)
{
	static const char *const origins[] = { "$ORIGIN", "${ORIGIN}" };
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *whole = mem_strdup(dir);
	struct text ret = { 0 };

	for (size_t i = 0; i < COUNT(origins); i++)
		if (text_starts(dir, origins[i])) {
			free(whole);
			whole = mem_printf("%.*s/%s", slash ? (int)(slash - path) : 0, path, dir + strlen(origins[i]));
		}
	if (whole[0] != '/')
		return NULL;
	struct slice rest = slice_of(whole), part;
	while (slice_cut(&rest, '/', &part)) {
		if (part.len == 0 || slice_is(part, "."))
			continue;
		if (slice_is(part, "..")) {
			while (ret.len > 0 && ret.at[--ret.len] != '/')
				;
			continue;
		}
		text_add(&ret, "/%.*s", (int)part.len, part.at);
	}
	if (ret.at)
		ret.at[ret.len] = 0;
	return text_take(&ret);
}

static bool is_any(const char *dir, const char *const *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text_glob(list[i], dir))
			return true;
	return false;
}

static bool is_open(const struct compare *c, const char *dir)
{
	json_t *item;
	size_t i;

	for (i = 0; i < COUNT(open_dirs); i++)
		if (is_below(dir, open_dirs[i]))
			return true;
	json_array_foreach(fact_items(c->new, "open"), i, item)
		if (json_is_string(item) && is_below(dir, json_string_value(item)))
			return true;
	return false;
}

struct verdict {
	enum severity severity;
	const char *text;
};

static struct verdict judge(const struct compare *c, const char *path, const char *dir)
{
	AUTO_FREE char *real = resolved(path, dir);

	if (real == NULL)
		return (struct verdict){
			SEVERITY_HIGH,
			"is looked for from the folder it is started in: whoever puts a library there runs code in it"
		};
	if (is_open(c, real))
		return (struct verdict){ SEVERITY_HIGH,
			"can be written to by others than the administrator, or belongs to the vendor's build machine: "
			"whoever "
			"puts a library there runs code in it" };
	if (is_any(real, system_dirs, COUNT(system_dirs)))
		return (struct verdict){ SEVERITY_INFO, "is one of the system's own" };
	if (json_object_get(json_map(json_map(c->new, "bytes"), "folders"), real))
		return (struct verdict){ SEVERITY_LOW, "is the package's own" };
	return (struct verdict){ SEVERITY_MEDIUM,
		"is neither the system's nor the package's: see who may write to it" };
}

static void compare_file(struct compare *c, const json_t *old, const json_t *new)
{
	json_t *before = fact_items(old, "dirs"), *dir;
	size_t i;

	if (fact_more(new, "dirs") > 0)
		finding_add(c, SEVERITY_HIGH, fact_path(new), "", "",
			arena_printf(c->arena,
				"%s looks for its libraries in so many folders that not all could be looked at.",
				fact_path(new)),
			"Ask the vendor to link without them.");
	json_array_foreach(fact_items(new, "dirs"), i, dir) {
		const char *text = json_string_value(dir), *path = fact_path(new);

		if (text == NULL || json_lists(before, text))
			continue;
		struct verdict v = judge(c, path, text);
		finding_add(c, v.severity, path, "", *text ? text : "(empty)",
			arena_printf(c->arena, "%s now looks for its libraries in '%s' first, which %s.", path, text,
				v.text),
			v.severity == SEVERITY_INFO
				? ""
				: "Take it out in the recipe (relocate), or ask the vendor to link without it.");
	}
}

static void compare(struct compare *c)
{
	json_t *item;
	size_t i;

	if (c->old == NULL)
		return;
	AUTO_JSON *index = elf_pairs(fact_items(json_map(c->old, "bytes"), "files"));
	json_array_foreach(fact_items(json_map(c->new, "bytes"), "files"), i, item)
		compare_file(c, elf_pair(index, item), item);
	fact_tell_cut_in(c, "bytes", "files");
	fact_tell_cut(c, "open");
}

const struct check check_rpath_new = {
	.id = "rpath-new",
	.severity = SEVERITY_MEDIUM,
	.waiver = "change-manager",
	.about = "Folders that programs look into for their libraries before those of the system (RPATH, RUNPATH). A "
		 "new one that is "
		 "relative, empty or open to others lets anybody who can write there run code in the program.",
	.why = "A library that is found in such a folder runs inside the program, with its rights. Relative, empty and "
	       "open folders, and "
	       "folders of the vendor's build machine, are high; folders that are neither the system's nor the "
	       "package's are medium; the "
	       "package's own are low.",
	.look = look,
	.collect = collect,
	.compare = compare,
};
