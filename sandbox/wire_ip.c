/* wire_ip.c - IP, TCP and UDP headers (RFC 791, 8200, 9293, 768): read from a hostile kernel's neighbour, built for our own answers. */
#include "sandbox/wire_ip.h"
#include <stdio.h>
#include <string.h>

enum { IP4_HEAD = 20, IP6_HEAD = 40, TCP_HEAD = 20, HOPS = 64, WINDOW = 32768, SEGMENT = 1400 };

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}
static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}
static void put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}
static void put32(uint8_t *at, uint32_t v)
{
	put16(at, v >> 16);
	put16(at + 2, v & 0xffff);
}

enum { V6_HOP = 0, V6_ROUTING = 43, V6_FRAGMENT = 44, V6_OPTIONS = 60, V6_HEADERS_MAX = 8 };

/* The header before TCP or UDP; its length, 0 when it is none. *len is cut to what the header says. */
static size_t read_ip4(const uint8_t *at, size_t *len, struct packet *p)
{
	size_t head = (size_t)(at[0] & 15) * 4, total = get16(at + 2);
	unsigned where = get16(at + 6);

	p->proto = at[9];
	memcpy(p->from, at + 12, 4);
	memcpy(p->to, at + 16, 4);
	p->is_fragment = (where & 0x3fff) != 0;
	p->offset = (where & 0x1fff) * 8;
	p->id = get16(at + 4);
	if (head < IP4_HEAD || total < head || total > *len)
		return 0;
	*len = total;
	return head;
}

static size_t read_ip6(const uint8_t *at, size_t *len, struct packet *p)
{
	size_t head = IP6_HEAD, total = IP6_HEAD + (size_t)get16(at + 4);

	p->is_v6 = true;
	p->proto = at[6];
	memcpy(p->from, at + 8, 16);
	memcpy(p->to, at + 24, 16);
	if (total > *len)
		return 0;
	*len = total;
	for (int i = 0; i < V6_HEADERS_MAX && total - head >= 8; i++) {
		const uint8_t *more = at + head;
		bool is_part = p->proto == V6_FRAGMENT;
		size_t add = is_part ? 8 : ((size_t)more[1] + 1) * 8;

		if (!is_part && p->proto != V6_HOP && p->proto != V6_ROUTING && p->proto != V6_OPTIONS)
			break;
		if (add > total - head)
			return 0;
		p->proto = more[0];
		head += add;
		if (is_part) {
			p->is_fragment = true;
			p->offset = get16(more + 2) & 0xfff8;
			p->id = get32(more + 4);
			break; /* what is behind it may be in another packet */
		}
	}
	return head;
}

static size_t read_ip(const uint8_t *at, size_t *len, struct packet *p)
{
	if (*len >= IP4_HEAD && at[0] >> 4 == 4)
		return read_ip4(at, len, p);
	return *len >= IP6_HEAD && at[0] >> 4 == 6 ? read_ip6(at, len, p) : 0;
}

static int read_tcp(const uint8_t *at, size_t len, struct packet *p)
{
	size_t head = len < TCP_HEAD ? 0 : (size_t)(at[12] >> 4) * 4;

	if (head < TCP_HEAD || head > len)
		return -1;
	p->seq = get32(at + 4);
	p->ack = get32(at + 8);
	p->flags = at[13];
	p->data = at + head;
	p->len = len - head;
	return 0;
}

int packet_parse(const uint8_t *at, size_t len, struct packet *ret)
{
	struct packet p = { .is_v6 = false };
	size_t head = read_ip(at, &len, &p);

	if (head == 0 || p.is_fragment || len - head < UDP_HEAD)
		return -1;
	at += head;
	len -= head;
	p.from_port = (uint16_t)get16(at);
	p.to_port = (uint16_t)get16(at + 2);
	if (p.proto == PROTO_TCP) {
		if (read_tcp(at, len, &p))
			return -1;
	} else if (p.proto == PROTO_UDP) {
		p.data = at + UDP_HEAD;
		p.len = len - UDP_HEAD;
	} else {
		return -1;
	}
	*ret = p;
	return 0;
}

/* ---- what cannot be answered */
static const struct {
	uint8_t number;
	bool is_v6;
	const char *word;
} protocols[] = {
	{ 1, false, "icmp" },
	{ 58, true, "icmp" },
	{ 2, false, "igmp" },
	{ 4, false, "tunnel" },
	{ 4, true, "tunnel" },
	{ 41, false, "tunnel" },
	{ 41, true, "tunnel" },
	{ 47, false, "gre" },
	{ 47, true, "gre" },
	{ 50, false, "esp" },
	{ 50, true, "esp" },
	{ 51, false, "ah" },
	{ 51, true, "ah" },
	{ 132, false, "sctp" },
	{ 132, true, "sctp" },
};

static const char *word_of(const struct packet *p, bool is_whole, char ret[PACKET_WORD])
{
	if (p->is_fragment)
		return "fragment";
	if (!is_whole || p->proto == PROTO_TCP || p->proto == PROTO_UDP)
		return "broken";
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		if (protocols[i].number == p->proto && protocols[i].is_v6 == p->is_v6)
			return protocols[i].word;
	snprintf(ret, PACKET_WORD, "protocol %u", p->proto);
	return ret;
}

int packet_outline(const uint8_t *at, size_t len, struct packet *ret, char ret_what[PACKET_WORD])
{
	struct packet p = { .is_v6 = false };
	char own[PACKET_WORD];
	size_t head = read_ip(at, &len, &p);

	if (len < IP4_HEAD || !(at[0] >> 4 == 4 || (at[0] >> 4 == 6 && len >= IP6_HEAD)))
		return -1;
	snprintf(ret_what, PACKET_WORD, "%s", word_of(&p, head != 0, own));
	if (head) {
		p.data = at + head;
		p.len = len - head;
	}
	if (p.len >= 4 && p.offset == 0 && (p.proto == PROTO_TCP || p.proto == PROTO_UDP)) {
		p.from_port = (uint16_t)get16(p.data);
		p.to_port = (uint16_t)get16(p.data + 2);
	}
	*ret = p;
	return 0;
}

bool packet_is_housekeeping(const struct packet *p)
{
	static const struct {
		uint8_t type, to[16];
		size_t same, most; /* bytes of `to`; of all that is said */
	} kinds[] = {
		{ 133, { 0xff, 2, [15] = 2 }, 16, 24 },              /* router solicitation */
		{ 143, { 0xff, 2, [15] = 0x16 }, 16, 256 },          /* groups that are listened to */
		{ 131, { 0xff, 2 }, 2, 24 },                         /* the same, older */
		{ 135, { 0xff, 2, [11] = 1, [12] = 0xff }, 13, 40 }, /* is that address in use? */
	};
	static const uint8_t routers4[4] = { 224, 0, 0, 22 };

	if (p->is_fragment || p->len < 8)
		return false;
	if (!p->is_v6)
		return p->proto == 2 && memcmp(p->to, routers4, 4) == 0 && p->len <= 256;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (p->proto == 58 && p->data[0] == kinds[i].type && p->len <= kinds[i].most &&
			memcmp(p->to, kinds[i].to, kinds[i].same) == 0)
			return true;
	return false;
}

bool packet_refuses(const struct packet *p, unsigned port, struct packet *ret)
{
	struct packet told = { .is_v6 = false };
	size_t len = p->len < 8 ? 0 : p->len - 8, cut = len, head;
	const uint8_t *quoted = len ? p->data + 8 : NULL;

	if (p->is_fragment || len < IP4_HEAD || p->len > WIRE_MTU || p->proto != (p->is_v6 ? 58 : 1) ||
		p->data[0] != (p->is_v6 ? 1 : 3))
		return false;
	head = read_ip(quoted, &cut, &told);
	if (head == 0 || len - head < UDP_HEAD || told.proto != PROTO_UDP || told.is_v6 != p->is_v6 ||
		get16(quoted + head) != port || memcmp(told.from, p->to, 16) != 0 || memcmp(told.to, p->from, 16) != 0)
		return false;
	told.from_port = (uint16_t)port;
	told.to_port = (uint16_t)get16(quoted + head + 2);
	*ret = told;
	return true;
}

struct packet packet_back(const struct packet *p)
{
	struct packet back = { .is_v6 = p->is_v6, .proto = p->proto, .from_port = p->to_port, .to_port = p->from_port };

	memcpy(back.from, p->to, 16);
	memcpy(back.to, p->from, 16);
	return back;
}

/* ---- building */
static uint32_t add_up(uint32_t sum, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += get16(at + i);
	return len & 1 ? sum + ((uint32_t)at[len - 1] << 8) : sum;
}

static unsigned fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static size_t build_ip(const struct packet *p, size_t payload, uint8_t *ret)
{
	if (p->is_v6) {
		ret[0] = 0x60;
		put16(ret + 4, (unsigned)payload);
		ret[6] = p->proto;
		ret[7] = HOPS;
		memcpy(ret + 8, p->from, 16);
		memcpy(ret + 24, p->to, 16);
		return IP6_HEAD;
	}
	ret[0] = 0x45;
	put16(ret + 2, (unsigned)(IP4_HEAD + payload));
	ret[6] = 0x40; /* do not fragment */
	ret[8] = HOPS;
	ret[9] = p->proto;
	memcpy(ret + 12, p->from, 4);
	memcpy(ret + 16, p->to, 4);
	put16(ret + 10, fold(add_up(0, ret, IP4_HEAD)));
	return IP4_HEAD;
}

static void build_tcp(const struct packet *p, uint8_t *ret)
{
	size_t head = p->flags & TCP_SYN ? TCP_HEAD + 4 : TCP_HEAD;

	put32(ret + 4, p->seq);
	put32(ret + 8, p->ack);
	ret[12] = (uint8_t)(head / 4 << 4);
	ret[13] = p->flags;
	put16(ret + 14, WINDOW);
	if (p->flags & TCP_SYN) {
		ret[20] = 2; /* the largest segment */
		ret[21] = 4;
		put16(ret + 22, SEGMENT);
	}
}

size_t packet_build(const struct packet *p, uint8_t ret[PACKET_MAX])
{
	size_t tcp = p->flags & TCP_SYN ? TCP_HEAD + 4 : TCP_HEAD, head = p->proto == PROTO_TCP ? tcp : UDP_HEAD;
	size_t payload = head + p->len, address = p->is_v6 ? 16 : 4;

	if (payload + IP6_HEAD > WIRE_MTU)
		return 0;
	memset(ret, 0, IP6_HEAD + head);
	size_t ip = build_ip(p, payload, ret);
	uint8_t *at = ret + ip;
	put16(at, p->from_port);
	put16(at + 2, p->to_port);
	if (p->proto == PROTO_TCP)
		build_tcp(p, at);
	else
		put16(at + 4, (unsigned)payload);
	if (p->len)
		memcpy(at + head, p->data, p->len);
	uint32_t sum = (uint32_t)p->proto + (uint32_t)payload;
	sum = add_up(add_up(sum, p->from, address), p->to, address);
	unsigned check = fold(add_up(sum, at, payload));
	put16(at + (p->proto == PROTO_TCP ? 16 : 6), check ? check : 0xffff);
	return ip + payload;
}
