/* check_account_new.c - users, groups and keys that an update brings.
 *
 * Facts: of the model "keys": {"path"} of authorized_keys files, "lines": {"path": name, "kind": "user"|"group"|"member", "shell", "uid"} of
 * scripts' useradd and the like; of bytes "sysusers": the same of sysusers.d; of the report "accounts": {"path": name, "kind", "shell", "uid"} and
 * "keys". */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/fact.h"
#include "inspect/looked.h"
#include "inspect/reports.h"
#include "inspect/shell_words.h"
#include <stdio.h>
#include <string.h>

/* ---- what a line says */
struct account {
	const char *kind;
	char name[4096], shell[1024], uid[256];
	bool is_cut;
};

static void add(json_t *list, const struct account *a)
{
	json_t *item = *a->name ? fact_add(list) : NULL;

	fact_add_more(list, a->is_cut);
	if (item == NULL)
		return;
	json_set_str(item, "path", a->name);
	json_set_str(item, "kind", a->kind);
	json_set_str(item, "shell", a->shell);
	json_set_str(item, "uid", a->uid);
}

static void set(struct account *a, char *to, size_t room, struct slice word)
{
	while (word.len > 0 && (word.at[0] == '"' || word.at[0] == '\'' || word.at[0] == '\\'))
		word.at++, word.len--;
	while (word.len > 0 && strchr("\"'\\", word.at[word.len - 1]))
		word.len--;
	a->is_cut |= word.len >= room;
	snprintf(to, room, "%.*s", (int)(word.len < room ? word.len : room - 1), word.at);
}

/* Words of a line, in quotes or not; as many as fit. */
static size_t words_of(struct slice line, struct slice *ret, size_t room)
{
	size_t count = 0, at = 0;

	while (count < room) {
		char quote = 0;
		size_t start;

		while (at < line.len && (line.at[at] == ' ' || line.at[at] == '\t'))
			at++;
		if (at == line.len)
			break;
		for (start = at; at < line.len && (quote || (line.at[at] != ' ' && line.at[at] != '\t')); at++)
			if (line.at[at] == quote)
				quote = 0;
			else if (!quote && (line.at[at] == '"' || line.at[at] == '\''))
				quote = line.at[at];
		ret[count++] = (struct slice){ line.at + start, at - start };
	}
	return count;
}

/* ---- sysusers.d: "u name id "comment" home shell", "g name id", "m user group" */
static void sysusers_line(struct slice line, json_t *list)
{
	struct slice words[8];
	size_t count = words_of(line, words, COUNT(words));
	struct account a = { .kind = "user" };

	if (count < 2 || words[0].len == 0 || !memchr("ugm", words[0].at[0], 3))
		return;
	a.kind = words[0].at[0] == 'u' ? "user" : words[0].at[0] == 'g' ? "group" : "member";
	set(&a, a.name, sizeof a.name, words[1]);
	if (words[0].at[0] == 'm' && count > 2) {
		char group[256];

		set(&a, group, sizeof group, words[2]);
		snprintf(a.name + strlen(a.name), sizeof a.name - strlen(a.name), " in %s", group);
	} else if (words[0].at[0] == 'u') {
		if (count > 2)
			set(&a, a.uid, sizeof a.uid, words[2]);
		if (count > 5)
			set(&a, a.shell, sizeof a.shell, words[5]);
	}
	a.uid[strcspn(a.uid, ":")] = 0;
	add(list, &a);
}

static void look(const struct looked *file, json_t *facts)
{
	struct slice rest = { (const char *)file->bytes, file->len }, line;

	if (!text_glob("**/sysusers.d/*.conf", file->entry->path) || !file->is_whole)
		return;
	while (slice_cut(&rest, '\n', &line)) {
		line = slice_trim(line);
		if (line.len > 0 && line.at[0] != '#')
			sysusers_line(line, fact_list_at(facts, "sysusers"));
	}
}

/* ---- scripts */
/* Options that take a word, of useradd, adduser, groupadd, addgroup, usermod. */
static bool takes_word(struct slice word)
{
	static const char *const options[] = { "-u", "--uid", "-g", "--gid", "-G", "--groups", "-d", "--home",
		"--home-dir", "-c", "--comment", "--gecos", "-s", "--shell", "-b", "--base-dir", "-p", "--password",
		"-k", "--ingroup", "-K", "--firstuid", "--lastuid", "-e", "-f", "-aG", "-l", "--conf", "-R", "--root" };

	for (size_t i = 0; i < COUNT(options); i++)
		if (slice_is(word, options[i]))
			return true;
	return false;
}

/* The value of an option: "--shell=/bin/sh", or the next word. */
static void take_value(struct slice option, struct slice value, struct account *a, char *groups, size_t groups_room)
{
	static const char *const shells[] = { "-s", "--shell" }, *const uids[] = { "-u", "--uid" },
				 *const lists[] = { "-G", "--groups", "-aG", "-Ga" };

	for (size_t i = 0; i < COUNT(shells); i++) {
		if (slice_is(option, shells[i]))
			set(a, a->shell, sizeof a->shell, value);
		if (slice_is(option, uids[i]))
			set(a, a->uid, sizeof a->uid, value);
	}
	for (size_t i = 0; i < COUNT(lists); i++)
		if (slice_is(option, lists[i]))
			set(a, groups, groups_room, value);
}

static void script_command(const struct slice *words, size_t count, const char *kind, json_t *list)
{
	struct account a = { .kind = kind };
	char groups[2048] = "", second[1024] = "";

	for (size_t i = 0; i < count; i++) {
		struct slice rest = words[i], option = rest;

		if (rest.len > 0 && rest.at[0] == '-') {
			if (memchr(rest.at, '=', rest.len) && slice_cut(&rest, '=', &option))
				take_value(option, rest, &a, groups, sizeof groups);
			else if (takes_word(option) && i + 1 < count)
				take_value(option, words[++i], &a, groups, sizeof groups);
			else if (slice_is(option, "--group") && strcmp(kind, "user") == 0)
				continue;
			else if (slice_is(option, "--group"))
				a.kind = "group";
		} else {
			set(&a, *a.name ? second : a.name, *a.name ? sizeof second : sizeof a.name, words[i]);
		}
	}
	if (strcmp(kind, "member") == 0 && !*groups && *second) /* gpasswd -a USER GROUP */
		snprintf(a.name + strlen(a.name), sizeof a.name - strlen(a.name), " in %s", second);
	else if (strcmp(kind, "member") == 0 && !*groups) /* usermod that only changes a shell, a number */
		a.kind = *a.shell || *a.uid ? "user" : "";
	else if (*groups && strcmp(kind, "member") == 0)
		snprintf(a.name + strlen(a.name), sizeof a.name - strlen(a.name), " in %s", groups);
	else if (*second && strcmp(kind, "group") != 0) { /* adduser USER GROUP */
		a.kind = "member";
		snprintf(a.name + strlen(a.name), sizeof a.name - strlen(a.name), " in %s", second);
	}
	if (*a.kind)
		add(list, &a);
}

static void script_line(const struct shell_command *c, json_t *list)
{
	static const char *const commands[][2] = { { "useradd", "user" }, { "adduser", "user" },
		{ "groupadd", "group" }, { "addgroup", "group" }, { "usermod", "member" }, { "gpasswd", "member" } };
	size_t at;
	const char *program = shell_program(c, &at);

	if (at > 0 && text_starts(c->words[at - 1], "-")) /* "command -v useradd" asks only */
		return;
	for (size_t k = 0; k < COUNT(commands); k++)
		if (strcmp(program, commands[k][0]) == 0) {
			struct slice *words = mem_alloc((c->len + 1) * sizeof *words);

			for (size_t i = at + 1; i < c->len; i++)
				words[i - at - 1] = slice_of(c->words[i]);
			script_command(words, c->len - at - 1, commands[k][1], list);
			free(words);
		}
}

static void script_lines_of(const struct script *s, json_t *list)
{
	struct shell_words shell;

	shell_words_read(&shell, s->body ? s->body : "", s->body ? s->len : 0);
	for (size_t i = 0; i < shell.commands.len; i++)
		script_line(&shell.commands.at[i], list);
	fact_add_more(list, shell.more);
	shell_words_done(&shell);
}

static bool is_key_file(const char *path)
{
	return text_glob("**/.ssh/authorized_keys*", path) || text_glob("/etc/ssh/authorized_keys**", path);
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *keys = fact_list(), *lines = fact_list();

	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *at = &pkg->entries.at[i];
		json_t *item;

		if (at->type != ENTRY_DIR && is_key_file(at->path) && (item = fact_add(keys)) != NULL)
			json_set_str(item, "path", at->path);
	}
	for (size_t i = 0; i < pkg->scripts.len; i++)
		script_lines_of(&pkg->scripts.at[i], lines);
	return json_pack("{s:o, s:o}", "keys", keys, "lines", lines);
}

/* ---- the test */
static void note_account(struct noted *n, const char *name, const char *kind, const json_t *details)
{
	json_t *item = json_object();

	note_text(item, "path", name);
	json_set_str(item, "kind", kind);
	note_text(item, "shell", json_text(details, "shell"));
	note_text(item, "uid", strcmp(json_text(details, "uid"), "0") == 0 ? "0" : "");
	note_add(n, "accounts", item);
}

static const json_t *details_of(const json_t *accounts, const char *user)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_list(accounts, "details"), i, one)
		if (strcmp(json_text(one, "user"), user) == 0)
			return one;
	return NULL;
}

static void note(struct noted *n, const json_t *scenario)
{
	static const char *const tables[][2] = { { "users", "user" }, { "groups", "group" } };
	const json_t *accounts = json_map(scenario, "accounts");
	size_t i;
	json_t *one;

	for (size_t k = 0; k < COUNT(tables); k++)
		json_array_foreach(json_list(json_map(accounts, tables[k][0]), "added"), i, one)
			note_account(n, json_is_string(one) ? json_string_value(one) : "", tables[k][1],
				k == 0 && json_is_string(one) ? details_of(accounts, json_string_value(one)) : NULL);
	json_array_foreach(json_list(scenario, "findings"), i, one)
		if (strcmp(json_text(one, "check"), "second-root") == 0 ||
			strcmp(json_text(one, "check"), "password-empty") == 0 ||
			strcmp(json_text(one, "check"), "password-set") == 0 ||
			strcmp(json_text(one, "check"), "group-changed") == 0)
			note_account(n, json_text(one, "where"), json_text(one, "check"), NULL);
	json_array_foreach(json_list(scenario, "entries"), i, one)
		if (is_key_file(json_text(one, "path")) && strcmp(json_text(one, "kind"), "removed") != 0) {
			json_t *item = json_object();

			note_text(item, "path", json_text(one, "path"));
			note_add(n, "keys", item);
		}
}

static json_t *observe(const json_t *report, const json_t *own)
{
	static const char *const lists[] = { "accounts", "keys", NULL };

	return report_facts(report, own, lists, note);
}

/* ---- old against new */
static bool is_login_shell(const char *shell)
{
	const char *slash = strrchr(shell, '/'), *name = slash ? slash + 1 : shell;

	return *shell && *shell != '-' && strcmp(name, "nologin") != 0 && strcmp(name, "false") != 0 &&
		strcmp(name, "sync") != 0;
}

static const char *text_of(struct compare *c, const char *kind, const char *name, bool is_root, bool is_login)
{
	static const struct {
		const char *kind, *head, *tail;
	} texts[] = {
		{ "group", "The new version makes the group ", ": whoever is in it gets what belongs to it." },
		{ "member", "The new version puts an account into a group that it was not in (",
			"): it gets that group's rights." },
		{ "second-root", "The new version makes the account ", " the administrator's equal (number 0)." },
		{ "password-empty", "The new version lets anybody log in without a password, as ", "." },
		{ "password-set", "The new version sets a password for the account ",
			": whoever knows it may log in." },
		{ "group-changed",
			"The new version changes who is in a group that gives power over the machine: ", "." },
		{ "", "The new version makes the system account ", ", which the old one did not." },
	};
	size_t i = 0;

	if (is_root || is_login)
		return arena_printf(c->arena,
			is_root ? "The new version makes the account %s with the administrator's number 0: it may do "
				  "everything."
				: "The new version makes the account %s with a shell to log in with; the old version "
				  "did not.",
			name);
	while (*texts[i].kind && strcmp(texts[i].kind, kind) != 0)
		i++;
	return arena_printf(c->arena, "%s%s%s", texts[i].head, name, texts[i].tail);
}

/* Groups that are worth as much as root, or show secrets. */
static bool is_powerful(const char *name)
{
	static const char *const groups[] = { "root", "sudo", "wheel", "admin", "adm", "shadow", "disk", "kmem",
		"docker", "lxd", "libvirt" };
	const char *in = strstr(name, " in ");
	struct slice rest = slice_of(in ? in + 4 : name), one;

	while (slice_cut(&rest, ',', &one))
		for (size_t i = 0; i < COUNT(groups); i++)
			if (slice_is(one, groups[i]))
				return true;
	return false;
}

static void tell(struct compare *c, const char *name, const char *kind, const json_t *item)
{
	static const char *const grave[] = { "second-root", "password-empty", "group-changed" };
	const char *shell = json_text(item, "shell");
	bool is_user = strcmp(kind, "user") == 0, is_root = is_user && strcmp(json_text(item, "uid"), "0") == 0,
	     is_login = is_user && is_login_shell(shell),
	     is_high = is_root || is_login || (strcmp(kind, "member") == 0 && is_powerful(name));

	for (size_t i = 0; i < COUNT(grave); i++)
		is_high = is_high || strcmp(kind, grave[i]) == 0;
	finding_add(c,
		is_high                              ? SEVERITY_HIGH
			: strcmp(kind, "group") == 0 ? SEVERITY_LOW
						     : SEVERITY_MEDIUM,
		name, "", is_login ? shell : kind, text_of(c, kind, name, is_root, is_login),
		is_high ? "Let it through only when the vendor says what it is for and the security officer agrees."
			: "Ask the vendor what runs as it, and enter it where the organisation lists accounts.");
}

static void index_names(json_t *index, const json_t *items)
{
	size_t i;
	json_t *item;

	json_array_foreach(items, i, item) {
		AUTO_FREE char *key = mem_printf("%s %s %s%s", json_text(item, "kind"), fact_path(item),
			strcmp(json_text(item, "uid"), "0") == 0 ? "root" : "",
			is_login_shell(json_text(item, "shell")) ? "login" : "");
		AUTO_FREE char *any = mem_printf("%s %s", json_text(item, "kind"), fact_path(item));

		json_object_set_new(index, key, json_true());
		json_object_set_new(index, any, json_true());
	}
}

static void compare_names(struct compare *c, const json_t *old, const json_t *items, json_t *told)
{
	size_t i;
	json_t *item;

	json_array_foreach(items, i, item) {
		const char *name = fact_path(item), *kind = json_text(item, "kind");
		bool is_root = strcmp(json_text(item, "uid"), "0") == 0,
		     is_login = is_login_shell(json_text(item, "shell"));
		AUTO_FREE char *key = mem_printf(
			"%s %s %s%s", kind, name, is_root ? "root" : "", is_login ? "login" : "");
		AUTO_FREE char *any = mem_printf("%s %s", kind, name), *user = mem_printf("user %s", name);

		if (strcmp(kind, "group") == 0 && json_object_get(told, user)) /* its own */
			continue;
		/* One that was there is told again only when it has become more. */
		if (json_object_get(old, is_root || is_login ? key : any) || json_object_get(told, any))
			continue;
		json_object_set_new(told, any, json_true());
		tell(c, name, kind, item);
	}
}

static void compare_keys(struct compare *c, const json_t *old, const json_t *items, json_t *told)
{
	size_t i;
	json_t *item;

	json_array_foreach(items, i, item) {
		const char *path = fact_path(item);

		if (json_object_get(old, path) || json_object_get(told, path))
			continue;
		json_object_set_new(told, path, json_true());
		finding_add(c, SEVERITY_HIGH, path, "", "authorized_keys",
			arena_printf(c->arena,
				"The new version puts keys into %s: who holds the other half of one may log in from "
				"elsewhere.",
				path),
			"Do not let it through unless the vendor says whose keys they are and the security officer "
			"agrees.");
	}
}

static void keys_of(json_t *index, const json_t *items)
{
	size_t i;
	json_t *item;

	json_array_foreach(items, i, item)
		json_object_set_new(index, fact_path(item), json_true());
}

static void compare(struct compare *c)
{
	AUTO_JSON *names = json_object(), *keys = json_object(), *told = json_object();
	const json_t *old = NULL, *new = NULL;
	bool is_tested;

	if (c->old == NULL)
		return;
	is_tested = fact_reports(c, &old, &new);
	keys_of(keys, fact_items(c->old, "keys"));
	keys_of(keys, fact_items(old, "keys"));
	index_names(names, fact_items(c->old, "lines"));
	index_names(names, fact_items(json_map(c->old, "bytes"), "sysusers"));
	index_names(names, fact_items(old, "accounts"));
	if (is_tested)
		compare_names(c, names, fact_items(new, "accounts"), told);
	compare_names(c, names, fact_items(json_map(c->new, "bytes"), "sysusers"), told);
	if (!is_tested) /* what scripts say is second to what they did */
		compare_names(c, names, fact_items(c->new, "lines"), told);
	compare_keys(c, keys, fact_items(c->new, "keys"), told);
	compare_keys(c, keys, fact_items(new, "keys"), told);
	fact_tell_cut(c, "lines");
	fact_tell_cut(c, "keys");
	fact_tell_cut_in(c, "bytes", "sysusers");
	fact_tell_cut_in(c, "report", "accounts");
	fact_tell_cut_in(c, "report", "keys");
}

const struct check check_account_new = {
	.id = "account-new",
	.severity = SEVERITY_HIGH,
	.waiver = "change-manager",
	.about = "Users and groups that the new version makes and the old one did not (in the test, in sysusers.d, in "
		 "scripts), above all with "
		 "number 0, a shell to log in with, a password, or keys of strangers (authorized_keys).",
	.why = "A system account without a shell is ordinary and told as medium, so that somebody enters it in the "
	       "organisation's list; a group as "
	       "low. One that can log in, is root under another name, is put into a group such as sudo or docker, or a "
	       "file of authorized "
	       "keys is a way into the machine. What the test saw counts more than what scripts say. Known false "
	       "alarm: a script that "
	       "names an account by another variable than before.",
	.look = look,
	.collect = collect,
	.observe = observe,
	.compare = compare,
};
