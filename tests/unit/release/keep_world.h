/* keep_world.h - for tests of what keeps a store and what carries its channels: a published tree, before and after its last release, and one that is exported;
 * each operation as a function that opens what it needs by itself, so that it can run in a process of its own. */
#pragma once
#include "channel_world.h"
#include "release/channel/export.h"
#include "release/channel/pull.h"
#include "release/keep/keep.h"

enum { DAY = 86400 };

static struct world world;
static json_t *trust;
static char *first, *second, *carried; /* copies of the published tree; the second one exported */

static inline int keep_set_up(void **state)
{
	AUTO_FREE char *current = NULL;
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	if (world_open(&world))
		return -1;
	current = channel_tree(world.r->store, "production");
	for (int i = 1; i <= 3; i++) {
		AUTO_FREE char *version = mem_printf("%d.0", i);

		release_version(&world, version);
	}
	first = tree_copy(&world, current, "first");
	release_version(&world, "4.0");
	second = tree_copy(&world, current, "second");
	carried = fs_join(world.dir, "carried");
	OK(channel_export(world.r->store, &(struct export){ .channel = "production", .output = carried }, &told, &e));
	OK(release_trust(world.r, &trust, &e));
	return 0;
}

static inline int keep_tear_down(void **state)
{
	json_decref(trust);
	free(first);
	free(second);
	free(carried);
	world_close(&world);
	return 0;
}

/* ---- a distribution server */
struct pulled {
	const char *from, *into;
	bool is_archive;
};

static inline int pull(void *context, struct err *e)
{
	const struct pulled *p = context;
	AUTO_JSON *told = NULL;

	return channel_pull(&(struct pull){ .url = p->from,
				    .into = p->into,
				    .is_archive = p->is_archive,
				    .trust = trust,
				    .keep = 3,
				    .at = when_now() },
		&told, e);
}

static inline void assert_serves(const char *into, int64_t serial, int64_t or_serial)
{
	AUTO_FREE char *current = fs_join(into, "current");
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	if (channel_verify(current, trust, when_now(), &told, &e))
		fail_msg("%s", e.text);
	if (json_int(told, "serial") != serial && json_int(told, "serial") != or_serial)
		fail_msg("serial %d is served", (int)json_int(told, "serial"));
}

/* ---- the store */
static inline void assert_whole(const char *store)
{
	struct fsck o = { .path = store };
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	if (fsck_run(&o, &told, &e)) {
		AUTO_FREE char *text = told ? json_dumps(json_list(told, "findings"), JSON_INDENT(1)) : NULL;

		fail_msg("%s %s", e.text, text ? text : "");
	}
}

static inline int collect(void *context, struct err *e)
{
	struct gc o = { .generations = 3, .keep_for = DAY, .packages_for = DAY, .now = when_now() + 2 * DAY };
	struct release *r = NULL;
	AUTO_JSON *told = NULL;
	int status = release_open(world.store, &r, e) || gc_run(r, &o, &told, e) ? -1 : 0;

	(void)context;
	release_close(r);
	return status;
}

/* An old snapshot, blobs that nobody names, packages of a candidate that was withdrawn. */
static inline void litter(int round)
{
	AUTO_FREE char *version = mem_printf("%d.0", 10 + round), *withdrawn = mem_printf("%d.1", 10 + round);
	struct actor pat = as(&world, PAT);
	struct err e = { 0 };
	char id[32], digest[65];

	release_version(&world, version);
	add_candidate(&world, withdrawn, "pass", id);
	OK(candidate_withdraw(world.r, &pat, id, "not wanted", NULL, &e));
	for (int i = 0; i < 4; i++) {
		AUTO_FREE char *text = mem_printf("orphan %d %d", round, i);

		put(&world, text, digest);
	}
}

static inline bool is_littered(int round)
{
	AUTO_FREE char *orphan = mem_printf("orphan %d 3", round), *package = mem_printf("package %d.1", 10 + round);
	char a[65], b[65];

	sha256_hex(orphan, strlen(orphan), a);
	sha256_hex(package, strlen(package), b);
	return blob_has(world.r->store->blobs, a) || blob_has(world.r->store->blobs, b);
}

/* ---- backup and restore */
static inline int back_up(void *context, struct err *e)
{
	struct backup o = { .output = context, .now = when_now() };
	struct release *r = NULL;
	AUTO_JSON *told = NULL;
	int status = release_open(world.store, &r, e) || backup_write(r, &o, &told, e) ? -1 : 0;

	release_close(r);
	return status;
}

struct restored {
	char *file, *path;
	bool is_older;
	const char *seen;
};

static inline int bring_back(void *context, struct err *e)
{
	const struct restored *p = context;
	struct restore o = { .file = p->file,
		.path = p->path,
		.is_older = p->is_older,
		.seen = &p->seen,
		.seen_len = p->seen != NULL,
		.now = when_now() };
	AUTO_JSON *told = NULL;

	return restore_run(&o, &told, e);
}
