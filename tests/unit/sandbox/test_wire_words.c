/* test_wire_words.c - what bytes on the wire are taken for: hellos of TLS, questions for names, conversations, datagrams. Packets: test_wire.c. */
#include "base/base.h"
#include "wire_client.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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
		cmocka_unit_test(datagrams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
