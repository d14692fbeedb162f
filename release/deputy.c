/* deputy.c - who speaks for whom: appointed and ended by the holder of the role; and who says that a vote's condition is met. */
#include "base/text.h"
#include "base/when.h"
#include "release/gate/fold.h"
#include "release/release.h"
#include <string.h>

enum { DEPUTY_MAX_S = 366 * 86400 };

/* Each appointment from its believed record, as the gate sees them. */
static int see(void *context, const struct record *record, struct err *e)
{
	return strcmp(record->type, "deputy") == 0 ? fold_deputy(context, record, e)
						   : fold_deputy_end(context, record, e);
}

int deputy_list(struct release *r, json_t **ret, struct err *e)
{
	static const char *const kinds[] = { "deputy", "deputy-end" };
	AUTO_JSON *history = json_object();
	struct dossier d = { .chain = &r->chain, .source = &r->source.source, .history = history };
	struct fold f = { .d = &d };

	if (release_each(r, kinds, COUNT(kinds), false, see, &f, e))
		return -1;
	*ret = json_list(history, "deputies") ? json_incref(json_list(history, "deputies")) : json_array();
	return 0;
}

/* Does the holder still have the role and the key? */
static bool stands(struct release *r, const json_t *deputy, int64_t at)
{
	return policy_holds(release_policy(r), json_text(deputy, "for"), json_text(deputy, "role")) &&
		policy_key_of(release_policy(r), json_text(deputy, "for"), json_text(deputy, "key")) &&
		json_int(deputy, "from") <= at && at < json_int(deputy, "until") && !json_flag(deputy, "ended");
}

int deputy_for(struct release *r, const struct actor *actor, const char *person, const char *role, int64_t at,
	char **ret, struct err *e)
{
	AUTO_JSON *all = NULL;
	const char *found = NULL, *wanted = actor->stands_for;
	size_t i;
	json_t *d;

	if (!wanted && policy_holds(release_policy(r), person, role))
		return *ret = mem_strdup(""), 0;
	if (deputy_list(r, &all, e))
		return -1;
	json_array_foreach(all, i, d) {
		const char *holder = json_text(d, "for");

		if (strcmp(json_text(d, "person"), person) != 0 || strcmp(json_text(d, "role"), role) != 0 ||
			!stands(r, d, at) || (wanted && strcmp(wanted, holder) != 0))
			continue;
		if (found && strcmp(found, holder) != 0) {
			err_usage(e, "%s is the deputy of %s and of %s as %s", person, found, holder, role);
			return err_hint(e, "say for whom with --for");
		}
		found = holder;
	}
	if (!found && wanted)
		return err_verdict(e, NULL, "%s is not the deputy of '%s' as '%s' now", person, wanted, role);
	if (!found)
		return release_not_holder(r, person, role, " and is nobody's deputy in it now", e);
	*ret = mem_strdup(found);
	return 0;
}

static int may_appoint(struct release *r, const char *person, const char *role, const char *deputy, struct err *e)
{
	if (!policy_holds(release_policy(r), person, role))
		return release_not_holder(r, person, role, "; only who holds it names a deputy", e);
	if (!policy_person(release_policy(r), deputy))
		return err_usage(e, "the policy knows nobody called '%s'", deputy);
	if (strcmp(person, deputy) == 0)
		return err_usage(e, "nobody is their own deputy");
	return 0;
}

static int record_it(struct release *r, const struct actor *actor, const char *type, json_t *body, const char *role,
	const char *deputy, json_t **ret, struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL, *subject = mem_printf("deputy %s", deputy);
	AUTO_JSON *own = body;
	AUTO_FD int lock = store_lock(r->store, e);
	struct act act = { type, subject, body, NULL, NULL };
	char record[65];

	if (lock < 0 || !body || release_whoami(r, actor, &person, &home, &key, e))
		return lock < 0 || body ? -1 : err_usage(e, "a name is not UTF-8");
	if (may_appoint(r, person, role, deputy, e)) {
		release_note(r, actor, type, subject, e->text);
		return -1;
	}
	if (release_act(r, actor, &act, record, e))
		return -1;
	*ret = json_copy(own);
	json_set_str(*ret, "for", person);
	json_set_str(*ret, "record", record);
	return 0;
}

int deputy_add(struct release *r, const struct actor *actor, const char *role, const char *deputy, int64_t from,
	int64_t until, json_t **ret, struct err *e)
{
	char begins[32], ends[32];

	if (until <= from || until <= when_now())
		return err_usage(e, "a deputy's time must end after it begins, and later than now");
	if (until - from > DEPUTY_MAX_S)
		return err_usage(e, "a deputy is named for a year at most");
	when_utc(from, begins);
	when_utc(until, ends);
	return record_it(r, actor, "deputy",
		json_pack("{s:s, s:s, s:s, s:s}", "role", role, "deputy", deputy, "from", begins, "until", ends), role,
		deputy, ret, e);
}

int deputy_end(
	struct release *r, const struct actor *actor, const char *role, const char *deputy, json_t **ret, struct err *e)
{
	return record_it(
		r, actor, "deputy-end", json_pack("{s:s, s:s}", "role", role, "deputy", deputy), role, deputy, ret, e);
}

/* ---- conditions */
/* The latest yes with a condition on the present revision that this person gave (as that role, when one is named). */
static const json_t *conditional(const struct dossier *d, const char *voter, const char *role)
{
	for (size_t i = json_array_size(d->votes); i-- > 0;) {
		const json_t *vote = json_array_get(d->votes, i);

		if (strcmp(json_text(vote, "person"), voter) == 0 &&
			(!role || !strcmp(json_text(vote, "role"), role)) &&
			strcmp(json_text(vote, "revision"), json_text(d->rfc, "revision")) == 0 &&
			strcmp(json_text(vote, "decision"), "approve") == 0 && *json_text(vote, "condition"))
			return vote;
	}
	return NULL;
}

/* The same that the gate asks; said here so that nobody waits for a word that will not count. */
static int may_say(struct release *r, const struct dossier *d, const json_t *vote, const char *person, struct err *e)
{
	const json_t *may = json_map(release_policy(r), "separation");

	if (strcmp(person, json_text(vote, "person")) == 0)
		return 0;
	if (!policy_holds(release_policy(r), person, json_text(vote, "role")))
		return err_verdict(
			e, NULL, "%s neither gave that vote nor holds the role '%s'", person, json_text(vote, "role"));
	if (strcmp(person, json_text(d->rfc, "requester")) == 0 && !json_flag(may, "requester-may-vote"))
		return err_verdict(e, NULL, "%s asked for the change, so somebody else must say it", person);
	if (json_find(json_list(d->rfc, "candidates"), "submitter", person) && !json_flag(may, "submitter-may-vote"))
		return err_verdict(e, NULL, "%s built it, so somebody else must say it", person);
	return 0;
}

int rfc_condition_met(struct release *r, const struct actor *actor, const char *id, const char *voter, const char *role,
	json_t **ret, struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL;
	AUTO_JSON *body = NULL;
	AUTO_FD int lock = store_lock(r->store, e);
	struct act act = { "condition-met", id, NULL, NULL, NULL };
	struct dossier d;
	const json_t *vote;
	char record[65];
	int result = -1;

	if (lock < 0 || release_whoami(r, actor, &person, &home, &key, e) ||
		release_dossier(r, id, false, false, &d, e))
		return -1;
	vote = conditional(&d, voter, role);
	if (!vote)
		err_usage(e, "%s: %s gave no yes with a condition to its present revision", id, voter);
	else if (may_say(r, &d, vote, person, e))
		release_note(r, actor, "condition-met", id, e->text);
	else {
		body = json_pack("{s:s, s:s}", "rfc", id, "vote", json_text(vote, "digest"));
		act.body = body;
		result = release_act(r, actor, &act, record, e);
		if (result == 0)
			*ret = json_pack("{s:s, s:s, s:s, s:s, s:s}", "rfc", id, "voter", voter, "condition",
				json_text(vote, "condition"), "person", person, "record", record);
	}
	dossier_done(&d);
	return result;
}
