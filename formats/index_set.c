/* index_set.c - the files of one repository's metadata, collected. */
#include "base/digest.h"
#include "formats/index.h"
#include <string.h>

void index_set_done(struct index_set *s)
{
	for (size_t i = 0; i < s->len; i++) {
		free(s->at[i].path);
		free(s->at[i].bytes);
		free(s->at[i].file);
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

struct index_item *index_set_add_file(struct index_set *s, char *path, char *file, const char *sha256, size_t len)
{
	struct index_item *item = LIST_ADD(s);

	*item = (struct index_item){ .path = path, .file = file, .len = len };
	snprintf(item->sha256, sizeof item->sha256, "%s", sha256);
	return item;
}
