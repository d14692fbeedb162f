/* iso_pass.c - what an ISO 9660 image holds: every entry to the guard; one file looked up by its name. */
#include "base/text.h"
#include "formats/iso.h"
#include "formats/iso_private.h"
#include <fnmatch.h>
#include <string.h>

enum { PIECE = 256 << 10, LINKS_MOST = 8 };

/* A file may lie in several stretches of the image. */
int iso_read_file(const struct iso *iso, const struct iso_node *n, void *to, size_t len, uint64_t at, struct err *e)
{
	unsigned char *bytes = to;

	if (at > n->stored || len > n->stored - at)
		return err_input(e, "E_TRUNCATED", "the file ends before byte %llu", (unsigned long long)(at + len));
	for (size_t i = 0; i < n->extents_len && len; i++) {
		const struct extent *x = &n->extents[i];
		size_t take = at >= x->len ? 0 : x->len - at < len ? (size_t)(x->len - at) : len;

		if (take && iso_read_at(iso, bytes, take, x->at + at, e))
			return -1;
		at = at >= x->len ? at - x->len : 0;
		bytes += take;
		len -= take;
	}
	return 0;
}

static int pass_stored(const struct iso *iso, const struct iso_node *n, struct sink *sink, struct err *e)
{
	AUTO_FREE unsigned char *buf = mem_resize(NULL, PIECE);

	for (uint64_t done = 0; done < n->stored;) {
		size_t len = n->stored - done < PIECE ? (size_t)(n->stored - done) : PIECE;

		if (iso_read_file(iso, n, buf, len, done, e) || sink_data(sink, buf, len, e))
			return -1;
		done += len;
	}
	return 0;
}

static int pass_data(const struct iso *iso, const struct iso_node *n, struct sink *sink, struct err *e)
{
	return n->zisofs_block ? iso_zisofs_pass(iso, n, sink, e) : pass_stored(iso, n, sink, e);
}

/* Does a link climb above the root? */
static bool climbs(const struct iso_node *n)
{
	const char *at = n->target;
	long depth = 0;

	for (const char *c = n->path; *c && *at != '/'; c++)
		depth += *c == '/';
	while (*at) {
		size_t len = strcspn(at, "/");

		if (len == 2 && at[0] == '.' && at[1] == '.')
			depth--;
		else
			depth += len > 0 && !(len == 1 && at[0] == '.');
		if (depth < 0)
			return true;
		at += len + (at[len] == '/');
	}
	return false;
}

/* An image is no package: what a package may not hold is left out, which is told to whoever makes a package of it. */
static bool is_left_out(const struct iso *iso, const struct iso_node *n)
{
	bool is_special = n->type == ENTRY_CHAR || n->type == ENTRY_BLOCK || n->type == ENTRY_FIFO;

	if (n->type == ENTRY_SYMLINK && climbs(n)) {
		pkg_warn(iso->pkg, "E_LINK_ESCAPE", n->path, "a link above the root is left out: %s", n->target);
		pkg_lose(
			iso->pkg, "*", LOSS_BEHAVIOUR, "it points above the package's root", "symlink:%.512s", n->path);
		return true;
	}
	if (!is_special || iso->limits->devices)
		return false;
	pkg_warn(iso->pkg, "E_SPECIAL_FILE", n->path, "a special file (%s) is left out; a recipe may allow it",
		entry_type_name(n->type));
	pkg_lose(iso->pkg, "*", LOSS_BEHAVIOUR, "a recipe must allow special files", "special-file:%.512s", n->path);
	return true;
}

static int pass_node(const struct iso *iso, const struct iso_node *n, struct guard *g, struct err *e)
{
	struct sink *sink = guard_sink(g);
	struct entry en;

	entry_init(&en);
	if (guard_path(g, n->path, strlen(n->path), false, &en.path, e))
		return -1;
	en.type = n->same_as ? ENTRY_HARDLINK : n->type;
	en.mode = n->mode;
	en.uid = n->uid;
	en.gid = n->gid;
	en.mtime = n->mtime;
	en.dev_major = n->dev_major;
	en.dev_minor = n->dev_minor;
	en.size = en.type == ENTRY_FILE ? n->size : 0;
	en.target = n->target;
	if (n->same_as) {
		const char *own = en.path, *of = iso->tree.nodes.at[n->same_as - 1].path;

		if (guard_path(g, of, strlen(of), false, &en.target, e))
			return -1;
		en.path = own;
	}
	if (sink_entry_begin(sink, &en, e) || (en.type == ENTRY_FILE && pass_data(iso, n, sink, e)) ||
		sink_entry_end(sink, e))
		return err_member(e, en.path);
	return 0;
}

int iso_pass(struct iso *iso, struct guard *g, struct err *e)
{
	for (size_t i = 0; i < iso->tree.nodes.len; i++) {
		const struct iso_node *n = &iso->tree.nodes.at[i];

		if (!is_left_out(iso, n) && pass_node(iso, n, g, e))
			return -1;
	}
	return 0;
}

/* ---- one file */

struct collect {
	struct sink sink;
	char *to;
};

static int collect_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct collect *c = (struct collect *)s;

	memcpy(c->to, bytes, len);
	c->to += len;
	return 0;
}

static const struct sink_ops collect_ops = { NULL, NULL, collect_data, NULL, NULL, NULL };

static const struct iso_node *find_node(const struct iso *iso, const char *pattern, bool is_exact)
{
	for (size_t i = 0; i < iso->tree.nodes.len; i++) {
		const struct iso_node *n = &iso->tree.nodes.at[i];

		if (is_exact ? strcmp(pattern, n->path) == 0 : fnmatch(pattern, n->path, FNM_PATHNAME) == 0)
			return n;
	}
	return NULL;
}

/* Where a link leads, by its text alone; malloc. NULL: above the root. */
static char *link_path(const struct iso_node *n)
{
	const char *slash = strrchr(n->path, '/');
	AUTO_FREE char *raw = n->target[0] == '/'
		? mem_strdup(n->target)
		: mem_printf("%.*s/%s", slash ? (int)(slash - n->path) : 0, n->path, n->target);
	struct slice rest = slice_of(raw), part;
	AUTO(text) to = { 0 };

	while (slice_cut(&rest, '/', &part)) {
		if (part.len == 0 || slice_is(part, "."))
			continue;
		if (!slice_is(part, "..")) {
			text_bytes(&to, "/", to.len ? 1 : 0);
			text_bytes(&to, part.at, part.len);
		} else if (to.len == 0) {
			return NULL;
		} else {
			const char *up = strrchr(to.at, '/');

			to.len = up ? (size_t)(up - to.at) : 0;
			to.at[to.len] = 0;
		}
	}
	return text_take(&to);
}

int iso_file(struct iso *iso, const char *pattern, size_t most, char **ret_bytes, size_t *ret_len, struct err *e)
{
	const struct iso_node *n = find_node(iso, pattern, false);
	AUTO_FREE char *bytes = NULL;
	struct collect c = { .sink = { &collect_ops } };

	for (int links = 0; n && n->type == ENTRY_SYMLINK && links < LINKS_MOST; links++) {
		AUTO_FREE char *path = link_path(n);

		n = path ? find_node(iso, path, true) : NULL;
	}
	if (n == NULL || n->type != ENTRY_FILE) {
		*ret_bytes = NULL;
		*ret_len = 0;
		return 0;
	}
	if (n->size > most)
		return err_input(e, "E_LIMIT_METADATA", "%s: %llu bytes, at most %zu are read", n->path,
			(unsigned long long)n->size, most);
	c.to = bytes = mem_resize(NULL, (size_t)n->size + 1);
	if (pass_data(iso, n, &c.sink, e))
		return err_member(e, n->path);
	bytes[n->size] = 0;
	*ret_bytes = bytes;
	*ret_len = (size_t)n->size;
	bytes = NULL;
	return 0;
}
