/* load.c - reading a dossier: which records belong to it, whether each is to be believed, and what the gate says to it. */
#include "release/gate/load.h"
#include "base/text.h"
#include "release/gate/calendars.h"
#include "release/gate/debts.h"
#include "release/gate/fields.h"
#include "release/gate/fold.h"
#include "release/gate/gate.h"
#include "release/gate/history.h"
#include "release/gate/others.h"
#include "release/gate/packed.h"
#include "release/gate/states.h"
#include <stdio.h>
#include <string.h>

void dossier_done(struct dossier *d)
{
	json_t **owned[] = { &d->rfc, &d->packages, &d->back, &d->evidence, &d->acceptances, &d->votes, &d->history,
		&d->revision, &d->ring, &d->story };

	records_done(&d->records);
	debts_done(d);
	for (size_t i = 0; i < COUNT(owned); i++) {
		json_decref(*owned[i]);
		*owned[i] = NULL;
	}
}

json_t *dossier_evidence(const struct dossier *d)
{
	json_t *list = json_array(), *item;
	size_t i;

	json_array_foreach(d->evidence, i, item)
		json_array_append(list, json_object_get(item, "digest"));
	for (i = 0; i < d->emergencies.len; i++) {
		AUTO_JSON *more = dossier_evidence(&d->emergencies.at[i]);

		json_array_extend(list, more);
	}
	return list;
}

/* A record names the policy that was in force at its place: an old key cannot come back by naming an old policy. A vote may have been signed
 * elsewhere under an older one; the gate holds its key and role against the present policy anyway. */
static int is_in_place(const struct dossier *d, const struct record *r, struct err *e)
{
	const struct policy *then = policies_at(d->chain, r->seq), *named = policies_by_digest(d->chain, r->policy);

	if (named && then && (named == then || (strcmp(r->type, "vote") == 0 && named->seq < r->seq)))
		return 0;
	return err_verdict(e, "E_SIG_UNTRUSTED", "record %.16s (%s by %s) names a policy that was not in force then",
		r->digest, r->type, r->person);
}

/* The same act twice: an old yes that was put behind a later no. */
static int is_once(const struct dossier *d, const struct record *r, struct err *e)
{
	for (size_t i = 0; i < d->records.len; i++)
		if (&d->records.at[i] != r && strcmp(d->records.at[i].digest, r->digest) == 0)
			return err_verdict(e, "E_MISMATCH", "record %.16s (%s by %s) stands there twice", r->digest,
				r->type, r->person);
	return 0;
}

int dossier_follows(const struct dossier *d, const json_t *rows, struct err *e)
{
	AUTO_JSON *places = json_object();
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
		json_object_set(places, json_text(row, "hash"), json_object_get(row, "seq"));
	for (i = 0; i < d->records.len; i++) {
		const struct record *r = &d->records.at[i];
		int64_t place = json_int(places, json_text(r->json, "after"));

		if (place < 1 || place >= r->seq)
			return err_verdict(e, "E_ROLLBACK",
				"record %.16s (%s by %s) follows a row of the log that is not there any more",
				r->digest, r->type, r->person);
	}
	for (i = 0; i < d->emergencies.len; i++)
		if (dossier_follows(&d->emergencies.at[i], rows, e))
			return -1;
	return 0;
}

int dossier_load(struct dossier *d, struct record_source *s, struct policies *chain, const char *rfc,
	const json_t *pairs, bool is_trusting, bool check_packages, struct err *e)
{
	size_t i;
	json_t *pair;

	memset(d, 0, sizeof *d);
	d->chain = chain;
	d->source = s;
	snprintf(d->id, sizeof d->id, "%s", rfc);
	json_array_foreach(pairs, i, pair) {
		struct record r = { 0 };

		if (*json_text(pair, "of"))
			continue; /* of an emergency: debts_load */
		if (record_load(s, json_text(pair, "record"), json_text(pair, "signature"), chain, is_trusting, &r, e))
			goto failed;
		r.seq = json_int(pair, "seq");
		r.is_done = json_flag(pair, "done");
		*LIST_ADD(&d->records) = r;
		if (is_in_place(d, &r, e) || is_once(d, &d->records.at[d->records.len - 1], e))
			goto failed;
	}
	if (dossier_fold(d, check_packages, e) || (!is_trusting && debts_load(d, pairs, e)))
		goto failed;
	return 0;
failed:
	dossier_done(d);
	return err_wrap(e, "%s", rfc);
}

/* The calendars as far as a change that begins now could reach. Only a channel's rules look at them. */
static json_t *calendars_for(const struct dossier *d, const struct policy *policy, const char *channel, int64_t at)
{
	AUTO_JSON *processes = json_array();
	const char *name;
	json_t *process;

	if (!policy || !channel)
		return json_object();
	json_object_foreach(json_map(policy->json, "processes"), name, process)
		json_array_append_new(processes, json_string(name));
	return calendars_of(
		policy, d->source, at, at + 1 + gate_duration(policy->json, processes, json_map(d->rfc, "request")));
}

/* is_back: with the packages that take it back, instead of its own. */
static json_t *ask(const struct dossier *d, const struct policy *policy, const char *channel, const char *implementer,
	bool is_back, int64_t at)
{
	const json_t *known = channel && policy ? json_map(json_map(policy->json, "channels"), channel) : NULL;
	AUTO_JSON *place = channel ? (known ? json_copy((json_t *)known) : json_object()) : NULL;
	AUTO_JSON *rfc = json_copy(d->rfc), *calendars = calendars_for(d, policy, channel, at),
		  *history = history_at(d, policy, channel != NULL, at);

	if (place)
		json_set_str(place, "name", channel);
	json_set_str(rfc, "implementer", implementer);
	json_object_set_new(rfc, "back", json_boolean(is_back));
	return gate(policy ? policy->json : NULL, place, rfc, is_back ? d->back : d->packages, d->evidence,
		d->acceptances, d->votes, calendars, history, at);
}

json_t *dossier_ask(
	const struct dossier *d, const struct policy *policy, const char *channel, const char *implementer, int64_t at)
{
	return ask(d, policy, channel, implementer, false, at);
}

json_t *dossier_ask_back(
	const struct dossier *d, const struct policy *policy, const char *channel, const char *implementer, int64_t at)
{
	return ask(d, policy, channel, implementer, true, at);
}

json_t *dossier_ask_as(
	const struct dossier *d, const struct policy *policy, const char *type, const char *implementer, int64_t at)
{
	struct dossier other = *d;
	json_t *answer;

	other.rfc = json_copy(d->rfc);
	json_set_str(other.rfc, "type", type);
	answer = dossier_ask(&other, policy, NULL, implementer, at);
	json_decref(other.rfc);
	return answer;
}

const char *dossier_priority(const struct dossier *d, const struct policy *policy)
{
	const json_t *set = json_map(json_map(d->rfc, "life"), "priority");

	return set ? json_text(set, "what")
		   : policy_priority(policy->json, json_text(d->rfc, "urgency"), json_text(d->rfc, "impact"));
}

/* Nothing that this stage needs (fields.h) is missing. */
static bool has_fields(const struct dossier *d, const char *stage)
{
	int impact = impact_parse(json_text(d->rfc, "impact"));

	for (const struct rfc_field *f = rfc_field_table; f->key && impact >= 0; f++)
		if (f->needed_for[impact] && strcmp(f->needed_for[impact], stage) == 0 &&
			text_is_blank(json_text(json_map(d->rfc, "request"), f->key)))
			return false;
	return impact >= 0;
}

static bool is_released_to(const struct dossier *d, const char *channel)
{
	return json_find(json_list(d->history, "releases"), "channel", channel) != NULL;
}

/* It is in every channel that none comes after; a channel for targets that it has no package for is not one of its own. */
static bool is_everywhere(const struct dossier *d, const struct policy *policy)
{
	json_t *channels = json_map(policy->json, "channels"), *channel, *other, *target;
	const char *taken = json_text(json_map(d->rfc, "adopts"), "channel"),
		   *from = *taken ? taken : json_text(json_map(d->rfc, "request"), "from-channel");
	const char *name, *key;
	bool is_any = false;
	size_t i;

	if (*from)
		return is_released_to(d, from);
	json_object_foreach(channels, name, channel) {
		bool is_ours = true;

		json_object_foreach(channels, key, other)
			is_ours = is_ours && strcmp(json_text(other, "after"), name) != 0;
		json_array_foreach(json_list(channel, "targets"), i, target)
			is_ours = is_ours && packed_has(d->packages, "target", json_string_value(target));
		if (is_ours && !is_released_to(d, name))
			return false;
		is_any = is_any || is_ours;
	}
	return is_any;
}

/* The state after a release. */
static const char *later_state(const struct dossier *d, const struct policy *policy)
{
	const char *review = json_text(json_map(d->rfc, "life"), "review");

	if (!*review && json_array_size(json_list(d->history, "rollbacks")))
		return "rolled-back";
	if (*review)
		return strcmp(review, "failed") == 0         ? "failed"
			: strcmp(review, "rolled-back") == 0 ? "rolled-back"
							     : (has_fields(d, "closed") ? "closed" : "reviewed");
	return policy && is_everywhere(d, policy) && has_fields(d, "implemented") ? "implemented" : "released";
}

const char *dossier_settled(const struct dossier *d, const struct policy *policy)
{
	if (json_flag(d->rfc, "withdrawn"))
		return "withdrawn";
	if (json_array_size(json_list(d->history, "releases")))
		return later_state(d, policy);
	return json_map(json_map(d->rfc, "life"), "rejected") ? "rejected" : NULL;
}

const char *dossier_state(const struct dossier *d, const struct policy *policy, int64_t at)
{
	static const char *const waiting[] = { [STAGE_VOTING] = "draft", [STAGE_AUTHORISED] = "voting" };
	AUTO_JSON *answer = NULL;
	const char *state = dossier_settled(d, policy);
	enum gate_stage worst = STAGE_RELEASE;
	size_t i;
	json_t *reason;

	if (state)
		return state;
	state = "authorised";
	answer = dossier_ask(d, policy, NULL, "", at);
	json_array_foreach(json_list(answer, "reasons"), i, reason) {
		enum gate_stage stage = gate_rule_stage(json_text(reason, "rule"));

		if (strcmp(json_text(reason, "rule"), "reject") == 0)
			return "rejected";
		if (stage < worst) {
			worst = stage;
			state = waiting[stage];
		}
	}
	return worst == STAGE_RELEASE && json_int(d->rfc, "schedule") ? "scheduled" : state;
}

/* ---- the store's side */
struct policy_walk {
	struct record_source *source;
	struct policies *chain;
	const char *root;
};

static int see_policy(void *context, const struct log_row *row, struct err *e)
{
	struct policy_walk *w = context;

	if (!policies_is_step(row->action) || !*row->record)
		return 0;
	return policies_add(w->chain, w->source, row->record, row->signature, row->seq, w->root, e);
}

int store_policies(struct store *s, struct record_source *source, const struct log_head *known, const char *root,
	struct policies *ret, struct log_head *ret_head, struct err *e)
{
	struct policies chain = { 0 };
	struct policy_walk walk = { source, &chain, root };

	if (log_walk(s, known, see_policy, &walk, ret_head, e)) {
		policies_done(&chain);
		return -1;
	}
	*ret = chain;
	return 0;
}

static int see_row(void *context, const struct log_row *row, struct err *e)
{
	json_t *json = log_row_json(row);

	json_set_str(json, "hash", row->hash);
	return json_array_append_new(context, json);
}

json_t *store_rows(struct store *s, const struct log_head *known, struct err *e)
{
	json_t *rows = json_array();

	if (log_walk(s, known, see_row, rows, NULL, e)) {
		json_decref(rows);
		return NULL;
	}
	return rows;
}

const char *opening_of(const json_t *rows, const char *rfc)
{
	size_t i, len = strlen(rfc);
	json_t *row;

	json_array_foreach(rows, i, row) {
		const char *subject = json_text(row, "subject");

		/* the RfC is the first word; candidates and channels that it is about follow */
		if (strcmp(json_text(row, "action"), "rfc-open") == 0 && *json_text(row, "record") && len > 0 &&
			strncmp(subject, rfc, len) == 0 && (subject[len] == ' ' || subject[len] == '\0'))
			return subject;
	}
	return NULL;
}

/* Do two subjects share a word? */
static bool is_about(const char *opening, const char *subject)
{
	struct slice rest = slice_of(subject), word;

	while (slice_cut(&rest, ' ', &word)) {
		AUTO_FREE char *id = strndup(word.at, word.len);

		if (log_names(opening, id))
			return true;
	}
	return false;
}

/* What stands for a product or a recipe may fit any candidate, a channel's stop any release: the fold looks. */
const char *const rows_for_all[] = { "@stop", "@deputy", "@deputy-end", "@recipe-approve", "@expect-agree", "product",
	NULL };

static bool is_for_all(const json_t *row)
{
	const char *action = json_text(row, "action");

	for (const char *const *word = rows_for_all; *word; word++)
		if (**word == '@' ? strcmp(action, *word + 1) == 0
				  : strcmp(action, "accept") == 0 && log_names(json_text(row, "subject"), *word))
			return true;
	return false;
}

static bool is_of_dossier(const char *rfc, const char *opening, const json_t *row)
{
	static const char *const kinds[] = { "submit", "candidate-withdraw", "evidence", "accept" };
	const char *action = json_text(row, "action"), *subject = json_text(row, "subject");

	if (!*json_text(row, "record"))
		return false;
	if (is_for_all(row))
		return true;
	/* Another RfC may name the same candidate; its opening, votes and releases are not ours. */
	if (strcmp(action, "rfc-open") == 0 || strcmp(action, "vote") == 0 || strcmp(action, "release") == 0 ||
		strcmp(action, "rollback") == 0 || strcmp(action, "condition-met") == 0 ||
		strcmp(action, "rfc-schedule") == 0 || rfc_act_named(action))
		return log_names(subject, rfc);
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(action, kinds[i]) == 0)
			return is_about(opening, subject);
	/* A kind that is not known here may say no: the fold refuses it. */
	return strcmp(action, "snapshot") != 0 && is_about(opening, subject);
}

/* The snapshot that followed tells which release was carried out. */
static void mark_done(json_t *pairs, const char *subject)
{
	const char *wanted = log_names(subject, "rollback") ? "rollback" : "release";

	for (size_t i = json_array_size(pairs); i-- > 0;) {
		json_t *pair = json_array_get(pairs, i);

		if (strcmp(json_text(pair, "type"), wanted) == 0 && log_names(subject, json_text(pair, "channel")) &&
			log_names(subject, json_text(pair, "rfc"))) {
			json_object_set_new(pair, "done", json_true());
			return;
		}
	}
}

static void set_word(json_t *pair, const char *key, struct slice *rest)
{
	struct slice word;

	if (slice_cut(rest, ' ', &word))
		json_object_set_new(pair, key, json_stringn(word.at, word.len));
}

static json_t *pair_of(const json_t *row)
{
	struct slice rest = slice_of(json_text(row, "subject"));
	json_t *pair = json_pack("{s:s, s:s, s:s, s:I}", "type", json_text(row, "action"), "record",
		json_text(row, "record"), "signature", json_text(row, "signature"), "seq",
		(json_int_t)json_int(row, "seq"));

	if (strcmp(json_text(row, "action"), "release") == 0 || strcmp(json_text(row, "action"), "rollback") == 0) {
		set_word(pair, "rfc", &rest);
		set_word(pair, "channel", &rest);
	}
	return pair;
}

/* others NULL: the RfC's own alone. */
static json_t *pairs_from(
	const json_t *rows, const char *rfc, const char *opening, int64_t until, struct others *others)
{
	json_t *pairs = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		if (until && json_int(row, "seq") > until)
			break;
		if (strcmp(json_text(row, "action"), "snapshot") == 0)
			mark_done(pairs, json_text(row, "subject"));
		if (is_of_dossier(rfc, opening, row) || (others && others_wants(others, row)))
			json_array_append_new(pairs, pair_of(row));
	}
	return pairs;
}

/* The whole record of an emergency that went out, or of what starts a channel again: whether it was approved is asked of the gate, not of a flag. */
static void add_whole(const json_t *rows, const char *id, int64_t until, bool needs_done, json_t *pairs)
{
	const char *opening = opening_of(rows, id);
	AUTO_JSON *own = opening ? pairs_from(rows, id, opening, until, NULL) : NULL;
	bool is_done = !needs_done;
	size_t i;
	json_t *pair;

	json_array_foreach(own, i, pair) {
		is_done = is_done || json_flag(pair, "done");
		json_set_str(pair, "of", id);
	}
	if (is_done)
		json_array_extend(pairs, own);
}

json_t *pairs_of(const json_t *rows, const char *rfc, int64_t until, struct err *e)
{
	const char *opening = opening_of(rows, rfc), *id;
	struct others others;
	json_t *pairs, *value;

	if (!opening) {
		err_usage(e, "there is no RfC %s", rfc);
		return NULL;
	}
	others_init(&others, rfc, rows);
	pairs = pairs_from(rows, rfc, opening, until, &others);
	json_object_foreach(others.emergencies, id, value)
		add_whole(rows, id, until, true, pairs);
	json_object_foreach(others.resumes, id, value)
		add_whole(rows, id, until, false, pairs);
	others_done(&others);
	return pairs;
}
