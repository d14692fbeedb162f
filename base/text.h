/* text.h - text that people see, and small string work. */
#pragma once
#include "base/base.h"
#include <stdbool.h>

/* Bytes made fit for a terminal: control bytes, bidi controls and broken UTF-8 as \xNN or \u{NNNN}; malloc. keep_lines lets \n and \t pass. */
char *text_printable(const char *bytes, size_t len, bool keep_lines);
/* The same into room bytes (at least 1), always terminated, never half a character; returns the length written. */
size_t text_escape(char *ret, size_t room, const char *bytes, size_t len, bool keep_lines);
/* The length (1 to 4) of the UTF-8 character at bytes, its code point in *ret; 0 when it is none (overlong, surrogate, cut off). */
size_t text_utf8(const char *bytes, size_t len, uint32_t *ret);
bool text_is_utf8(const char *bytes, size_t len);
char *text_html(const char *text);        /* escaped for HTML text and attributes; malloc */
char *text_shell_quote(const char *text); /* one word for sh, single quotes; malloc */
bool text_has_control(const char *text);  /* a byte below 0x20, or 0x7f; NULL has none */
bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
/* A path pattern: * and ? stay inside a component, ** crosses them, [..] as in fnmatch. The whole path must match. */
bool text_glob(const char *pattern, const char *path);
struct arena;
/* Path inside a package: leading "./" and "/" off, doubled slashes and "." folded, no trailing slash; result starts with "/" ("/" for the root).
 * NULL when a component is "..". */
char *text_path(struct arena *a, const char *bytes, size_t len);

/* A growing string. */
struct text {
	char *at;
	size_t len, room;
};
void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_bytes(struct text *t, const void *bytes, size_t len);
void text_room(
	struct text *t, size_t more); /* for so many more bytes and an end: whoever writes at at + len adds to len */
/* "NAME SEPARATOR VALUE\n", always one line: control bytes become blanks, blanks at either end go. Nothing for an empty value. */
void text_field(struct text *t, const char *name, const char *separator, const char *value);
/* Nothing but blanks and control bytes. */
bool text_is_blank(const char *text);
/* The text, or its first most bytes (never half a UTF-8 character) and "...". Owned by the caller. */
char *text_beginning(const char *text, size_t most);
char *text_take(struct text *t); /* never NULL; malloc */
void text_done(struct text *t);
