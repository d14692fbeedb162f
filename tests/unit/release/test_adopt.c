/* test_adopt.c - repositories that lie are not taken over; one that does not needs the owners' yes, and a channel that never served anything for that target. */
#include "channel_world.h"
#include "killed.h"
#include "one_world.h"
#include "release/adopt.h"
#include "release/keep/keep.h"
#include <sys/stat.h>
#include <unistd.h>

/* ---- a repository of one or two stanzas */
static char *repo;

static void write_below(const char *path, const char *text)
{
	AUTO_FREE char *whole = mem_printf("%s/%s", repo, path), *folder = mem_strdup(whole);
	struct err e = { 0 };

	*strrchr(folder, '/') = '\0';
	OK(fs_mkdirs(folder, 0755, &e));
	OK(fs_write_file(whole, text, strlen(text), 0644, &e));
}

/* more: of Release. promised: the text whose digest Release names, NULL: that of packages. */
static void make_repo(const char *packages, const char *promised, const char *more)
{
	AUTO_FREE char *release = NULL;
	char digest[SHA256_HEX];
	struct err e = { 0 };

	OK(fs_remove_tree(repo, &e));
	sha256_hex(promised ? promised : packages, strlen(promised ? promised : packages), digest);
	release = mem_printf(
		"Origin: Test\nLabel: Test\nSuite: production\nCodename: production\nArchitectures: amd64\n"
		"Components: main\n%sSHA256:\n %s %zu main/binary-amd64/Packages\n",
		more, digest, strlen(promised ? promised : packages));
	write_below("dists/production/main/binary-amd64/Packages", packages);
	write_below("dists/production/Release", release);
	write_below("pool/one.deb", "one");
	write_below("pool/two.deb", "two");
}

static char *stanza(const char *name, const char *version, const char *filename, const char *content, const char *more)
{
	char digest[SHA256_HEX];

	sha256_hex(content, strlen(content), digest);
	return mem_printf(
		"Package: %s\nVersion: %s\nArchitecture: amd64\nMD5sum: 0\nFilename: %s\nSize: %zu\nSHA256: %s\n%s\n",
		name, version, filename, strlen(content), digest, more);
}

static int adopt_as(int who, json_t **ret, struct err *e)
{
	struct actor actor = as(&world, who);
	struct adopt_wish w = { .channel = "production", .target = "deb", .folder = repo, .reason = "it was there" };

	*e = (struct err){ 0 };
	return channel_adopt(world.r, &actor, &w, ret, e);
}

static void refused(const char *what, const char *want)
{
	json_t *done = NULL;
	struct err e;

	if (adopt_as(PAT, &done, &e) == 0)
		fail_msg("taken over: %s", what);
	if (!strstr(e.text, want) && !(e.code && strcmp(e.code, want) == 0))
		fail_msg("%s: %s is wanted, not %s: %s", what, want, e.code ? e.code : "-", e.text);
}

static void lies(void **state)
{
	static const struct {
		const char *what, *name, *version, *filename, *content, *more, *want;
	} cases[] = {
		{ "a path that leaves", "one", "1", "pool/../../one.deb", "one", "", "E_PATH_ESCAPE" },
		{ "an absolute path", "one", "1", "/pool/one.deb", "one", "", "no place of a package" },
		{ "an index as a package", "one", "1", "dists/production/Release", "one", "", "no place of a package" },
		{ "other bytes", "one", "1", "pool/one.deb", "two", "", "E_DIGEST" },
		{ "another size", "one", "1", "pool/one.deb", "one and more", "", "E_DIGEST" },
		{ "nothing there", "one", "1", "pool/gone.deb", "one", "", "gone.deb" },
		{ "a folder", "one", "1", "pool", "one", "", "E_SPECIAL_FILE" },
		{ "a second name in it", "one", "1", "pool/one.deb", "one", "Package: two\n", "E_MISMATCH" },
		{ "a second place in it", "one", "1", "pool/one.deb", "one", "X: y\nSHA256: 00\n", "E_MISMATCH" },
		{ "a blank line that is none", "one", "1", "pool/one.deb", "one", " \nPackage: two\n",
			"line of blanks" },
		{ "a carriage return", "one", "1\r", "pool/one.deb", "one", "", "carriage return" },
		{ "no name", "", "1", "pool/one.deb", "one", "", "not plain" },
		{ "markup for a name", "o\"ne", "1", "pool/one.deb", "one", "", "not plain" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_FREE char *text = stanza(
			cases[i].name, cases[i].version, cases[i].filename, cases[i].content, cases[i].more);

		make_repo(text, NULL, "");
		refused(cases[i].what, cases[i].want);
	}
}

static void lies_together(void **state)
{
	AUTO_FREE char *one = stanza("one", "1", "pool/one.deb", "one", ""),
		       *two = stanza("one", "1", "pool/two.deb", "two", ""),
		       *there = stanza("two", "1", "pool/one.deb", "two", ""), *twins = mem_printf("%s\n%s", one, two),
		       *place = mem_printf("%s\n%s", one, there), *link = mem_printf("%s/pool/link.deb", repo),
		       *linked = stanza("one", "1", "pool/link.deb", "one", ""),
		       *outside = mem_printf("%s/outside.deb", world.dir);
	struct err e = { 0 };

	(void)state;
	make_repo(twins, NULL, "");
	refused("one version twice", "E_NAME_COLLISION");
	make_repo(place, NULL, "");
	refused("one place twice", "E_NAME_COLLISION");
	make_repo(one, two, "");
	refused("another index than the one named", "E_DIGEST");
	make_repo("", NULL, "");
	refused("nothing in it", "no packages");
	make_repo(one, NULL, "NotAutomatic: yes\n");
	refused("what no channel says", "NotAutomatic");
	make_repo(linked, NULL, "");
	OK(fs_write_file(outside, "one", 3, 0644, &e));
	assert_int_equal(symlink(outside, link), 0);
	refused("a link that leaves", "link.deb");
	/* One that stays inside is as good as a file. */
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("one.deb", link), 0);
}

/* ---- one that does not lie */
static void good_repo(void)
{
	AUTO_FREE char *low = stanza("one", "1~rc1", "pool/one.deb", "one", "Description: x\n y\n"),
		       *high = stanza("one", "1", "pool/two.deb", "two", ""), *both = mem_printf("%s\n%s", high, low);

	make_repo(both, NULL, "");
}

static int adopt_alone(void *context, struct err *e)
{
	struct actor pat = as(&world, PAT);
	struct adopt_wish w = { .channel = "production", .target = "deb", .folder = repo, .reason = "it was there" };
	struct release *r = NULL;
	AUTO_JSON *done = NULL;
	int status = release_open(world.store, &r, e) || channel_adopt(r, &pat, &w, &done, e) ? -1 : 0;

	(void)context;
	release_close(r);
	return status;
}

/* However far it came: what was there is as it was, the store is whole, and it is asked for once more by the same words. */
static void killed(void **state)
{
	AUTO_FREE char *one = fs_join(repo, "pool/one.deb"), *two = fs_join(repo, "pool/two.deb"), *bytes = NULL;
	int rounds = kills_of(30);
	struct err e = { 0 };
	size_t len;
	long calls;

	(void)state;
	good_repo();
	calls = killed_after(killed_start(&world, adopt_alone, NULL), -1);
	assert_true(calls > 100);
	for (int round = 0; round < rounds; round++) {
		struct fsck o = { .path = world.store };
		AUTO_JSON *told = NULL, *audit = NULL;

		(void)killed_after(killed_start(&world, adopt_alone, NULL), calls * (2 * round + 1) / (2 * rounds));
		OK(audit_store(world.r->store, &audit, &e));
		assert_true(json_flag(audit, "ok"));
		OK(fsck_run(&o, &told, &e));
		OK(adopt_alone(NULL, &e));
	}
	OK(fs_read_file(one, 100, &bytes, &len, &e));
	assert_string_equal(bytes, "one");
	assert_true(fs_exists(two));
}

static int release_as(int who, const char *rfc, json_t **ret, struct err *e)
{
	struct actor actor = as(&world, who);

	*e = (struct err){ 0 };
	return release_to(world.r, &actor, rfc, "production", channel_publish, ret, e);
}

static char asked[32], late[32];

static void owners_alone(void **state)
{
	AUTO_JSON *done = NULL, *own = NULL, *refused_by = NULL, *edited = NULL, *shown = NULL, *again = NULL;
	struct actor pat = as(&world, PAT);
	struct err e;

	(void)state;
	good_repo();
	OK(adopt_as(PAT, &done, &e));
	assert_int_equal(json_int(done, "packages"), 1);
	assert_string_equal(json_text(json_array_get(json_list(done, "left"), 0), "version"), "1~rc1");
	snprintf(asked, sizeof asked, "%s", json_text(done, "rfc"));
	OK(vote(&world, CARL, asked, "change-manager", "approve", &e));
	assert_int_equal(vote(&world, CARL, asked, "policy-owner", "approve", &e), -1);
	assert_int_equal(release_as(PAT, asked, &refused_by, &e), -1);
	assert_string_equal(json_text(json_array_get(json_list(refused_by, "reasons"), 0), "role"), "policy-owner");
	/* By another name it is no other thing. */
	e = (struct err){ 0 };
	OK(rfc_edit(world.r, &pat, asked, json_pack("{s:s}", "type", "normal"), &edited, &e));
	OK(rfc_show(world.r, asked, &shown, &e));
	assert_string_equal(json_text(shown, "type"), "adoption");
	assert_string_equal(
		json_text(json_array_get(json_list(json_map(shown, "asked"), "votes"), 0), "role"), "policy-owner");
	assert_int_equal(rfc_edit(world.r, &pat, asked, json_pack("{s:s}", "adopt", "rpm"), &again, &e), -1);
	/* Who asked for it has no voice, owner or not. */
	OK(adopt_as(TRIAL, &own, &e));
	snprintf(late, sizeof late, "%s", json_text(own, "rfc"));
	assert_int_equal(vote(&world, TRIAL, late, "policy-owner", "approve", &e), -1);
}

static void once(void **state)
{
	AUTO_JSON *done = NULL, *more = NULL, *refused_by = NULL, *third = NULL, *back = NULL, *current = NULL,
		  *told = NULL, *audit = NULL, *trust = NULL;
	AUTO_FREE char *tree = channel_tree(world.r->store, "production"),
		       *kept = mem_printf("%s/deb/pool/two.deb", tree);
	struct actor pat = as(&world, PAT);
	char other[32];
	struct err e;

	(void)state;
	OK(adopt_as(PAT, &more, &e)); /* asked for twice */
	snprintf(other, sizeof other, "%s", json_text(more, "rfc"));
	OK(vote(&world, TRIAL, asked, "policy-owner", "approve", &e));
	OK(vote(&world, TRIAL, other, "policy-owner", "approve", &e));
	OK(release_as(PAT, asked, &done, &e));
	OK(release_as(PAT, asked, &third, &e)); /* as after a kill: the same set */
	OK(release_current(world.r, "production", &current, &e));
	assert_int_equal(json_array_size(json_list(current, "packages")), 1);
	assert_true(fs_exists(kept));
	/* The other one comes too late, though its votes are good. */
	assert_int_equal(release_as(PAT, other, &refused_by, &e), -1);
	assert_non_null(strstr(e.text, "already"));
	assert_int_equal(release_rollback(world.r, &pat, asked, "production", "oh", channel_publish, &back, &e), -1);
	refused("a second time", "already");
	e = (struct err){ 0 };
	OK(release_trust(world.r, &trust, &e));
	OK(channel_verify(tree, trust, when_now(), &told, &e));
	OK(audit_store(world.r->store, &audit, &e));
	assert_true(json_flag(audit, "ok"));
}

/* What came the usual way goes on as ever beside it. */
static void goes_on(void **state)
{
	AUTO_JSON *current = NULL;
	struct err e = { 0 };

	(void)state;
	release_version(&world, "1.0");
	release_version(&world, "1.1");
	OK(release_current(world.r, "production", &current, &e));
	assert_int_equal(json_array_size(json_list(current, "packages")), 2);
	assert_true(json_flag(json_find(json_list(current, "packages"), "name", "one"), "adopted"));
	assert_string_equal(json_text(json_find(json_list(current, "packages"), "name", "org-acme"), "version"), "1.1");
}

static json_t *before_of(const char *product, const char *target, const char *name, const char *architecture)
{
	AUTO_JSON *packages = json_pack(
		"[{s:s, s:s, s:s}]", "target", target, "name", name, "architecture", architecture);
	json_t *before = NULL;
	struct err e = { 0 };

	OK(candidate_before(world.r, product, packages, &before, &e));
	return before;
}

/* What an update replaces: its product's release, else what was taken over under the same name; nothing of another name, target or architecture. */
static void what_it_replaces(void **state)
{
	AUTO_JSON *one = before_of("new", "deb", "one", "all"), *own = before_of("acme", "deb", "one", "amd64");

	(void)state;
	assert_true(json_flag(one, "adopted"));
	assert_int_equal(json_array_size(json_list(one, "packages")), 1);
	assert_string_equal(
		json_text(one, "version"), json_text(json_array_get(json_list(one, "packages"), 0), "version"));
	assert_false(json_flag(own, "adopted"));
	assert_string_equal(json_text(own, "version"), "1.1");
	assert_null(before_of("new", "deb", "one", "arm64"));
	assert_null(before_of("new", "rpm", "one", "amd64"));
	assert_null(before_of("new", "deb", "org-acme", "amd64"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lies), cmocka_unit_test(lies_together),
		cmocka_unit_test(killed), cmocka_unit_test(owners_alone), cmocka_unit_test(once),
		cmocka_unit_test(goes_on), cmocka_unit_test(what_it_replaces) };
	int failed;

	if (setup(NULL))
		return 1;
	repo = mem_printf("%s/repo", world.dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(repo);
	return teardown(NULL) || failed;
}
