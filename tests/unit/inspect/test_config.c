/* test_config.c - what the configuration reader makes of each form: tests/data/inspect/config/NAME against NAME.want. */
#include "base/fs.h"
#include "base/text.h"
#include "inspect/config.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER TEST_DATA "/inspect/config/"

/* "LINE KEY = VALUE" for each item. */
static char *items_of(const char *path, const char *bytes, size_t len)
{
	struct config c = { 0 };
	struct text t = { 0 };

	config_read(&c, path, bytes, len);
	text_add(&t, "form %s\n", c.form);
	for (size_t i = 0; i < c.items.len; i++)
		text_add(&t, "%u %s = %s\n", c.items.at[i].line, c.items.at[i].key, c.items.at[i].value);
	config_done(&c);
	return text_take(&t);
}

static bool one(const char *name)
{
	AUTO_FREE char *file = mem_printf(FOLDER "%s", name), *wanted = mem_printf(FOLDER "%s.want", name);
	/* "etc+ssh+sshd_config" is /etc/ssh/sshd_config */
	AUTO_FREE char *path = mem_printf("/%s", name), *bytes = NULL, *want = NULL, *got = NULL;
	struct err e = { 0 };
	size_t len = 0, want_len = 0;

	for (char *at = path; *at; at++)
		*at = *at == '+' ? '/' : *at;
	assert_int_equal(fs_read_file(file, MIB(1), &bytes, &len, &e), 0);
	assert_int_equal(fs_read_file(wanted, MIB(1), &want, &want_len, &e), 0);
	got = items_of(path, bytes, len);
	if (strcmp(got, want) == 0)
		return true;
	fprintf(stderr, "%s\nwant:\n%sgot:\n%s", name, want, got);
	return false;
}

static void every_form(void **state)
{
	DIR *dir = opendir(FOLDER);
	struct dirent *d;
	unsigned files = 0, wrong = 0;

	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.' || text_ends(d->d_name, ".want"))
			continue;
		files++;
		wrong += !one(d->d_name);
	}
	closedir(dir);
	assert_true(files >= 10);
	assert_int_equal(wrong, 0);
}

static void places(void **state)
{
	static const struct {
		const char *path;
		bool is_config;
	} cases[] = {
		{ "/etc/a/b", true },
		{ "/opt/acme/etc/a.conf", true },
		{ "/opt/acme/a.so", false },
		{ "/usr/share/acme/defaults.yaml", true },
		{ "/usr/share/doc/acme/a.conf", false },
		{ "/usr/share/acme/examples/a.conf", false },
		{ "/etc/acme/a.conf.sample", false },
		{ "/etc/acme/examples.conf", true },
		{ "/etc/acme/examples/a.conf", true },
		{ "/etc/acme/test/a.js", true },
		{ "/etc/acme/a.example", false },
		{ "/usr/lib/systemd/system/a.service", true },
		{ "/usr/bin/a", false },
		{ "/usr/lib/node_modules/a/package.json", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		if (config_is_place(&(struct entry){ .path = cases[i].path }) != cases[i].is_config)
			fail_msg("%s", cases[i].path);
	assert_true(config_is_place(&(struct entry){ .path = "/var/lib/a/x", .flags = ENTRY_CONFIG }));
	assert_false(config_is_place(&(struct entry){ .path = "/etc/a.conf", .flags = ENTRY_DOC }));
}

/* Sections without end, a key as long as the file, lists in lists: bounded. */
static void hostile(void **state)
{
	static const char *const pieces[] = { "a{", "[a]\n", "<a>", "[", "{\"a\":", "- - ", "k: |\n ", "\"", "a:\n ",
		"${", "//\n" };

	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct text t = { 0 };

		while (t.len < 300000)
			text_add(&t, "%s", pieces[i]);
		for (unsigned k = 0; k < 4; k++) {
			static const char *const names[] = { "/etc/a", "/etc/a.json", "/etc/a.yaml", "/etc/a.xml" };
			struct config c = { 0 };

			config_read(&c, names[k], t.at, t.len);
			assert_true(c.items.len <= CONFIG_ITEMS_MAX);
			config_done(&c);
		}
		text_done(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form),
		cmocka_unit_test(places),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
