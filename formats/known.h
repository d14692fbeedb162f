/* known.h - naming formats that are recognised but not read. */
#pragma once
#include <stddef.h>

/* "a cabinet (cab)"; NULL when the first bytes say nothing. */
const char *known_name(const unsigned char *head, size_t len);
