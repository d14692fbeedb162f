/* test_proc_record.c - running tools; findings and evidence as JSON. */
#include "base/fs.h"
#include "base/proc.h"
#include "base/record.h"
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int run(struct proc p, struct proc_result *ret, struct err *e, const char *const *argv)
{
	p.argv = argv;
	p.stdin_fd = -1;
	p.stdout_fd = -1;
	return proc_run(&p, ret, e);
}

#define SH(script) ((const char *const[]){ "sh", "-c", script, NULL })

static void runs(void **state)
{
	struct err e = { 0 };
	AUTO(proc_result) r = { 0 };

	setenv("SLUICE_SECRET", "leaks", 1);
	assert_int_equal(
		run((struct proc){ .dir = "/" }, &r, &e, SH("pwd; echo $SLUICE_SECRET$HOME; echo bad >&2; exit 3")), 0);
	assert_int_equal(r.exit, 3);
	assert_string_equal(r.output, "/\n/dev/null\n");
	assert_string_equal(r.errors, "bad\n");
	assert_false(r.is_timeout || r.is_cut);
}

static void environment_of_choice(void **state)
{
	struct err e = { 0 };
	AUTO(proc_result) r = { 0 };

	assert_int_equal(run((struct proc){ .env = (const char *const[]){ "A=b", NULL } }, &r, &e,
				 (const char *const[]){ "env", NULL }),
		0);
	assert_string_equal(r.output, "A=b\n");
}

static void bounded_output(void **state)
{
	struct err e = { 0 };
	AUTO(proc_result) r = { 0 };

	assert_int_equal(
		run((struct proc){ .output_limit = 1000 }, &r, &e, SH("head -c 1000000 /dev/zero; echo end >&2")), 0);
	assert_int_equal(r.exit, 0);
	assert_int_equal(r.output_len, 1000);
	assert_true(r.is_cut);
	assert_string_equal(r.errors, "end\n");
}

static void killed_in_time(void **state)
{
	struct err e = { 0 };
	AUTO(proc_result) r = { 0 };

	/* the grandchild goes too */
	assert_int_equal(run((struct proc){ .timeout_s = 1 }, &r, &e, SH("echo begin; sleep 1000 & wait")), 0);
	assert_true(r.is_timeout);
	assert_int_equal(r.exit, 128 + 9);
	assert_string_equal(r.output, "begin\n");
}

static void daemons_do_not_hold_us(void **state)
{
	struct err e = { 0 };
	AUTO(proc_result) r = { 0 };

	/* what stays behind holds our pipe, and ends by itself */
	assert_int_equal(run((struct proc){ 0 }, &r, &e, SH("sleep 2 & echo $!")), 0);
	assert_int_equal(r.exit, 0);
	assert_true(r.output_len > 1);
}

/* A child that closed its line and stays is not waited for without an end; one that ends tells how. */
static void ended_children(void **state)
{
	pid_t stays = fork(), ends;

	if (stays == 0)
		for (;;)
			pause();
	assert_int_equal(proc_end(stays, 20), SIGKILL);
	ends = fork();
	if (ends == 0)
		_exit(7);
	assert_int_equal(WEXITSTATUS(proc_end(ends, 60000)), 7);
}

static void cannot_run(void **state)
{
	struct err e = { 0 };
	AUTO(proc_result) r = { 0 };

	assert_int_equal(run((struct proc){ 0 }, &r, &e, (const char *const[]){ "sluice-no-such-tool", NULL }), -1);
	assert_int_equal(e.class, ERR_ENV);
	assert_string_equal(e.hint, "install the package sluice-no-such-tool");
	assert_int_equal(run((struct proc){ .dir = "/dev/null/nonexistent" }, &r, &e, SH("true")), -1);
	assert_int_equal(e.class, ERR_ENV);
	assert_true(proc_has("sh") && !proc_has("sluice-no-such-tool"));
	assert_int_equal(proc_must(SH("true"), &e), 0);
	assert_int_equal(proc_must(SH("for i in 1 2 3 4 5; do echo line $i >&2; done; exit 7"), &e), -1);
	assert_string_equal(e.text, "sh failed (7): line 3\\x0aline 4\\x0aline 5");
}

static void standard_input_and_output(void **state)
{
	struct err e = { 0 };
	AUTO(proc_result) r = { 0 };
	AUTO_FD int in = fs_temp_file(&e), out = fs_temp_file(&e);
	char buf[8] = "";

	assert_int_equal(fd_write(in, "hello", 5, &e), 0);
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	assert_int_equal(proc_run(&(struct proc){ .argv = (const char *const[]){ "cat", NULL },
					  .stdin_fd = in,
					  .stdout_fd = out },
				 &r, &e),
		0);
	assert_int_equal(r.output_len, 0);
	assert_int_equal(fd_pread(out, buf, 5, 0, &e), 0);
	assert_string_equal(buf, "hello");
}

static void words(void **state)
{
	assert_string_equal(severity_name(SEVERITY_CRITICAL), "critical");
	assert_int_equal(severity_parse("high"), SEVERITY_HIGH);
	assert_int_equal(severity_parse("awful"), -1);
	assert_int_equal(severity_parse(NULL), -1);
	assert_string_equal(impact_name(IMPACT_FAR_REACHING), "far-reaching");
	assert_int_equal(impact_parse("minor"), IMPACT_MINOR);
	assert_int_equal(impact_floor(SEVERITY_CRITICAL), IMPACT_FAR_REACHING);
	assert_int_equal(impact_floor(SEVERITY_HIGH), IMPACT_SIGNIFICANT);
	assert_int_equal(impact_floor(SEVERITY_MEDIUM), IMPACT_MINOR);
}

static void finding_form(void **state)
{
	struct err e = { 0 };
	struct finding all[] = {
		{ SEVERITY_LOW, "b", "/x", "", "", "t", "r" },
		{ SEVERITY_HIGH, "z", "/y", "", "", "t", "r" },
		{ SEVERITY_HIGH, "a", "/z\xff", "o", "n", "t", NULL },
	};
	struct findings list = { all, COUNT(all), COUNT(all) };
	AUTO_JSON *json = findings_json(&list);
	json_t *first = json_array_get(json, 0);
	AUTO_FREE char *digest = mem_strdup(json_text(first, "digest"));
	char again[65];

	assert_string_equal(json_text(first, "check"), "a");
	assert_string_equal(json_text(first, "where_raw"), "/z\xc3\xbf");
	assert_string_equal(json_text(json_array_get(json, 1), "check"), "z");
	assert_string_equal(json_text(json_array_get(json, 2), "severity"), "low");
	json_object_del(first, "digest");
	assert_int_equal(json_digest(first, again, &e), 0);
	assert_string_equal(digest, again);
}

static void evidence_form(void **state)
{
	AUTO_JSON *o = evidence_json("test", json_pack("[s]", "ab"), "pass", 1795299022, NULL);

	assert_string_equal(json_text(o, "time"), "2026-11-21T22:10:22Z");
	assert_string_equal(json_text(o, "verdict"), "pass");
	assert_memory_equal(json_text(o, "tool"), "sluice ", 7);
	assert_int_equal(json_array_size(json_list(o, "subjects")), 1);
	assert_non_null(json_map(o, "body"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs),
		cmocka_unit_test(environment_of_choice),
		cmocka_unit_test(bounded_output),
		cmocka_unit_test(killed_in_time),
		cmocka_unit_test(daemons_do_not_hold_us),
		cmocka_unit_test(ended_children),
		cmocka_unit_test(cannot_run),
		cmocka_unit_test(standard_input_and_output),
		cmocka_unit_test(words),
		cmocka_unit_test(finding_form),
		cmocka_unit_test(evidence_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
