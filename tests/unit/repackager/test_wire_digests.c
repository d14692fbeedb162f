/* test_wire_digests.c - the wire where nobody wants the bytes: what was sent as digests arrives as digests, and lies about them are refused. */
#include "base/digest.h"
#include "wire_frames.h"

#define SHA_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA_NONE "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void put_passed(uint64_t len)
{
	pack_u64(&bytes, len);
	put(WIRE_PASSED);
}
static void put_end(const char *sha256)
{
	unsigned char raw[32];

	assert_int_equal(hex_parse(sha256, 64, raw), 0);
	for (size_t i = 0; i < sizeof raw; i++)
		pack_u8(&bytes, raw[i]);
	put(WIRE_ENTRY_END);
}
static void passed_with_sink(void)
{
	start();
	put_file("/a", 3);
	put_passed(3);
}
static void digest_with_sink(void)
{
	start();
	put_file("/a", 3);
	put_data("abc");
	put_end(SHA_ABC);
}
static void bytes_unwanted(void)
{
	start();
	put_file("/a", 3);
	put_data("abc");
}
static void passed_over(void)
{
	start();
	put_file("/a", 3);
	put_passed(4);
}
static void passed_nothing(void)
{
	start();
	put_file("/a", 3);
	put_passed(0);
}
static void passed_less(void)
{
	start();
	put_file("/a", 3);
	put_passed(2);
	put_end(SHA_ABC);
}
static void short_digest(void)
{
	start();
	put_file("/a", 3);
	put_passed(3);
	pack_u32(&bytes, 7);
	put(WIRE_ENTRY_END);
}
static void promised(const char *sha256)
{
	struct entry entry = file("/a", 3);

	entry.want_digest = SHA_ABC;
	start();
	put_entry(&entry);
	put_passed(3);
	if (sha256)
		put_end(sha256);
	else
		put(WIRE_ENTRY_END);
}
static void not_as_promised(void)
{
	promised(SHA_NONE);
}
static void promised_not_told(void)
{
	promised(NULL);
}
static void folder_with_digest(void)
{
	struct entry entry = file("/a", 0);

	entry.type = ENTRY_DIR;
	start();
	put_entry(&entry);
	put_end(SHA_NONE);
}

static const struct hostile with_sink[] = {
	CASE(passed_with_sink, "E_CORRUPT"),
	CASE(digest_with_sink, "E_CORRUPT"),
};
static const struct hostile without[] = {
	CASE(bytes_unwanted, "E_CORRUPT"),
	CASE(passed_over, "E_CORRUPT"),
	CASE(passed_nothing, "E_CORRUPT"),
	CASE(passed_less, "E_TRUNCATED"),
	CASE(short_digest, "E_CORRUPT"),
	CASE(not_as_promised, "E_DIGEST"),
	CASE(promised_not_told, "E_CORRUPT"),
	CASE(folder_with_digest, "E_CORRUPT"),
};

static void hostile(void **state)
{
	for (size_t i = 0; i < COUNT(with_sink); i++)
		refuses(&with_sink[i], false);
	for (size_t i = 0; i < COUNT(without); i++)
		refuses(&without[i], true);
	pack_done(&bytes);
}

static bool is_a(const struct entry *entry)
{
	return strcmp(entry->path, "/a") == 0;
}

/* What was sent as digests arrives as digests: all, or those that are wanted or promised. */
static void digests_travel(void **state)
{
	static const struct {
		bool (*wants)(const struct entry *);
		const char *other;
	} tries[] = { { NULL, SHA_ABC }, { is_a, "" } };

	for (size_t i = 0; i < COUNT(tries); i++) {
		struct err e = { 0 };
		struct pkg sent, got;
		int ends[2];

		pkg_init(&sent, 0);
		pkg_init(&got, MIB(1));
		assert_int_equal(pipe(ends), 0);
		struct wire_out *out = wire_out_new(ends[1]);
		struct sink *s = wire_out_sink(out);
		wire_out_digests_only(out, tries[i].wants);
		assert_int_equal(sink_begin(s, &sent, &e), 0);
		for (const char *const *path = (const char *const[]){ "/a", "/b", "/c", NULL }; *path; path++) {
			struct entry entry = file(*path, 3);

			entry.want_digest = strcmp(*path, "/c") == 0 ? SHA_ABC : "";
			assert_int_equal(sink_entry_begin(s, &entry, &e), 0);
			assert_int_equal(sink_data(s, "a", 1, &e), 0);
			assert_int_equal(sink_data(s, "bc", 2, &e), 0);
			assert_int_equal(sink_entry_end(s, &e), 0);
		}
		assert_int_equal(wire_out_finish(out, &sent, NULL, &e), 0);
		close(ends[1]);
		assert_int_equal(receive(ends[0], &got, NULL, NULL, &e), 0);
		assert_string_equal(got.entries.at[0].sha256, SHA_ABC);
		assert_string_equal(got.entries.at[1].sha256, tries[i].other);
		assert_string_equal(got.entries.at[2].sha256, SHA_ABC);
		wire_out_free(out);
		pkg_done(&sent);
		pkg_done(&got);
		close(ends[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(digests_travel), cmocka_unit_test(hostile) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
