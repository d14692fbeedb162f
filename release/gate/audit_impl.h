/* audit_impl.h - what the files of the audit share. */
#pragma once
#include "release/gate/audit.h"

struct audit {
	struct store *store;
	struct source_store source;
	struct policies chain;
	struct keyring ring; /* the release key's certificate */
	char release_key[65];
	json_t *rows, *findings, *rfcs, *seen; /* rfcs: id -> record of its opening; seen: records by digest */
	int64_t records, releases;
};

void audit_found(json_t *findings, const char *what, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* audit_rows.c: each table of the catalogue against the records. */
int audit_rows(struct audit *a, struct err *e) MUST;
