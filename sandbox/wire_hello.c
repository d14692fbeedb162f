/* wire_hello.c - TLS ClientHello: told from anything else, its server name and version read; and one of our own (RFC 8446, RFC 6066). */
#include "sandbox/wire_hello.h"
#include "base/base.h"
#include <string.h>

enum { RECORD_HEAD = 5, HANDSHAKE = 22, ALERT = 21, CLIENT_HELLO = 1, RECORD_LIMIT = (1 << 14) + 256 };

/* A reader that stops at its end: what is missing reads as nothing and is remembered. */
struct cursor {
	const uint8_t *at;
	size_t len;
	int is_short;
};

static unsigned take(struct cursor *c, size_t bytes)
{
	unsigned v = 0;

	if (c->len < bytes) {
		c->is_short = 1;
		c->len = 0;
		return 0;
	}
	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | c->at[i];
	c->at += bytes;
	c->len -= bytes;
	return v;
}

/* The next `len` bytes as a reader of their own; as many as there are. */
static struct cursor part(struct cursor *c, size_t len)
{
	struct cursor p = { c->at, len, 0 };

	if (c->len < len) {
		c->is_short = 1;
		p.len = c->len;
	}
	c->at += p.len;
	c->len -= p.len;
	return p;
}

static void read_name(struct cursor ext, char sni[256])
{
	struct cursor list = part(&ext, take(&ext, 2));
	unsigned type = take(&list, 1);
	struct cursor name = part(&list, take(&list, 2));

	if (type != 0 || name.len == 0 || name.len > 255 || list.is_short)
		return;
	for (size_t i = 0; i < name.len; i++) {
		uint8_t b = name.at[i];
		int plain = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '.' ||
			b == '-' || b == '_';

		sni[i] = plain ? (char)b : '?';
	}
	sni[name.len] = '\0';
}

static void read_versions(struct cursor ext, unsigned *version)
{
	struct cursor list = part(&ext, take(&ext, 1));

	while (list.len >= 2) {
		unsigned v = take(&list, 2);

		/* 0x?a?a are placeholders (RFC 8701) */
		if ((v & 0x0f0f) != 0x0a0a && v >> 8 == 3 && v > *version)
			*version = v;
	}
}

static void read_extensions(struct cursor all, struct hello *h)
{
	while (all.len >= 4) {
		unsigned type = take(&all, 2);
		struct cursor one = part(&all, take(&all, 2));

		if (type == 0)
			read_name(one, h->sni);
		else if (type == 43)
			read_versions(one, &h->version);
	}
}

/* The body of the message; what is cut off leaves the rest unsaid. */
static void read_body(struct cursor c, struct hello *h)
{
	h->version = take(&c, 2);
	part(&c, 32);
	part(&c, take(&c, 1)); /* session */
	part(&c, take(&c, 2)); /* suites */
	part(&c, take(&c, 1)); /* compression */
	if (c.len >= 2)
		read_extensions(part(&c, take(&c, 2)), h);
}

/* Joins the records' content: a message may be cut into several. *ret_whole: nothing is missing. */
static size_t join(const uint8_t *at, size_t len, uint8_t *ret, int *ret_bad)
{
	size_t have = 0;

	while (len > 0) {
		static const uint8_t start[2] = { HANDSHAKE, 3 };
		size_t seen = len < 2 ? len : 2, size;

		if (memcmp(at, start, seen) != 0 || (len > 2 && at[2] > 4)) {
			*ret_bad = have == 0;
			break;
		}
		if (len < RECORD_HEAD)
			break;
		size = (size_t)at[3] << 8 | at[4];
		if (size == 0 || size > RECORD_LIMIT) {
			*ret_bad = have == 0;
			break;
		}
		at += RECORD_HEAD;
		len -= RECORD_HEAD;
		size_t most = size < len ? size : len;
		memcpy(ret + have, at, most);
		have += most;
		at += most;
		len -= most;
	}
	return have;
}

/* SSL 2's form, which old clients use to begin a newer version too: length with the high bit, type 1, version. */
static enum hello_state old_form(const uint8_t *at, size_t len, struct hello *ret)
{
	if (!(at[0] & 0x80) || (len > 2 && at[2] != CLIENT_HELLO))
		return HELLO_NO;
	if (len < 11)
		return HELLO_MORE;
	unsigned version = (unsigned)at[3] << 8 | at[4];
	unsigned suites = (unsigned)at[5] << 8 | at[6];
	if ((version >> 8 != 3 && version != 2) || suites % 3 != 0 || suites == 0)
		return HELLO_NO;
	*ret = (struct hello){ .version = version };
	return HELLO_YES;
}

enum hello_state hello_parse(const uint8_t *at, size_t len, struct hello *ret)
{
	uint8_t joined[HELLO_MAX];
	struct hello h = { "", 0 };
	int is_bad = 0;

	if (len == 0)
		return HELLO_MORE;
	if (at[0] & 0x80)
		return old_form(at, len, ret);
	if (len > HELLO_MAX)
		len = HELLO_MAX;
	size_t have = join(at, len, joined, &is_bad);
	if (is_bad || (have > 0 && joined[0] != CLIENT_HELLO))
		return HELLO_NO;
	struct cursor c = { joined, have, 0 };
	take(&c, 1);
	size_t size = take(&c, 3);
	if (c.is_short)
		return HELLO_MORE;
	if (size < 38)
		return HELLO_NO;
	struct cursor body = part(&c, size);
	if (c.is_short && len < HELLO_MAX)
		return HELLO_MORE;
	read_body(body, &h);
	if (h.version >> 8 != 3)
		return HELLO_NO;
	*ret = h;
	return HELLO_YES;
}

const char *hello_version(unsigned version)
{
	static const struct {
		unsigned version;
		const char *name;
	} names[] = { { 2, "SSL 2" }, { 0x300, "SSL 3" }, { 0x301, "TLS 1.0" }, { 0x302, "TLS 1.1" },
		{ 0x303, "TLS 1.2" }, { 0x304, "TLS 1.3" } };

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].version == version)
			return names[i].name;
	return "TLS";
}

/* ---- ours */
struct builder {
	uint8_t *at;
	size_t len;
};

static void put(struct builder *b, unsigned value, unsigned bytes)
{
	while (bytes-- > 0)
		b->at[b->len++] = (uint8_t)(value >> (8 * bytes));
}

static void put_bytes(struct builder *b, const void *at, size_t len)
{
	memcpy(b->at + b->len, at, len);
	b->len += len;
}

/* Lengths stand before what they measure: a place is kept and filled later. */
static size_t open_length(struct builder *b, unsigned bytes)
{
	put(b, 0, bytes);
	return b->len;
}

static void close_length(struct builder *b, size_t start, unsigned bytes)
{
	size_t len = b->len - start;

	for (unsigned i = 0; i < bytes; i++)
		b->at[start - bytes + i] = (uint8_t)(len >> (8 * (bytes - 1 - i)));
}

static void put_extension(struct builder *b, unsigned type, const char *bytes, size_t len)
{
	put(b, type, 2);
	put(b, (unsigned)len, 2);
	put_bytes(b, bytes, len);
}

static void put_extensions(struct builder *b, const char *host, const uint8_t random[64])
{
	static const char groups[] = "\0\4\0\x1d\0\x17", signatures[] = "\0\x0e\4\3\5\3\6\3\x08\7\x08\4\4\1\5\1",
			  versions[] = "\4\3\4\3\3", points[] = "\1\0", renegotiation[] = "\0";
	size_t name_len = strlen(host) > 200 ? 200 : strlen(host);

	if (name_len) {
		put(b, 0, 2);
		put(b, (unsigned)name_len + 5, 2);
		put(b, (unsigned)name_len + 3, 2);
		put(b, 0, 1);
		put(b, (unsigned)name_len, 2);
		put_bytes(b, host, name_len);
	}
	put_extension(b, 10, groups, sizeof groups - 1);
	put_extension(b, 11, points, sizeof points - 1);
	put_extension(b, 13, signatures, sizeof signatures - 1);
	put_extension(b, 43, versions, sizeof versions - 1);
	put_extension(b, 0xff01, renegotiation, sizeof renegotiation - 1);
	/* A key share: any 32 bytes are a point of x25519, and we never go on. */
	put(b, 51, 2);
	put(b, 38, 2);
	put(b, 36, 2);
	put(b, 0x1d, 2);
	put(b, 32, 2);
	put_bytes(b, random + 32, 32);
}

static const struct {
	uint16_t number;
	const char *name;
} suites[] = { { 0x1301, "TLS_AES_128_GCM_SHA256" }, { 0x1302, "TLS_AES_256_GCM_SHA384" },
	{ 0x1303, "TLS_CHACHA20_POLY1305_SHA256" }, { 0xc02b, "ECDHE-ECDSA-AES128-GCM-SHA256" },
	{ 0xc02f, "ECDHE-RSA-AES128-GCM-SHA256" }, { 0xc02c, "ECDHE-ECDSA-AES256-GCM-SHA384" },
	{ 0xc030, "ECDHE-RSA-AES256-GCM-SHA384" }, { 0xcca9, "ECDHE-ECDSA-CHACHA20-POLY1305" },
	{ 0xcca8, "ECDHE-RSA-CHACHA20-POLY1305" }, { 0xc013, "ECDHE-RSA-AES128-SHA" },
	{ 0xc014, "ECDHE-RSA-AES256-SHA" }, { 0x9c, "AES128-GCM-SHA256" }, { 0x9d, "AES256-GCM-SHA384" },
	{ 0x2f, "AES128-SHA" }, { 0x35, "AES256-SHA" } };

const char *hello_suite(unsigned suite)
{
	for (size_t i = 0; i < COUNT(suites); i++)
		if (suites[i].number == suite)
			return suites[i].name;
	return "";
}

size_t hello_build(const char *host, const uint8_t random[64], uint8_t *ret, size_t room)
{
	struct builder b = { ret, 0 };
	size_t record, message, list;

	if (room < 512)
		return 0;
	put(&b, HANDSHAKE, 1);
	put(&b, 0x0301, 2);
	record = open_length(&b, 2);
	put(&b, CLIENT_HELLO, 1);
	message = open_length(&b, 3);
	put(&b, 0x0303, 2);
	put_bytes(&b, random, 32);
	put(&b, 0, 1);
	list = open_length(&b, 2);
	for (size_t i = 0; i < COUNT(suites); i++)
		put(&b, suites[i].number, 2);
	close_length(&b, list, 2);
	put(&b, 0x0100, 2);
	list = open_length(&b, 2);
	put_extensions(&b, host, random);
	close_length(&b, list, 2);
	close_length(&b, message, 3);
	close_length(&b, record, 2);
	return b.len;
}

enum hello_state hello_answered(const uint8_t *at, size_t len)
{
	if (len > 0 && at[0] != HANDSHAKE && at[0] != ALERT)
		return HELLO_NO;
	if (len > 1 && at[1] != 3)
		return HELLO_NO;
	if (len < RECORD_HEAD + 1)
		return HELLO_MORE;
	if (at[2] > 4)
		return HELLO_NO;
	/* a ServerHello, or an alert: level 1 or 2 */
	return at[0] == HANDSHAKE ? at[5] == 2 ? HELLO_YES : HELLO_NO : at[5] == 1 || at[5] == 2 ? HELLO_YES : HELLO_NO;
}

/* The version stands in an extension since 1.3; before it, in the body's first bytes. */
unsigned hello_chosen(const uint8_t *at, size_t len, unsigned *ret_suite)
{
	enum { SERVER_HELLO = 2, SUPPORTED_VERSIONS = 43 };
	struct cursor c = { at, len, 0 };

	if (take(&c, 1) != HANDSHAKE || take(&c, 2) >> 8 != 3)
		return 0;
	c = part(&c, take(&c, 2));
	if (take(&c, 1) != SERVER_HELLO)
		return 0;
	c = part(&c, take(&c, 3));
	unsigned version = take(&c, 2);
	part(&c, 32);
	part(&c, take(&c, 1));
	unsigned suite = take(&c, 2);
	take(&c, 1);
	if (c.is_short || version >> 8 != 3)
		return 0;
	c = part(&c, take(&c, 2));
	while (c.len >= 4) {
		unsigned type = take(&c, 2);
		struct cursor one = part(&c, take(&c, 2));

		if (type == SUPPORTED_VERSIONS && one.len == 2)
			version = take(&one, 2);
	}
	*ret_suite = suite;
	return version;
}
