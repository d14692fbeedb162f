/* log.c - appending to the log and walking its chain. */
#include "release/gate/log.h"
#include "base/when.h"
#include <stdio.h>
#include <string.h>

json_t *log_row_json(const struct log_row *row)
{
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "seq", (json_int_t)row->seq, "time",
		row->time, "person", row->person, "action", row->action, "subject", row->subject, "outcome",
		row->outcome, "record", row->record, "signature", row->signature, "previous", row->previous);
}

static int hash_of(const struct log_row *row, char ret[65], struct err *e)
{
	AUTO_JSON *json = log_row_json(row);

	return json ? json_digest(json, ret, e)
		    : err_verdict(e, "E_CORRUPT", "log row %lld: not text", (long long)row->seq);
}

int log_head(struct store *s, struct log_head *ret, struct err *e)
{
	AUTO_JSON *rows = db_rows(s->db, "SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1", NULL, 0, e);
	const json_t *row = rows ? json_array_get(rows, 0) : NULL;

	if (!rows)
		return -1;
	memset(ret, 0, sizeof *ret);
	if (row) {
		ret->seq = json_int(row, "seq");
		snprintf(ret->hash, sizeof ret->hash, "%s", json_text(row, "hash"));
	}
	return 0;
}

int log_append(struct store *s, const char *person, const char *action, const char *subject, const char *outcome,
	const char *record, const char *signature, struct err *e)
{
	struct log_head head;
	struct log_row row;
	char when[32], seq[24], hash[65];

	if (log_head(s, &head, e))
		return -1;
	when_utc(when_now(), when);
	row = (struct log_row){ head.seq + 1, when, person, action, subject, outcome, record, signature, head.hash,
		NULL };
	snprintf(seq, sizeof seq, "%lld", (long long)row.seq);
	if (hash_of(&row, hash, e))
		return -1;
	return db_run(s->db, e,
		"INSERT INTO log (seq, time, person, action, subject, outcome, record, signature, previous, hash)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		seq, when, person, action, subject, outcome, record, signature, head.hash, hash);
}

struct walk {
	const struct log_head *known;
	struct log_head head;
	bool is_known_seen;
	int (*each)(void *context, const struct log_row *row, struct err *e);
	void *context;
};

static struct log_row row_of(const json_t *json)
{
	return (struct log_row){ json_int(json, "seq"), json_text(json, "time"), json_text(json, "person"),
		json_text(json, "action"), json_text(json, "subject"), json_text(json, "outcome"),
		json_text(json, "record"), json_text(json, "signature"), json_text(json, "previous"),
		json_text(json, "hash") };
}

int log_row_at(struct store *s, int64_t seq, json_t **ret, struct err *e)
{
	char text[24], hash[65];

	snprintf(text, sizeof text, "%lld", (long long)seq);
	AUTO_JSON *rows = db_rows(s->db, "SELECT * FROM log WHERE seq = $1", DB_TEXTS(text), e);
	if (!rows)
		return -1;
	*ret = NULL;
	if (json_array_size(rows) == 0)
		return 0;
	struct log_row row = row_of(json_array_get(rows, 0));
	AUTO_JSON *json = log_row_json(&row);

	if (hash_of(&row, hash, e))
		return -1;
	json_set_str(json, "hash", hash);
	*ret = json_incref(json);
	return 0;
}

static int step(void *context, const json_t *json, struct err *e)
{
	struct walk *w = context;
	struct log_row row = row_of(json);
	char hash[65];

	if (row.seq != w->head.seq + 1 || strcmp(row.previous, w->head.hash) != 0)
		return err_verdict(e, "E_CORRUPT",
			"log row %lld: it does not follow row %lld; a row was changed or taken out", (long long)row.seq,
			(long long)w->head.seq);
	if (hash_of(&row, hash, e))
		return -1;
	if (strcmp(hash, row.hash) != 0)
		return err_verdict(e, "E_CORRUPT", "log row %lld (%s %s): it was changed; its hash is another",
			(long long)row.seq, row.action, row.subject);
	w->head.seq = row.seq;
	memcpy(w->head.hash, hash, sizeof hash);
	if (w->known && w->known->seq == row.seq) {
		if (strcmp(w->known->hash, hash) != 0)
			return err_verdict(e, "E_ROLLBACK", "log row %lld is another than the one signed before",
				(long long)row.seq);
		w->is_known_seen = true;
	}
	return w->each ? w->each(w->context, &row, e) : 0;
}

int log_walk(struct store *s, const struct log_head *known, int (*each)(void *, const struct log_row *, struct err *),
	void *context, struct log_head *ret_head, struct err *e)
{
	static const struct log_head first = { 0 };

	return log_walk_on(s, &first, known, each, context, ret_head, e);
}

int log_walk_on(struct store *s, const struct log_head *from, const struct log_head *known,
	int (*each)(void *, const struct log_row *, struct err *), void *context, struct log_head *ret_head,
	struct err *e)
{
	struct walk w = { known, *from, false, each, context };
	char seq[24];

	snprintf(seq, sizeof seq, "%lld", (long long)from->seq);
	if (db_query(s->db, "SELECT * FROM log WHERE seq > $1 ORDER BY seq", DB_TEXTS(seq), step, &w, e))
		return -1;
	if (known && known->seq > 0 && !w.is_known_seen)
		return err_verdict(e, "E_ROLLBACK", "the log ends at row %lld; a signed snapshot knew row %lld",
			(long long)w.head.seq, (long long)known->seq);
	if (ret_head)
		*ret_head = w.head;
	return 0;
}

int log_check(const json_t *rows, struct log_head *ret_head, struct err *e)
{
	struct walk w = { 0 };
	size_t i;
	json_t *row;

	json_array_foreach((json_t *)rows, i, row)
		if (step(&w, row, e))
			return -1;
	*ret_head = w.head;
	return 0;
}

bool log_names(const char *subject, const char *id)
{
	size_t len = strlen(id);

	if (!len)
		return false;

	for (const char *at = subject; (at = strstr(at, id)); at += len)
		if ((at == subject || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}
