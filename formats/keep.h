/* keep.h - a sink that holds a few small files whole: the control files of a package. */
#pragma once
#include "formats/reader.h"

struct kept {
	const char *name; /* without the leading '/' */
	char *at;         /* a NUL behind the end */
	size_t len, room;
	int64_t mtime;
};
struct keep {
	struct sink sink; /* takes plain files at the top; links are E_LINK_ESCAPE, all else E_STRUCTURE */
	struct arena arena;
	const struct limits *limits;
	uint64_t input_size; /* for the ratio */
	const char *where;   /* for messages: "control.tar" */
	/* The most bytes a file of that name may hold; *ret_code: what it is when there are more, E_LIMIT_METADATA unless set. */
	uint64_t (*most)(const char *name, const struct limits *limits, const char **ret_code);
	LIST(struct kept) files;
};
void keep_init(struct keep *k, const char *where, const struct limits *limits, uint64_t input_size,
	uint64_t (*most)(const char *name, const struct limits *limits, const char **ret_code));
void keep_done(struct keep *k);
const struct kept *keep_find(const struct keep *k, const char *name); /* NULL */

/* The file as a script of pkg, the interpreter from its "#!" line. trigger: an arena string, "" for other events. */
int kept_script(struct pkg *pkg, const struct kept *f, enum event event, const char *trigger, struct err *e) MUST;
/* The file as the field "control-file:NAME", for writers of the same kind; what is large or no text goes to `lost`. */
int kept_field(struct pkg *pkg, const struct kept *f, struct err *e) MUST;
