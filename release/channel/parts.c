/* parts.c - which files of a snapshot belong to which targets, and the note about those that were left out. */
#include "release/channel/parts.h"
#include "base/fs.h"
#include "base/text.h"
#include "release/channel/snapshots.h"
#include <string.h>

enum { NOTE_MAX = 64 << 10, TARGETS_MAX = 1000, NAME_LEN_MAX = 64 };

/* ---- which is which */
/* Where the index lies that lists the package: everything below belongs to it. Malloc. */
static char *index_of(const json_t *package)
{
	const char *base = json_text(package, "base");

	return strcmp(json_text(package, "format"), "deb") == 0
		? mem_printf("%s/dists/%s/", base, json_text(package, "suite"))
		: mem_printf("%s/repodata/", base);
}

void parts_see(json_t *layout, const json_t *package)
{
	AUTO_FREE char *index = index_of(package);
	json_t *targets = json_map(layout, index);

	if (!targets) {
		targets = json_object();
		json_object_set_new(layout, index, targets);
	}
	json_object_set_new(targets, json_text(package, "target"), json_true());
}

void parts_of(const json_t *layout, const json_t *targets, struct parts *ret)
{
	struct parts p = { json_incref((json_t *)targets), json_incref((json_t *)layout), json_object() };
	const char *index, *target;
	json_t *its, *any;

	json_object_foreach(p.layout, index, its) {
		bool is_held = targets == NULL;

		json_object_foreach(its, target, any)
			is_held = is_held || json_lists(targets, target);
		json_object_set_new(p.indexes, index, json_boolean(is_held));
	}
	*ret = p;
}

void parts_done(struct parts *p)
{
	json_decref(p->targets);
	json_decref(p->layout);
	json_decref(p->indexes);
	*p = (struct parts){ 0 };
}

/* One suite's name may be the beginning of another's: the longest beginning decides. */
static bool holds_index(const struct parts *p, const char *path)
{
	size_t longest = 0;
	bool is_held = true;
	const char *beginning;
	json_t *held;

	json_object_foreach(p->indexes, beginning, held)
		if (strlen(beginning) > longest && text_starts(path, beginning)) {
			longest = strlen(beginning);
			is_held = json_is_true(held);
		}
	return is_held;
}

bool parts_hold(const struct parts *p, const char *list, const json_t *item)
{
	AUTO_FREE char *index = NULL;

	if (!p->targets)
		return true;
	if (strcmp(list, "packages") != 0)
		return holds_index(p, json_text(item, "path"));
	index = index_of(item);
	return json_is_true(json_object_get(p->indexes, index));
}

json_t *parts_targets(const struct parts *p, bool is_held)
{
	AUTO_JSON *whole = json_object();
	json_t *names = json_array(), *its, *any;
	const char *index, *target;

	json_object_foreach(p->layout, index, its)
		json_object_foreach(its, target, any)
			if (json_is_false(json_object_get(p->indexes, index)) || !json_object_get(whole, target))
				json_object_set(whole, target, json_object_get(p->indexes, index));
	json_object_foreach(whole, target, any)
		if (json_is_true(any) == is_held)
			json_array_append_new(names, json_string(target));
	return names;
}

/* ---- the note */
json_t *parts_parse(const char *bytes, size_t len, struct err *e)
{
	AUTO_JSON *note = json_parse(bytes, len, PARTS_FILE, e);
	json_t *targets = json_list(note, "targets"), *one;
	bool is_good = json_array_size(targets) > 0 && json_array_size(targets) <= TARGETS_MAX;
	size_t i;

	if (!note)
		return NULL;
	json_array_foreach(targets, i, one)
		is_good = is_good && json_is_string(one) && *json_string_value(one) &&
			json_string_length(one) <= NAME_LEN_MAX;
	if (is_good && strcmp(json_text(note, "type"), "sluice-targets") == 0 && json_int(note, "version") == 1)
		return json_incref(targets);
	err_input(e, "E_METADATA", "%s: it is no note of a pull that left targets out", PARTS_FILE);
	return NULL;
}

int parts_read(const char *dir, json_t **ret, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, PARTS_FILE), *bytes = NULL;
	json_t *targets = NULL;
	size_t len;

	if (fs_exists(path)) {
		if (fs_read_file(path, NOTE_MAX, &bytes, &len, e) || !(targets = parts_parse(bytes, len, e)))
			return -1;
	}
	*ret = targets;
	return 0;
}

int parts_write(const char *tree, const json_t *targets, struct err *e)
{
	AUTO_JSON *note = json_pack(
		"{s:s, s:i, s:O}", "type", "sluice-targets", "version", 1, "targets", (json_t *)targets);
	AUTO_FREE char *bytes = NULL;
	size_t len;

	return json_canonical(note, &bytes, &len, e) || tree_write(tree, PARTS_FILE, bytes, len, e) ? -1 : 0;
}
