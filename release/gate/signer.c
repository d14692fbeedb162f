/* signer.c - the key process: hears a channel and an RfC, decides by itself, signs, remembers, answers. */
#include "release/gate/signer.h"
#include "base/frame.h"
#include "base/fs.h"
#include "base/when.h"
#include "formats/index.h"
#include "release/gate/signer_impl.h"
#include "release/gate/stops.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the set that is signed */
static void add_digest(json_t *set, const char *digest)
{
	if (*digest)
		json_object_set_new(set, digest, json_true());
}

/* Its text and its files, but for what the policy keeps inside. */
static void add_files(json_t *set, const struct policy *p)
{
	AUTO_JSON *paths = policy_paths(p->json);
	const char *path;
	json_t *digest;

	add_digest(set, p->text_digest);
	json_object_foreach(p->files, path, digest)
		if (json_flag(json_map(paths, path), "publish"))
			add_digest(set, json_string_value(digest));
}

static void add_release(json_t *set, const json_t *entry)
{
	json_t *pair, *value;
	size_t i;

	json_array_foreach(json_list(entry, "records"), i, pair) {
		add_digest(set, json_text(pair, "record"));
		add_digest(set, json_text(pair, "signature"));
	}
	json_array_foreach(json_list(entry, "evidence"), i, value)
		add_digest(set, json_string_value(value));
}

/* Every blob that somebody needs to ask the gate again, of the policies and of this release; those of earlier ones are listed already. */
static json_t *records_needed(const struct key_process *k, const json_t *entry)
{
	json_t *set = json_object(), *value;
	size_t i, j;

	for (i = 0; i < k->chain.len; i++) {
		const struct policy *p = &k->chain.at[i];

		add_digest(set, p->record);
		add_digest(set, p->signature);
		json_array_foreach(p->keyring, j, value)
			add_digest(set, json_string_value(value));
		json_array_foreach(p->signatures, j, value)
			add_digest(set, json_string_value(value));
		add_files(set, p);
	}
	add_release(set, entry);
	return set;
}

static json_t *policies_listed(const struct key_process *k)
{
	json_t *list = json_array();

	for (size_t i = 0; i < k->chain.len; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:I}", "policy", k->chain.at[i].digest, "record",
				k->chain.at[i].record, "signature", k->chain.at[i].signature, "seq",
				(json_int_t)k->chain.at[i].seq));
	return list;
}

/* What release.json says beside its lists. */
static json_t *head_of(const struct key_process *k, const struct snapshot *s)
{
	char now[32], until[32];
	json_t *head;

	when_utc(k->now, now);
	when_utc(s->valid_until, until);
	head = json_pack("{s:i, s:s, s:s, s:o, s:I, s:s, s:s, s:s, s:s, s:s, s:o, s:{s:I, s:s}, s:O}", "version", 1,
		"store", k->id, "channel", s->channel, "channel_id", json_sprintf("%s/%s", k->id, s->channel), "serial",
		(json_int_t)s->serial, "time", now, "valid_until", until, "supersedes", s->last_digest, "policy",
		policies_now(&k->chain)->digest, "policy_root", k->root, "policies", policies_listed(k), "log", "seq",
		(json_int_t)k->head.seq, "hash", k->head.hash, "indexes", s->indexes);
	if (head &&
		json_array_size(s->stopped)) /* what is served stays; whoever takes it hears that nothing new comes */
		json_object_set(head, "stopped", s->stopped);
	if (head && k->export_for)
		json_object_set_new(head, "export", json_true());
	return head;
}

/* Nothing is signed that is not there. The packages of earlier releases lie in the tree since then. */
static int all_there(struct key_process *k, const json_t *packages, struct err *e)
{
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package)
		if (!blob_has(k->store->blobs, json_text(package, "sha256")))
			return err_verdict(
				e, "E_DIGEST", "%s: its bytes are not in the store", json_text(package, "path"));
	return 0;
}

/* How long a carried snapshot is valid is the policy's: as long as the channel's own where it says nothing. */
static int export_validity(const struct key_process *k, const json_t *place, int64_t *valid, struct err *e)
{
	const char *most = json_text(place, "export-valid-for");
	int64_t longest = *valid;

	if (!k->export_for)
		return 0;
	if (*most && duration_parse(most, &longest, e))
		return -1;
	if (k->export_for < 0 || k->export_for > longest)
		return err_usage(e, "the policy lets an export be valid for %s (export-valid-for of the channel)",
			*most ? most : "as long as the channel itself");
	*valid = k->export_for;
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(json_text(*(json_t *const *)a, "path"), json_text(*(json_t *const *)b, "path"));
}

static int read_table(struct key_process *k, struct snapshot *s, struct err *e)
{
	AUTO_FREE char *noted = state_table(k, s->channel, json_int(s->last, "serial"));

	return snap_table_open(&k->table, s->before, noted, s->last_digest, e);
}

static int read_last(struct key_process *k, struct snapshot *s, struct err *e)
{
	struct err before = *e;

	s->table = &k->table;

	s->last = state_last(k, s->channel, e);
	if (!s->last)
		return e->class != before.class ? -1 : state_fits_log(k, s->channel, NULL, "", e);
	s->before = state_file(k, s->channel);
	return state_last_digest(k, s->channel, json_int(s->last, "serial"), s->last_digest, e) ||
			state_fits_log(k, s->channel, s->last, s->last_digest, e) || read_table(k, s, e)
		? -1
		: 0;
}

static int read_times(struct key_process *k, struct snapshot *s, struct err *e)
{
	int64_t valid = 7 * 86400;

	if (*json_text(s->place, "valid-for") && duration_parse(json_text(s->place, "valid-for"), &valid, e))
		return -1;
	if (export_validity(k, s->place, &valid, e))
		return -1;
	s->valid_until = k->now + valid;
	return 0;
}

static void begin_snapshot(struct snapshot *s, const char *channel)
{
	json_t **objects[] = { &s->suites, &s->bases, &s->components, &s->leaving, &s->stale, &s->products };
	json_t **arrays[] = { &s->added, &s->removed, &s->fresh, &s->gone, &s->indexes };

	*s = (struct snapshot){ .channel = channel };
	for (size_t i = 0; i < COUNT(objects); i++)
		*objects[i] = json_object();
	for (size_t i = 0; i < COUNT(arrays); i++)
		*arrays[i] = json_array();
}

/* 1: refused, with reasons. */
static int gather(struct key_process *k, const char *rfc, struct snapshot *s, json_t **ret_reasons, struct err *e)
{
	AUTO_JSON *new = NULL, *placed = json_array();

	s->place = json_map(json_map(policies_now(&k->chain)->json, "channels"), s->channel);
	if (read_last(k, s, e))
		return -1;
	if (*rfc) {
		int answer = decide(k, s->channel, rfc, &s->entry, &new, ret_reasons, e);

		if (answer)
			return answer;
	} else if (!s->last)
		return err_usage(e, "channel %s was never released to", s->channel);
	if (!s->place)
		return err_usage(e, "the policy knows no channel '%s'", s->channel);
	if (read_times(k, s, e))
		return -1;
	s->stopped = stops_of_channel(k->index, &k->source.source, &k->chain, s->channel, e);
	if (!s->stopped)
		return -1;
	if (s->entry && place_packages(s->place, s->channel, new, placed, e))
		return -1;
	json_decref(s->added);
	s->added = json_sorted(placed, by_path, false);
	return all_there(k, s->added, e) || set_compare(s, e) ||
			state_next_serial(k, s->channel, s->last, &s->serial, e)
		? -1
		: 0;
}

/* By every release key of the policy that is here: clients that know one of them believe it. It comes while the lists are written. */
static int open_keys(const struct key_process *k, struct signer *ret, struct err *e)
{
	AUTO_FREE char *home = store_path(k->store, "keys/release");
	AUTO_JSON *list = policy_own_keys(policies_now(&k->chain)->json, "release", k->first_key);
	AUTO_FREE const char **keys = mem_alloc((json_array_size(list) + 1) * sizeof *keys);
	size_t i;
	json_t *key;

	json_array_foreach(list, i, key)
		keys[i] = json_string_value(key);
	return signer_start_each(ret, home, keys, json_array_size(list), e);
}

/* ---- the snapshot as files */

static int sign_release(
	struct signer *key, const char *path, const struct sha256_open *digest, struct index_set *files, struct err *e)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct sig_range whole = { 0, digest->count };
	struct sig_data data = { .fd = fd, .ranges = &whole, .ranges_len = 1, .hashed = digest };
	char *signature;
	size_t len;

	if (fd < 0)
		return err_sys(e, "%s", path);
	if (signer_sign(key, SIGN_DETACHED_ARMOR, &data, &signature, &len, e))
		return err_wrap(e, "release.json");
	index_set_add(files, mem_strdup("release.json.asc"), signature, len);
	return 0;
}

/* Indexes and lists, side by side; then the head, which names the indexes. */
static int write_lists(struct key_process *k, struct snapshot *s, struct snap_writer *w, const char *file,
	const char *documents, struct signer *key, struct index_set *files, struct err *e)
{
	AUTO_JSON *needed = records_needed(k, s->entry);
	struct indexing *indexes = indexes_begin(k, s, documents);
	int status = snap_create(w, file, e) || set_write(s, needed, w, e) ? -1 : 0;

	if (status == 0) {
		fs_begin_sync(w->fd);
		status = state_drop_documents(k, s->channel, json_int(s->last, "serial"), e) ||
				indexes_write(indexes, key, files, e)
			? -1
			: 0;
	}
	indexes_done(indexes);
	return status;
}

static int write_release(struct key_process *k, struct snapshot *s, struct snap_writer *w, const char *documents,
	struct signer *key, struct signer_answer *ret, struct err *e)
{
	AUTO_JSON *head = NULL;
	AUTO_FREE char *file = state_file(k, s->channel), *new = mem_printf("%s.new", file),
		       *table = state_table(k, s->channel, s->serial),
		       *lasting = fs_join(documents, "release.json"); /* the other name is another file's soon */
	char sha256[SHA256_HEX];
	uint64_t size;

	if (write_lists(k, s, w, new, documents, key, &ret->files, e))
		return -1;
	head = head_of(k, s);
	if (!head)
		return err_env(e, "release.json cannot be made");
	if (snap_finish(w, head, sha256, &size, e))
		return -1;
	fs_begin_sync(w->fd);
	if (state_note_digest(k, s->channel, s->serial, sha256, e) || snap_table_keep(&s->next, table, sha256, e) ||
		sign_release(key, new, &w->digest, &ret->files, e) || fs_link_or_copy(new, lasting, e))
		return -1;
	ret->packages = w->counts[SNAP_PACKAGES];
	index_set_add_file(&ret->files, mem_strdup("release.json"), mem_strdup(lasting), sha256, size);
	return 0;
}

/* It is remembered before anybody hears of it, so that no serial is ever used twice. */
static int write_all(struct key_process *k, struct snapshot *s, struct signer_answer *ret, struct err *e)
{
	AUTO_FREE char *documents = state_documents(k, s->channel, s->serial);
	AUTO(signer) key = { .fd = -1 };
	struct snap_writer w = { .fd = -1 };
	int status = fs_remove_tree(documents, e) || fs_mkdirs(documents, 0755, e) || open_keys(k, &key, e)
		? -1
		: write_release(k, s, &w, documents, &key, ret, e);

	snap_abandon(&w);
	return status ? -1 : state_keep(k, s->channel, e);
}

/* ---- the line */
static int send_files(int out, const struct signer_answer *a, struct err *e)
{
	AUTO_JSON *done = json_pack("{s:I}", "packages", (json_int_t)a->packages);

	for (size_t i = 0; i < a->files.len; i++) {
		struct pack p = { 0 };
		int result;

		pack_str(&p, a->files.at[i].path);
		pack_str(&p, a->files.at[i].file);
		pack_str(&p, a->files.at[i].sha256);
		pack_u64(&p, a->files.at[i].len);
		pack_bytes(&p, a->files.at[i].bytes, a->files.at[i].file ? 0 : a->files.at[i].len);
		result = frame_write(out, SIGNER_FILE, p.at, p.len, e);
		pack_done(&p);
		if (result)
			return -1;
	}
	return signer_send(out, SIGNER_DONE, done, e);
}

static int send_error(int out, const struct err *why, struct err *e)
{
	AUTO_JSON *json = json_pack("{s:i, s:s, s:s, s:s, s:i}", "class", (int)why->class, "code",
		why->code ? why->code : "", "text", why->text, "hint", why->hint, "sys", why->sys);

	return signer_send(out, SIGNER_ERROR, json, e);
}

static int answer(struct key_process *k, const json_t *ask, int out, struct err *e)
{
	struct snapshot s;
	struct signer_answer a = { 0 };
	AUTO_JSON *reasons = NULL;
	struct err why = { 0 };
	int result;

	k->export_for = json_int(ask, "export");
	k->is_back = json_flag(ask, "back");
	begin_snapshot(&s, json_text(ask, "channel"));
	result = gather(k, json_text(ask, "rfc"), &s, &reasons, &why);

	if (result == 1)
		result = signer_send(out, SIGNER_REFUSED, reasons, e);
	else if (result || write_all(k, &s, &a, &why))
		result = send_error(out, &why, e);
	else
		result = send_files(out, &a, e);
	signer_answer_done(&a);
	snapshot_done(&s);
	return result;
}

int index_signer_serve(int in, int out, const char *store, struct err *e)
{
	struct key_process k = { 0 };
	AUTO_JSON *ask = NULL;
	AUTO(framer) framer = { 0 };
	struct frame frame;
	struct err why = { 0 };
	int got;

	framer_init(&framer, in, 64 << 10);
	got = frame_read(&framer, -1, &frame, e);
	if (got <= 0)
		return got;
	if (frame.type == SIGNER_KNOW) {
		got = state_know(&k, store, &why) ? send_error(out, &why, e) : frame_write(out, SIGNER_DONE, "", 0, e);
		state_done(&k);
		return got;
	}
	ask = frame.type == SIGNER_ASK ? json_parse((const char *)frame.at, frame.len, "request", e) : NULL;
	if (!ask)
		return frame.type == SIGNER_ASK ? -1 : err_env(e, "that is no request");
	got = state_open(&k, store, &why) ? send_error(out, &why, e) : answer(&k, ask, out, e);
	state_done(&k);
	return got;
}
