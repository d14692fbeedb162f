/* channel_world.h - for tests of published trees: a version of the product that goes the whole way into the channel. */
#pragma once
#include "release/channel/channel.h"
#include "world.h"

static inline void release_version(struct world *w, const char *version)
{
	struct actor trial = as(w, TRIAL);
	AUTO_JSON *answer = NULL;
	char candidate[32], rfc[32];
	struct err e = { 0 };

	add_candidate(w, version, "pass", candidate);
	open_rfc(w, PAT, candidate, rfc);
	OK(vote(w, CARL, rfc, "change-manager", "approve", &e));
	OK(release_to(w->r, &trial, rfc, "production", channel_publish, &answer, &e));
}
