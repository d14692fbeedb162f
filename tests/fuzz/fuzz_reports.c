/* fuzz_reports.c - a report.json may be any JSON: facts are made of it, bounded, and comparing them ends well. The input is two reports with a NUL
 * between them; one alone is compared with itself, and a version must not differ from itself. Texts are lines of logs and paths, too. */
#include "inspect/fact.h"
#include "inspect/reports.h"
#include "sandbox/log_weakens.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of an update of which nothing else is known. */
static json_t *facts_seen(const json_t *report)
{
	json_t *facts = json_object();

	for (size_t i = 0; checks[i]; i++)
		if (checks[i]->observe)
			json_object_set_new(facts, checks[i]->id, json_object());
	facts_observe(facts, report);
	return facts;
}

static size_t findings_of(const json_t *old, const json_t *new)
{
	AUTO(arena) arena = { 0 };
	struct findings found = { 0 };
	struct err e = { 0 };
	size_t seen = 0;

	arena_init(&arena, MIB(16));
	if (facts_compare(old, new, &arena, &found, &e) == 0)
		for (size_t i = 0; i < found.len; i++)
			seen += check_named(found.at[i].check)->observe != NULL &&
				!strstr(found.at[i].text, "more of these than");
	LIST_DONE(&found);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *cut = memchr(text, 0, size);
	size_t len = cut ? (size_t)(cut - text) : size;
	struct err e = { 0 };
	AUTO_JSON *old = json_parse(text, len, "old", &e);
	AUTO_JSON *new = cut ? json_parse(cut + 1, size - len - 1, "new", &e) : json_incref(old);
	AUTO_FREE char *line = mem_printf("%.*s", (int)len, text);

	free(path_steady(line));
	if (log_weakens(line) && len == 0)
		__builtin_trap();
	if (new == NULL)
		return 0;
	AUTO_JSON *now = facts_seen(new);
	if (findings_of(now, now) > 0)
		__builtin_trap();
	if (old) {
		AUTO_JSON *then = facts_seen(old);

		findings_of(then, now);
		findings_of(now, then);
	}
	return 0;
}
