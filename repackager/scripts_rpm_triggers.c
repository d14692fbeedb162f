/* scripts_rpm_triggers.c - dpkg's triggers under rpm.
 *
 * `interest /path` becomes rpm's transaction file triggers: at the end of a transaction that brought files below the path, and of one that
 * took some away, postinst is called with "triggered /path ..." as dpkg would call it (deb-triggers(5); RPM's file_triggers.md). Names that
 * are no paths are known only by what rpm's systems do by themselves. */
#include "repackager/scripts_rpm.h"
#include <string.h>

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "too many scripts");
}

/* The path of an interest; "" when the directive is another. */
static const char *interest_of(const char *text)
{
	const char *blank = strchr(text, ' ');

	if (strncmp(text, "interest", 8) != 0 || !blank)
		return "";
	blank += strspn(blank, " ");
	return *blank == '/' && !strpbrk(blank, ", ") ? blank : "";
}

/* One trigger script; the lines find the names that were touched and set them in $sluice_names. */
static int add_trigger(struct scripts_build *b, const char *source, const char *paths, const char *lines, struct err *e)
{
	struct scripts_build one = *b;
	struct script *s = pkg_add_script(b->to);
	struct shell *sh = &one.slots[SLOT_POST];

	if (!s)
		return no_room(e);
	memset(one.slots, 0, sizeof one.slots);
	scripts_rpm_carry(&one, SLOT_POST, "postinst");
	scripts_rpm_head(&one, SLOT_POST);
	/* a package that is gone by then, or was never configured, is not called */
	text_add(&sh->lines, "[ -e \"$sluice_state/version\" ] || exit 0\nsluice_names=\n%s", lines);
	text_add(&sh->lines, "[ -z \"$sluice_names\" ] || sluice_postinst triggered \"$sluice_names\"\n");
	s->event = EVENT_TRIGGER;
	s->source = source;
	s->trigger = arena_str(&b->to->arena, paths);
	s->interpreter = "/bin/sh";
	s->body = shell_finish(&b->to->arena, sh, "dpkg's triggers on paths.", false, &s->len);
	for (int slot = 0; slot < SLOTS; slot++)
		shell_done(&one.slots[slot]);
	b->wants.at = one.wants.at, b->wants.len = one.wants.len, b->wants.room = one.wants.room;
	return s->body && s->trigger ? 0 : no_room(e);
}

/* rpm tells which files came, not which went. */
static int path_triggers(struct scripts_build *b, struct err *e)
{
	AUTO(text) paths = { 0 };
	AUTO(text) cases = { 0 };
	const struct pkg *meta = b->job->meta;

	for (size_t i = 0; i < meta->triggers.len; i++) {
		const char *path = interest_of(meta->triggers.at[i].text);
		AUTO_FREE char *quoted = text_shell_quote(path);
		AUTO_FREE char *gone = mem_printf("sluice_names=%s\n", quoted);
		if (!path[0])
			continue;
		text_add(&paths, "%s%s", paths.len ? ", " : "", path);
		text_add(&cases, "\t%s | %s/*) sluice_one=%s ;;\n", quoted, quoted, quoted);
		if (add_trigger(b, "%transfiletriggerpostun", path, gone, e))
			return -1;
	}
	AUTO_FREE char *lines = mem_printf("while IFS= read -r sluice_file; do\n"
					   "\tsluice_one=\n"
					   "\tcase $sluice_file in\n%s\tesac\n"
					   "\t[ -n \"$sluice_one\" ] || continue\n"
					   "\tcase \" $sluice_names \" in *\" $sluice_one \"*) continue ;; esac\n"
					   "\tsluice_names=\"$sluice_names${sluice_names:+ }$sluice_one\"\n"
					   "done\n",
		cases.at ? cases.at : "");

	if (paths.len == 0)
		return 0;
	return add_trigger(b, "%transfiletriggerin", paths.at, lines, e) ||
			scripts_need(b, REL_REQUIRES, "/bin/sh", e) || scripts_need(b, REL_REQUIRES, "coreutils", e)
		? -1
		: 0;
}

/* What rpm's systems do by themselves when files come and go, and what Debian calls it. */
static const struct {
	const char *name, *why;
} known[] = {
	{ "ldconfig", "ldconfig is called by the generated script" },
	{ "update-initramfs",
		"dracut is called by the kernel's own packages; run it when this package belongs into the image" },
	{ "mime-support", "mime-info's own triggers of the system do it" },
	{ "shared-mime-info", "the system's own triggers do it" },
	{ "update-menus", "there are no Debian menus" },
	{ "menu", "there are no Debian menus" },
	{ "man-db", "the system's own timer does it" },
	{ "linux-update", "the kernel's own packages do it" },
};

static bool names(const char *text, const char *name)
{
	const char *blank = strrchr(text, ' ');

	return blank && strcmp(blank + 1, name) == 0;
}

static int named_trigger(struct scripts_build *b, const char *text, struct err *e)
{
	AUTO_FREE char *what = mem_printf("trigger:%s", text);

	for (size_t i = 0; strncmp(text, "activate", 8) == 0 && i < COUNT(known); i++)
		if (names(text, known[i].name)) {
			scripts_tell(b, LOSS_NOTE, known[i].why, what);
			return 0;
		}
	struct trigger *kept = pkg_add_trigger(b->to); /* the writer says what becomes of it */
	if (!kept)
		return no_room(e);
	kept->text = text;
	return 0;
}

void scripts_rpm_ldconfig(struct scripts_build *b)
{
	static const enum slot slots[] = { SLOT_POST, SLOT_POSTUN };
	const struct pkg *meta = b->job->meta;

	for (size_t i = 0; i < meta->triggers.len; i++)
		for (size_t k = 0; k < COUNT(slots); k++) {
			struct shell *sh = &b->slots[slots[k]];
			const char *text = meta->triggers.at[i].text;
			if (strncmp(text, "activate", 8) != 0 || !names(text, "ldconfig") || sh->calls_ldconfig)
				continue;
			text_add(&sh->lines, "if [ -x /sbin/ldconfig ]; then /sbin/ldconfig; fi\n");
			sh->is_used = sh->calls_ldconfig = true;
		}
}

int scripts_rpm_triggers(struct scripts_build *b, struct err *e)
{
	const struct pkg *meta = b->job->meta;
	bool has_postinst = scripts_vendor(b, "postinst") != NULL;

	for (size_t i = 0; i < meta->triggers.len; i++) {
		const char *text = meta->triggers.at[i].text;
		AUTO_FREE char *what = mem_printf("trigger:%s", text);
		if (has_postinst && interest_of(text)[0])
			scripts_tell(b, LOSS_NOTE,
				"becomes a trigger of rpm at the end of a transaction; it is also called when the "
				"package itself comes",
				what);
		else if (named_trigger(b, text, e))
			return -1;
	}
	if (!has_postinst)
		return 0;
	return path_triggers(b, e);
}
