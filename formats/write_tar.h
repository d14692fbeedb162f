/* write_tar.h - the writer of plain trees in a tar. */
#pragma once
#include "formats/writer.h"

extern const struct writer writer_tar;

/* What trees are called, in a tar or on the disk: "NAME-VERSION-RELEASE.ARCH" and the suffix; malloc. */
char *tree_name(const struct pkg *pkg, const char *suffix);
/* E_METADATA: a part of the name that no file should have. */
int tree_name_check(const struct pkg *pkg, struct err *e) MUST;
