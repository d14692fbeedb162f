/* fetch.c - bytes from a web server, a proxy or a folder, bounded and resumed. */
#include "release/channel/fetch.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECT_SECONDS = 30,
	STALL_SECONDS = 60,
	STALL_RATE = 1024,
	REDIRECTS = 5,
	CHUNK = 1 << 16,
	SECOND_NS = 1000000000
};

int fetch_open(struct fetcher *f, const char *base, const struct fetch_options *options, struct err *e)
{
	static const char *const schemes[] = { "https://", "http://", "file:///" };
	bool is_known = false;

	for (size_t i = 0; i < COUNT(schemes); i++)
		is_known = is_known || strncasecmp(base, schemes[i], strlen(schemes[i])) == 0;
	if (!is_known && *base != '/')
		return err_usage(e, "'%s': a URL (https://, http://, file:///) or an absolute path is meant", base);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(f->curl = curl_easy_init()))
		return err_env(e, "libcurl cannot be used");
	f->base = mem_printf("%s%s%s", is_known ? "" : "file://", base, text_ends(base, "/") ? "" : "/");
	f->options = options;
	return 0;
}

int fetch_open_archive(struct fetcher *f, const char *file, struct err *e)
{
	f->archive = mem_alloc(sizeof *f->archive);
	f->archive->fd = -1;
	f->base = mem_strdup(file);
	return archive_open(f->archive, file, e);
}

void fetcher_done(struct fetcher *f)
{
	if (f->archive)
		archive_done(f->archive);
	free(f->archive);
	f->archive = NULL;
	if (f->curl)
		curl_easy_cleanup(f->curl);
	f->curl = NULL;
	free(f->base);
	f->base = NULL;
}

/* BASE/path; bytes of the path that a URL does not take as they are become %XX. */
static char *url_of(const struct fetcher *f, const char *path)
{
	struct text t = { 0 };

	text_add(&t, "%s", f->base);
	for (const unsigned char *at = (const unsigned char *)path; *at; at++)
		text_add(&t, isalnum(*at) || strchr("/-._~", *at) ? "%c" : "%%%02X", *at);
	return text_take(&t);
}

/* ---- one transfer */

struct transfer {
	struct fetcher *f;
	const char *path, *sha256; /* sha256 NULL: not known */
	struct text *memory;       /* or the file: */
	int fd;
	uint64_t have, limit;
	bool is_resumed, is_over, is_checked;
	struct err *e;
};

/* A server that does not know ranges answers with the whole file: what was there before is thrown away then. */
static int begin(struct transfer *t)
{
	long status = 0;

	t->is_checked = true;
	if (t->is_resumed && curl_easy_getinfo(t->f->curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
		status == 200) {
		if (ftruncate(t->fd, 0) || lseek(t->fd, 0, SEEK_SET) < 0)
			return err_sys(t->e, "%s", t->path);
		t->have = 0;
	}
	return 0;
}

static size_t take(char *at, size_t size, size_t count, void *context)
{
	struct transfer *t = context;
	size_t len = size * count;

	if (!t->is_checked && begin(t))
		return 0;
	if (len > t->limit - t->have) {
		t->is_over = true;
		return 0;
	}
	t->have += len;
	t->f->bytes += len;
	if (t->memory)
		text_bytes(t->memory, at, len);
	else if (fd_write(t->fd, at, len, t->e))
		return 0;
	return len;
}

/* A server that gives a byte now and then would keep a site from what comes after, for as long as it likes. */
static long least_rate(const struct fetch_options *o)
{
	return o->limit_rate && o->limit_rate < 2 * (uint64_t)STALL_RATE ? (long)(o->limit_rate / 2) : (long)STALL_RATE;
}

static void set_up(struct transfer *t, const char *url, char *why)
{
	const struct fetch_options *o = t->f->options;
	CURL *c = t->f->curl;

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "sluice");
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, text_starts(url, "file:") ? "file" : "http,https");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, text_starts(url, "https:") ? "https" : "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, least_rate(o));
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, o->stall_seconds ? o->stall_seconds : (long)STALL_SECONDS);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	if (t->is_resumed)
		curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->have);
	if (o->limit_rate)
		curl_easy_setopt(c, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)o->limit_rate);
	if (o->proxy)
		curl_easy_setopt(c, CURLOPT_PROXY, o->proxy);
	if (o->client_cert)
		curl_easy_setopt(c, CURLOPT_SSLCERT, o->client_cert);
	if (o->client_key)
		curl_easy_setopt(c, CURLOPT_SSLKEY, o->client_key);
	if (o->authorities)
		curl_easy_setopt(c, CURLOPT_CAINFO, o->authorities);
}

static bool is_missing(CURL *c, CURLcode code)
{
	long status = 0;

	if (code == CURLE_FILE_COULDNT_READ_FILE)
		return true;
	return code == CURLE_HTTP_RETURNED_ERROR && curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
		(status == 404 || status == 410);
}

/* The same from an archive: bounded and resumed like any transfer, and believed no more. */
static int run_archive(struct transfer *t)
{
	AUTO_FREE char *chunk = mem_alloc(CHUNK);
	enum err_class before = t->e->class;
	uint64_t at, size;

	if (!archive_find(t->f->archive, t->path, t->sha256, &at, &size)) {
		err_input(t->e, "E_MISMATCH", "%s: it does not hold %s", t->f->base, t->path);
		return err_hint(t->e,
			"it was exported with --since a snapshot that is not here; bring one with what is missing");
	}
	t->is_checked = true;
	for (uint64_t done = t->have < size ? t->have : size; done < size;) {
		size_t now = size - done < CHUNK ? (size_t)(size - done) : CHUNK;

		if (fd_pread(t->f->archive->fd, chunk, now, at + done, t->e))
			return err_wrap(t->e, "%s", t->f->base);
		if (take(chunk, 1, now, t) != now)
			return t->e->class != before
				? -1
				: err_verdict(t->e, "E_LIMIT_SIZE", "%s: %s: more than the %llu bytes that it may have",
					  t->f->base, t->path, (unsigned long long)t->limit);
		done += now;
	}
	return 0;
}

/* Of a file that stops to be readable libcurl says that it was that long. */
static int came_whole(CURL *c, const char *url, struct err *e)
{
	curl_off_t promised = -1, came = 0;

	if (curl_easy_getinfo(c, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &promised) ||
		curl_easy_getinfo(c, CURLINFO_SIZE_DOWNLOAD_T, &came) || promised < 0 || came >= promised)
		return 0;
	return err_env(e, "%s: it breaks off after %lld of %lld bytes", url, (long long)came, (long long)promised);
}

/* What to do about it, as far as the code tells. */
static const char *hint_for(CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return "--ca FILE names the certificates (PEM) that may vouch for the server, instead of the system's";
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
		return "--ca, --client-cert and --client-key want PEM files that whoever runs this may read";
	default:
		return "what came so far is kept; the next pull goes on from there";
	}
}

/* ---- the rate: libcurl keeps to it inside a transfer only, and lets a small file through at once. So each transfer begins when what came before it has had
 * its time at that rate. */
static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static void rate_wait(struct fetcher *f)
{
	struct timespec until = { (time_t)(f->free_at / SECOND_NS), (long)(f->free_at % SECOND_NS) };

	if (!f->options->limit_rate)
		return;
	while (f->free_at && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
	f->free_at = now_ns();
}

static void rate_count(struct fetcher *f, uint64_t came)
{
	if (f->options->limit_rate)
		f->free_at += (uint64_t)((double)came / (double)f->options->limit_rate * SECOND_NS);
}

static int run(struct transfer *t)
{
	if (t->f->archive)
		return run_archive(t);
	AUTO_FREE char *url = url_of(t->f, t->path);
	char why[CURL_ERROR_SIZE] = "";
	enum err_class before = t->e->class;
	uint64_t bytes = t->f->bytes;
	CURLcode code;

	set_up(t, url, why);
	rate_wait(t->f);
	code = curl_easy_perform(t->f->curl);
	rate_count(t->f, t->f->bytes - bytes);
	if (code == CURLE_OK)
		return came_whole(t->f->curl, url, t->e);
	if (t->is_over)
		return err_verdict(t->e, "E_LIMIT_SIZE", "%s: more than the %llu bytes that it may have", url,
			(unsigned long long)t->limit);
	if (t->e->class != before)
		return err_wrap(t->e, "%s", url);
	if (is_missing(t->f->curl, code))
		return err_env(t->e, "%s: it is not there", url);
	err_env(t->e, "%s: %s", url, *why ? why : curl_easy_strerror(code));
	return err_hint(t->e, "%s", hint_for(code));
}

int fetch_bytes(struct fetcher *f, const char *path, size_t limit, char **ret, size_t *ret_len, struct err *e)
{
	struct text memory = { 0 };
	struct transfer t = { .f = f, .path = path, .memory = &memory, .fd = -1, .limit = limit, .e = e };

	if (run(&t)) {
		text_done(&memory);
		return -1;
	}
	*ret_len = memory.len;
	*ret = text_take(&memory);
	return 0;
}

int fetch_new_file(struct fetcher *f, const char *path, const char *to, uint64_t limit, struct err *e)
{
	struct transfer t = { .f = f, .path = path, .limit = limit, .e = e };
	int status;

	if (unlink(to) && errno != ENOENT)
		return err_sys(e, "%s", to);
	t.fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (t.fd < 0)
		return err_sys(e, "%s", to);
	status = run(&t);
	return close(t.fd) && !status ? err_sys(e, "%s", to) : status;
}

/* Everything there, and nothing else. */
static int is_it(int fd, const struct fetch_file *file, uint64_t have, struct err *e)
{
	char found[SHA256_HEX];
	uint64_t size;

	if (file->is_exact && have != file->size)
		return err_verdict(e, "E_DIGEST", "%s: %llu bytes, %llu were promised", file->path,
			(unsigned long long)have, (unsigned long long)file->size);
	if (sha256_fd(fd, found, &size, e))
		return -1;
	if (strcmp(found, file->sha256) != 0)
		return err_verdict(e, "E_DIGEST", "%s: its sha256 is %s, not %s", file->path, found, file->sha256);
	return 0;
}

/* The file from that byte on; 0 when it then is what was asked for. */
static int fetch_from(struct fetcher *f, const struct fetch_file *file, int fd, uint64_t from, struct err *e)
{
	struct transfer t = { .f = f,
		.path = file->path,
		.sha256 = file->sha256,
		.fd = fd,
		.have = from,
		.limit = file->size,
		.is_resumed = from > 0,
		.e = e };

	if (ftruncate(fd, (off_t)from) || lseek(fd, (off_t)from, SEEK_SET) < 0)
		return err_sys(e, "%s", file->to);
	return run(&t) || is_it(fd, file, t.have, e) ? -1 : 0;
}

/* What is there may be all of it, or its beginning (of a file whose size is known), from a pull that was broken off. */
static int fetch_into(struct fetcher *f, const struct fetch_file *file, int fd, struct err *e)
{
	struct err why = { 0 };
	struct stat st;

	if (fstat(fd, &st))
		return err_sys(e, "%s", file->to);
	if (st.st_size > 0 && is_it(fd, file, (uint64_t)st.st_size, &why) == 0)
		return 0;
	if (file->is_exact && st.st_size > 0 && (uint64_t)st.st_size < file->size) {
		struct err first = { 0 };

		if (fetch_from(f, file, fd, (uint64_t)st.st_size, &first) == 0)
			return 0;
		if (first.class != ERR_VERDICT) {
			*e = first;
			return -1;
		}
	}
	return fetch_from(f, file, fd, 0, e);
}

int fetch_file(struct fetcher *f, const struct fetch_file *file, struct err *e)
{
	int fd = open(file->to, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644), status;

	if (fd < 0)
		return err_sys(e, "%s", file->to);
	status = fetch_into(f, file, fd, e);
	if (status && e->class == ERR_VERDICT)
		(void)unlink(file->to);
	if (close(fd) && !status)
		return err_sys(e, "%s", file->to);
	return status;
}
