/* fuzz_config.c - any bytes as a configuration file of each form: read within bounds, and every setting in it is weighed. */
#include "inspect/config.h"
#include "inspect/config_keys.h"
#include "inspect/config_options.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void weigh(void *to, const struct config_item *item, const char *key, const char *value)
{
	const struct config_rule *rule = config_rule_of("/etc/login.defs", key);

	*(size_t *)to += strlen(value);
	if (rule)
		config_is_weak(rule, config_standing_of(rule, value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "/etc/a", "/etc/a.json", "/etc/a.yaml", "/etc/a.xml", "/etc/pg_hba.conf",
		"/etc/haproxy.cfg", "/etc/postfix/main.cf", "/etc/postfix/master.cf", "/etc/a.hcl",
		"/etc/ssh/sshd_config" };
	size_t total = 0;

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct config c;

		config_read(&c, paths[i], (const char *)data, size);
		if (c.items.len > CONFIG_ITEMS_MAX)
			__builtin_trap();
		for (size_t k = 0; k < c.items.len; k++) {
			weigh(&total, &c.items.at[k], c.items.at[k].key, c.items.at[k].value);
			config_options(&c.items.at[k], weigh, &total);
		}
		config_done(&c);
	}
	return 0;
}
