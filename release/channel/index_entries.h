/* index_entries.h - a document of an index (formats/index_doc.h) read again, entry by entry: what a tree says to apt or dnf, held against what was voted on. */
#pragma once
#include "base/arena.h"
#include "base/digest.h"
#include "base/stream.h"
#include "base/text.h"

struct entries {
	int fd;
	struct in *in;
	struct text held; /* read and not yet given, from at on */
	size_t at;
	bool is_end;
	struct digest digest; /* of the open text, as far as it was read */
};
/* most: E_LIMIT_SIZE beyond so many bytes of open text; 0: no limit. */
int entries_open(struct entries *x, const char *path, bool is_packed, uint64_t most, struct err *e) MUST;
void entries_close(struct entries *x);
#define AUTO_ENTRIES __attribute__((cleanup(entries_close))) struct entries
/* 1: the text up to and with the next stop; 0: there is none, and *ret is the rest. Valid until the next call. More than 256 MiB without a stop is E_LIMIT_SIZE. */
int entries_next(struct entries *x, const char *stop, struct slice *ret, struct err *e) MUST;
/* Reads on to the end; sha256 and size of all of the open text. */
int entries_end(struct entries *x, char ret_sha256[SHA256_HEX], uint64_t *ret_size, struct err *e) MUST;
