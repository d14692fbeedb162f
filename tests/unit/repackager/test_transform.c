/* test_transform.c - entries in, entries out, as files: tests/data/transform/README. */
#include "base/fs.h"
#include "repackager/transform.h"
#include "wire_help.h"
#include <dirent.h>
#include <stdlib.h>

struct section {
	const char *name;
	struct text body;
};

struct test_case {
	bool is_plain;
	struct section sections[5];
};
enum { RECIPE, HOUSE, IN, OUT, ERROR };

static void read_case(const char *path, struct test_case *c)
{
	static const char *const names[] = { "recipe", "house", "in", "out", "error" };
	char *text, *next;
	size_t len;
	struct err e = { 0 };
	struct section *at = NULL;

	for (size_t i = 0; i < COUNT(names); i++)
		c->sections[i].name = names[i];
	assert_int_equal(fs_read_file(path, 1 << 20, &text, &len, &e), 0);
	for (char *line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (strcmp(line, "plain") == 0) {
			c->is_plain = true;
		} else if (text_starts(line, "== ")) {
			at = NULL;
			for (size_t i = 0; i < COUNT(names); i++)
				if (strcmp(line + 3, names[i]) == 0)
					at = &c->sections[i];
			assert_non_null(at);
		} else if (at && line[0] != '#') {
			text_add(&at->body, "%s\n", line);
		}
	}
	free(text);
}

static void load(const char *path, const struct text *body, bool is_recipe, struct document *ret)
{
	struct err e = { 0 };
	AUTO_FREE char *yaml = mem_printf(
		"version: 1\n%s%s", is_recipe ? "product: acme\n" : "", body->at ? body->at : "");
	const char *slash = strrchr(path, '/');

	if (!body->at)
		return;
	if (yaml_parse(yaml, strlen(yaml), path, is_recipe ? &recipe_schema : &house_schema, &ret->json, &e))
		fail_msg("%s", e.text);
	ret->path = mem_strdup(path);
	ret->dir = mem_printf("%.*s", (int)(slash - path), path);
	ret->text = mem_strdup(yaml);
	ret->len = strlen(yaml);
}

static void set_owner(struct entry *entry, char *word)
{
	char *colon = strchr(word, ':');

	if (colon)
		*colon = '\0';
	entry->owner = word;
	entry->group = colon ? colon + 1 : "root";
}

static int feed_line(struct sink *s, char *line, struct err *e)
{
	struct entry entry;
	const char *links[8];
	char *save = NULL, *word = strtok_r(line, " ", &save);

	entry_init(&entry);
	entry.type = word[0] == 'f' ? ENTRY_FILE : word[0] == 'd' ? ENTRY_DIR : ENTRY_SYMLINK;
	entry.path = strtok_r(NULL, " ", &save);
	entry.mode = (uint32_t)strtoul(strtok_r(NULL, " ", &save), NULL, 8);
	set_owner(&entry, strtok_r(NULL, " ", &save));
	entry.links = links;
	while ((word = strtok_r(NULL, " ", &save)) != NULL) {
		if (word[0] == '=')
			links[entry.links_len++] = word + 1;
		else if (strcmp(word, "->") != 0)
			entry.target = word;
	}
	entry.size = entry.type == ENTRY_FILE ? 3 : 0;
	if (sink_entry_begin(s, &entry, e) || (entry.size && sink_data(s, "abc", 3, e)))
		return -1;
	return sink_entry_end(s, e);
}

static int feed(struct sink *s, char *lines, const struct pkg *meta, struct err *e)
{
	char *save = NULL;

	if (sink_begin(s, meta, e))
		return -1;
	for (char *line = lines ? strtok_r(lines, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		if (feed_line(s, line, e))
			return -1;
	return sink_close(s, e);
}

static void show(struct text *to, const struct entry *entry)
{
	static const char types[] = "fdl";

	text_add(to, "%c %s %04o %s:%s", types[entry->type], entry->path, entry->mode, entry->owner, entry->group);
	for (size_t i = 0; i < entry->links_len; i++)
		text_add(to, " =%s", entry->links[i]);
	text_add(to, "%s%s%s%s%s\n", entry->target[0] ? " -> " : "", entry->target,
		entry->flags & ENTRY_CONFIG ? " [config]" : "", entry->flags & ENTRY_NOREPLACE ? " [keep]" : "",
		entry->flags & ENTRY_ADDED ? " +" : "");
}

static void run_case(const char *path)
{
	struct test_case c = { 0 };
	struct document recipe = { 0 }, house = { 0 };
	struct pkg meta, out;
	struct err e = { 0 };
	AUTO(text) got = { 0 };

	read_case(path, &c);
	load(path, &c.sections[RECIPE].body, true, &recipe);
	load(path, &c.sections[HOUSE].body, false, &house);
	pkg_init(&meta, 0);
	pkg_init(&out, 0);
	meta.has_metadata = !c.is_plain;
	struct identity id = {
		.product = document_text(&recipe, "product"), .vendor = recipe_vendor(&recipe), .name = "acme"
	};
	struct transform_job job = { &recipe, &house, &id, &meta, NULL, 1000, NULL };
	struct transform *t = transform_new(&job, NULL, &out, &e);
	int failed = !t || feed(transform_sink(t), c.sections[IN].body.at, &meta, &e);
	if (c.sections[ERROR].body.at) {
		char *want = c.sections[ERROR].body.at;
		want[strcspn(want, "\n")] = '\0';
		if (!failed || !strstr(e.text, want))
			fail_msg("%s: wants an error with '%s', got: %s", path, want, failed ? e.text : "none");
	} else if (failed) {
		fail_msg("%s: %s", path, e.text);
	} else {
		pkg_sort_entries(&out);
		for (size_t i = 0; i < out.entries.len; i++)
			show(&got, &out.entries.at[i]);
		if (strcmp(got.at ? got.at : "", c.sections[OUT].body.at) != 0)
			fail_msg("%s: got\n%s", path, got.at ? got.at : "");
	}
	transform_free(t);
	pkg_done(&meta);
	pkg_done(&out);
	document_done(&recipe);
	document_done(&house);
	for (size_t i = 0; i < COUNT(c.sections); i++)
		text_done(&c.sections[i].body);
}

static void cases(void **state)
{
	struct dirent **list;
	int len = scandir(TEST_DATA "/transform", &list, NULL, alphasort), found = 0;

	for (int i = 0; i < len; i++) {
		if (text_ends(list[i]->d_name, ".case")) {
			AUTO_FREE char *path = fs_join(TEST_DATA "/transform", list[i]->d_name);
			run_case(path);
			found++;
		}
		free(list[i]);
	}
	free(list);
	assert_true(found > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(cases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
