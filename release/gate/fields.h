/* fields.h - the fields of an RfC (R1, R2): what each means, which transition needs it, whether a vote covers it. */
#pragma once
#include "base/record.h"

struct rfc_field {
	const char *key, *meaning;
	const char *needed_for[3]; /* by impact: "voting", "implemented", "closed"; NULL: never */
	bool is_bound;             /* part of the revision that votes sign */
};
extern const struct rfc_field rfc_field_table[]; /* ends with key NULL */
const struct rfc_field *rfc_field_named(const char *key);
/* Says what the RfC is about, and stays as it was opened. */
bool fields_is_subject(const char *key);
