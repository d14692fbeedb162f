/* test_mention.c - old paths in texts and streams: tests/data/mentions.txt, and the same however the stream is cut. */
#include "base/fs.h"
#include "repackager/mention.h"
#include "wire_help.h"

static struct rule moves[] = { { .verb = VERB_MOVE, .from = "/opt/acme", .to = "/opt/org/acme" },
	{ .verb = VERB_MOVE, .from = "/opt/org/acme/old", .to = "/opt/org/acme/new" },
	{ .verb = VERB_MOVE, .from = "/srv/x", .to = "/srv/y" },
	{ .verb = VERB_MOVE, .from = "/bin", .to = "/opt/bin" } };

struct world {
	struct arena arena;
	struct rules rules;
	struct mentions m;
};

static void world_init(struct world *w)
{
	*w = (struct world){ 0 };
	w->rules = (struct rules){ .at = moves, .len = COUNT(moves), .arena = &w->arena };
	mentions_of(&w->rules, &w->m);
}

static void world_done(struct world *w)
{
	mentions_done(&w->m);
	arena_done(&w->arena);
}

/* "before => after" a line; "before =" stays as it is. */
static void texts(void **state)
{
	AUTO_FREE char *all = NULL;
	struct err e = { 0 };
	struct world w;
	size_t len, count = 0;

	world_init(&w);
	assert_int_equal(fs_read_file(TEST_DATA "/mentions.txt", 1 << 16, &all, &len, &e), 0);
	for (char *rest = all, *line; (line = strsep(&rest, "\n"));) {
		char *arrow = strstr(line, " => ");
		AUTO(text) out = { 0 };
		if (line[0] == '#' || !line[0])
			continue;
		bool want = arrow != NULL;
		if (arrow)
			*arrow = '\0';
		else
			line[strlen(line) - 2] = '\0';
		count++;
		if (mention_rewrite(&w.m, line, strlen(line), &out) != want)
			fail_msg("%s: %s", line, want ? "was not seen" : "was taken for one");
		if (want && strcmp(out.at, arrow + 4) != 0)
			fail_msg("%s: became %s", line, out.at);
	}
	assert_true(count >= 20);
	world_done(&w);
}

static void streams(void **state)
{
	static const char text[] =
		"xx /opt/acme/a /opt/acme-b \n-L/opt/acme\n/srv/x=/opt/acme.\n/usr/opt/acme /opt/acme";
	static const uint64_t want[] = { 3, 30, 40, 47, 72 };
	struct mention_scan s = { 0 };
	struct world w;

	world_init(&w);
	for (size_t first = 0; first < sizeof text; first++)
		for (size_t step = 1; step < 9; step++) {
			mention_scan_begin(&s, &w.m);
			mention_scan_add(&s, text, first);
			for (size_t at = first; at < sizeof text - 1; at += step)
				mention_scan_add(
					&s, text + at, at + step < sizeof text - 1 ? step : sizeof text - 1 - at);
			mention_scan_end(&s);
			assert_int_equal(s.hits_len, COUNT(want));
			for (size_t i = 0; i < COUNT(want); i++)
				assert_int_equal(s.hits[i].at, want[i]);
		}
	mention_scan_done(&s);
	world_done(&w);
}

/* A mention over the border of two windows, behind a hole, and more than are kept. */
static void windows(void **state)
{
	struct mention_scan s = { 0 };
	struct world w;
	enum { SIZE = 200000 };
	AUTO_FREE char *bytes = mem_alloc(SIZE);

	world_init(&w);
	for (size_t at = 65500; at < 65600; at++) {
		memset(bytes, 'a', SIZE);
		memcpy(bytes + at, " /opt/acme ", 11);
		mention_scan_begin(&s, &w.m);
		mention_scan_add(&s, bytes, SIZE);
		mention_scan_end(&s);
		assert_int_equal(s.hits_len, 1);
		assert_int_equal(s.hits[0].at, at + 1);
	}
	mention_scan_begin(&s, &w.m);
	mention_scan_add(&s, "a", 1);
	mention_scan_add(&s, NULL, 1000000);
	mention_scan_add(&s, "/opt/acme", 9);
	mention_scan_end(&s);
	assert_int_equal(s.hits_len, 1);
	assert_int_equal(s.hits[0].at, 1000001);
	mention_scan_begin(&s, &w.m);
	for (int i = 0; i < 100; i++)
		mention_scan_add(&s, "/opt/acme\n", 10);
	mention_scan_end(&s);
	assert_int_equal(s.hits_len, MENTION_HITS);
	mention_scan_done(&s);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(texts), cmocka_unit_test(streams),
		cmocka_unit_test(windows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
