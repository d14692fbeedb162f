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
 * What happens when one fails, and what lies in the state folder: scripts_rpm_calls.c. Of a version that left nothing there (it had no scripts,
 * or was not made by sluice) only rpm knows the number. */
#include "repackager/scripts_rpm.h"
#include "formats/relation.h"
#include "formats/version.h"
#include <string.h>

static const struct {
	enum slot slot;
	const char *source;
} vendor_slots[] = { { SLOT_PRE, "preinst" }, { SLOT_POST, "postinst" }, { SLOT_PREUN, "prerm" },
	{ SLOT_POSTUN, "postrm" } };

/* What dpkg puts into a script's environment. */
char *scripts_rpm_environment(const struct scripts_build *b, const char *name)
{
	AUTO_FREE char *package = text_shell_quote(b->job->meta->name);
	const char *deb = arch_to_deb(b->job->identity->architecture);

	return mem_printf(
		"DPKG_MAINTSCRIPT_NAME=%s DPKG_MAINTSCRIPT_PACKAGE=%s DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 "
		"DPKG_MAINTSCRIPT_ARCH=%s DPKG_MAINTSCRIPT_DEBUG=0 DPKG_ADMINDIR=/var/lib/dpkg DPKG_ROOT= \\\n\t\t",
		name, package, deb ? deb : "all");
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

void scripts_rpm_head(struct scripts_build *b, enum slot slot)
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

bool scripts_rpm_carry(struct scripts_build *b, enum slot slot, const char *source)
{
	const struct script *s = scripts_vendor(b, source);

	if (!s)
		return false;
	AUTO_FREE char *env = scripts_rpm_environment(b, source);
	AUTO_FREE char *function = mem_printf("sluice_%s", source);
	shell_carry(&b->slots[slot], function, env, s->interpreter, s->body, s->len);
	scripts_helpers(b, s, slot);
	return true;
}

/* sluice_other becomes the version that is installed beside this one, in deb's spelling: no release is 0 here. Scripts may ask rpm's database. */
int scripts_rpm_other_function(struct scripts_build *b, enum slot slot, struct err *e)
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

/* ---- what rpm has no call for */

static bool mentions(const struct script *s, const char *word)
{
	return s && memmem(s->body, s->len, word, strlen(word)) != NULL;
}

static void tell(struct scripts_build *b)
{
	const char *target = b->job->target->name;
	const struct script *postrm = scripts_vendor(b, "postrm");

	scripts_debconf_tell(b);
	if (mentions(postrm, "purge"))
		pkg_lose(b->to, target, LOSS_NOTE, "rpm has no purge; what removal leaves behind stays",
			"call:postrm purge");
	pkg_lose(b->to, target, LOSS_NOTE,
		"a removed package is gone to rpm: installed again it is new, as after dpkg's purge",
		"call:preinst install OLD, postinst configure OLD");
	pkg_lose(b->to, target, LOSS_NOTE, "on upgrade rpm removes the old version's files after the new %post has run",
		"order:postrm upgrade, postinst configure");
	if (scripts_vendor(b, "preinst") || scripts_vendor(b, "prerm"))
		pkg_lose(b->to, target, LOSS_NOTE,
			"rpm calls nothing when unpacking itself fails after %pre: what preinst and the old prerm did "
			"stays",
			"call:postrm abort-install, postrm abort-upgrade, postinst abort-upgrade after unpacking");
	if (postrm)
		pkg_lose(b->to, target, LOSS_NOTE,
			"rpm has unpacked by then and cannot go back: it warns, and the new version is configured",
			"call:preinst abort-upgrade, when postrm upgrade and postrm failed-upgrade fail");
	if (scripts_vendor(b, "prerm") || postrm)
		pkg_lose(b->to, target, LOSS_NOTE,
			"rpm removes for a conflict as on any removal, deconfigures nothing, and a package whose files "
			"are all "
			"replaced stays",
			"call:remove in-favour, deconfigure, abort-deconfigure, postrm disappear");
	if (scripts_vendor(b, "postinst") || postrm)
		scripts_tell(b, LOSS_NOTE, "rpm says so, and counts the package as configured or removed",
			"failure:postinst configure, postrm remove");
	if (scripts_vendor(b, "prerm") || postrm)
		scripts_tell(b, LOSS_NOTE, "rpm calls nothing of the old version before the new one's files come",
			"order:prerm upgrade, postrm upgrade, to a version without scripts");
	scripts_tell_environment(b);
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
	scripts_rpm_ldconfig(b);
	if (has_vendor && (scripts_rpm_pre(b, e) || scripts_rpm_post(b, e)))
		return -1;
	scripts_services_up(b);
	scripts_services_down(b);
	if (has_vendor && scripts_rpm_preun(b, e))
		return -1;
	if (has_vendor)
		scripts_units_go(b);
	scripts_services_after(b);
	if (has_vendor && scripts_rpm_postun(b, e))
		return -1;
	for (int slot = SLOT_PRE; slot <= SLOT_VERIFY; slot++)
		scripts_run_own(b, (enum slot)slot, &b->after);
	for (int slot = 0; slot < SLOTS; slot++)
		if (b->slots[slot].is_used)
			scripts_rpm_head(b, (enum slot)slot);
	if (has_vendor)
		tell(b);
	return scripts_rpm_triggers(b, e) || scripts_emit(b, e) ? -1 : 0;
}
