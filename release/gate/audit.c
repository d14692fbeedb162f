/* audit.c - asking everything again: the log, the records, the snapshots, the gate; and whether the catalogue's rows say the same. */
#include "base/fs.h"
#include "base/when.h"
#include "release/gate/audit_impl.h"
#include "release/gate/gate.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { VERIFIED_KEPT = 20000, WHOLE_MAX = 256 << 20 };

void audit_found(json_t *findings, const char *what, const char *where, const char *fmt, ...)
{
	json_t *one = json_pack("{s:s}", "what", what);
	AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vprintf(fmt, ap);
	va_end(ap);
	json_set_str(one, "where", where);
	json_set_str(one, "text", text);
	json_array_append_new(findings, one);
}

void audit_found_err(json_t *findings, const char *what, const char *where, const struct err *why)
{
	audit_found(findings, what, where, "%s", why->text);
	if (err_is_machine(why))
		json_object_set_new(
			json_array_get(findings, json_array_size(findings) - 1), "machine", json_integer(why->sys));
}

int audit_machine(const json_t *findings, struct err *e)
{
	size_t i;
	json_t *one;

	json_array_foreach(findings, i, one)
		if (json_object_get(one, "machine")) {
			err_env(e, "%s: %s", json_text(one, "where"), json_text(one, "text"));
			e->sys = (int)json_int(one, "machine");
			return -1;
		}
	return 0;
}

int audit_policies(
	struct record_source *s, const json_t *release, const char *root, struct policies *ret, struct err *e)
{
	struct policies chain = { 0 };
	size_t i;
	json_t *item;

	json_array_foreach(json_list(release, "policies"), i, item)
		if (policies_add(&chain, s, json_text(item, "record"), json_text(item, "signature"),
			    json_int(item, "seq"), root, e)) {
			policies_done(&chain);
			return -1;
		}
	if (!chain.len)
		return err_verdict(e, "E_SIG_MISSING", "release.json names no policy");
	*ret = chain;
	return 0;
}

/* ---- the store */

/* A vote stands under the RfCs that it names, and under no other. */
static void check_vote(struct audit *a, const json_t *row, const struct record *r)
{
	struct slice rest = slice_of(json_text(row, "subject")), word;
	size_t named = 0, i;
	json_t *vote;
	bool fits = true;

	while (slice_cut(&rest, ' ', &word))
		named++;
	json_array_foreach(json_list(r->body, "votes"), i, vote)
		fits = fits && log_names(json_text(row, "subject"), json_text(vote, "rfc"));
	if (!fits || named != json_array_size(json_list(r->body, "votes")))
		audit_found(a->findings, "log", json_text(row, "subject"),
			"row %lld is a vote on other RfCs than these", (long long)json_int(row, "seq"));
}

/* It was made under the policy of its place, by somebody who had seen a row before it: so a row that anybody saw cannot be cut out. */
static void check_place(struct audit *a, const json_t *row, const struct record *r)
{
	const struct policy *then = policies_at(&a->chain, json_int(row, "seq")),
			    *named = policies_by_digest(&a->chain, r->policy);
	const char *after = json_text(r->json, "after");
	int64_t place = *after ? audit_place(a, after) : 0;

	if (then && named != then && (strcmp(r->type, "vote") != 0 || !named || named->seq >= json_int(row, "seq")))
		audit_found(a->findings, "log", json_text(row, "subject"),
			"row %lld names a policy that was not in force then", (long long)json_int(row, "seq"));
	if (*after && (place < 1 || place >= json_int(row, "seq")))
		audit_found(a->findings, "log", json_text(row, "subject"),
			"row %lld follows a row that is not there any more", (long long)json_int(row, "seq"));
}

static void see_record(struct audit *a, const json_t *row, struct record *r)
{
	const char *subject = json_text(row, "subject");
	static const char *const ids[] = { "rfc", "candidate", "channel" };

	if (strcmp(r->type, json_text(row, "action")) != 0 || strcmp(r->person, json_text(row, "person")) != 0)
		audit_found(a->findings, "log", subject, "row %lld says '%s by %s', its record '%s by %s'",
			(long long)json_int(row, "seq"), json_text(row, "action"), json_text(row, "person"), r->type,
			r->person);
	for (size_t i = 0; i < COUNT(ids); i++) {
		const char *id = json_text(r->body, ids[i]);

		if (*id && strcmp(r->type, "init") != 0 && !log_names(subject, id))
			audit_found(
				a->findings, "log", subject, "row %lld hides %s", (long long)json_int(row, "seq"), id);
	}
	if (strcmp(r->type, "vote") == 0)
		check_vote(a, row, r);
	check_place(a, row, r);
	if (audit_repeats(a, row, r->digest))
		audit_found(a->findings, "log", subject, "row %lld repeats an act that stands there before",
			(long long)json_int(row, "seq"));
}

struct signed_file {
	struct sig_data data;
	const char *sig;
	size_t sig_len;
	const char **pinned;
	size_t pinned_len;
};

static int by_good_key(struct keyring *ring, const struct signed_file *f, int64_t at, struct err *e)
{
	struct sig_verdict verdict;

	return sig_verify_detached(ring, &f->data, f->sig, f->sig_len, f->pinned, f->pinned_len, at, &verdict, e);
}

/* Made when the release key was still good: that is what the record says. lines: the same, to be read. */
static int judge_file(struct keyring *ring, const struct signed_file *f, int lines, bool *ret_revoked, struct err *e)
{
	AUTO_JSON *head = NULL;
	struct err again = { 0 };
	bool is_revoked, is_expired;

	if (ret_revoked)
		*ret_revoked = false;
	if (by_good_key(ring, f, 0, e) == 0)
		return 0;
	is_revoked = ret_revoked && e->code && strcmp(e->code, "E_SIG_KEY_REVOKED") == 0;
	is_expired = e->code && strcmp(e->code, "E_SIG_KEY_EXPIRED") == 0 &&
		(head = snap_head_fd(lines, "release.json", &again)) != NULL &&
		by_good_key(ring, f, record_time(head) + 600, &again) == 0;
	if (!is_revoked && !is_expired)
		return -1;
	if (is_revoked)
		*ret_revoked = true;
	*e = (struct err){ 0 };
	return 0;
}

/* By its digest, and what its signature covers; -1: failed. */
static int open_named(struct record_source *s, const char *digest, uint64_t *ret_size, struct err *e)
{
	int fd = digest_is_hex(digest) ? s->ops->open(s, digest, e)
				       : err_verdict(e, "E_DIGEST", "'%s' is no sha256", digest);
	char found[SHA256_HEX];

	if (fd >= 0 &&
		(sha256_fd(fd, found, ret_size, e) ||
			(strcmp(found, digest) != 0 &&
				err_verdict(e, "E_DIGEST", "%s: its bytes have become %s", digest, found)))) {
		close(fd);
		return -1;
	}
	return fd;
}

int snapshot_open(struct record_source *s, struct keyring *ring, const json_t *release_keys, const char *release,
	const char *signature, int *ret_fd, bool *ret_revoked, struct err *e)
{
	AUTO_FREE const char **pinned = mem_alloc((json_array_size(release_keys) + 1) * sizeof *pinned);
	AUTO_FREE char *sig = NULL;
	struct sig_range all = { 0 };
	AUTO_FD int fd = open_named(s, release, &all.len, e);
	struct signed_file f = { .data = { .fd = fd, .ranges = &all, .ranges_len = 1 }, .pinned = pinned };
	size_t i;
	json_t *key;
	int lines;

	json_array_foreach(release_keys, i, key)
		pinned[f.pinned_len++] = json_string_value(key);
	if (fd < 0 || source_get(s, signature, &sig, &f.sig_len, e))
		return -1;
	f.sig = sig;
	lines = snap_lines(fcntl(fd, F_DUPFD_CLOEXEC, 0), "release.json", e);
	if (lines < 0)
		return -1;
	if (judge_file(ring, &f, lines, ret_revoked, e)) {
		close(lines);
		return err_wrap(e, "release.json %.16s", release);
	}
	*ret_fd = lines;
	return 0;
}

int snapshot_load(struct record_source *s, struct keyring *ring, const json_t *release_keys, const char *release,
	const char *signature, json_t **ret, bool *ret_revoked, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	AUTO_FD int fd = -1;
	size_t len;

	if (snapshot_open(s, ring, release_keys, release, signature, &fd, ret_revoked, e) ||
		lseek(fd, 0, SEEK_SET) < 0 || fs_read_fd(fd, WHOLE_MAX, &bytes, &len, e))
		return -1;
	*ret = json_parse(bytes, len, "release.json", e);
	return *ret ? 0 : -1;
}

/* The head that was signed into a snapshot still stands where it stood. */
static void check_head(struct audit *a, const json_t *release, const char *where)
{
	const json_t *log = json_map(release, "log");
	AUTO_JSON *row = audit_row(a, json_int(log, "seq"));

	if (!row || strcmp(json_text(row, "hash"), json_text(log, "hash")) != 0)
		audit_found(a->findings, "log", where, "row %lld is not the one that was signed into serial %lld",
			(long long)json_int(log, "seq"), (long long)json_int(release, "serial"));
	else if (json_int(log, "seq") > a->signed_row)
		a->signed_row = json_int(log, "seq");
}

/* 'sluice gc' may be at it right now: it writes down what goes before it goes. */
static bool is_let_go(struct audit *a, const char *digest)
{
	struct err ignored = { 0 };
	json_t *now;

	if (blob_has(a->store->blobs, digest))
		return false;
	if (json_object_get(a->collected, digest))
		return true;
	now = store_collected(a->store, &ignored);
	if (now) {
		json_decref(a->collected);
		a->collected = now;
	}
	return json_object_get(a->collected, digest) != NULL;
}

struct gathering {
	struct audit *a;
	struct audit_items *items;
};

/* What an earlier snapshot listed may have been let go of since; the log alone has no packages. */
static int gather_package(void *context, const struct snap_item *line, struct err *e)
{
	const struct gathering *g = context;
	AUTO_JSON *package = snap_item_json(line, e);
	const char *digest = json_text(package, "sha256");

	if (!package)
		return -1;
	audit_items_add(g->items, line, package, g->a->store && !is_let_go(g->a, digest));
	return 0;
}

/* Anybody may have signed by a revoked key, at any date. Its row counts when a later snapshot, by a key that is good, carries a head of the log behind it. */
static void note_revoked(struct audit *a, const json_t *row)
{
	if (!a->revoked)
		a->revoked = json_array();
	json_array_append(a->revoked, (json_t *)(uintptr_t)row);
}

static void judge_revoked(struct audit *a)
{
	size_t i;
	json_t *row;

	json_array_foreach(a->revoked, i, row)
		if (json_int(row, "seq") > a->signed_row)
			audit_found(a->findings, "snapshot", json_text(row, "subject"),
				"row %lld was signed by a key that was revoked since, and no later snapshot vouches "
				"for it",
				(long long)json_int(row, "seq"));
}

/* Each snapshot repeats the earlier releases; the new one is enough. */
static int ask_snapshot(struct audit *a, int fd, const json_t *head, const char *where, struct err *e)
{
	AUTO(audit_items) items = { 0 };
	struct gathering g = { a, &items };
	const struct audit_asked asked = { a->from, &a->chain, json_text(head, "channel"), &items, a->findings };

	return audit_items_open(&items, fd, where, e) || snap_each_fd(fd, SNAP_PACKAGES, gather_package, &g, e) ||
			audit_releases(&asked, where, e)
		? -1
		: 0;
}

static void see_snapshot(struct audit *a, const json_t *row)
{
	const char *where = json_text(row, "subject");
	AUTO_JSON *head = NULL;
	AUTO_FD int fd = -1;
	struct err why = { 0 };
	bool is_revoked = false;

	a->releases++;
	if (snapshot_open(a->from, &a->ring, a->release_keys, json_text(row, "record"), json_text(row, "signature"),
		    &fd, &is_revoked, &why) ||
		!(head = snap_head_fd(fd, "release.json", &why))) {
		audit_found_err(a->findings, "snapshot", where, &why);
		return;
	}
	if (is_revoked)
		note_revoked(a, row);
	else
		check_head(a, head, where);
	if (ask_snapshot(a, fd, head, where, &why))
		audit_found_err(a->findings, "snapshot", where, &why);
}

static void see_row(struct audit *a, const json_t *row)
{
	struct record r = { 0 };
	struct err why = { 0 };

	if (strcmp(json_text(row, "action"), "snapshot") == 0 || strcmp(json_text(row, "action"), "export") == 0) {
		see_snapshot(a, row);
		return;
	}
	/* Signatures that were found good are remembered for the gate's questions, not for ever. */
	if (json_object_size(a->chain.verified) > VERIFIED_KEPT)
		json_object_clear(a->chain.verified);
	if (!*json_text(row, "record") || policies_is_step(json_text(row, "action")))
		return; /* policies were believed while the chain was made */
	a->records++;
	if (record_load(a->from, json_text(row, "record"), json_text(row, "signature"), &a->chain, false, &r, &why))
		audit_found_err(a->findings, "record", json_text(row, "subject"), &why);
	else
		see_record(a, row, &r);
	record_done(&r);
}

/* ---- all of it */
static int open_ring(struct audit *a, struct err *e)
{
	static const char *const word = "@init";
	AUTO_FREE char *path = store_path(a->store, "keys/release.asc"),
		       *old = store_path(a->store, "keys/release.old.asc");
	AUTO_JSON *rows = log_index_rows(a->index, &word, 1, e);
	const json_t *row = json_array_get(rows, 0);
	struct record r;

	if (!rows || !row)
		return rows ? err_verdict(e, "E_CORRUPT", "the log has no beginning") : -1;
	if (record_load(a->from, json_text(row, "record"), json_text(row, "signature"), &a->chain, false, &r, e))
		return -1;
	a->release_keys = policies_own_keys(&a->chain, "release", json_text(r.body, "release_key"));
	record_done(&r);
	return keyring_open(&a->ring, e) || keyring_add_file(&a->ring, path, e) ||
			(fs_exists(old) && keyring_add_file(&a->ring, old, e))
		? -1
		: 0;
}

static void audit_done(struct audit *a)
{
	policies_done(&a->chain);
	keyring_done(&a->ring);
	log_index_close(a->index);
	json_decref(a->rows);
	json_decref(a->findings);
	json_decref(a->seen);
	json_decref(a->places);
	json_decref(a->collected);
	json_decref(a->release_keys);
	json_decref(a->revoked);
}

static int audit_all(struct audit *a, struct err *e)
{
	struct err why = { 0 };

	a->collected = store_collected(a->store, e);
	if (!a->collected)
		return -1;
	/* "": on disk, and gone with the audit. */
	if (log_index_open(a->store, "", NULL, &a->index, &why) ||
		store_policies(a->store, a->from, NULL, NULL, &a->chain, NULL, &why) || open_ring(a, &why) ||
		audit_each(a, see_row, &why)) {
		if (why.class == ERR_ENV)
			return *e = why, -1;
		audit_found_err(a->findings, "log", "log", &why);
		return 0;
	}
	judge_revoked(a);
	return audit_rows(a, e) || audit_machine(a->findings, e) ? -1 : 0;
}

int audit_store(struct store *s, json_t **ret, struct err *e)
{
	struct audit a = { .store = s, .findings = json_array() };
	int result;

	source_of_store(&a.source, s);
	a.from = &a.source.source;
	/* Somebody may be acting meanwhile: the log, the rows and their numbers are those of one moment. */
	result = s->db->ops->look(s->db, e) ? -1 : audit_all(&a, e);
	s->db->ops->rollback(s->db);
	if (result == 0)
		*ret = json_pack("{s:b, s:I, s:I, s:I, s:O}", "ok", json_array_size(a.findings) == 0, "rows",
			(json_int_t)(a.index ? log_index_head(a.index)->seq : 0), "records", (json_int_t)a.records,
			"releases", (json_int_t)a.releases, "findings", a.findings);
	audit_done(&a);
	return result;
}

/* ---- the log alone */
static int trust_ring(struct audit *a, const json_t *trust, struct err *e)
{
	const char *certificates = json_text(trust, "certificates");

	a->release_keys = json_incref(json_list(trust, "release_keys"));
	if (!json_array_size(a->release_keys) || !*certificates || !digest_is_hex(json_text(trust, "policy")))
		return err_usage(e, "trust.json lacks release_keys, certificates or the policy's digest");
	return keyring_open(&a->ring, e) || keyring_add(&a->ring, certificates, strlen(certificates), e)
		? err_wrap(e, "trust.json")
		: 0;
}

static int chain_of(struct audit *a, const char *root, struct err *e)
{
	size_t i;
	json_t *row;

	json_array_foreach(a->rows, i, row)
		if (policies_is_step(json_text(row, "action")) && *json_text(row, "record") &&
			policies_add(&a->chain, a->from, json_text(row, "record"), json_text(row, "signature"),
				json_int(row, "seq"), root, e))
			return -1;
	return a->chain.len ? 0 : err_verdict(e, "E_SIG_MISSING", "no policy stands in the log");
}

static void place_rows(struct audit *a)
{
	size_t i;
	json_t *row;

	json_array_foreach(a->rows, i, row)
		json_object_set(a->places, json_text(row, "hash"), json_object_get(row, "seq"));
}

int audit_log(struct record_source *s, json_t *rows, const json_t *trust, json_t **ret, struct err *e)
{
	struct audit a = { .from = s,
		.rows = json_incref(rows),
		.findings = json_array(),
		.seen = json_object(),
		.places = json_object() };
	struct log_head head = { 0 };
	struct err why = { 0 };
	int result = trust_ring(&a, trust, e);

	if (result == 0) {
		place_rows(&a);
		if (log_check(rows, &head, &why) || chain_of(&a, json_text(trust, "policy"), &why) ||
			audit_each(&a, see_row, &why))
			audit_found_err(a.findings, "log", "log", &why);
		judge_revoked(&a);
		result = audit_machine(a.findings, e);
	}
	if (result == 0)
		*ret = json_pack("{s:b, s:I, s:s, s:I, s:I, s:I, s:O}", "ok", json_array_size(a.findings) == 0, "rows",
			(json_int_t)head.seq, "head", head.hash, "signed_row", (json_int_t)a.signed_row, "records",
			(json_int_t)a.records, "releases", (json_int_t)a.releases, "findings", a.findings);
	audit_done(&a);
	return result;
}
