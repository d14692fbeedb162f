/* effects.h - what a package did, as facts that two versions can be compared by: effects, not text. */
#pragma once
#include "base/json.h"

/* Of one scenario's object in report.json: an array of texts, sorted, each once. What differs between two runs of the same package
 * (times, process numbers, names of temporary files) is not in them; the package's own version is "VERSION". */
json_t *effects_of(const json_t *scenario, const char *version);
/* {"gone": [...], "new": [...]}: facts that only the old or only the new has. */
json_t *effects_compare(const json_t *old, const json_t *new);
/* Names of peers, and ports, that spoke TLS in old and clear text in new: [{"where", "text"}]. Both are arrays as in the report. */
json_t *effects_tls_lost(
	const json_t *old_network, const json_t *new_network, const json_t *old_ports, const json_t *new_ports);
