/* fuzz_one_signature.c - a signature judged without gpg: its packet, a key's packet, and what certificates hold, from any bytes. */
#include "sign/key_facts.h"
#include "sign/one_signature.h"
#include <string.h>

/* Nothing points out of the packet, and every part of it is of a size that the arithmetic takes. */
static void look(const struct one_signature *s, const uint8_t *at, size_t len)
{
	if (s->hashed < at || s->hashed + s->hashed_len > at + len || s->time < 0)
		abort();
	for (size_t i = 0; i < COUNT(s->numbers); i++)
		if (s->numbers[i] && (s->numbers[i] < at || s->numbers[i] + s->numbers_len[i] > at + len))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char digest[DIGEST_MAX];
	struct one_signature s;
	struct keyring k = { 0 };
	size_t first = size ? data[0] : 0;

	if (size < 1 || first > size - 1)
		return 0;
	data++;
	size--;
	key_facts_take(&k, data, size);
	keyring_believe(&k, "");
	key_facts_done(&k);
	if (!one_signature_read(data, first, &s))
		return 0;
	look(&s, data, first);
	memcpy(s.begins, digest, 2);
	(void)one_signature_fits(&s, data + first, size - first, digest, digest_size(s.digest));
	return 0;
}
