/* test_kill_keep.c - pull, import, gc, backup and restore killed with SIGKILL at points spread over their system calls: nothing is lost, nothing torn,
 * and the next run goes on by itself. Also what backup and restore do when nobody kills them. */
#include "base/proc.h"
#include "channel_world.h"
#include "killed.h"
#include "release/channel/export.h"
#include "release/channel/pull.h"
#include "release/keep/keep.h"
#include <fcntl.h>
#include <sys/stat.h>

enum { DAY = 86400 };

static struct world world;
static json_t *trust;
static char *first, *second, *carried; /* copies of the published tree; the second one exported */

static char *copy_of(const char *from, const char *name)
{
	char *to = fs_join(world.dir, name);
	AUTO_FREE char *inside = mem_printf("%s/.", from);
	struct err e = { 0 };

	fs_remove_tree(to, &e);
	OK(proc_must((const char *const[]){ "cp", "-a", inside, to, NULL }, &e));
	return to;
}

static int set_up(void **state)
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
	first = copy_of(current, "first");
	release_version(&world, "4.0");
	second = copy_of(current, "second");
	carried = fs_join(world.dir, "carried");
	OK(channel_export(world.r->store, &(struct export){ .channel = "production", .output = carried }, &told, &e));
	OK(release_trust(world.r, &trust, &e));
	return 0;
}

static int tear_down(void **state)
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

static int pull(void *context, struct err *e)
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

static void assert_serves(const char *into, int64_t serial, int64_t or_serial)
{
	AUTO_FREE char *current = fs_join(into, "current");
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	if (channel_verify(current, trust, when_now(), &told, &e))
		fail_msg("%s", e.text);
	if (json_int(told, "serial") != serial && json_int(told, "serial") != or_serial)
		fail_msg("serial %d is served", (int)json_int(told, "serial"));
}

static void kill_pulls(const char *from, bool is_archive, int rounds)
{
	AUTO_FREE char *base = fs_join(world.dir, "base");
	struct pulled before = { first, base, false };
	struct err e = { 0 };
	long calls = 0;

	fs_remove_tree(base, &e);
	OK(pull(&before, &e));
	for (int round = -1; round < rounds; round++) {
		AUTO_FREE char *into = copy_of(base, "into");
		struct pulled p = { from, into, is_archive };

		if (round < 0) {
			calls = killed_after(killed_start(&world, pull, &p), -1);
			assert_true(calls > 50);
			continue;
		}
		(void)killed_after(killed_start(&world, pull, &p), calls * (2 * round + 1) / (2 * rounds));
		assert_serves(into, 3, 4);
		OK(pull(&p, &e));
		assert_serves(into, 4, 4);
	}
}

static void pull_killed(void **state)
{
	kill_pulls(second, false, kills_of(50));
}

static void import_killed(void **state)
{
	kill_pulls(carried, true, kills_of(30));
}

/* ---- the store */
static void assert_whole(const char *store)
{
	struct fsck o = { .path = store };
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	if (fsck_run(&o, &told, &e)) {
		AUTO_FREE char *text = told ? json_dumps(json_list(told, "findings"), JSON_INDENT(1)) : NULL;

		fail_msg("%s %s", e.text, text ? text : "");
	}
}

static int collect(void *context, struct err *e)
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
static void litter(int round)
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

static bool is_littered(int round)
{
	AUTO_FREE char *orphan = mem_printf("orphan %d 3", round), *package = mem_printf("package %d.1", 10 + round);
	char a[65], b[65];

	sha256_hex(orphan, strlen(orphan), a);
	sha256_hex(package, strlen(package), b);
	return blob_has(world.r->store->blobs, a) || blob_has(world.r->store->blobs, b);
}

static void gc_killed(void **state)
{
	int rounds = kills_of(40);
	struct err e = { 0 };
	long calls;

	litter(0);
	calls = killed_after(killed_start(&world, collect, NULL), -1);
	assert_true(calls > 100);
	assert_false(is_littered(0));
	for (int round = 0; round < rounds; round++) {
		litter(round + 1);
		/* most of the calls come before anything goes: the kills are put into the last half */
		(void)killed_after(
			killed_start(&world, collect, NULL), calls / 2 + calls / 2 * (2 * round + 1) / (2 * rounds));
		assert_whole(world.store);
		OK(collect(NULL, &e));
		assert_false(is_littered(round + 1));
	}
	assert_whole(world.store);
}

/* ---- backup and restore */
static int back_up(void *context, struct err *e)
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

static int bring_back(void *context, struct err *e)
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

static void a_copy_is_a_store(void **state)
{
	AUTO_FREE char *file = fs_join(world.dir, "backup"), *path = fs_join(world.dir, "restored");
	struct restored p = { .file = file, .path = path };
	struct err e = { 0 };
	struct stat st;

	OK(back_up(file, &e));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	OK(bring_back(&p, &e));
	assert_whole(path);
	/* its own signer goes on with it */
	release_close(world.r);
	free(world.store);
	world.store = mem_strdup(path);
	OK(release_open(world.store, &world.r, &e));
	free(world.homes[TRIAL]);
	world.homes[TRIAL] = fs_join(world.store, "trial");
	release_version(&world, "100.0");
	assert_whole(path);
	/* now it has seen more than the copy */
	assert_int_equal(bring_back(&p, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	assert_whole(path);
}

/* Put back all the same: what was said since is lost, but no client ever sees an older serial. */
static void an_older_copy(void **state)
{
	AUTO_FREE char *file = fs_join(world.dir, "backup"), *site = fs_join(world.dir, "ahead"),
		       *tree = channel_tree(world.r->store, "production");
	struct restored p = { .file = file, .path = world.store, .is_older = true };
	struct pulled at_site = { tree, site, false };
	AUTO_JSON *before = NULL, *after = NULL;
	AUTO_FREE char *lost = NULL, *current = fs_join(site, "current");
	struct err e = { 0 };

	OK(pull(&at_site, &e));
	OK(release_current(world.r, "production", &before, &e));
	release_close(world.r);
	world.r = NULL;
	lost = mem_printf("%s.lost", world.store);
	assert_int_equal(rename(world.store, lost), 0); /* the machine burned: only the site knows what was let out */
	p.is_older = false;
	p.seen = current;
	OK(bring_back(&p, &e));
	OK(release_open(world.store, &world.r, &e));
	release_version(&world, "101.0");
	OK(release_current(world.r, "production", &after, &e));
	assert_true(json_int(after, "serial") > json_int(before, "serial"));
	OK(pull(&at_site, &e)); /* and takes it as something newer */
	assert_whole(world.store);
}

static void backup_and_restore_killed(void **state)
{
	AUTO_FREE char *file = fs_join(world.dir, "killed"), *other = fs_join(world.dir, "other"), *mark = NULL;
	struct restored p = { .file = file, .path = other };
	int rounds = kills_of(20);
	struct err e = { 0 };
	long calls = killed_after(killed_start(&world, back_up, file), -1), more;

	more = killed_after(killed_start(&world, bring_back, &p), -1);
	assert_whole(other);
	mark = fs_join(other, ".restoring");
	for (int round = 0; round < rounds; round++) {
		assert_int_equal(unlink(file), 0);
		(void)killed_after(killed_start(&world, back_up, file), calls * (2 * round + 1) / (2 * rounds));
		OK(back_up(file, &e));
		(void)killed_after(killed_start(&world, bring_back, &p), more * (2 * round + 1) / (2 * rounds));
		assert_whole(other);
		OK(bring_back(&p, &e));
		assert_whole(other);
		assert_false(fs_exists(mark));
	}
	assert_whole(world.store);
}

/* A copy whose bytes changed, or that is something else, puts nothing back. */
static void a_broken_copy(void **state)
{
	AUTO_FREE char *file = fs_join(world.dir, "killed"), *path = fs_join(world.dir, "never");
	struct restored p = { .file = file, .path = path };
	struct err e = { 0 };
	struct stat st;
	int fd = open(file, O_RDWR);
	char byte;

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	for (off_t at = st.st_size / 2; at < st.st_size / 2 + 2048; at += 512) {
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	close(fd);
	assert_int_equal(bring_back(&p, &e), -1);
	assert_false(fs_exists(path));
	p.file = carried;
	assert_int_equal(bring_back(&p, &e), -1);
	assert_string_equal(e.code, "E_UNKNOWN_FORMAT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pull_killed),
		cmocka_unit_test(import_killed),
		cmocka_unit_test(gc_killed),
		cmocka_unit_test(a_copy_is_a_store),
		cmocka_unit_test(an_older_copy),
		cmocka_unit_test(backup_and_restore_killed),
		cmocka_unit_test(a_broken_copy),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
