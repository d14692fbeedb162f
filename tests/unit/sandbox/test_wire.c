/* test_wire.c - the answering network without a network: ClientHellos, names, conversations, packets. */
#include "base/base.h"
#include "sandbox/ports.h"
#include "sandbox/wire_tcp.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t our_hello(const char *host, uint8_t ret[1024])
{
	uint8_t random[64];

	memset(random, 7, sizeof random);
	return hello_build(host, random, ret, 1024);
}

static void a_hello_is_read(void **state)
{
	uint8_t bytes[1024], cut[2048];
	struct hello h = { "", 0 };
	size_t len = our_hello("updates.vendor.example", bytes);

	assert_int_equal(hello_parse(bytes, len, &h), HELLO_YES);
	assert_string_equal(h.sni, "updates.vendor.example");
	assert_string_equal(hello_version(h.version), "TLS 1.3");
	for (size_t i = 0; i < len; i++)
		assert_int_equal(hello_parse(bytes, i, &h), HELLO_MORE);
	/* the same message in two records */
	memcpy(cut, bytes, 5 + 20);
	cut[3] = 0;
	cut[4] = 20;
	memcpy(cut + 25, "\x16\3\1", 3);
	cut[28] = (uint8_t)((len - 25) >> 8);
	cut[29] = (uint8_t)(len - 25);
	memcpy(cut + 30, bytes + 25, len - 25);
	assert_int_equal(hello_parse(cut, len + 5, &h), HELLO_YES);
	assert_string_equal(h.sni, "updates.vendor.example");
	len = our_hello("", bytes);
	assert_int_equal(hello_parse(bytes, len, &h), HELLO_YES);
	assert_string_equal(h.sni, "");
}

static void what_is_no_hello(void **state)
{
	static const char *const others[] = { "GET / HTTP/1.1\r\n", "\x16\2\1\1", "\x16\3\1\0\0",
		"\x16\3\1\0\x05\x02\0\0\x26\3", "\x15\3\3\0\2\2\x28", "\x80\x20\2\0\2\0\3\0\0\0\x10" };
	static const size_t lens[] = { 16, 4, 5, 10, 7, 11 };
	uint8_t bytes[1024];
	struct hello h = { "x", 9 };

	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(hello_parse((const uint8_t *)others[i], lens[i], &h), HELLO_NO);
	assert_int_equal(h.version, 9);
	/* a name that is not one does not become a text with anything in it */
	size_t len = our_hello("a\x1b[2Jb", bytes);
	assert_int_equal(hello_parse(bytes, len, &h), HELLO_YES);
	assert_string_equal(h.sni, "a??2Jb");
	assert_int_equal(hello_answered((const uint8_t *)"\x16\3\3\0\x7a\2", 6), HELLO_YES);
	assert_int_equal(hello_answered((const uint8_t *)"\x15\3\3\0\2\2", 6), HELLO_YES);
	assert_int_equal(hello_answered((const uint8_t *)"HTTP/1", 6), HELLO_NO);
}

static size_t query(const char *name, unsigned type, uint8_t ret[DNS_ROOM])
{
	static const uint8_t head[12] = { 0x12, 0x34, 1, 0, 0, 1 };
	size_t at = sizeof head;

	memcpy(ret, head, sizeof head);
	while (*name) {
		size_t len = strcspn(name, ".");

		ret[at++] = (uint8_t)len;
		memcpy(ret + at, name, len);
		at += len;
		name += len + (name[len] == '.');
	}
	memcpy(ret + at, "\0\0\0\0\1", 5);
	ret[at + 2] = (uint8_t)type;
	return at + 5;
}

static void ask(struct names *n, const char *name, unsigned type, const char *want)
{
	uint8_t bytes[DNS_ROOM], answer[DNS_ROOM];
	struct dns_question q;
	char text[DNS_NAME] = "";
	size_t len = query(name, type, bytes);

	assert_int_equal(dns_parse(bytes, len, &q), 0);
	assert_int_equal(q.end, len);
	len = dns_answer(n, "sandbox", true, bytes, &q, answer);
	assert_true(len >= q.end);
	assert_memory_equal(answer, "\x12\x34\x81", 3);
	if (answer[3] & 15)
		strcpy(text, "none");
	else if (answer[7] == 1 && type == DNS_PTR)
		memcpy(text, answer + q.end + 13, answer[q.end + 12]);
	else if (answer[7] == 1)
		inet_ntop(type == DNS_A ? AF_INET : AF_INET6, answer + q.end + 12, text, sizeof text);
	assert_string_equal(text, want);
}

static void every_name_has_an_address(void **state)
{
	struct names n = { 0 };

	ask(&n, "a.example", DNS_A, "198.19.0.1");
	ask(&n, "b.example", DNS_A, "198.19.0.2");
	ask(&n, "A.Example", DNS_A, "198.19.0.1");
	ask(&n, "b.example", DNS_AAAA, "fd5c:a1::1:0:2");
	ask(&n, "sandbox", DNS_A, "198.18.0.2");
	ask(&n, "b.example", 15, "");
	ask(&n, "2.0.19.198.in-addr.arpa", DNS_PTR, "b");
	ask(&n, "9.0.19.198.in-addr.arpa", DNS_PTR, "none");
	ask(&n, "2.0.18.198.in-addr.arpa", DNS_PTR, "sandbox");
	assert_string_equal(names_find(&n, (const uint8_t *)"\xc6\x13\0\2", false), "b.example");
	assert_null(names_find(&n, (const uint8_t *)"\xc6\x13\0\3", false));
	assert_null(names_find(&n, (const uint8_t *)"\x7f\0\0\1", false));
	names_done(&n);
}

static void questions_that_are_none(void **state)
{
	uint8_t bytes[DNS_ROOM];
	struct dns_question q = { .type = 77 };
	size_t len = query("some.name.example", DNS_A, bytes);

	for (size_t i = 0; i < len; i++)
		assert_int_equal(dns_parse(bytes, i, &q), -1);
	bytes[2] |= 0x80; /* an answer */
	assert_int_equal(dns_parse(bytes, len, &q), -1);
	bytes[2] = 1;
	bytes[12] = 0xc0; /* a pointer */
	assert_int_equal(dns_parse(bytes, len, &q), -1);
	assert_int_equal(q.type, 77);
}

/* A client that says one thing after the other; what the sink answered, all together. */
static void talk_to(struct talk *t, unsigned port, const char *const *said, struct talk_reply *r)
{
	*r = (struct talk_reply){ .len = 0 };
	talk_begin(t, port);
	for (; *said; said++)
		if (strcmp(*said, "(waits)") == 0)
			talk_wait(t, r);
		else if (strcmp(*said, "(hello)") == 0) {
			uint8_t bytes[1024];
			size_t len = our_hello("there.example", bytes);

			talk_hear(t, bytes, len / 2, r);
			talk_hear(t, bytes + len / 2, len - len / 2, r);
		} else
			talk_hear(t, (const uint8_t *)*said, strlen(*said), r);
	talk_end(t);
}

static void conversations(void **state)
{
	static const struct {
		unsigned port;
		const char *said[8];
		enum wire_outcome outcome;
		const char *protocol, *answered; /* is in the answers */
	} cases[] = {
		{ 443, { "(hello)" }, WIRE_TLS, "", "" },
		{ 9999, { "(waits)", "(hello)" }, WIRE_TLS, "", "" },
		{ 443, { "GET / HTTP/1.1\r\n", "Host: a\r\n\r\n" }, WIRE_CLEARTEXT, "http", "503" },
		{ 8080, { "POST /x HTTP/1.0\n\n" }, WIRE_CLEARTEXT, "http", "503" },
		{ 25, { "(waits)", "EHLO me\r\n", "STARTTLS\r\n", "(hello)" }, WIRE_STARTTLS, "smtp", "220 mail" },
		{ 25, { "(waits)", "EHLO me\r\n", "MAIL FROM:<a@b>\r\n" }, WIRE_CLEARTEXT, "smtp", "421" },
		{ 2525, { "EHLO me\r\nSTARTTLS\r\n", "(hello)" }, WIRE_STARTTLS, "smtp", "250 STARTTLS" },
		{ 25, { "(waits)", "EHLO me\r\n", "STARTTLS\r\n", "MAIL FROM:<a@b>\r\n" }, WIRE_CLEARTEXT, "smtp",
			"220" },
		{ 143, { "(waits)", "a1 CAPABILITY\r\n", "a2 STARTTLS\r\n", "(hello)" }, WIRE_STARTTLS, "imap",
			"a2 OK" },
		{ 143, { "(waits)", "a1 LOGIN me secret\r\n" }, WIRE_CLEARTEXT, "imap", "a1 NO" },
		{ 110, { "(waits)", "STLS\r\n", "(hello)" }, WIRE_STARTTLS, "pop3", "+OK" },
		{ 110, { "(waits)", "USER me\r\n" }, WIRE_CLEARTEXT, "pop3", "-ERR" },
		{ 21, { "(waits)", "AUTH TLS\r\n", "(hello)" }, WIRE_STARTTLS, "ftp", "234" },
		{ 22, { "SSH-2.0-x\r\n" }, WIRE_ENCRYPTED, "ssh", "" },
		{ 514, { "<13>Jan 1 00:00:00 me: hello\n" }, WIRE_CLEARTEXT, "syslog", "" },
		{ 6379, { "*1\r\n$4\r\nPING\r\n" }, WIRE_CLEARTEXT, "redis", "" },
		{ 5222, { "<?xml version='1.0'?><stream:stream to='a'>", "<starttls xmlns='x'/>", "(hello)" },
			WIRE_STARTTLS, "xmpp", "proceed" },
		{ 9999, { "whatever this is\n" }, WIRE_CLEARTEXT, "", "" },
		{ 9999, { "(waits)" }, WIRE_SILENT, "", "" },
		{ 9999, { "x" }, WIRE_CLEARTEXT, "", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct talk t;
		struct talk_reply r;

		talk_to(&t, cases[i].port, cases[i].said, &r);
		if (t.outcome != cases[i].outcome || strcmp(talk_protocol(&t), cases[i].protocol) != 0 ||
			!memmem(r.at, r.len, cases[i].answered, strlen(cases[i].answered)))
			fail_msg("case %zu: %s, %s, answered '%.*s'", i, wire_outcome_name(t.outcome),
				talk_protocol(&t), (int)r.len, (const char *)r.at);
		if (t.outcome == WIRE_TLS || t.outcome == WIRE_STARTTLS)
			assert_string_equal(t.hello.sni, "there.example");
	}
}

/* Protocols whose words hold NULs. */
static void binary_conversations(void **state)
{
	static const char start_ldap[] = "\x30\x1d\2\1\5\x77\x18\x80\x16"
					 "1.3.6.1.4.1.1466.20037";
	static const char bind_ldap[] = "\x30\x0c\2\1\1\x60\7\2\1\3\4\0\x80\0";
	struct talk_reply r = { .len = 0 };
	uint8_t hello[1024];
	struct talk t;
	size_t len = our_hello("db.example", hello);

	talk_begin(&t, 5432);
	talk_hear(&t, (const uint8_t *)"\0\0\0\x8\4\xd2\x16\x2f", 8, &r);
	assert_true(r.len == 1 && r.at[0] == 'S');
	talk_hear(&t, hello, len, &r);
	assert_int_equal(t.outcome, WIRE_STARTTLS);

	r.len = 0;
	talk_begin(&t, 389);
	talk_hear(&t, (const uint8_t *)start_ldap, sizeof start_ldap - 1, &r);
	assert_true(r.len == 14 && r.at[4] == 5);
	talk_hear(&t, hello, len, &r);
	assert_int_equal(t.outcome, WIRE_STARTTLS);
	talk_begin(&t, 3899);
	talk_hear(&t, (const uint8_t *)bind_ldap, sizeof bind_ldap - 1, &r);
	assert_int_equal(t.outcome, WIRE_CLEARTEXT);
	assert_string_equal(talk_protocol(&t), "ldap");

	r.len = 0;
	talk_begin(&t, 3306);
	talk_wait(&t, &r);
	assert_int_equal(r.len, 4 + r.at[0]); /* its own length is right */
	talk_hear(&t,
		(const uint8_t *)"\x20\0\0\1\x85\xae\xff\1\0\0\0\1\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
		36, &r);
	talk_hear(&t, hello, len, &r);
	assert_int_equal(t.outcome, WIRE_STARTTLS);
}

/* ---- packets */
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

/* A ServerHello as openssl sends it: a record, the message, 32 bytes of random, a session, a suite, extensions. */
static size_t server_hello(unsigned legacy, unsigned suite, unsigned version, uint8_t ret[128])
{
	const uint8_t tail[] = { (uint8_t)(suite >> 8), (uint8_t)suite, 0, 0, version ? 12 : 6, 0xff, 1, 0, 2, 9, 9, 0,
		43, 0, 2, (uint8_t)(version >> 8), (uint8_t)version };
	size_t len = version ? sizeof tail : sizeof tail - 6, body = 2 + 32 + 1 + 32 + len;

	memset(ret, 7, 128);
	memcpy(ret,
		(const uint8_t[]){ 22, 3, 3, 0, (uint8_t)(body + 4), 2, 0, 0, (uint8_t)body, (uint8_t)(legacy >> 8),
			(uint8_t)legacy },
		11);
	ret[11 + 32] = 32;
	memcpy(ret + 11 + 32 + 1 + 32, tail, len);
	return 5 + 4 + body;
}

static void what_a_server_chose(void **state)
{
	uint8_t bytes[128];
	unsigned suite = 0;
	size_t len = server_hello(0x303, 0x1302, 0x304, bytes);

	assert_int_equal(hello_chosen(bytes, len, &suite), 0x304);
	assert_string_equal(hello_suite(suite), "TLS_AES_256_GCM_SHA384");
	for (size_t i = 0; i < len - 6;
		i++) /* cut off before the extension that says the version: never more than what stands there */
		assert_true(hello_chosen(bytes, i, &suite) == 0 || hello_chosen(bytes, i, &suite) == 0x303);
	len = server_hello(0x301, 0x2f, 0, bytes);
	assert_int_equal(hello_chosen(bytes, len, &suite), 0x301);
	assert_string_equal(hello_suite(suite), "AES128-SHA");
	assert_string_equal(hello_suite(0x1234), "");
	assert_int_equal(hello_chosen((const uint8_t *)"\x15\3\3\0\2\2\x28", 7, &suite), 0);
	assert_int_equal(hello_chosen((const uint8_t *)"HTTP/1.1 400 Bad Request", 24, &suite), 0);
}

/* What a datagram is: words are told wherever they go; what a network cannot do without, and what is encrypted, is not taken for words. */
static void datagrams(void **state)
{
	static const char ntp[48] = "\x23", query_[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\7example\0\0\1\0\1",
			  snmp[] = "0&\2\1\1\4\6public\xa0\x19", mixed[] = "\1\2host=a.example role=x\3";
	static const struct {
		unsigned port;
		const char *at;
		size_t len;
		const char *want;
	} cases[] = {
		{ 514, "<30>acme: x", 11, "syslog cleartext" },
		{ 514, "acme: x", 7, "udp cleartext" },
		{ 9000, "<30>acme: x", 11, "syslog cleartext" },
		{ 8125, "a:1|c\n", 6, "udp cleartext" },
		{ 443, "GET / HTTP/1.0", 14, "udp cleartext" },
		{ 53, query_, sizeof query_ - 1, "dns udp" },
		{ 53, "hello hello hello", 17, "udp cleartext" },
		{ 123, ntp, sizeof ntp, "ntp udp" },
		{ 123, "what time is it? tell me now, please, if you can", 48, "udp cleartext" },
		{ 161, snmp, sizeof snmp - 1, "snmp cleartext" },
		{ 9000, mixed, sizeof mixed - 1, "udp cleartext" },
		{ 9000, "\x80\x81\x82 a few \x83", 11, " udp" },
		{ 9000, "\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x20\1\0", 15, "dtls encrypted" },
		{ 9000, "", 0, " udp" },
		{ 9000, "hi", 2, " udp" },
		{ 67, "\1\1\6\0", 4, " udp" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		enum wire_outcome outcome;
		const char *name = talk_datagram(cases[i].port, (const uint8_t *)cases[i].at, cases[i].len, &outcome);
		char got[64];

		snprintf(got, sizeof got, "%s %s", name, wire_outcome_name(outcome));
		assert_string_equal(got, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hello_is_read),
		cmocka_unit_test(what_a_server_chose),
		cmocka_unit_test(what_is_no_hello),
		cmocka_unit_test(every_name_has_an_address),
		cmocka_unit_test(questions_that_are_none),
		cmocka_unit_test(conversations),
		cmocka_unit_test(binary_conversations),
		cmocka_unit_test(a_connection),
		cmocka_unit_test(who_says_nothing),
		cmocka_unit_test(too_many),
		cmocka_unit_test(datagrams),
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
