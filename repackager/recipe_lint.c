/* recipe_lint.c - the lint of recipes: what holds for the document as a whole, see recipe_lint.h. */
#include "base/pattern.h"
#include "base/text.h"
#include "formats/relation.h"
#include "formats/writer.h"
#include "repackager/recipe_lint_private.h"
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void lint_add(struct lint *l, enum lint_severity severity, const char *check, const struct document *d,
	const char *place, const char *fmt, ...)
{
	AUTO_FREE char *where = yaml_where(d->text, d->len, d->path, place);
	struct err e = { 0 };
	size_t file = strlen(d->path);
	int line = 0, column = 0;
	va_list ap;

	va_start(ap, fmt);
	(void)err_vset(&e, ERR_USAGE, NULL, fmt, ap); /* for its escaping */
	va_end(ap);
	if (strlen(where) > file)
		sscanf(where + file, ":%d:%d", &line, &column);
	json_t *o = json_object();
	json_set_str(o, "severity", severity == LINT_ERROR ? "error" : "warning");
	json_set_str(o, "check", check);
	json_set_str(o, "place", where);
	json_set_bytes(o, "file", d->path, file);
	json_object_set_new(o, "line", json_integer(line));
	json_object_set_new(o, "column", json_integer(column));
	json_set_str(o, "text", e.text);
	json_array_append_new(l->findings, o);
}

/* ---- targets, relations */

static void lint_relation_list(struct lint *l, const char *place, const char *kind, const json_t *list)
{
	json_t *text;
	size_t i;

	json_array_foreach(list, i, text) {
		AUTO_FREE char *at = mem_printf("%s/%s/%zu", place, kind, i);
		AUTO(pkg) scratch;
		struct err why = { 0 };
		pkg_init(&scratch, 0);
		if (relation_parse_any(&scratch, (enum rel_kind)rel_kind_parse(kind), json_string_value(text), &why))
			lint_add(l, LINT_ERROR, "relation", &l->recipe, at, "%s", why.text);
	}
}

static void lint_relations(struct lint *l, const char *place)
{
	const char *kind;
	json_t *list;

	json_object_foreach(document_at(&l->recipe, place), kind, list)
		lint_relation_list(l, place, kind, list);
}

static bool is_target(const struct lint *l, const char *name)
{
	return json_object_get(document_at(&l->house, "targets"), name) || writer_named(name);
}

static void lint_targets(struct lint *l)
{
	const char *name;
	json_t *value;

	json_object_foreach(document_at(&l->recipe, "targets"), name, value) {
		AUTO_FREE char *place = mem_printf("targets/%s", name);
		if (!is_target(l, name))
			lint_add(l, LINT_ERROR, "target", &l->recipe, place,
				"'%s' is neither a target of the house nor a format that can be written", name);
		lint_relations(l, place);
	}
	if (!json_is_object(document_at(&l->recipe, "test/root")))
		return;
	json_object_foreach(document_at(&l->recipe, "test/root"), name, value) {
		AUTO_FREE char *place = mem_printf("test/root/%s", name);
		if (!is_target(l, name))
			lint_add(l, LINT_ERROR, "target", &l->recipe, place,
				"'%s' is neither a target of the house nor a format that can be written", name);
	}
}

static void lint_house_targets(struct lint *l)
{
	const char *name;
	json_t *target;

	json_object_foreach(document_at(&l->house, "targets"), name, target) {
		AUTO_FREE char *place = mem_printf("targets/%s/format", name);
		if (!writer_named(json_text(target, "format")))
			lint_add(l, LINT_ERROR, "target", &l->house, place, "'%s' is no format that can be written",
				json_text(target, "format"));
	}
}

/* ---- patterns and templates */

static void lint_match(struct lint *l)
{
	const char *pattern = document_text(&l->recipe, "package/version/match"), *slash;
	regex_t compiled;
	char why[128];

	if (!pattern[0])
		return;
	if (pattern_too_dear(pattern)) {
		lint_add(l, LINT_ERROR, "pattern", &l->recipe, "package/version/match", "'%s' is not taken: %s",
			pattern, pattern_too_dear(pattern));
		return;
	}
	int code = regcomp(&compiled, pattern, REG_EXTENDED);
	if (code) {
		regerror(code, &compiled, why, sizeof why);
		lint_add(l, LINT_ERROR, "pattern", &l->recipe, "package/version/match",
			"'%s' is no extended regular expression: %s", pattern, why);
		return;
	}
	if (compiled.re_nsub < 1)
		lint_add(l, LINT_ERROR, "pattern", &l->recipe, "package/version/match",
			"'%s' has no group '( )' to take the version from", pattern);
	regfree(&compiled);
	slash = l->file ? strrchr(l->file, '/') : NULL;
	if (l->file) {
		struct err none = { 0 };
		if (!match_first(&l->arena, pattern, slash && slash[1] ? slash + 1 : l->file, &none))
			lint_add(l, LINT_ERROR, "pattern", &l->recipe, "package/version/match", "%s", none.text);
	}
}

/* Every word that a template of a recipe may use; with "-" for what only the file knows. */
static void lint_templates(struct lint *l)
{
	static const char *const places[] = { "package/name", "package/version", "package/release", "package/summary",
		"package/description" };
	static const char *const keys[] = { "product", "vendor.name", "vendor.version", "vendor.release",
		"vendor.architecture" };
	struct words w = { 0 };

	for (size_t i = 0; i < COUNT(keys); i++)
		words_add(&w, keys[i], "-");
	if (recipe_vendor(&l->recipe)[0])
		words_add(&w, "vendor", "-");
	for (size_t i = 0; i < COUNT(places); i++) {
		struct err why = { 0 };
		if (!words_fill(&w, &l->arena, document_text(&l->recipe, places[i]), &why))
			lint_add(l, LINT_ERROR, "template", &l->recipe, places[i], "%s", why.text);
	}
}

static void lint_architecture(struct lint *l)
{
	const char *said = document_text(&l->recipe, "package/architecture"), *rpm = said[0] ? arch_to_rpm(said) : NULL;

	if (said[0] && !arch_to_deb(rpm ? rpm : said))
		lint_add(l, LINT_ERROR, "architecture", &l->recipe, "package/architecture",
			"'%s' is no architecture: Debian's and rpm's names are known (amd64 or x86_64, all or noarch, "
			"...)",
			said);
}

/* A loss is named KIND:TEXT; these are the kinds there are. */
static const char *const loss_kinds[] = { "acl", "alternative", "app", "ar", "call", "capabilities", "capability",
	"changelog", "codec", "conffile", "control-file", "debconf", "description", "desktop", "device", "diversion",
	"entries", "entry", "environment", "epoch", "failure", "field", "flag", "group", "hardlink", "helper", "inner",
	"interpreter", "label", "limit", "mask", "member", "mode", "moved", "mtime", "name", "oci", "order", "owner",
	"pax-header", "relation", "sbom", "script", "section", "selinux", "service", "signature", "snap", "source",
	"sparse", "special", "supplements", "symlink", "systemd", "sysuser", "trigger", "unit", "units", "user",
	"vendor", "version", "versions", "xattr" };

static void lint_losses(struct lint *l)
{
	json_t *item;
	size_t i;

	json_array_foreach(document_at(&l->recipe, "accept-losses"), i, item) {
		AUTO_FREE char *place = mem_printf("accept-losses/%zu", i);
		const char *text = json_string_value(item), *colon = strchr(text, ':');
		bool is_known = strpbrk(text, "*?[") && strpbrk(text, "*?[") < (colon ? colon : text + strlen(text));
		if (!colon && !is_known) {
			lint_add(l, LINT_ERROR, "loss", &l->recipe, place,
				"'%s' names no loss: each is KIND:TEXT, as `sluice convert --json` lists them under "
				"\"what\"",
				text);
			continue;
		}
		for (size_t k = 0; k < COUNT(loss_kinds) && !is_known; k++)
			is_known = strlen(loss_kinds[k]) == (size_t)(colon - text) &&
				memcmp(loss_kinds[k], text, (size_t)(colon - text)) == 0;
		if (!is_known)
			lint_add(l, LINT_WARNING, "loss", &l->recipe, place, "no loss is of the kind '%.*s'",
				(int)(colon - text), text);
		if (strcmp(text, "*") == 0 || strcmp(text, "*:*") == 0)
			lint_add(l, LINT_WARNING, "loss", &l->recipe, place, "accepts every loss there may ever be");
	}
}

/* ---- users and services */

static void lint_twice(struct lint *l, const char *list, const char *key)
{
	json_t *items = document_at(&l->recipe, list), *one;
	size_t i;

	json_array_foreach(items, i, one) {
		const char *name = key ? json_text(one, key) : json_string_value(one);
		for (size_t k = 0; k < i; k++) {
			const json_t *other = json_array_get(items, k);
			AUTO_FREE char *place = mem_printf("%s/%zu", list, i);
			if (strcmp(name, key ? json_text(other, key) : json_string_value(other)) == 0)
				lint_add(l, LINT_ERROR, "twice", &l->recipe, place, "'%s' stands here twice", name);
		}
	}
}

static int by_place(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int order = strcmp(json_text(x, "file"), json_text(y, "file"));

	if (order == 0)
		order = json_int(x, "line") < json_int(y, "line") ? -1 : json_int(x, "line") > json_int(y, "line");
	if (order == 0)
		order = json_int(x, "column") < json_int(y, "column") ? -1
								      : json_int(x, "column") > json_int(y, "column");
	return order ? order : strcmp(json_text(x, "text"), json_text(y, "text"));
}

static json_t *sorted(const json_t *findings)
{
	size_t len = json_array_size(findings);
	AUTO_FREE json_t **at = mem_alloc((len + 1) * sizeof *at);
	json_t *list = json_array();

	for (size_t i = 0; i < len; i++)
		at[i] = json_array_get(findings, i);
	qsort(at, len, sizeof *at, by_place);
	for (size_t i = 0; i < len; i++)
		json_array_append(list, at[i]);
	return list;
}

/* Relocations need a vendor and a product; what the file would tell is not known here, so the recipe's own words stand. */
static int load_rules(struct lint *l, struct err *e)
{
	const char *name = document_text(&l->recipe, "package/name");
	struct identity id = { .product = document_text(&l->recipe, "product"),
		.vendor = recipe_vendor(&l->recipe),
		.name = name[0] ? name : document_text(&l->recipe, "product") };

	return rules_load(&l->house, &l->recipe, &id, &l->arena, &l->rules, e);
}

static int lint_all(struct lint *l, const struct lint_job *job, struct err *e)
{
	AUTO_FREE char *found = job->house ? NULL : house_find(job->recipe);
	const char *house = job->house ? job->house : found;
	struct limits limits;

	if (recipe_load(job->recipe, &l->recipe, e) || (house && house_load(house, &l->house, e)) ||
		recipe_limits(&l->recipe, &l->house, &limits, e) || load_rules(l, e))
		return -1;
	lint_house_targets(l);
	lint_targets(l);
	lint_relations(l, "relations");
	lint_match(l);
	lint_templates(l);
	lint_architecture(l);
	lint_losses(l);
	lint_twice(l, "users", "name");
	lint_twice(l, "services", NULL);
	lint_files(l);
	lint_rules(l);
	return l->file ? lint_vendor_file(l, job->events, e) : 0;
}

int recipe_lint(const struct lint_job *job, json_t **ret, struct err *e)
{
	struct lint l = { .file = job->file, .findings = json_array() };

	int failed = lint_all(&l, job, e);
	if (!failed)
		*ret = sorted(l.findings);
	json_decref(l.findings);
	rules_done(&l.rules);
	arena_done(&l.arena);
	document_done(&l.recipe);
	document_done(&l.house);
	return failed;
}
