/* test_syslog.c - the audit in the system's log: a listener that is there, one that comes late, events longer than a line. */
#include "release/deliver.h"
#include "world.h"
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct world world;
static char *place;

static int setup(void **state)
{
	AUTO_FREE char *policy = NULL;

	(void)state;
	world_open(&world);
	place = fs_join(world.dir, "log.socket");
	world.r->syslog_path = place;
	policy = write_policy(&world, "syslog.yaml", "[carl]", world.keys[CARL], "audit: {syslog: json}\n");
	replace_policy(&world, policy);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(place);
	world_close(&world);
	return 0;
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0 && strlen(path) < sizeof at.sun_path);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

/* The next event that came, parsed; NULL: none. Each is one datagram, in syslog's form, and one line. */
static json_t *heard(int fd)
{
	char line[16384];
	ssize_t len = recv(fd, line, sizeof line - 1, 0);
	struct err e = { 0 };
	const char *json;
	json_t *event;

	if (len <= 0)
		return NULL;
	assert_true(len <= 8000);
	line[len] = '\0';
	assert_int_equal(strncmp(line, "<85>sluice[", 11), 0);
	assert_null(strpbrk(line, "\r\n\t"));
	json = strstr(line, "]: ");
	assert_non_null(json);
	event = json_parse(json + 3, strlen(json + 3), "line", &e);
	if (!event)
		fail_msg("%s: %s", e.text, line);
	return event;
}

static int64_t told(size_t most)
{
	AUTO_JSON *done = NULL;
	struct err e = { 0 };

	OK(deliver_pending(world.r, most, &done, &e));
	return json_int(done, "told");
}

/* Nobody listens: nothing fails, nothing is lost, and when somebody does, all of it comes, in order. */
static void a_listener_that_comes_late(void **state)
{
	char candidate[32], rfc[32];
	int64_t last = 0;
	size_t events = 0;
	AUTO_FD int fd = -1;
	json_t *event;

	(void)state;
	add_candidate(&world, "1.0", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	for (int i = 0; i < 12; i++)
		assert_int_equal(told(100), 0);
	fd = listen_at(place);
	assert_int_equal(told(100), 2);
	while ((event = heard(fd))) {
		AUTO_JSON *own = event;

		assert_true(json_int(own, "seq") > last);
		last = json_int(own, "seq");
		assert_true(*json_text(own, "store"));
		if (events++ == 1) {
			assert_string_equal(json_text(own, "event"), "rfc.open");
			assert_string_equal(json_text(own, "person"), "pat");
			assert_string_equal(json_text(json_map(json_map(own, "rfc"), "request"), "reason"), "a hole");
		}
	}
	assert_int_equal(events, 2);
	assert_int_equal(told(100), 0);
	assert_int_equal(unlink(place), 0);
}

/* More than a line holds, with what would end a line or a JSON text: it is whole JSON still, and says that there is more. */
static void a_long_event(void **state)
{
	struct actor pat = as(&world, PAT);
	char reason[12001], candidate[32], rfc[32];
	AUTO_FD int fd = listen_at(place);
	AUTO_JSON *submit = NULL, *opened = NULL;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i + 4 < sizeof reason; i += 4)
		memcpy(reason + i, "\"\n\xc3\xa4", 4);
	reason[sizeof reason - 1] = '\0';
	add_candidate(&world, "1.1", "pass", candidate);
	OK(rfc_open(world.r, &pat,
		json_pack("{s:[s], s:s, s:s, s:s}", "candidates", candidate, "reason", reason, "urgency", "high",
			"impact", "minor"),
		rfc, NULL, &e));
	assert_int_equal(told(100), 2);
	submit = heard(fd);
	opened = heard(fd);
	assert_null(json_object_get(submit, "shortened"));
	assert_true(json_flag(opened, "shortened"));
	assert_string_equal(json_text(opened, "event"), "rfc.open");
	assert_string_equal(json_text(json_map(opened, "rfc"), "id"), rfc);
	assert_int_equal(unlink(place), 0);
}

/* Long in every member. */
static void long_everywhere(void **state)
{
	AUTO_JSON *event = json_pack("{s:s, s:I}", "event", "rfc.refused", "seq", (json_int_t)7), *parsed = NULL;
	AUTO_FREE char *line = NULL;
	char text[9001];
	struct err e = { 0 };

	(void)state;
	memset(text, 0xc3, sizeof text);
	for (size_t i = 1; i < sizeof text; i += 2)
		text[i] = (char)0xa4;
	text[sizeof text - 1] = '\0';
	json_set_str(event, "outcome", text);
	json_set_str(event, "person", text);
	line = syslog_line(event);
	assert_true(line && strlen(line) <= 8000);
	parsed = json_parse(strchr(line, '{'), strlen(strchr(line, '{')), "line", &e);
	assert_int_equal(json_int(parsed, "seq"), 7);
	assert_true(strlen(json_text(parsed, "outcome")) > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_listener_that_comes_late),
		cmocka_unit_test(a_long_event), cmocka_unit_test(long_everywhere) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
