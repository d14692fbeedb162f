/* rollback.c - taking one RfC's packages back: their earlier content, built, tested and voted on with the change itself. */
#include "base/text.h"
#include "base/when.h"
#include "release/release.h"
#include <stdio.h>
#include <string.h>

enum { REASON_MAX = 4096 };

struct undoing {
	struct release *r;
	const struct actor *actor;
	const char *rfc, *person, *reason;
	channel_publisher *publish;
	json_t *done; /* [{"channel","serial","record"}] */
};

/* Its own packages are what the channel serves; those that went back are no longer its own. */
static int is_served(struct release *r, const char *channel, const char *rfc, bool *ret, struct err *e)
{
	AUTO_JSON *current = NULL;
	const json_t *entry;

	if (release_current(r, channel, &current, e))
		return -1;
	entry = json_find(json_list(current, "releases"), "rfc", rfc);
	*ret = entry && !json_flag(entry, "back");
	return 0;
}

static int refuse(struct undoing *u, const char *subject, json_t *answer, json_t **ret, struct err *e)
{
	const json_t *first = json_array_get(json_list(answer, "reasons"), 0);
	AUTO_FREE char *note = mem_printf("refused: %s", json_text(first, "rule"));

	release_note(u->r, u->actor, "rollback", subject, note);
	*ret = json_incref(answer);
	return err_verdict(e, "E_GATE", "%s: %s", subject, json_text(first, "text"));
}

static int ask(
	struct undoing *u, const char *channel, const char *subject, char ret_revision[65], json_t **ret, struct err *e)
{
	AUTO_JSON *answer = NULL;
	struct dossier d;

	if (release_dossier(u->r, u->rfc, false, true, &d, e))
		return -1;
	answer = dossier_ask_back(&d, policies_now(&u->r->chain), channel, u->person, when_now());
	snprintf(ret_revision, 65, "%s", json_text(d.rfc, "revision"));
	dossier_done(&d);
	return json_flag(answer, "allow") ? 0 : refuse(u, subject, answer, ret, e);
}

static int undo(struct undoing *u, const char *channel, json_t **ret, struct err *e)
{
	AUTO_FREE char *subject = mem_printf("%s %s", u->rfc, channel);
	AUTO_JSON *body = NULL, *told = NULL;
	struct act act = { "rollback", subject, NULL, NULL, NULL };
	char revision[65], record[65];

	if (ask(u, channel, subject, revision, ret, e))
		return -1;
	body = json_pack(
		"{s:s, s:s, s:s, s:s}", "rfc", u->rfc, "revision", revision, "channel", channel, "reason", u->reason);
	act.body = body;
	if (release_act(u->r, u->actor, &act, record, e))
		return -1;
	if (release_publish(u->r, u->rfc, channel, true, u->publish, &told, e)) {
		release_note(u->r, u->actor, "rollback", subject, e->text);
		*ret = json_incref(told);
		return -1;
	}
	json_array_append_new(u->done,
		json_pack("{s:s, s:O, s:s}", "channel", channel, "serial", json_object_get(told, "serial"), "record",
			record));
	return 0;
}

static int undo_all(struct undoing *u, const char *wanted, json_t **ret, struct err *e)
{
	const char *channel;
	json_t *item;

	json_object_foreach(json_map(release_policy(u->r), "channels"), channel, item) {
		bool is_there = false;

		if (wanted)
			is_there = strcmp(wanted, channel) == 0;
		else if (is_served(u->r, channel, u->rfc, &is_there, e))
			return -1;
		if (is_there && undo(u, channel, ret, e))
			return err_wrap(e, "taking %s back", u->rfc);
	}
	if (json_array_size(u->done) == 0) {
		err_verdict(e, "E_GATE", "%s: no channel serves its packages", u->rfc);
		return err_hint(e, "'sluice channel history CH' tells what became of it");
	}
	*ret = json_pack("{s:b, s:s, s:O}", "allow", 1, "rfc", u->rfc, "channels", u->done);
	return 0;
}

int release_rollback(struct release *r, const struct actor *actor, const char *rfc, const char *channel,
	const char *reason, channel_publisher *publish, json_t **ret, struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL;
	AUTO_JSON *done = json_array();
	struct undoing u = { r, actor, rfc, NULL, reason, publish, done };
	AUTO_FD int lock = -1;

	*ret = NULL;
	if (channel && !json_map(json_map(release_policy(r), "channels"), channel))
		return err_usage(e, "the policy knows no channel '%s'", channel);
	if (!*reason || !text_is_utf8(reason, strlen(reason)) || strlen(reason) > REASON_MAX)
		return err_usage(e, "a rollback needs a reason: UTF-8, at most %d bytes", REASON_MAX);
	if (release_whoami(r, actor, &person, &home, &key, e) || (lock = store_lock(r->store, e)) < 0)
		return -1;
	u.person = person;
	return undo_all(&u, channel, ret, e);
}
