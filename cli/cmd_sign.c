/* cmd_sign.c - `sluice sign FILE... --key FPR`: our own signature into built packages, in place, by rename. */
#include "base/fs.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "repackager/sign_batch.h"
#include <string.h>

enum { SIGNERS_MAX = 8 };

static const struct option options[] = {
	{ "--signers", "N", "how many processes sign side by side (as many as there are processors, where it pays)",
		false },
	{ 0 },
};

/* As gpg itself finds it. */
static char *home_of(const struct cli *c)
{
	const char *given = getenv("GNUPGHOME"), *home = getenv("HOME");

	if (c->home)
		return mem_strdup(c->home);
	return given && given[0] ? mem_strdup(given) : fs_join(home ? home : "", ".gnupg");
}

static json_t *told(const struct cli *c, const struct signed_pkg *made)
{
	json_t *list = json_array();

	for (int i = 0; i < c->args_len; i++) {
		json_t *one = json_pack("{s:s, s:s, s:s}", "format", made[i].format, "sha256", made[i].sha256, "key",
			made[i].fingerprint);
		json_set_str(one, "path", c->args[i]);
		if (made[i].is_beside) {
			AUTO_FREE char *beside = mem_printf("%s.sig", c->args[i]);
			json_set_str(one, "signature", beside);
		}
		json_array_append_new(list, one);
	}
	return list;
}

static int signers_of(const struct cli *c, unsigned *ret, struct err *e)
{
	const char *text = opt(c, "--signers");

	if (text && (strlen(text) != 1 || text[0] < '1' || text[0] > '0' + SIGNERS_MAX))
		return err_usage(e, "--signers %s: a number from 1 to %d is meant", text, SIGNERS_MAX);
	*ret = text ? (unsigned)(text[0] - '0') : 0;
	return 0;
}

/* A name that is given twice would be signed by two at once. */
static int check_args(const struct cli *c, struct err *e)
{
	AUTO_JSON *seen = json_object();

	for (int i = 0; i < c->args_len; i++) {
		AUTO_FREE char *real = realpath(c->args[i], NULL), *name = NULL;
		const char *path = real ? real : c->args[i];

		if (sign_pkg_can(c->args[i], e))
			return about_file(e, c->args[i]);
		name = text_printable(path, strlen(path), false);
		if (json_object_get(seen, name))
			return err_usage(e, "sign: %s is given twice", c->args[i]);
		json_object_set_new(seen, name, json_true());
	}
	return 0;
}

static int run(struct cli *c, struct err *e)
{
	if (!c->key) {
		err_usage(e, "sign: --key is missing");
		return err_hint(e, "give the fingerprint of the package key, and with --home where it is");
	}
	unsigned signers;
	if (signers_of(c, &signers, e) || check_args(c, e))
		return -1;
	AUTO_FREE char *home = home_of(c), *release_home = fs_join(c->store, "keys/release");
	AUTO_FREE struct signed_pkg *made = mem_alloc((size_t)c->args_len * sizeof *made);
	struct sign_batch batch = { c->args, (size_t)c->args_len, home, c->key, release_home, signers };
	const char *failed;
	if (sign_batch(&batch, made, &failed, e))
		return about_file(e, failed);
	if (c->is_json)
		return print_json(json_pack("{s:o}", "signed", told(c, made)));
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
		"it. Many files are signed by several processes side by side, each with an agent of its own, unless "
		"the key "
		"folder's own agent runs. The release key is refused: it signs indexes only.",
};
