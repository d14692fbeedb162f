/* scripts_keep.c - what the installed version leaves for the next one to call.
 *
 * dpkg runs the old version's prerm before, and rpm the old version's %preun after the new files come. To keep the source's order on the
 * other system, the new version's scripts call the old one's texts themselves, from a folder that the old version filled. */
#include "repackager/scripts_private.h"

void scripts_keep(struct scripts_build *b, enum slot slot, const char *name, const struct script *s)
{
	struct shell *sh = &b->slots[slot];
	AUTO_FREE char *path = mem_printf("\"$sluice_state/%s\"", name);
	AUTO_FREE char *by = NULL;

	if (!s) {
		text_add(&sh->lines, "rm -f %s \"$sluice_state/%s.by\"\n", path, name);
		return;
	}
	by = text_shell_quote(s->interpreter);
	shell_put_file(&sh->lines, path, s->body, s->len);
	text_add(&sh->lines, "printf '%%s\\n' %s >\"$sluice_state/%s.by\" || exit 1\n", by, name);
	sh->is_used = true;
}

void scripts_kept_function(struct scripts_build *b, enum slot slot, const char *environment)
{
	text_add(&b->slots[slot].functions,
		"sluice_kept() {\n"
		"\tsluice_name=$1\n"
		"\tshift\n"
		"\t[ -f \"$sluice_state/$sluice_name\" ] || return 0\n"
		"\tsluice_by=\n"
		"\tIFS= read -r sluice_by <\"$sluice_state/$sluice_name.by\" || :\n"
		"\t%s$sluice_by \"$sluice_state/$sluice_name\" \"$@\"\n"
		"}\n",
		environment);
}
