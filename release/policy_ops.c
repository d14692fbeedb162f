/* policy_ops.c - showing, checking and replacing the policy. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/release.h"
#include <libgen.h>
#include <stdio.h>
#include <string.h>

enum { POLICY_MAX = 1 << 20, KEYRING_MAX = 16 << 20, SIGNATURE_MAX = 1 << 20, SIGNATURES_MAX = 64 };

int policy_show(struct release *r, char **ret_text, size_t *ret_len, json_t **ret, struct err *e)
{
	const struct policy *now = policies_now(&r->chain);

	if (ret_text) {
		*ret_text = mem_alloc(now->len + 1);
		memcpy(*ret_text, now->text, now->len);
		*ret_len = now->len;
	}
	if (ret) {
		*ret = json_deep_copy(now->json);
		json_set_str(*ret, "digest", now->digest);
	}
	return 0;
}

char *policy_required(const struct release *r)
{
	const json_t *list = json_object_get(json_map(release_policy(r), "sandbox"), "require"), *one;
	struct text words = { 0 };
	size_t i;

	if (!list)
		return NULL;
	json_array_foreach(list, i, one)
		text_add(&words, "%s%s", i ? "," : "", json_string_value(one));
	return text_take(&words);
}

int64_t policy_root_max_age(const struct release *r)
{
	struct err ignored = { 0 };
	int64_t seconds;

	return duration_parse(json_text(json_map(release_policy(r), "roots"), "max-age"), &seconds, &ignored) ? 0
													      : seconds;
}

static char *beside(const char *file, const char *name)
{
	AUTO_FREE char *copy = mem_strdup(file);

	return *name == '/' ? mem_strdup(name) : fs_join(dirname(copy), name);
}

/* People and vendors whose certificate is in none of the rings: they cannot act, which opens nothing, but is seldom meant. */
static void missing_certificates(const json_t *policy, struct keyring *ring, json_t *warnings)
{
	static const char *const sections[] = { "people", "vendors" };
	AUTO_JSON *have = json_object();
	char **fingerprints = NULL;
	size_t len = 0;
	struct err ignored = { 0 };

	if (ring->home && keyring_fingerprints(ring, &fingerprints, &len, &ignored))
		len = 0;
	for (size_t i = 0; i < len; i++) {
		json_object_set_new(have, fingerprints[i], json_true());
		free(fingerprints[i]);
	}
	free(fingerprints);
	for (size_t s = 0; s < COUNT(sections); s++) {
		const char *who;
		json_t *item, *key;
		size_t i;

		json_object_foreach(json_map(policy, sections[s]), who, item)
			json_array_foreach(json_list(item, "keys"), i, key) {
				AUTO_FREE char *fingerprint = fingerprint_of(json_string_value(key));

				if (!fingerprint)
					json_array_append_new(warnings,
						json_sprintf("%s/%s: keys of this kind come with a later version",
							sections[s], who));
				else if (!json_object_get(have, fingerprint))
					json_array_append_new(warnings,
						json_sprintf("%s/%s: the keyring holds no certificate of %s",
							sections[s], who, fingerprint));
			}
	}
}

int policy_check(const char *file, json_t **ret, struct err *e)
{
	AUTO_FREE char *text = NULL;
	AUTO_JSON *policy = NULL, *gaps = NULL, *warnings = json_array();
	AUTO(keyring) ring = { 0 };
	struct err why = { 0 };
	size_t len;

	if (fs_read_file(file, POLICY_MAX, &text, &len, e) || policy_parse(text, len, file, &policy, e))
		return -1;
	gaps = policy_gaps(policy);
	{
		AUTO_JSON *later = policy_later(policy);

		json_array_extend(warnings, later);
	}
	if (*json_text(policy, "keyring")) {
		AUTO_FREE char *path = beside(file, json_text(policy, "keyring"));

		if (keyring_open(&ring, e))
			return -1;
		if (keyring_add_file(&ring, path, &why))
			json_array_append_new(warnings, json_sprintf("keyring: %s", why.text));
	}
	missing_certificates(policy, &ring, warnings);
	*ret = json_pack("{s:b, s:s, s:b, s:O, s:O}", "ok", 1, "file", file, "can_be_put_in_force",
		json_array_size(gaps) == 0, "refused", gaps, "warnings", warnings);
	return *ret ? 0 : err_usage(e, "%s: its name is not UTF-8", file);
}

/* ---- replacing */
struct signatures {
	char *at[SIGNATURES_MAX];
	size_t lens[SIGNATURES_MAX], len;
};

static void signatures_done(struct signatures *s)
{
	for (size_t i = 0; i < s->len; i++)
		free(s->at[i]);
}

static int read_signatures(char *const *files, size_t len, struct signatures *ret, struct err *e)
{
	if (len > SIGNATURES_MAX)
		return err_usage(e, "at most %d signatures", SIGNATURES_MAX);
	for (size_t i = 0; i < len; i++) {
		if (fs_read_file(files[i], SIGNATURE_MAX, &ret->at[i], &ret->lens[i], e))
			return -1;
		ret->len++;
	}
	return 0;
}

/* The new file's keyring joins those of the chain; a file that is not there is fine while every certificate is known already. */
static int take_keyring(
	struct release *r, const json_t *policy, const char *file, json_t *ret_digests, json_t *warnings, struct err *e)
{
	AUTO_FREE char *path = *json_text(policy, "keyring") ? beside(file, json_text(policy, "keyring")) : NULL,
		       *certs = NULL;
	AUTO_JSON *missing = json_array();
	char digest[65];
	size_t len;

	if (path && fs_exists(path)) {
		if (fs_read_file(path, KEYRING_MAX, &certs, &len, e) || keyring_add(&r->chain.keyring, certs, len, e) ||
			blob_put(r->store->blobs, certs, len, digest, e))
			return err_wrap(e, "keyring");
		json_array_append_new(ret_digests, json_string(digest));
	}
	json_object_clear(r->chain.verified); /* a certificate may have come with a revocation */
	missing_certificates(policy, &r->chain.keyring, missing);
	if (path && !fs_exists(path) && json_array_size(missing))
		return err_usage(
			e, "%s: there is no such file, and %s", path, json_string_value(json_array_get(missing, 0)));
	json_array_extend(warnings, missing);
	return 0;
}

static void free_all(char **list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		free(list[i]);
	free(list);
}

/* Whoever brings the file: given, or else the first of the present people whose key is at hand. */
static int record_it(struct release *r, const struct actor *actor, const char *text, size_t len, const json_t *policy,
	const json_t *keyrings, const struct signatures *sigs, char ret_digest[65], struct err *e)
{
	AUTO_JSON *body = NULL, *digests = json_array();
	struct act act = { "policy", "policy", NULL, NULL, NULL };
	char signature[65], record[65];

	if (blob_put(r->store->blobs, text, len, ret_digest, e))
		return -1;
	for (size_t i = 0; i < sigs->len; i++) {
		if (blob_put(r->store->blobs, sigs->at[i], sigs->lens[i], signature, e))
			return -1;
		json_array_append_new(digests, json_string(signature));
	}
	body = json_pack("{s:s, s:s, s:O, s:O}", "policy", ret_digest, "previous", policies_now(&r->chain)->digest,
		"keyring", keyrings, "signatures", digests);
	act.body = body;
	return release_act(r, actor, &act, record, e);
}

static int reload(struct release *r, struct err *e)
{
	struct policies chain;

	if (store_policies(r->store, &r->source.source, NULL, NULL, &chain, NULL, e))
		return -1;
	policies_done(&r->chain);
	r->chain = chain;
	return 0;
}

int policy_replace(struct release *r, const struct actor *actor, const char *file, char *const *signatures, size_t len,
	json_t **ret, struct err *e)
{
	__attribute__((cleanup(signatures_done))) struct signatures sigs = { .len = 0 };
	AUTO_FREE char *text = NULL;
	AUTO_JSON *policy = NULL, *gaps = NULL, *keyrings = json_array(), *warnings = NULL;
	AUTO_FD int lock = store_lock(r->store, e);
	char digest[65];
	size_t text_len;

	if (lock < 0 || fs_read_file(file, POLICY_MAX, &text, &text_len, e) ||
		policy_parse(text, text_len, file, &policy, e) || read_signatures(signatures, len, &sigs, e))
		return -1;
	gaps = policy_gaps(policy);
	if (json_array_size(gaps))
		return err_usage(e, "%s: %s", file, json_string_value(json_array_get(gaps, 0)));
	warnings = policy_later(policy);
	if (policies_judge(&r->chain, text, text_len, policy, sigs.at, sigs.lens, sigs.len, e)) {
		release_note(r, actor, "policy", "policy", e->text);
		return err_wrap(e, "%s", file);
	}
	if (take_keyring(r, policy, file, keyrings, warnings, e) ||
		record_it(r, actor, text, text_len, policy, keyrings, &sigs, digest, e) || reload(r, e))
		return err_wrap(e, "replacing the policy");
	if (release_refresh(r, NULL, e))
		return -1;
	*ret = json_pack("{s:s, s:i, s:O}", "policy", digest, "version", (int)r->chain.len, "warnings", warnings);
	return 0;
}

/* ---- vendors */
int policy_vendor_pins(struct release *r, const char *vendor, char ***ret, size_t *ret_len, struct err *e)
{
	const char *name;
	json_t *item, *key;
	size_t len = 0, i;
	char **pins = mem_alloc(sizeof *pins);

	json_object_foreach(json_map(release_policy(r), "vendors"), name, item)
		json_array_foreach(json_list(item, "keys"), i, key) {
			char *fingerprint = fingerprint_of(json_string_value(key));

			if (!fingerprint || (vendor && *vendor && strcmp(vendor, name) != 0)) {
				free(fingerprint);
				continue;
			}
			pins = mem_resize(pins, (len + 2) * sizeof *pins);
			pins[len++] = fingerprint;
		}
	if (vendor && *vendor && !json_map(json_map(release_policy(r), "vendors"), vendor)) {
		free_all(pins, len);
		err_usage(e, "the policy pins no vendor '%s'", vendor);
		return err_hint(e, "the policy's owners add it under 'vendors'");
	}
	*ret = pins;
	*ret_len = len;
	return 0;
}

struct keyring *policy_keyring(struct release *r)
{
	return &r->chain.keyring;
}
