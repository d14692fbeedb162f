/* removal.h - an RfC that takes a package out of a channel, by its name and as it is served when the RfC is opened.
 *
 * Its opening names the channel, the name and every package of that name ("removes"), with digests; all of it is part of the revision. So what is voted on is
 * what goes: a package that was changed since is not taken out by older votes. The entry stays in release.json, without packages, until the name is served again. */
#pragma once
#include "base/json.h"

/* What the channel's last release.json serves under that name, each place once: [{"target","name","version","architecture","product","sha256"}]. New array. */
json_t *removal_of(const json_t *release, const char *name);
/* Does the channel still serve exactly what the RfC (gate.h's shape) names? ERR_VERDICT "E_GATE". */
int removal_fits(const json_t *rfc, const json_t *last, struct err *e) MUST;
/* entry: an item of "releases". Does it take this package out? */
bool removal_takes(const json_t *entry, const json_t *package);
/* Is it one that took something out, and is nothing of that name served again? */
bool removal_stands(const json_t *entry, const json_t *packages);
