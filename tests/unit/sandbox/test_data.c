/* test_data.c - what needs no privilege: the plan of a test root, expectations, names in relations, symbol versions, hashes, the pages. */
#include "base/fs.h"
#include "sandbox/elf_versions.h"
#include "sandbox/expect.h"
#include "sandbox/plans.h"
#include "sandbox/rpm_provides.h"
#include "sandbox/secrets.h"
#include "sandbox/test.h"
#include <elf.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static void the_plan_of_a_test_root(void **state)
{
	char tree[] = "/", name[] = "/", origin[] = "machine";
	const struct root root = { name, tree, origin, true };
	const struct plan_bind bind = { "/srv/a.deb", "/run/sluice/new/0.deb" };
	const char *const hide[] = { "/var/lib/sluice", "/home/me/keys" };
	const struct plan_inputs inputs = { &bind, 1, hide, 2 };
	const struct test_limits limits = { .memory = MIB(100), .processes = 7, .seconds = 9 };
	struct plan p;

	plan_for_test(&root, &inputs, &limits, &p);
	AUTO_FREE char *text = plan_text(&p);
	static const char *const in_order[] = { "plan test\n",
		"namespaces user mount pid network ipc hostname cgroup time\nids 65536\nmount root / from /\n",
		"mount tmpfs /dev (size=64k,mode=0755)\nmount device /dev/null\n", "mount tmpfs /tmp ",
		"mount hide /root\nmount hide /home\n", "mount hide /var/lib/sluice\n",
		"mount read-only /run/sluice/new/0.deb from /srv/a.deb\nmount proc /proc\n", "mount freeze /proc/sys\n",
		"capabilities cap_chown cap_dac_override", "calls allowed open openat", "calls refused clone3 ",
		" umount2", "other calls fail: Function not implemented\n",
		"limit open-files 65536\nlimit processes 7\n",
		"cgroup memory 104857600\ncgroup pids 7\ndisk 1073741824 bytes, 200000 inodes\ncommand 9 seconds, "
		"8388608 bytes of output\ncalls told: ",
		"network answered from here, nothing leaves\n"
		"hostname sandbox\nenvironment PATH=" };
	const char *at = text;
	for (size_t i = 0; i < COUNT(in_order); i++) {
		const char *found = strstr(at, in_order[i]);

		if (!found)
			fail_msg("'%s' is not (there) in the plan:\n%s", in_order[i], text);
		at = found;
	}
	/* below what is hidden already */
	assert_null(strstr(text, "/home/me/keys"));
	plan_done(&p);
}

static void expectations_are_read(void **state)
{
	static const struct {
		const char *text, *error; /* NULL: good */
	} cases[] = {
		{ "- file: /a\n  mode: \"0755\"\n- run: [/bin/true, -x]\n  exit: 3\n- listens: tcp/80\n- user: me\n",
			NULL },
		{ "- leaves: /var/lib/x\n- provide: {file: k, as: /etc/k}\n- setup: [a, b]\n- log: {file: /l, "
		  "contains: x}\n",
			NULL },
		{ "[]", NULL },
		{ "- mode: \"0755\"\n", "e.yaml:1:3: what is expected is not said" },
		{ "- service: acme-agent\n- listens: tcp/443\n  tls: required\n- connects: [a.example:443, b:80]\n  "
		  "tls: required\n- "
		  "connects: []\n",
			NULL },
		{ "- user: a\n- service: [x]\n", "e.yaml:2:" },
		{ "- service: a b\n", "e.yaml:1:12: " },
		{ "- listens: tcp/80\n  tls: maybe\n", "e.yaml:2:8" },
		{ "- user: a\n  tls: required\n", "says too much at once" },
		{ "- connects: [a.example]\n", "e.yaml:1:14" },
		{ "- file: /a\n  user: b\n", "says too much at once" },
		{ "- run: []\n", "the command is empty" },
		{ "- file: relative\n", "e.yaml:1:9" },
		{ "- listens: 80\n", "e.yaml:1:12" },
		{ "- nonsense: 1\n", "nonsense" },
		{ "file: /a\n", "e.yaml:1:1" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *items = NULL;
		struct err e = { 0 };
		int rc = expectations_parse(cases[i].text, strlen(cases[i].text), "e.yaml", &items, &e);

		if (rc != (cases[i].error ? -1 : 0) || (cases[i].error && !strstr(e.text, cases[i].error)))
			fail_msg("%s: %d, %s", cases[i].text, rc, e.text);
		if (rc)
			assert_int_equal(e.class, ERR_USAGE);
		json_decref(items);
	}
}

static void leaves_covers_what_lies_below(void **state)
{
	struct expectations x = { 0 };
	struct err e = { 0 };
	static const char text[] = "- leaves: /var/lib/x\n";

	assert_int_equal(expectations_parse(text, strlen(text), "e", &x.items, &e), 0);
	assert_true(expectations_leave(&x, "/var/lib/x"));
	assert_true(expectations_leave(&x, "/var/lib/x/y"));
	assert_false(expectations_leave(&x, "/var/lib/xy"));
	assert_false(expectations_leave(NULL, "/var/lib/x"));
	expectations_done(&x);
}

static void add_name(void *context, const char *name)
{
	struct text *t = context;

	text_add(t, "%s ", name);
}

static void names_of_relations(void **state)
{
	static const char *const cases[][2] = {
		{ "foo", "foo " },
		{ "foo >= 1.2", "foo " },
		{ "libc.so.6(GLIBC_2.34)(64bit)", "libc.so.6(GLIBC_2.34)(64bit) " },
		{ "(a or b)", "a b " },
		{ "(a >= 1 if (b and rtld(GNU_HASH)))", "a b rtld(GNU_HASH) " },
		{ "config(x) = 1-1", "config(x) " },
		{ "/bin/sh", "/bin/sh " },
		{ "", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct text t = { 0 };

		text_add(&t, "%s", "");
		rpm_relation_names(cases[i][0], add_name, &t);
		if (strcmp(t.at ? t.at : "", cases[i][1]) != 0)
			fail_msg("%s: '%s'", cases[i][0], t.at);
		text_done(&t);
	}
}

static void versions_of_a_library(void **state)
{
	AUTO_FREE char *bytes = NULL;
	size_t len = 0;
	struct err e = { 0 };

	if (fs_read_file("/lib/x86_64-linux-gnu/libc.so.6", MIB(16), &bytes, &len, &e))
		skip();
	assert_true(elf_defines_version(bytes, len, "GLIBC_2.34"));
	assert_false(elf_defines_version(bytes, len, "GLIBC_2.99"));
	assert_false(elf_defines_version(bytes, len, ""));
	for (size_t cut = 0; cut < len; cut += 4099)
		assert_false(elf_defines_version(bytes, cut, "GLIBC_2.99"));
	((Elf64_Ehdr *)(void *)bytes)->e_shoff = UINT64_MAX - 8;
	assert_false(elf_defines_version(bytes, len, "GLIBC_2.34"));
}

static void hashes_are_taken_out(void **state)
{
	AUTO_FREE char *clean = secrets_without_hashes("root:$6$abc:19000:0:99999:7:::\nme:!:1:\nbroken\n");

	assert_string_equal(clean, "root:*:19000:0:99999:7:::\nme:*:1:\n");
}

static void pages_escape_everything(void **state)
{
	static const char source[] =
		"{\"verdict\":\"fail\",\"packages\":[{\"name\":\"<b>&\\\"'\"}],\"runs\":[{\"root\":{\"name\":\"<i>\"},"
		"\"target\":\"<u>\","
		"\"scenarios\":[{\"name\":\"<s>\",\"verdict\":\"<script>\",\"error\":\"<script>\",\"milliseconds\":"
		"1500,"
		"\"steps\":[{\"command\":\"<script>\"}],"
		"\"scripts\":[{\"source\":\"<script>\",\"event\":\"<script>\",\"arguments\":[\"<script>\"]}],"
		"\"changes\":{\"added\":[\"<script>\"]},\"findings\":[{\"severity\":\"high\",\"check\":\"<script>\","
		"\"where\":\"<script>\","
		"\"text\":\"\\\"<script>\"}],\"users_added\":[\"<script>\"],\"processes_left\":[{\"command\":\"<script>"
		"\"}]}]}],"
		"\"expectations\":[{\"text\":\"<script>\",\"expected\":\"<script>\",\"observed\":\"<script>\",\"met\":"
		"false}],"
		"\"logs\":[{\"path\":\"<script>\\u001b[31m\\u009b\\nname\",\"findings\":[{\"text\":\"<script>\"}]}]}";
	struct err e = { 0 };
	AUTO_JSON *report = json_parse(source, strlen(source), "report", &e);

	assert_non_null(report);
	AUTO_FREE char *page = test_report_html(report), *junit = test_report_junit(report);
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "<b>&"));
	assert_null(strstr(page, "<u>"));
	assert_non_null(strstr(page, "&lt;script&gt;"));
	assert_non_null(strstr(page, "<h1>Failed</h1>"));
	assert_null(strchr(page, '\x1b')); /* nor does a terminal that shows the page's text obey */
	assert_null(strstr(page, "\xc2\x9b"));
	assert_non_null(strstr(page, "\\x1b[31m"));
	assert_null(strstr(junit, "<script"));
	assert_non_null(strstr(junit, "time=\"1.500\""));
	assert_non_null(strstr(junit, "<failure type=\"&lt;script&gt;\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_plan_of_a_test_root),
		cmocka_unit_test(expectations_are_read),
		cmocka_unit_test(leaves_covers_what_lies_below),
		cmocka_unit_test(names_of_relations),
		cmocka_unit_test(versions_of_a_library),
		cmocka_unit_test(hashes_are_taken_out),
		cmocka_unit_test(pages_escape_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
