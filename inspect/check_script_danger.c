/* check_script_danger.c - commands in scripts that an update should not run unnoticed: the package's own scripts, and shell scripts that units, cron
 * and the start of the machine run. Equal words are equal, wherever they stand; only what the old version did not have is told.
 *
 * Facts: {"scripts": LIST, "bytes": {"files": LIST, "started": {"items": [PATH]}, "large": {"items": [{"path", "digest"}]}}}; LIST has
 * items {"source" or "path", "danger", "text", "line"}. */
#include "base/text.h"
#include "inspect/checks.h"
#include "inspect/config.h"
#include "inspect/fact.h"
#include "inspect/looked.h"
#include "inspect/places.h"
#include "inspect/script_dangers.h"
#include "inspect/shell_words.h"
#include <ctype.h>
#include <string.h>

/* ---- facts */

struct telling {
	json_t *list;
	const char *key, *name;
};

static void add(void *to, const struct danger *danger, const char *text, unsigned line)
{
	const struct telling *t = to;
	bool is_own = strcmp(t->key, "source") == 0;
	bool is_told_elsewhere = is_own ? strcmp(danger->id, "grants") == 0      /* script_lines.h */
					: strcmp(danger->id, "unverified") == 0; /* tls-verify-dropped */
	json_t *item = is_told_elsewhere ? NULL : fact_add(t->list);

	if (item == NULL)
		return;
	json_set_str(item, t->key, t->name);
	json_set_str(item, "danger", danger->id);
	json_set_str(item, "text", text);
	json_object_set_new(item, "line", json_integer(line));
}

static bool is_sh(const char *interpreter)
{
	const char *slash = strrchr(interpreter, '/'), *name = slash ? slash + 1 : interpreter;
	AUTO_FREE char *first = mem_printf("%.*s", (int)strcspn(name, " \t"), name);

	return *first == 0 || shell_is_shell(first) || strcmp(first, "env") == 0 || strcmp(first, "openrc-run") == 0;
}

/* How much of it was left out. */
static size_t read_commands(json_t *list, const char *key, const char *name, const struct shell_words *shell)
{
	struct telling t = { list, key, name };

	return script_dangers(shell, add, &t) + shell->more;
}

static size_t read_script(json_t *list, const char *key, const char *name, const char *bytes, size_t len)
{
	struct shell_words shell;
	size_t more;

	shell_words_read(&shell, bytes, len);
	more = read_commands(list, key, name, &shell);
	shell_words_done(&shell);
	return more;
}

/* Text in quotes of another language, one to a line: what it hands to a shell is somewhere in there. */
static size_t read_quoted(json_t *list, const char *name, const char *bytes, size_t len)
{
	struct text t = { 0 };
	struct slice rest = { bytes, len }, line;
	size_t more;

	while (slice_cut(&rest, '\n', &line)) {
		for (size_t i = 0; i < line.len && line.at[0] != '#'; i++) {
			size_t end = i + 1;

			if (!strchr("\"'`", line.at[i]) || line.at[i] == 0)
				continue;
			while (end < line.len && line.at[end] != line.at[i])
				end += line.at[end] == '\\' ? 2 : 1;
			if (end >= line.len)
				break;
			text_bytes(&t, line.at + i + 1, end - i - 1);
			text_add(&t, ";");
			i = end;
		}
		text_add(&t, "\n");
	}
	more = read_script(list, "source", name, t.at ? t.at : "", t.len);
	text_done(&t);
	return more;
}

static json_t *collect(const struct pkg *pkg)
{
	json_t *list = fact_list();

	for (size_t i = 0; i < pkg->scripts.len; i++) {
		const struct script *s = &pkg->scripts.at[i];

		if (s->body && is_sh(s->interpreter))
			fact_add_more(list, read_script(list, "source", s->source, s->body, s->len));
		else if (s->body)
			fact_add_more(list, read_quoted(list, s->source, s->body, s->len));
	}
	return json_pack("{s:o}", "scripts", list);
}

/* Scripts that run without anybody starting them. */
static bool is_started_by_place(const char *path)
{
	static const char *const patterns[] = { "/etc/init.d/*", "/etc/rc*/**", "/etc/rc.local", "/etc/cron.*/*",
		"/etc/crontab", "/var/spool/cron/**", "/etc/systemd/system/**", "/usr/lib/systemd/system/**",
		"/etc/profile.d/*", "/etc/network/if-*/*", "/etc/NetworkManager/dispatcher.d/**", "/etc/kernel/**",
		"/etc/ppp/**", "/etc/dhcp/**", "/etc/X11/Xsession.d/*", "/usr/lib/udev/*", "/usr/lib/udev/rules.d/*",
		"/etc/udev/rules.d/*", "/usr/lib/systemd/system-generators/*", "/usr/lib/systemd/system-sleep/*",
		"/usr/lib/systemd/system-shutdown/*", "/etc/update-motd.d/*", "/usr/lib/NetworkManager/dispatcher.d/**",
		"/etc/logrotate.d/*", "/etc/initramfs-tools/**", "/usr/share/initramfs-tools/**" };

	return place_fits(patterns, COUNT(patterns), path);
}

/* Absolute paths among the words of a unit's Exec lines, or of a cron line. */
static void add_started(json_t *facts, const char *line)
{
	for (size_t len; *line; line += len) {
		line += strspn(line, " \t\"'=-@+!:;&|()");
		len = strcspn(line, " \t\"';&|()");
		AUTO_FREE char *path = *line == '/' ? mem_printf("%.*s", (int)len, line) : NULL;

		if (path)
			fact_add_text(fact_list_at(facts, "started"), path);
	}
}

static bool is_cron_table(const char *path)
{
	return text_starts(path, "/etc/cron.d/") || strcmp(path, "/etc/crontab") == 0 ||
		text_starts(path, "/var/spool/cron/");
}

/* "MINUTE HOUR DAY MONTH WEEKDAY USER COMMAND" or "@reboot USER COMMAND" of crontab(5), a command to a line; settings and comments are none. */
static size_t read_cron(const struct looked *file, json_t *facts)
{
	struct slice rest = { (const char *)file->bytes, file->len }, line;
	struct text t = { 0 };
	size_t more;

	while (slice_cut(&rest, '\n', &line)) {
		line = slice_trim(line);
		unsigned words = line.len > 0 && line.at[0] == '@' ? 2 : 6;
		bool is_command = line.len > 0 && line.at[0] != '#' && !isalpha((unsigned char)line.at[0]);

		for (; is_command && words > 0 && line.len > 0; words--) {
			while (line.len > 0 && !isspace((unsigned char)line.at[0]))
				line.at++, line.len--;
			line = slice_trim(line);
		}
		if (is_command)
			text_bytes(&t, line.at, line.len);
		text_add(&t, "\n");
	}
	more = read_script(fact_list_at(facts, "files"), "path", file->entry->path, t.at ? t.at : "", t.len);
	text_done(&t);
	return more;
}

static size_t look_config(const struct looked *file, json_t *facts)
{
	bool is_unit = strstr(file->entry->path, "/systemd/") != NULL;
	bool is_cron = text_starts(file->entry->path, "/etc/cron") ||
		text_starts(file->entry->path, "/etc/logrotate.d/");
	size_t more = is_unit || is_cron ? file->config->more : 0;

	for (size_t i = 0; (is_unit || is_cron) && i < file->config->items.len; i++) {
		const struct config_item *item = &file->config->items.at[i];

		if (is_cron || strstr(item->key, "/Exec"))
			add_started(facts, item->value);
		if (is_unit && strstr(item->key, "/Exec"))
			more += read_script(fact_list_at(facts, "files"), "path", file->entry->path, item->value,
				strlen(item->value));
	}
	return more;
}

/* RUN+="COMMAND", PROGRAM="COMMAND" of udev(7). */
static size_t read_rules(const struct looked *file, json_t *facts)
{
	struct slice rest = { (const char *)file->bytes, file->len }, line;
	struct text t = { 0 };
	size_t more;

	while (slice_cut(&rest, '\n', &line)) {
		line = slice_trim(line);
		for (const char *at = line.at, *end = line.at + line.len; at < end && line.at[0] != '#';) {
			const char *key = memmem(at, (size_t)(end - at), "RUN", 3);
			const char *from, *to;

			key = key ? key : memmem(at, (size_t)(end - at), "PROGRAM", 7);
			from = key ? memchr(key, '"', (size_t)(end - key)) : NULL;
			to = from ? memchr(from + 1, '"', (size_t)(end - from - 1)) : NULL;
			if (to == NULL)
				break;
			text_bytes(&t, from + 1, (size_t)(to - from - 1));
			text_add(&t, ";");
			at = to + 1;
		}
		text_add(&t, "\n");
	}
	more = read_script(fact_list_at(facts, "files"), "path", file->entry->path, t.at ? t.at : "", t.len);
	text_done(&t);
	return more;
}

static void look(const struct looked *file, json_t *facts)
{
	const char *path = file->entry->path;
	size_t more = file->config ? look_config(file, facts) : 0;

	if (text_glob("**/udev/rules.d/*.rules", path))
		more += file->is_whole ? read_rules(file, facts) : 1;

	if (is_cron_table(path))
		more += file->is_whole ? read_cron(file, facts) : 1;
	if (file->shell)
		more += read_commands(fact_list_at(facts, "files"), "path", path, file->shell);
	else if (file->is_shell)
		more++;
	if (more > 0)
		fact_add_unread(facts, file);
}

/* ---- comparing */

static const char *text_of(const json_t *item)
{
	const char *text = json_text(item, "text");

	return *text ? text : json_text(item, "text_raw");
}

static char *key_of(const json_t *item)
{
	return mem_printf("%s\n%s", json_text(item, "danger"), text_of(item));
}

static void index_list(json_t *known, const json_t *items)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)items, i, item) {
		AUTO_FREE char *key = key_of(item);

		json_object_set_new(known, key, json_true());
	}
}

static bool is_started(const void *started, const char *path)
{
	AUTO_FREE char *key = fact_key(path);

	return is_started_by_place(path) || json_object_get(started, key);
}

static void tell(struct compare *c, json_t *known, const json_t *item, const char *where)
{
	const struct danger *danger = danger_named(json_text(item, "danger"));
	AUTO_FREE char *key = key_of(item);

	if (danger == NULL || json_object_get(known, key))
		return;
	json_object_set_new(known, key, json_true());
	finding_add(c, danger->severity, where, "", text_of(item),
		arena_printf(
			c->arena, "A script of the update (%s) %s. The version before did not.", where, danger->text),
		"Ask the vendor why it is needed, or leave it out in the recipe (scripts: drop or replace).");
}

static void compare(struct compare *c)
{
	const json_t *old = json_map(c->old, "bytes"), *new = json_map(c->new, "bytes");
	AUTO_JSON *known = json_object(), *started = json_object();
	json_t *item;
	size_t i;

	if (c->old == NULL)
		return;
	index_list(known, fact_items(c->old, "scripts"));
	index_list(known, fact_items(old, "files"));
	json_array_foreach(fact_items(new, "started"), i, item)
		if (json_is_string(item)) {
			AUTO_FREE char *key = fact_key(json_string_value(item));

			json_object_set_new(started, key, json_true());
		}
	json_array_foreach(fact_items(c->new, "scripts"), i, item)
		tell(c, known, item, json_text(item, "source"));
	json_array_foreach(fact_items(new, "files"), i, item)
		if (is_started(started, fact_path(item)))
			tell(c, known, item, fact_path(item));
	fact_tell_unread(c, old, new,
		"This script is too long to be read to its end, so not all can be said about what it does.", is_started,
		started);
	fact_tell_cut_in(c, "bytes", "files");
	fact_tell_cut_in(c, "bytes", "started");
	fact_tell_cut(c, "scripts");
}

const struct check check_script_danger = {
	.id = "script-danger",
	.severity = SEVERITY_HIGH,
	.waiver = "change-manager",
	.about = "Commands in the package's scripts, and in shell scripts that units, cron and the start of the "
		 "machine run: downloads that are run, "
		 "decoded code, connections, firewall, disabled protection, accounts, keys and trust. Only what the "
		 "old version did not do.",
	.why = "Scripts of a package run as the administrator on every machine. Commands are seen through pipes, "
	       "substitutions, here-documents and text handed to a shell; equal commands are equal wherever they "
	       "stand. Ask the vendor, or replace the script in the recipe. Not seen: commands put together from "
	       "variables; of scripts in other languages only text in quotes is read, as if a shell got it. Known "
	       "false alarm: a command in a "
	       "branch that never runs.",
	.look = look,
	.collect = collect,
	.compare = compare,
};
