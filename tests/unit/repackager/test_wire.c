/* test_wire.c - what goes in at the child's side comes out at the parent's. What must not come: test_wire_hostile.c; digests alone:
 * test_wire_digests.c. */
#include "base/codec.h"
#include "wire_frames.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(travels), cmocka_unit_test(error_travels) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
