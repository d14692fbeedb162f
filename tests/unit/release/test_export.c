/* test_export.c - over an air gap: what is carried is what is served; the other end takes nothing that pull would not take, and its receipt is looked at. */
#include "channel_world.h"
#include "release/channel/export.h"
#include "release/channel/pull.h"
#include "release/channel/receipt.h"
#include <fcntl.h>
#include <unistd.h>

static struct world world;
static json_t *trust;
static char *one, *two; /* archives of serial 1 and 2 */

static int export_to(const char *name, const json_t *since, const struct signer_answer *answer, char **ret)
{
	struct export x = { "production", NULL, since, answer };
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	*ret = fs_join(world.dir, name);
	x.output = *ret;
	OK(channel_export(world.r->store, &x, &told, &e));
	return 0;
}

static int set_up(void **state)
{
	AUTO_FREE char *policy = NULL;
	struct err e = { 0 };

	(void)state;
	if (world_open(&world))
		return -1;
	policy = write_policy(&world, "sites.yaml", "[carl]", world.keys[CARL], "sites: {east: {keys: [\"openpgp:");
	{
		AUTO_FREE char *text = NULL, *more = mem_printf("%s\"]}}\n", world.keys[PAT]), *all = NULL;
		size_t len;

		OK(fs_read_file(policy, MIB(1), &text, &len, &e));
		all = mem_printf("%s%s", text, more);
		char *place = strstr(all, "valid-for: 7d");
		AUTO_FREE char *longer = mem_printf("%.*svalid-for: 7d, export-valid-for: 60d%s", (int)(place - all),
			all, place + strlen("valid-for: 7d"));
		OK(fs_write_file(policy, longer, strlen(longer), 0644, &e));
	}
	replace_policy(&world, policy);
	release_version(&world, "1.0");
	export_to("one.tar", NULL, NULL, &one);
	release_version(&world, "2.0");
	export_to("two.tar", NULL, NULL, &two);
	OK(release_trust(world.r, &trust, &e));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	json_decref(trust);
	free(one);
	free(two);
	world_close(&world);
	return 0;
}

static int import(const char *file, const char *into, int64_t at, json_t **ret, struct err *e)
{
	struct pull p = { .url = file, .is_archive = true, .into = into, .trust = trust, .keep = 3, .at = at };

	*e = (struct err){ 0 };
	return channel_pull(&p, ret, e);
}

static void takes(const char *file, const char *into, int serial)
{
	AUTO_FREE char *current = fs_join(into, "current");
	AUTO_JSON *told = NULL, *verified = NULL;
	struct err e;

	OK(import(file, into, when_now(), &told, &e));
	assert_int_equal(json_int(told, "serial"), serial);
	OK(channel_verify(current, trust, when_now(), &verified, &e));
	assert_int_equal(json_int(verified, "serial"), serial);
}

static void refuses(const char *file, const char *into, enum err_class class, const char *code)
{
	json_t *told = NULL;
	struct err e;

	if (import(file, into, when_now(), &told, &e) == 0 || e.class != class || !e.code || strcmp(e.code, code) != 0)
		fail_msg("%s: %s is meant, not %s: %s", file, code, e.code ? e.code : "(none)", e.text);
}

static void test_same_bytes(void **state)
{
	AUTO_FREE char *again = NULL, *a = NULL, *b = NULL;
	struct err e = { 0 };
	size_t a_len, b_len;

	(void)state;
	export_to("again.tar", NULL, NULL, &again);
	OK(fs_read_file(two, MIB(64), &a, &a_len, &e));
	OK(fs_read_file(again, MIB(64), &b, &b_len, &e));
	assert_int_equal(a_len, b_len);
	assert_memory_equal(a, b, a_len);
}

static void test_takes(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "site");
	AUTO_JSON *told = NULL;
	struct err e;

	(void)state;
	takes(one, into, 1);
	takes(two, into, 2);
	OK(import(two, into, when_now(), &told, &e));
	assert_false(json_flag(told, "changed"));
	refuses(one, into, ERR_VERDICT, "E_ROLLBACK");
	assert_int_equal(import(two, into, when_now() + 8 * 86400, &told, &e), -1);
	assert_string_equal(e.code, "E_FREEZE");
}

/* Without what the other end has: it needs that then. */
static void test_since(void **state)
{
	AUTO_JSON *since = NULL;
	AUTO_FREE char *short_one = NULL, *into = fs_join(world.dir, "since"), *fresh = fs_join(world.dir, "fresh");
	struct err e = { 0 };
	struct stat whole, less;

	(void)state;
	OK(release_snapshot(world.r, "production", 1, &since, &e));
	export_to("since.tar", since, NULL, &short_one);
	assert_true(stat(two, &whole) == 0 && stat(short_one, &less) == 0 && less.st_size < whole.st_size);
	refuses(short_one, fresh, ERR_INPUT, "E_MISMATCH");
	takes(one, into, 1);
	takes(short_one, into, 2);
}

/* One byte of each member, the end, the order, something behind it: what is served stays. */
static void test_changed(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "changed"), *file = fs_join(world.dir, "changed.tar"), *bytes = NULL;
	struct archive a;
	struct err e = { 0 };
	json_t *told = NULL;
	size_t len;

	(void)state;
	takes(one, into, 1);
	OK(fs_read_file(two, MIB(64), &bytes, &len, &e));
	OK(archive_open(&a, two, &e));
	assert_true(a.members.len > 10);
	for (size_t i = 0; i < a.members.len; i += a.members.len / 4) {
		AUTO_FREE char *incoming = fs_join(into, "incoming");

		if (!a.members.at[i].size)
			continue;
		fs_remove_tree(incoming, &e);
		bytes[a.members.at[i].at] ^= 1;
		OK(fs_write_file(file, bytes, len, 0644, &e));
		bytes[a.members.at[i].at] ^= 1;
		/* What was here before is not copied, so a change there is not even seen. */
		if (import(file, into, when_now(), &told, &e) == 0) {
			assert_int_equal(json_int(told, "serial"), 2);
			json_decref(told);
			fs_remove_tree(into, &e);
			takes(one, into, 1);
		} else
			assert_string_equal(e.code, "E_DIGEST");
	}
	for (size_t cut = 512; cut < len; cut += len / 7) {
		OK(fs_write_file(file, bytes, len - cut, 0644, &e));
		assert_int_equal(import(file, into, when_now(), &told, &e), -1);
		assert_int_equal(e.class, ERR_INPUT);
	}
	bytes[a.heads[0].at] ^= 1;
	OK(fs_write_file(file, bytes, len, 0644, &e));
	refuses(file, into, ERR_VERDICT, "E_SIG_BAD");
	bytes[a.heads[0].at] ^= 1;
	bytes[100] ^= 1; /* the mode in the first header */
	OK(fs_write_file(file, bytes, len, 0644, &e));
	refuses(file, into, ERR_INPUT, "E_STRUCTURE");
	OK(fs_write_file(file, "no tar", 6, 0644, &e));
	refuses(file, into, ERR_INPUT, "E_TRUNCATED");
	archive_done(&a);
	takes(two, into, 2);
}

/* A member twice, two in each other's place, one behind the end. */
static void test_members(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "members"), *file = fs_join(world.dir, "members.tar"), *bytes = NULL;
	struct archive a;
	struct err e = { 0 };
	uint64_t begin, end;
	size_t len;

	(void)state;
	OK(fs_read_file(one, MIB(64), &bytes, &len, &e));
	OK(archive_open(&a, one, &e));
	begin = a.members.at[0].at - 512;
	end = a.members.at[1].at - 512;
	archive_done(&a);
	AUTO_FREE char *more = mem_alloc(len + (end - begin) + 1024);
	memcpy(more, bytes, end);
	memcpy(more + end, bytes + begin, len - begin); /* the first one again */
	OK(fs_write_file(file, more, len + (end - begin), 0644, &e));
	refuses(file, into, ERR_INPUT, "E_STRUCTURE");
	memcpy(more, bytes, len);
	memset(more + len, 0, 1024);
	OK(fs_write_file(file, more, len + 1024, 0644, &e));
	refuses(file, into, ERR_INPUT, "E_TRAILING_DATA");
	memcpy(more + begin, bytes + end, 512); /* the second one's header before the first one's bytes */
	OK(fs_write_file(file, more, len, 0644, &e));
	refuses(file, into, ERR_INPUT, "E_STRUCTURE");
}

/* Signed for being carried: within the policy's bound, taken by import alone, and what is served does not change. */
static void test_valid_for(void **state)
{
	struct signer_answer answer = { 0 }, longer = { 0 };
	AUTO_FREE char *file = NULL, *into = fs_join(world.dir, "far"), *current = fs_join(into, "current"),
		       *behind = fs_join(world.dir, "behind");
	AUTO_JSON *now = NULL, *told = NULL, *history = NULL, *audit = NULL;
	struct pull p = { .url = current, .into = behind, .trust = trust, .keep = 3, .at = when_now() };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(release_sign_export(world.r, "production", (int64_t)61 * 86400, &longer, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	e = (struct err){ 0 };
	OK(release_sign_export(world.r, "production", (int64_t)30 * 86400, &answer, &e));
	export_to("far.tar", NULL, &answer, &file);
	signer_answer_done(&answer);
	OK(release_current(world.r, "production", &now, &e));
	assert_int_equal(json_int(now, "serial"), 2);
	OK(import(file, into, when_now() + 29 * 86400, &told, &e));
	assert_int_equal(json_int(told, "serial"), 3);
	assert_int_equal(channel_pull(&p, &told, &e), -1);
	assert_string_equal(e.code, "E_FREEZE");
	p.takes_exports = true;
	e = (struct err){ 0 };
	json_decref(told);
	OK(channel_pull(&p, &told, &e));
	OK(channel_history(world.r, "production", 1, &history, &e));
	assert_string_equal(json_text(json_array_get(json_list(history, "history"), 0), "what"), "export");
	OK(audit_store(world.r->store, &audit, &e));
	assert_true(json_flag(audit, "ok"));
	release_version(&world, "3.0");
	json_decref(now);
	now = NULL;
	OK(release_current(world.r, "production", &now, &e));
	assert_int_equal(json_int(now, "serial"), 4);
}

static void test_sites(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "east"), *path = fs_join(world.dir, "receipt"),
		       *sig = mem_printf("%s.asc", path), *bytes = NULL;
	struct receipt o = { path, "east", "import", "", world.homes[PAT], world.keys[PAT] };
	struct receipt_files files = { path, sig }, bare = { path, NULL };
	struct actor carl = as(&world, CARL);
	AUTO_JSON *done = NULL, *west = NULL, *list = NULL;
	struct err e = { 0 };
	const json_t *line;
	size_t len;

	(void)state;
	takes(one, into, 1);
	OK(receipt_write(&o, into, &e));
	/* A site with a key speaks by its key. */
	assert_int_equal(site_add(world.r, &carl, &bare, &done, &e), -1);
	assert_string_equal(e.code, "E_SIG_MISSING");
	e = (struct err){ 0 };
	OK(site_add(world.r, &carl, &files, &done, &e));
	assert_string_equal(json_text(done, "signed"), world.keys[PAT]);
	OK(fs_read_file(path, MIB(1), &bytes, &len, &e));
	strstr(bytes, "\"serial\":1")[strlen("\"serial\":")] = '9';
	OK(fs_write_file(path, bytes, len, 0644, &e));
	assert_int_equal(site_add(world.r, &carl, &files, &done, &e), -1);
	assert_string_equal(e.code, "E_MISMATCH");
	/* Signed by another key than the site's. */
	e = (struct err){ 0 };
	o.home = world.homes[CARL];
	o.key = world.keys[CARL];
	OK(receipt_write(&o, into, &e));
	assert_int_equal(site_add(world.r, &carl, &files, &done, &e), -1);
	assert_string_equal(e.code, "E_SIG_UNTRUSTED");
	e = (struct err){ 0 };
	o.site = "west";
	o.key = NULL;
	OK(receipt_write(&o, into, &e));
	OK(site_add(world.r, &carl, &bare, &west, &e));
	OK(site_list(world.r, NULL, &list, &e));
	assert_int_equal(json_array_size(json_list(list, "sites")), 2);
	line = json_find(json_list(list, "sites"), "site", "west");
	assert_int_equal(json_int(line, "serial"), 1);
	assert_int_equal(json_int(line, "behind"), 3);
	assert_string_equal(json_text(line, "signed"), "");
}

/* One member of a receipt that was honest changed; "": taken. Nobody signs for that site. */
static const struct {
	const char *member, *value, *code;
} forged[] = {
	{ NULL, NULL, "" },
	{ "channel", "R-1", "E_MISMATCH" }, /* another word of that snapshot's row */
	{ "channel", "pilot", "E_MISMATCH" },
	{ "channel_id", "other/production", "E_MISMATCH" },
	{ "valid_until", "2099-01-01T00:00:00Z", "E_MISMATCH" },
	{ "time", "2099-01-01T00:00:00Z", "E_SIG_TIME" }, /* every later one would be older */
	{ "site", "../west", "E_METADATA" },
	{ "site", "", "E_METADATA" },
	{ "type", "sluice-report", "E_METADATA" },
	{ "release", "00", "E_METADATA" },
};

static void test_forged_receipts(void **state)
{
	AUTO_FREE char *into = fs_join(world.dir, "north"), *path = fs_join(world.dir, "north.json"), *bytes = NULL;
	struct receipt o = { path, "north", "import", "", NULL, NULL };
	struct actor carl = as(&world, CARL);
	struct err e = { 0 };
	AUTO_JSON *honest = NULL, *list = NULL;
	size_t len;

	(void)state;
	takes(one, into, 1);
	OK(receipt_write(&o, into, &e));
	OK(fs_read_file(path, MIB(1), &bytes, &len, &e));
	honest = json_parse(bytes, len, path, &e);
	for (size_t i = 0; i < COUNT(forged); i++) {
		struct receipt_files files = { path, NULL };
		AUTO_JSON *receipt = json_deep_copy(honest), *done = NULL;
		AUTO_FREE char *text = NULL;
		struct err why = { 0 };
		int status;

		if (forged[i].member)
			json_set_str(receipt, forged[i].member, forged[i].value);
		OK(json_canonical(receipt, &text, &len, &e));
		OK(fs_write_file(path, text, len, 0644, &e));
		status = site_add(world.r, &carl, &files, &done, &why);
		if (*forged[i].code ? status == 0 || !why.code || strcmp(why.code, forged[i].code) != 0 : status)
			fail_msg("%s %s: %d %s", forged[i].member, forged[i].value, status, why.text);
	}
	OK(site_list(world.r, NULL, &list, &e));
	assert_string_equal(json_text(json_find(json_list(list, "sites"), "site", "north"), "channel"), "production");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_takes),
		cmocka_unit_test(test_since), cmocka_unit_test(test_changed), cmocka_unit_test(test_members),
		cmocka_unit_test(test_valid_for), cmocka_unit_test(test_sites),
		cmocka_unit_test(test_forged_receipts) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
