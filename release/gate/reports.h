/* reports.h - how a change went on the machines of a channel: what their reports in the log say of it.
 *
 * A report is an act of whoever took it down; where it brings the signature of a site that the policy gives a key, it is the site's own word. It counts for a change when the
 * snapshot that it names came with that change or later. report_list.c shows what is counted here, the gate decides by it (rule "reports"). */
#pragma once
#include "release/gate/load.h"
#include "release/gate/log_index.h"

struct reports_of {
	struct log_index *index;
	struct record_source *source;
	struct policies *chain;
	const json_t *policy; /* whose keys and groups count */
	const char *channel;
	const char *since;   /* time of a record before which nothing matters, or "" */
	int64_t after, upto; /* reports of rows behind `after`, up to `upto` (0: all) */
};
/* [{"site","machine","status","serial","time","text","person","proved": signed by its site,"place": row of the snapshot that it names, 0: none of the channel's}] in the
 * log's order; every signature is checked. New; NULL: failed. */
json_t *reports_read(const struct reports_of *o, struct err *e);
/* {SITE/MACHINE: {"machine","site","status": "ok|failed|absent","serial","time","text"}}: each machine's word on what came with the snapshot of row `place`. One that was well
 * with it and failed later failed at something else. Sites of the channel's groups that never said anything are absent. deaf (may be NULL): people whose own "ok" says
 * nothing. New. */
json_t *reports_machines(
	const json_t *policy, const char *channel, const json_t *reports, int64_t place, const json_t *deaf);
/* How many of reports_machines' have that status. */
int64_t reports_count(const json_t *machines, const char *status);

/* Where the policy's channel asks how it went in the one before it ("reports"): counts that into d->ring, by reports up to row upto (0: all). A requester's or
 * submitter's own "ok" is left out. What was released there must be in d's history. */
int dossier_count_reports(struct dossier *d, struct log_index *x, const json_t *policy, const char *channel,
	int64_t upto, struct err *e) MUST;
