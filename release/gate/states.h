/* states.h - the life of an RfC as data: who may do which act in which state, and what leads from one state to the next.
 *
 * `sluice rfc states` prints it, the commands and the fold ask it. States that the gate finds out (draft, voting, authorised, scheduled) come and go by
 * themselves; the others are made by signed acts. */
#pragma once
#include "release/gate/policy.h"

struct rfc_act {
	const char *type, *command; /* the record's, and how it is given */
	const char *states;         /* words: in which it may be done */
	const char *who;            /* words: roles, or "requester", "anybody" (of the policy's roles) */
	const char *keys;           /* words: what its body may hold beside "rfc"; another one refuses */
};
struct rfc_transition {
	const char *from, *to, *act; /* act: a record's type; NULL: it is entered by itself */
	const char *when;
};
extern const struct rfc_act rfc_acts[];               /* ends with type NULL */
extern const struct rfc_transition rfc_transitions[]; /* ends with to NULL */

const struct rfc_act *rfc_act_named(const char *type); /* NULL: none */
/* May this person do it, as that policy has it? */
bool rfc_act_may(const struct rfc_act *act, const json_t *policy, const char *requester, const char *person);
bool rfc_act_fits(const struct rfc_act *act, const char *state);
bool rfc_is_state(const char *name);
/* "requester, or as packager"; malloc. */
char *rfc_act_people(const struct rfc_act *act);
