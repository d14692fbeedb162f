/* vote.c - saying yes or no to a revision: with a key at hand, or as a statement that is signed elsewhere. */
#include "base/text.h"
#include "base/when.h"
#include "release/release.h"
#include <string.h>

enum { VOTES_MAX = 100, STATEMENT_MAX = 64 << 10 };

static int check_decision(const char *decision, const char *condition, struct err *e)
{
	static const char *const words[] = { "approve", "reject", "abstain", "withdraw" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(words[i], decision) == 0)
			return !condition || !*condition || i == 0
				? 0
				: err_usage(e, "only a yes can have a condition; a %s says its reasons in --comment",
					  decision);
	return err_usage(e, "decision '%s': approve, reject, abstain or withdraw (your earlier word)", decision);
}

/* The salt keeps a short comment from being guessed out of a published record; the text stays in the store. */
int release_comment(struct release *r, const char *comment, char ret[65], struct err *e)
{
	AUTO_FREE char *salted = NULL;
	unsigned char random[16];
	char salt[33];

	ret[0] = '\0';
	if (!comment || !*comment)
		return 0;
	random_bytes(random, sizeof random);
	hex_of(random, sizeof random, salt);
	salted = mem_printf("%s\n%s", salt, comment);
	sha256_hex(salted, strlen(salted), ret);
	return db_run(
		r->store->db, e, "INSERT INTO comment (digest, salt, text) VALUES ($1, $2, $3)", ret, salt, comment);
}

/* The revision that is voted on now; a draft has nothing to vote on yet. */
static int revision_of(struct release *r, const char *id, char ret[65], struct err *e)
{
	const struct policy *policy = policies_now(&r->chain);
	struct dossier d;
	const char *state;
	int result = 0;

	if (release_dossier(r, id, false, false, &d, e))
		return -1;
	state = dossier_state(&d, policy, when_now());
	if (strcmp(state, "draft") == 0) {
		AUTO_JSON *answer = dossier_ask(&d, policy, NULL, "", when_now());

		result = err_verdict(e, NULL, "%s is a draft: %s", id,
			json_text(json_array_get(json_list(answer, "reasons"), 0), "text"));
	} else if (strcmp(state, "withdrawn") == 0)
		result = err_usage(e, "%s was withdrawn", id);
	else if (json_map(json_map(d.rfc, "life"), "rejected")) {
		result = err_usage(e, "%s was rejected", id);
		err_hint(e, "'sluice rfc resubmit' asks for it again");
	}
	if (result == 0)
		memcpy(ret, json_text(d.rfc, "revision"), 65);
	dossier_done(&d);
	return result;
}

static json_t *vote_body(struct release *r, char *const *ids, size_t len, const char *role, const char *decision,
	const char *comment, const char *condition, const char *holder, struct err *e)
{
	AUTO_JSON *votes = json_array();
	char digest[65];
	json_t *body;

	if (check_decision(decision, condition, e))
		return NULL;
	if (len == 0 || len > VOTES_MAX)
		return err_usage(e, "which RfCs?"), NULL;
	for (size_t i = 0; i < len; i++) {
		char revision[65];

		if (json_find(votes, "rfc", ids[i]))
			return err_usage(e, "%s is named twice", ids[i]), NULL;
		if (revision_of(r, ids[i], revision, e))
			return NULL;
		json_array_append_new(votes, json_pack("{s:s, s:s}", "rfc", ids[i], "revision", revision));
	}
	if (release_comment(r, comment, digest, e))
		return NULL;
	body = json_pack("{s:O, s:s, s:s, s:s, s:s}", "votes", votes, "role", role, "decision", decision, "condition",
		condition ? condition : "", "comment", digest);
	if (!body)
		err_usage(e, "a text is not UTF-8");
	else if (*holder)
		json_set_str(body, "for", holder);
	return body;
}

static char *subject_of(const json_t *votes)
{
	struct text t = { 0 };
	size_t i;
	json_t *item;

	json_array_foreach(votes, i, item)
		text_add(&t, "%s%s", i ? " " : "", json_text(item, "rfc"));
	return text_take(&t);
}

/* Whose voice it is: "" the person's own, or the holder's whose deputy the person is now. */
static int voice_of(struct release *r, const struct actor *actor, const char *person, const char *role,
	const char *subject, char **ret_holder, struct err *e)
{
	if (deputy_for(r, actor, person, role, when_now(), ret_holder, e) == 0)
		return 0;
	if (e->class == ERR_VERDICT)
		release_note(r, actor, "vote", subject, e->text);
	return -1;
}

static const char *conflict(const struct release *r, const struct dossier *d, const char *person)
{
	const json_t *may = json_map(release_policy(r), "separation");

	if (strcmp(json_text(d->rfc, "requester"), person) == 0 && !json_flag(may, "requester-may-vote"))
		return "asked for it";
	if (json_find(json_list(d->rfc, "candidates"), "submitter", person) && !json_flag(may, "submitter-may-vote"))
		return "submitted it";
	return NULL;
}

/* Who asked for it or built it has no voice, nor a deputy with one, unless the policy gives one; the gate would not count it either. */
static int is_separate(struct release *r, const char *person, const char *holder, const json_t *votes,
	const struct actor *actor, struct err *e)
{
	const char *const names[] = { person, *holder ? holder : person };
	size_t i;
	json_t *item;

	json_array_foreach(votes, i, item) {
		const char *id = json_text(item, "rfc"), *why = NULL, *who = NULL;
		struct dossier d;

		if (release_dossier(r, id, true, false, &d, e))
			return -1;
		for (size_t k = 0; k < COUNT(names) && !why; k++) {
			who = names[k];
			why = conflict(r, &d, who);
		}
		dossier_done(&d);
		if (why) {
			err_verdict(e, NULL, "%s may not vote on %s: %s %s", person, id, who, why);
			err_hint(e, "somebody else who holds the role must");
			release_note(r, actor, "vote", id, e->text);
			return -1;
		}
	}
	return 0;
}

/* What each RfC has become. */
static int outcome(
	struct release *r, const json_t *votes, const char *record, const char *person, json_t **ret, struct err *e)
{
	json_t *list = json_array(), *item;
	size_t i;

	json_array_foreach(votes, i, item) {
		struct dossier d;

		if (release_dossier(r, json_text(item, "rfc"), true, false, &d, e)) {
			json_decref(list);
			return -1;
		}
		json_array_append_new(list,
			json_pack("{s:s, s:O, s:s}", "id", d.id, "revision", json_object_get(d.rfc, "revision"),
				"state", dossier_state(&d, policies_now(&r->chain), when_now())));
		dossier_done(&d);
	}
	*ret = json_pack("{s:s, s:s, s:o}", "record", record, "person", person, "votes", list);
	return 0;
}

int rfc_vote(struct release *r, const struct actor *actor, char *const *ids, size_t len, const char *role,
	const char *decision, const char *comment, const char *condition, json_t **ret, struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL, *subject = NULL, *holder = NULL;
	AUTO_FD int lock = store_lock(r->store, e);
	AUTO_JSON *body = NULL;
	struct act act = { "vote", NULL, NULL, NULL, NULL };
	char record[65];

	if (lock < 0 || release_whoami(r, actor, &person, &home, &key, e) ||
		voice_of(r, actor, person, role, len ? ids[0] : "", &holder, e))
		return -1;
	body = vote_body(r, ids, len, role, decision, comment, condition, holder, e);
	if (!body)
		return -1;
	if (is_separate(r, person, holder, json_list(body, "votes"), actor, e))
		return -1;
	subject = subject_of(json_list(body, "votes"));
	act.subject = subject;
	act.body = body;
	if (release_act(r, actor, &act, record, e))
		return err_wrap(e, "voting");
	return outcome(r, json_list(body, "votes"), record, person, ret, e);
}

/* For a key elsewhere, so the person and the key's name are enough; --key when the person has several. */
static int named_person(struct release *r, const struct actor *actor, char **ret_person, char **ret_key, struct err *e)
{
	const char *person = actor->person;
	AUTO_FREE char *home = NULL;

	if (!person || actor->key)
		return release_whoami(r, actor, ret_person, &home, ret_key, e);
	if (!policy_person(release_policy(r), person))
		return err_usage(e, "the policy knows nobody called '%s'", person);
	*ret_key = fingerprint_of(
		json_string_value(json_array_get(json_list(policy_person(release_policy(r), person), "keys"), 0)));
	if (!*ret_key)
		return err_usage(e, "'%s' has no OpenPGP key", person);
	*ret_person = mem_strdup(person);
	return 0;
}

int rfc_statement(struct release *r, const struct actor *actor, char *const *ids, size_t len, const char *role,
	const char *decision, const char *comment, const char *condition, char **ret, size_t *ret_len, struct err *e)
{
	AUTO_FREE char *person = NULL, *key = NULL, *holder = NULL;
	AUTO_JSON *record = NULL;
	struct log_head head;
	json_t *body;

	if (named_person(r, actor, &person, &key, e) ||
		voice_of(r, actor, person, role, len ? ids[0] : "", &holder, e) || log_head(r->store, &head, e))
		return -1;
	body = vote_body(r, ids, len, role, decision, comment, condition, holder, e);
	if (!body)
		return -1;
	if (is_separate(r, person, holder, json_list(body, "votes"), actor, e))
		return json_decref(body), -1;
	record = record_make("vote", when_now(), person, key, policies_now(&r->chain)->digest, head.hash, body);
	return record ? json_canonical(record, ret, ret_len, e) : err_usage(e, "a text is not UTF-8");
}

/* A statement may come back from a mail or an editor with one newline more; the signature decides over the bytes as they came, and the record is canonical. */
int rfc_vote_signed(struct release *r, const char *statement, size_t len, const char *signature, size_t sig_len,
	json_t **ret, struct err *e)
{
	AUTO_FD int lock = store_lock(r->store, e);
	AUTO_JSON *record = NULL;
	AUTO_FREE char *subject = NULL, *holder = NULL;
	struct act act = { "vote", NULL, NULL, NULL, NULL };
	struct actor actor = { 0 };
	const json_t *votes, *body;
	char digest[65];
	size_t i;
	json_t *item;

	if (lock < 0 || len > STATEMENT_MAX)
		return lock < 0 ? -1 : err_usage(e, "that is no statement");
	if (record_parse(statement, len, &record, e))
		return err_wrap(e, "statement");
	body = json_map(record, "body");
	votes = json_list(body, "votes");
	if (strcmp(json_text(record, "type"), "vote") != 0 || !json_array_size(votes))
		return err_usage(e, "that is no vote but a '%s'", json_text(record, "type"));
	actor.person = json_text(record, "person");
	actor.stands_for = *json_text(body, "for") ? json_text(body, "for") : NULL;
	subject = subject_of(votes);
	if (check_decision(json_text(body, "decision"), json_text(body, "condition"), e) ||
		voice_of(r, &actor, actor.person, json_text(body, "role"), subject, &holder, e))
		return -1;
	if (strcmp(holder, json_text(body, "for")) != 0)
		return err_verdict(
			e, NULL, "the statement does not say for whom %s speaks; make a new one", actor.person);
	json_array_foreach(votes, i, item) {
		char now[65];

		if (revision_of(r, json_text(item, "rfc"), now, e))
			return -1;
		if (strcmp(now, json_text(item, "revision")) != 0) {
			err_verdict(e, "E_MISMATCH",
				"%s has another revision now (%.16s); the statement speaks of %.16s",
				json_text(item, "rfc"), now, json_text(item, "revision"));
			release_note(r, &actor, "vote", subject, e->text);
			return -1;
		}
	}
	if (is_separate(r, actor.person, holder, votes, &actor, e))
		return -1;
	act.subject = subject;
	if (release_act_signed(r, statement, len, signature, sig_len, &act, digest, e)) {
		release_note(r, &actor, "vote", subject, e->text);
		return err_wrap(e, "vote");
	}
	return outcome(r, votes, digest, actor.person, ret, e);
}
