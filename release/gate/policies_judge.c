/* policies_judge.c - a version of the policy or of one of its files is in force when those who own it signed it. */
#include "release/gate/policies_judge.h"
#include "release/gate/memory.h"
#include "sign/packets.h"
#include <string.h>
#include <strings.h>

void signatures_done(struct signatures *sigs)
{
	for (size_t i = 0; i < sigs->len; i++)
		free(sigs->at[i]);
	sigs->len = 0;
}

int signatures_load(struct signatures *ret, struct record_source *s, const json_t *digests, struct err *e)
{
	size_t i;
	json_t *digest;

	if (json_array_size(digests) > SIGNATURES_MAX)
		return err_verdict(e, "E_METADATA", "it brings more than %d signatures", SIGNATURES_MAX);
	json_array_foreach(digests, i, digest) {
		if (source_get(s, json_string_value(digest), &ret->at[ret->len], &ret->lens[ret->len], e))
			return err_wrap(e, "signature");
		ret->len++;
	}
	return 0;
}

struct signed_bytes {
	const char *bytes;
	size_t len;
	int64_t at; /* judged as of then; 0: now */
};

/* Keys that may have signed, and whose they are. */
struct signer_key {
	char *fingerprint;
	const char *person;
};
struct signer_keys {
	LIST(struct signer_key) list;
};

static void signer_keys_done(struct signer_keys *keys)
{
	for (size_t i = 0; i < keys->list.len; i++)
		free(keys->list.at[i].fingerprint);
	LIST_DONE(&keys->list);
}

static void signer_keys_of(const json_t *policy, const json_t *people, struct signer_keys *ret)
{
	size_t i, k;
	json_t *name, *key;

	json_array_foreach(people, i, name) {
		const json_t *person = policy_person(policy, json_string_value(name));

		json_array_foreach(json_list(person, "keys"), k, key) {
			char *fingerprint = fingerprint_of(json_string_value(key));

			if (fingerprint)
				*LIST_ADD(&ret->list) = (struct signer_key){ fingerprint, json_string_value(name) };
		}
	}
}

/* The first of these keys that the signature is good by, as gpg says; NULL: none. */
static const struct signer_key *ask_gpg(
	struct policies *p, const struct signer_key *keys, size_t len, const struct memory_of *what, bool *ret_lasting)
{
	const char **pinned = mem_alloc(len * sizeof *pinned);
	struct sig_data data = { .fd = -1, .bytes = what->bytes, .len = what->len };
	struct sig_verdict verdict = { .time = 0 };
	struct err ignored = { 0 };
	const struct signer_key *found = NULL;

	for (size_t i = 0; i < len; i++)
		pinned[i] = keys[i].fingerprint;
	memory_ring(p);
	if (len &&
		sig_verify_detached(
			&p->keyring, &data, what->sig, what->sig_len, pinned, len, what->at, &verdict, &ignored) == 0)
		for (size_t i = 0; i < len && !found; i++)
			if (strcasecmp(keys[i].fingerprint, verdict.fingerprint) == 0)
				found = &keys[i];
	*ret_lasting = !verdict.expires;
	free(pinned);
	return found;
}

/* One signature is held against all these keys at once, and what it was found good by at a time stays so. */
static const struct signer_key *signer_of_one(
	struct policies *p, const struct signer_key *keys, size_t len, struct memory_of *what)
{
	const struct signer_key *found = NULL;
	char name[MEMORY_NAME];
	bool is_lasting;

	for (size_t i = 0; what->at && i < len && !found; i++) {
		what->fingerprint = keys[i].fingerprint;
		memory_of_signature(p, "policy", what, name);
		if (memory_has(p, name))
			found = &keys[i];
	}
	if (found || !(found = ask_gpg(p, keys, len, what, &is_lasting)) || !is_lasting || !what->at)
		return found;
	what->fingerprint = found->fingerprint;
	memory_of_signature(p, "policy", what, name);
	memory_note(p, name);
	return found;
}

/* Which of these people, by their keys in that policy, made this signature; NULL: none. Where a blob holds several, each key is asked about alone: a bad one
 * of another's in it does not undo a good one. */
static const char *signer_of(struct policies *p, const struct signer_keys *keys, const struct signed_bytes *bytes,
	const char *sig, size_t sig_len)
{
	struct memory_of what = { bytes->bytes, bytes->len, sig, sig_len, NULL, bytes->at };
	const struct signer_key *found = NULL;
	bool is_lasting;

	if (sig_count(sig, sig_len) == 1)
		found = signer_of_one(p, keys->list.at, keys->list.len, &what);
	else
		for (size_t i = 0; i < keys->list.len && !found; i++)
			found = ask_gpg(p, &keys->list.at[i], 1, &what, &is_lasting);
	return found ? found->person : NULL;
}

/* Adds to ret_set whoever of these people signed the bytes: good now, or when it came into force, for a key that has expired since. */
static void signers(struct policies *p, const json_t *policy, const json_t *people, struct signed_bytes what,
	const struct signatures *sigs, json_t *ret_set)
{
	__attribute__((cleanup(signer_keys_done))) struct signer_keys keys = { .list = { 0 } };
	int64_t since = what.at;

	signer_keys_of(policy, people, &keys);
	for (size_t i = 0; i < sigs->len; i++) {
		const char *who;

		what.at = since;
		who = signer_of(p, &keys, &what, sigs->at[i], sigs->lens[i]);
		what.at = 0;
		if (!who)
			who = signer_of(p, &keys, &what, sigs->at[i], sigs->lens[i]);
		if (who)
			json_object_set_new(ret_set, who, json_true());
	}
}

static int64_t threshold_of(const json_t *policy)
{
	return json_int(json_map(policy, "owners"), "threshold");
}

int judge_text(struct policies *p, const struct policy *new, const struct signatures *sigs, struct err *e)
{
	const json_t *before = p->len ? policies_now(p)->json : new->json;
	AUTO_JSON *set = json_object();
	int64_t threshold = threshold_of(before);

	for (size_t i = 0; i < p->len; i++)
		if (strcmp(p->at[i].text_digest, new->text_digest) == 0)
			return err_verdict(e, "E_ROLLBACK",
				"these exact bytes were in force before; an old signature must not bring them back "
				"(change a comment to return to them)");
	signers(p, before, json_list(json_map(before, "owners"), "people"),
		(struct signed_bytes){ new->text, new->len, new->since }, sigs, set);
	if (threshold < 1 || (int64_t)json_object_size(set) < threshold)
		return err_verdict(e, "E_SIG_UNTRUSTED",
			"the policy is signed by %zu of its present owners; %lld must sign its exact bytes",
			json_object_size(set), (long long)threshold);
	return 0;
}

/* ---- files */
struct one_file {
	struct policies *p;
	struct record_source *source;
	const struct policy *new;
	const json_t *before, *about; /* the policy before; the item of policy_paths */
	const char *path, *digest, *person;
	const struct signatures *sigs;
};

/* A detached signature speaks only for bytes that never were in force there: an old one must not bring an old file back. */
static bool was_in_force(const struct one_file *f)
{
	for (size_t i = 0; i < f->p->len; i++)
		if (strcmp(policy_file_digest(&f->p->at[i], f->path), f->digest) == 0)
			return true;
	return false;
}

/* Who of these people stands for the file: the record's signer, or a detached signature over its bytes. */
static int who_stands(const struct one_file *f, const json_t *people, json_t *ret_set, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len;

	if (json_lists(people, f->person))
		json_object_set_new(ret_set, f->person, json_true());
	if (!f->sigs->len || !json_array_size(people) || !json_flag(f->about, "publish") || was_in_force(f))
		return 0;
	if (source_get(f->source, f->digest, &bytes, &len, e))
		return err_wrap(e, "%s", f->path);
	signers(f->p, f->before, people, (struct signed_bytes){ bytes, len, f->new->since }, f->sigs, ret_set);
	return 0;
}

static int not_signed(const struct one_file *f, const char *given, struct err *e)
{
	const json_t *own = json_list(f->about, "owners");

	if (given)
		return err_verdict(e, "E_SIG_UNTRUSTED",
			"%s: it gives '%s', who holds a role, another key; for that a threshold of the policy's owners "
			"signs "
			"it",
			f->path, given);
	if (!own)
		return err_verdict(e, "E_SIG_UNTRUSTED",
			"%s: it has no owners of its own; %lld of the policy's owners must sign this version", f->path,
			(long long)threshold_of(f->before));
	return err_verdict(e, "E_SIG_UNTRUSTED",
		"%s: none of its owners signed this version; one of them must, or %lld of the policy's owners", f->path,
		(long long)threshold_of(f->before));
}

/* Contacts decide nothing; one of the policy's owners is enough, since nobody outside could check signatures over what is not published. */
static int64_t enough(const struct one_file *f)
{
	return json_flag(f->about, "publish") ? threshold_of(f->before) : 1;
}

static int judge_file(const struct one_file *f, struct err *e)
{
	const json_t *owners = json_list(json_map(f->before, "owners"), "people");
	AUTO_JSON *all = json_object(), *own = json_object();
	const char *given = NULL;
	int64_t threshold = enough(f);

	if (!digest_is_hex(f->digest))
		return err_verdict(e, "E_DIGEST", "%s: '%s' is no sha256", f->path, f->digest);
	if (who_stands(f, owners, all, e))
		return -1;
	if (threshold > 0 && (int64_t)json_object_size(all) >= threshold)
		return 0;
	if (who_stands(f, json_list(f->about, "owners"), own, e))
		return -1;
	if (json_object_size(own) && strcmp(json_text(f->about, "section"), "people") == 0)
		given = policy_key_given(f->before, f->new->json);
	return json_object_size(own) && !given ? 0 : not_signed(f, given, e);
}

int judge_files(struct policies *p, struct record_source *s, const struct policy *new, const char *person,
	const struct signatures *sigs, struct err *e)
{
	const struct policy *now = policies_now(p);
	AUTO_JSON *paths = policy_paths(new->json);
	const char *path;
	json_t *digest;

	json_object_foreach(new->files, path, digest) {
		struct one_file f = { p, s, new, now ? now->json : new->json, json_map(paths, path), path,
			json_is_string(digest) ? json_string_value(digest) : "", person, sigs };

		if (!f.about)
			return err_verdict(e, "E_METADATA", "%s: the policy names no such file", path);
		if (now && strcmp(policy_file_digest(now, path), f.digest) == 0)
			continue;
		if (judge_file(&f, e))
			return -1;
	}
	return 0;
}
