/* content.h - what a file is, told by its first bytes, never by its name. Private to inspect/. */
#pragma once
#include "base/base.h"
#include <stdbool.h>

enum { CONTENT_HEAD = 4096 };
struct content {
	const char *kind;     /* "program", "library", "script", "archive", "text", ...; static */
	const char *machine;  /* of a program or library: "x86_64"; "" ; static */
	char interpreter[64]; /* of a script: "/bin/sh"; "" */
};
/* head: the first bytes, at most CONTENT_HEAD; size: of the whole file. */
void content_of(const unsigned char *head, size_t len, uint64_t size, struct content *ret);
/* An unsigned field of a file in either byte order. */
uint64_t content_number(const unsigned char *at, unsigned bytes, bool is_big);
const char *content_machine(uint64_t machine); /* ELF's number as a name; static */
