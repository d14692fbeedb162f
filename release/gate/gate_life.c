/* gate_life.c - the gate's rules on decisions that are no votes: rejected, disputed, reviewed as failed. */
#include "base/when.h"
#include "release/gate/gate_impl.h"
#include <string.h>

static const json_t *life_of(const struct gate *g)
{
	return json_map(g->rfc, "life");
}

void rule_rejected(struct gate *g)
{
	const json_t *rejected = json_map(life_of(g), "rejected");
	const char *what = json_text(rejected, "what"), *id = json_text(g->rfc, "id");

	if (!rejected)
		return;
	if (strcmp(what, "not-installed") == 0)
		gate_refuse(g, "%s decided that %s is not installed: %s; 'sluice rfc resubmit' asks again",
			json_text(rejected, "person"), id, json_text(rejected, "reason"));
	else
		gate_refuse(g, "%s rejected %s%s%s%s%s: %s; 'sluice rfc resubmit' asks again",
			json_text(rejected, "person"), id, *what ? " as " : "", what,
			*json_text(rejected, "duplicate_of") ? " of " : "", json_text(rejected, "duplicate_of"),
			json_text(rejected, "reason"));
}

void rule_dispute(struct gate *g)
{
	AUTO_FREE char *who = json_join(json_list(json_map(g->policy, "roles"), "management"), "nobody");
	int64_t from = json_int(life_of(g), "not_before");
	char when[32];
	size_t i;
	json_t *open;

	json_array_foreach(json_list(life_of(g), "disputes"), i, open)
		gate_refuse(g, "%s disputes its %s; management (%s) decides with 'sluice rfc decide'",
			json_text(open, "person"), json_text(open, "about"), who);
	if (g->at < from) {
		when_utc(from, when);
		gate_refuse(g, "management decided that it is not released before %s", when);
	}
}

void rule_review(struct gate *g)
{
	const char *result = json_text(life_of(g), "review");

	if (json_array_size(json_list(g->history, "rollbacks")))
		gate_refuse(g, "%s took it back; a new candidate and a new RfC are needed",
			json_text(json_array_get(json_list(g->history, "rollbacks"), 0), "person"));

	if (*result && strcmp(result, "success") != 0)
		gate_refuse(g,
			"its review says '%s': it goes to no further channel; a better review ('sluice rfc pir') or a "
			"new "
			"RfC is needed",
			result);
}
