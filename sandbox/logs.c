/* logs.c - which logs there are, and what of them is new: each is read from where the last reading ended. */
#include "sandbox/logs.h"
#include "base/digest.h"
#include "base/text.h"
#include "sandbox/accounts.h"
#include "sandbox/trial.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LOG_MAX = 16 << 20, TOTAL_MAX = 64 << 20, FILES_MAX = 500, LISTING_MAX = 1 << 20, CORE_HEAD = 20 };
#define JOURNAL_KEPT "/var/log/journal"
#define JOURNAL_PASSING "/run/log/journal"
#define IN_JOURNAL_KEPT "/var/log/journal/"
static const char *const journal_folders[] = { JOURNAL_PASSING, JOURNAL_KEPT };
static const char *const journal_command[] = { "journalctl", "--no-pager", "--quiet", "--output=short-iso", NULL };

/* ---- how far a log was read: {"bytes","lines","digest" of those bytes} */
static void mark_read(struct trial *t, const char *path, const char *bytes, size_t len)
{
	json_t *o = json_object();
	char digest[SHA256_HEX];
	size_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += bytes[i] == '\n';
	sha256_hex(bytes, len, digest);
	json_object_set_new(o, "bytes", json_integer((json_int_t)len));
	json_object_set_new(o, "lines", json_integer((json_int_t)lines));
	json_set_str(o, "digest", digest);
	json_object_set_new(t->log_read, path, o);
}

/* Where the unread part begins; 0 when what was read is no longer the beginning: rotated, or written over. */
static size_t unread(const struct trial *t, const char *path, const char *bytes, size_t len, size_t *ret_line)
{
	const json_t *o = json_object_get(t->log_read, path);
	size_t seen = (size_t)json_int(o, "bytes");
	char digest[SHA256_HEX];

	*ret_line = 1;
	if (!seen || seen > len)
		return 0;
	sha256_hex(bytes, seen, digest);
	if (strcmp(digest, json_text(o, "digest")) != 0)
		return 0;
	*ret_line = (size_t)json_int(o, "lines") + 1;
	return seen;
}

static void take(struct trial *t, const char *path, const char *bytes, size_t len)
{
	size_t line, from = unread(t, path, bytes, len, &line);

	if (!json_object_get(t->log_read, path) && json_object_size(t->log_read) >= FILES_MAX) {
		trial_find(t, SEVERITY_MEDIUM, "log-cut", path, "more than %d logs were written; this one was not read",
			FILES_MAX);
		return;
	}
	logs_examine(t, path, bytes + from, len - from, line);
	mark_read(t, path, bytes, len);
}

/* ---- files */
static bool is_binary(const char *bytes, size_t len)
{
	return memchr(bytes, '\0', len < 4096 ? len : 4096) != NULL;
}

static void note_unread(struct trial *t, const char *path, const char *why)
{
	AUTO_FREE char *shown = text_printable(path, strlen(path), false);
	json_t *log = json_object();

	json_set_str(log, "path", shown);
	json_object_set_new(log, "lines", json_integer(0));
	json_object_set_new(log, "findings", json_array());
	json_set_str(log, "unread", why);
	json_array_append_new(t->logs, log);
}

/* What an image's folder of logs holds already. No find in the root, or a name that is no text: such a log is read as if all were new. */
static int mark_old_logs(struct trial *t, struct err *e)
{
	static const char *const find[] = { "find", "/var/log", "-xdev", "-type", "f", "(", "-size", "-8192", "-o",
		"-path", "/var/log/journal/*", ")", NULL };
	AUTO_FREE char *list = NULL;
	size_t count = 0;

	if (trial_ask(t, find, &list, e))
		return -1;
	t->has_no_journal = list && !t->is_booted && !strstr(list, IN_JOURNAL_KEPT);
	for (char *rest = list, *path; (path = strsep(&rest, "\n")) != NULL && count < FILES_MAX / 2;) {
		AUTO_FREE char *bytes = NULL;
		size_t len = 0;

		if (*path != '/' || text_starts(path, IN_JOURNAL_KEPT) || !text_is_utf8(path, strlen(path)))
			continue;
		if (sandbox_read(t->sandbox, path, LOG_MAX, &bytes, &len, e))
			return -1;
		if (bytes && !is_binary(bytes, len)) {
			mark_read(t, path, bytes, len);
			count++;
		}
	}
	return 0;
}

/* A program that is not a distribution's keeps its logs where it lies, or with its data. */
static bool is_log_place(const char *path)
{
	static const char *const places[] = { "/var/log/**", "/opt/**.log", "/opt/**/log/**", "/opt/**/logs/**",
		"/srv/**.log", "/srv/**/log/**", "/srv/**/logs/**", "/var/**.log", "/var/**/log/**", "/var/**/logs/**",
		"/tmp/**.log", "/run/**.log", "/usr/local/**.log", "/usr/local/**/log/**", "/root/**.log",
		"/home/**.log" };

	for (size_t i = 0; i < COUNT(places); i++)
		if (text_glob(places[i], path))
			return true;
	return false;
}

/* apt's terminal log says again what the command printed; accounting files are no text. */
static bool is_log(const char *path)
{
	static const char *const others[] = { "/var/log/apt/term.log", "/var/log/apt/eipp.log.xz", "/var/log/lastlog",
		"/var/log/faillog", "/var/log/wtmp", "/var/log/btmp", "/var/log/journal/**" };

	for (size_t i = 0; i < COUNT(others); i++)
		if (text_glob(others[i], path))
			return false;
	return is_log_place(path);
}

static int read_file(struct trial *t, const struct change *c, size_t *total, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len = 0;

	if (*total >= TOTAL_MAX) {
		trial_find(t, SEVERITY_HIGH, "log-cut", c->path, "more was written to logs than is read");
		return 0;
	}
	if (json_array_size(t->logs) >= LOGS_TOLD) {
		trial_find(t, SEVERITY_HIGH, "log-cut", "logs", "more than %d logs were written", LOGS_TOLD);
		return 0;
	}
	if (sandbox_read(t->sandbox, c->path, LOG_MAX, &bytes, &len, e))
		return -1;
	if (!bytes)
		return 0;
	*total += len;
	if (c->size > LOG_MAX)
		trial_find(t, SEVERITY_HIGH, "log-cut", c->path, "only its first %d MiB were read", LOG_MAX >> 20);
	if (is_binary(bytes, len)) {
		if (!json_object_get(t->log_read, c->path))
			note_unread(t, c->path, "it is no text");
		mark_read(t, c->path, bytes, len);
		return 0;
	}
	take(t, c->path, bytes, len);
	return 0;
}

/* ---- dumps of crashed programs */
static bool may_be_core(const char *path)
{
	static const char *const names[] = { "/**/core", "/**/core.*", "/**/*.core", "/core", "/core.*",
		"/var/crash/**", "/var/lib/systemd/coredump/**" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (text_glob(names[i], path))
			return true;
	return false;
}

static int find_core(struct trial *t, const struct change *c, struct err *e)
{
	AUTO_FREE char *head = NULL;
	size_t len = 0;

	if (json_object_get(t->log_read, c->path))
		return 0; /* told already */
	if (sandbox_read(t->sandbox, c->path, CORE_HEAD, &head, &len, e))
		return -1;
	if (!head)
		return 0;
	bool is_elf_core = len >= 18 && memcmp(head, "\177ELF", 4) == 0 && (head[16] == 4 || head[17] == 4);
	if (is_elf_core || text_glob("/var/lib/systemd/coredump/**", c->path) || text_glob("/var/crash/**", c->path)) {
		trial_find(t, SEVERITY_HIGH, "core-dump", c->path, "a program crashed and left its memory behind");
		mark_read(t, c->path, head, len);
	}
	return 0;
}

/* ---- the journal */
static int has_journal(struct trial *t, bool *ret, struct err *e)
{
	*ret = false;
	for (size_t i = 0; i < COUNT(journal_folders) && !*ret; i++) {
		struct path_status st;

		if (sandbox_status(t->sandbox, journal_folders[i], &st, e))
			return -1;
		*ret = st.is_there;
	}
	return 0;
}

/* Was the root's folder of journals empty, and did nobody begin one? Then nobody needs to be asked what stands in it. */
static int is_still_empty(struct trial *t, const struct changes *now, bool *ret, struct err *e)
{
	struct path_status passing;

	*ret = t->has_no_journal;
	for (size_t i = 0; *ret && now && i < now->len; i++)
		*ret = !text_starts(now->at[i].path, IN_JOURNAL_KEPT) || !S_ISREG(now->at[i].mode);
	if (!*ret)
		return 0;
	if (sandbox_status(t->sandbox, JOURNAL_PASSING, &passing, e))
		return -1;
	*ret = t->has_no_journal = !passing.is_there;
	return 0;
}

/* *ret NULL: none is kept, or nobody can read it. now: what changed by now; NULL: nothing yet. */
static int ask_journal(struct trial *t, const struct changes *now, char **ret, const char **ret_why, struct err *e)
{
	struct path_status st;
	bool is_kept, is_empty;

	*ret = NULL;
	*ret_why = "this root keeps no journal";
	if (has_journal(t, &is_kept, e) || sandbox_status(t->sandbox, "/usr/bin/journalctl", &st, e))
		return -1;
	if (!is_kept)
		return 0;
	*ret_why = "the root has no journalctl";
	if (!st.is_there)
		return 0;
	*ret_why = "journalctl failed";
	if (is_still_empty(t, now, &is_empty, e))
		return -1;
	if (is_empty) {
		*ret = mem_strdup("");
		return 0;
	}
	return trial_ask(t, journal_command, ret, e);
}

static int read_journal(struct trial *t, const struct changes *now, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	const char *why;

	if (ask_journal(t, now, &bytes, &why, e))
		return -1;
	if (bytes)
		take(t, LOGS_JOURNAL, bytes, strlen(bytes));
	else if (!json_object_get(t->log_read, LOGS_JOURNAL)) {
		note_unread(t, LOGS_JOURNAL, why);
		mark_read(t, LOGS_JOURNAL, "", 0);
	}
	return 0;
}

int logs_excuse_unit(struct trial *t, const char *unit, struct err *e)
{
	static const char *const sync[] = { "journalctl", "--sync", NULL };
	const char *const ask[] = { "journalctl", "--no-pager", "--quiet", "--output=short-iso", "-u", unit, NULL };
	AUTO_FREE char *lines = NULL, *nothing = NULL;

	if (!t->log_read)
		return 0;
	if (trial_ask(t, sync, &nothing, e) || trial_ask(t, ask, &lines, e))
		return -1;
	if (!t->log_excused)
		t->log_excused = json_object();
	for (char *rest = lines, *line; (line = strsep(&rest, "\n")) != NULL;) {
		AUTO_FREE char *shown = text_printable(line, strlen(line), false);

		json_object_set_new(t->log_excused, shown, json_true());
	}
	return 0;
}

bool logs_wanted(const char *scenario)
{
	return strcmp(scenario, "failing-script") != 0 && strcmp(scenario, "interrupted") != 0;
}

int logs_start(struct trial *t, struct err *e)
{
	AUTO_FREE char *journal = NULL;
	const char *why;

	t->log_read = json_object();
	t->log_digests = json_object();
	if (mark_old_logs(t, e) || ask_journal(t, NULL, &journal, &why, e))
		return -1;
	if (journal)
		mark_read(t, LOGS_JOURNAL, journal, strlen(journal));
	return 0;
}

int logs_read(struct trial *t, const struct changes *now, struct err *e)
{
	size_t total = 0;

	if (!t->log_read)
		return 0;
	for (size_t i = 0; i < now->len; i++) {
		const struct change *c = &now->at[i];

		if (c->kind == '-' || !S_ISREG(c->mode) || !text_is_utf8(c->path, strlen(c->path)))
			continue;
		if (!text_starts(c->path, "/var/log/") && watch_knows(&t->before, c->path))
			continue; /* what was there before is marked as read in /var/log only */
		if ((is_log(c->path) && read_file(t, c, &total, e)) || (may_be_core(c->path) && find_core(t, c, e)))
			return -1;
	}
	return read_journal(t, now, e);
}

void logs_output(struct trial *t, const char *command, const char *output, size_t len)
{
	const char *slash = strrchr(command, '/');
	AUTO_FREE char *where = mem_printf("output of %s", slash ? slash + 1 : command);

	if (t->log_read && len && !t->is_made_to_fail)
		logs_examine(t, where, output, len, 0);
}

static int learn_logs(struct trial *t, struct watch *ret, struct err *e)
{
	return watch_take(t, ret, e) || logs_read(t, &ret->changes, e) ? -1 : 0;
}

/* Its purge: whom it takes away. One that fails teaches nothing. */
static int learn_users(struct trial *t, const struct watch *with, struct err *e)
{
	AUTO(watch) without = { 0 };
	bool ok = false;

	if (!t->manager->purge)
		return 0;
	if (t->manager->purge(t, &ok, e) || watch_take(t, &without, e))
		return -1;
	t->users_gone = ok ? accounts_gone(t, with, &without) : NULL;
	return 0;
}

/* The version in use: what it writes when it comes and goes is what people are used to. */
int logs_learn(struct trial *t, struct err *e)
{
	AUTO(watch) with = { 0 };
	AUTO(watch) removed = { 0 };
	bool ok = false;
	int rc = t->manager->install(t, t->new_files, &ok, e);

	if (rc || !ok)
		return rc;
	if (learn_logs(t, &with, e) || t->manager->remove(t, &ok, e) || learn_logs(t, &removed, e))
		return -1;
	return learn_users(t, &with, e);
}
