/* restore.c - a store from its copy: laid out beside, checked, then exchanged with what is there by one rename. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/channel/archive.h"
#include "release/channel/channel.h"
#include "release/channel/fetch.h"
#include "release/channel/snapshots.h"
#include "release/keep/keep.h"
#include "release/keep/refs.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char MARK[] = ".restoring";
enum { STATE_MAX = 256 << 20, SIGNATURE_MAX = 64 << 10 };

struct restoring {
	const struct restore *o;
	struct archive archive;
	char *beside;         /* where it is laid out */
	json_t *list, *other; /* backup.json; {digest: true} */
	json_t *floors;       /* {CHANNEL: the highest serial that was given out} */
	int64_t known;        /* the last row that the store which is there, or its signer, has seen */
	int64_t blobs;
	char *before;
};

/* ---- what the copy says */
static int read_list(struct restoring *w, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	uint64_t at, size;
	size_t i;
	json_t *item;

	if (!w->archive.is_backup || !archive_find(&w->archive, ARCHIVE_BACKUP, NULL, &at, &size))
		return err_input(e, "E_UNKNOWN_FORMAT", "it is no file that 'sluice backup' wrote");
	bytes = mem_alloc((size_t)size + 1);
	if (fd_pread(w->archive.fd, bytes, (size_t)size, at, e) ||
		!(w->list = json_parse(bytes, (size_t)size, ARCHIVE_BACKUP, e)))
		return -1;
	if (json_int(w->list, "sluice-backup") != 1 || !json_map(w->list, "head") || !json_list(w->list, "files"))
		return err_input(e, "E_METADATA", "backup.json: not of the form that is known here");
	w->other = json_object();
	json_array_foreach(json_list(w->list, "other"), i, item)
		if (json_is_string(item))
			json_object_set_new(w->other, json_string_value(item), json_true());
	return 0;
}

/* ---- what is known of the store that is there */
static void raise_floor(struct restoring *w, const char *channel, int64_t serial)
{
	if (serial > json_int(w->floors, channel))
		json_object_set_new(w->floors, channel, json_integer(serial));
}

static json_t *state_file(const struct restoring *w, const char *name)
{
	AUTO_FREE char *path = mem_printf("%s/keys/release/state/%s", w->o->path, name), *bytes = NULL;
	struct err ignored = { 0 };
	size_t len;

	return fs_read_file(path, STATE_MAX, &bytes, &len, &ignored) ? NULL : json_parse(bytes, len, path, &ignored);
}

/* The signer's memory is the one that counts; what the catalogue has behind it are acts that would be lost as well. */
static int look_at_present(struct restoring *w, struct err *e)
{
	AUTO_FREE char *catalogue = fs_join(w->o->path, "catalogue.db");
	AUTO_JSON *head = state_file(w, "head");
	struct store *s = NULL;
	struct log_head last;
	struct err ignored = { 0 };
	const char *channel;
	json_t *value;

	w->known = json_int(head, "seq");
	json_object_foreach(json_map(w->list, "serials"), channel, value) {
		AUTO_FREE char *name = mem_printf("%s.json", channel),
			       *current = mem_printf("%s/channels/%s/current", w->o->path, channel);
		AUTO_JSON *state = state_file(w, name);

		raise_floor(w, channel, json_int(state, "serial"));
		raise_floor(w, channel, snapshots_current(current));
		if (json_int(json_map(state, "log"), "seq") > w->known)
			w->known = json_int(json_map(state, "log"), "seq");
	}
	if (fs_exists(catalogue) && store_open(w->o->path, &s, &ignored) == 0) {
		if (log_head(s, &last, &ignored) == 0 && last.seq > w->known)
			w->known = last.seq;
		store_close(s);
	}
	if (json_int(json_map(w->list, "head"), "seq") >= w->known || w->o->is_older)
		return 0;
	err_verdict(e, "E_ROLLBACK", "the copy ends with row %lld of the log, what is there has seen row %lld",
		(long long)json_int(json_map(w->list, "head"), "seq"), (long long)w->known);
	return err_hint(e, "--older puts it back all the same: what was said since, noes and stops too, is lost then");
}

/* ---- laying out */
static int extract(
	struct restoring *w, uint64_t at, uint64_t size, const char *digest, const char *to, mode_t mode, struct err *e)
{
	int fd = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	char found[SHA256_HEX];
	uint64_t len;
	int status;

	if (fd < 0)
		return err_sys(e, "%s", to);
	status = fs_copy_range(w->archive.fd, at, fd, size, e) || sha256_fd(fd, found, &len, e) ? -1 : 0;
	if (status == 0 && fchmod(fd, mode))
		status = err_sys(e, "%s", to);
	if (close(fd) && status == 0)
		status = err_sys(e, "%s", to);
	if (status == 0 && strcmp(found, digest) != 0)
		return err_verdict(e, "E_DIGEST", "the copy's %s has become %s", digest, found);
	return status;
}

static int lay_blobs(struct restoring *w, struct err *e)
{
	for (size_t i = 0; i < w->archive.members.len; i++) {
		const struct archive_member *m = &w->archive.members.at[i];
		AUTO_FREE char *folder = NULL, *path = NULL;
		char digest[SHA256_HEX];

		hex_of(m->digest, sizeof m->digest, digest);
		if (json_object_get(w->other, digest))
			continue;
		folder = mem_printf("%s/blobs/%.2s", w->beside, digest);
		path = fs_join(folder, digest + 2);
		if ((!fs_exists(folder) && fs_mkdirs(folder, 0755, e)) ||
			extract(w, m->at, m->size, digest, path, 0444, e))
			return -1;
		w->blobs++;
	}
	return 0;
}

/* A path of backup.json becomes a place below the folder, or is refused. */
static int place_of(struct restoring *w, const char *path, char **ret, struct err *e)
{
	AUTO_FREE char *parent = NULL;

	if (!*path || *path == '/' || text_starts(path, "blobs/") || strstr(path, "//") || text_starts(path, "../") ||
		strstr(path, "/../") || text_ends(path, "/..") || strcmp(path, "..") == 0)
		return err_input(e, "E_PATH_ESCAPE", "backup.json names the path '%s'", path);
	*ret = fs_join(w->beside, path);
	parent = mem_strdup(*ret);
	*strrchr(parent, '/') = '\0';
	return fs_exists(parent) ? 0 : fs_mkdirs(parent, 0755, e);
}

static int lay_link(const char *to, const char *path, const char *target, struct err *e)
{
	const char *serial = target + sizeof "snapshots/" - 1;

	if (!text_ends(path, "/current") || !text_starts(target, "snapshots/") ||
		strspn(serial, "0123456789") != strlen(serial))
		return err_input(e, "E_PATH_ESCAPE", "backup.json links '%s' to '%s'", path, target);
	return symlink(target, to) ? err_sys(e, "%s", to) : 0;
}

static int lay_file(struct restoring *w, const json_t *file, struct err *e)
{
	const char *path = json_text(file, "path"), *digest = json_text(file, "sha256");
	mode_t mode = (mode_t)json_int(file, "mode") & 0777;
	AUTO_FREE char *to = NULL, *blob = NULL;
	uint64_t at, size;

	if (place_of(w, path, &to, e))
		return -1;
	if (*json_text(file, "target"))
		return lay_link(to, path, json_text(file, "target"), e);
	if (!*digest) {
		if (fs_mkdirs(to, mode | 0700, e))
			return -1;
		return chmod(to, mode | 0700) ? err_sys(e, "%s", to) : 0;
	}
	if (!digest_is_hex(digest) || !archive_find(&w->archive, "", digest, &at, &size))
		return err_input(e, "E_TRUNCATED", "the copy does not hold %s", path);
	if (json_object_get(w->other, digest))
		return extract(w, at, size, digest, to, mode, e);
	blob = mem_printf("%s/blobs/%.2s/%s", w->beside, digest, digest + 2);
	return fs_link_or_copy(blob, to, e);
}

static int lay_catalogue(struct restoring *w, struct err *e)
{
	AUTO_FREE char *to = fs_join(w->beside, "catalogue.db");
	const char *digest = json_text(w->list, "catalogue");
	uint64_t at, size;

	if (!digest_is_hex(digest) || !archive_find(&w->archive, "", digest, &at, &size))
		return err_input(e, "E_TRUNCATED", "the copy does not hold the catalogue");
	return extract(w, at, size, digest, to, 0644, e);
}

static bool is_marked(const struct restoring *w)
{
	AUTO_FREE char *mark = fs_join(w->beside, MARK);

	return fs_exists(mark);
}

/* Where a store that is exchanged is kept: two within a second both are. Malloc. */
static char *place_before(const struct restoring *w)
{
	char *place = mem_printf("%s.before-%lld", w->o->path, (long long)w->o->now);

	for (int i = 2; fs_exists(place); i++) {
		free(place);
		place = mem_printf("%s.before-%lld-%d", w->o->path, (long long)w->o->now, i);
	}
	return place;
}

/* What is being laid out has a mark. A folder there without one is the store that was exchanged when a restore was killed: it is kept. */
static int clear_beside(struct restoring *w, struct err *e)
{
	AUTO_FREE char *kept = place_before(w);

	if (!fs_exists(w->beside) || is_marked(w))
		return fs_remove_tree(w->beside, e);
	return rename(w->beside, kept) ? err_sys(e, "%s", w->beside) : 0;
}

static int mark_beside(struct restoring *w, struct err *e)
{
	AUTO_FREE char *mark = fs_join(w->beside, MARK);

	return fs_mkdirs(w->beside, 0755, e) || fs_write_file(mark, "", 0, 0600, e) ? -1 : 0;
}

static int lay_out(struct restoring *w, struct err *e)
{
	static const char *const folders[] = { "blobs", "keys", "channels", "roots" };
	size_t i;
	json_t *file;

	if (clear_beside(w, e) || mark_beside(w, e))
		return -1;
	for (i = 0; i < COUNT(folders); i++) {
		AUTO_FREE char *folder = fs_join(w->beside, folders[i]);

		if (fs_mkdirs(folder, 0755, e))
			return -1;
	}
	if (lay_blobs(w, e))
		return -1;
	json_array_foreach(json_list(w->list, "files"), i, file)
		if (lay_file(w, file, e))
			return err_wrap(e, "%s", json_text(file, "path"));
	return lay_catalogue(w, e);
}

/* ---- is it one? */
static int check_log(struct restoring *w, struct err *e)
{
	struct store *s = NULL;
	struct refs refs = { .open = { 0 } };
	const json_t *head = json_map(w->list, "head");
	int status = store_open(w->beside, &s, e) || refs_list(&refs, s, e) || refs_walk(&refs, s, e) ? -1 : 0;

	if (status == 0 &&
		(refs.head.seq != json_int(head, "seq") || strcmp(refs.head.hash, json_text(head, "hash")) != 0))
		status = err_verdict(e, "E_MISMATCH", "its log ends with row %lld, not with row %lld as it says",
			(long long)refs.head.seq, (long long)json_int(head, "seq"));
	refs_done(&refs);
	store_close(s);
	return status;
}

/* ---- serials that clients have seen */
static int look_at_site(struct restoring *w, const char *base, const json_t *trust, struct err *e)
{
	static const struct fetch_options options;
	AUTO_FREE char *release = NULL, *signature = NULL, *dir = NULL,
		       *whole = strstr(base, "://") ? NULL : realpath(base, NULL);
	AUTO_JSON *believed = NULL;
	struct fetcher f = { 0 };
	struct err ignored = { 0 };
	size_t len, signature_len;
	int status = fs_temp_dir("seen", &dir, e) || fetch_open(&f, whole ? whole : base, &options, e) ||
			fetch_bytes(&f, "release.json", RELEASE_MAX, &release, &len, e) ||
			fetch_bytes(&f, "release.json.asc", SIGNATURE_MAX, &signature, &signature_len, e) ||
			tree_write(dir, "release.json", release, len, e) ||
			tree_write(dir, "release.json.asc", signature, signature_len, e)
		? -1
		: 0;

	fetcher_done(&f);
	if (status == 0) {
		AUTO_JSON *read = json_parse(release, len, base, &ignored);
		int64_t at = 0;

		/* whether it is still valid does not matter here, only that it was signed */
		status = when_parse(json_text(read, "time"), NULL, &at, e) ||
				channel_believe(dir, trust, at, &believed, e)
			? -1
			: 0;
	}
	if (status == 0)
		raise_floor(w, json_text(believed, "channel"), json_int(believed, "serial"));
	if (dir)
		fs_remove_tree(dir, &ignored);
	return status ? err_wrap(e, "%s", base) : 0;
}

static int look_at_sites(struct restoring *w, struct err *e)
{
	struct release *r = NULL;
	AUTO_JSON *trust = NULL;
	int status = release_open(w->beside, &r, e) || release_trust(r, &trust, e) ? -1 : 0;

	for (size_t i = 0; status == 0 && i < w->o->seen_len; i++)
		status = look_at_site(w, w->o->seen[i], trust, e);
	/* the same copy may be put back again: what lost nothing leaves no row */
	if (status == 0 && w->known > json_int(json_map(w->list, "head"), "seq")) {
		AUTO_FREE char *text = mem_printf(
			"ok: the copy of %s, which ends with row %lld; row %lld had been seen",
			json_text(w->list, "time"), (long long)json_int(json_map(w->list, "head"), "seq"),
			(long long)w->known);

		release_note(r, NULL, "restore", "", text);
	}
	release_close(r);
	return status;
}

static int write_floors(struct restoring *w, struct err *e)
{
	const char *channel;
	json_t *serial;

	json_object_foreach(w->floors, channel, serial) {
		AUTO_FREE char *path = mem_printf("%s/keys/release/state/%s.floor", w->beside, channel),
			       *text = mem_printf("%lld", (long long)json_integer_value(serial));

		if (channel_name_valid(channel) && fs_write_file(path, text, strlen(text), 0600, e))
			return -1;
	}
	return 0;
}

/* ---- the exchange */
/* The mark goes with the exchange: before it the new one has it, behind it nobody needs it. */
static int drop_mark(const char *store, struct err *e)
{
	AUTO_FREE char *mark = fs_join(store, MARK);

	return unlink(mark) && errno != ENOENT ? err_sys(e, "%s", mark) : 0;
}

static int put_in_place(struct restoring *w, struct err *e)
{
	AUTO_FREE char *folder = mem_printf("%s/..", w->beside);
	AUTO_FD int fd = open(w->beside, O_RDONLY | O_DIRECTORY | O_CLOEXEC), up = -1;

	if (fd < 0 || syncfs(fd))
		return err_sys(e, "cannot bring %s to disk", w->beside);
	up = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!fs_exists(w->o->path)) {
		w->before = mem_strdup("");
		if (rename(w->beside, w->o->path))
			return err_sys(e, "%s", w->o->path);
		return drop_mark(w->o->path, e) ? -1 : up >= 0 && fsync(up) ? err_sys(e, "%s", folder) : 0;
	}
	w->before = place_before(w);
	if (renameat2(AT_FDCWD, w->beside, AT_FDCWD, w->o->path, RENAME_EXCHANGE))
		return err_sys(e, "%s", w->o->path);
	if (drop_mark(w->o->path, e))
		return -1;
	if (rename(w->beside, w->before))
		return err_sys(e, "%s", w->before);
	return up >= 0 && fsync(up) ? err_sys(e, "%s", folder) : 0;
}

static int restore(struct restoring *w, struct err *e)
{
	AUTO_FREE char *state = fs_join(w->beside, "keys/release/state"), *lock = fs_join(w->o->path, "lock");
	AUTO_FD int held = -1;

	if (read_list(w, e) || look_at_present(w, e) || lay_out(w, e) || check_log(w, e) || look_at_sites(w, e) ||
		fs_mkdirs(state, 0700, e) || write_floors(w, e))
		return -1;
	if (fs_exists(w->o->path) && (held = fs_lock(lock, true, e)) < 0)
		return -1;
	if (held >= 0 && look_at_present(w, e)) /* somebody may have acted meanwhile */
		return -1;
	return put_in_place(w, e);
}

int restore_run(const struct restore *o, json_t **ret, struct err *e)
{
	AUTO_FREE char *lock = mem_printf("%s.restore-lock", o->path);
	struct restoring w = { .o = o, .archive = { .fd = -1 }, .floors = json_object() };
	AUTO_FD int held = -1;
	struct err ignored = { 0 };
	int status;

	w.beside = mem_printf("%s.restoring", o->path);
	held = fs_lock(lock, false, e);
	status = held < 0 || archive_open(&w.archive, o->file, e) || restore(&w, e) ? -1 : 0;
	if (status == 0)
		*ret = json_pack("{s:s, s:O, s:s, s:I, s:O, s:s}", "store", o->path, "head", json_map(w.list, "head"),
			"time", json_text(w.list, "time"), "blobs", (json_int_t)w.blobs, "floors", w.floors, "before",
			w.before);
	else if (held >= 0 && is_marked(&w))
		fs_remove_tree(w.beside, &ignored);
	if (held >= 0)
		(void)unlink(lock);
	archive_done(&w.archive);
	free(w.beside);
	free(w.before);
	json_decref(w.list);
	json_decref(w.other);
	json_decref(w.floors);
	return status ? err_wrap(e, "restoring %s", o->file) : 0;
}
