/* wire_dns.c - DNS messages (RFC 1035): one question read, one answer made up and remembered. */
#include "sandbox/wire_dns.h"
#include "base/base.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { HEAD = 12, CLASS_IN = 1 };

const uint8_t wire_own4[4] = { 198, 18, 0, 2 }, wire_server4[4] = { 198, 18, 0, 1 };
const uint8_t wire_own6[16] = { 0xfd, 0x5c, 0, 0xa1, [15] = 2 };
/* What names get: the last bytes count. 198.18.0.0/15 is for test networks (RFC 2544), fd00::/8 for local ones. */
static const uint8_t given4[4] = { 198, 19, 0, 0 };
static const uint8_t given6[16] = { 0xfd, 0x5c, 0, 0xa1, [11] = 1 };

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* Labels up to the root; no compression in a question. */
static int read_name(const uint8_t *at, size_t len, struct dns_question *q)
{
	size_t i = HEAD, out = 0;

	for (;;) {
		size_t label = i < len ? at[i] : 64;

		if (label > 63 || i + 1 + label > len || out + label + 2 > sizeof q->name)
			return -1;
		i++;
		if (label == 0)
			break;
		if (out)
			q->name[out++] = '.';
		for (size_t k = 0; k < label; k++, i++)
			q->name[out++] = isalnum(at[i]) || at[i] == '-' || at[i] == '_' ? (char)tolower(at[i]) : '?';
	}
	q->name[out] = '\0';
	q->end = i;
	return 0;
}

int dns_parse(const uint8_t *at, size_t len, struct dns_question *ret)
{
	struct dns_question q = { .type = 0 };

	/* a standard query, not a response; exactly one question */
	if (len < HEAD || (at[2] & 0xf8) != 0 || get16(at + 4) != 1 || read_name(at, len, &q) || q.end + 4 > len)
		return -1;
	q.type = get16(at + q.end);
	if (get16(at + q.end + 2) != CLASS_IN)
		return -1;
	q.end += 4;
	*ret = q;
	return 0;
}

const char *dns_type(unsigned type)
{
	static const struct {
		unsigned type;
		const char *name;
	} names[] = { { 1, "A" }, { 2, "NS" }, { 5, "CNAME" }, { 6, "SOA" }, { 12, "PTR" }, { 15, "MX" }, { 16, "TXT" },
		{ 28, "AAAA" }, { 33, "SRV" }, { 35, "NAPTR" }, { 64, "SVCB" }, { 65, "HTTPS" } };

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].type == type)
			return names[i].name;
	return "?";
}

void names_done(struct names *n)
{
	LIST_DONE(n);
}

/* Its place, from 1; when the table is full the last one is shared. */
static size_t remember(struct names *n, const char *name)
{
	for (size_t i = 0; i < n->len; i++)
		if (strcmp(n->at[i], name) == 0)
			return i + 1;
	if (n->len < NAMES_MAX)
		memcpy(*LIST_ADD(n), name, strlen(name) + 1);
	return n->len;
}

static void address_of(size_t place, bool is_v6, uint8_t ret[16])
{
	size_t len = is_v6 ? 16 : 4;

	memcpy(ret, is_v6 ? given6 : given4, len);
	ret[len - 2] = (uint8_t)(place >> 8);
	ret[len - 1] = (uint8_t)place;
}

const char *names_find(const struct names *n, const uint8_t *address, bool is_v6)
{
	size_t len = is_v6 ? 16 : 4, place = (size_t)address[len - 2] << 8 | address[len - 1];

	if (memcmp(address, is_v6 ? given6 : given4, len - 2) != 0 || place == 0 || place > n->len)
		return NULL;
	return n->at[place - 1];
}

/* "4.3.2.1.in-addr.arpa" */
static const char *reverse(const struct names *n, const char *own, const char *name)
{
	unsigned b[4];
	int end = 0;

	if (sscanf(name, "%3u.%3u.%3u.%3u.in-addr.arpa%n", &b[3], &b[2], &b[1], &b[0], &end) != 4 || end == 0 ||
		name[end])
		return NULL;
	uint8_t address[4];
	for (int i = 0; i < 4; i++) {
		if (b[i] > 255)
			return NULL;
		address[i] = (uint8_t)b[i];
	}
	return memcmp(address, wire_own4, 4) == 0 ? own : names_find(n, address, false);
}

/* "a.b" as labels; the length. */
static size_t put_name(const char *name, uint8_t *ret)
{
	size_t out = 0;

	while (*name) {
		size_t label = strcspn(name, ".");

		ret[out++] = (uint8_t)label;
		memcpy(ret + out, name, label);
		out += label;
		name += label + (name[label] == '.');
	}
	ret[out++] = 0;
	return out;
}

/* The answer's data; 0 when there is none of that type. */
static size_t data_of(
	struct names *n, const char *own, bool has_v6, const struct dns_question *q, uint8_t ret[DNS_NAME + 2])
{
	bool is_own = strcmp(q->name, own) == 0;
	const char *back;

	if (q->type == DNS_A || (q->type == DNS_AAAA && has_v6)) {
		bool is_v6 = q->type == DNS_AAAA;

		if (is_own)
			memcpy(ret, is_v6 ? wire_own6 : wire_own4, is_v6 ? 16 : 4);
		else
			address_of(remember(n, q->name), is_v6, ret);
		return is_v6 ? 16 : 4;
	}
	back = q->type == DNS_PTR ? reverse(n, own, q->name) : NULL;
	return back ? put_name(back, ret) : 0;
}

size_t dns_answer(struct names *n, const char *own, bool has_v6, const uint8_t *query, const struct dns_question *q,
	uint8_t ret[DNS_ROOM])
{
	static const uint8_t record[] = { 0xc0, HEAD, 0, 0, 0, CLASS_IN, 0, 0, 0, 60 };
	uint8_t data[DNS_NAME + 2];
	size_t len = data_of(n, own, has_v6, q, data), at = q->end;

	if (at + sizeof record + 2 + len > DNS_ROOM)
		return 0;
	memcpy(ret, query, q->end);
	memset(ret + 6, 0, 6); /* no further counts than what follows; an OPT of the question is not repeated */
	ret[2] = (uint8_t)(0x80 | (query[2] & 1));
	/* what goes backwards and is unknown does not exist; of a name that exists other types may be missing */
	ret[3] = (uint8_t)(0x80 | (len == 0 && q->type == DNS_PTR ? 3 : 0));
	if (len == 0)
		return at;
	ret[7] = 1;
	memcpy(ret + at, record, sizeof record);
	ret[at + 2] = (uint8_t)(q->type >> 8);
	ret[at + 3] = (uint8_t)q->type;
	at += sizeof record;
	ret[at++] = (uint8_t)(len >> 8);
	ret[at++] = (uint8_t)len;
	memcpy(ret + at, data, len);
	return at + len;
}
