/* open.c - opening a store for work: its policy chain verified from the root, its id, its keys, what clients must know. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/gate/rows.h"
#include "release/release.h"
#include <string.h>

void release_close(struct release *r)
{
	if (!r)
		return;
	policies_done(&r->chain);
	log_index_close(r->index);
	store_close(r->store);
	free(r);
}

/* The body of the store's first act: its id and its keys, as the first owner signed them. */
static int first_act(struct release *r, json_t **ret, struct err *e)
{
	AUTO_JSON *rows = db_rows(r->store->db,
		"SELECT record, signature FROM log WHERE action = 'init' AND record <> '' ORDER BY seq LIMIT 1", NULL,
		0, e);
	const json_t *row = rows ? json_array_get(rows, 0) : NULL;
	struct record record;

	if (!rows)
		return -1;
	if (!row)
		return err_env(e, "the store was not finished by 'sluice init'; run that again");
	if (record_load(&r->source.source, json_text(row, "record"), json_text(row, "signature"), &r->chain, false,
		    &record, e))
		return -1;
	*ret = json_incref((json_t *)record.body);
	record_done(&record);
	return 0;
}

int release_open(const char *where, struct release **ret, struct err *e)
{
	AUTO_FREE char *usual = where ? NULL : store_default();
	AUTO_FREE char *index = NULL;
	AUTO_JSON *body = NULL;
	struct release *r = mem_alloc(sizeof *r);

	if (store_open(where ? where : usual, &r->store, e))
		goto failed;
	source_of_store(&r->source, r->store);
	index = store_path(r->store, "index.db");
	if (log_index_open(r->store, index, NULL, &r->index, e) ||
		rows_policies(r->index, &r->source.source, NULL, &r->chain, e) || first_act(r, &body, e)) {
		err_wrap(e, "%s", r->store->path);
		goto failed;
	}
	snprintf(r->id, sizeof r->id, "%s", json_text(body, "store"));
	*ret = r;
	return 0;
failed:
	release_close(r);
	return -1;
}

const json_t *release_policy(const struct release *r)
{
	const struct policy *now = policies_now(&r->chain);

	return now ? now->json : NULL;
}

bool release_is_trial(const struct release *r)
{
	AUTO_FREE char *trial = store_path(r->store, "trial");

	return fs_exists(trial);
}

char *release_key_home(const struct release *r, const char *which)
{
	AUTO_FREE char *below = mem_printf("keys/%s", which);

	return store_path(r->store, below);
}

int release_keys(struct release *r, json_t **ret, struct err *e)
{
	AUTO_JSON *body = NULL, *packages = NULL, *releases = NULL, *ever = NULL;

	if (first_act(r, &body, e))
		return -1;
	packages = policy_own_keys(release_policy(r), "package", json_text(body, "package_key"));
	releases = policy_own_keys(release_policy(r), "release", json_text(body, "release_key"));
	ever = policies_own_keys(&r->chain, "release", json_text(body, "release_key"));
	*ret = json_pack("{s:O, s:O, s:O, s:O, s:O}", "package", json_array_get(packages, 0), "release",
		json_array_get(releases, 0), "packages", packages, "releases", releases, "ever", ever);
	return *ret ? 0 : err_env(e, "the store has no keys of its own");
}

/* Certificates as one text: those of the policy's chain and of the store's own keys. */
static int certificates(struct release *r, struct text *ret, struct err *e)
{
	static const char *const own[] = { "keys/release.asc", "keys/package.asc" };
	const struct policy *now = policies_now(&r->chain);
	size_t i;
	json_t *digest;

	for (i = 0; i < COUNT(own); i++) {
		AUTO_FREE char *path = store_path(r->store, own[i]), *text = NULL;
		size_t len;

		if (fs_read_file(path, 1 << 20, &text, &len, e))
			return -1;
		text_bytes(ret, text, len);
	}
	json_array_foreach(now->keyring, i, digest) {
		AUTO_FREE char *text = NULL;
		size_t len;

		if (source_get(&r->source.source, json_string_value(digest), &text, &len, e))
			return -1;
		text_bytes(ret, text, len);
	}
	return 0;
}

int release_trust(struct release *r, json_t **ret, struct err *e)
{
	AUTO_JSON *keys = NULL, *channels = json_object(), *owners = json_object();
	AUTO(text) certs = { 0 };
	const struct policy *root = r->chain.len ? &r->chain.at[0] : NULL;
	const json_t *policy = release_policy(r);
	const char *name;
	json_t *item;
	size_t i;

	if (release_keys(r, &keys, e) || certificates(r, &certs, e))
		return -1;
	json_object_foreach(json_map(policy, "channels"), name, item)
		json_object_set_new(channels, name, json_sprintf("%s/%s", r->id, name));
	json_array_foreach(json_list(json_map(policy, "owners"), "people"), i, item)
		json_object_set(owners, json_string_value(item),
			json_list(policy_person(policy, json_string_value(item)), "keys"));
	*ret = json_pack("{s:i, s:s, s:s, s:s, s:{s:I, s:O}, s:O, s:O, s:O, s:O, s:s}", "version", 1, "store", r->id,
		"organisation", json_text(policy, "organisation"), "policy", root->digest, "owners", "threshold",
		(json_int_t)json_int(json_map(policy, "owners"), "threshold"), "people", owners, "release_keys",
		json_list(keys, "releases"), "package_key", json_object_get(keys, "package"), "package_keys",
		json_list(keys, "packages"), "channels", channels, "certificates", certs.at ? certs.at : "");
	return *ret ? 0 : err_env(e, "the trust file cannot be made");
}
