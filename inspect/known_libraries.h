/* known_libraries.h - libraries that are often copied into packages, and by what they are known. Private to inspect/. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct known_library {
	const char *soname; /* its beginning; for Java of "group:artifact" */
	const char *name;
	const char *package; /* a part of the name of packages that are this library */
};
/* NULL: not one of them. */
const struct known_library *known_library(const char *soname);
const struct known_library *known_library_named(const char *name);
/* "1.2.11" of libz.so.1.2.11, "1.1" of libssl.so.1.1; "" */
const char *known_version(const char *file_name);
/* < 0: a is older than b; versions of letters and numbers, part by part ("1.1.1k" < "1.1.1n" < "3.0"). */
int known_version_order(const char *a, const char *b);
