/* states.c - the transition table of an RfC; `sluice rfc states` prints it. */
#include "release/gate/states.h"
#include "base/text.h"
#include "release/gate/log.h"
#include <string.h>

#define ASKED "draft voting authorised scheduled"

const struct rfc_act rfc_acts[] = {
	{ "rfc-edit", "sluice rfc edit", ASKED " rejected released implemented reviewed failed rolled-back",
		"requester packager change-manager", "fields" },
	{ "rfc-withdraw", "sluice rfc withdraw", ASKED " rejected", "requester packager change-manager", "reason" },
	{ "rfc-reject", "sluice rfc reject", ASKED, "change-manager security-officer management",
		"kind duplicate-of reason" },
	{ "rfc-not-installed", "sluice rfc not-installed", ASKED " rejected", "change-manager cab management",
		"reason" },
	{ "rfc-resubmit", "sluice rfc resubmit", "rejected", "requester packager", "reason" },
	{ "rfc-priority", "sluice rfc priority", ASKED, "change-manager", "priority reason" },
	{ "rfc-dispute", "sluice rfc dispute", ASKED, "requester anybody", "about comment" },
	{ "rfc-decide", "sluice rfc decide", ASKED, "management", "about value reason" },
	{ "rfc-pir", "sluice rfc pir", "released implemented reviewed failed rolled-back",
		"change-manager cab management", "result comment follow-up" },
	{ NULL },
};

const struct rfc_transition rfc_transitions[] = {
	{ "", "draft", "rfc-open", "a signed request is recorded" },
	{ "draft", "voting", NULL,
		"the fields that its impact needs are filled, the evidence is there and good, findings at or above "
		"fail-on are accepted" },
	{ "voting", "draft", NULL, "one of these no longer holds" },
	{ "voting", "authorised", NULL,
		"every role and department that is asked for said yes to this revision, in order" },
	{ "authorised", "voting", NULL, "a new revision, a stricter policy, a voter who left the role" },
	{ "authorised", "scheduled", NULL, "it has a date" },
	{ "scheduled", "voting", NULL, "it is no longer authorised" },
	{ "voting", "rejected", "vote", "a role that is asked for says no" },
	{ "draft", "rejected", "rfc-reject", "a duplicate, not feasible, not wanted: with a reason" },
	{ "voting", "rejected", "rfc-reject", "as above" },
	{ "authorised", "rejected", "rfc-reject", "as above" },
	{ "scheduled", "rejected", "rfc-reject", "as above" },
	{ "draft", "rejected", "rfc-not-installed", "the decision that it is not installed, with its reason" },
	{ "voting", "rejected", "rfc-not-installed", "as above" },
	{ "authorised", "rejected", "rfc-not-installed", "as above" },
	{ "scheduled", "rejected", "rfc-not-installed", "as above" },
	{ "rejected", "rejected", "rfc-not-installed", "as above" },
	{ "rejected", "draft", "rfc-resubmit", "asked for anew: a new revision that everybody votes on again" },
	{ "rejected", "voting", "vote", "the no is taken back, or speaks of an older revision" },
	{ "authorised", "released", "release",
		"the gate allows, and the signer, asking again, agrees; to one channel (ring) after the other" },
	{ "scheduled", "released", "release", "as above, and the date has come" },
	{ "released", "implemented", NULL,
		"it is in every channel that none comes after, and the fields for it are filled" },
	{ "released", "reviewed", "rfc-pir", "the review says success" },
	{ "implemented", "reviewed", "rfc-pir", "the review says success" },
	{ "released", "failed", "rfc-pir", "the review says failed; it goes to no further channel" },
	{ "implemented", "failed", "rfc-pir", "the review says failed" },
	{ "released", "rolled-back", "rfc-pir", "the review says that it was undone" },
	{ "implemented", "rolled-back", "rfc-pir", "the review says that it was undone" },
	{ "released", "rolled-back", "rollback", "its packages went back to what was there before" },
	{ "implemented", "rolled-back", "rollback", "as above" },
	{ "failed", "rolled-back", "rfc-pir", "it was undone since" },
	{ "failed", "reviewed", "rfc-pir", "it was put right since" },
	{ "rolled-back", "reviewed", "rfc-pir", "it was put right since" },
	{ "reviewed", "failed", "rfc-pir", "the fault came out later" },
	{ "reviewed", "rolled-back", "rfc-pir", "it was undone later" },
	{ "reviewed", "closed", NULL, "the fields for it are filled" },
	{ "draft", "withdrawn", "rfc-withdraw", "the request is taken back" },
	{ "voting", "withdrawn", "rfc-withdraw", "as above" },
	{ "authorised", "withdrawn", "rfc-withdraw", "as above" },
	{ "scheduled", "withdrawn", "rfc-withdraw", "as above" },
	{ "rejected", "withdrawn", "rfc-withdraw", "as above" },
	{ NULL },
};

const struct rfc_act *rfc_act_named(const char *type)
{
	for (const struct rfc_act *a = rfc_acts; a->type; a++)
		if (strcmp(a->type, type) == 0)
			return a;
	return NULL;
}

bool rfc_act_may(const struct rfc_act *act, const json_t *policy, const char *requester, const char *person)
{
	struct slice rest = slice_of(act->who), word;

	while (slice_cut(&rest, ' ', &word)) {
		AUTO_FREE char *role = strndup(word.at, word.len);

		if (strcmp(role, "requester") == 0             ? strcmp(requester, person) == 0
				: strcmp(role, "anybody") == 0 ? policy_has_any_role(policy, person)
							       : policy_holds(policy, person, role))
			return true;
	}
	return false;
}

bool rfc_act_fits(const struct rfc_act *act, const char *state)
{
	return log_names(act->states, state);
}

bool rfc_is_state(const char *name)
{
	for (const struct rfc_transition *t = rfc_transitions; t->to; t++)
		if (strcmp(t->to, name) == 0)
			return true;
	return false;
}

char *rfc_act_people(const struct rfc_act *act)
{
	struct slice rest = slice_of(act->who), word;
	struct text t = { 0 };

	while (slice_cut(&rest, ' ', &word))
		text_add(&t, "%s%.*s", t.len ? " or " : "", (int)word.len, word.at);
	return text_take(&t);
}
