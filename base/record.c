/* record.c - findings and evidence as JSON. */
#include "base/record.h"
#include "base/version.h"
#include "base/when.h"
#include <string.h>

static const char *const severities[] = { "info", "low", "medium", "high", "critical" };
static const char *const impacts[] = { "minor", "significant", "far-reaching" };

static int place_of(const char *name, const char *const *table, size_t len)
{
	for (size_t i = 0; name && i < len; i++)
		if (strcmp(table[i], name) == 0)
			return (int)i;
	return -1;
}

const char *severity_name(enum severity s)
{
	return severities[s];
}

int severity_parse(const char *name)
{
	return place_of(name, severities, COUNT(severities));
}

const char *impact_name(enum impact i)
{
	return impacts[i];
}

int impact_parse(const char *name)
{
	return place_of(name, impacts, COUNT(impacts));
}

enum impact impact_floor(enum severity worst)
{
	if (worst == SEVERITY_CRITICAL)
		return IMPACT_FAR_REACHING;
	return worst == SEVERITY_HIGH ? IMPACT_SIGNIFICANT : IMPACT_MINOR;
}

json_t *finding_json(const struct finding *f)
{
	json_t *o = json_object();
	struct err e;
	char digest[65];

	json_set_str(o, "check", f->check);
	json_set_str(o, "severity", severity_name(f->severity));
	json_set_str(o, "where", f->where);
	json_set_str(o, "old", f->old);
	json_set_str(o, "new", f->new);
	json_set_str(o, "text", f->text);
	json_set_str(o, "remedy", f->remedy);
	/* only strings in it: it has a canonical form */
	if (json_digest(o, digest, &e) == 0)
		json_set_str(o, "digest", digest);
	return o;
}

static int compare(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

/* Worst first; the rest only so that the order is always the same. */
static int by_weight(const void *a, const void *b)
{
	const struct finding *x = *(const struct finding *const *)a, *y = *(const struct finding *const *)b;
	int rc = (int)y->severity - (int)x->severity;

	if (rc == 0)
		rc = compare(x->check, y->check);
	if (rc == 0)
		rc = compare(x->where, y->where);
	if (rc == 0)
		rc = compare(x->new, y->new);
	if (rc == 0)
		rc = compare(x->old, y->old);
	return rc ? rc : compare(x->text, y->text);
}

json_t *findings_json(const struct findings *list)
{
	AUTO_FREE const struct finding **sorted = mem_alloc(list->len * sizeof *sorted);
	json_t *array = json_array();

	for (size_t i = 0; i < list->len; i++)
		sorted[i] = &list->at[i];
	if (list->len > 1)
		qsort(sorted, list->len, sizeof *sorted, by_weight);
	for (size_t i = 0; i < list->len; i++)
		json_array_append_new(array, finding_json(sorted[i]));
	return array;
}

json_t *evidence_json(const char *kind, json_t *subjects, const char *verdict, int64_t time, json_t *body)
{
	json_t *o = json_object();
	char text[32];

	when_utc(time, text);
	json_set_str(o, "kind", kind);
	json_object_set_new(o, "subjects", subjects ? subjects : json_array());
	json_set_str(o, "verdict", verdict);
	json_set_str(o, "tool", "sluice " SLUICE_VERSION);
	json_set_str(o, "time", text);
	json_object_set_new(o, "body", body ? body : json_object());
	return o;
}
