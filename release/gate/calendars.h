/* calendars.h - the calendars that a policy names, as the gate takes them: read from the state of the policy, around one time. */
#pragma once
#include "release/gate/policy.h"

/* {PATH: {"busy": [{"from","until","text","tentative"}]}} of [from, until); one that cannot be had or read is {"error": text}, and the gate refuses. */
json_t *calendars_of(const struct policy *policy, struct record_source *s, int64_t from, int64_t until);
