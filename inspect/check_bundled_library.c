/* check_bundled_library.c - copies of known libraries inside the package, which the distribution's updates do not reach.
 *
 * Facts: {"bytes": {"copies": LIST of {"path", "machine", "library", "version", "soname", "build_id", "how": "file"|"text"|"java"}}, "packages": LIST of
 * package names}. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/elf.h"
#include "inspect/fact.h"
#include "inspect/jar.h"
#include "inspect/known_libraries.h"
#include "inspect/looked.h"
#include <string.h>

static void add_copy(json_t *facts, const char *path, const char *machine, const char *library, const char *version,
	const char *how, const struct elf *elf)
{
	json_t *item = fact_add(fact_list_at(facts, "copies"));

	if (item == NULL)
		return;
	json_set_str(item, "path", path);
	json_set_str(item, "machine", machine);
	json_set_str(item, "library", library);
	json_set_str(item, "version", version);
	json_set_str(item, "how", how);
	if (elf && elf->soname)
		json_set_str(item, "soname", elf->soname);
	json_set_str(item, "build_id", elf ? elf->build_id : "");
}

static bool links(const struct elf *elf, const char *library)
{
	for (size_t i = 0; i < elf->needed_len; i++) {
		const struct known_library *known = known_library(elf->needed[i]);

		if (known && strcmp(known->name, library) == 0)
			return true;
	}
	return false;
}

/* The version that the library says of itself is worth more than that of the file's name. */
static void version_of(const struct elf *elf, const char *library, const char *name, char ret[32])
{
	for (size_t i = 0; i < traces_len; i++)
		if (traces[i].kind == TRACE_VERSION && elf->found[i] && strcmp(traces[i].name, library) == 0) {
			trace_version(&traces[i], elf->found[i], ret);
			return;
		}
	const char *text = known_version(name);
	size_t len = strlen(text) < 31 ? strlen(text) : 31;
	memcpy(ret, text, len);
	ret[len] = 0;
}

static void look_program(const struct looked *file, json_t *facts)
{
	const struct elf *elf = file->elf;
	const char *path = file->entry->path, *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const struct known_library *itself = strcmp(elf->kind, "library") == 0
		? known_library(elf->soname ? elf->soname : name)
		: NULL;
	const char *told = itself ? itself->name : "";
	char version[32];

	if (itself) {
		version_of(elf, itself->name, name, version);
		add_copy(facts, path, elf->machine, itself->name, version, "file", elf);
	}
	for (size_t i = 0; i < traces_len; i++) {
		if (traces[i].kind != TRACE_VERSION || !elf->found[i] || strcmp(traces[i].name, told) == 0 ||
			links(elf, traces[i].name))
			continue;
		trace_version(&traces[i], elf->found[i], version);
		add_copy(facts, path, elf->machine, traces[i].name, version, "text", elf);
		told = traces[i].name; /* those of one library follow one another */
	}
}

static void look(const struct looked *file, json_t *facts)
{
	if (file->elf)
		look_program(file, facts);
	for (size_t i = 0; file->jar && i < file->jar->libraries_len; i++) {
		const struct jar_library *library = &file->jar->libraries[i];
		const struct known_library *known = known_library(library->name);
		AUTO_FREE char *path = mem_printf(
			"%s%s%s", file->entry->path, *library->where ? "!" : "", library->where);

		if (known)
			add_copy(facts, path, "java", library->name, library->version, "java", NULL);
	}
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *facts = json_object();

	if (pkg->name)
		fact_add_text(fact_list_at(facts, "packages"), pkg->name);
	return facts;
}

/* ---- comparing */

static const char *const system_dirs[] = { "/lib/*", "/lib64/*", "/usr/lib/*", "/usr/lib64/*", "/usr/lib/*-linux-*/*",
	"/lib/*-linux-*/*" };

/* The library's own package, in the folder where the system looks for it: that is no copy. */
static bool is_original(const json_t *packages, const json_t *item)
{
	const struct known_library *known = known_library_named(json_text(item, "library"));
	bool is_system = false;
	json_t *package;
	size_t i;

	for (i = 0; i < COUNT(system_dirs); i++)
		is_system |= text_glob(system_dirs[i], fact_path(item));
	if (!is_system || known == NULL)
		return false;
	json_array_foreach(packages, i, package)
		if (json_is_string(package) && strstr(json_string_value(package), known->package))
			return true;
	return false;
}

/* The old copy that the new one stands for: of the same version at the same place, at the same place, or else the newest of that library. */
static const json_t *old_copy(const json_t *items, const json_t *new)
{
	AUTO_FREE char *key = fact_key(fact_path(new));
	const json_t *best = NULL, *here = NULL;
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item) {
		AUTO_FREE char *own = NULL;

		if (strcmp(json_text(item, "library"), json_text(new, "library")) != 0 ||
			strcmp(json_text(item, "machine"), json_text(new, "machine")) != 0)
			continue;
		own = fact_key(fact_path(item));
		if (strcmp(own, key) == 0) {
			here = item;
			if (strcmp(json_text(item, "version"), json_text(new, "version")) == 0)
				return item;
		}
		if (best == NULL || known_version_order(json_text(item, "version"), json_text(best, "version")) > 0)
			best = item;
	}
	return here ? here : best;
}

static const char *shown(struct compare *c, const json_t *item)
{
	const char *version = json_text(item, "version");

	return arena_printf(c->arena, "%s %s", json_text(item, "library"), *version ? version : "of unknown version");
}

static void compare_copy(struct compare *c, const json_t *old, const json_t *new)
{
	const char *path = fact_path(new), *now = shown(c, new), *was = old ? shown(c, old) : "";
	int order;

	if (old == NULL) {
		finding_add(c, SEVERITY_MEDIUM, path, "", now,
			arena_printf(c->arena,
				"%s brings a copy of %s of its own: when a hole in that library is closed, the copy "
				"stays open.",
				path, now),
			"Ask the vendor to use the system's library, or who updates the copy and how fast.");
		return;
	}
	if (!*json_text(old, "version") || !*json_text(new, "version"))
		return;
	order = known_version_order(json_text(new, "version"), json_text(old, "version"));
	if (order < 0)
		finding_add(c, SEVERITY_HIGH, path, was, now,
			arena_printf(c->arena,
				"The copy of a library in %s is older than before (%s, it was %s): holes that were "
				"closed may be open again.",
				path, now, was),
			"Ask the vendor why; do not install it before the library is as new as it was.");
	else if (order > 0)
		finding_add(c, SEVERITY_INFO, path, was, now,
			arena_printf(c->arena, "The copy of a library in %s is newer: %s, it was %s.", path, now, was),
			"");
}

static void compare(struct compare *c)
{
	const json_t *old = json_map(c->old, "bytes"), *new = json_map(c->new, "bytes");
	json_t *packages = fact_items(c->new, "packages"), *item;
	size_t i;

	if (c->old == NULL)
		return;
	json_array_foreach(fact_items(new, "copies"), i, item)
		if (!is_original(packages, item))
			compare_copy(c, old_copy(fact_items(old, "copies"), item), item);
	fact_tell_cut_in(c, "bytes", "copies");
}

const struct check check_bundled_library = {
	.id = "bundled-library",
	.severity = SEVERITY_HIGH,
	.waiver = "change-manager",
	.about = "Copies of known libraries (OpenSSL, zlib, expat, libxml2, sqlite, curl, log4j and others) inside the "
		 "package: as files of their own, "
		 "inside programs, or in jars.",
	.why = "The distribution closes a hole in its library once for all programs; a copy stays open until its "
	       "vendor acts. A new copy is medium, one that "
	       "is older than before is high, a newer one is information. Versions come from the library's own text "
	       "where it has "
	       "one, else from the file's name. Known false alarm: a program that only prints a library's name and "
	       "version.",
	.look = look,
	.collect = collect,
	.compare = compare,
};
