/* due.c - what time asks for: due releases, signing again before a channel's validity ends, and what somebody must be reminded of.
 *
 * Nobody is stood in for: a due release is made by the actor, and only where the actor gave the date or asked for the change. It may be run at any time
 * and any number of times: what was done is not due any more, and a reminder is written into the log once. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/advisory.h"
#include "release/gate/debts.h"
#include "release/gate/reports.h"
#include "release/release.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DAY = 86400, VALID_S = 7 * DAY, SOON_S = 30 * DAY };

struct due {
	struct release *r;
	const struct actor *actor;
	channel_publisher *publish;
	char *person; /* whom the actor stands for; NULL: nobody, so nothing is released */
	json_t *items;
	int64_t now;
};

/* Was this said before, in these words? */
static int was_said(struct due *d, const char *action, const char *subject, const char *text, bool *ret, struct err *e)
{
	AUTO_JSON *rows = db_rows(d->r->store->db,
		"SELECT seq FROM log WHERE action = $1 AND subject = $2 AND outcome = $3",
		DB_TEXTS(action, subject, text), e);

	if (!rows)
		return -1;
	*ret = json_array_size(rows) > 0;
	return 0;
}

/* what: a word of its own for each kind; state: done, waiting, missed, failed, reminder. */
static int tell(struct due *d, const char *what, const char *state, const char *subject, struct err *e, const char *fmt,
	...) __attribute__((format(printf, 6, 7)));
static int tell(
	struct due *d, const char *what, const char *state, const char *subject, struct err *e, const char *fmt, ...)
{
	AUTO_FREE char *raw = NULL, *text = NULL, *action = mem_printf("due-%s", what);
	bool known = false;
	va_list ap;

	va_start(ap, fmt);
	raw = mem_vprintf(fmt, ap);
	va_end(ap);
	text = text_printable(raw, strlen(raw), false);
	if (was_said(d, action, subject, text, &known, e))
		return -1;
	if (!known && strcmp(state, "done") != 0)
		release_note(d->r, d->actor, action, subject, text);
	json_array_append_new(d->items,
		json_pack("{s:s, s:s, s:s, s:s, s:b}", "what", what, "state", state, "subject", subject, "text", text,
			"new", !known));
	return 0;
}

/* A machine whose disk is full or broken fails at whatever comes next as well, and a catalogue that could not be opened again answers nothing: the run ends with that. */
static int tell_failed(struct due *d, const char *what, const char *subject, const struct err *why, struct err *e)
{
	if (!err_is_machine(why) && d->r->store->db)
		return tell(d, what, "failed", subject, e, "%s", why->text);
	*e = *why;
	return err_wrap(e, "%s", subject);
}

/* ---- releases */
static bool is_released(const struct dossier *d, const char *channel)
{
	return json_find(json_list(d->history, "releases"), "channel", channel) != NULL;
}

static int release_due(struct due *d, struct dossier *dossier, const char *channel, struct err *e)
{
	AUTO_JSON *answer = NULL, *done = NULL;
	AUTO_FREE char *subject = mem_printf("%s %s", dossier->id, channel);
	struct err why = { 0 };

	if (dossier_count_reports(dossier, d->r->index, release_policy(d->r), channel, 0, e))
		return -1;
	answer = dossier_ask(dossier, policies_now(&d->r->chain), channel, d->person, d->now);
	if (!json_flag(answer, "allow"))
		return tell(d, "release", "waiting", subject, e, "the gate does not let it out: %s",
			json_text(json_array_get(json_list(answer, "reasons"), 0), "text"));
	if (release_to(d->r, d->actor, dossier->id, channel, d->publish, &done, &why))
		return tell_failed(d, "release", subject, &why, e);
	return tell(d, "release", "done", subject, e, "released, serial %lld", (long long)json_int(done, "serial"));
}

/* The one who gave the date or asked for the change is here. */
static bool is_actors(const struct due *d, const struct dossier *dossier)
{
	return d->person &&
		(strcmp(d->person, json_text(json_map(dossier->rfc, "scheduled"), "person")) == 0 ||
			strcmp(d->person, json_text(dossier->rfc, "requester")) == 0);
}

static int channel_due(struct due *d, struct dossier *dossier, const char *channel, struct err *e)
{
	const json_t *date = json_map(dossier->rfc, "scheduled");
	AUTO_FREE char *subject = mem_printf("%s %s", dossier->id, channel);
	char when[32];

	if (is_released(dossier, channel))
		return 0;
	when_utc(json_int(date, "until"), when);
	if (json_int(date, "until") <= d->now)
		return tell(d, "release", "missed", subject, e,
			"its date was over %s and it is not released; give it a new one or release it by hand", when);
	if (!is_actors(d, dossier))
		return tell(d, "release", "waiting", subject, e, "it is due until %s; %s or %s can release it", when,
			json_text(date, "person"), json_text(dossier->rfc, "requester"));
	return release_due(d, dossier, channel, e);
}

/* A channel that another one comes before is asked after it; the gate knows about the soak. */
static int rfc_due(struct due *d, const char *rfc, struct err *e)
{
	const char *state, *channel, *wanted;
	struct dossier dossier;
	json_t *item;
	int result = 0;

	if (release_dossier(d->r, rfc, false, true, &dossier, e))
		return -1;
	state = dossier_state(&dossier, policies_now(&d->r->chain), d->now);
	wanted = json_text(json_map(dossier.rfc, "scheduled"), "channel");
	if (json_int(dossier.rfc, "schedule") && json_int(dossier.rfc, "schedule") <= d->now &&
		strcmp(state, "withdrawn") != 0 && strcmp(state, "rejected") != 0)
		json_object_foreach(json_map(release_policy(d->r), "channels"), channel, item)
			if (result == 0 && (!*wanted || strcmp(wanted, channel) == 0))
				result = channel_due(d, &dossier, channel, e);
	dossier_done(&dossier);
	return result;
}

/* ---- RfCs with a row of a kind, each once */
struct asking {
	struct due *d;
	json_t *seen;
	const char *over;      /* states (words) after which there is nothing to ask */
	const char *emergency; /* a word of rows that are looked at however their RfC ended; NULL: none */
	int (*ask)(struct due *d, const char *rfc, struct err *e);
};

/* It is over, as the index remembers: a further act would have made it forget. */
static int is_over(struct due *d, const char *rfc, const char *over, bool *ret, struct err *e)
{
	AUTO_FREE char *line = log_index_line(d->r->index, rfc, policies_now(&d->r->chain)->digest, e);
	AUTO_JSON *json = line && *line ? json_loads(line, 0, NULL) : NULL;

	*ret = log_names(over, json_text(json, "state"));
	return line ? 0 : -1;
}

static int see_row(void *context, const json_t *row, struct err *e)
{
	struct asking *a = context;
	struct slice rest = slice_of(json_text(row, "subject")), word;
	bool over = false;

	if (!slice_cut(&rest, ' ', &word))
		return 0;
	AUTO_FREE char *id = strndup(word.at, word.len);

	if (json_object_get(a->seen, id))
		return 0;
	json_object_set_new(a->seen, id, json_true());
	if (!(a->emergency && log_names(json_text(row, "subject"), a->emergency)) &&
		is_over(a->d, id, a->over, &over, e))
		return -1;
	return over ? 0 : a->ask(a->d, id, e);
}

static int ask_each(struct due *d, const char *word, const char *over, const char *emergency,
	int (*ask)(struct due *d, const char *rfc, struct err *e), struct err *e)
{
	AUTO_JSON *seen = json_object();
	struct asking asking = { d, seen, over, emergency, ask };

	return log_index_follow(d->r->index, d->r->store, NULL, e) ||
			log_index_each(d->r->index, &word, 1, see_row, &asking, e)
		? -1
		: 0;
}

/* ---- validity */
/* Is a key there to sign with? Whether it can be used, the signer says. */
static bool has_release_key(struct due *d)
{
	AUTO_FREE char *home = release_key_home(d->r, "release"), *secrets = fs_join(home, "private-keys-v1.d");

	return access(secrets, R_OK | X_OK) == 0;
}

/* Who keeps the key elsewhere runs this there; until the end of validity that is nobody's failure here. */
static int without_key(struct due *d, const char *channel, int64_t until, struct err *e)
{
	char when[32];

	when_utc(until, when);
	return tell(d, "resign", until <= d->now ? "missed" : "waiting", channel, e,
		until <= d->now
			? "it was valid until %s and the release key is not here"
			: "it is valid until %s; whoever holds the release key, which is not here, signs it again",
		when);
}

/* Nobody's vote is asked: the set that is let out stays as it is, a stopped channel's too (what it serves would expire in its clients' hands, and with it
 * the word that it is stopped). */
static int channel_valid(struct due *d, const char *channel, const json_t *place, struct err *e)
{
	AUTO_JSON *current = NULL, *done = NULL, *stops = NULL;
	AUTO_JSON *none = json_array();
	const char *unbelieved = "";
	int64_t valid = VALID_S, until = 0;
	struct err why = { 0 };

	if (release_current(d->r, channel, &current, e))
		return -1;
	if (!current || when_parse(json_text(current, "valid_until"), "UTC", &until, &why))
		return 0;
	if (*json_text(place, "valid-for") && duration_parse(json_text(place, "valid-for"), &valid, e))
		return -1;
	if (release_stops(d->r, channel, &stops, e) || release_unbelieved(d->r, channel, &unbelieved, e))
		return -1;
	/* Whether it is stopped is told to those who take it, as soon as it changes; and when a key that signed it was revoked, has ended or counts no more, the others sign. */
	if (until > d->now + valid / 3 && !*unbelieved &&
		json_equal(stops, json_list(current, "stopped") ? json_list(current, "stopped") : none))
		return 0;
	if (!has_release_key(d))
		return without_key(d, channel, until, e);
	if (release_resign(d->r, channel, d->publish, &done, &why))
		return tell_failed(d, "resign", channel, &why, e);
	return tell(d, "resign", "done", channel, e, "signed again%s%s%s, valid until %s", *unbelieved ? " (" : "",
		unbelieved, *unbelieved ? ")" : "", json_text(done, "valid_until"));
}

static int validity(struct due *d, struct err *e)
{
	const char *channel;
	json_t *place;

	json_object_foreach(json_map(release_policy(d->r), "channels"), channel, place)
		if (channel_valid(d, channel, place, e))
			return -1;
	return 0;
}

/* ---- reminders */
static int remind_debts(struct due *d, const struct dossier *dossier, struct err *e)
{
	AUTO_JSON *debts = debts_of(dossier, policies_now(&d->r->chain), d->now, true);
	size_t i;
	json_t *debt;
	char when[32];

	json_array_foreach(debts, i, debt) {
		AUTO_FREE char *subject = mem_printf("%s %s", json_text(debt, "rfc"), json_text(debt, "channel"));
		bool is_over = json_int(debt, "due") < d->now;

		if (json_flag(debt, "paid"))
			continue;
		when_utc(json_int(debt, "due"), when);
		if (tell(d, "debt", is_over ? "missed" : "reminder", subject, e,
			    is_over ? "the emergency was to be approved by %s; nothing else goes to that channel"
				    : "the emergency is to be approved by %s, as a normal change would have been",
			    when))
			return -1;
	}
	return 0;
}

static int remind_review(struct due *d, const struct dossier *dossier, struct err *e)
{
	const char *zone = json_text(release_policy(d->r), "timezone"),
		   *date = json_text(json_map(dossier->rfc, "request"), "evaluation-date");
	struct err ignored = { 0 };
	int64_t at;

	if (!json_array_size(json_list(dossier->history, "releases")) ||
		*json_text(json_map(dossier->rfc, "life"), "review") || !*date ||
		when_parse(date, *zone ? zone : "UTC", &at, &ignored) || at > d->now)
		return 0;
	return tell(d, "review", "reminder", dossier->id, e,
		"it was to be reviewed %s; %s or a change manager says how it went with 'sluice rfc pir'", date,
		json_text(dossier->rfc, "requester"));
}

static int released_one(struct due *d, const char *rfc, struct err *e)
{
	struct dossier dossier;
	int result;

	if (release_dossier(d->r, rfc, true, false, &dossier, e))
		return -1;
	result = remind_debts(d, &dossier, e) || remind_review(d, &dossier, e) ? -1 : 0;
	dossier_done(&dossier);
	return result;
}

static int remind_templates(struct due *d, struct err *e)
{
	const char *name;
	json_t *template;

	json_object_foreach(json_map(release_policy(d->r), "standard-changes"), name, template) {
		struct err ignored = { 0 };
		int64_t day;

		if (when_parse(json_text(template, "expires"), "UTC", &day, &ignored) == 0 && day < d->now + SOON_S &&
			tell(d, "template", "reminder", name, e, "the template's last day is %s",
				json_text(template, "expires")))
			return -1;
	}
	return 0;
}

/* Keys that end, validity that ran out although it was signed again: what `sluice status` warns of. */
static int remind_keys(struct due *d, struct err *e)
{
	AUTO_JSON *status = NULL;
	size_t i;
	json_t *key;

	if (release_status(d->r, &status, e))
		return -1;
	json_array_foreach(json_list(status, "keys"), i, key)
		if (*json_text(key, "warning") &&
			tell(d, "key", "reminder", json_text(key, "key"), e, "the key ends %s: %s",
				json_text(key, "expires"), json_text(key, "warning")))
			return -1;
	return 0;
}

/* Once when it means something released, and once more when its time is over. */
static int remind_advisories(struct due *d, struct err *e)
{
	AUTO_JSON *list = NULL;
	size_t i;
	json_t *item, *first;

	if (advisory_list(d->r, true, &list, e))
		return -1;
	json_array_foreach(json_list(list, "advisories"), i, item) {
		bool is_late = strcmp(json_text(item, "state"), "late") == 0;
		const char *until = json_text(item, "deadline"), *rfc;

		first = json_array_get(json_list(item, "affected"), 0);
		rfc = json_text(json_array_get(json_list(item, "rfcs"), 0), "rfc");
		if ((!is_late && strcmp(json_text(item, "state"), "open") != 0) || !*until)
			continue;
		if (tell(d, "advisory", is_late ? "missed" : "reminder", json_text(item, "id"), e,
			    "%s: it means %s %s in %s and %s by %s; %s%s", json_text(item, "severity"),
			    json_text(first, "package"), json_text(first, "version"), json_text(first, "channel"),
			    is_late ? "was to be answered" : "is to be answered", until,
			    *rfc ? "its answer is " : "no RfC answers it", rfc))
			return -1;
	}
	return 0;
}

/* A stop that a failure rate asks for and that whoever took the report down could not make. */
static int stops_due(struct due *d, struct err *e)
{
	const char *channel;
	json_t *item;

	json_object_foreach(json_map(release_policy(d->r), "channels"), channel, item) {
		AUTO_FREE char *reason = NULL;
		AUTO_JSON *done = NULL;
		struct err why = { 0 };

		if (report_wants_stop(d->r, channel, &reason, e))
			return -1;
		if (reason && channel_stop(d->r, d->actor, channel, reason, d->publish, &done, &why)) {
			err_wrap(&why, "%s", reason);
			if (tell_failed(d, "stop", channel, &why, e))
				return -1;
		} else if (reason && tell(d, "stop", "done", channel, e, "%s", reason))
			return -1;
	}
	return 0;
}

/* Who is nobody of the policy can still sign channels again and remind. */
static char *person_of(struct release *r, const struct actor *actor)
{
	AUTO_FREE char *home = NULL, *key = NULL;
	struct err ignored = { 0 };
	char *person = NULL;

	return release_whoami(r, actor, &person, &home, &key, &ignored) ? NULL : person;
}

int release_run_due(
	struct release *r, const struct actor *actor, channel_publisher *publish, json_t **ret, struct err *e)
{
	struct due d = { r, actor, publish, person_of(r, actor), json_array(), when_now() };
	int result = stops_due(&d, e) ||
			ask_each(&d, "@rfc-schedule", "withdrawn rejected failed rolled-back", NULL, rfc_due, e) ||
			validity(&d, e) ||
			ask_each(&d, "@release", "reviewed closed failed rolled-back", "emergency", released_one, e) ||
			remind_templates(&d, e) || remind_keys(&d, e) || remind_advisories(&d, e)
		? -1
		: 0;
	char when[32];

	when_utc(d.now, when);
	if (result == 0)
		*ret = json_pack("{s:s, s:s, s:O}", "time", when, "person", d.person ? d.person : "", "items", d.items);
	free(d.person);
	json_decref(d.items);
	return result;
}
