/* receipt.c - writing the receipt of a pull or an import. */
#include "release/channel/receipt.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/channel/parts.h"
#include "release/channel/snapshots.h"
#include "sign/sign.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int sign(const struct receipt *o, const char *bytes, size_t len, struct err *e)
{
	AUTO(signer) signer = { .fd = -1 };
	AUTO_FREE char *signature = NULL, *path = mem_printf("%s.asc", o->path);
	struct sig_data data = { .fd = -1, .bytes = bytes, .len = len };
	const char *home = o->home ? o->home : getenv("GNUPGHOME");
	AUTO_FREE char *usual = mem_printf("%s/.gnupg", getenv("HOME") ? getenv("HOME") : "");
	size_t sig_len;

	return signer_open(&signer, home ? home : usual, o->key, e) ||
			signer_sign(&signer, SIGN_DETACHED_ARMOR, &data, &signature, &sig_len, e) ||
			fs_write_file(path, signature, sig_len, 0644, e)
		? err_wrap(e, "signing %s", o->path)
		: 0;
}

static json_t *receipt_of(const struct receipt *o, const json_t *release, const char *digest)
{
	char when[32], host[65] = "";
	const char *site = o->site;

	if (!site && gethostname(host, sizeof host - 1) == 0)
		site = host;
	when_utc(when_now(), when);
	return json_pack("{s:s, s:i, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "type", "sluice-receipt", "version",
		1, "site", site && *site ? site : "unnamed", "channel", json_text(release, "channel"), "channel_id",
		json_text(release, "channel_id"), "serial", (json_int_t)json_int(release, "serial"), "release", digest,
		"valid_until", json_text(release, "valid_until"), "time", when, "how", o->how, "archive", o->archive);
}

int receipt_put(const struct receipt *o, const json_t *told, struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t len;

	if (json_canonical(told, &text, &len, e) || fs_write_file(o->path, text, len, 0644, e))
		return -1;
	return o->key ? sign(o, text, len, e) : 0;
}

int receipt_write(const struct receipt *o, const char *into, struct err *e)
{
	AUTO_FREE char *path = fs_join(into, "current/release.json"), *bytes = NULL;
	AUTO_FREE char *current = fs_join(into, "current");
	AUTO_JSON *release = NULL, *receipt = NULL, *targets = NULL;
	char digest[SHA256_HEX];
	size_t len;

	if (fs_read_file(path, RELEASE_MAX, &bytes, &len, e) || !(release = json_parse(bytes, len, path, e)) ||
		parts_read(current, &targets, e))
		return err_wrap(e, "the receipt");
	sha256_hex(bytes, len, digest);
	receipt = receipt_of(o, release, digest);
	if (!receipt)
		return err_usage(e, "the site's name is not UTF-8");
	if (targets)
		json_object_set(receipt, "targets", targets);
	return receipt_put(o, receipt, e) ? err_wrap(e, "the receipt") : 0;
}
