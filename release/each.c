/* each.c - every record of some kinds, as the log has them, one after another: believed, looked at, forgotten. */
#include "release/release.h"
#include <string.h>

enum { KINDS_MAX = 8 };

struct each {
	struct release *r;
	bool is_trusting;
	release_seen *see;
	void *context;
};

static int see_row(void *context, const json_t *row, struct err *e)
{
	struct each *each = context;
	struct record record;
	int result = 0;

	if (record_load(&each->r->source.source, json_text(row, "record"), json_text(row, "signature"), &each->r->chain,
		    each->is_trusting, &record, e))
		return -1;
	record.seq = json_int(row, "seq");
	if (strcmp(record.type, json_text(row, "action")) == 0) /* a row that lies of its record names nothing */
		result = each->see(each->context, &record, e);
	record_done(&record);
	return result;
}

int release_each(struct release *r, const char *const *kinds, size_t len, bool is_trusting, release_seen *see,
	void *context, struct err *e)
{
	struct each each = { r, is_trusting, see, context };
	char *words[KINDS_MAX] = { NULL };
	int result = log_index_follow(r->index, r->store, NULL, e);

	for (size_t i = 0; i < len && i < KINDS_MAX; i++)
		words[i] = mem_printf("@%s", kinds[i]);
	if (result == 0)
		result = log_index_each(r->index, (const char *const *)words, len, see_row, &each, e);
	for (size_t i = 0; i < KINDS_MAX; i++)
		free(words[i]);
	return result;
}
