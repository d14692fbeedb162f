/* cmd_verify.c - `sluice verify FILE --keyring KEYS.asc`: is this what the vendor signed? */
#include "cli/cmd.h"
#include "repackager/verify_vendor.h"
#include <string.h>

static const struct option options[] = {
	{ "--keyring", "KEYS.asc", "the vendor's certificates; every primary key in it counts, no other", false },
	{ "--signature", "FILE", "a detached signature, over FILE or over --checksums", false },
	{ "--checksums", "SHA256SUMS", "a checksum list that names FILE", false },
	{ "--apt-release", "InRelease", "an apt Release file, with --apt-packages", false },
	{ "--apt-packages", "Packages", "the Packages file it names", false },
	{ 0 },
};

static int run(struct cli *c, struct err *e)
{
	AUTO(keyring) ring = { 0 };
	const char *keys;
	struct vendor_result result;

	if (opt_need(c, "--keyring", &keys, e))
		return -1;
	if (opt(c, "--apt-release") && !opt(c, "--apt-packages"))
		return err_usage(e, "verify: --apt-release wants --apt-packages beside it");
	if (keyring_open(&ring, e) || keyring_add_file(&ring, keys, e))
		return err_wrap(e, "--keyring");
	struct vendor_verify v = { .path = c->args[0],
		.keyring = &ring,
		.signature = opt(c, "--signature"),
		.checksums = opt(c, "--checksums"),
		.apt_release = opt(c, "--apt-release"),
		.apt_packages = opt(c, "--apt-packages"),
		.events = &c->events };
	if (vendor_verify(&v, &result, e)) {
		return about_file(e, c->args[0]);
	}
	return print_value(c, vendor_result_json(&result));
}

const struct command cmd_verify = {
	.name = "verify",
	.run = run,
	.about = "judge the vendor's signature of a file",
	.arguments = "FILE --keyring KEYS.asc [--signature FILE]",
	.least = 1,
	.most = 1,
	.options = options,
};
