/* stop.c - stopping a channel: one person's act, with a reason; what is served stays, and says that nothing new comes. */
#include "base/text.h"
#include "release/gate/stops.h"
#include "release/release.h"
#include <string.h>

enum { REASON_MAX = 4096 };

int release_stops(struct release *r, const char *channel, json_t **ret, struct err *e)
{
	json_t *stops;

	if (log_index_follow(r->index, r->store, NULL, e))
		return -1;
	stops = stops_of_channel(r->index, &r->source.source, &r->chain, channel, e);
	if (!stops)
		return -1;
	*ret = stops;
	return 0;
}

static int may_stop(struct release *r, const struct actor *actor, const char *channel, struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL;

	if (release_whoami(r, actor, &person, &home, &key, e))
		return -1;
	if (policy_has_any_role(release_policy(r), person))
		return 0;
	err_verdict(e, NULL, "%s has no role; anybody with one may stop a channel", person);
	release_note(r, actor, "stop", channel, e->text);
	return -1;
}

static int check(struct release *r, const char *channel, const char *reason, struct err *e)
{
	if (!json_map(json_map(release_policy(r), "channels"), channel))
		return err_usage(e, "the policy knows no channel '%s'", channel);
	if (!*reason || !text_is_utf8(reason, strlen(reason)) || strlen(reason) > REASON_MAX)
		return err_usage(e, "a stop needs a reason: UTF-8, at most %d bytes", REASON_MAX);
	return 0;
}

static int record_stop(struct release *r, const struct actor *actor, const char *channel, const char *reason,
	char ret_record[65], struct err *e)
{
	AUTO_JSON *body = json_pack("{s:s, s:s}", "channel", channel, "reason", reason);
	struct act act = { "stop", channel, body, NULL, NULL };
	AUTO_FD int lock = store_lock(r->store, e);

	return lock < 0 ? -1 : release_act(r, actor, &act, ret_record, e);
}

int channel_stop(struct release *r, const struct actor *actor, const char *channel, const char *reason,
	channel_publisher *publish, json_t **ret, struct err *e)
{
	AUTO_JSON *current = NULL, *done = NULL;
	char record[65];

	if (check(r, channel, reason, e) || may_stop(r, actor, channel, e) ||
		record_stop(r, actor, channel, reason, record, e))
		return err_wrap(e, "stopping %s", channel);
	if (release_current(r, channel, &current, e) || (current && release_resign(r, channel, publish, &done, e))) {
		err_wrap(e, "channel %s is stopped, but what is served does not say so yet", channel);
		return err_hint(e, "'sluice run-due' tries it again");
	}
	*ret = json_pack("{s:s, s:b, s:s, s:I}", "channel", channel, "stopped", 1, "record", record, "serial",
		(json_int_t)json_int(done, "serial"));
	return 0;
}
