/* pull.c - one pull: what is new there, fetched beside what is served, verified whole, switched to. */
#include "release/channel/pull.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include "release/channel/channel.h"
#include "release/channel/parts.h"
#include "release/channel/snapshots.h"
#include "release/gate/snapshot_text.h"
#include "release/gate/source.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NOTE_MAX = 64 << 10, SIGNATURE_MAX = 64 << 10, KEY_MAX = 1 << 20, SEEN_MAX = 64 << 10, TRIES = 5 };

struct pulling {
	const struct pull *p;
	struct fetcher fetcher;
	char *snapshots, *current, *incoming, *parts, *tree, *seen_path;
	struct generations here;
	json_t *seen, *release;  /* the newest ever taken; what is offered, without its long lists */
	json_t *layout;          /* of what is offered */
	struct parts chosen;     /* of it */
	json_t *had;             /* the targets that current holds; NULL: all of them, or there is no current */
	json_t *have;            /* {sha256: path of a file here} */
	char release_digest[65]; /* of the offered release.json */
	size_t files, fetched;
};

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
	json_decref(w->have);
	json_decref(w->had);
	parts_done(&w->chosen);
	json_decref(w->layout);
}

/* ---- what is here */

static int read_seen(struct pulling *w, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len;

	if (!fs_exists(w->seen_path))
		return (w->seen = json_object()) ? 0 : -1;
	if (fs_read_file(w->seen_path, SEEN_MAX, &bytes, &len, e))
		return -1;
	w->seen = json_parse(bytes, len, w->seen_path, e);
	if (!w->seen)
		return err_hint(
			e, "it says which snapshot was taken last; without it, an old one could be passed off as new");
	return 0;
}

struct noting {
	struct pulling *w;
	const struct generation *from;
};

static void note_file(struct pulling *w, const struct generation *g, const char *sha256, const char *path)
{
	AUTO_FREE char *whole = fs_join(g->dir, path);

	if (digest_is_hex(sha256))
		json_set_str(w->have, sha256, whole);
}

static int note_package(void *context, const struct snap_item *line, struct err *e)
{
	const struct noting *n = context;
	AUTO_JSON *item = snap_item_json(line, e);

	if (item)
		note_file(n->w, n->from, json_text(item, "sha256"), json_text(item, "path"));
	return item ? 0 : -1;
}

/* A record's line is its digest in quotes. */
static void digest_of_line(const struct snap_item *line, char ret[SHA256_HEX])
{
	snprintf(ret, SHA256_HEX, "%.*s", line->len == SHA256_HEX + 1 ? SHA256_HEX - 1 : 0, line->at + 1);
}

static int note_record(void *context, const struct snap_item *line, struct err *e)
{
	const struct noting *n = context;
	AUTO_FREE char *path = NULL;
	char digest[SHA256_HEX];

	(void)e;
	digest_of_line(line, digest);
	path = mem_printf("records/%s", digest);
	note_file(n->w, n->from, digest, path);
	return 0;
}

static int note_generation(struct pulling *w, const struct generation *g, struct err *e)
{
	AUTO_FREE char *release = fs_join(g->dir, "release.json");
	struct noting n = { w, g };
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(g->release, "indexes"), i, item)
		note_file(w, g, json_text(item, "sha256"), json_text(item, "path"));
	return snap_each(release, SNAP_PACKAGES, note_package, &n, e) ||
			snap_each(release, SNAP_RECORDS, note_record, &n, e)
		? -1
		: 0;
}

/* What was fetched once is not fetched again. Snapshots here were verified whole when they came, and the next one is before it is served. */
static int look_around(struct pulling *w, struct err *e)
{
	if (fs_mkdirs(w->snapshots, 0755, e) || fs_mkdirs(w->parts, 0755, e) || snapshots_drop_links(w->p->into, e) ||
		generations_read(w->snapshots, &w->here, e) || read_seen(w, e) || parts_read(w->current, &w->had, e))
		return -1;
	w->have = json_object();
	for (size_t i = w->here.len; i-- > 0;)
		if (note_generation(w, &w->here.at[i], e))
			return -1;
	return 0;
}

/* ---- what is offered */

/* Older than what was taken, or another one with the same serial: an old state, shown as the present one. */
static int is_newer(struct pulling *w, struct err *e)
{
	long long offered = json_int(w->release, "serial"), seen = json_int(w->seen, "serial");
	const char *channel = json_text(w->release, "channel_id"), *ours = json_text(w->seen, "channel_id"),
		   *policy = json_text(w->seen, "policy");

	if (*ours && strcmp(ours, channel) != 0)
		return err_usage(
			e, "%s holds channel %s; this is %s: another folder is meant", w->p->into, ours, channel);
	if (offered < seen)
		return err_verdict(e, "E_ROLLBACK", "serial %lld is offered; %lld was here already", offered, seen);
	if (offered == seen && strcmp(json_text(w->seen, "release"), w->release_digest) != 0)
		return err_verdict(e, "E_ROLLBACK", "another snapshot with serial %lld was here already", offered);
	/* a key that a policy put away could still sign what leaves that policy out */
	if (*policy && !json_find(json_list(w->release, "policies"), "policy", policy))
		return err_verdict(
			e, "E_ROLLBACK", "it leaves out the policy %.16s, which was in force here already", policy);
	return 0;
}

static int see_package(void *context, const struct snap_item *line, struct err *e)
{
	AUTO_JSON *item = snap_item_json(line, e);

	if (item)
		parts_see(context, item);
	return item ? 0 : -1;
}

/* A target that nothing is there for is a wrong name, unless it was taken here before: then its packages have gone. */
static int choose(struct pulling *w, struct err *e)
{
	AUTO_FREE char *release = fs_join(w->tree, "release.json");
	AUTO_JSON *known = NULL;
	AUTO_PARTS all = { 0 };
	const json_t *one;
	size_t i;

	json_decref(w->layout);
	w->layout = json_object();
	if (snap_each(release, SNAP_PACKAGES, see_package, w->layout, e))
		return -1;
	parts_of(w->layout, NULL, &all);
	known = parts_targets(&all, true);
	json_array_foreach(w->p->targets, i, one) {
		AUTO_FREE char *names = json_join(known, "none");

		if (!json_lists(known, json_string_value(one)) && !json_lists(w->had, json_string_value(one)))
			return err_usage(e, "channel %s has no packages for target '%s'; it has some for %s",
				json_text(w->release, "channel"), json_string_value(one), names);
	}
	parts_done(&w->chosen);
	parts_of(w->layout, w->p->targets, &w->chosen);
	return w->p->targets ? parts_write(w->tree, w->p->targets, e) : 0;
}

/* release.json and its signature, into incoming/tree; believed, or nothing else is asked for. */
static int take_head(struct pulling *w, struct err *e)
{
	AUTO_FREE char *release = NULL, *signature = NULL;
	size_t len, signature_len;

	json_decref(w->release);
	w->release = NULL;
	w->files = w->fetched = 0;
	if (fs_remove_tree(w->tree, e) || fs_mkdirs(w->tree, 0755, e) ||
		fetch_bytes(&w->fetcher, "release.json", RELEASE_MAX, &release, &len, e) ||
		fetch_bytes(&w->fetcher, "release.json.asc", SIGNATURE_MAX, &signature, &signature_len, e) ||
		tree_write(w->tree, "release.json", release, len, e) ||
		tree_write(w->tree, "release.json.asc", signature, signature_len, e))
		return -1;
	sha256_hex(release, len, w->release_digest);
	if (channel_believe(w->tree, w->p->trust, w->p->at, &w->release, e))
		return -1;
	if (json_flag(w->release, "export") && !w->p->is_archive && !w->p->takes_exports) {
		err_verdict(e, "E_FREEZE",
			"it was signed for being carried, with a validity longer than the channel's own");
		return err_hint(e, "where only such snapshots arrive, --exported takes it");
	}
	return is_newer(w, e) || choose(w, e) ? -1 : 0;
}

/* ---- fetching */

struct wanted {
	const char *path, *sha256, *from; /* from: the name to ask for, when another one lasts longer */
	uint64_t size;
	bool is_exact;
};

static int get(struct pulling *w, const struct wanted *f, struct err *e)
{
	const char *here = json_text(w->have, f->sha256);
	AUTO_FREE char *part = NULL;

	w->files++;
	if (*here && fs_exists(here))
		return tree_link(here, w->tree, f->path, e);
	if (!digest_is_hex(f->sha256))
		return err_verdict(e, "E_DIGEST", "release.json names %s without a sha256", f->path);
	w->fetched++;
	if (w->p->is_check)
		return 0;
	part = fs_join(w->parts, f->sha256);
	return fetch_file(&w->fetcher,
		       &(struct fetch_file){ f->from ? f->from : f->path, part, f->sha256, f->size, f->is_exact }, e) ||
			tree_link(part, w->tree, f->path, e)
		? -1
		: 0;
}

static int get_listed(struct pulling *w, const json_t *item, const char *from, struct err *e)
{
	int64_t size = json_int(item, "size");

	if (size < 0)
		return err_verdict(e, "E_LIMIT_SIZE", "release.json names a size below zero");
	return get(w,
		&(struct wanted){ json_text(item, "path"), json_text(item, "sha256"), from, (uint64_t)size, true }, e);
}

static int get_indexes(struct pulling *w, struct err *e)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(w->release, "indexes"), i, item) {
		AUTO_FREE char *lasting = channel_lasting_name(item);

		if (parts_hold(&w->chosen, "indexes", item) && get_listed(w, item, lasting, e))
			return -1;
	}
	return 0;
}

struct getting {
	struct pulling *w;
	size_t done, all;
};

static int count_package(void *context, const struct snap_item *line, struct err *e)
{
	struct getting *g = context;
	AUTO_JSON *item = snap_item_json(line, e);

	if (!item)
		return -1;
	g->all += parts_hold(&g->w->chosen, "packages", item);
	return 0;
}

static int get_package(void *context, const struct snap_item *line, struct err *e)
{
	struct getting *g = context;
	AUTO_JSON *item = snap_item_json(line, e);

	if (!item)
		return -1;
	if (!parts_hold(&g->w->chosen, "packages", item))
		return 0;
	event_progress(g->w->p->events, "packages", ++g->done, g->all);
	return get_listed(g->w, item, NULL, e);
}

static int get_record(void *context, const struct snap_item *line, struct err *e)
{
	AUTO_FREE char *path = NULL;
	char digest[SHA256_HEX];

	digest_of_line(line, digest);
	path = mem_printf("records/%s", digest);
	return get(context, &(struct wanted){ path, digest, NULL, SOURCE_RECORD_MAX, false }, e);
}

/* Small, and not named by digest: channel_verify looks at which keys they hold. */
static int get_keys(struct pulling *w, struct err *e)
{
	static const char *const names[] = { "keys/release.asc", "keys/package.asc" };

	for (size_t i = 0; i < COUNT(names) && !w->p->is_check; i++) {
		AUTO_FREE char *bytes = NULL;
		size_t len;

		if (fetch_bytes(&w->fetcher, names[i], KEY_MAX, &bytes, &len, e) ||
			tree_write(w->tree, names[i], bytes, len, e))
			return -1;
	}
	return 0;
}

static int get_all(struct pulling *w, struct err *e)
{
	AUTO_FREE char *release = fs_join(w->tree, "release.json");
	struct getting packages = { w, 0, 0 };

	return get_keys(w, e) || snap_each(release, SNAP_RECORDS, get_record, w, e) || get_indexes(w, e) ||
			snap_each(release, SNAP_PACKAGES, count_package, &packages, e) ||
			snap_each(release, SNAP_PACKAGES, get_package, &packages, e)
		? -1
		: 0;
}

/* Has release.json become another one meanwhile? Then what was missing or different is no lie but the next snapshot. */
static bool has_moved(struct pulling *w)
{
	AUTO_FREE char *release = NULL;
	struct err ignored = { 0 };
	char digest[65];
	size_t len;

	if (fetch_bytes(&w->fetcher, "release.json", RELEASE_MAX, &release, &len, &ignored))
		return false;
	sha256_hex(release, len, digest);
	return strcmp(digest, w->release_digest) != 0;
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
		!(targets = parts_parse(bytes, len, &ignored)))
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

		if (take_head(w, &why) == 0 && (is_here(w) || get_all(w, &why) == 0))
			return 0;
		if (i == TRIES || why.class == ERR_USAGE || !has_moved(w)) {
			*e = why;
			return why.class == ERR_ENV ? partial_there(w, e) : -1;
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

/* Those that are no longer kept go, the oldest first; never what is served. */
static int prune(struct pulling *w, struct err *e)
{
	AUTO(generations) all = { 0 };
	long long served = snapshots_current(w->current);
	unsigned kept = 0;

	if (generations_read(w->snapshots, &all, e))
		return -1;
	for (size_t i = 0; i < all.len; i++) {
		bool stays = all.at[i].serial == served || kept < w->p->keep;

		kept += stays;
		if (!stays && fs_remove_tree(all.at[i].dir, e))
			return -1;
	}
	return 0;
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

static int pull(struct pulling *w, json_t **ret, struct err *e)
{
	bool is_changed;

	if (look_around(w, e) || take_all(w, e))
		return -1;
	is_changed = !is_here(w);
	if (!is_changed && (fs_remove_tree(w->incoming, e) || (!w->p->is_check && same_targets(w, e))))
		return -1;
	if (w->p->is_check && snapshots_current(w->current) && verify_tree(w, w->current, e))
		return err_wrap(e, "what is served here");
	json_decref(w->have); /* all is here: the room is verification's */
	w->have = NULL;
	if (is_changed && !w->p->is_check &&
		(generations_keep(&w->here, w->release, w->tree, e) || verify_tree(w, w->tree, e) ||
			put_in_place(w, e)))
		return -1;
	*ret = answer(w, is_changed);
	return 0;
}

int channel_pull(const struct pull *p, json_t **ret, struct err *e)
{
	AUTO_FREE char *lock = fs_join(p->into, "lock");
	AUTO_FD int held = -1;
	struct pulling w = { .p = p,
		.snapshots = fs_join(p->into, "snapshots"),
		.current = fs_join(p->into, "current"),
		.incoming = fs_join(p->into, "incoming"),
		.parts = fs_join(p->into, "incoming/parts"),
		.tree = fs_join(p->into, "incoming/tree"),
		.seen_path = fs_join(p->into, "seen.json") };
	int status = -1;

	if ((p->is_archive ? fetch_open_archive(&w.fetcher, p->url, e)
			   : fetch_open(&w.fetcher, p->url, &p->fetch, e)) == 0 &&
		fs_mkdirs(p->into, 0755, e) == 0 && (held = fs_lock(lock, false, e)) >= 0)
		status = pull(&w, ret, e);
	pulling_done(&w);
	return status ? err_wrap(e, p->is_archive ? "importing %s" : "pulling %s", p->url) : 0;
}
