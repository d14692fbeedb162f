/* guard.c - the guard as a sink: counts, compares and passes on what may pass. The rules themselves are in guard_*.c. */
#include "formats/guard_private.h"
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

/* Past this much output the ratio counts; smaller inputs may be as empty as they like. */
#define RATIO_FROM MIB(8)

void guard_warn(struct guard *g, const char *code, const char *where, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (g->pkg == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	pkg_warn(g->pkg, code, where, "%s", text);
}

static int refuse(struct guard *g, struct err *e)
{
	return err_member(e, g->out.path ? g->out.path : "");
}

/* A path that another reader made without guard_path is looked at again: everything behind the guard believes it. */
static int check_normal(struct guard *g, const char *path, struct err *e)
{
	const char *again;

	if (path == g->last_path)
		return 0;
	if (guard_path(g, path, strlen(path), true, &again, e))
		return -1;
	if (strcmp(path, again) != 0)
		return err_input(e, "E_STRUCTURE", "path is not in normal form: %s", path);
	return 0;
}

static int check_entry(struct guard *g, const struct entry *entry, struct err *e)
{
	uint64_t xattr = 0;

	if (++g->entries > g->limits->entries)
		return err_input(
			e, "E_LIMIT_ENTRIES", "more than %llu entries", (unsigned long long)g->limits->entries);
	if (check_normal(g, entry->path, e))
		return -1;
	if (entry->path[1] == 0)
		return err_input(e, "E_NAME_EMPTY", "an entry has no name");
	if (!g->limits->devices &&
		(entry->type == ENTRY_CHAR || entry->type == ENTRY_BLOCK || entry->type == ENTRY_FIFO))
		return err_input(e, "E_SPECIAL_FILE",
			"%s is a special file (%s); a recipe must allow it (source: {devices: true})", entry->path,
			entry_type_name(entry->type));
	for (size_t i = 0; i < entry->xattrs_len; i++)
		xattr += entry->xattrs[i].len + strlen(entry->xattrs[i].name);
	if (xattr > g->limits->xattr)
		return err_input(e, "E_LIMIT_XATTR", "extended attributes of %s take more than %llu bytes", entry->path,
			(unsigned long long)g->limits->xattr);
	if (entry->type == ENTRY_FILE &&
		(entry->size > g->limits->output || g->output > g->limits->output - entry->size))
		return err_input(e, "E_LIMIT_SIZE", "%s: files together pass %llu bytes", entry->path,
			(unsigned long long)g->limits->output);
	return 0;
}

/* An entry told twice is ambiguous unless both say the same: then it is told once. A small file's content is compared at its end. */
static int check_duplicate(struct guard *g, const struct guard_node *node, const struct entry *entry, struct err *e)
{
	bool is_alike = node->type == (uint8_t)entry->type && node->mode == entry->mode && node->uid == entry->uid &&
		node->gid == entry->gid && node->size == entry->size && entry->size <= PRINT_MOST;

	if (entry->type != ENTRY_DIR)
		is_alike = is_alike && entry->type == ENTRY_FILE && node->mtime == entry->mtime;
	if (!is_alike)
		return err_input(e, "E_DUPLICATE_NAME", "%s comes twice, and differs", entry->path);
	guard_warn(g, "E_DUPLICATE_NAME", entry->path, "comes twice, alike");
	return 0;
}

/* A polynomial over a prime field at a point nobody outside knows: two different small contents agree once in 2^40 tries or rarer. Its
 * coefficients are groups of PRINT_GROUP bytes. */
static void print_group(struct guard *g, uint64_t group)
{
	const uint64_t prime = (1ULL << 61) - 1;
	unsigned __int128 wide = (unsigned __int128)g->print * g->print_key + group + 1;

	g->print = ((uint64_t)wide & prime) + (uint64_t)(wide >> 61);
	if (g->print >= prime)
		g->print -= prime;
}

static void print_add(struct guard *g, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		g->group |= (uint64_t)(bytes ? bytes[i] : 0) << 8 * g->group_len;
		if (++g->group_len < PRINT_GROUP)
			continue;
		print_group(g, g->group);
		g->group = 0;
		g->group_len = 0;
	}
}

/* What did not fill a group, and how much it is. */
static void print_end(struct guard *g)
{
	print_group(g, g->group | (uint64_t)g->group_len << 8 * PRINT_GROUP);
	g->group = 0;
	g->group_len = 0;
}

static int take_node(struct guard *g, struct guard_node *node, const struct entry *entry, struct err *e)
{
	if (node->has_children && entry->type == ENTRY_SYMLINK)
		return err_input(
			e, "E_LINK_ESCAPE", "%s is a symlink, but entries lie beneath it as a directory", entry->path);
	if (node->has_children && entry->type != ENTRY_DIR)
		return err_input(e, "E_DUPLICATE_NAME", "%s is both a directory and a %s", entry->path,
			entry_type_name(entry->type));
	node->has_entry = true;
	node->type = (uint8_t)entry->type;
	node->mode = entry->mode;
	node->uid = entry->uid;
	node->gid = entry->gid;
	node->mtime = entry->mtime;
	node->size = entry->size;
	if (entry->type == ENTRY_SYMLINK || entry->type == ENTRY_HARDLINK) {
		node->target = arena_str(&g->arena, entry->target);
		if (node->target == NULL)
			return err_input(e, "E_LIMIT_MEMORY", "the names of the package take too much memory");
		*LIST_ADD(&g->links) = node;
	}
	return 0;
}

/* A hard link names the file that holds the data; a link to a link is followed here so that nobody behind has to. */
static int take_hardlink(struct guard *g, struct guard_node *node, struct err *e)
{
	struct guard_node *to;

	if (check_normal(g, node->target, e))
		return err_wrap(e, "hard link %s", g->out.path);
	to = guard_tree_find(g, node->target, strlen(node->target));
	if (to && !to->has_entry)
		to = NULL;
	if (to == node || (to == NULL && g->links_backward))
		return err_input(e, "E_LINK_TARGET_MISSING", "hard link %s names %s, which did not come before it",
			g->out.path, node->target);
	if (to && to->type == ENTRY_HARDLINK)
		to = to->link;
	if (to == NULL)
		return 0; /* looked at again at the end */
	if (to->type == ENTRY_SYMLINK)
		return err_input(e, "E_LINK_ESCAPE", "hard link %s names the symlink %s", g->out.path, node->target);
	if (to->type != ENTRY_FILE)
		return err_input(e, "E_LINK_TARGET_MISSING", "hard link %s names %s, which is no file", g->out.path,
			node->target);
	node->link = to;
	g->out.target = to->path;
	return 0;
}

static int guard_begin(struct sink *s, const struct pkg *meta, struct err *e)
{
	return sink_begin(((struct guard *)s)->next, meta, e);
}

static int entry_checked(struct guard *g, const struct entry *entry, struct err *e)
{
	struct guard_node *node;

	if (check_entry(g, entry, e) || guard_tree_get(g, entry->path, true, &node, e))
		return -1;
	g->is_dropped = false;
	g->node = node;
	if (node->has_entry) {
		if (check_duplicate(g, node, entry, e))
			return -1;
		g->is_dropped = true;
		return 0;
	}
	if (take_node(g, node, entry, e))
		return -1;
	g->out.path = node->path;
	if (entry->type == ENTRY_SYMLINK && entry->target[0] == 0)
		return err_input(e, "E_LINK_TARGET_MISSING", "symlink %s points at nothing", entry->path);
	if (entry->type == ENTRY_SYMLINK && strlen(entry->target) > g->limits->path)
		return err_input(e, "E_LIMIT_PATH", "symlink %s has a target of more than %u bytes", entry->path,
			g->limits->path);
	if (entry->type == ENTRY_SYMLINK && guard_name_check(g, entry->target, strlen(entry->target), e))
		return err_wrap(e, "target of the symlink %s", entry->path);
	if (entry->type == ENTRY_HARDLINK && take_hardlink(g, node, e))
		return -1;
	if (guard_alias(g, node, e) || guard_fold(g, node, e))
		return -1;
	guard_policy(g, entry);
	return 0;
}

static int guard_entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct guard *g = (struct guard *)s;

	g->out = *entry;
	g->got = g->print = g->group = 0;
	g->group_len = 0;
	g->peek_len = 0;
	g->peek_wanted = entry->type == ENTRY_FILE && entry->size > 0 && g->pkg && g->peek_total < PEEK_TOTAL;
	if (entry_checked(g, entry, e))
		return refuse(g, e);
	g->is_open = true;
	g->peek_named = g->peek_wanted && guard_is_script_name(g->out.path);
	if (g->is_dropped)
		return 0;
	return sink_entry_begin(g->next, &g->out, e);
}

/* Scripts in the payload are read up to PEEK_ROOM bytes; what does not look like one after its first bytes is left alone. */
static void peek(struct guard *g, const void *bytes, size_t len)
{
	size_t take = PEEK_ROOM - g->peek_len;

	if (bytes == NULL || (g->peek_len == 0 && len >= 2 && memcmp(bytes, "#!", 2) != 0 && !g->peek_named)) {
		g->peek_wanted = false;
		return;
	}
	if (g->peek == NULL)
		g->peek = mem_alloc(PEEK_ROOM);
	if (take > len)
		take = len;
	memcpy(g->peek + g->peek_len, bytes, take);
	g->peek_len += take;
	g->peek_total += take;
	if (g->peek_len == PEEK_ROOM)
		g->peek_wanted = false;
}

static int check_totals(struct guard *g, struct err *e)
{
	if (g->output > g->limits->output)
		return err_input(
			e, "E_LIMIT_SIZE", "more than %llu bytes of files", (unsigned long long)g->limits->output);
	if (g->limits->ratio && g->output - g->holes > RATIO_FROM &&
		(g->output - g->holes) / g->limits->ratio > g->input_size)
		return err_input(e, "E_LIMIT_RATIO", "more than %u times the input's size", g->limits->ratio);
	return 0;
}

static int guard_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct guard *g = (struct guard *)s;

	if (len == 0)
		return 0;
	if (!g->is_open || g->out.type != ENTRY_FILE)
		return err_input(e, "E_STRUCTURE", "bytes for an entry that holds none");
	if (len > g->out.size - g->got) {
		err_input(e, "E_MISMATCH", "%s holds more than the %llu bytes it says", g->out.path,
			(unsigned long long)g->out.size);
		return refuse(g, e);
	}
	g->got += len;
	g->output += len;
	if (bytes == NULL)
		g->holes += len;
	if (check_totals(g, e))
		return refuse(g, e);
	if (g->peek_wanted)
		peek(g, bytes, len);
	if (g->out.size <= PRINT_MOST)
		print_add(g, bytes, len);
	if (g->is_dropped)
		return 0;
	return sink_data(g->next, bytes, len, e);
}

static int guard_entry_end(struct sink *s, struct err *e)
{
	struct guard *g = (struct guard *)s;

	g->is_open = false;
	if (g->out.type == ENTRY_FILE && g->got != g->out.size) {
		err_input(e, "E_MISMATCH", "%s holds %llu of the %llu bytes it says", g->out.path,
			(unsigned long long)g->got, (unsigned long long)g->out.size);
		return refuse(g, e);
	}
	if (g->peek_len && g->peek_total >= PEEK_TOTAL)
		guard_warn(g, "E_SCRIPT_REVIEW", g->out.path,
			"scripts from here on are not looked at: there are too many");
	if (g->peek_len > 2 && (g->peek_named || memcmp(g->peek, "#!", 2) == 0))
		guard_file_text(g->pkg, g->out.path, (const char *)g->peek, g->peek_len);
	print_end(g);
	if (g->is_dropped && g->print != g->node->print) {
		err_input(e, "E_DUPLICATE_NAME", "%s comes twice with different contents", g->out.path);
		return refuse(g, e);
	}
	g->node->print = g->print;
	if (g->is_dropped)
		return 0;
	return sink_entry_end(g->next, e);
}

static int guard_close(struct sink *s, struct err *e)
{
	return guard_finish((struct guard *)s, e);
}

static const struct sink_ops guard_ops = { guard_begin, guard_entry_begin, guard_data, guard_entry_end, guard_close,
	NULL };

struct guard *guard_new(struct sink *next, const struct limits *limits, uint64_t input_size, struct pkg *pkg)
{
	const unsigned char *secret = (const unsigned char *)getauxval(
		AT_RANDOM); /* 16 random bytes from the kernel, getauxval(3) */
	struct guard *g = mem_alloc(sizeof *g);

	g->sink.ops = &guard_ops;
	g->next = next;
	g->limits = limits;
	g->input_size = input_size;
	g->pkg = pkg;
	g->root = (struct guard_node){ .path = "/", .path_len = 1, .type = ENTRY_DIR, .has_children = true };
	/* Names are chosen by whoever made the input: the hash starts somewhere he cannot know. */
	memcpy(&g->root.hash, secret, sizeof g->root.hash);
	memcpy(&g->print_key, secret + 8, sizeof g->print_key);
	g->print_key >>= 4;
	g->last_dir = &g->root;
	arena_init(&g->arena, limits->memory ? (size_t)(limits->memory / 4) : 0);
	return g;
}

void guard_free(struct guard *g)
{
	if (g == NULL)
		return;
	guard_set_done(&g->names);
	guard_set_done(&g->folded);
	LIST_DONE(&g->links);
	arena_done(&g->arena);
	free(g->peek);
	free(g);
}

struct sink *guard_sink(struct guard *g)
{
	return &g->sink;
}

void guard_links_backward(struct guard *g)
{
	g->links_backward = true;
}

uint64_t guard_entries(const struct guard *g)
{
	return g->entries;
}

bool guard_has(const struct guard *g, const char *path)
{
	const struct guard_node *node = guard_tree_find(g, path, strlen(path));

	return node && node->has_entry;
}

int guard_finish(struct guard *g, struct err *e)
{
	if (guard_links_check(g, e))
		return -1;
	return sink_close(g->next, e);
}
