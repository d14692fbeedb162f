/* capture_private.h - what the files share that turn a recording into packages. */
#pragma once
#include "base/text.h"
#include "repackager/capture_build.h"
#include "repackager/recipe.h"
#include "sandbox/capture.h"

struct finds {
	struct capture *capture;
	const struct document *recipe;
	const struct events *events;
	/* the report */
	json_t *kept, *noise, *litter, *dropped, *edits, *users, *groups, *units, *alternatives;
	/* what the recipe gets beside its own */
	json_t *services, *new_users, *new_groups, *members;
	struct text post, preun; /* lines for the generated scripts */
	/* the package's files */
	LIST(struct taken) take;
	json_t *undecided; /* "PATH: what" */
	char *passwd, *group;
	int64_t mtime; /* of what was made in the run */
};

/* capture_accounts.c: users, groups and memberships that are new; the owners' names of the entries */
int accounts_find(struct finds *f, struct err *e) MUST;
bool accounts_own(const char *path); /* one of the files that hold them */
void accounts_name(const struct finds *f, struct arena *a, struct entry *en);
/* capture_system.c: units that were enabled, alternatives that were added */
int alternatives_find(struct finds *f, struct err *e) MUST;
bool alternatives_own(const struct finds *f, const struct captured *c);
/* *ret: it is such a link, and its unit becomes a service of the recipe. */
int units_take(struct finds *f, const struct captured *c, bool *ret, struct err *e) MUST;
/* capture_edits.c: what was there and is not as it was */
int edit_decide(struct finds *f, const struct captured *c, const char *what, struct err *e) MUST;
/* The same for what is no path of its own. */
int edit_decide_text(struct finds *f, const char *path, const char *what, const char *text, struct err *e) MUST;
void edits_unused(struct finds *f);
/* capture_sort.c: every path to its place */
int capture_sort(struct finds *f, struct err *e) MUST;
const char *capture_litter(const char *path, bool is_dir); /* why it is litter; NULL: it is none */
json_t *capture_item(const char *path);                    /* {"path"} */
