/* sbom_components.c - the components that inspect/ found in a package's files, each once and with a name that others know it by (purl). */
#include "base/text.h"
#include "repackager/sbom.h"
#include <ctype.h>
#include <string.h>

/* How each kind's names become a purl: what parts a namespace from the name, and what the registry holds for the same. */
static const struct {
	const char *kind, *type;
	char part;
	bool is_lower, is_dashed;
} kinds[] = {
	{ "go", "golang", '/', true, false },
	{ "cargo", "cargo", 0, false, false },
	{ "npm", "npm", '/', true, false },
	{ "python", "pypi", 0, true, true },
	{ "maven", "maven", ':', false, false },
};

static char *folded(const char *name, bool is_lower, bool is_dashed)
{
	char *copy = mem_strdup(name);

	for (char *at = copy; *at; at++)
		*at = is_dashed && *at == '_' ? '-' : is_lower ? (char)tolower((unsigned char)*at) : *at;
	return copy;
}

/* "" for a kind that has none. */
static char *purl_of(const char *kind, const char *name, const char *version)
{
	struct text out = { 0 };
	size_t i = 0;

	while (i < COUNT(kinds) && strcmp(kinds[i].kind, kind) != 0)
		i++;
	if (i == COUNT(kinds))
		return mem_strdup("");
	AUTO_FREE char *copy = folded(name, kinds[i].is_lower, kinds[i].is_dashed);
	const char between[2] = { kinds[i].part, 0 };
	char *rest = copy, *part;

	text_add(&out, "pkg:%s", kinds[i].type);
	while ((part = strsep(&rest, between)) != NULL) {
		text_add(&out, "/");
		sbom_encode(&out, part);
	}
	if (*version) {
		text_add(&out, "@");
		sbom_encode(&out, version);
	}
	return text_take(&out);
}

/* Go's own library bears the compiler's name ("go1.21.5"); what was built from a folder has no version. */
static const char *version_of(const char *kind, const char *name, const char *version)
{
	if (strcmp(kind, "go") != 0)
		return version;
	if (strcmp(name, "stdlib") == 0 && text_starts(version, "go"))
		return version + 2;
	return strcmp(version, "(devel)") == 0 ? "" : version;
}

int64_t sbom_components_of(const struct sbom_job *job, sbom_components *ret)
{
	const json_t *list = json_map(job->inside, "components");
	AUTO_JSON *known = json_object();
	json_t *item;
	size_t i;

	json_array_foreach(json_list(list, "items"), i, item) {
		const char *kind = json_text(item, "kind"), *name = json_text(item, "name"),
			   *version = version_of(kind, name, json_text(item, "version"));
		AUTO_FREE char *key = mem_printf("%s %s %s", kind, name, version);

		if (*name == 0 || json_object_get(known, key))
			continue;
		json_object_set_new(known, key, json_true());
		*LIST_ADD(ret) = (struct sbom_component){ .name = name,
			.version = version,
			.path = json_text(item, "path"),
			.purl = purl_of(kind, name, version) };
	}
	return json_int(list, "more");
}

void sbom_components_done(sbom_components *list)
{
	for (size_t i = 0; i < list->len; i++)
		free(list->at[i].purl);
	LIST_DONE(list);
}
