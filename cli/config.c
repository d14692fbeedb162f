/* config.c - where defaults come from: options, then the environment, then ~/.config/sluice/config.yaml. */
#include "base/fs.h"
#include "base/text.h"
#include "base/yaml.h"
#include "cli/cli.h"
#include <pwd.h>
#include <string.h>
#include <unistd.h>

static const struct yaml_schema word = { .kind = YAML_SCALAR };
static const struct yaml_field fields[] = {
	{ "store", &word, false },
	{ "as", &word, false },
	{ "key", &word, false },
	{ "home", &word, false },
	{ 0 },
};
static const struct yaml_schema schema = { .kind = YAML_MAP, .fields = fields };

/* A service or a cron job may start us without HOME; its account has one all the same. Without this the default store would be /.local/... */
static void find_home(void)
{
	const char *home = getenv("HOME");
	const struct passwd *account = home && *home ? NULL : getpwuid(getuid());

	if (account && account->pw_dir[0] == '/')
		setenv("HOME", account->pw_dir, 1);
}

static char *under_home(const char *variable, const char *otherwise)
{
	const char *base = getenv(variable), *home = getenv("HOME");
	if (base && base[0] == '/')
		return mem_strdup(base);
	return mem_printf("%s/%s", home ? home : "", otherwise);
}

/* "~/x" is the user's home; the shell does not see what stands in a file. */
static char *expand(const char *path)
{
	const char *home = getenv("HOME");
	if (text_starts(path, "~/") && home)
		return fs_join(home, path + 2);
	return mem_strdup(path);
}

static char *setting(const struct cli *c, const char *option, const char *key, bool is_path)
{
	const char *value = opt(c, option);
	if (value)
		return mem_strdup(value);
	value = json_text(c->config, key);
	if (value[0])
		return is_path ? expand(value) : mem_strdup(value);
	return NULL;
}

int config_load(struct cli *c, struct err *e)
{
	find_home();
	AUTO_FREE char *base = under_home("XDG_CONFIG_HOME", ".config");
	AUTO_FREE char *path = fs_join(base, "sluice/config.yaml");
	const char *store = getenv("SLUICE_STORE");

	if (access(path, R_OK) == 0 && yaml_load(path, &schema, &c->config, e))
		return -1;
	if (!opt(c, "--store") && store && store[0])
		c->store = mem_strdup(store);
	else
		c->store = setting(c, "--store", "store", true);
	if (!c->store) {
		AUTO_FREE char *data = under_home("XDG_DATA_HOME", ".local/share");
		c->store = fs_join(data, "sluice");
	}
	c->person = setting(c, "--as", "as", false);
	c->key = setting(c, "--key", "key", false);
	c->home = setting(c, "--home", "home", true);
	return 0;
}

/* Only for the commands that use one: `inspect` and the like work whatever SLUICE_STORE says. */
int config_store(const struct cli *c, struct err *e)
{
	if (!strstr(c->store, "://"))
		return 0;
	err_usage(e, "store '%s': only a directory can be a store in this version", c->store);
	return err_hint(e, "give a directory with --store, or unset SLUICE_STORE");
}
