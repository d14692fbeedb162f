/* gate_adopt.c - the gate's rules on taking over a repository that was served before Sluice.
 *
 * Its packages were examined by nobody here, so no evidence is asked for and every record says so. Instead of the category's votes it takes those of the policy's
 * owners, who could write any policy anyway; and the signer lets it only into a channel that never served anything for that target (adoption.h). */
#include "release/gate/gate_impl.h"
#include <string.h>

bool gate_is_adoption(const struct gate *g)
{
	return json_map(g->rfc, "adopts") != NULL;
}

void rule_adoption(struct gate *g)
{
	const json_t *adopts = json_map(g->rfc, "adopts");
	const char *id = json_text(g->rfc, "id"), *target = json_text(adopts, "target"),
		   *into = json_text(adopts, "channel"), *channel = json_text(g->channel, "name");

	if (strcmp(into, channel) != 0)
		gate_refuse(g, "%s takes a repository over into channel %s, and into no other", id, into);
	else if (!json_lists(json_list(g->channel, "targets"), target))
		gate_refuse(g, "channel %s has no target '%s' any more", channel, target);
}
