/* content.h - what kind of content a file has, told from its first bytes and where it lies. */
#pragma once
#include <stddef.h>

enum { CONTENT_HEAD = 512 };
/* "empty", "elf", "script", "archive", "config" (text below /etc), "text", "data". */
const char *content_class(const char *path, const unsigned char *head, size_t len);
