/* serve_answer.c - one request, answered: GET and HEAD of a file of the present snapshot, whole or a part, or not again when the client has it. */
#include "base/text.h"
#include "base/when.h"
#include "web/http_words.h"
#include "web/serve_impl.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { URL_MAX = 2048, PAIR_SECONDS = 30, PAIR_TRIES = 16 };

/* ---- a connection: the last file with a signature beside it that was asked for, or its signature */

struct talk {
	struct served_file half[2];      /* the signed file and its signature, of one snapshot; fd -1: none */
	char channel[65], path[URL_MAX]; /* of the signed file */
	bool was_signature;              /* the last one asked for */
	int64_t given;                   /* when_now */
	bool is_known;                   /* by its certificate */
};

static void talk_forget(struct talk *t)
{
	for (size_t i = 0; i < COUNT(t->half); i++) {
		auto_fd(&t->half[i].fd);
		t->half[i].fd = -1;
	}
}

void serve_connection(void *serving, struct MHD_Connection *to, void **talk, enum MHD_ConnectionNotificationCode what)
{
	(void)serving;
	(void)to;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		struct talk *t = mem_alloc(sizeof *t);

		t->half[0].fd = t->half[1].fd = -1;
		*talk = t;
	} else if (*talk) {
		talk_forget(*talk);
		free(*talk);
		*talk = NULL;
	}
}

static bool has_name(const char *path, const char *name)
{
	size_t len = strlen(path), name_len = strlen(name);

	return len >= name_len && strcmp(path + len - name_len, name) == 0 &&
		(len == name_len || path[len - name_len - 1] == '/');
}

/* Files with a detached signature beside them. */
static bool is_signed(const char *path)
{
	static const char *const names[] = { "Release", "repomd.xml", "release.json" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (has_name(path, names[i]))
			return true;
	return false;
}

/* The length of the signed file's path; 0: it has no part in a pair. */
static size_t pair_of(const char *path, bool *ret_is_signature)
{
	size_t len = strlen(path);
	AUTO_FREE char *without = NULL;

	*ret_is_signature = text_ends(path, ".asc") || text_ends(path, ".gpg");
	if (!*ret_is_signature)
		return is_signed(path) ? len : 0;
	without = mem_printf("%.*s", (int)len - 4, path);
	return is_signed(without) ? len - 4 : 0;
}

/* What is signed and its signature are two requests; a publication in between must not give a pair that does not fit. So whoever asks for one of them is
 * given the other one, on the same connection, as it stood then. All ask for the signature second but zypper, for repomd.xml; what it signs is taken from
 * an earlier snapshot for a while only, as a connection may last. */
static bool is_other_half(const struct talk *t, const char *channel, const char *path)
{
	bool is_signature;
	size_t len = pair_of(path, &is_signature);

	if (t->half[is_signature].fd < 0 || strcmp(t->channel, channel) != 0 || strlen(t->path) != len ||
		strncmp(path, t->path, len) != 0)
		return false;
	return is_signature ||
		(t->was_signature && has_name(path, "repomd.xml") && when_now() - t->given <= PAIR_SECONDS);
}

/* zypper asks for the key between a signature and what it signs, and would close the connection when there is none. */
static const char *file_for(const char *path)
{
	return has_name(path, "repomd.xml.key") ? "keys/release.asc" : path;
}

/* The halves as they are in one snapshot; the one that is asked for must be there. */
static enum served_how open_halves(
	const struct snapshot_at *now, char *const names[2], bool is_signature, struct served_file ret[2])
{
	for (int i = 0; i < 2; i++) {
		enum served_how how = served_open(now, names[i], &ret[i]);

		if (how != SERVED)
			ret[i].fd = -1;
		if (how == SERVED_FAILED || (how != SERVED && i == is_signature))
			return how;
	}
	return SERVED;
}

/* From a snapshot that was the present one while they were opened. */
static enum served_how take_halves(
	const struct serving *w, struct talk *t, const char *channel, const char *path, bool is_signature)
{
	AUTO_FREE char *file = mem_strdup(t->path), *signature = NULL;

	signature = is_signature ? mem_strdup(path)
				 : mem_printf("%s%s", path, has_name(path, "Release") ? ".gpg" : ".asc");
	for (int i = 0; i < PAIR_TRIES; i++) {
		struct snapshot_at now = { .fd = -1 };
		enum served_how how = served_now(w->s->served, channel, &now);

		talk_forget(t);
		if (how == SERVED)
			how = open_halves(&now, (char *const[]){ file, signature }, is_signature, t->half);
		snapshot_at_done(&now);
		if (how != SERVED || served_is_now(w->s->served, channel, &now))
			return how;
	}
	return SERVED_FAILED;
}

/* A file with a signature, or a signature; len: of the file's path. */
static enum served_how find_half(const struct serving *w, struct talk *t, const char *channel, const char *path,
	size_t len, bool is_signature, struct served_file *ret)
{
	if (!is_other_half(t, channel, path)) {
		enum served_how how;

		memcpy(t->channel, channel, strlen(channel) + 1);
		memcpy(t->path, path, len);
		t->path[len] = '\0';
		how = take_halves(w, t, channel, path, is_signature);
		if (how != SERVED) {
			talk_forget(t);
			return how;
		}
	}
	*ret = t->half[is_signature];
	ret->fd = fcntl(ret->fd, F_DUPFD_CLOEXEC, 3);
	t->was_signature = is_signature;
	t->given = when_now();
	return ret->fd < 0 ? SERVED_FAILED : SERVED;
}

static enum served_how find(const struct serving *w, struct talk *t, const char *url, struct served_file *ret)
{
	char channel[65], squeezed[URL_MAX];
	const char *path = NULL;
	struct snapshot_at now = { .fd = -1 };
	enum served_how how;
	bool is_signature;
	size_t len;

	if (strlen(url) < URL_MAX) {
		memcpy(squeezed, url, strlen(url) + 1);
		served_squeeze(squeezed);
		path = served_split(squeezed, channel);
	}
	if (!path)
		return SERVED_NOT_THERE;
	len = pair_of(path, &is_signature);
	if (t && len)
		return find_half(w, t, channel, path, len, is_signature, ret);
	if (t && file_for(path) == path)
		talk_forget(t);
	how = served_now(w->s->served, channel, &now);
	if (how == SERVED)
		how = served_open(&now, file_for(path), ret);
	snapshot_at_done(&now);
	return how;
}

/* ---- a request */

struct request {
	char method[16], url[URL_MAX];
	unsigned status;
	uint64_t size;
};

static const char *field(struct MHD_Connection *to, const char *name)
{
	const char *value = MHD_lookup_connection_value(to, MHD_HEADER_KIND, name);

	return value ? value : "";
}

static void add(struct MHD_Response *r, const char *name, const char *value)
{
	(void)MHD_add_response_header(r, name, value); /* fails without memory only: the answer then lacks a hint */
}

/* Takes r. */
static enum MHD_Result give(
	struct serving *w, struct MHD_Connection *to, struct request *q, unsigned status, struct MHD_Response *r)
{
	enum MHD_Result done;

	if (!r)
		return MHD_NO;
	q->status = status;
	add(r, "X-Content-Type-Options", "nosniff");
	if (__atomic_load_n(&w->is_ending, __ATOMIC_RELAXED) || status == MHD_HTTP_CONTENT_TOO_LARGE ||
		status == MHD_HTTP_FORBIDDEN)
		add(r, "Connection", "close");
	done = MHD_queue_response(to, status, r);
	MHD_destroy_response(r);
	return done;
}

static enum MHD_Result say_no(struct serving *w, struct MHD_Connection *to, struct request *q, unsigned status)
{
	static const struct {
		unsigned status;
		const char *text;
	} table[] = {
		{ MHD_HTTP_FORBIDDEN, "only for clients with a certificate\n" },
		{ MHD_HTTP_NOT_FOUND, "not here\n" },
		{ MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n" },
		{ MHD_HTTP_CONTENT_TOO_LARGE, "a request here has no body\n" },
		{ MHD_HTTP_RANGE_NOT_SATISFIABLE, "the file has no such part\n" },
		{ MHD_HTTP_SERVICE_UNAVAILABLE, "cannot be read now\n" },
	};
	const char *text = "";
	struct MHD_Response *r;

	for (size_t i = 0; i < COUNT(table); i++)
		if (table[i].status == status)
			text = table[i].text;
	r = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
	if (r) {
		add(r, "Content-Type", "text/plain; charset=utf-8");
		add(r, status == MHD_HTTP_METHOD_NOT_ALLOWED ? "Allow" : "Cache-Control",
			status == MHD_HTTP_METHOD_NOT_ALLOWED ? "GET, HEAD" : "no-store");
	}
	return give(w, to, q, status, r);
}

/* ---- a file, to somebody who may have it */

struct stamp {
	char date[32];
	int64_t time;
	bool is_certain; /* no other content can have been told with this date */
};

/* Dates are whole seconds, publications may be closer: until the second is over, the date told is the one before, and is not taken for an answer. */
static struct stamp stamp_of(const struct served_file *f)
{
	int64_t now = when_now();
	struct stamp s = { .time = f->modified, .is_certain = f->modified + 2 <= now };

	if (!s.is_certain)
		s.time = (f->modified < now ? f->modified : now) - 1;
	http_date(s.time, s.date);
	return s;
}

static bool has_it(struct MHD_Connection *to, const struct served_file *f, const struct stamp *s)
{
	const char *match = field(to, "If-None-Match");
	int64_t since;

	if (*match)
		return http_etag_listed(match, f->etag);
	return s->is_certain && http_date_parse(field(to, "If-Modified-Since"), &since) && s->time <= since;
}

/* A part is of use only with the same beginning. */
static bool may_be_part(struct MHD_Connection *to, const struct served_file *f, const struct stamp *s)
{
	const char *same = field(to, "If-Range");

	if (!*same || strcmp(same, f->etag) == 0)
		return true;
	return s->is_certain && strcmp(same, s->date) == 0;
}

static void describe(struct MHD_Response *r, const struct served_file *f, const struct stamp *s, const char *url)
{
	add(r, "ETag", f->etag);
	add(r, "Last-Modified", s->date);
	add(r, "Accept-Ranges", "bytes");
	add(r, "Cache-Control", f->is_lasting ? "public, max-age=604800, immutable" : "no-cache");
	add(r, "Content-Type", http_type(url));
}

/* Takes f->fd. */
static enum MHD_Result send_file(
	struct serving *w, struct MHD_Connection *to, struct request *q, const struct served_file *f)
{
	struct stamp stamp = stamp_of(f);
	uint64_t from = 0, len = f->size;
	enum http_part part = HTTP_WHOLE;
	struct MHD_Response *r;
	bool is_same = has_it(to, f, &stamp);
	char range[96];

	if (!is_same && may_be_part(to, f, &stamp))
		part = http_range(field(to, "Range"), f->size, &from, &len);
	if (is_same || part == HTTP_NO_SUCH_PART) {
		(void)close(f->fd);
		r = MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
	} else {
		q->size = len;
		r = MHD_create_response_from_fd_at_offset64(len, f->fd, from);
		if (!r)
			(void)close(f->fd);
	}
	if (!r)
		return MHD_NO;
	describe(r, f, &stamp, q->url);
	if (part == HTTP_PART)
		(void)snprintf(range, sizeof range, "bytes %llu-%llu/%llu", (unsigned long long)from,
			(unsigned long long)(from + len - 1), (unsigned long long)f->size);
	else
		(void)snprintf(range, sizeof range, "bytes */%llu", (unsigned long long)f->size);
	if (part != HTTP_WHOLE)
		add(r, "Content-Range", range);
	return give(w, to, q,
		is_same                             ? MHD_HTTP_NOT_MODIFIED
			: part == HTTP_PART         ? MHD_HTTP_PARTIAL_CONTENT
			: part == HTTP_NO_SUCH_PART ? MHD_HTTP_RANGE_NOT_SATISFIABLE
						    : MHD_HTTP_OK,
		r);
}

/* Looked at once a connection, as its certificate cannot change. */
static bool may_ask(const struct serving *w, struct MHD_Connection *to, struct talk *t)
{
	if (!w->s->client_ca || (t && t->is_known))
		return true;
	if (!serve_client_known(to))
		return false;
	if (t)
		t->is_known = true;
	return true;
}

static enum MHD_Result answer(struct serving *w, struct MHD_Connection *to, struct request *q)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(to, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct talk *talk = info ? info->socket_context : NULL;
	struct served_file file;
	enum served_how how;

	if (!may_ask(w, to, talk))
		return say_no(w, to, q, MHD_HTTP_FORBIDDEN);
	if (strcmp(q->method, "GET") != 0 && strcmp(q->method, "HEAD") != 0)
		return say_no(w, to, q, MHD_HTTP_METHOD_NOT_ALLOWED);
	how = find(w, talk, q->url, &file);
	if (how != SERVED)
		return say_no(w, to, q, how == SERVED_NOT_THERE ? MHD_HTTP_NOT_FOUND : MHD_HTTP_SERVICE_UNAVAILABLE);
	return send_file(w, to, q, &file);
}

struct lengths {
	unsigned count;
	bool is_body;
};

static enum MHD_Result see_length(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct lengths *l = context;
	bool is_length = strcasecmp(name, "Content-Length") == 0;

	(void)kind;
	l->count += is_length;
	l->is_body = l->is_body || strcasecmp(name, "Transfer-Encoding") == 0 ||
		(is_length && (!value || strcmp(value, "0") != 0));
	return MHD_YES;
}

/* Two lengths are a body as well: a server in front of this one may have believed the other, and take what follows for a request of its own. */
static bool has_body(struct MHD_Connection *to)
{
	struct lengths l = { 0 };

	(void)MHD_get_connection_values(to, MHD_HEADER_KIND, see_length, &l);
	return l.is_body || l.count > 1;
}

enum MHD_Result serve_answer(void *serving, struct MHD_Connection *to, const char *url, const char *method,
	const char *version, const char *body, size_t *body_len, void **request)
{
	struct serving *w = serving;
	struct request *q = *request;

	(void)version;
	(void)body;
	if (!q) { /* the head is there: a body is refused before it comes, anything else is answered at the next call */
		q = *request = mem_alloc(sizeof *q);
		(void)snprintf(q->method, sizeof q->method, "%s", method);
		if (strlen(url) < sizeof q->url)
			memcpy(q->url, url, strlen(url));
		__atomic_add_fetch(&w->active, 1, __ATOMIC_RELAXED);
		if (has_body(to))
			return say_no(w, to, q, MHD_HTTP_CONTENT_TOO_LARGE);
		return MHD_YES;
	}
	if (*body_len)
		return MHD_NO;
	return answer(w, to, q);
}

static void client_of(struct MHD_Connection *to, char ret[INET6_ADDRSTRLEN])
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(to, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *at = info ? info->client_addr : NULL;
	const void *bytes = !at             ? NULL
		: at->sa_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)(const void *)at)->sin6_addr
					    : (const void *)&((const struct sockaddr_in *)(const void *)at)->sin_addr;

	if (!bytes || !inet_ntop(at->sa_family, bytes, ret, INET6_ADDRSTRLEN))
		memcpy(ret, "?", 2);
}

void serve_answered(void *serving, struct MHD_Connection *to, void **request, enum MHD_RequestTerminationCode how)
{
	struct serving *w = serving;
	struct request *q = *request;
	char client[INET6_ADDRSTRLEN];

	if (!q)
		return;
	__atomic_sub_fetch(&w->active, 1, __ATOMIC_RELAXED);
	if (w->s->events && w->s->events->log) {
		client_of(to, client);
		AUTO_FREE char *line = mem_printf("%s %s %s %u %llu%s", client, q->method, q->url, q->status,
			(unsigned long long)q->size, how == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "" : " broken off");
		serve_log(w, EVENT_DEBUG, line);
	}
	free(q);
	*request = NULL;
}
