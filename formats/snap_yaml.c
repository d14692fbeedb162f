/* snap_yaml.c - a snap's meta/snap.yaml as package metadata. Source: "The snap format" in the snapcraft reference. */
#include "base/text.h"
#include "base/yaml.h"
#include "formats/relation.h"
#include "formats/squashfs.h"
#include <string.h>

static const struct yaml_schema any = { .kind = YAML_ANY };
static const struct yaml_schema map = { .kind = YAML_DICT, .of = &any };

/* An error of the file's author, not of whoever runs us. Aliases can make a small text huge, so they count as too much metadata. */
static int parse(const char *text, size_t len, json_t **ret, struct err *e)
{
	struct err why = { 0 };

	if (yaml_parse(text, len, "meta/snap.yaml", &map, ret, &why) == 0)
		return 0;
	if (why.class != ERR_USAGE) {
		*e = why;
		return -1;
	}
	return err_input(e,
		strstr(why.text, "aliases (") || strstr(why.text, "anchors (") ? "E_LIMIT_METADATA" : "E_METADATA",
		"%s", why.text);
}

/* snapd's rule: lower case letters, digits and single dashes inside, at least one letter, at most 40. */
static bool is_name(const char *name)
{
	size_t len = strlen(name);
	bool has_letter = false;

	if (len == 0 || len > 40 || name[0] == '-' || name[len - 1] == '-')
		return false;
	for (const char *at = name; *at; at++) {
		bool is_letter = *at >= 'a' && *at <= 'z';

		has_letter |= is_letter;
		if (!is_letter && !(*at >= '0' && *at <= '9') && (*at != '-' || at[1] == '-'))
			return false;
	}
	return has_letter;
}

/* snapd's rule: at most 32 of letters, digits and : . + ~ -, beginning and ending with one that is no mark. */
static bool is_version(const char *version)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t len = strlen(version);

	return len > 0 && len <= 32 && strchr(plain, version[0]) &&
		strspn(version, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:.+~-") == len &&
		strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+~", version[len - 1]);
}

static int text_of(const json_t *yaml, const char *key, struct pkg *pkg, const char **ret, struct err *e)
{
	const json_t *value = json_object_get(yaml, key);

	if (value == NULL)
		return 0;
	if (!json_is_string(value))
		return err_input(e, "E_METADATA", "'%s' is no text", key);
	*ret = arena_str(&pkg->arena, json_string_value(value));
	return *ret ? 0 : err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
}

/* One architecture: ours. None: any machine's. Several, or one we have no name for: kept as a field, and the user has to choose. */
static int take_architecture(const json_t *yaml, struct pkg *pkg, struct err *e)
{
	const json_t *list = json_object_get(yaml, "architectures"), *first;
	const char *known;

	if (list == NULL) {
		pkg->architecture = "noarch";
		pkg->architecture_native = "all";
		return 0;
	}
	first = json_is_array(list) ? json_array_get(list, 0) : list;
	if (!json_is_string(first))
		return err_input(e, "E_METADATA", "'architectures' is no list of names");
	pkg->architecture_native = arena_str(&pkg->arena, json_string_value(first));
	if (pkg->architecture_native == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
	known = arch_to_rpm(pkg->architecture_native);
	pkg->architecture = known ? known : pkg->architecture_native;
	if (json_is_array(list) && json_array_size(list) > 1)
		pkg_warn(pkg, "E_AMBIGUOUS", "meta/snap.yaml", "made for %zu architectures; the first, %s, is taken",
			json_array_size(list), pkg->architecture_native);
	return 0;
}

/* "app:NAME" = its command; what it is beside (daemon, plugs) stands behind it. */
static int take_apps(const json_t *yaml, struct pkg *pkg, struct err *e)
{
	json_t *apps = json_object_get(yaml, "apps"), *app;
	const char *key;

	if (apps && !json_is_object(apps) && !(json_is_string(apps) && json_string_length(apps) == 0))
		return err_input(e, "E_METADATA", "'apps' is no map");
	json_object_foreach(apps, key, app) {
		AUTO_FREE char *name = mem_printf("app:%s", key);
		const char *daemon = json_is_object(app) ? json_text(app, "daemon") : "";
		AUTO_FREE char *value = mem_printf("%s%s%s%s", json_is_object(app) ? json_text(app, "command") : "",
			*daemon ? " (daemon: " : "", daemon, *daemon ? ")" : "");

		if (!is_name(key) && strpbrk(key, "/ \n"))
			return err_input(e, "E_METADATA", "'%s' is no name for an app", key);
		if (pkg_field(pkg, name, value))
			return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
	}
	return 0;
}

static int take_fields(const json_t *yaml, struct pkg *pkg, struct err *e)
{
	static const char *const kept[] = { "title", "type", "base", "grade", "confinement", "epoch", "contact",
		"donation", "issues", "source-code" };

	for (size_t i = 0; i < COUNT(kept); i++) {
		const json_t *value = json_object_get(yaml, kept[i]);

		if (json_is_string(value) && pkg_field(pkg, kept[i], json_string_value(value)))
			return err_input(e, "E_LIMIT_MEMORY", "the metadata takes too much memory");
	}
	return 0;
}

/* What a snap promises by living in snapd's confinement, no package manager keeps. */
static void take_losses(const json_t *yaml, struct pkg *pkg)
{
	static const struct {
		const char *key, *why;
		enum loss_class class;
	} lost[] = { { "confinement", "only snapd confines what it starts", LOSS_BEHAVIOUR },
		{ "plugs", "only snapd connects interfaces", LOSS_BEHAVIOUR },
		{ "slots", "only snapd connects interfaces", LOSS_BEHAVIOUR },
		{ "layout", "only snapd puts files at other places for a program", LOSS_BEHAVIOUR },
		{ "hooks", "only snapd runs a snap's hooks", LOSS_BEHAVIOUR },
		{ "base", "the base snap's files are not there", LOSS_BEHAVIOUR },
		{ "apps", "only snapd makes commands and services of a snap's apps", LOSS_BEHAVIOUR } };

	for (size_t i = 0; i < COUNT(lost); i++) {
		const json_t *value = json_object_get(yaml, lost[i].key);

		if (value)
			pkg_lose(pkg, "*", lost[i].class, lost[i].why, "snap:%s%s%s", lost[i].key,
				json_is_string(value) ? "=" : "",
				json_is_string(value) ? json_string_value(value) : "");
	}
}

int snap_metadata(const char *text, size_t len, struct pkg *pkg, struct err *e)
{
	AUTO_JSON *yaml = NULL;

	if (parse(text, len, &yaml, e) || text_of(yaml, "name", pkg, &pkg->name, e) ||
		text_of(yaml, "version", pkg, &pkg->version, e) || text_of(yaml, "summary", pkg, &pkg->summary, e) ||
		text_of(yaml, "description", pkg, &pkg->description, e) ||
		text_of(yaml, "license", pkg, &pkg->license, e) || text_of(yaml, "website", pkg, &pkg->homepage, e))
		return -1;
	if (!is_name(pkg->name))
		return err_input(e, "E_METADATA", "'%s' is no name for a snap", pkg->name);
	if (!is_version(pkg->version))
		return err_input(e, "E_METADATA", "'%s' is no version of a snap", pkg->version);
	if (take_architecture(yaml, pkg, e) || take_apps(yaml, pkg, e) || take_fields(yaml, pkg, e))
		return -1;
	take_losses(yaml, pkg);
	pkg->has_metadata = true;
	return 0;
}
