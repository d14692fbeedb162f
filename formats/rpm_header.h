/* rpm_header.h - an rpm's lead and its two headers: every byte checked by us before librpm imports it.
 *
 * Format: RPM's docs/manual/format_v4.md, lib/header.c's limits (65,535 tags, 256 MiB; ours are narrower). A header here is the blob
 * with its 8 byte magic, the two counts, the index and the data. Reading of tags goes through librpm's headerGet on a private copy. */
#pragma once
#include "formats/reader.h"
#include <rpm/header.h>

enum { RPM_LEAD = 96, RPM_INTRO = 16, RPM_INDEX_ENTRY = 16, RPM_REGION = 16, RPM_TAGS_MAX = 65535 };

struct rpm_lead {
	unsigned char major, minor;
	uint16_t type, arch, os, signature_type; /* type: 0 binary, 1 source */
	char name[67];
	bool is_name_terminated;
};
int rpm_lead_parse(const unsigned char lead[RPM_LEAD], struct rpm_lead *ret, struct err *e) MUST;

/* The number is the region's tag. */
enum rpm_header_kind { RPM_SIGNATURE_HEADER = 62, RPM_MAIN_HEADER = 63 };
struct rpm_header {
	enum rpm_header_kind kind;
	unsigned char *blob; /* malloc; with magic */
	size_t len;
	uint64_t start, end; /* in the file */
	bool has_region;
	Header h;
	LIST(uint32_t) outside; /* tags behind the signature header's region: not to be believed */
};
/* Checks a whole blob: intro, index, region, data. Adds tags outside the region to ret->outside. No librpm, no allocation but that. */
int rpm_header_check(
	const unsigned char *blob, size_t len, enum rpm_header_kind kind, struct rpm_header *ret, struct err *e) MUST;
/* Reads the header at `start` of fd (at most `limit` bytes of it), checks it and imports it. */
int rpm_header_read(int fd, uint64_t start, uint64_t file_size, uint64_t limit, enum rpm_header_kind kind,
	struct rpm_header *ret, struct err *e) MUST;
/* The same for bytes in memory, which are copied. */
int rpm_header_import(
	const unsigned char *blob, size_t len, enum rpm_header_kind kind, struct rpm_header *ret, struct err *e) MUST;
void rpm_header_done(struct rpm_header *h);

/* All values of one tag; borrowed from the header. */
enum rpm_shape { RPM_TEXTS, RPM_NUMBERS, RPM_BYTES };
struct rpm_values {
	struct rpmtd_s td;
	uint32_t len; /* 0: the tag is absent; bytes: their count */
};
/* E_METADATA when the tag is of another shape. Absent is no error. */
int rpm_values_get(
	const struct rpm_header *h, uint32_t tag, enum rpm_shape shape, struct rpm_values *ret, struct err *e) MUST;
void rpm_values_done(struct rpm_values *v);
const char *rpm_text_at(const struct rpm_values *v, uint32_t i); /* "" behind the end */
uint64_t rpm_number_at(const struct rpm_values *v, uint32_t i);  /* 0 behind the end */
const unsigned char *rpm_bytes_of(const struct rpm_values *v);   /* NULL when absent */
bool rpm_has(const struct rpm_header *h, uint32_t tag);
/* The first value, copied: text "" and number 0 when absent. */
int rpm_text(const struct rpm_header *h, uint32_t tag, struct arena *a, const char **ret, struct err *e) MUST;
int rpm_number(const struct rpm_header *h, uint32_t tag, uint64_t *ret, struct err *e) MUST;
