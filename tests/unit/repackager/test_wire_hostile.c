/* test_wire_hostile.c - frames that no child of ours writes: each is refused, with the code that says why. */
#include "base/codec.h"
#include "wire_frames.h"

static void entry_first(void)
{
	put_file("/a", 0);
}
static void twice_meta(void)
{
	start();
	put(WIRE_META);
}
static void unknown_type(void)
{
	put(WIRE_TYPES);
}
static void late_relation(void)
{
	start();
	put(WIRE_RELATION);
}
static void up(void)
{
	start();
	put_file("/a/../b", 0);
}
static void relative(void)
{
	start();
	put_file("a", 0);
}
static void doubled(void)
{
	start();
	put_file("/a//b", 0);
}
static void root(void)
{
	start();
	put_file("/", 0);
}
static void control(void)
{
	start();
	put_file("/a\nb", 0);
}
static void slash_end(void)
{
	start();
	put_file("/a/", 0);
}
static void more_data(void)
{
	start();
	put_file("/a", 2);
	put_data("abc");
}
static void less_data(void)
{
	start();
	put_file("/a", 4);
	put_data("abc");
	put(WIRE_ENTRY_END);
}
static void hole_over(void)
{
	start();
	put_file("/a", 4);
	pack_u64(&bytes, UINT64_MAX);
	put(WIRE_HOLE);
}
static void too_large(void)
{
	start();
	put_file("/a", MIB(65));
}
static void sum_too_large(void)
{
	start();
	for (int i = 0; i < 2; i++) {
		put_file(i ? "/a" : "/b", MIB(33));
		pack_u64(&bytes, MIB(33));
		put(WIRE_HOLE);
		put(WIRE_ENTRY_END);
	}
}
static void too_many(void)
{
	start();
	for (int i = 0; i < 101; i++) {
		char path[16];
		snprintf(path, sizeof path, "/%d", i);
		put_file(path, 0);
		put(WIRE_ENTRY_END);
	}
}
static void twice(void)
{
	start();
	for (int i = 0; i < 2; i++) {
		put_file("/a", 0);
		put(WIRE_ENTRY_END);
	}
	put(WIRE_DONE);
}
static void device(void)
{
	struct entry entry = file("/a", 0);
	entry.type = ENTRY_CHAR;
	start();
	put_entry(&entry);
}
static void bad_type(void)
{
	struct entry entry = file("/a", 0);
	entry.type = 99;
	start();
	put_entry(&entry);
}
static void wide_mode(void)
{
	struct entry entry = file("/a", 0);
	entry.mode = 0100644;
	start();
	put_entry(&entry);
}
static void ours(void)
{
	struct entry entry = file("/a", 0);
	entry.flags = ENTRY_ADDED;
	start();
	put_entry(&entry);
}
static void dir_with_size(void)
{
	struct entry entry = file("/a", 1);
	entry.type = ENTRY_DIR;
	start();
	put_entry(&entry);
}
static void bad_link(void)
{
	struct entry entry = file("/a", 0);
	entry.links = (const char *[]){ "../b" };
	entry.links_len = 1;
	start();
	put_entry(&entry);
}
static void link_to_itself(void)
{
	struct entry entry = file("/a", 0);
	entry.type = ENTRY_HARDLINK;
	entry.target = "/a";
	start();
	put_entry(&entry);
}
static void many_links(void)
{
	struct entry entry = file("/a", 0);
	start();
	wire_pack_entry(&bytes, &entry);
	memset(bytes.at + bytes.len - 4, 0xff, 4);
	put(WIRE_ENTRY);
}
static void extent_outside(void)
{
	struct entry entry = file("/a", 10);
	entry.extents = &(struct extent){ 5, 6 };
	entry.extents_len = 1;
	start();
	put_entry(&entry);
}
static void long_xattr(void)
{
	struct entry entry = file("/a", 10);
	unsigned char value[1100] = { 0 };
	entry.xattrs = &(struct xattr){ "user.x", value, sizeof value };
	entry.xattrs_len = 1;
	start();
	put_entry(&entry);
}
static void long_script(void)
{
	struct script s = { .source = "", .interpreter = "", .trigger = "", .body = mem_alloc(1001), .len = 1001 };
	struct pkg p;
	pkg_init(&p, 0);
	wire_pack_meta(&bytes, &p);
	put(WIRE_META);
	wire_pack_script(&bytes, &s);
	free((void *)(uintptr_t)s.body);
	put(WIRE_SCRIPT);
}
static void wrong_digest(void)
{
	struct entry entry = file("/a", 3);
	entry.want_digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; /* of abc, not of abd */
	start();
	put_entry(&entry);
	put_data("abd");
	put(WIRE_ENTRY_END);
}
static void odd_digest(void)
{
	struct entry entry = file("/a", 3);
	entry.want_digest = "900150983cd24fb0d6963f7d28e17f";
	start();
	put_entry(&entry);
}
static void strange_warning(void)
{
	start();
	pack_str(&bytes, "E_FREE_MONEY");
	pack_str(&bytes, "");
	pack_str(&bytes, "");
	put(WIRE_WARNING);
}
static void bad_facts(void)
{
	struct err e = { 0 };
	start();
	assert_int_equal(frame_write(hostile_fd, WIRE_FACTS, "{\"a\":", 5, &e), 0);
	put(WIRE_DONE);
}
static void after_done(void)
{
	start();
	put(WIRE_DONE);
	put(WIRE_ENTRY_END);
}
static void cut(void)
{
	start();
	put_file("/a", 10);
}
static void unknown_error(void)
{
	struct err sent = { .class = ERR_INPUT, .code = "E_MINE" };
	wire_pack_error(&bytes, &sent);
	put(WIRE_ERROR);
}
static void verdict_error(void)
{
	struct err sent = { .class = ERR_VERDICT, .code = "E_SIG_BAD" };
	wire_pack_error(&bytes, &sent);
	put(WIRE_ERROR);
}
static void long_data(void)
{
	static char data[WIRE_DATA_MAX + 1];
	struct err e = { 0 };
	start();
	put_file("/a", sizeof data);
	if (fork() == 0) /* more than a pipe holds */
		_exit(frame_write(hostile_fd, WIRE_DATA, data, sizeof data, &e) ? 1 : 0);
}

static void put_payload(uint64_t at, uint64_t len, int codec, uint64_t unpacked)
{
	struct payload payload = { at, len, codec, unpacked };

	wire_pack_payload(&bytes, &payload);
	put(WIRE_PAYLOAD);
}
static void offer(uint64_t at, uint64_t len, int codec, uint64_t unpacked)
{
	struct pkg p;

	pkg_init(&p, 0);
	wire_pack_meta(&bytes, &p);
	put(WIRE_META);
	put_payload(at, len, codec, unpacked);
	put(WIRE_BEGIN);
	pkg_done(&p);
}
static void payload_beyond(void)
{
	offer(INT64_MAX, 1, CODEC_XZ, 0);
}
static void payload_codec(void)
{
	offer(0, 1, 200, 0);
}
static void payload_confirmed_early(void)
{
	offer(0, 10, CODEC_XZ, 100);
}
static void payload_not_offered(void)
{
	start();
	put_payload(0, 10, CODEC_XZ, 100);
}
static void payload_moved(void)
{
	offer(0, 10, CODEC_XZ, 0);
	put_payload(1, 10, CODEC_XZ, 100);
}
static void payload_offered_again(void)
{
	offer(0, 10, CODEC_XZ, 0);
	put_payload(0, 0, CODEC_NONE, 0);
	put_payload(0, 10, CODEC_XZ, 100);
}
static void payload_in_entry(void)
{
	offer(0, 10, CODEC_XZ, 0);
	put_file("/a", 3);
	put_payload(0, 10, CODEC_XZ, 100);
}

static const struct hostile cases[] = {
	CASE(entry_first, "E_CORRUPT"),
	CASE(twice_meta, "E_CORRUPT"),
	CASE(unknown_type, "E_CORRUPT"),
	CASE(late_relation, "E_CORRUPT"),
	CASE(up, "E_PATH_ESCAPE"),
	CASE(relative, "E_PATH_ESCAPE"),
	CASE(doubled, "E_PATH_ESCAPE"),
	CASE(root, "E_PATH_ESCAPE"),
	CASE(control, "E_PATH_ESCAPE"),
	CASE(slash_end, "E_PATH_ESCAPE"),
	CASE(more_data, "E_CORRUPT"),
	CASE(less_data, "E_TRUNCATED"),
	CASE(hole_over, "E_CORRUPT"),
	CASE(too_large, "E_LIMIT_SIZE"),
	CASE(sum_too_large, "E_LIMIT_SIZE"),
	CASE(too_many, "E_LIMIT_ENTRIES"),
	CASE(twice, "E_DUPLICATE_NAME"),
	CASE(device, "E_SPECIAL_FILE"),
	CASE(bad_type, "E_CORRUPT"),
	CASE(wide_mode, "E_CORRUPT"),
	CASE(ours, "E_CORRUPT"),
	CASE(dir_with_size, "E_CORRUPT"),
	CASE(bad_link, "E_CORRUPT"),
	CASE(link_to_itself, "E_CORRUPT"),
	CASE(many_links, "E_CORRUPT"),
	CASE(extent_outside, "E_CORRUPT"),
	CASE(long_xattr, "E_CORRUPT"),
	CASE(long_script, "E_LIMIT_SCRIPT"),
	CASE(wrong_digest, "E_DIGEST"),
	CASE(odd_digest, "E_METADATA"),
	CASE(strange_warning, "E_CORRUPT"),
	CASE(bad_facts, NULL),
	CASE(after_done, "E_CORRUPT"),
	CASE(cut, "E_CORRUPT"),
	CASE(unknown_error, "E_CORRUPT"),
	CASE(verdict_error, "E_CORRUPT"),
	CASE(long_data, "E_CORRUPT"),
	CASE(payload_beyond, "E_CORRUPT"),
	CASE(payload_codec, "E_CORRUPT"),
	CASE(payload_confirmed_early, "E_CORRUPT"),
	CASE(payload_not_offered, "E_CORRUPT"),
	CASE(payload_moved, "E_CORRUPT"),
	CASE(payload_offered_again, "E_CORRUPT"),
	CASE(payload_in_entry, "E_CORRUPT"),
};

static void hostile(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++)
		refuses(&cases[i], false);
	pack_done(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(hostile) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
