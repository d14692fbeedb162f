/* fold_agree.c - "expect-agree": what a role agreed to see tested of a product. */
#include "release/gate/fold.h"

int fold_agree(struct fold *f, const struct record *r, struct err *e)
{
	const struct policy *then = policies_by_digest(f->d->chain, r->policy);
	json_t *agreements = json_list(f->d->history, "agreements");

	(void)e;
	if (!then || !policy_holds(then->json, r->person, json_text(r->body, "role")))
		return 0;
	if (!agreements) {
		agreements = json_array();
		json_object_set_new(f->d->history, "agreements", agreements);
	}
	return json_array_append_new(agreements,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "product", json_text(r->body, "product"), "role",
			json_text(r->body, "role"), "expect", json_text(r->body, "expect"), "person", r->person, "key",
			r->key, "record", r->digest, "seq", (json_int_t)r->seq, "time", (json_int_t)r->time));
}
