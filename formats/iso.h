/* iso.h - reading an ISO 9660 image (ECMA-119 with Rock Ridge, Joliet, zisofs) that is the whole file: by itself, or with a program in its system area.
 *
 * The tree is read whole when the image is opened, from the view that tells most, and held against the next one (E_MISMATCH where they differ). */
#pragma once
#include "formats/guard.h"

struct iso;
/* src, limits and pkg are borrowed; pkg takes warnings and losses. E_EMPTY: an image without files. */
int iso_open(const struct source *src, const struct limits *limits, struct pkg *pkg, struct iso **ret, struct err *e)
	MUST;
void iso_close(struct iso *iso); /* NULL is fine */
#define AUTO_ISO __attribute__((cleanup(iso_auto))) struct iso
void iso_auto(struct iso **iso);
/* The content of one file (malloc, NUL after the end), at most `most` bytes (else E_LIMIT_METADATA). The pattern is fnmatch's with FNM_PATHNAME, the first
 * path that fits counts; where it is a link, it is followed by its text. 0 with *ret_bytes NULL: there is none. */
int iso_file(struct iso *iso, const char *pattern, size_t most, char **ret_bytes, size_t *ret_len, struct err *e) MUST;
/* All entries to the guard, which is neither begun nor finished here. Special files, and links above the root, are left out with a word. */
int iso_pass(struct iso *iso, struct guard *g, struct err *e) MUST;
