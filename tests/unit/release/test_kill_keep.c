/* test_kill_keep.c - pull, import, gc, backup and restore killed with SIGKILL at points spread over their system calls: nothing is lost, nothing torn,
 * and the next run goes on by itself. Also what backup and restore do when nobody kills them. */
#include "keep_world.h"
#include "killed.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static void kill_pulls(const char *from, bool is_archive, int rounds)
{
	AUTO_FREE char *base = fs_join(world.dir, "base");
	struct pulled before = { first, base, false };
	struct err e = { 0 };
	long calls = 0;

	fs_remove_tree(base, &e);
	OK(pull(&before, &e));
	for (int round = -1; round < rounds; round++) {
		AUTO_FREE char *into = tree_copy(&world, base, "into");
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

/* The publisher keeps two; more are there where an earlier version published, or a store came back from a copy. */
static void put_snapshot(const char *tree, int serial)
{
	AUTO_FREE char *folder = mem_printf("%s/channels/production/snapshots/%d", world.store, serial),
		       *inside = mem_printf("%s/.", tree);
	struct err e = { 0 };

	if (!fs_exists(folder))
		OK(proc_must((const char *const[]){ "cp", "-a", inside, folder, NULL }, &e));
}

/* The third newest stays, the fourth goes; killed on the way it is there whole, or not at all, and the next run takes what is left of it. */
static void old_snapshots_killed(void **state)
{
	AUTO_FREE char *third = mem_printf("%s/channels/production/snapshots/4", world.store),
		       *fourth = mem_printf("%s/channels/production/snapshots/3", world.store);
	int rounds = kills_of(30);
	struct err e = { 0 };
	long calls;

	put_snapshot(second, 4);
	put_snapshot(first, 3);
	calls = killed_after(killed_start(&world, collect, NULL), -1);
	assert_false(fs_exists(fourth));
	assert_true(fs_exists(third));
	for (int round = 0; round < rounds; round++) {
		put_snapshot(first, 3);
		(void)killed_after(killed_start(&world, collect, NULL), calls * (2 * round + 1) / (2 * rounds));
		assert_whole(world.store);
		OK(collect(NULL, &e));
		assert_false(fs_exists(fourth));
		assert_true(fs_exists(third));
	}
	assert_whole(world.store);
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

/* What stood there when the store was exchanged; malloc. There is one more with each restore: the newest. */
static char *put_aside(const char *path)
{
	AUTO_FREE char *folder = mem_strdup(path);
	char *name = strrchr(folder, '/'), *newest = NULL;
	DIR *dir;

	*name++ = '\0';
	dir = opendir(folder);
	assert_non_null(dir);
	for (const struct dirent *d; (d = readdir(dir));)
		if (text_starts(d->d_name, name) && text_starts(d->d_name + strlen(name), ".before-") &&
			(!newest || strcmp(strrchr(newest, '/') + 1, d->d_name) < 0)) {
			free(newest);
			newest = mem_printf("%s/%s", folder, d->d_name);
		}
	closedir(dir);
	return newest;
}

/* Over a store that has seen more, and only when told: that one is kept whole, and no serial that it let out is used again. */
static void an_older_copy_over_it(void **state)
{
	AUTO_FREE char *file = fs_join(world.dir, "older"), *site = fs_join(world.dir, "site-of-it"), *aside = NULL,
		       *tree = channel_tree(world.r->store, "production");
	struct restored p = { .file = file, .path = world.store };
	struct pulled at_site = { tree, site, false };
	AUTO_JSON *newer = NULL, *there = NULL, *after = NULL;
	struct err e = { 0 };

	OK(back_up(file, &e));
	release_version(&world, "102.0");
	OK(pull(&at_site, &e));
	OK(release_current(world.r, "production", &newer, &e));
	release_close(world.r);
	world.r = NULL;
	assert_int_equal(bring_back(&p, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	e = (struct err){ 0 };
	p.is_older = true;
	OK(bring_back(&p, &e));
	assert_whole(world.store);
	aside = put_aside(world.store);
	assert_non_null(aside);
	assert_whole(aside);
	OK(release_open(world.store, &world.r, &e));
	OK(release_current(world.r, "production", &there, &e));
	assert_true(json_int(there, "serial") < json_int(newer, "serial"));
	release_version(&world, "103.0");
	OK(release_current(world.r, "production", &after, &e));
	assert_true(json_int(after, "serial") > json_int(newer, "serial"));
	OK(pull(&at_site, &e));
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
	struct stat st = { 0 };
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
		cmocka_unit_test(old_snapshots_killed),
		cmocka_unit_test(a_copy_is_a_store),
		cmocka_unit_test(an_older_copy),
		cmocka_unit_test(an_older_copy_over_it),
		cmocka_unit_test(backup_and_restore_killed),
		cmocka_unit_test(a_broken_copy),
	};

	return cmocka_run_group_tests(tests, keep_set_up, keep_tear_down);
}
