/* past.c - what became of a channel: its snapshots one after another, and what differs between two of them. */
#include "release/gate/stops.h"
#include "release/release.h"
#include <string.h>

/* ---- history */
/* The word of the subject that begins so, without that beginning; malloc, "" for none. */
static char *word_of(const char *subject, const char *beginning)
{
	struct slice rest = slice_of(subject), word;
	size_t len = strlen(beginning);

	while (slice_cut(&rest, ' ', &word))
		if (word.len > len && strncmp(word.at, beginning, len) == 0)
			return strndup(word.at + len, word.len - len);
	return mem_strdup("");
}

/* Who let it in: the item of "releases" of that RfC. */
static const char *implementer_of(const json_t *release, const char *rfc)
{
	return json_text(json_find(json_list(release, "releases"), "rfc", rfc), "implementer");
}

static bool removed_by(const json_t *release, const char *rfc)
{
	return json_list(json_find(json_list(release, "releases"), "rfc", rfc), "removes") != NULL;
}

static bool adopted_by(const json_t *release, const char *rfc)
{
	return json_map(json_find(json_list(release, "releases"), "rfc", rfc), "adopts") != NULL;
}

static int see_snapshot(struct release *r, const char *kind, const json_t *row, json_t *list, struct err *e)
{
	AUTO_FREE char *number = word_of(json_text(row, "subject"), "R-"),
		       *rfc = *number ? mem_printf("R-%s", number) : mem_strdup("");
	AUTO_JSON *release = NULL;

	if (release_believe(r, json_text(row, "record"), json_text(row, "signature"), &release, e))
		return -1;
	json_array_append_new(list,
		json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:s, s:s, s:I}", "what",
			strcmp(kind, "export") == 0                                ? kind
				: log_names(json_text(row, "subject"), "rollback") ? "rollback"
				: removed_by(release, rfc)                         ? "removal"
				: adopted_by(release, rfc)                         ? "adoption"
				: *rfc                                             ? "release"
										   : "signed-again",
			"time", json_text(release, "time"), "serial", (json_int_t)json_int(release, "serial"), "rfc",
			rfc, "person", implementer_of(release, rfc), "valid_until", json_text(release, "valid_until"),
			"packages", (json_int_t)json_array_size(json_list(release, "packages")), "release",
			json_text(row, "record"), "reason", "", "seq", (json_int_t)json_int(row, "seq")));
	return 0;
}

static int see_act(struct release *r, const char *what, const json_t *row, json_t *list, struct err *e)
{
	struct record record;
	AUTO_FREE char *number = word_of(json_text(row, "subject"), "R-"),
		       *rfc = *number ? mem_printf("R-%s", number) : mem_strdup("");
	const char *reason;

	if (record_load(&r->source.source, json_text(row, "record"), json_text(row, "signature"), &r->chain, false,
		    &record, e))
		return -1;
	reason = json_text(record.body, "reason");
	json_array_append_new(list,
		json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:s, s:I}", "what", what, "time",
			json_text(record.json, "time"), "serial", 0, "rfc", rfc, "person", record.person, "valid_until",
			"", "packages", 0, "release", "", "reason",
			*reason ? reason : json_text(json_map(record.body, "request"), "reason"), "seq",
			(json_int_t)json_int(row, "seq")));
	record_done(&record);
	return 0;
}

static const char *kind_of(const json_t *row, const char *channel, const char *resume)
{
	static const char *const kinds[][2] = { { "snapshot", "snapshot" }, { "export", "export" }, { "stop", "stop" },
		{ "rfc-open", "resume" } };
	const char *action = json_text(row, "action"), *subject = json_text(row, "subject");

	for (size_t i = 0; *json_text(row, "record") && i < COUNT(kinds); i++)
		if (strcmp(kinds[i][0], action) == 0 &&
			log_names(subject, strcmp(action, "rfc-open") == 0 ? resume : channel))
			return kinds[i][1];
	return NULL;
}

int channel_history(struct release *r, const char *channel, size_t last, json_t **ret, struct err *e)
{
	AUTO_FREE char *resume = stops_resume_word(channel);
	const char *words[] = { channel, resume };
	AUTO_JSON *rows = NULL, *wanted = json_array(), *list = json_array();
	size_t i;
	json_t *row;

	if (log_index_follow(r->index, r->store, NULL, e) || !(rows = log_index_rows(r->index, words, COUNT(words), e)))
		return -1;
	json_array_foreach(rows, i, row)
		if (kind_of(row, channel, resume))
			json_array_append(wanted, row);
	i = last && json_array_size(wanted) > last ? json_array_size(wanted) - last : 0;
	for (; i < json_array_size(wanted); i++) {
		const char *kind = kind_of(json_array_get(wanted, i), channel, resume);

		row = json_array_get(wanted, i);
		if (strcmp(kind, "snapshot") == 0 || strcmp(kind, "export") == 0 ? see_snapshot(r, kind, row, list, e)
										 : see_act(r, kind, row, list, e))
			return -1;
	}
	*ret = json_pack("{s:s, s:O}", "channel", channel, "history", list);
	return 0;
}

/* ---- diff */
/* {"target name architecture": package} */
static json_t *by_name(const json_t *release)
{
	json_t *map = json_object(), *package;
	size_t i;

	json_array_foreach(json_list(release, "packages"), i, package) {
		AUTO_FREE char *key = mem_printf("%s %s %s", json_text(package, "target"), json_text(package, "name"),
			json_text(package, "architecture"));

		json_object_set(map, key, package);
	}
	return map;
}

/* What took a package away: the release of the same product that is there now, or the one that took it out. */
static const char *taken_by(const json_t *release, const json_t *package)
{
	size_t i;
	json_t *entry;

	json_array_foreach(json_list(release, "releases"), i, entry)
		if (json_lists(json_list(entry, "products"), json_text(package, "product")) ||
			json_find(json_list(entry, "removes"), "name", json_text(package, "name")))
			return json_text(entry, "rfc");
	return "";
}

static json_t *line_of(const json_t *package, const char *from, const char *to, const char *rfc)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "target", json_text(package, "target"), "name",
		json_text(package, "name"), "architecture", json_text(package, "architecture"), "product",
		json_text(package, "product"), "from", from, "to", to, "rfc", rfc);
}

int channel_diff(struct release *r, const char *channel, int64_t from, int64_t to, json_t **ret, struct err *e)
{
	AUTO_JSON *old = NULL, *new = NULL, *before = NULL, *after = NULL, *came = json_array(), *went = json_array(),
		  *changed = json_array();
	const char *key;
	json_t *package;

	if (release_snapshot(r, channel, from, &old, e) || release_snapshot(r, channel, to, &new, e))
		return -1;
	before = by_name(old);
	after = by_name(new);
	json_object_foreach(after, key, package) {
		const json_t *was = json_object_get(before, key);
		const char *version = json_text(package, "version"), *rfc = json_text(package, "rfc");

		if (!was)
			json_array_append_new(came, line_of(package, "", version, rfc));
		else if (strcmp(json_text(was, "sha256"), json_text(package, "sha256")) != 0)
			json_array_append_new(changed, line_of(package, json_text(was, "version"), version, rfc));
	}
	json_object_foreach(before, key, package)
		if (!json_object_get(after, key))
			json_array_append_new(
				went, line_of(package, json_text(package, "version"), "", taken_by(new, package)));
	*ret = json_pack("{s:s, s:I, s:I, s:O, s:O, s:O}", "channel", channel, "from", (json_int_t)from, "to",
		(json_int_t)to, "came", came, "went", went, "changed", changed);
	return 0;
}
