/* serve.c - the server's life: bound, confined, answering, ended by a signal without breaking off what is under way. */
#include "web/serve.h"
#include "base/text.h"
#include "web/serve_impl.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	HEAD_MAX = 32 << 10, /* bytes that one connection may take for a request's head and its answer's */
	IDLE_SECONDS = 30,
	FILES_EACH = 4, /* descriptors of a connection: itself, the file, what is signed and its signature */
	FILES_BESIDE = 64,
	THREADS_MAX = 8,
	TICK_MS = 50,
};

void serve_log(struct serving *w, enum event_level level, const char *text)
{
	(void)pthread_mutex_lock(&w->log);
	event_log(w->s->events, level, "%s", text);
	(void)pthread_mutex_unlock(&w->log);
}

/* ---- starting */

/* What libmicrohttpd says while it starts is why it does not; later it tells of clients that broke off. */
struct complaint {
	struct serving *w;
	bool is_started;
	char text[512];
};

__attribute__((format(printf, 2, 0))) static void complain(void *context, const char *fmt, va_list ap)
{
	struct complaint *c = context;
	char text[512];
	size_t len;

	(void)vsnprintf(text, sizeof text, fmt, ap);
	for (len = strlen(text); len > 0 && text[len - 1] == '\n';)
		text[--len] = '\0';
	if (__atomic_load_n(&c->is_started, __ATOMIC_RELAXED))
		serve_log(c->w, EVENT_DEBUG, text);
	else
		memcpy(c->text, text, sizeof text);
}

static int make_room(const struct serve *s, struct err *e)
{
	rlim_t need = (rlim_t)s->connections * FILES_EACH + FILES_BESIDE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return err_sys(e, "limits of this process");
	if (limit.rlim_cur >= need)
		return 0;
	if (limit.rlim_max < need) {
		err_env(e, "%u connections need %llu open files, this process may have %llu", s->connections,
			(unsigned long long)need, (unsigned long long)limit.rlim_max);
		return err_hint(e, "raise the limit (LimitNOFILE= in the unit, ulimit -n), or give --connections less");
	}
	limit.rlim_cur = need;
	return setrlimit(RLIMIT_NOFILE, &limit) ? err_sys(e, "limits of this process") : 0;
}

static unsigned threads_for(const struct serve *s)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned threads = online < 2 ? 2 : online > THREADS_MAX ? THREADS_MAX : (unsigned)online;

	return threads > s->connections ? s->connections : threads; /* connections are shared out among them */
}

/* libmicrohttpd would take a path for ended at %00, so that a file had many names. As it stands there, nothing is called so. */
static size_t unescape(void *context, struct MHD_Connection *to, char *text)
{
	(void)context;
	(void)to;
	return strstr(text, "%00") ? strlen(text) : MHD_http_unescape(text);
}

static struct MHD_Daemon *start(struct serving *w, int fd, struct complaint *c, struct err *e)
{
	const struct serve *s = w->s;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)s->certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)s->key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" },
		{ s->client_ca ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0, (void *)(uintptr_t)s->client_ca },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG |
		(s->certificate ? MHD_USE_TLS : 0);
	struct MHD_Daemon *d = MHD_start_daemon(flags, 0, NULL, NULL, serve_answer, w, MHD_OPTION_EXTERNAL_LOGGER,
		complain, c, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, threads_for(s),
		MHD_OPTION_CONNECTION_LIMIT, s->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, s->per_address,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)HEAD_MAX, MHD_OPTION_NOTIFY_CONNECTION, serve_connection, w, MHD_OPTION_NOTIFY_COMPLETED,
		serve_answered, w, MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_ARRAY,
		s->certificate ? tls : none, MHD_OPTION_END);

	if (!d)
		err_env(e, "the server does not start: %s", c->text[0] ? c->text : "libmicrohttpd does not say why");
	return d;
}

/* ---- ending */

/* Nobody new is let in; what is under way has its time, unless a second signal comes. */
static void end(struct serving *w, struct MHD_Daemon *d, const sigset_t *signals)
{
	int listening = MHD_quiesce_daemon(d);
	long left = (long)w->s->grace * 1000;

	__atomic_store_n(&w->is_ending, true, __ATOMIC_RELAXED);
	/* Clients are refused at once and go elsewhere; the number stays taken until no thread can look at it any more. */
	if (listening >= 0)
		(void)shutdown(listening, SHUT_RDWR);
	while (left > 0 && __atomic_load_n(&w->active, __ATOMIC_RELAXED) > 0) {
		const struct timespec tick = { 0, TICK_MS * 1000000L };

		if (sigtimedwait(signals, NULL, &tick) > 0)
			break;
		left -= TICK_MS;
	}
	MHD_stop_daemon(d);
	if (listening >= 0)
		(void)close(listening);
}

static void signals_of(sigset_t *ret)
{
	(void)sigemptyset(ret);
	(void)sigaddset(ret, SIGTERM);
	(void)sigaddset(ret, SIGINT);
}

static int run(struct serving *w, const char *url, int fd, struct err *e)
{
	struct complaint complaint = { .w = w };
	const char *missing = "";
	struct MHD_Daemon *d;
	sigset_t signals;
	int got;

	signals_of(&signals);
	if (pthread_sigmask(SIG_BLOCK, &signals, NULL) || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return err_env(e, "signals cannot be set up");
	if (serve_confine(w->s->served, &missing, e) || !(d = start(w, fd, &complaint, e))) {
		(void)close(fd);
		return -1;
	}
	__atomic_store_n(&complaint.is_started, true, __ATOMIC_RELAXED);
	if (*missing)
		event_log(w->s->events, EVENT_WARNING, "this machine lacks %s: the server is less confined", missing);
	w->s->ready(w->s->context, url);
	do
		got = sigwaitinfo(&signals, NULL);
	while (got < 0 && errno == EINTR);
	end(w, d, &signals);
	return 0;
}

int serve_run(const struct serve *s, struct err *e)
{
	struct serving w = { .s = s };
	AUTO_FREE char *name = NULL, *url = NULL;
	int fd, status;

	if (s->certificate && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		return err_env(e, "this libmicrohttpd has no TLS");
	if (s->client_ca && serve_client_ca_check(s->client_ca, e))
		return err_wrap(e, "--client-ca");
	if (make_room(s, e) || serve_listen(s->listen, &fd, &name, e))
		return -1;
	url = mem_printf("%s://%s/", s->certificate ? "https" : "http", name);
	if (pthread_mutex_init(&w.log, NULL))
		return err_env(e, "no memory");
	status = run(&w, url, fd, e);
	(void)pthread_mutex_destroy(&w.log);
	return status;
}
