/* zip_private.h - what the files of the zip reader share. APPNOTE.TXT 6.3.10; Info-ZIP's extra fields. */
#pragma once
#include "base/stream.h"
#include "formats/reader.h"

enum zip_method {
	ZIP_STORED = 0,
	ZIP_DEFLATED = 8,
	ZIP_BZIP2 = 12,
	ZIP_LZMA = 14,
	ZIP_ZSTD = 93,
	ZIP_XZ = 95,
	ZIP_AES = 99
};
enum zip_flag {
	ZIP_ENCRYPTED = 1,
	ZIP_DESCRIPTOR = 8,
	ZIP_PATCH = 32,
	ZIP_STRONG = 64,
	ZIP_UTF8 = 1 << 11,
	ZIP_MASKED = 1 << 13
};

struct zip_entry {
	const char *name;
	uint32_t name_len;
	uint16_t flags, method, made_by;
	uint32_t crc, external;
	uint64_t size, packed, local_at, data_at, end; /* end: of the data and its descriptor */
	int64_t mtime, uid, gid;
	const char *unicode; /* the name once more, from Info-ZIP's field; NULL: none */
	uint32_t unicode_len;
	bool is_unicode_bound; /* the field's checksum is that of name */
};
struct zip {
	int fd;
	uint64_t file_size;
	uint64_t directory_at, directory_size, count, tail_at; /* tail_at: where the end records begin */
	struct arena arena;
	struct zip_entry *at;
	size_t len;
};

/* Is there an end record whose directory stands where it says, in the last bytes of the file? Wherever the file's beginning points. */
bool zip_has_end(const struct source *src);
/* End records, central directory, local headers: all read and compared; entries sorted by their place in the file. */
int zip_open(struct zip *z, const struct source *src, const struct limits *limits, struct pkg *pkg, struct err *e) MUST;
void zip_done(struct zip *z);

/* The decoded bytes of an entry; NULL: E_UNSUPPORTED. What it reads is bounded by entry->packed. */
struct in *zip_data(const struct zip *z, const struct zip_entry *entry, const struct limits *limits, struct err *e);
/* Raw deflate; owns below. */
struct in *in_inflate(struct in *below);

uint16_t zip_u16(const unsigned char *at);
uint32_t zip_u32(const unsigned char *at);
uint64_t zip_u64(const unsigned char *at);
/* Extra fields into entry; wide: which of size, packed, local offset the 64-bit field holds (those that were all ones). */
struct zip_wide {
	uint64_t *size, *packed, *at;
};
int zip_extra(struct zip_entry *entry, const unsigned char *at, size_t len, const struct zip_wide *wide,
	struct arena *a, struct err *e) MUST;
