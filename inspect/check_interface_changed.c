/* check_interface_changed.c - what people's work depends on and is gone: commands, D-Bus names, keys of configuration files. Over the whole update.
 *
 * Facts: {"commands": {"items": [{"path", "name"}], "more"}, "dbus": LIST alike, "bytes": {"keys": {PATH: {KEY: true}}, "keys-more": N}}. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/config.h"
#include "inspect/fact.h"
#include "inspect/looked.h"
#include "inspect/shell_words.h"
#include <ctype.h>
#include <string.h>

enum { KEY_LONGEST = 256, KEYS_MAX = 4096, SHOWN_MAX = 10 };

/* ---- facts */

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add(json_t *list, const char *path)
{
	json_t *item = fact_add(list);

	if (item == NULL)
		return;
	json_set_str(item, "path", path);
	json_set_str(item, "name", base_of(path));
}

static bool is_command(const char *path)
{
	static const char *const patterns[] = { "/usr/bin/*", "/bin/*", "/usr/sbin/*", "/sbin/*", "/usr/local/bin/*",
		"/usr/local/sbin/*", "/usr/games/*", "/opt/*/bin/*" };

	for (size_t i = 0; i < COUNT(patterns); i++)
		if (text_glob(patterns[i], path))
			return true;
	return false;
}

/* update-alternatives --install LINK NAME PATH PRIORITY [--slave LINK NAME PATH]: LINK is a command too. */
static void add_alternatives(json_t *list, const struct script *s)
{
	struct shell_words shell;

	if (s->body == NULL || memmem(s->body, s->len, "alternatives", 12) == NULL)
		return;
	shell_words_read(&shell, s->body, s->len);
	for (size_t i = 0; i < shell.commands.len; i++) {
		const struct shell_command *c = &shell.commands.at[i];

		for (size_t k = 0; k + 1 < c->len; k++)
			if ((strcmp(c->words[k], "--install") == 0 || strcmp(c->words[k], "--slave") == 0) &&
				strchr(c->words[k + 1], '$') == NULL && is_command(c->words[k + 1]))
				add(list, c->words[k + 1]);
	}
	fact_add_more(list, shell.more);
	shell_words_done(&shell);
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *commands = fact_list(), *dbus = fact_list();

	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *at = &pkg->entries.at[i];

		if (at->type == ENTRY_DIR)
			continue;
		if (is_command(at->path))
			add(commands, at->path);
		else if (text_glob("/usr/share/dbus-1/*services/*", at->path) ||
			text_glob("/usr/share/dbus-1/interfaces/*", at->path))
			add(dbus, at->path);
	}
	for (size_t i = 0; i < pkg->scripts.len; i++)
		add_alternatives(commands, &pkg->scripts.at[i]);
	return json_pack("{s:o, s:o}", "commands", commands, "dbus", dbus);
}

/* my-key and My_Key are one setting to most programs. */
static char *one_spelling(const char *key)
{
	char *text = mem_strdup(key);

	for (char *at = text; *at; at++)
		*at = *at == '-' ? '_' : (char)tolower((unsigned char)*at);
	return text;
}

static void look(const struct looked *file, json_t *facts)
{
	json_t *all = json_object_get(facts, "keys"), *keys;
	const char *path = file->entry->path;
	int64_t count = json_int(facts, "keys-count");

	if (file->config == NULL || text_starts(path, "/etc/cron") ||
		(!(file->entry->flags & ENTRY_CONFIG) && !text_starts(path, "/etc/")) ||
		strcmp(file->content.kind, "text") != 0 || text_starts(path, "/etc/init.d/") ||
		!text_is_utf8(path, strlen(path)))
		return;
	if (all == NULL) {
		all = json_object();
		json_object_set_new(facts, "keys", all);
	}
	keys = json_object();
	json_object_set_new(all, path, keys);
	for (size_t i = 0; i < file->config->items.len; i++) {
		AUTO_FREE char *key = one_spelling(file->config->items.at[i].key);

		if (strlen(key) > KEY_LONGEST || json_object_get(keys, key) || !text_is_utf8(key, strlen(key)))
			continue;
		if (count >= KEYS_MAX) {
			json_object_set_new(facts, "keys-more", json_integer(json_int(facts, "keys-more") + 1));
			continue;
		}
		json_object_set_new(keys, key, json_true());
		count++;
	}
	json_object_set_new(facts, "keys-count", json_integer(count));
}

/* ---- comparing */

static void tell_gone(struct compare *c, const char *list, enum severity severity, const char *what, const char *effect)
{
	AUTO_JSON *names = json_object();
	json_t *item;
	size_t i;

	json_array_foreach(fact_items(c->new, list), i, item)
		json_object_set_new(names, json_text(item, "name"), json_true());
	json_array_foreach(fact_items(c->old, list), i, item) {
		const char *name = json_text(item, "name");

		if (*name == 0 || json_object_get(names, name))
			continue;
		json_object_set_new(names, name, json_true());
		finding_add(c, severity, fact_path(item), name, "",
			arena_printf(c->arena, "The %s %s is gone: %s.", what, name, effect),
			"Ask who uses it, and the vendor what took its place, before the update is let through.");
	}
}

static void tell_keys(struct compare *c, const char *path, const json_t *old, const json_t *new)
{
	struct text t = { 0 };
	const char *key;
	json_t *value;
	size_t count = 0;

	json_object_foreach((json_t *)(uintptr_t)old, key, value) {
		if (json_object_get(new, key))
			continue;
		if (count++ < SHOWN_MAX)
			text_add(&t, "%s%s", count > 1 ? ", " : "", key);
	}
	if (count > SHOWN_MAX)
		text_add(&t, " and %zu more", count - SHOWN_MAX);
	AUTO_FREE char *shown = text_take(&t);

	if (count > 0)
		finding_add(c, SEVERITY_LOW, path, shown, "",
			arena_printf(c->arena,
				"Settings are no longer in %s: %s. Who set them to something else should know.", path,
				shown),
			"Compare it with the files on the machines.");
}

static void compare(struct compare *c)
{
	json_t *old = json_map(json_map(c->old, "bytes"), "keys"), *new = json_map(json_map(c->new, "bytes"), "keys"),
	       *keys;
	const char *path;

	if (c->old == NULL)
		return;
	tell_gone(c, "commands", SEVERITY_MEDIUM, "command", "what calls it stops working");
	tell_gone(c, "dbus", SEVERITY_LOW, "D-Bus name", "what asks for it gets no answer");
	json_object_foreach(old, path, keys)
		if (json_object_get(new, path))
			tell_keys(c, path, keys, json_object_get(new, path));
	if (json_int(json_map(c->old, "bytes"), "keys-more") > 0)
		finding_add(c, SEVERITY_LOW, "", "", "",
			"The configuration files hold more settings than can be listed, so not all of them were "
			"compared.",
			"Compare them by hand where it matters.");
	fact_tell_cut(c, "commands");
	fact_tell_cut(c, "dbus");
}

const struct check check_interface_changed = {
	.id = "interface-changed",
	.severity = SEVERITY_MEDIUM,
	.waiver = "change-manager",
	.about = "What people's work and other programs depend on and is gone: commands, D-Bus names, settings of "
		 "configuration files.",
	.why = "Scripts, cron lines and other programs call commands by name; nothing tells that one is gone "
	       "before it fails. Ask who uses it, look for it on the machines. Known false alarm: a command that "
	       "moved to another package which is not part of this update: put both packages into the "
	       "comparison.",
	.look = look,
	.collect = collect,
	.compare = compare,
};
