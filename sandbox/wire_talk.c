/* wire_talk.c - the sink's side of a conversation. One protocol is one line of the table: how it is known, how it is greeted, what
 * asks for TLS, what is said to the rest. */
#include "sandbox/wire_talk.h"
#include "base/base.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const outcomes[WIRE_OUTCOMES] = { "silent", "tls", "starttls", "cleartext", "encrypted", "udp",
	"refused", "unanswered" };

const char *wire_outcome_name(enum wire_outcome o)
{
	return outcomes[o];
}

static void say(struct talk_reply *r, const void *at, size_t len)
{
	if (r->len + len <= TALK_REPLY) {
		memcpy(r->at + r->len, at, len);
		r->len += len;
	}
}

static void say_text(struct talk_reply *r, const char *text)
{
	say(r, text, strlen(text));
}

/* One step of a protocol looks at what has come (t->in, t->len), says something, and tells how many bytes it has dealt with;
 * 0: more must come first. */
struct talk_rules {
	const char *name;
	bool (*is_it)(const uint8_t *at, size_t len); /* by what the client says first; NULL: by port only */
	const char *greeting;                         /* the server speaks first; NULL: the client does */
	size_t greeting_len;                          /* 0: a text */
	size_t (*step)(struct talk *t, struct talk_reply *r);
};

static void cleartext(struct talk *t)
{
	t->outcome = WIRE_CLEARTEXT;
}

static void end(struct talk *t, struct talk_reply *r)
{
	t->is_over = r->is_over = true;
}

/* ---- protocols of lines: "COMMAND ...\r\n" */
struct line_answer {
	const char *command; /* beginning, any case; NULL: everything else */
	const char *answer;  /* '%' stands for the tag that the client gave */
	bool starts_tls, is_last;
};

static size_t line_length(const struct talk *t)
{
	const uint8_t *end_ = memchr(t->in, '\n', t->len);

	return end_ ? (size_t)(end_ - t->in) + 1 : t->len == sizeof t->in ? t->len : 0;
}

static void say_tagged(struct talk_reply *r, const char *answer, const char *tag)
{
	size_t before = strcspn(answer, "%");

	say(r, answer, before);
	if (answer[before]) {
		say_text(r, tag);
		say_text(r, answer + before + 1);
	}
}

/* Without TLS anything but asking what the server can do is said for everybody to hear. */
static size_t answer_line(
	struct talk *t, struct talk_reply *r, const struct line_answer *table, const char *tag, size_t skip)
{
	size_t len = line_length(t);

	if (len == 0)
		return 0;
	for (;; table++) {
		size_t want = table->command ? strlen(table->command) : 0;

		if (want && (len < skip + want || strncasecmp((const char *)t->in + skip, table->command, want) != 0))
			continue;
		say_tagged(r, table->answer, tag);
		t->is_starting = table->starts_tls;
		if (!table->command)
			cleartext(t);
		if (table->is_last)
			end(t, r);
		return len;
	}
}

static size_t smtp(struct talk *t, struct talk_reply *r)
{
	static const struct line_answer table[] = { { "EHLO", "250-mail\r\n250 STARTTLS\r\n" },
		{ "HELO", "250 mail\r\n" }, { "STARTTLS", "220 go ahead\r\n", true },
		{ "QUIT", "221 bye\r\n", false, true }, { NULL, "421 not now\r\n", false, true } };

	return answer_line(t, r, table, "", 0);
}

static size_t pop3(struct talk *t, struct talk_reply *r)
{
	static const struct line_answer table[] = { { "CAPA", "+OK\r\nSTLS\r\n.\r\n" },
		{ "STLS", "+OK begin\r\n", true }, { "QUIT", "+OK\r\n", false, true },
		{ NULL, "-ERR not now\r\n", false, true } };

	return answer_line(t, r, table, "", 0);
}

static size_t ftp(struct talk *t, struct talk_reply *r)
{
	static const struct line_answer table[] = { { "AUTH TLS", "234 go ahead\r\n", true },
		{ "AUTH SSL", "234 go ahead\r\n", true }, { "FEAT", "211-\r\n AUTH TLS\r\n211 end\r\n" },
		{ "QUIT", "221 bye\r\n", false, true }, { NULL, "421 not now\r\n", false, true } };

	return answer_line(t, r, table, "", 0);
}

static size_t imap(struct talk *t, struct talk_reply *r)
{
	static const struct line_answer table[] = {
		{ "CAPABILITY", "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n% OK\r\n" },
		{ "STARTTLS", "% OK begin\r\n", true }, { "ID", "* ID NIL\r\n% OK\r\n" }, { "NOOP", "% OK\r\n" },
		{ "LOGOUT", "* BYE\r\n% OK\r\n", false, true }, { NULL, "% NO not now\r\n", false, true }
	};
	char tag[32] = "";
	size_t len = line_length(t), n = 0;

	while (n < len && n < sizeof tag - 1 && isgraph(t->in[n])) {
		tag[n] = (char)t->in[n];
		n++;
	}
	tag[n] = '\0';
	return answer_line(t, r, table, tag, n < len && t->in[n] == ' ' ? n + 1 : n);
}

static size_t xmpp(struct talk *t, struct talk_reply *r)
{
	static const char features[] =
		"<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
		"xmlns:stream='http://etherx.jabber.org/streams' "
		"id='1' version='1.0'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"
		"</starttls></stream:features>";

	if (!memchr(t->in, '>', t->len))
		return t->len < sizeof t->in ? 0 : t->len;
	if (memmem(t->in, t->len, "<starttls", 9)) {
		say_text(r, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
		t->is_starting = true;
	} else if (memmem(t->in, t->len, "<auth", 5)) {
		cleartext(t);
		end(t, r);
	} else if (memmem(t->in, t->len, "<stream:stream", 14) || memmem(t->in, t->len, "<stream ", 8)) {
		say_text(r, features);
	} else {
		return 0;
	}
	return t->len;
}

/* ---- http */
static bool is_http(const uint8_t *at, size_t len)
{
	static const char *const methods[] = { "GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ",
		"CONNECT ", "TRACE ", "PROPFIND ", "PRI * HTTP/2" };

	for (size_t i = 0; i < COUNT(methods); i++)
		if (len >= strlen(methods[i]) && memcmp(at, methods[i], strlen(methods[i])) == 0)
			return true;
	return false;
}

static size_t http(struct talk *t, struct talk_reply *r)
{
	cleartext(t);
	if (!memmem(t->in, t->len, "\r\n\r\n", 4) && !memmem(t->in, t->len, "\n\n", 2) && t->len < sizeof t->in)
		return 0;
	say_text(r,
		"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 3600\r\nConnection: "
		"close\r\n\r\n");
	end(t, r);
	return t->len;
}

/* ---- PostgreSQL: a length and a code */
static bool is_postgres(const uint8_t *at, size_t len)
{
	static const uint8_t secure[] = { 0, 0, 0, 8, 4, 0xd2, 0x16 }, startup[] = { 0, 3, 0, 0 };

	return (len >= 8 && memcmp(at, secure, 7) == 0 && (at[7] == 0x2f || at[7] == 0x30)) ||
		(len >= 9 && at[0] == 0 && at[1] == 0 && memcmp(at + 4, startup, 4) == 0 && isalpha(at[8]));
}

static size_t postgres(struct talk *t, struct talk_reply *r)
{
	if (t->len < 8)
		return 0;
	if (t->in[4] == 4 && t->in[7] == 0x2f) {
		say(r, "S", 1);
		t->is_starting = true;
		return 8;
	}
	if (t->in[4] == 4 && t->in[7] == 0x30) {
		say(r, "N", 1); /* no GSSAPI; clients then ask for TLS */
		return 8;
	}
	cleartext(t);
	end(t, r);
	return t->len;
}

/* ---- LDAP: a sequence, a number, an operation (BER) */
static bool is_ldap(const uint8_t *at, size_t len)
{
	size_t head = len > 2 && at[1] == 0x84 ? 6 : len > 2 && at[1] == 0x82 ? 4 : len > 2 && at[1] == 0x81 ? 3 : 2;

	return len >= head + 4 && at[0] == 0x30 && at[head] == 2 && at[head + 1] >= 1 && at[head + 1] <= 4 &&
		(at[1] < 0x80 || head > 2);
}

static size_t ldap(struct talk *t, struct talk_reply *r)
{
	static const char start_tls[] = "1.3.6.1.4.1.1466.20037";
	static const uint8_t granted[] = { 0x30, 0x0c, 2, 1, 1, 0x78, 7, 0x0a, 1, 0, 4, 0, 4, 0 };
	uint8_t answer[sizeof granted];

	if (!is_ldap(t->in, t->len))
		return t->len > 16 ? t->len : 0;
	if (!memmem(t->in, t->len, start_tls, sizeof start_tls - 1)) {
		cleartext(t);
		end(t, r);
		return t->len;
	}
	memcpy(answer, granted, sizeof granted);
	size_t head = t->in[1] == 0x84 ? 6 : t->in[1] == 0x82 ? 4 : t->in[1] == 0x81 ? 3 : 2;
	answer[4] = t->in[head + 1 + t->in[head + 1]]; /* the last byte of its number */
	say(r, answer, sizeof answer);
	t->is_starting = true;
	return t->len;
}

/* ---- MySQL: the server speaks first and says that it can do TLS; the client's answer has a flag for it. */
static const char mysql_greeting[] = "\x49\0\0\0\x0a"
				     "8.0.0\0"
				     "\1\0\0\0"
				     "abcdefgh\0"
				     "\xff\xff"
				     "\x21\2\0"
				     "\xff\xdf"
				     "\x15"
				     "\0\0\0\0\0\0\0\0\0\0"
				     "abcdefghijkl\0"
				     "mysql_native_password";
enum { MYSQL_SSL = 0x0800 };

static size_t mysql(struct talk *t, struct talk_reply *r)
{
	if (t->len < 4 + 4)
		return 0;
	unsigned size = (unsigned)t->in[0] | (unsigned)t->in[1] << 8 | (unsigned)t->in[2] << 16;
	unsigned flags = (unsigned)t->in[4] | (unsigned)t->in[5] << 8;
	if (flags & MYSQL_SSL && size == 32) {
		if (t->len < 36)
			return 0;
		t->is_starting = true;
		return 36;
	}
	cleartext(t);
	end(t, r);
	return t->len;
}

/* ---- what needs no answer */
static bool is_ssh(const uint8_t *at, size_t len)
{
	return len >= 4 && memcmp(at, "SSH-", 4) == 0;
}

static size_t ssh(struct talk *t, struct talk_reply *r)
{
	t->outcome = WIRE_ENCRYPTED;
	end(t, r);
	return t->len;
}

static bool is_smtp(const uint8_t *at, size_t len)
{
	return len >= 5 &&
		(strncasecmp((const char *)at, "EHLO ", 5) == 0 || strncasecmp((const char *)at, "HELO ", 5) == 0);
}

static bool is_xmpp(const uint8_t *at, size_t len)
{
	return len >= 5 && (memcmp(at, "<?xml", 5) == 0 || memmem(at, len, "<stream:", 8));
}

static bool is_redis(const uint8_t *at, size_t len)
{
	return len >= 4 && at[0] == '*' && isdigit(at[1]) && memmem(at, len, "\r\n$", 3);
}

bool talk_is_syslog(const uint8_t *at, size_t len)
{
	return len >= 4 && at[0] == '<' && isdigit(at[1]) && memchr(at, '>', len < 5 ? len : 5);
}

static bool is_mqtt(const uint8_t *at, size_t len)
{
	return len >= 8 && at[0] == 0x10 && memmem(at, len < 12 ? len : 12, "MQ", 2);
}

static size_t anything(struct talk *t, struct talk_reply *r)
{
	cleartext(t);
	end(t, r);
	return t->len;
}

/* The order is the order of asking: what is told by fewer bytes comes later. */
static const struct talk_rules rules[] = {
	{ "http", is_http, NULL, 0, http },
	{ "ssh", is_ssh, NULL, 0, ssh },
	{ "smtp", is_smtp, "220 mail ESMTP\r\n", 0, smtp },
	{ "postgres", is_postgres, NULL, 0, postgres },
	{ "xmpp", is_xmpp, NULL, 0, xmpp },
	{ "redis", is_redis, NULL, 0, anything },
	{ "mqtt", is_mqtt, NULL, 0, anything },
	{ "syslog", talk_is_syslog, NULL, 0, anything },
	{ "ldap", is_ldap, NULL, 0, ldap },
	{ "imap", NULL, "* OK IMAP4rev1\r\n", 0, imap },
	{ "pop3", NULL, "+OK\r\n", 0, pop3 },
	{ "ftp", NULL, "220 ftp\r\n", 0, ftp },
	{ "mysql", NULL, mysql_greeting, sizeof mysql_greeting, mysql },
	{ "dns", NULL, NULL, 0, anything },
	{ "", NULL, NULL, 0, anything },
};

static const struct talk_rules *rules_named(const char *name)
{
	for (size_t i = 0; i < COUNT(rules); i++)
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

static const struct {
	unsigned port;
	const char *name;
	bool is_tls;
} ports[] = {
	{ 21, "ftp" },
	{ 22, "ssh" },
	{ 25, "smtp" },
	{ 53, "dns" },
	{ 80, "http" },
	{ 110, "pop3" },
	{ 123, "ntp" },
	{ 143, "imap" },
	{ 389, "ldap" },
	{ 443, "https", true },
	{ 465, "smtps", true },
	{ 514, "syslog" },
	{ 587, "smtp" },
	{ 636, "ldaps", true },
	{ 853, "dns over tls", true },
	{ 989, "ftps", true },
	{ 990, "ftps", true },
	{ 992, "telnets", true },
	{ 993, "imaps", true },
	{ 995, "pop3s", true },
	{ 1883, "mqtt" },
	{ 3306, "mysql" },
	{ 5061, "sips", true },
	{ 5222, "xmpp" },
	{ 5269, "xmpp" },
	{ 5432, "postgres" },
	{ 5671, "amqps", true },
	{ 6379, "redis" },
	{ 6514, "syslog over tls", true },
	{ 6697, "ircs", true },
	{ 8443, "https", true },
	{ 8883, "mqtts", true },
};

const char *talk_port(unsigned port, bool *ret_tls)
{
	*ret_tls = false;
	for (size_t i = 0; i < COUNT(ports); i++)
		if (ports[i].port == port) {
			*ret_tls = ports[i].is_tls;
			return ports[i].name;
		}
	return NULL;
}

void talk_begin(struct talk *t, unsigned port)
{
	bool is_tls;
	const char *name = talk_port(port, &is_tls);

	*t = (struct talk){ .port = port };
	if (name && !is_tls)
		t->rules = rules_named(name);
}

static void forget(struct talk *t, size_t len)
{
	memmove(t->in, t->in + len, t->len - len);
	t->len -= len;
}

/* The protocol by what is said; a port only tells it when nothing else does. */
static void recognise(struct talk *t)
{
	for (size_t i = 0; i < COUNT(rules); i++)
		if (rules[i].is_it && rules[i].is_it(t->in, t->len)) {
			t->rules = &rules[i];
			return;
		}
	/* A few bytes may be the beginning of what is not recognised yet; many are not. */
	if (!t->rules && (t->len >= 16 || memchr(t->in, '\n', t->len)))
		t->rules = rules_named("");
}

/* true: it is TLS, or may become so: nothing else is to be done with the bytes. */
static bool speaks_tls(struct talk *t, struct talk_reply *r)
{
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 40 }; /* fatal: handshake_failure */
	enum hello_state s = hello_parse(t->in, t->len, &t->hello);

	if (s == HELLO_MORE)
		return t->len < sizeof t->in;
	if (s == HELLO_NO)
		return false;
	t->outcome = t->is_starting ? WIRE_STARTTLS : WIRE_TLS;
	say(r, alert, sizeof alert);
	end(t, r);
	return true;
}

void talk_hear(struct talk *t, const uint8_t *at, size_t len, struct talk_reply *ret)
{
	size_t room = sizeof t->in - t->len, add = len < room ? len : room, first = sizeof t->first - t->first_len;

	if (t->is_over)
		return;
	memcpy(t->in + t->len, at, add);
	t->len += add;
	first = first < len ? first : len;
	memcpy(t->first + t->first_len, at, first);
	t->first_len += first;
	while (t->len > 0 && !t->is_over) {
		size_t done;

		if (speaks_tls(t, ret))
			return;
		if (t->is_starting) { /* granted, and yet it goes on without */
			anything(t, ret);
			return;
		}
		recognise(t);
		done = t->rules ? t->rules->step(t, ret) : 0;
		if (done == 0)
			return;
		forget(t, done);
	}
}

void talk_wait(struct talk *t, struct talk_reply *ret)
{
	if (t->is_over || t->has_greeted || t->len > 0 || t->first_len > 0)
		return;
	t->has_greeted = true;
	if (t->rules && t->rules->greeting)
		say(ret, t->rules->greeting,
			t->rules->greeting_len ? t->rules->greeting_len : strlen(t->rules->greeting));
}

void talk_end(struct talk *t)
{
	if (t->outcome != WIRE_SILENT || t->first_len == 0)
		return;
	if (t->is_starting)
		t->outcome = WIRE_STARTTLS;
	else
		t->outcome = t->len > 2 && t->in[0] == 22 && t->in[1] == 3 ? WIRE_TLS : WIRE_CLEARTEXT;
}

const char *talk_protocol(const struct talk *t)
{
	return t->rules ? t->rules->name : "";
}
