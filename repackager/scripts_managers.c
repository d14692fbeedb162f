/* scripts_managers.c - target adapters: how the target's own call tells the event and the old version, and what the state folder adds.
 *
 * The state folder holds what the next version must know and the target will not tell: `version`, the installed version as its vendor
 * writes it, and the texts that its package manager would call (scripts_keep.c). Beside it:
 *
 *   deb          `count`: written by preinst, so that postinst knows a first install from an upgrade, and the old postrm an heir of ours
 *   rpm          `next`: the new version is one of ours and has taken what it needs
 *   pacman, apk  `known-as`: the version as the target names it; when it says another one, the folder was left by an older version
 *
 * pacman and apk call nothing of the version that goes, and go on whatever a script says. */
#include "repackager/scripts_rpm.h"

const struct manager scripts_managers[FAMILIES] = {
	[FAMILY_DEB] = { .name = "dpkg",
		.stops = true,
		.calls_old = true,
		.purges = true,
		.asks = true,
		.passes_stdin = true,
		.ldconfig = "ldconfig runs by dpkg's trigger" },
	[FAMILY_RPM] = { .name = "rpm",
		.stops = true,
		.calls_old = true,
		.sees_old = true,
		.has_transactions = true,
		.ldconfig = "rpm's own file trigger does it" },
	[FAMILY_PACMAN] = { .name = "pacman", .has_one_an_event = true, .ldconfig = "pacman runs ldconfig by itself" },
	[FAMILY_APK] = { .name = "apk",
		.has_one_an_event = true,
		.passes_stdin = true,
		.ldconfig = "musl keeps no cache of libraries" },
};

enum slot scripts_slot_of(enum event event)
{
	static const enum slot slots[EVENT_KINDS] = { [EVENT_PRE_INSTALL] = SLOT_PRE,
		[EVENT_PRE_UPGRADE] = SLOT_PRE,
		[EVENT_POST_INSTALL] = SLOT_POST,
		[EVENT_POST_UPGRADE] = SLOT_POST,
		[EVENT_PRE_REMOVE] = SLOT_PREUN,
		[EVENT_POST_REMOVE] = SLOT_POSTUN,
		[EVENT_PURGE] = SLOT_POSTUN,
		[EVENT_PRE_TRANSACTION] = SLOT_PRETRANS,
		[EVENT_POST_TRANSACTION] = SLOT_POSTTRANS,
		[EVENT_VERIFY] = SLOT_VERIFY };

	return slots[event];
}

/* What the target calls the old version, of which the state folder knows nothing: apk's releases begin with r, nobody else's do. */
static const char *old_letters(const struct scripts_build *b)
{
	if (b->home == FAMILY_APK && b->into != FAMILY_APK)
		return "case $sluice_old in\n"
		       "*-r[0-9]*) ;;\n"
		       "*-[0-9]*) sluice_old=${sluice_old%-*}-r${sluice_old##*-} ;;\n"
		       "esac\n";
	if (b->home != FAMILY_APK && b->into == FAMILY_APK)
		return "case $sluice_old in *-r[0-9]*) sluice_old=${sluice_old%-r*}-${sluice_old##*-r} ;; esac\n";
	return "";
}

/* The words of pacman and apk: NEW, NEW OLD, or the version that goes. */
static void one_head(struct scripts_build *b, struct text *to, bool has_state)
{
	bool is_upgrade = b->one == EVENT_PRE_UPGRADE || b->one == EVENT_POST_UPGRADE;

	text_add(to, "sluice_state=%s\nsluice_version=%s\nsluice_old=${2-}\nsluice_event=%s\n", b->state, b->version,
		event_kind_name(b->one));
	if (!has_state)
		return;
	if (b->one == EVENT_PRE_INSTALL)
		text_add(to, "rm -rf \"$sluice_state\"\n");
	if (is_upgrade)
		text_add(to,
			"sluice_known=\n"
			"if [ -r \"$sluice_state/known-as\" ]; then IFS= read -r sluice_known "
			"<\"$sluice_state/known-as\" || :; fi\n"
			"if [ \"$sluice_known\" != \"$sluice_old\" ]; then\n"
			"\trm -rf \"$sluice_state\"\n"
			"%s"
			"elif [ -r \"$sluice_state/version\" ]; then\n"
			"\tIFS= read -r sluice_old <\"$sluice_state/version\" || :\n"
			"fi\n",
			old_letters(b));
}

void scripts_head(struct scripts_build *b, enum slot slot, bool has_state)
{
	struct text *head = &b->slots[slot].head;

	if (b->into == FAMILY_RPM) {
		scripts_rpm_head(b, slot);
	} else if (b->into == FAMILY_DEB) {
		scripts_deb_head(b, slot);
		if (slot == SLOT_POST && has_state)
			text_add(head, "%s", scripts_deb_again);
		if (has_state) {
			text_add(head, "%s", old_letters(b));
			text_add(head,
				"if [ -r \"$sluice_state/version\" ]; then IFS= read -r sluice_old "
				"<\"$sluice_state/version\" || :; fi\n");
		}
	} else {
		one_head(b, head, has_state);
	}
}

#define GONE "rm -rf \"$sluice_state\"\nrmdir /var/lib/sluice-scripts 2>/dev/null || :\n"

int scripts_state_begin(struct scripts_build *b, enum slot slot, struct err *e)
{
	struct text *lines = &b->slots[slot].lines;

	if (b->into == FAMILY_DEB && slot == SLOT_PRE)
		scripts_deb_count(b);
	if (b->into != FAMILY_RPM || (slot != SLOT_PRE && slot != SLOT_POST))
		return 0;
	if (slot == SLOT_PRE)
		text_add(lines,
			"if [ \"$1\" -ge 2 ] && [ -d \"$sluice_state\" ]; then : >\"$sluice_state/next\" || exit 1; "
			"fi\n");
	text_add(lines,
		"if [ \"$1\" -ge 2 ] && [ -z \"$sluice_old\" ]; "
		"then\nsluice_other\nsluice_old=$sluice_other\n%sfi\n",
		old_letters(b));
	b->slots[slot].is_used = true;
	return scripts_rpm_other_function(b, slot, e);
}

/* Behind the vendor's own, so that what is kept is of the version that is now installed; whatever they said. */
void scripts_state_keep(struct scripts_build *b)
{
	struct text *lines = &b->slots[SLOT_POST].lines;

	text_add(lines, "printf '%%s\\n' \"$sluice_version\" >\"$sluice_state/version\" || exit 1\n");
	if (b->into == FAMILY_DEB)
		text_add(lines, "rm -f \"$sluice_state/count\" \"$sluice_state/before\"\n");
	else if (b->into != FAMILY_RPM)
		text_add(lines, "printf '%%s\\n' \"$1\" >\"$sluice_state/known-as\" || exit 1\n");
}

void scripts_state_end(struct scripts_build *b)
{
	struct shell *sh = &b->slots[SLOT_POSTUN];

	sh->is_used = true;
	if (b->into == FAMILY_DEB)
		text_add(&sh->lines,
			"case $1 in\n"
			"remove | purge | disappear)\n" GONE ";;\n"
			"upgrade)\nif [ ! -e \"$sluice_state/count\" ]; then\n" GONE "fi\n;;\n"
			"abort-install | abort-upgrade)\n"
			"rm -f \"$sluice_state/count\"\n"
			"if [ -e \"$sluice_state/before\" ]; then mv \"$sluice_state/before\" \"$sluice_state/count\"; "
			"fi\n"
			"rmdir \"$sluice_state\" /var/lib/sluice-scripts 2>/dev/null || :\n;;\n"
			"esac\n");
	else if (b->into == FAMILY_RPM)
		text_add(&sh->lines,
			"if [ \"$1\" -eq 0 ] || [ ! -e \"$sluice_state/next\" ]; then\n" GONE
			"else\n\trm -f \"$sluice_state/next\"\nfi\n");
	else
		text_add(&sh->lines, GONE);
}
