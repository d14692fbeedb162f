/* recipe_schema.c - what a recipe and a house may say: tables, nothing else. The examples of both are in docs/. */
#include "repackager/recipe.h"

#define FIELDS(...)                                                                                                    \
	(const struct yaml_field[])                                                                                    \
	{                                                                                                              \
		__VA_ARGS__,                                                                                           \
		{                                                                                                      \
			0                                                                                              \
		}                                                                                                      \
	}
#define WORDS(...)                                                                                                     \
	(const char *const[])                                                                                          \
	{                                                                                                              \
		__VA_ARGS__, NULL                                                                                      \
	}
#define EITHER(...)                                                                                                    \
	(const struct yaml_schema *const[])                                                                            \
	{                                                                                                              \
		__VA_ARGS__, NULL                                                                                      \
	}

static const struct yaml_schema text = { .kind = YAML_STRING };
static const struct yaml_schema scalar = { .kind = YAML_SCALAR, .what = "a single value" };
static const struct yaml_schema flag = { .kind = YAML_BOOL };
static const struct yaml_schema texts = { .kind = YAML_LIST, .of = &text };
static const struct yaml_schema one = {
	.kind = YAML_INT, .min = 1, .max = 2, .what = "1, the version of this file's form"
};
static const struct yaml_schema word = { .kind = YAML_STRING,
	.pattern = "^[a-z0-9][a-z0-9+.-]*$",
	.what = "a name of small letters, digits, '+', '.' and '-'" };
static const struct yaml_schema absolute = {
	.kind = YAML_STRING, .pattern = "^/", .what = "a path that begins with '/'"
};
static const struct yaml_schema mode = {
	.kind = YAML_SCALAR, .pattern = "^[0-7]{3,5}$", .what = "a mode such as \"0755\""
};
static const struct yaml_schema owner = {
	.kind = YAML_STRING, .pattern = "^[A-Za-z_][A-Za-z0-9_.-]*[$]?$", .what = "the name of a user or group"
};
static const struct yaml_schema config = { .kind = YAML_CHOICE, .words = WORDS("keep", "replace", "no") };
static const struct yaml_schema count = { .kind = YAML_INT, .min = 0, .max = 1000000000000 };

/* ---- vendor, source, package */
static const struct yaml_schema vendor_map = { .kind = YAML_MAP,
	.fields = FIELDS({ "name", &word }, { "keys", &text, true }) };
static const struct yaml_schema vendor = {
	.kind = YAML_EITHER, .either = EITHER(&word, &vendor_map), .what = "a vendor's id, or {keys: FILE}"
};

static const struct yaml_schema signature_word = { .kind = YAML_CHOICE, .words = WORDS("detached", "inside") };
static const struct yaml_schema signature_map = { .kind = YAML_MAP,
	.fields = FIELDS({ "checksums", &text, true }, { "over", &text, true }) };
static const struct yaml_schema signature = { .kind = YAML_EITHER,
	.either = EITHER(&signature_word, &signature_map),
	.what = "detached, inside, or {checksums: FILE, over: FILE}" };
static const struct yaml_schema strip = { .kind = YAML_INT, .min = 0, .max = 64 };
static const struct yaml_schema source = { .kind = YAML_MAP,
	.fields = FIELDS({ "signature", &signature }, { "inner", &text }, { "strip", &strip }, { "answers", &text },
		{ "devices", &flag }) };

static const struct yaml_schema version_map = { .kind = YAML_MAP, .fields = FIELDS({ "match", &text, true }) };
static const struct yaml_schema version = { .kind = YAML_EITHER,
	.either = EITHER(&scalar, &version_map),
	.what = "a version, or {match: PATTERN} for the file's name" };
static const struct yaml_schema epoch = { .kind = YAML_INT, .min = 0, .max = 2147483647 };
static const struct yaml_schema package = { .kind = YAML_MAP,
	.fields = FIELDS({ "name", &text }, { "version", &version }, { "release", &scalar }, { "epoch", &epoch },
		{ "summary", &text }, { "description", &text }, { "license", &text }, { "architecture", &text },
		{ "maintainer", &text }, { "homepage", &text }, { "section", &text }) };

/* ---- relations */
static const struct yaml_field relation_kinds[] = { { "requires", &texts }, { "pre-requires", &texts },
	{ "provides", &texts }, { "conflicts", &texts }, { "obsoletes", &texts }, { "replaces", &texts },
	{ "breaks", &texts }, { "recommends", &texts }, { "suggests", &texts }, { "supplements", &texts },
	{ "enhances", &texts }, { 0 } };
static const struct yaml_schema relations = { .kind = YAML_MAP, .fields = relation_kinds };
static const struct yaml_schema per_target = {
	.kind = YAML_DICT, .of = &relations, .pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$", .what = "a target"
};

/* ---- files: one map a verb, told apart by it */
/* Never fits: it stands first to say what a rule is when none of the others fits. */
static const struct yaml_schema no_rule = { .kind = YAML_MAP,
	.fields = FIELDS({ "move, exclude, match, add, dir, symlink or rewrite", &text, true }, { "move", &text },
		{ "exclude", &text }, { "match", &text }, { "add", &text }, { "dir", &text }, { "symlink", &text },
		{ "rewrite", &text }, { "to", &text }, { "as", &text }, { "mode", &text }, { "owner", &text },
		{ "group", &text }, { "config", &text }) };
static const struct yaml_schema move_rule = { .kind = YAML_MAP,
	.fields = FIELDS({ "move", &absolute, true }, { "to", &absolute }) };
static const struct yaml_schema exclude_rule = { .kind = YAML_MAP, .fields = FIELDS({ "exclude", &text, true }) };
static const struct yaml_schema match_rule = { .kind = YAML_MAP,
	.fields = FIELDS({ "match", &text, true }, { "mode", &mode }, { "owner", &owner }, { "group", &owner },
		{ "config", &config }) };
static const struct yaml_schema add_rule = { .kind = YAML_MAP,
	.fields = FIELDS({ "add", &text, true }, { "as", &absolute }, { "mode", &mode }, { "owner", &owner },
		{ "group", &owner }, { "config", &config }) };
static const struct yaml_schema dir_rule = { .kind = YAML_MAP,
	.fields = FIELDS({ "dir", &absolute, true }, { "mode", &mode }, { "owner", &owner }, { "group", &owner }) };
static const struct yaml_schema symlink_rule = { .kind = YAML_MAP,
	.fields = FIELDS({ "symlink", &absolute, true }, { "to", &text }) };
static const struct yaml_schema rewrite_rule = { .kind = YAML_MAP, .fields = FIELDS({ "rewrite", &text, true }) };
static const struct yaml_schema rule = { .kind = YAML_EITHER,
	.either = EITHER(
		&no_rule, &move_rule, &exclude_rule, &match_rule, &add_rule, &dir_rule, &symlink_rule, &rewrite_rule),
	.what = "a rule: move, exclude, match, add, dir, symlink or rewrite" };
static const struct yaml_schema rules = { .kind = YAML_LIST, .of = &rule };

/* ---- users, services, scripts */
static const struct yaml_schema user = { .kind = YAML_MAP,
	.fields = FIELDS({ "name", &owner, true }, { "system", &flag }, { "home", &absolute }, { "shell", &absolute },
		{ "group", &owner }, { "comment", &text }) };
static const struct yaml_schema users = { .kind = YAML_LIST, .of = &user };
static const struct yaml_schema unit = {
	.kind = YAML_STRING, .pattern = "^[A-Za-z0-9][A-Za-z0-9:_.@-]*$", .what = "the name of a service"
};
static const struct yaml_schema services = { .kind = YAML_LIST, .of = &unit };

#define EVENT_PATTERN                                                                                                  \
	"^(pre-install|post-install|pre-upgrade|post-upgrade|pre-remove|post-remove|purge|pre-transaction|post-"       \
	"transaction|verify)$"
static const struct yaml_schema event_files = {
	.kind = YAML_DICT, .of = &text, .pattern = EVENT_PATTERN, .what = "an event such as post-install"
};
static const struct yaml_schema event = { .kind = YAML_STRING,
	.pattern = "^(pre-install|post-install|pre-upgrade|post-upgrade|pre-remove|post-remove|purge|pre-transaction|"
		   "post-transaction|verify|config|trigger)$",
	.what = "an event such as post-install" };
static const struct yaml_schema events = { .kind = YAML_LIST, .of = &event };
static const struct yaml_schema scripts = { .kind = YAML_MAP,
	.fields = FIELDS({ "before", &event_files }, { "after", &event_files }, { "drop", &events }) };

/* ---- capture */
static const struct yaml_schema edit = { .kind = YAML_CHOICE, .words = WORDS("lines", "script", "take", "ignore") };
static const struct yaml_schema edits = {
	.kind = YAML_DICT, .of = &edit, .pattern = "^/", .what = "a path that begins with '/'"
};
static const struct yaml_schema network = { .kind = YAML_CHOICE, .words = WORDS("refuse", "ignore") };
static const struct yaml_schema capture = { .kind = YAML_MAP,
	.fields = FIELDS({ "edits", &edits }, { "keep", &texts }, { "drop", &texts }, { "network", &network }) };

/* ---- test */
static const struct yaml_schema text_dict = { .kind = YAML_DICT, .of = &text };
static const struct yaml_schema root = {
	.kind = YAML_EITHER, .either = EITHER(&text, &text_dict), .what = "a root, or one for each target"
};
static const struct yaml_schema with = {
	.kind = YAML_EITHER, .either = EITHER(&text, &texts), .what = "a folder, or a list of them"
};
static const struct yaml_schema test = { .kind = YAML_MAP, .fields = FIELDS({ "root", &root }, { "with", &with }) };

const struct yaml_schema recipe_schema = { .kind = YAML_MAP,
	.fields = FIELDS({ "version", &one }, { "product", &word, true }, { "vendor", &vendor }, { "source", &source },
		{ "package", &package }, { "relations", &relations }, { "targets", &per_target }, { "files", &rules },
		{ "users", &users }, { "services", &services }, { "scripts", &scripts }, { "accept-losses", &texts },
		{ "capture", &capture }, { "test", &test }, { "expect", &text }) };

/* ---- the house */
static const struct yaml_schema format = {
	.kind = YAML_STRING, .pattern = "^[a-z0-9.]+$", .what = "a format such as deb or rpm"
};
static const struct yaml_schema codec = { .kind = YAML_STRING,
	.pattern = "^(none|gzip|bzip2|xz|lzma|zstd)(:[0-9]{1,2})?$",
	.what = "a codec such as xz, or with its level as zstd:3" };
static const struct yaml_schema component = { .kind = YAML_STRING,
	.pattern = "^[a-z0-9][a-z0-9._-]{0,63}$",
	.what = "an apt component such as main or contrib" };
static const struct yaml_schema target = { .kind = YAML_MAP,
	.fields = FIELDS({ "format", &format, true }, { "suite", &text }, { "component", &component },
		{ "path", &text }, { "root", &text }, { "suffix", &text }, { "codec", &codec }) };
static const struct yaml_schema targets = {
	.kind = YAML_DICT, .of = &target, .pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$", .what = "a target"
};
static const struct yaml_schema names = { .kind = YAML_MAP, .fields = FIELDS({ "scheme", &text }) };
static const struct yaml_schema versions = { .kind = YAML_MAP, .fields = FIELDS({ "keep", &flag }) };
static const struct yaml_schema relocate = {
	.kind = YAML_DICT, .of = &absolute, .pattern = "^/", .what = "a path that begins with '/'"
};
/* At least two of them: house_load checks it. "" says that nothing is needed there. */
static const struct yaml_schema pair = { .kind = YAML_MAP,
	.fields = FIELDS({ "deb", &text }, { "rpm", &text }, { "pacman", &text }, { "apk", &text }) };
static const struct yaml_schema map = { .kind = YAML_LIST, .of = &pair };
static const struct yaml_schema owners = { .kind = YAML_LIST, .of = &owner };
static const struct yaml_schema paths = { .kind = YAML_LIST, .of = &absolute };
static const struct yaml_schema add_scripts = { .kind = YAML_MAP,
	.fields = FIELDS({ "before", &event_files }, { "after", &event_files }) };
static const struct yaml_schema house_rules = { .kind = YAML_MAP,
	.fields = FIELDS({ "owners", &owners }, { "forbidden-paths", &paths }, { "interpreters", &paths },
		{ "add-scripts", &add_scripts }, { "rewrite", &texts }) };
static const struct yaml_schema ratio = { .kind = YAML_INT, .min = 1, .max = 1000000 };
static const struct yaml_schema path_max = { .kind = YAML_INT, .min = 16, .max = 4096 };
static const struct yaml_schema depth_max = { .kind = YAML_INT, .min = 1, .max = 2048 };
static const struct yaml_schema limits = { .kind = YAML_MAP,
	.fields = FIELDS({ "output", &scalar }, { "entries", &count }, { "ratio", &ratio }, { "memory", &scalar },
		{ "time", &scalar }, { "metadata", &scalar }, { "script", &scalar }, { "xattr", &scalar },
		{ "path", &path_max }, { "depth", &depth_max }) };
static const struct yaml_schema sbom_kind = { .kind = YAML_CHOICE, .words = WORDS("spdx", "cyclonedx") };
static const struct yaml_schema sbom = { .kind = YAML_LIST, .of = &sbom_kind };

const struct yaml_schema house_schema = { .kind = YAML_MAP,
	.fields = FIELDS({ "version", &one }, { "organisation", &text }, { "maintainer", &text },
		{ "targets", &targets }, { "names", &names }, { "versions", &versions }, { "relocate", &relocate },
		{ "map", &map }, { "rules", &house_rules }, { "limits", &limits }, { "changelog", &text },
		{ "sbom", &sbom }) };
