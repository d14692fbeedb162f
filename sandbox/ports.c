/* ports.c - every port that listens is offered TLS, the way a careful person with openssl s_client would: a ClientHello; where the server
 * speaks first, its protocol's STARTTLS; at last a line of HTTP, to know whether anybody is there.
 *
 * Runs in a child of the watcher, inside the root's network: it may wait, and whatever a hostile daemon sends back ends here. */
#include "sandbox/ports.h"
#include "sandbox/watcher.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* Milliseconds: for a greeting; for an answer; for all ports together. */
enum { GREETING_MS = 400, ANSWER_MS = 3000, TOTAL_MS = 60000, PORTS_MAX = 200, HEARD = 2048, TABLE_MAX = 1 << 20 };

static const char *const speaks_names[] = { "silent", "cleartext", "starttls", "tls" };

const char *port_speaks_name(enum port_speaks s)
{
	return speaks_names[s];
}

struct port {
	uint8_t address[16]; /* where to knock */
	bool is_v6;
	uint16_t number;
	unsigned long inode;
	char process[16], said[64];
	enum port_speaks speaks;
	unsigned version, suite; /* what it chose of what we offered; 0: it did not say */
};
typedef LIST(struct port) port_list;

/* ---- which ports: /proc/net/tcp, of the namespace we are in */
static char *read_table(int proc, const char *name)
{
	AUTO_FD int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	char *text = mem_alloc(TABLE_MAX + 1);
	size_t have = 0;

	while (fd >= 0 && have < TABLE_MAX) {
		ssize_t got = read(fd, text + have, TABLE_MAX - have);

		if (got <= 0)
			break;
		have += (size_t)got;
	}
	return text;
}

/* Addresses stand there as words of 32 bits in the machine's order. */
bool port_address(const char *hex, bool is_v6, uint8_t ret[16])
{
	for (int i = 0; i < (is_v6 ? 4 : 1); i++) {
		char part[9];
		uint32_t word;

		snprintf(part, sizeof part, "%.8s", hex + 8 * i);
		if (strspn(part, "0123456789ABCDEFabcdef") != 8)
			return false;
		word = (uint32_t)strtoul(part, NULL, 16);
		memcpy(ret + 4 * i, &word, 4);
	}
	return true;
}

/* "sl local_address rem_address st ... inode" */
bool port_parse(const char *line, bool is_v6, uint8_t ret_address[16], unsigned *ret_port, unsigned long *ret_inode)
{
	char address[33];
	unsigned port = 0, state = 0;
	unsigned long inode = 0;

	if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %lu", address, &port, &state,
		    &inode) != 4 ||
		state != 10 || port == 0 || port > 65535 || strlen(address) != (is_v6 ? 32 : 8))
		return false;
	*ret_port = port;
	*ret_inode = inode;
	return port_address(address, is_v6, ret_address);
}

/* Who listens everywhere is asked at home. */
static void knock_where(struct port *p)
{
	static const uint8_t anywhere[16];

	if (memcmp(p->address, anywhere, p->is_v6 ? 16 : 4) != 0)
		return;
	if (p->is_v6)
		p->address[15] = 1;
	else
		memcpy(p->address, "\x7f\0\0\1", 4);
}

static void list_ports(int proc, bool is_v6, port_list *list)
{
	AUTO_FREE char *text = read_table(proc, is_v6 ? "self/net/tcp6" : "self/net/tcp");

	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL && list->len < PORTS_MAX;) {
		struct port p = { .is_v6 = is_v6 };
		unsigned number;
		bool is_known = false;

		if (!port_parse(line, is_v6, p.address, &number, &p.inode))
			continue;
		p.number = (uint16_t)number;
		for (size_t i = 0; i < list->len; i++)
			is_known |= list->at[i].number == p.number;
		if (!is_known) {
			knock_where(&p);
			*LIST_ADD(list) = p;
		}
	}
}

/* ---- whose they are: descriptors of processes that live in this network */
static bool lives_here(int proc, const char *pid, const char *here)
{
	char name[300], link[64];

	snprintf(name, sizeof name, "%s/ns/net", pid);
	ssize_t len = readlinkat(proc, name, link, sizeof link - 1);
	link[len > 0 ? len : 0] = '\0';
	return len > 0 && strcmp(link, here) == 0;
}

static void name_port(int proc, const char *pid, unsigned long inode, port_list *list)
{
	for (size_t i = 0; i < list->len; i++) {
		struct port *p = &list->at[i];
		char name[300];

		if (p->inode != inode || p->process[0])
			continue;
		snprintf(name, sizeof name, "%s/comm", pid);
		AUTO_FD int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
		ssize_t got = fd < 0 ? -1 : read(fd, p->process, sizeof p->process - 1);
		p->process[got > 0 ? got : 0] = '\0';
		p->process[strcspn(p->process, "\n")] = '\0';
	}
}

static void look_at(int proc, const char *pid, port_list *list)
{
	char name[300], link[64];

	snprintf(name, sizeof name, "%s/fd", pid);
	int fd = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	for (struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
		unsigned long inode;
		ssize_t len = readlinkat(fd, entry->d_name, link, sizeof link - 1);

		link[len > 0 ? len : 0] = '\0';
		if (sscanf(link, "socket:[%lu]", &inode) == 1)
			name_port(proc, pid, inode, list);
	}
	if (d)
		closedir(d);
}

static void name_ports(int proc, port_list *list)
{
	char here[64] = "";
	int again = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	ssize_t len = readlinkat(proc, "self/ns/net", here, sizeof here - 1);

	here[len > 0 ? len : 0] = '\0';
	for (struct dirent *entry; d && (entry = readdir(d)) != NULL;)
		if (isdigit((unsigned char)entry->d_name[0]) && lives_here(proc, entry->d_name, here))
			look_at(proc, entry->d_name, list);
	if (d)
		closedir(d);
}

/* ---- knocking */
static bool wait_for(int fd, short what, int ms)
{
	struct pollfd p = { fd, what, 0 };

	return poll(&p, 1, ms) == 1;
}

static int knock(const struct port *p)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(p->number) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(p->number) };
	const struct sockaddr *to = p->is_v6 ? (const struct sockaddr *)&in6 : (const struct sockaddr *)&in4;
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), failed = 0;
	socklen_t len = sizeof failed;

	memcpy(&in4.sin_addr, p->address, 4);
	memcpy(&in6.sin6_addr, p->address, 16);
	if (fd < 0)
		return -1;
	if (connect(fd, to, p->is_v6 ? sizeof in6 : sizeof in4) == 0)
		return fd;
	if (errno == EINPROGRESS && wait_for(fd, POLLOUT, ANSWER_MS) &&
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) == 0 && failed == 0)
		return fd;
	close(fd);
	return -1;
}

/* What comes until `ms` have passed or the text is full, or the other side has ended; at least one piece. */
static size_t hear(int fd, char ret[HEARD], int ms)
{
	ssize_t got = wait_for(fd, POLLIN, ms) ? recv(fd, ret, HEARD - 1, MSG_DONTWAIT) : -1;

	ret[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

static void say(int fd, const void *at, size_t len)
{
	if (send(fd, at, len, MSG_NOSIGNAL) < 0)
		return; /* it has closed: hearing tells */
}

/* A ClientHello on this connection: was it answered in TLS? *ret_heard: something came back. */
static bool offer_hello(int fd, struct port *p, char heard[HEARD], size_t *ret_heard)
{
	uint8_t random[64], hello[1024];
	size_t len;

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		memset(random, 0x5c, sizeof random);
	len = hello_build("localhost", random, hello, sizeof hello);
	say(fd, hello, len);
	*ret_heard = hear(fd, heard, ANSWER_MS);
	p->version = hello_chosen((const uint8_t *)heard, *ret_heard, &p->suite);
	return hello_answered((const uint8_t *)heard, *ret_heard) == HELLO_YES;
}

/* ---- protocols with an own way to TLS */
static const struct start {
	const char *name;
	const char *greeting;     /* its beginning, or NULL: by port */
	const char *greeting_too; /* is in it as well, any case; or NULL */
	unsigned port;
	const char *ask, *ask_then; /* what is said; the second after an answer; NULL */
	size_t ask_len;             /* 0: a text */
	const char *granted;        /* the answer's beginning, or (behind a tag) what is in it */
} starts[] = {
	{ "ftp", "220", "ftp", 21, "AUTH TLS\r\n", NULL, 0, "234" },
	{ "smtp", "220", NULL, 25, "EHLO tester\r\n", "STARTTLS\r\n", 0, "220" },
	{ "imap", "* ", NULL, 143, "a STARTTLS\r\n", NULL, 0, "a OK" },
	{ "pop3", "+OK", NULL, 110, "STLS\r\n", NULL, 0, "+OK" },
	{ "postgres", NULL, NULL, 5432, "\0\0\0\x8\x4\xd2\x16\x2f", NULL, 8, "S" },
	{ "ldap", NULL, NULL, 389,
		"\x30\x1d\x2\x1\x1\x77\x18\x80\x16"
		"1.3.6.1.4.1.1466.20037",
		NULL, 31, "0\x0c\2\1\1x" },
};

static const struct start *start_for(const struct port *p, const char *greeting)
{
	for (size_t i = 0; i < COUNT(starts); i++) {
		const struct start *s = &starts[i];

		if (!*greeting ? !s->greeting && s->port == p->number
			       : s->greeting && strncmp(greeting, s->greeting, strlen(s->greeting)) == 0 &&
					(!s->greeting_too || strcasestr(greeting, s->greeting_too)))
			return s;
	}
	return NULL;
}

static bool start_tls(struct port *p, const struct start *s)
{
	AUTO_FD int fd = knock(p);
	char heard[HEARD];
	size_t len;

	if (fd < 0)
		return false;
	if (s->greeting)
		hear(fd, heard, ANSWER_MS);
	say(fd, s->ask, s->ask_len ? s->ask_len : strlen(s->ask));
	hear(fd, heard, ANSWER_MS);
	if (s->ask_then) {
		say(fd, s->ask_then, strlen(s->ask_then));
		hear(fd, heard, ANSWER_MS);
	}
	return strncmp(heard, s->granted, strlen(s->granted)) == 0 && offer_hello(fd, p, heard, &len);
}

/* MySQL's greeting says whether it can (flag 0x0800 behind its version, number and 8 bytes). */
static bool is_mysql(const char *greeting, size_t len, bool *ret_tls)
{
	size_t version;

	if (len < 6 || greeting[3] != 0 || greeting[4] != 10)
		return false;
	version = strnlen(greeting + 5, len - 5);
	*ret_tls = 5 + version + 1 + 13 + 2 <= len && greeting[5 + version + 1 + 13 + 1] & 0x08;
	return true;
}

static enum port_speaks after_greeting(struct port *p, const char *greeting, size_t len)
{
	const struct start *s = start_for(p, greeting);
	bool is_tls = false;

	snprintf(p->said, sizeof p->said, "%.63s", greeting);
	if (is_mysql(greeting, len, &is_tls))
		return is_tls ? PORT_STARTTLS : PORT_CLEARTEXT;
	if (strncmp(greeting, "SSH-", 4) == 0)
		return PORT_TLS; /* encrypted from its first word on, its own way */
	return s && start_tls(p, s) ? PORT_STARTTLS : PORT_CLEARTEXT;
}

static enum port_speaks ask_plainly(struct port *p)
{
	static const char request[] = "GET / HTTP/1.0\r\nHost: " PORT_ASKED_FOR "\r\n\r\n";
	AUTO_FD int fd = knock(p);
	char heard[HEARD];

	if (fd < 0)
		return PORT_SILENT;
	say(fd, request, sizeof request - 1);
	if (hear(fd, heard, ANSWER_MS) == 0)
		return PORT_SILENT;
	snprintf(p->said, sizeof p->said, "%.63s", heard);
	return PORT_CLEARTEXT;
}

static enum port_speaks try(struct port *p)
{
	AUTO_FD int fd = knock(p);
	const struct start *by_port;
	char heard[HEARD];
	size_t len;

	if (fd < 0)
		return PORT_SILENT;
	len = hear(fd, heard, GREETING_MS);
	if (len)
		return after_greeting(p, heard, len);
	if (offer_hello(fd, p, heard, &len))
		return PORT_TLS;
	by_port = start_for(p, "");
	if (by_port && start_tls(p, by_port))
		return PORT_STARTTLS;
	if (len == 0)
		return ask_plainly(p);
	snprintf(p->said, sizeof p->said, "%.63s", heard);
	return PORT_CLEARTEXT;
}

/* u32 port, u8 speaks, str process, bytes what it said first, u32 version, u32 suite */
static int say_port(int socket, const struct port *p, struct err *e)
{
	struct pack out = { 0 };
	int rc;

	pack_u32(&out, p->number);
	pack_u8(&out, (uint8_t)p->speaks);
	pack_str(&out, p->process);
	pack_bytes(&out, p->said, strlen(p->said));
	pack_u32(&out, p->version);
	pack_u32(&out, p->suite);
	rc = frame_write(socket, SAY_PORT, out.at, out.len, e);
	pack_done(&out);
	return rc;
}

_Noreturn void offer_ports(const struct watcher *w)
{
	int64_t until = watcher_now() + TOTAL_MS;
	port_list list = { 0 };
	struct err e = { 0 };

	list_ports(w->proc, false, &list);
	list_ports(w->proc, true, &list);
	name_ports(w->proc, &list);
	for (size_t i = 0; i < list.len && watcher_now() < until; i++) {
		list.at[i].speaks = try(&list.at[i]);
		if (say_port(w->socket, &list.at[i], &e))
			_exit(1);
	}
	_exit(watcher_now() < until ? 0 : 1);
}
