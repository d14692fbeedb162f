/* guard_path.c - which names a package may hold, and their one normal form. */
#include "base/text.h"
#include "formats/guard_private.h"
#include <string.h>

enum { NAME_MOST = 255 };

/* Lead bytes that only ever start a spelling of a character longer than needed (RFC 3629, section 3): the way '/' and '.' are smuggled. */
static bool is_overlong(const unsigned char *at, size_t len)
{
	if (at[0] == 0xc0 || at[0] == 0xc1)
		return true;
	if (len < 2)
		return false;
	return (at[0] == 0xe0 && at[1] >= 0x80 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] >= 0x80 && at[1] < 0x90);
}

/* Unicode's bidirectional controls: they make a name read as another one. */
static bool is_bidi(uint32_t c)
{
	return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
		(c >= 0x2066 && c <= 0x2069);
}

static int check_bytes(struct guard *g, const char *name, size_t len, struct err *e)
{
	bool is_odd = false, has_bidi = false;

	for (size_t i = 0, size; i < len; i += size) {
		uint32_t c = 0;

		size = text_utf8(name + i, len - i, &c);
		if (size == 0) {
			if (is_overlong((const unsigned char *)name + i, len - i))
				return err_input(e, "E_NAME_ENCODING",
					"the name holds an overlong UTF-8 sequence: %.*s", (int)(len < 512 ? len : 512),
					name);
			is_odd = true;
			size = 1;
			continue;
		}
		if (c == 0)
			return err_input(
				e, "E_NAME_NUL", "the name holds a NUL byte: %.*s", (int)(i < 512 ? i : 512), name);
		if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0))
			return err_input(e, "E_NAME_CONTROL", "the name holds a control character: %.*s",
				(int)(len < 512 ? len : 512), name);
		has_bidi = has_bidi || is_bidi(c);
	}
	if (g->pkg && (is_odd || has_bidi)) {
		AUTO_FREE char *shown = text_printable(name, len < 1024 ? len : 1024, false);

		if (is_odd)
			guard_warn(g, "E_NAME_ENCODING", shown, "the name is not UTF-8");
		if (has_bidi)
			guard_warn(g, "E_NAME_BIDI", shown, "the name holds characters that turn the text's direction");
	}
	return 0;
}

/* A tool that takes '\' for '/' would leave the package, or start at a drive. A lone '\' (systemd's "\x2d") is a name. */
static int check_backslash(const char *name, size_t len, struct err *e)
{
	size_t from = 0;

	if (memchr(name, '\\', len) == NULL)
		return 0;
	for (size_t i = 0; i <= len; i++) {
		if (i < len && name[i] != '\\' && name[i] != '/')
			continue;
		if (i - from == 2 && name[from] == '.' && name[from + 1] == '.')
			return err_input(e, "E_PATH_ESCAPE", "the name leaves the package where '\\' parts names: %.*s",
				(int)(len < 512 ? len : 512), name);
		from = i + 1;
	}
	if (name[0] == '\\' || (len > 2 && name[1] == ':' && name[2] == '\\'))
		return err_input(e, "E_PATH_ABSOLUTE", "the name is absolute where '\\' parts names: %.*s",
			(int)(len < 512 ? len : 512), name);
	return 0;
}

int guard_name_check(struct guard *g, const char *name, size_t len, struct err *e)
{
	if (check_bytes(g, name, len, e))
		return -1;
	return check_backslash(name, len, e);
}

/* Appends one component to ret (room is enough: the result is never longer than the raw name and a slash). */
static int add_component(const char *at, size_t len, char *ret, size_t *ret_used, struct err *e)
{
	if (len == 2 && at[0] == '.' && at[1] == '.')
		return err_input(e, "E_PATH_ESCAPE", "the path holds '..'");
	if (len > NAME_MOST)
		return err_input(e, "E_LIMIT_NAME", "a name of %zu bytes (at most %d)", len, NAME_MOST);
	ret[(*ret_used)++] = '/';
	memcpy(ret + *ret_used, at, len);
	*ret_used += len;
	return 0;
}

static int normalise(const char *raw, size_t len, unsigned depth_most, char *ret, struct err *e)
{
	size_t used = 0;
	unsigned depth = 0;

	for (size_t i = 0, end; i < len; i = end + 1) {
		const char *slash = memchr(raw + i, '/', len - i);

		end = slash ? (size_t)(slash - raw) : len;
		if (end == i || (end == i + 1 && raw[i] == '.'))
			continue;
		if (++depth > depth_most)
			return err_input(e, "E_LIMIT_DEPTH", "a path of more than %u components", depth_most);
		if (add_component(raw + i, end - i, ret, &used, e))
			return err_wrap(e, "%.*s", (int)(len < 256 ? len : 256), raw);
	}
	if (used == 0)
		ret[used++] = '/';
	ret[used] = 0;
	return 0;
}

int guard_path(struct guard *g, const char *raw, size_t len, bool absolute_ok, const char **ret_path, struct err *e)
{
	char *path;

	if (len == 0)
		return err_input(e, "E_NAME_EMPTY", "an entry has no name");
	if (len > g->limits->path)
		return err_input(
			e, "E_LIMIT_PATH", "a path of %zu bytes (at most %u): %.*s...", len, g->limits->path, 64, raw);
	if (guard_name_check(g, raw, len, e))
		return -1;
	if (raw[0] == '/' && !absolute_ok)
		return err_input(e, "E_PATH_ABSOLUTE", "the path is absolute: %.*s", (int)(len < 512 ? len : 512), raw);
	path = arena_alloc(&g->arena, len + 2);
	if (path == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the names of the package take too much memory");
	if (normalise(raw, len, g->limits->depth, path, e))
		return -1;
	g->last_path = path;
	*ret_path = path;
	return 0;
}
