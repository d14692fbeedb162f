/* signer.c - the key process: hears a channel and an RfC, decides by itself, signs, remembers, answers. */
#include "release/gate/signer.h"
#include "base/frame.h"
#include "base/fs.h"
#include "base/when.h"
#include "formats/index_set.h"
#include "release/gate/removal.h"
#include "release/gate/signer_impl.h"
#include "release/gate/stops.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void signer_answer_done(struct signer_answer *a)
{
	index_set_done(&a->files);
	json_decref(a->release);
	a->release = NULL;
}

/* ---- the set that is signed */
static bool replaces(const json_t *entry, const char *product)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_list(entry, "products"), i, item)
		if (strcmp(json_string_value(item), product) == 0)
			return true;
	return false;
}

/* What stays of the last set when entry's products come in anew, or what it removes goes. */
static void keep_packages(const json_t *last, const json_t *entry, json_t *packages)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_list(last, "packages"), i, item)
		if (!entry || (!replaces(entry, json_text(item, "product")) && !removal_takes(entry, item)))
			json_array_append(packages, item);
}

/* A release stays listed while one of its packages is served, one that took something out until that is served again. packages: of the new set. */
static void keep_releases(const json_t *last, const json_t *entry, const json_t *packages, json_t *releases)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_list(last, "releases"), i, item)
		if ((!entry || strcmp(json_text(item, "rfc"), json_text(entry, "rfc")) != 0) &&
			(json_find(packages, "rfc", json_text(item, "rfc")) || removal_stands(item, packages)))
			json_array_append(releases, item);
}

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

/* Every blob that somebody needs to ask the gate again. */
static json_t *records_needed(const struct key_process *k, const json_t *releases)
{
	AUTO_JSON *set = json_object();
	json_t *list = json_array(), *item, *pair, *value;
	const char *digest;
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
	json_array_foreach(releases, i, item) {
		json_array_foreach(json_list(item, "records"), j, pair) {
			add_digest(set, json_text(pair, "record"));
			add_digest(set, json_text(pair, "signature"));
		}
		json_array_foreach(json_list(item, "evidence"), j, value)
			add_digest(set, json_string_value(value));
	}
	json_object_foreach(set, digest, value)
		json_array_append_new(list, json_string(digest));
	return list;
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

struct snapshot {
	json_t *last, *entry, *packages, *releases, *indexes, *stopped;
	char last_digest[65];
	int64_t valid_until;
	json_int_t serial;
};

static void snapshot_done(struct snapshot *s)
{
	json_decref(s->last);
	json_decref(s->entry);
	json_decref(s->packages);
	json_decref(s->releases);
	json_decref(s->indexes);
	json_decref(s->stopped);
}

static json_t *release_json(const struct key_process *k, const struct snapshot *s, const char *channel)
{
	char now[32], until[32];

	when_utc(k->now, now);
	when_utc(s->valid_until, until);
	return json_pack("{s:i, s:s, s:s, s:o, s:I, s:s, s:s, s:s, s:s, s:s, s:o, s:{s:I, s:s}, s:O, s:O, s:O, s:o}",
		"version", 1, "store", k->id, "channel", channel, "channel_id", json_sprintf("%s/%s", k->id, channel),
		"serial", s->serial, "time", now, "valid_until", until, "supersedes", s->last_digest, "policy",
		policies_now(&k->chain)->digest, "policy_root", k->root, "policies", policies_listed(k), "log", "seq",
		(json_int_t)k->head.seq, "hash", k->head.hash, "indexes", s->indexes, "packages", s->packages,
		"releases", s->releases, "records", records_needed(k, s->releases));
}

/* Nothing is signed that is not there: the packages of earlier releases are looked for by name, new ones were hashed by decide. */
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

/* 1: refused, with reasons. */
static int gather(struct key_process *k, const char *channel, const char *rfc, struct snapshot *s, json_t **ret_reasons,
	struct err *e)
{
	AUTO_JSON *new = NULL, *placed = json_array();
	const json_t *place = json_map(json_map(policies_now(&k->chain)->json, "channels"), channel);
	struct err before = *e;
	int64_t valid = 7 * 86400;

	s->packages = json_array();
	s->releases = json_array();
	s->indexes = json_array();
	s->last = state_last(k, channel, s->last_digest, e);
	if ((!s->last && e->class != before.class) || state_fits_log(k, channel, s->last, e))
		return -1;
	if (*rfc) {
		int answer = decide(k, channel, rfc, s->last, &s->entry, &new, ret_reasons, e);

		if (answer)
			return answer;
	} else if (!s->last)
		return err_usage(e, "channel %s was never released to", channel);
	if (!place)
		return err_usage(e, "the policy knows no channel '%s'", channel);
	if (*json_text(place, "valid-for") && duration_parse(json_text(place, "valid-for"), &valid, e))
		return -1;
	if (export_validity(k, place, &valid, e))
		return -1;
	s->valid_until = k->now + valid;
	s->stopped = stops_of_channel(k->index, &k->source.source, &k->chain, channel, e);
	if (!s->stopped)
		return -1;
	keep_packages(s->last, s->entry, s->packages);
	if (s->entry && place_packages(place, channel, new, placed, e))
		return -1;
	json_array_extend(s->packages, placed);
	keep_releases(s->last, s->entry, s->packages, s->releases);
	if (s->entry)
		json_array_append(s->releases, s->entry);
	return paths_distinct(s->packages, e) || all_there(k, s->packages, e) ? -1 : 0;
}

/* By every release key of the policy that is here: clients that know one of them believe it. */
static int open_keys(const struct key_process *k, struct signer *ret, struct err *e)
{
	AUTO_FREE char *home = store_path(k->store, "keys/release");
	AUTO_JSON *list = policy_own_keys(policies_now(&k->chain)->json, "release", k->first_key);
	AUTO_FREE const char **keys = mem_alloc((json_array_size(list) + 1) * sizeof *keys);
	size_t i;
	json_t *key;

	json_array_foreach(list, i, key)
		keys[i] = json_string_value(key);
	return signer_open_each(ret, home, keys, json_array_size(list), e);
}

/* The snapshot as files; its release.json is remembered before anybody hears of it, so that no serial is ever used twice. */
static int write_all(
	struct key_process *k, const char *channel, struct snapshot *s, struct signer_answer *ret, struct err *e)
{
	AUTO(signer) key = { .fd = -1 };
	const json_t *place = json_map(json_map(policies_now(&k->chain)->json, "channels"), channel);
	struct index_item *item;
	struct sig_data data;
	char *bytes, *copy;
	size_t len, signature_len;

	if (state_next_serial(k, channel, s->last, &s->serial, e) || open_keys(k, &key, e) ||
		write_indexes(k, json_list(s->last, "indexes"), place, s->packages, s->valid_until, &key, &ret->files,
			s->indexes, e))
		return -1;
	ret->release = release_json(k, s, channel);
	if (ret->release &&
		json_array_size(s->stopped)) /* what is served stays; whoever takes it hears that nothing new comes */
		json_object_set(ret->release, "stopped", s->stopped);
	if (ret->release && k->export_for)
		json_object_set_new(ret->release, "export", json_true());
	if (!ret->release || json_canonical(ret->release, &bytes, &len, e))
		return ret->release ? -1 : err_env(e, "release.json cannot be made");
	copy = mem_alloc(len + 1);
	memcpy(copy, bytes, len);
	free(bytes);
	item = index_set_add(&ret->files, mem_strdup("release.json"), copy, len);
	bytes = item->bytes;
	data = (struct sig_data){ .fd = -1, .bytes = bytes, .len = len };
	if (signer_sign(&key, SIGN_DETACHED_ARMOR, &data, &copy, &signature_len, e))
		return err_wrap(e, "release.json");
	index_set_add(&ret->files, mem_strdup("release.json.asc"), copy, signature_len);
	return state_keep(k, channel, bytes, len, e);
}

/* ---- the line */
static int send_files(int out, const struct signer_answer *a, struct err *e)
{
	for (size_t i = 0; i < a->files.len; i++) {
		struct pack p = { 0 };
		int result;

		pack_str(&p, a->files.at[i].path);
		pack_bytes(&p, a->files.at[i].bytes, a->files.at[i].len);
		result = frame_write(out, SIGNER_FILE, p.at, p.len, e);
		pack_done(&p);
		if (result)
			return -1;
	}
	return frame_write(out, SIGNER_DONE, "", 0, e);
}

static int send_json(int out, uint32_t type, const json_t *json, struct err *e)
{
	AUTO_FREE char *text = json_dumps(json, JSON_COMPACT);

	return text ? frame_write(out, type, text, strlen(text), e) : err_env(e, "an answer cannot be written");
}

static int send_error(int out, const struct err *why, struct err *e)
{
	AUTO_JSON *json = json_pack("{s:i, s:s, s:s, s:s}", "class", (int)why->class, "code",
		why->code ? why->code : "", "text", why->text, "hint", why->hint);

	return send_json(out, SIGNER_ERROR, json, e);
}

static int answer(struct key_process *k, const json_t *ask, int out, struct err *e)
{
	struct snapshot s = { 0 };
	struct signer_answer a = { 0 };
	AUTO_JSON *reasons = NULL;
	struct err why = { 0 };
	int result;

	k->export_for = json_int(ask, "export");
	k->is_back = json_flag(ask, "back");
	result = gather(k, json_text(ask, "channel"), json_text(ask, "rfc"), &s, &reasons, &why);

	if (result == 1)
		result = send_json(out, SIGNER_REFUSED, reasons, e);
	else if (result || write_all(k, json_text(ask, "channel"), &s, &a, &why))
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

/* ---- the asking side */
static int take_error(const struct frame *f, struct err *e)
{
	AUTO_JSON *json = json_parse((const char *)f->at, f->len, "the signer's answer", e);
	const char *code = json_text(json, "code");

	if (!json)
		return -1;
	err_set(e, (enum err_class)json_int(json, "class"),
		strcmp(code, "E_GATE") == 0 ? "E_GATE" : err_code_known(code), "%s", json_text(json, "text"));
	if (*json_text(json, "hint"))
		err_hint(e, "%s", json_text(json, "hint"));
	return err_wrap(e, "signer");
}

static int take_refusal(const struct frame *f, json_t **ret_reasons, struct err *e)
{
	AUTO_JSON *reasons = json_parse((const char *)f->at, f->len, "the signer's answer", e);

	if (!reasons)
		return -1;
	if (ret_reasons)
		*ret_reasons = json_incref(reasons);
	return err_verdict(e, "E_GATE", "the signer refuses: %s", json_text(json_array_get(reasons, 0), "text"));
}

static int take_file(const struct frame *f, struct signer_answer *a, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct unpack u = { .at = f->at, .len = f->len, .arena = &arena };
	const char *path, *bytes;
	struct index_item *item;
	char *copy;
	size_t len = 0;

	arena_init(&arena, 0);
	path = unpack_str(&u);
	bytes = unpack_bytes(&u, &len);
	if (u.bad || !path || !bytes)
		return err_env(e, "the signer's answer cannot be read");
	copy = mem_alloc(len + 1);
	memcpy(copy, bytes, len);
	item = index_set_add(&a->files, mem_strdup(path), copy, len);
	if (strcmp(path, "release.json") == 0)
		a->release = json_parse(item->bytes, item->len, path, e);
	return strcmp(path, "release.json") == 0 && !a->release ? -1 : 0;
}

static int take_answer(int fd, struct signer_answer *a, json_t **ret_reasons, struct err *e)
{
	AUTO(framer) framer = { 0 };
	struct frame f;
	int got;

	framer_init(&framer, fd, SIGNER_FRAME_MAX);
	while ((got = frame_read(&framer, -1, &f, e)) > 0)
		switch (f.type) {
		case SIGNER_FILE:
			if (take_file(&f, a, e))
				return -1;
			break;
		case SIGNER_DONE:
			return a->release ? 0 : err_env(e, "the signer's answer is not whole");
		case SIGNER_REFUSED:
			return take_refusal(&f, ret_reasons, e);
		case SIGNER_ERROR:
			return take_error(&f, e);
		default:
			return err_env(e, "the signer's answer cannot be read");
		}
	return got < 0 ? -1 : err_env(e, "the signer has gone");
}

/* The child keeps its line only: no catalogue, no lock, no key of its maker. */
static void become_signer(int fd, const char *store)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct rlimit none = { 0, 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(ignored); i++)
		signal(ignored[i], SIG_IGN);
	setrlimit(RLIMIT_CORE, &none);
	if (fd != 3) {
		dup2(fd, 3);
		fcntl(3, F_SETFD, FD_CLOEXEC);
	}
	close_range(4, ~0U, 0);
	_exit(index_signer_serve(3, 3, store, &e) ? 1 : 0);
}

/* One signer, from its start to its end. */
struct line {
	int fd;
	pid_t pid;
};

static int line_open(struct line *l, const char *store, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "cannot make a line to the signer");
	l->fd = pair[0];
	l->pid = fork();
	if (l->pid == 0)
		become_signer(pair[1], store);
	close(pair[1]);
	if (l->pid > 0)
		return 0;
	close(pair[0]);
	return err_sys(e, "cannot start the signer");
}

static void line_close(struct line *l)
{
	close(l->fd);
	while (waitpid(l->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int index_signer_know(const char *store, struct err *e)
{
	AUTO(framer) framer = { 0 };
	struct line l;
	struct frame f;
	int result;

	if (line_open(&l, store, e))
		return -1;
	framer_init(&framer, l.fd, 64 << 10);
	result = frame_write(l.fd, SIGNER_KNOW, "", 0, e);
	if (result == 0 && (result = frame_read(&framer, -1, &f, e)) >= 0) {
		if (result > 0 && f.type == SIGNER_DONE)
			result = 0;
		else
			result = result > 0 && f.type == SIGNER_ERROR ? take_error(&f, e)
								      : err_env(e, "the signer has gone");
	}
	line_close(&l);
	return result;
}

static int ask_signer(
	const char *store, const json_t *ask, struct signer_answer *ret, json_t **ret_reasons, struct err *e)
{
	struct signer_answer a = { 0 };
	struct line l;
	int result;

	if (!ask)
		return err_usage(e, "that is no name of a channel or an RfC");
	if (line_open(&l, store, e))
		return -1;
	result = send_json(l.fd, SIGNER_ASK, ask, e);
	if (result == 0)
		result = take_answer(l.fd, &a, ret_reasons, e);
	line_close(&l);
	if (result) {
		signer_answer_done(&a);
		return -1;
	}
	*ret = a;
	return 0;
}

int index_signer_ask(const char *store, const char *channel, const char *rfc, struct signer_answer *ret,
	json_t **ret_reasons, struct err *e)
{
	AUTO_JSON *ask = json_pack("{s:s, s:s}", "channel", channel, "rfc", rfc);

	return ask_signer(store, ask, ret, ret_reasons, e);
}

int index_signer_export(
	const char *store, const char *channel, int64_t valid_for, struct signer_answer *ret, struct err *e)
{
	AUTO_JSON *ask = json_pack("{s:s, s:s, s:I}", "channel", channel, "rfc", "", "export", (json_int_t)valid_for);

	return ask_signer(store, ask, ret, NULL, e);
}

int index_signer_back(const char *store, const char *channel, const char *rfc, struct signer_answer *ret,
	json_t **ret_reasons, struct err *e)
{
	AUTO_JSON *ask = json_pack("{s:s, s:s, s:b}", "channel", channel, "rfc", rfc, "back", 1);

	return ask_signer(store, ask, ret, ret_reasons, e);
}
