/* deb_index.h - a folder of debs as an index that apt reads. */
#pragma once
#include "base/err.h"
#include "base/text.h"

/* Adds a stanza for each deb in the folder and below; place: where apt finds the folder, before the file's own path. What is no whole package apt
 * need not know. More bytes than limit are an error. */
int deb_index_add(struct text *index, const char *folder, const char *place, size_t limit, struct err *e) MUST;
