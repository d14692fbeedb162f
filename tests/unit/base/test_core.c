/* test_core.c - errors, arenas, lists, digests, events. */
#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/event.h"
#include "base/fs.h"
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void errors_grow_context(void **state)
{
	struct err e = { 0 };

	assert_int_equal(err_input(&e, "E_PATH_ESCAPE", "path leaves the package: %s", "../x\033[1m\xff"), -1);
	assert_int_equal(err_wrap(&e, "entry %d", 3), -1);
	err_wrap(&e, "%s", "vendor.deb");
	assert_string_equal(e.text, "vendor.deb: entry 3: path leaves the package: ../x\\x1b[1m\\xff");
	assert_int_equal(e.class, ERR_INPUT);
	assert_string_equal(e.code, "E_PATH_ESCAPE");
}

static void errors_keep_the_deepest_place(void **state)
{
	struct err e = { 0 };

	err_usage(&e, "no");
	err_member(&e, "control.tar");
	err_member(&e, "outer");
	err_file(&e, "a.deb");
	err_file(&e, "b.deb");
	err_at(&e, 7);
	err_at(&e, 9);
	err_hint(&e, "do %s", "this");
	err_hint(&e, "do that");
	assert_string_equal(e.member, "control.tar");
	assert_string_equal(e.file, "a.deb");
	assert_int_equal(e.offset, 7);
	assert_string_equal(e.hint, "do this");
	assert_int_equal(e.class, ERR_USAGE);
}

static void errors_of_the_system(void **state)
{
	struct err e = { 0 };

	errno = ENOSPC;
	err_sys(&e, "cannot write %s", "x");
	assert_int_equal(e.class, ERR_ENV);
	assert_int_equal(e.sys, ENOSPC);
	assert_string_equal(e.text, "cannot write x: No space left on device");
}

static void errors_never_overflow(void **state)
{
	struct err e = { 0 };
	char longish[4000];

	memset(longish, 'x', sizeof longish);
	longish[sizeof longish - 1] = 0;
	err_input(&e, NULL, "%s", longish);
	err_wrap(&e, "%s", longish);
	err_sys(&e, "%s", longish);
	err_member(&e, longish);
	assert_true(strlen(e.text) < sizeof e.text);
	assert_true(strlen(e.member) < sizeof e.member);
	/* cut at a character, not inside one */
	for (size_t i = 0; i + 2 < sizeof longish; i += 2)
		memcpy(longish + i, "\xc3\xa4", 2);
	longish[sizeof longish - 2] = 0;
	err_member(&e, "");
	e.member[0] = 0;
	err_member(&e, longish);
	assert_int_equal(strlen(e.member) % 2, 0);
}

static void errors_may_quote_themselves(void **state)
{
	struct err e = { 0 };

	err_usage(&e, "inner");
	err_verdict(&e, "E_SIG_BAD", "outer (%s)", e.text);
	assert_string_equal(e.text, "outer (inner)");
	assert_int_equal(e.class, ERR_VERDICT);
}

static void codes_are_static(void **state)
{
	char code[] = "E_LIMIT_RATIO";

	assert_non_null(err_code_known(code));
	assert_ptr_not_equal(err_code_known(code), code);
	assert_null(err_code_known("E_INVENTED"));
	assert_null(err_code_known(NULL));
}

static void arena_limits(void **state)
{
	AUTO(arena) a;
	char *first, *big;

	arena_init(&a, 10000);
	first = arena_str(&a, "first");
	assert_int_equal((uintptr_t)first % 16, 0);
	assert_string_equal(arena_printf(&a, "%s-%d", "a", 1), "a-1");
	big = arena_alloc(&a, 8000);
	assert_non_null(big);
	for (size_t i = 0; i < 8000; i++)
		assert_int_equal(big[i], 0);
	assert_null(arena_alloc(&a, 5000));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_copy(&a, "", SIZE_MAX));
	assert_string_equal(first, "first");
	assert_null(arena_str(&a, NULL));
}

static void arena_many(void **state)
{
	AUTO(arena) a;
	char *all[5000];

	arena_init(&a, 0);
	for (int i = 0; i < 5000; i++)
		all[i] = arena_printf(&a, "%d", i);
	assert_non_null(arena_alloc(&a, 1 << 20));
	for (int i = 0; i < 5000; i++)
		assert_int_equal(atoi(all[i]), i);
}

static void slices(void **state)
{
	struct slice rest = slice_of("a::b"), part;

	assert_true(slice_cut(&rest, ':', &part) && slice_is(part, "a"));
	assert_true(slice_cut(&rest, ':', &part) && slice_is(part, ""));
	assert_true(slice_cut(&rest, ':', &part) && slice_is(part, "b"));
	assert_false(slice_cut(&rest, ':', &part));
	assert_true(slice_is(slice_trim(slice_of(" \tx y\n")), "x y"));
	assert_true(slice_is(slice_trim(slice_of("  ")), ""));
	assert_int_equal(slice_of(NULL).len, 0);
}

static void lists_grow(void **state)
{
	LIST(int) list = { 0 };

	for (int i = 0; i < 1000; i++)
		*LIST_ADD(&list) = i;
	assert_int_equal(list.len, 1000);
	assert_int_equal(list.at[999], 999);
	LIST_DONE(&list);
	assert_null(list.at);
}

static void digests(void **state)
{
	AUTO(digest) d;
	char hex[DIGEST_HEX], again[DIGEST_HEX], one[SHA256_HEX];
	static const char zeros[100000];

	sha256_hex("abc", 3, one);
	assert_string_equal(one, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_init(&d, DIGEST_MD5);
	digest_end_hex(&d, hex);
	assert_string_equal(hex, "d41d8cd98f00b204e9800998ecf8427e");
	digest_done(&d);
	digest_init(&d, DIGEST_SHA512);
	digest_add(&d, NULL, sizeof zeros);
	assert_int_equal(d.count, sizeof zeros);
	digest_end_hex(&d, hex);
	digest_add(&d, zeros, sizeof zeros);
	digest_end_hex(&d, again);
	assert_string_equal(hex, again);
	assert_int_equal(digest_size(DIGEST_SHA384), 48);
}

static void digest_of_a_file(void **state)
{
	struct err e = { 0 };
	AUTO_FD int fd = fs_temp_file(&e);
	char hex[SHA256_HEX];
	uint64_t size = 0;

	assert_true(fd >= 0);
	assert_int_equal(fd_write(fd, "abc", 3, &e), 0);
	assert_int_equal(sha256_fd(fd, hex, &size, &e), 0);
	assert_int_equal(size, 3);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	struct digest_part part = { .at = 1, .len = 2 }, beyond = { .at = 2, .len = 2 };
	assert_int_equal(sha256_fd_part(fd, &part, hex, NULL, &e), 0);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex("bc", 2, hex);
	assert_string_equal(part.sha256, hex);
	assert_int_equal(sha256_fd_part(fd, &beyond, hex, NULL, &e), -1);
	assert_string_equal(e.code, "E_TRUNCATED");
	assert_int_equal(sha256_fd(-1, hex, &size, &e), -1);
	assert_int_equal(e.class, ERR_ENV);
}

static void hex(void **state)
{
	unsigned char raw[4] = { 9, 9, 9, 9 };
	char text[9], rnd[2][17];

	assert_int_equal(hex_parse("00fFa0", 6, raw), 0);
	assert_memory_equal(raw, "\x00\xff\xa0\x09", 4);
	assert_int_equal(hex_parse("0g", 2, raw), -1);
	assert_int_equal(hex_parse("012", 3, raw), -1);
	hex_of(raw, 4, text);
	assert_string_equal(text, "00ffa009");
	random_bytes(rnd[0], 16);
	random_bytes(rnd[1], 16);
	assert_memory_not_equal(rnd[0], rnd[1], 16);
}

static char logged[100];
static uint64_t seen;

static void on_log(void *context, enum event_level level, const char *text)
{
	snprintf(logged, sizeof logged, "%d %s", (int)level, text);
}

static void on_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
	seen = done;
}

static void events(void **state)
{
	struct events ev = { on_log, on_progress, NULL };

	event_log(&ev, EVENT_WARNING, "a\nb %s", "\x1b");
	assert_string_equal(logged, "2 a\\x0ab \\x1b");
	event_progress(&ev, "x", 5, 10);
	assert_int_equal(seen, 5);
	event_log(NULL, EVENT_INFO, "x");
	event_progress(&(struct events){ 0 }, "x", 9, 9);
	assert_int_equal(seen, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_grow_context),
		cmocka_unit_test(errors_keep_the_deepest_place),
		cmocka_unit_test(errors_of_the_system),
		cmocka_unit_test(errors_never_overflow),
		cmocka_unit_test(errors_may_quote_themselves),
		cmocka_unit_test(codes_are_static),
		cmocka_unit_test(arena_limits),
		cmocka_unit_test(arena_many),
		cmocka_unit_test(slices),
		cmocka_unit_test(lists_grow),
		cmocka_unit_test(digests),
		cmocka_unit_test(digest_of_a_file),
		cmocka_unit_test(hex),
		cmocka_unit_test(events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
