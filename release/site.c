/* site.c - receipts of distribution servers: taken down when they are about what was let out here, and signed where the policy says by whom. */
#include "release/site.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include <string.h>

enum { RECEIPT_MAX = 64 << 10, SIGNATURE_MAX = 64 << 10, CLOCK_S = 600 };

/* ---- one receipt */
bool site_name_valid(const char *text)
{
	return *text && strlen(text) <= 64 && *text != '-' && *text != '.' &&
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(text);
}

bool site_shares_group(const json_t *site, const json_t *channel)
{
	json_t *group;
	size_t i;

	json_array_foreach(json_list(channel, "groups"), i, group)
		if (json_lists(json_list(site, "groups"), json_string_value(group)))
			return true;
	return json_array_size(json_list(channel, "groups")) == 0;
}

static int parse(const char *bytes, size_t len, const char *file, json_t **ret, struct err *e)
{
	AUTO_JSON *receipt = json_parse(bytes, len, file, e);
	int64_t time;

	if (!receipt)
		return -1;
	if (strcmp(json_text(receipt, "type"), "sluice-receipt") != 0 || json_int(receipt, "version") != 1 ||
		!site_name_valid(json_text(receipt, "site")) || !digest_is_hex(json_text(receipt, "release")) ||
		!*json_text(receipt, "channel") || json_int(receipt, "serial") <= 0 ||
		when_parse(json_text(receipt, "time"), "UTC", &time, e))
		return err_input(e, "E_METADATA", "%s: it is no receipt of 'sluice pull' or 'sluice import'", file);
	*ret = json_incref(receipt);
	return 0;
}

/* Of what was said several times the latest counts, by its own time: one of tomorrow would be the last word until then. */
static int said_in_time(const json_t *receipt, struct err *e)
{
	int64_t time;

	if (when_parse(json_text(receipt, "time"), "UTC", &time, e))
		return -1;
	if (time <= when_now() + CLOCK_S)
		return 0;
	err_verdict(e, "E_SIG_TIME", "it is of %s, which is in the future here", json_text(receipt, "time"));
	return err_hint(e, "one of the two clocks is wrong");
}

/* Whoever had that snapshot's release.json knows its digest; that it is one of ours, and says what the receipt says, is looked at. */
int site_fits_snapshot(struct release *r, const json_t *receipt, struct err *e)
{
	const char *word = json_text(receipt, "channel"), *action;
	AUTO_JSON *rows = NULL, *release = NULL;
	const json_t *row;

	if (log_index_follow(r->index, r->store, NULL, e) || !(rows = log_index_rows(r->index, &word, 1, e)))
		return -1;
	row = json_find(rows, "record", json_text(receipt, "release"));
	action = json_text(row, "action");
	if (strcmp(action, "snapshot") != 0 && strcmp(action, "export") != 0)
		return err_verdict(
			e, "E_MISMATCH", "no snapshot of channel '%s' with that release.json was let out here", word);
	if (release_believe(r, json_text(row, "record"), json_text(row, "signature"), &release, e))
		return -1;
	if (strcmp(json_text(release, "channel"), word) != 0 ||
		json_int(release, "serial") != json_int(receipt, "serial") ||
		strcmp(json_text(release, "channel_id"), json_text(receipt, "channel_id")) != 0 ||
		strcmp(json_text(release, "valid_until"), json_text(receipt, "valid_until")) != 0)
		return err_verdict(
			e, "E_MISMATCH", "it says another channel, serial or validity than that snapshot has");
	return said_in_time(receipt, e);
}

/* ---- its signature */
static int open_ring(struct release *r, struct keyring *ring, struct err *e)
{
	const struct policy *now = policies_now(&r->chain);
	size_t i;
	json_t *digest;

	if (keyring_open(ring, e))
		return -1;
	json_array_foreach(now->keyring, i, digest) {
		AUTO_FREE char *text = NULL;
		size_t len;

		if (source_get(&r->source.source, json_string_value(digest), &text, &len, e) ||
			keyring_add(ring, text, len, e))
			return -1;
	}
	return 0;
}

static int check_signature(struct release *r, const json_t *keys, const char *bytes, size_t len, const char *file,
	char ret_key[65], struct err *e)
{
	AUTO(keyring) ring = { 0 };
	AUTO_FREE char *signature = NULL;
	struct sig_data data = { .fd = -1, .bytes = bytes, .len = len };
	struct sig_verdict verdict;
	char *pins[16] = { NULL };
	size_t sig_len, pins_len = 0, i;
	json_t *key;
	int status;

	if (fs_read_file(file, SIGNATURE_MAX, &signature, &sig_len, e) || open_ring(r, &ring, e))
		return -1;
	json_array_foreach(keys, i, key)
		if (pins_len < COUNT(pins) && (pins[pins_len] = fingerprint_of(json_string_value(key))))
			pins_len++;
	status = sig_verify_detached(
		&ring, &data, signature, sig_len, (const char *const *)pins, pins_len, 0, &verdict, e);
	for (i = 0; i < pins_len; i++)
		free(pins[i]);
	if (status)
		return err_wrap(e, "%s", file);
	snprintf(ret_key, 65, "%s", verdict.fingerprint);
	return 0;
}

int site_signed(struct release *r, const json_t *receipt, const char *bytes, size_t len, const char *file,
	char ret_key[65], struct err *e)
{
	const char *site = json_text(receipt, "site");
	const json_t *keys = json_list(json_map(json_map(release_policy(r), "sites"), site), "keys");

	ret_key[0] = '\0';
	if (json_array_size(keys))
		return file ? check_signature(r, keys, bytes, len, file, ret_key, e)
			    : err_verdict(e, "E_SIG_MISSING", "site '%s' has keys in the policy; give its --signature",
				      site);
	return file
		? err_usage(e, "the policy gives site '%s' no keys (sites), so its signature cannot be judged", site)
		: 0;
}

int site_add(
	struct release *r, const struct actor *actor, const struct receipt_files *files, json_t **ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL, *subject = NULL;
	AUTO_JSON *receipt = NULL, *body = NULL;
	AUTO_FD int lock = -1;
	struct act act = { "receipt", NULL, NULL, NULL, NULL };
	char digest[65], key[65], record[65];
	size_t len;

	if (fs_read_file(files->receipt, RECEIPT_MAX, &bytes, &len, e) ||
		parse(bytes, len, files->receipt, &receipt, e) || site_fits_snapshot(r, receipt, e) ||
		site_signed(r, receipt, bytes, len, files->signature, key, e) || (lock = store_lock(r->store, e)) < 0)
		return err_wrap(e, "%s", files->receipt);
	sha256_hex(bytes, len, digest);
	body = json_pack("{s:O, s:s, s:s}", "receipt", receipt, "digest", digest, "signed", key);
	subject = mem_printf("site/%s %s", json_text(receipt, "site"), json_text(receipt, "channel"));
	act.body = body;
	act.subject = subject;
	if (release_act(r, actor, &act, record, e))
		return -1;
	*ret = json_pack("{s:s, s:s, s:I, s:s, s:s}", "site", json_text(receipt, "site"), "channel",
		json_text(receipt, "channel"), "serial", (json_int_t)json_int(receipt, "serial"), "signed", key,
		"record", record);
	return 0;
}
