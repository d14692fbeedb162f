/* test_thief.c - somebody has the release key and nothing else: whatever of a snapshot he signs anew, nobody who asks again takes more than was voted on. */
#include "thief.h"

/* ---- what he signs */

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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_he_signs) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
