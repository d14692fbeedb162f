/* log_file.h - the whole log in one file, to be checked by anybody who has trust.json.
 *
 * Lines of JSON: {"sluice-log": 1, "organisation", "rows", "head"}, then {"row": ...} in order, then {"blob": sha256, "text"} (or "hex", for what is no text): every
 * record, signature, policy, evidence and release.json that checking reads. Packages and comments are not in it. */
#pragma once
#include "release/release.h"

/* {"file","rows","head","signed_row","records","blobs"}. A log that does not stand up to its own check is not written: ERR_VERDICT. */
int log_file_write(struct release *r, const char *file, json_t **ret, struct err *e) MUST;
/* The fuzzer's door: the first line, rows, and bytes by digest as texts. */
int log_file_parse(const char *bytes, size_t len, const char *file, json_t **ret_head, json_t **ret_rows,
	json_t **ret_blobs, struct err *e) MUST;
/* audit_log's answer. ERR_INPUT: not of the form; ERR_VERDICT when something was found, with the findings in *ret. */
int log_file_verify(const char *file, const json_t *trust, json_t **ret, struct err *e) MUST;
