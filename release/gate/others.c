/* others.c - rows of the log about other RfCs that a dossier needs, told by the words of their subjects.
 *
 * The words are chained by the log's hashes like the rest of a row. The last row's time stands for "today": rows are the past, so nothing that still
 * matters is left out. */
#include "release/gate/others.h"
#include "base/arena.h"
#include "base/when.h"
#include "release/gate/log.h"
#include <stdio.h>
#include <string.h>

static char *first_word(const char *subject)
{
	struct slice rest = slice_of(subject), word = { subject, 0 };

	return slice_cut(&rest, ' ', &word) ? strndup(word.at, word.len) : mem_strdup("");
}

/* What stands behind "until/" in the subject, or NULL. */
static const char *until_of(const char *subject)
{
	const char *found = strstr(subject, " until/");

	return found ? found + strlen(" until/") : NULL;
}

void others_init(struct others *o, const char *rfc, const json_t *rows)
{
	const json_t *last = json_array_get(rows, json_array_size(rows) - 1);

	*o = (struct others){
		.rfc = rfc, .scheduled = json_object(), .emergencies = json_object(), .resumes = json_object()
	};
	snprintf(o->today, sizeof o->today, "%s", json_text(last, "time"));
}

void others_done(struct others *o)
{
	json_decref(o->scheduled);
	json_decref(o->emergencies);
	json_decref(o->resumes);
	o->scheduled = o->emergencies = o->resumes = NULL;
}

char *others_release_words(const char *type, const char *template)
{
	if (strcmp(type, "emergency") == 0)
		return mem_strdup(" emergency");
	return strcmp(type, "standard") == 0 ? mem_printf(" template/%s", template) : mem_strdup("");
}

char *others_schedule_subject(const char *rfc, int64_t until)
{
	char when[32];

	when_utc(until, when);
	return mem_printf("%s until/%.10s", rfc, when);
}

static bool wants_release(struct others *o, const json_t *row, const char *rfc)
{
	const char *subject = json_text(row, "subject");

	if (log_names(subject, "emergency"))
		json_object_set_new(o->emergencies, rfc, json_true());
	return strstr(subject, " template/") && strncmp(json_text(row, "time"), o->today, strlen("2026-11")) >= 0;
}

bool others_wants(struct others *o, const json_t *row)
{
	const char *action = json_text(row, "action"), *subject = json_text(row, "subject"), *until = until_of(subject);
	AUTO_FREE char *rfc = NULL;

	if (!*json_text(row, "record") || log_names(subject, o->rfc))
		return false;
	if (strcmp(action, "template-consent") == 0)
		return true;
	rfc = first_word(subject);
	if (strcmp(action, "rfc-schedule") == 0) {
		/* One that is over does not matter, but for the date that it replaces. */
		if (until && strncmp(until, o->today, 10) < 0 && !json_object_get(o->scheduled, rfc))
			return false;
		json_object_set_new(o->scheduled, rfc, json_true());
		return true;
	}
	if (strcmp(action, "release") == 0)
		return wants_release(o, row, rfc);
	if (strcmp(action, "rfc-open") == 0 && strstr(subject, " resume/"))
		json_object_set_new(o->resumes, rfc, json_true());
	return (strcmp(action, "rfc-withdraw") == 0 || strcmp(action, "rfc-not-installed") == 0) &&
		json_object_get(o->scheduled, rfc);
}
