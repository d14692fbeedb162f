/* reader.h - what every format that we read offers. Readers run in the confined decoder process (and in fuzz targets and unit tests).
 *
 * A reader trusts nothing: it fills pkg (metadata, scripts, relations, signatures, warnings; NOT pkg->entries), calls sink_begin
 * once the metadata stands, then streams the entries raw (sink.h) through the guard (guard.h), which refuses what no package may
 * hold. It reads the file once, front to back where the format lets it, explains its last byte, and opens nothing else. */
#pragma once
#include "formats/sink.h"

/* Limits on what one input may make us do; the codes are E_LIMIT_*. */
struct limits {
	uint64_t output;      /* decoded bytes of all entries: 20 GiB */
	uint64_t entries;     /* 500,000 */
	unsigned ratio;       /* decoded : input, past 8 MiB: 200 */
	uint64_t memory;      /* of the decoder and of a codec's window: 512 MiB */
	unsigned seconds;     /* CPU and wall: 600 */
	uint64_t metadata;    /* one header or control file: 64 MiB for rpm headers, 4 MiB for a deb control file */
	uint64_t script;      /* one script: 4 MiB */
	unsigned path, depth; /* 4096 bytes, 256 components */
	uint64_t xattr;       /* all xattrs of one entry: 64 KiB */
	bool devices;         /* devices and fifos allowed (by the recipe); else E_SPECIAL_FILE */
};
extern const struct limits limits_default;

struct source {
	int fd;        /* a regular file (seekable) or a directory */
	uint64_t size; /* of a file */
	bool is_dir;
	const char *name; /* for messages, and for what an archive's file name tells */
	int beside_fd;    /* the folder of a file that names files beside it (dsc.h), for reading; 0: not given */
};

enum { READER_HEAD = 65536 };
struct reader {
	const char *name;
	/* 0: not mine .. 100: surely mine. head: the first bytes (up to READER_HEAD). A format we only recognise refuses in read with E_UNSUPPORTED and a hint. */
	int (*bid)(const struct source *src, const unsigned char *head, size_t len);
	int (*read)(const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg,
		struct err *e);
	const char *about; /* for `sluice formats` */
};
extern const struct reader *const readers[]; /* ends with NULL */
/* The best bid; none: E_UNKNOWN_FORMAT; an empty file: E_EMPTY; a file that is two formats at once: E_POLYGLOT. */
int reader_choose(const struct source *src, const struct reader **ret, struct err *e) MUST;
const struct reader *reader_named(const char *name); /* NULL */
