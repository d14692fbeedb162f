/* pull.c - one pull: what is new there, fetched beside what is served, verified whole, switched to. */
#include "release/channel/pull.h"
#include "base/fs.h"
#include "base/text.h"
#include "release/channel/channel.h"
#include "release/channel/pull_impl.h"
#include <stdlib.h>
#include <string.h>

enum { NOTE_MAX = 64 << 10, TRIES = 5 };

static void pulling_done(struct pulling *w)
{
	fetcher_done(&w->fetcher);
	free(w->snapshots);
	free(w->current);
	free(w->incoming);
	free(w->parts);
	free(w->tree);
	free(w->seen_path);
	generations_done(&w->here);
	json_decref(w->seen);
	json_decref(w->release);
	json_decref(w->had);
	pull_forget_here(w);
	parts_done(&w->chosen);
	json_decref(w->layout);
}

/* A site that left targets out has no more than the others: that is told instead of a file that is missing. */
static int partial_there(struct pulling *w, struct err *e)
{
	AUTO_FREE char *bytes = NULL, *names = NULL;
	AUTO_JSON *targets = NULL, *theirs = NULL, *ours = NULL;
	AUTO_PARTS there = { 0 };
	struct err ignored = { 0 };
	const json_t *one;
	size_t len, i;

	if (!w->release || w->p->is_archive || fetch_bytes(&w->fetcher, PARTS_FILE, NOTE_MAX, &bytes, &len, &ignored) ||
		!(targets = parts_parse(bytes, len, &ignored)) || (!w->layout && pull_layout(w, &ignored)))
		return -1;
	parts_of(w->layout, targets, &there);
	theirs = parts_targets(&there, true);
	ours = parts_targets(&w->chosen, true);
	names = json_join(theirs, "nothing");
	json_array_foreach(ours, i, one)
		if (!json_lists(theirs, json_string_value(one))) {
			*e = (struct err){ 0 };
			err_env(e, "that site leaves out '%s' of channel %s: it has %s", json_string_value(one),
				json_text(w->release, "channel"), names);
			return err_hint(e, "--target takes what it has; what it leaves out comes from a whole one");
		}
	return -1;
}

static bool is_here(const struct pulling *w)
{
	return json_int(w->seen, "serial") == json_int(w->release, "serial") &&
		snapshots_current(w->current) == json_int(w->release, "serial");
}

/* The whole of one snapshot in incoming/tree. A publication in between is followed, a few times. */
static int take_all(struct pulling *w, struct err *e)
{
	for (int i = 0;; i++) {
		struct err why = { 0 };

		if (pull_take_head(w, &why) == 0 && (is_here(w) || pull_get_all(w, &why) == 0))
			return 0;
		if (why.class == ERR_USAGE || err_is_machine(&why) || !pull_has_moved(w)) {
			*e = why;
			return why.class == ERR_ENV ? partial_there(w, e) : -1;
		}
		if (i == TRIES) {
			err_env(e, "it was published anew each of the %d times that it was tried", TRIES + 1);
			return err_hint(e, "run it again: what came is kept");
		}
	}
}

/* ---- the switch */

static int write_seen(const struct pulling *w, struct err *e)
{
	AUTO_JSON *seen = json_pack("{s:s, s:I, s:s, s:s}", "channel_id", json_text(w->release, "channel_id"), "serial",
		(json_int_t)json_int(w->release, "serial"), "release", w->release_digest, "policy",
		json_text(w->release, "policy"));
	AUTO_FREE char *bytes = NULL;
	size_t len;

	if (!seen || json_canonical(seen, &bytes, &len, e))
		return seen ? -1 : err_env(e, "what was taken cannot be noted");
	return fs_write_file(w->seen_path, bytes, len, 0644, e);
}

static int newest_first(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x < y) - (x > y);
}

/* Those that are no longer kept go; never what is served. */
static int prune(struct pulling *w, struct err *e)
{
	long long served = snapshots_current(w->current), *serials = NULL;
	unsigned kept = 0;
	size_t len = 0;
	int status = snapshots_list(w->snapshots, &serials, &len, e);

	if (status == 0 && len > 1)
		qsort(serials, len, sizeof *serials, newest_first);
	for (size_t i = 0; status == 0 && i < len; i++) {
		AUTO_FREE char *dir = mem_printf("%s/%lld", w->snapshots, serials[i]);
		bool stays = serials[i] == served || kept < w->p->keep;

		kept += stays;
		status = stays ? 0 : fs_remove_tree(dir, e);
	}
	free(serials);
	return status;
}

static int put_in_place(struct pulling *w, struct err *e)
{
	long long serial = json_int(w->release, "serial");
	AUTO_FREE char *name = mem_printf("%lld", serial), *target = mem_printf("snapshots/%lld", serial);
	AUTO_FREE char *final = fs_join(w->snapshots, name);

	/* Noted first: what is served was seen, whenever this ends. */
	if (snapshots_seal(w->tree, final, w->snapshots, e) || write_seen(w, e) ||
		fs_symlink_swap(target, w->current, e))
		return -1;
	return prune(w, e) || fs_remove_tree(w->incoming, e) ? -1 : 0;
}

static int verify_tree(const struct pulling *w, const char *dir, struct err *e)
{
	AUTO_JSON *told = NULL;

	return channel_verify(dir, w->p->trust, w->p->at, &told, e);
}

static json_t *answer(const struct pulling *w, bool is_changed)
{
	json_t *a = json_pack("{s:s, s:I, s:s, s:I, s:I, s:I}", "channel", json_text(w->release, "channel"), "serial",
		(json_int_t)json_int(w->release, "serial"), "valid_until", json_text(w->release, "valid_until"),
		"files", (json_int_t)w->files, "fetched", (json_int_t)(w->p->is_check ? 0 : w->fetched), "bytes",
		(json_int_t)w->fetcher.bytes);

	json_object_set_new(a, "changed", json_boolean(is_changed && !w->p->is_check));
	if (w->chosen.targets) {
		json_object_set_new(a, "targets", parts_targets(&w->chosen, true));
		json_object_set_new(a, "left_out", parts_targets(&w->chosen, false));
	}
	if (json_list(w->release, "stopped"))
		json_object_set(a, "stopped", json_list(w->release, "stopped"));
	if (w->p->is_check)
		json_object_set_new(a, "newer", json_boolean(is_changed));
	return a;
}

/* A snapshot never changes once it is served, so other targets of the same one cannot be put into it. */
static int same_targets(const struct pulling *w, struct err *e)
{
	AUTO_FREE char *had = json_join(w->had, "all targets");
	AUTO_PARTS before = { 0 };
	AUTO_JSON *there = NULL, *wanted = NULL;

	parts_of(w->layout, w->had, &before);
	there = parts_targets(&before, true);
	wanted = parts_targets(&w->chosen, true);
	if (json_equal(there, wanted))
		return 0;
	return err_usage(e,
		"%s serves this snapshot with %s; other targets come with the next one, or into another folder",
		w->p->into, had);
}

static int whole_and_in_place(struct pulling *w, struct err *e)
{
	pull_forget_here(w); /* all is here: the room is verification's */
	return generations_keep(&w->here, w->release, w->tree, e) || verify_tree(w, w->tree, e) || put_in_place(w, e)
		? -1
		: 0;
}

static int take_again(struct pulling *w, struct err *e)
{
	*e = (struct err){ 0 };
	return pull_note_here(w, e) || take_all(w, e) || whole_and_in_place(w, e) ? -1 : 0;
}

/* What was here before is not read until all of it is verified. Where that was spoilt meanwhile it goes, and comes anew; and if that was a release.json, nothing of its
 * time is kept beside the new one. */
static int take_new(struct pulling *w, struct err *e)
{
	struct err why = { 0 };
	size_t dropped = 0;

	if (whole_and_in_place(w, e) == 0)
		return 0;
	if (e->class != ERR_VERDICT || !w->here.len)
		return -1;
	if (generations_drop_damaged(&w->here, &dropped, &why) == 0 && dropped && take_again(w, e) == 0)
		return 0;
	if (e->class != ERR_VERDICT || !text_starts(e->member, "history/"))
		return -1;
	generations_done(&w->here);
	return take_again(w, e);
}

static int check_served(struct pulling *w, struct err *e)
{
	if (!snapshots_current(w->current) || verify_tree(w, w->current, e) == 0)
		return 0;
	err_wrap(e, "what is served here");
	return e->class == ERR_VERDICT
		? err_hint(e, "remove the link %s and pull again: what was spoilt comes anew", w->current)
		: -1;
}

static int pull(struct pulling *w, json_t **ret, struct err *e)
{
	bool is_changed;

	if (pull_look_around(w, e) || take_all(w, e))
		return -1;
	is_changed = !is_here(w);
	if (!is_changed && (fs_remove_tree(w->incoming, e) || (!w->p->is_check && same_targets(w, e))))
		return -1;
	if (w->p->is_check ? check_served(w, e) : is_changed && take_new(w, e))
		return -1;
	*ret = answer(w, is_changed);
	return 0;
}

static int open_source(struct pulling *w, struct err *e)
{
	if (!w->p->is_archive)
		return fetch_open(&w->fetcher, w->p->url, &w->p->fetch, e);
	if (fetch_open_archive(&w->fetcher, w->p->url, e))
		return -1;
	return w->fetcher.archive->is_backup
		? err_input(e, "E_UNKNOWN_FORMAT", "it is the backup of a store, for 'sluice restore'")
		: 0;
}

int channel_pull(const struct pull *p, json_t **ret, struct err *e)
{
	AUTO_FREE char *lock = fs_join(p->into, "lock");
	AUTO_FD int held = -1;
	struct pulling w = { .p = p,
		.have = { .value = sizeof(struct here) },
		.lines = -1,
		.snapshots = fs_join(p->into, "snapshots"),
		.current = fs_join(p->into, "current"),
		.incoming = fs_join(p->into, "incoming"),
		.parts = fs_join(p->into, "incoming/parts"),
		.tree = fs_join(p->into, "incoming/tree"),
		.seen_path = fs_join(p->into, "seen.json") };
	int status = -1;

	if (open_source(&w, e) == 0 && fs_mkdirs(p->into, 0755, e) == 0 && (held = fs_lock(lock, false, e)) >= 0)
		status = pull(&w, ret, e);
	pulling_done(&w);
	return status ? err_wrap(e, p->is_archive ? "importing %s" : "pulling %s", p->url) : 0;
}
