/* test_deliver.c - events: what hooks and mails get, in which order, again after a failure, and that all of it is recorded. */
#include "release/deliver.h"
#include "world.h"
#include <sys/stat.h>

static struct world world;
static char *seen, *script, *broken;

/* A command that keeps what it was told, and fails while the file "broken" is there. */
static char *make_script(const char *name, const char *into)
{
	char *path = fs_join(world.dir, name);
	AUTO_FREE char *text = mem_printf(
		"#!/bin/sh\n[ ! -e '%s' ] || exit 3\ncat >> '%s'\necho >> '%s'\n", broken, into, into);
	struct err e = { 0 };

	OK(fs_write_file(path, text, strlen(text), 0700, &e));
	return path;
}

static int setup(void **state)
{
	AUTO_FREE char *more = NULL, *policy = NULL;

	world_open(&world);
	seen = fs_join(world.dir, "seen");
	broken = fs_join(world.dir, "broken");
	script = make_script("hook", seen);
	more = mem_printf("hooks: [{on: [\"rfc.*\", gate.refused], run: [%s, x]}]\n", script);
	policy = write_policy(&world, "hooks.yaml", "[carl]", world.keys[CARL], more);
	replace_policy(&world, policy);
	return 0;
}

static int teardown(void **state)
{
	free(seen);
	free(script);
	free(broken);
	world_close(&world);
	return 0;
}

static char *read_all(const char *path)
{
	char *text = NULL;
	struct err e = { 0 };
	size_t len;

	if (!fs_exists(path))
		return mem_strdup("");
	OK(fs_read_file(path, 1 << 20, &text, &len, &e));
	return text;
}

/* The events that the script was told, in order. */
static json_t *told(void)
{
	AUTO_FREE char *text = read_all(seen);
	json_t *list = json_array();

	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		struct err e = { 0 };

		if (*line)
			json_array_append_new(list, json_parse(line, strlen(line), "event", &e));
	}
	return list;
}

static json_t *deliver(void)
{
	json_t *done = NULL;
	struct err e = { 0 };

	OK(deliver_pending(world.r, 1000, &done, &e));
	return done;
}

static int64_t rows_like(const char *outcome)
{
	struct err e = { 0 };
	AUTO_JSON *rows = db_rows(world.r->store->db,
		"SELECT COUNT(*) AS len FROM log WHERE action = 'hook' AND outcome LIKE $1", DB_TEXTS(outcome), &e);

	return json_int(json_array_get(rows, 0), "len");
}

static void told_in_order_and_again(void **state)
{
	char candidate[32], rfc[32];
	AUTO_JSON *first = NULL, *second = NULL, *third = NULL, *events = NULL, *answer = NULL;
	const json_t *one;
	struct err e = { 0 };

	add_candidate(&world, "1.0", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(release_gate(world.r, rfc, "production", when_now(), &answer, &e));
	OK(fs_write_file(broken, "", 0, 0600, &e));
	/* it fails: the first event waits, and nothing later is told before it */
	first = deliver();
	assert_int_equal(json_int(first, "failed"), 1);
	assert_int_equal(json_int(first, "told"), 0);
	assert_int_equal(rows_like("failed: exit 3"), 1);
	assert_false(fs_exists(seen));
	assert_int_equal(remove(broken), 0);
	second = deliver();
	assert_int_equal(json_int(second, "told"), 2);
	assert_int_equal(rows_like("ok"), 2);
	third = deliver();
	assert_int_equal(json_int(third, "told"), 0);
	events = told();
	assert_int_equal(json_array_size(events), 2);
	one = json_array_get(events, 0);
	assert_string_equal(json_text(one, "event"), "rfc.open");
	assert_string_equal(json_text(one, "person"), "pat");
	assert_string_equal(json_text(json_map(one, "rfc"), "id"), rfc);
	assert_string_equal(json_text(json_map(json_map(one, "rfc"), "request"), "reason"), "a hole");
	assert_string_equal(json_text(json_array_get(events, 1), "event"), "gate.refused");
}

/* Ten failures, and the next event has its turn. */
static void given_up(void **state)
{
	char candidate[32], rfc[32];
	AUTO_JSON *events = NULL;
	struct err e = { 0 };

	add_candidate(&world, "1.1", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(fs_write_file(broken, "", 0, 0600, &e));
	for (int i = 0; i < 10; i++) {
		AUTO_JSON *done = deliver();

		assert_int_equal(json_int(done, "failed"), 1);
		assert_int_equal(json_int(done, "given_up"), i == 9);
	}
	assert_int_equal(rows_like("failed: exit 3; given up"), 1);
	assert_int_equal(remove(broken), 0);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	json_decref(deliver());
	events = told();
	assert_string_equal(json_text(json_array_get(events, json_array_size(events) - 1), "event"), "rfc.vote");
	assert_int_equal(json_array_size(events), 3);
}

static void a_mail(void **state)
{
	AUTO_FREE char *mails = fs_join(world.dir, "mails"), *command = make_script("mta", mails), *more = NULL,
		       *policy = NULL, *text = NULL, *changed = NULL, *got = NULL;
	static const char from[] = "carl: {keys";
	char candidate[32], rfc[32], *at;
	struct actor pat = as(&world, PAT);
	AUTO_JSON *request = NULL;
	struct err e = { 0 };
	size_t len;

	more = mem_printf("notify: {command: [%s, -t]}\nservices: {agent: {packages: [\"org-acme\"]}}\n"
			  "processes: {reporting: {department: finance, services: [agent], expected-downtime: 10m}}\n",
		command);
	policy = write_policy(&world, "mail.yaml", "[carl], department/finance: [carl]", world.keys[CARL], more);
	OK(fs_read_file(policy, 1 << 20, &text, &len, &e));
	at = strstr(text, from);
	changed = mem_printf("%.*scarl: {mail: carl@example.org, keys%s", (int)(at - text), text, at + strlen(from));
	OK(fs_write_file(policy, changed, strlen(changed), 0644, &e));
	replace_policy(&world, policy);
	add_candidate(&world, "1.2", "pass", candidate);
	request = json_pack("{s:[s], s:s, s:s, s:s, s:s}", "candidates", candidate, "reason",
		"a hole\nBcc: everybody@example.org", "urgency", "high", "impact", "minor", "downtime", "5m");
	OK(rfc_open(world.r, &pat, json_incref(request), rfc, NULL, &e));
	json_decref(deliver());
	got = read_all(mails);
	assert_non_null(strstr(got, "To: carl@example.org\n"));
	assert_non_null(strstr(got, "Expected downtime: 5m"));
	assert_non_null(strstr(got, "reporting, expected downtime 10m"));
	assert_non_null(strstr(got, rfc));
	assert_null(strstr(got, "\nBcc:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_in_order_and_again),
		cmocka_unit_test(given_up),
		cmocka_unit_test(a_mail),
	};

	return cmocka_run_group_tests_name("deliver", tests, setup, teardown);
}
