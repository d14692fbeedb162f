/* sink.h - where the entries of a package flow: transform, fan-out, digest, check and writer are all sinks.
 *
 * Order of calls: begin once; for each entry entry_begin, data (files only, any number of times, together exactly
 * entry->size bytes), entry_end; close once at a good end. After a failure nothing more is called but drop.
 *
 * Two kinds of streams, told apart by where a sink stands:
 * - raw (from a reader): ENTRY_HARDLINK entries come as entries of their own, naming as target the file that carries the data.
 *   The file may come before or after them (rpm: after). A reader that knows the whole set when the file passes (rpm: from the
 *   header) fills entry->links as well.
 * - sets (behind the linker of repackager/): a hard link set is ONE entry of type ENTRY_FILE whose `links` holds all its other
 *   names; no ENTRY_HARDLINK comes. Writers see sets only and write the members in the order their format needs.
 *
 * Strings of an entry are valid until entry_end; a sink that keeps them copies. Parents need not come before their children. */
#pragma once
#include "formats/pkg.h"

struct sink;
struct sink_ops {
	int (*begin)(struct sink *s, const struct pkg *meta,
		struct err *e); /* metadata stands, entries do not; may be NULL */
	int (*entry_begin)(struct sink *s, const struct entry *entry, struct err *e);
	int (*data)(struct sink *s, const void *bytes, size_t len,
		struct err *e); /* bytes NULL: a hole of len zero bytes */
	int (*entry_end)(struct sink *s, struct err *e);
	int (*close)(struct sink *s, struct err *e); /* may be NULL */
	void (*drop)(struct sink *s);                /* frees what it owns, in any state; may be NULL */
};
struct sink {
	const struct sink_ops *ops;
};

/* A NULL sink swallows everything. */
int sink_begin(struct sink *s, const struct pkg *meta, struct err *e) MUST;
int sink_entry_begin(struct sink *s, const struct entry *entry, struct err *e) MUST;
int sink_data(struct sink *s, const void *bytes, size_t len, struct err *e) MUST;
int sink_entry_end(struct sink *s, struct err *e) MUST;
int sink_close(struct sink *s, struct err *e) MUST;
void sink_drop(struct sink *s);

/* A sink that makes what stands behind it when the metadata stands: `begin` is its user's and sets `next`, all else passes on. */
struct relay {
	struct sink sink; /* first */
	struct sink *next;
};
int relay_entry_begin(struct sink *s, const struct entry *entry, struct err *e) MUST;
int relay_data(struct sink *s, const void *bytes, size_t len, struct err *e) MUST;
int relay_entry_end(struct sink *s, struct err *e) MUST;
int relay_close(struct sink *s, struct err *e) MUST;
#define RELAY_OPS(BEGIN)                                                                                               \
	{                                                                                                              \
		.begin = (BEGIN), .entry_begin = relay_entry_begin, .data = relay_data, .entry_end = relay_entry_end,  \
		.close = relay_close                                                                                   \
	}
