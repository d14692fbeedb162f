/* policies.c - the chain of policy versions: each one signed, over its exact bytes, by a threshold of the owners of the one before. */
#include "base/when.h"
#include "release/gate/memory.h"
#include "release/gate/policies_judge.h"
#include "release/gate/record.h"
#include <string.h>

enum { GRACE_S = 600 };

static void policy_done(struct policy *p)
{
	json_decref(p->json);
	json_decref(p->keyring);
	json_decref(p->signatures);
	json_decref(p->files);
	free(p->text);
}

void policies_done(struct policies *p)
{
	for (size_t i = 0; i < p->len; i++)
		policy_done(&p->at[i]);
	LIST_DONE(p);
	memory_keep(p);
	json_decref(p->verified);
	if (p->keyring.is_open)
		keyring_done(&p->keyring);
	memset(p, 0, sizeof *p);
}

const struct policy *policies_now(const struct policies *p)
{
	return p->len ? &p->at[p->len - 1] : NULL;
}

const struct policy *policies_by_digest(const struct policies *p, const char *digest)
{
	for (size_t i = p->len; i-- > 0;)
		if (strcmp(p->at[i].digest, digest) == 0)
			return &p->at[i];
	return NULL;
}

const struct policy *policies_at(const struct policies *p, int64_t seq)
{
	const struct policy *found = NULL;

	for (size_t i = 0; i < p->len && p->at[i].seq < seq; i++)
		found = &p->at[i];
	return found;
}

/* Certificates that gpg took before are given to it only when it is asked something. */
static int add_keyring(struct policies *p, const char *certs, size_t len, struct err *e)
{
	char content[65], name[MEMORY_NAME];

	keyring_content_with(&p->keyring, certs, len, content);
	memory_of_ring(content, name);
	if (memory_has(p, name))
		return keyring_add_later(&p->keyring, certs, len, e);
	if (keyring_add(&p->keyring, certs, len, e))
		return -1;
	if (!p->keyring.is_spoilt)
		memory_note(p, name);
	return 0;
}

static int add_keyrings(struct policies *p, struct record_source *s, const json_t *digests, struct err *e)
{
	size_t i;
	json_t *digest;

	if (!p->keyring.is_open && keyring_open(&p->keyring, e))
		return -1;
	json_array_foreach(digests, i, digest) {
		AUTO_FREE char *certs = NULL;
		size_t len;

		if (source_get(s, json_string_value(digest), &certs, &len, e) || add_keyring(p, certs, len, e))
			return err_wrap(e, "keyring");
	}
	return 0;
}

static int same_members(const json_t *body, const char *const *members, struct err *e)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)body, key, value) {
		bool is_known = false;

		for (size_t i = 0; members[i]; i++)
			is_known = is_known || strcmp(members[i], key) == 0;
		if (!is_known)
			return err_verdict(e, "E_METADATA", "it says '%s', which is not known here", key);
	}
	return 0;
}

/* ---- included sections of a state, by digest */
struct fetching {
	const struct policy *state;
	struct record_source *source;
};

static int fetch(void *context, const char *path, char **ret, size_t *ret_len, struct err *e)
{
	struct fetching *f = context;

	if (!*policy_file_digest(f->state, path))
		return 1;
	return policy_file(f->state, f->source, path, ret, ret_len, e);
}

static int parse(struct policy *new, struct record_source *s, struct err *e)
{
	struct fetching f = { new, s };

	return policy_parse_with(new->text, new->len, "policy", fetch, &f, &new->json, e);
}

/* ---- steps: each makes *new from what stands and from the record's body */
struct step {
	struct policies *p;
	struct record_source *source;
	const json_t *body;
	const char *person, *root;
};

static int step_text(const struct step *step, const struct signatures *sigs, struct policy *new, struct err *e)
{
	static const char *const members[] = { "policy", "previous", "keyring", "signatures", "files", NULL };

	snprintf(new->text_digest, sizeof new->text_digest, "%s", json_text(step->body, "policy"));
	new->keyring = json_incref(json_list(step->body, "keyring"));
	new->files = json_map(step->body, "files") ? json_incref(json_map(step->body, "files")) : json_object();
	return same_members(step->body, members, e) ||
			source_get(step->source, new->text_digest, &new->text, &new->len, e) ||
			parse(new, step->source, e) || add_keyrings(step->p, step->source, new->keyring, e) ||
			judge_text(step->p, new, sigs, e)
		? -1
		: 0;
}

static void copy_text(const struct policy *now, struct policy *new)
{
	memcpy(new->text_digest, now->text_digest, sizeof new->text_digest);
	new->text = mem_alloc(now->len + 1);
	memcpy(new->text, now->text, now->len);
	new->len = now->len;
	new->keyring = json_copy(now->keyring);
	new->files = json_copy(now->files);
}

static int step_include(const struct step *step, const struct signatures *sigs, struct policy *new, struct err *e)
{
	static const char *const members[] = { "path", "sha256", "previous", "keyring", "signatures", NULL };
	const struct policy *now = policies_now(step->p);
	const char *path = json_text(step->body, "path"), *sha256 = json_text(step->body, "sha256"), *section;
	AUTO_JSON *paths = NULL;
	size_t i;
	json_t *digest;

	(void)sigs;
	if (!now)
		return err_verdict(e, "E_SIG_UNTRUSTED", "there is no policy yet that could include it");
	if (same_members(step->body, members, e))
		return -1;
	paths = policy_paths(now->json);
	section = json_text(json_map(paths, path), "section");
	if (!*section)
		return err_verdict(e, "E_METADATA", "the policy includes no '%s'", path);
	copy_text(now, new);
	json_set_str(new->files, path, sha256);
	json_array_foreach(json_list(step->body, "keyring"), i, digest)
		if (json_is_string(digest) && !json_lists(new->keyring, json_string_value(digest)))
			json_array_append(new->keyring, digest);
	if (add_keyrings(step->p, step->source, json_list(step->body, "keyring"), e))
		return -1;
	if (strcmp(section, "calendars") != 0 && strcmp(section, "contacts") != 0)
		return parse(new, step->source, e);
	new->json = json_incref(now->json);
	return 0;
}

static const struct kind {
	const char *type;
	int (*take)(const struct step *step, const struct signatures *sigs, struct policy *new, struct err *e);
} kinds[] = {
	{ "policy", step_text },
	{ "policy-include", step_include },
};

static const struct kind *kind_of(const char *type)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(kinds[i].type, type) == 0)
			return &kinds[i];
	return NULL;
}

bool policies_is_step(const char *type)
{
	return kind_of(type) != NULL;
}

static int follows(const struct step *step, const struct policy *new, const char *previous, struct err *e)
{
	const struct policies *p = step->p;

	if (strcmp(json_text(step->body, "previous"), previous) != 0)
		return err_verdict(e, "E_SIG_UNTRUSTED", "it does not follow the one before");
	if (p->len && new->since + GRACE_S < policies_now(p)->since)
		return err_verdict(e, "E_SIG_TIME", "it says it is older than the one before");
	return 0;
}

static int take(const struct step *step, const char *type, struct policy *new, struct err *e)
{
	__attribute__((cleanup(signatures_done))) struct signatures sigs = { .len = 0 };
	const struct kind *kind = kind_of(type);
	const char *previous = step->p->len ? policies_now(step->p)->digest : "";

	if (!kind)
		return err_verdict(e, "E_SIG_UNTRUSTED", "a record of type '%s' is no policy", type);
	new->signatures = json_incref(json_list(step->body, "signatures"));
	if (follows(step, new, previous, e) || signatures_load(&sigs, step->source, new->signatures, e) ||
		kind->take(step, &sigs, new, e) || judge_files(step->p, step->source, new, step->person, &sigs, e) ||
		policy_state_digest(new, previous, new->digest, e))
		return -1;
	if (!step->p->len && step->root && strcmp(step->root, new->digest) != 0)
		return err_verdict(e, "E_SIG_UNTRUSTED", "the first policy is not the pinned one (%s)", step->root);
	return 0;
}

int policies_judge(struct policies *p, struct record_source *s, const char *type, const json_t *body,
	const char *person, struct err *e)
{
	struct step step = { p, s, body, person, NULL };
	struct policy new = { .since = when_now() };
	int result = take(&step, type, &new, e);

	policy_done(&new);
	return result;
}

int policies_add(struct policies *p, struct record_source *s, const char *record, const char *signature, int64_t seq,
	const char *root, struct err *e)
{
	AUTO_FREE char *bytes = NULL, *sig = NULL;
	AUTO_JSON *json = NULL;
	struct policy new = { .seq = seq };
	struct step step = { .p = p, .source = s, .root = root };
	size_t len, sig_len;

	if (source_get(s, record, &bytes, &len, e) || source_get(s, signature, &sig, &sig_len, e) ||
		record_parse(bytes, len, &json, e))
		return err_wrap(e, "policy record %.16s", record);
	step.body = json_map(json, "body");
	step.person = json_text(json, "person");
	new.since = record_time(json);
	if (take(&step, json_text(json, "type"), &new, e) ||
		record_verify(bytes, len, sig, sig_len, p, p->len ? policies_now(p) : &new, json, false, e)) {
		policy_done(&new);
		return err_wrap(e, "policy %.16s",
			*json_text(step.body, "policy") ? json_text(step.body, "policy")
							: json_text(step.body, "path"));
	}
	snprintf(new.record, sizeof new.record, "%s", record);
	snprintf(new.signature, sizeof new.signature, "%s", signature);
	*LIST_ADD(p) = new;
	return 0;
}
