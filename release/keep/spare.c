/* spare.c - which candidates are over and served nowhere. */
#include "release/keep/spare.h"
#include "base/fs.h"
#include "base/when.h"
#include "release/channel/channel.h"
#include "release/channel/snapshots.h"
#include "release/gate/snapshot_text.h"
#include <dirent.h>
#include <string.h>

/* ---- what is served */
static void note(json_t *served, const json_t *release)
{
	size_t i;
	json_t *package;

	json_array_foreach(json_list(release, "packages"), i, package)
		json_object_set_new(served, json_text(package, "sha256"), json_true());
}

static int note_item(void *context, const struct snap_item *item, struct err *e)
{
	char sha256[SHA256_HEX];

	(void)e;
	snap_item_member(item, "sha256", sha256, sizeof sha256);
	json_object_set_new(context, sha256, json_true());
	return 0;
}

static int note_channel(json_t *served, const char *folder, struct err *e)
{
	AUTO_FREE char *snapshots = fs_join(folder, "snapshots"), *lock = fs_join(folder, "lock");
	AUTO(generations) all = { 0 };
	AUTO_FD int held = -1;

	if (!fs_exists(snapshots))
		return 0;
	if ((held = fs_lock(lock, true, e)) < 0 || generations_read(snapshots, &all, e))
		return -1;
	for (size_t i = 0; i < all.len; i++) {
		AUTO_FREE char *release = fs_join(all.at[i].dir, "release.json");

		if (snap_each(release, SNAP_PACKAGES, note_item, served, e))
			return -1;
	}
	return 0;
}

static int note_folders(struct release *r, json_t *served, struct err *e)
{
	AUTO_FREE char *folder = store_path(r->store, "channels");
	DIR *dir = opendir(folder);
	int result = 0;

	if (!dir)
		return err_sys(e, "%s", folder);
	for (struct dirent *d; result == 0 && (d = readdir(dir));) {
		AUTO_FREE char *channel = fs_join(folder, d->d_name);

		if (channel_name_valid(d->d_name))
			result = note_channel(served, channel, e);
	}
	closedir(dir);
	return result;
}

/* What was signed last for a channel may not be laid out yet, or be carried somewhere just now. */
static int note_last(struct release *r, json_t *served, struct err *e)
{
	const char *name;
	json_t *value;

	json_object_foreach(json_map(release_policy(r), "channels"), name, value) {
		static const char *const actions[] = { "snapshot", "export" };

		for (size_t i = 0; i < COUNT(actions); i++) {
			AUTO_JSON *row = NULL, *release = NULL;

			if (log_index_last(r->index, name, actions[i], &row, e))
				return -1;
			if (!row)
				continue;
			release = source_json(&r->source.source, json_text(row, "record"), e);
			if (!release)
				return -1;
			note(served, release);
		}
	}
	return 0;
}

json_t *spare_served(struct release *r, struct err *e)
{
	json_t *served = json_object();

	if (log_index_follow(r->index, r->store, NULL, e) || note_folders(r, served, e) || note_last(r, served, e)) {
		json_decref(served);
		return NULL;
	}
	return served;
}

/* ---- candidates */
struct candidate {
	char *id;
	json_t *packages; /* digests */
	bool is_served, is_over;
};
struct spare {
	struct refs *refs;
	struct release *release;
	json_t *served;
	LIST(struct candidate) all;
	int64_t before;
};

static void spare_done(struct spare *s)
{
	for (size_t i = 0; i < s->all.len; i++) {
		free(s->all.at[i].id);
		json_decref(s->all.at[i].packages);
	}
	LIST_DONE(&s->all);
	json_decref(s->served);
}

static void take_packages(struct spare *s, struct candidate *c, const json_t *list)
{
	size_t i;
	json_t *package;

	json_array_foreach(list, i, package) {
		const char *digest = json_text(package, "sha256");

		json_array_append_new(c->packages, json_string(digest));
		c->is_served = c->is_served || json_object_get(s->served, digest);
	}
}

static int see_submit(struct spare *s, const json_t *row, struct err *e)
{
	AUTO_JSON *record = source_json(&s->release->source.source, json_text(row, "record"), e);
	const json_t *body = json_map(record, "body"), *submit = json_map(body, "submit");
	struct candidate *c;

	if (!record)
		return err_wrap(e, "row %lld", (long long)json_int(row, "seq"));
	c = LIST_ADD(&s->all);
	*c = (struct candidate){ .id = mem_strdup(json_text(body, "candidate")), .packages = json_array() };
	take_packages(s, c, json_list(submit, "packages"));
	take_packages(s, c, json_list(submit, "back"));
	return 0;
}

static bool is_early(const char *state)
{
	static const char *const early[] = { "draft", "voting", "authorised", "scheduled" };

	for (size_t i = 0; i < COUNT(early); i++)
		if (strcmp(state, early[i]) == 0)
			return true;
	return false;
}

/* Did anybody say something since? */
static bool is_quiet(const struct spare *s, const json_t *rows)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row) {
		struct err ignored = { 0 };
		int64_t time = 0;

		if (when_parse(json_text(row, "time"), NULL, &time, &ignored) || time >= s->before)
			return false;
	}
	return true;
}

static int rfc_over(struct spare *s, const char *rfc, bool *ret, struct err *e)
{
	AUTO_JSON *rows = log_index_rows(s->release->index, &rfc, 1, e);
	struct dossier d;

	*ret = false;
	if (!rows || !is_quiet(s, rows))
		return rows ? 0 : -1;
	if (release_dossier(s->release, rfc, true, false, &d, e))
		return -1;
	*ret = !is_early(dossier_state(&d, policies_now(&s->release->chain), when_now()));
	dossier_done(&d);
	return 0;
}

/* Over: withdrawn, or somebody asked for it and every such RfC has come to its end; and nobody spoke of any of them lately. */
static int judge(struct spare *s, struct candidate *c, struct err *e)
{
	const char *id = c->id;
	AUTO_JSON *rows = log_index_rows(s->release->index, &id, 1, e);
	bool is_withdrawn = false, is_over = true;
	size_t asked = 0, i;
	json_t *row;

	if (!rows || !is_quiet(s, rows))
		return rows ? 0 : -1;
	json_array_foreach(rows, i, row) {
		AUTO_JSON *record = NULL;

		is_withdrawn = is_withdrawn || strcmp(json_text(row, "action"), "candidate-withdraw") == 0;
		if (!is_over || strcmp(json_text(row, "action"), "rfc-open") != 0)
			continue;
		record = source_json(&s->release->source.source, json_text(row, "record"), e);
		if (!record || rfc_over(s, json_text(json_map(record, "body"), "rfc"), &is_over, e))
			return -1;
		asked++;
	}
	c->is_over = is_over && (is_withdrawn || asked > 0);
	return 0;
}

static void mark(struct spare *s, const struct candidate *c, bool is_spare)
{
	size_t i;
	json_t *digest;

	json_array_foreach(c->packages, i, digest) {
		struct ref *one = refs_find(s->refs, json_string_value(digest));

		if (one)
			one->is_spare = is_spare;
	}
}

static int mark_all(struct spare *s, struct err *e)
{
	const char *submits = "@submit";
	AUTO_JSON *rows = log_index_rows(s->release->index, &submits, 1, e);
	size_t i;
	json_t *row;

	if (!rows)
		return -1;
	json_array_foreach(rows, i, row)
		if (see_submit(s, row, e))
			return -1;
	for (i = 0; i < s->all.len; i++) {
		struct candidate *c = &s->all.at[i];

		if (!c->is_served && judge(s, c, e))
			return err_wrap(e, "%s", c->id);
		if (c->is_over)
			mark(s, c, true);
	}
	for (i = 0; i < s->all.len; i++) /* the same package may be in two candidates */
		if (!s->all.at[i].is_over)
			mark(s, &s->all.at[i], false);
	return 0;
}

int spare_mark(struct refs *refs, struct release *r, int64_t before, struct err *e)
{
	struct spare s = { .refs = refs, .release = r, .before = before, .served = spare_served(r, e) };
	int status = s.served ? mark_all(&s, e) : -1;

	spare_done(&s);
	return status;
}
