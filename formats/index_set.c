/* index_set.c - the files of one repository's metadata, collected. */
#include "formats/index_set.h"
#include "base/digest.h"

void index_set_done(struct index_set *s)
{
	for (size_t i = 0; i < s->len; i++) {
		free(s->at[i].path);
		free(s->at[i].bytes);
	}
	LIST_DONE(s);
}

struct index_item *index_set_add(struct index_set *s, char *path, char *bytes, size_t len)
{
	struct index_item *item = LIST_ADD(s);

	*item = (struct index_item){ .path = path, .bytes = bytes, .len = len };
	sha256_hex(bytes, len, item->sha256);
	return item;
}
