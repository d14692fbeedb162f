/* appimage.h - what makes a file an AppImage: a program (ELF) with "AI" and the type, 1 or 2, at byte 8. AppImage specification (draft). */
#pragma once
#include <stddef.h>

/* 0: none, by these first bytes of it. */
unsigned appimage_type(const unsigned char *head, size_t len);
