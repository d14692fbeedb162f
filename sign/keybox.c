/* keybox.c - the certificates in a pubring.kbx, block by block (GnuPG's kbx/keybox-blob.c describes the file). Nothing is judged. */
#include "sign/packets.h"
#include "sign/plain_key.h"

enum { BLOB_EMPTY = 0, BLOB_HEADER = 1, BLOB_OPENPGP = 2, BLOB_HEAD = 20 };

/* A blob: its length, its type, version, two bytes of flags; of OpenPGP then where in it the block lies and how long it is. */
int keybox_next(const unsigned char *bytes, size_t len, size_t *at, const unsigned char **ret, size_t *ret_len)
{
	while (*at < len) {
		const unsigned char *blob = bytes + *at;
		size_t left = len - *at, size, from, block;

		if (left < BLOB_HEAD || (size = packet_number(blob)) < BLOB_HEAD || size > left)
			return -1;
		*at += size;
		if (blob[4] == BLOB_EMPTY || blob[4] == BLOB_HEADER)
			continue;
		from = packet_number(blob + 8);
		block = packet_number(blob + 12);
		if (blob[4] != BLOB_OPENPGP || blob[5] != 1 || from > size || block > size - from)
			return -1;
		*ret = blob + from;
		*ret_len = block;
		return 1;
	}
	return 0;
}
