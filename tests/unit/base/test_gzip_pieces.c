/* test_gzip_pieces.c - pieces put in order are one gzip member that any reader takes. */
#include "base/codec.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/gzip_pieces.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void add(struct gzip_pieces *g, const char *text)
{
	struct err e = { 0 };

	assert_int_equal(out_write(gzip_pieces_out(g), text, strlen(text), &e), 0);
}

static void pieces_change_places(void **state)
{
	struct err e = { 0 };
	AUTO_FD int fd = fs_temp_file(&e), to = fs_temp_file(&e);
	struct gzip_pieces *g = gzip_pieces_new(fd, 0, &e);
	char text[64] = "", hex[DIGEST_HEX], again[SHA256_HEX];
	uint64_t size = 0, file_size = 0;
	struct digest d;
	struct in *in;

	assert_non_null(g);
	add(g, "one ");
	assert_int_equal(gzip_pieces_cut(g, &e), 0);
	assert_int_equal(gzip_pieces_cut(g, &e), 0); /* an empty piece is none */
	add(g, "three ");
	assert_int_equal(gzip_pieces_cut(g, &e), 0);
	add(g, "two ");
	assert_int_equal(gzip_pieces_cut(g, &e), 0);
	gzip_pieces_swap(g);
	add(g, "three"); /* what stood before may not be referred to: it has moved */
	digest_init(&d, DIGEST_SHA256);
	assert_int_equal(gzip_pieces_finish(g, to, &d, &size, &e), 0);
	digest_end_hex(&d, hex);
	digest_done(&d);
	gzip_pieces_free(g);
	assert_int_equal(size, 19);
	assert_int_equal(sha256_fd(to, again, &file_size, &e), 0);
	assert_string_equal(hex, again);
	in = in_codec(in_range(to, 0, file_size), CODEC_GZIP, NULL);
	assert_int_equal(in_read(in, text, sizeof text, &e), 19);
	assert_string_equal(text, "one two three three");
	assert_int_equal(in_codec_members(in), 1);
	assert_int_equal(in_codec_trailing(in), 0);
	assert_int_equal(in_close(in, &e), 0);
}

static void nothing_is_a_member_too(void **state)
{
	struct err e = { 0 };
	AUTO_FD int fd = fs_temp_file(&e), to = fs_temp_file(&e);
	struct gzip_pieces *g = gzip_pieces_new(fd, 1, &e);
	char text[8];
	struct in *in;

	assert_non_null(g);
	assert_int_equal(gzip_pieces_finish(g, to, NULL, NULL, &e), 0);
	gzip_pieces_free(g);
	in = in_codec(in_range(to, 0, (uint64_t)lseek(to, 0, SEEK_END)), CODEC_GZIP, NULL);
	assert_int_equal(in_read(in, text, sizeof text, &e), 0);
	assert_int_equal(in_codec_members(in), 1);
	assert_int_equal(in_close(in, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pieces_change_places),
		cmocka_unit_test(nothing_is_a_member_too) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
