/* fsck_blobs.c - every blob hashed once, and everything that the log's records name looked for. */
#include "base/digest.h"
#include "base/text.h"
#include "release/keep/fsck_impl.h"
#include <string.h>

/* ---- those that are there */
int fsck_blobs(struct checking *c, struct err *e)
{
	struct refs refs = { .open = { 0 } };
	int status = refs_list(&refs, c->store, e);

	for (size_t i = 0; status == 0 && i < refs.blobs.len; i++) {
		struct err why = { 0 };
		char digest[SHA256_HEX];
		uint64_t size = 0;

		hex_of(refs.blobs.at[i].digest, 32, digest);
		if (blob_check(c->store->blobs, digest, &size, &why))
			status = fsck_blob(c, digest, digest, &why, e);
		c->blobs++;
		c->bytes += (int64_t)size;
		event_progress(c->o->events, "blobs", i + 1, refs.blobs.len);
	}
	refs_done(&refs);
	return status;
}

/* ---- those that are named */
struct naming {
	struct checking *c;
	const struct log_row *row;
	struct source_store source;
};

static int need(struct naming *n, const char *digest, const char *what, struct err *e)
{
	AUTO_FREE char *where = NULL;
	struct err why = { 0 };

	if (!digest_is_hex(digest) || blob_has(n->c->store->blobs, digest) || json_object_get(n->c->bad, digest) ||
		json_object_get(n->c->collected, digest))
		return 0;
	where = mem_printf("%s of %s (row %lld)", what, *n->row->subject ? n->row->subject : n->row->action,
		(long long)n->row->seq);
	err_env(&why, "blob %s is missing", digest);
	return fsck_blob(n->c, digest, where, &why, e);
}

static int need_list(struct naming *n, const json_t *list, const char *what, struct err *e)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		if (json_is_string(item) && need(n, json_string_value(item), what, e))
			return -1;
	return 0;
}

static int need_packages(struct naming *n, const json_t *list, struct err *e)
{
	size_t i;
	json_t *package;

	json_array_foreach(list, i, package)
		if (need(n, json_text(package, "sha256"), json_text(package, "location"), e) ||
			need(n, json_text(package, "fragment"), "the index entry", e))
			return -1;
	return 0;
}

/* Which members of a body name blobs. What is not listed here is still found by who reads it (audit), and kept by gc (refs.h). */
static const struct {
	const char *key, *what;
	bool is_list;
} named[] = {
	{ "recipe", "the recipe", false },
	{ "house", "the house's rules", false },
	{ "facts", "what was found", false },
	{ "evidence", "evidence", false },
	{ "evidence", "evidence", true },
	{ "reports", "a report", true },
	{ "attach", "what was attached", true },
	{ "expect", "what was agreed", false },
	{ "document", "the advisory", false },
	{ "policy", "the policy", false },
	{ "keyring", "a keyring", true },
	{ "signatures", "a signature", true },
};

static int need_members(struct naming *n, const json_t *body, struct err *e)
{
	for (size_t i = 0; i < COUNT(named); i++)
		if (named[i].is_list ? need_list(n, json_list(body, named[i].key), named[i].what, e)
				     : need(n, json_text(body, named[i].key), named[i].what, e))
			return -1;
	return need_packages(n, json_list(body, "packages"), e) || need_packages(n, json_list(body, "back"), e) ? -1
														: 0;
}

static int see_row(void *context, const struct log_row *row, struct err *e)
{
	struct naming *n = context;
	AUTO_JSON *record = NULL;
	struct err ignored = { 0 };
	const json_t *body;

	n->row = row;
	n->c->rows = row->seq;
	if (need(n, row->record, "the record", e) || need(n, row->signature, "the signature", e))
		return -1;
	if (!digest_is_hex(row->record) || strcmp(row->action, "snapshot") == 0 || strcmp(row->action, "export") == 0)
		return 0;
	record = source_json(&n->source.source, row->record, &ignored);
	body = json_map(record, "body");
	return need_members(n, body, e) || need_members(n, json_map(body, "submit"), e) ||
			need_members(n, json_map(body, "request"), e)
		? -1
		: 0;
}

int fsck_named(struct checking *c, struct err *e)
{
	struct naming n = { .c = c };
	struct log_head head;

	source_of_store(&n.source, c->store);
	if (log_walk(c->store, NULL, see_row, &n, &head, e) == 0)
		return 0;
	if (e->class != ERR_VERDICT)
		return -1;
	fsck_found(c, "log", "log", e->text, "a backup", false);
	*e = (struct err){ 0 };
	return 0;
}
