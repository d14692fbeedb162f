/* scripts.c - which way the scripts go, the organisation's own among them, and what holds for all of them. */
#include "repackager/scripts.h"
#include "base/fs.h"
#include "formats/depmap.h"
#include "formats/version.h"
#include "repackager/mention.h"
#include "repackager/scripts_private.h"
#include <string.h>

enum { OWN_MAX = 1 << 20 };

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "too many scripts");
}

void scripts_lose(struct scripts_build *b, enum loss_class class, const struct script *s, const char *why)
{
	AUTO_FREE char *what = mem_printf("script:%s%s%s", s->source, s->trigger[0] ? " " : "", s->trigger);

	scripts_tell(b, class, why, what);
}

void scripts_tell(struct scripts_build *b, enum loss_class class, const char *why, const char *what)
{
	for (size_t i = 0; i < b->to->lost.len; i++)
		if (strcmp(b->to->lost.at[i].what, what) == 0)
			return;
	pkg_lose(b->to, b->job->target->name, class, why, "%s", what);
}

/* ---- the vendor's */

static bool is_dropped(const struct scripts_build *b, const struct script *s)
{
	json_t *item;
	size_t i;

	json_array_foreach(document_at(b->job->recipe, "scripts/drop"), i, item)
		if (strcmp(json_string_value(item), event_kind_name(s->event)) == 0)
			return true;
	return false;
}

const struct script *scripts_vendor(const struct scripts_build *b, const char *source)
{
	const struct pkg *meta = b->job->meta;

	for (size_t i = 0; i < meta->scripts.len; i++)
		if (strcmp(meta->scripts.at[i].source, source) == 0 && !is_dropped(b, &meta->scripts.at[i]))
			return &meta->scripts.at[i];
	return NULL;
}

static void tell_dropped(struct scripts_build *b)
{
	for (size_t i = 0; i < b->job->meta->scripts.len; i++)
		if (is_dropped(b, &b->job->meta->scripts.at[i]))
			scripts_lose(b, LOSS_NOTE, &b->job->meta->scripts.at[i], "the recipe drops it");
}

/* The house may name the only interpreters it lets run. */
static bool is_allowed(const struct scripts_build *b, const char *interpreter)
{
	const json_t *allowed = document_at(b->job->house, "rules/interpreters");
	AUTO_FREE char *path = mem_printf("%.*s", (int)strcspn(interpreter, " \t"), interpreter);

	return !allowed || interpreter[0] != '/' || json_lists(allowed, path);
}

static int check_interpreter(const struct scripts_build *b, const struct script *s, struct err *e)
{
	if (strcmp(s->interpreter, "/sbin/ldconfig") == 0 || is_allowed(b, s->interpreter))
		return 0;
	err_input(e, "E_SCRIPT_REVIEW", "%s runs %s, which the house does not allow", s->source, s->interpreter);
	err_member(e, s->source);
	return err_hint(e, "rules/interpreters of the house lists those it does");
}

/* A script that names a place from which the files were moved will not find them, unless the recipe leaves a link there. */
static void check_moved(struct scripts_build *b, const struct script *s)
{
	struct mentions m;
	const struct rule *move;

	mentions_of(b->job->rules, &m);
	for (size_t at = 0; mention_find(&m, s->body, s->len, at, true, &at, &move); at++) {
		if (mention_is_bridged(&m, move))
			continue;
		pkg_lose(b->to, b->job->target->name, LOSS_BEHAVIOUR,
			"the package's files were moved from there: a 'symlink' rule can leave a link",
			"script:%s names %s", s->source, move->from);
		break;
	}
	mentions_done(&m);
}

static int check_vendor(struct scripts_build *b, struct err *e)
{
	for (size_t i = 0; i < b->job->meta->scripts.len; i++) {
		const struct script *s = &b->job->meta->scripts.at[i];
		if (is_dropped(b, s))
			continue;
		if (check_interpreter(b, s, e))
			return -1;
		check_moved(b, s);
	}
	return 0;
}

/* ---- the organisation's own */

static int own_interpreter(struct scripts_build *b, struct own_script *own, struct err *e)
{
	const char *line = own->body, *end = memchr(line, '\n', own->len);
	size_t len = end ? (size_t)(end - line) : own->len;

	own->interpreter = "/bin/sh";
	if (len < 3 || memcmp(line, "#!", 2) != 0)
		return 0;
	struct slice word = slice_trim((struct slice){ line + 2, len - 2 });
	char *words = arena_copy(&b->to->arena, word.at, word.len);
	for (char *c = words; c && *c; c++)
		*c = *c == '\t' ? ' ' : *c;
	own->interpreter = words;
	return own->interpreter ? 0 : no_room(e);
}

static int load_event(struct scripts_build *b, const struct document *d, const char *place, const char *event,
	const char *name, const char *kind, struct own_scripts *list, struct err *e)
{
	AUTO_FREE char *path = document_file(d, name), *bytes = NULL;
	struct own_script own = { .event = (enum event)event_kind_parse(event) };
	struct err why = { 0 };

	if (fs_read_file(path, OWN_MAX, &bytes, &own.len, &why))
		return document_error(d, place, e, "%s", why.text);
	own.body = arena_copy(&b->to->arena, bytes, own.len);
	own.function = arena_printf(&b->to->arena, "sluice_%s_%zu", kind, list->len);
	if (!own.body || !own.function || own_interpreter(b, &own, e))
		return no_room(e);
	if (!is_allowed(b, own.interpreter))
		return document_error(d, place, e, "%s runs %s, which the house does not allow (rules.interpreters)",
			name, own.interpreter);
	*LIST_ADD(list) = own;
	return 0;
}

static int load_list(struct scripts_build *b, const struct document *d, const char *place, const char *kind,
	struct own_scripts *list, struct err *e)
{
	const char *event;
	json_t *name;

	json_object_foreach(document_at(d, place), event, name) {
		AUTO_FREE char *at = mem_printf("%s/%s", place, event);
		if (load_event(b, d, at, event, json_string_value(name), kind, list, e))
			return -1;
	}
	return 0;
}

int scripts_load_own(struct scripts_build *b, struct err *e)
{
	return load_list(b, b->job->house, "rules/add-scripts/before", "before", &b->before, e) ||
			load_list(b, b->job->recipe, "scripts/before", "before", &b->before, e) ||
			load_list(b, b->job->recipe, "scripts/after", "after", &b->after, e) ||
			load_list(b, b->job->house, "rules/add-scripts/after", "after", &b->after, e)
		? -1
		: 0;
}

bool scripts_has_own(const struct scripts_build *b, enum event event)
{
	for (size_t i = 0; i < b->before.len; i++)
		if (b->before.at[i].event == event)
			return true;
	for (size_t i = 0; i < b->after.len; i++)
		if (b->after.at[i].event == event)
			return true;
	return false;
}

/* Where transactions are unknown, they stand at the start of what runs before the files and at the end of what runs after them. */
static enum slot slot_here(const struct scripts_build *b, enum event event)
{
	if (!scripts_managers[b->into].has_transactions && event == EVENT_PRE_TRANSACTION)
		return SLOT_PRE;
	if (!scripts_managers[b->into].has_transactions && event == EVENT_POST_TRANSACTION)
		return SLOT_POST;
	return scripts_slot_of(event);
}

static bool is_every_time(const struct scripts_build *b, enum event event)
{
	return event == EVENT_PRE_TRANSACTION || event == EVENT_POST_TRANSACTION || event == EVENT_VERIFY;
}

/* Events that the target calls nothing for. */
static const char *uncalled(const struct scripts_build *b, enum event event)
{
	if (event == EVENT_PURGE && b->into != FAMILY_DEB)
		return "there is no purge";
	if (event == EVENT_VERIFY && b->into != FAMILY_RPM)
		return "no script is called to verify";
	return NULL;
}

void scripts_run_own(struct scripts_build *b, enum slot slot, const struct own_scripts *list)
{
	struct shell *sh = &b->slots[slot];

	for (size_t i = 0; i < list->len; i++) {
		const struct own_script *own = &list->at[i];
		const char *event = event_kind_name(own->event);
		if (uncalled(b, own->event)) {
			AUTO_FREE char *what = mem_printf("script:%s of the recipe", event);
			scripts_tell(b, LOSS_BEHAVIOUR, uncalled(b, own->event), what);
			continue;
		}
		if (slot_here(b, own->event) != slot ||
			(b->is_one && !is_every_time(b, own->event) && own->event != b->one))
			continue;
		shell_carry(sh, own->function, "", own->interpreter, own->body, own->len);
		if (is_every_time(b, own->event))
			text_add(&sh->lines, "%s %s \"$sluice_version\" \"$sluice_old\" || exit $?\n", own->function,
				event);
		else
			text_add(&sh->lines,
				"case $sluice_event in\n%s) %s %s \"$sluice_version\" \"$sluice_old\" || exit $? "
				";;\nesac\n",
				event, own->function, event);
	}
}

/* ---- what scripts need */

int scripts_need(struct scripts_build *b, enum rel_kind kind, const char *name, struct err *e)
{
	struct relation *r;

	for (size_t i = 0; i < b->to->relations.len; i++) {
		const struct relation *old = &b->to->relations.at[i];
		if (old->tree == REL_PLAIN && strcmp(old->name, name) == 0 &&
			(old->kind == kind || (old->kind == REL_PRE_REQUIRES && kind == REL_REQUIRES)))
			return 0;
	}
	r = pkg_add_relation(b->to);
	if (!r)
		return no_room(e);
	r->kind = kind;
	r->name = r->text = arena_str(&b->to->arena, name);
	return r->name ? 0 : no_room(e);
}

/* apk's packages provide cmd:NAME for what lies in their folders of programs; pacman's names are few. */
static int need_by_name(struct scripts_build *b, const char *path, struct err *e)
{
	static const struct {
		const char *base, *package; /* "": always there */
	} pacman[] = { { "sh", "" }, { "bash", "" }, { "perl", "perl" }, { "python3", "python" },
		{ "python", "python" }, { "lua", "lua" }, { "ruby", "ruby" }, { "env", "" }, { "dash", "dash" },
		{ "zsh", "zsh" }, { "ksh", "ksh" } };
	const char *base = strrchr(path, '/') + 1;
	AUTO_FREE char *command = mem_printf("cmd:%s", base);
	AUTO_FREE char *what = mem_printf("interpreter:%s", path);

	if (b->into == FAMILY_APK)
		return strcmp(path, "/bin/sh") == 0 ? 0 : scripts_need(b, REL_REQUIRES, command, e);
	for (size_t i = 0; i < COUNT(pacman); i++)
		if (strcmp(pacman[i].base, base) == 0)
			return pacman[i].package[0] ? scripts_need(b, REL_REQUIRES, pacman[i].package, e) : 0;
	scripts_tell(b, LOSS_NOTE, "no package of pacman's is known that brings it", what);
	return 0;
}

/* The interpreter of a carried script must be there before it runs. */
static int need_interpreter(struct scripts_build *b, const char *interpreter, bool is_early, struct err *e)
{
	size_t len = strcspn(interpreter, " ");
	enum rel_kind kind = is_early ? REL_PRE_REQUIRES : REL_REQUIRES;
	AUTO_FREE char *path = mem_printf("%.*s", (int)len, interpreter);

	if (interpreter[0] != '/')
		return 0;
	if (b->into == FAMILY_RPM)
		return scripts_need(b, kind, path, e);
	if (b->into == FAMILY_APK || b->into == FAMILY_PACMAN)
		return need_by_name(b, path, e);
	const char *deb = depmap_find(depmap_paths, path, len);
	if (deb)
		return deb[0] ? scripts_need(b, kind, deb, e) : 0;
	pkg_lose(b->to, b->job->target->name, LOSS_NOTE, "no deb package is known that brings it", "interpreter:%s",
		path);
	return 0;
}

/* What it runs with here: rpm's /bin/sh is bash, and not everybody has it. */
static const char *interpreter_here(const struct scripts_build *b, const struct script *s)
{
	return b->home == FAMILY_RPM && b->into == FAMILY_APK ? scripts_rpm_interpreter(s) : s->interpreter;
}

int scripts_need_interpreters(struct scripts_build *b, struct err *e)
{
	const struct pkg *meta = b->job->meta;

	for (size_t i = 0; i < b->wants.len; i++)
		if (scripts_need(b,
			    b->wants.at[i].is_early && !scripts_managers[b->into].has_one_an_event ? REL_PRE_REQUIRES
												   : REL_REQUIRES,
			    b->wants.at[i].name, e))
			return -1;
	for (size_t i = 0; b->home != b->into && i < meta->scripts.len; i++)
		if (!is_dropped(b, &meta->scripts.at[i]) &&
			need_interpreter(b, interpreter_here(b, &meta->scripts.at[i]),
				meta->scripts.at[i].event == EVENT_PRE_INSTALL, e))
			return -1;
	for (size_t i = 0; i < b->before.len; i++)
		if (need_interpreter(b, b->before.at[i].interpreter, b->before.at[i].event == EVENT_PRE_INSTALL, e))
			return -1;
	for (size_t i = 0; i < b->after.len; i++)
		if (need_interpreter(b, b->after.at[i].interpreter, b->after.at[i].event == EVENT_PRE_INSTALL, e))
			return -1;
	return 0;
}

/* ---- into the package */

static const struct {
	enum event event;
	const char *deb, *rpm;
} places[SLOTS] = {
	[SLOT_PRE] = { EVENT_PRE_INSTALL, "preinst", "%pre" },
	[SLOT_POST] = { EVENT_POST_INSTALL, "postinst", "%post" },
	[SLOT_PREUN] = { EVENT_PRE_REMOVE, "prerm", "%preun" },
	[SLOT_POSTUN] = { EVENT_POST_REMOVE, "postrm", "%postun" },
	[SLOT_PRETRANS] = { EVENT_PRE_TRANSACTION, NULL, "%pretrans" },
	[SLOT_POSTTRANS] = { EVENT_POST_TRANSACTION, NULL, "%posttrans" },
	[SLOT_VERIFY] = { EVENT_VERIFY, NULL, "%verifyscript" },
};

int scripts_emit(struct scripts_build *b, struct err *e)
{
	bool is_deb = b->into == FAMILY_DEB;
	const struct home *home = scripts_home_of(b->home);
	const char *title = b->home == b->into || !b->has_vendor || !home ? "what the recipe adds." : home->title;

	for (int slot = 0; slot < SLOTS; slot++) {
		if (!b->slots[slot].is_used)
			continue;
		struct script *s = pkg_add_script(b->to);
		if (!s)
			return no_room(e);
		s->event = places[slot].event;
		s->source = is_deb ? places[slot].deb : places[slot].rpm;
		s->interpreter = "/bin/sh";
		s->body = shell_finish(&b->to->arena, &b->slots[slot], title, is_deb, &s->len);
		if (!s->body || !s->source)
			return no_room(e);
		if (!is_deb &&
			(scripts_need(b, slot == SLOT_PRE ? REL_PRE_REQUIRES : REL_REQUIRES, "/bin/sh", e) ||
				(b->slots[slot].files.len > 0 &&
					scripts_need(b, slot == SLOT_PRE ? REL_PRE_REQUIRES : REL_REQUIRES, "coreutils",
						e))))
			return -1;
	}
	return scripts_need_interpreters(b, e);
}

/* What our own generated lines call. */
static int need_tools(struct scripts_build *b, struct err *e)
{
	static const char *const accounts[FAMILIES] = {
		[FAMILY_DEB] = "passwd", [FAMILY_RPM] = "shadow-utils", [FAMILY_PACMAN] = "shadow"
	};
	bool is_deb = b->into == FAMILY_DEB;

	bool makes_accounts = json_array_size(document_at(b->job->recipe, "users")) > 0 ||
		json_array_size(document_at(b->job->recipe, "_groups")) > 0 ||
		json_array_size(document_at(b->job->recipe, "_members")) > 0;
	if (makes_accounts && accounts[b->into] &&
		scripts_need(b, b->into == FAMILY_PACMAN ? REL_REQUIRES : REL_PRE_REQUIRES, accounts[b->into], e))
		return -1;
	if (!is_deb || !scripts_has_capabilities(b))
		return 0;
	pkg_lose(b->to, b->job->target->name, LOSS_NOTE, "set by the generated postinst, with setcap",
		"capabilities:through postinst");
	return scripts_need(b, REL_REQUIRES, "libcap2-bin", e) || pkg_field(b->to, "deb:capabilities-handled", "1") ? -1
														    : 0;
}

/* The words that the generated text is full of, quoted once. */
static int set_names(struct scripts_build *b, struct err *e)
{
	struct evr v = { b->job->identity->epoch > 0 ? b->job->identity->epoch : -1, b->job->identity->version,
		b->job->identity->release };
	AUTO_FREE char *path = mem_printf("/var/lib/sluice-scripts/%s", b->to->name);
	AUTO_FREE char *state = text_shell_quote(path);
	char *text = evr_text(&b->to->arena, &v);
	AUTO_FREE char *version = text ? text_shell_quote(text) : NULL;

	b->state = arena_str(&b->to->arena, state);
	b->version = version ? arena_str(&b->to->arena, version) : NULL;
	return b->state && b->version ? 0 : no_room(e);
}

static bool is_deb_or_rpm(enum family f)
{
	return f == FAMILY_DEB || f == FAMILY_RPM;
}

static int direction(struct scripts_build *b, struct err *e)
{
	if (b->into == FAMILY_NONE)
		return scripts_into_none(b, e);
	if (!is_deb_or_rpm(b->home) || !is_deb_or_rpm(b->into))
		return scripts_across(b, e);
	return b->home == b->into       ? scripts_home(b, e)
		: b->into == FAMILY_DEB ? scripts_into_deb(b, e)
					: scripts_into_rpm(b, e);
}

int scripts_build(const struct scripts_job *job, struct pkg *to, struct err *e)
{
	struct scripts_build b = { .job = job, .to = to, .into = target_family(job->target) };

	b.has_vendor = job->meta->has_metadata;
	b.home = !b.has_vendor ? b.into : vendor_family(job->meta);
	if (set_names(&b, e))
		return -1;
	tell_dropped(&b);
	int failed = scripts_load_own(&b, e) || check_vendor(&b, e) || need_tools(&b, e);
	if (!failed)
		failed = direction(&b, e);
	for (int slot = 0; slot < SLOTS; slot++)
		shell_done(&b.slots[slot]);
	LIST_DONE(&b.before);
	LIST_DONE(&b.after);
	LIST_DONE(&b.wants);
	return failed ? -1 : 0;
}
