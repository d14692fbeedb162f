/* init.c - a new store: its keys, its first owner, its first policy, signed; from then on everything is a signed act. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/release.h"
#include <stdio.h>
#include <string.h>

enum { KEY_LIFE_S = 2 * 365 * 86400 };

/* The starting policy of the manual: one person holds every role, and because of the separation one more person is needed to release anything. */
static const char starting[] =
	"# The policy: who may decide what. Change it with 'sluice policy replace FILE --signature FILE.asc', signed "
	"by its owners.\n"
	"version: 1\n"
	"organisation: %1$s\n"
	"timezone: UTC\n"
	"keyring: keyring.asc\n"
	"\n"
	"people:\n"
	"  %2$s: {name: %2$s, keys: [\"openpgp:%3$s\"]}\n"
	"\n"
	"owners: {threshold: 1, people: [%2$s]}\n"
	"\n"
	"roles:\n"
	"  packager: [%2$s]\n"
	"  change-manager: [%2$s]\n"
	"  cab: [%2$s]\n"
	"  security-officer: [%2$s]\n"
	"  emergency-cab: [%2$s]\n"
	"  management: [%2$s]\n"
	"  department/finance: [%2$s]\n"
	"\n"
	"vendors: {}                   # NAME: {name: ..., keys: [\"openpgp:FINGERPRINT\"]}\n"
	"\n"
	"priority:                     # urgency x impact\n"
	"  low:    {minor: low,    significant: low,    far-reaching: medium}\n"
	"  medium: {minor: low,    significant: medium, far-reaching: high}\n"
	"  high:   {minor: medium, significant: high,   far-reaching: critical}\n"
	"\n"
	"categories:                   # impact: which evidence, and who must say yes, in order where `first`\n"
	"  minor:        {evidence: [vendor-signature, test, comparison], votes: [{role: change-manager, count: 1}]}\n"
	"  significant:  {evidence: [vendor-signature, test, comparison], votes: [{role: cab, count: 1}]}\n"
	"  far-reaching: {evidence: [vendor-signature, test, comparison], votes: [{role: security-officer, count: 1, "
	"first: true}, {role: cab, count: 1}]}\n"
	"\n"
	"separation: {requester-may-vote: false, submitter-may-vote: false, implementer-may-vote: false}\n"
	"unmapped: warn\n"
	"findings:                     # who may accept what; 'sluice checks' lists the checks\n"
	"  fail-on: high\n"
	"  accept: {default: [change-manager], \"tls-*\": [security-officer], \"config-weakened\": [security-officer], "
	"\"url-cleartext\": [security-officer],\n"
	"    \"trust-changed\": [security-officer], \"system-weakened\": [security-officer], \"recipe-changed\": "
	"[packager]}\n"
	"unsigned-vendor: {allow: false}\n"
	"\n"
	"channels:\n"
	"  production: {targets: [deb, rpm], valid-for: 7d}\n";

static char *quoted(const char *text)
{
	struct text t = { 0 };

	text_add(&t, "\"");
	for (; *text; text++)
		text_add(&t, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	text_add(&t, "\"");
	return text_take(&t);
}

/* Makes the key unless an earlier, interrupted init did; its certificate goes beside the folder. */
static int store_key(
	struct release *r, const char *which, const char *organisation, const char *kind, char ret[65], struct err *e)
{
	AUTO_FREE char *home = release_key_home(r, which), *user = mem_printf("%s %s key", organisation, which);
	AUTO_FREE char *file = mem_printf("keys/%s.asc", which), *path = store_path(r->store, file), *armor = NULL;
	char fingerprint[65];
	size_t len;

	if (fs_exists(home) && fs_remove_tree(home, e))
		return -1;
	if (key_generate(home, user, kind ? kind : "ed25519", KEY_LIFE_S, fingerprint, e) ||
		key_export(home, fingerprint, &armor, &len, e) || fs_write_file(path, armor, len, 0644, e))
		return err_wrap(e, "the %s key", which);
	memcpy(ret, fingerprint, sizeof fingerprint);
	return 0;
}

struct owner {
	char *person, *home, fingerprint[65], *certificate;
	size_t len;
};

static void owner_done(struct owner *o)
{
	free(o->person);
	free(o->home);
	free(o->certificate);
}

/* The person whose key is given: looked for before anything is made. */
static int owner_find(const struct init_options *o, struct owner *ret, struct err *e)
{
	const char *gnupg = getenv("GNUPGHOME"), *home = getenv("HOME");
	AUTO_FREE char *prefixed = text_starts(o->owner, "openpgp:") ? mem_strdup(o->owner)
								     : mem_printf("openpgp:%s", o->owner);
	AUTO_FREE char *fingerprint = fingerprint_of(prefixed);

	if (strlen(fingerprint) < 40 || strlen(fingerprint) > 64)
		return err_usage(e, "--owner %s: the whole fingerprint is meant", o->owner);
	snprintf(ret->fingerprint, sizeof ret->fingerprint, "%s", fingerprint);
	ret->person = mem_strdup(o->person ? o->person : "owner");
	ret->home = o->home       ? mem_strdup(o->home)
		: gnupg && *gnupg ? mem_strdup(gnupg)
				  : mem_printf("%s/.gnupg", home ? home : "");
	return key_export(ret->home, ret->fingerprint, &ret->certificate, &ret->len, e);
}

static int owner_make(struct release *r, struct owner *ret, struct err *e)
{
	ret->person = mem_strdup("trial");
	ret->home = store_path(r->store, "trial");
	if (fs_exists(ret->home) && fs_remove_tree(ret->home, e))
		return -1;
	if (key_generate(ret->home, "trial (for trying out only)", "ed25519", KEY_LIFE_S, ret->fingerprint, e))
		return err_wrap(e, "the trial person's key");
	return key_export(ret->home, ret->fingerprint, &ret->certificate, &ret->len, e);
}

static int sign_bytes(const struct owner *o, const char *bytes, size_t len, char **ret, size_t *ret_len, struct err *e)
{
	AUTO(signer) signer = { .fd = -1 };
	struct sig_data data = { .fd = -1, .bytes = bytes, .len = len };

	return signer_open(&signer, o->home, o->fingerprint, e)
		? -1
		: signer_sign(&signer, SIGN_DETACHED_ARMOR, &data, ret, ret_len, e);
}

/* The two first rows, both signed by the owner, in one transaction: a store has them or is none. */
static int record_first(
	struct release *r, const struct owner *o, const char *type, const char *policy, json_t *body, struct err *e)
{
	AUTO_FREE char *bytes = NULL, *sig = NULL;
	AUTO_JSON *record = NULL;
	AUTO(signer) signer = { .fd = -1 };
	struct log_head head;
	char digest[65], signature[65];
	size_t len, sig_len;

	if (log_head(r->store, &head, e))
		return json_decref(body), -1;
	record = record_make(type, when_now(), o->person, o->fingerprint, policy, head.hash, body);
	if (!record)
		return err_usage(e, "a name is not UTF-8");
	if (signer_open(&signer, o->home, o->fingerprint, e) ||
		record_sign(record, &signer, &bytes, &len, &sig, &sig_len, e) ||
		blob_put(r->store->blobs, bytes, len, digest, e) ||
		blob_put(r->store->blobs, sig, sig_len, signature, e))
		return -1;
	return log_append(r->store, o->person, type, type, "ok", digest, signature, e);
}

static int first_policy(struct release *r, const struct owner *o, const char *text, size_t len, char ret_digest[65],
	json_t **ret_body, struct err *e)
{
	AUTO_FREE char *sig = NULL;
	AUTO_JSON *parsed = NULL;
	char signature[65], keyring[65];
	size_t sig_len;

	if (policy_parse(text, len, "starting policy", &parsed, e) || sign_bytes(o, text, len, &sig, &sig_len, e) ||
		blob_put(r->store->blobs, text, len, ret_digest, e) ||
		blob_put(r->store->blobs, sig, sig_len, signature, e) ||
		blob_put(r->store->blobs, o->certificate, o->len, keyring, e))
		return -1;
	*ret_body = json_pack("{s:s, s:s, s:[s], s:[s]}", "policy", ret_digest, "previous", "", "keyring", keyring,
		"signatures", signature);
	return 0;
}

/* What the signer believes from the first: the root of the policy chain. */
static int pin_root(struct release *r, const char *digest, struct err *e)
{
	AUTO_FREE char *state = store_path(r->store, "keys/release/state"), *root = fs_join(state, "root");

	return fs_mkdirs(state, 0700, e) || fs_write_file(root, digest, strlen(digest), 0600, e) ? -1 : 0;
}

static int begin(struct release *r, const struct init_options *o, const struct owner *owner, const char *organisation,
	char ret_package[65], char ret_release[65], char ret_policy[65], struct err *e)
{
	AUTO_FREE char *name = quoted(organisation), *text = NULL;
	struct db *db = r->store->db;
	unsigned char random[16];
	char id[33];
	json_t *body;

	text = mem_printf(starting, name, owner->person, owner->fingerprint);
	if (store_key(r, "package", organisation, o->key_kind, ret_package, e) ||
		store_key(r, "release", organisation, o->key_kind, ret_release, e) ||
		first_policy(r, owner, text, strlen(text), ret_policy, &body, e))
		return -1;
	if (pin_root(r, ret_policy, e) || db->ops->begin(db, e))
		return json_decref(body), -1;
	random_bytes(random, sizeof random);
	hex_of(random, sizeof random, id);
	if (record_first(r, owner, "policy", ret_policy, body, e) ||
		record_first(r, owner, "init", ret_policy,
			json_pack(
				"{s:s, s:s, s:s}", "store", id, "package_key", ret_package, "release_key", ret_release),
			e)) {
		db->ops->rollback(db);
		return -1;
	}
	return db->ops->commit(db, e);
}

/* A folder where init was killed half-way is taken over; a finished store is not. */
static int folder_for(const char *path, struct store **ret, struct err *e)
{
	AUTO_FREE char *catalogue = fs_join(path, "catalogue.db");
	struct log_head head;

	if (!fs_exists(catalogue))
		return store_create(path, ret, e);
	if (store_open(path, ret, e))
		return -1;
	int failed = log_head(*ret, &head, e);
	if (!failed && head.seq > 0)
		failed = err_usage(e, "%s: there is a store already", path);
	if (failed) {
		store_close(*ret);
		*ret = NULL;
	}
	return failed;
}

int release_init(const struct init_options *o, json_t **ret, struct err *e)
{
	AUTO_FREE char *usual = o->path ? NULL : store_default();
	const char *path = o->path ? o->path : usual, *organisation = o->organisation ? o->organisation : "Example";
	struct release *r = mem_alloc(sizeof *r);
	struct owner owner = { 0 };
	char package[65], release[65], policy[65], expires[32];
	int result = -1;

	if (!text_is_utf8(organisation, strlen(organisation)) || strpbrk(organisation, "\n\r\t")) {
		free(r);
		return err_usage(e, "the organisation's name must be one line of text");
	}
	if ((!o->owner || owner_find(o, &owner, e) == 0) && folder_for(path, &r->store, e) == 0) {
		AUTO_FD int lock = store_lock(r->store, e);

		if (lock >= 0 && (o->owner || owner_make(r, &owner, e) == 0) &&
			begin(r, o, &owner, organisation, package, release, policy, e) == 0) {
			when_utc(when_now() + KEY_LIFE_S, expires);
			*ret = json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:s}", "policy", policy, "owner",
				owner.fingerprint, "person", owner.person, "trial", o->owner == NULL, "package_key",
				package, "release_key", release, "expires", expires);
			json_set_str(*ret, "store", r->store->path);
			result = 0;
		}
	}
	owner_done(&owner);
	release_close(r);
	return result;
}
