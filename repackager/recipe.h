/* recipe.h - the two YAML files that say how a vendor's update becomes the organisation's package: a recipe (one product) and the
 * house (everything). Both are read through the schema tables of recipe_schema.c, every error says FILE:LINE:COLUMN and is ERR_USAGE.
 *
 * Paths inside a file are relative to the folder that file is in. */
#pragma once
#include "base/arena.h"
#include "base/json.h"
#include "base/yaml.h"
#include "formats/pkg.h"
#include "formats/reader.h"

extern const struct yaml_schema recipe_schema, house_schema;

/* One such file as it was read. A zeroed one is "none": json is NULL and every look-up below finds nothing. */
struct document {
	char *path, *dir, *text;
	size_t len;
	json_t *json;
};
int recipe_load(const char *path, struct document *ret, struct err *e) MUST;
int house_load(const char *path, struct document *ret, struct err *e) MUST;
/* The nearest house.yaml in the recipe's folder or above; NULL: none. Malloc. */
char *house_find(const char *recipe_path);
void document_done(struct document *d);

/* An error found later, at a place such as "files/3/match"; returns -1. */
int document_error(const struct document *d, const char *place, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The file that a document names; malloc. */
char *document_file(const struct document *d, const char *name);
/* The value at "package/name"; NULL when it is not there. */
json_t *document_at(const struct document *d, const char *place);
const char *document_text(const struct document *d, const char *place); /* "" */

/* The id of the vendor and where its keys are ("" when not said). */
const char *recipe_vendor(const struct document *recipe);
const char *recipe_vendor_keys(const struct document *recipe);
/* What the digest below is of: {"recipe": {"text": sha256, "files": {name: sha256 and kind}}, "house": ...}; owned by the caller; NULL: failed. */
json_t *recipe_manifest(const struct document *recipe, const struct document *house, struct err *e);
/* sha256 over the recipe, the house, and every file they name: what makes an output differ beside the input. "" without either. */
int recipe_digest(const struct document *recipe, const struct document *house, char ret[65], struct err *e) MUST;
/* limits_default with what the house says. */
int house_limits(const struct document *house, struct limits *ret, struct err *e) MUST;
/* The same with what the recipe lets in: `source: {devices: true}`. */
int recipe_limits(const struct document *recipe, const struct document *house, struct limits *ret, struct err *e) MUST;

/* Values for "{key}" in a template. */
struct words {
	const char *at[32][2];
	size_t len;
};
void words_add(struct words *w, const char *key, const char *value);
/* NULL: an unknown key, or a brace left open; *e says which (ERR_USAGE). Arena string. */
char *words_fill(const struct words *w, struct arena *a, const char *template, struct err *e);
/* What the first group of an extended regular expression finds in text; NULL: nothing, with an error. Arena string. */
char *match_first(struct arena *a, const char *pattern, const char *text, struct err *e);

/* ---- --set KEY=VALUE */
enum set_key {
	SET_NAME,
	SET_VERSION,
	SET_RELEASE,
	SET_EPOCH,
	SET_ARCHITECTURE,
	SET_PREFIX,
	SET_MAINTAINER,
	SET_LICENSE,
	SET_SUMMARY,
	SET_KEYS
};
struct settings {
	const char *at[SET_KEYS];
}; /* NULL: not set; strings borrowed from the words */
int settings_parse(const char *const *words, size_t len, struct settings *ret, struct err *e) MUST;
