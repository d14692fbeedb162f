/* test_capture.c - what is litter after an installation, and what belongs to a package. */
#include "repackager/capture_private.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void litter_is_told_apart(void **state)
{
	static const struct {
		const char *path;
		bool is_dir, is_litter;
	} cases[] = {
		{ "/var/log/acme/install.log", false, true },
		{ "/var/log/acme", true, false }, /* the program will write there */
		{ "/var/cache/acme/x", false, true },
		{ "/var/cache/acme", true, false },
		{ "/var/tmp/unpacked", true, true },
		{ "/etc/ld.so.cache", false, true },
		{ "/etc/ld.so.conf.d/acme.conf", false, false },
		{ "/root/.bash_history", false, true },
		{ "/root/acme.conf", false, false },
		{ "/var/lib/dpkg/info/acme.list", false, true },
		{ "/var/lib/acme/db", false, false },
		{ "/opt/acme/var/log/x", false, false },
		{ "/etc/machine-id", false, true },
		{ "/etc/machine-id.d/x", false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if ((capture_litter(cases[i].path, cases[i].is_dir) != NULL) != cases[i].is_litter)
			fail_msg("%s", cases[i].path);
}

static void account_files(void **state)
{
	(void)state;
	assert_true(accounts_own("/etc/passwd") && accounts_own("/etc/passwd-") && accounts_own("/etc/gshadow") &&
		accounts_own("/etc/subuid-"));
	assert_false(accounts_own("/etc/passwd.d") || accounts_own("/etc/groups") || accounts_own("/opt/etc/passwd"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(litter_is_told_apart), cmocka_unit_test(account_files) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
