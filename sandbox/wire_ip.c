/* wire_ip.c - IP, TCP and UDP headers (RFC 791, 8200, 9293, 768): read from a hostile kernel's neighbour, built for our own answers. */
#include "sandbox/wire_ip.h"
#include <string.h>

enum { IP4_HEAD = 20, IP6_HEAD = 40, TCP_HEAD = 20, UDP_HEAD = 8, HOPS = 64, WINDOW = 32768, SEGMENT = 1400 };

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

/* The header before TCP or UDP; its length, 0 when it is none of ours. *len is cut to what the header says. */
static size_t read_ip(const uint8_t *at, size_t *len, struct packet *p)
{
	size_t head, total;

	if (*len < IP4_HEAD)
		return 0;
	if (at[0] >> 4 == 4) {
		head = (size_t)(at[0] & 15) * 4;
		total = get16(at + 2);
		if (head < IP4_HEAD || (get16(at + 6) & 0x3fff) != 0) /* a fragment */
			return 0;
		p->proto = at[9];
		memcpy(p->from, at + 12, 4);
		memcpy(p->to, at + 16, 4);
	} else if (at[0] >> 4 == 6 && *len >= IP6_HEAD) {
		head = IP6_HEAD;
		total = IP6_HEAD + (size_t)get16(at + 4);
		p->is_v6 = true;
		p->proto = at[6];
		memcpy(p->from, at + 8, 16);
		memcpy(p->to, at + 24, 16);
	} else {
		return 0;
	}
	if (total < head || total > *len)
		return 0;
	*len = total;
	return head;
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

	if (head == 0 || len - head < UDP_HEAD)
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
