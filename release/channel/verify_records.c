/* verify_records.c - the gate asked a third time, from records/ alone: every policy since the pinned root, every release at its own time. */
#include "base/text.h"
#include "release/channel/verify_impl.h"
#include "release/gate/audit.h"
#include <string.h>

/* audit.h's findings say "what"; ours a code. A refusal of the gate is E_GATE. */
static void take_findings(struct verifying *v, const json_t *findings)
{
	const json_t *one;
	size_t i;

	json_array_foreach(findings, i, one) {
		verify_find(v, text_starts(json_text(one, "what"), "E_") ? json_text(one, "what") : "E_GATE",
			*json_text(one, "where") ? json_text(one, "where") : "records", "%s", json_text(one, "text"));
		if (json_object_get(one, "machine"))
			verify_machine(v, (int)json_int(one, "machine"));
	}
}

/* What was left out cannot be hashed here, and nobody can take it from here: it is not among the items (verify_expect). */
static void check_releases(struct verifying *v, struct record_source *source, struct policies *chain)
{
	AUTO_JSON *findings = json_array();
	struct err e = { 0 };

	if (audit_snapshot(
		    &(struct audit_asked){ source, chain, json_text(v->release, "channel"), &v->items, findings }, &e))
		verify_find_err(v, "release.json", &e);
	take_findings(v, findings);
}

static bool was_hashed(void *context, const char *digest, uint64_t *ret_size)
{
	const struct verifying *v = context;
	const struct audit_held *held = audit_held_of(&v->items, digest);

	if (!held || !held->is_hashed)
		return false;
	*ret_size = held->size;
	return true;
}

void verify_records(struct verifying *v)
{
	AUTO(policies) chain = { 0 };
	struct source_tree source;
	struct err e = { 0 };

	source_of_tree(&source, v->dir);
	source.was_hashed = was_hashed;
	source.context = v;
	if (audit_policies(&source.source, v->release, json_text(v->trust, "policy"), &chain, &e)) {
		verify_find_err(v, "records", &e);
		return;
	}
	if (!policies_now(&chain) || strcmp(policies_now(&chain)->digest, json_text(v->release, "policy")) != 0)
		verify_find(v, "E_ROLLBACK", "release.json", "its policy is not the last one of its chain");
	if (policies_now(&chain)) {
		verify_own_keys(v, policies_now(&chain)->json);
		verify_served_keys(v, policies_now(&chain)->json);
		verify_indexes(v, policies_now(&chain)->json);
	}
	check_releases(v, &source.source, &chain);
}
