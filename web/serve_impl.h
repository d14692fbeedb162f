/* serve_impl.h - what the server's daemon and its answers share; private to web/serve*.c. */
#pragma once
#include "web/serve.h"
#include <microhttpd.h>
#include <pthread.h>

struct serving {
	const struct serve *s;
	bool is_ending;  /* these two through __atomic: answers are given by several threads */
	unsigned active; /* requests begun and not yet answered */
	pthread_mutex_t log;
};
/* serve_client.c: has this connection's client shown a certificate by one of client_ca, for clients and within its time? */
bool serve_client_known(struct MHD_Connection *to);
/* ERR_ENV: it holds no certificate. */
int serve_client_ca_check(const char *pem, struct err *e) MUST;
void serve_log(struct serving *w, enum event_level level, const char *text);
/* The four that libmicrohttpd calls: for a connection's begin and end, a request, a request's end. */
void serve_connection(void *serving, struct MHD_Connection *to, void **talk, enum MHD_ConnectionNotificationCode what);
enum MHD_Result serve_answer(void *serving, struct MHD_Connection *to, const char *url, const char *method,
	const char *version, const char *body, size_t *body_len, void **request);
void serve_answered(void *serving, struct MHD_Connection *to, void **request, enum MHD_RequestTerminationCode how);
