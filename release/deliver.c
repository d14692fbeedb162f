/* deliver.c - what happened, told to those who want to know: the policy's hooks, its notifications, the system's log.
 *
 * The log is the queue. STORE/deliver.json holds, for each receiver, the row up to which everything was told and how often the next one was tried; a
 * lost file tells again from the policy on (an event has its row's number and hash, so that a receiver knows it). A receiver that fails is tried again the
 * next time, in order, a command ten times; every outcome of a command is a row of the log. */
#include "release/deliver.h"
#include "base/fs.h"
#include "base/proc.h"
#include "base/text.h"
#include "base/when.h"
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TRIES_MAX = 10, TIMEOUT_S = 20, STATE_MAX = 1 << 20, ERROR_SHOWN = 200 };

struct receiver {
	char id[80];       /* "hook/DIGEST16", "notify", "syslog" */
	const json_t *on;  /* patterns of events; NULL: all */
	const json_t *run; /* the command; NULL: the system's log */
	bool is_mail;
};
typedef LIST(struct receiver) receivers;

/* ---- who wants to know */
static void add_receiver(receivers *list, const char *kind, const json_t *on, const json_t *run, bool is_mail)
{
	struct receiver r = { .on = on, .run = run, .is_mail = is_mail };
	struct err ignored = { 0 };
	char digest[65] = "";

	if (run && json_digest(run, digest, &ignored))
		return;
	snprintf(r.id, sizeof r.id, "%s%s%.16s", kind, run ? "/" : "", digest);
	*LIST_ADD(list) = r;
}

static void receivers_of(const json_t *policy, receivers *list)
{
	const json_t *notify = json_list(json_map(policy, "notify"), "command");
	size_t i;
	json_t *hook;

	json_array_foreach(json_list(policy, "hooks"), i, hook)
		add_receiver(list, "hook", json_list(hook, "on"), json_list(hook, "run"), false);
	if (notify)
		add_receiver(list, "notify", NULL, notify, true);
	if (strcmp(json_text(json_map(policy, "audit"), "syslog"), "json") == 0)
		add_receiver(list, "syslog", NULL, NULL, false);
}

static bool wants(const struct receiver *r, const char *event)
{
	size_t i;
	json_t *pattern;

	if (!r->on)
		return true;
	json_array_foreach(r->on, i, pattern)
		if (json_is_string(pattern) && fnmatch(json_string_value(pattern), event, 0) == 0)
			return true;
	return false;
}

/* ---- telling */
static int run_command(const json_t *run, const char *input, size_t len, char ret_why[ERROR_SHOWN], struct err *e)
{
	const char *argv[64] = { 0 };
	struct proc_result done = { 0 };
	AUTO_FD int fd = fs_temp_file(e);
	struct proc p = {
		.argv = argv, .stdin_fd = fd, .stdout_fd = -1, .output_limit = 64 << 10, .timeout_s = TIMEOUT_S
	};
	struct err why = { 0 };
	size_t i;
	json_t *word;

	if (fd < 0 || fd_write(fd, input, len, e) || lseek(fd, 0, SEEK_SET) != 0)
		return -1;
	json_array_foreach(run, i, word)
		if (i < COUNT(argv) - 1)
			argv[i] = json_string_value(word);
	if (proc_run(&p, &done, &why)) {
		text_escape(ret_why, ERROR_SHOWN, why.text, strlen(why.text), false);
		return 1;
	}
	if (done.exit != 0)
		snprintf(ret_why, ERROR_SHOWN, "%s %d", done.is_timeout ? "it took too long: exit" : "exit", done.exit);
	int failed = done.exit != 0;
	proc_result_done(&done);
	return failed;
}

/* 0: told, or not meant; 1: it did not take it. */
static int tell(struct release *r, const struct receiver *to, const json_t *row, bool *ret_is_meant,
	char ret_why[ERROR_SHOWN], struct err *e)
{
	AUTO_FREE char *name = event_name(row), *text = NULL;
	AUTO_JSON *event = NULL;

	*ret_is_meant = strcmp(json_text(row, "action"), "hook") != 0 && wants(to, name);
	if (!*ret_is_meant)
		return 0;
	event = event_json(r, row, name, e);
	if (!event)
		return -1;
	if (to->is_mail) {
		text = event_mail(r, event);
		*ret_is_meant = text != NULL;
		return text ? run_command(to->run, text, strlen(text), ret_why, e) : 0;
	}
	if (!to->run)
		return syslog_tell(r->syslog_path, event, ret_why, ERROR_SHOWN);
	text = json_dumps(event, JSON_COMPACT | JSON_SORT_KEYS);
	return text ? run_command(to->run, text, strlen(text), ret_why, e)
		    : err_env(e, "an event cannot be written as JSON");
}

/* ---- where each stands */
static char *state_path(const struct release *r)
{
	return store_path(r->store, "deliver.json");
}

static json_t *state_load(const struct release *r, struct err *e)
{
	AUTO_FREE char *path = state_path(r), *bytes = NULL;
	size_t len;

	if (!fs_exists(path))
		return json_object();
	return fs_read_file(path, STATE_MAX, &bytes, &len, e) ? NULL : json_parse(bytes, len, path, e);
}

static int state_save(const struct release *r, const json_t *state, struct err *e)
{
	AUTO_FREE char *path = state_path(r), *text = json_dumps(state, JSON_COMPACT | JSON_SORT_KEYS);

	return text ? fs_write_file(path, text, strlen(text), 0600, e) : err_env(e, "%s cannot be made", path);
}

/* A receiver that is new hears what comes from the policy that names it on. */
static json_t *place_of(const struct release *r, json_t *state, const struct receiver *to)
{
	json_t *place = json_map(state, to->id);

	if (!place) {
		place = json_pack("{s:I, s:i}", "told", (json_int_t)policies_now(&r->chain)->seq, "tries", 0);
		json_object_set_new(state, to->id, place);
	}
	return place;
}

static void note(struct release *r, const struct receiver *to, int64_t seq, const char *outcome)
{
	AUTO_FREE char *subject = mem_printf("%s %lld", to->id, (long long)seq);

	if (to->run) /* a row for each row in the system's log would have no end */
		release_note(r, NULL, "hook", subject, outcome);
}

struct count {
	int64_t told, failed, given_up;
};

/* One row to one receiver; false: it stays where it is. */
static bool step(struct release *r, const struct receiver *to, json_t *place, const json_t *row, struct count *count,
	struct err *e)
{
	int64_t seq = json_int(row, "seq"), tries = json_int(place, "tries") + 1;
	char why[ERROR_SHOWN] = "";
	bool is_meant = false;
	int result = tell(r, to, row, &is_meant, why, e);

	if (result == 0) {
		if (is_meant)
			note(r, to, seq, "ok");
		count->told += is_meant;
	} else {
		/* The system's log comes back, and nothing of the audit is left out meanwhile; a command may be wrong for ever. */
		bool is_last = to->run && tries >= TRIES_MAX;
		AUTO_FREE char *outcome = mem_printf(
			"failed: %s%s", result < 0 ? e->text : why, is_last ? "; given up" : "");

		note(r, to, seq, outcome);
		*e = (struct err){ 0 };
		count->failed++;
		count->given_up += is_last;
		if (!is_last) {
			json_object_set_new(place, "tries", json_integer(tries));
			return false;
		}
	}
	json_object_set_new(place, "told", json_integer(seq));
	json_object_set_new(place, "tries", json_integer(0));
	return true;
}

static int tell_all(
	struct release *r, const receivers *list, json_t *state, size_t most, struct count *count, struct err *e)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct receiver *to = &list->at[i];
		json_t *place = place_of(r, state, to);
		AUTO_FREE char *after = mem_printf("%lld", (long long)json_int(place, "told"));
		AUTO_FREE char *limit = mem_printf("%zu", most);
		AUTO_JSON *rows = db_rows(r->store->db, "SELECT * FROM log WHERE seq > $1 ORDER BY seq LIMIT $2",
			DB_TEXTS(after, limit), e);
		size_t k;
		json_t *row;

		if (!rows)
			return -1;
		json_array_foreach(rows, k, row)
			if (!step(r, to, place, row, count, e))
				break;
		if (state_save(r, state, e))
			return -1;
	}
	return 0;
}

int deliver_pending(struct release *r, size_t most, json_t **ret, struct err *e)
{
	AUTO_FREE char *lock_path = store_path(r->store, "deliver.lock");
	struct count count = { 0 };
	struct err busy = { 0 };
	AUTO_JSON *state = NULL;
	receivers list = { 0 };
	int result = 0;

	receivers_of(release_policy(r), &list);
	if (list.len) {
		AUTO_FD int lock = fs_lock(lock_path, false, &busy); /* somebody else is telling them */

		state = lock < 0 ? NULL : state_load(r, e);
		result = lock < 0 ? 0 : state ? tell_all(r, &list, state, most, &count, e) : -1;
	}
	LIST_DONE(&list);
	if (result == 0 && ret)
		*ret = json_pack("{s:I, s:I, s:I}", "told", (json_int_t)count.told, "failed", (json_int_t)count.failed,
			"given_up", (json_int_t)count.given_up);
	return result;
}

int deliver_state(struct release *r, json_t **ret, struct err *e)
{
	AUTO_JSON *state = state_load(r, e), *list = json_array();
	struct log_head head;
	receivers all = { 0 };

	if (!state || log_head(r->store, &head, e))
		return -1;
	receivers_of(release_policy(r), &all);
	for (size_t i = 0; i < all.len; i++) {
		const json_t *place = place_of(r, state, &all.at[i]);
		json_t *run = (json_t *)all.at[i].run;

		json_array_append_new(list,
			json_pack("{s:s, s:I, s:I, s:I, s:o}", "receiver", all.at[i].id, "told",
				(json_int_t)json_int(place, "told"), "log", (json_int_t)head.seq, "tries",
				(json_int_t)json_int(place, "tries"), "run", run ? json_incref(run) : json_array()));
	}
	LIST_DONE(&all);
	*ret = json_pack("{s:O}", "receivers", list);
	return 0;
}
