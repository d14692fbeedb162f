/* ways_round.h - for tests of ways round the gate: the command and the signer are both asked, and both must say the same no. */
#pragma once
#include "hostile.h"

static inline bool lists_rule(const json_t *reasons, const char *rule)
{
	size_t i;
	json_t *reason;

	json_array_foreach(reasons, i, reason)
		if (strcmp(json_text(reason, "rule"), rule) == 0 && strlen(json_text(reason, "text")) > 20)
			return true;
	return false;
}

static inline bool says(const struct err *e, const json_t *reasons, const char *rule)
{
	return (e->code && strcmp(e->code, rule) == 0 && strlen(e->text) > 20) || lists_rule(reasons, rule);
}

/* The rule of the gate, or the code of what could not be believed. */
static inline void refused_to(const char *rfc, const char *channel, const char *rule)
{
	struct actor trial = as(&world, TRIAL);
	AUTO_JSON *answer = NULL, *reasons = NULL;
	struct signer_answer a = { 0 };
	struct err e = { 0 }, again = { 0 };

	if (release_to(world.r, &trial, rfc, channel, publisher, &answer, &e) == 0)
		fail_msg("%s was released to %s", rfc, channel);
	if (!says(&e, json_list(answer, "reasons"), rule))
		fail_msg("want %s: %s: %s", rule, e.code ? e.code : "", e.text);
	e = (struct err){ 0 };
	store_pause(world.r->store);
	if (index_signer_ask(world.r->store->path, channel, rfc, &a, &reasons, &e) == 0)
		fail_msg("the signer let %s out", rfc);
	assert_int_equal(store_resume(world.r->store, &again), 0);
	signer_answer_done(&a);
	if (!says(&e, reasons, rule))
		fail_msg("the signer: want %s: %s: %s", rule, e.code ? e.code : "", e.text);
}

static inline void signed_act(int who, const char *type, const char *subject, json_t *body)
{
	struct actor actor = as(&world, who);
	struct act act = { type, subject, body, NULL, NULL };
	char record[65];
	struct err e = { 0 };

	if (release_act(world.r, &actor, &act, record, &e))
		fail_msg("%s", e.text);
	json_decref(body);
}

/* A record into the log past every command: what it says of its person, key and time, and whose key signs it. */
struct by_hand {
	const char *person, *key;
	int64_t time;
	int signs;
};
static inline void log_by_hand(const struct by_hand *by, const char *type, const char *subject, json_t *body)
{
	AUTO_JSON *record = NULL;
	AUTO_FREE char *bytes = NULL, *sig = NULL;
	AUTO(signer) signer = { .fd = -1 };
	struct db *db = world.r->store->db;
	struct log_head head;
	struct err e = { 0 };
	char digest[65], signature[65];
	size_t len, sig_len;

	OK(log_head(world.r->store, &head, &e));
	record = record_make(
		type, by->time, by->person, by->key, policies_now(&world.r->chain)->digest, head.hash, body);
	OK(signer_open(&signer, world.homes[by->signs], world.keys[by->signs], &e));
	OK(record_sign(record, &signer, &bytes, &len, &sig, &sig_len, &e));
	OK(blob_put(world.r->store->blobs, bytes, len, digest, &e));
	OK(blob_put(world.r->store->blobs, sig, sig_len, signature, &e));
	OK(db->ops->begin(db, &e));
	OK(log_append(world.r->store, by->person, type, subject, "ok", digest, signature, &e));
	OK(db->ops->commit(db, &e));
}

/* Signed by who says it, at whatever time they say. */
static inline void by_hand(int who, int64_t time, const char *type, const char *subject, json_t *body)
{
	log_by_hand(&(struct by_hand){ world_names[who], world.keys[who], time, who }, type, subject, body);
}
