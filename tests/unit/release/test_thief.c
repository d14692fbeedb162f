/* test_thief.c - somebody has the release key and nothing else: whatever of a snapshot he signs anew, nobody who asks again takes more than was voted on. */
#include "base/codec.h"
#include "base/proc.h"
#include "channel_world.h"
#include "formats/index.h"
#include "release/channel/parts.h"
#include "release/channel/pull.h"
#include <fcntl.h>
#include <unistd.h>

static struct world world;
static char *tree, *site; /* a copy of what is served, and who pulls it */
static json_t *trust, *release;
static char *packages; /* Packages as it was */

#define SUITE "deb/dists/production"
#define PACKAGES SUITE "/main/binary-amd64/Packages"

/* ---- what is served: a deb and an rpm of one release */

static char *rpm_fragment(const char *digest, char ret[65])
{
	AUTO_JSON *fragment = json_pack("{s:o, s:o, s:o}", "primary",
		json_sprintf("<package type=\"rpm\">\n  <name>org-acme</name>\n  <arch>x86_64</arch>\n  <checksum "
			     "type=\"sha256\" "
			     "pkgid=\"YES\">%s</checksum>\n  <location href=\"packages/org-acme.rpm\"/>\n</package>\n",
			digest),
		"filelists", json_sprintf("<package pkgid=\"%s\" name=\"org-acme\">\n</package>\n", digest), "other",
		json_sprintf("<package pkgid=\"%s\" name=\"org-acme\">\n</package>\n", digest));
	char *text;
	struct err e = { 0 };
	size_t len;

	OK(json_canonical(fragment, &text, &len, &e));
	put(&world, text, ret);
	return text;
}

static json_t *package_of(const char *target, const char *format, const char *arch, const char *bytes,
	const char *location, const char *fragment, const char *path)
{
	char digest[65];

	sha256_hex(bytes, strlen(bytes), digest);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s}", "target", target, "format", format,
		"name", "org-acme", "version", "1.0", "architecture", arch, "sha256", digest, "size",
		(int)strlen(bytes), "location", location, "fragment", fragment, "suite", "", "path", path);
}

static json_t *submission(void)
{
	AUTO_FREE char *stanza = NULL;
	char deb[65], rpm[65], source[65], deb_fragment[65], of_rpm[65], vendor[65], test[65], test_rpm[65];

	put(&world, "the deb", deb);
	put(&world, "the rpm", rpm);
	sha256_hex("source", 6, source);
	stanza = mem_printf("Package: org-acme\nVersion: 1.0\nArchitecture: amd64\nFilename: pool/a/org-acme.deb\n"
			    "Size: 7\nSHA256: %s\n\n",
		deb);
	put(&world, stanza, deb_fragment);
	free(rpm_fragment(rpm, of_rpm));
	put_evidence(&world, "vendor-signature", source, "pass",
		json_pack("{s:s, s:s}", "vendor", "acme", "fingerprint", world.keys[TRIAL]), vendor);
	put_evidence(&world, "test", deb, "pass", json_object(), test);
	put_evidence(&world, "test", rpm, "pass", json_object(), test_rpm);
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:i, s:s}, s:s, s:s, s:s, s:[o, o], s:[s, s, s], s:s, s:[]}",
		"product", "acme", "vendor", "acme", "version", "1.0", "source", "name", "acme.tar", "size", 1,
		"sha256", source, "recipe", "", "house", "", "as_is", "", "packages",
		package_of("deb", "deb", "amd64", "the deb", "pool/a/org-acme.deb", deb_fragment, ""),
		package_of("el9", "rpm", "x86_64", "the rpm", "packages/org-acme.rpm", of_rpm, "el9"), "evidence",
		vendor, test, test_rpm, "facts", "", "reports");
}

static void both_targets(void)
{
	AUTO_FREE char *path = write_policy(&world, "both.yaml", "[carl]", world.keys[CARL], ""), *text = NULL,
		       *changed = NULL;
	static const char one[] = "targets: [deb]";
	struct err e = { 0 };
	size_t len;
	char *at;

	OK(fs_read_file(path, MIB(1), &text, &len, &e));
	at = strstr(text, one);
	changed = mem_printf("%.*stargets: [deb, el9]%s", (int)(at - text), text, at + strlen(one));
	OK(fs_write_file(path, changed, strlen(changed), 0644, &e));
	replace_policy(&world, path);
}

static int set_up(void **state)
{
	struct actor pat, trial;
	AUTO_JSON *answer = NULL;
	char candidate[32], rfc[32];
	struct err e = { 0 };

	(void)state;
	if (world_open(&world))
		return -1;
	both_targets();
	pat = as(&world, PAT);
	trial = as(&world, TRIAL);
	OK(candidate_add(world.r, &pat, submission(), candidate, &e));
	open_rfc(&world, PAT, candidate, rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(release_to(world.r, &trial, rfc, "production", channel_publish, &answer, &e));
	OK(release_trust(world.r, &trust, &e));
	tree = fs_join(world.dir, "tree");
	site = fs_join(world.dir, "site");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	json_decref(trust);
	json_decref(release);
	free(packages);
	free(tree);
	free(site);
	world_close(&world);
	return 0;
}

/* ---- the thief's tools */

static char *read_text(const char *path)
{
	AUTO_FREE char *whole = fs_join(tree, path);
	char *text;
	struct err e = { 0 };
	size_t len;

	OK(fs_read_file(whole, MIB(4), &text, &len, &e));
	return text;
}

static void write_bytes(const char *path, const void *bytes, size_t len)
{
	AUTO_FREE char *whole = fs_join(tree, path), *parent = mem_strdup(whole);
	struct err e = { 0 };

	*strrchr(parent, '/') = '\0';
	OK(fs_mkdirs(parent, 0755, &e));
	OK(fs_write_file(whole, bytes, len, 0644, &e)); /* by rename: the store's blobs stay */
}

static void write_text(const char *path, const char *text)
{
	write_bytes(path, text, strlen(text));
}

static void write_packed(const char *path, const char *text)
{
	AUTO_FREE char *bytes = NULL;
	struct err e = { 0 };
	size_t len;
	struct out *out = out_codec(out_mem(MIB(4), &bytes, &len), CODEC_GZIP, 0, 1, &e);

	OK(out_str(out, text, &e) || out_close(out, &e));
	write_bytes(path, bytes, len);
}

static char *read_packed(const char *path)
{
	AUTO_FREE char *whole = fs_join(tree, path);
	AUTO_FD int fd = open(whole, O_RDONLY | O_CLOEXEC);
	char *text = mem_alloc(MIB(1));
	struct in *in = in_codec(in_fd(fd), CODEC_GZIP, NULL);
	struct err e = { 0 };
	long len = in_read(in, text, MIB(1) - 1, &e);

	assert_true(fd >= 0 && len >= 0);
	text[len] = '\0';
	OK(in_close(in, &e));
	return text;
}

/* The text with the first `from` in it made `to`. */
static char *changed(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	if (!at)
		fail_msg("no '%s' in: %s", from, text);
	return mem_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void digest_of(const char *path, char ret[65], uint64_t *ret_size)
{
	AUTO_FREE char *whole = fs_join(tree, path);
	AUTO_FD int fd = open(whole, O_RDONLY | O_CLOEXEC);
	struct err e = { 0 };

	assert_true(fd >= 0);
	OK(sha256_fd(fd, ret, ret_size, &e));
}

static void name_index(const char *path)
{
	json_t *indexes = json_list(release, "indexes"), *item = json_find(indexes, "path", path);
	char digest[65];
	uint64_t size;

	digest_of(path, digest, &size);
	if (!item) {
		item = json_object();
		json_array_append_new(indexes, item);
		json_set_str(item, "path", path);
	}
	json_set_str(item, "sha256", digest);
	json_object_set_new(item, "size", json_integer((json_int_t)size));
}

/* The index of that place leaves the tree and the list. */
static void take_out(const char *path)
{
	AUTO_FREE char *whole = fs_join(tree, path);
	json_t *indexes = json_list(release, "indexes");

	assert_int_equal(unlink(whole), 0);
	for (size_t i = json_array_size(indexes); i-- > 0;)
		if (strcmp(json_text(json_array_get(indexes, i), "path"), path) == 0)
			json_array_remove(indexes, i);
}

/* What apt would ask for: the file under its hash, and its line in Release. */
static void hashed(const char *below, struct text *lines)
{
	AUTO_FREE char *path = fs_join(SUITE, below), *whole = fs_join(tree, path), *copy = NULL, *bytes = NULL;
	char digest[65];
	struct err e = { 0 };
	uint64_t size;
	size_t len;

	digest_of(path, digest, &size);
	copy = mem_printf(SUITE "/%.*s/by-hash/SHA256/%s", (int)(strrchr(below, '/') - below), below, digest);
	OK(fs_read_file(whole, MIB(4), &bytes, &len, &e));
	write_bytes(copy, bytes, len);
	name_index(path);
	name_index(copy);
	text_add(lines, " %s %llu %s\n", digest, (unsigned long long)size, below);
}

/* Packages says that now, and everything that names it follows. */
static void apt_says(const char *text)
{
	AUTO_FREE char *of = read_text(SUITE "/Release"), *whole = NULL;
	AUTO(text) lines = { 0 };
	const char *rest = strstr(of, "SHA256:\n") + strlen("SHA256:\n");
	struct slice left = slice_of(rest), line;

	write_text(PACKAGES, text);
	write_packed(PACKAGES ".gz", text);
	hashed("main/binary-amd64/Packages", &lines);
	hashed("main/binary-amd64/Packages.gz", &lines);
	while (slice_cut(&left, '\n', &line)) {
		AUTO_FREE char *one = strndup(line.at, line.len);

		if (*one && !strstr(one, "/Packages"))
			text_add(&lines, "%s\n", one);
	}
	whole = mem_printf("%.*s%s", (int)(rest - of), of, lines.at);
	write_text(SUITE "/Release", whole);
}

/* repodata's document of that kind says that now, and repomd.xml names it. */
static char *document(const char *kind)
{
	AUTO_FREE char *end = mem_printf("-%s.xml.gz", kind);
	size_t i;
	json_t *item;

	json_array_foreach(json_list(release, "indexes"), i, item)
		if (text_ends(json_text(item, "path"), end))
			return mem_strdup(json_text(item, "path"));
	fail_msg("no %s", kind);
	return NULL;
}

static void rpm_says(const char *kind, const char *text)
{
	AUTO_FREE char *old = document(kind), *new = NULL, *repomd = read_text("rpm/el9/repodata/repomd.xml"),
		       *one = NULL, *two = NULL, *before = mem_strdup(strrchr(old, '/') + 1);
	char digest[65];
	uint64_t size;

	before[64] = '\0';
	write_packed("rpm/el9/repodata/new", text);
	digest_of("rpm/el9/repodata/new", digest, &size);
	new = mem_printf("rpm/el9/repodata/%s-%s.xml.gz", digest, kind);
	take_out(old);
	write_packed(new, text);
	name_index(new);
	one = changed(repomd, before, digest);
	two = changed(one, before, digest);
	write_text("rpm/el9/repodata/repomd.xml", two);
	AUTO_FREE char *temporary = fs_join(tree, "rpm/el9/repodata/new");
	assert_int_equal(unlink(temporary), 0);
}

static void sign_as(const char *content, const char *signature, enum sign_mode mode, struct signer *thief)
{
	AUTO_FREE char *text = read_text(content), *made = NULL;
	struct sig_data data = { .fd = -1, .bytes = text, .len = strlen(text) };
	struct err e = { 0 };
	size_t len;

	OK(signer_sign(thief, mode, &data, &made, &len, &e));
	write_bytes(signature, made, len);
}

static void sign_text(const char *text)
{
	AUTO_FREE char *home = release_key_home(world.r, "release");
	AUTO(signer) thief = { .fd = -1 };
	struct err e = { 0 };

	OK(signer_open(&thief, home, json_string_value(json_array_get(json_list(trust, "release_keys"), 0)), &e));
	write_text("release.json", text);
	sign_as("release.json", "release.json.asc", SIGN_DETACHED_ARMOR, &thief);
}

static void sign_release_json(void)
{
	AUTO_FREE char *text = json_dumps(release, JSON_COMPACT);

	sign_text(text);
}

static void sign_all(void)
{
	AUTO_FREE char *home = release_key_home(world.r, "release");
	const char *key = json_string_value(json_array_get(json_list(trust, "release_keys"), 0));
	static const char *const signed_ones[] = { SUITE "/Release", SUITE "/InRelease", SUITE "/Release.gpg",
		"rpm/el9/repodata/repomd.xml", "rpm/el9/repodata/repomd.xml.asc" };
	AUTO(signer) thief = { .fd = -1 };
	struct err e = { 0 };

	OK(signer_open(&thief, home, key, &e));
	sign_as(SUITE "/Release", SUITE "/InRelease", SIGN_CLEAR, &thief);
	sign_as(SUITE "/Release", SUITE "/Release.gpg", SIGN_DETACHED_ARMOR, &thief);
	sign_as("rpm/el9/repodata/repomd.xml", "rpm/el9/repodata/repomd.xml.asc", SIGN_DETACHED_ARMOR, &thief);
	for (size_t i = 0; i < COUNT(signed_ones); i++)
		name_index(signed_ones[i]);
	sign_release_json();
}

/* ---- what he signs */

static json_t *first_package(const char *format)
{
	return json_find(json_list(release, "packages"), "format", format);
}

static void nothing(void)
{
}
static void one_more(void)
{
	AUTO_FREE char *more = mem_printf(
		"%sPackage: evil\nVersion: 9\nArchitecture: amd64\nFilename: pool/a/evil.deb\n"
		"Size: 4\nSHA256: 00\n\n",
		packages);

	apt_says(more);
}
static void a_dependency(void)
{
	AUTO_FREE char *more = changed(packages, "Version:", "Depends: evil\nVersion:");

	apt_says(more);
}
static void one_less(void)
{
	apt_says("");
}
static void twice(void)
{
	AUTO_FREE char *both = mem_printf("%s%s", packages, packages);

	apt_says(both);
}
/* The plain list stays what it was; clients take the packed one. */
static void packed_only(void)
{
	AUTO_FREE char *more = changed(packages, "Version: 1.0", "Version: 0.1");

	apt_says(more);
	write_text(PACKAGES, packages);
	name_index(PACKAGES);
}
static void an_evil_file(void)
{
	write_text("deb/pool/a/evil.deb", "evil");
	name_index("deb/pool/a/evil.deb");
}
static void another_kind(void)
{
	AUTO_FREE char *of = read_text(SUITE "/Release"), *more = NULL;
	AUTO(text) line = { 0 };

	write_text(PACKAGES ".xz", "evil");
	hashed("main/binary-amd64/Packages.xz", &line);
	more = mem_printf("%s%s", of, line.at);
	write_text(SUITE "/Release", more);
}
static void another_digest(void)
{
	AUTO_FREE char *of = read_text(SUITE "/Release"),
		       *more = changed(of, "SHA256:\n", "SHA512:\n 00 4 main/binary-amd64/Packages\nSHA256:\n");

	write_text(SUITE "/Release", more);
}
/* Of a list that he keeps elsewhere. */
static void not_of_the_tree(void)
{
	AUTO_FREE char *of = read_text(SUITE "/Release"), *more = NULL;
	char digest[65];
	uint64_t size;

	digest_of(PACKAGES, digest, &size);
	more = changed(of, digest, "00000000000000000000000000000000000000000000000000000000000000ff");
	write_text(SUITE "/Release", more);
}
static void valid_for_ever(void)
{
	AUTO_FREE char *of = read_text(SUITE "/Release"),
		       *more = changed(of, "Valid-Until: ", "Valid-Until: Sat, 01 Jan 2099 00:00:00 +0000\nX: ");

	write_text(SUITE "/Release", more);
}
/* A note of what a site left out, as if the channel had it: then nothing of the rest would be asked about. */
static void a_note(void)
{
	json_t *package = json_deep_copy(first_package("deb"));
	char digest[65];

	write_text(PARTS_FILE, "{\"type\":\"sluice-targets\",\"version\":1,\"targets\":[\"none\"]}");
	name_index(PARTS_FILE);
	write_text("deb/pool/a/evil.deb", "evil");
	sha256_hex("evil", 4, digest);
	json_set_str(package, "path", "deb/pool/a/evil.deb");
	json_set_str(package, "location", "pool/a/evil.deb");
	json_set_str(package, "sha256", digest);
	json_object_set_new(package, "size", json_integer(4));
	json_array_append_new(json_list(release, "packages"), package);
}
static void rpm_more(void)
{
	AUTO_FREE char *path = document("primary"), *text = read_packed(path),
		       *more = changed(
			       text, "</metadata>", "<package\ttype=\"rpm\"><name>evil</name></package>\n</metadata>");

	rpm_says("primary", more);
}
static void rpm_head(void)
{
	AUTO_FREE char *path = document("primary"), *text = read_packed(path),
		       *more = changed(
			       text, "<package ", "<package\ttype=\"rpm\"><name>evil</name></package>\n<package ");

	rpm_says("primary", more);
}
static void rpm_files(void)
{
	AUTO_FREE char *path = document("filelists"), *text = read_packed(path),
		       *more = changed(text, "</package>", "<file>/usr/bin/openssl</file></package>");

	rpm_says("filelists", more);
}
static void rpm_elsewhere(void)
{
	AUTO_FREE char *text = read_text("rpm/el9/repodata/repomd.xml"),
		       *more = changed(text, "<location href", "<location xml:base=\"http://evil.example/\" href");

	write_text("rpm/el9/repodata/repomd.xml", more);
}
static void rpm_another_kind(void)
{
	AUTO_FREE char *text = read_text("rpm/el9/repodata/repomd.xml"),
		       *more = changed(text, "</repomd>",
			       "<data type=\"modules\"><location href=\"repodata/m.yaml\"/></data></repomd>");

	write_text("rpm/el9/repodata/m.yaml", "evil");
	name_index("rpm/el9/repodata/m.yaml");
	write_text("rpm/el9/repodata/repomd.xml", more);
}

static const struct {
	const char *name;
	void (*change)(void);
	const char *code, *where; /* NULL: it is believed */
} table[] = {
	{ "nothing", nothing, NULL, NULL },
	{ "a stanza more", one_more, "E_MISMATCH", PACKAGES },
	{ "a dependency more", a_dependency, "E_MISMATCH", PACKAGES },
	{ "a package kept back", one_less, "E_MISMATCH", PACKAGES },
	{ "a stanza twice", twice, "E_MISMATCH", PACKAGES },
	{ "the packed list alone", packed_only, "E_MISMATCH", PACKAGES ".gz" },
	{ "a file among the indexes", an_evil_file, "E_MISMATCH", "deb/pool/a/evil.deb" },
	{ "an index of another kind", another_kind, "E_MISMATCH", PACKAGES ".xz" },
	{ "a digest of another kind", another_digest, "E_MISMATCH", SUITE "/Release" },
	{ "an index that is not there", not_of_the_tree, "E_MISMATCH", SUITE "/Release" },
	{ "valid for ever", valid_for_ever, "E_MISMATCH", SUITE "/Release" },
	{ "a note of what is left out", a_note, "E_MISMATCH", PARTS_FILE },
	{ "an element more", rpm_more, "E_MISMATCH", NULL },
	{ "an element before the first", rpm_head, "E_MISMATCH", NULL },
	{ "a file more", rpm_files, "E_MISMATCH", NULL },
	{ "another server", rpm_elsewhere, "E_MISMATCH", "rpm/el9/repodata/repomd.xml" },
	{ "metadata of another kind", rpm_another_kind, "E_MISMATCH", "rpm/el9/repodata/repomd.xml" },
};

static void fresh_copy(void)
{
	AUTO_FREE char *current = channel_tree(world.r->store, "production"), *inside = mem_printf("%s/.", current),
		       *text = NULL;
	struct err e = { 0 };

	OK(fs_remove_tree(tree, &e) || fs_remove_tree(site, &e));
	OK(proc_must((const char *const[]){ "cp", "-a", inside, tree, NULL }, &e));
	text = read_text("release.json");
	json_decref(release);
	release = json_parse(text, strlen(text), "release.json", &e);
	assert_non_null(release);
	free(packages);
	packages = read_text(PACKAGES);
}

static void judged(const char *name, const char *code, const char *where)
{
	struct pull p = { .url = tree, .into = site, .trust = trust, .keep = 3, .at = when_now() };
	AUTO_JSON *told = NULL, *pulled = NULL;
	struct err e = { 0 }, why = { 0 };
	int status = channel_verify(tree, trust, when_now(), &told, &e), taken = channel_pull(&p, &pulled, &why);
	bool is_found = false;
	const json_t *finding;
	size_t i;

	json_array_foreach(json_list(told, "findings"), i, finding)
		is_found = is_found ||
			(code && strcmp(json_text(finding, "code"), code) == 0 &&
				(!where || strcmp(json_text(finding, "where"), where) == 0));
	if (code ? status == 0 || !is_found || taken == 0 || why.class != ERR_VERDICT : status || taken) {
		AUTO_FREE char *text = json_dumps(told, 0);

		fail_msg("%s: verify %d, pull %d (%s): %s", name, status, taken, why.text, text ? text : e.text);
	}
}

static void what_he_signs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		fresh_copy();
		table[i].change();
		sign_all();
		judged(table[i].name, table[i].code, table[i].where);
	}
}

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
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_he_signs), cmocka_unit_test(what_he_says),
		cmocka_unit_test(said_twice), cmocka_unit_test(by_others), cmocka_unit_test(a_leap) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
