/* test_talk.c - commands that are typed to in a live test root: through a pipe, on a terminal, asked and answered; and files taken out. */
#include "base/fs.h"
#include "sandbox/takeout.h"
#include "sandbox/talk.h"
#include "tests/unit/sandbox/live_root.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct heard {
	struct text output;
	const char *const *answers; /* NULL ends: then everything is cut */
	size_t asked;
};

static int start(void **state)
{
	static const struct test_limits limits = {
		.memory = MIB(512), .processes = 100, .disk = MIB(128), .seconds = 60, .output = MIB(1)
	};

	return live_start(state, &limits, false);
}

static int printed(void *context, const char *bytes, size_t len, struct err *e)
{
	struct heard *h = context;

	(void)e;
	text_bytes(&h->output, bytes, len);
	return 0;
}

static int asked(void *context, char **ret_typed, struct err *e)
{
	struct heard *h = context;
	const char *answer = h->answers[h->asked];

	(void)e;
	*ret_typed = answer ? mem_strdup(answer) : NULL;
	h->asked += answer != NULL;
	return 0;
}

/* The exit; what it printed in h. */
static int talk(struct live *l, const char *line, const struct talk *t)
{
	const char *const argv[] = { "sh", "-c", line, NULL };
	struct command_result r = { 0 };
	struct err e = { 0 };

	if (sandbox_talk(l->sandbox, argv, 60, t, &r, &e))
		fail_msg("%s: %s", line, e.text);
	assert_false(r.is_timeout);
	return r.exit;
}

static void through_a_pipe(void **state)
{
	struct heard h = { 0 };
	struct talk t = { .input = -1, .context = &h, .printed = printed };
	int ends[2];

	assert_int_equal(talk(*state, "cat; echo end", &t), 0);
	assert_string_equal(h.output.at, "end\n");
	h.output.len = 0;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "one\ntwo\n", 8), 8);
	close(ends[1]);
	t.input = ends[0];
	t.directory = "/usr";
	assert_int_equal(talk(*state, "pwd; test -t 0 || cat; exit 5", &t), 5);
	assert_string_equal(h.output.at, "/usr\none\ntwo\n");
	close(ends[0]);
	text_done(&h.output);
}

static void on_a_terminal(void **state)
{
	struct heard h = { 0 };
	struct talk t = { .is_terminal = true,
		.rows = 33,
		.columns = 77,
		.term = "xterm",
		.input = -1,
		.context = &h,
		.printed = printed };

	assert_int_equal(talk(*state, "test -t 0 && test -t 2 && stty size && echo $TERM && : < /dev/tty", &t), 0);
	assert_string_equal(h.output.at, "33 77\r\nxterm\r\n");
	text_done(&h.output);
}

/* Each answer comes when somebody waits for it, not before: also where a password prompt throws away what was typed ahead. */
static void asked_and_answered(void **state)
{
	static const char *const answers[] = { "yes\r", "secret\r", NULL };
	struct heard h = { .answers = answers };
	struct talk t = { .is_terminal = true, .input = -1, .context = &h, .printed = printed, .asked = asked };

	assert_int_equal(talk(*state,
				 "printf 'Agree? '; read a; stty -echo; printf 'Word: '; read b < /dev/tty; stty echo; "
				 "test $a$b = yessecret && exit 6",
				 &t),
		6);
	assert_int_equal(h.asked, 2);
	text_done(&h.output);
}

static void no_answer_cuts(void **state)
{
	static const char *const none[] = { NULL };
	struct heard h = { .answers = none };
	struct talk t = { .is_terminal = true, .input = -1, .context = &h, .printed = printed, .asked = asked };

	assert_int_equal(talk(*state, "printf 'Really? '; read a; echo never", &t), 128 + 9);
	assert_string_equal(h.output.at, "Really? ");
	text_done(&h.output);
	/* and the root goes on */
	t = (struct talk){ .input = -1, .context = &h, .printed = printed };
	assert_int_equal(talk(*state, "echo on", &t), 0);
	assert_string_equal(h.output.at, "on\n");
	text_done(&h.output);
}

/* Whoever works in silence is not taken for one who asks. */
static void silence_is_no_question(void **state)
{
	static const char *const none[] = { NULL };
	struct heard h = { .answers = none };
	struct talk t = { .is_terminal = true, .input = -1, .context = &h, .printed = printed, .asked = asked };

	assert_int_equal(talk(*state, "printf 'unpacking: '; sleep 1; exit 4", &t), 4);
	text_done(&h.output);
}

static void quiet_ends_daemons(void **state)
{
	struct live *l = *state;
	struct heard h = { 0 };
	struct talk t = { .input = -1, .context = &h, .printed = printed };
	struct processes left = { 0 };
	struct err e = { 0 };

	assert_int_equal(talk(l, "setsid sleep 1000 > /dev/null 2>&1 & sleep 0.1", &t), 0);
	assert_int_equal(sandbox_processes(l->sandbox, &left, &e), 0);
	assert_int_equal(left.len, 1);
	processes_done(&left);
	assert_int_equal(sandbox_quiet(l->sandbox, &e), 0);
	assert_int_equal(sandbox_processes(l->sandbox, &left, &e), 0);
	assert_int_equal(left.len, 0);
	processes_done(&left);
}

static int count_piece(void *context, const void *bytes, size_t len, struct err *e)
{
	size_t *sum = context;

	(void)bytes;
	(void)e;
	*sum += len;
	return 0;
}

static void files_are_taken_out(void **state)
{
	struct live *l = *state;
	struct heard h = { 0 };
	struct talk t = { .input = -1, .context = &h, .printed = printed };
	AUTO(arena) arena = { 0 };
	struct taken a, b;
	struct err e = { 0 };
	size_t sum = 0;

	assert_int_equal(talk(l,
				 "mkdir /opt/t && cd /opt/t && head -c 1000000 /dev/zero > big && ln big other && "
				 "ln -s /etc/passwd out && chown 7:8 big && chmod 4750 big && touch -d @1000 big",
				 &t),
		0);
	assert_int_equal(takeout_look(l->sandbox, "/opt/t/big", &arena, &a, &e), 0);
	assert_int_equal(takeout_look(l->sandbox, "/opt/t/other", &arena, &b, &e), 0);
	assert_true(a.is_there && a.entry.type == ENTRY_FILE && a.entry.mode == 04750 && a.entry.uid == 7 &&
		a.entry.gid == 8 && a.entry.size == 1000000 && a.entry.mtime == 1000);
	assert_true(a.links == 2 && a.inode == b.inode && a.device == b.device);
	assert_int_equal(takeout_read(l->sandbox, "/opt/t/big", 1000000, count_piece, &sum, &e), 0);
	assert_int_equal(sum, 1000000);
	/* a link is told, never followed */
	assert_int_equal(takeout_look(l->sandbox, "/opt/t/out", &arena, &b, &e), 0);
	assert_true(b.entry.type == ENTRY_SYMLINK);
	assert_string_equal(b.entry.target, "/etc/passwd");
	assert_int_equal(takeout_look(l->sandbox, "/opt/t/none", &arena, &b, &e), 0);
	assert_false(b.is_there);
	/* one that is not as long as it was said to be */
	assert_int_equal(takeout_read(l->sandbox, "/opt/t/big", 1000001, count_piece, &sum, &e), -1);
	text_done(&h.output);
}

int main(void)
{
	if (geteuid() != 0)
		return 0; /* a copy of this machine needs root */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(through_a_pipe, start, live_stop),
		cmocka_unit_test_setup_teardown(on_a_terminal, start, live_stop),
		cmocka_unit_test_setup_teardown(asked_and_answered, start, live_stop),
		cmocka_unit_test_setup_teardown(no_answer_cuts, start, live_stop),
		cmocka_unit_test_setup_teardown(silence_is_no_question, start, live_stop),
		cmocka_unit_test_setup_teardown(quiet_ends_daemons, start, live_stop),
		cmocka_unit_test_setup_teardown(files_are_taken_out, start, live_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
