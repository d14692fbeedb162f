/* fuzz_policy.c - any text as a policy, what follows a zero byte as every file it includes; what is taken must also be safe to ask. */
#include "base/text.h"
#include "release/gate/policy.h"
#include <string.h>

static int half(void *context, const char *path, char **ret, size_t *ret_len, struct err *e)
{
	const struct slice *rest = context;

	if (!policy_path_is_safe(path))
		__builtin_trap(); /* nobody is asked for a file outside the policy's folder */
	*ret = mem_alloc(rest->len + 1);
	if (rest->len)
		memcpy(*ret, rest->at, rest->len);
	*ret_len = rest->len;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = { 0 };
	json_t *policy = NULL;
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	struct slice rest = { zero ? (const char *)zero + 1 : NULL, zero ? size - (size_t)(zero - data) - 1 : 0 };

	if (zero)
		size = (size_t)(zero - data);
	if (policy_parse_with((const char *)data, size, "policy.yaml", half, &rest, &policy, &e) == 0) {
		AUTO_JSON *names = json_pack("[s]", "package"), *affected = policy_affected(policy, names);

		json_decref(policy_extract(policy, "minor", affected));
		json_decref(policy_words(policy));
		json_decref(policy_lint(policy, 1800000000));
		json_decref(policy_paths(policy));
		json_decref(policy_gaps(policy));
		json_decref(policy_later(policy));
		policy_person_of(policy, "0123456789ABCDEF0123456789ABCDEF01234567");
		policy_acceptors(policy, "check");
		json_decref(policy);
	}
	return 0;
}
