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

/* ---- certificates */

static void tell_certificate(X509 *cert, trust_key_seen *tell, void *to)
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
		tell(to, &key);
	}
	OPENSSL_free(der);
	BIO_free(out);
}

static size_t pem_certificates(const unsigned char *bytes, size_t len, trust_key_seen *tell, void *to)
{
	BIO *in = BIO_new_mem_buf(bytes, len < INT32_MAX ? (int)len : INT32_MAX);
	size_t count = 0;
	X509 *cert;

	while (in && count < TRUST_KEYS_MAX &&
		(cert = PEM_read_bio_X509(in, NULL, NULL, (void *)(uintptr_t) "")) != NULL) {
		tell_certificate(cert, tell, to);
		X509_free(cert);
		count++;
	}
	ERR_clear_error();
	BIO_free(in);
	return count;
}

static size_t der_certificate(const unsigned char *bytes, size_t len, trust_key_seen *tell, void *to)
{
	const unsigned char *at = bytes;
	X509 *cert = len < INT32_MAX && len > 4 && bytes[0] == 0x30 ? d2i_X509(NULL, &at, (long)len) : NULL;

	ERR_clear_error();
	if (cert == NULL)
		return 0;
	tell_certificate(cert, tell, to);
	X509_free(cert);
	return 1;
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

static size_t pgp_keys(const unsigned char *bytes, size_t len, trust_key_seen *tell, void *to)
{
	enum { PUBLIC_KEY = 6, USER_ID = 13 };
	const unsigned char *at = bytes, *end = bytes + len;
	struct trust_key key = { .kind = "key" };
	struct packet p;
	bool is_open = false;
	size_t count = 0;

	while (count < TRUST_KEYS_MAX && next_packet(&at, end, &p)) {
		if (p.tag == USER_ID && is_open && key.name[0] == 0)
			text_escape(key.name, sizeof key.name, (const char *)p.body, p.len, false);
		if (p.tag != PUBLIC_KEY)
			continue;
		if (is_open)
			tell(to, &key);
		key.name[0] = 0;
		is_open = fingerprint(&p, key.id);
		count += is_open;
	}
	if (is_open)
		tell(to, &key);
	return count;
}

static int base64_value(unsigned char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static size_t armored_keys(const unsigned char *bytes, size_t len, trust_key_seen *tell, void *to)
{
	static const char begin[] = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
	const unsigned char *at = bytes, *end = bytes + len;
	size_t count = 0;

	while (count < TRUST_KEYS_MAX && (at = memmem(at, (size_t)(end - at), begin, sizeof begin - 1)) != NULL) {
		const unsigned char *stop = memmem(
			at + sizeof begin - 1, (size_t)(end - at) - (sizeof begin - 1), "-----END", 8);
		unsigned char *out, *to_at;
		uint32_t bits = 0;
		unsigned have = 0;

		stop = stop ? stop : end;
		at += sizeof begin - 1;
		/* headers end with an empty line */
		for (const unsigned char *line = at; line < stop;) {
			const unsigned char *next = memchr(line, '\n', (size_t)(stop - line));

			if (next == NULL)
				break;
			if (next - line <= 1 && line > at) {
				at = next + 1;
				break;
			}
			if (memchr(line, ':', (size_t)(next - line)) == NULL && next - line > 1)
				break;
			line = next + 1;
		}
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
		count += pgp_keys(out, (size_t)(to_at - out), tell, to);
		free(out);
		at = stop;
	}
	return count;
}

size_t trust_keys(const unsigned char *bytes, size_t len, trust_key_seen *tell, void *to)
{
	if (len == 0)
		return 0;
	if (memmem(bytes, len, "-----BEGIN PGP PUBLIC", 21))
		return armored_keys(bytes, len, tell, to);
	if (memmem(bytes, len, "-----BEGIN ", 11))
		return pem_certificates(bytes, len, tell, to);
	if (bytes[0] == 0x30)
		return der_certificate(bytes, len, tell, to);
	return bytes[0] & 0x80 ? pgp_keys(bytes, len, tell, to) : 0;
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
