/* transform.c - the sink that shapes entries, see transform.h. What it adds itself stands in transform_add.c. */
#include "repackager/transform.h"
#include "base/event.h"
#include "base/text.h"
#include "repackager/owners.h"
#include "repackager/pathmap.h"
#include "repackager/transform_private.h"
#include <string.h>

enum { SYSUSERS_MAX = 64 * 1024 };

static struct transform *of(struct sink *s)
{
	return (struct transform *)s;
}

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "too many entries");
}

static int on_begin(struct sink *s, const struct pkg *meta, struct err *e)
{
	return sink_begin(of(s)->next, meta, e);
}

/* ---- plain archives */

/* The path without its first components; NULL: nothing is left. */
static const char *stripped(const char *path, unsigned components)
{
	for (; components > 0; components--) {
		path = strchr(path + 1, '/');
		if (!path)
			return NULL;
	}
	return path;
}

static const char *placed(struct transform *t, const char *path)
{
	path = stripped(path, t->strip);
	if (!path || !t->prefix[0])
		return path;
	return arena_printf(&t->out->arena, "%s%s", t->prefix, path);
}

/* strip and prefix; *ret_keep false: the entry lies above what is taken. */
static int place(struct transform *t, struct entry *entry, bool *ret_keep, struct err *e)
{
	const char *path = placed(t, entry->path);

	*ret_keep = path != NULL;
	if (!path) {
		if (entry->type != ENTRY_DIR)
			pkg_lose(t->out, "", LOSS_NOTE, "strip takes more components than its path has", "entry:%s",
				entry->path);
		return 0;
	}
	entry->path = path;
	const char **links = entry->links_len ? arena_alloc(&t->out->arena, entry->links_len * sizeof *links) : NULL;
	size_t kept = 0;
	for (size_t i = 0; links && i < entry->links_len; i++) {
		links[kept] = placed(t, entry->links[i]);
		kept += links[kept] != NULL;
	}
	if (entry->links_len && !links)
		return no_room(e);
	entry->links = links;
	entry->links_len = kept;
	return 0;
}

static bool knows_user(const struct transform *t, const char *name)
{
	json_t *item;
	size_t i;

	if (strcmp(name, "root") == 0)
		return true;
	json_array_foreach(document_at(t->job.house, "rules/owners"), i, item)
		if (strcmp(json_string_value(item), name) == 0)
			return true;
	json_array_foreach(document_at(t->job.recipe, "users"), i, item)
		if (strcmp(json_text(item, "name"), name) == 0 || strcmp(json_text(item, "group"), name) == 0)
			return true;
	return false;
}

/* An archive's owners are whoever packed it; they mean nothing where it is installed. */
static void own(struct transform *t, const char **name, int64_t *id, const char *path)
{
	if ((*name)[0] && (knows_user(t, *name) || json_is_true(document_at(t->job.recipe, "_captured"))))
		return; /* a captured tree's owners are the installer's own word */
	if (!(*name)[0] && *id <= 0) {
		*name = "root";
		*id = 0;
		return;
	}
	if (!t->is_owner_told)
		pkg_lose(t->out, "", LOSS_NOTE,
			"the owners of a plain archive are those who packed it; root owns the files",
			"owner:%s of %s and others", (*name)[0] ? *name : "a number", path);
	t->is_owner_told = true;
	*name = "root";
	*id = 0;
}

/* ---- what the house forbids */

static int check_paths(const struct transform *t, const char *path, struct err *e)
{
	json_t *item;
	size_t i;

	json_array_foreach(document_at(t->job.house, "rules/forbidden-paths"), i, item) {
		if (!path_beneath(path, json_string_value(item)))
			continue;
		err_input(e, "E_POLICY_PROTECTED_PATH", "%s lies in %s, which the house forbids", path,
			json_string_value(item));
		err_member(e, path);
		return err_hint(e, "exclude or move it with a rule under 'files' of the recipe");
	}
	return 0;
}

/* Made by the vendor's own script before the files come? Then its text names it beside the tool that makes users. */
static bool is_made_by_vendor(const struct transform *t, const char *name)
{
	for (size_t i = 0; i < t->job.meta->scripts.len; i++)
		if (script_makes_user(t->job.meta->scripts.at[i].body, name))
			return true;
	return false;
}

/* A sysusers.d file may make them, and it may come later: judged at the end. */
static int check_owner(struct transform *t, const char *name, const char *path, struct err *e)
{
	struct unknown_owner unknown;

	if (!document_at(t->job.house, "rules/owners") || !name[0] || knows_user(t, name) || is_made_by_vendor(t, name))
		return 0;
	for (size_t i = 0; i < t->unknown.len; i++)
		if (strcmp(t->unknown.at[i].name, name) == 0)
			return 0;
	unknown.name = arena_str(&t->out->arena, name);
	unknown.path = arena_str(&t->out->arena, path);
	if (!unknown.name || !unknown.path)
		return no_room(e);
	*LIST_ADD(&t->unknown) = unknown;
	return 0;
}

static int judge_owners(const struct transform *t, struct err *e)
{
	for (size_t i = 0; i < t->unknown.len; i++) {
		const struct unknown_owner *u = &t->unknown.at[i];
		if (t->sysusers.len > 0 && sysusers_make(t->sysusers.at, u->name))
			continue;
		err_input(e, "E_METADATA", "%s belongs to '%s', whom neither the house knows nor the package makes",
			u->path, u->name);
		err_member(e, u->path);
		return err_hint(e,
			"make the user under 'users' of the recipe or in a sysusers.d file, or set another owner with "
			"a rule "
			"under 'files'");
	}
	return 0;
}

int transform_data(struct transform *t, const void *bytes, size_t len, struct err *e)
{
	if (t->is_sysusers && bytes)
		text_bytes(&t->sysusers, bytes, len);
	return sink_data(t->next, bytes, len, e);
}

static int check_house(struct transform *t, const struct entry *entry, struct err *e)
{
	for (size_t i = 0; i <= entry->links_len; i++)
		if (check_paths(t, i ? entry->links[i - 1] : entry->path, e))
			return -1;
	return check_owner(t, entry->owner, entry->path, e) || check_owner(t, entry->group, entry->path, e) ? -1 : 0;
}

/* ---- one thing at one path */

static int claim(struct transform *t, const char *path, bool is_ours, struct err *e)
{
	const char *kept = arena_str(&t->out->arena, path);

	if (!kept)
		return no_room(e);
	if (pathmap_put(&t->paths, kept, 0))
		return 0;
	err_input(e, "E_NAME_COLLISION", "%s would be in the package twice", path);
	err_member(e, path);
	return err_hint(e,
		is_ours ? "exclude the vendor's with a rule under 'files'"
			: "two rules move different entries to one place");
}

/* Where an entry is not where the vendor put it, the folders above it may be missing. */
static void remember_place(struct transform *t, const struct entry *kept)
{
	const char *last = t->placed.len ? t->placed.at[t->placed.len - 1] : "", *slash = strrchr(kept->path, '/');

	if (!(kept->flags & ENTRY_ADDED) && t->above && strcmp(t->above->path, kept->path) == 0)
		return;
	if (strncmp(last, kept->path, (size_t)(slash - kept->path) + 1) != 0)
		*LIST_ADD(&t->placed) = kept->path;
}

int transform_emit(struct transform *t, const struct entry *entry, struct err *e)
{
	for (size_t i = 0; i <= entry->links_len; i++)
		if (claim(t, i ? entry->links[i - 1] : entry->path, entry->flags & ENTRY_ADDED, e))
			return -1;
	if (check_house(t, entry, e))
		return -1;
	t->has_changed = t->has_changed || entry->flags & ENTRY_ADDED;
	struct entry *kept = pkg_add_entry(t->out);
	if (!kept || !entry_copy(&t->out->arena, entry, kept))
		return no_room(e);
	t->current = *kept;
	t->is_sysusers = kept->type == ENTRY_FILE && kept->size <= SYSUSERS_MAX &&
		t->sysusers.len < 16 * SYSUSERS_MAX &&
		(text_glob("/usr/lib/sysusers.d/*.conf", kept->path) ||
			text_glob("/etc/sysusers.d/*.conf", kept->path));
	if (t->is_sysusers && t->sysusers.len > 0)
		text_add(&t->sysusers, "\n");
	remember_place(t, kept);
	return sink_entry_begin(t->next, &t->current, e);
}

int transform_end(struct transform *t, const char *sha256, struct err *e)
{
	struct entry *kept = &t->out->entries.at[t->out->entries.len - 1];

	memccpy(t->current.sha256, sha256, '\0', sizeof t->current.sha256);
	memccpy(kept->sha256, sha256, '\0', sizeof kept->sha256);
	return sink_entry_end(t->next, e);
}

/* Two folders that a move lays over one another are one folder; the first keeps its attributes. */
static bool is_merged(const struct transform *t, const struct entry *entry)
{
	const size_t *at = entry->type == ENTRY_DIR ? pathmap_get(&t->dirs, entry->path) : NULL;

	return at != NULL;
}

/* Did a rule touch it? One that writes puts a text or list of its own there, so their places are compared, not what stands in them. */
static bool is_touched(const struct entry *a, const struct entry *b)
{
	return a->path != b->path || a->target != b->target || a->owner != b->owner || a->group != b->group ||
		a->capabilities != b->capabilities || a->selinux != b->selinux || a->acl != b->acl ||
		a->acl_default != b->acl_default || a->links != b->links || a->links_len != b->links_len ||
		a->xattrs != b->xattrs || a->xattrs_len != b->xattrs_len || a->extents != b->extents ||
		a->extents_len != b->extents_len || a->type != b->type || a->mode != b->mode || a->uid != b->uid ||
		a->gid != b->gid || a->size != b->size || a->mtime != b->mtime || a->mtime_ns != b->mtime_ns ||
		a->dev_major != b->dev_major || a->dev_minor != b->dev_minor || a->flags != b->flags;
}

static int on_entry_begin(struct sink *s, const struct entry *above, struct err *e)
{
	struct transform *t = of(s);
	struct entry entry = *above;
	bool keep = true;

	t->above = above;
	t->is_passing = false;
	t->has_changed = t->has_changed || t->is_plain;
	if (t->is_plain && place(t, &entry, &keep, e))
		return -1;
	if (!keep)
		return 0;
	if (entry.mtime > t->latest)
		t->latest = entry.mtime;
	if (rules_apply(&t->rules, 0, &entry, &keep, e))
		return -1;
	bool is_gone = !keep || is_merged(t, &entry);
	t->has_changed = t->has_changed || is_gone || is_touched(&entry, above);
	if (is_gone)
		return 0;
	if (t->is_plain) {
		own(t, &entry.owner, &entry.uid, entry.path);
		own(t, &entry.group, &entry.gid, entry.path);
	}
	t->is_passing = true;
	if (rewrite_begin(t, &entry))
		return 0;
	if (transform_emit(t, &entry, e))
		return -1;
	if (entry.type == ENTRY_DIR)
		pathmap_put(&t->dirs, t->out->entries.at[t->out->entries.len - 1].path, 0);
	return 0;
}

static int on_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct transform *t = of(s);

	if (!t->is_passing)
		return 0;
	if (rewrite_data(t, &bytes, len, e))
		return -1;
	return t->rewriting.is_held ? 0 : transform_data(t, bytes, len, e);
}

static int on_entry_end(struct sink *s, struct err *e)
{
	struct transform *t = of(s);
	const char *sha256 = t->above->sha256;

	if (!t->is_passing)
		return 0;
	if (t->rewriting.is_held)
		return rewrite_held(t, e);
	return rewrite_end(t, &sha256, e) || transform_end(t, sha256, e) ? -1 : 0;
}

static int on_close(struct sink *s, struct err *e)
{
	struct transform *t = of(s);

	if (transform_add_all(t, e) || transform_add_parents(t, e) || judge_owners(t, e))
		return -1;
	for (size_t i = 0; i < t->rules.len; i++)
		if (t->rules.at[i].uses == 0)
			event_log(t->job.events, EVENT_WARNING, "%s: the rule %s matched nothing",
				t->rules.at[i].document->path, t->rules.at[i].place);
	if (t->out->entries.len == 0 && t->job.meta->entries.len > 0)
		event_log(t->job.events, EVENT_WARNING, "no entry is left: the package is empty");
	return sink_close(t->next, e);
}

static const struct sink_ops ops = {
	.begin = on_begin, .entry_begin = on_entry_begin, .data = on_data, .entry_end = on_entry_end, .close = on_close
};

struct transform *transform_new(const struct transform_job *job, struct sink *next, struct pkg *out, struct err *e)
{
	struct transform *t = mem_alloc(sizeof *t);
	const json_t *source = document_at(job->recipe, "source");

	t->sink.ops = &ops;
	t->next = next;
	t->job = *job;
	t->out = out;
	t->is_plain = !job->meta->has_metadata;
	t->strip = t->is_plain ? (unsigned)json_int(source, "strip") : 0;
	t->prefix = t->is_plain && job->prefix ? text_path(&out->arena, job->prefix, strlen(job->prefix)) : "";
	if (!t->prefix || text_has_control(job->prefix)) {
		err_usage(e, "--set prefix=%s: no path inside a package", job->prefix);
		transform_free(t);
		return NULL;
	}
	if (strcmp(t->prefix, "/") == 0)
		t->prefix = "";
	if (rules_load(job->house, job->recipe, job->identity, &out->arena, &t->rules, e)) {
		transform_free(t);
		return NULL;
	}
	rewrite_init(t);
	return t;
}

void transform_free(struct transform *t)
{
	if (!t)
		return;
	rewrite_done(t);
	rules_done(&t->rules);
	pathmap_done(&t->paths);
	pathmap_done(&t->dirs);
	LIST_DONE(&t->placed);
	LIST_DONE(&t->unknown);
	text_done(&t->sysusers);
	free(t);
}

struct sink *transform_sink(struct transform *t)
{
	return &t->sink;
}

int transform_may_change(const struct transform_job *job, bool *ret, struct err *e)
{
	struct arena arena;
	struct rules rules;

	arena_init(&arena, 0);
	int failed = rules_load(job->house, job->recipe, job->identity, &arena, &rules, e);
	if (!failed) {
		*ret = rules.len > 0 || !job->meta->has_metadata;
		rules_done(&rules);
	}
	arena_done(&arena);
	return failed;
}

bool transform_has_changed(const struct transform *t)
{
	return t->has_changed;
}

const struct rules *transform_rules(const struct transform *t)
{
	return &t->rules;
}
