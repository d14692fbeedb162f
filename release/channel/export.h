/* export.h - a channel's snapshot into one file that can be carried (archive.h); pull.c takes it at the other end. */
#pragma once
#include "release/channel/archive.h"
#include "release/gate/signer.h"
#include "release/store/store.h"

struct export
{
	const char *channel, *output;
	const json_t *since; /* release.json of what the other end has: that is left out; NULL: nothing is */
	const struct signer_answer *answer; /* signed for being carried; NULL: what is served goes as it is */
};
/* *ret: {"channel","serial","valid_until","since","files","bytes","sha256","output"}. ERR_USAGE: nothing was published yet. */
int channel_export(struct store *s, const struct export *x, json_t **ret, struct err *e) MUST;
