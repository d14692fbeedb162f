/* signer_decide.c - the key process asks the gate itself: it reads the log, believes only signatures, and hashes the packages' bytes. */
#include "base/fs.h"
#include "base/text.h"
#include "release/gate/gate.h"
#include "release/gate/notice.h"
#include "release/gate/others.h"
#include "release/gate/packed.h"
#include "release/gate/reports.h"
#include "release/gate/rows.h"
#include "release/gate/signer_impl.h"
#include <string.h>

enum { RECORD_AGE_MAX_S = 900, CLOCK_S = 120, GRACE_S = 600 };

/* An expired key must not sign anew by an old date: what came after the last signed snapshot was not made before it. A vote may have been carried from
 * where its key is, for a while. */
static int in_time(const struct key_process *k, const struct dossier *d, struct err *e)
{
	for (size_t i = 0; i < d->records.len; i++) {
		const struct record *r = &d->records.at[i];
		int64_t grace = strcmp(r->type, "vote") == 0 ? VOTE_CARRIED_S : GRACE_S;

		if (r->seq > k->known.seq && r->time > k->now + GRACE_S)
			return err_verdict(e, "E_SIG_TIME",
				"record %.16s (%s by %s) is dated ahead of this machine's clock", r->digest, r->type,
				r->person);
		if (r->seq > k->known.seq && r->time + grace < k->known_time)
			return err_verdict(e, "E_SIG_TIME",
				"record %.16s (%s by %s) is dated long before the snapshot that it follows", r->digest,
				r->type, r->person);
	}
	for (size_t i = 0; i < d->emergencies.len; i++)
		if (in_time(k, &d->emergencies.at[i], e))
			return -1;
	return 0;
}

/* The implementer's act: the last record of the dossier must be it, fresh, for this channel and this revision. */
static const struct record *implementing(const struct dossier *d, const char *type, const char *channel)
{
	const struct record *found = NULL;

	for (size_t i = 0; i < d->records.len; i++)
		if (strcmp(d->records.at[i].type, type) == 0 &&
			strcmp(json_text(d->records.at[i].body, "rfc"), d->id) == 0 &&
			strcmp(json_text(d->records.at[i].body, "channel"), channel) == 0)
			found = &d->records.at[i];
	return found;
}

static int is_fit(const struct key_process *k, const struct dossier *d, const struct record *r, const char *channel,
	struct err *e)
{
	if (!r)
		return err_verdict(e, "E_GATE", "%s: nobody signed its release to %s", d->id, channel);
	if (r->time > k->now + CLOCK_S || r->time < k->now - RECORD_AGE_MAX_S)
		return err_verdict(e, "E_GATE", "%s: %s signed its release at another time than now; release it again",
			d->id, r->person);
	if (strcmp(json_text(r->body, "revision"), json_text(d->rfc, "revision")) != 0)
		return err_verdict(e, "E_GATE", "%s: its release was signed for another revision", d->id);
	return 0;
}

/* The log's row of that place, among those that were read. */
static const json_t *row_at(const json_t *rows, int64_t seq)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
		if (json_int(row, "seq") == seq)
			return row;
	return NULL;
}

/* The row and the record say whether it is an emergency, or uses a template: by that later changes find what is owed and how often it was used. */
static int says_what_it_is(const struct dossier *d, const struct record *r, const json_t *rows, struct err *e)
{
	const char *type = json_text(d->rfc, "type"),
		   *template = strcmp(type, "standard") == 0 ? json_text(json_map(d->rfc, "request"), "template") : "";
	AUTO_FREE char *words = others_release_words(type, template);
	AUTO_FREE char *want = mem_printf("%s %s%s", d->id, json_text(r->body, "channel"), words);
	const json_t *row = row_at(rows, r->seq);

	if (strcmp(json_text(r->body, "type"), type) == 0 && strcmp(json_text(r->body, "template"), template) == 0 &&
		strcmp(json_text(row, "subject"), want) == 0)
		return 0;
	return err_verdict(
		e, "E_GATE", "%s: its release does not say that it is '%s%s'; release it again", d->id, type, words);
}

/* What it says of the channel before is what the reports say. */
static int says_how_it_went(const struct dossier *d, const struct record *r, struct err *e)
{
	const json_t *said = json_object_get(r->body, "ring");

	if (d->ring ? json_equal(d->ring, said) : !said)
		return 0;
	return err_verdict(
		e, "E_GATE", "%s: its release does not say how it went in the channel before; release it again", d->id);
}

/* What release.json says about this release; everything needed to ask the gate again. */
static json_t *entry_of(const struct dossier *d, const struct record *r, const struct policy *policy,
	const char *channel, const json_t *pairs)
{
	json_t *products = json_array(), *candidates = json_array(), *c;
	size_t i;

	json_array_foreach(json_list(d->rfc, "candidates"), i, c) {
		json_array_append(products, json_object_get(c, "product"));
		json_array_append(candidates, json_object_get(c, "id"));
	}
	return json_pack("{s:s, s:O, s:s, s:s, s:s, s:O, s:I, s:s, s:o, s:o, s:O, s:o, s:O, s:o}", "rfc", d->id,
		"revision", json_object_get(d->rfc, "revision"), "channel", channel, "record", r->digest, "implementer",
		r->person, "time", json_object_get(r->json, "time"), "seq", (json_int_t)r->seq, "policy",
		policy->digest, "products", products, "candidates", candidates, "records", pairs, "evidence",
		dossier_evidence(d), "asked", json_map(d->rfc, "asked"), "notice", notice_of(d, policy, r->body));
}

static json_t *packages_of(const struct dossier *d, const json_t *from, const json_t *channel)
{
	json_t *list = json_array(), *item, *target;
	size_t i, k;

	json_array_foreach(from, i, item) {
		AUTO_JSON *package = packed_get(item);

		json_array_foreach(json_list(channel, "targets"), k, target)
			if (strcmp(json_text(package, "target"), json_string_value(target)) == 0) {
				json_t *one = json_copy(package);

				json_object_del(one, "intact");
				json_set_str(one, "rfc", d->id);
				json_set_str(one, "revision", json_text(d->rfc, "revision"));
				json_array_append_new(list, one);
			}
	}
	return list;
}

static int refused(json_t *answer, json_t **ret_reasons)
{
	*ret_reasons = json_incref(json_list(answer, "reasons"));
	return 1;
}

/* Where it was released before, the signer knows by itself: what it signed last for that channel must hold it. */
static int was_released(struct key_process *k, const char *channel, const char *rfc, bool *ret, struct err *e)
{
	AUTO_FREE char *path = state_file(k, channel);
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	struct err before = *e;
	AUTO_JSON *last = state_last(k, channel, e);
	int got = 0;

	*ret = false;
	if (!last)
		return e->class != before.class ? -1 : 0;
	if (snap_open_releases(&reader, path, e))
		return -1;
	while (!*ret && (got = snap_next(&reader, &item, e)) > 0)
		*ret = snap_item_says(&item, "rfc", rfc);
	return *ret ? 0 : got;
}

static int own_history(struct key_process *k, struct dossier *d, struct err *e)
{
	json_t *releases = json_list(d->history, "releases");

	for (size_t i = json_array_size(releases); i-- > 0;) {
		bool is_there;

		if (was_released(k, json_text(json_array_get(releases, i), "channel"), d->id, &is_there, e))
			return -1;
		if (!is_there)
			json_array_remove(releases, i);
	}
	return 0;
}

/* The act that lets it in, and where it is taken back the one before it that let it in: audit asks the gate about both. */
static void add_back(json_t *entry, const struct dossier *d, const char *channel)
{
	const json_t *release = NULL, *item;
	size_t i;

	json_array_foreach(json_list(d->history, "releases"), i, item)
		if (strcmp(json_text(item, "channel"), channel) == 0)
			release = item;
	json_object_set_new(entry, "back", json_true());
	json_set_str(entry, "released", json_text(release, "record"));
}

/* ---- what was let out and not written down */
/* {RECORD: true} of releases by which later changes find what is owed, or how often a template was used. */
static json_t *owing(const json_t *rows)
{
	json_t *set = json_object(), *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		const char *subject = json_text(row, "subject");

		if (strcmp(json_text(row, "action"), "release") == 0 && *json_text(row, "record") &&
			(log_names(subject, "emergency") || strstr(subject, " template/")))
			json_object_set_new(set, json_text(row, "record"), json_false());
	}
	return set;
}

static int note_signed(struct key_process *k, const char *channel, json_t *set, struct err *e)
{
	AUTO_FREE char *path = state_file(k, channel);
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	int got;

	if (!fs_exists(path))
		return 0;
	if (snap_open_releases(&reader, path, e))
		return -1;
	while ((got = snap_next(&reader, &item, e)) > 0) {
		char record[SHA256_HEX];

		snap_item_member(&item, "record", record, sizeof record);
		if (json_object_get(set, record))
			json_object_set_new(set, record, json_true());
	}
	return got;
}

/* A snapshot's row comes after it was signed: whoever asks the signer past the command, or is killed there, leaves none. The signer knows by itself what stands in its
 * channels, and reads the log as if that had been written down; the same rows where there is nothing of the kind. NULL: failed. */
static json_t *with_own(struct key_process *k, const json_t *rows, struct err *e)
{
	AUTO_JSON *set = owing(rows), *all = json_array();
	const char *channel;
	json_t *place, *row;
	size_t i;

	if (json_object_size(set))
		json_object_foreach(json_map(policies_now(&k->chain)->json, "channels"), channel, place)
			if (note_signed(k, channel, set, e))
				return NULL;
	json_array_foreach(rows, i, row) {
		json_array_append(all, row);
		if (json_is_true(json_object_get(set, json_text(row, "record"))))
			json_array_append_new(all,
				json_pack("{s:s, s:s}", "action", "snapshot", "subject", json_text(row, "subject")));
	}
	return json_incref(all);
}

int decide(struct key_process *k, const char *channel, const char *rfc, json_t **ret_entry, json_t **ret_packages,
	json_t **ret_reasons, struct err *e)
{
	AUTO_JSON *logged = rows_about(k->index, rfc, e), *rows = logged ? with_own(k, logged, e) : NULL,
		  *pairs = rows ? pairs_of(rows, rfc, 0, e) : NULL, *answer = NULL, *served = NULL;
	const struct policy *policy = policies_now(&k->chain);
	const json_t *place = json_map(json_map(policy->json, "channels"), channel);
	const struct record *r;
	struct dossier d;
	int result = -1;

	if (!pairs || dossier_load(&d, &k->source.source, &k->chain, rfc, pairs, false, true, e))
		return -1;
	if (rows_follow(k->index, &d, e) || in_time(k, &d, e) || own_history(k, &d, e)) {
		dossier_done(&d);
		return -1;
	}
	r = implementing(&d, k->is_back ? "rollback" : "release", channel);
	if (dossier_count_reports(&d, k->index, policy->json, channel, r ? r->seq : 0, e)) {
		dossier_done(&d);
		return -1;
	}
	answer = (k->is_back ? dossier_ask_back : dossier_ask)(&d, policy, channel, r ? r->person : "", k->now);
	if (!json_flag(answer, "allow"))
		result = refused(answer, ret_reasons);
	else if (is_fit(k, &d, r, channel, e) == 0 && notice_check(d.id, r->body, e) == 0 &&
		(served = served_excerpt(k, &d, channel, e)) &&
		(k->is_back ? served_goes_back(&d, served, e)
			    : says_what_it_is(&d, r, rows, e) || says_how_it_went(&d, r, e) ||
					served_goes_on(&d, channel, served, e)) == 0) {
		*ret_entry = entry_of(&d, r, policy, channel, pairs);
		if (k->is_back)
			add_back(*ret_entry, &d, channel);
		if (json_list(d.rfc, "removes"))
			json_object_set(*ret_entry, "removes", json_list(d.rfc, "removes"));
		if (json_map(d.rfc, "adopts"))
			json_object_set(*ret_entry, "adopts", json_map(d.rfc, "adopts"));
		*ret_packages = packages_of(&d, k->is_back ? d.back : d.packages, place);
		result = 0;
	}
	dossier_done(&d);
	return result;
}
