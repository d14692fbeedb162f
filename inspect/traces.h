/* traces.h - texts inside a program that tell what it was made of or what it loads: version texts of libraries, names of TLS code. Private to
 * inspect/. */
#pragma once
#include "inspect/finder.h"

enum trace_kind {
	TRACE_VERSION /* a digit follows: the version of a library whose code is inside */,
	TRACE_TLS /* code of a TLS library is inside */,
	TRACE_LOADS /* the name of a TLS library, as for dlopen */,
	TRACE_LANGUAGE
};
struct trace {
	const char *text; /* at least FINDER_LEAST bytes */
	const char *name; /* of the library or language */
	enum trace_kind kind;
};
enum { TRACES_MAX = 64 };
extern const struct trace traces[];
extern const size_t traces_len;

/* Sets found[i] to the first place of traces[i], where it is not set yet. A NUL stands behind the bytes. */
void traces_find(const unsigned char *bytes, size_t len, const char *found[TRACES_MAX]);
/* The version behind a TRACE_VERSION that was found: "1.1.1k". */
void trace_version(const struct trace *trace, const char *found, char ret[32]);
