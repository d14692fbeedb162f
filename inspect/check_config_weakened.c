/* check_config_weakened.c - settings that protect something and are now weaker, gone, or new and weak. Only active lines of configuration count.
 *
 * Facts: {"bytes": {"keys": {"items": [{"path", "key", "value", "line"}], "more"}, "files": {"items": [PATH]}, "large":
 * {"items": [{"path", "digest"}]}}}: only keys that config_keys.c knows; "files": all that were read; lines: rights.h; "large": those that could not be, or not to
 * their end. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/config_keys.h"
#include "inspect/config_options.h"
#include "inspect/config_placed.h"
#include "inspect/fact.h"
#include "inspect/looked.h"
#include "inspect/rights.h"
#include <ctype.h>
#include <string.h>

/* ---- looking */

enum { VALUE_SHOWN = 16384 };
struct looking {
	json_t *facts;
	const char *path;
	bool is_cut;
};

static void keep(struct looking *l, const char *key, const char *value, unsigned line)
{
	const struct config_rule *rule = config_rule_of(l->path, key);
	json_t *item;

	if (rule == NULL || (item = fact_add(fact_list_at(l->facts, "keys"))) == NULL)
		return;
	json_set_str(item, "path", l->path);
	json_set_str(item, "key", key);
	l->is_cut |= strlen(value) > VALUE_SHOWN;
	json_set_bytes(item, "value", value, strnlen(value, VALUE_SHOWN));
	json_object_set_new(item, "line", json_integer(line));
}

static void keep_option(void *to, const struct config_item *item, const char *key, const char *value)
{
	keep(to, key, value, item->line);
}

/* The whole of that file is one word: "DEFAULT", or "DEFAULT:SHA1". */
static void look_policy(struct looking *l, const struct config *config)
{
	for (size_t i = 0; strstr(l->path, "/crypto-policies/") && i < config->items.len; i++) {
		const struct config_item *at = &config->items.at[i];
		bool is_bare = strcmp(at->value, "on") == 0;
		AUTO_FREE char *policy = mem_printf("%s%s%s", at->key, is_bare ? "" : ":", is_bare ? "" : at->value);

		keep(l, "crypto-policy", policy, at->line);
	}
}

static void look(const struct looked *file, json_t *facts)
{
	struct looking l = { facts, file->entry->path, false };

	rights_look(file, facts);
	if (file->config == NULL) {
		if (config_is_place(file->entry) && strcmp(file->content.kind, "empty") != 0)
			fact_add_unread(facts, file);
		return;
	}
	fact_add_text(fact_list_at(facts, "files"), l.path);
	look_policy(&l, file->config);
	l.is_cut = file->config->more > 0;
	for (size_t i = 0; i < file->config->items.len; i++) {
		const struct config_item *item = &file->config->items.at[i];

		keep(&l, item->key, item->value, item->line);
		l.is_cut |= !config_options(item, keep_option, &l);
	}
	if (l.is_cut)
		fact_add_unread(facts, file);
}

/* ---- comparing */

enum { RANKS = 100 };
/* All items of one key in one file: the weakest counts (of KEY_ANY_TLS the best). */
struct setting {
	const char *path, *key, *value;
	int64_t line;
	const struct config_rule *rule;
	struct config_standing standing;
	unsigned short ranks[RANKS],
		unclear; /* how many items have that rank, or a value that only the program knows */
	const char *unclear_value;
};
enum { CANDIDATES_MAX = 256 /* settings of one name that are looked at for one that has moved */ };
struct settings {
	json_t *index; /* {"PATH\nKEY": number of the setting} */
	json_t *names; /* {"last part of the key": [numbers]} */
	json_t *paths; /* {PATH: true} */
	bool is_any;   /* there are more paths than could be listed: any may be one of them */
	struct setting *at;
	size_t len, room;
};

static const char *text_of(const json_t *item, const char *key, const char *raw)
{
	const char *text = json_text(item, key);

	return *text ? text : json_text(item, raw);
}

/* One spelling of a file in an old and a new version: its place in a merged /usr, and no version in its name's folders. */
static char *file_key(const char *path, const char *key)
{
	AUTO_FREE char *place = fact_key(path);
	char *text = mem_printf("%s\n%s", place, key);

	for (char *at = text; *at; at++)
		*at = *at == '-' ? '_' : (char)tolower((unsigned char)*at);
	return text;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* use_ssl, use-ssl and useSSL are one name. */
static char *bare_name(const char *text)
{
	char *copy = mem_strdup(text), *to = copy;

	for (const char *at = copy; *at; at++)
		if (*at != '-' && *at != '_' && *at != ' ')
			*to++ = (char)tolower((unsigned char)*at);
	*to = 0;
	return copy;
}

static void add_name(struct settings *s, const char *last)
{
	AUTO_FREE char *name = bare_name(last);
	json_t *list = json_object_get(s->names, name);

	if (list == NULL) {
		list = json_array();
		json_object_set_new(s->names, name, list);
	}
	json_array_append_new(list, json_integer((json_int_t)s->len));
}

/* The setting that a member of index or names stands for; NULL: none. */
static struct setting *setting_at(const struct settings *s, const json_t *number)
{
	size_t i = (size_t)json_integer_value(number);

	return number && s->at && i < s->len ? &s->at[i] : NULL;
}

static void count(struct setting *all, const struct setting *one)
{
	int rank = one->standing.rank;

	if (rank >= 0 && rank < RANKS && all->ranks[rank] < UINT16_MAX)
		all->ranks[rank]++;
	if (rank < 0 && config_is_unclear(one->value) && all->unclear < UINT16_MAX) {
		all->unclear++;
		all->unclear_value = one->value;
	}
}

static void settings_add(struct settings *s, const json_t *item)
{
	struct setting one = { .path = fact_path(item),
		.key = text_of(item, "key", "key_raw"),
		.value = text_of(item, "value", "value_raw"),
		.line = json_int(item, "line") };
	AUTO_FREE char *name = file_key(one.path, one.key);
	struct setting *known = setting_at(s, json_object_get(s->index, name));

	one.rule = config_rule_of(one.path, one.key);
	if (one.rule == NULL)
		return;
	one.standing = config_standing_of(one.rule, one.value);
	if (known == NULL) {
		count(&one, &one);
		list_grow((void **)&s->at, &s->room, s->len, sizeof *s->at);
		s->at[s->len] = one;
		add_name(s, name_of(one.key));
		json_object_set_new(s->index, name, json_integer((json_int_t)s->len++));
		return;
	}
	count(known, &one);
	one.standing.bad |= known->standing.bad;
	known->standing.bad = one.standing.bad;
	if (one.standing.rank >= 0 &&
		(known->standing.rank < 0 ||
			(one.rule->kind == KEY_ANY_TLS) != (one.standing.rank < known->standing.rank))) {
		known->value = one.value;
		known->line = one.line;
		known->standing = one.standing;
	}
}

static void settings_read(struct settings *s, const json_t *facts)
{
	json_t *item;
	size_t i;

	*s = (struct settings){ .index = json_object(), .names = json_object(), .paths = json_object() };
	json_array_foreach(fact_items(facts, "keys"), i, item)
		settings_add(s, item);
	json_array_foreach(fact_items(facts, "files"), i, item)
		if (json_is_string(item))
			json_object_set_new(s->paths, json_string_value(item), json_true());
	s->is_any = fact_more(facts, "files") > 0;
}

static void settings_done(struct settings *s)
{
	json_decref(s->index);
	json_decref(s->names);
	json_decref(s->paths);
	free(s->at);
}

static const struct setting *in_file(const struct settings *s, const char *path, const char *key)
{
	AUTO_FREE char *name = file_key(path, key);

	return setting_at(s, json_object_get(s->index, name));
}

static bool has_path(const struct settings *s, const char *path)
{
	return s->is_any || json_object_get(s->paths, path) != NULL;
}

/* The same setting in the other version, wherever it has gone to: the same file, a file of the same name, or another section or file that does not
 * have it in this version. `mine` are the settings that `wanted` is one of. */
static const struct setting *counterpart(
	const struct settings *s, const struct settings *mine, const struct setting *wanted)
{
	const struct setting *found = in_file(s, wanted->path, wanted->key), *moved = NULL;
	AUTO_FREE char *name = bare_name(name_of(wanted->key));
	json_t *list = json_object_get(s->names, name), *number;
	size_t i;

	if (found)
		return found;
	json_array_foreach(list, i, number) {
		const struct setting *at = setting_at(s, number);

		if (i >= CANDIDATES_MAX || at == NULL)
			break;
		if (strcasecmp(at->key, wanted->key) == 0 && strcmp(name_of(at->path), name_of(wanted->path)) == 0)
			return at;
		if (moved == NULL && in_file(mine, at->path, at->key) == NULL)
			moved = at;
	}
	return moved;
}

static const char *where_of(struct compare *c, const struct setting *s)
{
	return arena_printf(c->arena, "%s:%s", s->path, s->key);
}

static const char remedy[] = "Ask the vendor why, and set the old value again in the recipe or on the machines before "
			     "the update is let through.";

static void tell_weaker(struct compare *c, const struct setting *old, const struct setting *new)
{
	finding_add(c, SEVERITY_HIGH, where_of(c, new), old->value, new->value,
		arena_printf(c->arena, "The setting '%s' is weaker than before (%s became %s). It decides whether %s.",
			name_of(new->key), *old->value ? old->value : "empty", *new->value ? new->value : "empty",
			new->rule->means),
		remedy);
}

static void tell_hidden(struct compare *c, const struct setting *old, const struct setting *new)
{
	finding_add(c, SEVERITY_HIGH, where_of(c, new), old->value, new->unclear_value,
		arena_printf(c->arena,
			"The setting '%s' was %s and now depends on something else (%s). It decides whether %s.",
			name_of(new->key), old->value, new->unclear_value, new->rule->means),
		remedy);
}

/* What guards what is sent, and who may log in. */
static bool is_guard(const struct config_rule *rule)
{
	static const char *const means[] = { ENCRYPTS, VERIFIES, VERSIONS, CIPHERS, LOGIN };

	for (size_t i = 0; i < COUNT(means); i++)
		if (strcmp(rule->means, means[i]) == 0)
			return true;
	return false;
}

/* Out of a file that stayed, a switch was taken on purpose. */
static enum severity severity_of_removed(const struct setting *old, bool is_file_gone)
{
	const struct config_rule *rule = old->rule;
	bool is_switch = rule->kind == KEY_LEVEL && rule->unset == UNSET_UNKNOWN && is_guard(rule);

	return !is_file_gone && (is_switch || rule->unset == UNSET_WEAK) ? SEVERITY_HIGH : SEVERITY_MEDIUM;
}

static void tell_removed(struct compare *c, const struct setting *old, bool is_file_gone)
{
	enum severity severity = severity_of_removed(old, is_file_gone);

	finding_add(c, severity, where_of(c, old), old->value, "",
		arena_printf(c->arena,
			"The setting '%s' (it was %s) is no longer there. It decided whether %s; without it %s.",
			name_of(old->key), old->value, old->rule->means,
			old->rule->unset == UNSET_WEAK ? "that is no longer so" : "the program decides by itself"),
		remedy);
}

static void tell_added(struct compare *c, const struct setting *new, bool is_file_new)
{
	enum severity severity = is_file_new || new->rule->unset == UNSET_UNKNOWN ? SEVERITY_MEDIUM : SEVERITY_HIGH;

	finding_add(c, severity, where_of(c, new), "", new->value,
		arena_printf(c->arena, "The new setting '%s' has a weak value (%s). It decides whether %s.",
			name_of(new->key), *new->value ? new->value : "empty", new->rule->means),
		"Ask the vendor why it is set that way, and give it a strong value in the recipe or on the machines.");
}

/* Several of one name in one file (a server each): are there more weak ones, and fewer that are stronger? */
static bool is_shifted(const struct setting *old, const struct setting *new)
{
	unsigned weak_old = 0, weak_new = 0, all_old = 0, all_new = 0;

	for (int i = 0; i < RANKS; i++) {
		all_old += old->ranks[i];
		all_new += new->ranks[i];
	}
	for (int i = 0; i < RANKS && new->rule->kind != KEY_ANY_TLS &&new->rule->kind != KEY_CIPHERS; i++) {
		weak_old += old->ranks[i];
		weak_new += new->ranks[i];
		if (weak_new > weak_old && all_new - weak_new < all_old - weak_old)
			return true;
	}
	return false;
}

/* A strong value became one that nobody can tell from the file. */
static bool is_hidden(const struct setting *old, const struct setting *new)
{
	return new->unclear > old->unclear &&config_is_strong(old->rule, old->standing);
}

static void compare_new(struct compare *c, const struct settings *old, const struct settings *new)
{
	for (size_t i = 0; i < new->len; i++) {
		const struct setting *at = &new->at[i], *before = counterpart(old, new, at);

		if (before &&
			(config_is_weaker(before->standing, at->standing) || is_shifted(before, at) ||
				config_is_switched_off(at->rule, before->value, at->value)))
			tell_weaker(c, before, at);
		else if (before && is_hidden(before, at))
			tell_hidden(c, before, at);
		else if (before == NULL && at->rule->unset != UNSET_WEAK && config_is_weak(at->rule, at->standing) &&
			strstr(at->key, "listen-tls") == NULL)
			tell_added(c, at, !has_path(old, at->path));
	}
}

static void compare_gone(struct compare *c, const struct settings *old, const struct settings *new)
{
	for (size_t i = 0; i < old->len; i++) {
		const struct setting *at = &old->at[i];

		bool is_file_gone = !has_path(new, at->path);
		bool is_told = at->rule->unset != UNSET_STRONG && !(at->rule->unset == UNSET_USUAL && is_file_gone);

		if (is_told && config_is_strong(at->rule, at->standing) && strstr(at->key, "listen-tls") == NULL &&
			counterpart(new, old, at) == NULL)
			tell_removed(c, at, is_file_gone);
	}
}

/* Much that lies where configuration does is data: it counts when it could be read before, or has the name of configuration in /etc. */
static bool is_read(const void *paths, const char *path)
{
	return (text_starts(path, "/etc/") && config_is_named(path)) || json_object_get(paths, path) != NULL;
}

static void compare(struct compare *c)
{
	struct settings old, new;

	if (c->old == NULL)
		return;
	c->old = json_map(c->old, "bytes");
	c->new = json_map(c->new, "bytes");
	settings_read(&old, c->old);
	settings_read(&new, c->new);
	compare_new(c, &old, &new);
	compare_gone(c, &old, &new);
	fact_tell_unread(c, c->old, c->new,
		"This configuration file could not be read to its end (it is too long or no text), so not all can be "
		"said about it.",
		is_read, old.paths);
	settings_done(&old);
	settings_done(&new);
	rights_compare(c, c->old, c->new);
	fact_tell_cut(c, "keys");
}

const struct check check_config_weakened = {
	.id = "config-weakened",
	.severity = SEVERITY_HIGH,
	.waiver = "security-officer",
	.about = "Settings in configuration files that decide on encryption, on checking who the other side is, on "
		 "logins and on signatures: "
		 "switched off, lowered, removed, or new with a weak value; lines that give rights away (sudoers, PAM, "
		 "polkit, D-Bus) or open a debugger, and guarding lines that are gone.",
	.why = "One changed word in a shipped configuration file decides for every machine that never changed "
	       "it. Keys are known by a table (encryption, checking of the other side, logins, ciphers, "
	       "signatures) with an order of their values; comments, documentation and examples do not count. "
	       "Set the strong value in the recipe. Known false alarms: a key of the same name that means "
	       "something else, and a setting that moved to a file whose form is not known.",
	.look = look,
	.compare = compare,
};
