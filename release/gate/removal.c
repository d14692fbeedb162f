/* removal.c - which packages an RfC takes out of a channel, and whether they are still those that were voted on. */
#include "release/gate/removal.h"
#include <string.h>

static json_t *identity(const json_t *package)
{
	static const char *const members[] = { "target", "name", "version", "architecture", "product", "sha256" };
	json_t *one = json_object();

	for (size_t i = 0; i < COUNT(members); i++)
		json_set_str(one, members[i], json_text(package, members[i]));
	return one;
}

static bool holds(const json_t *list, const json_t *one)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		if (json_equal(item, one))
			return true;
	return false;
}

json_t *removal_of(const json_t *release, const char *name)
{
	json_t *list = json_array(), *package;
	size_t i;

	json_array_foreach(json_list(release, "packages"), i, package) {
		AUTO_JSON *one = strcmp(json_text(package, "name"), name) == 0 ? identity(package) : NULL;

		if (one && !holds(list, one))
			json_array_append(list, one);
	}
	return list;
}

int removal_fits(const json_t *rfc, const json_t *last, struct err *e)
{
	const char *id = json_text(rfc, "id"), *name = json_text(json_map(rfc, "request"), "remove");
	AUTO_JSON *served = removal_of(last, name);
	const json_t *named = json_list(rfc, "removes");
	size_t i;
	json_t *package;

	if (!json_array_size(served))
		return err_verdict(e, "E_GATE", "%s: '%s' is not served there any more", id, name);
	json_array_foreach(served, i, package)
		if (!holds(named, package))
			return err_verdict(e, "E_GATE",
				"%s: %s %s (%s) is served now, which is not what was voted on; open a new RfC", id,
				name, json_text(package, "version"), json_text(package, "target"));
	return 0;
}

bool removal_takes(const json_t *entry, const json_t *package)
{
	AUTO_JSON *one = identity(package);

	return holds(json_list(entry, "removes"), one);
}

bool removal_stands(const json_t *entry, const json_t *packages)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_list(entry, "removes"), i, item)
		if (json_find(packages, "name", json_text(item, "name")))
			return false;
	return json_array_size(json_list(entry, "removes")) > 0;
}
