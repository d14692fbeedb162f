/* fuzz_policy.c - any text as a policy; what is taken must also be safe to ask. */
#include "release/gate/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	json_t *policy = NULL;

	if (policy_parse((const char *)data, size, "policy.yaml", &policy, &e) == 0) {
		AUTO_JSON *names = json_pack("[s]", "package"), *affected = policy_affected(policy, names);

		json_decref(policy_extract(policy, "minor", affected));
		json_decref(policy_gaps(policy));
		json_decref(policy_later(policy));
		policy_person_of(policy, "0123456789ABCDEF0123456789ABCDEF01234567");
		policy_acceptors(policy, "check");
		json_decref(policy);
	}
	return 0;
}
