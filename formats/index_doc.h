/* index_doc.h - one document of a repository's index (Packages, primary.xml, ...), made from the one before it and what changed since.
 *
 * Entries stand in the order of their keys. They are compressed in pieces, each a gzip member of its own (RFC 1952, 2.2: members may follow one another;
 * apt, dnf and zypper read them). A piece ends behind an entry whose package's digest says so, one in 64, and behind a large one: so where pieces end depends on the set of entries
 * alone, and whoever makes the document from the same set gets the same bytes. A change makes anew the pieces it touches; the others are copied.
 *
 *   PATH.gz      the document
 *   PATH.lz4     the text of each piece once more, as blocks that are read far sooner than gzip's: the digest of the whole text wants all of it every time
 *   PATH.pieces  what lies in both: "COUNT HEAD TAIL" (entries, compressed bytes of head and tail), then a piece
 *                "=BYTES LZ4BYTES SUM ENDED ENTRIES LENGTH LINES" and behind it, in so many bytes, "LENGTH KEY" an entry
 *   PATH         the plain text, when it is wanted */
#pragma once
#include "base/digest.h"

struct doc_entry {
	const char *key;    /* no line end in it */
	const char *digest; /* sha256 of the package, hex: its end decides where pieces end */
	const void *from;   /* what load makes the text from */
};
struct doc_change {
	const struct doc_entry *added; /* in the order of keys (strcmp), each once */
	size_t added_len;
	const char *const *removed; /* keys in that order; one that is in added as well is replaced */
	size_t removed_len;
	/* The entry's text; malloc. Called once an added entry, in their order. */
	int (*load)(void *context, const struct doc_entry *entry, char **ret, size_t *ret_len, struct err *e);
	void *context;
};
struct doc_form {
	const char *head, *tail; /* "%zu" in head becomes the number of entries; "" is fine */
	bool plain;
};
struct doc {
	size_t entries;
	char sha256[SHA256_HEX], open_sha256[SHA256_HEX]; /* of the compressed bytes, of the text */
	uint64_t size, open_size;
};
/* before: PATH of the document before (NULL: there was none); after: PATH to write. A document before that is damaged, or that lacks what is to be removed,
 * is an error: make the new one from all entries then. Not synced to disk: a torn document is found by its checksums. */
int index_doc_write(const char *before, const char *after, const struct doc_form *form, const struct doc_change *change,
	struct doc *ret, struct err *e) MUST;
