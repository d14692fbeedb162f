/* verify_records.c - the gate asked a third time, from records/ alone: every policy since the pinned root, every release at its own time. */
#include "base/fs.h"
#include "base/text.h"
#include "release/channel/verify_impl.h"
#include "release/gate/audit.h"
#include <string.h>

/* audit.h's findings say "what"; ours a code. A refusal of the gate is E_GATE. */
static void take_findings(struct verifying *v, const json_t *findings)
{
	const json_t *one;
	size_t i;

	json_array_foreach(findings, i, one)
		verify_find(v, text_starts(json_text(one, "what"), "E_") ? json_text(one, "what") : "E_GATE",
			*json_text(one, "where") ? json_text(one, "where") : "records", "%s", json_text(one, "text"));
}

/* The packages a release let in, by digest. */
static void note_packages(json_t *let_in, const json_t *entry)
{
	const json_t *package;
	size_t i;

	json_array_foreach(json_list(entry, "packages"), i, package)
	{
		const char *digest = json_is_string(package) ? json_string_value(package)
							     : json_text(package, "sha256");

		json_object_set_new(let_in, digest, json_true());
	}
}

/* A package in the tree that no release let in came past the gate. */
static void check_let_in(struct verifying *v, const json_t *let_in)
{
	const json_t *package;
	size_t i;

	json_array_foreach(json_list(v->release, "packages"), i,
		package) if (!json_object_get(let_in, json_text(package, "sha256"))) verify_find(v, "E_GATE",
		json_text(package, "path"), "no release let %s in", json_text(package, "sha256"));
}

static void check_releases(struct verifying *v, struct record_source *source, struct policies *chain)
{
	AUTO_JSON *let_in = json_object();
	const json_t *entry;
	size_t i;

	json_array_foreach(json_list(v->release, "releases"), i, entry)
	{
		AUTO_JSON *findings = json_array();
		bool is_allowed = audit_release(source, chain, json_text(v->release, "channel"), entry, findings);

		take_findings(v, findings);
		if (is_allowed)
			note_packages(let_in, entry);
		else if (json_array_size(findings) == 0)
			verify_find(v, "E_GATE", "records", "the gate refuses %s", json_text(entry, "rfc"));
	}
	check_let_in(v, let_in);
}

void verify_records(struct verifying *v)
{
	AUTO_FREE char *records = fs_join(v->dir, "records");
	const char *const dirs[] = { records, NULL };
	AUTO(policies) chain = { 0 };
	struct source_dirs source;
	struct err e = { 0 };

	source_of_dirs(&source, dirs);
	if (audit_policies(&source.source, v->release, json_text(v->trust, "policy"), &chain, &e)) {
		verify_find_err(v, "records", &e);
		return;
	}
	if (!policies_now(&chain) || strcmp(policies_now(&chain)->digest, json_text(v->release, "policy")) != 0)
		verify_find(v, "E_ROLLBACK", "release.json", "its policy is not the last one of its chain");
	check_releases(v, &source.source, &chain);
}
