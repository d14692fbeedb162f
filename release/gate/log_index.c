/* log_index.c - the index over the verified log: its SQLite file, bringing it up to date, asking it. */
#include "release/gate/log_index.h"
#include "base/arena.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	WORDS_MAX = 400, /* of one row; a vote names at most 100 RfCs */
	PORTION = 256
};

struct log_index {
	struct store *store; /* borrowed */
	struct db *db;
	struct log_head head;
};

static const char form[] = "PRAGMA synchronous = NORMAL;"
			   "CREATE TABLE IF NOT EXISTS row (seq INTEGER PRIMARY KEY, hash TEXT NOT NULL);"
			   "CREATE INDEX IF NOT EXISTS row_by_hash ON row (hash);"
			   "CREATE TABLE IF NOT EXISTS word (word TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY "
			   "(word, seq)) WITHOUT ROWID;"
			   "CREATE TABLE IF NOT EXISTS rfc (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, policy TEXT NOT "
			   "NULL, line TEXT NOT NULL);"
			   "CREATE INDEX IF NOT EXISTS rfc_open ON rfc (seq) WHERE line = '';"
			   "CREATE TABLE IF NOT EXISTS good (what TEXT PRIMARY KEY) WITHOUT ROWID;"
			   "CREATE TABLE IF NOT EXISTS ring (name TEXT PRIMARY KEY, told TEXT NOT NULL);";
static const char nothing[] = "DELETE FROM row; DELETE FROM word; DELETE FROM rfc; DELETE FROM good; DELETE FROM ring;";

const struct log_head *log_index_head(const struct log_index *x)
{
	return &x->head;
}

void log_index_close(struct log_index *x)
{
	if (!x)
		return;
	db_close(x->db);
	free(x);
}

static int open_file(const char *path, struct db **ret, struct err *e)
{
	struct db *db;

	if (db_open(path, &db, e))
		return -1;
	if (db->ops->exec(db, form, e)) {
		db_close(db);
		return -1;
	}
	*ret = db;
	return 0;
}

static void throw_away(const char *path)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < COUNT(ends); i++) {
		AUTO_FREE char *file = mem_printf("%s%s", path, ends[i]);

		unlink(file);
	}
}

/* A cache that is broken, or of another form, is made anew; one that cannot be kept, or is being made, is made for this once. */
static int open_any(const char *path, struct db **ret, struct err *e)
{
	struct err why = { 0 };

	if (path && open_file(path, ret, &why) == 0)
		return 0;
	if (path && !strstr(why.text, "locked")) {
		throw_away(path);
		if (open_file(path, ret, &why) == 0)
			return 0;
	}
	return open_file(":memory:", ret, e);
}

/* ---- following the log */
static int add_word(struct log_index *x, const char *word, const char *seq, struct err *e)
{
	if (db_run(x->db, e, "INSERT OR IGNORE INTO word (word, seq) VALUES ($1, $2)", word, seq))
		return -1;
	return text_starts(word, "R-") ? db_run(x->db, e, "UPDATE rfc SET line = '' WHERE id = $1 AND line <> ''", word)
				       : 0;
}

static int add_rfc(struct log_index *x, const struct log_row *row, const char *seq, struct err *e)
{
	struct slice rest = slice_of(row->subject), word;

	if (strcmp(row->action, "rfc-open") != 0 || !*row->record || !slice_cut(&rest, ' ', &word))
		return 0;
	AUTO_FREE char *id = strndup(word.at, word.len);

	return db_run(x->db, e, "INSERT OR IGNORE INTO rfc (id, seq, policy, line) VALUES ($1, $2, '', '')", id, seq);
}

/* Only what was recorded: refusals name nothing that anybody asks for by a word. */
static int add_row(void *context, const struct log_row *row, struct err *e)
{
	struct log_index *x = context;
	struct slice rest = slice_of(row->subject), word;
	AUTO_FREE char *action = mem_printf("@%s", row->action);
	char seq[24];

	snprintf(seq, sizeof seq, "%lld", (long long)row->seq);
	if (db_run(x->db, e, "INSERT INTO row (seq, hash) VALUES ($1, $2)", seq, row->hash))
		return -1;
	if (!*row->record)
		return 0;
	if (add_word(x, action, seq, e) || add_rfc(x, row, seq, e))
		return -1;
	for (int i = 0; i < WORDS_MAX && slice_cut(&rest, ' ', &word); i++) {
		AUTO_FREE char *text = strndup(word.at, word.len);

		if (*text && add_word(x, text, seq, e))
			return -1;
	}
	return 0;
}

static int read_head(struct log_index *x, struct err *e)
{
	AUTO_JSON *rows = db_rows(x->db, "SELECT seq, hash FROM row ORDER BY seq DESC LIMIT 1", NULL, 0, e);
	const json_t *row = json_array_get(rows, 0);

	if (!rows)
		return -1;
	x->head.seq = json_int(row, "seq");
	snprintf(x->head.hash, sizeof x->head.hash, "%s", json_text(row, "hash"));
	return 0;
}

static int hash_at(struct log_index *x, int64_t seq, char ret[65], struct err *e)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)seq);
	AUTO_JSON *rows = db_rows(x->db, "SELECT hash FROM row WHERE seq = $1", DB_TEXTS(text), e);

	if (!rows)
		return -1;
	snprintf(ret, 65, "%s", json_text(json_array_get(rows, 0), "hash"));
	return 0;
}

/* Is the index's last row still the log's, and what was known one of its rows? */
static int fits(struct log_index *x, const struct log_head *known, bool *ret, struct err *e)
{
	AUTO_JSON *last = NULL;
	char hash[65] = "";

	*ret = true;
	if (x->head.seq == 0)
		return 0;
	if (log_row_at(x->store, x->head.seq, &last, e))
		return -1;
	if (!last || strcmp(json_text(last, "hash"), x->head.hash) != 0)
		*ret = false;
	if (*ret && known && known->seq > 0 && known->seq <= x->head.seq) {
		if (hash_at(x, known->seq, hash, e))
			return -1;
		*ret = strcmp(hash, known->hash) == 0;
	}
	return 0;
}

static int extend(struct log_index *x, const struct log_head *known, struct err *e)
{
	bool is_fit = false;

	if (read_head(x, e) || fits(x, known, &is_fit, e))
		return -1;
	if (!is_fit) {
		memset(&x->head, 0, sizeof x->head);
		if (x->db->ops->exec(x->db, nothing, e))
			return -1;
	}
	/* What was known and lies below was looked for above. */
	return log_walk_on(
		x->store, &x->head, known && known->seq > x->head.seq ? known : NULL, add_row, x, &x->head, e);
}

int log_index_follow(struct log_index *x, struct store *s, const struct log_head *known, struct err *e)
{
	struct log_head now;

	x->store = s;
	if (log_head(s, &now, e) || read_head(x, e)) /* another process may have brought it up to date, or begun anew */
		return -1;
	/* Nothing new: no transaction, readers do not wait for each other. */
	if (x->head.seq && now.seq == x->head.seq && strcmp(now.hash, x->head.hash) == 0) {
		bool is_fit = false;

		if (fits(x, known, &is_fit, e))
			return -1;
		if (is_fit && (!known || known->seq <= x->head.seq))
			return 0;
	}
	if (x->db->ops->begin(x->db, e))
		return -1;
	if (extend(x, known, e)) {
		x->db->ops->rollback(x->db);
		return -1;
	}
	return x->db->ops->commit(x->db, e);
}

int log_index_peek(struct log_index *x, struct store *s, struct err *e)
{
	x->store = s;
	if (x->db->ops->begin(x->db, e))
		return -1;
	if (extend(x, NULL, e) == 0)
		return 0;
	log_index_forget(x);
	return -1;
}

void log_index_forget(struct log_index *x)
{
	struct err ignored = { 0 };

	x->db->ops->rollback(x->db);
	if (read_head(x, &ignored))
		memset(&x->head, 0, sizeof x->head);
}

int log_index_open(
	struct store *s, const char *path, const struct log_head *known, struct log_index **ret, struct err *e)
{
	struct log_index *x = mem_alloc(sizeof *x);

	x->store = s;
	if (open_any(path, &x->db, e) || read_head(x, e) || log_index_follow(x, s, known, e)) {
		log_index_close(x);
		return -1;
	}
	*ret = x;
	return 0;
}

/* ---- asking */
/* The log's row of that number, as the index knows it. */
static int believe(struct log_index *x, const json_t *place, json_t *ret, struct err *e)
{
	AUTO_JSON *row = NULL;
	long long seq = (long long)json_int(place, "seq");

	if (log_row_at(x->store, seq, &row, e))
		return -1;
	if (!row || strcmp(json_text(row, "hash"), json_text(place, "hash")) != 0)
		return err_verdict(
			e, "E_CORRUPT", "log row %lld: it was changed or taken out since it was read first", seq);
	return json_array_append(ret, row);
}

static json_t *believed(struct log_index *x, json_t *places, struct err *e)
{
	json_t *rows = places ? json_array() : NULL, *place;
	size_t i;

	json_array_foreach(places, i, place)
		if (believe(x, place, rows, e)) {
			json_decref(rows);
			json_decref(places);
			return NULL;
		}
	json_decref(places);
	return rows;
}

json_t *log_rows_merge(json_t *a, json_t *b)
{
	json_t *both = a && b ? json_array() : NULL;
	size_t i = 0, k = 0;

	while (both && (i < json_array_size(a) || k < json_array_size(b))) {
		json_t *x = json_array_get(a, i), *y = json_array_get(b, k);
		int64_t left = x ? json_int(x, "seq") : INT64_MAX, right = y ? json_int(y, "seq") : INT64_MAX;

		json_array_append(both, left <= right ? x : y);
		i += left <= right;
		k += right <= left;
	}
	json_decref(a);
	json_decref(b);
	return both;
}

json_t *log_index_rows(struct log_index *x, const char *const *words, size_t len, struct err *e)
{
	json_t *all = json_array();

	for (size_t i = 0; i < len && all; i++) {
		json_t *places = db_rows(x->db,
			"SELECT word.seq AS seq, row.hash AS hash FROM word JOIN row ON row.seq = word.seq WHERE word "
			"= $1"
			" ORDER BY word.seq",
			DB_TEXTS(words[i]), e);

		all = log_rows_merge(all, believed(x, places, e));
	}
	return all;
}

/* The next rows of one word; *ret_until: how far all of them are known. */
static json_t *portion(struct log_index *x, const char *word, int64_t after, int64_t *ret_until, struct err *e)
{
	AUTO_FREE char *from = mem_printf("%lld", (long long)after), *most = mem_printf("%d", PORTION);
	json_t *rows = believed(x,
		db_rows(x->db,
			"SELECT word.seq AS seq, row.hash AS hash FROM word JOIN row ON row.seq = word.seq WHERE word "
			"= $1"
			" AND word.seq > $2 ORDER BY word.seq LIMIT $3",
			DB_TEXTS(word, from, most), e),
		e);
	size_t len = json_array_size(rows);

	if (len == PORTION && json_int(json_array_get(rows, len - 1), "seq") < *ret_until)
		*ret_until = json_int(json_array_get(rows, len - 1), "seq");
	return rows;
}

int log_index_each(struct log_index *x, const char *const *words, size_t len,
	int (*each)(void *context, const json_t *row, struct err *e), void *context, struct err *e)
{
	for (int64_t after = 0, until = 0; until != INT64_MAX; after = until) {
		json_t *merged = json_array(), *row;
		size_t i;

		until = INT64_MAX;
		for (i = 0; i < len && merged; i++)
			merged = log_rows_merge(merged, portion(x, words[i], after, &until, e));
		AUTO_JSON *rows = merged;

		if (!rows)
			return -1;
		json_array_foreach(rows, i, row)
			if (json_int(row, "seq") <= until && each(context, row, e))
				return -1;
	}
	return 0;
}

json_t *log_index_range(struct log_index *x, const char *from, const char *until, struct err *e)
{
	return believed(x,
		db_rows(x->db,
			"SELECT DISTINCT word.seq AS seq, row.hash AS hash FROM word JOIN row ON row.seq = word.seq"
			" WHERE word >= $1 AND word < $2 ORDER BY word.seq",
			DB_TEXTS(from, until), e),
		e);
}

json_t *log_index_range_since(
	struct log_index *x, const char *from, const char *until, const char *since, struct err *e)
{
	AUTO_JSON *places = db_rows(x->db,
		"SELECT DISTINCT word.seq AS seq, row.hash AS hash FROM word JOIN row ON row.seq = word.seq"
		" WHERE word >= $1 AND word < $2 ORDER BY word.seq DESC",
		DB_TEXTS(from, until), e);
	json_t *rows = places ? json_array() : NULL, *place;
	size_t i;

	json_array_foreach(places, i, place) {
		AUTO_JSON *one = json_array();

		if (believe(x, place, one, e)) {
			json_decref(rows);
			return NULL;
		}
		if (strcmp(json_text(json_array_get(one, 0), "time"), since) < 0)
			break;
		json_array_insert(rows, 0, json_array_get(one, 0));
	}
	return rows;
}

int log_index_last(struct log_index *x, const char *word, const char *action, json_t **ret, struct err *e)
{
	AUTO_FREE char *kind = mem_printf("@%s", action);
	AUTO_JSON *rows = believed(x,
		db_rows(x->db,
			"SELECT word.seq AS seq, row.hash AS hash FROM word JOIN word AS kind ON kind.word = $2 AND "
			"kind.seq = word.seq"
			" JOIN row ON row.seq = word.seq WHERE word.word = $1 ORDER BY word.seq DESC LIMIT 1",
			DB_TEXTS(word, kind), e),
		e);

	if (!rows)
		return -1;
	*ret = json_incref(json_array_get(rows, 0));
	return 0;
}

int64_t log_index_count(struct log_index *x, const char *word, struct err *e)
{
	AUTO_JSON *rows = db_rows(x->db, "SELECT COUNT(*) AS len FROM word WHERE word = $1", DB_TEXTS(word), e);

	return rows ? json_int(json_array_get(rows, 0), "len") : -1;
}

int log_index_by_hash(struct log_index *x, const char *hash, json_t **ret, struct err *e)
{
	json_t *places = db_rows(x->db, "SELECT seq, hash FROM row WHERE hash = $1", DB_TEXTS(hash), e);
	AUTO_JSON *rows = believed(x, places, e);

	if (!rows)
		return -1;
	*ret = json_incref(json_array_get(rows, 0));
	return 0;
}

/* ---- RfCs */
static int settle_one(struct log_index *x, const char *policy, const json_t *line, struct err *e)
{
	AUTO_FREE char *text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);

	if (!text)
		return err_env(e, "%s: its line cannot be kept", json_text(line, "id"));
	return db_run(
		x->db, e, "UPDATE rfc SET line = $1, policy = $2 WHERE id = $3", text, policy, json_text(line, "id"));
}

int log_index_settle(struct log_index *x, const char *policy, const json_t *lines, struct err *e)
{
	struct log_head before = x->head;
	size_t i;
	json_t *line;

	if (x->db->ops->begin(x->db, e))
		return -1;
	/* Somebody else may have read further meanwhile: what they forgot stays forgotten. */
	if (read_head(x, e) || x->head.seq != before.seq)
		goto failed;
	json_array_foreach(lines, i, line)
		if (settle_one(x, policy, line, e))
			goto failed;
	return x->db->ops->commit(x->db, e);
failed:
	x->db->ops->rollback(x->db);
	return -1;
}

char *log_index_line(struct log_index *x, const char *id, const char *policy, struct err *e)
{
	AUTO_JSON *rows = db_rows(x->db, "SELECT line FROM rfc WHERE id = $1 AND policy = $2", DB_TEXTS(id, policy), e);

	return rows ? mem_strdup(json_text(json_array_get(rows, 0), "line")) : NULL;
}

json_t *log_index_rfcs(struct log_index *x, bool is_open, struct err *e)
{
	return db_rows(x->db,
		is_open ? "SELECT id, seq, policy, line FROM rfc WHERE line = '' ORDER BY seq"
			: "SELECT id, seq, policy, line FROM rfc ORDER BY seq",
		NULL, 0, e);
}

/* ---- what gpg found good */
bool log_index_was_good(struct log_index *x, const char *what)
{
	struct err ignored = { 0 };
	AUTO_JSON *rows = db_rows(x->db, "SELECT what FROM good WHERE what = $1", DB_TEXTS(what), &ignored);

	return rows && json_array_size(rows) == 1;
}

int log_index_note_good(struct log_index *x, const json_t *whats, struct err *e)
{
	size_t i;
	json_t *what;

	if (x->db->ops->begin(x->db, e))
		return -1;
	json_array_foreach(whats, i, what)
		if (db_run(x->db, e, "INSERT OR IGNORE INTO good (what) VALUES ($1)", json_string_value(what))) {
			x->db->ops->rollback(x->db);
			return -1;
		}
	return x->db->ops->commit(x->db, e);
}

char *log_index_told(struct log_index *x, const char *ring)
{
	struct err ignored = { 0 };
	AUTO_JSON *rows = db_rows(x->db, "SELECT told FROM ring WHERE name = $1", DB_TEXTS(ring), &ignored);

	return json_array_size(rows) == 1 ? mem_strdup(json_text(json_array_get(rows, 0), "told")) : NULL;
}

int log_index_note_told(struct log_index *x, const char *ring, const char *told, struct err *e)
{
	return db_run(x->db, e, "INSERT OR REPLACE INTO ring (name, told) VALUES ($1, $2)", ring, told);
}
