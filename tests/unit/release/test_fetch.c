/* test_fetch.c - a server that does what it likes: what is fetched from it ends, stays within what it may have, and comes from nowhere else than a web server. */
#include "base/when.h"
#include "release/channel/fetch.h"
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT = 1 << 20 };

/* ---- the server: a process of its own, one request a connection */

static char base[64];
static pid_t server;

static bool say(int fd, const char *text, size_t len)
{
	return send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void for_ever(int fd, const char *head, const char *text, useconds_t pause)
{
	if (!say(fd, head, strlen(head)))
		return;
	while (say(fd, text, strlen(text)))
		if (pause)
			usleep(pause);
}

static void answer(int fd, const char *path)
{
	static const struct {
		const char *path, *text;
	} texts[] = {
		{ "/plain", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain" },
		{ "/more", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain and more" },
		{ "/packed", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n\x1f\x8b is" },
		{ "/file", "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n" },
		{ "/loop", "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n" },
		{ "/there", "HTTP/1.1 302 Found\r\nLocation: /plain\r\nContent-Length: 0\r\n\r\n" },
		{ "/short", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nplain" },
		{ "/below", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nplain" },
		{ "/nothing", "" },
		{ "/rubbish", "SSH-2.0-OpenSSH_9.2\r\n" },
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		if (strcmp(texts[i].path, path) == 0)
			(void)say(fd, texts[i].text, strlen(texts[i].text));
	if (strcmp(path, "/endless") == 0)
		for_ever(fd, "HTTP/1.1 200 OK\r\n\r\n", "and on and on and on and on and on ", 0);
	if (strcmp(path, "/huge") == 0)
		for_ever(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n", "and on and on ", 0);
	if (strcmp(path, "/chunks") == 0)
		for_ever(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "10\r\n0123456789abcdef\r\n", 0);
	if (strcmp(path, "/headers") == 0)
		for_ever(fd, "HTTP/1.1 200 OK\r\n", "X-And-On: and on and on and on and on\r\n", 0);
	if (strcmp(path, "/slow") == 0)
		for_ever(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", "s", 100000);
}

static void serve(int listening)
{
	for (int fd; (fd = accept(listening, NULL, NULL)) >= 0; close(fd)) {
		char request[4096] = "", path[64] = "";
		size_t len = 0;
		ssize_t got;

		while (len < sizeof request - 1 && !strstr(request, "\r\n\r\n") &&
			(got = recv(fd, request + len, sizeof request - 1 - len, 0)) > 0)
			request[len += (size_t)got] = '\0';
		if (sscanf(request, "GET %63s ", path) == 1)
			answer(fd, path);
		shutdown(fd, SHUT_RDWR);
	}
}

static int set_up(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) || listen(fd, 16) ||
		getsockname(fd, (struct sockaddr *)&at, &len))
		return -1;
	snprintf(base, sizeof base, "http://127.0.0.1:%u/", ntohs(at.sin_port));
	server = fork();
	if (server == 0) {
		serve(fd);
		_exit(0);
	}
	close(fd);
	return server < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	kill(server, SIGKILL);
	return waitpid(server, NULL, 0) == server ? 0 : -1;
}

static int fetched(const char *path, size_t limit, char **ret, size_t *ret_len, struct err *e)
{
	struct fetch_options options = { .proxy = "", .stall_seconds = 2 };
	struct fetcher f = { NULL };
	int status;

	*e = (struct err){ 0 };
	status = fetch_open(&f, base, &options, e) || fetch_bytes(&f, path, limit, ret, ret_len, e) ? -1 : 0;
	fetcher_done(&f);
	return status;
}

/* ---- */

static const struct {
	const char *path;
	size_t limit;
	const char *bytes; /* NULL: refused */
	enum err_class class;
} table[] = {
	{ "plain", LIMIT, "plain", 0 },
	{ "plain", 4, NULL, ERR_VERDICT },
	{ "more", LIMIT, "plain", 0 },
	{ "packed", LIMIT, "\x1f\x8b is",
		0 }, /* what was signed is what comes over the line: nothing is unpacked on the way */
	{ "there", LIMIT, "plain", 0 },
	{ "file", LIMIT, NULL, ERR_ENV },
	{ "loop", LIMIT, NULL, ERR_ENV },
	{ "short", LIMIT, NULL, ERR_ENV },
	{ "nothing", LIMIT, NULL, ERR_ENV },
	{ "rubbish", LIMIT, NULL, ERR_ENV },
	{ "endless", LIMIT, NULL, ERR_VERDICT },
	{ "huge", LIMIT, NULL, ERR_VERDICT },
	{ "chunks", LIMIT, NULL, ERR_VERDICT },
	{ "headers", LIMIT, NULL, ERR_ENV },
	{ "slow", LIMIT, NULL, ERR_ENV },
};

static void answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		AUTO_FREE char *bytes = NULL;
		struct err e;
		size_t len = 0;
		int status = fetched(table[i].path, table[i].limit, &bytes, &len, &e);

		if (table[i].bytes ? status || strncmp(bytes, table[i].bytes, len) != 0
				   : status == 0 || e.class != table[i].class)
			fail_msg("%s: %d, class %d: %s", table[i].path, status, (int)e.class, e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(answers) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
