/* roots.h - where root images come from; used by root.c only. Each fills the empty folder `tree`. */
#pragma once
#include "sandbox/root.h"

int root_from_debian(const char *suite, const char *tree, const struct events *ev, struct err *e) MUST;
int root_from_tar(const char *file, const char *tree, const struct events *ev, struct err *e) MUST;
int root_from_folder(const char *from, const char *tree, struct err *e) MUST;
