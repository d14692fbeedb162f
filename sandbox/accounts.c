/* accounts.c - users, groups and passwords: what of them a package's scripts added, changed and took away. */
#include "sandbox/accounts.h"
#include "sandbox/trial.h"
#include <string.h>

enum { FIELDS = 9 };

/* One line of passwd(5), group(5) or shadow(5), cut into its fields. */
struct line {
	char *copy, *at[FIELDS];
	size_t len;
};

static void line_done(struct line *l)
{
	free(l->copy);
}

static struct line cut(const char *at, size_t len)
{
	struct line l = { .copy = mem_printf("%.*s", (int)len, at) };
	char *rest = l.copy, *field;

	while (l.len < FIELDS && (field = strsep(&rest, ":")) != NULL)
		l.at[l.len++] = field;
	return l;
}

static const char *field(const struct line *l, size_t i)
{
	return i < l->len ? l->at[i] : "";
}

/* The line of that name in the table. NULL: none. */
static const char *line_of(const char *table, const char *name, size_t *ret_len)
{
	size_t len = strlen(name);

	for (const char *at = table; at && *at; at += *ret_len + (at[*ret_len] == '\n')) {
		*ret_len = strcspn(at, "\n");
		if (*ret_len > len && memcmp(at, name, len) == 0 && at[len] == ':')
			return at;
	}
	return NULL;
}

static void list_name(json_t *table, const char *kind, const char *name)
{
	AUTO_FREE char *shown = text_printable(name, strlen(name), false);
	json_t *list = json_list(table, kind);

	if (!json_lists(list, shown))
		json_array_append_new(list, json_string(shown));
}

/* Calls fn for each line that `a` has and `b` has not, or has otherwise; other NULL: not at all. */
typedef void each_line(struct trial *t, json_t *table, const struct line *l, const struct line *other);

static void differences(struct trial *t, json_t *table, const char *a, const char *b, each_line *fn)
{
	size_t len = 0;

	for (const char *at = a; at && *at; at += len + (at[len] == '\n')) {
		size_t other_len = 0;
		const char *other;

		len = strcspn(at, "\n");
		AUTO(line) one = cut(at, len);
		if (one.len < 2 || !*field(&one, 0))
			continue;
		other = line_of(b, field(&one, 0), &other_len);
		if (other && other_len == len && memcmp(other, at, len) == 0)
			continue;
		AUTO(line) two = other ? cut(other, other_len) : (struct line){ .copy = NULL };
		fn(t, table, &one, other ? &two : NULL);
	}
}

static void describe(struct trial *t, const struct line *l)
{
	static const struct {
		const char *key;
		size_t field;
	} parts[] = { { "user", 0 }, { "uid", 2 }, { "home", 5 }, { "shell", 6 } };
	json_t *list = json_list(t->accounts, "details"), *o = json_object();

	for (size_t i = 0; i < COUNT(parts); i++) {
		const char *text = field(l, parts[i].field);
		AUTO_FREE char *shown = text_printable(text, strlen(text), false);

		json_set_str(o, parts[i].key, shown);
	}
	json_array_append_new(list, o);
}

static void user_now(struct trial *t, json_t *table, const struct line *l, const struct line *before)
{
	list_name(table, before ? "changed" : "added", field(l, 0));
	describe(t, l);
	if (strcmp(field(l, 2), "0") == 0 && (!before || strcmp(field(before, 2), "0") != 0))
		trial_find(t, SEVERITY_HIGH, "second-root", field(l, 0), "this account has the number 0: it is root");
}

static void group_now(struct trial *t, json_t *table, const struct line *l, const struct line *before)
{
	static const char *const powerful[] = { "root", "sudo", "wheel", "admin", "adm", "shadow", "disk", "kmem",
		"docker", "lxd", "libvirt" };

	list_name(table, before ? "changed" : "added", field(l, 0));
	for (size_t i = 0; before && i < COUNT(powerful); i++)
		if (strcmp(field(l, 0), powerful[i]) == 0)
			trial_find(t, SEVERITY_MEDIUM, "group-changed", field(l, 0),
				"membership of a powerful group changed: '%s' became '%s'", field(before, 3),
				field(l, 3));
}

/* Locked: "!", "*" and whatever begins so. An empty one lets anybody in. */
static void password_now(struct trial *t, json_t *table, const struct line *l, const struct line *before)
{
	const char *now = field(l, 1);

	if (before && strcmp(field(before, 1), now) == 0)
		return;
	if (!*now)
		trial_find(t, SEVERITY_HIGH, "password-empty", field(l, 0), "anybody may log in as this user");
	else if (*now != '!' && *now != '*')
		trial_find(t, SEVERITY_MEDIUM, "password-set", field(l, 0), "this user has got a password");
}

static void gone(struct trial *t, json_t *table, const struct line *l, const struct line *now)
{
	if (now)
		return;
	list_name(table, "removed", field(l, 0));
	trial_find(t, SEVERITY_MEDIUM, "account-removed", field(l, 0), "an account that was there before is gone");
}

static json_t *new_table(void)
{
	json_t *o = json_object();

	json_object_set_new(o, "added", json_array());
	json_object_set_new(o, "changed", json_array());
	json_object_set_new(o, "removed", json_array());
	return o;
}

void accounts_observe(struct trial *t, const struct watch *now)
{
	const struct watch *before = &t->before;
	json_t *users = new_table(), *groups = new_table();

	json_object_set_new(t->accounts, "users", users);
	json_object_set_new(t->accounts, "groups", groups);
	json_object_set_new(t->accounts, "details", json_array());
	differences(t, users, now->passwd, before->passwd, user_now);
	differences(t, groups, now->group, before->group, group_now);
	differences(t, users, now->shadow, before->shadow, password_now);
	differences(t, users, before->passwd, now->passwd, gone);
	differences(t, groups, before->group, now->group, gone);
}

static void group_left(struct trial *t, json_t *table, const struct line *l, const struct line *before)
{
	if (!before)
		trial_find(t, SEVERITY_LOW, "group-left", field(l, 0), "the group stays");
}

void accounts_left(struct trial *t, const struct watch *now)
{
	differences(t, NULL, now->group, t->before.group, group_left);
}
