/* log_patterns.c - reading the file of patterns, and finding the first that fits a line. */
#include "sandbox/log_patterns.h"
#include "base/fs.h"
#include "base/pattern.h"
#include "base/text.h"
#include "base/yaml.h"
#include <stdio.h>
#include <string.h>

enum { PATTERNS_MAX = 200, FILE_MAX_ = 1 << 20, ID_MAX = 40, EXPRESSION_MAX = 1000 };

static const struct yaml_schema text = { .kind = YAML_STRING };
/* Lengths are looked at below: as repetitions in these patterns they cost a quarter of a second a file. */
static const struct yaml_schema expression = {
	.kind = YAML_STRING, .pattern = "^.", .what = "a regular expression of at most 1000 characters"
};
static const struct yaml_schema id = {
	.kind = YAML_STRING, .pattern = "^[a-z][a-z0-9-]*$", .what = "a name such as bad-disk"
};
static const struct yaml_schema level = { .kind = YAML_CHOICE, .words = (const char *const[]){ "hard", "soft", NULL } };
static const struct yaml_field fields[] = {
	{ "id", &id, true },
	{ "level", &level, true },
	{ "match", &expression, true },
	{ "unless", &expression },
	{ "in", &text },
	{ NULL },
};
static const struct yaml_schema item = { .kind = YAML_MAP, .fields = fields };
static const struct yaml_schema list = { .kind = YAML_LIST, .of = &item };

void log_patterns_done(struct log_patterns *p)
{
	for (size_t i = 0; i < p->len; i++) {
		free(p->at[i].id);
		free(p->at[i].in);
		regfree(&p->at[i].match);
		if (p->at[i].has_unless)
			regfree(&p->at[i].unless);
	}
	if (p->has_any)
		regfree(&p->any);
	LIST_DONE(p);
	p->has_any = false;
}

static int compile(const char *pattern, regex_t *ret, char *why, size_t room)
{
	const char *dear = pattern_too_dear(pattern);
	int rc;

	if (dear) {
		snprintf(why, room, "%s", dear);
		return -1;
	}
	rc = regcomp(ret, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB);
	if (rc)
		regerror(rc, ret, why, room);
	return rc ? -1 : 0;
}

struct source {
	const char *text;
	size_t len;
	const char *file;
};

static int refuse(const struct source *s, size_t index, const char *key, const char *why, struct err *e)
{
	AUTO_FREE char *path = mem_printf("%zu/%s", index, key), *where = yaml_where(s->text, s->len, s->file, path);

	return err_usage(e, "%s: %s: %s", where, key, why);
}

static int check_lengths(const struct source *s, size_t index, const json_t *o, struct err *e)
{
	static const struct {
		const char *key;
		size_t most;
		const char *why;
	} lengths[] = {
		{ "id", ID_MAX, "it has more than 40 characters" },
		{ "match", EXPRESSION_MAX, "it has more than 1000 characters" },
		{ "unless", EXPRESSION_MAX, "it has more than 1000 characters" },
	};

	for (size_t i = 0; i < COUNT(lengths); i++)
		if (strlen(json_text(o, lengths[i].key)) > lengths[i].most)
			return refuse(s, index, lengths[i].key, lengths[i].why, e);
	return 0;
}

static int add(struct log_patterns *p, const struct source *s, size_t index, const json_t *o, struct err *e)
{
	struct log_pattern one = { .is_hard = strcmp(json_text(o, "level"), "hard") == 0 };
	char why[200] = "";

	if (check_lengths(s, index, o, e))
		return -1;
	for (size_t i = 0; i < p->len; i++)
		if (strcmp(p->at[i].id, json_text(o, "id")) == 0)
			return refuse(s, index, "id", "it is there already", e);
	if (compile(json_text(o, "match"), &one.match, why, sizeof why))
		return refuse(s, index, "match", why, e);
	if (json_object_get(o, "unless")) {
		if (compile(json_text(o, "unless"), &one.unless, why, sizeof why)) {
			regfree(&one.match);
			return refuse(s, index, "unless", why, e);
		}
		one.has_unless = true;
	}
	one.id = mem_strdup(json_text(o, "id"));
	one.in = json_object_get(o, "in") ? mem_strdup(json_text(o, "in")) : NULL;
	*LIST_ADD(p) = one;
	return 0;
}

/* Most lines fit nothing: one expression says so for all. */
static int compile_any(struct log_patterns *p, const json_t *items, const struct source *s, struct err *e)
{
	AUTO(text) all = { 0 };
	char why[200];
	size_t i;
	json_t *o;

	json_array_foreach(items, i, o)
		text_add(&all, "%s(%s)", i ? "|" : "", json_text(o, "match"));
	if (!all.len)
		return 0;
	int rc = regcomp(&p->any, all.at, REG_EXTENDED | REG_ICASE | REG_NOSUB);
	if (rc) {
		regerror(rc, &p->any, why, sizeof why);
		return err_usage(e, "%s: the patterns together: %s", s->file, why);
	}
	p->has_any = true;
	return 0;
}

int log_patterns_parse(const char *bytes, size_t len, const char *file, struct log_patterns *ret, struct err *e)
{
	struct source s = { bytes, len, file };
	struct log_patterns p = { 0 };
	AUTO_JSON *items = NULL;
	size_t i;
	json_t *o;

	if (yaml_parse(bytes, len, file, &list, &items, e))
		return -1;
	if (json_array_size(items) > PATTERNS_MAX)
		return err_usage(e, "%s: more than %d patterns", file, PATTERNS_MAX);
	json_array_foreach(items, i, o)
		if (add(&p, &s, i, o, e)) {
			log_patterns_done(&p);
			return -1;
		}
	if (compile_any(&p, items, &s, e)) {
		log_patterns_done(&p);
		return -1;
	}
	*ret = p;
	return 0;
}

int log_patterns_load(const char *path, struct log_patterns *ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len = 0;

	if (!path)
		return log_patterns_parse(
			log_patterns_builtin, strlen(log_patterns_builtin), "log-patterns.yaml (built in)", ret, e);
	if (fs_read_file(path, FILE_MAX_, &bytes, &len, e)) {
		e->class = ERR_USAGE;
		return -1;
	}
	return log_patterns_parse(bytes, len, path, ret, e);
}

static bool fits(const struct log_pattern *p, const char *where, const char *line)
{
	if (p->in && !text_glob(p->in, where))
		return false;
	return regexec(&p->match, line, 0, NULL, 0) == 0 &&
		!(p->has_unless && regexec(&p->unless, line, 0, NULL, 0) == 0);
}

const struct log_pattern *log_patterns_match(const struct log_patterns *p, const char *where, const char *line)
{
	if (!p->has_any || regexec(&p->any, line, 0, NULL, 0) != 0)
		return NULL;
	for (size_t i = 0; i < p->len; i++)
		if (fits(&p->at[i], where, line))
			return &p->at[i];
	return NULL;
}
