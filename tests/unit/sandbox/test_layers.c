/* test_layers.c - an image's layers are bounded when they are read for what they take away, too: one of whiteouts only brings nothing. */
#include "sandbox/root_tree.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCK = 512, WHITEOUTS = 3, STREAM = (WHITEOUTS + 2) * BLOCK };

/* A tar of whiteouts below /proc, where no image may take anything away: whatever goes wrong, nothing of this machine is touched. */
static void whiteouts(unsigned char ret[STREAM])
{
	memset(ret, 0, STREAM);
	for (int i = 0; i < WHITEOUTS; i++) {
		unsigned char *head = ret + (size_t)i * BLOCK;
		unsigned sum = 8 * ' ';

		snprintf((char *)head, 100, "proc/.wh.%d", i);
		memcpy(head + 100, "0000644\0000000000\0000000000\00000000000000\00000000000000", 48);
		head[156] = '0';
		memcpy(head + 257, "ustar\00000", 8);
		for (int k = 0; k < BLOCK; k++)
			sum += head[k];
		snprintf((char *)head + 148, 8, "%06o", sum);
		head[155] = ' ';
	}
}

static int clear(struct tree_writer *w, struct err *e)
{
	unsigned char bytes[STREAM];

	whiteouts(bytes);
	AUTO_IN *in = in_mem(bytes, sizeof bytes);
	return tree_clear_for(w, in, e);
}

static void entries_are_counted(void **state)
{
	struct tree_writer w = { .cleared = 0 };
	struct err e = { 0 };

	if (clear(&w, &e))
		fail_msg("%s", e.text);
	assert_int_equal(w.cleared, WHITEOUTS);
	assert_int_equal(w.stream, STREAM);
	assert_int_equal(w.entries, 0); /* those are counted when they are written */
	w.cleared = TREE_ENTRIES_MAX - WHITEOUTS;
	assert_int_equal(clear(&w, &e), 0);
	assert_int_equal(clear(&w, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_ENTRIES");
	assert_int_equal(e.class, ERR_INPUT);
}

static void bytes_are_counted(void **state)
{
	struct tree_writer w = { .stream = TREE_STREAM_MAX - STREAM };
	struct err e = { 0 };

	assert_int_equal(clear(&w, &e), 0);
	assert_int_equal(clear(&w, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_SIZE");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(entries_are_counted),
		cmocka_unit_test(bytes_are_counted) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
