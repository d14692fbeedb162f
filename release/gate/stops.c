/* stops.c - which stops still stand: each one is looked at beside the RfCs that would take it back. */
#include "release/gate/stops.h"
#include "release/gate/debts.h"
#include "release/gate/gate.h"
#include "release/gate/rows.h"
#include <string.h>

char *stops_resume_word(const char *channel)
{
	return mem_printf("resume/%s", channel);
}

json_t *stops_named(const json_t *stopped, const char *channel)
{
	json_t *names = json_array(), *stop;
	size_t i;

	json_array_foreach(stopped, i, stop)
		if (strcmp(json_text(stop, "channel"), channel) == 0)
			json_array_append(names, json_object_get(stop, "record"));
	return names;
}

/* ---- the RfCs that resume */
static bool speaks_of(const struct record *r, const char *rfc)
{
	return strcmp(json_text(r->body, "rfc"), rfc) == 0 || json_find(json_list(r->body, "votes"), "rfc", rfc);
}

/* The last word about the RfC itself: what stands for all came along, and says nothing of it. NULL: none. */
static const struct record *last_word(const struct dossier *d)
{
	for (size_t i = d->records.len; i-- > 0;)
		if (speaks_of(&d->records.at[i], d->id))
			return &d->records.at[i];
	return NULL;
}

static int64_t opened_at(const struct dossier *d)
{
	for (size_t i = 0; i < d->records.len; i++)
		if (strcmp(d->records.at[i].type, "rfc-open") == 0 && speaks_of(&d->records.at[i], d->id))
			return d->records.at[i].seq;
	return 0;
}

static bool is_authorised(const struct dossier *d)
{
	const struct record *last = last_word(d);
	AUTO_JSON *answer = last ? dossier_ask(d, policies_at(d->chain, last->seq), NULL, "", last->time) : NULL;

	return json_flag(answer, "allow");
}

/* {CHANNEL: place of the opening of the latest RfC that resumes it}: what was stopped before that place is taken back. */
static json_t *resumed(const struct dossier *d)
{
	json_t *places = json_object();

	for (size_t i = 0; i < d->emergencies.len; i++) {
		const struct dossier *other = &d->emergencies.at[i];
		const char *channel = json_text(json_map(other->rfc, "request"), "resume");
		int64_t place = opened_at(other);

		if (*channel && place > json_int(places, channel) && is_authorised(other))
			json_object_set_new(places, channel, json_integer(place));
	}
	return places;
}

json_t *stops_open(const struct dossier *d)
{
	json_t *stopped = json_list(d->history, "stopped"), *open = json_array(), *stop;
	AUTO_JSON *places = json_array_size(stopped) ? resumed(d) : NULL;
	size_t i;

	json_array_foreach(stopped, i, stop)
		if (json_int(stop, "seq") > json_int(places, json_text(stop, "channel")))
			json_array_append(open, stop);
	return open;
}

/* ---- from the log */
static json_t *first_words(const json_t *rows, const char *action)
{
	json_t *ids = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		struct slice rest = slice_of(json_text(row, "subject")), word;

		if (strcmp(json_text(row, "action"), action) == 0 && *json_text(row, "record") &&
			slice_cut(&rest, ' ', &word))
			json_array_append_new(ids, json_stringn(word.at, word.len));
	}
	return ids;
}

static int add_dossier(struct dossier *d, struct log_index *x, const char *rfc, struct err *e)
{
	AUTO_JSON *rows = rows_about(x, rfc, e), *pairs = rows ? pairs_of(rows, rfc, 0, e) : NULL;
	struct dossier one;

	if (!pairs || dossier_load(&one, d->source, d->chain, rfc, pairs, false, false, e))
		return -1;
	*LIST_ADD(&d->emergencies) = one;
	return 0;
}

static int add_resumes(struct dossier *d, struct log_index *x, const char *channel, struct err *e)
{
	AUTO_FREE char *word = stops_resume_word(channel);
	const char *asked = word;
	AUTO_JSON *rows = log_index_rows(x, &asked, 1, e), *ids = rows ? first_words(rows, "rfc-open") : NULL;
	size_t i;
	json_t *id;

	json_array_foreach(ids, i, id)
		if (add_dossier(d, x, json_string_value(id), e))
			return -1;
	return rows ? 0 : -1;
}

static int add_stop(struct dossier *d, const json_t *row, const char *channel, struct err *e)
{
	struct record r;
	int result = 0;

	if (record_load(d->source, json_text(row, "record"), json_text(row, "signature"), d->chain, false, &r, e))
		return -1;
	r.seq = json_int(row, "seq");
	if (strcmp(json_text(r.body, "channel"), channel) == 0)
		result = stops_note(json_list(d->history, "stopped"), d->chain, &r);
	record_done(&r);
	return result;
}

static int gather(struct dossier *d, struct log_index *x, const char *channel, struct err *e)
{
	static const char *const words[] = { "@stop" };
	AUTO_JSON *rows = log_index_rows(x, words, COUNT(words), e);
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
		if (*json_text(row, "record") && add_stop(d, row, channel, e))
			return -1;
	return !rows ? -1 : json_array_size(json_list(d->history, "stopped")) ? add_resumes(d, x, channel, e) : 0;
}

json_t *stops_of_channel(
	struct log_index *x, struct record_source *source, struct policies *chain, const char *channel, struct err *e)
{
	struct dossier d = { .chain = chain, .source = source, .history = json_pack("{s:[]}", "stopped") };
	json_t *open = gather(&d, x, channel, e) ? NULL : stops_open(&d);

	dossier_done(&d);
	return open;
}

int stops_note(json_t *stopped, struct policies *chain, const struct record *r)
{
	const struct policy *policy = policies_by_digest(chain, r->policy);

	if (policy && policy_has_any_role(policy->json, r->person))
		json_array_append_new(stopped,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "channel", json_text(r->body, "channel"), "person",
				r->person, "reason", json_text(r->body, "reason"), "time", json_text(r->json, "time"),
				"seq", (json_int_t)r->seq, "record", r->digest));
	return 0;
}
