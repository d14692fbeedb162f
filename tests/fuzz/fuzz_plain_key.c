/* fuzz_plain_key.c - any bytes as a keyring, as the certificates in it, and as the file of a secret key. */
#include "sign/plain_key.h"
#include <openssl/evp.h>
#include <stdlib.h>

static void look_at_block(const unsigned char *block, size_t len)
{
	struct plain_certificate c;
	char grip[41];

	if (plain_certificate_begins(block, len, &c)) {
		if (c.body < block || c.body + c.len > block + len)
			abort();
		(void)plain_grip(c.body, c.len, grip);
	}
	(void)plain_certificate_read(block, len, &c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct secret_numbers n;
	const unsigned char *block;
	size_t at = 0, len;

	while (keybox_next(data, size, &at, &block, &len) > 0) {
		if (block < data || block + len > data + size)
			abort();
		look_at_block(block, len);
	}
	look_at_block(data, size);
	if (secret_numbers_read((const char *)data, size, &n))
		EVP_PKEY_free(plain_secret(&n, data, size));
	return 0;
}
