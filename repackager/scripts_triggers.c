/* scripts_triggers.c - apk's .trigger under dpkg and rpm, and a deb's interest in paths under apk.
 *
 * apk calls .trigger at the end of a commit with the folders that changed and fit PKGINFO's patterns, and with all of them when the package
 * itself is installed. dpkg and rpm tell of changes anywhere below a path: the script is called with every folder that fits. */
#include "repackager/scripts_rpm.h"
#include <string.h>

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "too many triggers");
}

const struct script *scripts_apk_trigger(const struct scripts_build *b)
{
	const struct script *s = b->home == FAMILY_APK ? scripts_vendor(b, ".trigger") : NULL;

	return s && s->trigger[0] && (b->into == FAMILY_DEB || b->into == FAMILY_RPM) ? s : NULL;
}

/* The part of a pattern in which nothing is left open: "/usr/share/icons/" + "*" -> "/usr/share/icons". */
static char *fixed_part(struct slice pattern)
{
	AUTO_FREE char *text = mem_printf("%.*s", (int)pattern.len, pattern.at);
	size_t len = strcspn(text, "*?[\\");

	if (text[len])
		while (len > 0 && text[len - 1] != '/')
			len--;
	while (len > 1 && text[len - 1] == '/')
		len--;
	return mem_printf("%.*s", (int)len, text);
}

/* The patterns are only ever split and expanded by the shell, never read as commands. */
static void functions(struct shell *sh, const struct script *s)
{
	AUTO_FREE char *quoted = text_shell_quote(s->trigger);

	shell_carry(sh, "sluice_trigger", "env -i PATH=\"/usr/sbin:/usr/bin:/sbin:/bin${sluice_shims-}\" ",
		s->interpreter, s->body, s->len);
	text_add(&sh->functions,
		"sluice_triggered() {\n"
		"\tsluice_patterns=%s\n"
		"\tset --\n"
		"\tfor sluice_folder in $sluice_patterns; do\n"
		"\t\tif [ -d \"$sluice_folder\" ]; then set -- \"$@\" \"$sluice_folder\"; fi\n"
		"\tdone\n"
		"\tif [ $# -gt 0 ]; then sluice_trigger \"$@\" || echo 'sluice: warning: .trigger failed' >&2; fi\n"
		"}\n",
		quoted);
}

void scripts_trigger_lines(struct scripts_build *b)
{
	const struct script *s = scripts_apk_trigger(b);
	struct shell *sh = &b->slots[SLOT_POST];

	if (!s)
		return;
	scripts_helpers(b, s, SLOT_POST);
	functions(sh, s);
	text_add(&sh->lines,
		"case $sluice_event in\npost-install | post-upgrade | triggered) sluice_triggered ;;\nesac\n");
}

static int rpm_trigger(
	struct scripts_build *b, const struct script *vendor, const char *source, const char *paths, struct err *e)
{
	struct shell sh = { 0 };
	struct script *s = pkg_add_script(b->to);

	if (!s)
		return no_room(e);
	functions(&sh, vendor);
	text_add(&sh.lines, "sluice_triggered\n");
	s->event = EVENT_TRIGGER;
	s->source = source;
	s->trigger = arena_str(&b->to->arena, paths);
	s->interpreter = "/bin/sh";
	s->body = shell_finish(&b->to->arena, &sh, "apk's trigger on folders.", false, &s->len);
	shell_done(&sh);
	return s->body && s->trigger ? 0 : no_room(e);
}

int scripts_trigger_interest(struct scripts_build *b, struct err *e)
{
	const struct script *s = scripts_apk_trigger(b);
	struct slice rest = slice_of(s ? s->trigger : ""), word;
	AUTO(text) paths = { 0 };

	while (slice_cut(&rest, ' ', &word)) {
		if (word.len == 0 || word.at[0] != '/')
			continue;
		AUTO_FREE char *path = fixed_part(word);
		text_add(&paths, "%s%s", paths.len ? ", " : "", path);
		if (b->into != FAMILY_DEB)
			continue;
		struct trigger *t = pkg_add_trigger(b->to);
		if (!t || !(t->text = arena_printf(&b->to->arena, "interest-noawait %s", path)))
			return no_room(e);
	}
	if (paths.len == 0)
		return 0;
	scripts_lose(b, LOSS_NOTE, s, "called for what changes anywhere below, with every folder that fits");
	return b->into == FAMILY_RPM &&
			(rpm_trigger(b, s, "%transfiletriggerin", paths.at, e) ||
				rpm_trigger(b, s, "%transfiletriggerpostun", paths.at, e))
		? -1
		: 0;
}

/* ---- a deb's */

/* The path of "interest-noawait /usr/share/x"; NULL: another directive, or a trigger by name. */
static const char *interest_path(const char *text)
{
	const char *blank = strchr(text, ' ');

	return blank && strncmp(text, "interest", 8) == 0 && blank[strspn(blank, " ")] == '/'
		? blank + strspn(blank, " ")
		: NULL;
}

bool scripts_is_path_interest(const struct scripts_build *b, const char *text)
{
	return b->into == FAMILY_APK && b->home == FAMILY_DEB && scripts_vendor(b, "postinst") && interest_path(text);
}

/* postinst with its shims, which read the state folder as in a script that is called by event. */
static int apk_trigger(struct scripts_build *b, const struct script *postinst, const char *paths, struct err *e)
{
	struct scripts_build one = *b;
	struct shell *sh = &one.slots[SLOT_POST];
	struct script *s = pkg_add_script(b->to);
	AUTO_FREE char *env = scripts_rpm_environment(b, "postinst");

	if (!s)
		return no_room(e);
	memset(one.slots, 0, sizeof one.slots);
	text_add(&sh->head,
		"sluice_state=%s\nsluice_old=\n"
		"if [ -r \"$sluice_state/version\" ]; then IFS= read -r sluice_old <\"$sluice_state/version\" || :; "
		"fi\n",
		b->state);
	shell_carry(sh, "sluice_postinst", env, postinst->interpreter, postinst->body, postinst->len);
	scripts_helpers(&one, postinst, SLOT_POST);
	text_add(&sh->lines, "sluice_postinst triggered \"$*\"\n");
	s->event = EVENT_TRIGGER;
	s->source = ".trigger";
	s->trigger = arena_str(&b->to->arena, paths);
	s->interpreter = "/bin/sh";
	s->body = shell_finish(&b->to->arena, sh, "dpkg's triggers on paths.", true, &s->len);
	shell_done(sh);
	b->wants.at = one.wants.at, b->wants.len = one.wants.len, b->wants.room = one.wants.room;
	return s->body && s->trigger ? 0 : no_room(e);
}

int scripts_interest_apk(struct scripts_build *b, struct err *e)
{
	const struct pkg *meta = b->job->meta;
	const struct script *postinst = scripts_vendor(b, "postinst");
	AUTO(text) paths = { 0 };

	for (size_t i = 0; i < meta->triggers.len; i++) {
		const char *text = meta->triggers.at[i].text;
		if (!scripts_is_path_interest(b, text))
			continue;
		pkg_lose(b->to, b->job->target->name, LOSS_NOTE,
			"becomes apk's trigger on that folder, at the end of a commit", "trigger:%s", text);
		text_add(&paths, "%s%s", paths.len ? " " : "", interest_path(text));
	}
	if (paths.len == 0)
		return 0;
	return apk_trigger(b, postinst, paths.at, e);
}
