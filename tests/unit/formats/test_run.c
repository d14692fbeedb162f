/* test_run.c - what the texts of self-extracting scripts say, generation by generation; scripts that contradict themselves. */
#include "base/sums.h"
#include "formats/run.h"
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#define MADE "#!/bin/sh\n# This script was generated using Makeself 2.1.5\n"
#define HEAD(n) "offset=`head -n " #n " \"$0\" | wc -c | tr -d \" \"`\n"

/* want: the text's place of the archive is where PAYLOAD stands (the test cuts the text there); NULL code and no PAYLOAD: not one of ours. */
static const struct {
	const char *text, *code, *refused;
} cases[] = {
	/* 2.4 and later: a variable; 2.0 to 2.3: the number itself, many times; 1.x: tail */
	{ MADE "skip=\"5\"\nfilesizes=\"7\"\noffset=`head -n \"$skip\" \"$1\" | wc -c`\nPAYLOAD", NULL, NULL },
	{ MADE HEAD(5) HEAD(5) "x\nPAYLOAD", NULL, NULL },
	{ "#! /bin/sh\nskip=5\n# This script was generated using Makeself 1.5.4\ntail +$skip $0 | gzip -cd\nPAYLOAD",
		NULL, NULL },
	{ "#! /bin/sh\nskip=6\n# This script was generated using Makeself 1.5.4\nsum1=`tail +3 $0 | cksum`\ntail "
	  "+$skip $0 | gzip -cd\nPAYLOAD",
		NULL, NULL },
	/* others: a line, a byte, a marker */
	{ "#!/bin/sh\ntail -n +4 \"$0\" | tar xz\nexit 0\nPAYLOAD", NULL, NULL },
	{ "#!/bin/sh\nLINES=4\ntail -n +\"${LINES}\" $0 | tar xz\nPAYLOAD", NULL, NULL },
	{ "#!/bin/sh\ntail -c +44 \"$0\" | tar xz\nexit 0\nPAYLOAD", NULL, NULL },
	{ "#!/bin/bash\nN=`awk '/^__ARCHIVE_BELOW__/ {print NR + 1; exit 0; }' $0`\ntail -n+$N $0 | tar "
	  "xz\nexit\n__ARCHIVE_BELOW__\nPAYLOAD",
		NULL, NULL },
	{ "#!/bin/sh\nsed -e '1,/^__ARCHIVE_BELOW__$/d' \"$0\" | tar xz\nexit\n__ARCHIVE_BELOW__\nPAYLOAD", NULL,
		NULL },
	{ "#!/bin/sh\nmatch=$(grep --text --line-number '^PAYLOAD:$' $0 | cut -d ':' -f 1)\nexit\nPAYLOAD:\nPAYLOAD",
		NULL, NULL },
	/* a marker's name inside another line is no marker */
	{ "#!/bin/sh\nsed -e '1,/^__BELOW__$/d' \"$0\" | tar xz\n__BELOW__ not\n__BELOW__\nPAYLOAD", NULL, NULL },
	/* a value of several lines is one value, whatever stands in it */
	{ MADE "licensetxt=\"one\nskip=99\nfilesizes=\\\"1\\\"\nthree\"\nskip=9\nx=`head -n \"$skip\" \"$0\" | wc "
	       "-c`\nx\nPAYLOAD",
		NULL, NULL },
	/* contradictions and places that are not there */
	{ MADE HEAD(5) HEAD(6) "x\nx\nx\nPAYLOAD", "E_AMBIGUOUS", NULL },
	{ MADE "label=\"a\"\nlabel=\"b\"\n" HEAD(6) "x\nPAYLOAD", "E_AMBIGUOUS", NULL },
	{ MADE "filesizes=\"1\"\nfilesizes=\"2\"\n" HEAD(6) "x\nPAYLOAD", "E_AMBIGUOUS", NULL },
	{ MADE HEAD(99999) "x\n", "E_CORRUPT", NULL },
	{ MADE HEAD(99999999999999999999999) "x\n", "E_CORRUPT", NULL },
	{ MADE HEAD(1) "x\n", "E_CORRUPT", NULL },
	{ MADE "x\n", "E_CORRUPT", NULL },
	{ MADE "filesizes=\"1 x\"\n" HEAD(5) "x\nPAYLOAD", "E_CORRUPT", NULL },
	{ MADE "\techo COMPRESS=rot13\n", "E_UNSUPPORTED", NULL },
	{ MADE "\techo COMPRESS=gzip\n\techo COMPRESS=xz\n", "E_AMBIGUOUS", NULL },
	{ "#!/bin/sh\r\ntail -n +3 \"$0\"\r\nPAYLOAD", "E_MISMATCH", NULL },
	/* known and not readable */
	{ "#!/bin/sh\n# This is a shell archive\nsed 's/^X//' > a << 'X'\nXa\nX\n", NULL, "a shell archive (shar)" },
	{ "#!/bin/sh\nbase64 -d <<'X' | tar xz\nH4sI\nX\n", NULL, "a script that carries its files as base64 text" },
	{ "#!/bin/sh\nexec java -jar \"$0\" \"$@\"\n", NULL, "a Java program behind a shell script" },
	/* none of ours */
	{ "#!/bin/sh\necho hello\n", NULL, NULL },
	{ "#!/bin/sh\ngrep '^root:' /etc/passwd\n", NULL, NULL },
	{ "text\n", NULL, NULL },
	{ "", NULL, NULL },
};

static void each_text_is_read_as_it_says(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *text = cases[i].text, *payload = strstr(text, "\nPAYLOAD");
		struct run_text t = { 0 };
		struct err e = { 0 };
		AUTO(arena) a = { 0 };
		int told;

		/* The last one: "PAYLOAD:" is a marker of its own. */
		for (const char *next = payload; next; next = strstr(next + 1, "PAYLOAD"))
			payload = next;
		if (payload == NULL)
			payload = strstr(text, "PAYLOAD");
		arena_init(&a, 0);
		told = run_text(text, strlen(text), true, &a, &t, &e);
		if (cases[i].code) {
			if (told != -1 || strcmp(e.code, cases[i].code) != 0)
				fail_msg("case %zu: %d %s", i, told, told < 0 ? e.text : "");
			continue;
		}
		if (told < 0)
			fail_msg("case %zu: %s", i, e.text);
		if (cases[i].refused) {
			assert_int_equal(told, 1);
			assert_string_equal(t.refused, cases[i].refused);
			continue;
		}
		if (told != (payload != NULL))
			fail_msg("case %zu: %d", i, told);
		if (payload && t.payload_at != (size_t)(payload - text) + (*payload == '\n'))
			fail_msg("case %zu: at %llu, not %zu", i, (unsigned long long)t.payload_at,
				(size_t)(payload - text));
	}
}

static void variables_are_kept_as_they_stand(void **state)
{
	static const char text[] = MADE
		"CRCsum=\"123 456\"\nMD5=\"aa bb\"\nlabel=\"A \\\"B\\\" $(touch /tmp/x)\"\nscript=\"./setup.sh\"\n"
		"scriptargs=\"-x 'y z'\"\nfilesizes=\"3 4\"\ntotalsize=\"8\"\ndecrypt_cmd=\"openssl enc -d\"\n"
		"\techo COMPRESS=pbzip2\n" HEAD(12) "x\nab";
	struct run_text t;
	struct err e = { 0 };
	AUTO(arena) a = { 0 };

	arena_init(&a, 0);
	assert_int_equal(run_text(text, sizeof text - 1, true, &a, &t, &e), 1);
	assert_string_equal(t.label, "A \"B\" $(touch /tmp/x)");
	assert_string_equal(t.script, "./setup.sh");
	assert_string_equal(t.arguments, "-x 'y z'");
	assert_string_equal(t.crc, "123 456");
	assert_string_equal(t.codec, "bzip2");
	assert_string_equal(t.encryption, "openssl enc -d");
	assert_int_equal(t.sizes_len, 2);
	assert_int_equal(t.sizes[1], 4);
	assert_true(t.is_total_wrong);
}

/* cksum(1p)'s own examples: what coreutils prints. */
static void cksum_is_posix(void **state)
{
	struct cksum c = { 0 };

	assert_int_equal(cksum_end(&c), 4294967295u);
	cksum_add(&c, "hello\n", 6);
	assert_int_equal(cksum_end(&c), 3015617425u);
}

static void base64_is_strict(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} some[] = { { "aGVsbG8=", "hello" }, { "aGVs\nbG8=\n", "hello" }, { "aGVsbG8h", "hello!" }, { "aA==", "h" },
		{ "", "" }, { "aGVsbG8", NULL }, { "aA=a", NULL }, { "aA==aA==", NULL }, { "a$VsbG8=", NULL },
		{ "=AAA", NULL } };

	for (size_t i = 0; i < COUNT(some); i++)
		for (size_t piece = 1; piece < 9; piece++) {
			AUTO_IN *in = in_base64(in_mem(some[i].text, strlen(some[i].text)));
			char got[64] = "";
			size_t len = 0;
			struct err e = { 0 };
			long one;

			while ((one = in_some(in, got + len, piece, &e)) > 0)
				len += (size_t)one;
			if (some[i].want == NULL)
				assert_int_equal(one, -1);
			else
				assert_string_equal(one < 0 ? e.text : got, some[i].want);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_text_is_read_as_it_says),
		cmocka_unit_test(variables_are_kept_as_they_stand), cmocka_unit_test(cksum_is_posix),
		cmocka_unit_test(base64_is_strict) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
