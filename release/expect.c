/* expect.c - a department's signature on what is to be tested of a product, before it is tested. */
#include "release/expect.h"
#include "base/when.h"
#include "release/gate/fold.h"
#include <ctype.h>
#include <string.h>

/* One word of the log. */
static char *subject_of(const char *product, const char *role)
{
	char *subject = mem_printf("product/%s %s", product, role);

	for (char *c = subject + strlen("product/"); c < subject + strlen("product/") + strlen(product); c++)
		if (isspace((unsigned char)*c) || iscntrl((unsigned char)*c))
			*c = '_';
	return subject;
}

int expect_agree(struct release *r, const struct actor *actor, const char *product, const char *role, const char *text,
	size_t len, json_t **ret, struct err *e)
{
	AUTO_FREE char *subject = subject_of(product, role);
	AUTO_FD int lock = store_lock(r->store, e);
	AUTO_JSON *body = NULL;
	struct act act = { "expect-agree", subject, NULL, NULL, NULL };
	char digest[65] = "", record[65];

	if (lock < 0)
		return -1;
	if (!*product || strlen(product) > 200)
		return err_usage(e, "a product's name, as its recipe gives it, is meant");
	if (!json_list(json_map(release_policy(r), "roles"), role))
		return err_usage(e, "the policy has no role '%s'", role);
	if (release_may(r, actor, role, "expect-agree", subject, e) ||
		(text && blob_put(r->store->blobs, text, len, digest, e)))
		return -1;
	body = json_pack("{s:s, s:s, s:s}", "product", product, "role", role, "expect", digest);
	act.body = body;
	if (!body || release_act(r, actor, &act, record, e))
		return body ? -1 : err_usage(e, "a name is not UTF-8");
	*ret = json_copy(body);
	json_set_str(*ret, "record", record);
	return 0;
}

static int see(void *context, const struct record *record, struct err *e)
{
	return fold_agree(context, record, e);
}

int expect_list(struct release *r, const char *product, json_t **ret, struct err *e)
{
	static const char *const kinds[] = { "expect-agree" };
	AUTO_JSON *history = json_object(), *list = json_array();
	struct dossier d = { .chain = &r->chain, .source = &r->source.source, .history = history };
	struct fold f = { .d = &d };
	size_t i;
	json_t *one;

	if (release_each(r, kinds, COUNT(kinds), false, see, &f, e))
		return -1;
	json_array_foreach(json_list(history, "agreements"), i, one) {
		AUTO_FREE char *text = NULL;
		char when[32];
		size_t len;

		if (product && strcmp(json_text(one, "product"), product) != 0)
			continue;
		when_utc(json_int(one, "time"), when);
		json_set_str(one, "time", when);
		json_object_del(one, "seq");
		json_array_append(list, one);
		if (!product || !*json_text(one, "expect"))
			continue;
		if (source_get(&r->source.source, json_text(one, "expect"), &text, &len, e))
			return err_wrap(e, "what was agreed");
		json_set_bytes(one, "text", text, len);
	}
	*ret = json_pack("{s:O}", "agreements", list);
	return 0;
}
