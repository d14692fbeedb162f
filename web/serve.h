/* serve.h - the HTTP server for channels: reads what is published, and can do nothing else.
 *
 * The process never opens a store, a catalogue or a key of one: it is given folders (served.h), binds its port, then gives up everything that reading
 * below these folders does not need (serve_confine.c), and only then answers the first request. */
#pragma once
#include "base/event.h"
#include "web/served.h"

struct serve {
	const char *listen; /* "ADDR:PORT", "[::1]:PORT"; port 0: one that is free */
	const struct served *served;
	const char *certificate, *key; /* PEM texts; NULL: plain HTTP */
	const char
		*client_ca; /* PEM text: only clients with a certificate by one of these are answered; NULL: all are */
	unsigned connections;        /* at once; more wait or are closed */
	unsigned per_address;        /* of these for one client address; 0: as many as there are */
	unsigned grace;              /* seconds that requests under way have after a signal to end */
	const struct events *events; /* EVENT_DEBUG: a line a request */
	void (*ready)(void *context, const char *url);
	void *context;
};
/* Until SIGTERM or SIGINT: requests under way are answered then, new ones are not. Threads and signal mask are the caller's to give: call it from the
 * only thread of a process. */
int serve_run(const struct serve *s, struct err *e) MUST;

/* serve_confine.c: from here on this process reads below these folders, talks over the sockets it has and those that it accepts, and nothing else.
 * What this machine lacks for that is named in *ret_missing, static text, "" when it has all. */
int serve_confine(const struct served *s, const char **ret_missing, struct err *e) MUST;
/* serve_listen.c: a bound and listening socket, and how clients call it ("127.0.0.1:8080"; malloc). */
int serve_listen(const char *where, int *ret_fd, char **ret_name, struct err *e) MUST;
