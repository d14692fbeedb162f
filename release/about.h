/* about.h - what an RfC is about: candidates, a stopped channel that it starts again, or a package that it takes out of a channel. */
#pragma once
#include "release/release.h"

/* Are its words on a channel's restart or a package's removal what can be asked for now? Adds "removes" to the request of a removal (gate/removal.h). */
int about_check(struct release *r, json_t *request, struct err *e) MUST;
/* The subject of its opening, under which the log finds it. Exactly one thing is asked for, and each candidate can be. Malloc. */
int about_subject(struct release *r, const json_t *request, const char *rfc, char **ret, struct err *e) MUST;
