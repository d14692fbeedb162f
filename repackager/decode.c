/* decode.c - the decoder process: forked, confined, read, its frames received; its end explained.
 *
 * The child inherits nothing but the input and a pipe (sandbox/confine.h). Whatever happens to it becomes one error here.
 * Several are forked before any is listened to: a fork beside a running thread (of hashing) would inherit that thread's locks. */
#include "repackager/decode.h"
#include "base/digest.h"
#include "base/fs.h"
#include "base/proc.h"
#include "formats/dsc.h"
#include "inspect/elf_kept.h"
#include "inspect/elf_paths.h"
#include "inspect/inspect.h"
#include "repackager/digest.h"
#include "repackager/fanout.h"
#include "repackager/inner.h"
#include "repackager/wire.h"
#include "sandbox/confine.h"
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PIPE_SIZE = 1 << 20, GRACE_SECONDS = 5 };

struct session {
	const struct decode *job;
	const struct limits *limits;
	struct source source;
	struct stat before;
	int held; /* an unlinked temporary for a member that is read instead; -1 */
	pid_t child;
	/* what comes from the child */
	struct sink *sink;
	struct pkg *pkg;
	json_t *facts;
	bool want_facts;
	struct wire_in *wire; /* while it comes; then NULL */
	int fd;               /* the pipe */
	int64_t deadline;     /* ms, 0: none */
	int failed;
	struct err err;
	/* the input's digest */
	pthread_t hasher;
	bool want_hash, want_part, is_hashing;
	struct digest_part part; /* the packed payload */
	char sha256[SHA256_HEX];
	int hash_failed;
	struct err hash_err;
	const struct group *group;
};

/* Those who are decoded together. */
struct group {
	struct session *at;
	size_t len;
};

/* ---- the child */

static int read_confined(const struct session *s, struct wire_out *wire, struct err *e)
{
	json_t *facts = NULL, *paths = NULL, *kept = NULL;
	struct sink *collector = s->job->want_facts ? facts_collector(s->limits->memory / 8 * 3, &facts) : NULL;
	struct sink *elf = s->job->want_elf_paths ? elf_paths_collector(s->limits->memory / 8, &paths) : NULL;
	struct sink *keeper = s->job->want_kept ? elf_kept_collector(s->job->kept_fd, &kept) : NULL;
	struct sink *all[] = { digest_promises_new(), collector, elf, keeper, wire_out_sink(wire) };
	struct fanout *tee = fanout_new(all, COUNT(all));
	const char *inner = s->job->inner;
	struct source source = s->source;
	struct sink *to = fanout_sink(tee);
	const struct reader *reader;
	struct pkg pkg;

	/* The process ends after an error: nothing to free. */
	if (inner && inner_hold(&s->source, s->limits, inner, s->held, &source, e))
		return -1;
	pkg_init(&pkg, (size_t)s->limits->memory);
	if (reader_choose(&source, &reader, e))
		return inner ? err_wrap(e, "%s", inner) : -1;
	pkg.format = reader->name;
	if (reader->read(&source, s->limits, inner ? inner_plain_new(to) : to, &pkg, e))
		return inner ? err_wrap(e, "%s", inner) : -1;
	if (inner)
		inner_strip(&pkg, inner);
	if (paths) {
		facts = facts ? facts : json_object();
		json_object_set_new(facts, "elf-paths", paths);
	}
	if (kept) {
		facts = facts ? facts : json_object();
		json_object_set_new(facts, "elf-kept", kept);
	}
	return wire_out_finish(wire, &pkg, facts, e);
}

__attribute__((noreturn)) static void child_main(const struct session *s, int pipe_fd)
{
	int keep[4] = { s->source.fd, pipe_fd };
	unsigned keep_len = 2;

	if (s->held >= 0)
		keep[keep_len++] = s->held;
	if (s->job->want_kept)
		keep[keep_len++] = s->job->kept_fd;
	struct confine plan = { .memory = s->limits->memory,
		.cpu_seconds = s->limits->seconds,
		.file_size = s->held >= 0   ? s->limits->output
			: s->job->want_kept ? ELF_KEPT_ALL
					    : 0,
		.keep = keep,
		.keep_len = keep_len,
		.beneath_fd = s->source.is_dir    ? s->source.fd
			: s->source.beside_fd > 0 ? s->source.beside_fd
						  : -1 };
	struct wire_out *wire = wire_out_new(pipe_fd);
	const char *missing = "";
	struct err e = { 0 }, unsent = { 0 };

	if (!s->sink)
		wire_out_digests_only(wire, s->job->few_digests ? facts_need_digest : NULL);
	setlocale(LC_CTYPE, "C.UTF-8"); /* libarchive tells names in it; its files are out of reach from here on */
	int failed = confine_self(&plan, &missing, &e) || read_confined(s, wire, &e);
	if (failed && wire_out_error(wire, &e, &unsent))
		failed = 2;
	_exit(failed);
}

/* ---- the parent */

/* Why a child ended before it had told everything. */
static int explain(int status, const struct limits *limits, struct err *e)
{
	int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	switch (signal) {
	case SIGXCPU:
		return err_input(e, "E_LIMIT_TIME", "the decoder used more than %u s of CPU", limits->seconds);
	case SIGABRT: /* base/: out of memory under its own limit */
	case SIGKILL: /* the kernel's answer to too much memory */
		return err_input(e, "E_LIMIT_MEMORY", "the decoder was ended for its memory (limit %llu MiB)",
			(unsigned long long)(limits->memory >> 20));
	case SIGSYS:
		return err_input(e, "E_CORRUPT", "the decoder asked the kernel for something it may not");
	case 0:
		return err_input(e, "E_CORRUPT", "the decoder ended in the middle, with %d", WEXITSTATUS(status));
	default:
		return err_input(e, "E_CORRUPT", "the decoder crashed (%s)", strsignal(signal));
	}
}

static void tell_progress(void *context)
{
	const struct session *s = context;
	uint64_t done = 0, total = 0;

	for (size_t i = 0; i < s->group->len; i++) {
		const struct source *source = &s->group->at[i].source;
		off_t at = lseek(source->fd, 0, SEEK_CUR); /* the child's reading moves the shared offset */

		done += at > 0 ? (uint64_t)at : 0;
		total += source->size;
	}
	event_progress(s->job->events, "reading", done, total);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The input's own sha256, beside the decoding; the thread starts after the fork. */
static void *hash_input(void *context)
{
	struct session *s = context;

	s->hash_failed = sha256_fd_part(s->source.fd, s->want_part ? &s->part : NULL, s->sha256, NULL, &s->hash_err);
	return NULL;
}

static void hash_start(struct session *s)
{
	if (s->source.is_dir || !s->want_hash)
		return;
	s->is_hashing = pthread_create(&s->hasher, NULL, hash_input, s) == 0;
	if (!s->is_hashing)
		hash_input(s);
}

static void hash_join(struct session *s)
{
	if (s->is_hashing)
		pthread_join(s->hasher, NULL);
	s->is_hashing = false;
}

/* The metadata stands: what was offered is checked, and known before the file is hashed. */
static int begun(void *context, const struct pkg *pkg, struct err *e)
{
	struct session *s = context;
	const struct payload *p = &pkg->payload;

	if (p->len > s->source.size || p->at > s->source.size - p->len)
		return err_input(e, "E_CORRUPT", "the decoder sent a payload that does not lie in the file");
	s->want_part = s->job->payload && s->job->payload->is_wanted && p->len > 0;
	s->part = (struct digest_part){ .at = p->at, .len = p->len };
	hash_start(s);
	return 0;
}

static int start(struct session *s, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return err_sys(e, "making a pipe");
	fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE); /* fewer switches where it is allowed; works without */
	s->child = fork();
	if (s->child < 0) {
		err_sys(e, "starting the decoder");
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	if (s->child == 0) {
		close(ends[0]);
		child_main(s, ends[1]);
	}
	close(ends[1]);
	s->fd = ends[0];
	s->wire = wire_in_new(s->fd, s->limits, s->pkg, s->sink, s->want_facts ? &s->facts : NULL);
	wire_in_on_progress(s->wire, tell_progress, s);
	wire_in_on_begin(s->wire, begun, s);
	if (!s->sink)
		wire_in_digests_only(s->wire);
	s->deadline = s->limits->seconds ? now_ms() + ((int64_t)s->limits->seconds + GRACE_SECONDS) * 1000 : 0;
	return 0;
}

/* The stream has ended, well or not. */
static void stop(struct session *s, int failed, bool is_cut)
{
	/* One that was taken over may close its line and stay. */
	int status = proc_end(s->child, failed && !is_cut ? 0 : GRACE_SECONDS * 1000);

	s->failed = is_cut ? explain(status, s->limits, &s->err) : failed;
	wire_in_free(s->wire);
	s->wire = NULL;
	close(s->fd);
}

/* Something came from the child, or it is late. */
static void step(struct session *s, bool is_readable)
{
	bool is_cut = false;
	int rc = is_readable ? wire_in_step(s->wire, &is_cut, &s->err)
			     : err_input(&s->err, "E_LIMIT_TIME", "no answer in time");

	if (rc <= 0)
		stop(s, rc, is_cut);
}

/* Until when poll(2) may sleep. */
static int patience(const struct group *g)
{
	int64_t first = 0, left;

	for (size_t i = 0; i < g->len; i++)
		if (g->at[i].wire && g->at[i].deadline && (first == 0 || g->at[i].deadline < first))
			first = g->at[i].deadline;
	left = first - now_ms();
	return first == 0 ? -1 : left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

/* Those who still tell something. Behind one that failed nobody counts, so that the first error is always the same. */
static size_t still_telling(const struct group *g, struct pollfd *ret)
{
	size_t live = 0;
	bool is_over = false;

	for (size_t i = 0; i < g->len; i++) {
		const struct session *s = &g->at[i];

		is_over = is_over || s->failed;
		ret[i] = (struct pollfd){ s->wire && !is_over ? s->fd : -1, POLLIN, 0 };
		live += ret[i].fd >= 0;
	}
	return live;
}

/* Threads of hashing start in here: nothing is forked any more. */
static int listen_to(const struct group *g, struct err *e)
{
	AUTO_FREE struct pollfd *fds = mem_alloc(g->len * sizeof *fds);

	while (still_telling(g, fds) > 0) {
		int rc = poll(fds, g->len, patience(g));
		int64_t now = now_ms();

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0)
			return err_sys(e, "cannot wait for the decoder");
		for (size_t i = 0; i < g->len; i++) {
			struct session *s = &g->at[i];

			if (fds[i].fd >= 0 && (fds[i].revents || (s->deadline && s->deadline <= now)))
				step(s, fds[i].revents != 0);
		}
	}
	return 0;
}

static int open_source(struct session *s, struct err *e)
{
	const char *path = s->job->path, *slash = strrchr(path, '/');

	s->source.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (s->source.fd < 0)
		return err_sys(e, "cannot open");
	if (fstat(s->source.fd, &s->before))
		return err_sys(e, "cannot look at");
	s->source.is_dir = S_ISDIR(s->before.st_mode);
	if (!s->source.is_dir && !S_ISREG(s->before.st_mode))
		return err_input(e, "E_SPECIAL_FILE", "not a file or folder");
	s->source.size = s->source.is_dir ? 0 : (uint64_t)s->before.st_size;
	s->source.name = s->job->name ? s->job->name : slash && slash[1] ? slash + 1 : path;
	return 0;
}

/* A control file names files beside it: the child may read that folder. Only fixed first bytes are looked at here. */
static int open_beside(struct session *s, struct err *e)
{
	const char *path = s->job->path, *slash = strrchr(path, '/');
	AUTO_FREE char *folder = slash == NULL ? mem_strdup(".")
		: slash == path                ? mem_strdup("/")
					       : mem_printf("%.*s", (int)(slash - path), path);
	char head[64];
	ssize_t len = s->source.is_dir ? 0 : pread(s->source.fd, head, sizeof head, 0);

	if (len <= 0 || !dsc_begins(head, (size_t)len))
		return 0;
	s->source.beside_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->source.beside_fd < 0 ? err_sys(e, "cannot open the folder it is in") : 0;
}

/* What was hashed and what was decoded must be the same bytes. */
static int still_same(const struct session *s, struct err *e)
{
	struct stat now;

	if (s->source.is_dir)
		return 0;
	if (fstat(s->source.fd, &now))
		return err_sys(e, "cannot look at");
	if (now.st_size != s->before.st_size || now.st_mtim.tv_sec != s->before.st_mtim.tv_sec ||
		now.st_mtim.tv_nsec != s->before.st_mtim.tv_nsec)
		return err_input(e, "E_MISMATCH", "the file changed while it was read");
	return 0;
}

static int open_all(struct session *s, struct err *e)
{
	if (open_source(s, e) || open_beside(s, e))
		return -1;
	return s->job->inner && (s->held = fs_temp_file(e)) < 0 ? -1 : 0;
}

static int result(struct session *s, struct err *e)
{
	if (s->failed || s->hash_failed) {
		*e = s->failed ? s->err : s->hash_err;
		return -1;
	}
	if (still_same(s, e))
		return -1;
	if (s->want_part) {
		memcpy(s->job->payload->sha256, s->part.sha256, sizeof s->part.sha256);
		s->job->payload->fd = s->source.fd;
		s->source.fd = -1;
	}
	return 0;
}

static void session_init(struct session *s, const struct decode *d, const struct group *g)
{
	*s = (struct session){ .job = d,
		.limits = d->limits ? d->limits : &limits_default,
		.source = { .fd = -1 },
		.held = -1,
		.group = g };
	if (d->payload)
		d->payload->fd = -1;
}

static void session_done(struct session *s)
{
	if (s->wire)
		stop(s, -1, false);
	hash_join(s);
	if (s->source.fd >= 0)
		close(s->source.fd);
	if (s->held >= 0)
		close(s->held);
	if (s->source.beside_fd > 0)
		close(s->source.beside_fd);
	json_decref(s->facts);
}

static int named(const struct session *s, struct err *e)
{
	err_file(e, s->job->path);
	return err_wrap(e, "%s", s->source.name ? s->source.name : s->job->path);
}

static int run_group(struct group *g, struct err *e)
{
	for (size_t i = 0; i < g->len; i++)
		if (open_all(&g->at[i], e) || start(&g->at[i], e))
			return named(&g->at[i], e);
	if (listen_to(g, e))
		return -1;
	for (size_t i = 0; i < g->len; i++) {
		hash_join(&g->at[i]);
		if (result(&g->at[i], e))
			return named(&g->at[i], e);
	}
	return 0;
}

int decode(const struct decode *d, struct sink *sink, struct pkg *pkg, json_t **ret_facts, char ret_sha256[65],
	struct err *e)
{
	struct session s;
	struct group alone = { &s, 1 };

	session_init(&s, d, &alone);
	s.sink = sink;
	s.pkg = pkg;
	s.want_facts = ret_facts != NULL;
	s.want_hash = ret_sha256 != NULL;
	int failed = run_group(&alone, e);
	if (!failed && ret_sha256)
		memcpy(ret_sha256, s.sha256, sizeof s.sha256);
	if (!failed && ret_facts) {
		*ret_facts = s.facts;
		s.facts = NULL;
	}
	session_done(&s);
	return failed;
}

int decode_all(struct decode_one *files, size_t len, struct err *e)
{
	AUTO_FREE struct session *sessions = mem_alloc(len * sizeof *sessions);
	struct group all = { sessions, len };

	for (size_t i = 0; i < len; i++) {
		struct session *s = &sessions[i];

		session_init(s, &files[i].job, &all);
		s->pkg = files[i].pkg;
		s->want_facts = files[i].job.want_facts;
		s->want_hash = true;
	}
	int failed = run_group(&all, e);
	for (size_t i = 0; i < len; i++) {
		if (!failed) {
			files[i].facts = json_incref(sessions[i].facts);
			memcpy(files[i].sha256, sessions[i].sha256, sizeof sessions[i].sha256);
		}
		session_done(&sessions[i]);
	}
	return failed;
}
