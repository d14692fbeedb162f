/* gate_back.c - the gate's rule on taking a change back: its packages' earlier content, re-issued above it.
 *
 * What lets it pass are the votes that let the change in: they cover the packages of the way back. So it waits for nothing (no window, no blackout, no
 * soak, no stop, no debt): a rollback is the remedy. */
#include "release/gate/gate_impl.h"
#include "release/gate/packed.h"
#include "release/gate/policy.h"
#include <string.h>

/* By whatever revision: what a department finds after the release makes a new one, and is a reason to go back. The candidates, and with them their way
 * back, are the same in all of an RfC's revisions. */
static bool is_there(const struct gate *g, const char *list, const char *channel)
{
	return json_find(json_list(g->history, list), "channel", channel) != NULL;
}

static bool is_proved(const struct gate *g, const char *sha256)
{
	const json_t *found = gate_latest(g, "way-back", sha256);

	return found && strcmp(json_text(found, "verdict"), "pass") == 0;
}

void rule_back(struct gate *g)
{
	const char *id = json_text(g->rfc, "id"), *channel = json_text(g->channel, "name"),
		   *person = json_text(g->rfc, "implementer");
	AUTO_JSON *packages = gate_packages(g);
	size_t i;
	json_t *item;

	if (!json_flag(g->rfc, "back"))
		return;
	if (json_array_size(json_list(g->rfc, "removes")))
		gate_refuse(g, "%s took %s out; what brings it back is a new RfC with the candidate that it came with",
			id, json_text(json_map(g->rfc, "request"), "remove"));
	if (gate_is_adoption(g))
		gate_refuse(g, "%s took over what was served before; there is nothing behind it to go back to", id);
	if (!is_there(g, "releases", channel))
		gate_refuse(g, "%s was not released to channel %s", id, channel);
	if (is_there(g, "rollbacks", channel))
		gate_refuse(g, "%s was taken back on channel %s already", id, channel);
	if (*person && !policy_has_any_role(g->policy, person))
		gate_refuse(g, "%s has no role; anybody with one may take a change back", person);
	json_array_foreach(packages, i, item) {
		AUTO_JSON *package = packed_get(item);

		if (!is_proved(g, json_text(package, "sha256")))
			gate_refuse(g, "%s %s: the way back did not pass its test when %s was submitted",
				json_text(package, "name"), json_text(package, "version"),
				json_text(package, "candidate"));
	}
}
