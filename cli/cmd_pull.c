/* cmd_pull.c - `sluice pull URL --trust trust.json --into DIR`: a distribution server takes a channel over, verified. */
#include "base/when.h"
#include "cli/cmd.h"
#include "release/channel/pull.h"
#include "release/channel/receipt.h"
#include <string.h>

enum { KEEP = 3, KEEP_MAX = 1000 };

static const struct option options[] = {
	{ "--trust", "trust.json", "what is believed beforehand ('sluice trust export')", false },
	{ "--into", "DIR", "where it is kept; DIR/current is the folder to serve", false },
	{ "--limit-rate", "SIZE", "at most so many bytes a second, such as 500KiB", false },
	{ "--target", "TARGET[,...]", "only these of the channel's targets; the tree says what it leaves out", true },
	{ "--keep", "N", "how many snapshots stay (3)", false },
	{ "--check", NULL, "only look: is something newer there, and is what is here whole?", false },
	{ "--exported", NULL, "take what was signed for being carried as well: behind a site that imports", false },
	{ "--receipt", "FILE", "what was taken, for 'sluice site add'; with --key signed, into FILE.asc", false },
	{ "--site", "NAME", "this site's name in the receipt (the machine's name)", false },
	{ "--proxy", "URL", "instead of what the environment says (https_proxy, http_proxy, no_proxy)", false },
	{ "--client-cert", "FILE", "a certificate (PEM) to show to the server", false },
	{ "--client-key", "FILE", "its key (PEM)", false },
	{ "--ca", "FILE", "the certificates (PEM) that may vouch for the server, instead of the system's", false },
	{ 0 },
};

/* *ret NULL: not given, so all of them. */
static int chosen_targets(const struct cli *c, json_t **ret, struct err *e)
{
	AUTO_JSON *names = json_array();
	const char *value;

	for (size_t at = 0; (value = opt_each(c, "--target", &at));) {
		AUTO_FREE char *words = mem_strdup(value);
		char *rest = words, *word;

		while ((word = strsep(&rest, ",")))
			if (*word)
				json_add_once(names, word);
	}
	if (opt(c, "--target") && !json_array_size(names))
		return err_usage(e, "--target: the name of a target is meant");
	*ret = json_array_size(names) ? json_incref(names) : NULL;
	return 0;
}

int keep_of(const struct cli *c, unsigned *ret, struct err *e)
{
	const char *text = opt(c, "--keep");
	char *end = NULL;
	unsigned long n = text ? strtoul(text, &end, 10) : KEEP;

	if (text && (!*text || strspn(text, "0123456789") != strlen(text) || n < 1 || n > KEEP_MAX))
		return err_usage(e, "--keep %s: a number from 1 to %d is meant", text, KEEP_MAX);
	*ret = (unsigned)n;
	return 0;
}

static int run(struct cli *c, struct err *e)
{
	struct pull p = { .url = c->args[0],
		.is_check = opt_flag(c, "--check"),
		.takes_exports = opt_flag(c, "--exported"),
		.at = when_now(),
		.events = &c->events,
		.fetch = { opt(c, "--proxy"), opt(c, "--client-cert"), opt(c, "--client-key"), opt(c, "--ca"), 0 } };
	struct receipt receipt = { opt(c, "--receipt"), opt(c, "--site"), "pull", "", c->home, c->key };
	const char *rate = opt(c, "--limit-rate");
	AUTO_JSON *trust = NULL, *targets = NULL;
	json_t *told = NULL;

	if (chosen_targets(c, &targets, e))
		return -1;
	p.targets = targets;
	if (opt_need(c, "--into", &p.into, e) || trust_of(c, &trust, e) || keep_of(c, &p.keep, e))
		return -1;
	if (rate && size_parse(rate, &p.fetch.limit_rate, e))
		return err_wrap(e, "--limit-rate");
	p.trust = trust;
	if (p.fetch.client_key && !p.fetch.client_cert)
		return err_usage(e, "--client-key is the key of a --client-cert");
	if (receipt.path && p.is_check)
		return err_usage(e, "--check takes nothing, so there is no --receipt");
	if (channel_pull(&p, &told, e) || (receipt.path && receipt_write(&receipt, p.into, e)))
		return json_decref(told), -1;
	return print_value(c, told);
}

const struct command cmd_pull = {
	.name = "pull",
	.run = run,
	.about = "take a channel over from a URL or folder: verified whole, then switched to",
	.arguments = "URL --trust trust.json --into DIR",
	.least = 1,
	.most = 1,
	.options = options,
};
