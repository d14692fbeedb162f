/* rpm_read.h - one rpm being read: what its parts (digests, payload) share. Part of the rpm reader. */
#pragma once
#include "base/codec.h"
#include "base/digest.h"
#include "formats/rpm_files.h"

extern const struct reader read_rpm;

/* A digest over bytes that stream by, and what it must be. */
struct rpm_expected {
	struct digest digest;
	char want[DIGEST_HEX]; /* "": none */
	const char *what;
};
enum { RPM_DIGEST_PAYLOAD, RPM_DIGEST_MD5, RPM_DIGEST_SHA512, RPM_DIGEST_SHA3, RPM_DIGESTS };
struct rpm_reading {
	const struct source *src;
	const struct limits *limits;
	struct pkg *pkg;
	struct rpm_lead lead;
	struct rpm_header signatures, main;
	enum codec codec;
	struct rpm_expected digests[RPM_DIGESTS];
	bool has_strong_header, has_strong_payload;
	bool is_source;       /* a source package: flat names, relations of its build */
	bool is_odd;          /* the payload is not as rpmbuild leaves it: nobody takes it as it is */
	struct arena strings; /* of the file list */
	struct rpm_files files;
	struct guard *guard;
	struct sink *sink;
};

/* Checks sizes and the header's digests; prepares those of the payload. */
int rpm_digests_header(struct rpm_reading *r, struct err *e) MUST;
/* After the last byte of the payload went by. */
int rpm_digests_payload(struct rpm_reading *r, struct err *e) MUST;
int rpm_signatures_load(struct rpm_reading *r, struct err *e) MUST;
/* Streams all entries to r->sink; the payload's digests are checked at its end. */
int rpm_payload_read(struct rpm_reading *r, struct err *e) MUST;
