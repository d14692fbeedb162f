/* test_pull_memory.c - what a large channel asks of those who take it over: one change of 3,000 packages is pulled, pulled on, verified, exported and imported by
 * processes that may have 24 MiB of data each. Held as JSON it would be twice that. */
#include "channel_world.h"
#include "release/channel/export.h"
#include "release/channel/pull.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false /* else memory is used in another way: the same is done, without the bound */
#endif
enum { CANDIDATES = IS_SANITIZED ? 1 : 15, EACH = 200, DATA_MAX = 24 << 20, TOO_LITTLE = 2 << 20 };

static struct world world;
static char *tree, *trust_file;

/* As blob_put, without a wait for the disk each time. */
static void put_quickly(const char *text, char ret[65])
{
	AUTO_FREE char *path = NULL, *folder = NULL;
	AUTO_FD int fd = -1;
	struct err e = { 0 };

	sha256_hex(text, strlen(text), ret);
	path = blob_path(world.r->store->blobs, ret);
	folder = mem_strdup(path);
	*strrchr(folder, '/') = '\0';
	OK(fs_mkdirs(folder, 0755, &e));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
	assert_true(fd >= 0);
	OK(fd_write(fd, text, strlen(text), &e));
}

static json_t *package(int i)
{
	AUTO_FREE char *bytes = mem_printf("package %d", i), *name = mem_printf("org-acme-%05d", i),
		       *location = mem_printf("pool/a/%s_1.0_amd64.deb", name), *stanza = NULL;
	char digest[65], fragment[65];

	put_quickly(bytes, digest);
	stanza = mem_printf("Package: %s\nVersion: 1.0\nArchitecture: amd64\nFilename: %s\nSize: %zu\nSHA256: %s\n\n",
		name, location, strlen(bytes), digest);
	put_quickly(stanza, fragment);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s}", "target", "deb", "format", "deb",
		"name", name, "version", "1.0", "architecture", "amd64", "sha256", digest, "size", (int)strlen(bytes),
		"location", location, "fragment", fragment, "suite", "", "path", "");
}

static void add_many(int first, char ret_id[32])
{
	json_t *packages = json_array(), *subjects = json_array();
	AUTO_JSON *evidence = NULL;
	AUTO_FREE char *text = NULL, *product = mem_printf("acme-%d", first);
	char source[65], vendor[65], test[65];
	struct actor pat = as(&world, PAT);
	struct err e = { 0 };
	size_t len;

	for (int i = 0; i < EACH; i++) {
		json_array_append_new(packages, package(first + i));
		json_array_append(subjects, json_object_get(json_array_get(packages, (size_t)i), "sha256"));
	}
	sha256_hex("source", 6, source);
	put_evidence(&world, "vendor-signature", source, "pass",
		json_pack("{s:s, s:s}", "vendor", "acme", "fingerprint", world.keys[TRIAL]), vendor);
	evidence = evidence_json("test", subjects, "pass", when_now(), json_object());
	OK(json_canonical(evidence, &text, &len, &e));
	put(&world, text, test);
	OK(candidate_add(world.r, &pat,
		json_pack("{s:s, s:s, s:s, s:{s:s, s:i, s:s}, s:s, s:s, s:s, s:o, s:[s, s], s:s, s:[]}", "product",
			product, "vendor", "acme", "version", "1.0", "source", "name", "acme.tar", "size", 1, "sha256",
			source, "recipe", "", "house", "", "as_is", "", "packages", packages, "evidence", vendor, test,
			"facts", "", "reports"),
		ret_id, &e));
}

static int set_up(void **state)
{
	struct actor trial;
	AUTO_JSON *answer = NULL, *trust = NULL;
	AUTO_FREE char *text = NULL;
	json_t *candidates = json_array();
	char candidate[32], rfc[32];
	struct actor pat;
	struct err e = { 0 };
	size_t len;

	if (world_open(&world))
		return -1;
	trial = as(&world, TRIAL);
	tree = channel_tree(world.r->store, "production");
	trust_file = fs_join(world.dir, "trust.json");
	pat = as(&world, PAT);
	for (int i = 0; i < CANDIDATES; i++) {
		add_many(i * EACH, candidate);
		json_array_append_new(candidates, json_string(candidate));
	}
	OK(rfc_open(world.r, &pat,
		json_pack("{s:o, s:s, s:s, s:s}", "candidates", candidates, "reason", "many", "urgency", "high",
			"impact", "minor"),
		rfc, NULL, &e));
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(release_to(world.r, &trial, rfc, "production", channel_publish, &answer, &e));
	OK(release_trust(world.r, &trust, &e));
	OK(json_canonical(trust, &text, &len, &e));
	return fs_write_file(trust_file, text, len, 0600, &e);
}

static int tear_down(void **state)
{
	free(tree);
	free(trust_file);
	world_close(&world);
	return 0;
}

/* ---- in a process of its own */

static int take(const char *what, const char *from, const char *into, struct err *e)
{
	AUTO_FREE char *text = NULL;
	AUTO_JSON *trust = NULL, *told = NULL;
	struct store *store = NULL;
	size_t len;

	if (strcmp(what, "export") == 0) {
		int status = store_open(from, &store, e) ||
			channel_export(store, &(struct export){ .channel = "production", .output = into }, &told, e);

		store_close(store);
		return status;
	}
	if (fs_read_file(getenv("TRUST"), MIB(1), &text, &len, e) || !(trust = json_parse(text, len, "trust", e)))
		return -1;
	if (strcmp(what, "verify") == 0)
		return channel_verify(from, trust, 0, &told, e);
	return channel_pull(&(struct pull){ .url = from,
				    .into = into,
				    .trust = trust,
				    .keep = 3,
				    .is_archive = strcmp(what, "import") == 0,
				    .is_check = strcmp(what, "check") == 0,
				    .at = when_now() },
		&told, e);
}

static int child(char **argv)
{
	rlim_t most = (rlim_t)strtoul(argv[1], NULL, 10);
	struct err e = { 0 };

	if (!IS_SANITIZED && setrlimit(RLIMIT_DATA, &(struct rlimit){ most, most }))
		return 2;
	if (take(argv[2], argv[3], argv[4], &e) == 0)
		return 0;
	fprintf(stderr, "%s: %s\n", argv[2], e.text);
	return 1;
}

/* The same program anew, so that it begins with nothing. The status of its end. */
static int with_data(int most, const char *what, const char *from, const char *into)
{
	AUTO_FREE char *number = mem_printf("%d", most);
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		setenv("TRUST", trust_file, 1);
		execl("/proc/self/exe", "test_pull_memory", number, what, from, into, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void bounded(void **state)
{
	AUTO_FREE char *site = fs_join(world.dir, "site"), *current = fs_join(site, "current"),
		       *behind = fs_join(world.dir, "behind"), *file = fs_join(world.dir, "carried"),
		       *carried = fs_join(world.dir, "brought");

	assert_int_equal(with_data(DATA_MAX, "pull", tree, site), 0);
	assert_int_equal(with_data(DATA_MAX, "verify", current, ""), 0);
	release_version(&world, "1.1");
	assert_int_equal(with_data(DATA_MAX, "pull", tree, site), 0);
	assert_int_equal(with_data(DATA_MAX, "check", tree, site), 0);
	assert_int_equal(with_data(DATA_MAX, "pull", current, behind), 0); /* a site behind the site */
	assert_int_equal(with_data(DATA_MAX, "export", world.store, file), 0);
	assert_int_equal(with_data(DATA_MAX, "import", file, carried), 0);
	if (!IS_SANITIZED) /* the bound binds */
		assert_int_not_equal(with_data(TOO_LITTLE, "verify", current, ""), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bounded) };

	if (argc == 5)
		return child(argv);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
