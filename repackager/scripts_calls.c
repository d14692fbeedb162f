/* scripts_calls.c - home adapters: what each package manager calls, in which order and with which words; the same for every target.
 *
 * deb: deb-policy, chapter 6. rpm: its scriptlets.md. pacman: PKGBUILD(5), "Install/Upgrade/Remove Scripting". apk: apk-package(5),
 * "Scripts". $sluice_version and $sluice_old are set by the target's adapter. */
#include "repackager/scripts_rpm.h"
#include <string.h>

static const struct call deb_calls[] = {
	{ EVENT_PRE_INSTALL, "preinst", false, NULL, "install", FAIL_STOPS },
	{ EVENT_PRE_UPGRADE, "prerm", true, NULL, "upgrade \"$sluice_version\"", FAIL_STOPS },
	{ EVENT_PRE_UPGRADE, "preinst", false, NULL, "upgrade \"$sluice_old\" \"$sluice_version\"", FAIL_STOPS },
	{ EVENT_POST_INSTALL, "postinst", false, NULL, "configure ''", FAIL_LATER },
	{ EVENT_POST_UPGRADE, "postrm", true, NULL, "upgrade \"$sluice_version\"", FAIL_LATER },
	{ EVENT_POST_UPGRADE, "postinst", false, NULL, "configure \"$sluice_old\"", FAIL_LATER },
	{ EVENT_PRE_REMOVE, "prerm", false, NULL, "remove", FAIL_STOPS },
	{ EVENT_POST_REMOVE, "postrm", false, NULL, "remove", FAIL_LATER },
};

static const struct call rpm_calls[] = {
	{ EVENT_PRE_INSTALL, "%pretrans", false, NULL, "1", FAIL_STOPS },
	{ EVENT_PRE_INSTALL, "%pre", false, NULL, "1", FAIL_STOPS },
	{ EVENT_PRE_UPGRADE, "%pretrans", false, NULL, "2", FAIL_STOPS },
	{ EVENT_PRE_UPGRADE, "%pre", false, NULL, "2", FAIL_STOPS },
	{ EVENT_POST_INSTALL, "%post", false, NULL, "1", FAIL_WARNS },
	{ EVENT_POST_INSTALL, "%posttrans", false, NULL, "1", FAIL_WARNS },
	{ EVENT_POST_UPGRADE, "%post", false, NULL, "2", FAIL_WARNS },
	{ EVENT_POST_UPGRADE, "%preun", true, NULL, "1", FAIL_STAYS },
	{ EVENT_POST_UPGRADE, "%postun", true, NULL, "1", FAIL_WARNS },
	{ EVENT_POST_UPGRADE, "%posttrans", false, NULL, "2", FAIL_WARNS },
	{ EVENT_PRE_REMOVE, "%preuntrans", false, NULL, "0", FAIL_STOPS },
	{ EVENT_PRE_REMOVE, "%preun", false, NULL, "0", FAIL_STOPS },
	{ EVENT_POST_REMOVE, "%postun", false, NULL, "0", FAIL_WARNS },
	{ EVENT_POST_REMOVE, "%postuntrans", false, NULL, "0", FAIL_WARNS },
};

#define NEW "\"$sluice_version\""
#define NEW_OLD NEW " \"$sluice_old\""

static const struct call pacman_calls[] = {
	{ EVENT_PRE_INSTALL, ".INSTALL", false, "pre_install", NEW, FAIL_WARNS },
	{ EVENT_POST_INSTALL, ".INSTALL", false, "post_install", NEW, FAIL_WARNS },
	{ EVENT_PRE_UPGRADE, ".INSTALL", false, "pre_upgrade", NEW_OLD, FAIL_WARNS },
	{ EVENT_POST_UPGRADE, ".INSTALL", false, "post_upgrade", NEW_OLD, FAIL_WARNS },
	{ EVENT_PRE_REMOVE, ".INSTALL", false, "pre_remove", NEW, FAIL_WARNS },
	{ EVENT_POST_REMOVE, ".INSTALL", false, "post_remove", NEW, FAIL_WARNS },
};

static const struct call apk_calls[] = {
	{ EVENT_PRE_INSTALL, ".pre-install", false, NULL, NEW, FAIL_WARNS },
	{ EVENT_POST_INSTALL, ".post-install", false, NULL, NEW, FAIL_WARNS },
	{ EVENT_PRE_UPGRADE, ".pre-upgrade", false, NULL, NEW_OLD, FAIL_WARNS },
	{ EVENT_POST_UPGRADE, ".post-upgrade", false, NULL, NEW_OLD, FAIL_WARNS },
	{ EVENT_PRE_REMOVE, ".pre-deinstall", false, NULL, NEW, FAIL_WARNS },
	{ EVENT_POST_REMOVE, ".post-deinstall", false, NULL, NEW, FAIL_WARNS },
};

static const char *as_it_is(const struct script *s)
{
	return s->interpreter;
}

static char *deb_environment(const struct scripts_build *b, const char *name)
{
	return scripts_rpm_environment(b, name);
}

/* Under dpkg its own variables stand in every script's environment; a script of another home must not take itself for dpkg's. */
static const char *without_dpkg(const struct scripts_build *b)
{
	return b->into != FAMILY_DEB
		? ""
		: "env -u DPKG_ADMINDIR -u DPKG_FORCE -u DPKG_MAINTSCRIPT_ARCH -u DPKG_MAINTSCRIPT_DEBUG "
		  "-u DPKG_MAINTSCRIPT_NAME -u DPKG_MAINTSCRIPT_PACKAGE "
		  "-u DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT -u DPKG_ROOT -u DPKG_RUNNING_VERSION \\\n\t\t";
}

/* The folders of a relocatable package, which rpm tells its scripts whether or not it was relocated: where its files are now. */
static void add_prefixes(const struct scripts_build *b, struct text *to)
{
	const struct pkg *meta = b->job->meta;

	for (size_t i = 0; i < meta->fields.len; i++) {
		const struct field *f = &meta->fields.at[i];
		const char *number = strcmp(f->name, "prefixes") == 0 ? "0"
			: text_starts(f->name, "prefixes:")           ? f->name + strlen("prefixes:")
								      : NULL;
		const char *path = number && b->job->rules ? rules_moved(b->job->rules, f->value) : f->value;
		AUTO_FREE char *quoted = text_shell_quote(path ? path : f->value);
		if (number && number[0] == '0')
			text_add(to, "RPM_INSTALL_PREFIX=%s ", quoted);
		if (number)
			text_add(to, "RPM_INSTALL_PREFIX%s=%s ", number, quoted);
	}
}

/* rpm (but for its triggers) and pacman give their scripts nothing to read. rpm and apk set PATH, whatever the caller's is; around it the
 * folders of tools that are missing here, when there are any. */
static char *rpm_environment(const struct scripts_build *b, const char *name)
{
	AUTO(text) prefixes = { 0 };

	add_prefixes(b, &prefixes);
	return mem_printf("%s%s%sPATH=\"${sluice_first-}/sbin:/bin:/usr/sbin:/usr/bin${sluice_shims-}\" ",
		name ? "</dev/null " : "", without_dpkg(b), prefixes.at ? prefixes.at : "");
}

static char *apk_environment(const struct scripts_build *b, const char *name)
{
	return mem_strdup("env -i PATH=\"${sluice_first-}/usr/sbin:/usr/bin:/sbin:/bin${sluice_shims-}\" ");
}

static char *pacman_environment(const struct scripts_build *b, const char *name)
{
	return mem_printf("</dev/null %s", without_dpkg(b));
}

/* ---- what is not called as at home */

static const struct manager *here(const struct scripts_build *b)
{
	return &scripts_managers[b->into];
}

static bool mentions(const struct script *s, const char *word)
{
	return s && memmem(s->body, s->len, word, strlen(word)) != NULL;
}

/* Scripts that no call of the target leads to. */
static void tell_without_call(struct scripts_build *b, enum event event, const char *why)
{
	const struct pkg *meta = b->job->meta;

	for (size_t i = 0; i < meta->scripts.len; i++)
		if (meta->scripts.at[i].event == event && scripts_vendor(b, meta->scripts.at[i].source) &&
			(b->home != FAMILY_RPM || !scripts_rpm_is_done(b, &meta->scripts.at[i])))
			scripts_lose(b, LOSS_BEHAVIOUR, &meta->scripts.at[i], why);
}

/* Who is to be told is not there, or runs ldconfig anyway; only what this package wants to be told is missed. */
static void tell_triggers(struct scripts_build *b)
{
	for (size_t i = 0; i < b->job->meta->triggers.len; i++) {
		const char *text = b->job->meta->triggers.at[i].text;
		AUTO_FREE char *what = mem_printf("trigger:%s", text);
		if (scripts_is_path_interest(b, text))
			continue;
		if (strncmp(text, "activate", 8) == 0)
			scripts_tell(b, LOSS_NOTE,
				text_ends(text, " ldconfig") ? here(b)->ldconfig : "it has no triggers by name", what);
		else
			scripts_tell(b, LOSS_BEHAVIOUR, "it has no such trigger", what);
	}
}

static bool has_scripts(const struct scripts_build *b)
{
	return b->job->meta->scripts.len > 0;
}

static const char goes_on[] = "the package manager says that a script failed, and goes on";
static const char next_calls[] = "only a next version that has scripts and was made by sluice calls them: nobody else "
				 "calls a version's scripts that goes";

void scripts_tell_environment(struct scripts_build *b)
{
	if (!has_scripts(b))
		return;
	if (b->home == FAMILY_DEB && !here(b)->passes_stdin)
		scripts_tell(b, LOSS_NOTE,
			"there is no dpkg whose version and options they could tell, PATH is the target's, and there "
			"is nothing to read",
			"environment:DPKG_FORCE DPKG_RUNNING_VERSION PATH stdin");
	else if (b->home == FAMILY_DEB)
		scripts_tell(b, LOSS_NOTE,
			"there is no dpkg whose version and options they could tell, and PATH is the target's",
			"environment:DPKG_FORCE DPKG_RUNNING_VERSION PATH");
	if (b->home == FAMILY_APK && !here(b)->passes_stdin)
		scripts_tell(b, LOSS_NOTE, "the target gives its scripts nothing to read", "environment:stdin");
	if (b->home == FAMILY_PACMAN && b->into != FAMILY_DEB)
		scripts_tell(
			b, LOSS_NOTE, "pacman passes its caller's on, the target sets its own", "environment:PATH");
}

static void tell_deb(struct scripts_build *b)
{
	const struct manager *m = here(b);
	const struct script *prerm = scripts_vendor(b, "prerm"), *postrm = scripts_vendor(b, "postrm");

	if (!m->asks)
		tell_without_call(b, EVENT_CONFIG, "it asks no questions: there is no debconf");
	if (!m->purges && mentions(postrm, "purge"))
		scripts_tell(b, LOSS_NOTE, "there is no purge; what removal leaves behind stays", "call:postrm purge");
	if (!m->purges && has_scripts(b))
		scripts_tell(b, LOSS_NOTE,
			"a removed package is gone: installed again it is new, as after dpkg's purge",
			"call:preinst install OLD, postinst configure OLD");
	if (has_scripts(b))
		scripts_tell(b, LOSS_NOTE, "nothing is called when a script fails half-way",
			"call:abort-install abort-upgrade abort-remove failed-upgrade");
	if (!m->stops && (prerm || scripts_vendor(b, "preinst")))
		scripts_tell(b, LOSS_NOTE, goes_on, "failure:preinst prerm");
	if (!m->stops && (postrm || scripts_vendor(b, "postinst")))
		scripts_tell(b, LOSS_NOTE, "it says so, and counts the package as configured or removed",
			"failure:postinst configure, postrm remove");
	if (!m->calls_old && (prerm || postrm))
		scripts_tell(b, LOSS_NOTE, next_calls, "call:prerm upgrade, postrm upgrade");
	if (!m->sees_old && postrm)
		scripts_tell(b, LOSS_NOTE, "on upgrade the old version's files are gone before it runs",
			"order:postrm upgrade");
	scripts_tell_environment(b);
	tell_triggers(b);
}

static void tell_rpm(struct scripts_build *b)
{
	const struct manager *m = here(b);
	const struct script *preun = scripts_vendor(b, "%preun"), *postun = scripts_vendor(b, "%postun");

	tell_without_call(b, EVENT_VERIFY, "it calls no script to verify");
	tell_without_call(b, EVENT_TRIGGER, "it has no such trigger");
	if (!m->has_transactions && (scripts_vendor(b, "%posttrans") || scripts_vendor(b, "%pretrans")))
		scripts_tell(b, LOSS_NOTE, "it calls nothing for a transaction: they run at the package's own turn",
			"order:%pretrans %posttrans");
	if (!m->stops && (scripts_vendor(b, "%pretrans") || scripts_vendor(b, "%pre") || preun))
		scripts_tell(b, LOSS_NOTE, goes_on, "failure:%pretrans %pre %preun");
	if (preun)
		scripts_tell(b, LOSS_NOTE,
			"on upgrade rpm keeps the old version beside the new one when it fails; here that is a warning",
			"failure:%preun 1");
	if (!m->calls_old && (preun || postun))
		scripts_tell(b, LOSS_NOTE, next_calls, "call:%preun 1, %postun 1");
	if (!m->sees_old && (scripts_vendor(b, "%post") || preun))
		scripts_tell(b, LOSS_NOTE, "on upgrade the old version's files are gone before they run",
			"order:%post 2, %preun 1");
	tell_triggers(b);
}

static void tell_pacman(struct scripts_build *b)
{
	const struct script *s = scripts_vendor(b, ".INSTALL");

	if (here(b)->sees_old && mentions(s, "post_upgrade"))
		scripts_tell(
			b, LOSS_NOTE, "on upgrade the old version's files go after it has run", "order:post_upgrade");
	scripts_tell_environment(b);
	tell_triggers(b);
}

static void tell_apk(struct scripts_build *b)
{
	if (!scripts_apk_trigger(b))
		tell_without_call(b, EVENT_TRIGGER, "it has no such trigger");
	if (has_scripts(b))
		scripts_tell(b, LOSS_NOTE, "apk calls it an error and goes on; here it is a warning", "failure:apk");
	if (here(b)->sees_old && scripts_vendor(b, ".post-upgrade"))
		scripts_tell(
			b, LOSS_NOTE, "on upgrade the old version's files go after it has run", "order:.post-upgrade");
	scripts_tell_environment(b);
	tell_triggers(b);
}

bool scripts_rpm_is_done(struct scripts_build *b, const struct script *s)
{
	if (scripts_is_ldconfig(s))
		scripts_lose(b, LOSS_NOTE, s, here(b)->ldconfig);
	else if (s->interpreter[0] == '<')
		scripts_lose(b, LOSS_BEHAVIOUR, s, "its interpreter is built into rpm");
	else
		return false;
	return true;
}

#define CALLS(list) list, COUNT(list)

const struct home *scripts_home_of(enum family f)
{
	static const struct home homes[FAMILIES] = {
		[FAMILY_DEB] = { CALLS(deb_calls), "the vendor's maintainer scripts, called as dpkg would call them.",
			as_it_is, deb_environment, tell_deb },
		[FAMILY_RPM] = { CALLS(rpm_calls), "the vendor's rpm scriptlets, called as rpm would call them.",
			scripts_rpm_interpreter, rpm_environment, tell_rpm },
		[FAMILY_PACMAN] = { CALLS(pacman_calls), "the vendor's .INSTALL, called as pacman would call it.",
			as_it_is, pacman_environment, tell_pacman },
		[FAMILY_APK] = { CALLS(apk_calls), "the vendor's apk scripts, called as apk would call them.", as_it_is,
			apk_environment, tell_apk },
	};

	return homes[f].calls ? &homes[f] : NULL;
}
