/* life.c - the acts in an RfC's life that are no votes: may they be done now, by this person; then they are signed and recorded. */
#include "base/text.h"
#include "base/when.h"
#include "release/gate/states.h"
#include "release/release.h"
#include <string.h>

/* Refused, and that is in the log. */
static int refuse(struct release *r, const char *person, const char *type, const char *id, struct err *e)
{
	struct actor actor = { .person = person };

	release_note(r, &actor, type, id, e->text);
	return -1;
}

int rfc_act_check(
	struct release *r, const struct actor *actor, const char *type, const struct dossier *d, struct err *e)
{
	const struct rfc_act *act = rfc_act_named(type);
	const char *state = dossier_state(d, policies_now(&r->chain), when_now());
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL, *people = rfc_act_people(act);

	if (release_whoami(r, actor, &person, &home, &key, e))
		return -1;
	if (!rfc_act_may(act, release_policy(r), json_text(d->rfc, "requester"), person)) {
		err_verdict(e, NULL, "%s: '%s' is not for %s", d->id, act->command, person);
		err_hint(e, "who may: %s", people);
		return refuse(r, person, type, d->id, e);
	}
	if (!rfc_act_fits(act, state)) {
		err_usage(e, "%s is %s; '%s' is for: %s", d->id, state, act->command, act->states);
		return err_hint(e, "'sluice rfc states' shows what leads where");
	}
	return 0;
}

/* ---- what the words of each act must be */
static int check_reason(const json_t *body, struct err *e)
{
	return *json_text(body, "reason") ? 0 : err_usage(e, "--reason is missing");
}

static int check_reject(struct release *r, const char *id, json_t *body, struct err *e)
{
	const char *of = json_text(body, "duplicate-of");
	struct dossier d;

	if (check_reason(body, e))
		return -1;
	json_set_str(body, "kind", *of ? "duplicate" : json_text(body, "kind"));
	if (!*of)
		return 0;
	if (strcmp(of, id) == 0)
		return err_usage(e, "%s cannot be a duplicate of itself", id);
	if (release_dossier(r, of, true, false, &d, e))
		return -1;
	dossier_done(&d);
	return 0;
}

/* A priority is one that the policy's table knows. */
static int check_priority(struct release *r, const char *value, struct err *e)
{
	const char *urgency, *impact;
	json_t *row, *cell;

	json_object_foreach(json_map(release_policy(r), "priority"), urgency, row)
		json_object_foreach(row, impact, cell)
			if (json_is_string(cell) && strcmp(json_string_value(cell), value) == 0)
				return 0;
	return err_usage(e, "the policy's table has no priority '%s'", value);
}

static int check_set_priority(struct release *r, const char *id, json_t *body, struct err *e)
{
	(void)id;
	return check_reason(body, e) || check_priority(r, json_text(body, "priority"), e) ? -1 : 0;
}

static int check_about(const json_t *body, struct err *e)
{
	const char *about = json_text(body, "about");

	return strcmp(about, "priority") == 0 || strcmp(about, "date") == 0
		? 0
		: err_usage(e, "--about '%s': priority or date", about);
}

static int check_dispute(struct release *r, const char *id, json_t *body, struct err *e)
{
	(void)id;
	if (check_about(body, e))
		return -1;
	if (!*json_text(body, "comment"))
		return err_usage(e, "--reason is missing");
	if (json_array_size(json_list(json_map(release_policy(r), "roles"), "management")))
		return 0;
	err_usage(e, "nobody holds the role 'management', which would decide");
	return err_hint(e, "the policy's owners can give it to somebody");
}

static int check_decide(struct release *r, const char *id, json_t *body, struct err *e)
{
	const char *value = json_text(body, "value"), *zone = json_text(release_policy(r), "timezone");
	int64_t time;
	char when[32];

	(void)id;
	if (check_about(body, e) || check_reason(body, e))
		return -1;
	if (!*value)
		return 0;
	if (strcmp(json_text(body, "about"), "priority") == 0)
		return check_priority(r, value, e);
	if (when_parse(value, *zone ? zone : "UTC", &time, e))
		return err_wrap(e, "--value");
	when_utc(time, when);
	json_set_str(body, "value", when);
	return 0;
}

static int check_pir(struct release *r, const char *id, json_t *body, struct err *e)
{
	const char *result = json_text(body, "result"), *next = json_text(body, "follow-up");
	struct dossier d;

	if (strcmp(result, "success") != 0 && strcmp(result, "failed") != 0 && strcmp(result, "rolled-back") != 0)
		return err_usage(e, "--result '%s': success, failed or rolled-back", result);
	if (!*json_text(body, "comment"))
		return err_usage(e, "--text is missing: what was seen, and for a failure its cause");
	if (!*next)
		return 0;
	if (strcmp(next, id) == 0)
		return err_usage(e, "%s does not follow itself", id);
	if (release_dossier(r, next, true, false, &d, e))
		return -1;
	dossier_done(&d);
	return 0;
}

static int check_plain(struct release *r, const char *id, json_t *body, struct err *e)
{
	(void)r, (void)id;
	return check_reason(body, e);
}

static int check_any(struct release *r, const char *id, json_t *body, struct err *e)
{
	(void)r, (void)id, (void)body, (void)e;
	return 0;
}

static const struct {
	const char *type;
	int (*check)(struct release *r, const char *id, json_t *body, struct err *e);
} checks[] = { { "rfc-withdraw", check_any }, { "rfc-reject", check_reject }, { "rfc-not-installed", check_plain },
	{ "rfc-resubmit", check_plain }, { "rfc-priority", check_set_priority }, { "rfc-dispute", check_dispute },
	{ "rfc-decide", check_decide }, { "rfc-pir", check_pir } };

static int check_words(struct release *r, const char *id, const char *type, json_t *body, struct err *e)
{
	for (size_t i = 0; i < COUNT(checks); i++)
		if (strcmp(checks[i].type, type) == 0)
			return checks[i].check(r, id, body, e);
	return err_usage(e, "'%s' is no act of an RfC's life", type);
}

/* What is said in confidence stays in the store; the record, which may be published, holds its salted digest. */
static int hide_comment(struct release *r, json_t *body, struct err *e)
{
	char digest[65];

	if (!json_object_get(body, "comment"))
		return 0;
	if (release_comment(r, json_text(body, "comment"), digest, e))
		return -1;
	json_set_str(body, "comment", digest);
	return 0;
}

int rfc_life(struct release *r, const struct actor *actor, const char *id, const char *type, json_t *words,
	json_t **ret, struct err *e)
{
	AUTO_JSON *body = words;
	AUTO_FD int lock = store_lock(r->store, e);
	struct act act = { type, id, body, NULL, NULL };
	struct dossier d;
	char record[65];
	int result;

	if (!body)
		return err_usage(e, "a text is not UTF-8");
	if (lock < 0 || check_words(r, id, type, body, e) || release_dossier(r, id, false, false, &d, e))
		return -1;
	result = rfc_act_check(r, actor, type, &d, e);
	dossier_done(&d);
	json_set_str(body, "rfc", id);
	if (result || hide_comment(r, body, e) || release_act(r, actor, &act, record, e) ||
		release_dossier(r, id, true, false, &d, e))
		return -1;
	*ret = json_pack("{s:s, s:s, s:s, s:s}", "rfc", id, "state",
		dossier_state(&d, policies_now(&r->chain), when_now()), "record", record, "revision",
		json_text(d.rfc, "revision"));
	dossier_done(&d);
	return 0;
}
