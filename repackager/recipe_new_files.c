/* recipe_new_files.c - the first recipe's `files`: where things go, what is configuration, what could be left out. */
#include "repackager/recipe_new_private.h"
#include <string.h>

enum { LINES_MAX = 24 /* of one kind; more are counted */ };

/* Lines of one kind with a heading before the first and the rest counted. */
struct lines {
	struct draft *d;
	const char *heading;
	size_t len;
	struct pathmap seen;
};

__attribute__((format(printf, 3, 4))) static void add(struct lines *l, const char *key, const char *fmt, ...)
{
	va_list ap;
	char line[8192];
	const char *kept = arena_str(&l->d->arena, key);

	if (!pathmap_put(&l->seen, kept, 0))
		return;
	if (l->len++ == 0 && l->heading[0])
		text_add(&l->d->out, "  # %s\n", l->heading);
	if (l->len > LINES_MAX)
		return;
	va_start(ap, fmt);
	int len = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (len > 0 && (size_t)len < sizeof line)
		text_add(&l->d->out, "  %s\n", line);
}

static void end(struct lines *l)
{
	if (l->len > LINES_MAX)
		text_add(&l->d->out, "  # ... and %zu more\n", l->len - LINES_MAX);
	pathmap_done(&l->seen);
}

static const struct entry *entry_at(const struct draft *d, size_t i)
{
	return &d->pkg.entries.at[i];
}

/* ---- moves */

static void put_moves(struct draft *d)
{
	struct lines l = { .d = d,
		.heading = "to a place of your own (a house can do it for all with 'relocate'); what still names the "
			   "old one is told" };

	if (d->prefix[0])
		text_add(&d->out, "  - {move: /, to: %s}   # the archive is no file system of its own\n",
			draft_quote(d, d->prefix));
	for (size_t i = 0; i < d->pkg.entries.len && d->pkg.has_metadata; i++) {
		const char *path = entry_at(d, i)->path;
		size_t len = 5 + strcspn(text_starts(path, "/opt/") ? path + 5 : "", "/");
		if (!text_starts(path, "/opt/") || !path[5])
			continue;
		AUTO_FREE char *top = mem_printf("%.*s", (int)len, path), *to = mem_printf("/opt/org/%s", top + 5);
		if (draft_can_name(top))
			add(&l, top, "# - {move: %s, to: %s}", draft_quote(d, top), draft_quote(d, to));
	}
	end(&l);
}

/* ---- what could be left out */

static const struct {
	const char *pattern, *what;
} others[] = {
	{ "**/*.pdb", "debug symbols of Windows" },
	{ "**/*.dSYM", "debug symbols of macOS" },
	{ "**/*.debug", "debug symbols" },
	{ "/usr/lib/debug", "debug symbols" },
	{ "**/*.exe", "programs of Windows" },
	{ "**/*.dll", "libraries of Windows" },
	{ "**/*.bat", "scripts of Windows" },
	{ "**/*.cmd", "scripts of Windows" },
	{ "**/*.ps1", "scripts of Windows" },
	{ "**/*.chm", "help of Windows" },
	{ "**/*.dylib", "libraries of macOS" },
	{ "**/.DS_Store", "left by macOS" },
	{ "**/__MACOSX", "left by macOS" },
	{ "**/Thumbs.db", "left by Windows" },
};

static void put_excludes(struct draft *d)
{
	bool is_first = true;

	for (size_t k = 0; k < COUNT(others); k++) {
		size_t count = 0;
		for (size_t i = 0; i < d->pkg.entries.len; i++)
			count += d->final.at[i] && text_glob(others[k].pattern, d->final.at[i]);
		if (count > 0 && is_first)
			text_add(&d->out, "  # not needed here, probably\n");
		if (count > 0)
			text_add(&d->out, "  # - {exclude: '%s'}   # %zu: %s\n", others[k].pattern, count,
				others[k].what);
		is_first &= count == 0;
	}
}

/* ---- configuration: by place (/etc) and by kind */

static bool is_config_name(const char *name)
{
	static const char *const endings[] = { ".conf", ".cfg", ".ini", ".yaml", ".yml", ".toml", ".properties",
		".cnf" };

	for (size_t i = 0; i < COUNT(endings); i++)
		if (text_ends(name, endings[i]))
			return true;
	return false;
}

static bool has_config_folder(const char *path)
{
	static const char *const folders[] = { "/etc/", "/conf/", "/config/", "/conf.d/" };

	for (size_t i = 0; i < COUNT(folders); i++)
		if (strstr(path, folders[i]))
			return true;
	return false;
}

static bool is_config(const struct draft *d, size_t i)
{
	const struct entry *entry = entry_at(d, i);
	const char *path = d->final.at[i];

	if (!path || entry->type != ENTRY_FILE || entry->flags & (ENTRY_CONFIG | ENTRY_GHOST) ||
		text_starts(path, "/etc/init.d/"))
		return false;
	return text_starts(path, "/etc/") ||
		(text_starts(path, "/opt/") && has_config_folder(path) && is_config_name(path));
}

static void put_configs(struct draft *d)
{
	struct lines l = { .d = d, .heading = "configuration: the administrator's changes are kept" };

	for (size_t i = 0; i < d->pkg.entries.len; i++) {
		const char *path = d->final.at[i], *slash, *dot;
		if (!is_config(d, i) || !draft_can_name(path))
			continue;
		slash = strrchr(path, '/');
		dot = strrchr(slash, '.');
		AUTO_FREE char *pattern = dot && is_config_name(path)
			? mem_printf("%.*s/*%s", (int)(slash - path), path, dot)
			: mem_strdup(path);
		add(&l, pattern, "- {match: %s, config: keep}", draft_quote(d, pattern));
	}
	end(&l);
}

/* ---- folders for data, and commands */

static bool is_data_folder(const char *path)
{
	static const char *const tops[] = { "/var/lib/", "/var/log/", "/var/cache/", "/var/spool/", "/var/opt/",
		"/srv/" };

	for (size_t i = 0; i < COUNT(tops); i++)
		if (text_starts(path, tops[i]) && !strchr(path + strlen(tops[i]), '/'))
			return true;
	return false;
}

static void put_folders(struct draft *d)
{
	struct lines l = { .d = d, .heading = "folders for data, as they are in the file" };

	for (size_t i = 0; i < d->pkg.entries.len; i++) {
		const struct entry *entry = entry_at(d, i);
		const char *path = d->final.at[i];
		if (!path || entry->type != ENTRY_DIR || !is_data_folder(path) || !draft_can_name(path) ||
			entry->flags & ENTRY_GHOST)
			continue;
		if (!d->pkg.has_metadata)
			add(&l, path, "- {dir: %s, mode: \"%04o\"}   # and owner: USER, when it is not root's",
				draft_quote(d, path), entry->mode);
		else
			add(&l, path, "# - {dir: %s, mode: \"%04o\", owner: %s, group: %s}", draft_quote(d, path),
				entry->mode, entry->owner[0] ? draft_plain(d, entry->owner) : "root",
				entry->group[0] ? draft_plain(d, entry->group) : "root");
	}
	end(&l);
}

static void put_commands(struct draft *d)
{
	struct lines l = { .d = d, .heading = "commands where everybody's PATH finds them" };

	for (size_t i = 0; i < d->pkg.entries.len; i++) {
		const struct entry *entry = entry_at(d, i);
		const char *path = d->final.at[i], *slash = path ? strrchr(path, '/') : NULL;
		if (!path || !text_starts(path, "/opt/") || entry->type != ENTRY_FILE || !(entry->mode & 0111) ||
			!draft_can_name(path) || slash - path < 4 || strncmp(slash - 4, "/bin", 4) != 0)
			continue;
		AUTO_FREE char *link = mem_printf("/usr/bin%s", slash);
		if (!pathmap_get(&d->paths, link))
			add(&l, link, "%s{symlink: %s, to: %s}", d->pkg.has_metadata ? "# - " : "- ",
				draft_quote(d, link), draft_quote(d, path));
	}
	end(&l);
}

/* Text files that tend to name their own place: rewritten only when a rule says so. */
static void put_rewrites(struct draft *d)
{
	static const char *const kinds[] = { ".pc", ".service", ".desktop", ".timer", ".socket" };
	size_t count[COUNT(kinds)] = { 0 };
	bool is_first = true;

	for (size_t i = 0; i < d->pkg.entries.len; i++)
		for (size_t k = 0; k < COUNT(kinds); k++)
			count[k] += d->final.at[i] && entry_at(d, i)->type == ENTRY_FILE &&
				text_ends(d->final.at[i], kinds[k]);
	for (size_t k = 0; k < COUNT(kinds); k++) {
		if (!count[k])
			continue;
		if (is_first)
			text_add(&d->out,
				"  # when something moves: files in which the old place becomes the new one\n");
		text_add(&d->out, "  # - {rewrite: '**/*%s'}   # %zu\n", kinds[k], count[k]);
		is_first = false;
	}
}

void draft_files(struct draft *d)
{
	text_add(&d->out, "\nfiles:                       # rules apply in order\n");
	put_moves(d);
	put_excludes(d);
	put_configs(d);
	put_folders(d);
	put_commands(d);
	put_rewrites(d);
}
