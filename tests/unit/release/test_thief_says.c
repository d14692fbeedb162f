/* test_thief_says.c - somebody has the release key and nothing else: whatever he writes into release.json, nobody takes what was not let out. */
#include "thief.h"

/* ---- release.json itself: whatever it says, nothing of it is taken */

static json_t *an_item(const char *list)
{
	return json_array_get(json_list(release, list), 0);
}

static void set_item(const char *list, const char *member, const char *text)
{
	json_set_str(an_item(list), member, text);
}

static void no_vote(void)
{
	json_t *package = json_deep_copy(first_package("deb"));
	char digest[65];

	write_text("deb/pool/a/evil.deb", "evil");
	sha256_hex("evil", 4, digest);
	json_set_str(package, "path", "deb/pool/a/evil.deb");
	json_set_str(package, "sha256", digest);
	json_object_set_new(package, "size", json_integer(4));
	json_array_append_new(json_list(release, "packages"), package);
}
static void another_rfc(void)
{
	set_item("packages", "rfc", "R-99");
}
static void another_fragment(void)
{
	set_item("packages", "fragment", json_text(json_array_get(json_list(release, "packages"), 1), "fragment"));
}
static void no_releases(void)
{
	json_array_clear(json_list(release, "releases"));
}
/* The same record in the place of another one: a vote that was an opening, say. */
static void records_swapped(void)
{
	json_t *records = json_list(an_item("releases"), "records");

	json_set_str(json_array_get(records, 1), "record", json_text(json_array_get(records, 0), "record"));
	json_set_str(json_array_get(records, 1), "signature", json_text(json_array_get(records, 0), "signature"));
}
static void a_vote_left_out(void)
{
	json_t *records = json_list(an_item("releases"), "records"), *one;
	size_t i;

	json_array_foreach(records, i, one)
		if (strcmp(json_text(one, "type"), "vote") == 0)
			break;
	assert_int_equal(json_array_remove(records, i), 0);
}
static void earlier(void)
{
	set_item("releases", "record",
		json_text(json_array_get(json_list(an_item("releases"), "records"), 0), "record"));
}
static void two_digests(void)
{
	json_t *twin = json_deep_copy(an_item("packages"));

	json_set_str(twin, "sha256", json_text(an_item("indexes"), "sha256"));
	json_array_append_new(json_list(release, "packages"), twin);
}
static void at_path(const char *path)
{
	json_t *twin = json_deep_copy(an_item("packages"));

	json_set_str(twin, "path", path);
	json_array_append_new(json_list(release, "packages"), twin);
}
static void above(void)
{
	at_path("deb/../../outside.deb");
}
static void absolute(void)
{
	AUTO_FREE char *path = mem_printf("%s/outside.deb", world.dir);

	at_path(path);
}
static void over_the_keys(void)
{
	at_path("keys/release.asc");
}
static void over_release_json(void)
{
	at_path("release.json");
}
static void in_history(void)
{
	at_path("history/9.json");
}
static void in_records(void)
{
	at_path("records/deb");
}
static void a_folder(void)
{
	at_path("deb/pool");
}
static void no_digest(void)
{
	set_item("packages", "sha256", "../../../../etc/passwd");
}
static void below_zero(void)
{
	json_object_set_new(an_item("packages"), "size", json_integer(-1));
}
static void too_large(void)
{
	json_object_set_new(an_item("packages"), "size", json_integer(1LL << 50));
}
static void no_record(void)
{
	json_array_append_new(json_list(release, "records"), json_string("../../../etc/passwd"));
}
static void the_future(void)
{
	char when[32];

	when_utc(when_now() + 3600, when);
	json_set_str(release, "time", when);
}
static void two_years(void)
{
	char when[32];

	when_utc(when_now() + (int64_t)730 * 86400, when);
	json_set_str(release, "valid_until", when);
}
static void no_end(void)
{
	json_object_del(release, "valid_until");
}
static void another_channel(void)
{
	json_set_str(release, "channel", "pilot");
}
static void another_store(void)
{
	json_set_str(release, "channel_id", "other/production");
}
static void no_policies(void)
{
	json_array_clear(json_list(release, "policies"));
}
static void first_policy_alone(void)
{
	while (json_array_size(json_list(release, "policies")) > 1)
		json_array_remove(json_list(release, "policies"), 1);
}
static void no_lists(void)
{
	json_object_set_new(release, "packages", json_object());
	json_object_set_new(release, "releases", json_string("none"));
}

static const struct {
	const char *name;
	void (*change)(void);
	const char *code; /* among what is found; NULL: any */
} more[] = {
	{ "a package without a vote", no_vote, "E_GATE" },
	{ "of an RfC that is not there", another_rfc, "E_GATE" },
	{ "another entry in the index", another_fragment, "E_MISMATCH" },
	{ "no releases", no_releases, "E_GATE" },
	{ "a record for another", records_swapped, NULL },
	{ "a vote left out", a_vote_left_out, "E_GATE" },
	{ "another act for the release", earlier, "E_GATE" },
	{ "one path, two digests", two_digests, "E_DIGEST" },
	{ "above the tree", above, NULL },
	{ "an absolute path", absolute, "E_MISMATCH" },
	{ "over the keys", over_the_keys, "E_MISMATCH" },
	{ "over release.json", over_release_json, "E_MISMATCH" },
	{ "in history", in_history, "E_MISMATCH" },
	{ "in records", in_records, "E_MISMATCH" },
	{ "a folder", a_folder, NULL },
	{ "no digest", no_digest, "E_DIGEST" },
	{ "a size below zero", below_zero, NULL },
	{ "a size beyond all", too_large, NULL },
	{ "a record that is a path", no_record, "E_DIGEST" },
	{ "the future", the_future, "E_SIG_TIME" },
	{ "two years", two_years, "E_FREEZE_UNBOUNDED" },
	{ "no end", no_end, "E_FREEZE_UNBOUNDED" },
	{ "another channel", another_channel, "E_SIG_UNTRUSTED" },
	{ "another store", another_store, "E_SIG_UNTRUSTED" },
	{ "no policies", no_policies, "E_SIG_MISSING" },
	{ "the first policy alone", first_policy_alone, "E_ROLLBACK" },
	{ "no lists", no_lists, NULL },
};

static bool is_found_of(const json_t *told, const char *code)
{
	return !code || json_find(json_list(told, "findings"), "code", code);
}

static void refused_by_all(const char *name, const char *code)
{
	struct pull p = { .url = tree, .into = site, .trust = trust, .keep = 3, .at = when_now() };
	AUTO_FREE char *current = fs_join(site, "current"), *outside = fs_join(world.dir, "outside.deb");
	AUTO_JSON *told = NULL, *pulled = NULL;
	struct err e = { 0 }, why = { 0 };

	if (channel_verify(tree, trust, when_now(), &told, &e) == 0)
		fail_msg("%s: believed", name);
	if (!is_found_of(told, code)) {
		AUTO_FREE char *text = json_dumps(told, 0);

		fail_msg("%s: no %s: %s", name, code, text ? text : e.text);
	}
	if (channel_pull(&p, &pulled, &why) == 0)
		fail_msg("%s: pulled", name);
	if (fs_exists(current) || fs_exists(outside))
		fail_msg("%s: it is there", name);
}

static void what_he_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(more); i++) {
		fresh_copy();
		more[i].change();
		sign_release_json();
		refused_by_all(more[i].name, more[i].code);
	}
}

/* Names that stand twice, for readers that take the first or the last. */
static void said_twice(void **state)
{
	static const char *const texts[] = { "\"serial\": 7", "\"packages\": []",
		"\"valid_until\": \"2099-01-01T00:00:00Z\"" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		AUTO_FREE char *text = NULL, *twice = NULL;

		fresh_copy();
		text = json_dumps(release, JSON_COMPACT);
		twice = mem_printf("{%s, %s", texts[i], text + 1);
		sign_text(twice);
		refused_by_all(texts[i], NULL);
	}
}

/* By whoever is not the one: the other key of the store, a person of the policy; and a good signature with something beside it. */
static void by_others(void **state)
{
	AUTO_FREE char *package_home = release_key_home(world.r, "package"), *good = NULL, *with = NULL;
	const char *const homes[] = { package_home, world.homes[PAT], world.homes[TRIAL] };

	(void)state;
	for (size_t i = 0; i < COUNT(homes); i++) {
		AUTO(signer) other = { .fd = -1 };
		struct err e = { 0 };

		fresh_copy();
		OK(signer_open(&other, homes[i], NULL, &e));
		sign_as("release.json", "release.json.asc", SIGN_DETACHED_ARMOR, &other);
		refused_by_all(homes[i], NULL);
	}
	fresh_copy();
	good = read_text("release.json.asc");
	with = mem_printf("%sand more\n", good);
	write_text("release.json.asc", with);
	refused_by_all("behind the signature", "E_SIG_BAD");
	write_text("release.json.asc", "");
	refused_by_all("an empty signature", "E_SIG_BAD");
	write_text("release.json.asc", good);
	with[strlen(good) / 2] ^= 1;
	with[strlen(good)] = '\0';
	write_text("release.json.asc", with);
	refused_by_all("a changed signature", "E_SIG_BAD");
}

/* A leap so far that nothing could follow once the key is put away. One that others can follow is his to make. */
static void a_leap(void **state)
{
	static const struct {
		long long serial;
		const char *code; /* NULL: taken; "": no number of JSON's */
	} leaps[] = { { 1000, NULL }, { (1LL << 40) + 1001, "E_METADATA" }, { (1LL << 53) + 1, "" }, { 1LL << 62, "" },
		{ -1, "E_ROLLBACK" }, { 1LL << 40, NULL } };

	(void)state;
	fresh_copy();
	for (size_t i = 0; i < COUNT(leaps); i++) {
		struct pull p = { .url = tree, .into = site, .trust = trust, .keep = 3, .at = when_now() };
		AUTO_JSON *told = NULL;
		struct err e = { 0 };
		int status;

		json_object_set_new(release, "serial", json_integer(leaps[i].serial));
		sign_release_json();
		status = channel_pull(&p, &told, &e);
		if (!leaps[i].code                ? status
				: !*leaps[i].code ? status == 0 || e.class == ERR_ENV
						  : status == 0 || !e.code || strcmp(e.code, leaps[i].code) != 0)
			fail_msg("%lld: %d, %s", leaps[i].serial, status, e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_he_says), cmocka_unit_test(said_twice),
		cmocka_unit_test(by_others), cmocka_unit_test(a_leap) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
