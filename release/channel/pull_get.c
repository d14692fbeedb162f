/* pull_get.c - what a pull takes: release.json first, then what it names, from the snapshots that are here or over the line. */
#include "base/digest.h"
#include "base/fs.h"
#include "release/channel/channel.h"
#include "release/channel/pull_impl.h"
#include "release/gate/snapshot_text.h"
#include "release/gate/source.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const long long leap_max = 1LL << 40; /* serials between two pulls: more than any channel lives to publish */
enum { SIGNATURE_MAX = 64 << 10, KEY_MAX = 1 << 20 };

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
	/* after a leap to the end of what can be counted nothing could follow, once who has the key is known */
	if (offered - seen > leap_max)
		return err_verdict(e, "E_METADATA",
			"serial %lld is offered, and %lld was the last: nobody published so much", offered, seen);
	/* a key that a policy put away could still sign what leaves that policy out */
	if (*policy && !json_find(json_list(w->release, "policies"), "policy", policy))
		return err_verdict(
			e, "E_ROLLBACK", "it leaves out the policy %.16s, which was in force here already", policy);
	return 0;
}

/* ---- which targets */

struct seeing {
	json_t *layout;
	char last[512]; /* what the line before said of its place: most say the same */
};

/* What decides where a package is listed, as it stands in the line; false: it is to be parsed. */
static bool place_of(const struct snap_item *line, char *ret, size_t room)
{
	struct snap_member m[] = { { .name = "base" }, { .name = "format" }, { .name = "suite" },
		{ .name = "target" } };
	size_t len = 0;

	snap_item_members(line, m, COUNT(m));
	for (size_t i = 0; i < COUNT(m); i++) {
		if (m[i].len + 2 > room - len)
			return false;
		if (m[i].len)
			memcpy(ret + len, m[i].at, m[i].len);
		len += m[i].len;
		ret[len++] = '"'; /* stands in none of them */
	}
	ret[len] = '\0';
	return true;
}

static int see_package(void *context, const struct snap_item *line, struct err *e)
{
	struct seeing *s = context;
	AUTO_JSON *item = NULL;
	char place[sizeof s->last];

	if (place_of(line, place, sizeof place) && strcmp(place, s->last) == 0)
		return 0;
	item = snap_item_json(line, e);
	if (!item)
		return -1;
	parts_see(s->layout, item);
	snprintf(s->last, sizeof s->last, "%s", place);
	return 0;
}

int pull_layout(struct pulling *w, struct err *e)
{
	AUTO_FREE char *release = fs_join(w->tree, "release.json");
	struct seeing s = { .layout = json_object() };

	json_decref(w->layout);
	w->layout = s.layout;
	if (snap_each(release, SNAP_PACKAGES, see_package, &s, e))
		return -1;
	parts_done(&w->chosen);
	parts_of(w->layout, w->p->targets, &w->chosen);
	return 0;
}

/* A target that nothing is there for is a wrong name, unless it was taken here before: then its packages have gone. */
static int choose(struct pulling *w, struct err *e)
{
	AUTO_JSON *known = NULL;
	AUTO_PARTS all = { 0 };
	const json_t *one;
	size_t i;

	if (!w->p->targets && !w->had)
		return 0;
	if (pull_layout(w, e))
		return -1;
	parts_of(w->layout, NULL, &all);
	known = parts_targets(&all, true);
	json_array_foreach(w->p->targets, i, one) {
		AUTO_FREE char *names = json_join(known, "none");

		if (!json_lists(known, json_string_value(one)) && !json_lists(w->had, json_string_value(one)))
			return err_usage(e, "channel %s has no packages for target '%s'; it has some for %s",
				json_text(w->release, "channel"), json_string_value(one), names);
	}
	return w->p->targets ? parts_write(w->tree, w->p->targets, e) : 0;
}

/* ---- release.json */

static int digest_of(const char *path, char ret[SHA256_HEX], struct err *e)
{
	AUTO_FD int fd = fs_open_file(path, e);
	uint64_t size;

	return fd < 0 || sha256_fd(fd, ret, &size, e) ? err_wrap(e, "%s", path) : 0;
}

int pull_take_head(struct pulling *w, struct err *e)
{
	AUTO_FREE char *release = fs_join(w->tree, "release.json"), *signature = NULL;
	size_t signature_len;

	json_decref(w->release);
	w->release = NULL;
	w->files = w->fetched = 0;
	if (fs_remove_tree(w->tree, e) || fs_mkdirs(w->tree, 0755, e))
		return -1;
	if (fetch_new_file(&w->fetcher, "release.json", release, RELEASE_MAX, e))
		return e->class == ERR_ENV
			? err_hint(e,
				  "it lies where the channel is served: URL/CHANNEL of 'sluice serve', DIR/current of "
				  "a site, what 'sluice channel tree CH' says of a store, once something was released")
			: -1;
	if (fetch_bytes(&w->fetcher, "release.json.asc", SIGNATURE_MAX, &signature, &signature_len, e) ||
		tree_write(w->tree, "release.json.asc", signature, signature_len, e) ||
		digest_of(release, w->release_digest, e) ||
		channel_believe(w->tree, w->p->trust, w->p->at, &w->release, e))
		return -1;
	if (json_flag(w->release, "export") && !w->p->is_archive && !w->p->takes_exports) {
		err_verdict(e, "E_FREEZE",
			"it was signed for being carried, with a validity longer than the channel's own");
		return err_hint(e, "where only such snapshots arrive, --exported takes it");
	}
	return is_newer(w, e) || choose(w, e) ? -1 : 0;
}

bool pull_has_moved(struct pulling *w)
{
	AUTO_FREE char *path = fs_join(w->incoming, "moved");
	struct err ignored = { 0 };
	char digest[SHA256_HEX];
	bool is_known = fetch_new_file(&w->fetcher, "release.json", path, RELEASE_MAX, &ignored) == 0 &&
		digest_of(path, digest, &ignored) == 0;

	(void)unlink(path);
	return is_known && strcmp(digest, w->release_digest) != 0;
}

/* ---- what it names */

struct wanted {
	const char *path, *sha256, *from; /* from: the name to ask for, when another one lasts longer */
	uint64_t size;
	bool is_exact;
};

static int get(struct pulling *w, const struct wanted *f, struct err *e)
{
	AUTO_FREE char *here = pull_find_here(w, f->sha256), *part = NULL;

	w->files++;
	if (here && fs_exists(here))
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

static int count_line(void *context, const struct snap_item *line, struct err *e)
{
	(void)line;
	(void)e;
	++*(size_t *)context;
	return 0;
}

static int get_package(void *context, const struct snap_item *line, struct err *e)
{
	struct getting *g = context;
	AUTO_JSON *item = snap_item_json(line, e);

	if (!item)
		return -1;
	event_progress(g->w->p->events, "packages", ++g->done, g->all);
	return parts_hold(&g->w->chosen, "packages", item) ? get_listed(g->w, item, NULL, e) : 0;
}

static int get_record(void *context, const struct snap_item *line, struct err *e)
{
	AUTO_FREE char *path = NULL;
	char digest[SHA256_HEX];

	snap_item_digest(line, digest);
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

int pull_get_all(struct pulling *w, struct err *e)
{
	AUTO_FREE char *release = fs_join(w->tree, "release.json");
	struct getting packages = { w, 0, 0 };

	return get_keys(w, e) || snap_each(release, SNAP_RECORDS, get_record, w, e) || get_indexes(w, e) ||
			snap_each(release, SNAP_PACKAGES, count_line, &packages.all, e) ||
			snap_each(release, SNAP_PACKAGES, get_package, &packages, e)
		? -1
		: 0;
}
