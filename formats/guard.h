/* guard.h - the one place that decides which entries no package may hold, whatever its format.
 *
 * Stands between a reader and the rest. Refuses: paths that leave the package, are absolute where the format forbids it, empty, too
 * long or deep, with control bytes or NUL; duplicates after normalisation; links that leave (E_LINK_ESCAPE), entries written through
 * a symlink of the package, hard links to nothing or to a symlink; devices and fifos unless allowed; data longer or shorter than
 * said; totals over the limits; names that meet after usr-merge aliasing. Warns: setuid, setgid, capabilities, world-writable,
 * protected paths, case and Unicode collisions, bidi controls, names that are not UTF-8. Codes: formats.md; cases: the corpus. */
#pragma once
#include "formats/reader.h"

struct guard;
/* input_size: for the ratio. pkg takes the warnings (NULL: none wanted). next may be NULL. */
struct guard *guard_new(struct sink *next, const struct limits *limits, uint64_t input_size, struct pkg *pkg);
void guard_free(struct guard *g); /* does not drop next */
struct sink *guard_sink(struct guard *g);
/* Normalises a raw name of the source and checks it; *ret_path lives as long as the guard. "." and "./" give "/" (the caller skips it). */
int guard_path(struct guard *g, const char *raw, size_t len, bool absolute_ok, const char **ret_path, struct err *e)
	MUST;
/* From here on a hard link must name a file that came before it (tar, and so deb); else it may come later (rpm). */
void guard_links_backward(struct guard *g);
uint64_t guard_entries(const struct guard *g);           /* how many came so far */
bool guard_has(const struct guard *g, const char *path); /* did an entry of that normalised path come? */
/* Checks that need the whole list (hard link targets, symlink chains), then sink_close(next). */
int guard_finish(struct guard *g, struct err *e) MUST;
/* Warnings on a script (E_SCRIPT_REVIEW): download-and-run, new package sources or keys, rm -rf on a variable, no interpreter line, lua's os.execute, ... */
void guard_script(struct pkg *pkg, const struct script *script);
size_t guard_script_patterns(void); /* how many of its patterns do not compile: 0 (for the unit test) */
