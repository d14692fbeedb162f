/* recipe_lint_rules.c - the lint of `files`: rules that never apply, collide, or lead where the house lets nothing. */
#include "base/fs.h"
#include "base/text.h"
#include "repackager/owners.h"
#include "repackager/recipe_lint_private.h"
#include <stdio.h>
#include <string.h>

static const char *const verbs[] = { "move", "exclude", "match", "add", "dir", "symlink", "rewrite" };

/* Everything the pattern can match lies beneath this: "/opt/a" of "/opt/a/x*"; "" when it may match anywhere. */
static char *fixed_part(const char *pattern)
{
	size_t len = strcspn(pattern, "*?[");
	char *part;

	if (pattern[0] != '/')
		return mem_strdup("");
	if (pattern[len])
		while (len > 0 && pattern[len] != '/')
			len--;
	part = mem_printf("%.*s", (int)len, pattern);
	return part;
}

static bool puts_beneath(const struct rule *rule, const char *top)
{
	switch (rule->verb) {
	case VERB_MOVE:
	case VERB_ADD:
		return path_beneath(rule->to, top) || path_beneath(top, rule->to);
	case VERB_DIR:
	case VERB_SYMLINK:
		return path_beneath(rule->from, top);
	default:
		return false;
	}
}

/* Has a move at i emptied what the rule at k looks at? */
static bool is_moved_away(const struct lint *l, size_t i, size_t k, const char *part)
{
	const struct rule *move = &l->rules.at[i];

	if (move->verb != VERB_MOVE || !path_beneath(part, move->from) || path_beneath(part, move->to) ||
		path_beneath(move->to, part))
		return false;
	for (size_t between = 0; between < k; between++) /* what is added later is added behind the move */
		if (between != i && between > i && puts_beneath(&l->rules.at[between], part))
			return false;
	return true;
}

static bool is_excluded(const struct lint *l, size_t i, size_t k, const char *part)
{
	const struct rule *exclude = &l->rules.at[i], *rule = &l->rules.at[k];

	if (exclude->verb != VERB_EXCLUDE)
		return false;
	for (size_t between = i + 1; part[0] && between < k; between++)
		if (puts_beneath(&l->rules.at[between], part))
			return false;
	return strcmp(exclude->from, rule->from) == 0 || (part[0] && rule_excludes(exclude->from, part));
}

static void never_applies(struct lint *l, size_t k)
{
	const struct rule *rule = &l->rules.at[k];
	AUTO_FREE char *part = fixed_part(rule->from);

	for (size_t i = 0; i < k; i++) {
		const struct rule *before = &l->rules.at[i];
		bool is_moved = part[0] && is_moved_away(l, i, k, part);
		if (!is_moved && !is_excluded(l, i, k, part))
			continue;
		AUTO_FREE char *where = yaml_where(
			before->document->text, before->document->len, before->document->path, before->place);
		lint_add(l, LINT_ERROR, "never-applies", rule->document, rule->place,
			"'%s %s' can never apply: the rule at %s has %s", verbs[rule->verb], rule->from, where,
			is_moved ? "moved what is there" : "excluded it");
		return;
	}
}

/* Where a rule puts something; NULL: nowhere. */
static const char *place_of(const struct rule *rule)
{
	switch (rule->verb) {
	case VERB_MOVE:
	case VERB_ADD:
		return rule->to;
	case VERB_DIR:
	case VERB_SYMLINK:
		return rule->from;
	default:
		return NULL;
	}
}

static void collides(struct lint *l, size_t k)
{
	const struct rule *rule = &l->rules.at[k];

	for (size_t i = 0; i < k; i++) {
		const struct rule *before = &l->rules.at[i];
		const char *one = place_of(before), *two = place_of(rule);
		if (!one || !two || strcmp(one, two) != 0 || before->verb == VERB_DIR || rule->verb == VERB_DIR)
			continue;
		bool are_moves = before->verb == VERB_MOVE && rule->verb == VERB_MOVE;
		lint_add(l,
			are_moves || before->verb == VERB_MOVE || rule->verb == VERB_MOVE ? LINT_WARNING : LINT_ERROR,
			"collision", rule->document, rule->place,
			are_moves ? "another rule moves to %s, too: what has the same name in both collides"
				  : "another rule puts something at %s, too",
			two);
		return;
	}
}

static void is_forbidden(struct lint *l, const struct rule *rule)
{
	const char *place = place_of(rule);
	json_t *item;
	size_t i;

	if (!place)
		return;
	place = rules_moved(&l->rules, place);
	json_array_foreach(document_at(&l->house, "rules/forbidden-paths"), i, item)
		if (place && path_beneath(place, json_string_value(item)))
			lint_add(l, LINT_ERROR, "forbidden-path", rule->document, rule->place,
				"%s lies in %s, which the house forbids", place, json_string_value(item));
}

/* ---- owners: root, the house's, the recipe's users, or whom one of the organisation's scripts makes */

static bool script_makes(const struct document *d, const char *place, const char *name)
{
	const char *event;
	json_t *file;

	json_object_foreach(document_at(d, place), event, file) {
		AUTO_FREE char *path = document_file(d, json_string_value(file)), *text = NULL;
		struct err none = { 0 };
		size_t len;
		if (fs_read_file(path, 1 << 20, &text, &len, &none) == 0 && script_makes_user(text, name))
			return true;
	}
	return false;
}

static bool is_known_owner(const struct lint *l, const char *name)
{
	json_t *user;
	size_t i;

	if (strcmp(name, "root") == 0 || json_lists(document_at(&l->house, "rules/owners"), name))
		return true;
	json_array_foreach(document_at(&l->recipe, "users"), i, user)
		if (strcmp(json_text(user, "name"), name) == 0 || strcmp(json_text(user, "group"), name) == 0)
			return true;
	return script_makes(&l->recipe, "scripts/before", name) ||
		script_makes(&l->house, "rules/add-scripts/before", name);
}

static void lint_owner(struct lint *l, const struct rule *rule, const char *key, const char *name)
{
	AUTO_FREE char *place = mem_printf("%s/%s", rule->place, key);

	if (!name || is_known_owner(l, name))
		return;
	if (document_at(&l->house, "rules/owners"))
		lint_add(l, LINT_ERROR, "owner", rule->document, place,
			"'%s' is neither among the house's rules.owners nor made by 'users' or a script of the recipe",
			name);
	else
		lint_add(l, LINT_WARNING, "owner", rule->document, place,
			"nothing in the recipe makes '%s': list it under 'users' unless the vendor's scripts do", name);
}

static void lint_one(struct lint *l, size_t k)
{
	const struct rule *rule = &l->rules.at[k];

	if (rule->verb == VERB_MOVE && strcmp(rule->from, rule->to) == 0)
		lint_add(l, LINT_ERROR, "never-applies", rule->document, rule->place, "%s is moved to itself",
			rule->from);
	if (!rule->from[0])
		lint_add(l, LINT_ERROR, "never-applies", rule->document, rule->place,
			"an empty pattern matches nothing");
	if (rule->verb == VERB_MATCH && rule->mode < 0 && !rule->owner && !rule->group && rule->config == CONFIG_UNSAID)
		lint_add(l, LINT_ERROR, "never-applies", rule->document, rule->place,
			"'match' sets nothing: wants mode, owner, group or config");
	if (rule->verb == VERB_MOVE || rule->verb == VERB_EXCLUDE || rule->verb == VERB_MATCH)
		never_applies(l, k);
	collides(l, k);
	is_forbidden(l, rule);
	if (!l->file) { /* with the file its scripts are known, and the conversion's own judgement is asked */
		lint_owner(l, rule, "owner", rule->owner);
		lint_owner(l, rule, "group", rule->group);
	}
}

void lint_rules(struct lint *l)
{
	for (size_t i = 0; i < l->rules.len; i++)
		if (l->rules.at[i].document == &l->recipe)
			lint_one(l, i);
}
