/* config.c - which files are configuration, in which form, and the flat list that the readers of the forms fill. */
#include "base/text.h"
#include "inspect/config_form.h"
#include <ctype.h>
#include <limits.h>
#include <string.h>

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool has_any(const char *path, const char *const *parts, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcasestr(path, parts[i]))
			return true;
	return false;
}

static bool ends_any(const char *path, const char *const *ends, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text_ends(path, ends[i]))
			return true;
	return false;
}

bool config_is_example(const char *path)
{
	static const char *const parts[] = { "/doc/", "/docs/", "/example", "/man/", "/test/", "/tests/", "/testdata/",
		"/test-data/", "/locale/", "/help/", "/sample", "/licenses/", "/node_modules/", "/site-packages/",
		"/dist-packages/", "/info/", "/lintian/", "/bug/", "/gir-1.0/", "/mime/", "/icons/", "/metainfo/",
		"/appdata/", "/applications/", "/bash-completion/", "/zsh/", "/vim/", "/fonts/", "/X11/xkb/", "/skel/",
		"/i18n/", "/translations/", "/docbook", "/xml/", "/sgml/", "/perl5/", "/perl/", "/autopkgtest",
		"/emacs/", "/common-licenses/", "/doc-base/", "/python3/runtime.d/", "/themes/", "/javascript/" };
	static const char *const ends[] = { ".sample", ".example", ".examples", ".orig", ".md", ".rst", ".html", ".htm",
		".in", ".tmpl", ".svg", ".po", ".schema.json", ".xsd", ".xsl", ".dtd", ".rng", ".js", ".css", ".map",
		".ts", ".h", ".c", ".pm", ".pl", ".1", ".5", ".8", ".dist", ".template", ".j2" };
	static const char *const etc_ends[] = { ".sample", ".example", ".examples", ".orig", ".md", ".rst", ".html",
		".htm", ".tmpl", ".po", ".template", ".j2" };

	/* Whatever a folder there is called, its programs read it. */
	if (text_starts(path, "/etc/"))
		return ends_any(path, etc_ends, COUNT(etc_ends));
	return has_any(path, parts, COUNT(parts)) || ends_any(path, ends, COUNT(ends));
}

bool config_is_named(const char *path)
{
	static const char *const ends[] = { ".conf", ".cfg", ".ini", ".yaml", ".yml", ".json", ".xml", ".toml",
		".properties", ".cnf", ".env", ".config", ".cf", ".sources", ".list", ".repo", ".hcl", "rc" };

	return ends_any(path, ends, COUNT(ends));
}

bool config_is_place(const struct entry *entry)
{
	static const char *const units[] = { ".service", ".socket", ".timer", ".mount", ".path", ".target",
		".network" };
	const char *path = entry->path;

	if (entry->flags & (ENTRY_DOC | ENTRY_LICENSE | ENTRY_README))
		return false;
	if (entry->flags & ENTRY_CONFIG)
		return true;
	if (config_is_example(path))
		return false;
	if (text_starts(path, "/etc/"))
		return true;
	if (strstr(path, "/systemd/") && ends_any(path, units, COUNT(units)))
		return true;
	if (config_is_named(path) || text_ends(path, "settings.py"))
		return true;
	if (strchr(base_of(path), '.') != NULL)
		return false;
	return (strstr(path, "/conf/") || strstr(path, "/config/") || strstr(path, "/conf.d/")) &&
		!text_starts(path, "/usr/bin/") && !text_starts(path, "/usr/sbin/");
}

/* ---- the list */

void config_push(struct config_at *at, struct slice name, int mark)
{
	size_t room = sizeof at->path - 1 - at->len;

	if (at->depth >= CONFIG_DEPTH) {
		at->over++;
		at->config->more++;
		return;
	}
	at->frames[at->depth].len = at->len;
	at->frames[at->depth++].mark = mark;
	if (name.len + 1 > room) {
		at->config->more++;
		name.len = room > 0 ? room - 1 : 0;
	}
	if (room < 2)
		return;
	memcpy(at->path + at->len, name.at, name.len);
	at->len += name.len;
	at->path[at->len++] = '/';
}

void config_pop(struct config_at *at)
{
	if (at->over > 0)
		at->over--;
	else if (at->depth > 0)
		at->len = at->frames[--at->depth].len;
}

int config_mark(const struct config_at *at)
{
	return at->depth > 0 ? at->frames[at->depth - 1].mark : INT_MIN;
}

static void no_zeros(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == 0)
			text[i] = ' ';
}

void config_add(struct config_at *at, struct slice key, struct slice value, unsigned line)
{
	struct config *c = at->config;
	size_t section = at->len;
	struct config_item item = { .line = line };
	char *text, *copy;

	if (key.len == 0 && section > 0)
		section--; /* its slash */
	if (key.len == 0 && section == 0)
		return;
	text = c->items.len < CONFIG_ITEMS_MAX ? arena_alloc(&c->arena, section + key.len + 1) : NULL;
	copy = text ? arena_copy(&c->arena, value.len ? value.at : "", value.len) : NULL;
	if (copy == NULL) {
		c->more++;
		return;
	}
	memcpy(text, at->path, section);
	if (key.len > 0)
		memcpy(text + section, key.at, key.len);
	no_zeros(text, section + key.len);
	no_zeros(copy, value.len);
	item.key = text;
	item.value = copy;
	*LIST_ADD(&c->items) = item;
}

struct slice config_unquote(struct slice s)
{
	s = slice_trim(s);
	if (s.len >= 2 && (s.at[0] == '"' || s.at[0] == '\'') && s.at[s.len - 1] == s.at[0] &&
		memchr(s.at + 1, s.at[0], s.len - 2) == NULL)
		return (struct slice){ s.at + 1, s.len - 2 };
	return s;
}

struct slice config_cut_comment(struct slice s)
{
	char quote = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (quote)
			quote = c == quote ? 0 : quote;
		else if ((c == '"' || c == '\'') && (i == 0 || strchr(" \t=:,[({", s.at[i - 1])))
			quote = c;
		else if (c == '#' && i > 0 && (s.at[i - 1] == ' ' || s.at[i - 1] == '\t'))
			return slice_trim((struct slice){ s.at, i });
	}
	if (quote) /* no quote after all: an apostrophe */
		for (size_t i = 1; i < s.len; i++)
			if (s.at[i] == '#' && (s.at[i - 1] == ' ' || s.at[i - 1] == '\t'))
				return slice_trim((struct slice){ s.at, i });
	return slice_trim(s);
}

/* ---- one file */

/* YAML under another name: nothing but "KEY:", "KEY: VALUE" and "- ITEM", and something that is nested. */
static bool is_yaml(struct slice text)
{
	struct slice raw;
	bool was_opened = false, is_nested = false;

	while (slice_cut(&text, '\n', &raw)) {
		struct slice line = config_cut_comment(slice_trim(raw));
		size_t key = 0;

		if (line.len == 0 || line.at[0] == '#')
			continue;
		while (key < line.len && (isalnum((unsigned char)line.at[key]) || strchr("_-.\"'", line.at[key])))
			key++;
		if (line.at[0] != '-' &&
			(key == 0 || key == line.len || line.at[key] != ':' ||
				(key + 1 < line.len && line.at[key + 1] != ' ')))
			return false;
		is_nested |= was_opened && raw.at[0] == ' ';
		was_opened = line.at[line.len - 1] == ':';
	}
	return is_nested;
}

/* "{" at the beginning and "}" at the end, and what follows is a key with its colon: no block without a name (Caddy's). */
static bool is_flow(struct slice start)
{
	size_t i = 1;

	if (start.len < 2 || start.at[0] != '{' || start.at[start.len - 1] != '}')
		return false;
	while (i < start.len && isspace((unsigned char)start.at[i]))
		i++;
	if (strchr("\"'}/{[", start.at[i]))
		return true;
	while (i < start.len && (isalnum((unsigned char)start.at[i]) || start.at[i] == '_' || start.at[i] == '-'))
		i++;
	return start.at[i] == ':';
}

static const char *form_of(const char *path, struct slice text)
{
	struct slice start = slice_trim(text);

	if (text_ends(path, "/pg_hba.conf") || strstr(path, "/pg_hba.conf"))
		return "pg_hba";
	if (text_ends(path, "/master.cf"))
		return "master";
	if (text_ends(path, ".json") || is_flow(start))
		return "json";
	if (text_ends(path, ".xml") ||
		(start.len > 5 && (memcmp(start.at, "<?xml", 5) == 0 || memcmp(start.at, "<!DOC", 5) == 0)))
		return "xml";
	if (text_ends(path, ".yaml") || text_ends(path, ".yml") ||
		(start.len > 4 && memcmp(start.at, "---\n", 4) == 0) || is_yaml(text))
		return "yaml";
	return "lines";
}

void config_read(struct config *ret, const char *path, const char *bytes, size_t len)
{
	struct config_at at = { .config = ret };
	struct slice text = { bytes, len };

	*ret = (struct config){ .form = form_of(path, text) };
	arena_init(&ret->arena, MIB(8));
	if (strcmp(ret->form, "pg_hba") == 0)
		config_pg_hba(&at, text);
	else if (strcmp(ret->form, "master") == 0)
		config_master(&at, text);
	else if (strcmp(ret->form, "json") == 0)
		config_json(&at, text);
	else if (strcmp(ret->form, "xml") == 0)
		config_xml(&at, text);
	else if (strcmp(ret->form, "yaml") == 0)
		config_yaml(&at, text);
	else
		config_lines(&at, path, text, 1);
}

void config_done(struct config *c)
{
	LIST_DONE(&c->items);
	arena_done(&c->arena);
}
