/* recipe_new_private.h - what recipe_new*.c share. */
#pragma once
#include "base/json.h"
#include "base/text.h"
#include "repackager/pathmap.h"
#include "repackager/recipe.h"

struct draft {
	struct text out;
	struct arena arena;
	const char *file, *file_name; /* its path, and without folders */
	struct pkg pkg;
	json_t *machines;             /* {"x86_64": 3}; borrowed from the facts */
	const char *product, *vendor; /* words a recipe takes */
	const char *version;          /* of a plain archive, "" when its name tells none */
	const char *architecture;     /* of a plain archive */
	unsigned strip;               /* leading components of a plain archive */
	const char *prefix;           /* "/opt/acme": where a plain archive that is no file system goes; "" */
	struct pathmap paths;         /* final paths */
	LIST(const char *) final;     /* of each entry of pkg, the path behind strip and prefix; NULL: it lies above */
};
/* A scalar for a flow map: bare when YAML takes it as text, else quoted. Arena string. */
const char *draft_quote(struct draft *d, const char *text);
/* The same for a comment: one line, printable. */
const char *draft_plain(struct draft *d, const char *text);
/* Can the path stand in a rule as it is (no wildcard, UTF-8)? */
bool draft_can_name(const char *path);

/* Sections, each with its heading; they write nothing where there is nothing to say. */
void draft_files(struct draft *d);
void draft_users(struct draft *d);
void draft_services(struct draft *d);
void draft_scripts(struct draft *d);
/* What the text above loses on each format that can be written, as commented accept-losses. */
int draft_losses(struct draft *d, struct err *e) MUST;
