/* check_introduced.c - a first version has nothing to be compared with: everything it brings is told as facts to read. Counts and short lists only. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/fact.h"
#include "inspect/looked.h"
#include "inspect/places.h"
#include <string.h>

enum {
	SHOWN_MAX = 50 /* items of a list in one finding */,
	NAMES_MAX = 64 /* different interpreters that are told apart */
};

/* What is listed by name, each kept in a bounded list of texts. */
static const struct topic {
	const char *key, *text, *remedy;
} topics[] = {
	{ "setuid", "Programs that run with the rights of their owner or group whoever starts them.",
		"Know why each of them needs it." },
	{ "capabilities", "Programs that hold a part of the administrator's power.",
		"Know why each of them needs it." },
	{ "world-writable", "Files and folders that everybody may change.", "Narrow their modes in the recipe." },
	{ "services", "Services, timers and sockets that it brings.", "Know what runs all the time and what listens." },
	{ "scripts", "Scripts that run as the administrator when it is installed, upgraded or removed.",
		"Read them before saying yes." },
	{ "requires", "What it requires of the machine.", "See that each of them is kept up to date." },
	{ "config", "Configuration files.", "Decide who keeps them." },
	{ "folders", "Folders that it brings files into.", "See that they are where the organisation wants them." },
};

static void count(json_t *facts, const char *key, const char *what)
{
	json_t *counts = json_object_get(facts, key);

	if (*what == 0)
		return;
	if (counts == NULL) {
		counts = json_object();
		json_object_set_new(facts, key, counts);
	}
	if (json_object_get(counts, what) == NULL && json_object_size(counts) >= NAMES_MAX)
		what = "others";
	json_object_set_new(counts, what, json_integer(json_int(counts, what) + 1));
}

static void look(const struct looked *file, json_t *facts)
{
	count(facts, "kinds", file->content.kind);
	count(facts, "machines", file->content.machine);
	count(facts, "interpreters", file->content.interpreter);
	if (strcmp(file->content.kind, "private-key") == 0)
		fact_add_text(fact_list_at(facts, "private-keys"), file->entry->path);
}

static bool is_unit(const char *path)
{
	static const char *const patterns[] = { "/usr/lib/systemd/system/*", "/etc/systemd/system/*", "/etc/init.d/*" };

	return place_fits(patterns, COUNT(patterns), path);
}

static void collect_entry(json_t *facts, const struct pkg *pkg, const struct entry *at)
{
	uint32_t mode = fact_mode(pkg, at);

	count(facts, "entries", entry_type_name(at->type));
	if (at->type == ENTRY_SYMLINK)
		return;
	if (at->type == ENTRY_DIR) {
		if (mode & 0002)
			fact_add_text(fact_list_at(facts, "world-writable"), at->path);
		return;
	}
	if (mode & 06000)
		fact_add_text(fact_list_at(facts, "setuid"), at->path);
	if (mode & 0002)
		fact_add_text(fact_list_at(facts, "world-writable"), at->path);
	if (at->capabilities[0])
		fact_add_text(fact_list_at(facts, "capabilities"), at->path);
	if (is_unit(at->path))
		fact_add_text(fact_list_at(facts, "services"), at->path);
	if (at->flags & ENTRY_CONFIG)
		fact_add_text(fact_list_at(facts, "config"), at->path);
}

/* The first two components of each file's folder, once: entries are sorted, so repeats mostly follow one another. */
static void collect_folders(json_t *facts, const struct pkg *pkg)
{
	AUTO_JSON *seen = json_object();

	for (size_t i = 0; i < pkg->entries.len; i++) {
		const char *path = pkg->entries.at[i].path, *second, *third;
		AUTO_FREE char *folder = NULL;

		if (pkg->entries.at[i].type == ENTRY_DIR || path[0] != '/' || (second = strchr(path + 1, '/')) == NULL)
			continue;
		third = strchr(second + 1, '/');
		folder = mem_printf("%.*s", (int)((third ? third : second) - path), path);
		if (json_object_size(seen) >= FACT_LIST_MAX || !text_is_utf8(folder, strlen(folder)) ||
			json_object_get(seen, folder))
			continue;
		json_object_set_new(seen, folder, json_true());
		fact_add_text(fact_list_at(facts, "folders"), folder);
	}
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *facts = json_object();
	uint64_t size = 0;

	for (size_t i = 0; i < pkg->entries.len; i++) {
		collect_entry(facts, pkg, &pkg->entries.at[i]);
		size += pkg->entries.at[i].size;
	}
	collect_folders(facts, pkg);
	for (size_t i = 0; i < pkg->scripts.len; i++) {
		const struct script *s = &pkg->scripts.at[i];
		AUTO_FREE char *text = mem_printf("%s (%s, %zu bytes)", s->source, s->interpreter, s->len);

		fact_add_text(fact_list_at(facts, "scripts"), text);
	}
	for (size_t i = 0; i < pkg->relations.len; i++) {
		const struct relation *r = &pkg->relations.at[i];

		if (r->kind == REL_REQUIRES || r->kind == REL_PRE_REQUIRES)
			fact_add_text(fact_list_at(facts, "requires"), r->text[0] ? r->text : r->name);
	}
	json_object_set_new(facts, "size", json_integer((json_int_t)(size & INT64_MAX)));
	return facts;
}

/* "12 file, 3 dir": keys in the order of their names, so that the sentence is always the same. */
static char *counts_text(const json_t *counts)
{
	struct text t = { 0 };
	AUTO_JSON *copy = json_is_object(counts) ? json_copy((json_t *)(uintptr_t)counts) : json_object();

	while (json_object_size(copy) > 0) {
		const char *least = NULL, *key;
		json_t *value;

		json_object_foreach(copy, key, value)
			if (least == NULL || strcmp(key, least) < 0)
				least = key;
		text_add(&t, "%s%s %lld", t.len ? ", " : "", least, (long long)json_int(copy, least));
		key = mem_strdup(least);
		json_object_del(copy, key);
		free((void *)(uintptr_t)key);
		if (t.len > 2000)
			break;
	}
	return text_take(&t);
}

static void tell_counts(struct compare *c, const char *where, const json_t *counts, const char *text)
{
	AUTO_FREE char *list = counts_text(counts);

	if (*list)
		finding_add(c, SEVERITY_INFO, where, "", list, text, "");
}

static void tell_topic(struct compare *c, const struct topic *t, const json_t *facts)
{
	const json_t *items = fact_items(facts, t->key);
	struct text list = { 0 };
	size_t total = json_array_size(items);
	AUTO_FREE char *shown = NULL;

	for (size_t i = 0; i < total && i < SHOWN_MAX; i++) {
		const char *item = json_string_value(json_array_get(items, i));

		text_add(&list, "%s%s", list.len ? ", " : "", item ? item : "");
	}
	if (total > SHOWN_MAX || fact_more(facts, t->key) > 0)
		text_add(&list, ", and %lld more",
			(long long)(total > SHOWN_MAX ? total - SHOWN_MAX : 0) + (long long)fact_more(facts, t->key));
	shown = text_take(&list);
	if (total > 0)
		finding_add(c, SEVERITY_INFO, t->key, "", shown, t->text, t->remedy);
}

static void compare(struct compare *c)
{
	const json_t *bytes = json_map(c->new, "bytes");

	if (c->old != NULL)
		return;
	tell_counts(c, "entries", json_map(c->new, "entries"), "How many files, folders and links it brings.");
	tell_counts(c, "content", json_map(bytes, "kinds"), "What the files are, told by their content.");
	tell_counts(c, "machines", json_map(bytes, "machines"), "The processors its programs and libraries are for.");
	tell_counts(c, "interpreters", json_map(bytes, "interpreters"), "What runs its scripts.");
	for (size_t i = 0; i < COUNT(topics); i++)
		tell_topic(c, &topics[i], c->new);
	tell_topic(c,
		&(const struct topic){ "private-keys",
			"Private keys inside the package: everybody who has the package has them.",
			"Ask the vendor; a key that protects anything must not be in there." },
		bytes);
}

const struct check check_introduced = {
	.id = "introduced",
	.severity = SEVERITY_INFO,
	.waiver = "change-manager",
	.about = "A first version has nothing to be compared with: everything it brings, as facts to read.",
	.why = "A first version cannot be compared, so nothing in it can be called a weakening. What it "
	       "brings that gives rights, opens ports or runs by itself is listed once, to be read by "
	       "whoever answers for the machines.",
	.look = look,
	.collect = collect,
	.compare = compare,
};
