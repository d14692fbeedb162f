/* scripts_across.c - from any home adapter to any target adapter: the vendor's scripts carried, the calls of his package manager made.
 *
 * A target whose scripts are called by event (pacman, apk) gets one text an event, the others one text a slot with the event found out at
 * its head. On pacman and apk this is the way home, too: what has nothing of ours around it stays as it is. */
#include "repackager/scripts_private.h"
#include <ctype.h>
#include <string.h>

struct across {
	struct scripts_build *b;
	const struct home *home;
	bool has_vendor; /* scripts that its package manager calls */
	bool is_home;    /* the target is the vendor's own: arguments pass as they come, nothing is kept */
};

static const enum event direct_events[] = { EVENT_PRE_INSTALL, EVENT_POST_INSTALL, EVENT_PRE_UPGRADE,
	EVENT_POST_UPGRADE, EVENT_PRE_REMOVE, EVENT_POST_REMOVE };

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "too many scripts");
}

/* ---- one call of the vendor's */

/* The script that the call is for, when it is there, can run here and has the function. libalpm, too, looks for the name as mere text. */
static const struct script *script_of(const struct across *a, const struct call *call)
{
	const struct script *s = scripts_vendor(a->b, call->source);

	if (!s || (call->function && !memmem(s->body, s->len, call->function, strlen(call->function))))
		return NULL;
	if (!a->is_home && a->b->home == FAMILY_RPM && scripts_rpm_is_done(a->b, s))
		return NULL;
	return s;
}

static char *name_of(const struct call *call)
{
	char *name = mem_printf("sluice%s%s", isalpha((unsigned char)call->source[0]) ? "_" : "", call->source);

	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	return name;
}

/* A function of a file that bash has read, as libalpm calls it: set -e holds in it, no word of ours is seen by it. */
static void carry_functions(struct shell *sh, const char *name, const char *environment, const struct script *s)
{
	static const char runner[] = "sluice_file=$1 sluice_call=$2\n"
				     "shift 2\n"
				     "sluice_words=(\"$@\")\n"
				     "set --\n"
				     ". \"$sluice_file\"\n"
				     "if declare -F \"$sluice_call\" >/dev/null; then \"$sluice_call\" "
				     "\"${sluice_words[@]}\"; fi\n";
	AUTO_FREE char *path = mem_printf("\"$sluice_dir/%s\"", name);
	AUTO_FREE char *quoted = text_shell_quote(runner);

	shell_put_file(&sh->files, path, s->body, s->len);
	text_add(&sh->functions, "%s() {\n\t", name);
	text_add(&sh->functions, "%s", environment);
	shell_run_word(&sh->functions, s->interpreter, "");
	text_add(&sh->functions, "-c %s %.*s %s \"$@\"\n}\n", quoted, (int)strcspn(s->interpreter, " "), s->interpreter,
		path);
	sh->is_used = true;
}

static void carry(const struct across *a, enum slot slot, const struct call *call, const struct script *s)
{
	struct shell *sh = &a->b->slots[slot];
	AUTO_FREE char *name = name_of(call), *start = mem_printf("%s() {", name);

	if (sh->functions.at && strstr(sh->functions.at, start))
		return;
	AUTO_FREE char *environment = a->is_home ? mem_strdup("") : a->home->environment(a->b, s->source);
	if (call->function)
		carry_functions(sh, name, environment, s);
	else
		shell_carry(
			sh, name, environment, a->is_home ? s->interpreter : a->home->interpreter(s), s->body, s->len);
	if (!a->is_home)
		scripts_helpers(a->b, s, slot);
}

static void on_failure(struct text *to, const struct across *a, const struct call *call)
{
	if (a->is_home || call->failing == FAIL_STOPS)
		text_add(to, " || exit $?\n");
	else if (call->failing == FAIL_STAYS)
		text_add(to, " || { echo 'sluice: warning: the old %s failed' >&2; sluice_stays=1; }\n", call->source);
	else if (call->failing == FAIL_LATER)
		text_add(to, " || sluice_status=$?\n");
	else
		text_add(to, " || echo 'sluice: warning: %s%s%s failed' >&2\n", call->source, call->function ? " " : "",
			call->function ? call->function : "");
}

/* Whether an old script before it in the same event may have kept the old version in its place. */
static bool is_behind_staying(const struct across *a, const struct call *call)
{
	for (const struct call *c = call; c > a->home->calls && c[-1].event == call->event; c--)
		if (c[-1].failing == FAIL_STAYS)
			return true;
	return false;
}

static void one_call(const struct across *a, enum slot slot, const struct call *call, struct text *to)
{
	AUTO_FREE char *name = name_of(call);
	const struct script *s = script_of(a, call);

	if (call->is_old) {
		if (a->is_home)
			return;
		if (s) /* the old one calls what the new one calls, as a rule */
			scripts_helpers(a->b, s, slot);
		text_add(to, "\t%ssluice_kept %s %s",
			is_behind_staying(a, call) ? "[ -n \"${sluice_stays-}\" ] || " : "",
			call->source + (call->source[0] == '%'), call->arguments);
	} else {
		if (!s)
			return;
		carry(a, slot, call, s);
		text_add(to, "\t%s%s%s %s", name, call->function ? " " : "", call->function ? call->function : "",
			a->is_home ? "\"$@\"" : call->arguments);
	}
	on_failure(to, a, call);
}

/* The calls of one event, in their order. */
static void calls(const struct across *a, enum slot slot, enum event event)
{
	AUTO(text) lines = { 0 };
	struct shell *sh = &a->b->slots[slot];

	for (size_t i = 0; i < a->home->len; i++)
		if (a->home->calls[i].event == event)
			one_call(a, slot, &a->home->calls[i], &lines);
	if (lines.len == 0)
		return;
	text_add(&sh->lines, "if [ \"$sluice_event\" = %s ]; then\n%sfi\n", event_kind_name(event), lines.at);
	sh->is_used = true;
}

/* ---- a slot */

static bool calls_old(const struct home *home, enum slot slot)
{
	for (size_t i = 0; i < home->len; i++)
		if (home->calls[i].is_old && scripts_slot_of(home->calls[i].event) == slot)
			return true;
	return false;
}

/* What the next version is to call, and which version this is. */
static void keep(const struct across *a)
{
	struct shell *sh = &a->b->slots[SLOT_POST];

	text_add(&sh->lines,
		"case $sluice_event in\npost-install | post-upgrade)\nmkdir -p \"$sluice_state\" || exit 1\n");
	for (size_t i = 0; i < a->home->len; i++) {
		const struct call *call = &a->home->calls[i];
		const struct script *s = call->is_old ? script_of(a, call) : NULL;
		struct script kept;
		if (!call->is_old)
			continue;
		if (s) {
			kept = *s;
			kept.interpreter = a->home->interpreter(s);
		}
		scripts_keep(a->b, SLOT_POST, call->source + (call->source[0] == '%'), s ? &kept : NULL);
	}
	scripts_state_keep(a->b);
	text_add(&sh->lines, ";;\nesac\n");
	sh->is_used = true;
}

static int vendor(const struct across *a, enum slot slot, struct err *e)
{
	struct scripts_build *b = a->b;
	struct shell *sh = &b->slots[slot];
	bool is_late = slot == SLOT_POST || slot == SLOT_POSTUN;

	if (!a->is_home && scripts_state_begin(b, slot, e))
		return -1;
	if (!a->is_home && calls_old(a->home, slot)) {
		AUTO_FREE char *environment = a->home->environment(b, "$sluice_name");
		scripts_kept_function(b, slot, environment);
	}
	if (is_late && !a->is_home)
		text_add(&sh->lines, "sluice_status=0\n");
	for (size_t i = 0; i < COUNT(direct_events); i++)
		if (scripts_slot_of(direct_events[i]) == slot && (!b->is_one || b->one == direct_events[i]))
			calls(a, slot, direct_events[i]);
	if (a->is_home)
		return 0;
	if (slot == SLOT_POST) {
		scripts_trigger_lines(b);
		keep(a);
	}
	if (slot == SLOT_POSTUN)
		scripts_state_end(b);
	if (is_late)
		text_add(&sh->lines, "[ \"$sluice_status\" -eq 0 ] || exit \"$sluice_status\"\n");
	return 0;
}

static int fill(const struct across *a, enum slot slot, struct err *e)
{
	struct scripts_build *b = a->b;

	scripts_run_own(b, slot, &b->before);
	if (slot == SLOT_PRE)
		scripts_users(b);
	if (slot == SLOT_PREUN)
		scripts_services_down(b);
	if (a->has_vendor && vendor(a, slot, e))
		return -1;
	if (slot == SLOT_PREUN && b->home == FAMILY_DEB && !a->is_home)
		scripts_units_go(b);
	if (slot == SLOT_POST) {
		if (b->into == FAMILY_DEB && scripts_has_capabilities(b))
			scripts_capabilities(b);
		for (size_t i = 0; !a->is_home && b->home == FAMILY_RPM && i < b->job->meta->scripts.len; i++)
			if (scripts_vendor(b, b->job->meta->scripts.at[i].source))
				scripts_units(b, &b->job->meta->scripts.at[i]);
		scripts_services_up(b);
	}
	if (slot == SLOT_POSTUN)
		scripts_services_after(b);
	scripts_run_own(b, slot, &b->after);
	if (b->slots[slot].is_used)
		scripts_head(b, slot, a->has_vendor && !a->is_home);
	return 0;
}

/* ---- into the package, one text an event */

static const char *apk_name(enum event event)
{
	for (size_t i = 0; i < scripts_home_of(FAMILY_APK)->len; i++)
		if (scripts_home_of(FAMILY_APK)->calls[i].event == event)
			return scripts_home_of(FAMILY_APK)->calls[i].source;
	return NULL;
}

static const char *pacman_name(enum event event)
{
	for (size_t i = 0; i < scripts_home_of(FAMILY_PACMAN)->len; i++)
		if (scripts_home_of(FAMILY_PACMAN)->calls[i].event == event)
			return scripts_home_of(FAMILY_PACMAN)->calls[i].function;
	return NULL;
}

static const char *title(const struct across *a)
{
	return a->is_home || !a->has_vendor ? "what the recipe adds." : a->home->title;
}

static int add_script(struct scripts_build *b, enum event event, const char *source, const char *interpreter,
	const char *body, size_t len, struct err *e)
{
	struct script *s = pkg_add_script(b->to);

	if (!s || !body)
		return no_room(e);
	s->event = event;
	s->source = source;
	s->interpreter = interpreter;
	s->body = body;
	s->len = len;
	return 0;
}

static int pass_on(struct scripts_build *b, const struct script *s, struct err *e)
{
	struct script *kept = pkg_add_script(b->to);

	if (!kept)
		return no_room(e);
	*kept = *s;
	return 0;
}

/* Whether anything of ours belongs into the event's text. */
static bool is_ours(const struct scripts_build *b, enum event event)
{
	enum slot slot = scripts_slot_of(event);
	bool has_users = json_array_size(document_at(b->job->recipe, "users")) > 0;
	bool has_services = json_array_size(document_at(b->job->recipe, "services")) > 0;

	return scripts_has_own(b, event) ||
		(slot == SLOT_PRE && (has_users || scripts_has_own(b, EVENT_PRE_TRANSACTION))) ||
		(slot == SLOT_POST && scripts_has_own(b, EVENT_POST_TRANSACTION)) || (slot != SLOT_PRE && has_services);
}

static bool is_any_ours(const struct scripts_build *b)
{
	for (size_t i = 0; i < COUNT(direct_events); i++)
		if (is_ours(b, direct_events[i]))
			return true;
	return false;
}

/* The generated text of an event; NULL in ret_body: nothing to do then. */
static int event_text(const struct across *a, enum event event, bool with_first_line, const char **ret_body,
	size_t *ret_len, struct err *e)
{
	struct scripts_build *b = a->b;
	enum slot slot = scripts_slot_of(event);
	struct shell *sh = &b->slots[slot];
	char *body = NULL;
	int failed;

	b->is_one = true;
	b->one = event;
	failed = fill(a, slot, e);
	if (!failed && sh->is_used && !(body = shell_finish(&b->to->arena, sh, title(a), with_first_line, ret_len)))
		failed = no_room(e);
	shell_done(sh);
	*sh = (struct shell){ 0 };
	b->is_one = false;
	if (!failed)
		*ret_body = body;
	return failed;
}

static int into_apk(const struct across *a, struct err *e)
{
	struct scripts_build *b = a->b;

	for (size_t i = 0; i < COUNT(direct_events); i++) {
		const char *name = apk_name(direct_events[i]), *body = NULL;
		const struct script *s = a->is_home ? scripts_vendor(b, name) : NULL;
		size_t len = 0;
		if (s && !is_ours(b, direct_events[i])) {
			if (pass_on(b, s, e))
				return -1;
			continue;
		}
		if (event_text(a, direct_events[i], true, &body, &len, e) ||
			(body && add_script(b, direct_events[i], name, "/bin/sh", body, len, e)))
			return -1;
	}
	return 0;
}

/* libalpm calls a function whose name stands anywhere in the file, in a carried text too: then it must be there. */
static void add_empty_functions(struct text *all)
{
	for (size_t i = 0; i < COUNT(direct_events); i++) {
		AUTO_FREE char *start = mem_printf("\n%s() {\n", pacman_name(direct_events[i]));
		if (!strstr(all->at, start) && strstr(all->at, pacman_name(direct_events[i])))
			text_add(all, "%s() {\n:\n}\n", pacman_name(direct_events[i]));
	}
}

static int into_pacman(const struct across *a, struct err *e)
{
	struct scripts_build *b = a->b;
	const struct script *s = a->is_home ? scripts_vendor(b, ".INSTALL") : NULL;
	AUTO(text) all = { 0 };

	if (s && !is_any_ours(b))
		return pass_on(b, s, e);
	for (size_t i = 0; i < COUNT(direct_events); i++) {
		const char *body = NULL;
		size_t len = 0;
		if (event_text(a, direct_events[i], false, &body, &len, e))
			return -1;
		if (!body)
			continue;
		if (all.len == 0)
			text_add(&all, "# Generated by sluice: %s\n", title(a));
		text_add(&all, "%s() {\n", pacman_name(direct_events[i]));
		text_bytes(&all, body, len);
		text_add(&all, "}\n");
	}
	if (all.len == 0)
		return 0;
	add_empty_functions(&all);
	return add_script(
		b, EVENT_POST_INSTALL, ".INSTALL", "/bin/bash", arena_copy(&b->to->arena, all.at, all.len), all.len, e);
}

/* At home: what no event calls (apk's .trigger) and the triggers stay. */
static int pass_rest(const struct across *a, struct err *e)
{
	const struct pkg *meta = a->b->job->meta;

	for (size_t i = 0; i < meta->scripts.len; i++)
		if (meta->scripts.at[i].event == EVENT_TRIGGER && scripts_vendor(a->b, meta->scripts.at[i].source) &&
			pass_on(a->b, &meta->scripts.at[i], e))
			return -1;
	for (size_t i = 0; i < meta->triggers.len; i++) {
		struct trigger *t = pkg_add_trigger(a->b->to);
		if (!t)
			return no_room(e);
		*t = meta->triggers.at[i];
	}
	return 0;
}

static bool has_any_call(const struct across *a)
{
	for (size_t i = 0; i < a->home->len; i++)
		if (script_of(a, &a->home->calls[i]))
			return true;
	return false;
}

int scripts_across(struct scripts_build *b, struct err *e)
{
	struct across a = { b, scripts_home_of(b->home), false, b->home == b->into };

	a.has_vendor = a.home && (has_any_call(&a) || scripts_apk_trigger(b));
	if (a.home && !a.is_home && b->has_vendor)
		a.home->tell(b);
	if (scripts_managers[b->into].has_one_an_event)
		return (b->into == FAMILY_APK ? into_apk(&a, e) : into_pacman(&a, e)) ||
				(a.is_home && pass_rest(&a, e)) || scripts_interest_apk(b, e) ||
				scripts_need_interpreters(b, e)
			? -1
			: 0;
	if (!a.has_vendor)
		return b->into == FAMILY_DEB ? scripts_into_deb(b, e) : scripts_into_rpm(b, e);
	for (int slot = 0; slot < SLOTS; slot++)
		if (fill(&a, (enum slot)slot, e))
			return -1;
	return scripts_emit(b, e) || scripts_trigger_interest(b, e) ? -1 : 0;
}

/* ---- archives and directories: nobody calls anything */

static const char nobody[] = "no package manager installs this form, so nothing runs it";

int scripts_into_none(struct scripts_build *b, struct err *e)
{
	const struct pkg *meta = b->job->meta;
	const char *target = b->job->target->name;
	static const char *const words[] = { "users", "services", "_groups", "_members" };

	for (size_t i = 0; i < meta->scripts.len; i++)
		if (scripts_vendor(b, meta->scripts.at[i].source))
			scripts_lose(b, LOSS_BEHAVIOUR, &meta->scripts.at[i], nobody);
	for (size_t i = 0; i < meta->triggers.len; i++)
		pkg_lose(b->to, target, LOSS_BEHAVIOUR, nobody, "trigger:%s", meta->triggers.at[i].text);
	for (enum event event = 0; event < EVENT_KINDS; event++)
		if (scripts_has_own(b, event))
			pkg_lose(b->to, target, LOSS_BEHAVIOUR, nobody, "script:%s of the recipe",
				event_kind_name(event));
	for (size_t i = 0; i < COUNT(words); i++)
		if (json_array_size(document_at(b->job->recipe, words[i])) > 0)
			pkg_lose(b->to, target, LOSS_BEHAVIOUR, nobody, "%s:of the %s", words[i] + (words[i][0] == '_'),
				words[i][0] == '_' ? "capture" : "recipe");
	if (document_text(b->job->recipe, "_post")[0])
		pkg_lose(b->to, target, LOSS_BEHAVIOUR, nobody, "script:post-install of the capture");
	return 0;
}
