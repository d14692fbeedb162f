/* check_sbom.c - components inside the update that came, went or changed their version, and licences that came or went.
 *
 * Facts: {"licences": {"items": [TEXT]}, "bytes": {"components": {"items": [{"path", "kind", "name", "version"}], "more"}, "licences": {"items":
 * [TEXT]}}}. Kinds: "npm", "python", "maven", "go", "cargo". */
#include "base/text.h"
#include "inspect/built_from.h"
#include "inspect/checks.h"
#include "inspect/fact.h"
#include "inspect/jar.h"
#include "inspect/looked.h"
#include <string.h>

/* ---- facts */

static void add_licence(json_t *facts, const char *text)
{
	json_t *list = fact_list_at(facts, "licences");

	if (*text && strlen(text) < 200 && text_is_utf8(text, strlen(text)) &&
		!json_lists(json_list(list, "items"), text))
		fact_add_text(list, text);
}

static void add_component(json_t *facts, const char *path, const char *kind, const char *name, const char *version)
{
	json_t *item = *name ? fact_add(fact_list_at(facts, "components")) : NULL;

	if (item == NULL)
		return;
	json_set_str(item, "path", path);
	json_set_str(item, "kind", kind);
	json_set_str(item, "name", name);
	json_set_str(item, "version", version);
}

static void look_npm(const struct looked *file, json_t *facts)
{
	AUTO_JSON *package = json_loadb((const char *)file->bytes, file->len, 0, NULL);

	add_component(facts, file->entry->path, "npm", json_text(package, "name"), json_text(package, "version"));
	add_licence(facts, json_text(package, "license"));
}

/* "Name: X" among the lines of a header; "" when there is none; malloc. */
static char *header(const struct looked *file, const char *name)
{
	struct slice rest = { (const char *)file->bytes, file->len }, line;
	size_t len = strlen(name);

	while (slice_cut(&rest, '\n', &line)) {
		if (slice_trim(line).len == 0)
			break;
		if (line.len > len && line.at[len] == ':' && strncasecmp(line.at, name, len) == 0) {
			struct slice value = slice_trim((struct slice){ line.at + len + 1, line.len - len - 1 });

			return mem_printf("%.*s", (int)(value.len < 200 ? value.len : 200), value.at);
		}
	}
	return mem_strdup("");
}

static void look_python(const struct looked *file, json_t *facts)
{
	AUTO_FREE char *name = header(file, "Name"), *version = header(file, "Version"),
		       *licence = header(file, "License");

	add_component(facts, file->entry->path, "python", name, version);
	add_licence(facts, licence);
}

/* "License: X" at the beginning of a line of a machine-readable copyright file, the short name only. */
static void look_copyright(const struct looked *file, json_t *facts)
{
	struct slice rest = { (const char *)file->bytes, file->len }, line;

	if (memmem(file->bytes, file->len, "copyright-format", 16) == NULL)
		return;
	while (slice_cut(&rest, '\n', &line)) {
		struct slice value;

		if (line.len < 9 || strncasecmp(line.at, "License:", 8) != 0)
			continue;
		value = slice_trim((struct slice){ line.at + 8, line.len - 8 });
		AUTO_FREE char *text = mem_printf("%.*s", (int)(value.len < 199 ? value.len : 199), value.at);
		add_licence(facts, text);
	}
}

struct adding {
	json_t *facts;
	const char *path;
};
static void add_module(void *to, const char *kind, const char *name, const char *version)
{
	const struct adding *a = to;

	add_component(a->facts, a->path, kind, name, version);
}

static void look(const struct looked *file, json_t *facts)
{
	const char *path = file->entry->path;

	for (size_t i = 0; file->jar && i < file->jar->libraries_len; i++)
		add_component(facts, path, "maven", file->jar->libraries[i].name, file->jar->libraries[i].version);
	size_t more = built_from(file, add_module, &(struct adding){ facts, path });
	if (more > 0)
		fact_add_more(fact_list_at(facts, "components"), more);
	if (!file->is_whole || file->len > MIB(1))
		return;
	if (text_glob("/**/node_modules/**/package.json", path))
		look_npm(file, facts);
	else if (text_ends(path, ".dist-info/METADATA") || text_ends(path, ".egg-info/PKG-INFO") ||
		text_ends(path, ".egg-info"))
		look_python(file, facts);
	else if (text_starts(path, "/usr/share/doc/") && text_ends(path, "/copyright"))
		look_copyright(file, facts);
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *facts = json_object();

	fact_list_at(facts, "licences");
	add_licence(facts, pkg->license);
	return facts;
}

/* ---- comparing */

static char *key_of(const json_t *item)
{
	return mem_printf("%s %s", json_text(item, "kind"), json_text(item, "name"));
}

static json_t *components_of(const json_t *facts)
{
	return fact_groups(fact_items(json_map(facts, "bytes"), "components"), key_of, "version");
}

/* "1.0, 2.0" */
static const char *versions_text(struct compare *c, const json_t *versions)
{
	struct text t = { 0 };
	const char *version;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)versions, version, value)
		if (t.len < 200)
			text_add(&t, "%s%s", t.len ? ", " : "", version);
	AUTO_FREE char *text = text_take(&t);

	return arena_str(c->arena, text);
}

static void tell_components(struct compare *c)
{
	AUTO_JSON *old = components_of(c->old), *new = components_of(c->new);
	const char *key;
	json_t *versions;

	json_object_foreach(new, key, versions) {
		json_t *before = json_object_get(old, key);

		if (before && json_equal(before, versions))
			continue;
		finding_add(c, SEVERITY_INFO, key, before ? versions_text(c, before) : "", versions_text(c, versions),
			arena_printf(c->arena,
				before ? "The component %s inside the update has another version."
				       : "The component %s is new inside the update.",
				key),
			"");
	}
	json_object_foreach(old, key, versions)
		if (json_object_get(new, key) == NULL)
			finding_add(c, SEVERITY_INFO, key, versions_text(c, versions), "",
				arena_printf(c->arena, "The component %s is no longer inside the update.", key), "");
}

static void licences_into(json_t *all, const json_t *facts)
{
	json_t *item;
	size_t i;

	json_array_foreach(fact_items(facts, "licences"), i, item)
		if (json_is_string(item))
			json_object_set_new(all, json_string_value(item), json_true());
}

static void tell_licences(struct compare *c)
{
	AUTO_JSON *old = json_object(), *new = json_object();
	const char *text;
	json_t *value;

	licences_into(old, c->old);
	licences_into(old, json_map(c->old, "bytes"));
	licences_into(new, c->new);
	licences_into(new, json_map(c->new, "bytes"));
	json_object_foreach(new, text, value)
		if (json_object_get(old, text) == NULL)
			finding_add(c, SEVERITY_INFO, "licence", "", text,
				arena_printf(c->arena, "A licence is new in the update: %s.", text),
				"See that the organisation may use it.");
	json_object_foreach(old, text, value)
		if (json_object_get(new, text) == NULL)
			finding_add(c, SEVERITY_INFO, "licence", text, "",
				arena_printf(c->arena, "A licence is no longer in the update: %s.", text), "");
}

static void compare(struct compare *c)
{
	if (c->old == NULL)
		return;
	tell_components(c);
	tell_licences(c);
	fact_tell_cut_in(c, "bytes", "components");
}

const struct check check_sbom = {
	.id = "sbom",
	.severity = SEVERITY_INFO,
	.waiver = "change-manager",
	.about = "Components inside the update (npm, Python, Maven, Go, Rust) and licences that came, went or changed.",
	.why = "What is inside an update decides which security notices concern it and under which licences it "
	       "may be used. Nothing here needs a decision by itself. Components are known by the files that "
	       "npm, Python and Maven leave, and by what Go and cargo auditable write into programs; what else is "
	       "linked into a program is not seen here.",
	.look = look,
	.collect = collect,
	.compare = compare,
};
