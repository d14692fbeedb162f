/* verify_vendor.h - is this file what the vendor signed? For `sluice verify` and `submit`.
 *
 * Four forms: a detached signature; a signed checksum list; Debian's chain (InRelease, Packages); a signature inside the package. The first
 * whose files are named is used; with none named, the inside. Only keys of the ring that are pinned count (sign.h). */
#pragma once
#include "base/event.h"
#include "base/json.h"
#include "formats/reader.h"
#include "sign/sign.h"

struct vendor_verify {
	const char *path;          /* a regular file */
	struct keyring *keyring;   /* opened, with the certificates */
	const char *const *pinned; /* primary fingerprints; NULL: every key of the ring */
	size_t pinned_len;
	const char *signature;       /* detached over the file, or over checksums; NULL */
	const char *checksums;       /* a list (SHA256SUMS), signed by `signature` or clear-signed itself; NULL */
	const char *apt_release;     /* InRelease, or Release with `signature` (Release.gpg); with apt_packages; NULL */
	const char *apt_packages;    /* Packages, Packages.gz or .xz */
	int64_t at;                  /* the time to judge by; 0: now */
	const struct pkg *pkg;       /* from decode() of this very file, so that it is not decoded again; or NULL */
	const char *pkg_sha256;      /* what decode() said the file's digest was; with pkg */
	const struct limits *limits; /* NULL: limits_default */
	const struct events *events; /* may be NULL */
};
struct vendor_result {
	const char *method; /* "detached", "checksums", "apt", "inside"; static */
	char sha256[65];    /* of the file */
	struct sig_verdict signature;
};
/* Failures: ERR_VERDICT with E_SIG_*, E_DIGEST*, E_FREEZE (judged and found wanting); ERR_INPUT (the file or a list is malformed); ERR_USAGE; ERR_ENV. */
int vendor_verify(const struct vendor_verify *v, struct vendor_result *ret, struct err *e) MUST;

/* Bodies for the evidence "vendor-signature": {"method", "fingerprint", "subkey", "time", "hash", "algorithm", "unknown", "sha256"} and, where it was
 * found wanting, {"method", "code", "text"}. The vendor's name is the caller's to add. */
json_t *vendor_result_json(const struct vendor_result *r);
json_t *vendor_refusal_json(const struct vendor_verify *v, const struct err *e);
