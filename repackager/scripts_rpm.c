/* scripts_rpm.c - a deb's maintainer scripts under rpm's calls.
 *
 * What dpkg would have called, in dpkg's order (deb-policy, chapter 6; formats.md):
 *
 *   %pre 1      preinst install
 *   %pre 2      old prerm upgrade NEW; preinst upgrade OLD NEW
 *   %post 1     postinst configure ""
 *   %post 2     old postrm upgrade NEW; postinst configure OLD
 *   %preun 0    prerm remove             %postun 0   postrm remove
 *   %preun 1, %postun 1: nothing, the new version has called the old texts; unless it was not made by sluice
 *
 * The old version's prerm and postrm lie in the state folder (scripts_keep.c), with the version last configured. "next" there says that the
 * new version calls them. Of a version that left nothing there (it had no scripts, or was not made by sluice) only rpm knows the number. */
#include "formats/relation.h"
#include "formats/version.h"
#include "repackager/scripts_private.h"
#include <string.h>

static const struct {
	enum slot slot;
	const char *source;
} vendor_slots[] = { { SLOT_PRE, "preinst" }, { SLOT_POST, "postinst" }, { SLOT_PREUN, "prerm" },
	{ SLOT_POSTUN, "postrm" } };

/* What dpkg puts into a script's environment. */
static char *environment(const struct scripts_build *b, const char *name, const char *tail)
{
	AUTO_FREE char *package = text_shell_quote(b->job->meta->name);
	const char *deb = arch_to_deb(b->job->identity->architecture);

	return mem_printf("DPKG_MAINTSCRIPT_NAME=%s DPKG_MAINTSCRIPT_PACKAGE=%s DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 "
			  "DPKG_MAINTSCRIPT_ARCH=%s DPKG_ADMINDIR=/var/lib/dpkg DPKG_ROOT= \\\n\t\t%s",
		name, package, deb ? deb : "all", tail);
}

const char *scripts_rpm_event(enum slot slot)
{
	static const char *const events[SLOTS] = {
		[SLOT_PRE] = "if [ \"$1\" -ge 2 ]; then sluice_event=pre-upgrade; else sluice_event=pre-install; fi\n",
		[SLOT_POST] =
			"if [ \"$1\" -ge 2 ]; then sluice_event=post-upgrade; else sluice_event=post-install; fi\n",
		[SLOT_PREUN] = "if [ \"$1\" -eq 0 ]; then sluice_event=pre-remove; else sluice_event=pre-replace; fi\n",
		[SLOT_POSTUN] =
			"if [ \"$1\" -eq 0 ]; then sluice_event=post-remove; else sluice_event=post-replace; fi\n",
		[SLOT_PRETRANS] = "sluice_event=pre-transaction\n",
		[SLOT_POSTTRANS] = "sluice_event=post-transaction\n",
		[SLOT_VERIFY] = "sluice_event=verify\n",
	};

	return events[slot] ? events[slot] : "";
}

static void head(struct scripts_build *b, enum slot slot)
{
	text_add(&b->slots[slot].head,
		"sluice_state=%s\n"
		"sluice_version=%s\n"
		"sluice_old=\n"
		"if [ -r \"$sluice_state/version\" ]; then IFS= read -r sluice_old <\"$sluice_state/version\" || :; "
		"fi\n"
		"%s",
		b->state, b->version, scripts_rpm_event(slot));
}

static bool carry(struct scripts_build *b, enum slot slot, const char *source)
{
	const struct script *s = scripts_vendor(b, source);

	if (!s)
		return false;
	AUTO_FREE char *env = environment(b, source, "");
	AUTO_FREE char *function = mem_printf("sluice_%s", source);
	shell_carry(&b->slots[slot], function, env, s->interpreter, s->body, s->len);
	scripts_helpers(b, s, slot);
	return true;
}

/* sluice_other becomes the version that is installed beside this one, in deb's spelling: no release is 0 here. Scripts may ask rpm's database. */
static int other_function(struct scripts_build *b, enum slot slot, struct err *e)
{
	struct evr own = { b->to->epoch > 0 ? b->to->epoch : -1, b->to->version, b->to->release };
	char *text = evr_text(&b->to->arena, &own);
	AUTO_FREE char *version = text ? text_shell_quote(text) : NULL;
	AUTO_FREE char *name = text_shell_quote(b->to->name);

	if (!version)
		return err_input(e, "E_LIMIT_MEMORY", "the version is too long");
	text_add(&b->slots[slot].functions,
		"sluice_other() {\n"
		"\tsluice_other=\n"
		"\tsluice_all=$(rpm -q --qf '%%{EVR}\\n' %s 2>/dev/null) || return 0\n"
		"\tfor sluice_one in $sluice_all; do\n"
		"\t\t[ \"$sluice_one\" = %s ] || sluice_other=${sluice_one%%-0}\n"
		"\tdone\n"
		"}\n",
		name, version);
	return 0;
}

static int pre(struct scripts_build *b, struct err *e)
{
	AUTO_FREE char *env = environment(b, "$sluice_name", "");
	struct shell *sh = &b->slots[SLOT_PRE];

	scripts_kept_function(b, SLOT_PRE, env);
	if (other_function(b, SLOT_PRE, e))
		return -1;
	if (scripts_vendor(b, "prerm")) /* the old one calls what the new one calls, as a rule */
		scripts_helpers(b, scripts_vendor(b, "prerm"), SLOT_PRE);
	text_add(&sh->lines,
		"if [ \"$1\" -ge 2 ]; then\n"
		"\tif [ -n \"$sluice_old\" ]; then\n"
		"\t\tprintf '%%s\\n' \"$sluice_version\" >\"$sluice_state/next\" || exit 1\n"
		"\telse\n"
		"\t\tsluice_other\n"
		"\t\tsluice_old=$sluice_other\n"
		"\tfi\n"
		"\tsluice_kept prerm upgrade \"$sluice_version\" || exit $?\n"
		"fi\n");
	sh->is_used = true;
	if (carry(b, SLOT_PRE, "preinst"))
		text_add(&sh->lines,
			"if [ \"$1\" -ge 2 ]; then\n"
			"\tsluice_preinst upgrade \"$sluice_old\" \"$sluice_version\" || exit $?\n"
			"else\n"
			"\tsluice_preinst install || exit $?\n"
			"fi\n");
	return 0;
}

/* rpm counts the package as installed whatever %post says, so the state is written in any case. */
static int post(struct scripts_build *b, struct err *e)
{
	AUTO_FREE char *env = environment(b, "$sluice_name", "");
	struct shell *sh = &b->slots[SLOT_POST];

	scripts_kept_function(b, SLOT_POST, env);
	if (other_function(b, SLOT_POST, e))
		return -1;
	if (scripts_vendor(b, "postrm"))
		scripts_helpers(b, scripts_vendor(b, "postrm"), SLOT_POST);
	text_add(&sh->lines,
		"sluice_status=0\n"
		"if [ \"$1\" -ge 2 ]; then\n"
		"\tsluice_kept postrm upgrade \"$sluice_version\" || sluice_status=$?\n"
		"\tif [ -z \"$sluice_old\" ]; then\n"
		"\t\tsluice_other\n"
		"\t\tsluice_old=$sluice_other\n"
		"\tfi\n"
		"else\n"
		"\tsluice_old=\n"
		"fi\n");
	if (carry(b, SLOT_POST, "postinst"))
		text_add(&sh->lines, "sluice_postinst configure \"$sluice_old\" || sluice_status=$?\n");
	text_add(&sh->lines, "mkdir -p \"$sluice_state\" || exit 1\n");
	scripts_keep(b, SLOT_POST, "prerm", scripts_vendor(b, "prerm"));
	scripts_keep(b, SLOT_POST, "postrm", scripts_vendor(b, "postrm"));
	text_add(&sh->lines,
		"printf '%%s\\n' \"$sluice_version\" >\"$sluice_state/version\" || exit 1\n"
		"[ \"$sluice_status\" -eq 0 ] || exit \"$sluice_status\"\n");
	sh->is_used = true;
	return 0;
}

/* Removal, or an upgrade to a version that does not call the old texts. */
static int leave(struct scripts_build *b, enum slot slot, const char *source, struct err *e)
{
	if (!carry(b, slot, source))
		return 0;
	text_add(&b->slots[slot].lines,
		"if [ \"$1\" -eq 0 ]; then\n"
		"\tsluice_%s remove || exit $?\n"
		"elif [ ! -e \"$sluice_state/next\" ]; then\n"
		"\tsluice_other\n"
		"\tsluice_%s upgrade \"$sluice_other\" || exit $?\n"
		"fi\n",
		source, source);
	return other_function(b, slot, e);
}

static int postun(struct scripts_build *b, struct err *e)
{
	struct shell *sh = &b->slots[SLOT_POSTUN];

	if (leave(b, SLOT_POSTUN, "postrm", e))
		return -1;
	text_add(&sh->lines,
		"if [ \"$1\" -eq 0 ] || [ ! -e \"$sluice_state/next\" ]; then\n"
		"\trm -rf \"$sluice_state\"\n"
		"\trmdir /var/lib/sluice-scripts 2>/dev/null || :\n"
		"else\n"
		"\trm -f \"$sluice_state/next\"\n"
		"fi\n");
	sh->is_used = true;
	return 0;
}

/* ---- what rpm has no call for */

static bool mentions(const struct script *s, const char *word)
{
	return s && memmem(s->body, s->len, word, strlen(word)) != NULL;
}

static void tell(struct scripts_build *b)
{
	const char *target = b->job->target->name;
	const struct script *config = scripts_vendor(b, "config"), *postrm = scripts_vendor(b, "postrm");

	if (config)
		scripts_lose(b, LOSS_BEHAVIOUR, config, "rpm asks no questions: there is no debconf");
	if (mentions(postrm, "purge"))
		pkg_lose(b->to, target, LOSS_NOTE, "rpm has no purge; what removal leaves behind stays",
			"call:postrm purge");
	pkg_lose(b->to, target, LOSS_NOTE,
		"a removed package is gone to rpm: installed again it is new, as after dpkg's purge",
		"call:preinst install OLD, postinst configure OLD");
	pkg_lose(b->to, target, LOSS_NOTE, "on upgrade rpm removes the old version's files after the new %post has run",
		"order:postrm upgrade, postinst configure");
	pkg_lose(b->to, target, LOSS_NOTE, "rpm calls nothing when a script fails half-way",
		"call:abort-install abort-upgrade abort-remove failed-upgrade");
}

/* A package that is told of changed paths: rpm's transaction file trigger calls it with "triggered PATH" as dpkg would. */
static int path_trigger(struct scripts_build *b, const char *path, const struct script *postinst, struct err *e)
{
	struct shell sh = { 0 };
	struct script *s = pkg_add_script(b->to);
	AUTO_FREE char *env = environment(b, "postinst", ""), *quoted = text_shell_quote(path);

	if (!s)
		return err_input(e, "E_LIMIT_MEMORY", "too many scripts");
	shell_carry(&sh, "sluice_postinst", env, postinst->interpreter, postinst->body, postinst->len);
	text_add(&sh.lines, "sluice_postinst triggered %s\n", quoted);
	s->event = EVENT_TRIGGER;
	s->source = "%transfiletriggerin";
	s->trigger = path;
	s->interpreter = "/bin/sh";
	s->body = shell_finish(&b->to->arena, &sh, "dpkg's trigger on a path.", false, &s->len);
	shell_done(&sh);
	return s->body ? 0 : err_input(e, "E_LIMIT_MEMORY", "too many scripts");
}

static int triggers(struct scripts_build *b, struct err *e)
{
	const struct script *postinst = scripts_vendor(b, "postinst");

	for (size_t i = 0; i < b->job->meta->triggers.len; i++) {
		const char *text = b->job->meta->triggers.at[i].text, *blank = strchr(text, ' ');
		const char *name = blank ? blank + 1 + strspn(blank, " ") - 1 : "";
		if (strncmp(text, "interest", 8) == 0 && name[0] == '/' && postinst) {
			pkg_lose(b->to, b->job->target->name, LOSS_NOTE,
				"becomes a trigger of rpm at the end of a transaction", "trigger:%s", text);
			if (path_trigger(b, name, postinst, e))
				return -1;
			continue;
		}
		struct trigger *kept = pkg_add_trigger(b->to); /* the writer says what becomes of it */
		if (!kept)
			return err_input(e, "E_LIMIT_MEMORY", "too many triggers");
		kept->text = text;
	}
	return 0;
}

static bool has_any_vendor(const struct scripts_build *b)
{
	for (size_t i = 0; i < COUNT(vendor_slots); i++)
		if (scripts_vendor(b, vendor_slots[i].source))
			return true;
	return false;
}

int scripts_into_rpm(struct scripts_build *b, struct err *e)
{
	bool has_vendor = b->home == FAMILY_DEB && has_any_vendor(b);

	for (int slot = SLOT_PRE; slot <= SLOT_VERIFY; slot++)
		scripts_run_own(b, (enum slot)slot, &b->before);
	scripts_users(b);
	if (has_vendor && (pre(b, e) || post(b, e)))
		return -1;
	scripts_services_up(b);
	scripts_services_down(b);
	if (has_vendor && leave(b, SLOT_PREUN, "prerm", e))
		return -1;
	scripts_services_after(b);
	if (has_vendor && postun(b, e))
		return -1;
	for (int slot = SLOT_PRE; slot <= SLOT_VERIFY; slot++)
		scripts_run_own(b, (enum slot)slot, &b->after);
	for (int slot = 0; slot < SLOTS; slot++)
		if (b->slots[slot].is_used)
			head(b, (enum slot)slot);
	if (has_vendor)
		tell(b);
	const struct script *config = scripts_vendor(b, "config");
	if (!has_vendor && config)
		scripts_lose(b, LOSS_BEHAVIOUR, config, "rpm asks no questions: there is no debconf");
	return triggers(b, e) || scripts_emit(b, e) ? -1 : 0;
}
