/* channel_world.h - for tests of published trees: a version of the product that goes the whole way into the channel. */
#pragma once
#include "base/proc.h"
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

/* A published tree as it is now, under that name in the world's folder; malloc. */
static inline char *tree_copy(const struct world *w, const char *from, const char *name)
{
	char *to = fs_join(w->dir, name);
	AUTO_FREE char *inside = mem_printf("%s/.", from);
	struct err e = { 0 };

	fs_remove_tree(to, &e);
	OK(proc_must((const char *const[]){ "cp", "-a", inside, to, NULL }, &e));
	return to;
}
