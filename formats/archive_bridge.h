/* archive_bridge.h - formats that are read through libarchive: one format of it, no filters, its entries through our guard.
 *
 * libarchive crashes, spins and grows on some inputs: this runs in the confined decoder only. */
#pragma once
#include "formats/guard.h"

struct archive;
/* enable: archive_read_support_format_X. Names come in the process's locale: the decoder runs under C.UTF-8, and a name that
 * cannot be told there is E_NAME_ENCODING. Begins and finishes the guard's sink. */
int archive_bridge(const struct source *src, const struct limits *limits, struct guard *g, struct pkg *pkg,
	int (*enable)(struct archive *), struct err *e) MUST;
