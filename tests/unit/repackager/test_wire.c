/* test_wire.c - what goes in at the child's side comes out at the parent's; what must not come is refused. */
#include "base/codec.h"
#include "base/digest.h"
#include "wire_help.h"

static const struct limits limits = { .output = MIB(64),
	.entries = 100,
	.ratio = 200,
	.memory = MIB(64),
	.seconds = 60,
	.metadata = MIB(4),
	.script = 1000,
	.path = 4096,
	.depth = 256,
	.xattr = 1024 };

static void fill(struct pkg *p)
{
	pkg_init(p, 0);
	p->format = "test";
	p->name = "acme";
	p->version = "1.0";
	p->epoch = 3;
	p->has_metadata = true;
	struct relation *r = pkg_add_relation(p);
	r->kind = REL_RECOMMENDS;
	r->tree = REL_OR;
	r->parts = arena_alloc(&p->arena, 2 * sizeof *r->parts);
	r->parts_len = 2;
	r->parts[0] = (struct relation){ .name = "a", .op = OP_GE, .version = "1", .arch = "", .text = "a >= 1" };
	r->parts[1] = (struct relation){ .name = "b", .version = "", .arch = "any", .text = "b:any" };
	struct script *s = pkg_add_script(p);
	s->event = EVENT_PURGE;
	s->source = "postrm";
	s->body = "a\0b";
	s->len = 3;
	pkg_add_trigger(p)->text = "interest x";
	pkg_field(p, "k", "v");
	struct signature *sig = pkg_add_signature(p);
	sig->source = "RSAHEADER";
	sig->blob = (const unsigned char *)"\1\2";
	sig->len = 2;
	sig->ranges = arena_alloc(&p->arena, sizeof *sig->ranges);
	*sig->ranges = (struct extent){ 10, 20 };
	sig->ranges_len = 1;
	p->payload = (struct payload){ .at = 100, .len = 50, .codec = CODEC_XZ };
	pkg_warn(p, "E_POLICY_MODE", "/a", "wide");
	pkg_lose(p, "t", LOSS_BEHAVIOUR, "because", "x:%s", "y");
}

static int receive(int fd, struct pkg *got, struct seen *seen, json_t **facts, struct err *e)
{
	bool is_cut = false;
	struct wire_in *in = wire_in_new(fd, &limits, got, seen ? &seen->sink : NULL, facts);
	int rc;

	if (!seen)
		wire_in_digests_only(in);
	while ((rc = wire_in_step(in, &is_cut, e)) == 1)
		;
	wire_in_free(in);
	return rc;
}

static void travels(void **state)
{
	int ends[2];
	struct pkg sent, got;
	struct err e = { 0 };
	struct seen seen = { .sink = { &seen_ops } };
	json_t *facts = json_pack("{s:i}", "n", 7), *back = NULL;

	fill(&sent);
	pkg_init(&got, MIB(1));
	assert_int_equal(pipe(ends), 0);
	struct wire_out *out = wire_out_new(ends[1]);
	struct sink *s = wire_out_sink(out);
	struct entry entry;
	entry_init(&entry);
	entry.path = "/opt/a";
	entry.mode = 0644;
	entry.size = 40003;
	entry.links = (const char *[]){ "/opt/b" };
	entry.links_len = 1;
	entry.xattrs = &(struct xattr){ "user.x", (const unsigned char *)"\0z", 2 };
	entry.xattrs_len = 1;
	char *data = mem_alloc(40000);
	assert_int_equal(sink_begin(s, &sent, &e), 0);
	assert_int_equal(sink_entry_begin(s, &entry, &e), 0);
	assert_int_equal(sink_data(s, "abc", 3, &e), 0);
	assert_int_equal(sink_data(s, NULL, 20000, &e), 0);
	assert_int_equal(sink_data(s, data, 20000, &e), 0);
	assert_int_equal(sink_entry_end(s, &e), 0);
	pkg_add_signature(&sent)->source = "late";
	sent.payload.unpacked = 60000;
	assert_int_equal(wire_out_finish(out, &sent, facts, &e), 0);
	close(ends[1]);
	assert_int_equal(receive(ends[0], &got, &seen, &back, &e), 0);
	assert_string_equal(seen.text.at,
		"begin acme\nentry /opt/a file 40003 =/opt/b\ndata 3\nhole 20000\ndata 20000\n"
		"end 9cd5b129\nclose\n");
	assert_int_equal(got.epoch, 3);
	assert_int_equal(got.relations.at[0].parts_len, 2);
	assert_string_equal(got.relations.at[0].parts[1].arch, "any");
	assert_memory_equal(got.scripts.at[0].body, "a\0b", 4);
	assert_string_equal(got.triggers.at[0].text, "interest x");
	assert_string_equal(pkg_field_get(&got, "k"), "v");
	assert_int_equal(got.signatures.len, 2);
	assert_int_equal(got.signatures.at[0].ranges[0].len, 20);
	assert_string_equal(got.signatures.at[1].source, "late");
	assert_int_equal(got.payload.at, 100);
	assert_int_equal(got.payload.len, 50);
	assert_int_equal(got.payload.codec, CODEC_XZ);
	assert_int_equal(got.payload.unpacked, 60000);
	assert_string_equal(got.warnings.at[0].code, "E_POLICY_MODE");
	assert_string_equal(got.lost.at[0].what, "x:y");
	assert_int_equal(got.entries.len, 1);
	assert_memory_equal(got.entries.at[0].xattrs[0].value, "\0z", 2);
	assert_int_equal(json_int(back, "n"), 7);
	json_decref(facts);
	json_decref(back);
	text_done(&seen.text);
	free(data);
	wire_out_free(out);
	pkg_done(&sent);
	pkg_done(&got);
	close(ends[0]);
}

static void error_travels(void **state)
{
	int ends[2];
	struct pkg got;
	struct err sent = { 0 }, e = { 0 };
	struct seen seen = { .sink = { &seen_ops } };

	err_input(&sent, "E_PATH_ESCAPE", "path leaves: %s", "../x");
	err_member(&sent, "control.tar");
	err_at(&sent, 77);
	err_hint(&sent, "ask the vendor");
	pkg_init(&got, MIB(1));
	assert_int_equal(pipe(ends), 0);
	struct wire_out *out = wire_out_new(ends[1]);
	assert_int_equal(wire_out_error(out, &sent, &e), 0);
	close(ends[1]);
	assert_int_equal(receive(ends[0], &got, &seen, NULL, &e), -1);
	assert_string_equal(e.code, "E_PATH_ESCAPE");
	assert_string_equal(e.text, sent.text);
	assert_string_equal(e.member, "control.tar");
	assert_int_equal(e.offset, 77);
	assert_string_equal(e.hint, "ask the vendor");
	wire_out_free(out);
	pkg_done(&got);
	close(ends[0]);
}

/* ---- hostile frames: each case writes frames by hand; the parent must say the code. */
static struct pack bytes;
static int hostile_fd;

static void put(enum wire_type type)
{
	struct err e = { 0 };

	assert_int_equal(frame_write(hostile_fd, type, bytes.at, bytes.len, &e), 0);
	bytes.len = 0;
}

static void start(void)
{
	struct pkg p;

	pkg_init(&p, 0);
	wire_pack_meta(&bytes, &p);
	put(WIRE_META);
	put(WIRE_BEGIN);
	pkg_done(&p);
}

static struct entry file(const char *path, uint64_t size)
{
	struct entry entry;

	entry_init(&entry);
	entry.path = path;
	entry.mode = 0644;
	entry.size = size;
	return entry;
}

static void put_entry(const struct entry *entry)
{
	wire_pack_entry(&bytes, entry);
	put(WIRE_ENTRY);
}

static void put_file(const char *path, uint64_t size)
{
	struct entry entry = file(path, size);

	put_entry(&entry);
}

static void put_data(const char *text)
{
	struct err e = { 0 };

	assert_int_equal(frame_write(hostile_fd, WIRE_DATA, text, strlen(text), &e), 0);
}

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

/* ---- where nobody wants the bytes */
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
#define SHA_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA_NONE "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
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

#define CASE(name, code)                                                                                               \
	{                                                                                                              \
#name, name, code                                                                                      \
	}
static const struct hostile {
	const char *name;
	void (*write)(void);
	const char *code;
} digest_cases[] = {
	CASE(bytes_unwanted, "E_CORRUPT"),
	CASE(passed_over, "E_CORRUPT"),
	CASE(passed_nothing, "E_CORRUPT"),
	CASE(passed_less, "E_TRUNCATED"),
	CASE(short_digest, "E_CORRUPT"),
	CASE(not_as_promised, "E_DIGEST"),
	CASE(promised_not_told, "E_CORRUPT"),
	CASE(folder_with_digest, "E_CORRUPT"),
}, cases[] = {
	CASE(passed_with_sink, "E_CORRUPT"),
	CASE(digest_with_sink, "E_CORRUPT"),
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

static void refuses(const struct hostile *of, bool is_digests_only)
{
	int ends[2];
	struct pkg got;
	struct err e = { 0 };
	struct seen seen = { .sink = { &seen_ops } };
	json_t *facts = NULL;

	pkg_init(&got, MIB(1));
	assert_int_equal(pipe(ends), 0);
	hostile_fd = ends[1];
	of->write();
	close(ends[1]);
	if (receive(ends[0], &got, is_digests_only ? NULL : &seen, &facts, &e) != -1)
		fail_msg("%s was believed", of->name);
	if (of->code && (!e.code || strcmp(e.code, of->code) != 0))
		fail_msg("%s: %s %s", of->name, e.code ? e.code : "-", e.text);
	text_done(&seen.text);
	pkg_done(&got);
	close(ends[0]);
}

static void hostile(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++)
		refuses(&cases[i], false);
	for (size_t i = 0; i < COUNT(digest_cases); i++)
		refuses(&digest_cases[i], true);
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
	const struct CMUnitTest tests[] = { cmocka_unit_test(travels), cmocka_unit_test(error_travels),
		cmocka_unit_test(digests_travel), cmocka_unit_test(hostile) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
