/* yaml.c - reads a YAML file with libfyaml and checks it against a schema; what comes out is plain JSON. */
#include "base/yaml.h"
#include "base/fs.h"
#include "base/pattern.h"
#include "base/text.h"
#include <errno.h>
#include <libfyaml.h>
#include <stdio.h>
#include <string.h>

enum { LEN_MOST = 1 << 20, DEPTH_MOST = 64 };

/* Where we are, for errors: libfyaml knows a place for scalars only, so the last one passed is kept for what has none. */
struct place {
	const char *file;
	struct fy_mark mark;
	int depth;
};

__attribute__((format(printf, 3, 4))) static int wrong(const struct place *p, struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_vset(e, ERR_USAGE, NULL, fmt, ap);
	va_end(ap);
	err_wrap(e, "%s:%d:%d", p->file, p->mark.line + 1, p->mark.column + 1);
	return err_file(e, p->file);
}

/* --- the document --- */

struct document {
	struct fy_diag *diag;
	struct fy_parser *parser;
	struct fy_document *tree;
};

static void document_done(struct document *d)
{
	fy_parse_document_destroy(d->parser, d->tree);
	fy_parser_destroy(d->parser);
	if (d->diag)
		fy_diag_destroy(d->diag);
	*d = (struct document){ 0 };
}

static int first_error(const struct document *d, const char *file, struct err *e)
{
	void *at = NULL;
	const struct fy_diag_error *why = fy_diag_errors_iterate(d->diag, &at);

	if (why == NULL)
		return err_usage(e, "%s:1:1: cannot be read as YAML", file);
	err_usage(e, "%s:%d:%d: %s", file, why->line, why->column, why->msg);
	return err_file(e, file);
}

/* What libfyaml would take and we do not: too much, bytes that are not text. */
static int check_text(const char *text, size_t len, const char *file, struct err *e)
{
	struct place p = { .file = file };
	uint32_t c;

	if (len > LEN_MOST)
		return wrong(&p, e, "more than %d bytes", LEN_MOST);
	for (size_t i = 0, size; i < len; i += size) {
		size = text_utf8(text + i, len - i, &c);
		if (size == 0)
			return wrong(&p, e, "is not UTF-8");
		if (c == 0)
			return wrong(&p, e, "a NUL character");
		p.mark.column++;
		if (c == '\n')
			p.mark.line++, p.mark.column = 0;
	}
	return 0;
}

static int document_open(struct document *d, const char *text, size_t len, const char *file, struct err *e)
{
	struct fy_diag_cfg diag = { .level = FYET_ERROR, .module_mask = ~0u };
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 |
			FYPCF_JSON_NONE };
	struct fy_document *second;
	struct place p = { .file = file };

	*d = (struct document){ 0 };
	if (check_text(text, len, file, e))
		return -1;
	d->diag = fy_diag_create(&diag);
	if (d->diag)
		fy_diag_set_collect_errors(d->diag, true);
	cfg.diag = d->diag;
	d->parser = d->diag ? fy_parser_create(&cfg) : NULL;
	if (d->parser == NULL || fy_parser_set_string(d->parser, text, len)) {
		document_done(d);
		return err_env(e, "libfyaml cannot start");
	}
	d->tree = fy_parse_load_document(d->parser);
	if (d->tree == NULL && fy_diag_got_error(d->diag)) {
		first_error(d, file, e);
		document_done(d);
		return -1;
	}
	second = d->tree ? fy_parse_load_document(d->parser) : NULL;
	if (second || fy_diag_got_error(d->diag)) {
		if (second)
			wrong(&p, e, "more than one document");
		else
			first_error(d, file, e);
		fy_parse_document_destroy(d->parser, second);
		document_done(d);
		return -1;
	}
	return 0;
}

/* Moves *p to where the node begins, as far as that is known. */
static void move_to(struct place *p, struct fy_node *node)
{
	const struct fy_mark *mark = NULL;
	bool is_quoted = false;
	void *at = NULL;

	for (int i = 0; node && i < DEPTH_MOST; i++) {
		at = NULL;
		if (fy_node_is_scalar(node)) {
			struct fy_token *token = fy_node_get_scalar_token(node);
			enum fy_node_style style = fy_node_get_style(node);

			mark = token ? fy_token_start_mark(token) : NULL;
			is_quoted = style == FYNS_SINGLE_QUOTED || style == FYNS_DOUBLE_QUOTED;
			node = NULL;
		} else if (fy_node_is_mapping(node)) {
			node = fy_node_pair_key(fy_node_mapping_iterate(node, &at));
		} else {
			node = fy_node_sequence_iterate(node, &at);
		}
	}
	if (mark) {
		p->mark = *mark;
		p->mark.column -= is_quoted && mark->column > 0; /* libfyaml points behind the quote */
	}
}

/* --- checking --- */

static const char *const kind_names[] = {
	[YAML_STRING] = "text",
	[YAML_INT] = "a whole number",
	[YAML_BOOL] = "true or false",
	[YAML_SCALAR] = "a single value",
	[YAML_MAP] = "a map (key: value)",
	[YAML_DICT] = "a map (key: value)",
	[YAML_LIST] = "a list",
	[YAML_CHOICE] = "one of a few words",
	[YAML_ANY] = "anything",
	[YAML_EITHER] = "something else",
};

static bool is_empty(struct fy_node *node)
{
	size_t len = 1;

	if (node == NULL)
		return true;
	if (!fy_node_is_scalar(node) || fy_node_get_style(node) != FYNS_PLAIN)
		return false;
	return fy_node_get_scalar(node, &len) == NULL || len == 0;
}

/* The scalar's text in malloc'ed memory; NULL when it holds a NUL (from an escape). */
static char *scalar(struct fy_node *node)
{
	size_t len = 0;
	const char *at = node ? fy_node_get_scalar(node, &len) : NULL;

	if (at == NULL)
		return mem_strdup("");
	return memchr(at, 0, len) ? NULL : mem_printf("%.*s", (int)len, at);
}

static bool integer(const char *text, int64_t *ret)
{
	char *end;

	if (text[strspn(text, "0123456789-")] || text[0] == 0)
		return false;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno == 0 && *end == 0;
}

static bool scalar_fits(const char *text, const struct yaml_schema *s)
{
	int64_t v = 0;

	switch (s->kind) {
	case YAML_INT:
		return integer(text, &v) && (s->max <= s->min || (v >= s->min && v <= s->max));
	case YAML_BOOL:
		return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
	case YAML_CHOICE:
		for (size_t i = 0; s->words[i]; i++)
			if (strcmp(s->words[i], text) == 0)
				return true;
		return false;
	default:
		return pattern_matches(s->pattern, text);
	}
}

static bool kind_fits(struct fy_node *node, const struct yaml_schema *s)
{
	switch (s->kind) {
	case YAML_ANY:
		return true;
	case YAML_MAP:
	case YAML_DICT:
		return is_empty(node) || fy_node_is_mapping(node);
	case YAML_LIST:
		return is_empty(node) || fy_node_is_sequence(node);
	case YAML_EITHER:
		for (size_t i = 0; s->either[i]; i++)
			if (kind_fits(node, s->either[i]))
				return true;
		return false;
	default:
		return node == NULL || fy_node_is_scalar(node);
	}
}

static bool has_required(struct fy_node *node, const struct yaml_schema *s)
{
	for (size_t i = 0; s->kind == YAML_MAP && s->fields[i].key; i++)
		if (s->fields[i].is_required &&
			(node == NULL || !fy_node_is_mapping(node) ||
				fy_node_mapping_lookup_by_string(node, s->fields[i].key, FY_NT) == NULL))
			return false;
	return true;
}

/* Of several alternatives of the node's kind, the first whose value is right too; else the first, which then says what is wrong. */
static const struct yaml_schema *choose(struct fy_node *node, const struct yaml_schema *s)
{
	const struct yaml_schema *of_kind = NULL;

	for (size_t i = 0; s->either[i]; i++) {
		const struct yaml_schema *one = s->either[i];
		AUTO_FREE char *text = NULL;

		if (!kind_fits(node, one))
			continue;
		if (of_kind == NULL)
			of_kind = one;
		if (node == NULL || !fy_node_is_scalar(node)) {
			if (has_required(node, one))
				return one;
			continue;
		}
		text = scalar(node);
		if (one->kind == YAML_EITHER || (text && scalar_fits(text, one)))
			return one;
	}
	return of_kind;
}

static json_t *convert(struct fy_node *node, const struct yaml_schema *s, struct place p, struct err *e);

static json_t *unfit(const struct place *p, const struct yaml_schema *s, const char *text, struct err *e)
{
	AUTO(text) t = { 0 };
	size_t first = 0;

	if (s->what)
		text_add(&t, "%s", s->what);
	else if (s->kind == YAML_CHOICE)
		for (; s->words[first]; first++)
			text_add(&t, "%s%s", first == 0 ? "" : s->words[first + 1] ? ", " : " or ", s->words[first]);
	else if (s->kind == YAML_INT && s->max > s->min)
		text_add(&t, "a whole number from %lld to %lld", (long long)s->min, (long long)s->max);
	else if (s->kind == YAML_EITHER)
		for (; s->either[first]; first++)
			text_add(&t, "%s%s", first ? " or " : "",
				s->either[first]->what ? s->either[first]->what : kind_names[s->either[first]->kind]);
	else if (s->pattern)
		text_add(&t, "text of the form %s", s->pattern);
	else
		text_add(&t, "%s", kind_names[s->kind]);
	if (text)
		wrong(p, e, "'%s' is not %s", text, t.at ? t.at : "");
	else
		wrong(p, e, "wants %s", t.at ? t.at : "");
	return NULL;
}

static json_t *convert_scalar(struct fy_node *node, const struct yaml_schema *s, const struct place *p, struct err *e)
{
	AUTO_FREE char *text = scalar(node);
	int64_t v = 0;

	if (text == NULL) {
		wrong(p, e, "a NUL character");
		return NULL;
	}
	if (!scalar_fits(text, s))
		return unfit(p, s, text, e);
	if (s->kind == YAML_BOOL)
		return json_boolean(text[0] == 't');
	if (s->kind == YAML_INT && integer(text, &v))
		return json_integer(v);
	return json_string(text);
}

static json_t *convert_list(struct fy_node *node, const struct yaml_schema *of, const struct place *p, struct err *e)
{
	json_t *list = json_array();
	struct fy_node *item;
	void *at = NULL;

	while (!is_empty(node) && (item = fy_node_sequence_iterate(node, &at))) {
		json_t *value = convert(item, of, *p, e);

		if (value == NULL) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, value);
	}
	return list;
}

static const struct yaml_schema any = { .kind = YAML_ANY };

/* What the value under this key must be; NULL: the key is refused, and the error says why. */
static const struct yaml_schema *schema_of(
	const char *key, const struct yaml_schema *s, const struct place *p, struct err *e)
{
	AUTO(text) known = { 0 };

	if (s->kind == YAML_ANY)
		return &any;
	if (s->kind == YAML_DICT) {
		if (pattern_matches(s->pattern, key))
			return s->of;
		wrong(p, e, "'%s' cannot be a key here: wants %s", key, s->what ? s->what : s->pattern);
		return NULL;
	}
	for (size_t i = 0; s->fields[i].key; i++) {
		if (strcmp(s->fields[i].key, key) == 0)
			return s->fields[i].schema;
		text_add(&known, "%s%s", i ? " " : "", s->fields[i].key);
	}
	wrong(p, e, "unknown key '%s' (known here: %s)", key, known.at ? known.at : "none");
	return NULL;
}

/* One "key: value" of a map into object. */
static int convert_pair(
	struct fy_node_pair *pair, const struct yaml_schema *s, json_t *object, struct place p, struct err *e)
{
	struct fy_node *key_node = fy_node_pair_key(pair);
	AUTO_FREE char *key = NULL;
	const struct yaml_schema *of;
	json_t *value;

	move_to(&p, key_node);
	if (key_node == NULL || !fy_node_is_scalar(key_node) || fy_node_is_alias(key_node) ||
		fy_node_get_anchor(key_node) || fy_node_get_tag_token(key_node))
		return wrong(&p, e, "a key must be plain text");
	key = scalar(key_node);
	if (key == NULL)
		return wrong(&p, e, "a NUL character");
	if (json_object_get(object, key))
		return wrong(&p, e, "the key '%s' stands here twice", key);
	of = schema_of(key, s, &p, e);
	value = of ? convert(fy_node_pair_value(pair), of, p, e) : NULL;
	if (value == NULL)
		return -1;
	json_object_set_new(object, key, value);
	return 0;
}

static json_t *convert_map(struct fy_node *node, const struct yaml_schema *s, const struct place *p, struct err *e)
{
	AUTO_JSON *object = json_object();
	struct fy_node_pair *pair;
	void *at = NULL;
	json_t *done;

	while (!is_empty(node) && (pair = fy_node_mapping_iterate(node, &at)))
		if (convert_pair(pair, s, object, *p, e))
			return NULL;
	for (size_t i = 0; s->kind == YAML_MAP && s->fields[i].key; i++)
		if (s->fields[i].is_required && json_object_get(object, s->fields[i].key) == NULL) {
			wrong(p, e, "the key '%s' is missing", s->fields[i].key);
			return NULL;
		}
	done = object;
	object = NULL;
	return done;
}

static json_t *convert(struct fy_node *node, const struct yaml_schema *s, struct place p, struct err *e)
{
	const char *refused = NULL;

	move_to(&p, node);
	if (node && fy_node_is_alias(node))
		refused = "aliases (*name)";
	else if (node && fy_node_get_anchor(node))
		refused = "anchors (&name)";
	else if (node && fy_node_get_tag_token(node))
		refused = "tags (!name)";
	if (refused) {
		wrong(&p, e, "%s are not used here", refused);
		return NULL;
	}
	if (++p.depth > DEPTH_MOST) {
		wrong(&p, e, "deeper than %d levels", DEPTH_MOST);
		return NULL;
	}
	if (!kind_fits(node, s))
		return unfit(&p, s, NULL, e);
	while (s->kind == YAML_EITHER)
		s = choose(node, s);
	if (s->kind == YAML_LIST || (s->kind == YAML_ANY && node && fy_node_is_sequence(node)))
		return convert_list(node, s->kind == YAML_LIST ? s->of : s, &p, e);
	if (s->kind == YAML_MAP || s->kind == YAML_DICT || (s->kind == YAML_ANY && node && fy_node_is_mapping(node)))
		return convert_map(node, s, &p, e);
	return convert_scalar(node, s, &p, e);
}

int yaml_parse(
	const char *text, size_t len, const char *file, const struct yaml_schema *schema, json_t **ret, struct err *e)
{
	AUTO(document) d = { 0 };
	json_t *value;

	if (document_open(&d, text, len, file, e))
		return -1;
	value = convert(d.tree ? fy_document_root(d.tree) : NULL, schema, (struct place){ .file = file }, e);
	if (value == NULL)
		return -1;
	*ret = value;
	return 0;
}

int yaml_load(const char *path, const struct yaml_schema *schema, json_t **ret, struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0;

	if (fs_read_file(path, LEN_MOST + 1, &text, &len, e)) {
		if (e->sys == ENOENT || e->sys == EISDIR || e->sys == ENOTDIR || e->class == ERR_INPUT)
			e->class = ERR_USAGE; /* whoever named the file must name another */
		return -1;
	}
	return yaml_parse(text, len, path, schema, ret, e);
}

/* --- finding a place again --- */

/* Does path begin with this whole key? Then what follows it, else NULL. */
static const char *behind(const char *path, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(path, key, len) != 0)
		return NULL;
	if (path[len] == 0)
		return path + len;
	return path[len] == '/' ? path + len + 1 : NULL;
}

/* Goes as deep as path is found; true when it was found to its end. A key may itself hold slashes, so every one that fits is tried. */
static bool find(struct fy_node *node, const char *path, struct place *p)
{
	struct fy_node_pair *pair;
	char *end;
	void *at = NULL;

	if (p->depth++ > DEPTH_MOST)
		return false;
	move_to(p, node);
	if (*path == 0)
		return true;
	if (node && fy_node_is_sequence(node)) {
		long index = strtol(path, &end, 10);
		struct fy_node *item = end != path && index >= 0 ? fy_node_sequence_get_by_index(node, (int)index)
								 : NULL;

		return item && find(item, *end == '/' ? end + 1 : end, p);
	}
	while (node && fy_node_is_mapping(node) && (pair = fy_node_mapping_iterate(node, &at))) {
		AUTO_FREE char *key = scalar(fy_node_pair_key(pair));
		const char *rest = key ? behind(path, key) : NULL;
		struct place try = *p;

		if (rest == NULL)
			continue;
		move_to(&try, fy_node_pair_key(pair));
		if (find(fy_node_pair_value(pair), rest, &try)) {
			*p = try;
			return true;
		}
		p->mark = try.mark;
	}
	return false;
}

char *yaml_where(const char *text, size_t len, const char *file, const char *path)
{
	AUTO(document) d = { 0 };
	struct place p = { .file = file };
	struct err e;

	if (document_open(&d, text, len, file, &e) || d.tree == NULL)
		return mem_strdup(file);
	find(fy_document_root(d.tree), path, &p);
	return mem_printf("%s:%d:%d", file, p.mark.line + 1, p.mark.column + 1);
}
