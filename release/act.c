/* act.c - one signed act: who makes it, the record, the log, the rows; all or nothing. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/gate/rows.h"
#include "release/release.h"
#include <stdio.h>
#include <string.h>

enum { CLOCK_S = 600 };

/* ---- who */
static char *usual_home(const struct release *r, const char *person)
{
	AUTO_FREE char *trial = store_path(r->store, "trial");
	const char *given = getenv("GNUPGHOME"), *home = getenv("HOME");

	if (fs_exists(trial) && (!person || strcmp(person, "trial") == 0) && policy_person(release_policy(r), "trial"))
		return mem_strdup(trial);
	if (given && *given)
		return mem_strdup(given);
	return mem_printf("%s/.gnupg", home && *home ? home : "");
}

/* The first of them that is the person's (anybody's when person is NULL). */
static bool choose_key(
	const struct release *r, const char *person, char *const *keys, size_t len, char **ret_person, char **ret_key)
{
	for (size_t i = 0; i < len; i++) {
		const char *owner = policy_person_of(release_policy(r), keys[i]);

		if (!owner || (person && strcmp(owner, person) != 0))
			continue;
		*ret_person = mem_strdup(owner);
		*ret_key = mem_strdup(keys[i]);
		return true;
	}
	return false;
}

/* A secret key in home that is the person's. What lies there as a file is seen at once; gpg, which must be started, knows of others. */
static int find_key(
	const struct release *r, const char *person, const char *home, char **ret_person, char **ret_key, struct err *e)
{
	static int (*const lists[])(
		const char *home, char ***ret, size_t *ret_len, struct err *e) = { key_secrets_here, key_secrets };
	bool is_found = false;

	for (size_t i = 0; i < COUNT(lists) && !is_found; i++) {
		char **keys = NULL;
		size_t len = 0;

		if (lists[i](home, &keys, &len, e))
			return -1;
		is_found = choose_key(r, person, keys, len, ret_person, ret_key);
		for (size_t k = 0; k < len; k++)
			free(keys[k]);
		free(keys);
	}
	if (is_found)
		return 0;
	err_usage(e,
		person ? "%s: it holds no secret key of '%s'" : "%s: it holds no secret key of anybody in the policy",
		home, person ? person : "");
	err_hint(e, "name the person with --as, the key folder with --home, the key with --key");
	return -1;
}

static char *bare_fingerprint(const char *key)
{
	AUTO_FREE char *prefixed = text_starts(key, "openpgp:") ? mem_strdup(key) : mem_printf("openpgp:%s", key);

	return fingerprint_of(prefixed);
}

int release_whoami(
	struct release *r, const struct actor *actor, char **ret_person, char **ret_home, char **ret_key, struct err *e)
{
	AUTO_FREE char *home = NULL, *key = actor->key ? bare_fingerprint(actor->key) : NULL;
	const char *person = actor->person;

	if (key && !person)
		person = policy_person_of(release_policy(r), key);
	if (key && !person)
		return err_usage(e, "key %s belongs to nobody in the policy", key);
	if (person && !policy_person(release_policy(r), person))
		return err_usage(e, "the policy knows nobody called '%s'", person);
	if (key && !policy_key_of(release_policy(r), person, key))
		return err_usage(e, "key %s is not one of '%s' in the policy", key, person);
	home = actor->home ? mem_strdup(actor->home) : usual_home(r, person);
	if (!key)
		return find_key(r, person, home, ret_person, ret_key, e) ? -1 : (*ret_home = mem_strdup(home), 0);
	*ret_person = mem_strdup(person);
	*ret_home = mem_strdup(home);
	*ret_key = mem_strdup(key);
	return 0;
}

int release_not_holder(const struct release *r, const char *person, const char *role, const char *more, struct err *e)
{
	const json_t *holders = policy_holders(release_policy(r), role);
	AUTO_FREE char *who = json_join(holders, "nobody");

	err_verdict(e, NULL, "%s does not hold the role '%s'%s", person, role, more);
	return holders ? err_hint(e, "it is held by %s", who)
		       : err_hint(e, "the policy has no such role; 'sluice policy show' names those it has");
}

int release_may(struct release *r, const struct actor *actor, const char *role, const char *action, const char *subject,
	struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL;

	if (release_whoami(r, actor, &person, &home, &key, e))
		return -1;
	if (policy_holds(release_policy(r), person, role))
		return 0;
	release_not_holder(r, person, role, "", e);
	release_note(r, actor, action, subject, e->text);
	return -1;
}

/* ---- recording */
static char recorded[160];

const char *release_recorded(void)
{
	return recorded;
}

static int in_transaction(struct release *r, const json_t *record, const char *digest, const char *signature,
	const struct act *act, struct err *e)
{
	if (log_append(r->store, json_text(record, "person"), act->type, act->subject, "ok", digest, signature, e))
		return -1;
	if (act->change && act->change(r, digest, act->context, e))
		return -1;
	return policies_is_step(act->type) || strcmp(act->type, "init") == 0 ? 0 : release_refresh(r, act->subject, e);
}

int release_tell_signer(struct release *r, struct err *e)
{
	struct err why = { 0 };
	int result;

	store_pause(r->store);
	result = index_signer_know(r->store->path, &why);
	if (store_resume(r->store, e))
		return -1;
	if (result == 0 || why.class == ERR_ENV)
		return 0;
	*e = why;
	return -1;
}

static int keep(struct release *r, const json_t *record, const char *bytes, size_t len, const char *sig, size_t sig_len,
	const struct act *act, char ret_record[65], struct err *e)
{
	struct db *db = r->store->db;
	char digest[65], signature[65];

	if (blob_put(r->store->blobs, bytes, len, digest, e) || blob_put(r->store->blobs, sig, sig_len, signature, e) ||
		db->ops->begin(db, e))
		return -1;
	if (in_transaction(r, record, digest, signature, act, e)) {
		db->ops->rollback(db);
		return -1;
	}
	if (db->ops->commit(db, e)) /* what had reached the disk already counts once the catalogue is opened again */
		return err_hint(
			e, "it may be recorded all the same: look with 'sluice audit show' before you say it again");
	memcpy(ret_record, digest, sizeof digest);
	r->has_logged = true;
	snprintf(recorded, sizeof recorded, "'%s' of %s", act->type, act->subject);
	return r->is_signer_next ? 0 : release_tell_signer(r, e);
}

/* Somebody may have replaced the policy since this store was opened; the act would name a policy that is not in force. */
static int is_current(struct release *r, struct err *e)
{
	bool is_same;

	if (log_index_follow(r->index, r->store, NULL, e))
		return -1;
	is_same = rows_policy_seq(r->index, e) == (r->chain.len ? policies_now(&r->chain)->seq : 0);
	if (!is_same)
		return err_env(e, "the policy was replaced meanwhile; run it again");
	return 0;
}

int release_act(struct release *r, const struct actor *actor, const struct act *act, char ret_record[65], struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL, *bytes = NULL, *sig = NULL;
	AUTO_JSON *record = NULL;
	AUTO(signer) signer = { .fd = -1 };
	struct log_head head;
	size_t len, sig_len;

	if (release_whoami(r, actor, &person, &home, &key, e) || is_current(r, e) || log_head(r->store, &head, e) ||
		signer_open(&signer, home, key, e))
		return -1;
	record = record_make(
		act->type, when_now(), person, key, policies_now(&r->chain)->digest, head.hash, json_incref(act->body));
	if (!record)
		return err_usage(e, "%s: a text in it is not UTF-8", act->type);
	if (record_sign(record, &signer, &bytes, &len, &sig, &sig_len, e) ||
		record_verify(bytes, len, sig, sig_len, &r->chain, policies_now(&r->chain), record, true, e))
		return err_wrap(e, "signing as %s", person);
	return keep(r, record, bytes, len, sig, sig_len, act, ret_record, e);
}

/* The same bytes twice are the same act: said plainly, not by the catalogue's constraint. */
static int refuse_again(struct release *r, const json_t *record, struct err *e)
{
	char digest[65];

	if (json_digest(record, digest, e))
		return -1;
	AUTO_JSON *rows = db_rows(r->store->db, "SELECT seq FROM log WHERE record = $1", DB_TEXTS(digest), e);
	if (!rows)
		return -1;
	return json_array_size(rows) == 0 ? 0 : err_usage(e, "this statement was recorded already");
}

int release_act_signed(struct release *r, const char *bytes, size_t len, const char *sig, size_t sig_len,
	const struct act *act, char ret_record[65], struct err *e)
{
	AUTO_JSON *record = NULL;
	const struct policy *policy;

	if (record_parse(bytes, len, &record, e))
		return -1;
	if (record_time(record) + VOTE_CARRIED_S < when_now())
		return err_verdict(e, "E_SIG_TIME", "it was written more than a week ago; make a new statement");
	if (record_time(record) > when_now() + CLOCK_S)
		return err_verdict(e, "E_SIG_TIME", "it is dated ahead of this machine's clock");
	policy = policies_by_digest(&r->chain, json_text(record, "policy"));
	if (!policy)
		return err_verdict(e, "E_SIG_UNTRUSTED", "it names a policy that was never in force here");
	if (record_verify(bytes, len, sig, sig_len, &r->chain, policy, record, true, e) || refuse_again(r, record, e))
		return -1;
	return keep(r, record, bytes, len, sig, sig_len, act, ret_record, e);
}

void release_note(
	struct release *r, const struct actor *actor, const char *action, const char *subject, const char *outcome)
{
	struct db *db = r->store->db;
	struct err ignored = { 0 };
	AUTO_FREE char *text = text_printable(outcome, strlen(outcome), false);

	if (!db || db->ops->begin(db, &ignored)) /* closed: it could not be opened again behind a fork */
		return;
	r->has_logged = true;
	if (log_append(
		    r->store, actor && actor->person ? actor->person : "", action, subject, text, "", "", &ignored) ||
		db->ops->commit(db, &ignored))
		db->ops->rollback(db);
}

int release_next(struct release *r, const char *type, const char *prefix, char ret_id[32], struct err *e)
{
	AUTO_FREE char *word = mem_printf("@%s", type);
	int64_t len = log_index_follow(r->index, r->store, NULL, e) ? -1 : log_index_count(r->index, word, e);

	if (len < 0)
		return -1;
	snprintf(ret_id, 32, "%s-%lld", prefix, (long long)len + 1);
	return 0;
}

/* ---- dossiers and the rows that show them */
static int dossier_of(
	struct release *r, const char *rfc, bool is_trusting, bool check_packages, struct dossier *ret, struct err *e)
{
	AUTO_JSON *rows = rows_about(r->index, rfc, e), *pairs = rows ? pairs_of(rows, rfc, 0, e) : NULL;

	if (!pairs || dossier_load(ret, &r->source.source, &r->chain, rfc, pairs, is_trusting, check_packages, e))
		return -1;
	if (is_trusting || rows_follow(r->index, ret, e) == 0)
		return 0;
	dossier_done(ret);
	return err_wrap(e, "%s", rfc);
}

int release_dossier(
	struct release *r, const char *rfc, bool is_trusting, bool check_packages, struct dossier *ret, struct err *e)
{
	return log_index_follow(r->index, r->store, NULL, e) ? -1
							     : dossier_of(r, rfc, is_trusting, check_packages, ret, e);
}

/* is_strict: an act is not recorded whose RfC could not be read any more. */
static int refresh_one(struct release *r, const char *rfc, const char *record, bool is_strict, struct err *e)
{
	struct dossier d;
	const char *state, *impact;
	struct err why = { 0 };
	int result;

	if (dossier_of(r, rfc, true, false, &d, &why)) {
		/* Records that cannot be believed refuse their own RfC, and keep nobody from the others; audit tells of them. */
		if (why.class == ERR_VERDICT && !is_strict)
			return 0;
		*e = why;
		return -1;
	}
	state = dossier_state(&d, policies_now(&r->chain), when_now());
	impact = json_text(d.rfc, "impact");
	result = db_run(r->store->db, e, "DELETE FROM rfc WHERE id = $1", rfc) ||
			db_run(r->store->db, e,
				"INSERT INTO rfc (id, record, revision, state, category, priority) VALUES ($1, $2, $3, "
				"$4, $5, $6)",
				rfc, record, json_text(d.rfc, "revision"), state, impact,
				dossier_priority(&d, policies_now(&r->chain)))
		? -1
		: 0;
	dossier_done(&d);
	return result;
}

/* Every RfC there is, in the shape of rows_touched. */
static json_t *all_rfcs(struct release *r, struct err *e)
{
	json_t *list = log_index_rfcs(r->index, false, e), *item;
	size_t i;

	json_array_foreach(list, i, item) {
		AUTO_JSON *row = NULL;

		if (log_row_at(r->store, json_int(item, "seq"), &row, e)) {
			json_decref(list);
			return NULL;
		}
		json_set_str(item, "record", json_text(row, "record"));
	}
	return list;
}

/* Every RfC whose opening shares a word with the subject: its own id, or one of its candidates. What the transaction wrote is seen, and forgotten by the
 * index again: it may be taken back. */
int release_refresh(struct release *r, const char *subject, struct err *e)
{
	AUTO_JSON *touched = NULL;
	size_t i;
	json_t *item;
	int result = 0;

	if (log_index_peek(r->index, r->store, e))
		return -1;
	touched = subject ? rows_touched(r->index, subject, e) : all_rfcs(r, e);
	json_array_foreach(touched, i, item)
		if (result == 0)
			result = refresh_one(r, json_text(item, "id"), json_text(item, "record"), subject != NULL, e);
	log_index_forget(r->index);
	return touched ? result : -1;
}
