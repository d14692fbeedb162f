/* audit_impl.h - what the files of the audit share. */
#pragma once
#include "release/gate/audit.h"

struct audit {
	struct store *store; /* NULL: the log alone is judged */
	struct source_store source;
	struct record_source *from; /* the store's, or a file's */
	struct policies chain;
	struct keyring ring; /* the release key's certificate */
	char release_key[65];
	json_t *rows, *findings, *rfcs, *seen, *places,
		*collected; /* rfcs: id -> record of its opening; seen: records by digest; places: row by hash */
	int64_t records, releases, signed_row; /* signed_row: the last one whose hash stands in a signed release.json */
};

void audit_found(json_t *findings, const char *what, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* audit_rows.c: each table of the catalogue against the records. */
int audit_rows(struct audit *a, struct err *e) MUST;
