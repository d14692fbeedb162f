/* decode.h - reading a vendor's file in the confined decoder process and receiving its frames, each checked.
 *
 * decode() forks; the child confines itself (sandbox/confine.h), chooses a reader, streams entries and facts; the parent validates every
 * frame (types, order, lengths, paths, totals), digests, and feeds `sink` (raw stream). A crash, a kill or a time-out of the child becomes
 * an error with a code (E_CORRUPT, E_LIMIT_MEMORY, E_LIMIT_TIME). */
#pragma once
#include "base/event.h"
#include "base/json.h"
#include "formats/reader.h"

/* The input's packed payload, for whoever will use it as it is. */
struct decode_payload {
	bool is_wanted;  /* set by the sink's begin, when pkg->payload offers one: then, after a good end, ... */
	char sha256[65]; /* ... of pkg->payload's bytes, taken in the same reading as the input's own ... */
	int fd;          /* ... and the input, still open; the caller's. Else -1 */
};
struct decode {
	const char *path;            /* a file or directory */
	const char *name;            /* what messages call it; NULL: the last part of its path */
	const struct limits *limits; /* NULL: limits_default */
	bool want_facts;             /* run inspect's collectors of bytes */
	bool want_elf_paths; /* and say where programs look for libraries: facts get a member "elf-paths" (inspect/elf_paths.h) */
	bool want_kept; /* and keep libraries with debug information in kept_fd: facts get a member "elf-kept" (inspect/elf_kept.h) */
	int kept_fd;      /* a file in memory, the caller's */
	bool few_digests; /* without a sink: entries get a sha256 only where a check or a promise wants it */
	const struct events *events;
	struct decode_payload *payload; /* may be NULL */
	const char *inner;              /* path of a file inside: it is read instead (inner.h); NULL */
};
/* pkg: initialised by the caller; gets metadata, signatures, warnings and entries (sorted, with sha256). sink and ret_facts may be NULL.
 * ret_sha256: the input file's, "" for a directory; may be NULL. */
int decode(const struct decode *d, struct sink *sink, struct pkg *pkg, json_t **ret_facts, char ret_sha256[65],
	struct err *e) MUST;

/* Several files at once, a decoder each, for whoever needs no bytes of them. The error is that of the first file that has one. */
struct decode_one {
	struct decode job;
	struct pkg *pkg; /* as above */
	json_t *facts;   /* set on success when the job wants some; the caller's */
	char sha256[65];
};
int decode_all(struct decode_one *files, size_t len, struct err *e) MUST;
