/* cmd_export.c - `sluice export CH --output FILE`, `sluice import FILE --trust trust.json --into DIR`: over an air gap, with pull's checks. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/when.h"
#include "cli/cmd.h"
#include "release/channel/export.h"
#include "release/channel/pull.h"
#include "release/channel/receipt.h"
#include <string.h>

static int since_of(struct cli *c, struct release *r, json_t **ret, struct err *e)
{
	const char *text = opt(c, "--since");

	if (!text)
		return 0;
	if (!*text || strlen(text) > 15 || strspn(text, "0123456789") != strlen(text))
		return err_usage(e, "--since '%s': a snapshot's serial is meant", text);
	return release_snapshot(r, c->args[0], strtoll(text, NULL, 10), ret, e);
}

static int run_export(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *since = NULL;
	struct signer_answer answer = { 0 };
	struct export x = { .channel = c->args[0] };
	const char *valid = opt(c, "--valid-for");
	int64_t seconds = 0;
	json_t *told = NULL;
	int status;

	if (opt_need(c, "--output", &x.output, e))
		return -1;
	if (valid &&
		(duration_parse(valid, &seconds, e) ||
			(seconds <= 0 && err_usage(e, "it must be longer than nothing"))))
		return err_wrap(e, "--valid-for");
	if (store_of(c, &r, e))
		return -1;
	if (!json_object_get(json_map(release_policy(r), "channels"), c->args[0]))
		return err_usage(e, "the policy has no channel '%s'", c->args[0]);
	if (since_of(c, r, &since, e) || (valid && release_sign_export(r, c->args[0], seconds, &answer, e)))
		return -1;
	x.since = since;
	x.answer = valid ? &answer : NULL;
	status = channel_export(r->store, &x, &told, e);
	signer_answer_done(&answer);
	return status ? -1 : print_value(c, told);
}

static int digest_of(const char *path, char ret[SHA256_HEX], struct err *e)
{
	AUTO_FD int fd = fs_open_file(path, e);
	uint64_t size;

	return fd < 0 ? -1 : sha256_fd(fd, ret, &size, e);
}

static int run_import(struct cli *c, struct err *e)
{
	struct pull p = { .url = c->args[0], .is_archive = true, .at = when_now(), .events = &c->events };
	char digest[SHA256_HEX] = "";
	struct receipt receipt = { .path = opt(c, "--receipt"),
		.site = opt(c, "--site"),
		.how = "import",
		.archive = digest,
		.home = c->home,
		.key = c->key };
	AUTO_JSON *trust = NULL;
	json_t *told = NULL;

	if (opt_need(c, "--into", &p.into, e) || trust_of(c, &trust, e) || keep_of(c, &p.keep, e))
		return -1;
	if (receipt.path && digest_of(p.url, digest, e))
		return -1;
	p.trust = trust;
	if (channel_pull(&p, &told, e) || (receipt.path && receipt_write(&receipt, p.into, e))) {
		json_decref(told);
		return e->code && strcmp(e->code, "E_UNKNOWN_FORMAT") == 0
			? err_hint(e, "'sluice export CH --output FILE' writes what is meant here")
			: -1;
	}
	return print_value(c, told);
}

static const struct option export_opts[] = {
	{ "--output", "FILE", "the file to carry; it appears when it is whole", false },
	{ "--since", "N", "without what the snapshot with serial N holds", false },
	{ "--valid-for", "DURATION", "signed anew to be valid so long; at most the channel's export-valid-for", false },
	{ 0 },
};
static const struct option import_opts[] = {
	{ "--trust", "trust.json", "what is believed beforehand ('sluice trust export')", false },
	{ "--into", "DIR", "where it is kept; DIR/current is the folder to serve", false },
	{ "--keep", "N", "how many snapshots stay (3)", false },
	{ "--receipt", "FILE", "what was taken, for 'sluice site add'; with --key signed, into FILE.asc", false },
	{ "--site", "NAME", "this site's name in the receipt (the machine's name)", false },
	{ 0 },
};

const struct command cmd_export = {
	.name = "export",
	.run = run_export,
	.about = "a channel's snapshot as one file, for where no line leads",
	.arguments = "CH --output FILE [--since N] [--valid-for DURATION]",
	.least = 1,
	.most = 1,
	.options = export_opts,
};
const struct command cmd_import = {
	.name = "import",
	.run = run_import,
	.about = "take a channel over from an exported file: with pull's checks, then switched to",
	.arguments = "FILE --trust trust.json --into DIR [--receipt FILE]",
	.least = 1,
	.most = 1,
	.options = import_opts,
};
