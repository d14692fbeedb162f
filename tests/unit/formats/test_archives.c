/* test_archives.c - what readers of archives refuse, each made from a good archive by one change; and the parts that write trees. */
#include "base/proc.h"
#include "formats/posix_attrs.h"
#include "formats/tree_place.h"
#include "tests/unit/formats/read_sample.h"
#include <stdio.h>

static void run_in(const char *folder, const char *line)
{
	const char *const argv[] = { "sh", "-eu", "-c", line, NULL };
	struct proc p = { .argv = argv, .dir = folder, .stdin_fd = -1, .stdout_fd = -1 };
	struct proc_result r = { 0 };
	struct err e = { 0 };

	if (proc_run(&p, &r, &e) || r.exit)
		fail_msg("%s: %s%s", line, e.text, r.errors ? r.errors : "");
	proc_result_done(&r);
}

static char *make(const char *line)
{
	struct err e = { 0 };
	char *folder = NULL;

	assert_int_equal(fs_temp_dir("archives", &folder, &e), 0);
	run_in(folder,
		"mkdir -p t/a; echo one > t/a/one; ln t/a/one t/a/two; echo three > t/a/three; touch -d @1700000000 "
		"t/a/*");
	run_in(folder, line);
	return folder;
}

/* Replaces the first (or, from the end, the last) place where `from` stands by `to`, of the same length. */
static void change(const char *path, const void *from, const void *to, size_t len, bool from_end)
{
	struct err e = { 0 };
	char *bytes = NULL, *at = NULL;
	size_t size = 0;

	assert_int_equal(fs_read_file(path, 64 << 20, &bytes, &size, &e), 0);
	for (size_t i = 0; i + len <= size; i++)
		if (memcmp(bytes + i, from, len) == 0) {
			at = bytes + i;
			if (!from_end)
				break;
		}
	assert_non_null(at);
	memcpy(at, to, len);
	assert_int_equal(fs_write_file(path, bytes, size, 0644, &e), 0);
	free(bytes);
}

static void expect(const char *folder, const char *file, const char *code)
{
	AUTO_FREE char *path = fs_join(folder, file);
	struct err e = { 0 };
	struct sample k;
	int done = sample_read(&k, path, &e);

	if (code ? done == 0 || !e.code || strcmp(e.code, code) != 0 : done != 0)
		fail_msg("%s: %s (%s), not %s", file, done ? e.code : "read", e.text, code ? code : "read");
	sample_done(&k);
}

static void finish(char *folder)
{
	struct err e = { 0 };

	fs_remove_tree(folder, &e);
	free(folder);
}

static void cpio_changed(void **state)
{
	static const struct {
		const char *line, *from, *to;
		bool from_end;
		const char *code;
	} table[] = {
		{ "cd t && find a | sort | cpio --quiet -o -H newc > ../x", "07070100", "0707010", false, NULL },
		{ "cd t && find a | sort | cpio --quiet -o -H newc > ../x", "TRAILER!!!", "TRAILER!!?", false,
			"E_CORRUPT" },
		{ "cd t && find a | sort | cpio --quiet -o -H odc > ../x", "one\n", "two\n", true, "E_MISMATCH" },
		{ "cd t && find a | sort | cpio --quiet -o -H crc > ../x", "three\n", "four.\n", false, "E_DIGEST" },
		{ "cd t && find a | sort | cpio --quiet -o -H newc > ../x", "a/three", "../hree", false,
			"E_PATH_ESCAPE" },
		{ "cd t && find a | sort | cpio --quiet -o -H newc > ../x", "a/three", "/etc/ab", false,
			"E_PATH_ABSOLUTE" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		char *folder = make(table[i].line);
		AUTO_FREE char *path = fs_join(folder, "x");

		if (table[i].code)
			change(path, table[i].from, table[i].to, strlen(table[i].from), table[i].from_end);
		expect(folder, "x", table[i].code);
		finish(folder);
	}
}

/* Names of one file become one file with links, wherever the data stands. */
static void cpio_links(void **state)
{
	static const char *const kinds[] = { "newc", "crc", "odc", "bin" };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		AUTO_FREE char *line = mem_printf("cd t && find a | sort | cpio --quiet -o -H %s > ../x", kinds[i]);
		char *folder = make(line);
		AUTO_FREE char *path = fs_join(folder, "x");
		struct err e = { 0 };
		struct sample k;
		const struct entry *one, *two;

		assert_int_equal(sample_read(&k, path, &e), 0);
		assert_string_equal(k.reader->name, "cpio");
		one = sample_get(&k, "/a/one");
		two = sample_get(&k, "/a/two");
		assert_true((one->type == ENTRY_FILE) != (two->type == ENTRY_FILE));
		assert_true((one->type == ENTRY_HARDLINK) != (two->type == ENTRY_HARDLINK));
		assert_string_equal(one->type == ENTRY_HARDLINK ? one->target : two->target,
			one->type == ENTRY_HARDLINK ? "/a/two" : "/a/one");
		assert_int_equal(sample_get(&k, "/a/three")->mtime, 1700000000);
		sample_done(&k);
		finish(folder);
	}
}

static void iso_changed(void **state)
{
	static const struct {
		const char *from, *to;
		size_t len;
		bool from_end;
		const char *code;
	} table[] = {
		{ "", "", 0, false, NULL },
		/* Joliet's name of a/three; Rock Ridge's */
		{ "\0t\0h\0r\0e\0e", "\0f\0o\0r\0t\0y", 10, false, "E_MISMATCH" },
		{ "NM\x0a\x01\0three", "NM\x0a\x01\0../ee", 10, false, "E_PATH_ESCAPE" },
		{ "NM\x0a\x01\0three", "NM\xfa\x01\0three", 10, false, "E_CORRUPT" },
		{ "\x02"
		  "CD001",
			"\x02"
			"CD002",
			6, false, "E_CORRUPT" },
		{ "\xff"
		  "CD001",
			"\x01"
			"CD001",
			6, false, "E_CORRUPT" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		char *folder = make("genisoimage -quiet -R -J -o x t");
		AUTO_FREE char *path = fs_join(folder, "x");

		if (table[i].len)
			change(path, table[i].from, table[i].to, table[i].len, table[i].from_end);
		expect(folder, "x", table[i].code);
		finish(folder);
	}
}

static void seven_changed(void **state)
{
	char *folder = make("7z a -bd x.7z t >/dev/null; head -c 100 x.7z > short.7z; (cat x.7z; echo more) > long.7z");
	AUTO_FREE char *path = fs_join(folder, "x.7z");

	expect(folder, "x.7z", NULL);
	expect(folder, "long.7z", NULL);
	expect(folder, "short.7z", "E_TRUNCATED");
	change(path, "7z\xbc\xaf\x27\x1c\0", "7z\xbc\xaf\x27\x1c\x31", 7, false);
	expect(folder, "x.7z", "E_CORRUPT");
	finish(folder);
}

static void ar_changed(void **state)
{
	char *folder = make("cd t/a && ar rcS ../../x.a one three && ar rcST ../../thin.a one; cd ../..; (cat x.a; "
			    "echo 12345) > more.a; "
			    "sed 's/three/..\\/ee/' x.a > escape.a");

	expect(folder, "x.a", NULL);
	expect(folder, "thin.a", "E_UNSUPPORTED");
	expect(folder, "more.a", "E_TRAILING_DATA");
	expect(folder, "escape.a", "E_PATH_ESCAPE");
	finish(folder);
}

static void capabilities(void **state)
{
	static const struct {
		const char *text, *back; /* NULL: refused */
	} table[] = {
		{ "cap_net_raw=ep", "cap_net_raw=ep" },
		{ "cap_net_raw+ep", "cap_net_raw=ep" },
		{ "= cap_net_raw,cap_chown+ep", "cap_chown,cap_net_raw=ep" },
		{ "CAP_SETUID=p", "cap_setuid=p" },
		{ "cap_kill=eip cap_kill-i", "cap_kill=ep" },
		{ "40=ep", "cap_checkpoint_restore=ep" },
		{ "cap_net_raw=ep cap_chown=p", NULL }, /* a file has one effective bit for all */
		{ "cap_nonsense=ep", NULL },
		{ "cap_kill", NULL },
		{ "cap_kill=epx", NULL },
		{ "99=p", NULL },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		unsigned char bytes[POSIX_ATTR_CAPABILITIES];
		AUTO(arena) a = { 0 };
		int done = posix_attr_capabilities_bytes(table[i].text, bytes);

		if ((done == 0) != (table[i].back != NULL))
			fail_msg("%s: %d", table[i].text, done);
		if (done == 0)
			assert_string_equal(posix_attr_capabilities(&a, bytes, sizeof bytes), table[i].back);
	}
}

static void base64(void **state)
{
	unsigned char bytes[300], back[300];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		AUTO_FREE char *text = posix_attr_to_base64(bytes, len);
		size_t back_len = 999;

		assert_int_equal(posix_attr_base64(text, strlen(text), back, &back_len), 0);
		assert_int_equal(back_len, len);
		assert_memory_equal(back, bytes, len);
	}
}

/* Nothing is made outside, whatever lies in the way. */
static void nothing_leaves(void **state)
{
	static const struct {
		const char *path, *code;
	} table[] = { { "/ok/deep/file", NULL }, { "/out/file", "E_DUPLICATE_NAME" },
		{ "/out/deeper/file", "E_LINK_ESCAPE" }, { "/plain/file", "E_DUPLICATE_NAME" } };
	char *folder = make("mkdir root outside; ln -s ../outside root/out; echo x > root/plain");
	AUTO_FREE char *root = fs_join(folder, "root"), *outside = fs_join(folder, "outside");
	AUTO_FD int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < COUNT(table); i++) {
		struct tree_place t = { .root = fd, .fd = -1 };
		struct err e = { 0 };
		int made = tree_place_open(&t, table[i].path, O_WRONLY | O_CREAT | O_EXCL, 0600, &e);

		if (table[i].code)
			assert_string_equal(made < 0 ? e.code : "made", table[i].code);
		else
			assert_true(made >= 0);
		if (made >= 0)
			close(made);
		tree_place_done(&t);
	}
	assert_int_equal(rmdir(outside), 0); /* still empty */
	finish(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(cpio_changed), cmocka_unit_test(cpio_links),
		cmocka_unit_test(iso_changed), cmocka_unit_test(seven_changed), cmocka_unit_test(ar_changed),
		cmocka_unit_test(capabilities), cmocka_unit_test(base64), cmocka_unit_test(nothing_leaves) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
