/* test_wire.c - the answering network without a network: packets, connections, listening ports. What is said in them: test_wire_words.c. */
#include "base/base.h"
#include "sandbox/ports.h"
#include "wire_client.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct sent {
	struct packet last[64];
	uint8_t bytes[64][PACKET_MAX];
	size_t len;
};

static void keep(void *context, const uint8_t *at, size_t len)
{
	struct sent *s = context;

	assert_true(s->len < COUNT(s->last));
	memcpy(s->bytes[s->len], at, len);
	assert_int_equal(packet_parse(s->bytes[s->len], len, &s->last[s->len]), 0);
	s->len++;
}

static struct packet client(unsigned from, unsigned port, const char *to)
{
	struct packet p = { .proto = PROTO_TCP, .from_port = (uint16_t)from, .to_port = (uint16_t)port, .seq = 1000 };

	memcpy(p.from, wire_own4, 4);
	inet_pton(AF_INET, to, p.to);
	return p;
}

static void send_it(struct wire *w, const struct packet *p, int64_t now)
{
	uint8_t bytes[PACKET_MAX];
	size_t len = packet_build(p, bytes);

	assert_true(len > 0);
	wire_packet(w, bytes, len, now);
}

static void a_connection(void **state)
{
	struct sent *s = mem_alloc(sizeof *s);
	struct packet p = client(40000, 443, "203.0.113.5");
	uint8_t hello[1024];
	struct wire w;

	wire_init(&w, "sandbox", false, (struct wire_out){ keep, s });
	p.flags = TCP_SYN;
	send_it(&w, &p, 1);
	assert_int_equal(s->len, 1);
	assert_int_equal(s->last[0].flags, TCP_SYN | TCP_ACK);
	assert_int_equal(s->last[0].ack, 1001);
	assert_int_equal(s->last[0].from_port, 443);
	p.flags = TCP_ACK;
	p.seq = 1001;
	p.ack = s->last[0].seq + 1;
	send_it(&w, &p, 2);
	p.len = our_hello("x.example", hello);
	p.data = hello;
	send_it(&w, &p, 3);
	/* an alert, a FIN behind it, both acknowledging what was said */
	assert_true(s->len >= 3);
	assert_int_equal(s->last[1].len, 7);
	assert_int_equal(s->last[1].ack, 1001 + p.len);
	assert_true(s->last[2].flags & TCP_FIN);
	/* what is lost is sent again */
	size_t before = s->len;
	wire_tick(&w, 1000);
	assert_int_equal(s->len, before + 2);
	assert_int_equal(s->last[before].seq, s->last[1].seq);
	p.seq += (uint32_t)p.len;
	p.len = 0;
	p.ack = s->last[2].seq + 1;
	p.flags = TCP_FIN | TCP_ACK;
	send_it(&w, &p, 1001);
	assert_int_equal(w.seen.len, 1);
	assert_string_equal(w.seen.at[0].to, "203.0.113.5");
	assert_string_equal(w.seen.at[0].sni, "x.example");
	assert_int_equal(w.seen.at[0].outcome, WIRE_TLS);
	assert_int_equal(wire_tick(&w, 1002), -1);
	wire_done(&w);
	free(s);
}

static void who_says_nothing(void **state)
{
	struct sent *s = mem_alloc(sizeof *s);
	struct packet p = client(40001, 9999, "203.0.113.5");
	struct wire w;

	wire_init(&w, "sandbox", false, (struct wire_out){ keep, s });
	p.flags = TCP_SYN;
	send_it(&w, &p, 1);
	p.flags = TCP_ACK;
	p.seq++;
	p.ack = s->last[0].seq + 1;
	send_it(&w, &p, 2);
	assert_true(wire_is_undecided(&w));
	wire_tick(&w, 60000);
	assert_false(wire_is_undecided(&w));
	assert_int_equal(w.seen.len, 1);
	assert_int_equal(w.seen.at[0].outcome, WIRE_SILENT);
	wire_done(&w);
	free(s);
}

/* More than there is room for are turned away, told, and never held. */
static void too_many(void **state)
{
	struct sent *s = mem_alloc(sizeof *s);
	struct wire w;

	wire_init(&w, "sandbox", false, (struct wire_out){ keep, s });
	for (unsigned i = 0; i < WIRE_CONNECTIONS; i++) {
		struct packet p = client(1024 + i, 80, "203.0.113.5");

		p.flags = TCP_SYN;
		send_it(&w, &p, 1);
		s->len = 0;
	}
	struct packet p = client(9, 80, "203.0.113.5");
	p.flags = TCP_SYN;
	send_it(&w, &p, 1);
	assert_int_equal(s->last[0].flags, TCP_RST | TCP_ACK);
	assert_int_equal(w.seen.at[0].outcome, WIRE_REFUSED);
	for (unsigned i = 0; i < WIRE_SEEN_MAX + 10; i++)
		send_it(&w, &p, 2), s->len = 0;
	assert_int_equal(w.seen.len, WIRE_SEEN_MAX);
	assert_int_equal(w.dropped, 11);
	wire_done(&w);
	free(s);
}

static void a_question_over_the_wire(void **state)
{
	struct sent *s = mem_alloc(sizeof *s);
	uint8_t bytes[DNS_ROOM];
	struct packet p = client(40002, 53, "198.18.0.1");
	struct wire w;

	p.proto = PROTO_UDP;
	wire_init(&w, "sandbox", false, (struct wire_out){ keep, s });
	p.len = query("c.example", DNS_A, bytes);
	p.data = bytes;
	send_it(&w, &p, 1);
	assert_int_equal(s->len, 1);
	assert_int_equal(s->last[0].to_port, 40002);
	assert_memory_equal(s->last[0].data + s->last[0].len - 4, "\xc6\x13\0\1", 4);
	p = client(40003, 123, "198.19.0.1");
	p.proto = PROTO_UDP;
	p.len = 4;
	p.data = (const uint8_t *)"\x23\0\0\0";
	send_it(&w, &p, 2);
	assert_int_equal(w.seen.len, 2);
	assert_string_equal(w.seen.at[0].to, "c.example");
	assert_string_equal(w.seen.at[1].to, "c.example");
	assert_string_equal(w.seen.at[1].protocol, "ntp");
	wire_done(&w);
	free(s);
}

/* ---- what is neither TCP nor UDP, or only a part of it */
static size_t ip4(const char *to, unsigned proto, unsigned where, const void *data, size_t len, uint8_t ret[PACKET_MAX])
{
	memset(ret, 0, 20);
	ret[0] = 0x45;
	ret[2] = (uint8_t)((20 + len) >> 8);
	ret[3] = (uint8_t)(20 + len);
	ret[5] = 77; /* its number */
	ret[6] = (uint8_t)(where >> 8);
	ret[7] = (uint8_t)where;
	ret[9] = (uint8_t)proto;
	memcpy(ret + 12, wire_own4, 4);
	inet_pton(AF_INET, to, ret + 16);
	memcpy(ret + 20, data, len);
	return 20 + len;
}

static size_t ip6(const char *to, unsigned proto, const void *data, size_t len, uint8_t ret[PACKET_MAX])
{
	memset(ret, 0, 40);
	ret[0] = 0x60;
	ret[4] = (uint8_t)(len >> 8);
	ret[5] = (uint8_t)len;
	ret[6] = (uint8_t)proto;
	memcpy(ret + 8, wire_own6, 16);
	inet_pton(AF_INET6, to, ret + 24);
	memcpy(ret + 40, data, len);
	return 40 + len;
}

/* What the sink says of one packet: "to:port protocol outcome"; "": nothing. */
static void assert_told(const uint8_t *at, size_t len, const char *want)
{
	struct sent *s = mem_alloc(sizeof *s);
	struct wire w;
	char got[400] = "";

	wire_init(&w, "sandbox", true, (struct wire_out){ keep, s });
	wire_packet(&w, at, len, 1);
	if (w.seen.len)
		snprintf(got, sizeof got, "%s:%u %s %s", w.seen.at[0].to, w.seen.at[0].port, w.seen.at[0].protocol,
			wire_outcome_name(w.seen.at[0].outcome));
	assert_string_equal(got, want);
	assert_int_equal(s->len, 0);
	wire_done(&w);
	free(s);
}

static void packets_that_nobody_answers(void **state)
{
	static const char secret[] = "\x08\0\0\0\0\1\0\1the secret of the machine";
	static const uint8_t half[] = { 0x9c, 0x40, 1, 0xbb, 0, 0, 0, 0 };
	uint8_t bytes[PACKET_MAX], more[200] = { 0 };

	assert_told(bytes, ip4("203.0.113.5", 1, 0, secret, sizeof secret, bytes), "203.0.113.5:0 icmp unanswered");
	assert_told(bytes, ip4("203.0.113.5", 1, 0, "", 0, bytes), "203.0.113.5:0 icmp unanswered");
	assert_told(bytes, ip4("203.0.113.5", 132, 0, secret, 20, bytes), "203.0.113.5:0 sctp unanswered");
	assert_told(bytes, ip4("203.0.113.5", 47, 0, secret, 20, bytes), "203.0.113.5:0 gre unanswered");
	assert_told(bytes, ip4("203.0.113.5", 253, 0, secret, 20, bytes), "203.0.113.5:0 protocol 253 unanswered");
	assert_told(bytes, ip4("203.0.113.5", 6, 0, half, 8, bytes), "203.0.113.5:443 broken unanswered");
	assert_told(bytes, ip4("203.0.113.5", 17, 0, half, 4, bytes), "203.0.113.5:443 broken unanswered");
	/* the first part of a stream's segment tells its port, one from the middle does not; of a large datagram it is the datagram */
	assert_told(bytes, ip4("203.0.113.5", 6, 0x2000, half, 8, bytes), "203.0.113.5:443 fragment unanswered");
	assert_told(bytes, ip4("203.0.113.5", 6, 0x2001, half, 8, bytes), "203.0.113.5:0 fragment unanswered");
	assert_told(bytes, ip4("203.0.113.5", 17, 0x2000, half, 8, bytes), "203.0.113.5:443  udp");
	assert_told(bytes, ip4("203.0.113.5", 17, 5, half, 8, bytes), "203.0.113.5:0 fragment unanswered");
	/* its length is a lie */
	size_t len = ip4("203.0.113.5", 1, 0, secret, 20, bytes);
	assert_told(bytes, len - 1, "203.0.113.5:0 broken unanswered");
	/* IPv6, with headers in between */
	assert_told(bytes, ip6("2001:db8::5", 58, secret, 20, bytes), "2001:db8::5:0 icmp unanswered");
	more[0] = 58;
	more[1] = 1;
	assert_told(bytes, ip6("2001:db8::5", 60, more, 40, bytes), "2001:db8::5:0 icmp unanswered");
	more[0] = 17; /* a fragment from the middle */
	more[3] = 9;
	assert_told(bytes, ip6("2001:db8::5", 44, more, 40, bytes), "2001:db8::5:0 fragment unanswered");
	more[1] = 200; /* a header that is longer than the packet */
	assert_told(bytes, ip6("2001:db8::5", 0, more, 40, bytes), "2001:db8::5:0 broken unanswered");
	assert_told((const uint8_t *)"nonsense of no version", 22, "");
}

/* Options in front of it do not hide a connection. */
static void options_before_tcp(void **state)
{
	struct sent *s = mem_alloc(sizeof *s);
	struct packet p = { .is_v6 = true, .proto = PROTO_TCP, .from_port = 40000, .to_port = 443, .flags = TCP_SYN };
	uint8_t plain[PACKET_MAX], bytes[PACKET_MAX], more[200] = { 6, 1 };
	struct wire w;

	memcpy(p.from, wire_own6, 16);
	inet_pton(AF_INET6, "2001:db8::5", p.to);
	size_t len = packet_build(&p, plain);
	memcpy(more + 16, plain + 40, len - 40);
	wire_init(&w, "sandbox", true, (struct wire_out){ keep, s });
	wire_packet(&w, bytes, ip6("2001:db8::5", 60, more, len - 40 + 16, bytes), 1);
	assert_int_equal(s->len, 1);
	assert_int_equal(s->last[0].flags, TCP_SYN | TCP_ACK);
	assert_int_equal(s->last[0].from_port, 443);
	wire_done(&w);
	free(s);
}

/* A kernel's own words to its link are passed over as what they are, and only as that. */
static void what_kernels_say(void **state)
{
	static const uint8_t listens[28] = { 143 }, solicits[16] = { 133 }, asks[24] = { 135 };
	uint8_t bytes[PACKET_MAX], more[300] = { 58, 0, 5, 2, 0, 0, 1, 0 };

	memcpy(more + 8, listens, sizeof listens);
	assert_told(bytes, ip6("ff02::16", 0, more, 8 + sizeof listens, bytes), "");
	assert_told(bytes, ip6("ff02::2", 58, solicits, sizeof solicits, bytes), "");
	assert_told(bytes, ip6("ff02::1:ff00:2", 58, asks, sizeof asks, bytes), "");
	assert_told(bytes, ip4("224.0.0.22", 2, 0, listens, 16, bytes), "");
	/* to somebody else, or too much of it */
	assert_told(bytes, ip6("2001:db8::5", 58, solicits, sizeof solicits, bytes), "2001:db8::5:0 icmp unanswered");
	assert_told(bytes, ip4("203.0.113.5", 2, 0, listens, 16, bytes), "203.0.113.5:0 igmp unanswered");
	more[8] = 133;
	assert_told(bytes, ip6("ff02::2", 0, more, 60, bytes), "ff02::2:0 icmp unanswered");
}

static void a_refused_answer(void **state)
{
	struct sent *s = mem_alloc(sizeof *s);
	uint8_t question[DNS_ROOM], bytes[PACKET_MAX], refusal[PACKET_MAX + 8] = { 3, 3 };
	struct packet p = client(40002, 53, "198.18.0.1");
	struct wire w;

	wire_init(&w, "sandbox", false, (struct wire_out){ keep, s });
	p.proto = PROTO_UDP;
	p.len = query("c.example", DNS_A, question);
	p.data = question;
	send_it(&w, &p, 1);
	size_t len = packet_build(&s->last[0], refusal + 8);
	wire_packet(&w, bytes, ip4("198.18.0.1", 1, 0, refusal, 8 + len, bytes), 2);
	assert_int_equal(w.seen.len, 1); /* the question */
	/* the same to somebody who was asked nothing */
	wire_packet(&w, bytes, ip4("203.0.113.5", 1, 0, refusal, 8 + len, bytes), 2);
	assert_int_equal(w.seen.len, 2);
	refusal[8 + 20 + 3] ^= 1; /* or of a port that asked nothing */
	wire_packet(&w, bytes, ip4("198.18.0.1", 1, 0, refusal, 8 + len, bytes), 2);
	assert_int_equal(w.seen.len, 3);
	wire_done(&w);
	free(s);
}

/* A large datagram is told once, with all its parts; a flood of what nobody answers leaves room for the rest. */
static void parts_and_floods(void **state)
{
	static const uint8_t half[] = { 0x9c, 0x40, 2, 2, 0, 0, 0, 0, '<', '1', '>', 'x' };
	struct sent *s = mem_alloc(sizeof *s);
	uint8_t bytes[PACKET_MAX];
	struct wire w;

	wire_init(&w, "sandbox", false, (struct wire_out){ keep, s });
	wire_packet(&w, bytes, ip4("203.0.113.5", 17, 0x2000, half, sizeof half, bytes), 1);
	wire_packet(&w, bytes, ip4("203.0.113.5", 17, 0x20b9, half, sizeof half, bytes), 1);
	wire_packet(&w, bytes, ip4("203.0.113.5", 17, 0x0172, half, sizeof half, bytes), 1);
	assert_int_equal(w.seen.len, 1);
	assert_string_equal(w.seen.at[0].protocol, "syslog");
	assert_string_equal(w.seen.at[0].first, "<1>x");
	wire_packet(&w, bytes, ip4("203.0.113.6", 17, 0x0172, half, sizeof half, bytes), 1);
	assert_int_equal(w.seen.len, 2);
	for (unsigned i = 0; i < WIRE_SEEN_MAX; i++)
		wire_packet(&w, bytes, ip4("203.0.113.5", 1, 0, half, 8, bytes), 2);
	assert_int_equal(w.seen.len, WIRE_UNANSWERED_MAX);
	assert_int_equal(w.dropped, WIRE_SEEN_MAX + 2 - WIRE_UNANSWERED_MAX);
	struct packet p = client(40003, 123, "198.19.0.1");
	p.proto = PROTO_UDP;
	send_it(&w, &p, 3);
	assert_string_equal(w.seen.at[WIRE_UNANSWERED_MAX].protocol, "ntp");
	wire_done(&w);
	free(s);
}

static void lines_of_listening_ports(void **state)
{
	static const char v4[] =
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 "
		"0000000000000000 100 0 0 10 0";
	static const char v6[] = "   1: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A "
				 "00000000:00000000 00:00000000 00000000     0        0 77 1";
	static const char open[] =
		"   0: 0100007F:1F90 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 1";
	uint8_t address[16] = { 0 };
	unsigned long inode;
	unsigned port;

	assert_true(port_parse(v4, false, address, &port, &inode));
	assert_int_equal(port, 8080);
	assert_int_equal(inode, 4242);
	assert_memory_equal(address, "\x7f\0\0\1", 4);
	assert_true(port_parse(v6, true, address, &port, &inode));
	assert_int_equal(port, 443);
	assert_false(port_parse(v6, false, address, &port, &inode));
	assert_false(port_parse(open, false, address, &port, &inode));
	assert_false(port_parse("  sl  local_address rem_address   st", false, address, &port, &inode));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection),
		cmocka_unit_test(who_says_nothing),
		cmocka_unit_test(too_many),
		cmocka_unit_test(a_question_over_the_wire),
		cmocka_unit_test(packets_that_nobody_answers),
		cmocka_unit_test(options_before_tcp),
		cmocka_unit_test(what_kernels_say),
		cmocka_unit_test(a_refused_answer),
		cmocka_unit_test(parts_and_floods),
		cmocka_unit_test(lines_of_listening_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
