/* test_compare.c - two trees told as changes: what counts as the same, what does not, and how heavily. */
#include "sandbox/trial.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static const struct test nobody_looks;
static const char held[] = "/opt/acme/agent\n/lib/acme.so\nnot a path\n";

/* One path on either side; kind 0: as in the root image. */
struct side {
	char kind;
	mode_t mode;
	uid_t uid;
	const char *bytes, *target, *capability;
};

static void fill(struct watch *w, const struct side *s, const char *path)
{
	struct change c = { .kind = s->kind,
		.path = mem_strdup(path),
		.mode = s->mode,
		.uid = s->uid,
		.size = s->bytes ? strlen(s->bytes) : 0,
		.target = mem_strdup(s->target ? s->target : "") };

	snprintf(c.sha256, sizeof c.sha256, "%s", s->bytes ? s->bytes : "");
	snprintf(c.capability, sizeof c.capability, "%s", s->capability ? s->capability : "");
	if (s->kind)
		*LIST_ADD(&w->changes) = c;
	else
		free(c.path), free(c.target);
}

static const struct {
	const char *path;
	struct side want, got;
	const char *severity, *text; /* NULL: nothing is found */
	bool is_same_version;
} cases[] = {
	/* the same */
	{ "/opt/acme/agent", { '+', S_IFREG | 0755, 0, "aa" }, { '+', S_IFREG | 0755, 0, "aa" }, NULL, NULL },
	{ "/opt/acme/link", { '+', S_IFLNK | 0777, 0, NULL, "a" }, { '+', S_IFLNK | 0777, 0, NULL, "a" }, NULL, NULL },
	{ "/etc/gone", { '-', S_IFREG | 0644 }, { '-', S_IFREG | 0644 }, NULL, NULL },
	/* what the package holds must be so to the byte; what a script made may be random */
	{ "/opt/acme/agent", { '+', S_IFREG | 0755, 0, "aa" }, { '+', S_IFREG | 0755, 0, "ab" }, "high",
		"other content" },
	{ "/usr/lib/acme.so", { '+', S_IFREG | 0755, 0, "aa" }, { '+', S_IFREG | 0755, 0, "ab" }, "high",
		"other content" },
	{ "/etc/acme/key", { '+', S_IFREG | 0600, 0, "aa" }, { '+', S_IFREG | 0600, 0, "ab" }, "low", "other content" },
	{ "/var/lib/acme/key", { '+', S_IFREG | 0600, 0, "aa" }, { '+', S_IFREG | 0600, 0, "ab" }, NULL, NULL },
	{ "/etc/edited", { '+', S_IFREG | 0644, 0, "aa" }, { '+', S_IFREG | 0644, 0, "ab" }, NULL, NULL },
	/* owner by name, mode, type, target, capabilities */
	{ "/etc/a", { '+', S_IFREG | 0644, 104 }, { '+', S_IFREG | 0644, 205 }, NULL, NULL },
	{ "/etc/a", { '+', S_IFREG | 0644, 104 }, { '+', S_IFREG | 0644, 0 }, "high", "owner root:0, was acme:0" },
	{ "/etc/a", { '+', S_IFREG | 0644 }, { '+', S_IFREG | 0666 }, "high", "mode 0666, was 0644" },
	{ "/etc/a", { '+', S_IFREG | 0644 }, { '+', S_IFDIR | 0644 }, "high", "another type" },
	{ "/etc/a", { '+', S_IFLNK | 0777, 0, NULL, "b" }, { '+', S_IFLNK | 0777, 0, NULL, "/dev/null" }, "high",
		"points to /dev/null, was b" },
	{ "/etc/a", { '+', S_IFREG | 0755, 0, "a", NULL, "cap_net_raw=ep" }, { '+', S_IFREG | 0755, 0, "a" }, "high",
		"capabilities '', were 'cap_net_raw=ep'" },
	/* there or not */
	{ "/etc/a", { '+', S_IFREG | 0644 }, { 0 }, "high", "it is gone" },
	{ "/etc/a", { '*', S_IFREG | 0644 }, { 0 }, "high", "as it was before the package came" },
	{ "/etc/a", { '*', S_IFREG | 0644 }, { '-', S_IFREG | 0644 }, "high", "it is gone" },
	{ "/etc/a", { '-', S_IFREG | 0644 }, { '*', S_IFREG | 0644 }, "high", "it is back" },
	{ "/etc/a", { 0 }, { '+', S_IFREG | 0644 }, "high", "it should not be there" },
	{ "/etc/a", { 0 }, { '-', S_IFREG | 0644 }, "high", "it is gone" },
	{ "/etc/a", { 0 }, { '*', S_IFREG | 0644 }, "high", "it is not as it was" },
	{ "/var/lib/acme/new", { 0 }, { '+', S_IFREG | 0644 }, "info", "it should not be there", true },
	{ "/var/lib/acme/new", { 0 }, { '+', S_IFREG | 0644 }, "medium", "it should not be there" },
	{ "/var/lib/acme/old", { '+', S_IFREG | 0644 }, { 0 }, "medium", "it is gone", true },
	/* nobody's */
	{ "/tmp/x", { 0 }, { '+', S_IFREG | 0644 }, NULL, NULL },
	{ "/var/lib/dpkg/status", { '*', S_IFREG | 0644 }, { 0 }, NULL, NULL },
	{ "/etc/acme.conf.dpkg-new", { 0 }, { '+', S_IFREG | 0644 }, NULL, NULL },
	{ "/opt/acme/agent;65e1a2b3", { 0 }, { '+', S_IFREG | 0644 }, NULL, NULL },
};

static void differences(void **state)
{
	AUTO_JSON *holds = trial_paths(held);
	AUTO_JSON *edited = trial_paths("/etc/edited\n");

	assert_non_null(json_object_get(holds, "/usr/lib/acme.so")); /* where /lib is a link */
	assert_int_equal(json_object_size(holds), 3);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct watch want = { .passwd = mem_strdup("root:x:0:\nacme:x:104:\n") },
			     got = { .passwd = mem_strdup("root:x:0:\nacme:x:205:\n") };
		struct trial t = { .test = &nobody_looks, .findings = json_array() };
		const struct comparison c = { .want = &want,
			.got = &got,
			.holds = holds,
			.edited = edited,
			.check = "rollback-differs",
			.operation = "rollback",
			.is_same_root = true,
			.is_same_version = cases[i].is_same_version };
		unsigned heavy;
		const json_t *f;

		fill(&want, &cases[i].want, cases[i].path);
		fill(&got, &cases[i].got, cases[i].path);
		heavy = trees_compare(&t, &c);
		f = json_array_get(t.findings, 0);
		if (json_array_size(t.findings) != (cases[i].text ? 1 : 0) ||
			(f &&
				(strcmp(json_text(f, "severity"), cases[i].severity) != 0 ||
					!strstr(json_text(f, "text"), cases[i].text))))
			fail_msg("case %zu, %s: %s %s", i, cases[i].path, json_text(f, "severity"),
				json_text(f, "text"));
		assert_int_equal(heavy, cases[i].text && strcmp(cases[i].severity, "high") == 0);
		watch_done(&want);
		watch_done(&got);
		json_decref(t.findings);
	}
}

/* A tree full of differences is told up to a bound; one that could not be read whole is never the same. */
static void many_differences(void **state)
{
	struct trial t = { .test = &nobody_looks, .findings = json_array() };
	struct watch want = { .passwd = NULL }, got = { .passwd = NULL };
	const struct comparison c = {
		.want = &want, .got = &got, .check = "rollback-differs", .operation = "rollback"
	};

	for (int i = 0; i < 1000; i++) {
		char path[32];

		snprintf(path, sizeof path, "/opt/%04d", i);
		fill(&got, &(struct side){ '+', S_IFREG | 0644 }, path);
	}
	assert_int_equal(trees_compare(&t, &c), 200);
	json_array_clear(t.findings);
	for (size_t i = 0; i < got.changes.len; i++)
		fill(&want, &(struct side){ '+', S_IFREG | 0644 }, got.changes.at[i].path);
	assert_int_equal(trees_compare(&t, &c), 0);
	assert_int_equal(json_array_size(t.findings), 0);
	got.changes.is_cut = true;
	trees_compare(&t, &c);
	assert_string_equal(json_text(json_array_get(t.findings, 0), "severity"), "high");
	assert_true(t.is_failed);
	watch_done(&want);
	watch_done(&got);
	json_decref(t.findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(differences), cmocka_unit_test(many_differences) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
