/* deb_private.h - what the files of the deb reader share. */
#pragma once
#include "formats/keep.h"

/* --- deb_marks.c: what control files say about single entries: conffiles and md5sums --- */
struct deb_mark {
	const char *path, *md5; /* md5 NULL: a conffile */
	bool is_seen;
};
struct deb_marks {
	struct sink sink; /* sets the marks on entries as they pass */
	struct sink *next;
	struct pkg *pkg;
	struct arena arena;
	LIST(struct deb_mark) conffiles;
	LIST(struct deb_mark) digests;
};
void deb_marks_init(struct deb_marks *m, struct sink *next, struct pkg *pkg, const struct limits *limits);
void deb_marks_done(struct deb_marks *m);
int deb_marks_conffiles(struct deb_marks *m, const char *text, size_t len, struct err *e) MUST;
int deb_marks_md5sums(struct deb_marks *m, const char *text, size_t len, struct err *e) MUST;
/* After both, before the first entry. */
int deb_marks_ready(struct deb_marks *m, struct err *e) MUST;

/* --- deb_control.c: the members of control.tar into the package --- */
void deb_control_init(struct keep *c, const struct limits *limits, uint64_t input_size); /* ended by keep_done */
int deb_control_take(const struct keep *c, struct pkg *pkg, const struct limits *limits, struct deb_marks *marks,
	struct err *e) MUST;
/* The text of the file "control" alone; for fuzzing and tests too. */
int deb_control_fields(struct pkg *pkg, const char *text, size_t len, struct err *e) MUST;
