/* yaml.h - the one reader of our YAML files (recipe, house, policy, expectations, configuration): libfyaml checked against a schema.
 *
 * The result is plain JSON (jansson), each error says FILE:LINE:COLUMN and is ERR_USAGE. Scalars are strings unless the schema says otherwise.
 * Unknown keys, duplicate keys, anchors/aliases, tags and documents over 1 MiB or 64 levels are refused. */
#pragma once
#include "base/json.h"

enum yaml_kind {
	YAML_STRING,
	YAML_INT,
	YAML_BOOL,
	YAML_SCALAR /* any scalar, as a string */,
	YAML_MAP,    /* fixed keys: fields */
	YAML_DICT,   /* free keys, each value is of */
	YAML_LIST,   /* each item is of */
	YAML_CHOICE, /* one of words */
	YAML_ANY,    /* left as it is */
	YAML_EITHER, /* matches one of the schemas in `either`; the first that fits the node's kind is used */
};
struct yaml_schema;
struct yaml_field {
	const char *key;
	const struct yaml_schema *schema;
	bool is_required;
};
struct yaml_schema {
	enum yaml_kind kind;
	const struct yaml_field *fields;         /* MAP: ends with key NULL */
	const struct yaml_schema *of;            /* DICT, LIST */
	const char *const *words;                /* CHOICE: ends with NULL */
	const struct yaml_schema *const *either; /* EITHER: ends with NULL */
	const char *
		pattern; /* STRING, SCALAR, DICT keys: POSIX extended regular expression (anchor it with ^ and $), or NULL */
	int64_t min, max; /* INT, when max > min */
	const char *what; /* what is meant, for the error: "a duration such as 24h" */
};
/* file names the text in errors. *ret is owned by the caller. */
int yaml_parse(const char *text, size_t len, const char *file, const struct yaml_schema *schema, json_t **ret,
	struct err *e) MUST;
int yaml_load(const char *path, const struct yaml_schema *schema, json_t **ret, struct err *e) MUST;
/* FILE:LINE:COLUMN of the value at a path such as "files/3/match", for errors found later; falls back to FILE. The text was parsed before. */
char *yaml_where(const char *text, size_t len, const char *file, const char *path); /* malloc */
