/* report.c - how a change went on the machines of a ring: taken down as signed acts, told by RfC and channel, and a reason to stop. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/site.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { REPORT_MAX = 64 << 10, TEXT_MAX = 4096 };

/* ---- one report */
static bool is_status(const char *status)
{
	return strcmp(status, "ok") == 0 || strcmp(status, "failed") == 0;
}

/* machine: the host's own name when NULL. */
static int make(const struct report_wish *w, const json_t *snapshot, const char *digest, json_t **ret, struct err *e)
{
	char when[32], host[65] = "";
	const char *machine = w->machine, *text = w->text ? w->text : "";

	if (!machine && gethostname(host, sizeof host - 1) == 0)
		machine = host;
	if (!machine || !site_name_valid(machine) || (*w->site && !site_name_valid(w->site)))
		return err_usage(e, "a machine's or site's name is at most 64 letters, digits, '.', '-', '_'");
	if (!is_status(w->status))
		return err_usage(e, "--status is ok or failed, not '%s'", w->status);
	if (!text_is_utf8(text, strlen(text)) || strlen(text) > TEXT_MAX)
		return err_usage(e, "--text: UTF-8, at most %d bytes", TEXT_MAX);
	when_utc(when_now(), when);
	*ret = json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "type", "sluice-report",
		"version", 1, "site", w->site, "machine", machine, "channel", json_text(snapshot, "channel"),
		"channel_id", json_text(snapshot, "channel_id"), "serial", (json_int_t)json_int(snapshot, "serial"),
		"release", digest, "valid_until", json_text(snapshot, "valid_until"), "status", w->status, "text", text,
		"time", when);
	return *ret ? 0 : err_env(e, "the report cannot be made");
}

static int the_channel(struct release *r, const char *wanted, const char **ret, struct err *e)
{
	json_t *channels = json_map(release_policy(r), "channels");

	if (wanted && !json_object_get(channels, wanted))
		return err_usage(e, "the policy has no channel '%s'", wanted);
	if (!wanted && json_object_size(channels) != 1)
		return err_usage(e, "there are several channels; give --channel");
	*ret = wanted ? wanted : json_object_iter_key(json_object_iter(channels));
	return 0;
}

int report_make(struct release *r, const struct report_wish *wish, json_t **ret, struct err *e)
{
	AUTO_JSON *current = NULL;
	const char *channel;
	char digest[65];

	if (the_channel(r, wish->channel, &channel, e) || release_current(r, channel, &current, e))
		return -1;
	if (!current)
		return err_usage(e, "channel %s was never released to", channel);
	return release_current_digest(r, channel, digest, e) || make(wish, current, digest, ret, e) ? -1 : 0;
}

int report_make_from(const char *state, const struct report_wish *wish, json_t **ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	AUTO_JSON *seen = NULL;
	const char *slash;
	size_t len;

	if (fs_read_file(state, REPORT_MAX, &bytes, &len, e) || !(seen = json_parse(bytes, len, state, e)))
		return -1;
	slash = strrchr(json_text(seen, "channel_id"), '/');
	if (!slash || !digest_is_hex(json_text(seen, "digest")) || json_int(seen, "serial") <= 0)
		return err_input(e, "E_METADATA",
			"%s: no state that the guard of a client wrote, or nothing was seen yet", state);
	json_set_str(seen, "channel", slash + 1);
	return make(wish, seen, json_text(seen, "digest"), ret, e);
}

static int parse(const char *bytes, size_t len, const char *file, json_t **ret, struct err *e)
{
	AUTO_JSON *report = json_parse(bytes, len, file, e);
	const char *site = json_text(report, "site");
	int64_t time;

	if (!report)
		return -1;
	if (strcmp(json_text(report, "type"), "sluice-report") != 0 || json_int(report, "version") != 1 ||
		(*site && !site_name_valid(site)) || !site_name_valid(json_text(report, "machine")) ||
		!is_status(json_text(report, "status")) || !digest_is_hex(json_text(report, "release")) ||
		json_int(report, "serial") <= 0 || strlen(json_text(report, "text")) > TEXT_MAX ||
		when_parse(json_text(report, "time"), "UTC", &time, e))
		return err_input(e, "E_METADATA", "%s: it is no report of 'sluice report'", file);
	*ret = json_incref(report);
	return 0;
}

/* ---- who may report on what */
/* Words of nobody count for nothing: a site of the policy with its key, in a group of the channel, or a person with a role. */
static int may_report(
	struct release *r, const struct actor *actor, const json_t *report, const char *key, struct err *e)
{
	const json_t *policy = release_policy(r),
		     *site = json_map(json_map(policy, "sites"), json_text(report, "site"));
	const json_t *channel = json_map(json_map(policy, "channels"), json_text(report, "channel"));
	AUTO_FREE char *person = NULL, *home = NULL, *own = NULL;

	if (*json_text(report, "site") && (!site || !*key))
		return err_verdict(e, "E_SIG_UNTRUSTED",
			"the policy gives site '%s' no key (sites), so its report is nobody's word",
			json_text(report, "site"));
	if (site && !site_shares_group(site, channel))
		return err_verdict(e, NULL, "site '%s' is in none of the groups of channel %s",
			json_text(report, "site"), json_text(report, "channel"));
	if (site)
		return 0;
	if (release_whoami(r, actor, &person, &home, &own, e))
		return -1;
	return policy_has_any_role(policy, person)
		? 0
		: err_verdict(e, NULL, "%s has no role; a report is signed by a site's key or by somebody with one",
			  person);
}

/* ---- taking it down */
struct said_by {
	char key[65];    /* the site's, or "" */
	char *signature; /* over the report's canonical form; NULL: none, or over other bytes. Owned */
};

/* With the signature beside it the report stays the site's word, whoever carries it (reports.h). 'sluice report' writes the canonical form. */
static int keep_signature(const json_t *report, const char *digest, const char *file, struct said_by *by, struct err *e)
{
	char canonical[65];
	size_t len;

	if (!*by->key)
		return 0;
	if (json_digest(report, canonical, e))
		return -1;
	return strcmp(canonical, digest) == 0 ? fs_read_file(file, REPORT_MAX, &by->signature, &len, e) : 0;
}

static int stop_if_due(struct release *r, const struct actor *actor, const char *channel, channel_publisher *publish,
	json_t *done, struct err *e)
{
	AUTO_FREE char *reason = NULL;
	AUTO_JSON *stopped = NULL;

	if (report_wants_stop(r, channel, &reason, e))
		return -1;
	json_set_str(done, "stopped", reason ? reason : "");
	if (!reason)
		return 0;
	if (channel_stop(r, actor, channel, reason, publish, &stopped, e)) {
		err_wrap(e, "the report is taken down; it asks for a stop");
		return err_hint(e, "'sluice run-due' of somebody with a role stops the channel");
	}
	return 0;
}

static int take(struct release *r, const struct actor *actor, const json_t *report, const char *digest,
	const struct said_by *by, channel_publisher *publish, json_t **ret, struct err *e)
{
	const char *channel = json_text(report, "channel"), *machine = json_text(report, "machine");
	AUTO_JSON *body = json_pack("{s:O, s:s, s:s, s:s}", "report", (json_t *)report, "digest", digest, "signed",
			  by->key, "signature", by->signature ? by->signature : ""),
		  *done = NULL;
	AUTO_FREE char *subject = mem_printf("report/%s machine/%s", channel, machine);
	struct act act = { .type = "report", .subject = subject, .body = body };
	char record[65];
	int lock, status;

	if (may_report(r, actor, report, by->key, e) || (lock = store_lock(r->store, e)) < 0)
		return -1;
	status = release_act(r, actor, &act, record, e);
	close(lock);
	if (status)
		return -1;
	done = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "machine", machine, "channel", channel, "serial",
		(json_int_t)json_int(report, "serial"), "status", json_text(report, "status"), "signed", by->key,
		"record", record, "stopped", "");
	if (strcmp(json_text(report, "status"), "failed") == 0 && stop_if_due(r, actor, channel, publish, done, e))
		return -1;
	*ret = json_incref(done);
	return 0;
}

int report_add(struct release *r, const struct actor *actor, const struct receipt_files *files,
	channel_publisher *publish, json_t **ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	AUTO_JSON *report = NULL;
	struct said_by by = { .signature = NULL };
	char digest[65];
	size_t len;
	int status;

	if (fs_read_file(files->receipt, REPORT_MAX, &bytes, &len, e) ||
		parse(bytes, len, files->receipt, &report, e) || site_fits_snapshot(r, report, e) ||
		site_signed(r, report, bytes, len, files->signature, by.key, e))
		return err_wrap(e, "%s", files->receipt);
	sha256_hex(bytes, len, digest);
	status = keep_signature(report, digest, files->signature, &by, e) ||
			take(r, actor, report, digest, &by, publish, ret, e)
		? -1
		: 0;
	free(by.signature);
	return status;
}

int report_say(struct release *r, const struct actor *actor, const json_t *report, channel_publisher *publish,
	json_t **ret, struct err *e)
{
	const struct said_by nobody = { .signature = NULL };
	char digest[65];

	if (site_fits_snapshot(r, report, e) || json_digest(report, digest, e))
		return -1;
	return take(r, actor, report, digest, &nobody, publish, ret, e);
}
