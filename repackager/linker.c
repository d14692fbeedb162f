/* linker.c - hard link sets, in whatever order the source tells them. */
#include "repackager/linker.h"
#include "repackager/pathmap.h"
#include <string.h>

enum { CHAIN_MAX = 64 };

/* One set: the file with the body, and its other names in the order they came. */
struct set {
	const char *path;
	LIST(const char *) names;
};

/* A name that came as a hard link, or was told by its file. */
struct name {
	const char *path, *target;
	bool is_covered; /* its file passed with this name among its links */
};

struct linker {
	struct sink sink, *next;
	struct arena *arena;
	bool is_second, is_silent; /* silent: no longer passing on, only learning */
	struct pathmap files;      /* path of a file that passed */
	struct pathmap by_path;    /* name -> index in names */
	struct pathmap sets_at;    /* path of the body -> index in sets */
	LIST(struct name) names;
	LIST(struct set) sets;
	const struct entry *above; /* what the reader gave */
	struct entry entry;        /* what we pass on, when it is another */
	bool is_passing, is_other;
};

static struct linker *of(struct sink *s)
{
	return (struct linker *)s;
}

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "too many hard links");
}

static struct set *set_of(struct linker *l, const char *path)
{
	size_t *at = pathmap_get(&l->sets_at, path);

	if (at)
		return &l->sets.at[*at];
	pathmap_put(&l->sets_at, path, l->sets.len);
	struct set *set = LIST_ADD(&l->sets);
	*set = (struct set){ .path = path };
	return set;
}

/* Remembers a name of the file `target`; both are copied. */
static struct name *learn(struct linker *l, const char *path, const char *target)
{
	struct name name = { arena_str(l->arena, path), arena_str(l->arena, target), false };

	if (!name.path || !name.target)
		return NULL;
	pathmap_put(&l->by_path, name.path, l->names.len);
	struct name *kept = LIST_ADD(&l->names);
	*kept = name;
	struct set *set = set_of(l, kept->target);
	*LIST_ADD(&set->names) = kept->path;
	return kept;
}

static int on_begin(struct sink *s, const struct pkg *meta, struct err *e)
{
	return sink_begin(of(s)->next, meta, e);
}

/* First pass: the file's own list, and the links that came before it. */
static int gather(struct linker *l, const struct entry *entry, struct err *e)
{
	const char *path = arena_str(l->arena, entry->path);

	if (!path)
		return no_room(e);
	pathmap_put(&l->files, path, 0);
	for (size_t i = 0; i < entry->links_len; i++)
		if (!pathmap_get(&l->by_path, entry->links[i]) && !learn(l, entry->links[i], path))
			return no_room(e);
	return 0;
}

static void cover(struct linker *l, const struct set *set)
{
	for (size_t i = 0; i < set->names.len; i++)
		l->names.at[*pathmap_get(&l->by_path, set->names.at[i])].is_covered = true;
}

static int on_file(struct linker *l, const struct entry *entry, struct err *e)
{
	if (!l->is_second && gather(l, entry, e))
		return -1;
	size_t *at = pathmap_get(&l->sets_at, entry->path);
	l->is_passing = !l->is_silent;
	l->is_other = at != NULL;
	if (!at)
		return l->is_passing ? sink_entry_begin(l->next, entry, e) : 0;
	struct set *set = &l->sets.at[*at];
	cover(l, set);
	l->entry = *entry;
	l->entry.links = set->names.at;
	l->entry.links_len = set->names.len;
	return l->is_passing ? sink_entry_begin(l->next, &l->entry, e) : 0;
}

static int on_link(struct linker *l, const struct entry *entry, struct err *e)
{
	size_t *at = pathmap_get(&l->by_path, entry->path);

	l->is_passing = false;
	if (l->is_second && !at)
		return err_input(e, "E_MISMATCH", "%s: a hard link that was not there when the file was read first",
			entry->path);
	if (l->is_second || at)
		return 0;
	if (!learn(l, entry->path, entry->target))
		return no_room(e);
	if (pathmap_get(&l->files, entry->target))
		l->is_silent = true;
	return 0;
}

static int on_entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct linker *l = of(s);

	l->above = entry;
	l->is_other = false;
	if (entry->type == ENTRY_FILE)
		return on_file(l, entry, e);
	if (entry->type == ENTRY_HARDLINK)
		return on_link(l, entry, e);
	l->is_passing = !l->is_silent;
	return l->is_passing ? sink_entry_begin(l->next, entry, e) : 0;
}

static int on_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	return of(s)->is_passing ? sink_data(of(s)->next, bytes, len, e) : 0;
}

static int on_entry_end(struct sink *s, struct err *e)
{
	struct linker *l = of(s);

	if (!l->is_passing)
		return 0;
	if (l->is_other)
		memcpy(l->entry.sha256, l->above->sha256, sizeof l->entry.sha256);
	return sink_entry_end(l->next, e);
}

/* The file at the end of a chain of links; NULL: there is none. */
static const char *body_of(const struct linker *l, const char *path)
{
	for (int i = 0; i < CHAIN_MAX; i++) {
		if (pathmap_get(&l->files, path))
			return path;
		size_t *at = pathmap_get(&l->by_path, path);
		if (!at)
			return NULL;
		path = l->names.at[*at].target;
	}
	return NULL;
}

static void forget_sets(struct linker *l)
{
	for (size_t i = 0; i < l->sets.len; i++)
		LIST_DONE(&l->sets.at[i].names);
	LIST_DONE(&l->sets);
	pathmap_done(&l->sets_at);
}

/* All names are known now: sets by the file that really has the body. */
static int settle(struct linker *l, struct err *e)
{
	forget_sets(l);
	for (size_t i = 0; i < l->names.len; i++) {
		const char *body = body_of(l, l->names.at[i].target);
		if (!body)
			return err_input(e, "E_LINK_TARGET_MISSING",
				"%s: a hard link to %s, which is no file of this package", l->names.at[i].path,
				l->names.at[i].target);
		struct set *set = set_of(l, body);
		*LIST_ADD(&set->names) = l->names.at[i].path;
	}
	return 0;
}

static int on_close(struct sink *s, struct err *e)
{
	struct linker *l = of(s);

	for (size_t i = 0; i < l->names.len; i++) {
		if (!l->names.at[i].is_covered && l->is_second)
			return err_input(e, "E_MISMATCH", "%s: the file of this hard link is not there any more",
				l->names.at[i].path);
		if (!l->names.at[i].is_covered)
			l->is_silent = true;
	}
	return l->is_silent ? settle(l, e) : sink_close(l->next, e);
}

static const struct sink_ops ops = {
	.begin = on_begin, .entry_begin = on_entry_begin, .data = on_data, .entry_end = on_entry_end, .close = on_close
};

struct linker *linker_new(struct sink *next, struct arena *arena)
{
	struct linker *l = mem_alloc(sizeof *l);

	l->sink.ops = &ops;
	l->next = next;
	l->arena = arena;
	return l;
}

void linker_free(struct linker *l)
{
	if (!l)
		return;
	forget_sets(l);
	LIST_DONE(&l->names);
	pathmap_done(&l->files);
	pathmap_done(&l->by_path);
	free(l);
}

struct sink *linker_sink(struct linker *l)
{
	return &l->sink;
}

bool linker_wants_again(const struct linker *l)
{
	return l->is_silent;
}

void linker_again(struct linker *l, struct sink *next)
{
	l->next = next;
	l->is_second = true;
	l->is_silent = false;
	for (size_t i = 0; i < l->names.len; i++)
		l->names.at[i].is_covered = false;
}
