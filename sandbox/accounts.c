/* accounts.c - users, groups and passwords: what of them a package's scripts added, changed and took away. */
#include "sandbox/accounts.h"
#include "base/text.h"
#include "sandbox/trial.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FIELDS = 9, SERVICE_BYTES = 64 << 10, SERVICES_BYTES = 1 << 20 };

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

	json_add_once(list, shown);
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

/* Does something lie or run under that number? */
static bool is_used(const struct watch *now, const char *uid)
{
	unsigned long id = strtoul(uid, NULL, 10);

	for (size_t i = 0; i < now->changes.len; i++)
		if (now->changes.at[i].kind != '-' && now->changes.at[i].uid == id)
			return true;
	for (size_t i = 0; i < now->processes.len; i++)
		if (now->processes.at[i].uid == id)
			return true;
	return false;
}

static void note_use(struct trial *t, const struct watch *now)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_list(t->accounts, "details"), i, one)
		json_object_set_new(one, "used", json_boolean(is_used(now, json_text(one, "uid"))));
}

void accounts_observe(struct trial *t, const struct watch *now)
{
	const struct watch *before = &t->before;
	json_t *users = new_table(), *groups = new_table();

	json_object_set_new(t->accounts, "users", users);
	json_object_set_new(t->accounts, "groups", groups);
	json_object_set_new(t->accounts, "details", json_array());
	differences(t, users, now->passwd, before->passwd, user_now);
	note_use(t, now);
	differences(t, groups, now->group, before->group, group_now);
	differences(t, users, now->shadow, before->shadow, password_now);
	differences(t, users, before->passwd, now->passwd, gone);
	differences(t, groups, before->group, now->group, gone);
}

/* ---- left over
 *
 * Is a user that stays a fault? By the custom of distributions a system user may: files of its may lie anywhere, and a number that is used
 * a second time would give them to somebody else. That custom is built into the tools that make such users - Debian's `adduser --system`
 * (Debian Policy 9.2), `systemd-sysusers`, which knows no removal at all, and rpm's scripts - and about a third of Debian's daemons follow
 * it. So a locked system user that one of these tools made may stay, and is told. Whoever calls `useradd` himself has taken the matter into
 * his own hands, and takes the user away in the end, or says that it stays (`- leaves: user/NAME`). A user that somebody can be never
 * stays. Where calls could not be watched, nobody knows which tool it was: then it is told only. */
static bool is_locked(const struct line *user, const struct watch *now)
{
	size_t len = 0;
	const char *at = line_of(now->shadow, field(user, 0), &len);
	AUTO(line) secret = at ? cut(at, len) : (struct line){ .copy = NULL };
	unsigned long uid = strtoul(field(user, 2), NULL, 10);
	char first = field(&secret, 1)[0];

	return uid > 0 && uid < 1000 && (first == '!' || first == '*');
}

/* A program of such a name anywhere else is the package's own. */
static bool is_tool(const char *path, const char *name)
{
	static const char *const folders[] = { "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/" };

	for (size_t i = 0; i < COUNT(folders); i++)
		if (text_starts(path, folders[i]) && strcmp(path + strlen(folders[i]), name) == 0)
			return true;
	return false;
}

/* Adds to *ret_seen the programs that were seen being started; *ret_adduser: it was adduser. */
static bool made_by_custom(const json_t *calls, const char *name, size_t *ret_seen, bool *ret_adduser)
{
	size_t i;
	json_t *c;

	json_array_foreach(calls, i, c) {
		const char *what = json_text(c, "what");
		const json_t *words = json_list(c, "arguments");

		if (strcmp(json_text(c, "kind"), "exec") != 0)
			continue;
		++*ret_seen;
		*ret_adduser = is_tool(what, "adduser") && json_lists(words, "--system") && json_lists(words, name);
		if (*ret_adduser || is_tool(what, "systemd-sysusers"))
			return true;
	}
	return false;
}

/* The reason for that custom is what lies about with the user's number. One that owned no file and ran no process has left nothing. */
static bool was_used(const struct trial *t, const char *name)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_list(t->accounts, "details"), i, one)
		if (strcmp(json_text(one, "user"), name) == 0)
			return json_flag(one, "used");
	return true;
}

/* "User=acme", "-u acme", "--chuid \"acme\"": what starts a daemon, in a unit, an init script or its settings, names the user it is to run as. */
static bool is_run_as(const char *from, const char *name)
{
	static const char *const ways[] = { "User", "USER", "user", "chuid", "-u", "-c", "runuser", "su" };
	const char *end = name;

	while (end > from && strchr(" =\"'", end[-1]))
		end--;
	for (size_t i = 0; end < name && i < COUNT(ways); i++) {
		size_t len = strlen(ways[i]);

		if ((size_t)(end - from) >= len && memcmp(end - len, ways[i], len) == 0)
			return true;
	}
	return false;
}

bool accounts_run_as(const char *services, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = services; len && at && (at = strstr(at, name)) != NULL; at += len)
		if (!isalnum((unsigned char)at[len]) && !strchr("-_.", at[len] ? at[len] : ' ') &&
			is_run_as(services, at))
			return true;
	return false;
}

int accounts_services(struct trial *t, const struct changes *now, struct err *e)
{
	static const char *const places[] = { "/usr/lib/systemd/system/*", "/lib/systemd/system/*", "/etc/init.d/*",
		"/etc/default/*", "/etc/**" };

	text_done(&t->service_text);
	for (size_t p = 0; p < COUNT(places); p++)
		for (size_t i = 0; i < now->len && t->service_text.len < SERVICES_BYTES; i++) {
			AUTO_FREE char *bytes = NULL;
			size_t len = 0;

			if (now->at[i].kind != '+' || !S_ISREG(now->at[i].mode) ||
				!text_glob(places[p], now->at[i].path))
				continue;
			if (sandbox_read(t->sandbox, now->at[i].path, SERVICE_BYTES, &bytes, &len, e))
				return -1;
			text_add(&t->service_text, "%s\n", bytes ? bytes : "");
		}
	return 0;
}

static bool may_stay(const struct trial *t, const char *name)
{
	size_t seen = 0, i;
	json_t *script;
	bool by_custom, adduser = false;

	if (!t->manager->purge)
		return true;
	by_custom = made_by_custom(t->observed.calls, name, &seen, &adduser);
	json_array_foreach(t->scripts, i, script)
		by_custom = by_custom || made_by_custom(json_list(script, "calls"), name, &seen, &adduser);
	return by_custom ? !adduser || was_used(t, name) || accounts_run_as(t->service_text.at, name) : seen == 0;
}

static bool was_removed(const struct trial *t, const char *name)
{
	const struct log_rules *rules = t->test->log_rules;

	return rules && json_lists(rules->users_gone, name);
}

static void user_left(struct trial *t, const struct line *l, const struct watch *now)
{
	const char *name = field(l, 0);
	AUTO_FREE char *stays = mem_printf("user/%s", name);

	if (expectations_leave(t->expect, stays))
		return;
	if (was_removed(t, name))
		trial_find(t, SEVERITY_HIGH, "user-left", name,
			"the user stays, and the version in use took it away at its purge (expectation \"leaves: "
			"user/%s\" allows it)",
			name);
	else if (!is_locked(l, now))
		trial_find(t, SEVERITY_HIGH, "user-left", name, "the user stays, and it is no locked system user");
	else if (may_stay(t, name))
		trial_find(t, t->manager->purge ? SEVERITY_MEDIUM : SEVERITY_LOW, "user-left", name,
			"the user stays, a system user that nobody can log in as");
	else
		trial_find(t, SEVERITY_HIGH, "user-left", name,
			"the user stays: a script made it%s, and none takes it away (expectation \"leaves: user/%s\" "
			"allows it)",
			was_used(t, name) ? "" : ", nothing ever belonged to it", name);
}

static void users_left(struct trial *t, const struct watch *now)
{
	size_t len = 0, other = 0;

	for (const char *at = now->passwd; at && *at; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		AUTO(line) l = cut(at, len);
		if (l.len >= 7 && *field(&l, 0) && !line_of(t->before.passwd, field(&l, 0), &other))
			user_left(t, &l, now);
	}
}

/* `addgroup --system` and what makes users leave theirs by custom. Whoever calls `groupadd` himself takes it away himself, too. */
static bool made_by_hand(const json_t *calls, const char *name)
{
	static const char *const custom[] = { "addgroup", "adduser", "useradd" };
	size_t i;
	json_t *c;

	json_array_foreach(calls, i, c) {
		bool is_customs = false;

		for (size_t k = 0; k < COUNT(custom); k++)
			is_customs |= strcmp(json_text(c, "process"), custom[k]) == 0;
		if (strcmp(json_text(c, "kind"), "exec") == 0 && is_tool(json_text(c, "what"), "groupadd") &&
			!is_customs && json_lists(json_list(c, "arguments"), name))
			return true;
	}
	return false;
}

static bool is_group_by_hand(const struct trial *t, const char *name)
{
	bool is = t->manager->purge && made_by_hand(t->observed.calls, name);
	size_t i;
	json_t *script;

	json_array_foreach(t->scripts, i, script)
		is = is || (t->manager->purge && made_by_hand(json_list(script, "calls"), name));
	return is;
}

static void group_left(struct trial *t, json_t *table, const struct line *l, const struct line *before)
{
	AUTO_FREE char *user = mem_printf(
		"user/%s", field(l, 0)); /* who may stay, may keep the group of the same name */

	if (before || expectations_leave(t->expect, user))
		return;
	if (is_group_by_hand(t, field(l, 0)))
		trial_find(t, SEVERITY_HIGH, "group-left", field(l, 0),
			"the group stays: a script made it with groupadd, and none takes it away");
	else
		trial_find(t, SEVERITY_LOW, "group-left", field(l, 0), "the group stays");
}

json_t *accounts_gone(const struct trial *t, const struct watch *with, const struct watch *without)
{
	json_t *list = json_array();
	size_t len = 0, other = 0;

	for (const char *at = with->passwd; at && *at; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		AUTO(line) l = cut(at, len);
		const char *name = field(&l, 0);
		if (*name && text_is_utf8(name, strlen(name)) && !line_of(t->before.passwd, name, &other) &&
			!line_of(without->passwd, name, &other))
			json_array_append_new(list, json_string(name));
	}
	return list;
}

void accounts_left(struct trial *t, const struct watch *now)
{
	users_left(t, now);
	differences(t, NULL, now->group, t->before.group, group_left);
}
