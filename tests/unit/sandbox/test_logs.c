/* test_logs.c - what needs no sandbox: lines reduced to templates, the file of patterns, which lines of failure are found, dispositions. */
#include "base/fs.h"
#include "base/text.h"
#include "sandbox/log_template.h"
#include "sandbox/log_weakens.h"
#include "sandbox/trial.h"
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

/* tests/data/logs/NAME: lines of fields between tabs; '#' and empty lines pass. */
static void each_case(const char *name, void (*check)(char **fields, size_t len, const char *where))
{
	AUTO_FREE char *path = mem_printf(TEST_DATA "/logs/%s", name), *bytes = NULL;
	struct err e = { 0 };
	size_t len, number = 0, cases = 0;

	if (fs_read_file(path, 1 << 20, &bytes, &len, &e))
		fail_msg("%s", e.text);
	for (char *rest = bytes, *line; (line = strsep(&rest, "\n")) != NULL;) {
		AUTO_FREE char *where = mem_printf("%s:%zu", name, ++number);
		char *fields[4] = { 0 };
		size_t fields_len = 0;

		if (!*line || *line == '#')
			continue;
		while (line && fields_len < COUNT(fields))
			fields[fields_len++] = strsep(&line, "\t");
		check(fields, fields_len, where);
		cases++;
	}
	assert_true(cases > 10);
}

static void check_template(char **fields, size_t len, const char *where)
{
	AUTO_FREE char *got = log_template(fields[0]), *again = log_template(fields[0]);

	assert_int_equal(len, 2);
	if (strcmp(got, fields[1]) != 0)
		fail_msg("%s: %s\nbecame   %s\nexpected %s", where, fields[0], got, fields[1]);
	assert_string_equal(got, again);
}

static void lines_become_templates(void **state)
{
	AUTO_FREE char *path = log_template_path("/var/log/acme/agent-2026-11-26.log");

	each_case("templates.txt", check_template);
	assert_string_equal(path, "/var/log/acme/agent-#.log");
}

static struct log_patterns builtin;

static void check_line(char **fields, size_t len, const char *where)
{
	const struct log_pattern *p = log_patterns_match(&builtin, fields[1], fields[2]);
	const char *got = !p ? "clean" : p->is_hard ? "hard" : "soft";

	assert_int_equal(len, 3);
	if (strcmp(got, fields[0]) != 0)
		fail_msg("%s: %s\nis %s (%s), expected %s", where, fields[2], got, p ? p->id : "-", fields[0]);
}

static void lines_of_real_daemons(void **state)
{
	struct err e = { 0 };

	if (log_patterns_load(NULL, &builtin, &e))
		fail_msg("%s", e.text);
	each_case("lines.txt", check_line);
	log_patterns_done(&builtin);
}

#define FORTY "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
static void a_file_of_patterns(void **state)
{
	static const struct {
		const char *text, *error; /* NULL: good */
	} cases[] = {
		{ "- {id: a, level: hard, match: \"x+\", unless: \"xx\", in: \"/var/log/**\"}\n", NULL },
		{ "[]", NULL },
		{ "- {id: a, level: loud, match: x}\n", "f:1:18" },
		{ "- {id: A b, level: hard, match: x}\n", "a name such as" },
		{ "- {id: a, level: hard}\n", "match" },
		{ "- {id: a, level: hard, match: \"(\"}\n", "f:1:31" },
		{ "- {id: a, level: hard, match: x, unless: \"[\"}\n", "unless" },
		{ "- {id: a, level: hard, match: \"(a)\\\\1\"}\n", "back-references" },
		{ "- {id: a, level: hard, match: \"(a{1,90}){1,200}\"}\n", "more than 100 times" },
		{ "- {id: a, level: hard, match: \"a{2}b{2}c{2}\"}\n", "more than two repetitions" },
		{ "- {id: a, level: hard, match: x}\n- {id: a, level: soft, match: y}\n", "there already" },
		{ "- {id: a, level: hard, match: x, colour: red}\n", "colour" },
		{ "- {id: a, level: hard, match: \"\"}\n", "a regular expression of" },
		{ "- {id: " FORTY ", level: hard, match: x}\n", NULL },
		{ "- {id: " FORTY "b, level: hard, match: x}\n", "more than 40" },
		{ "- {id: a, level: hard, match: " FORTY "}\n", NULL },
		{ "- {id: a, level: hard, match: " FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY
				FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY
		  "}\n",
			NULL },
		{ "- {id: a, level: hard, match: x, unless: " FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY
				FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY
					FORTY FORTY "b}\n",
			"f:1:42" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct log_patterns p = { 0 };
		struct err e = { 0 };
		int rc = log_patterns_parse(cases[i].text, strlen(cases[i].text), "f", &p, &e);

		if ((rc == 0) != (cases[i].error == NULL) || (rc && !strstr(e.text, cases[i].error)))
			fail_msg("%s: %s", cases[i].text, rc ? e.text : "taken");
		if (rc)
			assert_int_equal(e.class, ERR_USAGE);
		log_patterns_done(&p);
	}
}

static void patterns_in_order(void **state)
{
	static const char text[] =
		"- {id: calm, level: soft, match: fire, unless: \"fire drill\", in: \"/var/log/**\"}\n"
		"- {id: loud, level: hard, match: \"fire|flood\"}\n";
	struct log_patterns p = { 0 };
	struct err e = { 0 };

	assert_int_equal(log_patterns_parse(text, strlen(text), "f", &p, &e), 0);
	assert_string_equal(log_patterns_match(&p, "/var/log/a/b", "A FIRE")->id, "calm");
	assert_string_equal(log_patterns_match(&p, "/var/log/a/b", "a fire drill")->id, "loud");
	assert_string_equal(log_patterns_match(&p, "output of dpkg", "a fire")->id, "loud");
	assert_null(log_patterns_match(&p, "output of dpkg", "all is well"));
	log_patterns_done(&p);
}

/* ---- logs_examine, with a trial that has no root */
struct bench {
	struct test test;
	struct trial trial;
	struct log_rules rules;
};

static void bench_init(struct bench *b)
{
	struct err e = { 0 };

	*b = (struct bench){ 0 };
	if (log_rules_load(NULL, NULL, &b->rules, &e))
		fail_msg("%s", e.text);
	b->test.log_rules = &b->rules;
	b->trial.test = &b->test;
	b->trial.logs = json_array();
	b->trial.findings = json_array();
	b->trial.log_digests = json_object();
}

static void bench_done(struct bench *b)
{
	json_decref(b->trial.logs);
	json_decref(b->trial.findings);
	json_decref(b->trial.log_digests);
	log_rules_done(&b->rules);
}

static json_t *examined(struct bench *b, const char *path, const char *text)
{
	json_t *log;
	size_t i;

	logs_examine(&b->trial, path, text, strlen(text), 1);
	json_array_foreach(b->trial.logs, i, log)
		if (strcmp(json_text(log, "path"), path) == 0)
			return json_list(log, "findings");
	fail_msg("%s is not in the report", path);
	return NULL;
}

static void a_hard_line_fails(void **state)
{
	struct bench b;
	json_t *hit;

	bench_init(&b);
	json_t *hits = examined(
		&b, "/var/log/a.log", "one\ntwo\n2026-11-26 10:00:01 ERROR: disk 7 \033[2J is gone\nfour\nfive\nsix\n");
	assert_int_equal(json_array_size(hits), 1);
	hit = json_array_get(hits, 0);
	assert_int_equal(json_int(hit, "line"), 3);
	assert_string_equal(json_text(hit, "severity"), "hard");
	assert_string_equal(json_text(hit, "disposition"), "open");
	assert_null(strchr(json_text(hit, "text"), '\033'));
	assert_int_equal(json_array_size(json_list(hit, "before")), 2);
	assert_string_equal(json_string_value(json_array_get(json_list(hit, "before"), 1)), "two");
	assert_int_equal(json_array_size(json_list(hit, "after")), 2);
	assert_string_equal(json_string_value(json_array_get(json_list(hit, "after"), 0)), "four");
	assert_true(b.trial.is_failed);
	assert_string_equal(json_text(json_array_get(b.trial.findings, 0), "check"), "log-error");
	bench_done(&b);
}

static void the_same_line_next_month(void **state)
{
	struct bench a, b, c;

	bench_init(&a);
	bench_init(&b);
	bench_init(&c);
	json_t *one = examined(&a, "/var/log/acme-20261126.log",
		"2026-11-26 10:00:01 [412] ERROR: worker12: cannot reach 10.0.0.1:80\n");
	json_t *two = examined(&b, "/var/log/acme-20261226.log",
		"2026-12-26 23:59:59 [9] ERROR: worker7: cannot reach 10.0.0.2:8080\n");
	json_t *other = examined(
		&c, "/var/log/acme-20261226.log", "2026-12-26 23:59:59 [9] ERROR: worker7: cannot open /etc/key\n");
	assert_string_equal(json_text(json_array_get(one, 0), "digest"), json_text(json_array_get(two, 0), "digest"));
	assert_string_not_equal(
		json_text(json_array_get(one, 0), "digest"), json_text(json_array_get(other, 0), "digest"));
	bench_done(&a);
	bench_done(&b);
	bench_done(&c);
}

static void what_the_old_version_writes_is_normal(void **state)
{
	static const char line[] = "10:00:01 ERROR: licence 12 is missing\n", other[] = "10:00:01 ERROR: all is lost\n";
	struct bench old, new;

	bench_init(&old);
	examined(&old, "/var/log/a.log", line);
	bench_init(&new);
	new.rules.known = json_incref(old.trial.log_digests);
	json_t *hits = examined(&new, "/var/log/a.log", line);
	assert_false(new.trial.is_failed);
	assert_memory_equal(json_text(json_array_get(hits, 0), "disposition"), "normal", 6);
	assert_false(json_flag(json_array_get(hits, 0), "is_new"));
	hits = examined(&new, "/var/log/a.log", other);
	assert_true(new.trial.is_failed);
	assert_true(json_flag(json_array_get(hits, 1), "is_new"));
	/* another file's line is another matter */
	new.trial.is_failed = false;
	examined(&new, "/var/log/b.log", line);
	assert_true(new.trial.is_failed);
	bench_done(&old);
	bench_done(&new);
}

static void many_and_long_lines(void **state)
{
	struct bench b;
	struct text t = { 0 };

	bench_init(&b);
	for (int i = 0; i < 500; i++)
		text_add(&t, "ERROR: number %d\n", i);
	json_t *hits = examined(&b, "/var/log/a.log", t.at);
	assert_int_equal(json_array_size(hits), 1);
	assert_int_equal(json_int(json_array_get(hits, 0), "count"), 500);
	text_done(&t);
	/* different words each time: the list ends, and says so */
	for (int i = 0; i < 300; i++)
		text_add(&t, "ERROR: word%c%c\n", 'a' + i % 26, 'a' + i / 26);
	hits = examined(&b, "/var/log/b.log", t.at);
	assert_int_equal(json_array_size(hits), 100);
	text_done(&t);
	/* an error far out on a line without end */
	for (int i = 0; i < 3000; i++)
		text_add(&t, "x ");
	text_add(&t, "\nok\n");
	hits = examined(&b, "/var/log/c.log", t.at);
	assert_int_equal(json_array_size(hits), 0);
	text_done(&t);
	for (int i = 0; i < 3000; i++)
		text_add(&t, "x ");
	text_add(&t, "segmentation fault\n");
	hits = examined(&b, "/var/log/d.log", t.at);
	assert_int_equal(json_array_size(hits), 1);
	assert_int_equal(json_int(json_array_get(hits, 0), "line"), 1);
	text_done(&t);
	bench_done(&b);
}

static void dispositions(void **state)
{
	static const char line[] = "ERROR: licence 12 is missing\n";
	struct bench b, again;
	struct err e = { 0 };

	bench_init(&b);
	const char *digest = json_text(json_array_get(examined(&b, "/var/log/a.log", line), 0), "digest");
	AUTO_FREE char *good = mem_printf(
		"- digest: %s\n  reason: known\n  role: change-manager\n  until: 2027-01-01T00:00:00Z\n", digest);
	bench_init(&again);
	assert_int_equal(log_dispositions_parse(good, strlen(good), "d", 1700000000, &again.rules.dispositions, &e), 0);
	json_t *hit = json_array_get(examined(&again, "/var/log/a.log", line), 0);
	assert_string_equal(
		json_text(hit, "disposition"), "accepted: known by change-manager until 2027-01-01T00:00:00Z");
	assert_false(again.trial.is_failed);
	bench_done(&again);
	/* its time is over */
	bench_init(&again);
	assert_int_equal(log_dispositions_parse(good, strlen(good), "d", 1900000000, &again.rules.dispositions, &e), 0);
	examined(&again, "/var/log/a.log", line);
	assert_true(again.trial.is_failed);
	bench_done(&again);
	json_t *ignored = NULL;
	static const char *const bad[] = { "- {digest: 12, reason: a, role: b, until: 2027-01-01T00:00:00Z}\n",
		"- {digest: 0123456789012345678901234567890123456789012345678901234567890123, reason: a, role: b, "
		"until: soon}\n",
		"- {digest: 0123456789012345678901234567890123456789012345678901234567890123, role: b, until: "
		"2027-01-01T00:00:00Z}\n" };
	for (size_t i = 0; i < COUNT(bad); i++) {
		e = (struct err){ 0 };
		assert_int_equal(log_dispositions_parse(bad[i], strlen(bad[i]), "d", 0, &ignored, &e), -1);
		assert_int_equal(e.class, ERR_USAGE);
		assert_non_null(strstr(e.text, "d:1:"));
	}
	bench_done(&b);
}

/* The finding that the gate judges has the digest that the report shows. */
static void the_gates_findings(void **state)
{
	struct bench b;

	bench_init(&b);
	json_t *hits = examined(&b, "/var/log/a.log", "ERROR: one 1\nit failed\nall good\nERROR: one 2\n");
	AUTO_JSON *report = json_pack("{s:O}", "logs", b.trial.logs);
	AUTO_JSON *findings = test_log_findings(report, NULL);
	assert_int_equal(json_array_size(findings), 2);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(
			json_text(json_array_get(findings, i), "digest"), json_text(json_array_get(hits, i), "digest"));
	assert_string_equal(json_text(json_array_get(findings, 0), "severity"), "high");
	assert_string_equal(json_text(json_array_get(findings, 0), "text"), "ERROR: one #");
	bench_done(&b);
}

/* Lines in which a program says that it protects less. */
static void weakening_lines(void **state)
{
	static const char *const yes[] = { "disabling TLS", "TLS is disabled", "WARNING: ssl_verify off",
		"falling back to plain text", "[warn] server certificate verification disabled",
		"Peer certificate not verified", "using insecure TLS settings", "connection to db is unencrypted",
		"InsecureRequestWarning: Unverified HTTPS request", "STARTTLS not supported, continuing",
		"skipping hostname check", "encryption: no", "TLSv1.2 fallback",
		"no TLS certificate, sending in clear text" };
	static const char *const no[] = { "TLS enabled", "TLS handshake done, cipher ECDHE", "disabled plugin foo",
		"certificate renewed", "insecure connection refused", "plaintext login rejected",
		"listening on 443 (ssl)", "loading certificates from /etc/ssl/certs", "translsation off",
		"the office is not there", "unsecured loan", "swapped off disk" };

	for (size_t i = 0; i < COUNT(yes); i++)
		if (!log_weakens(yes[i]))
			fail_msg("not seen: %s", yes[i]);
	for (size_t i = 0; i < COUNT(no); i++)
		if (log_weakens(no[i]))
			fail_msg("wrongly seen: %s", no[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weakening_lines),
		cmocka_unit_test(lines_become_templates),
		cmocka_unit_test(lines_of_real_daemons),
		cmocka_unit_test(a_file_of_patterns),
		cmocka_unit_test(patterns_in_order),
		cmocka_unit_test(a_hard_line_fails),
		cmocka_unit_test(the_same_line_next_month),
		cmocka_unit_test(what_the_old_version_writes_is_normal),
		cmocka_unit_test(many_and_long_lines),
		cmocka_unit_test(dispositions),
		cmocka_unit_test(the_gates_findings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
