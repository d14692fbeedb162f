/* elf_pairs.c - an index with several keys for each file, from sure to likely. A key that two files share finds neither. */
#include "inspect/elf_pairs.h"
#include "base/text.h"
#include "inspect/elf.h"
#include "inspect/fact.h"
#include "inspect/looked.h"
#include <string.h>

json_t *elf_item(const struct looked *file, json_t *facts, const char *key)
{
	const struct elf *elf = file->elf;
	json_t *item;

	if (elf == NULL)
		return NULL;
	item = fact_add(fact_list_at(facts, key));
	if (item == NULL)
		return NULL;
	json_set_str(item, "path", file->entry->path);
	json_set_str(item, "machine", elf->machine);
	if (elf->soname)
		json_set_str(item, "soname", elf->soname);
	return item;
}

bool elf_is_unseen(const struct looked *file)
{
	bool is_program = strcmp(file->content.kind, "program") == 0 || strcmp(file->content.kind, "library") == 0,
	     is_archive = file->len >= 4 && memcmp(file->bytes, "PK\x03\x04", 4) == 0;

	return ((is_program && (file->elf == NULL || file->elf->is_cut)) || (is_archive && !file->is_whole)) &&
		!text_starts(file->entry->path, "/usr/lib/debug/");
}

/* Without digits and the dots between them: "/opt/a-1.2/lib/liba.so.1.2" and its successor read the same. */
static char *stem(const char *text)
{
	char *ret = mem_strdup(text);
	size_t len = 0;

	for (const char *at = text; *at; at++) {
		bool is_digit = *at >= '0' && *at <= '9',
		     is_dot = *at == '.' &&
			((at[1] >= '0' && at[1] <= '9') || (at > text && at[-1] >= '0' && at[-1] <= '9' && at[1] == 0));

		if (!is_digit && !is_dot)
			ret[len++] = *at;
	}
	ret[len] = 0;
	return ret;
}

enum { KEYS = 4 };

/* "" where the item has no such key. */
static void keys_of(const json_t *item, char *ret[KEYS])
{
	const char *path = fact_path(item), *machine = json_text(item, "machine"), *soname = json_text(item, "soname");
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *usr = fact_key(path), *short_path = stem(usr), *name = stem(slash ? slash + 1 : path);

	ret[0] = mem_printf("place %s %s", machine, usr);
	ret[1] = mem_printf("stem %s %s", machine, short_path);
	ret[2] = *soname ? mem_printf("soname %s %s", machine, soname) : mem_strdup("");
	ret[3] = *name ? mem_printf("name %s %s", machine, name) : mem_strdup("");
}

static void free_keys(char *keys[KEYS])
{
	for (size_t i = 0; i < KEYS; i++)
		free(keys[i]);
}

json_t *elf_pairs(const json_t *items)
{
	json_t *index = json_object(), *item;
	size_t i;

	json_array_foreach(items, i, item) {
		char *keys[KEYS];

		keys_of(item, keys);
		for (size_t k = 0; k < KEYS; k++)
			if (*keys[k] && json_object_get(index, keys[k]) && k > 0)
				json_object_set_new(index, keys[k], json_null());
			else if (*keys[k])
				json_object_set(index, keys[k], item);
		free_keys(keys);
	}
	return index;
}

const json_t *elf_pair(const json_t *index, const json_t *item)
{
	const json_t *found = NULL;
	char *keys[KEYS];

	keys_of(item, keys);
	for (size_t k = 0; k < KEYS && !json_is_object(found); k++)
		found = *keys[k] ? json_object_get(index, keys[k]) : NULL;
	free_keys(keys);
	return json_is_object(found) ? found : NULL;
}
