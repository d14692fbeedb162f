/* signer_place.c - where the packages of a release lie in the tree. */
#include "base/text.h"
#include "release/gate/signer_impl.h"
#include <stdio.h>
#include <string.h>

/* ---- where things lie */
static char *replace_basearch(const char *path, const char *arch)
{
	const char *at = strstr(path, "$basearch");

	return at ? mem_printf("%.*s%s%s", (int)(at - path), path, arch, at + strlen("$basearch")) : mem_strdup(path);
}

static bool is_noarch(const json_t *package)
{
	const char *arch = json_text(package, "architecture");

	return strcmp(arch, "noarch") == 0 || strcmp(arch, "all") == 0;
}

/* {TARGET: {ARCH: true}}: the architectures that packages of a target have; x86_64 when all of them fit everywhere. */
static json_t *architectures(const json_t *packages)
{
	json_t *all = json_object(), *package, *archs;
	const char *target;
	size_t i;

	json_array_foreach(packages, i, package) {
		target = json_text(package, "target");
		if (!json_object_get(all, target))
			json_object_set_new(all, target, json_object());
		if (!is_noarch(package))
			json_object_set_new(
				json_object_get(all, target), json_text(package, "architecture"), json_true());
	}
	json_object_foreach(all, target, archs)
		if (!json_object_size(archs))
			json_object_set_new(archs, "x86_64", json_true());
	return all;
}

/* It stays with the package: the policy's list may be another one when the package leaves. */
static int place_component(const json_t *channel, json_t *one, struct err *e)
{
	const json_t *list = json_list(json_map(channel, "apt"), "components");
	const char *own = json_text(one, "component"), *first = json_string_value(json_array_get(list, 0));

	if (!*own)
		json_set_str(one, "component", first ? first : "main");
	else if (!(list ? json_lists(list, own) : strcmp(own, "main") == 0))
		return err_verdict(e, "E_GATE", "%s: the channel has no component '%s'; the policy's owners can add it",
			json_text(one, "name"), own);
	return 0;
}

static int place_deb(const json_t *channel, const char *name, const json_t *package, json_t *ret, struct err *e)
{
	const char *own = json_text(package, "suite"), *suite = json_text(json_map(channel, "apt"), "suite");
	json_t *one = json_copy((json_t *)package);

	json_set_str(one, "suite", *own ? own : *suite ? suite : name);
	json_object_set_new(one, "base", json_string("deb"));
	json_object_set_new(one, "path", json_sprintf("deb/%s", json_text(package, "location")));
	json_array_append_new(ret, one);
	return place_component(channel, one, e);
}

static void place_rpm(const json_t *archs, const json_t *package, json_t *ret)
{
	const char *path = json_text(package, "path"), *arch;
	bool everywhere = is_noarch(package) && strstr(path, "$basearch");
	json_t *any;

	json_object_foreach((json_t *)archs, arch, any) {
		AUTO_FREE char *below = replace_basearch(
			path, is_noarch(package) ? arch : json_text(package, "architecture"));
		AUTO_FREE char *base = *below ? mem_printf("rpm/%s", below) : mem_strdup("rpm");
		json_t *one = json_copy((json_t *)package);

		json_set_str(one, "base", base);
		json_object_set_new(one, "path", json_sprintf("%s/%s", base, json_text(package, "location")));
		json_array_append_new(ret, one);
		if (!everywhere)
			break;
	}
}

/* No place in the tree is taken by two different packages: an RfC of one product must not replace the bytes of another's. */
static int paths_distinct(const json_t *packages, struct err *e)
{
	AUTO_JSON *seen = json_object();
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package) {
		const char *other = json_text(seen, json_text(package, "path"));

		if (*other && strcmp(other, json_text(package, "sha256")) != 0)
			return err_verdict(e, "E_NAME_COLLISION", "two different packages would lie at %s",
				json_text(package, "path"));
		json_set_str(seen, json_text(package, "path"), json_text(package, "sha256"));
	}
	return 0;
}

int place_packages(const json_t *channel, const char *name, const json_t *packages, json_t *ret, struct err *e)
{
	AUTO_JSON *archs = architectures(packages);
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package) {
		const char *format = json_text(package, "format");

		if (strcmp(format, "deb") == 0) {
			if (place_deb(channel, name, package, ret, e))
				return -1;
		} else if (strcmp(format, "rpm") == 0)
			place_rpm(json_map(archs, json_text(package, "target")), package, ret);
		else
			return err_usage(e, "a channel cannot carry '%s' packages yet", format);
	}
	json_array_foreach(ret, i, package) {
		const char *location = json_text(package, "location");

		if (strstr(json_text(package, "path"), ".."))
			return err_verdict(e, "E_PATH_ESCAPE", "'%s' leaves the tree", json_text(package, "path"));
		if (text_starts(location, "dists/") || text_starts(location, "repodata/"))
			return err_verdict(e, "E_NAME_COLLISION", "'%s' is a place of indexes", location);
	}
	return paths_distinct(ret, e);
}
