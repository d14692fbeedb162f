/* adoption.c - what an RfC takes over: its evidence as packages, and whether the channel is still without any for that target. */
#include "release/gate/adoption.h"
#include "release/gate/packed.h"
#include <string.h>

static int odd(const char *why, struct err *e)
{
	return err_verdict(e, "E_MISMATCH", "what is taken over: %s", why);
}

static bool is_whole(const json_t *package)
{
	static const char *const texts[] = { "name", "version", "architecture", "sha256", "location", "fragment" };

	for (size_t i = 0; i < COUNT(texts); i++)
		if (!*json_text(package, texts[i]))
			return false;
	return json_int(package, "size") > 0;
}

static int check(const json_t *request, const json_t *evidence, struct err *e)
{
	const json_t *body = json_map(evidence, "body"), *packages = json_list(body, "packages"), *package;
	const char *format = json_text(body, "format");
	size_t i;

	if (strcmp(json_text(evidence, "kind"), "adoption") != 0 || !json_array_size(packages))
		return odd("the evidence lists no packages", e);
	if (json_array_size(packages) > ADOPTION_PACKAGES_MAX)
		return odd("it has too many packages", e);
	if (strcmp(json_text(body, "target"), json_text(request, "adopt")) != 0 ||
		(strcmp(format, "deb") != 0 && strcmp(format, "rpm") != 0))
		return odd("the evidence is of another target, or of no format that is known here", e);
	if (!json_is_string(json_object_get(body, "path")) || strchr(json_text(body, "suite"), '/') ||
		*json_text(body, "suite") == '.' || !json_is_string(json_object_get(body, "suite")))
		return odd("its suite or path is not of its form", e);
	json_array_foreach(packages, i, package)
		if (!is_whole(package))
			return odd("a package of it is not whole", e);
	return 0;
}

json_t *adoption_of(const json_t *request, const json_t *evidence, struct err *e)
{
	const json_t *body = json_map(evidence, "body");
	json_t *made;

	if (check(request, evidence, e))
		return NULL;
	made = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "target", json_text(request, "adopt"), "channel",
		json_text(request, "into-channel"), "format", json_text(body, "format"), "evidence",
		json_text(request, "adopts"), "packages", (json_int_t)json_array_size(json_list(body, "packages")),
		"signed", json_text(body, "signed"), "text", ADOPTION_TEXT);
	if (!made)
		odd("a name in it is not UTF-8", e);
	return made;
}

json_t *adoption_packages(const json_t *evidence)
{
	const json_t *body = json_map(evidence, "body");
	json_t *list = json_array(), *target = json_object_get(body, "target"),
	       *format = json_object_get(body, "format"), *path = json_object_get(body, "path"),
	       *suite = json_object_get(body, "suite"), *item;
	size_t i;

	json_array_foreach(json_list(body, "packages"), i, item) {
		AUTO_JSON *package = packed_get(item), *one = json_copy(package);

		json_object_set(one, "target", target);
		json_object_set(one, "format", format);
		json_object_set(one, "path", path);
		json_object_set(one, "suite", suite);
		json_set_str(one, "candidate", "");
		json_object_set(one, "product", json_object_get(one, "name"));
		json_object_set_new(one, "adopted", json_true());
		json_array_append_new(list, packed_make(one));
	}
	return list;
}

int adoption_fits(const json_t *rfc, const json_t *last, struct err *e)
{
	const char *id = json_text(rfc, "id"), *target = json_text(json_map(rfc, "adopts"), "target");
	const json_t *entry, *item;
	size_t i, k;

	json_array_foreach(json_list(last, "packages"), i, item)
		if (strcmp(json_text(item, "target"), target) == 0 && strcmp(json_text(item, "rfc"), id) != 0)
			return err_verdict(e, "E_GATE",
				"%s: the channel serves %s %s for target '%s' already (%s); a repository is taken over "
				"before anything else is released there",
				id, json_text(item, "name"), json_text(item, "version"), target,
				json_text(item, "rfc"));
	json_array_foreach(json_list(last, "releases"), i, entry)
		json_array_foreach(json_list(entry, "removes"), k, item)
			if (strcmp(json_text(item, "target"), target) == 0)
				return err_verdict(e, "E_GATE",
					"%s: the channel served target '%s' before (%s took %s out)", id, target,
					json_text(entry, "rfc"), json_text(item, "name"));
	return 0;
}

static bool is_everywhere(const char *architecture)
{
	return strcmp(architecture, "all") == 0 || strcmp(architecture, "noarch") == 0;
}

bool adoption_gives_way(const json_t *new, const char *target, const char *name, const char *architecture)
{
	const char *own = json_text(new, "architecture");

	return strcmp(json_text(new, "target"), target) == 0 && strcmp(json_text(new, "name"), name) == 0 &&
		(strcmp(own, architecture) == 0 || is_everywhere(own) || is_everywhere(architecture));
}
