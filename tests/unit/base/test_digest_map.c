/* test_digest_map.c - what was put is found, with its value, however much comes after it; what was not is not. */
#include "base/digest_map.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void key_of(int i, unsigned char ret[DIGEST_KEY])
{
	char text[16];

	snprintf(text, sizeof text, "%d", i);
	digest_map_key(text, strlen(text), ret);
}

static void found_again(void **state)
{
	struct digest_map m = { .value = sizeof(int) };
	unsigned char key[DIGEST_KEY];
	bool is_new;

	(void)state;
	key_of(1, key);
	assert_null(digest_map_find(&m, key));
	for (int i = 0; i < 5000; i++) {
		int *value;

		key_of(i, key);
		value = digest_map_put(&m, key, &is_new);
		assert_true(is_new);
		assert_int_equal(*value, 0);
		*value = i + 1;
	}
	for (int i = 0; i < 5000; i++) {
		key_of(i, key);
		assert_int_equal(*(int *)digest_map_find(&m, key), i + 1);
		assert_int_equal(*(int *)digest_map_put(&m, key, &is_new), i + 1);
		assert_false(is_new);
	}
	assert_int_equal(m.len, 5000);
	key_of(5000, key);
	assert_null(digest_map_find(&m, key));
	digest_map_done(&m);
	assert_null(digest_map_find(&m, key));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(found_again) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
