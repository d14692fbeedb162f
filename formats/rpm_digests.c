/* rpm_digests.c - sizes, digests and signatures that an rpm carries about itself. Judging signatures is sign/'s; here stands which bytes they cover. */
#include "formats/rpm_read.h"
#include <rpm/rpmbase64.h>
#include <string.h>

/* Tags of the signature header that librpm 4.18's headers name only in parts. */
enum {
	SIG_DSA = 267,
	SIG_RSA = 268,
	SIG_SHA1 = 269,
	SIG_LONG_SIZE = 270,
	SIG_SHA256 = 273,
	SIG_OPENPGP = 278, /* format 6: base64 text */
	SIG_SHA3_256 = 279,
	SIG_SIZE = 1000,
	SIG_PGP = 1002,
	SIG_MD5 = 1004,
	SIG_GPG = 1005,
};

static int check_hex(const char *hex, enum digest_kind kind, const char *what, struct err *e)
{
	unsigned char raw[DIGEST_MAX];

	if (strlen(hex) != 2 * digest_size(kind) || hex_parse(hex, strlen(hex), raw))
		return err_input(e, "E_CORRUPT", "%s '%s' is no digest", what, hex);
	return 0;
}

static int compare(const char *what, const char *want, struct digest *d, struct err *e)
{
	char have[DIGEST_HEX];

	digest_end_hex(d, have);
	if (strcasecmp(want, have) != 0)
		return err_input(e, "E_DIGEST", "%s: the package says %s, its bytes are %s", what, want, have);
	return 0;
}

static int header_digest(
	struct rpm_reading *r, uint32_t tag, enum digest_kind kind, const char *what, bool *ret_has, struct err *e)
{
	AUTO(rpm_values) v = { 0 };
	AUTO(digest) d = { 0 };

	if (rpm_values_get(&r->signatures, tag, RPM_TEXTS, &v, e))
		return -1;
	if (v.len == 0)
		return 0;
	if (check_hex(rpm_text_at(&v, 0), kind, what, e))
		return -1;
	digest_init(&d, kind);
	digest_add(&d, r->main.blob, r->main.len);
	*ret_has = true;
	return compare(what, rpm_text_at(&v, 0), &d, e);
}

/* The size of header and payload; too few bytes are told as such, not as a digest that differs. */
static int check_size(struct rpm_reading *r, struct err *e)
{
	uint64_t want, have = r->src->size - r->main.start;
	uint32_t tag = rpm_has(&r->signatures, SIG_LONG_SIZE) ? SIG_LONG_SIZE : SIG_SIZE;

	if (!rpm_has(&r->signatures, tag))
		return 0;
	if (rpm_number(&r->signatures, tag, &want, e))
		return -1;
	if (have < want)
		return err_input(e, "E_TRUNCATED", "%llu of %llu bytes are missing", (unsigned long long)(want - have),
			(unsigned long long)want);
	if (have > want)
		return err_input(
			e, "E_TRAILING_DATA", "%llu bytes behind the payload", (unsigned long long)(have - want));
	return 0;
}

static const enum digest_kind payload_kinds[] = { DIGEST_SHA256, DIGEST_SHA512, DIGEST_SHA384, DIGEST_SHA224,
	DIGEST_SHA1, DIGEST_MD5 };

static void expect(struct rpm_expected *x, enum digest_kind kind, const char *hex, const char *what)
{
	digest_init(&x->digest, kind);
	memcpy(x->want, hex, strlen(hex) + 1);
	x->what = what;
}

static int expect_payload(struct rpm_reading *r, struct err *e)
{
	AUTO(rpm_values) v = { 0 };
	const char *hex;

	if (rpm_values_get(&r->main, RPMTAG_PAYLOADDIGEST, RPM_TEXTS, &v, e))
		return -1;
	hex = rpm_text_at(&v, 0);
	if (!hex[0])
		return 0;
	for (size_t i = 0; i < COUNT(payload_kinds); i++) {
		if (strlen(hex) != 2 * digest_size(payload_kinds[i]))
			continue;
		if (check_hex(hex, payload_kinds[i], "payload digest", e))
			return -1;
		expect(&r->digests[RPM_DIGEST_PAYLOAD], payload_kinds[i], hex, "payload digest");
		r->has_strong_payload = payload_kinds[i] != DIGEST_SHA1 && payload_kinds[i] != DIGEST_MD5;
		return 0;
	}
	return err_input(e, "E_CORRUPT", "payload digest '%s' is no digest", hex);
}

/* Format 6 says the payload's digest three times; each is checked. */
static int expect_more(struct rpm_reading *r, struct err *e)
{
	static const struct {
		uint32_t tag;
		int slot;
		enum digest_kind kind;
		const char *what;
	} more[] = { { 5121, RPM_DIGEST_SHA512, DIGEST_SHA512, "payload sha512" },
		{ 5123, RPM_DIGEST_SHA3, DIGEST_SHA3_256, "payload sha3-256" } };

	for (size_t i = 0; i < COUNT(more); i++) {
		AUTO(rpm_values) v = { 0 };

		if (rpm_values_get(&r->main, more[i].tag, RPM_TEXTS, &v, e))
			return -1;
		if (v.len == 0)
			continue;
		if (check_hex(rpm_text_at(&v, 0), more[i].kind, more[i].what, e))
			return -1;
		expect(&r->digests[more[i].slot], more[i].kind, rpm_text_at(&v, 0), more[i].what);
		r->has_strong_payload = true;
	}
	return 0;
}

static int expect_md5(struct rpm_reading *r, struct err *e)
{
	AUTO(rpm_values) v = { 0 };
	char hex[DIGEST_HEX];

	if (rpm_values_get(&r->signatures, SIG_MD5, RPM_BYTES, &v, e))
		return -1;
	if (v.len == 0)
		return 0;
	if (v.len != digest_size(DIGEST_MD5))
		return err_input(e, "E_CORRUPT", "md5 of header and payload: %u bytes", v.len);
	hex_of(rpm_bytes_of(&v), v.len, hex);
	expect(&r->digests[RPM_DIGEST_MD5], DIGEST_MD5, hex, "md5 of header and payload");
	digest_add(&r->digests[RPM_DIGEST_MD5].digest, r->main.blob, r->main.len);
	return 0;
}

int rpm_digests_header(struct rpm_reading *r, struct err *e)
{
	bool has_sha1 = false;
	const char *weak;

	if (check_size(r, e) ||
		header_digest(r, SIG_SHA256, DIGEST_SHA256, "header sha256", &r->has_strong_header, e) ||
		header_digest(r, SIG_SHA3_256, DIGEST_SHA3_256, "header sha3-256", &r->has_strong_header, e) ||
		header_digest(r, SIG_SHA1, DIGEST_SHA1, "header sha1", &has_sha1, e) || expect_payload(r, e) ||
		expect_more(r, e) || expect_md5(r, e))
		return -1;
	weak = has_sha1 || r->digests[RPM_DIGEST_MD5].want[0] ? "sha1 or md5" : "no digest";
	if (!r->has_strong_header)
		pkg_warn(r->pkg, "E_DIGEST_WEAK", "header", "the package protects it with %s only", weak);
	/* Told apart from the header's: a signature over the header alone then vouches for no payload. */
	if (!r->has_strong_payload)
		pkg_warn(r->pkg, "E_DIGEST_WEAK", "payload", "the package protects it with %s only", weak);
	return 0;
}

int rpm_digests_payload(struct rpm_reading *r, struct err *e)
{
	for (size_t i = 0; i < COUNT(r->digests); i++) {
		struct rpm_expected *x = &r->digests[i];

		if (x->want[0] && compare(x->what, x->want, &x->digest, e))
			return -1;
		x->want[0] = 0;
	}
	return 0;
}

/* ---- signatures */

static const struct {
	uint32_t tag;
	const char *source;
	enum sig_covers covers;
} signature_tags[] = {
	{ SIG_DSA, "DSAHEADER", SIG_HEADER },
	{ SIG_RSA, "RSAHEADER", SIG_HEADER },
	{ SIG_PGP, "SIGPGP", SIG_PAYLOAD },
	{ SIG_GPG, "SIGGPG", SIG_PAYLOAD },
};

static int add_signature(
	struct rpm_reading *r, const char *source, enum sig_covers covers, const void *blob, size_t len, struct err *e)
{
	struct signature *s = pkg_add_signature(r->pkg);

	if (!s)
		return err_input(e, "E_LIMIT_MEMORY", "too many signatures");
	s->source = source;
	s->covers = covers;
	s->blob = (unsigned char *)arena_copy(&r->pkg->arena, blob, len);
	s->len = len;
	s->ranges = arena_alloc(&r->pkg->arena, sizeof *s->ranges);
	if (!s->blob || !s->ranges)
		return err_input(e, "E_LIMIT_MEMORY", "a signature of %zu bytes", len);
	s->ranges_len = 1;
	s->ranges[0].at = r->main.start;
	s->ranges[0].len = (covers == SIG_HEADER ? r->main.end : r->src->size) - r->main.start;
	return 0;
}

static int load_base64(struct rpm_reading *r, struct err *e)
{
	AUTO(rpm_values) v = { 0 };

	if (rpm_values_get(&r->signatures, SIG_OPENPGP, RPM_TEXTS, &v, e))
		return -1;
	for (uint32_t i = 0; i < v.len && i < 16; i++) {
		AUTO_FREE void *raw = NULL;
		size_t len;

		if (rpmBase64Decode(rpm_text_at(&v, i), &raw, &len))
			return err_input(e, "E_CORRUPT", "a signature is not base64");
		if (add_signature(r, "OPENPGP", SIG_HEADER, raw, len, e))
			return -1;
	}
	return 0;
}

int rpm_signatures_load(struct rpm_reading *r, struct err *e)
{
	for (size_t i = 0; i < COUNT(signature_tags); i++) {
		AUTO(rpm_values) v = { 0 };

		if (rpm_values_get(&r->signatures, signature_tags[i].tag, RPM_BYTES, &v, e))
			return -1;
		if (v.len &&
			add_signature(
				r, signature_tags[i].source, signature_tags[i].covers, rpm_bytes_of(&v), v.len, e))
			return -1;
	}
	return load_base64(r, e);
}
