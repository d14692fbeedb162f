/* fuzz_trust_keys.c - any bytes as certificates and OpenPGP keys. */
#include "inspect/trust_keys.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seen(void *to, const struct trust_key *key)
{
	if (strlen(key->id) < 40 || key->name[sizeof key->name - 1] != 0)
		__builtin_trap();
	++*(size_t *)to;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = 0, unread = trust_keys(data, size, seen, &count);

	if (count > TRUST_KEYS_MAX || unread > size)
		__builtin_trap();
	return 0;
}
