/* policy_keys.c - the kinds of keys a policy may name; a new kind is one row and its verification in record.c. */
#include "base/text.h"
#include "release/gate/policy.h"
#include <ctype.h>
#include <string.h>

static char *bare_upper(const char *value)
{
	char *fingerprint = mem_strdup(value);

	for (char *c = fingerprint; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return fingerprint;
}

static const struct key_kind kinds[] = {
	{ "openpgp:", "[0-9A-Fa-f]{40}([0-9A-Fa-f]{24})?", "an OpenPGP key by its whole fingerprint", bare_upper },
	{ "x509:", ".+", "a certificate, as on a smart card; not verified yet", NULL },
	{ "passkey:", ".+", "a passkey (FIDO2); not verified yet", NULL },
};

const struct key_kind *key_kinds(size_t *ret_len)
{
	*ret_len = COUNT(kinds);
	return kinds;
}

const struct key_kind *key_kind_of(const char *key)
{
	for (size_t i = 0; key && i < COUNT(kinds); i++)
		if (text_starts(key, kinds[i].prefix))
			return &kinds[i];
	return NULL;
}

char *fingerprint_of(const char *key)
{
	const struct key_kind *kind = key_kind_of(key);

	return kind && kind->identity ? kind->identity(key + strlen(kind->prefix)) : NULL;
}
