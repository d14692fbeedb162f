/* signer_state.c - what the key process remembers by itself: its policy root, and each channel's last release.json.
 *
 * It lies beside the release key. From it come the serial, which only grows, the set that is signed again, and the head of the log below
 * which no row may have changed. */
#include "base/fs.h"
#include "base/when.h"
#include "release/gate/signer_impl.h"
#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { STATE_MAX = 256 << 20, GRACE_S = 600 };

static char *file_of(const struct key_process *k, const char *channel)
{
	return mem_printf("%s/%s.json", k->state, channel);
}

static bool is_name(const char *text)
{
	return *text && strlen(text) <= 64 && *text != '.' &&
		strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(text);
}

json_t *state_last(struct key_process *k, const char *channel, char ret_digest[65], struct err *e)
{
	AUTO_FREE char *path = file_of(k, channel), *bytes = NULL;
	size_t len;

	ret_digest[0] = '\0';
	if (!is_name(channel))
		return err_usage(e, "'%s' is no channel's name", channel), NULL;
	if (!fs_exists(path))
		return NULL;
	if (fs_read_file(path, STATE_MAX, &bytes, &len, e))
		return NULL;
	sha256_hex(bytes, len, ret_digest);
	return json_parse(bytes, len, path, e);
}

int state_keep(struct key_process *k, const char *channel, const char *bytes, size_t len, struct err *e)
{
	AUTO_FREE char *path = file_of(k, channel);

	return fs_write_file(path, bytes, len, 0600, e);
}

/* The newest head that was signed into any channel. */
static int newest_head(struct key_process *k, struct err *e)
{
	DIR *dir = opendir(k->state);
	int result = 0;

	if (!dir)
		return err_sys(e, "%s", k->state);
	for (struct dirent *d; result == 0 && (d = readdir(dir));) {
		size_t len = strlen(d->d_name);
		AUTO_FREE char *name = len > 5 && strcmp(d->d_name + len - 5, ".json") == 0
			? strndup(d->d_name, len - 5)
			: NULL;
		AUTO_JSON *last = NULL;
		char digest[65];

		if (!name)
			continue;
		last = state_last(k, name, digest, e);
		if (!last)
			result = -1;
		else if (json_int(json_map(last, "log"), "seq") > k->known.seq) {
			k->known.seq = json_int(json_map(last, "log"), "seq");
			k->known_time = record_time(last); /* "time", as in a record */
			snprintf(k->known.hash, sizeof k->known.hash, "%s", json_text(json_map(last, "log"), "hash"));
		}
	}
	closedir(dir);
	return result;
}

/* A policy that came after the last signed head did not come before its time: an owner's expired key signs nothing new by an old date. */
static int policies_in_time(const struct key_process *k, struct err *e)
{
	for (size_t i = 0; i < k->chain.len; i++)
		if (k->chain.at[i].seq > k->known.seq && k->chain.at[i].since + GRACE_S < k->known_time)
			return err_verdict(e, "E_SIG_TIME", "a policy is dated before the snapshot it follows");
	return 0;
}

static int read_root(struct key_process *k, struct err *e)
{
	AUTO_FREE char *path = fs_join(k->state, "root"), *text = NULL;
	size_t len;

	if (fs_read_file(path, 1024, &text, &len, e))
		return err_wrap(e, "the signer's pinned policy root");
	if (!digest_is_hex(text))
		return err_env(e, "%s: it holds no digest", path);
	memcpy(k->root, text, 65);
	return 0;
}

/* The store's id, from the first owner's signed act. */
static int read_id(struct key_process *k, struct err *e)
{
	AUTO_JSON *rows = db_rows(k->store->db,
		"SELECT record, signature FROM log WHERE action = 'init' AND record <> '' ORDER BY seq LIMIT 1", NULL,
		0, e);
	const json_t *row = json_array_get(rows, 0);
	struct record record;

	if (!rows || !row)
		return rows ? err_env(e, "the store has no beginning") : -1;
	if (record_load(&k->source.source, json_text(row, "record"), json_text(row, "signature"), &k->chain, false,
		    &record, e))
		return -1;
	snprintf(k->id, sizeof k->id, "%s", json_text(record.body, "store"));
	record_done(&record);
	return 0;
}

int state_open(struct key_process *k, const char *store, struct err *e)
{
	if (store_open(store, &k->store, e))
		return -1;
	source_of_store(&k->source, k->store);
	k->state = store_path(k->store, "keys/release/state");
	k->now = when_now();
	return read_root(k, e) || newest_head(k, e) ||
			store_policies(k->store, &k->source.source, &k->known, k->root, &k->chain, &k->head, e) ||
			policies_in_time(k, e) || read_id(k, e)
		? -1
		: 0;
}

void state_done(struct key_process *k)
{
	policies_done(&k->chain);
	store_close(k->store);
	free(k->state);
}
