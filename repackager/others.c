/* others.c - gathering a check's facts of every other product that is released. */
#include "repackager/others.h"
#include <string.h>

enum { FACTS_MAX = 64 << 20, PRODUCTS_MAX = 10000 };

static int read_facts(struct release *r, const char *product, const char *check, json_t *all, struct err *e)
{
	AUTO_JSON *released = NULL, *facts = NULL;
	AUTO_FREE char *bytes = NULL;
	size_t len;

	if (candidate_released(r, product, &released, e))
		return -1;
	if (!json_text(released, "facts")[0])
		return 0;
	if (blob_get(r->store->blobs, json_text(released, "facts"), FACTS_MAX, &bytes, &len, e) ||
		(facts = json_parse(bytes, len, "facts", e)) == NULL)
		return err_wrap(e, "the facts of %s", product);
	json_t *own = json_map(facts, check);
	if (own)
		json_object_set_new(all, product, json_pack("{s:O}", check, own));
	return 0;
}

/* One product's facts that cannot be read stop nobody else's submission: the check says that they are missing. */
static void add_product(struct release *r, const char *product, const char *check, json_t *all)
{
	struct err e = { 0 };

	if (read_facts(r, product, check, all, &e))
		json_object_set_new(all, product, json_pack("{s:{s:b}}", check, "unread", 1));
}

int others_facts(struct release *r, const char *product, const char *check, json_t **ret, struct err *e)
{
	AUTO_JSON *list = NULL, *seen = json_object();
	json_t *all = json_object(), *row;
	size_t i;

	if (candidate_list(r, &list, e)) {
		json_decref(all);
		return -1;
	}
	json_array_foreach(json_list(list, "candidates"), i, row) {
		const char *other = json_text(row, "product");

		if (!*other || strcmp(other, product) == 0 || json_object_get(seen, other))
			continue;
		if (json_object_size(seen) >= PRODUCTS_MAX) {
			json_object_set_new(all, other, json_pack("{s:{s:b}}", check, "unread", 1));
			break;
		}
		json_object_set_new(seen, other, json_true());
		add_product(r, other, check, all);
	}
	*ret = all;
	return 0;
}
