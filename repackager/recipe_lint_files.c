/* recipe_lint_files.c - the lint of what a recipe names outside itself: files beside it, and the vendor's. */
#include "base/fs.h"
#include "base/text.h"
#include "repackager/build.h"
#include "repackager/inner.h"
#include "repackager/recipe_lint_private.h"
#include "repackager/recipe_probe.h"
#include "repackager/transform.h"
#include <string.h>

/* ---- files that are named */

/* False: told, because it is not there. */
static bool is_there(struct lint *l, const struct document *d, const char *place, const char *name, bool is_folder_fine)
{
	AUTO_FREE char *path = document_file(d, name);
	struct stat st;

	if (stat(path, &st)) {
		lint_add(l, LINT_ERROR, "file", d, place, "%s is not there", path);
		return false;
	}
	if (S_ISREG(st.st_mode) || (is_folder_fine && S_ISDIR(st.st_mode)))
		return true;
	lint_add(l, LINT_ERROR, "file", d, place, "%s is no file%s", path, is_folder_fine ? " or folder" : "");
	return false;
}

static void lint_interpreter(struct lint *l, const struct document *d, const char *place, const char *line, size_t len)
{
	struct slice word = slice_trim((struct slice){ line + 2, len - 2 });
	const json_t *allowed = document_at(&l->house, "rules/interpreters");
	AUTO_FREE char *interpreter = mem_printf("%.*s", (int)word.len, word.at);

	interpreter[strcspn(interpreter, " \t\r")] = '\0';
	if (interpreter[0] != '/')
		lint_add(l, LINT_ERROR, "interpreter", d, place, "the script's '#!%s' is no path", interpreter);
	else if (allowed && !json_lists(allowed, interpreter))
		lint_add(l, LINT_ERROR, "interpreter", d, place,
			"the script runs %s, which is not among the house's rules.interpreters", interpreter);
}

static void lint_script(struct lint *l, const struct document *d, const char *place, const char *name)
{
	AUTO_FREE char *path = document_file(d, name), *text = NULL;
	struct err why = { 0 };
	struct stat st;
	size_t len;

	if (!is_there(l, d, place, name, false))
		return;
	if (fs_read_file(path, 1 << 20, &text, &len, &why)) {
		lint_add(l, LINT_ERROR, "file", d, place, "%s", why.text);
		return;
	}
	if (!text_starts(text, "#!"))
		lint_add(l, LINT_WARNING, "script", d, place, "%s does not begin with '#!': /bin/sh will run it", path);
	else
		lint_interpreter(l, d, place, text, strcspn(text, "\n"));
	if (stat(path, &st) == 0 && !(st.st_mode & 0111))
		lint_add(l, LINT_WARNING, "script", d, place,
			"%s is not executable (chmod +x): nobody can try it by hand as it will be run", path);
}

static void lint_scripts(struct lint *l, const struct document *d, const char *place)
{
	const char *event;
	json_t *name;

	json_object_foreach(document_at(d, place), event, name) {
		AUTO_FREE char *at = mem_printf("%s/%s", place, event);
		lint_script(l, d, at, json_string_value(name));
	}
}

static void lint_text_file(struct lint *l, const char *place, bool is_folder_fine)
{
	const char *name = document_text(&l->recipe, place);

	if (name[0])
		is_there(l, &l->recipe, place, name, is_folder_fine);
}

void lint_files(struct lint *l)
{
	json_t *item;
	size_t i;

	json_array_foreach(document_at(&l->recipe, "files"), i, item) {
		AUTO_FREE char *place = mem_printf("files/%zu/add", i);
		if (json_text(item, "add")[0])
			is_there(l, &l->recipe, place, json_text(item, "add"), true);
	}
	lint_scripts(l, &l->recipe, "scripts/before");
	lint_scripts(l, &l->recipe, "scripts/after");
	lint_scripts(l, &l->house, "rules/add-scripts/before");
	lint_scripts(l, &l->house, "rules/add-scripts/after");
	lint_text_file(l, "expect", false);
	lint_text_file(l, "vendor/keys", false);
	lint_text_file(l, "source/answers", false);
	lint_text_file(l, "test/with", true);
	json_array_foreach(document_at(&l->recipe, "test/with"), i, item) {
		AUTO_FREE char *place = mem_printf("test/with/%zu", i);
		is_there(l, &l->recipe, place, json_string_value(item), true);
	}
}

/* ---- the vendor's file, or the packages in it that `inner` names */

/* What is true when it is so for one of them. */
struct seen {
	bool *rules, *services, *drops;
	size_t rules_len;
	bool is_package;
	const char *format;
};

static void tell_unseen(struct lint *l, const struct seen *seen)
{
	json_t *item;
	size_t i;

	for (i = 0; i < l->rules.len && i < seen->rules_len; i++)
		if (!seen->rules[i])
			lint_add(l, LINT_WARNING, "matched-nothing", l->rules.at[i].document, l->rules.at[i].place,
				"'%s' matched nothing in the file", l->rules.at[i].from);
	json_array_foreach(document_at(&l->recipe, "services"), i, item) {
		AUTO_FREE char *place = mem_printf("services/%zu", i);
		if (!seen->services[i])
			lint_add(l, LINT_ERROR, "service", &l->recipe, place,
				"the package has no unit and no init script for '%s'", json_string_value(item));
	}
	json_array_foreach(document_at(&l->recipe, "scripts/drop"), i, item) {
		AUTO_FREE char *place = mem_printf("scripts/drop/%zu", i);
		if (!seen->drops[i])
			lint_add(l, LINT_WARNING, "matched-nothing", &l->recipe, place,
				"the vendor's file has no script for '%s'", json_string_value(item));
	}
	if (seen->is_package && json_int(document_at(&l->recipe, "source"), "strip") > 0)
		lint_add(l, LINT_WARNING, "matched-nothing", &l->recipe, "source/strip",
			"'strip' is for plain archives; this file is a %s package", seen->format);
}

static const char *const unit_folders[] = { "/lib/systemd/system", "/usr/lib/systemd/system", "/etc/systemd/system" };

static bool has_path(const struct pkg *p, const char *path)
{
	for (size_t i = 0; i < p->entries.len; i++)
		if (strcmp(p->entries.at[i].path, path) == 0)
			return true;
	return false;
}

static bool has_unit(const struct pkg *p, const char *service)
{
	bool is_whole = strchr(service, '.') != NULL;
	AUTO_FREE char *init = mem_printf("/etc/init.d/%.*s", (int)strcspn(service, "."), service);

	for (size_t i = 0; i < COUNT(unit_folders); i++) {
		AUTO_FREE char *path = mem_printf("%s/%s%s", unit_folders[i], service, is_whole ? "" : ".service");
		if (has_path(p, path))
			return true;
		char *at = strchr(path, '@'); /* x@1.service comes from x@.service */
		const char *ending = strrchr(path, '.');
		AUTO_FREE char *template = at ? mem_printf("%.*s%s", (int)(at + 1 - path), path, ending) : NULL;
		if (template && has_path(p, template))
			return true;
	}
	return has_path(p, init);
}

static bool has_script(const struct pkg *pkg, const char *event)
{
	for (size_t i = 0; i < pkg->scripts.len; i++)
		if (strcmp(event_kind_name(pkg->scripts.at[i].event), event) == 0)
			return true;
	return false;
}

/* Of what still names a place that was moved; one accepted is accepted. */
static void lint_moved(struct lint *l, const struct pkg *shaped)
{
	for (size_t i = 0; i < shaped->lost.len; i++) {
		const struct loss *loss = &shaped->lost.at[i];
		if (text_starts(loss->what, "moved:") && loss->class == LOSS_BEHAVIOUR &&
			!loss_is_accepted(&l->recipe, loss->what))
			lint_add(l, LINT_WARNING, "moved", &l->recipe, "files", "%s: %s", loss->what, loss->why);
	}
}

static int look(struct lint *l, const char *member, const struct events *events, struct seen *seen, struct err *e)
{
	struct probe p = { 0 };
	int failed = probe_run(&l->recipe, &l->house, l->file, member, events, &p, e);
	json_t *item;
	size_t i;

	if (!failed && p.transform) {
		const struct rules *rules = transform_rules(p.transform);
		for (i = 0; i < rules->len && i < seen->rules_len; i++)
			seen->rules[i] |= rules->at[i].uses > 0;
		json_array_foreach(document_at(&l->recipe, "services"), i, item)
			seen->services[i] |= has_unit(&p.shaped, json_string_value(item));
		json_array_foreach(document_at(&l->recipe, "scripts/drop"), i, item)
			seen->drops[i] |= has_script(&p.pkg, json_string_value(item));
		seen->is_package |= p.pkg.has_metadata;
		seen->format = arena_str(&l->arena, p.pkg.format);
		lint_moved(l, &p.shaped);
	}
	probe_done(&p);
	return failed;
}

static int look_inside(
	struct lint *l, const char *pattern, const struct events *events, struct seen *seen, struct err *e)
{
	struct inner_found found;
	struct limits limits;
	int failed;

	if (recipe_limits(&l->recipe, &l->house, &limits, e))
		return -1;
	failed = inner_find(l->file, pattern, &limits, events, &found, e);
	if (!failed && found.len == 0)
		lint_add(l, LINT_ERROR, "matched-nothing", &l->recipe, "source/inner", "nothing in %s fits '%s'",
			l->file, pattern);
	for (size_t i = 0; !failed && i < found.len; i++)
		failed = look(l, found.at[i], events, seen, e);
	if (!failed && found.len > 0)
		tell_unseen(l, seen);
	inner_found_done(&found);
	return failed;
}

int lint_vendor_file(struct lint *l, const struct events *events, struct err *e)
{
	const char *pattern = document_text(&l->recipe, "source/inner");
	size_t services = json_array_size(document_at(&l->recipe, "services"));
	size_t drops = json_array_size(document_at(&l->recipe, "scripts/drop"));
	AUTO_FREE bool *flags = mem_alloc(l->rules.len + services + drops + 1);
	struct seen seen = { .rules = flags,
		.services = flags + l->rules.len,
		.drops = flags + l->rules.len + services,
		.rules_len = l->rules.len };

	if (pattern[0])
		return look_inside(l, pattern, events, &seen, e);
	if (look(l, NULL, events, &seen, e))
		return -1;
	tell_unseen(l, &seen);
	return 0;
}
