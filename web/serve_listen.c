/* serve_listen.c - the port that the server answers on. */
#include "base/text.h"
#include "web/serve.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAITING = 512 };

/* "127.0.0.1:8080", "[::1]:8080", "localhost:8080" in its two parts. */
static int split(const char *where, char **ret_host, char **ret_port, struct err *e)
{
	const char *colon = strrchr(where, ':'), *host = where;
	size_t len = colon ? (size_t)(colon - where) : 0, digits = colon ? strspn(colon + 1, "0123456789") : 0;

	if (len == 0 || digits == 0 || digits > 5 || colon[1 + digits] || strtoul(colon + 1, NULL, 10) > 65535)
		return err_usage(e, "--listen %s: ADDRESS:PORT is meant, such as 127.0.0.1:8080 or [::]:8080", where);
	if (host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	} else if (memchr(host, ':', len)) {
		return err_usage(e, "--listen %s: an IPv6 address stands in brackets, as in [::1]:8080", where);
	}
	*ret_host = mem_printf("%.*s", (int)len, host);
	*ret_port = mem_strdup(colon + 1);
	return 0;
}

static int bound(const struct addrinfo *at)
{
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, saved;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
		bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, WAITING) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

static char *name_of(int fd)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof at;
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getsockname(fd, (struct sockaddr *)&at, &len) ||
		getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV))
		return mem_strdup("?");
	return mem_printf(strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

int serve_listen(const char *where, int *ret_fd, char **ret_name, struct err *e)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *found = NULL;
	AUTO_FREE char *host = NULL, *port = NULL;
	int fd = -1, failed;

	if (split(where, &host, &port, e))
		return -1;
	failed = getaddrinfo(host, port, &hints, &found);
	if (failed)
		return err_usage(e, "--listen %s: %s", where, gai_strerror(failed));
	for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next)
		fd = bound(at);
	if (fd < 0)
		err_sys(e, "cannot listen on %s", where);
	freeaddrinfo(found);
	if (fd < 0)
		return -1;
	*ret_fd = fd;
	*ret_name = name_of(fd);
	return 0;
}
