/* rules.c - relocations and file rules, see rules.h. */
#include "repackager/rules.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const verbs[] = { "move", "exclude", "match", "add", "dir", "symlink", "rewrite" };

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "too many changed paths");
}

bool path_beneath(const char *path, const char *top)
{
	size_t len = strlen(top);

	if (len == 1)
		return true;
	return strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* ---- loading */

static enum config_wish config_of(const json_t *json)
{
	static const char *const wishes[] = { "", "keep", "replace", "no" };
	const char *text = json_text(json, "config");

	for (size_t i = 0; i < COUNT(wishes); i++)
		if (strcmp(wishes[i], text) == 0)
			return (enum config_wish)i;
	return CONFIG_UNSAID;
}

static const char *attribute(const json_t *json, const char *key)
{
	const char *text = json_text(json, key);

	return text[0] ? text : NULL;
}

/* "/opt/acme/" and the like in normal form; NULL with an error when it leaves the package. */
static const char *normal(struct rules *r, const struct document *d, const char *place, const char *path, struct err *e)
{
	const char *clean = text_path(r->arena, path, strlen(path));

	if (!clean || text_has_control(path)) {
		clean = NULL;
		document_error(d, place, e, "'%s' is no path inside a package", path);
	}
	return clean;
}

static int add_rule(struct rules *r, const struct document *d, const json_t *json, size_t index, struct err *e)
{
	struct rule rule = { .mode = -1, .config = config_of(json), .document = d };
	const char *to = json_text(json, "to"), *as = json_text(json, "as"), *mode = json_text(json, "mode");

	for (size_t i = 0; i < COUNT(verbs); i++)
		if (json_object_get(json, verbs[i])) {
			rule.verb = (enum verb)i;
			rule.from = json_text(json, verbs[i]);
		}
	rule.place = arena_printf(r->arena, "files/%zu", index);
	if (!rule.place)
		return no_room(e);
	rule.owner = attribute(json, "owner");
	rule.group = attribute(json, "group");
	if (mode[0])
		rule.mode = (int32_t)strtol(mode, NULL, 8) & 07777;
	if ((rule.verb == VERB_MOVE || rule.verb == VERB_SYMLINK) && !to[0])
		return document_error(d, rule.place, e, "'%s' wants 'to'", verbs[rule.verb]);
	if (rule.verb == VERB_ADD && !as[0])
		return document_error(d, rule.place, e, "'add' wants 'as'");
	rule.to = rule.verb == VERB_ADD ? as : to;
	if (rule.verb == VERB_MOVE || rule.verb == VERB_DIR || rule.verb == VERB_SYMLINK)
		rule.from = normal(r, d, rule.place, rule.from, e);
	if (rule.from && (rule.verb == VERB_MOVE || rule.verb == VERB_ADD))
		rule.to = normal(r, d, rule.place, rule.to, e);
	if (!rule.from || !rule.to)
		return -1;
	*LIST_ADD(r) = rule;
	return 0;
}

static bool recipe_moves(const struct document *recipe, const char *path)
{
	json_t *rule;
	size_t i;

	json_array_foreach(document_at(recipe, "files"), i, rule) {
		const char *from = json_text(rule, "move");
		if (from[0] && path_beneath(path, from))
			return true;
	}
	return false;
}

/* "/opt/{vendor}": "/opt/org/{vendor}"; skipped where the vendor is not known or the recipe moves the same place itself. */
static int add_relocation(struct rules *r, const struct document *house, const struct document *recipe,
	const struct words *w, const char *from, const char *to, struct err *e)
{
	struct err why = { 0 };
	struct rule rule = { .verb = VERB_MOVE, .mode = -1, .document = house, .uses = 1 };

	rule.place = arena_printf(r->arena, "relocate");
	rule.from = words_fill(w, r->arena, from, &why);
	if (!rule.from && strstr(from, "{vendor}"))
		return 0;
	rule.to = rule.from ? words_fill(w, r->arena, to, &why) : NULL;
	if (!rule.to)
		return document_error(house, "relocate", e, "%s", why.text);
	rule.from = normal(r, house, "relocate", rule.from, e);
	rule.to = rule.from ? normal(r, house, "relocate", rule.to, e) : NULL;
	if (!rule.to)
		return -1;
	if (!recipe_moves(recipe, rule.from))
		*LIST_ADD(r) = rule;
	return 0;
}

int rules_load(const struct document *house, const struct document *recipe, const struct identity *id, struct arena *a,
	struct rules *ret, struct err *e)
{
	struct rules r = { .arena = a };
	struct words w = { 0 };
	json_t *to, *rule;
	const char *from;
	size_t i;
	int failed = 0;

	words_add(&w, "product", id->product[0] ? id->product : id->name);
	words_add(&w, "name", id->name);
	if (id->vendor[0])
		words_add(&w, "vendor", id->vendor);
	json_object_foreach(document_at(house, "relocate"), from, to)
		failed = failed || add_relocation(&r, house, recipe, &w, from, json_string_value(to), e);
	json_array_foreach(document_at(recipe, "files"), i, rule)
		failed = failed || add_rule(&r, recipe, rule, i, e);
	json_array_foreach(document_at(house, "rules/rewrite"), i, rule)
		*LIST_ADD(&r) = (struct rule){ .verb = VERB_REWRITE,
			.from = json_string_value(rule),
			.mode = -1,
			.document = house,
			.place = "rules/rewrite",
			.uses = 1 };
	if (failed) {
		rules_done(&r);
		return -1;
	}
	*ret = r;
	return 0;
}

bool documents_move(const struct document *house, const struct document *recipe)
{
	json_t *rule;
	size_t i;

	json_array_foreach(document_at(recipe, "files"), i, rule)
		if (json_object_get(rule, "move"))
			return true;
	return json_object_size(document_at(house, "relocate")) > 0;
}

void rules_done(struct rules *r)
{
	LIST_DONE(r);
}

/* ---- one name */

const char *rule_moved(const struct rules *r, const struct rule *rule, const char *path)
{
	const char *rest = path + (rule->from[1] ? strlen(rule->from) : 0);

	if (!path_beneath(path, rule->from))
		return path;
	if (!rule->to[1]) /* to the root */
		return rest[0] ? arena_str(r->arena, rest) : arena_str(r->arena, "/");
	return arena_printf(r->arena, "%s%s", rule->to, rest);
}

const char *rules_moved(const struct rules *r, const char *path)
{
	for (size_t i = 0; path && i < r->len; i++)
		if (r->at[i].verb == VERB_MOVE)
			path = rule_moved(r, &r->at[i], path);
	return path;
}

bool rule_matches(const char *pattern, const char *path)
{
	char deep[4200];

	if (pattern[0] == '/' || text_starts(pattern, "**"))
		return text_glob(pattern, path);
	snprintf(deep, sizeof deep, "**/%s", pattern);
	return text_glob(deep, path);
}

bool rule_excludes(const char *pattern, const char *path)
{
	char up[4200];

	if (rule_matches(pattern, path))
		return true;
	if (strlen(path) >= sizeof up)
		return false;
	strcpy(up, path);
	for (char *slash = strrchr(up, '/'); slash && slash > up; slash = strrchr(up, '/')) {
		*slash = '\0';
		if (rule_matches(pattern, up))
			return true;
	}
	return false;
}

/* ---- symbolic links keep pointing at what they pointed at */

/* target, seen from the link at path, as a path inside the package; NULL: it leaves the package or there is no room. */
static const char *resolve(const struct rules *r, const char *path, const char *target)
{
	AUTO(text) all = { 0 };
	AUTO(text) clean = { 0 };
	const char *slash = strrchr(path, '/');
	struct slice rest, part;

	if (target[0] != '/')
		text_bytes(&all, path, (size_t)(slash - path));
	text_add(&all, "/%s", target);
	rest = slice_of(all.at);
	while (slice_cut(&rest, '/', &part)) {
		if (part.len == 0 || slice_is(part, "."))
			continue;
		if (!slice_is(part, "..")) {
			text_bytes(&clean, "/", 1);
			text_bytes(&clean, part.at, part.len);
			continue;
		}
		if (clean.len == 0)
			return NULL;
		while (clean.len > 0 && clean.at[--clean.len] != '/')
			continue;
	}
	return arena_copy(r->arena, clean.len ? clean.at : "/", clean.len ? clean.len : 1);
}

const char *rule_relative(const struct rules *r, const char *path, const char *target)
{
	AUTO(text) out = { 0 };
	size_t common = 0;

	for (size_t i = 0; path[i] && path[i] == target[i]; i++)
		if (path[i] == '/')
			common = i + 1;
	for (const char *at = path + common; (at = strchr(at, '/')) != NULL; at++)
		text_add(&out, "../");
	text_add(&out, "%s", target + common);
	if (out.len > 1 && out.at[out.len - 1] == '/')
		out.len--;
	return out.len ? arena_copy(r->arena, out.at, out.len) : arena_str(r->arena, ".");
}

static int follow(
	const struct rules *r, const struct rule *rule, const char *old_path, struct entry *entry, struct err *e)
{
	const char *at = resolve(r, old_path, entry->target), *now = at ? rule_moved(r, rule, at) : NULL;

	if (!at || !now || (now == at && (old_path == entry->path || entry->target[0] == '/')))
		return 0; /* it leads outside, or nothing changed */
	entry->target = entry->target[0] == '/' ? now : rule_relative(r, entry->path, now);
	return entry->target ? 0 : no_room(e);
}

static bool any_matches(const struct rule *rule, const struct entry *entry)
{
	if (rule->verb == VERB_DIR)
		return entry->type == ENTRY_DIR && strcmp(entry->path, rule->from) == 0;
	if (rule_matches(rule->from, entry->path))
		return true;
	for (size_t i = 0; i < entry->links_len; i++)
		if (rule_matches(rule->from, entry->links[i]))
			return true;
	return false;
}

bool rules_rewrite(const struct rules *r, const struct entry *entry)
{
	bool is_one = false;

	for (size_t i = 0; i < r->len; i++) {
		if (r->at[i].verb != VERB_REWRITE || !any_matches(&r->at[i], entry))
			continue;
		r->at[i].uses++;
		is_one = true;
	}
	return is_one;
}

/* ---- one rule */

static int on_names(struct rules *r, struct rule *rule, struct entry *entry, struct err *e)
{
	const char *single[1], **names = single, *old_path = entry->path;
	size_t kept = 0;

	if (entry->links_len > 0)
		names = arena_alloc(r->arena, (entry->links_len + 1) * sizeof *names);
	if (!names)
		return no_room(e);
	for (size_t i = 0; i <= entry->links_len; i++) {
		const char *name = i ? entry->links[i - 1] : entry->path;
		if (rule->verb == VERB_EXCLUDE && rule_excludes(rule->from, name)) {
			rule->uses++;
			continue;
		}
		names[kept] = rule->verb == VERB_MOVE ? rule_moved(r, rule, name) : name;
		if (!names[kept])
			return no_room(e);
		rule->uses += names[kept] != name;
		kept++;
	}
	entry->path = kept ? names[0] : NULL;
	entry->links = kept > 1 ? names + 1 : NULL;
	entry->links_len = kept ? kept - 1 : 0;
	if (kept && rule->verb == VERB_MOVE && entry->type == ENTRY_SYMLINK)
		return follow(r, rule, old_path, entry, e);
	return 0;
}

/* A mode is for what has one of its own; config is for files. */
static void set_attributes(const struct rule *rule, struct entry *entry)
{
	if (rule->mode >= 0 && entry->type != ENTRY_SYMLINK)
		entry->mode = (uint32_t)rule->mode;
	if (rule->owner) {
		entry->owner = rule->owner;
		entry->uid = strcmp(rule->owner, "root") == 0 ? 0 : -1;
	}
	if (rule->group) {
		entry->group = rule->group;
		entry->gid = strcmp(rule->group, "root") == 0 ? 0 : -1;
	}
	if (rule->config == CONFIG_UNSAID || entry->type != ENTRY_FILE)
		return;
	entry->flags &= ~(uint32_t)(ENTRY_CONFIG | ENTRY_NOREPLACE);
	if (rule->config != CONFIG_NO)
		entry->flags |= ENTRY_CONFIG;
	if (rule->config == CONFIG_KEEP)
		entry->flags |= ENTRY_NOREPLACE;
}

int rules_apply(struct rules *r, size_t first, struct entry *entry, bool *ret_keep, struct err *e)
{
	for (size_t i = first; i < r->len; i++) {
		struct rule *rule = &r->at[i];
		if (rule->verb == VERB_MOVE || rule->verb == VERB_EXCLUDE) {
			if (on_names(r, rule, entry, e))
				return -1;
			if (!entry->path || !entry->path[1]) { /* nothing left, or it has become the root itself */
				*ret_keep = false;
				return 0;
			}
		} else if ((rule->verb == VERB_MATCH || rule->verb == VERB_DIR) && any_matches(rule, entry)) {
			rule->uses++;
			set_attributes(rule, entry);
		}
	}
	*ret_keep = true;
	return 0;
}
