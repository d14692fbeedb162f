/* test_roots.c - what a copy of this machine hides, what package managers say is missing, how old a root is, what fits as a root's name. */
#include "base/fs.h"
#include "base/proc.h"
#include "base/when.h"
#include "sandbox/depends.h"
#include "sandbox/launch.h"
#include "sandbox/plans.h"
#include "sandbox/secrets.h"
#include "sandbox/trial.h"
#include <setjmp.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char canary[] = "root:$6$CANARY$Ft8vWq:19000::::::\nsomebody:$y$CANARY:1::\n";

static char *secrets_text(void)
{
	AUTO_FREE char *path = mem_strdup(TEST_DATA "/secrets.txt");
	struct err e = { 0 };
	char *text = NULL;
	size_t len;

	if (fs_read_file(path, MIB(1), &text, &len, &e))
		fail_msg("%s", e.text);
	return text;
}

/* Calls each with every file of the list. */
static size_t each_secret(
	const char *tree, void (*each)(void *context, const char *tree, const char *path), void *context)
{
	AUTO_FREE char *text = secrets_text();
	size_t count = 0;

	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;)
		if (*line == '/') {
			each(context, tree, line);
			count++;
		}
	return count;
}

static void plant(void *context, const char *tree, const char *path)
{
	AUTO_FREE char *file = mem_printf("%s%s", tree, path), *folder = mem_strdup(file);
	struct err e = { 0 };

	*strrchr(folder, '/') = '\0';
	assert_int_equal(fs_mkdirs(folder, 0755, &e), 0);
	assert_int_equal(fs_write_file(file, canary, strlen(canary), 0600, &e), 0);
}

static void look(void *context, const char *tree, const char *path)
{
	AUTO_FREE char *bytes = NULL;
	struct err e = { 0 };
	size_t len = 0;

	if (sandbox_read(context, path, MIB(1), &bytes, &len, &e))
		fail_msg("%s: %s", path, e.text);
	if (bytes && memmem(bytes, len, "CANARY", 6))
		fail_msg("%s is seen inside", path);
}

/* A machine of files only stands for the real one. */
static void secrets_are_not_seen(void **state)
{
	AUTO_FREE char *tree = NULL;
	char name[] = "/", origin[] = "machine";
	const char *const hide[] = { "/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_ed25519_key" };
	const struct plan_inputs inputs = { .hide = hide, .hide_len = COUNT(hide) };
	const struct test_limits limits = { .memory = MIB(256), .processes = 20, .disk = MIB(64), .seconds = 20 };
	struct sandbox *sandbox = NULL;
	struct path_status shadow;
	struct err e = { 0 };
	struct plan plan;
	unsigned missing;

	assert_int_equal(fs_temp_dir("roots", &tree, &e), 0);
	assert_int_equal(chmod(tree, 0755), 0);
	assert_true(each_secret(tree, plant, NULL) > 50);
	plant(NULL, tree, "/etc/plain");
	const struct root root = { name, tree, origin, true };
	plan_for_test(&root, &inputs, &limits, &plan);
	if (sandbox_start(&plan, &sandbox, &missing, &e) || secrets_replace(sandbox, &e))
		fail_msg("%s", e.text);
	each_secret(tree, look, sandbox);
	AUTO_FREE char *plain = NULL;
	size_t len = 0;
	assert_int_equal(sandbox_read(sandbox, "/etc/plain", MIB(1), &plain, &len, &e), 0);
	assert_string_equal(plain, canary); /* what is no secret is there: looking works */
	assert_int_equal(sandbox_status(sandbox, "/etc/shadow", &shadow, &e), 0);
	assert_true(shadow.is_there && shadow.size > 0); /* its people stay, without their hashes */
	sandbox_stop(sandbox);
	plan_done(&plan);
	assert_int_equal(fs_remove_tree(tree, &e), 0);
}

struct places {
	bool has_home, has_roots, has_standard;
};

static void note(void *context, const char *path)
{
	struct places *p = context;

	if (!path)
		return;
	p->has_home |= strcmp(path, "/somebody's/home") == 0;
	p->has_roots |= strcmp(path, "/some/data/sluice/roots") == 0;
	p->has_standard |= strcmp(path, "/usr") == 0 || strcmp(path, "/etc") == 0 || strcmp(path, "/") == 0;
}

static void the_callers_places_are_named(void **state)
{
	struct places p = { 0 };

	setenv("HOME", "/somebody's/home", 1);
	setenv("XDG_DATA_HOME", "/some/data", 1);
	secrets_each(note, &p);
	assert_true(p.has_home);
	assert_true(p.has_roots);
	assert_false(p.has_standard);
}

static void what_is_missing_is_named(void **state)
{
	static const struct {
		const char *output, *where[3];
	} cases[] = {
		{ "dpkg: dependency problems prevent configuration of svc:\n svc depends on foo (>= 2); however:\n  "
		  "Package foo "
		  "is not installed.\n svc depends on foo (>= 2); however:\n",
			{ "foo (>= 2)" } },
		{ "dpkg: regarding x.deb containing x, pre-dependency problem:\n x pre-depends on bar; however:\n",
			{ "bar" } },
		{ "The following packages have unmet dependencies:\n svc : Depends: foo but it is not installable\n    "
		  "   "
		  "Depends: bar (>= 1) but 0.5 is to be installed\n",
			{ "foo", "bar (>= 1)" } },
		{ "error: Failed dependencies:\n\tfoo >= 1 is needed by svc-1-1.noarch\n\tlib.so()(64bit) is needed by "
		  "svc-1-1.noarch\n",
			{ "foo >= 1", "lib.so()(64bit)" } },
		{ "error: Failed dependencies:\n\tfoo is needed by (installed) svc-1-1.noarch\n", { NULL } },
		{ "postinst: it depends on the weather\n", { NULL } },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct test test = { 0 };
		struct trial t = { .test = &test, .findings = json_array() };
		size_t count = 0;

		depends_find(&t, cases[i].output, strlen(cases[i].output));
		while (count < 3 && cases[i].where[count]) {
			const json_t *f = json_array_get(t.findings, count);

			assert_string_equal(json_text(f, "check"), "dependency-missing");
			assert_string_equal(json_text(f, "where"), cases[i].where[count]);
			count++;
		}
		assert_int_equal(json_array_size(t.findings), count);
		assert_int_equal(t.is_failed, count > 0);
		json_decref(t.findings);
	}
}

static void a_roots_age(void **state)
{
	AUTO_JSON *about = json_object();
	char created[32];

	assert_int_equal(root_age(NULL), -1);
	assert_int_equal(root_age(about), -1);
	when_utc(when_now() - 3 * 86400, created);
	json_set_str(about, "created", created);
	assert_true(root_age(about) >= 3 * 86400 && root_age(about) < 3 * 86400 + 600);
	when_utc(when_now() + 86400, created); /* a clock that went back */
	json_set_str(about, "created", created);
	assert_int_equal(root_age(about), 0);
}

static void names_and_sources_that_are_none(void **state)
{
	static const struct {
		const char *name, *from;
	} cases[] = { { "../up", "/" }, { ".hidden", "/" }, { "-x", "/" }, { "a/b", "/" }, { "", "/" },
		{ "x", "debian:" }, { "x", "debian:../x" }, { "x", "debian:-o" }, { "x", "/no/such/file" },
		{ "x", "oci-archive:/no/such/file" } };
	AUTO_FREE char *dir = NULL;
	struct err e = { 0 };

	assert_int_equal(fs_temp_dir("roots", &dir, &e), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *about = NULL;

		assert_int_equal(root_create(dir, cases[i].name, cases[i].from, NULL, &about, &e), -1);
		assert_int_equal(e.class, ERR_USAGE);
		assert_null(about);
	}
	AUTO_JSON *list = NULL;
	assert_int_equal(root_list(dir, &list, &e), 0);
	assert_int_equal(json_array_size(list), 0);
	assert_int_equal(rmdir(dir), 0); /* nothing was left in it */
}

int main(void)
{
	const struct CMUnitTest everybody[] = {
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(a_roots_age),
		cmocka_unit_test(names_and_sources_that_are_none),
		cmocka_unit_test(the_callers_places_are_named),
	};
	const struct CMUnitTest as_root[] = {
		cmocka_unit_test(secrets_are_not_seen),
	};

	return cmocka_run_group_tests_name("roots", everybody, NULL, NULL) +
		(geteuid() == 0 ? cmocka_run_group_tests_name("secrets", as_root, NULL, NULL) : 0);
}
