/* cmd_sign.c - `sluice sign FILE... --key FPR`: our own signature into built packages, in place, by rename. */
#include "base/fs.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "repackager/sign_pkg.h"
#include <string.h>

static const struct option options[] = { { 0 } };

/* As gpg itself finds it. */
static char *home_of(const struct cli *c)
{
	const char *given = getenv("GNUPGHOME"), *home = getenv("HOME");

	if (c->home)
		return mem_strdup(c->home);
	return given && given[0] ? mem_strdup(given) : fs_join(home ? home : "", ".gnupg");
}

static json_t *sign_all(struct cli *c, struct err *e)
{
	AUTO_FREE char *home = home_of(c), *release_home = fs_join(c->store, "keys/release");
	json_t *list = json_array();

	for (int i = 0; i < c->args_len; i++) {
		struct signed_pkg s;
		if (sign_pkg_file(c->args[i], home, c->key, release_home, &s, e)) {
			about_file(e, c->args[i]);
			json_decref(list);
			return NULL;
		}
		json_t *one = json_pack(
			"{s:s, s:s, s:s}", "format", s.format, "sha256", s.sha256, "key", s.fingerprint);
		json_set_bytes(one, "path", c->args[i], strlen(c->args[i]));
		if (s.is_beside) {
			AUTO_FREE char *beside = mem_printf("%s.sig", c->args[i]);
			json_set_bytes(one, "signature", beside, strlen(beside));
		}
		json_array_append_new(list, one);
	}
	return list;
}

static int run(struct cli *c, struct err *e)
{
	if (!c->key) {
		err_usage(e, "sign: --key is missing");
		return err_hint(e, "give the fingerprint of the package key, and with --home where it is");
	}
	for (int i = 0; i < c->args_len; i++)
		if (sign_pkg_can(c->args[i], e))
			return about_file(e, c->args[i]);
	json_t *list = sign_all(c, e);
	if (!list)
		return -1;
	if (c->is_json)
		return print_json(json_pack("{s:o}", "signed", list));
	json_decref(list);
	for (int i = 0; i < c->args_len; i++)
		say("%s\n", c->args[i]);
	return 0;
}

const struct command cmd_sign = {
	.name = "sign",
	.run = run,
	.about = "sign built packages with the package key",
	.arguments = "FILE... --key FPR [--home GNUPGHOME]",
	.least = 1,
	.most = -1,
	.options = options,
	.more = "Each file is replaced by its signed form by rename; a pacman package or a plain tar gets FILE.sig "
		"beside "
		"it. The release key is refused: it signs indexes only.",
};
