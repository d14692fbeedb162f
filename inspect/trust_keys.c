/* trust_keys.c - reading certificates with libcrypto, and OpenPGP keys (RFC 9580) packet by packet. Runs in the confined decoder. */
#include "inspect/trust_keys.h"
#include "base/digest.h"
#include "base/text.h"
#include <ctype.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

struct telling {
	trust_key_seen *tell;
	void *to;
	size_t told, unread;
};

static void tell_key(struct telling *t, const struct trust_key *key)
{
	if (t->told >= TRUST_KEYS_MAX) {
		t->unread++;
		return;
	}
	t->told++;
	t->tell(t->to, key);
}

/* ---- certificates */

static void tell_certificate(X509 *cert, struct telling *t)
{
	struct trust_key key = { .kind = "certificate", .is_ca = X509_check_ca(cert) > 0 };
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	BIO *out = BIO_new(BIO_s_mem());

	if (len > 0) {
		sha256_hex(der, (size_t)len, key.id);
		if (out &&
			X509_NAME_print_ex(out, X509_get_subject_name(cert), 0,
				XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
			char *text = NULL;
			long room = BIO_get_mem_data(out, &text);

			text_escape(key.name, sizeof key.name, text, room > 0 ? (size_t)room : 0, false);
		}
		tell_key(t, &key);
	}
	OPENSSL_free(der);
	BIO_free(out);
}

/* One block from its BEGIN to behind its END. */
static void pem_certificate(const unsigned char *bytes, size_t len, struct telling *t)
{
	BIO *in = BIO_new_mem_buf(bytes, len < INT32_MAX ? (int)len : INT32_MAX);
	X509 *cert = in ? PEM_read_bio_X509_AUX(in, NULL, NULL, (void *)(uintptr_t) "") : NULL;

	if (cert)
		tell_certificate(cert, t);
	else
		t->unread++;
	ERR_clear_error();
	X509_free(cert);
	BIO_free(in);
}

static void der_certificate(const unsigned char *bytes, size_t len, struct telling *t)
{
	const unsigned char *at = bytes;
	X509 *cert = len < INT32_MAX && len > 4 ? d2i_X509(NULL, &at, (long)len) : NULL;

	ERR_clear_error();
	if (cert == NULL) {
		t->unread++;
		return;
	}
	tell_certificate(cert, t);
	X509_free(cert);
}

/* ---- OpenPGP */

struct packet {
	unsigned tag;
	const unsigned char *body;
	size_t len;
};

static size_t number(const unsigned char *at, size_t bytes)
{
	size_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

/* The next packet; false at the end, and at what is none (partial lengths are not for keys). */
static bool next_packet(const unsigned char **at, const unsigned char *end, struct packet *ret)
{
	const unsigned char *p = *at;
	size_t left = (size_t)(end - p), head, len;

	if (left < 2 || !(p[0] & 0x80))
		return false;
	if (p[0] & 0x40) {
		ret->tag = p[0] & 0x3f;
		head = p[1] < 192 ? 2 : p[1] < 224 ? 3 : p[1] == 255 ? 6 : 0;
		if (head == 0 || left < head)
			return false;
		len = head == 2 ? p[1] : head == 3 ? ((size_t)(p[1] - 192) << 8) + p[2] + 192 : number(p + 2, 4);
	} else {
		ret->tag = p[0] >> 2 & 0x0f;
		if ((p[0] & 3) == 3)
			return false;
		head = 1 + ((size_t)1 << (p[0] & 3));
		if (left < head)
			return false;
		len = number(p + 1, head - 1);
	}
	if (len > left - head)
		return false;
	ret->body = p + head;
	ret->len = len;
	*at = p + head + len;
	return true;
}

static bool fingerprint(const struct packet *p, char ret[65])
{
	unsigned char head[5] = { 0 }, sum[DIGEST_MAX];
	struct digest d;
	size_t size;
	unsigned version = p->len > 0 ? p->body[0] : 0;

	if (p->len > 65535 || p->len < 6 || version < 4 || version > 6)
		return false;
	head[0] = version == 4 ? 0x99 : version == 5 ? 0x9a : 0x9b;
	if (version == 4)
		head[1] = (unsigned char)(p->len >> 8), head[2] = (unsigned char)p->len;
	else
		head[3] = (unsigned char)(p->len >> 8), head[4] = (unsigned char)p->len;
	digest_init(&d, version == 4 ? DIGEST_SHA1 : DIGEST_SHA256);
	digest_add(&d, head, version == 4 ? 3 : 5);
	digest_add(&d, p->body, p->len);
	size = digest_end(&d, sum);
	digest_done(&d);
	hex_of(sum, size, ret);
	return true;
}

static void pgp_keys(const unsigned char *bytes, size_t len, struct telling *t)
{
	enum { PUBLIC_KEY = 6, USER_ID = 13 };
	const unsigned char *at = bytes, *end = bytes + len;
	struct trust_key key = { .kind = "key" };
	struct packet p;
	bool is_open = false, is_ours = false;

	while (next_packet(&at, end, &p)) {
		if (p.tag == USER_ID && is_open && key.name[0] == 0)
			text_escape(key.name, sizeof key.name, (const char *)p.body, p.len, false);
		if (p.tag != PUBLIC_KEY)
			continue;
		if (is_open)
			tell_key(t, &key);
		key.name[0] = 0;
		is_open = fingerprint(&p, key.id);
		is_ours |= is_open;
		t->unread += !is_open;
	}
	if (is_open)
		tell_key(t, &key);
	t->unread += is_ours && at < end; /* keys, and then something that is none */
}

static int base64_value(unsigned char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Where the text in the armor begins: its headers end with an empty line. */
static const unsigned char *behind_headers(const unsigned char *at, const unsigned char *stop)
{
	for (const unsigned char *line = at; line < stop;) {
		const unsigned char *next = memchr(line, '\n', (size_t)(stop - line));

		if (next == NULL)
			break;
		if (next - line <= 1 && line > at)
			return next + 1;
		if (memchr(line, ':', (size_t)(next - line)) == NULL && next - line > 1)
			break;
		line = next + 1;
	}
	return at;
}

/* The block's text between the line of its BEGIN and that of its END. */
static void armored_keys(const unsigned char *at, const unsigned char *stop, struct telling *t)
{
	unsigned char *out, *to_at;
	uint32_t bits = 0;
	unsigned have = 0;
	size_t before = t->told + t->unread;

	if (stop <= at) {
		t->unread++;
		return;
	}
	at = behind_headers(at, stop);
	out = to_at = mem_alloc((size_t)(stop - at) + 4);
	for (const unsigned char *p = at; p < stop && *p != '='; p++) {
		int value = base64_value(*p);

		if (value < 0)
			continue;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			*to_at++ = (unsigned char)(bits >> have);
		}
	}
	pgp_keys(out, (size_t)(to_at - out), t);
	t->unread += t->told + t->unread == before;
	free(out);
}

/* A text: each block by itself, so that what stands around it hides nothing. */
static void blocks(const unsigned char *bytes, size_t len, struct telling *t)
{
	static const char begin[] = "-----BEGIN ", end_mark[] = "-----END ";
	static const char *const certificates[] = { "CERTIFICATE-----", "X509 CERTIFICATE-----",
		"TRUSTED CERTIFICATE-----" },
				 pgp[] = "PGP PUBLIC KEY BLOCK-----", pkcs7[] = "PKCS7-----";
	const unsigned char *at = bytes, *end = bytes + len;

	while ((at = memmem(at, (size_t)(end - at), begin, sizeof begin - 1)) != NULL) {
		const char *label = (const char *)at + sizeof begin - 1;
		size_t left = (size_t)((const char *)end - label);
		const unsigned char *again = memmem(label, left, begin, sizeof begin - 1), *limit = again ? again : end;
		const unsigned char *stop = memmem(
			label, (size_t)((const char *)limit - label), end_mark, sizeof end_mark - 1);
		const unsigned char *line = stop ? memchr(stop, '\n', (size_t)(limit - stop)) : NULL;

		line = line ? line + 1 : limit;
		stop = stop ? stop : limit;
		left = (size_t)((const char *)limit - label); /* its dashes may be the next one's */
		if (left > sizeof pgp - 1 && memcmp(label, pgp, sizeof pgp - 1) == 0)
			armored_keys((const unsigned char *)label + sizeof pgp - 1, stop, t);
		else if (left > sizeof pkcs7 - 1 && memcmp(label, pkcs7, sizeof pkcs7 - 1) == 0)
			t->unread++;
		for (size_t i = 0; i < COUNT(certificates); i++)
			if (left > strlen(certificates[i]) &&
				memcmp(label, certificates[i], strlen(certificates[i])) == 0)
				pem_certificate(at, (size_t)(line - at), t);
		at = line;
	}
}

size_t trust_keys(const unsigned char *bytes, size_t len, trust_key_seen *tell, void *to)
{
	struct telling t = { .tell = tell, .to = to };

	if (len == 0)
		return 0;
	if (bytes[0] == 0x30 && memchr(bytes, 0, len))
		der_certificate(bytes, len, &t);
	else if (bytes[0] & 0x80)
		pgp_keys(bytes, len, &t);
	blocks(bytes, len, &t);
	return t.unread;
}

bool trust_is_place(const char *path)
{
	static const char *const patterns[] = { "/etc/ssl/certs/**", "/usr/share/ca-certificates/**",
		"/usr/local/share/ca-certificates/**", "/etc/pki/**", "/usr/share/pki/**", "/etc/ca-certificates/**",
		"/etc/apt/trusted.gpg", "/etc/apt/trusted.gpg.d/*", "/etc/apt/keyrings/*", "/usr/share/keyrings/**",
		"/usr/share/distribution-gpg-keys/**", "/usr/lib/rpm/gnupg/**", "/**/cacert.pem", "/**/ca-bundle*",
		"/**/cacerts*", "/**/ca-cert*", "/**/ca.crt", "/**/ca.pem", "/**/trusted*.pem", "/**/RPM-GPG-KEY*" };

	for (size_t i = 0; i < COUNT(patterns); i++)
		if (text_glob(patterns[i], path))
			return true;
	return false;
}
