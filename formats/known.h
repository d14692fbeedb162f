/* known.h - naming formats that are recognised but not read. */
#pragma once
#include "formats/reader.h"
#include <stddef.h>

/* "a cabinet (cab)"; NULL when the first bytes say nothing. */
const char *known_name(const unsigned char *head, size_t len);
/* An ISO 9660 image inside a codec: it begins with zeros as an empty tar does, and must be unpacked first, for it is sought in. */
bool known_is_packed_image(const struct source *src, const unsigned char *head, size_t len);
