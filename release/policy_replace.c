/* policy_replace.c - putting a successor of the policy, or of one of its files, in force. */
#include "base/fs.h"
#include "base/text.h"
#include "release/gate/rows.h"
#include "release/policy_disk.h"
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYRING_MAX = 16 << 20, SIGNATURE_MAX = 1 << 20, REPLACE_SIGNATURES_MAX = 64 };

/* Their digests, in the store. */
static json_t *keep_signatures(struct release *r, const struct policy_replacement *o, struct err *e)
{
	AUTO_JSON *digests = json_array();

	if (o->signatures_len > REPLACE_SIGNATURES_MAX)
		return err_usage(e, "at most %d signatures", REPLACE_SIGNATURES_MAX), NULL;
	for (size_t i = 0; i < o->signatures_len; i++) {
		AUTO_FREE char *bytes = NULL;
		char digest[65];
		size_t len;

		if (fs_read_file(o->signatures[i], SIGNATURE_MAX, &bytes, &len, e) ||
			blob_put(r->store->blobs, bytes, len, digest, e))
			return NULL;
		json_array_append_new(digests, json_string(digest));
	}
	return json_incref(digests);
}

/* The keyring beside the new file joins those of the chain; one that is not there is fine while every certificate is known already. */
static int take_keyring(
	struct release *r, const json_t *policy, const char *path, json_t *ret_digests, json_t *warnings, struct err *e)
{
	AUTO_FREE char *certs = NULL;
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
	policy_missing_certificates(policy, &r->chain.keyring, missing);
	if (path && !fs_exists(path) && json_array_size(missing)) {
		err_usage(e, "%s: there is no such file, and %s", path, json_string_value(json_array_get(missing, 0)));
		return err_hint(e,
			"'gpg --armor --export FINGERPRINT... > keyring.asc' beside the policy gives it whoever is "
			"new");
	}
	json_array_extend(warnings, missing);
	return 0;
}

static int reload(struct release *r, struct err *e)
{
	struct policies chain;

	if (log_index_follow(r->index, r->store, NULL, e) ||
		rows_policies(r->index, &r->source.source, NULL, &chain, e))
		return -1;
	policies_done(&r->chain);
	r->chain = chain;
	return 0;
}

/* Asks whether the signatures suffice, records the act, and lets the rows say what the new state makes of them. */
static int put_in_force(struct release *r, const struct actor *actor, const struct act *act, bool is_deciding,
	json_t *warnings, json_t **ret, struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL;
	char record[65];

	if (release_whoami(r, actor, &person, &home, &key, e))
		return -1;
	if (policies_judge(&r->chain, &r->source.source, act->type, act->body, person, e)) {
		release_note(r, actor, act->type, act->subject, e->text);
		return -1;
	}
	if (release_act(r, actor, act, record, e))
		return err_wrap(e, "replacing the policy");
	if (reload(r, e) || (is_deciding && release_refresh(r, NULL, e)))
		return err_wrap(e, "the policy is replaced and recorded; the list of RfCs does not say so yet");
	*ret = json_pack("{s:s, s:i, s:s, s:O}", "policy", policies_now(&r->chain)->digest, "version",
		(int)r->chain.len, "record", record, "warnings", warnings);
	return 0;
}

/* ---- the policy with its files */
static int keep_files(struct release *r, const struct policy_disk *disk, struct err *e)
{
	const char *path;
	json_t *bytes;

	json_object_foreach(disk->bytes, path, bytes) {
		char digest[65];

		if (blob_put(r->store->blobs, json_string_value(bytes), json_string_length(bytes), digest, e))
			return err_wrap(e, "%s", path);
	}
	return 0;
}

static int replace_text(
	struct release *r, const struct actor *actor, const struct policy_replacement *o, json_t **ret, struct err *e)
{
	__attribute__((cleanup(policy_disk_done))) struct policy_disk disk = { .file = o->file, .r = r };
	AUTO_JSON *gaps = NULL, *keyrings = json_array(), *warnings = NULL, *digests = NULL, *body = NULL;
	AUTO_FREE char *keyring = NULL;
	struct act act = { "policy", "policy", NULL, NULL, NULL };
	char text[65];

	if (policy_disk_read(&disk, e))
		return -1;
	gaps = policy_gaps(disk.json);
	if (json_array_size(gaps))
		return err_usage(e, "%s: %s", o->file, json_string_value(json_array_get(gaps, 0)));
	warnings = policy_later(disk.json);
	json_array_extend(warnings, disk.warnings);
	keyring = o->keyring                       ? mem_strdup(o->keyring)
		: *json_text(disk.json, "keyring") ? policy_beside(o->file, json_text(disk.json, "keyring"))
						   : NULL;
	digests = keep_signatures(r, o, e);
	if (!digests || blob_put(r->store->blobs, disk.text, disk.len, text, e) || keep_files(r, &disk, e) ||
		take_keyring(r, disk.json, keyring, keyrings, warnings, e))
		return -1;
	body = json_pack("{s:s, s:s, s:O, s:O}", "policy", text, "previous", policies_now(&r->chain)->digest, "keyring",
		keyrings, "signatures", digests);
	if (json_object_size(disk.files))
		json_object_set(body, "files", disk.files);
	act.body = body;
	return put_in_force(r, actor, &act, true, warnings, ret, e) ? err_wrap(e, "%s", o->file) : 0;
}

/* ---- one file */
static bool ends_as_path(const char *path, const char *end)
{
	size_t len = strlen(path), end_len = strlen(end);

	return len > end_len && strcmp(path + len - end_len, end) == 0 && path[len - end_len - 1] == '/';
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Which of the policy's files is meant: the one whose path this file's place ends with. *ret_path NULL: the policy itself. */
static int which_file(const struct policy_replacement *o, json_t *paths, const char **ret_path, struct err *e)
{
	AUTO_FREE char *real = realpath(o->file, NULL);
	const char *path, *found = NULL, *similar = NULL;
	json_t *about;

	if (o->path && !json_object_get(paths, o->path))
		return err_usage(e, "the policy in force includes no '%s'", o->path);
	if (!real)
		return err_sys(e, "%s", o->file);
	json_object_foreach(paths, path, about) {
		if (strcmp(last_part(real), last_part(path)) == 0)
			similar = path;
		if (ends_as_path(real, path) && (!found || strlen(path) > strlen(found)))
			found = path;
	}
	if (!o->path && !found && similar) {
		err_usage(e, "%s: is it the policy or its file %s?", o->file, similar);
		return err_hint(e, "say --path %s, or move the file to a folder of that name", similar);
	}
	*ret_path = o->path ? o->path : found;
	return 0;
}

/* The keyring that lies where the policy's folder is, as seen from the file. */
static char *keyring_near(const struct policy_replacement *o, const json_t *policy, const char *path)
{
	AUTO_FREE char *real = realpath(o->file, NULL);

	if (o->keyring)
		return mem_strdup(o->keyring);
	if (!real || !ends_as_path(real, path) || !*json_text(policy, "keyring"))
		return NULL;
	real[strlen(real) - strlen(path)] = '\0';
	return fs_join(real, json_text(policy, "keyring"));
}

/* The policy as it would be with these bytes at that path. */
struct trial {
	struct release *r;
	const char *path, *text;
	size_t len;
};

static int fetch_trial(void *context, const char *path, char **ret, size_t *ret_len, struct err *e)
{
	struct trial *t = context;

	if (strcmp(path, t->path) != 0 && !*policy_file_digest(policies_now(&t->r->chain), path))
		return 1;
	if (strcmp(path, t->path) != 0)
		return policy_file(policies_now(&t->r->chain), &t->r->source.source, path, ret, ret_len, e);
	*ret = mem_alloc(t->len + 1);
	memcpy(*ret, t->text, t->len);
	*ret_len = t->len;
	return 0;
}

static int replace_file(struct release *r, const struct actor *actor, const struct policy_replacement *o,
	const char *path, const json_t *about, json_t **ret, struct err *e)
{
	const struct policy *now = policies_now(&r->chain);
	AUTO_FREE char *text = NULL, *subject = mem_printf("policy %s", path),
		       *keyring = keyring_near(o, now->json, path);
	AUTO_JSON *digests = NULL, *keyrings = json_array(), *warnings = json_array(), *body = NULL, *with = NULL;
	struct act act = { "policy-include", subject, NULL, NULL, NULL };
	struct trial trial = { r, path, NULL, 0 };
	bool is_deciding = strcmp(json_text(about, "section"), "calendars") != 0 && json_flag(about, "publish");
	char digest[65];
	size_t len;

	if (policy_disk_file(about, o->file, &text, &len, e))
		return -1;
	trial.text = text;
	trial.len = len;
	digests = keep_signatures(r, o, e);
	if (!digests || policy_parse_with(now->text, now->len, "policy", fetch_trial, &trial, &with, e) ||
		blob_put(r->store->blobs, text, len, digest, e))
		return -1;
	if (strcmp(policy_file_digest(now, path), digest) == 0)
		return err_usage(e, "%s: these bytes are in force already", path);
	if (take_keyring(r, with, keyring && fs_exists(keyring) ? keyring : NULL, keyrings, warnings, e))
		return -1;
	body = json_pack("{s:s, s:s, s:s, s:O, s:O}", "path", path, "sha256", digest, "previous", now->digest,
		"keyring", keyrings, "signatures", digests);
	act.body = body;
	if (put_in_force(r, actor, &act, is_deciding, warnings, ret, e))
		return err_wrap(e, "%s", o->file);
	json_set_str(*ret, "path", path);
	json_set_str(*ret, "sha256", digest);
	return 0;
}

int policy_replace(
	struct release *r, const struct actor *actor, const struct policy_replacement *o, json_t **ret, struct err *e)
{
	AUTO_FD int lock = store_lock(r->store, e);
	AUTO_JSON *paths = policy_paths(release_policy(r));
	const char *path;

	if (lock < 0 || which_file(o, paths, &path, e))
		return -1;
	if (path)
		return replace_file(r, actor, o, path, json_map(paths, path), ret, e);
	if (!o->signatures_len) {
		err_usage(e, "policy replace: --signature is missing");
		return err_hint(e, "a threshold of the present owners signs the file: gpg --armor --detach-sign FILE");
	}
	if (replace_text(r, actor, o, ret, e))
		return -1;
	if (json_map(release_policy(r), "own-keys") && keys_refresh(r, e))
		return err_hint(e, "the policy is in force; 'sluice key refresh' does the rest");
	return 0;
}
