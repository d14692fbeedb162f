/* audit_impl.h - what the files of the audit share. */
#pragma once
#include "release/gate/audit.h"
#include "release/gate/log_index.h"

struct audit {
	struct store *store; /* NULL: the log alone is judged */
	struct source_store source;
	struct record_source *from; /* the store's, or a file's */
	struct policies chain;
	struct keyring ring;          /* the release keys' certificates */
	json_t *release_keys;         /* all that ever were */
	json_t *revoked;              /* rows of snapshots by a key that was revoked since; NULL: none */
	struct log_index *index;      /* of the store's log, made for this audit on disk; NULL: these three are there */
	json_t *rows, *seen, *places; /* of a file; seen: records by digest; places: row by hash */
	json_t *findings;
	json_t *collected;                     /* blobs that gc took away, as the log says */
	int64_t records, releases, signed_row; /* signed_row: the last one whose hash stands in a signed release.json */
};

void audit_found(json_t *findings, const char *what, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The same from an error; one of this machine's keeps its errno in "machine". */
void audit_found_err(json_t *findings, const char *what, const char *where, const struct err *why);
/* audit_snapshot.c. The releases alone; only: those that this subject of the log names; NULL: all. */
int audit_releases(const struct audit_asked *of, const char *only, struct err *e) MUST;
/* audit_log.c. The place of the row with that hash; 0: none. */
int64_t audit_place(struct audit *a, const char *hash);
json_t *audit_row(struct audit *a, int64_t seq); /* new; NULL: none */
/* Does a row before it hold the same record? Each row is asked about once, in order. */
bool audit_repeats(struct audit *a, const json_t *row, const char *record);
int audit_each(struct audit *a, void (*see)(struct audit *a, const json_t *row), struct err *e) MUST;
/* audit_rows.c: each table of the catalogue against the records. */
int audit_rows(struct audit *a, struct err *e) MUST;
