/* check_abi_broken.c - shared libraries and their functions that are gone, which other programs may need.
 *
 * Facts: {"bytes": {"libraries": LIST of {"path", "machine", "soname", "symbols": [NAME...], "cut": bool}, "symbols": COUNT, "imports": {NAME: true},
 * "needs": {SONAME: true}, "wants-more": COUNT}, "unread": bool}. imports and needs are what the programs of this package want of others; functions of the C and C++
 * libraries are left out by their versions; "wants-more": so many had no room; "unread": these facts could not be read again. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/elf.h"
#include "inspect/elf_pairs.h"
#include "inspect/fact.h"
#include "inspect/looked.h"
#include <string.h>

enum { SYMBOLS_MAX = 65536 /* of all libraries */, IMPORTS_MAX = 32768, SHOWN_MAX = 5 };

static json_t *map_at(json_t *facts, const char *key)
{
	json_t *map = json_object_get(facts, key);

	if (map == NULL) {
		map = json_object();
		json_object_set_new(facts, key, map);
	}
	return map;
}

static void count(json_t *facts, const char *key, int64_t more)
{
	json_object_set_new(facts, key, json_integer(json_int(facts, key) + more));
}

static void want(json_t *facts, const char *key, const char *name)
{
	json_t *map = map_at(facts, key);

	if (!text_is_utf8(name, strlen(name)) || json_object_get(map, name))
		return;
	if (json_object_size(map) < IMPORTS_MAX)
		json_object_set_new(map, name, json_true());
	else
		count(facts, "wants-more", 1);
}

static bool is_of_runtime(const char *version)
{
	static const char *const runtimes[] = { "GLIBC_", "GCC_", "GLIBCXX_", "CXXABI_" };

	for (size_t i = 0; version && i < COUNT(runtimes); i++)
		if (text_starts(version, runtimes[i]))
			return true;
	return false;
}

static void look_wants(const struct elf *elf, json_t *facts)
{
	for (size_t i = 0; i < elf->needed_len; i++)
		want(facts, "needs", elf->needed[i]);
	for (size_t i = 0; i < elf->imports_len; i++)
		if (!elf->imports[i].is_weak && !is_of_runtime(elf->imports[i].version))
			want(facts, "imports", elf->imports[i].name);
}

/* Templates of C++ come and go with the compiler; private versions and the linker's own marks are nobody's business. */
static bool is_public(const struct elf_symbol *s)
{
	static const char *const marks[] = { "_init", "_fini", "_end", "_edata", "__bss_start", "__data_start" };

	if ((s->is_weak && text_starts(s->name, "_Z")) || (s->version && strstr(s->version, "PRIVATE")) ||
		text_starts(s->name, "_ZN9__gnu_cxx") || !text_is_utf8(s->name, strlen(s->name)))
		return false;
	for (size_t i = 0; i < COUNT(marks); i++)
		if (strcmp(marks[i], s->name) == 0)
			return false;
	return s->version == NULL || strcmp(s->version, s->name) != 0;
}

static void look_library(const struct looked *file, json_t *facts)
{
	const struct elf *elf = file->elf;
	json_t *item = elf_item(file, facts, "libraries"), *symbols;
	bool is_cut = elf->is_cut;

	if (item == NULL)
		return;
	symbols = json_array();
	for (size_t i = 0; i < elf->exports_len && !is_cut; i++)
		if (is_public(&elf->exports[i])) {
			is_cut = json_int(facts, "symbols") + (int64_t)json_array_size(symbols) >= SYMBOLS_MAX;
			if (!is_cut)
				json_array_append_new(symbols, json_string(elf->exports[i].name));
		}
	if (is_cut)
		json_array_clear(symbols); /* part of them would look like a loss */
	count(facts, "symbols", (int64_t)json_array_size(symbols));
	json_object_set_new(item, "symbols", symbols);
	json_object_set_new(item, "cut", json_boolean(is_cut));
}

static void look(const struct looked *file, json_t *facts)
{
	if (file->elf == NULL)
		return;
	look_wants(file->elf, facts);
	if (file->elf->soname && strcmp(file->elf->kind, "library") == 0 && text_starts(file->elf->soname, "lib"))
		look_library(file, facts);
}

/* ---- comparing */

/* What is gone, and who else needs it: {"needs": {SONAME: PRODUCT or null}, "imports": {NAME: ...}}. */
static void note_gone(json_t *gone, const char *key, const char *name)
{
	json_object_set_new(map_at(gone, key), name, json_null());
}

static void find_users(const struct compare *c, json_t *gone)
{
	static const char *const keys[] = { "needs", "imports" };
	const char *product, *name;
	json_t *facts, *value;

	json_object_foreach((json_t *)(uintptr_t)c->others, product, facts)
		for (size_t i = 0; i < COUNT(keys); i++) {
			json_t *map = json_object_get(gone, keys[i]);

			json_object_foreach(
				json_map(json_map(json_map(facts, c->check->id), "bytes"), keys[i]), name, value)
				if (json_is_null(json_object_get(map, name)))
					json_object_set_new(map, name, json_string(product));
		}
}

/* The other product that needs it; NULL: none that is known. */
static const char *needed_by(const json_t *gone, const char *key, const char *name)
{
	return json_string_value(json_object_get(json_map(gone, key), name));
}

/* Products of which it is not known what they need. */
static void tell_unknown(struct compare *c)
{
	const char *product;
	json_t *facts;

	json_object_foreach((json_t *)(uintptr_t)c->others, product, facts) {
		const json_t *own = json_map(facts, c->check->id);

		if (json_flag(own, "unread") || json_int(json_map(own, "bytes"), "wants-more") > 0)
			finding_add(c, c->check->severity, product, "", "",
				arena_printf(c->arena,
					"Not all that the released product %s needs of others is known, so it may need "
					"what is gone here.",
					product),
				"Submit that product once more, or try it together with this update (sluice test).");
	}
}

static bool is_system(const json_t *item)
{
	static const char *const dirs[] = { "/lib/*", "/lib64/*", "/usr/lib/*", "/usr/lib64/*", "/usr/lib/*-linux-*/*",
		"/lib/*-linux-*/*", "/usr/local/lib/*" };

	for (size_t i = 0; i < COUNT(dirs); i++)
		if (text_glob(dirs[i], fact_path(item)))
			return true;
	return false;
}

static void tell_soname(struct compare *c, const json_t *old, const char *now, const json_t *gone)
{
	const char *soname = json_text(old, "soname"), *product = needed_by(gone, "needs", soname);
	bool is_unknown = c->others == NULL;
	enum severity severity = product || (is_unknown && is_system(old)) ? SEVERITY_MEDIUM
		: is_unknown                                               ? SEVERITY_LOW
									   : SEVERITY_INFO;

	finding_add(c, severity, fact_path(old), soname, now,
		product ? arena_printf(c->arena,
				  "The library %s is gone, and the released product %s needs it: that will no longer "
				  "start.",
				  soname, product)
			: arena_printf(c->arena,
				  "The library %s is gone%s: programs that were linked with it no longer start.",
				  soname,
				  is_unknown ? ""
					     : "; no released product needs it, but programs of the organisation may"),
		"Release what needs it together with this update, or keep the old library beside the new one.");
}

struct gone {
	struct text names;
	size_t len;
	const char *symbol, *product; /* one that another product needs */
};

static json_t *symbols_of(const json_t *item)
{
	json_t *there = json_object(), *name;
	size_t i;

	json_array_foreach(json_list(item, "symbols"), i, name)
		if (json_is_string(name))
			json_object_set_new(there, json_string_value(name), json_true());
	return there;
}

static void note_symbols(json_t *gone, const json_t *old, const json_t *new)
{
	AUTO_JSON *there = symbols_of(new);
	json_t *name;
	size_t i;

	json_array_foreach(json_list(old, "symbols"), i, name)
		if (json_is_string(name) && !json_object_get(there, json_string_value(name)))
			note_gone(gone, "imports", json_string_value(name));
}

static void compare_symbols(struct compare *c, const json_t *old, const json_t *new, const json_t *all_gone)
{
	AUTO_JSON *there = symbols_of(new);
	struct gone gone = { 0 };
	json_t *name;
	size_t i;

	json_array_foreach(json_list(old, "symbols"), i, name) {
		const char *text = json_string_value(name);

		if (text == NULL || json_object_get(there, text))
			continue;
		if (gone.product == NULL && (gone.product = needed_by(all_gone, "imports", text)) != NULL)
			gone.symbol = text;
		if (gone.len++ < SHOWN_MAX)
			text_add(&gone.names, "%s%s", gone.names.len ? ", " : "", text);
	}
	AUTO_FREE char *names = text_take(&gone.names);
	if (gone.len == 0)
		return;
	finding_add(c,
		gone.product        ? SEVERITY_MEDIUM
			: c->others ? SEVERITY_INFO
				    : SEVERITY_LOW,
		fact_path(new), arena_str(c->arena, names), "",
		gone.product ? arena_printf(c->arena,
				       "%s no longer has %s, which the released product %s uses: that will fail (%zu "
				       "functions are gone).",
				       json_text(new, "soname"), gone.symbol, gone.product, gone.len)
			     : arena_printf(c->arena,
				       "%s no longer has %zu of its functions (%s%s): programs that use them fail.",
				       json_text(new, "soname"), gone.len, names, gone.len > SHOWN_MAX ? ", ..." : ""),
		"Try what uses the library against the new one before it is released.");
}

/* Each library that is gone, or is there still and may have lost functions: first noted, then told. */
static void each_library(struct compare *c, json_t *gone, bool is_telling)
{
	const json_t *old = json_map(c->old, "bytes"), *new = json_map(c->new, "bytes");
	AUTO_JSON *index = elf_pairs(fact_items(new, "libraries")), *sonames = json_object();
	json_t *item;
	size_t i;

	json_array_foreach(fact_items(new, "libraries"), i, item)
		json_object_set_new(sonames, json_text(item, "soname"), json_true());
	json_array_foreach(fact_items(old, "libraries"), i, item) {
		const json_t *now = elf_pair(index, item);
		const char *soname = json_text(item, "soname");
		bool is_there = json_object_get(sonames, soname) != NULL,
		     is_same = is_there && now && strcmp(json_text(now, "soname"), soname) == 0 &&
			!json_flag(now, "cut") && !json_flag(item, "cut");

		if (!is_there && is_telling)
			tell_soname(c, item, json_text(now, "soname"), gone);
		else if (!is_there)
			note_gone(gone, "needs", soname);
		else if (is_same && is_telling)
			compare_symbols(c, item, now, gone);
		else if (is_same)
			note_symbols(gone, item, now);
	}
}

/* What abidiff said (repackager/abi_types.h). */
static void tell_types(struct compare *c)
{
	const json_t *types = json_map(c->new, "types");
	const char *untold = json_text(c->new, "untold");
	json_t *item;
	size_t i;

	json_array_foreach(json_list(types, "items"), i, item) {
		bool is_changed = strcmp(json_text(item, "how"), "changed") == 0;
		const char *soname = json_text(item, "soname"), *text = json_text(item, "text");

		finding_add(c, SEVERITY_MEDIUM, fact_path(item), "", text,
			is_changed
				? arena_printf(c->arena,
					  "Functions of %s have other types than before under the same name: programs "
					  "that were built with the old ones start, and then take wrong values.",
					  soname)
				: arena_printf(c->arena, "The types of %s's functions could not be compared: %s.",
					  soname, text),
			"Build what uses the library again, or try it against the new one before it is released.");
	}
	if (*untold)
		finding_add(c, SEVERITY_INFO, "", "", "",
			arena_printf(c->arena, "Types of functions were not compared: %s.", untold),
			"Install abigail-tools where updates are compared.");
	if (json_int(types, "more") > 0)
		finding_add(c, SEVERITY_MEDIUM, "", "", "",
			arena_printf(c->arena, "The types of %lld more libraries were not compared.",
				(long long)json_int(types, "more")),
			"Compare them by hand (abidiff).");
}

static void compare(struct compare *c)
{
	AUTO_JSON *gone = json_object();

	if (c->old == NULL)
		return;
	each_library(c, gone, false);
	find_users(c, gone);
	each_library(c, gone, true);
	if (json_object_size(gone) > 0)
		tell_unknown(c);
	tell_types(c);
	fact_tell_cut_in(c, "bytes", "libraries");
}

const struct check check_abi_broken = {
	.id = "abi-broken",
	.severity = SEVERITY_MEDIUM,
	.waiver = "change-manager",
	.about = "Shared libraries of the package, and functions in them, that are gone: programs that were built with "
		 "them no longer start. Where the "
		 "catalogue is known, what other released products need counts most.",
	.why = "A library has other users than its own package. At submission the released versions of all other "
	       "products are looked at: what one of "
	       "them needs is medium, the rest is information. `sluice diff` of two files knows no other products; "
	       "there a "
	       "lost library of the system's folders is medium, lost functions are low. Where libabigail's abidiff is "
	       "installed and both versions carry debug information, `sluice diff` also compares the types of the "
	       "functions' arguments: other types under the same name are medium. abidiff runs shut in, without "
	       "network, and what it says is cut.",
	.look = look,
	.compare = compare,
};
