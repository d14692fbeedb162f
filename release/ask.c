/* ask.c - asking the gate, releasing, signing again, and how things stand. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/advisory.h"
#include "release/gate/notice.h"
#include "release/gate/others.h"
#include "release/gate/reports.h"
#include "release/release.h"
#include <stdio.h>
#include <string.h>

/* ---- the gate */
/* What the act of releasing says of the change. */
struct asked {
	char revision[65], type[32], template[65];
	json_t *ring;    /* owned, as the next; NULL: the channel does not ask */
	json_t *answers; /* advisories (notice.h) */
};

static void asked_done(struct asked *asked)
{
	json_decref(asked->ring);
	json_decref(asked->answers);
}

/* Where the change would go next when nobody says: what it names itself, else the first channel that it was not released to and whose forerunner it was
 * released to; without a channel nothing is said about windows, blackouts and soak. NULL: it goes nowhere (more). */
static const char *next_channel(json_t *channels, const struct dossier *d)
{
	const json_t *request = json_map(d->rfc, "request"), *releases = json_list(d->history, "releases");
	const char *from = json_text(request, "from-channel"), *into = json_text(request, "into-channel"), *name;
	json_t *channel;

	if (*json_text(request, "resume"))
		return NULL;
	if (*from || *into)
		return *from ? from : into;
	json_object_foreach(channels, name, channel) {
		const char *after = json_text(channel, "after");

		if (!json_find(releases, "channel", name) && (!*after || json_find(releases, "channel", after)))
			return name;
	}
	return json_object_size(channels) == 1 ? json_object_iter_key(json_object_iter(channels)) : NULL;
}

static int answers_of(struct release *r, const struct dossier *d, json_t **ret, struct err *e)
{
	AUTO_JSON *about = NULL;

	if (advisory_about(r, d->rfc, &about, e))
		return -1;
	*ret = notice_advisories(about);
	return 0;
}

/* ret_asked: where it may be NULL, nothing is released; asked_done is the caller's. */
static int ask(struct release *r, const char *rfc, const char *channel, const char *implementer, int64_t at,
	json_t **ret, struct asked *ret_asked, struct err *e)
{
	int status = 0;
	struct dossier d;
	char when[32];

	if (release_dossier(r, rfc, false, true, &d, e))
		return -1;
	if (!channel)
		channel = next_channel(json_map(release_policy(r), "channels"), &d);
	if (channel && dossier_count_reports(&d, r->index, release_policy(r), channel, 0, e)) {
		dossier_done(&d);
		return -1;
	}
	*ret = dossier_ask(&d, policies_now(&r->chain), channel, implementer, at);
	when_utc(at, when);
	json_set_str(*ret, "rfc", rfc);
	json_set_str(*ret, "revision", json_text(d.rfc, "revision"));
	json_set_str(*ret, "channel", channel);
	json_set_str(*ret, "state", dossier_state(&d, policies_now(&r->chain), when_now()));
	json_set_str(*ret, "at", when);
	if (ret_asked) {
		bool is_standard = strcmp(json_text(d.rfc, "type"), "standard") == 0;

		snprintf(ret_asked->revision, 65, "%s", json_text(d.rfc, "revision"));
		snprintf(ret_asked->type, sizeof ret_asked->type, "%s", json_text(d.rfc, "type"));
		snprintf(ret_asked->template, sizeof ret_asked->template, "%s",
			is_standard ? json_text(json_map(d.rfc, "request"), "template") : "");
		ret_asked->ring = json_incref(d.ring);
		status = json_flag(*ret, "allow") ? answers_of(r, &d, &ret_asked->answers, e) : 0;
	}
	dossier_done(&d);
	return status;
}

/* "refused: votes, department": which rules, for the log. */
static char *refusal(const json_t *answer)
{
	AUTO_JSON *seen = json_object();
	struct text t = { 0 };
	size_t i;
	json_t *reason;

	text_add(&t, "refused:");
	json_array_foreach(json_list(answer, "reasons"), i, reason)
		if (!json_object_get(seen, json_text(reason, "rule"))) {
			text_add(&t, "%s %s", json_object_size(seen) ? "," : "", json_text(reason, "rule"));
			json_object_set_new(seen, json_text(reason, "rule"), json_true());
		}
	return text_take(&t);
}

int release_gate(struct release *r, const char *rfc, const char *channel, int64_t at, json_t **ret, struct err *e)
{
	AUTO_FREE char *subject = NULL, *why = NULL;

	if (channel && !json_map(json_map(release_policy(r), "channels"), channel))
		return err_usage(e, "the policy knows no channel '%s'", channel);
	if (ask(r, rfc, channel, "", at, ret, NULL, e))
		return -1;
	if (!json_flag(*ret, "allow")) {
		const char *asked = json_text(*ret, "channel");

		subject = *asked ? mem_printf("%s %s", rfc, asked) : mem_strdup(rfc);
		why = refusal(*ret);
		release_note(r, NULL, "gate", subject, why);
	}
	return 0;
}

/* ---- releasing */
struct snapshot_row {
	const char *channel, *subject, *release, *signature;
	int64_t serial;
};

static int note_snapshot(struct release *r, const struct snapshot_row *row, struct err *e)
{
	struct db *db = r->store->db;
	char serial[24], when[32];

	snprintf(serial, sizeof serial, "%lld", (long long)row->serial);
	when_utc(when_now(), when);
	if (db->ops->begin(db, e))
		return -1;
	if (log_append(r->store, "signer", "snapshot", row->subject, "ok", row->release, row->signature, e) ||
		db_run(db, e,
			"INSERT INTO snapshot (channel, serial, release, signature, time) VALUES ($1, $2, $3, $4, $5)",
			row->channel, serial, row->release, row->signature, when) ||
		release_refresh(r, row->subject, e)) {
		db->ops->rollback(db);
		return -1;
	}
	r->has_logged = true;
	return db->ops->commit(db, e);
}

int release_keep_answer(
	struct release *r, const struct signer_answer *a, char ret_release[65], char ret_signature[65], struct err *e)
{
	int found = 0;

	for (size_t i = 0; i < a->files.len; i++) {
		const struct index_item *f = &a->files.at[i];
		char *digest = strcmp(f->path, "release.json") == 0 ? ret_release
			: strcmp(f->path, "release.json.asc") == 0  ? ret_signature
								    : NULL;

		if (!digest)
			continue;
		found++;
		memcpy(digest, f->sha256, SHA256_HEX);
		if (f->file ? blob_put_as(r->store->blobs, f->file, digest, e)
			    : blob_put(r->store->blobs, f->bytes, f->len, digest, e))
			return -1;
	}
	return found == 2 ? 0 : err_env(e, "the signer's answer is not whole");
}

/* The signer reads the catalogue in its own process; ours is closed meanwhile. */
int release_publish(struct release *r, const char *rfc, const char *channel, bool is_back, channel_publisher *publish,
	json_t **ret, struct err *e)
{
	AUTO_FREE char *subject = *rfc ? mem_printf("%s %s%s", channel, rfc, is_back ? " rollback" : "")
				       : mem_strdup(channel);
	AUTO_JSON *reasons = NULL;
	struct signer_answer a = { 0 };
	char release[65], signature[65];
	struct snapshot_row row = { channel, subject, release, signature, 0 };
	struct err resumed = { 0 };
	int result;

	store_pause(r->store);
	result = (is_back ? index_signer_back : index_signer_ask)(r->store->path, channel, rfc, &a, &reasons, e);
	if (store_resume(r->store, &resumed))
		return result ? -1 : (*e = resumed, signer_answer_done(&a), -1);
	if (result) {
		if (reasons)
			*ret = json_pack(
				"{s:b, s:O, s:s, s:s}", "allow", 0, "reasons", reasons, "rfc", rfc, "channel", channel);
		return -1;
	}
	row.serial = json_int(a.release, "serial");
	if (release_keep_answer(r, &a, release, signature, e) || publish(r->store, channel, &a, e) ||
		note_snapshot(r, &row, e))
		result = -1;
	else
		*ret = json_pack("{s:b, s:s, s:I, s:s, s:s, s:i}", "allow", 1, "channel", channel, "serial",
			(json_int_t)row.serial, "rfc", rfc, "valid_until", json_text(a.release, "valid_until"),
			"packages", (int)a.packages);
	signer_answer_done(&a);
	return result;
}

/* How it went in the channel before is said by who releases it: where the reports themselves do not stand (a published tree), that is what counts. */
static json_t *act_of(const char *rfc, const char *channel, const struct asked *asked)
{
	json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "rfc", rfc, "revision", asked->revision, "channel",
		channel, "type", asked->type, "template", asked->template);

	json_object_set(body, "ring", asked->ring);
	if (json_array_size(asked->answers))
		json_object_set(body, "advisories", asked->answers);
	return body;
}

int release_to(struct release *r, const struct actor *actor, const char *rfc, const char *channel,
	channel_publisher *publish, json_t **ret, struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL, *subject = mem_printf("%s %s", rfc, channel),
		       *row = NULL, *words = NULL, *why = NULL;
	AUTO_JSON *answer = NULL, *body = NULL;
	AUTO_FD int lock = -1;
	struct act act = { "release", NULL, NULL, NULL, NULL };
	AUTO(asked) asked = { .ring = NULL };
	char record[65];
	int status;

	*ret = NULL;
	if (!json_map(json_map(release_policy(r), "channels"), channel))
		return err_usage(e, "the policy knows no channel '%s'", channel);
	if (release_whoami(r, actor, &person, &home, &key, e) || (lock = store_lock(r->store, e)) < 0 ||
		ask(r, rfc, channel, person, when_now(), &answer, &asked, e))
		return -1;
	if (!json_flag(answer, "allow")) {
		const char *first = json_text(json_array_get(json_list(answer, "reasons"), 0), "text");

		why = refusal(answer);
		release_note(r, actor, "release", subject, why);
		*ret = json_incref(answer);
		return err_verdict(e, "E_GATE", "%s to %s: %s", rfc, channel, first);
	}
	/* The row says what others must know of it: what is owed, how often a template was used. The signer looks whether it does. */
	words = others_release_words(asked.type, asked.template);
	row = mem_printf("%s%s", subject, words);
	body = act_of(rfc, channel, &asked);
	act.body = body;
	act.subject = row;
	r->is_signer_next = true; /* it reads the log, with this act, before it signs */
	status = release_act(r, actor, &act, record, e);
	r->is_signer_next = false;
	if (status)
		return err_wrap(e, "releasing %s", rfc);
	if (release_publish(r, rfc, channel, false, publish, ret, e)) {
		struct err ignored = { 0 };

		if (release_tell_signer(r, &ignored))
			ignored = (struct err){ 0 };
		release_note(r, actor, "release", subject, e->text);
		return err_wrap(e, "%s to %s", rfc, channel);
	}
	return 0;
}

int release_resign(struct release *r, const char *channel, channel_publisher *publish, json_t **ret, struct err *e)
{
	AUTO_FD int lock = store_lock(r->store, e);

	*ret = NULL;
	return lock < 0 ? -1 : release_publish(r, "", channel, false, publish, ret, e);
}

/* ---- what stands in a channel */
int release_believe(struct release *r, const char *digest, const char *signature, json_t **ret, struct err *e)
{
	AUTO(keyring) ring = { 0 };
	AUTO_JSON *keys = NULL;
	bool is_revoked;

	if (release_keys(r, &keys, e) || keys_ring(r, &ring, e))
		return -1;
	/* by a key that was revoked since: the next one signs it again; what stands in the log can be told all the same */
	return snapshot_load(&r->source.source, &ring, json_list(keys, "ever"), digest, signature, ret, &is_revoked, e);
}

int release_snapshot(struct release *r, const char *channel, int64_t serial, json_t **ret, struct err *e)
{
	AUTO_FREE char *number = mem_printf("%lld", (long long)serial);
	AUTO_JSON *rows = db_rows(r->store->db,
		"SELECT release, signature FROM snapshot WHERE channel = $1 AND serial = $2", DB_TEXTS(channel, number),
		e);
	const json_t *row = json_array_get(rows, 0);

	if (!rows)
		return -1;
	if (!row)
		return err_usage(e, "channel '%s' has no snapshot %lld", channel, (long long)serial);
	return release_believe(r, json_text(row, "release"), json_text(row, "signature"), ret, e);
}

static json_t *current_rows(struct release *r, const char *channel, struct err *e)
{
	return db_rows(r->store->db,
		"SELECT serial, release, signature FROM snapshot WHERE channel = $1 ORDER BY serial DESC LIMIT 1",
		DB_TEXTS(channel), e);
}

int release_current(struct release *r, const char *channel, json_t **ret, struct err *e)
{
	AUTO_JSON *rows = current_rows(r, channel, e);
	const json_t *row = json_array_get(rows, 0);

	if (!rows)
		return -1;
	*ret = NULL;
	return row ? release_believe(r, json_text(row, "release"), json_text(row, "signature"), ret, e) : 0;
}

int release_current_digest(struct release *r, const char *channel, char ret[65], struct err *e)
{
	AUTO_JSON *rows = current_rows(r, channel, e);

	if (!rows)
		return -1;
	snprintf(ret, 65, "%s", json_text(json_array_get(rows, 0), "release"));
	return 0;
}

/* ---- status */
/* 60, 30 and 7 days ahead, and then every day. */
static const char *urgency_of(int64_t days)
{
	static const struct {
		int64_t days;
		const char *word;
	} steps[] = { { 0, "expired" }, { 7, "within 7 days" }, { 30, "within 30 days" }, { 60, "within 60 days" } };

	for (size_t i = 0; i < COUNT(steps); i++)
		if (days <= steps[i].days)
			return steps[i].word;
	return "";
}

static int expiry_of(
	struct release *r, const char *which, const char *fingerprint, int64_t *ret, bool *ret_revoked, struct err *e)
{
	AUTO_FREE char *name = mem_printf("keys/%s.asc", which), *path = store_path(r->store, name);
	AUTO(keyring) ring = { 0 };

	return keyring_open(&ring, e) || keyring_add_file(&ring, path, e) ||
			keyring_expiry(&ring, fingerprint, ret, ret_revoked, e)
		? -1
		: 0;
}

static void key_status(struct release *r, const char *which, const char *fingerprint, json_t *keys, json_t *warnings)
{
	struct err why = { 0 };
	int64_t expires = 0, days;
	char when[32] = "";
	bool is_revoked = false;
	const char *word;

	if (expiry_of(r, which, fingerprint, &expires, &is_revoked, &why)) {
		json_add_text(warnings, "the %s key cannot be read: %s", which, why.text);
		return;
	}
	days = (expires - when_now()) / 86400;
	word = is_revoked ? "revoked" : expires ? urgency_of(expires <= when_now() ? 0 : days + 1) : "";
	if (expires)
		when_utc(expires, when);
	json_array_append_new(keys,
		json_pack("{s:s, s:s, s:s, s:I, s:s}", "key", which, "fingerprint", fingerprint, "expires", when,
			"days", (json_int_t)(expires ? days : -1), "warning", word));
	if (is_revoked)
		json_add_text(warnings, "the %s key %s was revoked: the policy's own-keys must name another", which,
			fingerprint);
	else if (*word)
		json_add_text(warnings,
			expires <= when_now() ? "the %s key has expired (%s%s)" : "the %s key expires %s (%s)", which,
			expires <= when_now() ? "" : word, when);
}

static int channel_status(struct release *r, json_t *channels, json_t *warnings, struct err *e)
{
	const char *name;
	json_t *item;

	json_object_foreach(json_map(release_policy(r), "channels"), name, item) {
		AUTO_JSON *current = NULL, *stops = NULL;
		struct err ignored = { 0 };
		int64_t until = 0;

		if (release_current(r, name, &current, e))
			return -1;
		if (release_stops(r, name, &stops, e))
			return -1;
		if (json_array_size(stops))
			json_add_text(warnings, "channel %s was stopped by %s", name,
				json_text(json_array_get(stops, 0), "person"));
		if (current && when_parse(json_text(current, "valid_until"), "UTC", &until, &ignored) == 0 &&
			until < when_now() + 86400)
			json_add_text(warnings, "channel %s is valid until %s only; release or sign it again", name,
				json_text(current, "valid_until"));
		json_array_append_new(channels,
			json_pack("{s:s, s:I, s:s, s:s, s:i, s:O, s:b}", "name", name, "serial",
				(json_int_t)json_int(current, "serial"), "time", json_text(current, "time"),
				"valid_until", json_text(current, "valid_until"), "packages",
				(int)json_array_size(json_list(current, "packages")), "targets",
				json_list(item, "targets"), "stopped", json_array_size(stops) > 0));
	}
	return 0;
}

/* How many advisories are late, open, answered. */
static int advisory_counts(struct release *r, json_t *counts, json_t *warnings, struct err *e)
{
	AUTO_JSON *list = NULL;
	size_t i;
	json_t *item;

	if (advisory_list(r, true, &list, e))
		return -1;
	json_array_foreach(json_list(list, "advisories"), i, item) {
		const char *state = json_text(item, "state");

		json_object_set_new(counts, state, json_integer(json_int(counts, state) + 1));
		if (strcmp(state, "late") == 0)
			json_add_text(warnings, "advisory %s (%s) was to be answered by %s", json_text(item, "id"),
				json_text(item, "severity"), json_text(item, "deadline"));
	}
	return 0;
}

int release_status(struct release *r, json_t **ret, struct err *e)
{
	AUTO_JSON *candidates = NULL, *rfcs = NULL, *states = json_object(), *channels = json_array(),
		  *keys = json_array(), *warnings = json_array(), *advisories = json_object(), *own = NULL,
		  *waiting = NULL;
	int64_t debts;
	const struct policy *now = policies_now(&r->chain);
	size_t i;
	json_t *rfc;

	if (candidate_list(r, &candidates, e) || rfc_list(r, NULL, &rfcs, e) ||
		channel_status(r, channels, warnings, e) || release_keys(r, &own, e) ||
		release_waiting(r, json_list(rfcs, "rfcs"), &waiting, &debts, e) ||
		advisory_counts(r, advisories, warnings, e))
		return -1;
	json_array_foreach(json_list(rfcs, "rfcs"), i, rfc)
		json_object_set_new(
			states, json_text(rfc, "state"), json_integer(json_int(states, json_text(rfc, "state")) + 1));
	json_array_foreach(json_list(own, "packages"), i, rfc)
		key_status(r, "package", json_string_value(rfc), keys, warnings);
	json_array_foreach(json_list(own, "releases"), i, rfc)
		key_status(r, "release", json_string_value(rfc), keys, warnings);
	if (release_is_trial(r))
		json_add_text(warnings, "this store has a trial person whose key lies in it; it is for trying out");
	*ret = json_pack("{s:s, s:s, s:i, s:i, s:O, s:O, s:O, s:O, s:b}", "organisation",
		json_text(now->json, "organisation"), "policy", now->digest, "policy_version", (int)r->chain.len,
		"candidates", (int)json_array_size(json_list(candidates, "candidates")), "rfcs", states, "channels",
		channels, "keys", keys, "warnings", warnings, "trial", release_is_trial(r));
	json_object_set(*ret, "waiting", waiting);
	json_object_set_new(*ret, "emergency_debts", json_integer(debts));
	json_object_set(*ret, "advisories", advisories);
	json_set_str(*ret, "store", r->store->path);
	return *ret ? 0 : err_env(e, "the status cannot be told");
}
