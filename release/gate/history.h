/* history.h - the part of gate.h's history that depends on the policy and the time of the question. */
#pragma once
#include "release/gate/load.h"

/* d's history with "templates" as of `at`, and with "debts" where a channel is asked for. New. */
json_t *history_at(const struct dossier *d, const struct policy *policy, bool is_for_channel, int64_t at);
/* What a consent to a standard change's template names: the digest of what the policy says of it. -1: there is no such template. */
int template_digest(const json_t *policy, const char *name, char ret[65], struct err *e) MUST;
