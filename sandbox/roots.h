/* roots.h - where root images come from; used by root.c only. */
#pragma once
#include "sandbox/root.h"

/* Writes the system as a tar file; an ordinary user may do it too. */
int root_from_debian(const char *suite, const char *archive, const struct events *ev, struct err *e) MUST;
/* These fill the empty folder `tree`, where files may have any owner (users_run). */
int root_from_tar(const char *file, const char *tree, const struct events *ev, struct err *e) MUST;
int root_from_folder(const char *from, const char *tree, struct err *e) MUST;
