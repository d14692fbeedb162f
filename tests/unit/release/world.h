/* world.h - a store with three people for tests: olga (owner, trial's place), pat (packager), carl (change manager). */
#pragma once
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/release.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct world {
	char *dir, *store, *homes[3];
	char keys[3][65];
	struct release *r;
};
enum { TRIAL, PAT, CARL };
static const char *const world_names[] = { "trial", "pat", "carl" };

/* Inside a function whose `e` is a struct. */
#define OK(call)                                                                                                       \
	do {                                                                                                           \
		if (call)                                                                                              \
			fail_msg("%s:%d: %s: %s", __FILE__, __LINE__, #call, e.text);                                  \
	} while (0)

static inline struct actor as(const struct world *w, int who)
{
	return (struct actor){ world_names[who], w->homes[who], NULL };
}

static inline char *sign_file(const struct world *w, int who, const char *path)
{
	AUTO_FREE char *text = NULL, *sig = NULL;
	char *out = mem_printf("%s.%s.asc", path, world_names[who]);
	AUTO(signer) signer = { .fd = -1 };
	struct err e = { 0 };
	struct sig_data data = { .fd = -1 };
	size_t sig_len;

	OK(fs_read_file(path, 1 << 20, &text, &data.len, &e));
	data.bytes = text;
	OK(signer_open(&signer, w->homes[who], w->keys[who], &e));
	OK(signer_sign(&signer, SIGN_DETACHED_ARMOR, &data, &sig, &sig_len, &e));
	OK(fs_write_file(out, sig, sig_len, 0644, &e));
	return out;
}

/* The policy with three people; more: text that is put at its end. */
static inline char *write_policy(
	const struct world *w, const char *name, const char *cab, const char *carl_key, const char *more)
{
	char *path = mem_printf("%s/%s", w->dir, name);
	AUTO_FREE char *text = mem_printf(
		"version: 1\norganisation: Test\nkeyring: keyring.asc\npeople:\n"
		"  trial: {keys: [\"openpgp:%s\"]}\n  pat: {keys: [\"openpgp:%s\"]}\n  carl: {keys: [\"openpgp:%s\"]}\n"
		"owners: {threshold: 1, people: [trial]}\n"
		"roles: {packager: [pat], change-manager: [carl, pat], cab: %s, security-officer: [carl]}\n"
		"vendors: {acme: {keys: [\"openpgp:%s\"]}}\n"
		"priority:\n  low: {minor: low, significant: low, far-reaching: medium}\n"
		"  medium: {minor: low, significant: medium, far-reaching: high}\n"
		"  high: {minor: medium, significant: high, far-reaching: critical}\n"
		"categories:\n"
		"  minor: {evidence: [vendor-signature, test], votes: [{role: change-manager, count: 1}]}\n"
		"  significant: {evidence: [vendor-signature, test], votes: [{role: cab, count: 1}]}\n"
		"  far-reaching: {evidence: [vendor-signature, test], votes: [{role: cab, count: 1}]}\n"
		"unmapped: warn\nfindings: {fail-on: high, accept: {default: [change-manager]}}\n"
		"channels: {production: {targets: [deb], valid-for: 7d}}\n%s",
		w->keys[TRIAL], w->keys[PAT], carl_key, cab, w->keys[TRIAL], more);
	struct err e = { 0 };

	OK(fs_write_file(path, text, strlen(text), 0644, &e));
	return path;
}

static inline void replace_policy(struct world *w, const char *path)
{
	AUTO_FREE char *sig = sign_file(w, TRIAL, path);
	AUTO_JSON *answer = NULL;
	struct actor owner = as(w, TRIAL);
	struct err e = { 0 };

	struct policy_replacement o = { .file = path, .signatures = &sig, .signatures_len = 1 };

	OK(policy_replace(w->r, &owner, &o, &answer, &e));
}

static inline void put(struct world *w, const char *text, char ret[65])
{
	struct err e = { 0 };

	OK(blob_put(w->r->store->blobs, text, strlen(text), ret, &e));
}

static inline void put_evidence(
	struct world *w, const char *kind, const char *subject, const char *verdict, json_t *body, char ret[65])
{
	AUTO_JSON *evidence = evidence_json(kind, json_pack("[s]", subject), verdict, when_now(), body);
	AUTO_FREE char *text = NULL;
	struct err e = { 0 };
	size_t len;

	OK(json_canonical(evidence, &text, &len, &e));
	put(w, text, ret);
}

/* A candidate of any product, whose package and source are made of its version. Steals test_body. */
static inline void add_product(struct world *w, const char *product, const char *version, const char *verdict,
	json_t *test_body, char ret_id[32])
{
	const char *apart = strcmp(product, "acme") == 0 ? "" : product;
	AUTO_FREE char *package = mem_printf("package %s%s", apart, version),
		       *source = mem_printf("source %s%s", apart, version), *name = mem_printf("org-%s", product),
		       *place = mem_printf("pool/a/%s_%s_amd64.deb", name, version);
	AUTO_FREE char *stanza = NULL;
	char digest[65], vendor_digest[65], test_digest[65], source_digest[65], fragment[65];
	struct actor pat = as(w, PAT);
	struct err e = { 0 };

	sha256_hex(source, strlen(source), source_digest);
	put(w, package, digest);
	stanza = mem_printf("Package: %s\nVersion: %s\nArchitecture: amd64\nFilename: %s\nSize: %zu\nSHA256: %s\n\n",
		name, version, place, strlen(package), digest);
	put(w, stanza, fragment);
	put_evidence(w, "vendor-signature", source_digest, "pass",
		json_pack("{s:s, s:s}", "vendor", "acme", "fingerprint", w->keys[TRIAL]), vendor_digest);
	put_evidence(w, "test", digest, verdict, test_body, test_digest);
	OK(candidate_add(w->r, &pat,
		json_pack("{s:s, s:s, s:s, s:{s:s, s:i, s:s}, s:s, s:s, s:s, s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:i, "
			  "s:s, s:s, s:s, s:s}], s:[s, s], s:s, s:[]}",
			"product", product, "vendor", "acme", "version", version, "source", "name", "acme.tar", "size",
			1, "sha256", source_digest, "recipe", "", "house", "", "as_is", "", "packages", "target", "deb",
			"format", "deb", "name", name, "version", version, "architecture", "amd64", "sha256", digest,
			"size", (int)strlen(package), "location", place, "fragment", fragment, "suite", "", "path", "",
			"evidence", vendor_digest, test_digest, "facts", "", "reports"),
		ret_id, &e));
}

static inline void add_candidate_with(
	struct world *w, const char *version, const char *verdict, json_t *test_body, char ret_id[32])
{
	add_product(w, "acme", version, verdict, test_body, ret_id);
}

static inline void add_candidate(struct world *w, const char *version, const char *verdict, char ret_id[32])
{
	add_candidate_with(w, version, verdict, json_object(), ret_id);
}

static inline void open_rfc(struct world *w, int who, const char *candidate, char ret_id[32])
{
	struct actor actor = as(w, who);
	struct err e = { 0 };

	OK(rfc_open(w->r, &actor,
		json_pack("{s:[s], s:s, s:s, s:s}", "candidates", candidate, "reason", "a hole", "urgency", "high",
			"impact", "minor"),
		ret_id, NULL, &e));
}

static inline int vote(struct world *w, int who, const char *rfc, const char *role, const char *decision, struct err *e)
{
	struct actor actor = as(w, who);
	AUTO_FREE char *id = mem_strdup(rfc);
	AUTO_JSON *answer = NULL;

	return rfc_vote(w->r, &actor, &id, 1, role, decision, "looks fine", NULL, &answer, e);
}

static inline char *state_of(struct world *w, const char *rfc)
{
	AUTO_JSON *shown = NULL;
	struct err e = { 0 };

	OK(rfc_show(w->r, rfc, &shown, &e));
	return mem_strdup(json_text(shown, "state"));
}

static inline int world_open(struct world *w)
{
	struct err e = { 0 };
	AUTO_FREE char *keyring = NULL, *policy = NULL;
	struct text certs = { 0 };
	struct init_options options = { 0 };
	AUTO_JSON *made = NULL;

	keyrings_reuse();
	OK(fs_temp_dir("world", &w->dir, &e));
	w->store = fs_join(w->dir, "store");
	options.path = w->store;
	options.organisation = "Test";
	OK(release_init(&options, &made, &e));
	OK(release_open(w->store, &w->r, &e));
	w->homes[TRIAL] = fs_join(w->store, "trial");
	snprintf(w->keys[TRIAL], 65, "%s", json_text(made, "owner"));
	for (int i = PAT; i <= CARL; i++) {
		w->homes[i] = fs_join(w->dir, world_names[i]);
		OK(key_generate(w->homes[i], world_names[i], "ed25519", 0, w->keys[i], &e));
	}
	for (int i = TRIAL; i <= CARL; i++) {
		AUTO_FREE char *armor = NULL;
		size_t len;

		OK(key_export(w->homes[i], w->keys[i], &armor, &len, &e));
		text_bytes(&certs, armor, len);
	}
	keyring = fs_join(w->dir, "keyring.asc");
	OK(fs_write_file(keyring, certs.at, certs.len, 0644, &e));
	text_done(&certs);
	policy = write_policy(w, "policy.yaml", "[carl]", w->keys[CARL], "");
	replace_policy(w, policy);
	return 0;
}

static inline void world_close(struct world *w)
{
	struct err e = { 0 };

	release_close(w->r);
	if (!getenv("KEEP_WORLD"))
		fs_remove_tree(w->dir, &e);
	free(w->dir);
	free(w->store);
	for (int i = 0; i < 3; i++)
		free(w->homes[i]);
}
