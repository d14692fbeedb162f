/* cmd_sign.c - `sluice sign FILE... --key FPR`: our own signature into built packages, in place, by rename. */
#include "base/fs.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "repackager/sign_pkg.h"
#include <string.h>
#include <strings.h>

static const struct option options[] = { { 0 } };

static int run(struct cli *c, struct err *e)
{
	json_t *list = json_array();

	if (!c->key) {
		json_decref(list);
		err_usage(e, "sign: --key is missing");
		return err_hint(e, "give the fingerprint of the package key, and with --home where it is");
	}
	AUTO_FREE char *release_home = fs_join(c->store, "keys/release");
	for (int i = 0; i < c->args_len; i++) {
		struct signed_pkg s;
		if (sign_pkg_file(c->args[i], c->home, c->key, release_home, &s, e)) {
			json_decref(list);
			return about_file(e, c->args[i]);
		}
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s}", "path", c->args[i], "format", s.format, "sha256", s.sha256,
				"key", s.fingerprint));
		if (!c->is_json)
			say("%s\n", c->args[i]);
	}
	if (c->is_json)
		return print_json(json_pack("{s:o}", "signed", list));
	json_decref(list);
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
	.more = "Each file is replaced by its signed form by rename. The release key is refused: it signs indexes "
		"only.",
};
