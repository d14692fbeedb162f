/* fact.c - bounded lists of facts. A package of half a million entries leaves only what its checks need. */
#include "inspect/fact.h"
#include "base/digest.h"
#include "base/text.h"
#include "inspect/looked.h"
#include <string.h>

json_t *fact_list(void)
{
	return json_pack("{s:[]}", "items");
}

json_t *fact_list_at(json_t *facts, const char *key)
{
	json_t *list = json_object_get(facts, key);

	if (list == NULL) {
		list = fact_list();
		json_object_set_new(facts, key, list);
	}
	return list;
}

char *fact_short(const char *text, size_t most)
{
	char digest[65];

	if (strlen(text) <= most)
		return mem_strdup(text);
	AUTO_FREE char *beginning = text_beginning(text, most);
	sha256_hex(text, strlen(text), digest);
	return mem_printf("%s (%.12s)", beginning, digest);
}

void fact_add_more(json_t *list, size_t more)
{
	if (more > 0)
		json_object_set_new(list, "more", json_integer(json_int(list, "more") + (json_int_t)more));
}

static json_t *room_for_one(json_t *list)
{
	json_t *items = json_list(list, "items");

	if (json_array_size(items) < FACT_LIST_MAX)
		return items;
	fact_add_more(list, 1);
	return NULL;
}

json_t *fact_add(json_t *list)
{
	json_t *items = room_for_one(list), *item;

	if (items == NULL)
		return NULL;
	item = json_object();
	json_array_append_new(items, item);
	return item;
}

json_t *fact_add_text(json_t *list, const char *text)
{
	json_t *items = room_for_one(list);
	AUTO_JSON *holder = json_object();
	json_t *value;

	if (items == NULL)
		return NULL;
	json_set_str(holder, "t", text);
	value = json_object_get(holder, "t");
	if (value == NULL)
		value = json_object_get(holder, "t_raw");
	json_array_append(items, value);
	return value;
}

json_t *fact_items(const json_t *facts, const char *key)
{
	return json_list(json_object_get(facts, key), "items");
}

int64_t fact_more(const json_t *facts, const char *key)
{
	return json_int(json_object_get(facts, key), "more");
}

const char *fact_path(const json_t *item)
{
	const char *path = json_text(item, "path");

	return *path ? path : json_text(item, "path_raw");
}

/* One spelling for what merged /usr makes one file. */
char *fact_key(const char *path)
{
	static const char *const merged[] = { "/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/" };

	for (size_t i = 0; i < COUNT(merged); i++)
		if (text_starts(path, merged[i]))
			return mem_printf("/usr%s", path);
	return mem_strdup(path);
}

json_t *fact_index(const json_t *items)
{
	json_t *index = json_object();
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item) {
		AUTO_FREE char *key = fact_key(fact_path(item));

		json_object_set(index, key, item);
	}
	return index;
}

const json_t *fact_find(const json_t *index, const char *path)
{
	AUTO_FREE char *key = fact_key(path);

	return json_object_get(index, key);
}

static void tell_cut(struct compare *c, const json_t *old, const json_t *new, const char *key)
{
	int64_t more = fact_more(new, key), before = fact_more(old, key);
	const char *count;

	if (more <= 0 && before <= 0)
		return;
	count = arena_printf(c->arena, "%lld", (long long)(more > before ? more : before));
	finding_add(c, c->check->severity, "", "", "",
		arena_printf(c->arena,
			"There are %s more of these than can be listed, so not all of them were compared.", count),
		"Look at this package by hand (sluice inspect) before anybody says yes.");
}

void fact_tell_cut(struct compare *c, const char *key)
{
	tell_cut(c, c->old, c->new, key);
}

void fact_tell_cut_in(struct compare *c, const char *part, const char *key)
{
	tell_cut(c, json_map(c->old, part), json_map(c->new, part), key);
}

void fact_add_unread(json_t *facts, const struct looked *file)
{
	json_t *item = fact_add(fact_list_at(facts, "large"));
	char digest[65];

	if (item == NULL)
		return;
	json_set_str(item, "path", file->entry->path);
	if (!file->is_whole)
		return;
	sha256_hex(file->bytes, file->len, digest);
	json_set_str(item, "digest", digest);
}

void fact_tell_unread(
	struct compare *c, const json_t *old, const json_t *new, const char *text, fact_counts *counts, const void *to)
{
	AUTO_JSON *index = fact_index(fact_items(old, "large"));
	json_t *item;
	size_t i;

	json_array_foreach(fact_items(new, "large"), i, item) {
		const char *path = fact_path(item), *digest = json_text(item, "digest");
		const json_t *before = fact_find(index, path);

		if ((counts && !counts(to, path)) ||
			(before && *digest && strcmp(json_text(before, "digest"), digest) == 0))
			continue;
		finding_add(c, before ? SEVERITY_MEDIUM : c->check->severity, path, "", "", text,
			"Have somebody look at it by hand.");
	}
	tell_cut(c, old, new, "large");
}

bool fact_reports(struct compare *c, const json_t **ret_old, const json_t **ret_new)
{
	*ret_old = json_map(c->old, "report");
	*ret_new = json_map(c->new, "report");
	if (c->old == NULL || (*ret_old == NULL && *ret_new == NULL))
		return false;
	if (*ret_old && *ret_new)
		return true;
	finding_add(c, c->check->severity, "", "", "",
		arena_printf(c->arena, "This check could not run: the %s version was not tried on the test system.",
			*ret_old ? "new" : "old"),
		"Give the reports of both versions (sluice test), or have somebody look at this by hand.");
	return false;
}

json_t *fact_groups(const json_t *items, char *(*key)(const json_t *item), const char *member)
{
	json_t *all = json_object(), *item;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)items, i, item) {
		AUTO_FREE char *name = key(item);
		json_t *values = json_object_get(all, name);

		if (values == NULL) {
			values = json_object();
			json_object_set_new(all, name, values);
		}
		json_object_set_new(values, json_text(item, member), json_true());
	}
	return all;
}

int fact_rank(const char *words, const char *value)
{
	for (int at = 0;; at++) {
		size_t len = strcspn(words, "|");

		if (strlen(value) == len && strncasecmp(words, value, len) == 0)
			return at;
		if (words[len] == 0)
			return -1;
		words += len + 1;
	}
}

uint32_t fact_mode(const struct pkg *pkg, const struct entry *entry)
{
	const struct entry wanted = { .path = entry->target }, *file;

	if (entry->type != ENTRY_HARDLINK || pkg->entries.len == 0)
		return entry->mode;
	file = bsearch(&wanted, pkg->entries.at, pkg->entries.len, sizeof wanted, entry_order);
	return file ? file->mode : entry->mode;
}
