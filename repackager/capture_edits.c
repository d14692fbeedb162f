/* capture_edits.c - files that were there before and are not as they were: never packaged silently, the recipe says what becomes of each. */
#include "repackager/capture_private.h"
#include <string.h>

static const char *decision_of(const struct finds *f, const char *path)
{
	json_t *edits = document_at(f->recipe, "capture/edits"), *word;
	const char *pattern;

	word = json_object_get(edits, path);
	if (word)
		return json_string_value(word);
	json_object_foreach(edits, pattern, word)
		if (text_glob(pattern, path))
			return json_string_value(word);
	return "";
}

static int wrong(struct finds *f, const char *path, struct err *e, const char *why)
{
	(void)f;
	err_usage(e, "capture.edits: %s: %s", path, why);
	return err_hint(e, "script: one of the recipe's scripts does it; ignore: it is left out");
}

/* The lines that stand behind what was there; NULL: something else was changed as well. */
static const char *appended(const char *before, size_t before_len, const char *after, size_t after_len)
{
	if (after_len <= before_len || (before_len && memcmp(before, after, before_len) != 0) ||
		memchr(after, '\0', after_len))
		return NULL;
	return before_len == 0 || before[before_len - 1] == '\n' || after[before_len] == '\n' ? after + before_len
											      : NULL;
}

/* Each line is added where it is missing, and taken away again with the package. */
static void write_lines(struct finds *f, const char *path, const char *added)
{
	AUTO_FREE char *file = text_shell_quote(path);
	struct slice rest = slice_of(added), line;
	AUTO(text) patterns = { 0 };

	while (slice_cut(&rest, '\n', &line)) {
		if (slice_trim(line).len == 0)
			continue;
		AUTO_FREE char *bare = mem_printf("%.*s", (int)line.len, line.at);
		AUTO_FREE char *quoted = text_shell_quote(bare);
		text_add(&f->post, "grep -qxF -e %s %s 2> /dev/null || printf '%%s\\n' %s >> %s\n", quoted, file,
			quoted, file);
		text_add(&patterns, " -e %s", quoted);
	}
	if (!patterns.len)
		return;
	text_add(&f->preun,
		"if [ -f %s ] && sluice_rest=$(grep -vxF%s %s; echo x); then printf '%%s' \"${sluice_rest%%x}\" > %s; "
		"fi\n",
		file, patterns.at, file, file);
}

static int do_lines(struct finds *f, const struct captured *c, struct err *e)
{
	const char *path = c->taken.entry.path, *added;
	AUTO_FREE char *before = NULL, *after = NULL;
	size_t before_len = 0, after_len = 0;

	if (c->kind != '*' || c->taken.entry.type != ENTRY_FILE)
		return wrong(f, path, e, "'lines' is for a file that got lines at its end");
	if (c->differs)
		return wrong(f, path, e, "'lines' needs the same lines each time, and they are not");
	if (capture_before(f->capture, path, &before, &before_len, e) ||
		capture_after(f->capture, path, &after, &after_len, e))
		return -1;
	added = before && after ? appended(before, before_len, after, after_len) : NULL;
	if (!added)
		return wrong(f, path, e, "'lines' is for a file that got lines at its end, and more was changed");
	write_lines(f, path, added);
	return 0;
}

static int do_take(struct finds *f, const struct captured *c, struct err *e)
{
	struct taken t = c->taken;

	if (c->kind == '-')
		return wrong(f, t.entry.path, e, "what was removed cannot be taken into a package");
	if (c->differs)
		return wrong(f, t.entry.path, e, "it is not the same each time");
	accounts_name(f, capture_arena(f->capture), &t.entry);
	if (!c->is_old) {
		t.entry.mtime = f->mtime;
		t.entry.mtime_ns = 0;
	}
	*LIST_ADD(&f->take) = t;
	json_array_append_new(f->kept, capture_item(t.entry.path));
	return 0;
}

static int do_script(struct finds *f, const struct captured *c, struct err *e)
{
	if (json_object_size(document_at(f->recipe, "scripts/before")) == 0 &&
		json_object_size(document_at(f->recipe, "scripts/after")) == 0)
		return wrong(
			f, c->taken.entry.path, e, "'script' needs a script under scripts.before or scripts.after");
	return 0;
}

static int do_nothing(struct finds *f, const struct captured *c, struct err *e)
{
	(void)f;
	(void)c;
	(void)e;
	return 0;
}

static const struct {
	const char *word;
	int (*act)(struct finds *f, const struct captured *c, struct err *e);
} words[] = { { "lines", do_lines }, { "take", do_take }, { "script", do_script }, { "ignore", do_nothing } };

static void tell(struct finds *f, const struct captured *c, const char *what, const char *decision)
{
	const char *path = c->taken.entry.path;
	json_t *o = capture_item(path);
	AUTO_FREE char *shown = text_printable(path, strlen(path), false);

	json_set_str(o, "what", what);
	json_set_str(o, "decision", decision);
	if (c->differs)
		json_set_str(o, "differs", c->differs);
	json_array_append_new(f->edits, o);
	if (!*decision) {
		AUTO_FREE char *line = mem_printf("%s (%s)", shown, what);
		json_array_append_new(f->undecided, json_string(line));
	}
}

int edit_decide(struct finds *f, const struct captured *c, const char *what, struct err *e)
{
	const char *decision = decision_of(f, c->taken.entry.path);

	tell(f, c, what, decision);
	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(words[i].word, decision) == 0)
			return words[i].act(f, c, e);
	return 0;
}

int edit_decide_text(struct finds *f, const char *path, const char *what, const char *text, struct err *e)
{
	struct captured c = { .kind = '-' };
	AUTO_FREE char *both = mem_printf("%s: %s", what, text);

	entry_init(&c.taken.entry);
	c.taken.entry.path = path;
	return edit_decide(f, &c, both, e);
}

/* A decision about nothing is a mistake somewhere. */
void edits_unused(struct finds *f)
{
	const char *pattern;
	json_t *word, *edit;
	size_t i;

	json_object_foreach(document_at(f->recipe, "capture/edits"), pattern, word) {
		bool is_used = false;

		json_array_foreach(f->edits, i, edit)
			is_used |= strcmp(json_text(edit, "path"), pattern) == 0 ||
				text_glob(pattern, json_text(edit, "path"));
		if (!is_used)
			event_log(f->events, EVENT_WARNING, "%s: capture.edits: %s was not changed", f->recipe->path,
				pattern);
	}
}
