/* gate.h - may this RfC's packages enter this channel? One pure function over a table of rules; no I/O, no clock, no state.
 *
 * Its inputs are plain, already verified data (load.h makes them from signed records); it is asked by `sluice gate`, by the release command, again by
 * the signing process, and again by audit and pull. An input that is missing or of another shape refuses: an error is a no.
 *
 *   policy       the parsed policy in force at `at` (policy.h)
 *   channel      {"name", "targets", ...}: the policy's channel with its name; null: is it authorised at all, channel by channel rules left out
 *   rfc          {"id", "revision": digest, "type", "requester", "implementer" ("" before a release), "back": bool: its packages are to go back, "urgency", "impact", "floor" is computed here,
 *                 "request": {field: text}, "candidates": [{"id","product","vendor","source","submitter","withdrawn","superseded_by"}],
 *                 "affected": {"services","processes","departments","unmapped"}, "asked": policy_extract frozen at the revision,
 *                 "names": {"evidence": [digest], "acceptances": [digest]} as the revision names them,
 *                 "removes": [{"target","name","version","architecture","product","sha256"}] where it takes a package out of a channel,
 *                 "adopts": {"target","channel","format","evidence","packages": how many,"signed","text"} where it takes over a repository (adoption.h),
 *                 "window": {"from","until"} or absent, "schedule": time or 0,
 *                 "scheduled": {"at","until","person","key"} where there is one, "external": text, "withdrawn": bool,
 *                 "life": {"rejected": null or {"what","person","reason","duplicate_of"}, "disputes": [{"about","person"}] that are open,
 *                          "not_before": time or 0, "review": "" or its result}}
 *   packages     [{"candidate","target","format","name","version","architecture","sha256","size","intact": bool: its bytes were hashed again}]
 *   evidence     [{"digest","kind","subjects","verdict","time","person","key","seq": its row of the log,"body"}], oldest first; only intact blobs named by signed records
 *   acceptances  [{"digest","finding","role","person","key","reason","until": time or 0,"scope"}]
 *   votes        [{"digest","revision","role","decision","condition","person","key","time"[,"for": the holder a deputy speaks for,
 *                 "appointments": the records of appointments that stood when it was cast, "logged": the latest time of a record before it]
 *                 [,"met": [{"person","key","time"}]: who says that the condition is met]}] in the order they were cast
 *   calendars    {PATH: {"busy": [{"from","until","text","tentative"}]}} around `at`; a calendar that the policy names and that is not here refuses
 *   history      {"releases": [{"rfc","channel","time"}], "rollbacks": [{"channel","revision"}], "stopped": [{"channel","person","reason"}] that still stand, "debts": [{"rfc","channel","due","paid"}],
 *                 "ring": {"channel","ok","failed"} how many machines of the channel before this one were well with it, or not (absent: not known),
 *                 "scheduled": [{"rfc","from","until","processes"}] of other RfCs, "templates": {NAME: {"used": by other RfCs this month, "consents": [role], "expires"}},
 *                 "agreements": [{"product","role","expect": digest or "","person","key","seq","time"}] as they were signed,
 *                 "deputies": [{"person","for","role","from","until","key": the holder's,"deputy_keys": [the deputy's then],"record","ended"}]}
 *   at           seconds; now for a release, the recorded time for audit and pull */
#pragma once
#include "base/json.h"

/* {"allow": bool, "reasons": [{"rule","text"[,"role": whose yes is missing]}]}; each text says what is missing and who can give it. Never NULL; owned by the caller. */
json_t *gate(const json_t *policy, const json_t *channel, const json_t *rfc, const json_t *packages,
	const json_t *evidence, const json_t *acceptances, const json_t *votes, const json_t *calendars,
	const json_t *history, int64_t at);

/* Which transition a rule guards: what must hold to enter voting, to be authorised, to be released now. */
enum gate_stage { STAGE_VOTING, STAGE_AUTHORISED, STAGE_RELEASE };
struct gate_rule_info {
	const char *name, *about;
	enum gate_stage stage;
};
/* The table, for documentation and for the states; *ret_len rules, in the order they are asked. */
const struct gate_rule_info *gate_rules(size_t *ret_len);
/* How long a change of these processes takes, by the RfC's downtime or the policy's expectations: seconds; 0: nobody said. A downtime that says no length is
 * taken for a day. */
int64_t gate_duration(const json_t *policy, const json_t *processes, const json_t *request);
enum gate_stage gate_rule_stage(const char *rule); /* an unknown name guards the first one */
