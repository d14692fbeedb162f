/* rows.c - which words lead to the rows of a dossier. */
#include "release/gate/rows.h"
#include "base/text.h"
#include "base/when.h"
#include <string.h>

enum { DAYS_BEFORE_S = 3 * 86400 };

static json_t *rows_of(struct log_index *x, const char *word, struct err *e)
{
	return log_index_rows(x, &word, 1, e);
}

/* Rows of each word of the text that begins so. */
static json_t *rows_of_words(struct log_index *x, const char *text, const char *beginning, struct err *e)
{
	struct slice rest = slice_of(text), word;
	json_t *all = json_array();

	while (all && slice_cut(&rest, ' ', &word)) {
		AUTO_FREE char *one = strndup(word.at, word.len);

		if (text_starts(one, beginning))
			all = log_rows_merge(all, rows_of(x, one, e));
	}
	return all;
}

/* All that was said about the RfCs that these rows name first, and about their candidates; steals rows, which are among it. */
static json_t *rows_whole(struct log_index *x, json_t *rows, bool with_candidates, struct err *e)
{
	AUTO_JSON *seen = json_object(), *found = rows;
	json_t *all = rows ? json_array() : NULL, *row;
	size_t i;

	json_array_foreach(found, i, row) {
		struct slice rest = slice_of(json_text(row, "subject")), word;

		if (!all || !slice_cut(&rest, ' ', &word))
			continue;
		AUTO_FREE char *id = strndup(word.at, word.len);

		if (json_object_get(seen, id))
			continue;
		json_object_set_new(seen, id, json_true());
		json_t *own = rows_of(x, id, e);
		AUTO_FREE char *opening = own && opening_of(own, id) ? mem_strdup(opening_of(own, id)) : NULL;

		all = log_rows_merge(all, own);
		if (all && with_candidates && opening)
			all = log_rows_merge(all, rows_of_words(x, opening, "C-", e));
	}
	return all ? log_rows_merge(all, json_incref(found)) : NULL;
}

json_t *rows_dated(struct log_index *x, const char *day, struct err *e)
{
	AUTO_FREE char *from = mem_printf("until/%.10s", day);

	return rows_whole(x, log_index_range(x, from, "until0", e), false, e); /* '0' follows '/' */
}

/* Releases by a template this month. The month is the last row's; a few days before it are read too, they do no harm. */
static json_t *rows_of_templates(struct log_index *x, const char *today, struct err *e)
{
	struct err ignored = { 0 };
	AUTO_FREE char *month = mem_printf("%.7s-01T00:00:00Z", today);
	int64_t start = 0;
	char since[32];

	if (when_parse(month, "UTC", &start, &ignored))
		start = 0;
	when_utc(start > DAYS_BEFORE_S ? start - DAYS_BEFORE_S : 0, since);
	/* With all of those RfCs: the snapshot behind a release tells that it was carried out. */
	return rows_whole(x, log_index_range_since(x, "template/", "template0", since, e), false, e);
}

/* What others.h may pick: dates that are not over, emergencies and what resumes a channel with their whole record, what templates let out this month. */
static json_t *rows_of_others(struct log_index *x, const char *today, struct err *e)
{
	json_t *all = rows_dated(x, today, e);

	if (all)
		all = log_rows_merge(all, rows_whole(x, rows_of(x, "emergency", e), true, e));
	if (all)
		all = log_rows_merge(all, rows_whole(x, log_index_range(x, "resume/", "resume0", e), false, e));
	if (all)
		all = log_rows_merge(all, rows_of(x, "@template-consent", e));
	return all ? log_rows_merge(all, rows_of_templates(x, today, e)) : NULL;
}

/* The last row of the log says what "today" is. */
static json_t *rows_last(struct log_index *x, struct err *e)
{
	json_t *rows = json_array(), *last = NULL;

	if (log_index_by_hash(x, log_index_head(x)->hash, &last, e)) {
		json_decref(rows);
		return NULL;
	}
	if (last)
		json_array_append_new(rows, last);
	return rows;
}

json_t *rows_about(struct log_index *x, const char *rfc, struct err *e)
{
	json_t *rows = rows_of(x, rfc, e), *last = rows ? rows_last(x, e) : NULL;
	AUTO_FREE char *opening = rows && opening_of(rows, rfc) ? mem_strdup(opening_of(rows, rfc)) : NULL;

	if (!rows || !last || !opening) {
		json_decref(last);
		return rows && last ? rows : (json_decref(rows), NULL);
	}
	AUTO_FREE char *today = mem_strdup(json_text(json_array_get(last, 0), "time"));

	rows = log_rows_merge(rows, rows_of_words(x, opening, "C-", e));
	rows = log_rows_merge(rows, rows ? rows_of_others(x, today, e) : NULL);
	for (size_t i = 0; rows && rows_for_all[i]; i++)
		rows = log_rows_merge(rows, rows_of(x, rows_for_all[i], e));
	return log_rows_merge(rows, last);
}

/* The rows that the records of the dossier, and of the emergencies in it, say they follow. */
static int followed(struct log_index *x, const struct dossier *d, json_t *rows, struct err *e)
{
	for (size_t i = 0; i < d->records.len; i++) {
		json_t *row = NULL;

		if (log_index_by_hash(x, json_text(d->records.at[i].json, "after"), &row, e))
			return -1;
		if (row)
			json_array_append_new(rows, row);
	}
	for (size_t i = 0; i < d->emergencies.len; i++)
		if (followed(x, &d->emergencies.at[i], rows, e))
			return -1;
	return 0;
}

int rows_follow(struct log_index *x, const struct dossier *d, struct err *e)
{
	AUTO_JSON *rows = json_array();

	return followed(x, d, rows, e) ? -1 : dossier_follows(d, rows, e);
}

int rows_policies(
	struct log_index *x, struct record_source *source, const char *root, struct policies *ret, struct err *e)
{
	static const char *const steps[] = { "@policy", "@policy-include" };
	AUTO_JSON *rows = log_index_rows(x, steps, COUNT(steps), e);
	struct policies chain = { .memory = x };
	size_t i;
	json_t *row;

	if (!rows)
		return -1;
	json_array_foreach(rows, i, row)
		if (policies_add(&chain, source, json_text(row, "record"), json_text(row, "signature"),
			    json_int(row, "seq"), root, e)) {
			policies_done(&chain);
			return -1;
		}
	*ret = chain;
	return 0;
}

int64_t rows_policy_seq(struct log_index *x, struct err *e)
{
	AUTO_JSON *last = NULL, *file = NULL;

	if (log_index_last(x, "@policy", "policy", &last, e) ||
		log_index_last(x, "@policy-include", "policy-include", &file, e))
		return -1;
	return json_int(last, "seq") > json_int(file, "seq") ? json_int(last, "seq") : json_int(file, "seq");
}

json_t *rows_touched(struct log_index *x, const char *subject, struct err *e)
{
	json_t *rows = log_rows_merge(rows_of_words(x, subject, "R-", e), rows_of_words(x, subject, "C-", e));
	json_t *ids = rows ? json_array() : NULL, *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		struct slice rest = slice_of(json_text(row, "subject")), word;

		if (strcmp(json_text(row, "action"), "rfc-open") != 0 || !slice_cut(&rest, ' ', &word))
			continue;
		AUTO_FREE char *id = strndup(word.at, word.len);

		if (!json_find(ids, "id", id))
			json_array_append_new(
				ids, json_pack("{s:s, s:s}", "id", id, "record", json_text(row, "record")));
	}
	json_decref(rows);
	return ids;
}
