/* scripts_lua.c - scriptlets for rpm's built-in lua, on systems where lua is a package.
 *
 * The body runs byte for byte under Debian's lua5.3, the newest that lua-posix is built for; shims/prelude.lua, read through LUA_INIT, gives
 * it rpm's `arg`, `posix` and the part of `rpm` that has a meaning there. A body that reaches for more is not run, and said by name. */
#include "repackager/scripts_private.h"
#include "repackager/shims.h"
#include <string.h>

bool scripts_is_lua(const struct script *s)
{
	return strcmp(s->interpreter, "<lua>") == 0;
}

static const char *const offered[] = { "rpm.ver", "rpm.execute", "rpm.vercmp", "rpm.isdefined", "rpm.next_file",
	"posix.access", "posix.chdir", "posix.chmod", "posix.chown", "posix.ctermid", "posix.dir", "posix.errno",
	"posix.exec", "posix.files", "posix.fork", "posix.getcwd", "posix.getenv", "posix.getgroup", "posix.getlogin",
	"posix.getpasswd", "posix.getprocessid", "posix.kill", "posix.link", "posix.mkdir", "posix.mkfifo",
	"posix.readlink", "posix.redirect2null", "posix.rmdir", "posix.setenv", "posix.setgid", "posix.setuid",
	"posix.sleep", "posix.stat", "posix.symlink", "posix.sysconf", "posix.umask", "posix.uname", "posix.unlink",
	"posix.utime", "posix.wait" };

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_offered(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNT(offered); i++)
		if (strlen(offered[i]) == len && memcmp(offered[i], name, len) == 0)
			return true;
	return false;
}

/* Every "rpm.x" and "posix.x" of the text, comments included: one too many is only said, one too few would fail on the user's machine. */
static char *first_missing(const struct script *s)
{
	static const char *const spaces[] = { "rpm.", "posix." };
	const char *end = s->body + s->len;

	for (size_t i = 0; i < COUNT(spaces); i++)
		for (const char *at = s->body;
			(at = memmem(at, (size_t)(end - at), spaces[i], strlen(spaces[i]))) != NULL; at++) {
			const char *stop = at + strlen(spaces[i]);
			if (at > s->body && (is_word_char(at[-1]) || strchr(".-/", at[-1])))
				continue;
			while (stop < end && is_word_char(*stop))
				stop++;
			if ((size_t)(stop - at) > strlen(spaces[i]) && !is_offered(at, (size_t)(stop - at)))
				return mem_printf("%.*s", (int)(stop - at), at);
		}
	return NULL;
}

bool scripts_lua_misses(const struct script *s)
{
	AUTO_FREE char *missing = first_missing(s);

	return missing != NULL;
}

bool scripts_lua_runs(struct scripts_build *b, const struct script *s)
{
	AUTO_FREE char *missing = b->into == FAMILY_DEB ? first_missing(s) : mem_strdup("lua");

	if (!missing)
		return true;
	AUTO_FREE char *why = mem_printf("nothing there does what %s does in rpm's own lua", missing);
	char *kept = arena_str(&b->to->arena, why);
	scripts_lose(b, LOSS_BEHAVIOUR, s, kept ? kept : "its interpreter is built into rpm");
	return false;
}

void scripts_lua(struct scripts_build *b, enum slot slot)
{
	struct shell *sh = &b->slots[slot];
	const char *text = shim_text("prelude.lua");

	if (sh->has_lua)
		return;
	sh->has_lua = true;
	shell_put_file(&sh->files, "\"$sluice_dir/prelude.lua\"", text, strlen(text));
	text_add(&sh->files, "LUA_INIT=@$sluice_dir/prelude.lua\nexport LUA_INIT\n");
	*LIST_ADD(&b->wants) = (struct want){ "lua5.3", slot == SLOT_PRE };
	*LIST_ADD(&b->wants) = (struct want){ "lua-posix", slot == SLOT_PRE };
}
