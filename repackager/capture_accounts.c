/* capture_accounts.c - users and groups that an installer added: the package makes them; changes to those that were there are edits. */
#include "repackager/capture_private.h"
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 9, SYSTEM_BELOW = 1000 };
static const char passwd_file[] = "/etc/passwd", group_file[] = "/etc/group";

struct line { /* of passwd or group; fields are split in place */
	char *field[FIELDS_MAX];
	unsigned len;
	char *whole;
};
struct table {
	LIST(struct line) lines;
};

static void table_done(struct table *t)
{
	for (size_t i = 0; i < t->lines.len; i++) {
		free(t->lines.at[i].whole);
		free(t->lines.at[i].field[0]);
	}
	LIST_DONE(&t->lines);
}

static void table_read(struct table *t, const char *text)
{
	struct slice rest = slice_of(text ? text : ""), cut;

	while (slice_cut(&rest, '\n', &cut)) {
		struct line l = { .whole = mem_printf("%.*s", (int)cut.len, cut.at) };
		char *at = mem_strdup(l.whole), *field;

		for (l.field[0] = at; l.len < FIELDS_MAX && (field = strsep(&at, ":")) != NULL;)
			l.field[l.len++] = field;
		while (l.len < FIELDS_MAX)
			l.field[l.len++] = l.field[0] + strlen(l.whole); /* "" */
		if (l.field[0][0])
			*LIST_ADD(&t->lines) = l;
		else {
			free(l.whole);
			free(l.field[0]);
		}
	}
}

static const struct line *table_find(const struct table *t, unsigned field, const char *value)
{
	for (size_t i = 0; i < t->lines.len; i++)
		if (strcmp(t->lines.at[i].field[field], value) == 0)
			return &t->lines.at[i];
	return NULL;
}

bool accounts_own(const char *path)
{
	static const char *const files[] = { passwd_file, group_file, "/etc/shadow", "/etc/gshadow", "/etc/subuid",
		"/etc/subgid" };
	size_t len = strlen(path);

	for (size_t i = 0; i < COUNT(files); i++)
		if (text_starts(path, files[i]) &&
			(len == strlen(files[i]) || (len == strlen(files[i]) + 1 && path[len - 1] == '-')))
			return true;
	return false;
}

/* The name of an id in passwd or group text; "" when it has none. */
static const char *name_of(struct arena *a, const char *table, int64_t id)
{
	struct table t = { 0 };
	AUTO_FREE char *number = mem_printf("%lld", (long long)id);
	const struct line *l;
	const char *name;

	table_read(&t, table);
	l = table_find(&t, 2, number);
	name = l ? arena_str(a, l->field[0]) : "";
	table_done(&t);
	return name ? name : "";
}

void accounts_name(const struct finds *f, struct arena *a, struct entry *en)
{
	en->owner = name_of(a, f->passwd, en->uid);
	en->group = name_of(a, f->group, en->gid);
}

/* A name that the schema of a recipe would let through: it goes into scripts. */
static bool is_plain_name(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == strlen(name) &&
		name[0] != '-' && name[0] != '.';
}

static bool recipe_makes(const struct finds *f, const char *name)
{
	json_t *user;
	size_t i;

	json_array_foreach(document_at(f->recipe, "users"), i, user)
		if (strcmp(json_text(user, "name"), name) == 0)
			return true;
	return false;
}

/* *: and !: nobody gets in with a password. */
static bool has_password(const char *shadow, const char *name)
{
	struct table t = { 0 };
	const struct line *l;
	bool has;

	table_read(&t, shadow);
	l = table_find(&t, 0, name);
	has = l && l->field[1][0] && l->field[1][0] != '!' && l->field[1][0] != '*';
	table_done(&t);
	return has;
}

static int add_user(
	struct finds *f, const struct line *l, const struct table *groups, const char *shadow, struct err *e)
{
	const struct line *group = table_find(groups, 2, l->field[3]);
	json_t *user = json_object(), *told;

	if (!is_plain_name(l->field[0]) || (group && !is_plain_name(group->field[0]))) {
		json_decref(user);
		return err_input(e, "E_METADATA", "it adds a user with an odd name: %s", l->field[0]);
	}
	json_set_str(user, "name", l->field[0]);
	json_object_set_new(user, "system", json_boolean(atol(l->field[2]) < SYSTEM_BELOW));
	json_set_str(user, "comment", l->field[4]);
	if (l->field[5][0] == '/')
		json_set_str(user, "home", l->field[5]);
	if (l->field[6][0] == '/')
		json_set_str(user, "shell", l->field[6]);
	if (group && strcmp(group->field[0], l->field[0]) != 0)
		json_set_str(user, "group", group->field[0]);
	told = json_deep_copy(user);
	json_object_set_new(told, "password", json_boolean(has_password(shadow, l->field[0])));
	if (json_flag(told, "password"))
		event_log(f->events, EVENT_WARNING, "the installer gives %s a password: the package does not",
			l->field[0]);
	json_array_append_new(f->users, told);
	if (!recipe_makes(f, l->field[0]))
		json_array_append(f->new_users, user);
	json_decref(user);
	return 0;
}

static int compare_users(struct finds *f, const struct table *old, const struct table *now, const struct table *groups,
	const char *shadow, struct err *e)
{
	for (size_t i = 0; i < now->lines.len; i++) {
		const struct line *l = &now->lines.at[i], *was = table_find(old, 0, l->field[0]);

		if (!was && add_user(f, l, groups, shadow, e))
			return -1;
		if (was && strcmp(was->whole, l->whole) != 0 &&
			edit_decide_text(f, passwd_file, "a user changed", l->field[0], e))
			return -1;
	}
	for (size_t i = 0; i < old->lines.len; i++)
		if (!table_find(now, 0, old->lines.at[i].field[0]) &&
			edit_decide_text(f, passwd_file, "a user removed", old->lines.at[i].field[0], e))
			return -1;
	return 0;
}

static bool lists(const char *members, const char *name)
{
	struct slice rest = slice_of(members), one;

	while (slice_cut(&rest, ',', &one))
		if (slice_is(one, name))
			return true;
	return false;
}

static void add_members(struct finds *f, const char *group, const char *now, const char *was)
{
	struct slice rest = slice_of(now), one;

	while (slice_cut(&rest, ',', &one)) {
		AUTO_FREE char *name = mem_printf("%.*s", (int)one.len, one.at);

		if (*name && is_plain_name(name) && !lists(was, name))
			json_array_append_new(f->members, json_pack("{s:s, s:s}", "user", name, "group", group));
	}
}

static int compare_groups(struct finds *f, const struct table *old, const struct table *now, struct err *e)
{
	for (size_t i = 0; i < now->lines.len; i++) {
		const struct line *l = &now->lines.at[i], *was = table_find(old, 0, l->field[0]);

		if (!is_plain_name(l->field[0]))
			return was ? 0
				   : err_input(e, "E_METADATA", "it adds a group with an odd name: %s", l->field[0]);
		if (!was) {
			json_t *o = json_pack(
				"{s:s, s:b}", "name", l->field[0], "system", atol(l->field[2]) < SYSTEM_BELOW);
			json_array_append(f->groups, o);
			json_array_append_new(f->new_groups, o);
		}
		if (was && strcmp(was->field[2], l->field[2]) != 0 &&
			edit_decide_text(f, group_file, "a group changed", l->field[0], e))
			return -1;
		add_members(f, l->field[0], l->field[3], was ? was->field[3] : "");
	}
	for (size_t i = 0; i < old->lines.len; i++)
		if (!table_find(now, 0, old->lines.at[i].field[0]) &&
			edit_decide_text(f, group_file, "a group removed", old->lines.at[i].field[0], e))
			return -1;
	return 0;
}

int accounts_find(struct finds *f, struct err *e)
{
	AUTO_FREE char *passwd = NULL, *group = NULL, *shadow = NULL;
	struct table users = { 0 }, groups = { 0 }, old_users = { 0 }, old_groups = { 0 };
	size_t len = 0;
	int rc;

	if (capture_before(f->capture, passwd_file, &passwd, &len, e) ||
		capture_before(f->capture, group_file, &group, &len, e) ||
		capture_after(f->capture, passwd_file, &f->passwd, &len, e) ||
		capture_after(f->capture, group_file, &f->group, &len, e) ||
		capture_after(f->capture, "/etc/shadow", &shadow, &len, e))
		return -1;
	table_read(&users, f->passwd);
	table_read(&groups, f->group);
	table_read(&old_users, passwd);
	table_read(&old_groups, group);
	rc = compare_users(f, &old_users, &users, &groups, shadow, e) || compare_groups(f, &old_groups, &groups, e) ? -1
														    : 0;
	table_done(&users);
	table_done(&groups);
	table_done(&old_users);
	table_done(&old_groups);
	return rc;
}
