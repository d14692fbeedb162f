/* reports.h - a report.json of the test system, read for facts. Any JSON: what is missing or of another type reads as nothing, what is long is cut.
 * Private to inspect/. */
#pragma once
#include "inspect/inspect.h"

/* Facts that grow, each once. */
struct noted {
	json_t *facts, *seen;
	const json_t *own; /* of the check, from the packages; NULL */
};
typedef void note_scenario(struct noted *n, const json_t *scenario);

/* Did the test system try anything at all? */
bool report_ran(const json_t *report);
/* Calls note for every scenario of every run that ran; the facts, owned by the caller. lists: names of lists that are there even if empty; NULL
 * ends. */
json_t *report_facts(const json_t *report, const json_t *own, const char *const *lists, note_scenario *note);
/* Adds the item (stolen) to the list of that name, unless it is there. */
void note_add(struct noted *n, const char *list, json_t *item);
/* The test system itself dropped some of it (the scenario has a finding of that check): the list is one that was cut short. */
void note_cut(struct noted *n, const json_t *scenario, const char *check, const char *list);
/* The report's text at key as the item's member, at most some hundred bytes of it. */
void note_text(json_t *item, const char *key, const char *text);
/* Does a conversation of the report belong to a script ("curl (postinst of acme)")? */
bool talk_is_of_script(const json_t *talk);
/* The name that was called, in lower case: what TLS said, else what was looked up, else the address; malloc. */
char *talk_host(const json_t *talk);
/* A path without what differs from run to run: numbers, hex, random words; malloc. */
char *path_steady(const char *path);
