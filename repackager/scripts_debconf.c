/* scripts_debconf.c - debconf's questions on systems without debconf.
 *
 * A script that reads /usr/share/debconf/confmodule finds a shim there that answers as debconf's noninteractive frontend does: by the
 * template's default, until a script sets something else. The templates are part of the generated script, without their translations. */
#include "repackager/scripts_private.h"
#include <string.h>

static const char word[] = "/debconf/confmodule";

static bool mentions(const struct script *s, const char *text)
{
	return s && memmem(s->body, s->len, text, strlen(text)) != NULL;
}

bool scripts_asks(const struct script *s)
{
	return mentions(s, word);
}

/* One field of one template; continuation lines are not part of it. */
struct question {
	struct slice name, type;
	bool has_default;
};

static bool is_field(struct slice key, const char *name)
{
	return strlen(name) == key.len && strncasecmp(key.at, name, key.len) == 0;
}

/* Takes one line of the templates into the question, and into `to` as "NAME TAB FIELD TAB VALUE"; an empty line ends a question. */
static void take_line(struct question *q, struct slice line, struct text *to)
{
	static const char *const fields[] = { "Type", "Default", "Choices", "Description", NULL };
	const char *colon = memchr(line.at, ':', line.len);
	struct slice key, value;

	if (!colon || line.at[0] == ' ' || line.at[0] == '\t' || line.at[0] == '#')
		return;
	key = slice_trim((struct slice){ line.at, (size_t)(colon - line.at) });
	value = slice_trim((struct slice){ colon + 1, (size_t)(line.at + line.len - colon - 1) });
	if (is_field(key, "Template")) {
		*q = (struct question){ .name = value };
		return;
	}
	if (is_field(key, "Type"))
		q->type = value;
	if (is_field(key, "Default"))
		q->has_default = true;
	for (const char *const *f = fields; to && *f && q->name.len > 0; f++)
		if (is_field(key, *f))
			text_add(to, "%.*s\t%s\t%.*s\n", (int)q->name.len, q->name.at, *f, (int)value.len, value.at);
}

static const char *templates(const struct scripts_build *b)
{
	const char *text = pkg_field_get(b->job->meta, "control-file:templates");

	return text ? text : "";
}

void scripts_debconf(struct scripts_build *b, enum slot slot)
{
	struct slice rest = slice_of(templates(b)), line;
	struct shell *sh = &b->slots[slot];
	struct question q = { 0 };
	AUTO(text) lines = { 0 };

	if (sh->files.at && strstr(sh->files.at, "sluice_templates="))
		return;
	while (slice_cut(&rest, '\n', &line))
		take_line(&q, line, &lines);
	shell_put_file(&sh->files, "\"$sluice_dir/templates\"", lines.at ? lines.at : "", lines.len);
	text_add(&sh->files, "sluice_templates=$sluice_dir/templates\nexport sluice_templates\n");
}

/* ---- what cannot be answered */

static bool wants_answer(struct slice type)
{
	static const char *const types[] = { "string", "password", "boolean", "select", "multiselect" };

	for (size_t i = 0; i < COUNT(types); i++)
		if (slice_is(type, types[i]))
			return true;
	return false;
}

/* A name that is put together from variables may be any question's. */
static bool is_asked(const struct scripts_build *b, struct slice name)
{
	AUTO_FREE char *text = mem_printf("%.*s", (int)name.len, name.at);

	for (size_t i = 0; i < b->job->meta->scripts.len; i++) {
		const struct script *s = &b->job->meta->scripts.at[i];
		struct slice rest = { s->body, s->len }, line;
		while (slice_cut(&rest, '\n', &line)) {
			const char *input = memmem(line.at, line.len, "db_input", 8);
			size_t left = input ? (size_t)(line.at + line.len - input) : 0;
			if (left > 0 && (memmem(input, left, text, name.len) || memchr(input, '$', left)))
				return true;
		}
	}
	return false;
}

static void tell_question(struct scripts_build *b, const struct question *q)
{
	if (q->name.len == 0 || q->has_default || !wants_answer(q->type) || !is_asked(b, q->name))
		return;
	AUTO_FREE char *what = mem_printf("debconf:%.*s", (int)q->name.len, q->name.at);
	scripts_tell(b, LOSS_BEHAVIOUR, "nobody is asked, and the question has no default: the answer is empty", what);
}

void scripts_debconf_tell(struct scripts_build *b)
{
	struct slice rest = slice_of(templates(b)), line;
	struct question q = { 0 };
	bool asks = false;

	for (size_t i = 0; i < b->job->meta->scripts.len; i++) {
		const struct script *s = &b->job->meta->scripts.at[i];
		asks |= scripts_asks(s);
		if (s->event == EVENT_CONFIG && !scripts_asks(s))
			scripts_lose(b, LOSS_BEHAVIOUR, s, "it does not read confmodule, and is not run");
		if (mentions(s, "Debconf::Client"))
			scripts_lose(b, LOSS_BEHAVIOUR, s, "it talks to debconf in perl, and there is none");
	}
	if (!asks)
		return;
	scripts_tell(b, LOSS_NOTE,
		templates(b)[0] ? "nobody is asked: the defaults of the templates are the answers, as of debconf's "
				  "noninteractive frontend"
				: "it brings no templates: no question is known",
		"debconf:questions");
	while (slice_cut(&rest, '\n', &line)) {
		if (line.len > 0 && memchr(line.at, ':', line.len) && strncasecmp(line.at, "Template:", 9) == 0)
			tell_question(b, &q);
		take_line(&q, line, NULL);
	}
	tell_question(b, &q);
}
