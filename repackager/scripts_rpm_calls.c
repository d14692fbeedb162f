/* scripts_rpm_calls.c - the lines by which rpm's four scriptlets call a deb's maintainer scripts, failures included.
 *
 * When a script fails, dpkg calls others to undo (deb-policy, chapter 6.6 to 6.8):
 *
 *   preinst install fails        postrm abort-install
 *   old prerm upgrade fails      prerm failed-upgrade OLD NEW; if that fails, too: old postinst abort-upgrade NEW
 *   preinst upgrade fails        postrm abort-upgrade OLD NEW, old postinst abort-upgrade NEW
 *   old postrm upgrade fails     postrm failed-upgrade OLD NEW; if that fails, too, dpkg goes back and rpm cannot
 *   postinst configure fails     nothing; the version last configured stays what it was
 *   prerm remove fails           postinst abort-remove
 *
 * debconf's config runs in front of what reads its answers.
 *
 * A failing %pre or %preun stops rpm as it stops dpkg; a failing %post or %postun is a warning, and the package counts as installed or gone.
 * In the state folder: the four texts with their interpreters (scripts_keep.c), "version" (installed), "configured" (the version whose
 * postinst last succeeded), "next" (a new version has begun to call the texts), "taken" (it has called them all) and "half" (undoing failed:
 * to dpkg the package is half-installed, and its prerm is not called). */
#include "repackager/scripts_rpm.h"
#include <string.h>

static bool has(const struct scripts_build *b, const char *source)
{
	return scripts_vendor(b, source) != NULL;
}

/* sluice_back STATUS: an upgrade that stops before the files; the old version is told, and stays, configured. */
static void back_function(struct scripts_build *b, enum slot slot)
{
	text_add(&b->slots[slot].functions,
		"sluice_back() {\n"
		"\trm -f \"$sluice_state/next\"\n"
		"\tsluice_kept postinst abort-upgrade \"$sluice_version\" || exit \"$1\"\n"
		"\tif [ -e \"$sluice_state/version\" ]; then cp \"$sluice_state/version\" "
		"\"$sluice_state/configured\"; fi\n"
		"\texit \"$1\"\n"
		"}\n");
}

/* sluice_instead SCRIPT: the new version's may do what the old one's failed to. dpkg asks it on a downgrade, too. */
static void instead_function(struct scripts_build *b, enum slot slot, const char *source)
{
	struct shell *sh = &b->slots[slot];

	if (!has(b, source)) {
		text_add(&sh->functions, "sluice_instead() { return 1; }\n");
		return;
	}
	text_add(&sh->functions, "sluice_instead() { sluice_%s failed-upgrade \"$sluice_old\" \"$sluice_version\"; }\n",
		source);
}

static void preinst(struct scripts_build *b)
{
	struct text *lines = &b->slots[SLOT_PRE].lines;
	bool has_postrm = scripts_rpm_carry(b, SLOT_PRE, "postrm");

	text_add(lines,
		"if [ \"$1\" -ge 2 ]; then\n"
		"\tsluice_preinst upgrade \"$sluice_old\" \"$sluice_version\" || {\n"
		"\t\tsluice_status=$?\n");
	if (has_postrm)
		text_add(lines,
			"\t\tsluice_postrm abort-upgrade \"$sluice_old\" \"$sluice_version\" || {\n"
			"\t\t\tif [ -e \"$sluice_state/next\" ]; then mv \"$sluice_state/next\" "
			"\"$sluice_state/half\"; fi\n"
			"\t\t\texit \"$sluice_status\"\n"
			"\t\t}\n");
	text_add(lines,
		"\t\tsluice_back \"$sluice_status\"\n"
		"\t}\n"
		"else\n"
		"\tsluice_preinst install || {\n"
		"\t\tsluice_status=$?\n"
		"%s"
		"\t\texit \"$sluice_status\"\n"
		"\t}\n"
		"fi\n",
		has_postrm ? "\t\tsluice_postrm abort-install || :\n" : "");
}

int scripts_rpm_pre(struct scripts_build *b, struct err *e)
{
	AUTO_FREE char *env = scripts_rpm_environment(b, "$sluice_name");
	struct shell *sh = &b->slots[SLOT_PRE];

	scripts_kept_function(b, SLOT_PRE, env);
	if (scripts_rpm_other_function(b, SLOT_PRE, e))
		return -1;
	back_function(b, SLOT_PRE);
	scripts_rpm_carry(
		b, SLOT_PRE, "prerm"); /* for its shims, too: the old one calls what the new one calls, as a rule */
	if (has(b, "postinst"))
		scripts_helpers(b, scripts_vendor(b, "postinst"), SLOT_PRE);
	instead_function(b, SLOT_PRE, "prerm");
	text_add(&sh->lines,
		"if [ \"$1\" -ge 2 ]; then\n"
		"\tif [ -n \"$sluice_old\" ]; then\n"
		"\t\tprintf '%%s\\n' \"$sluice_version\" >\"$sluice_state/next\" || exit 1\n"
		"\telse\n"
		"\t\tsluice_other\n"
		"\t\tsluice_old=$sluice_other\n"
		"\tfi\n"
		"\t[ -e \"$sluice_state/half\" ] || sluice_kept prerm upgrade \"$sluice_version\" || {\n"
		"\t\tsluice_status=$?\n"
		"\t\tsluice_instead || sluice_back \"$sluice_status\"\n"
		"\t}\n"
		"fi\n");
	sh->is_used = true;
	if (scripts_asks(scripts_vendor(b, "preinst")) && scripts_asks(scripts_vendor(b, "config")) &&
		scripts_rpm_carry(b, SLOT_PRE, "config"))
		text_add(&sh->lines,
			"sluice_configured=\n"
			"if [ -r \"$sluice_state/configured\" ]; then IFS= read -r sluice_configured "
			"<\"$sluice_state/configured\" || :; fi\n"
			"sluice_config configure \"$sluice_configured\" || sluice_back $?\n");
	if (scripts_rpm_carry(b, SLOT_PRE, "preinst"))
		preinst(b);
	return 0;
}

/* rpm counts the package as installed whatever %post says, so the state is written in any case. */
int scripts_rpm_post(struct scripts_build *b, struct err *e)
{
	static const char *const kept[] = { "preinst", "postinst", "prerm", "postrm" };
	AUTO_FREE char *env = scripts_rpm_environment(b, "$sluice_name");
	struct shell *sh = &b->slots[SLOT_POST];

	scripts_kept_function(b, SLOT_POST, env);
	if (scripts_rpm_other_function(b, SLOT_POST, e))
		return -1;
	scripts_rpm_carry(b, SLOT_POST, "postrm");
	instead_function(b, SLOT_POST, "postrm");
	text_add(&sh->lines,
		"sluice_status=0\n"
		"sluice_configured=\n"
		"if [ \"$1\" -ge 2 ]; then\n"
		"\tif [ -z \"$sluice_old\" ]; then\n"
		"\t\tsluice_other\n"
		"\t\tsluice_old=$sluice_other\n"
		"\t\tsluice_configured=$sluice_old\n"
		"\telif [ -r \"$sluice_state/configured\" ]; then\n"
		"\t\tIFS= read -r sluice_configured <\"$sluice_state/configured\" || :\n"
		"\tfi\n"
		"\tsluice_kept postrm upgrade \"$sluice_version\" || sluice_instead || sluice_status=1\n"
		"else\n"
		"\tsluice_old=\n"
		"fi\n");
	const char *config = scripts_asks(scripts_vendor(b, "config")) && scripts_rpm_carry(b, SLOT_POST, "config")
		? "sluice_config configure \"$sluice_configured\" && "
		: "";
	if (scripts_rpm_carry(b, SLOT_POST, "postinst"))
		text_add(&sh->lines,
			"if %ssluice_postinst configure \"$sluice_configured\"; then\n"
			"\tsluice_configured=$sluice_version\n"
			"else\n"
			"\tsluice_status=$?\n"
			"fi\n",
			config);
	else
		text_add(&sh->lines, "sluice_configured=$sluice_version\n");
	text_add(&sh->lines, "mkdir -p \"$sluice_state\" || exit 1\n");
	for (size_t i = 0; i < COUNT(kept); i++)
		scripts_keep(b, SLOT_POST, kept[i], scripts_vendor(b, kept[i]));
	text_add(&sh->lines,
		"printf '%%s\\n' \"$sluice_version\" >\"$sluice_state/version\" || exit 1\n"
		"printf '%%s\\n' \"$sluice_configured\" >\"$sluice_state/configured\" || exit 1\n"
		"rm -f \"$sluice_state/half\"\n"
		"if [ -e \"$sluice_state/next\" ]; then mv \"$sluice_state/next\" \"$sluice_state/taken\" || exit 1; "
		"fi\n"
		"[ \"$sluice_status\" -eq 0 ] || exit \"$sluice_status\"\n");
	sh->is_used = true;
	return 0;
}

/* Removal, or an upgrade to a version that does not call the old texts. */
int scripts_rpm_preun(struct scripts_build *b, struct err *e)
{
	struct text *lines = &b->slots[SLOT_PREUN].lines;

	if (!scripts_rpm_carry(b, SLOT_PREUN, "prerm"))
		return 0;
	const char *undo_remove = "", *undo_upgrade = "";
	if (scripts_rpm_carry(b, SLOT_PREUN, "postinst")) {
		undo_remove = "\t\tsluice_postinst abort-remove || :\n";
		undo_upgrade = "\t\tsluice_postinst abort-upgrade \"$sluice_other\" || :\n";
	}
	text_add(lines,
		"if [ \"$1\" -eq 0 ]; then\n"
		"\t[ -e \"$sluice_state/half\" ] || sluice_prerm remove || {\n"
		"\t\tsluice_status=$?\n"
		"%s"
		"\t\texit \"$sluice_status\"\n"
		"\t}\n"
		"elif [ ! -e \"$sluice_state/taken\" ]; then\n"
		"\tsluice_other\n"
		"\tsluice_prerm upgrade \"$sluice_other\" || {\n"
		"\t\tsluice_status=$?\n"
		"%s"
		"\t\texit \"$sluice_status\"\n"
		"\t}\n"
		"fi\n",
		undo_remove, undo_upgrade);
	return scripts_rpm_other_function(b, SLOT_PREUN, e);
}

/* What is removed is gone to rpm even when the script fails, and so is what it left in the state folder. */
int scripts_rpm_postun(struct scripts_build *b, struct err *e)
{
	struct shell *sh = &b->slots[SLOT_POSTUN];

	text_add(&sh->lines, "sluice_status=0\n");
	if (scripts_rpm_carry(b, SLOT_POSTUN, "postrm")) {
		text_add(&sh->lines,
			"if [ \"$1\" -eq 0 ]; then\n"
			"\tsluice_postrm remove || sluice_status=$?\n"
			"elif [ ! -e \"$sluice_state/taken\" ]; then\n"
			"\tsluice_other\n"
			"\tsluice_postrm upgrade \"$sluice_other\" || sluice_status=$?\n"
			"fi\n");
		if (scripts_rpm_other_function(b, SLOT_POSTUN, e))
			return -1;
	}
	text_add(&sh->lines,
		"if [ \"$1\" -eq 0 ] || [ ! -e \"$sluice_state/taken\" ]; then\n"
		"\trm -rf \"$sluice_state\"\n"
		"\trmdir /var/lib/sluice-scripts 2>/dev/null || :\n"
		"else\n"
		"\trm -f \"$sluice_state/taken\"\n"
		"fi\n"
		"[ \"$sluice_status\" -eq 0 ] || exit \"$sluice_status\"\n");
	sh->is_used = true;
	return 0;
}
