/* test_faults.c - the disk is full, or cannot be read, at one point after the other of publish, pull, import, export, gc, backup, restore and fsck: it is told as what it
 * is (ERR_ENV, exit 4), what was there stays whole and served, and the same again with a working disk does it. A few points of each; 200 with SLUICE_FULL. An argument chooses among
 * the tests (a_backup), since all of them take long then. */
#include "faulty.h"
#include "keep_world.h"
#include <signal.h>
#include <sys/wait.h>

/* ---- one operation under a fault, in a process of its own */
struct outcome {
	int status, class;
	char code[32], text[1024];
};
static struct outcome *outcome; /* shared with that process */

struct operation {
	const char *name;
	int (*run)(void *context, struct err *e); /* opens the store by itself */
	void *context;
	void (*prepare)(struct operation *o); /* before each try; NULL: nothing */
	void (*whole)(struct operation *o);   /* after it, failed or not: nothing is lost */
	void (*done)(struct operation *o);    /* after one that was well: it is done */
	bool may_find;                        /* what cannot be read is a finding of it, not its end */
	int version;
};

static void in_child(const struct operation *o, enum fault kind, long at)
{
	static const int ends[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL };
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(ends); i++) /* cmocka would go on with its next test in here */
		(void)signal(ends[i], SIG_DFL);
	faults_set(kind, at);
	outcome->status = o->run(o->context, &e);
	faults_on = false;
	outcome->class = e.class;
	snprintf(outcome->code, sizeof outcome->code, "%s", e.code ? e.code : "");
	snprintf(outcome->text, sizeof outcome->text, "%s", e.text);
	_exit(0);
}

/* How many calls there were that could fail. */
static long attempt(const struct operation *o, enum fault kind, long at)
{
	struct err e = { 0 };
	long count;
	int status;
	pid_t pid;

	*outcome = (struct outcome){ .status = 9 };
	setvbuf(stdout, NULL, _IOLBF, 0);
	store_pause(world.r->store);
	pid = fork();
	if (pid == 0)
		in_child(o, kind, at);
	OK(store_resume(world.r->store, &e));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	count = faults->count;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("%s ended by itself, call %ld: %d", o->name, at, status);
	return count;
}

static void check(struct operation *o, enum fault kind, long at)
{
	const char *what = kind == FAULT_FULL ? "full" : "unreadable";

	if (o->prepare)
		o->prepare(o);
	(void)attempt(o, kind, at);
	if (getenv("SHOW_FAULTS"))
		print_message("%s, %s from call %ld on: %d %d %s %s\n", o->name, what, at, outcome->status,
			outcome->class, outcome->code, outcome->text);
	if (outcome->status && outcome->class != ERR_ENV && !(o->may_find && outcome->class == ERR_VERDICT))
		fail_msg("%s, %s from call %ld on: class %d, %s: %s", o->name, what, at, outcome->class, outcome->code,
			outcome->text);
	if (outcome->status && !*outcome->text)
		fail_msg("%s, %s from call %ld on: fails without a word", o->name, what, at);
	o->whole(o);
	(void)attempt(o, FAULT_NONE, 0);
	if (outcome->status)
		fail_msg("%s, after %s from call %ld on: %s", o->name, what, at, outcome->text);
	o->done(o);
}

/* Spread over all of them; with SLUICE_FULL each, or 200 of more. */
static void each_point(struct operation *o, int points)
{
	static const enum fault kinds[] = { FAULT_FULL, FAULT_READ };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		long calls, step;

		if (o->prepare)
			o->prepare(o);
		calls = attempt(o, kinds[i], 1L << 40);
		if (outcome->status || calls == 0)
			fail_msg("%s: %ld calls, %s", o->name, calls, outcome->text);
		o->done(o);
		print_message("%s: %ld calls that %s\n", o->name, calls, kinds[i] == FAULT_FULL ? "write" : "read");
		if (getenv("SLUICE_FULL"))
			points = 200;
		step = calls < points ? 1 : calls / points;
		for (long at = step / 2; at < calls; at += step)
			check(o, kinds[i], at);
	}
}

/* ---- a distribution server */
static void site_before(struct operation *o)
{
	struct pulled *p = o->context, before = { first, p->into, false };
	struct err e = { 0 };

	fs_remove_tree(p->into, &e);
	OK(pull(&before, &e));
}

static void site_whole(struct operation *o)
{
	assert_serves(((struct pulled *)o->context)->into, 3, 4);
}

static void site_done(struct operation *o)
{
	assert_serves(((struct pulled *)o->context)->into, 4, 4);
}

static void a_pull(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "site");

	each_point(&(struct operation){ "pull", pull, &(struct pulled){ second, into, false }, site_before, site_whole,
			   site_done },
		2);
	each_point(&(struct operation){ "import", pull, &(struct pulled){ carried, into, true }, site_before,
			   site_whole, site_done },
		2);
}

/* ---- the store */
static void store_whole(struct operation *o)
{
	(void)o;
	assert_whole(world.store);
}

static int exports(void *context, struct err *e)
{
	struct store *s = NULL;
	AUTO_JSON *told = NULL;
	int status = store_open(world.store, &s, e) ||
			channel_export(s, &(struct export){ .channel = "production", .output = context }, &told, e)
		? -1
		: 0;

	store_close(s);
	return status;
}

/* A file that is there is whole. */
static void export_whole(struct operation *o)
{
	AUTO_FREE char *into = fs_join(world.dir, "imported");
	struct pulled p = { o->context, into, true };
	struct err e = { 0 };

	if (!fs_exists(o->context))
		return;
	fs_remove_tree(into, &e);
	OK(pull(&p, &e));
}

static void export_done(struct operation *o)
{
	assert_true(fs_exists(o->context));
	export_whole(o);
	assert_int_equal(unlink(o->context), 0);
}

static void an_export(void **state)
{
	AUTO_FREE char *file = fs_join(world.dir, "exported");

	each_point(&(struct operation){ "export", exports, file, NULL, export_whole, export_done }, 2);
}

static char let_out[32];

static int publishes(void *context, struct err *e)
{
	struct actor trial = as(&world, TRIAL);
	struct release *r = NULL;
	AUTO_JSON *answer = NULL;
	int status = release_open(world.store, &r, e) ||
			release_to(r, &trial, context, "production", channel_publish, &answer, e)
		? -1
		: 0;

	release_close(r);
	return status;
}

static void publish_before(struct operation *o)
{
	AUTO_FREE char *version = mem_printf("%d.0", 1000 + o->version++);
	struct err e = { 0 };
	char candidate[32];

	add_candidate(&world, version, "pass", candidate);
	open_rfc(&world, PAT, candidate, let_out);
	OK(vote(&world, CARL, let_out, "change-manager", "approve", &e));
}

static void tree_whole(struct operation *o)
{
	AUTO_FREE char *tree = channel_tree(world.r->store, "production");
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	(void)o;
	if (channel_verify(tree, trust, when_now(), &told, &e))
		fail_msg("%s", e.text);
}

static void publish_done(struct operation *o)
{
	AUTO_FREE char *tree = channel_tree(world.r->store, "production"),
		       *pool = mem_printf("%s/deb/pool/a/org-acme_%d.0_amd64.deb", tree, 1000 + o->version - 1);

	assert_true(fs_exists(pool));
	tree_whole(o);
}

static void a_publication(void **state)
{
	each_point(&(struct operation){ .name = "publish",
			   .run = publishes,
			   .context = let_out,
			   .prepare = publish_before,
			   .whole = tree_whole,
			   .done = publish_done },
		2);
	assert_whole(world.store);
}

static void gc_before(struct operation *o)
{
	litter(++o->version);
}

static void gc_done(struct operation *o)
{
	assert_false(is_littered(o->version));
}

static void a_collection(void **state)
{
	each_point(
		&(struct operation){
			.name = "gc", .run = collect, .prepare = gc_before, .whole = store_whole, .done = gc_done },
		2);
}

static void backup_done(struct operation *o)
{
	AUTO_FREE char *path = fs_join(world.dir, "put-back");
	struct restored p = { .file = o->context, .path = path };
	struct err e = { 0 };

	OK(bring_back(&p, &e));
	fs_remove_tree(path, &e);
	assert_int_equal(unlink(o->context), 0);
}

/* A copy that is there is whole. */
static void backup_whole(struct operation *o)
{
	if (fs_exists(o->context))
		backup_done(o);
}

static void a_backup(void **state)
{
	AUTO_FREE char *file = fs_join(world.dir, "copied");

	each_point(&(struct operation){ "backup", back_up, file, NULL, backup_whole, backup_done }, 2);
}

static void restored_whole(struct operation *o)
{
	assert_whole(((struct restored *)o->context)->path);
}

static void a_restore(void **state)
{
	AUTO_FREE char *file = fs_join(world.dir, "kept"), *path = fs_join(world.dir, "other");
	struct restored p = { .file = file, .path = path };
	struct err e = { 0 };

	OK(back_up(file, &e));
	OK(bring_back(&p, &e));
	each_point(&(struct operation){ "restore", bring_back, &p, NULL, restored_whole, restored_whole }, 2);
}

static int mends(void *context, struct err *e)
{
	struct fsck o = { .path = world.store, .is_repair = true };
	AUTO_JSON *told = NULL;

	(void)context;
	return fsck_run(&o, &told, e);
}

/* A package whose bytes are gone, which the snapshots still have. */
static void lose_one(struct operation *o)
{
	AUTO_FREE char *path = NULL;
	char digest[65];

	(void)o;
	sha256_hex("package 4.0", 11, digest);
	path = blob_path(world.r->store->blobs, digest);
	(void)unlink(path);
}

static void nothing_lost(struct operation *o)
{
	tree_whole(o);
}

static void a_repair(void **state)
{
	each_point(&(struct operation){ .name = "fsck",
			   .run = mends,
			   .prepare = lose_one,
			   .whole = nothing_lost,
			   .done = store_whole,
			   .may_find = true },
		2);
}

static int set_up(void **state)
{
	faults_open();
	outcome = mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return outcome == MAP_FAILED ? -1 : keep_set_up(state);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pull),
		cmocka_unit_test(an_export),
		cmocka_unit_test(a_collection),
		cmocka_unit_test(a_publication), /* its versions are above those of the others */
		cmocka_unit_test(a_backup),
		cmocka_unit_test(a_restore),
		cmocka_unit_test(a_repair),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, set_up, keep_tear_down);
}
