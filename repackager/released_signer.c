/* released_signer.c - looking through a candidate's evidence for the vendor's signature. */
#include "repackager/released_signer.h"
#include <stdio.h>
#include <string.h>

enum { EVIDENCE_MAX = 64 << 20 };

/* NULL: gone, damaged, or no evidence at all. */
static json_t *evidence_of(struct blobs *blobs, const char *digest)
{
	AUTO_FREE char *bytes = NULL;
	struct err ignored = { 0 };
	size_t len;

	return blob_get(blobs, digest, EVIDENCE_MAX, &bytes, &len, &ignored)
		? NULL
		: json_parse(bytes, len, "evidence", &ignored);
}

void released_signer(struct blobs *blobs, const json_t *released, char ret[SIGNER_MAX], const char **ret_unread)
{
	size_t i;
	json_t *digest;

	ret[0] = 0;
	*ret_unread = NULL;
	json_array_foreach(json_list(released, "evidence"), i, digest) {
		const char *name = json_is_string(digest) ? json_string_value(digest) : "";
		AUTO_JSON *evidence = *name ? evidence_of(blobs, name) : NULL;

		if (*name && evidence == NULL)
			*ret_unread = name;
		if (strcmp(json_text(evidence, "kind"), "vendor-signature") == 0 &&
			strcmp(json_text(evidence, "verdict"), "pass") == 0)
			snprintf(ret, SIGNER_MAX, "%s", json_text(json_map(evidence, "body"), "fingerprint"));
	}
	if (ret[0])
		*ret_unread = NULL;
}
