/* scripts_deb.c - rpm's scriptlets under dpkg's calls.
 *
 * What rpm would have called, in rpm's order (RPM's scriptlets.md; formats.md):
 *
 *   preinst install        %pretrans 1, %pre 1
 *   preinst upgrade        %pretrans 2, %pre 2
 *   postinst configure     %post N; on upgrade old %preun 1, old %postun 1; %posttrans N
 *   prerm remove           %preun 0        postrm remove   %postun 0
 *
 * N is what preinst saw ("count" in the state folder): dpkg passes an old version also to a package that was removed but not purged,
 * which is a first install to rpm. A failing %post, %postun or %posttrans is a warning to rpm, and here. /bin/sh is bash on rpm's systems:
 * such bodies run under bash in POSIX mode. */
#include "repackager/scripts_private.h"
#include <string.h>

const char *scripts_rpm_interpreter(const struct script *s)
{
	if (scripts_is_lua(s))
		return "/usr/bin/lua5.3";
	return strcmp(s->interpreter, "/bin/sh") == 0 || strcmp(s->interpreter, "/usr/bin/sh") == 0
		? "/bin/bash --posix"
		: s->interpreter;
}

/* "%post -p /sbin/ldconfig" and bodies that only do that: libc-bin's trigger does it on Debian. */
bool scripts_is_ldconfig(const struct script *s)
{
	struct slice body = slice_trim((struct slice){ s->body, s->len });
	size_t len = strcspn(s->interpreter, " ");

	if (body.len == 0)
		return text_ends(s->interpreter, "/ldconfig") && s->interpreter[len] == '\0';
	return strncmp(s->interpreter, "/bin/sh", 7) == 0 &&
		(slice_is(body, "/sbin/ldconfig") || slice_is(body, "ldconfig") ||
			slice_is(body, "/usr/sbin/ldconfig"));
}

static int ldconfig_trigger(struct scripts_build *b, const struct script *s, struct err *e)
{
	static const char text[] = "activate-noawait ldconfig";

	scripts_lose(b, LOSS_NOTE, s, "ldconfig runs by dpkg's trigger");
	for (size_t i = 0; i < b->to->triggers.len; i++)
		if (strcmp(b->to->triggers.at[i].text, text) == 0)
			return 0;
	struct trigger *t = pkg_add_trigger(b->to);
	if (!t)
		return err_input(e, "E_LIMIT_MEMORY", "too many triggers");
	t->text = text;
	return 0;
}

/* The vendor's scriptlet when it can run here; NULL when there is none, or what it does happens in another way, or not at all. */
static int usable(struct scripts_build *b, const char *source, bool is_first, const struct script **ret, struct err *e)
{
	const struct script *s = scripts_vendor(b, source);

	*ret = NULL;
	if (!s)
		return 0;
	if (scripts_is_ldconfig(s))
		return is_first ? ldconfig_trigger(b, s, e) : 0;
	if (scripts_is_lua(s) && !scripts_lua_runs(b, s))
		return 0;
	*ret = s;
	return 0;
}

static int carry(struct scripts_build *b, enum slot slot, const char *source, const char *function, bool *ret_there,
	struct err *e)
{
	const struct script *s;

	if (usable(b, source, true, &s, e))
		return -1;
	*ret_there = s != NULL;
	if (!s)
		return 0;
	AUTO_FREE char *env = scripts_home_of(FAMILY_RPM)->environment(b, "");
	shell_carry(&b->slots[slot], function, env, scripts_rpm_interpreter(s), s->body, s->len);
	scripts_helpers(b, s, slot);
	if (scripts_is_lua(s))
		scripts_lua(b, slot);
	return 0;
}

static int keep(struct scripts_build *b, const char *name, const char *source, struct err *e)
{
	const struct script *s;
	struct script kept;

	if (usable(b, source, false, &s, e))
		return -1;
	if (s) {
		kept = *s;
		kept.interpreter = scripts_rpm_interpreter(s);
		if (scripts_is_lua(s)) { /* whichever of them calls it */
			scripts_lua(b, SLOT_POST);
			scripts_lua(b, SLOT_POSTUN);
		}
	}
	scripts_keep(b, SLOT_POST, name, s ? &kept : NULL);
	return 0;
}

void scripts_deb_head(struct scripts_build *b, enum slot slot)
{
	static const char *const events[SLOTS] = {
		[SLOT_PRE] = "case $1 in\n"
			     "install) sluice_event=pre-install sluice_count=1 ;;\n"
			     "upgrade) sluice_event=pre-upgrade sluice_count=2 ;;\n"
			     "*) sluice_event=$1 sluice_count=0 ;;\n"
			     "esac\n",
		[SLOT_POST] = "sluice_event=$1 sluice_count=0\n"
			      "if [ \"$1\" = configure ]; then\n"
			      "\tsluice_event=post-upgrade sluice_count=2\n"
			      "\tif [ -z \"${2-}\" ]; then sluice_count=1; fi\n"
			      "\tif [ -r \"$sluice_state/count\" ]; then IFS= read -r sluice_count "
			      "<\"$sluice_state/count\" || :; fi\n"
			      "\tif [ \"$sluice_count\" = 1 ]; then sluice_event=post-install; fi\n"
			      "fi\n",
		[SLOT_PREUN] = "if [ \"$1\" = remove ]; then sluice_event=pre-remove; else sluice_event=$1; fi\n",
		[SLOT_POSTUN] = "if [ \"$1\" = remove ]; then sluice_event=post-remove; else sluice_event=$1; fi\n",
	};

	text_add(&b->slots[slot].head, "sluice_state=%s\nsluice_version=%s\nsluice_old=${2-}\n%s", b->state, b->version,
		events[slot] ? events[slot] : "");
}

/* preinst tells postinst whether this is a first install or an upgrade, and an old version that the new one calls its texts. A count that
 * is there already is of a version that was unpacked and never configured: its first %post is still to come. */
void scripts_deb_count(struct scripts_build *b)
{
	text_add(&b->slots[SLOT_PRE].lines,
		"if [ \"$sluice_count\" -gt 0 ]; then\n"
		"\tmkdir -p \"$sluice_state\" || exit 1\n"
		"\tsluice_counted=$sluice_count\n"
		"\tif [ \"$sluice_count\" -ge 2 ] && [ -r \"$sluice_state/count\" ]; then\n"
		"\t\tIFS= read -r sluice_counted <\"$sluice_state/count\" || :\n"
		"\t\tmv \"$sluice_state/count\" \"$sluice_state/before\" || exit 1\n"
		"\tfi\n"
		"\tprintf '%%s\\n' \"$sluice_counted\" >\"$sluice_state/count\" || exit 1\n"
		"fi\n");
	b->slots[SLOT_PRE].is_used = true;
}

/* Configured again without a preinst before (after abort-deconfigure, or by dpkg-reconfigure): rpm would have called nothing. */
const char scripts_deb_again[] = "if [ \"$1\" = configure ] && [ ! -r \"$sluice_state/count\" ]; then\n"
				 "\tsluice_event=configure-again sluice_count=0\n"
				 "fi\n";

static int pre(struct scripts_build *b, struct err *e)
{
	struct shell *sh = &b->slots[SLOT_PRE];
	bool is_there;

	if (carry(b, SLOT_PRE, "%pretrans", "sluice_pretrans", &is_there, e))
		return -1;
	if (is_there)
		text_add(&sh->lines,
			"if [ \"$sluice_count\" -gt 0 ]; then sluice_pretrans \"$sluice_count\" || exit $?; fi\n");
	if (carry(b, SLOT_PRE, "%pre", "sluice_pre", &is_there, e))
		return -1;
	if (is_there)
		text_add(&sh->lines,
			"if [ \"$sluice_count\" -gt 0 ]; then sluice_pre \"$sluice_count\" || exit $?; fi\n");
	return 0;
}

#define WARN(call, name) call " || echo 'sluice: warning: " name " failed' >&2\n"
/* A failing %preun keeps the old version in rpm's database, and its %postun is not called. */
#define OLD_ONES                                                                                                       \
	"if sluice_kept preun 1; then\n" WARN("\tsluice_kept postun 1",                                                \
		"the old %%postun") "else\n\techo 'sluice: warning: the old %%preun failed' >&2\nfi\n"

static int post(struct scripts_build *b, struct err *e)
{
	struct shell *sh = &b->slots[SLOT_POST];
	bool has_post, has_posttrans;

	AUTO_FREE char *env = scripts_home_of(FAMILY_RPM)->environment(b, "");
	scripts_kept_function(b, SLOT_POST, env);
	if (carry(b, SLOT_POST, "%post", "sluice_post", &has_post, e) ||
		carry(b, SLOT_POST, "%posttrans", "sluice_posttrans", &has_posttrans, e))
		return -1;
	text_add(&sh->lines, "if [ \"$sluice_count\" -gt 0 ]; then\n");
	if (has_post)
		text_add(&sh->lines, WARN("sluice_post \"$sluice_count\"", "%%post"));
	scripts_deb_triggers_come(b, false);
	text_add(&sh->lines, "if [ \"$sluice_count\" -ge 2 ]; then\n" OLD_ONES "fi\n");
	if (has_posttrans)
		text_add(&sh->lines, WARN("sluice_posttrans \"$sluice_count\"", "%%posttrans"));
	scripts_deb_triggers_come(b, true);
	text_add(&sh->lines, "mkdir -p \"$sluice_state\" || exit 1\n");
	if (keep(b, "preun", "%preun", e) || keep(b, "postun", "%postun", e))
		return -1;
	text_add(&sh->lines, "rm -f \"$sluice_state/count\" \"$sluice_state/before\"\nfi\n");
	sh->is_used = true;
	return scripts_deb_triggers(b, e);
}

static int preun(struct scripts_build *b, struct err *e)
{
	bool is_there;

	if (carry(b, SLOT_PREUN, "%preuntrans", "sluice_preuntrans", &is_there, e))
		return -1;
	if (is_there)
		text_add(&b->slots[SLOT_PREUN].lines,
			"if [ \"$1\" = remove ]; then sluice_preuntrans 0 || exit $?; fi\n");
	scripts_deb_triggers_go(b, false);
	if (carry(b, SLOT_PREUN, "%preun", "sluice_preun", &is_there, e))
		return -1;
	if (is_there)
		text_add(&b->slots[SLOT_PREUN].lines, "if [ \"$1\" = remove ]; then sluice_preun 0 || exit $?; fi\n");
	scripts_deb_triggers_go(b, true);
	return 0;
}

/* An upgrade to a version whose preinst is not ours: the old texts are called here, or they would never be. */
static int postun(struct scripts_build *b, struct err *e)
{
	struct shell *sh = &b->slots[SLOT_POSTUN];
	bool has_postun, has_postuntrans;

	AUTO_FREE char *env = scripts_home_of(FAMILY_RPM)->environment(b, "");
	scripts_kept_function(b, SLOT_POSTUN, env);
	if (carry(b, SLOT_POSTUN, "%postun", "sluice_postun", &has_postun, e) ||
		carry(b, SLOT_POSTUN, "%postuntrans", "sluice_postuntrans", &has_postuntrans, e))
		return -1;
	text_add(&sh->lines, "case $1 in\nremove)\n");
	if (has_postun)
		text_add(&sh->lines, WARN("sluice_postun 0", "%%postun"));
	scripts_deb_triggers_gone(b);
	if (has_postuntrans)
		text_add(&sh->lines, WARN("sluice_postuntrans 0", "%%postuntrans"));
	text_add(&sh->lines,
		"rm -rf \"$sluice_state\"\nrmdir /var/lib/sluice-scripts 2>/dev/null || :\n;;\n"
		"upgrade)\nif [ ! -e \"$sluice_state/count\" ]; then\n" OLD_ONES
		"rm -rf \"$sluice_state\"\nrmdir /var/lib/sluice-scripts 2>/dev/null || :\nfi\n;;\n"
		"abort-install | abort-upgrade)\n"
		"rm -f \"$sluice_state/count\"\n"
		"if [ -e \"$sluice_state/before\" ]; then mv \"$sluice_state/before\" "
		"\"$sluice_state/count\"; fi\n"
		"rmdir \"$sluice_state\" /var/lib/sluice-scripts 2>/dev/null || :\n;;\n"
		"purge | disappear)\nrm -rf \"$sluice_state\"\nrmdir /var/lib/sluice-scripts "
		"2>/dev/null || :\n;;\nesac\n");
	sh->is_used = true;
	return 0;
}

/* ---- what dpkg has no call for */

static int tell(struct scripts_build *b, struct err *e)
{
	const struct pkg *meta = b->job->meta;

	for (size_t i = 0; i < meta->scripts.len; i++) {
		const struct script *s = &meta->scripts.at[i];
		if (s->event == EVENT_VERIFY && scripts_vendor(b, s->source))
			scripts_lose(b, LOSS_BEHAVIOUR, s, "dpkg calls no script to verify");
		if (s->event != EVENT_TRIGGER || !scripts_vendor(b, s->source))
			continue;
		if (scripts_is_ldconfig(s) ? ldconfig_trigger(b, s, e) : 0)
			return -1;
		if (!scripts_is_ldconfig(s) && !scripts_is_file_trigger(s))
			scripts_lose(b, LOSS_BEHAVIOUR, s, "dpkg has no such trigger");
	}
	if (scripts_vendor(b, "%posttrans") || scripts_vendor(b, "%pretrans"))
		pkg_lose(b->to, b->job->target->name, LOSS_NOTE,
			"dpkg knows no transactions: they run at the package's own turn",
			"order:%%pretrans %%posttrans");
	if (scripts_vendor(b, "%preun"))
		pkg_lose(b->to, b->job->target->name, LOSS_NOTE,
			"on upgrade dpkg has removed the old version's files before the old %preun runs",
			"order:%%preun 1");
	if (scripts_vendor(b, "%post") || scripts_vendor(b, "%postun"))
		scripts_tell(b, LOSS_NOTE,
			"on upgrade dpkg removes the old version's files before %post runs, and after %postun when the "
			"new "
			"version has no scripts",
			"order:%post 2, %postun 1");
	if (scripts_vendor(b, "%preun"))
		pkg_lose(b->to, b->job->target->name, LOSS_NOTE,
			"on upgrade rpm keeps the old version beside the new one when it fails; dpkg only warns",
			"failure:%%preun 1");
	return 0;
}

static bool has_any_vendor(const struct scripts_build *b)
{
	static const char *const sources[] = { "%pretrans", "%pre", "%post", "%preun", "%postun", "%posttrans",
		"%preuntrans", "%postuntrans" };

	for (size_t i = 0; i < COUNT(sources); i++) {
		const struct script *s = scripts_vendor(b, sources[i]);
		if (s && !scripts_is_ldconfig(s) && !(scripts_is_lua(s) && scripts_lua_misses(s)))
			return true;
	}
	for (size_t i = 0; i < b->job->meta->scripts.len; i++)
		if (scripts_is_file_trigger(&b->job->meta->scripts.at[i]) &&
			scripts_vendor(b, b->job->meta->scripts.at[i].source))
			return true;
	return false;
}

/* Scriptlets none of which can run as such still leave their trigger or their loss. */
static int tell_unusable(struct scripts_build *b, struct err *e)
{
	const struct pkg *meta = b->job->meta;
	const struct script *none;

	for (size_t i = 0; i < meta->scripts.len; i++)
		if (meta->scripts.at[i].event != EVENT_TRIGGER && meta->scripts.at[i].event != EVENT_VERIFY &&
			usable(b, meta->scripts.at[i].source, true, &none, e))
			return -1;
	return 0;
}

int scripts_into_deb(struct scripts_build *b, struct err *e)
{
	bool has_vendor = b->home == FAMILY_RPM && has_any_vendor(b);
	bool has_events = scripts_has_own(b, EVENT_POST_INSTALL) || scripts_has_own(b, EVENT_POST_UPGRADE);

	if (has_vendor || has_events)
		scripts_deb_count(b);
	for (int slot = SLOT_PRE; slot <= SLOT_VERIFY; slot++)
		scripts_run_own(b, (enum slot)slot, &b->before);
	scripts_users(b);
	if (has_vendor ? pre(b, e) || post(b, e) : tell_unusable(b, e))
		return -1;
	if (scripts_has_capabilities(b))
		scripts_capabilities(b);
	for (size_t i = 0; has_vendor && i < b->job->meta->scripts.len; i++)
		if (scripts_vendor(b, b->job->meta->scripts.at[i].source))
			scripts_units(b, &b->job->meta->scripts.at[i]);
	scripts_services_up(b);
	scripts_services_down(b);
	if (has_vendor && preun(b, e))
		return -1;
	if (has_vendor && postun(b, e))
		return -1;
	scripts_services_after(b);
	for (int slot = SLOT_PRE; slot <= SLOT_VERIFY; slot++)
		scripts_run_own(b, (enum slot)slot, &b->after);
	if (has_events && !has_vendor) {
		text_add(&b->slots[SLOT_POST].lines,
			"rm -f \"$sluice_state/count\"\n"
			"rmdir \"$sluice_state\" /var/lib/sluice-scripts 2>/dev/null || :\n");
		b->slots[SLOT_POST].is_used = true;
	}
	for (int slot = 0; slot < SLOTS; slot++)
		if (b->slots[slot].is_used)
			scripts_deb_head(b, (enum slot)slot);
	if (has_vendor || has_events)
		text_add(&b->slots[SLOT_POST].head, "%s", scripts_deb_again);
	if (b->home == FAMILY_RPM && b->has_vendor && tell(b, e))
		return -1;
	return scripts_emit(b, e);
}
