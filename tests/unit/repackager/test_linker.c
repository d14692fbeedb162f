/* test_linker.c - hard link sets in every order, from a table: entries in, entries out. */
#include "repackager/linker.h"
#include "wire_help.h"

/* "f PATH[=LINK...]" a file with body, "h PATH>TARGET" a hard link, "d PATH" a folder. */
static const struct {
	const char *name, *in, *out; /* out: what the last pass gave, "" when it was refused */
	int passes;
} cases[] = {
	{ "no links", "f/a d/b f/c", "/a /b /c", 1 },
	{ "file first, as in tar", "f/a h/b>/a f/c", "/a=/b /c", 2 },
	{ "scattered", "f/a f/c h/b>/a f/d h/e>/a h/g>/c", "/a=/b,/e /c=/g /d", 2 },
	{ "links first", "h/a>/c h/b>/c f/c f/d", "/c=/a,/b /d", 1 },
	{ "links on both sides", "h/a>/c f/c h/b>/c", "/c=/a,/b", 2 },
	{ "told by the file, as in rpm", "h/a>/c h/b>/c f/c=/a=/b", "/c=/a,/b", 1 },
	{ "told by the file, the links after", "f/c=/a=/b h/a>/c h/b>/c", "/c=/a,/b", 1 },
	{ "a chain", "f/a h/b>/a h/c>/b", "/a=/b,/c", 2 },
	{ "a chain before its file", "h/c>/b h/b>/a f/a", "/a=/c,/b", 2 },
	{ "to nothing", "f/a h/b>/x", "", 1 },
	{ "to a folder", "d/a h/b>/a", "", 1 },
	{ "in a circle", "h/a>/b h/b>/a f/c", "", 1 },
};

struct out {
	struct sink sink;
	struct text text;
	const struct entry *entry;
};

static int out_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct out *out = (struct out *)s;

	out->entry = entry;
	text_add(&out->text, "%s%s", out->text.len ? " " : "", entry->path);
	for (size_t i = 0; i < entry->links_len; i++)
		text_add(&out->text, "%s%s", i ? "," : "=", entry->links[i]);
	return 0;
}

static int out_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	assert_int_equal(len, ((struct out *)s)->entry->size);
	return 0;
}

static int out_end(struct sink *s, struct err *e)
{
	const struct entry *entry = ((struct out *)s)->entry;

	assert_string_equal(entry->sha256, entry->type == ENTRY_FILE ? "digest" : "");
	return 0;
}

static const struct sink_ops out_ops = { .entry_begin = out_begin, .data = out_data, .entry_end = out_end };

static int feed_one(struct sink *s, char *word, struct err *e)
{
	struct entry entry;
	const char *links[8];
	char *target = strchr(word, '>'), *more;

	entry_init(&entry);
	entry.type = word[0] == 'f' ? ENTRY_FILE : word[0] == 'd' ? ENTRY_DIR : ENTRY_HARDLINK;
	entry.links = links;
	if (target) {
		*target = '\0';
		entry.target = target + 1;
	}
	while ((more = strrchr(word, '=')) != NULL) {
		*more = '\0';
		memmove(links + 1, links, entry.links_len * sizeof *links);
		links[0] = more + 1;
		entry.links_len++;
	}
	entry.path = word + 1;
	entry.size = entry.type == ENTRY_FILE ? 4 : 0;
	if (sink_entry_begin(s, &entry, e) || (entry.size && sink_data(s, "body", 4, e)))
		return -1;
	if (entry.type == ENTRY_FILE)
		strcpy(entry.sha256, "digest");
	return sink_entry_end(s, e);
}

static int feed(struct sink *s, const char *line, struct err *e)
{
	AUTO_FREE char *copy = mem_strdup(line);
	char *save = NULL;

	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		if (feed_one(s, word, e))
			return -1;
	return sink_close(s, e);
}

static void orders(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena arena;
		struct err e = { 0 };
		struct out out = { .sink = { &out_ops } };
		int passes = 1;

		arena_init(&arena, 0);
		struct linker *l = linker_new(&out.sink, &arena);
		int failed = feed(linker_sink(l), cases[i].in, &e);
		if (!failed && linker_wants_again(l)) {
			text_done(&out.text);
			linker_again(l, &out.sink);
			failed = feed(linker_sink(l), cases[i].in, &e);
			passes++;
			assert_false(linker_wants_again(l));
		}
		if (failed != (cases[i].out[0] ? 0 : -1) || passes != cases[i].passes)
			fail_msg("%s: %d after %d passes: %s", cases[i].name, failed, passes, e.text);
		if (failed)
			assert_string_equal(e.code, "E_LINK_TARGET_MISSING");
		else if (strcmp(out.text.at, cases[i].out) != 0)
			fail_msg("%s: got %s, expected %s", cases[i].name, out.text.at, cases[i].out);
		text_done(&out.text);
		linker_free(l);
		arena_done(&arena);
	}
}

static void changed(void **state)
{
	struct arena arena;
	struct err e = { 0 };

	arena_init(&arena, 0);
	struct linker *l = linker_new(NULL, &arena);
	assert_int_equal(feed(linker_sink(l), "f/a h/b>/a", &e), 0);
	assert_true(linker_wants_again(l));
	linker_again(l, NULL);
	assert_int_equal(feed(linker_sink(l), "f/a h/x>/a", &e), -1);
	assert_string_equal(e.code, "E_MISMATCH");
	linker_free(l);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(orders), cmocka_unit_test(changed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
