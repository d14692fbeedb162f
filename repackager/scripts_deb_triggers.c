/* scripts_deb_triggers.c - rpm's file triggers under dpkg (RPM's file_triggers.md).
 *
 * A file trigger of rpm runs when any package brings or takes files whose paths begin so, with argument 0 and those paths on its standard
 * input; and for all that are there when its own package comes or goes. dpkg's counterpart, `interest-noawait /path`, calls postinst with
 * "triggered" and no files. So what was there is kept as a list in the state folder ("files.N"), and what is new or gone since is told;
 * neither: files were replaced, and all are told. */
#include "repackager/scripts_private.h"
#include <string.h>

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "too many triggers");
}

static const char *const kinds[] = { "%filetriggerin", "%transfiletriggerin", "%filetriggerun", "%transfiletriggerun",
	"%filetriggerpostun", "%transfiletriggerpostun" };

bool scripts_is_file_trigger(const struct script *s)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (s->event == EVENT_TRIGGER && strcmp(s->source, kinds[i]) == 0)
			return s->interpreter[0] != '<' && !scripts_is_ldconfig(s) && strchr(s->trigger, '/');
	return false;
}

/* The next of that kind in the order of priorities, behind the one given; by place where they are the same. */
static const struct script *next(const struct scripts_build *b, const char *kind, const struct script *behind)
{
	const struct pkg *meta = b->job->meta;
	const struct script *best = NULL;

	for (size_t i = 0; i < meta->scripts.len; i++) {
		const struct script *s = &meta->scripts.at[i];
		if (strcmp(s->source, kind) != 0 || !scripts_is_file_trigger(s) || !scripts_vendor(b, s->source))
			continue;
		bool is_behind = !behind || s->priority < behind->priority ||
			(s->priority == behind->priority && s > behind);
		if (is_behind && (!best || s->priority > best->priority))
			best = s;
	}
	return best;
}

static size_t number(const struct scripts_build *b, const struct script *s)
{
	return (size_t)(s - b->job->meta->scripts.at);
}

/* sluice_list_N: the files that the trigger watches, sorted. */
static int list_function(struct scripts_build *b, struct shell *sh, const struct script *s)
{
	struct slice rest = slice_of(s->trigger), path;
	size_t n = number(b, s);

	text_add(&sh->functions, "sluice_list_%zu() {\n\t{\n", n);
	while (slice_cut(&rest, ',', &path)) {
		path = slice_trim(path);
		AUTO_FREE char *text = mem_printf("%.*s", (int)path.len, path.at), *quoted = text_shell_quote(text);
		if (text[0] == '/')
			text_add(&sh->functions, "\t\tfind %s* 2>/dev/null\n", quoted);
	}
	text_add(&sh->functions, "\t\t:\n\t} | LC_ALL=C sort -u\n}\n");
	return 0;
}

static void carry(struct scripts_build *b, enum slot slot, const struct script *s)
{
	struct shell *sh = &b->slots[slot];
	AUTO_FREE char *function = mem_printf("sluice_trigger_%zu", number(b, s));
	AUTO_FREE char *env = scripts_home_of(FAMILY_RPM)->environment(b, NULL);
	AUTO_FREE char *mark = mem_printf("%s() {", function);

	if (sh->functions.at && strstr(sh->functions.at, mark))
		return;
	shell_carry(sh, function, env, scripts_rpm_interpreter(s), s->body, s->len);
	list_function(b, sh, s);
	scripts_helpers(b, s, slot);
}

#define WARN " || echo 'sluice: warning: a file trigger failed' >&2\n"

/* The package itself comes: all that is there is told to those for files that come, and remembered for all. */
void scripts_deb_triggers_come(struct scripts_build *b, bool is_late)
{
	struct shell *sh = &b->slots[SLOT_POST];

	for (size_t k = 0; k < COUNT(kinds); k++)
		for (const struct script *s = next(b, kinds[k], NULL); s; s = next(b, kinds[k], s)) {
			size_t n = number(b, s);
			if (is_late != text_starts(s->source, "%trans"))
				continue;
			carry(b, SLOT_POST, s);
			text_add(&sh->lines,
				"mkdir -p \"$sluice_state\" || exit 1\nsluice_list_%zu >\"$sluice_state/files.%zu\"\n",
				n, n);
			if (text_ends(s->source, "triggerin"))
				text_add(&sh->lines,
					"[ ! -s \"$sluice_state/files.%zu\" ] || sluice_trigger_%zu 0 "
					"<\"$sluice_state/files.%zu\"" WARN,
					n, n, n);
		}
}

static void told(struct scripts_build *b, const struct script *s)
{
	struct text *lines = &b->slots[SLOT_POST].lines;
	size_t n = number(b, s);

	text_add(lines,
		"sluice_list_%zu >\"$sluice_state/files.new\"\n"
		"[ -e \"$sluice_state/files.%zu\" ] || : >\"$sluice_state/files.%zu\"\n"
		"LC_ALL=C comm -13 \"$sluice_state/files.%zu\" \"$sluice_state/files.new\" "
		">\"$sluice_state/files.in\"\n"
		"LC_ALL=C comm -23 \"$sluice_state/files.%zu\" \"$sluice_state/files.new\" "
		">\"$sluice_state/files.out\"\n",
		n, n, n, n, n);
	if (text_ends(s->source, "triggerin"))
		text_add(lines,
			"if [ ! -s \"$sluice_state/files.in\" ] && [ ! -s \"$sluice_state/files.out\" ]; then\n"
			"\tcat \"$sluice_state/files.new\" >\"$sluice_state/files.in\"\n"
			"fi\n"
			"[ ! -s \"$sluice_state/files.in\" ] || sluice_trigger_%zu 0 <\"$sluice_state/files.in\"" WARN,
			n);
	else
		text_add(lines, "[ ! -s \"$sluice_state/files.out\" ] || sluice_trigger_%zu 0 <%s" WARN, n,
			strcmp(s->source, "%transfiletriggerpostun") == 0 ? "/dev/null"
									  : "\"$sluice_state/files.out\"");
	text_add(lines, "mv \"$sluice_state/files.new\" \"$sluice_state/files.%zu\"\n", n);
}

static int interests(struct scripts_build *b, const struct script *s, struct err *e)
{
	struct slice rest = slice_of(s->trigger), path;

	while (slice_cut(&rest, ',', &path)) {
		bool is_there = false;
		path = slice_trim(path);
		while (path.len > 1 && path.at[path.len - 1] == '/')
			path.len--;
		if (path.len == 0 || path.at[0] != '/' || memchr(path.at, ' ', path.len))
			continue;
		const char *text = arena_printf(&b->to->arena, "interest-noawait %.*s", (int)path.len, path.at);
		for (size_t i = 0; text && i < b->to->triggers.len; i++)
			is_there |= strcmp(b->to->triggers.at[i].text, text) == 0;
		struct trigger *t = is_there ? NULL : pkg_add_trigger(b->to);
		if (!text || (!t && !is_there))
			return no_room(e);
		if (t)
			t->text = text;
	}
	return 0;
}

/* Other packages' files: in the order in which rpm comes to them, as far as one call of dpkg's at the end knows it. */
int scripts_deb_triggers(struct scripts_build *b, struct err *e)
{
	static const char *const order[] = { "%transfiletriggerun", "%filetriggerin", "%filetriggerun",
		"%filetriggerpostun", "%transfiletriggerin", "%transfiletriggerpostun" };
	struct shell *sh = &b->slots[SLOT_POST];
	bool has_any = false;

	for (size_t k = 0; k < COUNT(order); k++)
		for (const struct script *s = next(b, order[k], NULL); s; s = next(b, order[k], s)) {
			if (!has_any)
				text_add(&sh->lines, "if [ \"$1\" = triggered ] && [ -d \"$sluice_state\" ]; then\n");
			has_any = true;
			told(b, s);
			scripts_lose(b, LOSS_NOTE, s,
				"becomes dpkg's trigger on paths: it learns what is new or gone in the folders, "
				"whoever brought it, when dpkg comes to it");
			if (interests(b, s, e))
				return -1;
		}
	if (has_any)
		text_add(&sh->lines, "rm -f \"$sluice_state/files.in\" \"$sluice_state/files.out\"\nfi\n");
	return 0;
}

/* The package itself goes: in prerm all that is there, before and after %preun. */
void scripts_deb_triggers_go(struct scripts_build *b, bool is_late)
{
	const char *kind = is_late ? "%filetriggerun" : "%transfiletriggerun";

	for (const struct script *s = next(b, kind, NULL); s; s = next(b, kind, s)) {
		size_t n = number(b, s);
		carry(b, SLOT_PREUN, s);
		text_add(&b->slots[SLOT_PREUN].lines,
			"if [ \"$1\" = remove ]; then sluice_list_%zu >\"$sluice_dir/files\"; sluice_trigger_%zu 0 "
			"<\"$sluice_dir/files\"; fi" WARN,
			n, n);
	}
}

/* In postrm what went with it; lines inside "remove)". */
void scripts_deb_triggers_gone(struct scripts_build *b)
{
	static const char kind[] = "%filetriggerpostun";

	for (const struct script *s = next(b, kind, NULL); s; s = next(b, kind, s)) {
		size_t n = number(b, s);
		carry(b, SLOT_POSTUN, s);
		text_add(&b->slots[SLOT_POSTUN].lines,
			"if [ -e \"$sluice_state/files.%zu\" ]; then\n"
			"\tsluice_list_%zu | LC_ALL=C comm -23 \"$sluice_state/files.%zu\" - >\"$sluice_dir/files\"\n"
			"\t[ ! -s \"$sluice_dir/files\" ] || sluice_trigger_%zu 0 <\"$sluice_dir/files\"" WARN "fi\n",
			n, n, n, n);
	}
}
