/* test_rpmmd.c - our rpm-md metadata: a fragment is what createrepo_c writes for the same file, and the real dnf reads the repository. */
#include "formats/index.h"
#include "formats/reader.h"
#include "rpm_sample.h"

static char *folder;

/* ---- a package as it comes back from the reader, with its entries */

struct collect {
	struct sink sink;
	struct pkg *pkg;
};

static int collect_begin(struct sink *s, const struct entry *x, struct err *e)
{
	struct pkg *p = ((struct collect *)s)->pkg;
	struct entry *to = pkg_add_entry(p);

	return to && entry_copy(&p->arena, x, to) ? 0 : err_env(e, "no room");
}

static int collect_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	return 0;
}

static int collect_end(struct sink *s, struct err *e)
{
	return 0;
}

static const struct sink_ops collect_ops = {
	.entry_begin = collect_begin, .data = collect_data, .entry_end = collect_end
};

static void read_back(const char *path, struct pkg *ret, struct index_file *file)
{
	struct collect c = { .sink = { &collect_ops }, .pkg = ret };
	struct err e = { 0 };
	static char sha256[SHA256_HEX];
	struct source src = { .fd = open(path, O_RDONLY | O_CLOEXEC), .name = path };

	pkg_init(ret, MIB(64));
	assert_int_equal(sha256_fd(src.fd, sha256, &src.size, &e), 0);
	if (reader_named("rpm")->read(&src, &limits_default, &c.sink, ret, &e))
		fail_msg("%s", e.text);
	close(src.fd);
	file->sha256 = sha256;
	file->size = src.size;
}

static json_t *sample_fragment(void)
{
	const struct timespec times[2] = { { SAMPLE_TIME, 0 }, { SAMPLE_TIME, 0 } };
	struct index_file file = { .location = "org-acme.rpm", .time = SAMPLE_TIME };
	char *path = fs_join(folder, "org-acme.rpm");
	struct writer_result r;
	struct pkg written, p;
	json_t *fragment, *direct;

	close(sample_write(&sample_options, path, &written, &r));
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	file.header_start = r.header_start;
	file.header_end = r.header_end;
	file.installed_size = r.installed_size;
	file.archive_size = r.archive_size;
	read_back(path, &p, &file);
	fragment = rpmmd_fragment(&p, &file);
	/* What the pipeline does: the package as it was given to the writer, with its entries. */
	memcpy(&written.entries, &p.entries, sizeof written.entries);
	direct = rpmmd_fragment(&written, &file);
	assert_string_equal(json_text(direct, "primary"), json_text(fragment, "primary"));
	assert_string_equal(json_text(direct, "other"), json_text(fragment, "other"));
	memset(&written.entries, 0, sizeof written.entries);
	json_decref(direct);
	pkg_done(&written);
	pkg_done(&p);
	free(path);
	return fragment;
}

/* ---- createrepo_c's */

static char *createrepo_part(const char *type)
{
	char *command = mem_printf("%s/repodata", folder), *pattern = mem_printf("*%s.xml.gz", type);
	char *path = run_tool((const char *[]){ "find", command, "-name", pattern, NULL }, 0), *xml, *from, *to;

	path[strcspn(path, "\n")] = 0;
	xml = run_tool((const char *[]){ "zcat", path, NULL }, 0);
	from = strstr(xml, "<package ");
	to = from ? strstr(from, "</package>\n") : NULL;
	if (!to)
		fail_msg("createrepo_c made no package element: %s", xml);
	else
		to[strlen("</package>\n")] = 0;
	memmove(xml, from, strlen(from) + 1);
	free(command);
	free(pattern);
	free(path);
	return xml;
}

static void same_as_createrepo(void **state)
{
	static const char *const types[] = { "primary", "filelists", "other" };
	json_t *fragment = sample_fragment();

	free(run_tool(
		(const char *[]){ "createrepo_c", "--quiet", "--no-database", "--compress-type", "gz", folder, NULL },
		0));
	for (size_t i = 0; i < COUNT(types); i++) {
		char *theirs = createrepo_part(types[i]);

		assert_string_equal(json_text(fragment, types[i]), theirs);
		free(theirs);
	}
	json_decref(fragment);
}

/* ---- a whole repository */

static int load_member(void *context, const struct doc_entry *entry, char **ret, size_t *ret_len, struct err *e)
{
	*ret = mem_strdup(json_text(entry->from, context));
	*ret_len = strlen(*ret);
	return 0;
}

static int load_update(void *context, const struct doc_entry *entry, char **ret, size_t *ret_len, struct err *e)
{
	AUTO_JSON *packages = json_pack("[{s:s, s:s, s:s, s:s, s:s}]", "name", "org-acme", "version", "2:1.0~rc1-3",
		"architecture", "x86_64", "location", "packages/a/a.rpm", "sha256", entry->digest);
	AUTO_JSON *advisories = json_pack("[{s:s, s:s, s:[s, s]}]", "id", "A&1", "url", "https://a.example/?x&y",
		"cves", "CVE-2026-1", "CVE-2026-2");
	struct rpmmd_update update = { .id = "R-1",
		.from = "A & B",
		.channel = "production",
		.title = "mends <it>\x01",
		.severity = "Important",
		.description = "because",
		.answers = "CVE-2026-1, ACME-7 well-known",
		.advisories = advisories,
		.issued = 1700000000,
		.packages = packages };

	*ret = rpmmd_update(&update);
	*ret_len = strlen(*ret);
	return 0;
}

static void write_text(const char *root, const char *name, const char *text)
{
	AUTO_FREE char *path = fs_join(root, name);
	struct err e = { 0 };

	assert_int_equal(fs_write_file(path, text, strlen(text), 0644, &e), 0);
}

/* Below root; repomd.xml and the documents that it names. */
static void repository(const char *root)
{
	static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
	AUTO_JSON *ours = sample_fragment(), *theirs = NULL;
	struct doc documents[RPMMD_DOCUMENTS];
	AUTO_FREE char *text = NULL;
	struct err e = { 0 };
	struct pkg p;

	pkg_init(&p, 0);
	p.name = "hostile";
	p.version = "1";
	p.architecture = "noarch";
	p.summary = "ctl \x01 latin \xe9 & ]]> \xf0\x9f\x98\x80";
	pkg_add_entry(&p)->path = "/etc/a\nb\x7f<\xff";
	theirs = rpmmd_fragment(&p, &(struct index_file){ .location = "h.rpm", .sha256 = zeros, .size = 1, .time = 1 });
	for (size_t i = 0; i < RPMMD_DOCUMENTS; i++) {
		const struct doc_entry entries[] = { { "a.rpm", "11", ours }, { "h.rpm", zeros, theirs } };
		const struct doc_change change = { .added = entries,
			.added_len = i == RPMMD_UPDATES ? 1 : 2,
			.load = i == RPMMD_UPDATES ? load_update : load_member,
			.context = (char *)(uintptr_t)rpmmd_forms[i].type };
		AUTO_FREE char *made = fs_join(folder, rpmmd_forms[i].type), *packed = mem_printf("%s.gz", made),
			       *name = NULL, *path = NULL;

		if (index_doc_write(NULL, made, &rpmmd_forms[i].form, &change, &documents[i], &e))
			fail_msg("%s", e.text);
		name = rpmmd_document_path(i, &documents[i]);
		path = fs_join(root, name);
		assert_int_equal(rename(packed, path), 0);
	}
	text = rpmmd_text(documents, 1700000001);
	write_text(root, "repodata/repomd.xml", text);
	pkg_done(&p);
}

static void dnf_reads_it(void **state)
{
	struct err e = { 0 };
	char *root = fs_join(folder, "repo"), *data = fs_join(root, "repodata"), *cache = fs_join(folder, "cache"),
	     *out;
	char *from = mem_printf("ours,file://%s", root), *cachedir = mem_printf("--setopt=cachedir=%s", cache),
	     *logdir = mem_printf("--setopt=logdir=%s", folder);

	assert_int_equal(fs_mkdirs(data, 0755, &e), 0);
	repository(root);
	out = run_tool((const char *[]){ "dnf", "-q", "--noplugins", cachedir, "--setopt=reposdir=/nonexistent", logdir,
			       "--installroot", cache, "--releasever", "1", "--repofrompath", from, "--repo", "ours",
			       "--forcearch", "x86_64", "repoquery", "--qf",
			       "%{epoch}:%{name}-%{version}-%{release}.%{arch}", NULL },
		0);
	wants(out, "2:org-acme-1.0~rc1-3.x86_64");
	wants(out, "0:hostile-1-1.noarch");
	free(out);
	free(root);
	free(data);
	free(cache);
	free(from);
	free(cachedir);
	free(logdir);
}

static void update_says(void **state)
{
	static const char *const parts[] = {
		"<update from=\"A &amp; B\" status=\"stable\" type=\"security\" version=\"1\">\n", "<id>R-1</id>",
		"<title>mends &lt;it&gt;\\x01</title>", "<issued date=\"2023-11-14 22:13:20\"/>",
		"<severity>Important</severity>", "id=\"CVE-2026-1\" type=\"cve\"", "id=\"CVE-2026-2\" type=\"cve\"",
		"href=\"https://a.example/?x&amp;y\" id=\"A&amp;1\" type=\"vendor\"", "id=\"ACME-7\" type=\"other\"",
		"<package name=\"org-acme\" version=\"1.0~rc1\" release=\"3\" epoch=\"2\" arch=\"x86_64\">",
		"<filename>a.rpm</filename>", "<sum type=\"sha256\">aa</sum>"
	};
	const struct doc_entry entry = { "R-1", "aa", NULL };
	AUTO_FREE char *text = NULL;
	struct err e = { 0 };
	size_t len;

	assert_int_equal(load_update(NULL, &entry, &text, &len, &e), 0);
	for (size_t i = 0; i < COUNT(parts); i++)
		wants(text, parts[i]);
	assert_null(strstr(text, "well-known"));
}

static int setup(void **state)
{
	struct err e = { 0 };

	return fs_temp_dir("rpmmd", &folder, &e);
}

static int teardown(void **state)
{
	struct err e = { 0 };
	int failed = fs_remove_tree(folder, &e);

	free(folder);
	return failed;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_createrepo),
		cmocka_unit_test(dnf_reads_it),
		cmocka_unit_test(update_says),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
