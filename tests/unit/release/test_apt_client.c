/* test_apt_client.c - a real apt with a state of its own takes the published tree with the client configuration we hand out, and
 * refuses it when its signature or its package is not what was let out. */
#include "base/fs.h"
#include "base/proc.h"
#include "base/when.h"
#include "formats/write_deb.h"
#include "release/channel/channel.h"
#include "sign/sign.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LOCATION "pool/a/acme/acme_1.0+b~1-1_amd64.deb"

static char *dir;
static struct store *store;
static struct signer key;

static char *in_dir(const char *name)
{
	return fs_join(dir, name);
}

static int make_key(const char *name)
{
	AUTO_FREE char *home = in_dir(name), *below = mem_printf("keys/%s.asc", name), *path = store_path(store, below),
		       *armored = NULL;
	char fingerprint[65];
	struct err e = { 0 };
	size_t len;

	return key_generate(home, name, "ed25519", 0, fingerprint, &e) ||
		key_export(home, fingerprint, &armored, &len, &e) || fs_write_file(path, armored, len, 0644, &e);
}

/* The folders and files of an apt that shares nothing with the machine's. */
static int make_apt(void)
{
	static const char *const folders[] = { "etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d",
		"etc/apt/trusted.gpg.d", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/log/apt",
		"got" };
	AUTO_FREE char *conf = in_dir("apt.conf"), *status = in_dir("status"), *text = NULL;
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(folders); i++) {
		AUTO_FREE char *path = in_dir(folders[i]);

		if (fs_mkdirs(path, 0755, &e))
			return -1;
	}
	text = mem_printf("Dir \"%s/\"; Dir::Etc \"etc/apt\"; Dir::State \"var/lib/apt\"; Dir::State::status \"%s\";\n"
			  "Dir::Cache \"var/cache/apt\"; Dir::Log \"var/log/apt\"; Dir::Etc::Trusted \"/dev/null\";\n"
			  "Dir::Etc::TrustedParts \"%s/etc/apt/trusted.gpg.d\"; APT::Architecture \"amd64\";\n"
			  "APT::Architectures {\"amd64\";}; APT::Sandbox::User \"\"; Acquire::Languages \"none\";\n"
			  "#clear APT::Update::Post-Invoke; #clear APT::Update::Post-Invoke-Success;\n",
		dir, status, dir);
	return fs_write_file(status, "", 0, 0644, &e) || fs_write_file(conf, text, strlen(text), 0644, &e);
}

static int set_up(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *path = NULL, *home = NULL;

	if (fs_temp_dir("apt", &dir, &e))
		return -1;
	path = in_dir("store");
	home = in_dir("release");
	return store_create(path, &store, &e) || make_key("release") || make_key("package") || make_apt() ||
		signer_open(&key, home, NULL, &e);
}

static int tear_down(void **state)
{
	struct err e = { 0 };
	int status;

	signer_done(&key);
	store_close(store);
	status = fs_remove_tree(dir, &e);
	free(dir);
	return status;
}

/* ---- a snapshot with one real package */

static char *make_deb(const char *path)
{
	struct writer_options options = { .codec = CODEC_XZ, .mtime_max = -1, .target = "deb", .level = 1 };
	struct writer_result result = { 0 };
	struct err e = { 0 };
	struct writer_job *job = writer_deb.open(&options, &e);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct pkg p;

	pkg_init(&p, 0);
	p.name = "acme";
	p.version = "1.0+b~1";
	p.release = "1";
	p.architecture = "x86_64";
	p.maintainer = "T <t@example.org>";
	p.summary = "for apt";
	assert_non_null(job);
	assert_true(fd >= 0);
	if (sink_close(writer_deb.sink(job), &e) || writer_deb.finish(job, &p, fd, &result, &e))
		fail_msg("%s", e.text);
	writer_deb.drop(job);
	pkg_done(&p);
	(void)close(fd);
	return result.control;
}

static void add_signature(struct signer_answer *a, const char *path, enum sign_mode mode, const char *text)
{
	struct err e = { 0 };
	size_t len;
	char *sig;

	if (signer_sign(&key, mode, &(struct sig_data){ .bytes = text, .len = strlen(text) }, &sig, &len, &e))
		fail_msg("%s", e.text);
	*LIST_ADD(&a->files) = (struct index_item){ .path = mem_strdup(path), .bytes = sig, .len = len };
}

static int load_stanza(void *context, const struct doc_entry *entry, char **ret, size_t *ret_len, struct err *e)
{
	*ret = mem_strdup(entry->from);
	*ret_len = strlen(*ret);
	return 0;
}

static void list_file(
	struct signer_answer *a, json_t *indexes, const char *path, const char *file, const char *sha256, uint64_t size)
{
	index_set_add_file(&a->files, mem_strdup(path), mem_strdup(file), sha256, size);
	json_array_append_new(indexes, json_pack("{s:s, s:s}", "path", path, "sha256", sha256));
}

static void publish(void)
{
	static const char *const architectures[] = { "amd64" }, *const components[] = { "main" };
	struct apt_document document = { .path = "main/binary-amd64/Packages" };
	struct apt_release release = { .origin = "Example",
		.suite = "stable",
		.date = when_now(),
		.valid_until = when_now() + 86400,
		.architectures = architectures,
		.components = components,
		.documents = &document,
		.architectures_len = 1,
		.components_len = 1,
		.documents_len = 1 };
	AUTO_FREE char *deb = in_dir("a.deb"), *control = make_deb(deb), *stanza = NULL, *text = NULL,
		       *plain = in_dir("Packages"), *packed = in_dir("Packages.gz");
	struct signer_answer a = { 0 };
	struct index_file file = { .location = LOCATION };
	struct err e = { 0 };
	char digest[SHA256_HEX];
	json_t *indexes = json_array();
	struct doc_entry entry = { LOCATION, digest, NULL };
	struct doc_change change = { .added = &entry, .added_len = 1, .load = load_stanza };

	assert_int_equal(blob_put_file(store->blobs, deb, digest, &file.size, &e), 0);
	file.sha256 = digest;
	stanza = apt_fragment(control, &file);
	entry.from = stanza;
	assert_int_equal(index_doc_write(NULL, plain, &apt_form, &change, &document.doc, &e), 0);
	list_file(&a, indexes, "deb/dists/stable/main/binary-amd64/Packages", plain, document.doc.open_sha256,
		document.doc.open_size);
	list_file(&a, indexes, "deb/dists/stable/main/binary-amd64/Packages.gz", packed, document.doc.sha256,
		document.doc.size);
	text = apt_release_text(&release);
	index_set_add(&a.files, mem_strdup("deb/dists/stable/Release"), mem_strdup(text), strlen(text));
	add_signature(&a, "deb/dists/stable/InRelease", SIGN_CLEAR, text);
	add_signature(&a, "deb/dists/stable/Release.gpg", SIGN_DETACHED_ARMOR, text);
	a.release = json_pack("{s:i, s:s, s:o, s:[{s:s, s:s}]}", "serial", 1, "time", "2026-01-01T00:00:00Z", "indexes",
		indexes, "packages", "path", "deb/" LOCATION, "sha256", digest);
	*LIST_ADD(&a.files) = (struct index_item){ .path = mem_strdup("release.json"),
		.bytes = json_dumps(a.release, 0) };
	a.files.at[a.files.len - 1].len = strlen(a.files.at[a.files.len - 1].bytes);
	if (channel_publish(store, "stable", &a, &e))
		fail_msg("%s", e.text);
	index_set_done(&a.files);
	json_decref(a.release);
}

static void configure(const char *tree)
{
	AUTO_JSON *policy = json_pack("{s:s, s:{s:{}}}", "organisation", "Example", "channels", "stable");
	AUTO_FREE char *url = mem_printf("file:%s", tree), *path = in_dir("etc/apt/sources.list.d/stable.sources"),
		       *text = NULL;
	struct err e = { 0 };

	text = channel_client(store, "id", policy, "stable", "apt", url, NULL, &e);
	if (!text)
		fail_msg("%s", e.text);
	assert_int_equal(fs_write_file(path, text, strlen(text), 0644, &e), 0);
}

static bool apt(const char *const *argv)
{
	AUTO_FREE char *conf = mem_printf("APT_CONFIG=%s/apt.conf", dir), *got = in_dir("got");
	const char *env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", conf, NULL };
	struct proc proc = { .argv = argv, .env = env, .dir = got, .stdin_fd = -1, .stdout_fd = -1 };
	struct proc_result result = { 0 };
	struct err e = { 0 };
	bool is_good;

	if (proc_run(&proc, &result, &e))
		fail_msg("%s", e.text);
	is_good = result.exit == 0;
	if (!is_good)
		print_message("apt: %s\n", result.errors ? result.errors : "");
	proc_result_done(&result);
	return is_good;
}

static const char *const update[] = { "apt-get", "--error-on=any", "update", NULL };
static const char *const download[] = { "apt-get", "download", "acme", NULL };

static void copy_tree(const char *to)
{
	AUTO_FREE char *current = channel_tree(store, "stable"), *from = mem_printf("%s/.", current);
	struct err e = { 0 };

	if (proc_must((const char *const[]){ "cp", "-a", from, to, NULL }, &e))
		fail_msg("%s", e.text);
}

static void taken(void **state)
{
	AUTO_FREE char *tree = channel_tree(store, "stable"), *deb = in_dir("a.deb"),
		       *got = in_dir("got/acme_1.0+b~1-1_amd64.deb");
	struct err e = { 0 };

	publish();
	configure(tree);
	assert_true(apt(update));
	assert_true(apt(download));
	if (proc_must((const char *const[]){ "cmp", deb, got, NULL }, &e))
		fail_msg("%s", e.text);
	assert_int_equal(unlink(got), 0);
}

static void refused(void **state)
{
	AUTO_FREE char *unsigned_tree = in_dir("unsigned"), *changed = in_dir("changed"), *release = NULL,
		       *inrelease = NULL, *packages = NULL, *detached = NULL;
	struct err e = { 0 };

	/* a Release without a good signature */
	copy_tree(unsigned_tree);
	release = fs_join(unsigned_tree, "deb/dists/stable/Release");
	inrelease = fs_join(unsigned_tree, "deb/dists/stable/InRelease");
	detached = fs_join(unsigned_tree, "deb/dists/stable/Release.gpg");
	assert_int_equal(fs_copy_file(release, inrelease, 0644, &e) || unlink(detached), 0);
	configure(unsigned_tree);
	assert_false(apt(update));
	/* a package list that is not the one signed */
	copy_tree(changed);
	packages = fs_join(changed, "deb/dists/stable/main");
	assert_int_equal(fs_remove_tree(packages, &e), 0);
	configure(changed);
	assert_false(apt(update));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
