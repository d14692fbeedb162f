/* test_parallel.c - many at once: publishers of one channel and of several, people who vote and ask, pulls into one folder, and all that keeps a store beside them.
 * Each in a process of its own, as commands are. Nobody fails, nothing said is lost, and no two snapshots have one serial. More of each with SLUICE_FULL. */
#include "keep_world.h"
#include "release/keep/keep.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 16 };

static int many(int few, int all)
{
	return getenv("SLUICE_FULL") ? all : few;
}

/* ---- processes */
struct doing {
	int (*run)(void *context, struct err *e);
	void *context;
	int times;
};

/* Ready when all are: each waits for the end of the pipe, which is closed once for all of them. */
static pid_t begin(const struct doing *d, int gate[2])
{
	pid_t pid = fork();
	struct err e = { 0 };
	char byte;

	if (pid)
		return pid;
	close(gate[1]);
	(void)!read(gate[0], &byte, 1);
	for (int i = 0; i < d->times; i++)
		if (d->run(d->context, &e)) {
			fprintf(stderr, "%s%s%s\n", e.text, *e.hint ? "; " : "", e.hint);
			_exit(1);
		}
	_exit(0);
}

static void all_at_once(const struct doing *list, int len)
{
	struct err e = { 0 };
	pid_t pids[MOST];
	int gate[2], status, failed = 0;

	assert_true(len <= MOST && pipe(gate) == 0);
	store_pause(world.r->store);
	for (int i = 0; i < len; i++) {
		pids[i] = begin(&list[i], gate);
		assert_true(pids[i] > 0);
	}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < len; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	}
	OK(store_resume(world.r->store, &e));
	assert_int_equal(failed, 0);
}

/* ---- what they do */
struct change {
	char product[32], candidate[32], rfc[32], channel[32];
};

static void new_change(struct change *c, const char *product, const char *version, const char *channel)
{
	snprintf(c->product, sizeof c->product, "%s", product);
	snprintf(c->channel, sizeof c->channel, "%s", channel);
	add_product(&world, product, version, "pass", json_object(), c->candidate);
	open_rfc(&world, PAT, c->candidate, c->rfc);
}

static void voted(const struct change *c)
{
	struct err e = { 0 };

	OK(vote(&world, CARL, c->rfc, "change-manager", "approve", &e));
}

static int lets_out(void *context, struct err *e)
{
	const struct change *c = context;
	struct actor trial = as(&world, TRIAL);
	struct release *r = NULL;
	AUTO_JSON *answer = NULL;
	int status = release_open(world.store, &r, e) ||
			release_to(r, &trial, c->rfc, c->channel, channel_publish, &answer, e)
		? -1
		: 0;

	release_close(r);
	return status;
}

static int votes(void *context, struct err *e)
{
	const struct change *c = context;
	struct actor carl = as(&world, CARL);
	char *id = mem_strdup(c->rfc);
	struct release *r = NULL;
	AUTO_JSON *answer = NULL;
	int status = release_open(world.store, &r, e) ||
			rfc_vote(r, &carl, &id, 1, "change-manager", "approve", "", NULL, &answer, e)
		? -1
		: 0;

	free(id);
	release_close(r);
	return status;
}

static int asks(void *context, struct err *e)
{
	const struct change *c = context;
	struct actor pat = as(&world, PAT);
	struct release *r = NULL;
	char id[32];
	int status = release_open(world.store, &r, e) ||
			rfc_open(r, &pat,
				json_pack("{s:[s], s:s, s:s, s:s}", "candidates", c->candidate, "reason", "at once",
					"urgency", "low", "impact", "minor"),
				id, NULL, e)
		? -1
		: 0;

	release_close(r);
	return status;
}

static int checks(void *context, struct err *e)
{
	struct fsck o = { .path = world.store };
	AUTO_JSON *told = NULL;

	(void)context;
	return fsck_run(&o, &told, e);
}

static int audits(void *context, struct err *e)
{
	struct store *s = NULL;
	AUTO_JSON *told = NULL;
	int status = store_open(world.store, &s, e) || audit_store(s, &told, e) ? -1 : 0;

	(void)context;
	store_close(s);
	if (status == 0 && !json_flag(told, "ok"))
		return err_verdict(
			e, NULL, "audit: %s", json_text(json_array_get(json_list(told, "findings"), 0), "text"));
	return status;
}

static int pulls(void *context, struct err *e)
{
	AUTO_FREE char *tree = fs_join(world.store, "channels/production/current");
	struct pulled p = { tree, context, false };

	return pull(&p, e);
}

static int backs_up(void *context, struct err *e)
{
	return back_up(context, e);
}

/* Two that keep the store, or pull into one folder, exclude each other, and say so; so does a pull that was overtaken again and again. */
static int unless_busy(int (*run)(void *, struct err *), void *context, struct err *e)
{
	if (run(context, e) == 0)
		return 0;
	if (e->class != ERR_ENV ||
		!(strstr(e->text, "held by another process") || strstr(e->text, "was published anew")))
		return -1;
	*e = (struct err){ 0 };
	return 0;
}

static int collects(void *context, struct err *e)
{
	return unless_busy(collect, context, e);
}

static int checks_or_waits(void *context, struct err *e)
{
	return unless_busy(checks, context, e);
}

static int backs_up_or_waits(void *context, struct err *e)
{
	return unless_busy(backs_up, context, e);
}

static int pulls_or_waits(void *context, struct err *e)
{
	return unless_busy(pulls, context, e);
}

/* ---- what came of it */
static json_t *current(const char *channel)
{
	json_t *release = NULL;
	struct err e = { 0 };

	OK(release_current(world.r, channel, &release, &e));
	return release;
}

static void serves(const struct change *c)
{
	AUTO_FREE char *name = mem_printf("org-%s", c->product), *tree = channel_tree(world.r->store, c->channel);
	AUTO_JSON *release = current(c->channel), *told = NULL;
	struct err e = { 0 };

	if (!json_find(json_list(release, "packages"), "name", name))
		fail_msg("%s of %s is not served", name, c->rfc);
	OK(channel_verify(tree, trust, when_now(), &told, &e));
}

static int64_t serial_of(const char *channel)
{
	AUTO_JSON *release = current(channel);

	return release ? json_int(release, "serial") : 0;
}

static size_t logged(const char *action)
{
	AUTO_JSON *rows = NULL;
	struct err e = { 0 };

	rows = db_rows(
		world.r->store->db, "SELECT seq FROM log WHERE action = $1 AND outcome = 'ok'", DB_TEXTS(action), &e);
	assert_non_null(rows);
	return json_array_size(rows);
}

/* ---- the tests */
static void one_channel(void **state)
{
	struct change changes[MOST];
	struct doing doing[MOST];
	int len = many(4, 12);
	int64_t before = serial_of("production");

	(void)state;
	for (int i = 0; i < len; i++) {
		AUTO_FREE char *product = mem_printf("one%d", i);

		new_change(&changes[i], product, "1.0", "production");
		voted(&changes[i]);
		doing[i] = (struct doing){ lets_out, &changes[i], 1 };
	}
	all_at_once(doing, len);
	for (int i = 0; i < len; i++)
		serves(&changes[i]);
	assert_int_equal(serial_of("production"), before + len);
	assert_whole(world.store);
}

/* The same RfC by two: both are told that it is out, and it is so once. */
static void one_rfc(void **state)
{
	struct change c;
	size_t released = logged("release");

	(void)state;
	new_change(&c, "twice", "1.0", "production");
	voted(&c);
	all_at_once((struct doing[]){ { lets_out, &c, 1 }, { lets_out, &c, 1 }, { lets_out, &c, 1 } }, 3);
	serves(&c);
	assert_true(logged("release") > released);
	assert_whole(world.store);
}

static void two_channels(void **state)
{
	AUTO_FREE char *path = write_policy(&world, "two.yaml", "[carl]", world.keys[CARL], ""), *text = NULL,
		       *more = NULL;
	struct change changes[4];
	struct doing doing[4];
	struct err e = { 0 };
	size_t len;

	(void)state;
	OK(fs_read_file(path, 1 << 20, &text, &len, &e));
	more = mem_printf(
		"%.*schannels: {production: {targets: [deb], valid-for: 7d}, pilot: {targets: [deb], valid-for: 7d}}\n",
		(int)(strstr(text, "channels: {") - text), text);
	OK(fs_write_file(path, more, strlen(more), 0644, &e));
	replace_policy(&world, path);
	json_decref(trust);
	OK(release_trust(world.r, &trust, &e));
	for (int i = 0; i < 4; i++) {
		AUTO_FREE char *product = mem_printf("two%d", i);

		new_change(&changes[i], product, "1.0", i % 2 ? "pilot" : "production");
		voted(&changes[i]);
		doing[i] = (struct doing){ lets_out, &changes[i], 1 };
	}
	all_at_once(doing, 4);
	for (int i = 0; i < 4; i++)
		serves(&changes[i]);
	assert_whole(world.store);
}

/* Everybody votes and asks: each word is recorded, each RfC has its own number. */
static void voices(void **state)
{
	struct change changes[MOST];
	struct doing doing[MOST];
	int len = many(4, 8);
	size_t said = logged("vote"), asked = logged("rfc-open");

	(void)state;
	for (int i = 0; i < len; i++) {
		AUTO_FREE char *product = mem_printf("voice%d", i);

		new_change(&changes[i], product, "1.0", "production");
		doing[2 * i] = (struct doing){ votes, &changes[i], 1 };
		doing[2 * i + 1] = (struct doing){ asks, &changes[i], 2 };
	}
	asked += (size_t)len;
	all_at_once(doing, 2 * len);
	assert_int_equal(logged("vote"), said + (size_t)len);
	assert_int_equal(logged("rfc-open"), asked + 2 * (size_t)len);
	for (int i = 0; i < len; i++) {
		AUTO_FREE char *now = state_of(&world, changes[i].rfc);

		assert_string_equal(now, "authorised");
	}
	assert_whole(world.store);
}

/* Publishing, and beside it all that reads the store, copies it, or takes away from it. */
static void beside_everything(void **state)
{
	AUTO_FREE char *site = fs_join(world.dir, "beside"), *other = fs_join(world.dir, "beside-too"),
		       *copy = fs_join(world.dir, "beside-copy"), *restored = fs_join(world.dir, "beside-restored");
	struct restored p = { .file = copy, .path = restored };
	struct change changes[2];
	struct err e = { 0 };
	int times = many(2, 12);

	(void)state;
	for (int i = 0; i < 2; i++) {
		new_change(&changes[i], i ? "beside1" : "beside0", "1.0", "production");
		voted(&changes[i]);
	}
	OK(back_up(copy, &e)); /* so that there is one, whoever comes first */
	all_at_once(
		(struct doing[]){ { lets_out, &changes[0], times }, { lets_out, &changes[1], times },
			{ pulls_or_waits, site, times }, { pulls_or_waits, other, times }, { collects, NULL, times },
			{ checks_or_waits, NULL, times }, { audits, NULL, times }, { backs_up_or_waits, copy, times } },
		8);
	for (int i = 0; i < 2; i++)
		serves(&changes[i]);
	assert_whole(world.store);
	OK(bring_back(&p, &e));
	assert_whole(restored);
	OK(pulls(site, &e));
	assert_serves(site, serial_of("production"), serial_of("production"));
}

/* Two into one folder: the second is told so, or comes after the first; what is served is whole. */
static void one_site(void **state)
{
	AUTO_FREE char *site = fs_join(world.dir, "shared");
	int times = many(2, 10);

	(void)state;
	all_at_once((struct doing[]){ { pulls_or_waits, site, times }, { pulls_or_waits, site, times },
			    { pulls_or_waits, site, times } },
		3);
	assert_serves(site, serial_of("production"), serial_of("production"));
}

/* A store that is exchanged while somebody waits for its lock: what they were about to say is not said to the one that was put aside. */
static void exchanged(void **state)
{
	AUTO_FREE char *aside = mem_printf("%s.aside", world.store);
	struct err e = { 0 };
	struct change c;
	char digest[65];
	int fd;

	(void)state;
	new_change(&c, "exchanged", "1.0", "production");
	put(&world, "there before", digest);
	assert_int_equal(rename(world.store, aside), 0);
	OK(proc_must((const char *const[]){ "cp", "-a", aside, world.store, NULL }, &e));
	assert_int_equal(vote(&world, CARL, c.rfc, "change-manager", "approve", &e), -1);
	assert_int_equal(e.class, ERR_ENV);
	assert_non_null(strstr(e.text, "put in its place"));
	e = (struct err){ 0 };
	store_pause(world.r->store);
	release_close(world.r);
	OK(release_open(world.store, &world.r, &e));
	OK(vote(&world, CARL, c.rfc, "change-manager", "approve", &e));
	fd = store_lock(world.r->store, &e);
	assert_true(fd >= 0);
	close(fd);
	assert_whole(world.store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_channel),
		cmocka_unit_test(one_rfc),
		cmocka_unit_test(two_channels),
		cmocka_unit_test(voices),
		cmocka_unit_test(beside_everything),
		cmocka_unit_test(one_site),
		cmocka_unit_test(exchanged),
	};

	return cmocka_run_group_tests(tests, keep_set_up, keep_tear_down);
}
