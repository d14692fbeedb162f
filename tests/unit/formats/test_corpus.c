/* test_corpus.c - every file of the corpus through the readers, each in a child with hard limits, compared with the index.
 *
 * What the readers alone can judge is asserted: a crash, a hang or too much memory fails for any file whatever its format; exits
 * must fit for the formats in `ours`; codes must fit for nine of ten of them. Files whose command is not "inspect" must only not crash.
 * Without the corpus (SLUICE_CORPUS, else ../shared/corpus beside the sources) the test says so and is skipped.
 * SLUICE_CORPUS_VERBOSE=1 lists every difference. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/proc.h"
#include "formats/reader.h"
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const ours[] = { "deb", "tar", "tar.gz", "tar.xz", "tar.zst", "tar.lzma", "tar.lz", "zip", "jar",
	"war", "cpio", "7z", "iso", "gzip", "cab", "msi", "mtree", "rpm", "snap", "run", "appimage", "apk", "pkg.tar" };

/* The address sanitizer maps terabytes of shadow. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_ASAN 1
#endif
#endif
#ifndef IS_ASAN
#define IS_ASAN 0
#endif

enum { SECONDS = 10, MEMORY = 512 << 20 };

struct row {
	char path[512], format[32], command[64], exits[16], codes[256];
};

/* What a child tells: its exit class and the codes it gave, the error's first. */
struct outcome {
	int exit;
	char codes[4096], text[1100];
};

/* The last stage of the pipeline as far as the readers' promises go: counts, and checks the digests a source promised. */
struct check_sink {
	struct sink sink;
	struct digest digest;
	char want[129], path[256];
	bool is_open;
};

static enum digest_kind kind_of(size_t hex)
{
	static const enum digest_kind kinds[] = { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA224, DIGEST_SHA256, DIGEST_SHA384,
		DIGEST_SHA512 };

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (2 * digest_size(kinds[i]) == hex)
			return kinds[i];
	fail_msg("a digest of %zu digits", hex);
	return DIGEST_SHA256;
}

static int check_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct check_sink *c = (struct check_sink *)s;

	snprintf(c->want, sizeof c->want, "%s", entry->want_digest);
	snprintf(c->path, sizeof c->path, "%s", entry->path);
	c->is_open = entry->type == ENTRY_FILE && (c->want[0] != 0);
	if (c->is_open)
		digest_init(&c->digest, kind_of(strlen(c->want)));
	return 0;
}

static int check_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct check_sink *c = (struct check_sink *)s;

	if (c->is_open)
		digest_add(&c->digest, bytes, len);
	return 0;
}

static int check_end(struct sink *s, struct err *e)
{
	struct check_sink *c = (struct check_sink *)s;
	char hex[DIGEST_HEX];

	if (!c->is_open)
		return 0;
	digest_end_hex(&c->digest, hex);
	digest_done(&c->digest);
	return strcmp(hex, c->want) == 0 ? 0 : err_input(e, "E_DIGEST", "%s is not what its digest says", c->path);
}

static const struct sink_ops check_ops = { NULL, check_begin, check_data, check_end, NULL, NULL };

static int read_one(const char *path, struct pkg *pkg, struct err *e)
{
	struct check_sink sink = { .sink = { &check_ops } };
	const struct reader *reader;
	struct source src = { .name = path };
	struct stat st;
	int done;

	src.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (src.fd < 0 || fstat(src.fd, &st))
		return err_sys(e, "cannot open");
	src.is_dir = S_ISDIR(st.st_mode);
	src.size = src.is_dir ? 0 : (uint64_t)st.st_size;
	done = reader_choose(&src, &reader, e) || reader->read(&src, &limits_default, &sink.sink, pkg, e) ? -1 : 0;
	close(src.fd);
	return done;
}

static _Noreturn void child(const char *path, int to)
{
	struct rlimit cpu = { SECONDS, SECONDS }, memory = { MEMORY, MEMORY };
	struct outcome o = { 0 };
	struct err e = { 0 };
	struct pkg pkg;
	size_t len = 0;

	setrlimit(RLIMIT_CPU, &cpu);
#if !IS_ASAN
	setrlimit(RLIMIT_AS, &memory);
#else
	(void)memory;
#endif
	pkg_init(&pkg, (size_t)(limits_default.memory / 2));
	if (read_one(path, &pkg, &e)) {
		o.exit = e.class == ERR_INPUT ? 3 : 4;
		len += (size_t)snprintf(o.codes, sizeof o.codes, "%s ", e.code ? e.code : "-");
		snprintf(o.text, sizeof o.text, "%s", e.text);
	} else {
		for (size_t i = 0; i < pkg.warnings.len && len + 64 < sizeof o.codes; i++)
			if (strstr(o.codes, pkg.warnings.at[i].code) == NULL)
				len += (size_t)snprintf(
					o.codes + len, sizeof o.codes - len, "%s ", pkg.warnings.at[i].code);
	}
	pkg_done(&pkg);
	_exit(write(to, &o, sizeof o) == sizeof o ? 0 : 1);
}

/* 0: told; else the signal that ended it, or -1. */
static int run(const char *path, struct outcome *o)
{
	int pipes[2], status;
	pid_t pid;
	ssize_t got;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child(path, pipes[1]);
	close(pipes[1]);
	got = read(pipes[0], o, sizeof *o);
	close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	return got == sizeof *o && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static bool exit_fits(const struct row *r, int code)
{
	for (const char *c = r->exits; *c; c++)
		if (*c - '0' == code)
			return true;
	return false;
}

static bool codes_fit(const struct row *r, const struct outcome *o)
{
	char copy[256], *save = NULL;

	if (r->codes[0] == '-' || r->codes[0] == 0)
		return true;
	snprintf(copy, sizeof copy, "%s", r->codes);
	for (char *one = strtok_r(copy, "|", &save); one; one = strtok_r(NULL, "|", &save)) {
		char word[80];

		snprintf(word, sizeof word, "%.70s ", one);
		if (strstr(o->codes, word))
			return true;
	}
	return false;
}

static bool is_ours(const char *format)
{
	for (size_t i = 0; i < COUNT(ours); i++)
		if (strcmp(ours[i], format) == 0)
			return true;
	return false;
}

struct tally {
	unsigned rows, judged, with_codes, codes_wrong, exits_wrong, died;
};

static void judge(const char *root, const struct row *r, struct tally *t)
{
	bool verbose = getenv("SLUICE_CORPUS_VERBOSE") != NULL;
	char path[1024];
	struct outcome o = { 0 };
	int signal;

	snprintf(path, sizeof path, "%s/%s", root, r->path);
	signal = run(path, &o);
	t->rows++;
	if (signal) {
		t->died++;
		printf("DIED (%d): %s\n", signal, r->path);
		return;
	}
	if (strcmp(r->command, "inspect") != 0 || !is_ours(r->format))
		return;
	t->judged++;
	if (!exit_fits(r, o.exit)) {
		t->exits_wrong++;
		printf("EXIT: %s: %d, not %s: %s: %s\n", r->path, o.exit, r->exits, o.codes, o.text);
	}
	if (r->codes[0] != '-') {
		t->with_codes++;
		if (!codes_fit(r, &o)) {
			t->codes_wrong++;
			printf("CODE: %s: %s, not %s: %s\n", r->path, o.codes, r->codes, o.text);
		}
	}
	if (verbose)
		printf("     %s: %d %s %s\n", r->path, o.exit, o.codes, o.text);
}

/* Columns: path format source size sha256 kind expected command exits codes. */
static bool parse_row(char *line, struct row *r)
{
	char *columns[10] = { 0 };
	size_t count = 0;

	line[strcspn(line, "\n")] = 0;
	for (char *at = line; at && count < COUNT(columns);)
		columns[count++] = strsep(&at, "\t");
	if (count < COUNT(columns) || strcmp(columns[0], "path") == 0)
		return false;
	snprintf(r->path, sizeof r->path, "%s", columns[0]);
	snprintf(r->format, sizeof r->format, "%s", columns[1]);
	snprintf(r->command, sizeof r->command, "%s", columns[7]);
	snprintf(r->exits, sizeof r->exits, "%s", columns[8]);
	snprintf(r->codes, sizeof r->codes, "%s", columns[9]);
	return true;
}

/* Unpacked once into the build folder; the folder's name carries the archive's size, so a new corpus is unpacked anew. */
static char *unpacked(const char *corpus, struct err *e)
{
	AUTO_FREE char *archive = fs_join(corpus, "corpus.tar.zst");
	char *folder, *done;
	struct stat st;

	if (stat(archive, &st))
		return NULL;
	folder = mem_printf("%s/corpus-%lld", TEST_BUILD, (long long)st.st_size);
	done = fs_join(folder, ".done");
	if (!fs_exists(done)) {
		const char *const argv[] = { "tar", "--zstd", "-xf", archive, "-C", folder, NULL };

		if (fs_mkdirs(folder, 0755, e) || proc_must(argv, e) || fs_write_file(done, "", 0, 0644, e))
			fail_msg("cannot unpack the corpus: %s", e->text);
	}
	free(done);
	return folder;
}

static void corpus_ends_as_the_index_says(void **state)
{
	const char *corpus = getenv("SLUICE_CORPUS");
	AUTO_FREE char *fallback = mem_printf("%s/../../../shared/corpus", TEST_DATA);
	AUTO_FREE char *index = fs_join(corpus ? corpus : fallback, "INDEX.tsv");
	AUTO_FREE char *root = NULL;
	struct tally t = { 0 };
	struct err e = { 0 };
	char line[4096];
	struct row r;
	FILE *f = fopen(index, "r");

	if (f == NULL) {
		printf("SKIPPED: no corpus at %s (set SLUICE_CORPUS)\n", index);
		skip();
	}
	root = unpacked(corpus ? corpus : fallback, &e);
	assert_non_null(root);
	while (fgets(line, sizeof line, f))
		if (parse_row(line, &r))
			judge(root, &r, &t);
	fclose(f);
	printf("%u files, %u judged: %u exits wrong, %u of %u codes wrong, %u died\n", t.rows, t.judged, t.exits_wrong,
		t.codes_wrong, t.with_codes, t.died);
	assert_true(t.judged > 100);
	assert_int_equal(t.died, 0);
	assert_int_equal(t.exits_wrong, 0);
	assert_true(t.codes_wrong * 10 <= t.with_codes);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8"); /* as the decoder */
	const struct CMUnitTest tests[] = { cmocka_unit_test(corpus_ends_as_the_index_says) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
