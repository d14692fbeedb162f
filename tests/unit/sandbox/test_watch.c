/* test_watch.c - the observer without a root: who a process is, whose calls its are, and how much is kept of what it did. */
#include "base/fs.h"
#include "sandbox/trial.h"
#include "sandbox/watcher.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a folder that looks like /proc */
struct world {
	char dir[64];
	struct watcher *w;
	struct listener from;
};

static void put(const struct world *x, pid_t pid, const char *what, const char *text)
{
	AUTO_FREE char *path = mem_printf("%s/%d/%s", x->dir, (int)pid, what);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void lives(const struct world *x, pid_t pid, pid_t parent, const char *name, unsigned long born)
{
	AUTO_FREE char *folder = mem_printf("%s/%d", x->dir, (int)pid), *stat_text = NULL, *status = NULL;

	assert_true(mkdir(folder, 0755) == 0 || access(folder, F_OK) == 0);
	/* a name may hold brackets and blanks */
	stat_text = mem_printf(
		"%d (a) b) S %d 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %lu 0 0\n", (int)pid, (int)parent, born);
	status = mem_printf("Name:\t%s\nUmask:\t0022\nTgid:\t%d\nPPid:\t%d\nNSpid:\t%d\t%d\n", name, (int)pid,
		(int)parent, (int)pid, (int)pid - 1000);
	put(x, pid, "stat", stat_text);
	put(x, pid, "status", status);
	put(x, pid, "comm", name);
}

static void ends(const struct world *x, pid_t pid)
{
	put(x, pid, "comm", ""); /* an open file of a process that has ended gives nothing */
	put(x, pid, "stat", "");
	put(x, pid, "status", "");
}

static void begin(struct world *x)
{
	*x = (struct world){ .dir = "/tmp/watch-XXXXXX", .w = mem_alloc(sizeof *x->w), .from = { .command = 7 } };
	assert_non_null(mkdtemp(x->dir));
	x->w->proc = open(x->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	x->w->first = 1001;
	lives(x, 1001, 1, "init", 10);
}

static void end(struct world *x)
{
	struct err e = { 0 };

	people_done(x->w);
	assert_int_equal(x->w->processes_len, 0);
	close(x->w->proc);
	free(x->w);
	assert_int_equal(fs_remove_tree(x->dir, &e), 0);
}

static void children_belong_to_their_script(void **state)
{
	struct world x;
	struct watch_process *p;

	begin(&x);
	lives(&x, 1100, 1001, "dpkg", 50);
	lives(&x, 1200, 1100, "postinst", 60);
	lives(&x, 1300, 1200, "useradd", 70);
	p = people_find(x.w, &x.from, 1200);
	assert_string_equal(p->name, "postinst");
	assert_int_equal(p->inner, 200);
	assert_int_equal(p->command, 7);
	p->script = 3;
	p = people_find(x.w, &x.from, 1300);
	assert_int_equal(p->script, 3);
	assert_string_equal(people_parent(x.w, p)->name, "postinst");
	assert_null(people_find(x.w, &x.from, 1400));
	end(&x);
}

/* What a hostile script would do: end, and let its number come round. Twice, so that the open file is asked as well. */
static void a_number_that_is_used_again(void **state)
{
	struct world x;
	struct watch_process *p;

	begin(&x);
	lives(&x, 1200, 1001, "postinst", 60);
	people_find(x.w, &x.from, 1200)->script = 3;
	for (int i = 0; i < 3; i++) {
		p = people_find(x.w, &x.from, 1200);
		assert_int_equal(p->script, 3);
		assert_string_equal(p->name, "postinst");
	}
	ends(&x, 1200);
	lives(&x, 1200, 1001, "cron", 90);
	put(&x, 1200, "comm", ""); /* it is the old one's file that is open */
	p = people_find(x.w, &x.from, 1200);
	assert_string_equal(p->name, "cron");
	assert_int_equal(p->script, 0);
	assert_int_equal(p->born, 90);
	assert_false(p->has_execd || p->is_manager || p->is_first);
	/* and a child of the new one is no child of the script */
	lives(&x, 1300, 1200, "job", 95);
	assert_int_equal(people_find(x.w, &x.from, 1300)->script, 0);
	assert_int_equal(x.w->processes_len, 2);
	/* a parent that has ended is nobody's parent */
	ends(&x, 1200);
	assert_null(people_parent(x.w, people_find(x.w, &x.from, 1300)));
	assert_null(people_find(x.w, &x.from, 1200));
	end(&x);
}

/* An orphan belongs to the script that ran when it was born, by its birth. */
static void orphans_belong_by_their_birth(void **state)
{
	struct world x;

	begin(&x);
	x.w->latest = (struct watch_script){ .number = 4, .command = 7, .ticks = 100 };
	lives(&x, 1200, 1001, "before", 99);
	lives(&x, 1300, 1001, "since", 100);
	assert_int_equal(people_find(x.w, &x.from, 1200)->script, 0);
	assert_int_equal(people_find(x.w, &x.from, 1300)->script, 4);
	end(&x);
}

static void words_are_bounded(void **state)
{
	struct watch_strings s = { NULL };
	char *text = mem_alloc(100000);

	memset(text, 'x', 99999);
	strings_add(&s, text, 99999);
	strings_add(&s, "short", 5);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.len, WORD_MAX + 1 + 6);
	assert_string_equal(s.at + WORD_MAX - 4, "x...");
	assert_string_equal(s.at + WORD_MAX + 1, "short");
	free(s.at);
	free(text);
}

/* ---- what the supervisor keeps */
static void pack_call(struct pack *p, unsigned number, const char *what)
{
	pack_u64(p, number);
	pack_u32(p, 5);
	pack_u32(p,
		(1u << 30) +
			number); /* another process each time; none of this machine, whose kernel may speak of those */
	pack_u32(p, 1);
	pack_u32(p, 0);
	pack_u8(p, CALL_UNLINK);
	pack_bytes(p, "rm", 2);
	pack_u32(p, 1);
	pack_bytes(p, what, strlen(what));
}

/* A watcher that says without end; in a process, because a socket holds only so much. */
static pid_t say(int fd, unsigned calls, const char *what, bool ends)
{
	pid_t pid = fork();
	struct err e = { 0 };

	if (pid)
		return pid;
	for (unsigned i = 0; i < calls; i++) {
		struct pack p = { 0 };

		pack_call(&p, i, what);
		if (frame_write(fd, SAY_CALL, p.at, p.len, &e))
			_exit(1);
		pack_done(&p);
	}
	struct pack p = { 0 };
	pack_u64(&p, calls);
	pack_u64(&p, 3);
	pack_u64(&p, 0);
	pack_str(&p, "");
	_exit(ends && frame_write(fd, SAY_WATCHED, p.at, p.len, &e));
}

static size_t listen_to(unsigned calls, const char *what, uint64_t *ret_dropped)
{
	struct trial t = { .findings = json_array(), .scripts = json_array() };
	struct framer from;
	struct err e = { 0 };
	int pair[2], status;
	size_t kept;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	observed_init(&t.observed);
	*LIST_ADD(&t.observed.steps) = 1;
	pid_t pid = say(pair[1], calls, what, true);
	framer_init(&from, pair[0], 1 << 20);
	if (observed_hear(&t, &from, &e))
		fail_msg("%s", e.text);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	kept = json_array_size(t.observed.calls);
	assert_int_equal(t.observed.calls_seen, calls);
	assert_true(t.observed.bytes_kept <= HEARD_BYTES);
	*ret_dropped = t.observed.calls_dropped;
	observed_finish(&t);
	assert_string_equal(json_text(json_array_get(t.findings, 0), "check"), "calls-dropped");
	json_decref(t.observed.calls);
	json_decref(t.observed.network);
	json_decref(t.observed.ports);
	observed_done(&t.observed);
	json_decref(t.findings);
	json_decref(t.scripts);
	json_decref(t.kernel);
	framer_done(&from);
	close(pair[0]);
	close(pair[1]);
	return kept;
}

static void calls_are_bounded_by_number(void **state)
{
	uint64_t dropped = 0;

	assert_int_equal(listen_to(HEARD_CALLS + 10, "/etc/x", &dropped), HEARD_CALLS);
	assert_int_equal(dropped, 10 + 3); /* three the watcher had dropped itself */
}

/* A control byte is shown as four; the bound is on what is shown. */
static void calls_are_bounded_by_their_words(void **state)
{
	char what[WORD_MAX + 1];
	uint64_t dropped = 0;
	size_t kept;

	memset(what, '\1', WORD_MAX);
	what[WORD_MAX] = '\0';
	kept = listen_to(10000, what, &dropped);
	assert_int_equal(kept, HEARD_BYTES / (WORD_MAX * 4));
	assert_int_equal(dropped, 10000 - kept + 3);
}

static void what_is_no_answer(void **state)
{
	struct trial t = { .findings = json_array(), .scripts = json_array() };
	struct err e = { 0 };
	struct framer from;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	observed_init(&t.observed);
	framer_init(&from, pair[0], 1 << 20);
	assert_int_equal(frame_write(pair[1], SAY_CALL, "short", 5, &e), 0);
	assert_int_equal(observed_hear(&t, &from, &e), -1);
	assert_int_equal(frame_write(pair[1], 4711, "", 0, &e), 0);
	assert_int_equal(observed_hear(&t, &from, &e), -1);
	close(pair[1]);
	assert_int_equal(observed_hear(&t, &from, &e), -1);
	assert_non_null(strstr(e.text, "ended unexpectedly"));
	framer_done(&from);
	close(pair[0]);
	json_decref(t.observed.calls);
	json_decref(t.observed.network);
	json_decref(t.observed.ports);
	observed_done(&t.observed);
	json_decref(t.findings);
	json_decref(t.scripts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_belong_to_their_script),
		cmocka_unit_test(a_number_that_is_used_again),
		cmocka_unit_test(orphans_belong_by_their_birth),
		cmocka_unit_test(words_are_bounded),
		cmocka_unit_test(calls_are_bounded_by_number),
		cmocka_unit_test(calls_are_bounded_by_their_words),
		cmocka_unit_test(what_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
