/* err.c - sets, wraps and places errors; the table of every code that may leave the program. */
#include "base/err.h"
#include "base/base.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Refusals, verdicts (on trust; E_GATE: the gate's own), findings that carry a code. Sorted; tests/lint/codes.sh keeps it whole. */
static const char *const codes[] = {
	"E_AMBIGUOUS",
	"E_CORRUPT",
	"E_DIGEST",
	"E_DIGEST_WEAK",
	"E_DUPLICATE_MEMBER",
	"E_DUPLICATE_NAME",
	"E_EMPTY",
	"E_ENCRYPTED",
	"E_EXTRA_MEMBER",
	"E_FREEZE",
	"E_FREEZE_UNBOUNDED",
	"E_GATE",
	"E_LIMIT_DEPTH",
	"E_LIMIT_ENTRIES",
	"E_LIMIT_MEMORY",
	"E_LIMIT_METADATA",
	"E_LIMIT_NAME",
	"E_LIMIT_PATH",
	"E_LIMIT_RATIO",
	"E_LIMIT_SCRIPT",
	"E_LIMIT_SIZE",
	"E_LIMIT_TIME",
	"E_LIMIT_XATTR",
	"E_LINK_ESCAPE",
	"E_LINK_TARGET_MISSING",
	"E_LOOP",
	"E_METADATA",
	"E_MISMATCH",
	"E_MULTIVOLUME",
	"E_NAME_BIDI",
	"E_NAME_COLLISION",
	"E_NAME_COLLISION_CASE",
	"E_NAME_COLLISION_UNICODE",
	"E_NAME_CONTROL",
	"E_NAME_EMPTY",
	"E_NAME_ENCODING",
	"E_NAME_NUL",
	"E_OVERLAP",
	"E_PATH_ABSOLUTE",
	"E_PATH_ESCAPE",
	"E_POLICY_FILECAP",
	"E_POLICY_MODE",
	"E_POLICY_PROTECTED_PATH",
	"E_POLICY_SETGID",
	"E_POLICY_SETUID",
	"E_POLYGLOT",
	"E_ROLLBACK",
	"E_SCRIPT_REVIEW",
	"E_SIG_BAD",
	"E_SIG_EXPIRED",
	"E_SIG_KEY_EXPIRED",
	"E_SIG_KEY_MISSING",
	"E_SIG_KEY_REVOKED",
	"E_SIG_MISSING",
	"E_SIG_PARTIAL",
	"E_SIG_TIME",
	"E_SIG_UNTRUSTED",
	"E_SIG_WEAK",
	"E_SPECIAL_FILE",
	"E_STRUCTURE",
	"E_TRAILING_DATA",
	"E_TRUNCATED",
	"E_UNKNOWN_FORMAT",
	"E_UNSIGNED_TAGS",
	"E_UNSUPPORTED",
};

const char *err_code_known(const char *code)
{
	for (size_t i = 0; code && i < COUNT(codes); i++)
		if (strcmp(codes[i], code) == 0)
			return codes[i];
	return NULL;
}

/* Formats into at most room bytes, printable, always terminated. */
__attribute__((format(printf, 3, 0))) static void put(char *ret, size_t room, const char *fmt, va_list ap)
{
	char raw[2048];
	int len = vsnprintf(raw, sizeof raw, fmt, ap);

	if (len < 0)
		len = 0;
	if ((size_t)len >= sizeof raw)
		len = sizeof raw - 1;
	text_escape(ret, room, raw, (size_t)len, false);
}

/* Names in parentheses: the function itself, not err.h's macro around it. */
int(err_vset)(struct err *e, enum err_class class, const char *code, const char *fmt, va_list ap)
{
	char text[sizeof e->text];

	put(text, sizeof text, fmt, ap); /* first: the arguments may point into *e */
	*e = (struct err){ .class = class, .code = code };
	memcpy(e->text, text, sizeof text);
	return -1;
}

#define SET(class, code)                                                                                               \
	do {                                                                                                           \
		va_list ap;                                                                                            \
		va_start(ap, fmt);                                                                                     \
		err_vset(e, class, code, fmt, ap);                                                                     \
		va_end(ap);                                                                                            \
	} while (0)

int(err_set)(struct err *e, enum err_class class, const char *code, const char *fmt, ...)
{
	SET(class, code);
	return -1;
}

int(err_input)(struct err *e, const char *code, const char *fmt, ...)
{
	SET(ERR_INPUT, code);
	return -1;
}

int(err_verdict)(struct err *e, const char *code, const char *fmt, ...)
{
	SET(ERR_VERDICT, code);
	return -1;
}

int(err_usage)(struct err *e, const char *fmt, ...)
{
	SET(ERR_USAGE, NULL);
	return -1;
}

int(err_env)(struct err *e, const char *fmt, ...)
{
	SET(ERR_ENV, NULL);
	return -1;
}

int(err_sys)(struct err *e, const char *fmt, ...)
{
	int sys = errno;
	char buf[128];
	size_t len;

	SET(ERR_ENV, NULL);
	e->sys = sys;
	len = strlen(e->text);
	snprintf(e->text + len, sizeof e->text - len, ": %s", strerror_r(sys, buf, sizeof buf));
	return -1;
}

bool err_is_machine(const struct err *e)
{
	static const int failures[] = { EIO, ENOSPC, EDQUOT, EROFS, ENOMEM, EMFILE, ENFILE };

	for (size_t i = 0; e->class == ERR_ENV && i < COUNT(failures); i++)
		if (e->sys == failures[i])
			return true;
	return false;
}

int(err_wrap)(struct err *e, const char *fmt, ...)
{
	char text[sizeof e->text];
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	put(text, sizeof text - sizeof ": ", fmt, ap);
	va_end(ap);
	len = strlen(text);
	memcpy(text + len, ": ", 3);
	text_escape(text + len + 2, sizeof text - len - 2, e->text, strlen(e->text), false);
	memcpy(e->text, text, sizeof text);
	return -1;
}

int(err_member)(struct err *e, const char *member)
{
	if (!e->member[0])
		text_escape(e->member, sizeof e->member, member, strlen(member), false);
	return -1;
}

int(err_file)(struct err *e, const char *file)
{
	if (!e->file[0])
		snprintf(e->file, sizeof e->file, "%s", file);
	return -1;
}

int(err_at)(struct err *e, uint64_t offset)
{
	if (!e->has_offset && offset <= INT64_MAX) {
		e->offset = (int64_t)offset;
		e->has_offset = true;
	}
	return -1;
}

int(err_hint)(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!e->hint[0])
		put(e->hint, sizeof e->hint, fmt, ap);
	va_end(ap);
	return -1;
}
