/* signer_state.c - what the key process remembers by itself: its policy root, and each channel's last release.json.
 *
 * It lies beside the release key. From it come the serial, which only grows, the set that is signed again, and the head of the log below
 * which no row may have changed. */
#include "base/fs.h"
#include "base/when.h"
#include "release/gate/rows.h"
#include "release/gate/signer_impl.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GRACE_S = 600 };

char *state_file(const struct key_process *k, const char *channel)
{
	return mem_printf("%s/%s.json", k->state, channel);
}

char *state_documents(const struct key_process *k, const char *channel, int64_t serial)
{
	return mem_printf("%s/%s.indexes/%lld", k->state, channel, (long long)serial);
}

static bool is_name(const char *text)
{
	return *text && strlen(text) <= 64 && *text != '.' &&
		strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(text);
}

json_t *state_last(struct key_process *k, const char *channel, struct err *e)
{
	AUTO_FREE char *path = state_file(k, channel);

	if (!is_name(channel))
		return err_usage(e, "'%s' is no channel's name", channel), NULL;
	return fs_exists(path) ? snap_head(path, e) : NULL;
}

/* Beside the documents, and like those without waiting for the disk: what cannot be read is made again. */
static char *digest_file(const struct key_process *k, const char *channel, int64_t serial)
{
	AUTO_FREE char *documents = state_documents(k, channel, serial);

	return fs_join(documents, "release.sha256");
}

int state_note_digest(
	const struct key_process *k, const char *channel, int64_t serial, const char *sha256, struct err *e)
{
	AUTO_FREE char *path = digest_file(k, channel, serial);
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	return fd < 0 ? err_sys(e, "%s", path) : fd_write(fd, sha256, strlen(sha256), e);
}

int state_last_digest(
	const struct key_process *k, const char *channel, int64_t serial, char ret[SHA256_HEX], struct err *e)
{
	AUTO_FREE char *noted = digest_file(k, channel, serial), *path = state_file(k, channel), *text = NULL;
	struct err ignored = { 0 };
	AUTO_FD int fd = -1;
	size_t len;

	if (fs_exists(noted) && fs_read_file(noted, SHA256_HEX, &text, &len, &ignored) == 0 && digest_is_hex(text)) {
		memcpy(ret, text, SHA256_HEX);
		return 0;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "%s", path) : sha256_fd(fd, ret, NULL, e);
}

char *state_table(const struct key_process *k, const char *channel, int64_t serial)
{
	AUTO_FREE char *documents = state_documents(k, channel, serial);

	return fs_join(documents, "release.places");
}

/* The last one's stay: whoever was given those may still be reading them. */
int state_drop_documents(const struct key_process *k, const char *channel, int64_t serial, struct err *e)
{
	AUTO_FREE char *folder = mem_printf("%s/%s.indexes", k->state, channel);
	DIR *dir = opendir(folder);
	int status = 0;

	if (!dir)
		return err_sys(e, "%s", folder);
	for (struct dirent *d; status == 0 && (d = readdir(dir));) {
		AUTO_FREE char *path = fs_join(folder, d->d_name);

		if (*d->d_name != '.' && strtoll(d->d_name, NULL, 10) < serial)
			status = fs_remove_tree(path, e);
	}
	(void)closedir(dir);
	return status;
}

int state_keep(struct key_process *k, const char *channel, struct err *e)
{
	AUTO_FREE char *path = state_file(k, channel), *new = mem_printf("%s.new", path);
	AUTO_FD int fd = open(new, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) || rename(new, path))
		return err_sys(e, "%s", path);
	return fs_sync_dir(k->state, e);
}

int state_next_serial(struct key_process *k, const char *channel, const json_t *last, json_int_t *ret, struct err *e)
{
	AUTO_FREE char *path = mem_printf("%s/%s.floor", k->state, channel), *text = NULL;
	int64_t floor = 0, serial = json_int(last, "serial");
	size_t len;

	if (fs_exists(path)) {
		if (fs_read_file(path, 32, &text, &len, e))
			return -1;
		if (strspn(text, "0123456789") != len || len < 1 || len > 15)
			return err_env(e, "%s: it holds no serial", path);
		floor = strtoll(text, NULL, 10);
	}
	*ret = (serial > floor ? serial : floor) + 1;
	return 0;
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

		if (!name)
			continue;
		last = state_last(k, name, e);
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

/* ---- the head it was told of last: "head" beside the channels' files */
static int read_noted(struct key_process *k, struct err *e)
{
	AUTO_FREE char *path = fs_join(k->state, "head"), *bytes = NULL;
	AUTO_JSON *json = NULL;
	size_t len;

	k->noted = k->known;
	k->noted_time = k->known_time;
	if (!fs_exists(path))
		return 0;
	if (fs_read_file(path, 1024, &bytes, &len, e) || !(json = json_parse(bytes, len, path, e)))
		return -1;
	if (json_int(json, "seq") < k->noted.seq)
		return 0;
	k->noted.seq = json_int(json, "seq");
	k->noted_time = record_time(json) > k->known_time ? record_time(json) : k->known_time;
	snprintf(k->noted.hash, sizeof k->noted.hash, "%s", json_text(json, "hash"));
	return 0;
}

static int write_noted(struct key_process *k, struct err *e)
{
	AUTO_FREE char *path = fs_join(k->state, "head"), *text = NULL;
	AUTO_JSON *json = NULL;
	char when[32];

	when_utc(k->now > k->noted_time ? k->now : k->noted_time, when);
	json = json_pack("{s:I, s:s, s:s}", "seq", (json_int_t)k->head.seq, "hash", k->head.hash, "time", when);
	text = json_dumps(json, JSON_COMPACT);
	return text ? fs_write_file(path, text, strlen(text), 0600, e) : err_env(e, "%s cannot be made", path);
}

/* A clock that was set back would open windows, revive keys and make old snapshots look new. */
static int clock_fits(const struct key_process *k, struct err *e)
{
	char then[32];

	if (k->now + GRACE_S >= k->noted_time)
		return 0;
	when_utc(k->noted_time, then);
	return err_verdict(
		e, "E_SIG_TIME", "this machine's clock stands before %s, when the signer was asked last", then);
}

static int begin(struct key_process *k, const char *store, struct err *e)
{
	if (store_open(store, &k->store, e))
		return -1;
	source_of_store(&k->source, k->store);
	k->state = store_path(k->store, "keys/release/state");
	k->now = when_now();
	return newest_head(k, e) || read_noted(k, e) ? -1 : 0;
}

/* Its own index, which nobody outside writes; a log that does not hold what was noted is refused. */
static int read_log(struct key_process *k, struct err *e)
{
	AUTO_FREE char *path = fs_join(k->state, "index.db");

	if (log_index_open(k->store, path, &k->noted, &k->index, e))
		return -1;
	k->head = *log_index_head(k->index);
	return 0;
}

int state_know(struct key_process *k, const char *store, struct err *e)
{
	return begin(k, store, e) || read_log(k, e) || write_noted(k, e) ? -1 : 0;
}

int state_fits_log(struct key_process *k, const char *channel, const json_t *last, const char *digest, struct err *e)
{
	AUTO_JSON *logged = NULL, *row = NULL;
	AUTO_FREE char *path = NULL;

	if (log_index_last(k->index, channel, "snapshot", &row, e))
		return -1;
	if (!row || strcmp(json_text(row, "record"), digest) == 0)
		return 0;
	if (blob_check(k->store->blobs, json_text(row, "record"), NULL, e))
		return err_wrap(e, "the last snapshot of %s", channel);
	path = blob_path(k->store->blobs, json_text(row, "record"));
	logged = path ? snap_head(path, e) : source_json(&k->source.source, json_text(row, "record"), e);
	if (!logged)
		return err_wrap(e, "the last snapshot of %s", channel);
	if (json_int(logged, "serial") > json_int(last, "serial"))
		return err_verdict(e, "E_ROLLBACK",
			"the signer remembers serial %lld of %s, the log %lld: its memory was put back or taken away",
			(long long)json_int(last, "serial"), channel, (long long)json_int(logged, "serial"));
	return 0;
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
	snprintf(k->first_key, sizeof k->first_key, "%s", json_text(record.body, "release_key"));
	record_done(&record);
	return 0;
}

int state_open(struct key_process *k, const char *store, struct err *e)
{
	return begin(k, store, e) || clock_fits(k, e) || read_root(k, e) || read_log(k, e) ||
			rows_policies(k->index, &k->source.source, k->root, &k->chain, e) || policies_in_time(k, e) ||
			read_id(k, e)
		? -1
		: 0;
}

void state_done(struct key_process *k)
{
	policies_done(&k->chain);
	log_index_close(k->index);
	snap_table_done(&k->table);
	store_close(k->store);
	free(k->state);
}
