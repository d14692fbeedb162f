/* test_rpm_header.c - the bounds check of rpm headers against hand-made ones, and the cpio reader against hand-made archives. */
#include "formats/rpm_header.h"
#include "formats/rpm_payload.h"
#include "formats/rpm_write.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- headers: an index entry a line; the data is the same for all */

struct line {
	uint32_t tag, type, offset, count;
};

/* "name\0" at 0, "two\0strings\0" at 5, a number at 20, an endless string at 24, the trailer at 32. */
static const char data[48] = "name\0two\0strings\0\0\0\0\0\0\7notended";
enum { TRAILER = 32, DATA_LEN = 48 };

static void put32(unsigned char *at, uint32_t v)
{
	at[0] = (unsigned char)(v >> 24);
	at[1] = (unsigned char)(v >> 16);
	at[2] = (unsigned char)(v >> 8);
	at[3] = (unsigned char)v;
}

static void put_line(unsigned char *at, struct line l)
{
	put32(at, l.tag);
	put32(at + 4, l.type);
	put32(at + 8, l.offset);
	put32(at + 12, l.count);
}

struct header_case {
	const char *what, *code; /* code NULL: accepted */
	struct line lines[4];    /* ends with type 99; the region goes before them */
	struct line region, trailer;
	uint32_t tags, data_len; /* said in the intro; 0: the truth */
};

#define END                                                                                                            \
	{                                                                                                              \
		0, 99, 0, 0                                                                                            \
	}
#define REGION                                                                                                         \
	{                                                                                                              \
		63, 7, TRAILER, 16                                                                                     \
	}

static const struct header_case headers[] = {
	{ "one string", NULL, { { 1000, 6, 0, 1 }, END } },
	{ "array and number", NULL, { { 1047, 8, 5, 2 }, { 1112, 4, 20, 1 }, END } },
	{ "type 0", "E_CORRUPT", { { 1000, 0, 0, 1 }, END } },
	{ "type 10", "E_CORRUPT", { { 1000, 10, 0, 1 }, END } },
	{ "offset behind", "E_CORRUPT", { { 1000, 6, 48, 1 }, END } },
	{ "offset negative", "E_CORRUPT", { { 1000, 6, 0xffffffff, 1 }, END } },
	{ "not aligned", "E_CORRUPT", { { 1112, 4, 21, 1 }, END } },
	{ "count 0", "E_CORRUPT", { { 1000, 6, 0, 0 }, END } },
	{ "count wraps", "E_CORRUPT", { { 1112, 4, 20, 0x40000001 }, END } },
	{ "count past the end", "E_CORRUPT", { { 1112, 4, 20, 8 }, END } },
	{ "64 bit past the end", "E_CORRUPT", { { 5009, 5, 40, 2 }, END } },
	{ "more strings than there are", "E_CORRUPT", { { 1047, 8, 5, 44 }, END } },
	{ "a string with a count", "E_CORRUPT", { { 1000, 6, 0, 2 }, END } },
	{ "a tag twice", "E_CORRUPT", { { 1000, 6, 0, 1 }, { 1000, 6, 5, 1 }, END } },
	{ "overlap", "E_OVERLAP", { { 1000, 6, 0, 1 }, { 1001, 6, 2, 1 }, END } },
	{ "a region inside", "E_CORRUPT", { { 62, 7, 0, 16 }, END } },
	{ "a name that is a number", "E_METADATA", { { 1000, 4, 20, 1 }, END } },
	{ "region of a wrong count", "E_CORRUPT", { { 1000, 6, 0, 1 }, END }, .region = { 63, 7, TRAILER, 17 } },
	{ "region of a wrong type", "E_CORRUPT", { { 1000, 6, 0, 1 }, END }, .region = { 63, 6, TRAILER, 16 } },
	{ "trailer outside", "E_CORRUPT", { { 1000, 6, 0, 1 }, END }, .region = { 63, 7, TRAILER + 1, 16 } },
	{ "trailer of another tag", "E_CORRUPT", { { 1000, 6, 0, 1 }, END }, .trailer = { 62, 7, (uint32_t)-32, 16 } },
	{ "trailer forward", "E_CORRUPT", { { 1000, 6, 0, 1 }, END }, .trailer = { 63, 7, 32, 16 } },
	{ "trailer over too much", "E_CORRUPT", { { 1000, 6, 0, 1 }, END }, .trailer = { 63, 7, (uint32_t)-48, 16 } },
	{ "trailer over half a tag", "E_CORRUPT", { { 1000, 6, 0, 1 }, END }, .trailer = { 63, 7, (uint32_t)-24, 16 } },
	{ "tags outside the region", "E_UNSIGNED_TAGS", { { 1000, 6, 0, 1 }, { 1001, 6, 5, 1 }, END },
		.trailer = { 63, 7, (uint32_t)-32, 16 } },
	{ "more tags than rpm takes", "E_CORRUPT", { { 1000, 6, 0, 1 }, END }, .tags = 65536 },
	{ "counts that wrap", "E_CORRUPT", { { 1000, 6, 0, 1 }, END }, .tags = 0xffffffff },
	{ "data longer than there is", "E_TRUNCATED", { { 1000, 6, 0, 1 }, END }, .data_len = 49 },
};

/* In a buffer of exactly its size, so that a sanitizer sees the first byte read behind it. */
static unsigned char *make(const struct header_case *c, size_t *ret_len)
{
	uint32_t tags = 1;
	unsigned char *blob;
	struct line region = REGION, trailer;

	while (c->lines[tags - 1].type != 99)
		tags++;
	trailer = (struct line){ 63, 7, (uint32_t) - (int32_t)(16 * tags), 16 };
	*ret_len = RPM_INTRO + 16 * tags + DATA_LEN;
	blob = mem_alloc(*ret_len);
	memcpy(blob, "\x8e\xad\xe8\x01\0\0\0\0", 8);
	put32(blob + 8, c->tags ? c->tags : tags);
	put32(blob + 12, c->data_len ? c->data_len : DATA_LEN);
	put_line(blob + 16, c->region.tag ? c->region : region);
	for (uint32_t i = 1; i < tags; i++)
		put_line(blob + 16 + 16 * i, c->lines[i - 1]);
	memcpy(blob + 16 + 16 * tags, data, DATA_LEN);
	put_line(blob + 16 + 16 * tags + TRAILER, c->trailer.tag ? c->trailer : trailer);
	return blob;
}

static void header_cases(void **state)
{
	for (size_t i = 0; i < COUNT(headers); i++) {
		AUTO(rpm_header) h = { .kind = RPM_MAIN_HEADER };
		struct err e = { 0 };
		size_t len;
		unsigned char *blob = make(&headers[i], &len);
		int failed = rpm_header_check(blob, len, RPM_MAIN_HEADER, &h, &e);

		if (headers[i].code ? !failed || strcmp(e.code, headers[i].code) != 0 : failed)
			fail_msg("%s: %s %s", headers[i].what, failed ? e.code : "accepted", e.text);
		free(blob);
	}
}

static void every_prefix_is_refused(void **state)
{
	size_t len;
	unsigned char *blob = make(&headers[1], &len);

	for (size_t i = 0; i < len; i++) {
		AUTO(rpm_header) h = { 0 };
		struct err e = { 0 };
		unsigned char *part = mem_alloc(i ? i : 1);

		memcpy(part, blob, i);
		assert_int_equal(rpm_header_check(part, i, RPM_MAIN_HEADER, &h, &e), -1);
		free(part);
	}
	free(blob);
}

/* What librpm itself writes is read back, each value in its place. */
static void values(void **state)
{
	static const char *texts[] = { "two", "strings" };
	AUTO(rpm_header) h = { 0 };
	AUTO(rpm_values) names = { 0 };
	AUTO(rpm_values) wrong = { 0 };
	struct err e = { 0 };
	size_t len;
	uint64_t number;
	unsigned char *blob;
	Header made = headerNew();

	assert_int_equal(rpm_put(made, 1047, RPM_STRING_ARRAY_TYPE, texts, 2, &e), 0);
	assert_int_equal(rpm_put_number(made, 1112, 7, &e), 0);
	made = headerReload(made, RPMTAG_HEADERIMMUTABLE);
	assert_int_equal(rpm_blob(made, &blob, &len, &e), 0);
	headerFree(made);
	assert_int_equal(rpm_header_import(blob, len, RPM_MAIN_HEADER, &h, &e), 0);
	free(blob);
	assert_true(h.has_region);
	assert_int_equal(rpm_values_get(&h, 1047, RPM_TEXTS, &names, &e), 0);
	assert_int_equal(names.len, 2);
	assert_string_equal(rpm_text_at(&names, 1), "strings");
	assert_string_equal(rpm_text_at(&names, 2), "");
	assert_int_equal(rpm_number(&h, 1112, &number, &e), 0);
	assert_int_equal(number, 7);
	assert_int_equal(rpm_number(&h, 1009, &number, &e), 0);
	assert_int_equal(number, 0);
	assert_int_equal(rpm_values_get(&h, 1047, RPM_NUMBERS, &wrong, &e), -1);
	assert_string_equal(e.code, "E_METADATA");
}

/* ---- cpio */

#define HEAD(size, name_len)                                                                                           \
	"070701"                                                                                                       \
	"00000001"                                                                                                     \
	"000081a4"                                                                                                     \
	"00000000"                                                                                                     \
	"00000000"                                                                                                     \
	"00000001"                                                                                                     \
	"00000000" size "00000000"                                                                                     \
	"00000001"                                                                                                     \
	"00000000"                                                                                                     \
	"00000000" name_len "00000000"
#define TRAILER_HEAD HEAD("00000000", "0000000b") "TRAILER!!!\0\0\0\0"

static const struct {
	const char *what, *code, *bytes;
	size_t len;
} archives[] = {
#define ARCHIVE(what, code, bytes)                                                                                     \
	{                                                                                                              \
		what, code, bytes, sizeof bytes - 1                                                                    \
	}
	ARCHIVE("one file", NULL, HEAD("00000003", "00000002") "a\0abc\0" TRAILER_HEAD),
	ARCHIVE("nothing", "E_TRUNCATED", ""),
	ARCHIVE("no trailer", "E_TRUNCATED", HEAD("00000003", "00000002") "a\0abc\0"),
	ARCHIVE("cut in a header", "E_TRUNCATED", "0707010000"),
	ARCHIVE("cut in a name", "E_TRUNCATED", HEAD("00000003", "00000009") "a"),
	ARCHIVE("a sign in a number", "E_CORRUPT", HEAD("-0000003", "00000002") "a\0abc\0" TRAILER_HEAD),
	ARCHIVE("no name", "E_NAME_EMPTY", HEAD("00000003", "00000000") "a\0abc\0" TRAILER_HEAD),
	ARCHIVE("an endless name", "E_LIMIT_PATH", HEAD("00000003", "ffffffff") "a\0abc\0" TRAILER_HEAD),
	ARCHIVE("a name without end", "E_CORRUPT", HEAD("00000003", "00000002") "aaabc\0" TRAILER_HEAD),
	ARCHIVE("NUL in a name", "E_NAME_NUL", HEAD("00000000", "00000006") "a\0bcd\0" TRAILER_HEAD),
	ARCHIVE("padding", "E_CORRUPT", HEAD("00000003", "00000002") "a\0abcx" TRAILER_HEAD),
	ARCHIVE("junk between", "E_MISMATCH", HEAD("00000003", "00000002") "a\0abc\0junkjunkjunkjunk"),
	ARCHIVE("behind the trailer", "E_TRAILING_DATA", TRAILER_HEAD "x"),
	ARCHIVE("zeros behind", NULL, TRAILER_HEAD "\0\0\0\0"),
};

static int walk(const char *bytes, size_t len, struct err *e)
{
	struct cpio c;
	struct cpio_member m;
	char buf[8];
	long got;
	int more;
	AUTO_IN *in = in_mem(bytes, len);

	cpio_init(&c, in);
	while ((more = cpio_next(&c, &m, e)) == 1) {
		while ((got = cpio_data(&c, buf, sizeof buf, e)) > 0)
			;
		if (got < 0)
			return -1;
	}
	return more ? more : cpio_finish(&c, e);
}

static void archive_cases(void **state)
{
	for (size_t i = 0; i < COUNT(archives); i++) {
		struct err e = { 0 };
		int failed = walk(archives[i].bytes, archives[i].len, &e);

		if (archives[i].code ? !failed || strcmp(e.code, archives[i].code) != 0 : failed)
			fail_msg("%s: %s %s", archives[i].what, failed ? e.code : "accepted", e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_cases),
		cmocka_unit_test(every_prefix_is_refused),
		cmocka_unit_test(values),
		cmocka_unit_test(archive_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
