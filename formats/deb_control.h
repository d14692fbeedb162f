/* deb_control.h - one file out of a deb: what it says of itself. deb-control(5). */
#pragma once
#include "formats/reader.h"

/* The file "control" as it stands there (malloc); nothing else of the package is unpacked or judged. Hostile bytes: in a confined process. */
int deb_read_control(int fd, uint64_t size, const struct limits *limits, char **ret, struct err *e) MUST;
