/* test_released_signer.c - who signed the released version: its evidence says so; evidence that is gone or damaged is told, and stops nothing. */
#include "base/fs.h"
#include "repackager/released_signer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct blobs *blobs;
static char *dir;

static int setup(void **state)
{
	struct err e = { 0 };

	return fs_temp_dir("signer", &dir, &e) || blobs_open_dir(dir, &blobs, &e);
}

static int teardown(void **state)
{
	struct err e = { 0 };

	blobs_close(blobs);
	fs_remove_tree(dir, &e);
	free(dir);
	return 0;
}

static json_t *released_with(const char *const *texts, size_t len)
{
	json_t *list = json_array();
	struct err e = { 0 };
	char digest[SHA256_HEX];

	for (size_t i = 0; i < len; i++) {
		assert_int_equal(blob_put(blobs, texts[i], strlen(texts[i]), digest, &e), 0);
		json_array_append_new(list, json_string(digest));
	}
	return json_pack("{s:o}", "evidence", list);
}

static void break_blob(const json_t *released, size_t at, const char *with)
{
	AUTO_FREE char *path = blob_path(blobs, json_string_value(json_array_get(json_list(released, "evidence"), at)));
	struct err e = { 0 };

	if (with)
		assert_int_equal(fs_write_file(path, with, strlen(with), 0444, &e), 0);
	else
		assert_int_equal(unlink(path), 0);
}

static const char signed_by_aa[] =
	"{\"kind\":\"vendor-signature\",\"verdict\":\"pass\",\"body\":{\"fingerprint\":\"AA\"}}";
static const char refused[] = "{\"kind\":\"vendor-signature\",\"verdict\":\"fail\",\"body\":{\"fingerprint\":\"BB\"}}";
static const char tested[] = "{\"kind\":\"test\",\"verdict\":\"pass\",\"body\":{\"fingerprint\":\"CC\"}}";

static void what_it_says(void **state)
{
	const char *const all[] = { signed_by_aa, refused, tested };
	AUTO_JSON *released = released_with(all, COUNT(all)), *unsigned_one = released_with(all + 1, 2);
	const char *unread = "";
	char signer[SIGNER_MAX];

	released_signer(blobs, released, signer, &unread);
	assert_string_equal(signer, "AA");
	assert_null(unread);
	released_signer(blobs, unsigned_one, signer, &unread);
	assert_string_equal(signer, "");
	assert_null(unread);
	released_signer(blobs, NULL, signer, &unread);
	assert_string_equal(signer, "");
	assert_null(unread);
}

static void what_cannot_be_read(void **state)
{
	static const char *const ways[] = { NULL, "",
		"{\"kind\":\"vendor-signature\",\"verdict\":\"pass\",\"body\":{}}" };
	const char *const all[] = { signed_by_aa, tested };
	const char *unread;
	char signer[SIGNER_MAX];

	for (size_t i = 0; i < COUNT(ways); i++) {
		AUTO_JSON *released = released_with(all, COUNT(all));

		break_blob(released, 0, ways[i]);
		released_signer(blobs, released, signer, &unread);
		assert_string_equal(signer, "");
		assert_string_equal(unread, json_string_value(json_array_get(json_list(released, "evidence"), 0)));
		break_blob(released, 0, signed_by_aa);
		break_blob(released, 1, "other bytes"); /* of no matter: who signed is known */
		released_signer(blobs, released, signer, &unread);
		assert_string_equal(signer, "AA");
		assert_null(unread);
		break_blob(released, 1, tested);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says),
		cmocka_unit_test(what_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
