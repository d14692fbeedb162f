/* test_owners.c - who makes a user: scripts and sysusers.d files. */
#include "repackager/owners.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on

static const struct {
	const char *script, *name;
	bool makes;
} scripts[] = {
	{ "useradd --system acme\n", "acme", true },
	{ "#!/bin/sh\nid acme || adduser --system \\\n  --home /var/lib/acme acme\n", "acme", true },
	{ "USER=acme\ngetent passwd $USER || useradd $USER\n", "acme", true },
	{ "useradd acme-agent\n", "acme", false },
	{ "useradd acmed\n", "acme", false },
	{ "# useradd acme\ntrue\n", "acme", false },
	{ "chown acme /x\n", "acme", false },
	{ "", "acme", false },
};
static const struct {
	const char *text, *name;
	bool makes;
} files[] = {
	{ "u acme - \"Acme agent\" /var/lib/acme\n", "acme", true },
	{ "u!  acme\t-\n", "acme", true },
	{ "# u acme\ng acme 100\n", "acme", true },
	{ "m other acme\n", "acme", false },
	{ "u acmed -\n", "acme", false },
	{ "r acme 100\n", "acme", false },
	{ "u", "acme", false },
	{ "", "acme", false },
};

static void in_scripts(void **state)
{
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
		if (script_makes_user(scripts[i].script, scripts[i].name) != scripts[i].makes)
			fail_msg("%s", scripts[i].script);
}

static void in_sysusers(void **state)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (sysusers_make(files[i].text, files[i].name) != files[i].makes)
			fail_msg("%s", files[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(in_scripts), cmocka_unit_test(in_sysusers) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
