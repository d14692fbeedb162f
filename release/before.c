/* before.c - what a product replaces: the version that is released, or what was taken over under the names of its packages. */
#include "release/gate/adoption.h"
#include "release/release.h"

static bool gives_way(const json_t *packages, const json_t *served)
{
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package)
		if (adoption_gives_way(package, json_text(served, "target"), json_text(served, "name"),
			    json_text(served, "architecture")))
			return true;
	return false;
}

/* Whatever channels serve and would leave them for these packages; a file that several channels serve once. */
static int take_adopted(struct release *r, const char *channel, const json_t *packages, json_t *found, struct err *e)
{
	AUTO_JSON *release = NULL;
	json_t *one;
	size_t i;

	if (release_current(r, channel, &release, e))
		return -1;
	json_array_foreach(json_list(release, "packages"), i, one)
		if (json_flag(one, "adopted") && gives_way(packages, one) &&
			!json_find(found, "sha256", json_text(one, "sha256")))
			json_array_append(found, one);
	return 0;
}

int candidate_before(struct release *r, const char *product, const json_t *packages, json_t **ret, struct err *e)
{
	AUTO_JSON *released = NULL, *found = json_array();
	const char *channel;
	json_t *place;

	if (candidate_released(r, product, &released, e))
		return -1;
	if (!released)
		json_object_foreach(json_map(release_policy(r), "channels"), channel, place)
			if (take_adopted(r, channel, packages, found, e))
				return -1;
	if (json_array_size(found))
		released = json_pack("{s:s, s:s, s:O, s:s, s:s, s:[], s:s, s:b}", "product", product, "version",
			json_text(json_array_get(found, 0), "version"), "packages", found, "facts", "", "recipe", "",
			"evidence", "candidate", "", "adopted", true);
	*ret = json_incref(released);
	return 0;
}
