/* run.h - self-extracting shell scripts: what their text says about the archives behind it. The text is read, never run.
 *
 * makeself (versions 1.x to 2.5) says everything in variables at the top; others find their archive by a line's number or a marker line.
 * Where the text says two things it is E_AMBIGUOUS, where it says what is not there E_CORRUPT or E_TRUNCATED. */
#pragma once
#include "formats/guard.h"

enum { RUN_TEXT_MOST = 4 << 20, RUN_ARCHIVES_MOST = 64, RUN_HINTS_MOST = 16 };

/* What a script says. Strings live in the arena; "" where it says nothing. */
struct run_text {
	bool is_makeself;
	const char *label, *script, *arguments, *target, *cleanup;
	const char *crc, *md5, *sha256; /* one word an archive */
	const char *codec;              /* the compressor's name: "gzip", "base64", ...; "" */
	const char *encryption;         /* what deciphers it: "openssl", "gpg"; "" */
	uint64_t payload_at;            /* of the first archive */
	uint64_t sums_at;               /* where checksummed bytes begin, in makeself 1.x; else payload_at */
	uint64_t sizes[RUN_ARCHIVES_MOST];
	size_t sizes_len;    /* 0: one archive, up to the end of the file */
	bool is_total_wrong; /* the text's own total is not the sum of its sizes: looked at once the archives passed */
	const char *refused; /* "a shell archive (shar)": known, and not readable; payload_at does not count then */
};
/* text: the file's beginning. 1: told, 0: no self-extracting script that we know, -1: one that contradicts itself or lacks what it names.
 * is_whole: nothing of the file follows. */
int run_text(const char *text, size_t len, bool is_whole, struct arena *a, struct run_text *ret, struct err *e) MUST;
