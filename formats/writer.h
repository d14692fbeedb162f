/* writer.h - what every format that we write offers.
 *
 * A writer is opened with options only, takes the entries as a `sets` stream (sink.h), and gets the target package last: metadata,
 * relations and scripts exactly as that format wants them (repackager/ has mapped names, wrapped scripts, translated versions). So one
 * pass over the payload suffices. The payload is compressed while it streams, into an unlinked temporary, then copied behind the
 * header. Output depends on entries, pkg and options alone, byte for byte. */
#pragma once
#include "base/codec.h"
#include "formats/sink.h"

/* A packed payload of the writer's own format and the options' codec, as it lies in a file. */
struct payload_copy {
	int fd;
	uint64_t at, len, unpacked;
	char sha256[65]; /* of the len bytes */
};
struct writer_options {
	enum codec codec;
	int level;          /* 0: the codec's default */
	unsigned threads;   /* 0: one per processor; never changes the bytes */
	int64_t mtime_max;  /* SOURCE_DATE_EPOCH: later mtimes become it; -1: no limit */
	const char *target; /* name for `lost` */
	/* The payload is taken from the input as it is (its packed bytes, verified by whoever asks for it), the entries only say what is in
	 * it; NULL: they are packed. What it points to need only stand when finish is called. */
	const struct payload_copy *copy;
	int tree_fd; /* for a writer with is_tree: an empty folder of its own, filled while the entries come; -1: none */
	bool has_digests; /* the entry given to entry_begin is still there at entry_end, then with its sha256: no need to hash it again */
};
/* What the writer learned about its output, for index fragments. */
struct writer_result {
	uint64_t header_start, header_end /* rpm: main header */, installed_size, archive_size;
	uint64_t payload_at; /* where a copied payload went */
	char *control /* deb: the control file; malloc */;
	char tree_sha256[65]; /* is_tree: of the listing of what the folder holds (write_directory.h) */
};
struct writer_job;
struct writer {
	const char *name;   /* "deb" */
	const char *suffix; /* ".deb" */
	enum codec codec;   /* default */
	struct writer_job *(*open)(const struct writer_options *options, struct err *e);
	struct sink *(*sink)(struct writer_job *job); /* the sink to feed */
	/* After sink_close: writes the package to fd (an empty file at position 0). The writer kept what it needs of the entries; pkg->entries need
	 * not be set. Adds to pkg->lost what this format could not express. */
	int (*finish)(struct writer_job *job, struct pkg *pkg, int fd, struct writer_result *ret, struct err *e);
	void (*drop)(struct writer_job *job);      /* frees, in any state; NULL is fine */
	char *(*file_name)(const struct pkg *pkg); /* name_version-release_arch.deb; malloc */
	int (*check)(const struct pkg *pkg,
		struct err *e); /* metadata this format cannot take (a name dpkg refuses); before the pass */
	/* After sink_close, when options.copy was set: does the payload hold just what this format must hold for the entries that came?
	 * NULL: this writer cannot copy. */
	bool (*may_copy)(const struct writer_job *job);
	/* Its output is a folder: options.tree_fd, which finish gets as fd, too. By then all is in it and synced. */
	bool is_tree;
	const char *const *cannot; /* for `sluice formats`; ends with NULL */
};
extern const struct writer *const writers[];         /* ends with NULL */
const struct writer *writer_named(const char *name); /* NULL */
