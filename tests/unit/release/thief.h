/* thief.h - for tests of somebody who has the release key and nothing else: a channel with a deb and an rpm, a copy of what is served, and the tools to sign it anew. */
#pragma once
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

static inline char *rpm_fragment(const char *digest, char ret[65])
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

static inline json_t *package_of(const char *target, const char *format, const char *arch, const char *bytes,
	const char *location, const char *fragment, const char *path)
{
	char digest[65];

	sha256_hex(bytes, strlen(bytes), digest);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s}", "target", target, "format", format,
		"name", "org-acme", "version", "1.0", "architecture", arch, "sha256", digest, "size",
		(int)strlen(bytes), "location", location, "fragment", fragment, "suite", "", "path", path);
}

static inline json_t *submission(void)
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

static inline void both_targets(void)
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

static inline char *read_text(const char *path)
{
	AUTO_FREE char *whole = fs_join(tree, path);
	char *text;
	struct err e = { 0 };
	size_t len;

	OK(fs_read_file(whole, MIB(4), &text, &len, &e));
	return text;
}

static inline void write_bytes(const char *path, const void *bytes, size_t len)
{
	AUTO_FREE char *whole = fs_join(tree, path), *parent = mem_strdup(whole);
	struct err e = { 0 };

	*strrchr(parent, '/') = '\0';
	OK(fs_mkdirs(parent, 0755, &e));
	OK(fs_write_file(whole, bytes, len, 0644, &e)); /* by rename: the store's blobs stay */
}

static inline void write_text(const char *path, const char *text)
{
	write_bytes(path, text, strlen(text));
}

static inline void write_packed(const char *path, const char *text)
{
	AUTO_FREE char *bytes = NULL;
	struct err e = { 0 };
	size_t len;
	struct out *out = out_codec(out_mem(MIB(4), &bytes, &len), CODEC_GZIP, 0, 1, &e);

	OK(out_str(out, text, &e) || out_close(out, &e));
	write_bytes(path, bytes, len);
}

static inline char *read_packed(const char *path)
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
static inline char *changed(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	if (!at)
		fail_msg("no '%s' in: %s", from, text);
	return mem_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static inline void digest_of(const char *path, char ret[65], uint64_t *ret_size)
{
	AUTO_FREE char *whole = fs_join(tree, path);
	AUTO_FD int fd = open(whole, O_RDONLY | O_CLOEXEC);
	struct err e = { 0 };

	assert_true(fd >= 0);
	OK(sha256_fd(fd, ret, ret_size, &e));
}

static inline void name_index(const char *path)
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
static inline void take_out(const char *path)
{
	AUTO_FREE char *whole = fs_join(tree, path);
	json_t *indexes = json_list(release, "indexes");

	assert_int_equal(unlink(whole), 0);
	for (size_t i = json_array_size(indexes); i-- > 0;)
		if (strcmp(json_text(json_array_get(indexes, i), "path"), path) == 0)
			json_array_remove(indexes, i);
}

/* What apt would ask for: the file under its hash, and its line in Release. */
static inline void hashed(const char *below, struct text *lines)
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
static inline void apt_says(const char *text)
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
static inline char *document(const char *kind)
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

static inline void rpm_says(const char *kind, const char *text)
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

static inline void sign_as(const char *content, const char *signature, enum sign_mode mode, struct signer *thief)
{
	AUTO_FREE char *text = read_text(content), *made = NULL;
	struct sig_data data = { .fd = -1, .bytes = text, .len = strlen(text) };
	struct err e = { 0 };
	size_t len;

	OK(signer_sign(thief, mode, &data, &made, &len, &e));
	write_bytes(signature, made, len);
}

static inline void sign_text(const char *text)
{
	AUTO_FREE char *home = release_key_home(world.r, "release");
	AUTO(signer) thief = { .fd = -1 };
	struct err e = { 0 };

	OK(signer_open(&thief, home, json_string_value(json_array_get(json_list(trust, "release_keys"), 0)), &e));
	write_text("release.json", text);
	sign_as("release.json", "release.json.asc", SIGN_DETACHED_ARMOR, &thief);
}

static inline void sign_release_json(void)
{
	AUTO_FREE char *text = json_dumps(release, JSON_COMPACT);

	sign_text(text);
}

static inline void sign_all(void)
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

static inline json_t *first_package(const char *format)
{
	return json_find(json_list(release, "packages"), "format", format);
}

static inline void fresh_copy(void)
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
